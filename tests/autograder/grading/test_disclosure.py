"""What a student's code made stands in feedback only as far as an honest mistake would have made it."""

from __future__ import annotations

import pytest
import torch

from autograder.grading import disclosure, notebook_errors
from autograder.grading.compare import compare
from autograder.sandbox.decode import Opaque, RunError, TensorValue
from autograder.sandbox.jobs import Outcome, OutcomeStatus, Result
from autograder.util.safe_text import named


def tensor(*shape: int) -> TensorValue:
    return TensorValue(torch.zeros(shape), "cpu", requires_grad=False, kind="Tensor", complex="")


def told(came: object, wanted: object) -> str:
    found = compare(came, wanted, "cpu")
    assert found is not None
    return found.sentence().partition("; wanted")[0]


@pytest.mark.parametrize(
    "shape",
    [(3, 7), (7,), (3,), (7, 1), (7, 4), (7, 2), (8, 3), (7, 3, 1), (1, 7, 3), (7, 7), (21,), ()],
    ids=str,
)
def test_a_shape_one_mistake_away_is_shown(shape: tuple[int, ...]) -> None:
    assert told(tensor(*shape), tensor(7, 3)) == f"float32 {shape}"


def test_a_shape_that_spells_something_is_not() -> None:
    assert told(tensor(99, 117), tensor(7, 3)) == "float32 of another shape"
    assert told(tensor(7, 117), tensor(7, 3)) == "float32 with another size along dimension 1"
    assert told(tensor(1, 9, 9, 1, 0, 1), tensor(7, 3)) == "float32 of 6 dimensions"
    assert told(tensor(*[1] * 40), tensor(7, 3)) == "float32 of many dimensions"
    assert told(tensor(117), 1.5) == "float32 of one dimension"
    assert told(tensor(2, 3), 1.5) == "float32 (2, 3)"


def test_lengths_near_what_was_wanted_and_small_ones_are_shown() -> None:
    wanted = [0.0] * 40
    for size in (0, 9, 38, 39, 41, 80):
        assert told([0.0] * size, wanted) == f"a list of {size}"
    for other in ([0.0] * 815, [0.0] * 31):
        assert told(other, wanted) == "a list of another length"
    assert told([0.0] * 815, None) == "a list of another length"
    assert told(dict.fromkeys(range(815), 0), {"a": 0}) == "a dict with another number of keys"


def test_only_names_that_everyone_knows_are_said() -> None:
    for name in ("torch.float32", "cpu", "Figure", "generator"):
        assert disclosure.type_name(name) == f"an object of type {name}"
    for name in ("cudalesson.to_devic", "torch.floatSECRET", "cpu_secret", "torch.int", "lesson"):
        assert disclosure.type_name(name) == "an object of another type"
        assert told(Opaque(name), 1.0) == "an object of another type"


def test_values_are_counted_and_located_where_there_are_few() -> None:
    assert disclosure.differing(3, (2, 0), (7, 1)) == "3 of 7 values differ, the first at [2, 0]"
    assert disclosure.differing(400, (0, 0), (20, 20)) == "400 of 400 values differ, the first at [0, 0]"
    for wrong, share in ((37, "less than half of 400 values differ"), (237, "more than half of 400 values differ")):
        assert disclosure.differing(wrong, (11, 4), (20, 20)) == f"{share}, the first of them far from the start"
        assert disclosure.differing(wrong, (1, 4), (20, 20)) == f"{share}, the first at [1, 4]"


def test_factors_that_mistakes_lead_to_are_said() -> None:
    said = {2.0: "2 times", 0.5: "half", 0.25: "a quarter of", 1 / 7: "1/7 of", -3.0: "minus 3 times", 10.0: "10 times"}
    assert {value: disclosure.factor(value) for value in said} == said
    assert disclosure.factor(2.5) == disclosure.factor(117.0) == disclosure.factor(1 / 117) == ""


MODULE = "import torch\n\n# a comment\ndef f(x):\n    return x\n"


def test_a_line_is_said_where_the_module_has_code() -> None:
    assert [disclosure.line(number, MODULE) for number in (1, 4, 5)] == [1, 4, 5]
    assert [disclosure.line(number, MODULE) for number in (2, 3, 6, 7, 2954767, 0)] == [0] * 6
    assert disclosure.line(None, MODULE) is None
    assert disclosure.line(2_001, "x = 1\n" * 3_000) == 0


def test_a_line_that_is_not_said_is_still_one_of_the_module() -> None:
    """Without any line an AttributeError would be taken for a name that is missing."""
    error = RunError("AttributeError", "AttributeError", 2954767, "")
    result = Result(error, {}, (Outcome(OutcomeStatus.RAISED, error=error),), "", 0.0)
    for text in (MODULE, "# %% notebook: f\n# %% cell: one\nx = 1\n"):
        bounded = notebook_errors.located(result, text)
        assert bounded.import_error is not None
        assert bounded.outcomes[0].error is not None
        assert bounded.import_error.line == bounded.outcomes[0].error.line == 0


def test_a_checks_sentence_keeps_its_own_words_and_few_numbers() -> None:
    source = 'return f"the title {title!r} has not the label {label} as a whole number; axes {n}"'
    assert (
        disclosure.sentence("the title 'SECRET 3' has not the label 4", [source])
        == "the title '… 3' has not the label 4"
    )
    assert disclosure.sentence("axes 1 2 3 4 5 6", [source]) == "axes 1 2 3 4 … …"
    assert disclosure.sentence("axes 12345678901", [source]) == "axes …"
    assert disclosure.sentence("the Anna has 0.513", [source, "['Anna']"]) == "the Anna has 0.513"


def test_the_sentences_on_an_exercise_have_few_numbers_in_all() -> None:
    said = [
        "The loss is 0.8312, not 0.5.",
        "Question 3: read again.",
        "At the rate 0.1234 it is 77.31.",
        "Question 12: no.",
    ]
    assert disclosure.few_numbers(said) == [*said[:2], "At the rate 0.1234 it is ….", said[3]]


def test_a_files_name_is_no_markup() -> None:
    assert named("assignments/lesson_2_2/exercises.py") == "assignments/lesson_2_2/exercises.py"
    for name in ("<b>x</b>", "[x](http:y)", "# x", "- x", "a\nb", "a\u202eb", "a\u200bb", "*x*"):
        shown = named(name)
        assert shown.startswith("`")
        assert shown.endswith("`")
        assert not {"\n", "\u202e", "\u200b"} & set(shown)
