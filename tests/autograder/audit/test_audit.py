"""`autograder audit` passes a sound lesson, and on copies with one fault each it falls short with the right sentence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.audit import audit, mutation, reference
from autograder.audit.audit import Audit
from autograder.audit.subject import AuditError, Bench
from autograder.course import lesson as lessons
from autograder.sandbox.template import Template
from tests.autograder.helpers import COURSE, Command

REFERENCE = "solutions/lesson_9_1/exercises.py"
MISCONCEPTIONS = "solutions/lesson_9_1/misconceptions.py"
SETTINGS = "solutions/lesson_9_1/audit.toml"
ALTERNATIVE = "tests/lesson_9_1/alternatives/loops.py"
BATCH_SIZES = "tests/lesson_9_1/test_batch_sizes.py"
DOUBLE = "tests/lesson_9_1/test_double.py"
STUB = "assignments/lesson_9_1/exercises.py"


@pytest.fixture(scope="module")
def bench(template: Template) -> Iterator[Bench]:
    """Warm sandboxes for every audit of this file; the copies share the course's data."""
    with Bench(COURSE, workers=1, template=template) as warm:
        yield warm


def measured(bench: Bench, course: Path, *checks: str) -> Audit:
    return audit.audit(lessons.load(course, "lesson_9_1"), bench, 1, checks=checks)


def faults(found: Audit) -> dict[str, str]:
    return {measure.check: "\n".join(measure.failures) for measure in found.results if measure.failures}


def change(course: Path, place: str, old: str, new: str) -> None:
    path = course / place
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_sound_lesson_falls_short_of_nothing(bench: Bench) -> None:
    found = audit.audit(lessons.load(COURSE, "lesson_9_1"), bench, 3)
    assert faults(found) == {}
    assert found.sound
    assert [measure.check for measure in found.results] == list(audit.NAMES)
    shown = {measure.check: measure.summary for measure in found.results}
    assert shown["reference"] == "full on 3 of 3 seeds"
    assert shown["stub"] == "0 points"
    assert shown["alone"] == "3 of 3"
    assert shown["misconceptions"] == "6 of 6 caught and named"
    assert shown["portability"] == "11 of 11 scenarios followed (100 %)"
    assert found.mutation.made > 25
    assert found.survivors == ()
    assert found.cpu > 0


def remove_scenario(course: Path) -> None:
    text = (course / BATCH_SIZES).read_text(encoding="utf-8")
    start = text.index('@pytest.mark.exercise("batch_sizes")\ndef test_under_one')
    end = text.index('@pytest.mark.exercise("batch_sizes")\n@pytest.mark.check')
    (course / BATCH_SIZES).write_text(text[:start] + text[end:], encoding="utf-8")


def break_solution(course: Path) -> None:
    change(course, REFERENCE, "x.sum() / x.numel()", "x.summ() / x.numel()")


def leave_stub_stale(course: Path) -> None:
    change(course, REFERENCE, "BEGIN SOLUTION Multiply by two.", "BEGIN SOLUTION Take it twice.")


def make_misconception_right(course: Path) -> None:
    change(course, MISCONCEPTIONS, "return x * x", "return x + x")


def solve_in_the_stub(course: Path) -> None:
    change(course, STUB, "raise NotImplementedError('double", "return 2 * x  # ('double")


def make_scenario_random(course: Path) -> None:
    change(course, DOUBLE, "import torch\n", "import random\n\nimport torch\n")
    change(course, DOUBLE, 'return {"result"', 'return {"chance": random.SystemRandom().random(), "result"')


def make_alternative_wrong(course: Path) -> None:
    change(course, ALTERNATIVE, "return x + x", "return x + x + x")


def drop_docstring(course: Path) -> None:
    change(course, DOUBLE, '    """The result is a new tensor."""\n', "")


def say_the_same_again(course: Path) -> None:
    change(course, DOUBLE, "The result is a new tensor.", "The result is `2 * x`, in x's shape and dtype!")


def say_a_hidden_number(course: Path) -> None:
    change(course, DOUBLE, "The result is a new tensor.", "At 4,711 the result is a new tensor.")


def stop_in_mid_sentence(course: Path) -> None:
    change(course, DOUBLE, "The result is a new tensor.", "The result is a new tensor, and")


def leave_error_out_of_the_docstring(course: Path) -> None:
    change(course, REFERENCE, "; `ValueError` if either is under 1", "")


def leave_an_argument_out(course: Path) -> None:
    change(course, REFERENCE, "        size: how many of them make a whole batch, an int.\n", "")


def leave_dtypes_out(course: Path) -> None:
    change(course, REFERENCE, "a new tensor of x's shape and dtype", "a new tensor of x's shape")


def leave_the_device_out(course: Path) -> None:
    change(course, REFERENCE, "shape and dtype, on x's device.", "shape and dtype.")


def leave_off_limits_out(course: Path) -> None:
    change(course, REFERENCE, "; `torch.mean` is off limits", "")


