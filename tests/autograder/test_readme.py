"""The documents keep their word: what they name exists, their commands and examples work, and pytest is the environment's."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from autograder import cli
from autograder.audit.audit import CHECKS
from autograder.course import lesson as lessons
from autograder.course.lesson import Lesson
from autograder.gradebook import formats
from autograder.gradebook.roster import Roster
from tests.autograder.helpers import LESSONS, ROOT, Command

README = (ROOT / "README.md").read_text(encoding="utf-8")
GRADING = (ROOT / "autograder" / "docs" / "grading.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
# The pages of the lessons have tests of their own.
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in (
        "README.md",
        "*/README.md",
        "autograder/docs/*.md",
        ".github/*.md",
        "tests/benchmarks/README.md",
        "tests/autograder/*/README.md",
    )
    for path in ROOT.glob(pattern)
)
# What a document speaks of that lies in another repository: the students', and an instructor's private one.
ELSEWHERE = {".github/workflows/classroom.yml", ".github/workflows/grade.yml"}
# What a command makes when it is asked to.
MADE = {"solutions/lesson_2_5/answers.md", "assignments/lesson_2_5/answers.md"}
# What stands for a name that a reader puts in, or is made up in an example.
PLACEHOLDERS = re.compile(r"M_N|NAME|EXERCISE|LESSON|3_10|plain_text|scenario_count|<|\*")


def commands() -> set[str]:
    """Return the subcommands that the command line has."""
    parser = cli._parser()
    return {name for action in parser._actions if action.choices for name in action.choices}


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """Return by what a document's headings can be linked, as GitHub makes it of them."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_every_command_is_documented_and_every_documented_one_exists() -> None:
    table = set(re.findall(r"^\| `autograder (\w+)", GRADING, flags=re.MULTILINE))
    assert table == commands()


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        cli.main([name, "--help"])
    assert leaving.value.code == 0
    shown = capsys.readouterr().out
    for option in re.findall(
        r"--[a-z-]+", next(line for line in GRADING.splitlines() if f"| `autograder {name}" in line)
    ):
        assert option in shown


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_the_first_screen_has_the_two_commands() -> None:
    screen = README.split("\n## ")[0]
    assert "uv run autograder grade lesson_2_5 tests/autograder/submissions/lesson_2_5" in screen
    assert "uv run pytest\n" in screen
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "uv run autograder grade lesson_2_5 tests/autograder/submissions/lesson_2_5" in ci
    assert "uv run pytest" in ci


def test_the_feedback_that_the_readme_shows_is_what_the_grader_writes() -> None:
    kept = ROOT / "tests" / "autograder" / "golden_feedback" / "lesson_2_5" / "short_batch_lost_twice.md"
    written = kept.read_text(encoding="utf-8").splitlines()
    (shown,) = blocks(README, "text")
    assert len(shown.splitlines()) > 5
    assert [line for line in shown.splitlines() if line and line not in written] == []


