"""What a failure is said to look like: the right misconception, an exact description, what it follows from, or nothing.

The golden feedback lies in `golden_feedback/<lesson>/<sample>.md`. After a change that is meant, `GOLDEN=write pytest …` writes
it anew; read the difference before committing it.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from autograder.course import lesson as lessons
from autograder.course import misconceptions
from autograder.course.misconceptions import DiagnosisError
from autograder.grading.call_arguments import Signatures
from autograder.grading.diagnosis import Diagnoser
from autograder.grading.differences import OutputPair, describe
from autograder.grading.hollow import Seen, took_work
from autograder.grading.lesson_grader import Grading, Sandboxes
from autograder.grading.results import ExerciseScore, Report
from autograder.report.report import as_json
from autograder.sandbox.decode import Call, TensorValue
from autograder.sandbox.jobs import Source
from autograder.submission import submission
from tests.autograder.helpers import HERE, ROOT
from tests.autograder.sandboxes import feedback

SAMPLES = HERE / "submissions"
GOLDEN = {
    "lesson_1_4": ("gradients_accumulate", "looped", "summed_grid_and_its_slice", "w_and_b_swapped", "xy_indexing"),
    "lesson_2_2": (
        "autograd_skipped",
        "bias_appended_last",
        "mask_forgotten",
        "root_in_mse_and_bias_outside",
    ),
    "lesson_2_5": ("loss_tensors_kept", "only_tuples", "short_batch_lost_twice"),
}


@pytest.fixture(scope="module")
def ready(course_sandboxes: Sandboxes) -> Iterator[Callable[[str], Grading]]:
    """Return a lesson's grading with seed 0, made at most once."""
    made: dict[str, Grading] = {}

    def get(name: str) -> Grading:
        if name not in made:
            made[name] = Grading(lessons.load(ROOT, name), ("cpu",), 0, unsafe=False, lent=course_sandboxes)
            made[name].__enter__()
            made[name].spare[0].start()
        return made[name]

    yield get
    for grading in made.values():
        grading.close()


def grade(grading: Grading, name: str) -> Report:
    entries = submission.names(submission.discover(SAMPLES / grading.lesson.name, grading.lesson))
    return grading.grade(submission.read(entries[name], grading.lesson, name), grading.spare[0])


def scores(grading: Grading, text: str, *, follow_through: bool = True) -> dict[str, ExerciseScore]:
    """Return what a module gets: the sample `all_correct` with this text below it, whose functions replace its own."""
    correct = (SAMPLES / grading.lesson.name / "all_correct" / "exercises.py").read_text(encoding="utf-8")
    result = grading.spare[0].run(grading.job(Source("exercises", "exercises.py", f"{correct}\n\n{text}")))
    assert result.import_error is None, result.import_error
    diagnoser = grading.diagnoser
    if not follow_through:
        lesson = replace(grading.lesson, follow_through=False)
        diagnoser = Diagnoser(
            lesson,
            grading.suite,
            grading.checks,
            grading.devices,
            grading.seed,
            grading.reference_text,
            grading.reference,
            grading._beside_reference,
        )
    return {scored.exercise.name: scored for scored in diagnoser.scores(result)}


def named(scored: ExerciseScore) -> list[str]:
    return [one.name for one in scored.diagnosis.misconceptions]


@pytest.mark.parametrize(("lesson", "sample"), [(lesson, sample) for lesson in GOLDEN for sample in GOLDEN[lesson]])
def test_feedback_names_the_misconception(ready: Callable[[str], Grading], lesson: str, sample: str) -> None:
    grading = ready(lesson)
    report = grade(grading, sample)
    text = feedback(report, grading.signatures)
    path = HERE / "golden_feedback" / lesson / f"{sample}.md"
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    lost = [scored for scored in report.exercises if scored.points < scored.max_points]
    assert lost
    assert all(scored.diagnosis.misconceptions or scored.diagnosis.first for scored in lost)
    for scored in lost:
        for one in scored.diagnosis.misconceptions:
            assert one.says in text
            assert one.section in text


