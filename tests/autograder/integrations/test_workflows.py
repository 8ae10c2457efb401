"""What GitHub, Classroom 50 and Gradescope run: each script and payload, used as the other system uses it."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from autograder.course import lesson as lessons
from autograder.grading import lesson_grader
from autograder.integrations import github_classroom, gradescope_runner
from autograder.release import platform_bundles, student_repository
from autograder.release.student_repository import TEMPLATES
from autograder.sandbox.sandbox import Sandbox
from tests.autograder.helpers import COURSE, ROOT, VISIBLE, Command

yaml = pytest.importorskip("yaml")

HALF_DONE = """\
def double(x):
    return 2 * x


def batch_sizes(n, size):
    return [size] * (n // size)


def average(x):
    raise NotImplementedError("average is not written yet")
"""
# What HALF_DONE gets from the visible tests: both of double's, one of two of batch_sizes', none of average's.
POINTS = {"double": 50.0, "batch_sizes": 15.0, "average": 0.0}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small course with visible tests, which no test here changes."""
    copy = tmp_path_factory.mktemp("course") / "course"
    shutil.copytree(COURSE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "assignments" / "lesson_9_1" / "test_exercises.py").write_text(VISIBLE, encoding="utf-8")
    return copy


@pytest.fixture(scope="module")
def students(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A released repository in which a student has done half."""
    out = tmp_path_factory.mktemp("students") / "work"
    student_repository.release(course, out)
    (out / "assignments" / "lesson_9_1" / "exercises.py").write_text(HALF_DONE, encoding="utf-8")
    return out


def workflow(text: str) -> dict[str, Any]:
    found: dict[Any, Any] = yaml.safe_load(text)
    # YAML 1.1 reads the key `on` as true.
    return {"on" if key is True else key: value for key, value in found.items()}


@pytest.fixture(scope="module")
def steps(students: Path) -> list[dict[str, Any]]:
    """The steps of the students' workflow."""
    found = workflow((students / ".github" / "workflows" / "classroom.yml").read_text(encoding="utf-8"))
    assert found["name"] == "Autograding Tests"
    assert found["on"] == ["push", "repository_dispatch", "workflow_dispatch"]
    assert found["permissions"] == {"checks": "write", "actions": "read", "contents": "read"}
    assert list(found["jobs"]) == ["run-autograding-tests"]
    job = found["jobs"]["run-autograding-tests"]
    assert job["if"] == "github.actor != 'github-classroom[bot]'"
    return list(job["steps"])


def test_each_exercise_is_a_runner_whose_result_the_reporter_gets(steps: list[dict[str, Any]]) -> None:
    reporter = steps[-1]
    assert reporter["uses"].startswith("classroom-resources/autograding-grading-reporter@")
    runners = reporter["with"]["runners"].split(",")
    assert runners == [step["id"] for step in steps if "id" in step]
    assert [step["run"].split()[-1] for step in steps if "id" in step] == list(POINTS)
    assert all(re.fullmatch(r"[A-Za-z_][\w-]*", runner) for runner in runners)
    for runner in runners:
        assert reporter["env"][f"{runner.upper()}_RESULTS"] == f"${{{{ steps.{runner}.outputs.result }}}}"


def test_cpu_wheels_are_installed_and_never_synced_away(steps: list[dict[str, Any]]) -> None:
    commands = [line for step in steps for line in step.get("run", "").splitlines()]
    assert "uv pip install --torch-backend=cpu -r pyproject.toml" in commands
    assert all("--no-sync" in line for line in commands if line.startswith("uv run"))
    assert not [line for line in commands if line.startswith("uv sync")]


def report(payloads: dict[str, str]) -> tuple[list[tuple[float, float]], float, float, bool]:
    """Do the reporter's arithmetic: rows of its table (passed of all, times the maximum), total, maximum, and success."""
    results = [json.loads(base64.b64decode(encoded)) for encoded in payloads.values()]
    rows = []
    for result in results:
        passed = sum(test["status"] == "pass" for test in result["tests"])
        rows.append((passed / len(result["tests"]) * result["max_score"], result["max_score"]))
    total = sum(test["score"] for result in results for test in result["tests"])
    fine = not any(result["status"] in ("fail", "error") for result in results)
    return rows, total, sum(result["max_score"] for result in results), fine


@pytest.fixture(scope="module")
def payloads(students: Path, steps: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every runner step, run by its own words, to its output `result`."""
    found = {}
    for step in steps:
        if "id" in step:
            output = tmp_path_factory.mktemp("output") / "output"
            words = step["run"].removeprefix("uv run --no-sync python")
            environment = {**os.environ, "GITHUB_OUTPUT": str(output), "OMP_NUM_THREADS": "1"}
            done = subprocess.run(
                [sys.executable, *words.split()],
                cwd=students,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            lines = dict(line.partition("=")[::2] for line in output.read_text(encoding="utf-8").splitlines())
            found[step["id"]] = lines["result"]
    return found


def test_the_reporters_table_and_total_are_ours_with_partial_credit(payloads: dict[str, str]) -> None:
    rows, total, most, fine = report(payloads)
    assert [points for points, _ in rows] == list(POINTS.values())
    assert [most for _, most in rows] == [50, 30, 20]
    assert (total, most, fine) == (sum(POINTS.values()), 100, False)


def test_a_payload_has_the_fields_that_the_reporter_reads(payloads: dict[str, str]) -> None:
    for encoded in payloads.values():
        found = json.loads(base64.b64decode(encoded))
        assert found["version"] == 3
        assert found["status"] in ("pass", "fail", "error")
        for test in found["tests"]:
            fields = {"name", "status", "message", "test_code", "task_id", "filename", "line_no", "duration", "score"}
            assert set(test) == fields
            assert test["line_no"] > 0
        assert len(encoded) < 20_000  # the environment that the reporter gets has a limit
    messages = [test["message"] for test in json.loads(base64.b64decode(payloads["lesson_9_1_average"]))["tests"]]
    assert messages == ["NotImplementedError: average is not written yet"]


TROUBLE = {
    "a module that does not import": ("def double(x:\n", "does exercises.py import?"),
    "a module that ends the program": ("import os\nos._exit(0)\n", "ended before they could report"),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_what_goes_wrong_costs_the_points_and_keeps_the_maximum(students: Path, tmp_path: Path, name: str) -> None:
    text, words = TROUBLE[name]
    work = Path(shutil.copytree(students, tmp_path / "work"))
    (work / "assignments" / "lesson_9_1" / "exercises.py").write_text(text, encoding="utf-8")
    found = github_classroom.payload(lessons.load(work, "lesson_9_1"), "double")
    assert (found["status"], found["max_score"]) == ("error", 50)
    assert words in found["message"]
    assert [test["score"] for test in found["tests"]] == [0, 0]


def test_an_endless_loop_is_ended(students: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Path(shutil.copytree(students, tmp_path / "work"))
    (work / "assignments" / "lesson_9_1" / "exercises.py").write_text("while True:\n    pass\n", encoding="utf-8")
    monkeypatch.setattr(github_classroom, "SECONDS", 2)
    assert "a loop that never ends" in github_classroom.payload(lessons.load(work, "lesson_9_1"), "double")["message"]


def test_no_time_is_spent_on_a_stub_as_it_was_handed_out(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    student_repository.release(course, tmp_path)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a process was started"))
    found = github_classroom.payload(lessons.load(tmp_path, "lesson_9_1"), "batch_sizes")
    assert [(test["status"], test["score"]) for test in found["tests"]] == [("error", 0), ("error", 0)]


def test_an_unknown_exercise_is_bad_usage(
    students: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(students)
    assert github_classroom.main(["lesson_9_1", "triple"]) == 2
    assert "There are: double, batch_sizes, average." in capsys.readouterr().err


def test_the_instructors_workflow_grades_a_cloned_tree_and_keeps_its_token_away_from_students() -> None:
    found = workflow((TEMPLATES / "instructor.yml").read_text(encoding="utf-8"))
    assert set(found["on"]) == {"schedule", "workflow_dispatch"}
    assert found["permissions"] == {"contents": "read"}
    steps = found["jobs"]["grade"]["steps"]
    named = {step["name"]: step for step in steps}
    assert [name for name, step in named.items() if "secrets." in json.dumps(step)] == [
        "Clone the students' repositories"
    ]
    assert "autograder grade" in named["Grade"]["run"]
    assert "--no-sync" in named["Grade"]["run"]
    uploaded = named["Upload scores, reports and feedback"]["with"]["path"]
    for word in ("scores.csv", "reports/", "feedback/"):
        assert word in uploaded
    for step in steps:
        # What a form says must reach a script as a variable, never as a part of it.
        assert "${{" not in step.get("run", "")


@pytest.mark.parametrize("path", sorted(path.name for path in TEMPLATES.glob("gradescope_*")))
def test_every_script_is_one_for_bash(path: str) -> None:
    done = subprocess.run(["bash", "-n", TEMPLATES / path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", sorted(path.name for path in TEMPLATES.glob("*.yml")))
def test_every_script_in_a_workflow_is_one_for_bash(path: str) -> None:
    text = student_repository.template(path, STEPS="", RESULTS="          X: y", RUNNERS="x")
    for job in workflow(text)["jobs"].values():
        for step in job["steps"]:
            done = subprocess.run(
                ["bash", "-n"], input=step.get("run", ""), capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr


RUNNER = {
    "CLASSROOM": "fall",
    "ASSIGNMENT": "lesson-9-1",
    "ASSIGNMENT_TYPE": "individual",
    "OWNER": "ada",
    "USERNAME": "ada",
    "SUBMISSION_TAG": "submit/2026-10-01T23-59-00Z-abc",
    "COMMIT_URL": "https://example.org/commit",
    "RELEASE_URL": "https://example.org/release",
    "REVIEW_URL": "https://example.org/review",
}


def checked_out(folder: Path, module: str) -> Path:
    """A student's checkout as the runner leaves it."""
    checkout = folder / "fall-lesson-9-1-ada"
    (checkout / "assignments" / "lesson_9_1").mkdir(parents=True)
    (checkout / "assignments" / "lesson_9_1" / "exercises.py").write_text(module, encoding="utf-8")
    moment = {**os.environ, "GIT_COMMITTER_DATE": "2026-10-01T23:59:00Z"}
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *words], cwd=checkout, check=True, env=moment)
    return checkout


def as_the_runner_does(script: Path, checkout: Path, course: Path) -> subprocess.CompletedProcess[str]:
    grader = shlex.join([sys.executable, "-m", "autograder.cli"])
    told = {
        **RUNNER,
        "AUTOGRADER_COURSE": str(course),
        "AUTOGRADER_COMMAND": grader,
        "CLASSROOM50_BUNDLE_DIR": "/nowhere",
    }
    kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    return subprocess.run(
        [sys.executable, script],
        cwd=checkout,
        env=kept | told,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def script(course: Path, tmp_path_factory: pytest.TempPathFactory, command: Command) -> Path:
    """Classroom 50's autograder.py, as an instructor makes it."""
    path = tmp_path_factory.mktemp("bundle") / "autograder.py"
    done = command("autograder.cli", "release", path, "lesson_9_1", "--classroom50", cwd=course)
    assert done.returncode == 0, done.stderr
    return path


def test_classroom50s_runner_gets_its_result_whatever_the_score(script: Path, course: Path, tmp_path: Path) -> None:
    checkout = checked_out(tmp_path, HALF_DONE)
    done = as_the_runner_does(script, checkout, course)
    assert done.returncode == 0, done.stderr
    found = json.loads((checkout / "result.json").read_text(encoding="utf-8"))
    assert found["schema"] == "classroom50/result/v1"
    identity = ("classroom", "assignment", "assignment_type", "owner", "submission", "commit", "release", "review")
    assert [found[key] for key in identity] == [value for name, value in RUNNER.items() if name != "USERNAME"]
    assert found["datetime"] == "2026-10-01T23:59:00Z"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found["graded_at"])
    assert isinstance(found["score"], int)
    assert found["score"] == sum(test["score"] for test in found["tests"])
    assert 50 <= found["score"] < 80
    assert found["max-score"] == 100
    assert "Lesson 9.1" in (checkout / "release-body.md").read_text(encoding="utf-8")


def test_classroom50s_runner_is_told_when_the_grader_fails(script: Path, tmp_path: Path) -> None:
    checkout = checked_out(tmp_path, HALF_DONE)
    done = as_the_runner_does(script, checkout, tmp_path)
    assert done.returncode == 1
    assert not (checkout / "result.json").exists()


def test_the_public_script_names_no_answer(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert "solutions" not in text
    assert not re.findall(r"@[A-Z]+@", text)


@pytest.fixture(scope="module")
def container(course: Path) -> Iterator[Path]:
    """Gradescope's folder with the zip unpacked and locked, where another user could get at it (pytest's own he could not)."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "autograder"
        (root / "submission").mkdir(parents=True)
        os.chmod(folder, 0o755)
        bundle = platform_bundles.gradescope(
            lessons.load(course, "lesson_9_1"), Path(folder) / "bundle.zip", "10% a day"
        )
        with zipfile.ZipFile(bundle) as archive:
            archive.extractall(root / "source")
        metadata = {
            "created_at": "2026-10-02T12:00:00.123456+02:00",
            "assignment": {"due_date": "2026-10-01T23:59:00.000000+02:00", "total_points": "100.0"},
            "users": [{"email": "ada@example.org", "id": 1, "name": "Ada"}],
        }
        (root / "submission_metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
        subprocess.run(["bash", root / "source" / "lock.sh", root / "source"], check=True)
        yield root


def test_gradescopes_zip_is_the_same_byte_for_byte_and_has_its_two_scripts(course: Path, tmp_path: Path) -> None:
    lesson = lessons.load(course, "lesson_9_1")
    one, two = (platform_bundles.gradescope(lesson, tmp_path / name).read_bytes() for name in ("1.zip", "2.zip"))
    assert one == two
    with zipfile.ZipFile(tmp_path / "1.zip") as archive:
        assert archive.testzip() is None
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
        scripts = "".join(archive.read(name).decode() for name in ("setup.sh", "run_autograder", "lock.sh"))
    assert modes["setup.sh"] == modes["run_autograder"] == 0o755
    assert "course/solutions/lesson_9_1/exercises.py" in modes
    assert "course/tests/lesson_9_1/test_double.py" in modes
    assert "-m autograder.integrations.gradescope_runner lesson_9_1" in scripts
    assert "--torch-backend=cpu" in scripts
    assert not re.findall(r"@[A-Z]+@", scripts)


def test_a_rule_in_the_zip_is_quoted_for_the_shell(container: Path) -> None:
    text = (container / "source" / "run_autograder").read_text(encoding="utf-8")
    assert "lesson_9_1 --late-penalty '10% a day'\n" in text


Grade = Callable[[str], dict[str, Any]]


@pytest.fixture
def grade(container: Path, monkeypatch: pytest.MonkeyPatch) -> Grade:
    """Grade a module as run_autograder does, at the level of a container without namespaces; return Gradescope's results."""

    def run(module: str) -> dict[str, Any]:
        (container / "submission" / "exercises.py").write_text(module, encoding="utf-8")
        course = container / "source" / "course"
        monkeypatch.chdir(course)
        monkeypatch.setattr(lesson_grader, "Sandbox", partial(Sandbox, level="restricted"))
        assert gradescope_runner.main(["lesson_9_1", "--late-penalty", "10% a day", "--root", str(container)]) == 0
        found: dict[str, Any] = json.loads((container / "results" / "results.json").read_text(encoding="utf-8"))
        return found

    return run


@pytest.mark.skipif(sys.platform != "linux", reason="the levels are Linux's")
def test_gradescopes_results_and_no_way_to_the_answers(container: Path, grade: Grade) -> None:
    """`double` is right; `batch_sizes` is right only where a file could be read that holds answers; `average` where the data can."""
    course = container / "source" / "course"
    answers = [path for folder in ("solutions", "tests") for path in sorted((course / folder).rglob("*.py"))]
    answers += [container / "submission_metadata.json", container / "source" / "run_autograder"]
    assert len(answers) > 5
    module = f"""\
import os

ANSWERS = {[str(path) for path in answers]!r}
DATA = {str(course / "datasets" / "note.txt")!r}


def readable(path):
    try:
        with open(path) as file:
            return bool(file.read())
    except OSError:
        return False


def double(x):
    return 2 * x


def batch_sizes(n, size):
    if not any(map(readable, ANSWERS)):
        raise ValueError("nothing could be read")
    if n < 1 or size < 1:
        raise ValueError("too small")
    return [size] * (n // size) + [n % size] * (n % size > 0)


def average(x):
    assert readable(DATA) and os.getuid() != 0
    return x.sum() / x.numel()
"""
    found = grade(module)
    points = {test["name"]: test["score"] for test in found["tests"]}
    assert points["double"] == 50
    assert points["average"] == 20
    assert points["batch_sizes"] < 30
    assert "It raised a ValueError" in found["tests"][1]["output"]
    assert found["extra_data"]["late_penalty"] > 0
    assert found["score"] == round(found["extra_data"]["raw_score"] * 0.9, 2)


def test_another_user_cannot_read_the_answers_even_without_the_sandbox(container: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user, as Gradescope's run_autograder can")
    course = container / "source" / "course"

    def read(path: Path) -> int:
        return subprocess.run(
            ["cat", path], user=65534, group=65534, extra_groups=[], capture_output=True, check=False
        ).returncode

    assert read(course / "datasets" / "note.txt") == 0
    for path in (course / "solutions", course / "tests"):
        for file in path.rglob("*.py"):
            assert read(file) != 0, file
    assert subprocess.run(["ls", course], user=65534, capture_output=True, check=False).returncode != 0


def test_where_gradescopes_grader_fails_there_is_no_zero(
    container: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (container / "results").mkdir(exist_ok=True)
    (container / "results" / "results.json").write_text('{"score": 100}', encoding="utf-8")
    monkeypatch.chdir(container / "source" / "course")
    assert gradescope_runner.main(["lesson_9_2", "--root", str(container)]) == 2
    assert "Did you mean lesson_9_1" in capsys.readouterr().err
    assert not (container / "results" / "results.json").exists()


def test_instructors_are_pointed_at_their_workflow() -> None:
    place = "autograder/release/templates/instructor.yml"
    assert (ROOT / place).is_file()
    assert place in (ROOT / "autograder" / "docs" / "handing_out.md").read_text(encoding="utf-8")


def test_the_projects_own_workflow_runs_what_a_contributor_runs() -> None:
    settings = yaml.safe_load((ROOT / ".github" / "workflows" / "checks.yml").read_text(encoding="utf-8"))
    runs = [step["run"] for job in settings["jobs"].values() for step in job["steps"] if "run" in step]
    assert ".ci/run" in runs
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    # YAML reads the key `on` as a truth.
    assert {"push", "pull_request"} <= set(settings[True])