@pytest.mark.parametrize(("document", "place"), [("README.md", "assignments/"), ("assignments/README.md", "")])
def test_every_lesson_is_linked_by_its_title(document: str, place: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    chosen = [lessons.load(ROOT, name) for name in LESSONS]
    wanted = [f"- [{one.number} {one.title}]({place}{one.name}/README.md)" for one in chosen]
    assert re.findall(r"^- \[\d+\.\d+ .*$", text, flags=re.MULTILINE) == wanted


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_of_a_document_leads_somewhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)):
        if not target.startswith("https://"):
            place, _, anchor = target.partition("#")
            path = (ROOT / document).parent / place if place else ROOT / document
            assert path.exists(), target
            assert not anchor or anchor in anchors(path.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_that_a_document_names_is_there(document: str) -> None:
    """A path in backticks from one of the top-level folders on, as in `autograder/cli.py`."""
    text = (ROOT / document).read_text(encoding="utf-8")
    named = re.findall(r"`((?:assignments|autograder|datasets|solutions|tests|\.ci|\.github)/[^`\s]*)`", text)
    missing = [path for path in named if not PLACEHOLDERS.search(path) and not (ROOT / path).exists()]
    assert set(missing) <= ELSEWHERE | MADE


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_of_a_document_is_one(document: str) -> None:
    """What stands in a block to be typed, and the first commands of the README's table."""
    text = (ROOT / document).read_text(encoding="utf-8")
    lines = [line for language in ("bash", "sh") for block in blocks(text, language) for line in block.splitlines()]
    for line in [*lines, *re.findall(r"\| `(uv run [^`]+)` \|", text)]:
        words = shlex.split(line.replace("lesson_3_10", "lesson_2_5").replace("lesson_M_N", "lesson_2_5"))
        if words[:3] == ["uv", "run", "autograder"]:
            cli._parser().parse_args(words[3:])
        elif words[:3] == ["uv", "run", "pytest"] or words[1:4] == ["uv", "run", "pytest"]:
            paths = [word for word in words if word.startswith(("tests/", "assignments/"))]
            assert [path for path in paths if not (ROOT / path).exists()] == []
        elif words[:3] == ["uv", "run", "python"]:
            assert (ROOT / words[3]).is_file()


def test_every_export_format_is_documented_and_kept_apart_from_the_others() -> None:
    page = (ROOT / "autograder" / "docs" / "gradebooks.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE)) == formats.MODULES.keys()
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {one["type"]: one for one in settings["tool"]["importlinter"]["contracts"]}
    assert set(contracts["independence"]["modules"]) == set(formats.MODULES.values())


def test_the_map_of_the_package_has_every_folder_in_the_order_of_imports() -> None:
    text = (ROOT / "autograder" / "README.md").read_text(encoding="utf-8")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = next(one["layers"] for one in settings["tool"]["importlinter"]["contracts"] if one["type"] == "layers")
    rule = text.partition("Imports only go down: ")[2].partition(". A new folder")[0]
    assert re.findall(r"`(\w+)`", rule) == layers
    rows = "".join(re.findall(r"^\| `.*$", text, flags=re.MULTILINE))
    assert [name for name in layers if f"`{name}/`" not in rows and f"`{name}.py`" not in rows] == []


def example(name: str) -> ModuleType:
    """Return an example of CONTRIBUTING.md as the module that it is."""
    (source,) = (block for block in blocks(CONTRIBUTING, "python") if block.startswith(f"# {name}\n"))
    module = ModuleType(Path(name).stem)
    exec(compile(source, name, "exec"), module.__dict__)
    return module


def test_the_format_that_contributing_shows_writes_its_file(small_lesson: Lesson, tmp_path: Path) -> None:
    def row(name: str, score: float | None) -> formats.Score:
        return formats.Score(name, "graded", "", (), score, 0.0, score, 100.0, "", None, "")

    scores = formats.Scores(small_lesson, (row("half", 50.5), row("broken", None)), Roster(()))
    written = example("autograder/gradebook/formats/plain_text.py").write(scores, formats.Request(tmp_path))
    assert [path.read_text(encoding="utf-8") for path in written.paths] == ["half: 50.5\n"]
    assert written.notes == ("broken: the grader failed on it, so it has no line.",)


def test_the_audit_check_that_contributing_shows_finds_its_fault(small_lesson: Lesson) -> None:
    from autograder.audit.subject import Bench, Subject
    from autograder.course import suite

    whole = suite.load(small_lesson)
    check = example("autograder/audit/scenario_count.py").check_scenario_count
    # It runs nothing, so the sandboxes are never started.
    bench = Bench(small_lesson.root, workers=1)
    found = check(Subject(small_lesson, whole, {}, bench, (0,), "", {}, {}))
    counts = {e.name: sum(one.scenario.exercise == e.name for one in whole.scenarios) for e in small_lesson.exercises}
    assert found.summary == f"at least {min(counts.values())} for each exercise"
    assert len(found.failures) == sum(count < 2 for count in counts.values())
    assert found.check not in {one.name for one in CHECKS}


def test_uv_run_pytest_is_the_environments_own_pytest() -> None:
    assert Path(pytest.__file__).is_relative_to(sys.prefix)
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'default-groups = \[[^\]]*"test"', settings)


def test_as_many_exercises_are_marked_forgeable_as_the_documents_say() -> None:
    said = (ROOT / "autograder" / "docs" / "security.md").read_text(encoding="utf-8")
    assert "it is about a third of all exercises" in said
    exercises = [exercise for name in LESSONS for exercise in lessons.load(ROOT, name).exercises]
    assert 0.28 < sum(bool(exercise.forgeable) for exercise in exercises) / len(exercises) < 0.4


def test_help_without_a_command_lists_them(command: Command) -> None:
    done = command("autograder.cli")
    assert done.returncode == 2
    assert "grade" in command("autograder.cli", "--help").stdout


def test_nothing_tracked_names_a_registry_or_keeps_a_lock() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    if not any(tracked):
        pytest.skip("this is no git checkout")
    assert not [name for name in tracked if name.endswith((".lock", "requirements.txt"))]
    # In two halves each, or this line would be found.
    halves = (("python", r"hosted\.org"), ("py", r"pi\.org"), ("files", r"\.python"))
    hosts = re.compile("|".join(first + second for first, second in halves))
    for name in tracked:
        path = ROOT / name
        if path.suffix in (".py", ".toml", ".md", ".yml", ".ipynb", "") and path.is_file():
            assert not hosts.search(path.read_text(encoding="utf-8", errors="replace")), name


def test_the_top_level_is_what_the_course_promises() -> None:
    visible = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    promised = {"assignments", "solutions", "autograder", "tests", "datasets", "pyproject.toml", "README.md"}
    assert promised <= visible
    tracked = subprocess.run(
        ["git", "ls-tree", "--name-only", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    listed = {name for name in tracked.stdout.split() if not name.startswith(".")}
    assert not listed or listed == promised | {"LICENSE"}
