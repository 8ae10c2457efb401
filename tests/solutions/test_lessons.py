"""Every lesson keeps its promises: page, stub, visible tests, misconceptions, alternatives, samples.

The reference's own full marks are `tests/lesson_M_N` itself. One zygote serves all that this file asks of a lesson.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.authoring import stubs
from autograder.course import lesson as lessons
from autograder.course import misconceptions
from autograder.course.lesson import Lesson
from autograder.grading.lesson_grader import Grading, Sandboxes, reference_source
from autograder.grading.results import ExerciseScore
from autograder.grading.score import score
from autograder.sandbox.jobs import Deadlines, Overlay, Source
from autograder.sandbox.sandbox import Sandbox
from autograder.submission import submission
from tests.autograder.helpers import LESSONS, ROOT, Command

HEADINGS = [
    "Introduction",
    "Explain it like I'm five",
    "The mathematics",
    "In depth",
    "A demonstration in PyTorch",
    "Exercises",
    "Summary",
    "Key takeaways",
]
SAMPLES = ROOT / "tests" / "autograder" / "submissions"


@pytest.fixture(scope="module", params=LESSONS)
def lesson(request: pytest.FixtureRequest) -> Lesson:
    """Each lesson of the course in turn."""
    return lessons.load(ROOT, request.param)


@pytest.fixture(scope="module")
def grading(lesson: Lesson, course_sandboxes: Sandboxes) -> Iterator[Grading]:
    """The lesson made ready, with impatient deadlines for the samples that never end."""
    impatient = Deadlines(scenario_cpu=1.6, scenario_wall=30, submission_cpu=90)
    with Grading(lesson, ("cpu",), 0, unsafe=False, deadlines=impatient, lent=course_sandboxes) as ready:
        ready.spare[0].start()
        yield ready


@pytest.fixture(scope="module")
def zygote(grading: Grading) -> Sandbox:
    """The one warm zygote for students' code."""
    return grading.spare[0]


def points(grading: Grading, zygote: Sandbox, text: str) -> dict[str, ExerciseScore]:
    result = zygote.run(grading.job(Source("exercises", "exercises.py", text)))
    assert result.import_error is None, result.import_error
    return by_name(score(grading.lesson, grading.verdicts(result)))


def by_name(scores: Sequence[ExerciseScore]) -> dict[str, ExerciseScore]:
    return {scored.exercise.name: scored for scored in scores}


def lost(scores: dict[str, ExerciseScore]) -> dict[str, float]:
    return {name: scored.points for name, scored in scores.items() if scored.points < scored.max_points}


def page_headings(lesson: Lesson, level: str) -> list[str]:
    page = re.sub(r"^```.*?^```", "", lesson.page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.findall(rf"^{level} (.+)$", page, flags=re.MULTILINE)


def test_a_page_has_its_sections_in_order(lesson: Lesson) -> None:
    assert page_headings(lesson, "##") == HEADINGS


def test_every_section_that_is_pointed_to_is_on_the_page(lesson: Lesson) -> None:
    headings = page_headings(lesson, "#{2,4}")
    assert [e.section for e in lesson.exercises if e.section not in headings] == []


def test_every_exercise_stands_on_the_page(lesson: Lesson) -> None:
    page = lesson.page.read_text(encoding="utf-8").partition("\n## Exercises\n")[2]
    assert [exercise.name for exercise in lesson.exercises if exercise.name not in page] == []


def test_points_that_a_page_names_are_the_manifests(lesson: Lesson) -> None:
    page = lesson.page.read_text(encoding="utf-8").partition("\n## Exercises\n")[2]
    for name, points in re.findall(r"`(\w+)\([^`]*\)` is worth ([\d.]+) points", page):
        assert lesson.exercise(name).points == float(points)


def test_a_page_has_no_html(lesson: Lesson) -> None:
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "", lesson.page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"</?[a-zA-Z][^>]*>", text) == []


def test_every_figure_of_the_page_is_there_and_is_made_by_its_demonstration_or_drawn(
    lesson: Lesson, tmp_path: Path
) -> None:
    shown = set(re.findall(r"!\[[^\]]+\]\(([^)]+)\)", lesson.page.read_text(encoding="utf-8")))
    printed = stubs.run_demonstration(lesson, tmp_path)
    made = {path.name for kind in stubs.FIGURES for path in tmp_path.glob(kind)}
    assert shown == made | stubs.drawings(lesson).keys()
    assert shown == {path.name for kind in stubs.FIGURES for path in lesson.assignment.glob(kind)}
    assert shown
    page = lesson.page.read_text(encoding="utf-8")
    missing = [line for line in printed.splitlines() if line.strip() and line not in page]
    assert missing == [], "the page shows another output than the demonstration prints"


def test_the_stub_is_fresh(lesson: Lesson) -> None:
    assert lesson.stub.read_text(encoding="utf-8") == stubs.stub(lesson), f"run `autograder stubs {lesson.name}`"


