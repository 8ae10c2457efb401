"""Hidden scenarios of `char_vocabulary`."""

import pytest


@pytest.mark.exercise("char_vocabulary")
@pytest.mark.parametrize(
    "text",
    ["hello", "To be, or not to be.\nThat is it.", "zyxzyx", "a", "", "äöü Ä €\t"],
    ids=["word", "lines", "backwards", "one", "empty", "not English"],
)
def test_ids_in_sorted_order(lesson, text):
    """Each character has one id, in sorted order; both directions fit together."""
    stoi, itos = lesson.char_vocabulary(text)
    return stoi, itos


@pytest.mark.exercise("char_vocabulary")
def test_there_and_back(lesson):
    """A text coded and decoded is the same text."""
    text = "The loop stays the same: predict, loss, gradient, update."
    stoi, itos = lesson.char_vocabulary(text)
    if not isinstance(stoi, dict):
        return None
    return "".join(itos[stoi[character]] for character in text) == text