def give_a_single_element(course: Path) -> None:
    change(course, DOUBLE, "[(3,), (2, 3)]", "[(3,), (1, 3)]")


def give_an_empty_tensor(course: Path) -> None:
    change(course, DOUBLE, "[(3,), (2, 3)]", "[(3,), (0,)]")


def make_the_reference_mix_devices(course: Path) -> None:
    change(course, REFERENCE, "return 2 * x", "return x * torch.full(x.shape, 2, dtype=x.dtype)")


def make_an_alternative_move_its_result(course: Path) -> None:
    change(course, ALTERNATIVE, "return x + x", "return (x + x).cpu()")


def set_aside_what_is_killed_or_gone(course: Path) -> None:
    entries = (("return 2 * x", "return 3 * x"), ("return x + x", "return x"))
    (course / SETTINGS).write_text("".join(aside("double", *entry) for entry in entries), encoding="utf-8")


def aside(exercise: str, line: str, becomes: str) -> str:
    texts = {"exercise": exercise, "line": line, "becomes": becomes, "reason": "For this test."}
    return "[[equivalent]]\n" + "".join(f"{key} = {json.dumps(text)}\n" for key, text in texts.items()) + "\n"


def point_nowhere(course: Path) -> None:
    change(course, MISCONCEPTIONS, 'doubles.", section="Doubling"', 'doubles.", section="Trebling"')


def name_a_visible_test_for_nothing(course: Path) -> None:
    lines = ["from assignments.lesson_9_1.exercises import double", "", "", "def test_it():", "    double(1)", ""]
    (course / "assignments" / "lesson_9_1" / "test_exercises.py").write_text("\n".join(lines), encoding="utf-8")


def take_a_hint_away(course: Path) -> None:
    path = course / "assignments" / "lesson_9_1" / "hints.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('idea = "Add everything, then share it out."\n', ""), encoding="utf-8")


def say_the_solution_in_a_hint(course: Path) -> None:
    path = course / "assignments" / "lesson_9_1" / "hints.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Add everything, then", "It is x.sum() / x.numel(): add, then"), encoding="utf-8")