# Wrong answers that no misconception is: an exercise, its code, and what may be said of it all the same.
UNKNOWN = {
    "cubes": ("squared_errors", "def squared_errors(y, y_hat):\n    return (y_hat - y).abs() ** 3", ""),
    "twos": (
        "add_bias_column",
        "def add_bias_column(X):\n    return torch.cat([2 * X.new_ones(len(X), 1), X], dim=1)",
        "",
    ),
    "mean for sum": ("neuron", "def neuron(x, w, b, activation):\n    return activation((w * x).mean() + b)", ""),
    "rounds to the nearest": (
        "squared_errors",
        "def squared_errors(y, y_hat):\n    return ((y_hat - y) ** 2).round()",
        "",
    ),
    "three times": (
        "backward",
        "right = backward\n\n\ndef backward(X, W_aug, y):\n    return 3 * right(X, W_aug, y)",
        "3 times what was wanted",
    ),
    "always yes": ("numerical_check", "def numerical_check(X, W_aug, y, dW):\n    return True", ""),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_of_an_unknown_mistake_nothing_false_is_said(ready: Callable[[str], Grading], name: str) -> None:
    exercise, text, described = UNKNOWN[name]
    found = scores(ready("lesson_2_2"), text)
    assert found[exercise].points < found[exercise].max_points
    assert {other: named(scored) for other, scored in found.items() if named(scored)} == {}
    assert found[exercise].diagnosis.described == described
    assert {scored.diagnosis.follows for scored in found.values()} == {""}


FOLLOWING = [
    (lesson, name, note["follows"])
    for lesson in GOLDEN
    for name, note in tomllib.loads((SAMPLES / f"{lesson}.toml").read_text(encoding="utf-8")).items()
    if "follows" in note
]


def test_each_lesson_has_a_sample_in_which_a_failure_follows() -> None:
    assert {lesson for lesson, _, _ in FOLLOWING} == set(GOLDEN)


@pytest.mark.parametrize(("lesson", "sample", "follows"), FOLLOWING)
def test_a_failure_that_follows_costs_nothing_and_says_so(
    ready: Callable[[str], Grading], lesson: str, sample: str, follows: dict[str, str]
) -> None:
    report = grade(ready(lesson), sample)
    found = {scored.exercise.name: scored for scored in report.exercises}
    assert {name: one.diagnosis.follows for name, one in found.items() if one.diagnosis.follows} == follows
    for name, cause in follows.items():
        assert found[name].points == found[name].max_points
        assert found[cause].points < found[cause].max_points
    written = {exercise["name"]: exercise for exercise in as_json(report)["exercises"]}
    for name, cause in follows.items():
        diagnosis = written[name]["diagnosis"]
        assert diagnosis is not None
        assert diagnosis["follows_from"] == cause
        failed = [scenario for scenario in written[name]["scenarios"] if scenario["verdict"] == "failed"]
        assert failed
        assert {scenario["follows_from"] for scenario in failed} == {cause}


LAST = "def add_bias_column(X):\n    return torch.cat([X, X.new_ones(len(X), 1)], dim=1)\n"


def test_a_second_mistake_of_its_own_is_not_given_back(ready: Callable[[str], Grading]) -> None:
    relu_forgotten = "\n\ndef batched_forward(X, W_aug):\n    return add_bias_column(X) @ W_aug.T\n"
    found = scores(ready("lesson_2_2"), LAST + relu_forgotten)
    assert named(found["add_bias_column"]) == ["ones_appended_last"]
    assert found["batched_forward"].points < found["batched_forward"].max_points
    assert found["batched_forward"].diagnosis.follows == ""
    assert found["batched_forward"].diagnosis.first == ("add_bias_column",)
    assert found["backward"].diagnosis.follows == "add_bias_column"


# Two mistakes: one that is known, and another one in an exercise that is built on the first.
TWO_MISTAKES = {
    "lesson_1_4": (
        "loss_grid",
        "loss_curve",
        "def loss_grid(x, y, w_range, b_range):\n"
        "    W, B = torch.meshgrid(w_range, b_range, indexing='ij')\n"
        "    return W, B, ((y - (W.unsqueeze(-1) * x + B.unsqueeze(-1))) ** 2).sum(dim=-1)\n\n\n"
        "def loss_curve(x, y, w_range, b):\n"
        "    return loss_grid(x, y, w_range, x.new_zeros(1) + b)[2].squeeze(1) + 1\n",
    ),
    "lesson_2_5": (
        "make_loader",
        "compare_batch_sizes",
        "right = compare_batch_sizes\n\n\n"
        "def make_loader(dataset, batch_size, shuffle, seed):\n"
        "    g = torch.Generator().manual_seed(seed)\n"
        "    return DataLoader(dataset, batch_size, shuffle=shuffle, generator=g, drop_last=True)\n\n\n"
        "def compare_batch_sizes(dataset, sizes, epochs, lr, seed):\n"
        "    return {size: losses[::-1] for size, losses in right(dataset, sizes, epochs, lr, seed).items()}\n",
    ),
}


@pytest.mark.parametrize("lesson", TWO_MISTAKES)
def test_a_mistake_of_its_own_costs_points_in_the_other_lessons_too(
    ready: Callable[[str], Grading], lesson: str
) -> None:
    cause, built, text = TWO_MISTAKES[lesson]
    found = scores(ready(lesson), text)
    assert named(found[cause])
    assert found[built].diagnosis.follows == ""
    assert found[built].points < found[built].max_points
    assert found[built].diagnosis.first == (cause,)


def test_what_does_not_call_the_mistaken_exercise_is_not_given_back(ready: Callable[[str], Grading]) -> None:
    never = "\n\ndef numerical_check(X, W_aug, y, dW):\n    return False\n"
    found = scores(ready("lesson_2_2"), LAST + never)
    assert found["numerical_check"].diagnosis.follows == ""
    assert found["numerical_check"].points < found["numerical_check"].max_points


def test_of_an_unknown_cause_nothing_is_given_back_but_it_is_said_what_to_mend_first(
    ready: Callable[[str], Grading],
) -> None:
    found = scores(ready("lesson_2_2"), LAST.replace("X.new_ones", "3 * X.new_ones"))
    assert named(found["add_bias_column"]) == []
    assert found["batched_forward"].diagnosis.follows == ""
    assert found["batched_forward"].diagnosis.first == ("add_bias_column",)


def test_an_exception_alone_is_never_given_back(ready: Callable[[str], Grading]) -> None:
    row = "def add_bias_column(X):\n    return torch.cat([X.new_ones(1, X.shape[1]), X], dim=0)\n"
    raising = "\n\ndef batched_forward(X, W_aug):\n    raise RuntimeError\n"
    found = scores(ready("lesson_2_2"), row + raising)
    assert named(found["add_bias_column"]) == ["row_of_ones"]
    assert found["batched_forward"].points == 0


ABSOLUTE = "def squared_errors(y, y_hat):\n    return (y_hat - y).abs()\n"
# Exercises that nobody has written, each with a known mistake in what the reference builds them on.
HOLLOW = {
    "answers of one kind": (ABSOLUTE, "def numerical_check(X, W_aug, y, dW):\n    return False\n"),
    "answers by a look at one argument": (
        ABSOLUTE,
        "def numerical_check(X, W_aug, y, dW):\n    return bool((W_aug[:, 0] < -50).all() and not dW.any())\n",
    ),
    "a constant": (LAST, "def batched_forward(X, W_aug):\n    return torch.tensor(0.5)\n"),
    "a constant of the right shape": (
        LAST,
        "def batched_forward(X, W_aug):\n    return X.new_full((len(X), len(W_aug)), 0.5)\n",
    ),
    "zeros": (LAST, "def batched_forward(X, W_aug):\n    return X.new_zeros(len(X), len(W_aug))\n"),
    "nothing": (LAST, "def backward(X, W_aug, y):\n    return None\n"),
    "an argument": (LAST, "def backward(X, W_aug, y):\n    return W_aug\n"),
    "zeros like an argument": (LAST, "def backward(X, W_aug, y):\n    return torch.zeros_like(W_aug)\n"),
}


@pytest.mark.parametrize("name", HOLLOW)
def test_nothing_is_given_back_for_what_was_never_written(ready: Callable[[str], Grading], name: str) -> None:
    cause, hollow = HOLLOW[name]
    found = scores(ready("lesson_2_2"), f"{cause}\n\n{hollow}")
    exercise = hollow.removeprefix("def ").partition("(")[0]
    assert any(map(named, found.values()))
    assert found[exercise].points < found[exercise].max_points
    assert found[exercise].diagnosis.follows == ""


def test_nothing_is_given_back_for_exceptions_that_the_mistake_gives_as_well(ready: Callable[[str], Grading]) -> None:
    frozen = (
        "right = replace_head\n\n\n"
        "def replace_head(model, n_classes):\n    for p in right(model, n_classes).parameters():\n"
        "        p.requires_grad_(False)\n    return model\n\n\n"
        "def fine_tune(model, X, y, n_classes, epochs, lr, seed):\n    raise ValueError\n"
    )
    found = scores(ready("lesson_3_9"), frozen)
    assert found["replace_head"].points < found["replace_head"].max_points
    assert found["fine_tune"].points == 0


def test_what_takes_work_is_told_from_what_does_not() -> None:
    half = torch.tensor([0.5, 0.25])

    def seen(came: torch.Tensor | bool, *hollow: torch.Tensor, failed: bool = True) -> Seen:
        given = tuple(tensor(part) for part in hollow)
        return Seen(came if isinstance(came, bool) else tensor(came), tensor(half), failed, given, "cpu")

    assert took_work([seen(2 * half), seen(3 * half)])
    assert took_work([seen(2 * half), seen(half, failed=False)])
    assert not took_work([seen(2 * half)]), "one output is no several"
    assert not took_work([seen(2 * half), seen(2 * half)]), "the same everywhere"
    assert not took_work([seen(2 * half), seen(half)]), "what the reference gives is no mistake"
    assert not took_work([seen(2 * half, failed=False), seen(half, failed=False)]), "no failure"
    assert not took_work([seen(2 * half, 2 * half), seen(3 * half, 3 * half)]), "a stand-in gives it"
    assert not took_work([seen(torch.zeros(2)), seen(torch.ones(3))])
    assert not took_work([seen(torch.full((2,), torch.nan)), seen(torch.tensor(torch.inf))])
    assert not took_work([seen(True), seen(False)])


@pytest.mark.parametrize(
    ("body", "reason"),
    [("raise NotImplementedError", "not_written"), ("import os\n    os._exit(0)", "died")],
)
def test_what_was_not_written_or_died_is_never_given_back(
    ready: Callable[[str], Grading], body: str, reason: str
) -> None:
    found = scores(ready("lesson_2_2"), f"{LAST}\n\ndef batched_forward(X, W_aug):\n    {body}\n")
    assert {verdict.reason for verdict in found["batched_forward"].verdicts} == {reason}
    assert found["batched_forward"].points == 0


def test_an_off_limits_failure_is_never_given_back(ready: Callable[[str], Grading]) -> None:
    openly = (
        "\n\ndef backward(X, W_aug, y):\n    W = W_aug.detach().clone().requires_grad_()\n"
        "    loss = mse(y, torch.relu(add_bias_column(X) @ W.T))\n    loss.backward()\n    return W.grad\n"
    )
    found = scores(ready("lesson_2_2"), LAST + openly)
    assert {verdict.reason for verdict in found["backward"].verdicts} == {"off_limits"}
    assert found["backward"].points == 0


def test_a_manifest_can_turn_follow_through_off(ready: Callable[[str], Grading], course: Path) -> None:
    found = scores(ready("lesson_2_2"), LAST, follow_through=False)
    assert found["batched_forward"].points < found["batched_forward"].max_points
    assert found["batched_forward"].diagnosis.follows == ""
    manifest = course / "assignments" / "lesson_9_1" / "lesson.toml"
    assert lessons.load(course, "lesson_9_1").follow_through is True
    manifest.write_text("follow_through = false\n" + manifest.read_text(encoding="utf-8"), encoding="utf-8")
    assert lessons.load(course, "lesson_9_1").follow_through is False


def test_a_missing_function_is_not_taken_for_a_misconception(ready: Callable[[str], Grading]) -> None:
    found = scores(ready("lesson_2_2"), "del layer")
    assert {verdict.reason for verdict in found["layer"].verdicts} == {"missing"}
    assert named(found["layer"]) == []


def test_misconceptions_that_cannot_be_read_are_said_with_their_line(course: Path) -> None:
    lesson = lessons.load(course, "lesson_9_1")
    text = lesson.misconceptions.read_text(encoding="utf-8")
    for changed, words in (
        (text.replace('"double", says', '"triple", says'), "not an exercise of lesson.toml"),
        (text.replace('says="It squares.', 'says=f"It {1}'), "as a plain text"),
        (text + "\n" + text, "two misconceptions called"),
        ("def broken(:\n", "misconceptions.py:1"),
    ):
        lesson.misconceptions.write_text(changed, encoding="utf-8")
        with pytest.raises(DiagnosisError, match=words):
            misconceptions.read(lesson)


# --- descriptions, from outputs alone


def tensor(values: torch.Tensor, device: str = "cpu") -> TensorValue:
    return TensorValue(values, device, requires_grad=False, kind="Tensor", complex="")


def said(*pairs: tuple[torch.Tensor, torch.Tensor], shapes: tuple[str, ...] = ()) -> str:
    calls: list[tuple[Call, ...]] = [(Call("f", (("", shape),)),) for shape in shapes] or [()] * len(pairs)
    signatures = Signatures({"f": ("x",)})
    given = [OutputPair(tensor(a), tensor(b), "cpu", calls=c) for (a, b), c in zip(pairs, calls, strict=True)]
    return describe(given, signatures)


A, B = torch.tensor([[1.0, 2.0, 4.0], [7.0, -3.0, 5.0]]), torch.tensor([3.0, -8.0, 2.5])


def test_a_constant_factor_is_described() -> None:
    assert said((3 * A, A), (3 * B, B)) == "3 times what was wanted"
    assert said((2.5 * A, A), (2.5 * B, B)) == "what was wanted times one and the same factor"
    assert said((A / 2, A)) == "half what was wanted"


def test_different_factors_are_not_a_factor() -> None:
    assert said((2 * A, A), (3 * B, B)) == ""


def test_one_number_is_no_factor() -> None:
    assert said((torch.tensor(6.0), torch.tensor(3.0))) == ""


def test_a_sum_for_a_mean_is_described_by_what_it_is_off_by() -> None:
    pairs = [(torch.tensor(6.0), torch.tensor(1.0)), (torch.tensor(24.0), torch.tensor(2.0))]
    shapes = ("float32 (2, 3)", "float32 (4, 3)")
    assert said(*pairs, shapes=shapes) == "what was wanted, multiplied by the number of elements of x"
    assert said(*[(b, a) for a, b in pairs], shapes=shapes) == "what was wanted, divided by the number of elements of x"
    by_rows = [(torch.tensor(2.0), torch.tensor(1.0)), (torch.tensor(8.0), torch.tensor(2.0))]
    assert said(*by_rows, shapes=shapes) == "what was wanted, multiplied by the size of dimension 0 of x"


def test_a_transposed_result_is_described() -> None:
    square = torch.arange(9.0).reshape(3, 3)
    assert said((A.T, A), (square.T, square)) == "what was wanted, transposed"


def test_a_flipped_sign_is_described() -> None:
    assert said((-A, A), (-B, B)) == "what was wanted with the sign flipped"


def test_values_that_moved_by_one_place_are_described() -> None:
    assert said((A.roll(1, 1), A)) == "what was wanted, moved by one place along dimension 1"
    shifted = torch.cat([torch.zeros(1), B[:-1]])
    assert said((shifted, B)) == "what was wanted, moved by one place along dimension 0"
    assert said((B[1:], B)) == "what was wanted without the first entry of dimension 0"


def test_another_dtype_or_device_is_described_where_the_values_are_right() -> None:
    assert said((A.double(), A)) == "the right values in another dtype"
    assert said((2 * A.double(), A)) == ""
    assert (
        describe([OutputPair(tensor(A, "cuda"), tensor(A), "cpu")], Signatures({}))
        == "the right values on another device"
    )


def test_what_is_only_partly_explained_is_not_described() -> None:
    changed = 2 * A
    changed[1, 2] += 1
    assert said((changed, A)) == ""
    assert said((2 * A, A), (B + 1, B)) == ""


def test_nothing_is_said_of_values_that_are_not_numbers() -> None:
    assert describe([OutputPair("yes", "no", "cpu"), OutputPair([True], [False], "cpu")], Signatures({})) == ""
    nan = torch.tensor([float("nan"), 1.0, 2.0])
    assert said((2 * nan, nan)) == ""
