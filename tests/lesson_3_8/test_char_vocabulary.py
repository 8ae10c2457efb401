"""Hidden scenarios of `char_vocabulary`."""

import pytest
import torch

LETTERS = "abcdefghijklmnopqrstuvwxyz"
KINDS = {
    "word": LETTERS,
    "lines": "To be, or not to be.\nThat is it. 0123456789 ABCDEFGHIJKLMN\n xyz!?",
    "not English": "äöü Ä €\tßéèêñçåøÆØÅÑÇÉ…„",
}


def drawn(rng, alphabet, length):
    """Return a text of drawn characters."""
    return "".join(alphabet[place] for place in torch.randint(len(alphabet), (length,), generator=rng).tolist())


@pytest.mark.exercise("char_vocabulary")
@pytest.mark.parametrize("kind", ["word", "lines", "not English"])
def test_ids_in_sorted_order(lesson, rng, kind):
    """Each character that occurs has one id; the ids run from 0 in the sorted order of the characters."""
    return lesson.char_vocabulary(drawn(rng, KINDS[kind], 25))


@pytest.mark.exercise("char_vocabulary")
def test_blanks_and_line_breaks_count(lesson, rng):
    """Blanks and line breaks at the ends of a text are characters like any others."""
    return lesson.char_vocabulary(f"\n{drawn(rng, LETTERS, 12)} ")


@pytest.mark.exercise("char_vocabulary")
def test_a_text_backwards(lesson, rng):
    """The ids follow the sorted order also where the characters come in another one."""
    order = torch.randperm(len(LETTERS), generator=rng)[:6].sort(descending=True).values.tolist()
    return lesson.char_vocabulary(2 * "".join(LETTERS[place] for place in order))


@pytest.mark.exercise("char_vocabulary")
@pytest.mark.parametrize("repeated", ["one", "empty"])
def test_small_texts(lesson, rng, repeated):
    """A text may be of one character, once or often, and it may be empty."""
    character = LETTERS[int(torch.randint(len(LETTERS), (), generator=rng))]
    other = 3 * character if repeated == "one" else ""
    label = "the character three times" if repeated == "one" else "an empty text"
    return {"one character": lesson.char_vocabulary(character), label: lesson.char_vocabulary(other)}


@pytest.mark.exercise("char_vocabulary")
@pytest.mark.check("there_and_back")
def test_there_and_back(lesson, rng):
    """A text that is coded with the dict and decoded with the list is the same text again."""
    text = drawn(rng, KINDS["lines"], 60)
    return {"text": text, "vocabulary": lesson.char_vocabulary(text)}