FAULTS: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "a solution is broken": (break_solution, "reference", "the reference itself raised"),
    "a stub is stale": (leave_stub_stale, "derived files", "is stale: run `autograder stubs lesson_9_1`"),
    "a visible test says no exercise": (
        name_a_visible_test_for_nothing,
        "visible tests",
        "so that `pytest -k double` finds it",
    ),
    "an exercise has two hints": (take_a_hint_away, "hints", "`average` has 2 hints: write `read`, `idea`, `shape`"),
    "a hint is the solution": (
        say_the_solution_in_a_hint,
        "hints",
        "holds a line of the solution ('x.sum()/x.numel()')",
    ),
    "a misconception is right": (make_misconception_right, "misconceptions", "squared of double loses no point"),
    "the stub solves something": (solve_in_the_stub, "stub", "passes on the untouched stub"),
    "a scenario is random": (make_scenario_random, "reference", "does not pass its own scenario"),
    "an alternative is wrong": (make_alternative_wrong, "alternatives", "If it is correct by the docstring"),
    "a scenario says no rule": (drop_docstring, "sentences", "test_the_argument_stays has no docstring"),
    "two scenarios of an exercise say the same": (
        say_the_same_again,
        "sentences",
        "test_double.py::test_the_argument_stays and test_double.py::test_",
    ),
    "a scenario says a hidden number": (
        say_a_hidden_number,
        "sentences",
        "says 4,711, which neither the page nor the stub nor a visible test has",
    ),
    "a scenario says half a sentence": (stop_in_mid_sentence, "sentences", "end it with a full stop"),
    "a rule is not in the docstring": (
        leave_error_out_of_the_docstring,
        "docstrings",
        "asks for ValueError, which the docstring of batch_sizes does not name",
    ),
    "an argument is not described": (
        leave_an_argument_out,
        "docstrings",
        "the docstring of batch_sizes does not describe the argument size: add it there.",
    ),
    "two dtypes are not in the docstring": (
        leave_dtypes_out,
        "docstrings",
        "the docstring of double says nothing about dtypes",
    ),
    "a device is not in the docstring": (
        leave_the_device_out,
        "docstrings",
        "test_the_argument_stays asks for a device, which the docstring of double does not mention",
    ),
    "an off-limits name is not in the docstring": (
        leave_off_limits_out,
        "docstrings",
        "lesson.toml puts torch.mean off limits, and the docstring of average does not say",
    ),
    "one row is not in the docstring": (
        give_a_single_element,
        "docstrings",
        "gives a tensor with one along a dimension, and the docstring of double does not say that this may be",
    ),
    "an empty tensor is not in the docstring": (
        give_an_empty_tensor,
        "docstrings",
        "gives a tensor with nothing along",
    ),
    "the reference mixes devices": (
        make_the_reference_mix_devices,
        "portability",
        "on another device than the CPU the reference fails at its line",
    ),
    "an alternative moves its result": (
        make_an_alternative_move_its_result,
        "portability",
        "A tensor came back on another device than that of the arguments.",
    ),
    "a section is not on the page": (point_nowhere, "misconceptions", "'Trebling', which is not on the page"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_and_said_with_what_to_do(bench: Bench, course: Path, name: str) -> None:
    spoil, check, words = FAULTS[name]
    spoil(course)
    found = measured(bench, course, check)
    assert not found.sound
    assert words in faults(found).get(check, ""), faults(found)


def test_entries_that_are_no_longer_needed_are_to_be_removed(bench: Bench, course: Path) -> None:
    set_aside_what_is_killed_or_gone(course)
    said = faults(measured(bench, course, "mutants"))["mutants"]
    assert "`return 3 * x` of double aside, but a scenario kills it: remove that entry" in said
    assert "`return x` of double aside, but there is no such mutant: remove that entry" in said


def test_a_scenario_removed_lets_mutants_live_until_they_are_set_aside(bench: Bench, course: Path) -> None:
    remove_scenario(course)
    before = measured(bench, course, "mutants")
    assert "in batch_sizes: add scenarios that they fail" in faults(before)["mutants"]
    assert ("batch_sizes", "pass") in {(mutant.exercise, mutant.becomes) for mutant in before.survivors}
    assert all(mutant.diff for mutant in before.survivors)
    # Entries are known by their text, so a line more above them does no harm.
    entries = [aside(mutant.exercise, mutant.original, mutant.becomes) for mutant in before.survivors]
    (course / SETTINGS).write_text("".join(entries), encoding="utf-8")
    change(course, REFERENCE, "import torch\n", "import torch\n\n# A line more.\n")
    found = measured(bench, course, "mutants")
    assert found.survivors == ()
    assert len(found.mutation.set_aside) == len(before.survivors)
    assert "mutants" not in faults(found)


def test_what_only_another_device_shows_is_killed_in_the_lane(bench: Bench, course: Path) -> None:
    killed = "return (2 * x).cpu()"
    assert killed not in {mutant.becomes for mutant in measured(bench, course, "mutants").survivors}
    leave_the_device_out(course)
    found = measured(bench, course, "mutants", "portability")
    assert killed in {mutant.becomes for mutant in found.survivors}
    (notes,) = (measure.notes for measure in found.results if measure.check == "portability")
    assert notes == ("No points rest on it where no docstring names a device: double, batch_sizes.",)


def test_what_the_lane_cannot_follow_is_said_and_costs_nothing(bench: Bench, course: Path) -> None:
    change(course, REFERENCE, "return 2 * x", "return 2 * x if x.is_cpu else 1 / 0")
    (lane,) = (m for m in measured(bench, course, "portability").results if m.check == "portability")
    assert lane.summary == "6 of 11 scenarios followed (55 %)"
    assert lane.failures == ()
    assert "test_the_argument_stays could not be followed: ZeroDivisionError" in "\n".join(lane.notes)


def test_a_reference_that_does_not_import_is_said_at_once(bench: Bench, course: Path) -> None:
    reference = course / REFERENCE
    reference.write_text(reference.read_text(encoding="utf-8") + "\n1 / 0\n", encoding="utf-8")
    with pytest.raises(AuditError, match="does not import: ZeroDivisionError"):
        measured(bench, course)


def test_an_entry_without_a_reason_is_refused(course: Path) -> None:
    (course / SETTINGS).write_text('[[equivalent]]\nexercise = "double"\nline = "x"\nbecomes = "y"\n', encoding="utf-8")
    with pytest.raises(AuditError, match="none empty"):
        mutation.read_equivalents(lessons.load(course, "lesson_9_1"))


def test_a_slow_scenario_is_over_its_budget(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "BUDGET", 0.0)
    assert (
        "CPU seconds on the reference; make its inputs smaller" in faults(measured(bench, COURSE, "budget"))["budget"]
    )


def test_the_command_prints_a_table_writes_json_and_exits_1(course: Path, command: Command) -> None:
    make_misconception_right(course)
    shutil.rmtree(course / "tests" / "lesson_9_1" / "alternatives")
    done = command("autograder.cli", "audit", "lesson_9_1", "--seeds", "1", "--json", "audit.json", cwd=course)
    assert done.returncode == 1, done.stderr
    assert "falls short: 5 of 6 caught and named" in " ".join(done.stdout.split())
    assert "add a scenario that it fails, or remove it if it is right" in done.stdout
    written = json.loads((course / "audit.json").read_text(encoding="utf-8"))
    assert written["schema"] == audit.SCHEMA
    assert written["sound"] is False
    (lesson,) = written["lessons"]
    assert lesson["lesson"] == "lesson_9_1"
    assert {check["check"] for check in lesson["checks"] if check["faults"]} == {"misconceptions", "alternatives"}