def visible(lesson: Lesson, folder: Path, module: Path) -> subprocess.CompletedProcess[str]:
    """Run the visible tests on a module, as a student does, in a folder that has the assignments alone."""
    target = folder / "assignments" / lesson.name
    shutil.copytree(lesson.assignment, target, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("expect.py", "conftest.py"):
        shutil.copy(ROOT / "assignments" / name, folder / "assignments")
    shutil.copytree(ROOT / "datasets", folder / "datasets", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(module, target / "exercises.py")
    settings = '[tool.pytest.ini_options]\npythonpath = ["."]\naddopts = ["--import-mode=importlib", "--tb=short"]\n'
    (folder / "pyproject.toml").write_text(settings, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", f"assignments/{lesson.name}", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def test_every_visible_test_fails_on_the_stub_and_says_what_to_write(lesson: Lesson, tmp_path: Path) -> None:
    done = visible(lesson, tmp_path, lesson.stub)
    assert done.returncode == 1
    assert re.search(r"^\d+ failed in", done.stdout, flags=re.MULTILINE), done.stdout[-2000:]
    lines = done.stdout.splitlines()
    for exercise in lesson.exercises:
        read = f'read "{exercise.section}" in assignments/{lesson.name}/README.md'
        assert f"`{exercise.name}`: not written yet, {read}" in lines
    assert f"next: `{lesson.exercises[0].name}`" in lines
    assert len(lines) < len(lesson.exercises) + 12


def test_every_visible_test_passes_on_the_reference_without_a_warning(lesson: Lesson, tmp_path: Path) -> None:
    done = visible(lesson, tmp_path, lesson.reference)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "warning" not in done.stdout, done.stdout[-3000:]


def test_the_stub_gets_nothing(lesson: Lesson, grading: Grading, zygote: Sandbox) -> None:
    scores = points(grading, zygote, lesson.stub.read_text(encoding="utf-8"))
    assert {scored.points for scored in scores.values()} == {0.0}


def test_alternatives_get_full_points_but_where_style_matters(
    lesson: Lesson, grading: Grading, zygote: Sandbox
) -> None:
    paths = sorted((lesson.tests / "alternatives").glob("*.py"))
    assert len(paths) >= 3
    for path in paths:
        text = path.read_text(encoding="utf-8")
        expected = dict(re.findall(r"^# expects: (\w+) ([\d.]+)", text, flags=re.MULTILINE))
        assert lost(points(grading, zygote, text)) == {name: float(most) for name, most in expected.items()}, path.name


def test_every_misconception_loses_points_on_its_own_exercise_and_no_other(
    lesson: Lesson, grading: Grading, zygote: Sandbox
) -> None:
    found = misconceptions.read(lesson)
    tests_by_exercise = {e.name: [one.name for one in found if one.exercise == e.name] for e in lesson.exercises}
    assert {name: known for name, known in tests_by_exercise.items() if len(known) < 2} == {}
    source = Source(
        f"solutions.{lesson.name}.misconceptions",
        "misconceptions.py",
        lesson.misconceptions.read_text(encoding="utf-8"),
    )
    job = grading.job(reference_source(lesson, grading.reference_text))
    for one in found:
        result = grading.reference
        outcomes = list(result.outcomes)
        # Only a scenario that calls the exercise can see the misconception; of the others the reference's outcome is taken.
        places = [
            place
            for place, outcome in enumerate(outcomes)
            if grading.suite.scenarios[place].scenario.exercise == one.exercise
            or {one.exercise, one.target} & {call.name.partition(".")[0] for call in outcome.calls}
        ]
        near = replace(
            job, runs=tuple(job.runs[place] for place in places), overlay=Overlay(source, one.name, one.target)
        )
        for place, outcome in zip(places, zygote.run(near).outcomes, strict=True):
            outcomes[place] = outcome
        scores = score(lesson, grading.verdicts(replace(result, outcomes=tuple(outcomes))))
        wrong = set(lost(by_name(scores)))
        # Where a class stands for several exercises, its wrong method shows in the others, too.
        assert wrong == {one.exercise} if one.target == one.exercise else one.exercise in wrong, one.name


def test_samples_lose_what_their_notes_say(lesson: Lesson, grading: Grading, zygote: Sandbox) -> None:
    expected = tomllib.loads((SAMPLES / f"{lesson.name}.toml").read_text(encoding="utf-8"))
    entries = submission.names(submission.discover(SAMPLES / lesson.name, lesson))
    assert set(entries) == set(expected)
    for name, entry in entries.items():
        handed_in = submission.read(entry, lesson, name)
        report = grading.grade(handed_in, zygote)
        assert report.status == expected[name].get("status", "graded"), name
        if report.status == "graded":
            assert set(lost(by_name(report.exercises))) == set(expected[name].get("lost", {})), name


def test_a_lesson_says_which_points_are_forgeable(lesson: Lesson) -> None:
    counting = re.compile(r"probes\.(operations|uses_autograd)")
    for path in sorted(lesson.tests.glob("test_*.py")):
        if counting.search(path.read_text(encoding="utf-8")):
            exercises = set(re.findall(r'mark\.exercise\("(\w+)"\)', path.read_text(encoding="utf-8")))
            assert [name for name in exercises if not lesson.exercise(name).forgeable] == [], path.name


def test_the_commands_of_the_page_use_uv(lesson: Lesson, command: Command) -> None:
    assert command is not None
    page = lesson.page.read_text(encoding="utf-8")
    assert f"uv run pytest assignments/{lesson.name}" in page
    assert not re.search(r"^\s*(pip|python3? -m pip|conda) install", page, flags=re.MULTILINE)
