"""What students get: complete, without any answer, and never over their own work."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from autograder.course import lesson as lessons
from autograder.release import leaks, student_repository
from autograder.release.student_repository import MARKER, ReleaseError
from tests.autograder.helpers import COURSE, LESSONS, ROOT, VISIBLE, Command

COMPLETE = [name for name in LESSONS if (ROOT / "assignments" / name / "test_exercises.py").is_file()]
WORK = "def double(x):\n    return x + x\n"


@pytest.fixture
def small(course: Path) -> Path:
    """The small course with visible tests."""
    (course / "assignments" / "lesson_9_1" / "test_exercises.py").write_text(VISIBLE, encoding="utf-8")
    return course


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Path:
    """The real course released as an instructor types it."""
    out = tmp_path_factory.mktemp("released") / "students"
    done = command("autograder.cli", "release", out, "--lessons", *COMPLETE)
    assert done.returncode == 0, done.stderr
    return out


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_students_get_what_they_need_and_nothing_else(released: Path) -> None:
    files = contents(released)
    tops = {path.partition("/")[0] for path in files}
    assert tops == {
        "assignments",
        "datasets",
        "autograder",
        ".github",
        ".devcontainer",
        "README.md",
        "pyproject.toml",
        ".gitignore",
        ".gitattributes",
        "LICENSE",
        MARKER,
    }
    for name in COMPLETE:
        inside = {path.split("/", 2)[2] for path in files if path.startswith(f"assignments/{name}/")}
        assert {"README.md", "lesson.toml", "exercises.py", "test_exercises.py"} <= inside
        assert all(
            re.fullmatch(
                r"README\.md|(lesson|hints)\.toml|(test_)?exercises\.py|\.stub\.py|known_mistakes\.txt|\w+\.(png|gif|ipynb)",
                entry,
            )
            for entry in inside
        )
    endings = {Path(path).suffix for path in files}
    assert endings <= {".py", ".md", ".toml", ".png", ".gif", ".ipynb", ".yml", ".sh", ".json", ".txt", ""}


GLOSSARY = """\
# Assignments

For authors.

## Glossary

| word | in one sentence | lesson |
|---|---|---|
| **double** | Twice as much. | [9.1](lesson_9_1/README.md) |
| **triple** | Three times as much. | [9.2](lesson_9_2/README.md) |
"""


def test_students_get_the_glossary_of_their_lessons_and_nothing_for_authors(small: Path) -> None:
    lesson = lessons.load(small, "lesson_9_1")
    assert "assignments/README.md" not in student_repository.lesson_files(small, [lesson])
    (small / "assignments" / "README.md").write_text(GLOSSARY, encoding="utf-8")
    told = student_repository.lesson_files(small, [lesson])["assignments/README.md"].decode()
    assert told.startswith("# Glossary\n")
    assert "**double**" in told
    assert "triple" not in told
    assert "authors" not in told


def test_no_line_of_a_solution_is_in_any_released_file(released: Path) -> None:
    """A second search beside `leaks`, which the release itself goes through: simpler, and written apart."""
    secret = set()
    for name in COMPLETE:
        text = (ROOT / "solutions" / name / "exercises.py").read_text(encoding="utf-8")
        for region in re.findall(r"# BEGIN SOLUTION[^\n]*\n(.*?)# END SOLUTION", text, flags=re.DOTALL):
            secret |= {" ".join(line.split()) for line in region.split("\n")}
    # An optimizer, a cross-entropy, a plain squared error: they stand on page after page.
    loop = ("optimizer = torch.optim.", "loss = nn.functional.cross_entropy(", "loss = ((y - model(X)) ** 2).mean()")
    secret = {line for line in secret if len(line) >= 40 and not line.startswith(("#", *loop))}
    assert len(secret) > 100
    for path, data in contents(released).items():
        text = " ".join(data.decode("utf-8", "replace").replace("\\n", "\n").replace('\\"', '"').split())
        assert not [line for line in secret if line in text], path
        assert not path.startswith(("solutions", "tests"))


def test_lines_of_every_training_loop_give_nothing_away_and_others_do() -> None:
    every = "optimizer = torch.optim.Adam(model.parameters(), lr=0.01)\nfor x, y in loader:\n    loss.backward()\n"
    assert leaks.find({"assignments/lesson_3_4/README.md": every.encode()}, ROOT) == []
    own = 'velocity = group["momentum"] * self.state[p].get("velocity", 0.0) + gradient'
    assert len(leaks.find({"assignments/lesson_3_4/README.md": own.encode()}, ROOT)) == 1


def a_telling_line() -> str:
    text = (COURSE / "solutions" / "lesson_9_1" / "exercises.py").read_text(encoding="utf-8")
    return next(line for line in text.split("\n") if "return [size] *" in line)


def a_notebook(**cell: Any) -> bytes:
    empty = {"cell_type": "code", "metadata": {}, "outputs": [], "source": []}
    return json.dumps({"cells": [{**empty, **cell}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def planted() -> dict[str, tuple[str, bytes]]:
    line = a_telling_line()
    hidden = (COURSE / "tests" / "lesson_9_1" / "test_double.py").read_text(encoding="utf-8")
    outputs = [{"output_type": "stream", "name": "stdout", "text": [f"{line}\n"]}]
    return {
        "in a stub": ("assignments/lesson_9_1/exercises.py", f"def batch_sizes(n, size):\n{line}\n".encode()),
        "in a comment, set otherwise": ("README.md", f"see: # {line.strip().replace(' ', '  ')}\n".encode()),
        "in a notebook's cell": ("assignments/lesson_9_1/lesson_9_1.ipynb", a_notebook(source=[f"{line}\n"])),
        "in a notebook's output": ("assignments/lesson_9_1/lesson_9_1.ipynb", a_notebook(outputs=outputs)),
        "in a notebook's metadata": ("assignments/lesson_9_1/lesson_9_1.ipynb", a_notebook(metadata={"was": line})),
        "a short region": ("assignments/lesson_9_1/exercises.py", b"    return x.sum() / x.numel()\n"),
        "a hidden test": ("assignments/lesson_9_1/test_more.py", hidden.encode()),
        "the name of a hidden test": ("README.md", b"look into tests/lesson_9_1/test_double.py\n"),
        "compiled code": ("assignments/lesson_9_1/__pycache__/exercises.cpython-312.pyc", b"\xcb\r\r\n"),
        "a file of solutions": ("solutions/lesson_9_1/exercises.py", b""),
    }


@pytest.mark.parametrize("name", planted())
def test_a_planted_leak_is_found(name: str) -> None:
    path, data = planted()[name]
    found = leaks.find({"assignments/lesson_9_1/lesson.toml": b"", path: data}, COURSE)
    assert found
    assert all(sentence.startswith(f"{path}: ") for sentence in found)


def test_a_release_with_a_leak_writes_nothing(small: Path, tmp_path: Path) -> None:
    page = small / "assignments" / "lesson_9_1" / "README.md"
    page.write_text(page.read_text(encoding="utf-8") + a_telling_line(), encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"README\.md: has a line of the solution of lesson_9_1"):
        student_repository.release(small, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def elsewhere(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release alone in an empty folder, as a student has cloned it."""
    return Path(shutil.copytree(released, tmp_path_factory.mktemp("student") / "work"))


def typed(words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Type a command of the students' README there.

    There is no network where tests run, and a sync would download PyTorch: so the present environment stands in for the one
    that `uv run` would make, by uv's own option where uv is here, and by calling its pytest where it is not.
    """
    arguments = words.removeprefix("uv run ").split()
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "OMP_NUM_THREADS": "1"}
    if shutil.which("uv"):
        environment |= {"UV_PROJECT_ENVIRONMENT": sys.prefix, "UV_OFFLINE": "1", "HOME": os.environ.get("HOME", "/")}
        command = ["uv", "run", "--no-sync", "--python", sys.executable, *arguments]
    else:
        command = [sys.executable, "-m", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_the_students_own_command_runs_the_visible_tests(elsewhere: Path) -> None:
    readme = (elsewhere / "README.md").read_text(encoding="utf-8")
    words = re.findall(r"^uv run pytest .*$", readme, flags=re.MULTILINE)
    assert words == [f"uv run pytest assignments/{COMPLETE[0]}"]
    solved = (ROOT / "solutions" / "lesson_2_5" / "exercises.py").read_text(encoding="utf-8")
    (elsewhere / "assignments" / "lesson_2_5" / "exercises.py").write_text(solved, encoding="utf-8")
    done = typed("uv run pytest assignments/lesson_2_5", elsewhere)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


def test_the_students_settings_are_the_courses(released: Path) -> None:
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    theirs = tomllib.loads((released / "pyproject.toml").read_text(encoding="utf-8"))
    assert theirs["project"]["dependencies"] == ours["project"]["dependencies"]
    assert theirs["project"]["requires-python"] == ours["project"]["requires-python"]
    assert theirs["tool"]["pytest"]["ini_options"]["addopts"] == ours["tool"]["pytest"]["ini_options"]["addopts"]
    assert theirs["tool"]["pytest"]["ini_options"]["pythonpath"] == ["."]
    pinned = {line.partition("==")[0] for line in theirs["tool"]["uv"]["constraint-dependencies"]}
    assert {"torch", "torchvision", "pytest"} <= pinned
    assert "nbgrader" not in (released / "pyproject.toml").read_text(encoding="utf-8")


def test_what_students_run_needs_no_package_that_they_do_not_get() -> None:
    program = (
        "import sys, importlib\n"
        "for name in ('nbgrader', 'jupytext', 'distributed', 'pytest_jsonreport', 'yaml'):\n    sys.modules[name] = None\n"
        "for name in ('cli', 'integrations.github_classroom', 'gradebook.formats', 'release.student_repository', 'authoring.visible_tests'):\n"
        "    importlib.import_module('autograder.' + name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stderr


def test_every_lesson_is_in_the_students_list(released: Path) -> None:
    readme = (released / "README.md").read_text(encoding="utf-8")
    for name in COMPLETE:
        lesson = lessons.load(ROOT, name)
        assert f"| {lesson.number} | [{lesson.title}](assignments/{name}/README.md) |" in readme
    assert "solutions" not in readme
    assert not re.findall(r"@[A-Z]+@", readme + (released / "pyproject.toml").read_text(encoding="utf-8"))


def test_a_release_is_the_same_byte_for_byte(small: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        student_repository.release(small, tmp_path / name)
        for clutter in ("__pycache__/exercises.cpython-312.pyc", ".DS_Store", "notes.txt"):
            place = small / "assignments" / "lesson_9_1" / clutter
            place.parent.mkdir(exist_ok=True)
            place.write_text("not for students", encoding="utf-8")
            os.utime(place, (1, 1))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert str(tmp_path) not in "".join(data.decode("utf-8", "replace") for data in contents(tmp_path / "one").values())


def changed_course(small: Path) -> None:
    """A new edition: another page, stub and test, and a data file that is gone."""
    lesson = small / "assignments" / "lesson_9_1"
    for name, words in (
        ("README.md", "A new paragraph.\n"),
        ("test_exercises.py", "# more\n"),
        ("exercises.py", "# new\n"),
    ):
        (lesson / name).write_text((lesson / name).read_text(encoding="utf-8") + words, encoding="utf-8")
    (small / "datasets" / "note.txt").unlink()


@pytest.fixture
def second(small: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A release, and the course in a new edition."""
    out = tmp_path / "students"
    student_repository.release(small, out)
    changed_course(small)
    return small, out


def test_a_second_release_keeps_a_students_work_and_updates_the_rest(
    second: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from autograder import cli

    small, out = second
    theirs = out / "assignments" / "lesson_9_1"
    (theirs / "exercises.py").write_text(WORK, encoding="utf-8")
    (theirs / "my_notes.md").write_text("mine", encoding="utf-8")
    (theirs / "test_exercises.py").write_text("# made easy\n", encoding="utf-8")
    monkeypatch.chdir(small)
    assert cli.main(["release", str(out)]) == 0
    said = capsys.readouterr().out
    assert (theirs / "exercises.py").read_text(encoding="utf-8") == WORK
    assert (theirs / "my_notes.md").read_text(encoding="utf-8") == "mine"
    assert (theirs / "README.md").read_text(encoding="utf-8").endswith("A new paragraph.\n")
    assert (theirs / "test_exercises.py").read_text(encoding="utf-8").endswith("# more\n")
    assert not (out / "datasets" / "note.txt").exists()
    assert "assignments/lesson_9_1/exercises.py: kept as the student has it" in said
    assert "assignments/lesson_9_1/test_exercises.py: replaced, though the student had changed it" in said
    assert "2 updated, 1 kept, 1 replaced, 1 removed" in said
    again = student_repository.release(small, out)
    assert (again.kept, again.written, again.updated, again.replaced) == (
        ("assignments/lesson_9_1/exercises.py",),
        (),
        (),
        (),
    )


def test_an_untouched_stub_is_updated(second: tuple[Path, Path]) -> None:
    small, out = second
    did = student_repository.release(small, out)
    assert "assignments/lesson_9_1/exercises.py" in did.updated
    assert did.kept == ()
    assert student_repository.release(small, out) == student_repository.Released((), (), (), (), ())


def test_a_students_notebook_and_settings_are_kept(second: tuple[Path, Path]) -> None:
    small, out = second
    (small / "assignments" / "lesson_9_1" / "lesson_9_1.ipynb").write_bytes(a_notebook())
    mine = {"assignments/lesson_9_1/lesson_9_1.ipynb": b"{}", "pyproject.toml": b"# mine\n", "README.md": b"mine\n"}
    for path, data in mine.items():
        (out / path).write_bytes(data)
    did = student_repository.release(small, out)
    assert set(did.kept) == mine.keys()
    assert {path: (out / path).read_bytes() for path in mine} == mine


def test_lessons_released_before_stay(tmp_path: Path) -> None:
    out = tmp_path / "out"
    student_repository.release(ROOT, out, ["lesson_1_1"])
    did = student_repository.release(ROOT, out, ["lesson_2_2"])
    assert (out / "assignments" / "lesson_1_1" / "exercises.py").is_file()
    assert (out / "assignments" / "lesson_2_2" / "exercises.py").is_file()
    assert did.removed == ()
    assert "lesson_1_1_predict" in (out / ".github" / "workflows" / "classroom.yml").read_text(encoding="utf-8")


def test_a_clone_of_an_empty_repository_is_new(small: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / ".git").mkdir(parents=True)
    assert student_repository.release(small, tmp_path / "out").written


BAD_FOLDERS = {
    "another folder": ({"thesis.tex": "years of work"}, "is not a release"),
    "a broken record": ({MARKER: "{}"}, "not a release's record"),
    "a record of lists": ({MARKER: "[" * 20_000}, "not a release's record"),
    "a record of numbers": (
        {MARKER: json.dumps({"schema": student_repository.SCHEMA, "lessons": [], "files": {"x": 1}})},
        "not a rel",
    ),
    "a record of a lesson that is nowhere": (
        {MARKER: json.dumps({"schema": student_repository.SCHEMA, "lessons": ["../lesson_1_1"], "files": {}})},
        "names the lesson '../lesson_1_1', which this course does not have",
    ),
    "a record that leads into Git's own folder": (
        {MARKER: json.dumps({"schema": student_repository.SCHEMA, "lessons": [], "files": {".git/config": "x"}})},
        "not inside the release",
    ),
    "a record with an endless name": (
        {MARKER: json.dumps({"schema": student_repository.SCHEMA, "lessons": [], "files": {"x" * 5000: "x"}})},
        "not inside the release",
    ),
    "an endless record": ({MARKER: " " * (student_repository.MAX_MARKER_BYTES + 1)}, "it is larger than 4 MiB"),
    "a record that leads out": (
        {MARKER: json.dumps({"schema": student_repository.SCHEMA, "lessons": [], "files": {"../gone": "x"}})},
        "not inside the release",
    ),
}


@pytest.mark.parametrize("name", BAD_FOLDERS)
def test_a_folder_that_is_no_release_is_refused(small: Path, tmp_path: Path, name: str) -> None:
    files, words = BAD_FOLDERS[name]
    out = tmp_path / "out"
    out.mkdir()
    for path, text in files.items():
        (out / path).write_text(text, encoding="utf-8")
    with pytest.raises(ReleaseError, match=words):
        student_repository.release(small, out)
    assert contents(out) == {path: text.encode() for path, text in files.items()}


@pytest.mark.parametrize("kind", ["pipe", "link to a device", "link to a file", "folder"])
def test_a_marker_that_is_no_plain_file_is_refused_at_once(small: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out"
    student_repository.release(small, out)
    before = contents(out)
    marker = out / MARKER
    marker.rename(tmp_path / "kept")
    if kind == "pipe":
        os.mkfifo(marker)
    elif kind == "folder":
        marker.mkdir()
    else:
        marker.symlink_to("/dev/zero" if "device" in kind else tmp_path / "kept")
    with pytest.raises(
        ReleaseError, match=r"could not be read: it is (a link, )?not a plain file; nothing was written"
    ):
        student_repository.release(small, out)
    del before[MARKER]
    assert {path: data for path, data in contents(out).items() if path != MARKER} == before


def test_a_students_file_that_is_too_large_to_be_ours_is_not_read(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    student_repository.release(small, out)
    for name in ("exercises.py", "test_exercises.py"):
        with open(out / "assignments" / "lesson_9_1" / name, "wb") as file:
            file.truncate(1 << 40)
    did = student_repository.release(small, out)
    assert did.kept == ("assignments/lesson_9_1/exercises.py",)
    assert did.replaced == ("assignments/lesson_9_1/test_exercises.py",)


def git(*words: str, cwd: Path) -> str:
    clean = {"PATH": os.environ["PATH"], "HOME": str(cwd), "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *words]
    return subprocess.run(command, cwd=cwd, env=clean, check=True, capture_output=True, text=True).stdout


def windows_clone(repository: Path, clone: Path) -> Path:
    """Commit a release and clone it as Git for Windows does where nobody changed its settings."""
    git("init", "-q", cwd=repository)
    git("add", "--all", cwd=repository)
    git("commit", "-qm", "x", cwd=repository)
    git("clone", "-q", "-c", "core.autocrlf=true", str(repository), str(clone), cwd=repository.parent)
    return clone


def test_what_a_windows_clone_has_not_touched_is_updated(small: Path, tmp_path: Path) -> None:
    student_repository.release(small, tmp_path / "students")
    # As releases were before they said which line ends their text has.
    (tmp_path / "students" / ".gitattributes").unlink()
    clone = windows_clone(tmp_path / "students", tmp_path / "clone")
    stub = clone / "assignments" / "lesson_9_1" / "exercises.py"
    assert b"\r\n" in stub.read_bytes()
    assert student_repository.release(small, clone) == student_repository.Released((".gitattributes",), (), (), (), ())
    changed_course(small)
    did = student_repository.release(small, clone)
    lesson = "assignments/lesson_9_1"
    assert set(did.updated) == {
        f"{lesson}/{name}" for name in ("README.md", "test_exercises.py", "exercises.py", ".stub.py")
    }
    assert (did.kept, did.replaced, did.removed) == ((), (), ("datasets/note.txt",))
    stub.write_bytes(WORK.encode().replace(b"\n", b"\r\n"))
    assert student_repository.release(small, clone).kept == (f"{lesson}/exercises.py",)


def test_a_release_says_which_line_ends_its_text_has(small: Path, tmp_path: Path) -> None:
    students = tmp_path / "students"
    student_repository.release(small, students)
    (students / "mine.ipynb").write_bytes(a_notebook())
    (students / "mine.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    sent = contents(students)
    clone = windows_clone(students, tmp_path / "clone")
    assert {path: data for path, data in contents(clone).items() if not path.startswith(".git/")} == sent
    # An editor that writes the line ends of Windows changes nothing.
    page = clone / "assignments" / "lesson_9_1" / "README.md"
    page.write_bytes(page.read_bytes().replace(b"\n", b"\r\n"))
    assert git("diff", cwd=clone) == ""
    (clone / "mine.ipynb").write_bytes(a_notebook(source=["x = 1\n"]))
    assert "+" in git("diff", "mine.ipynb", cwd=clone)


def test_without_a_lesson_only_those_that_are_there_are_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from autograder import cli

    out = tmp_path / "out"
    monkeypatch.chdir(ROOT)
    assert cli.main(["release", str(out), "lesson_1_1", "lesson_1_3"]) == 0
    assert "brought up to date" not in capsys.readouterr().out
    page = out / "assignments" / "lesson_1_1" / "README.md"
    page.write_text("old\n", encoding="utf-8")
    assert cli.main(["release", str(out)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert page.read_bytes() == (ROOT / "assignments" / "lesson_1_1" / "README.md").read_bytes()
    assert sorted(path.name for path in (out / "assignments").glob("lesson_*")) == ["lesson_1_1", "lesson_1_3"]
    assert f"`autograder release {out} LESSON` adds one of: lesson_1_2, lesson_1_4," in said
    assert cli.main(["release", str(out), "lesson_1_2"]) == 0
    assert len(list((out / "assignments").glob("lesson_*"))) == 3


def wheel(folder: Path, requirement: str, version: str) -> None:
    """Write an empty package, which takes the place of a large one."""
    name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
    plain, info = name.replace("-", "_"), f"{name.replace('-', '_')}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{plain}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


@pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not here")
def test_no_command_that_students_are_given_takes_a_package_away(released: Path, tmp_path: Path) -> None:
    """uv itself, on empty packages of the right names and numbers: what it installs and removes is what counts."""
    course, wheels = Path(shutil.copytree(released, tmp_path / "course")), tmp_path / "wheels"
    wheels.mkdir()
    text = (course / "pyproject.toml").read_text(encoding="utf-8")
    # The grader itself is left out: what would build it is not here.
    (course / "pyproject.toml").write_text(
        text.replace("[tool.uv]\n", "[tool.uv]\npackage = false\n"), encoding="utf-8"
    )
    settings = tomllib.loads(text)
    numbers = dict(line.split("==") for line in settings["tool"]["uv"]["constraint-dependencies"])
    for requirement in [*settings["project"]["dependencies"], *settings["dependency-groups"]["notebooks"]]:
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        wheel(wheels, requirement, numbers.get(name, "2099.1"))
    environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ} | {
        "UV_OFFLINE": "1",
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": str(wheels),
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "UV_PYTHON": sys.executable,
    }
    pages = "".join(path.read_text(encoding="utf-8") for path in sorted(course.rglob("README.md")))
    given = dict.fromkeys(re.findall(r"^uv (?:sync|run)\b.*$", pages, flags=re.MULTILINE))
    assert {"uv run jupyter lab", "uv run pytest assignments/lesson_1_1"} <= given.keys()
    had: set[str] = set()
    for command in [*given, "uv sync"]:
        # What is run does not matter here, only with which options.
        words = re.sub(r"^(uv run(?: --\S+)*).*", r"\1 true", command).split()
        subprocess.run(words, cwd=course, env=environment, check=True, capture_output=True, timeout=100)
        has = {path.name for path in (course / ".venv").rglob("*.dist-info")}
        assert had <= has, command
        assert {f"jupyterlab-{numbers['jupyterlab']}.dist-info", f"torch-{numbers['torch']}.dist-info"} <= has, command
        had = has


def test_a_link_in_a_students_repository_is_not_followed(small: Path, tmp_path: Path) -> None:
    out, victim = tmp_path / "out", tmp_path / "victim"
    student_repository.release(small, out)
    victim.mkdir()
    (victim / "README.md").write_text("precious", encoding="utf-8")
    page = out / "assignments" / "lesson_9_1" / "README.md"
    page.unlink()
    page.symlink_to(victim / "README.md")
    student_repository.release(small, out)
    assert not page.is_symlink()
    shutil.rmtree(out / "datasets")
    (out / "datasets").symlink_to(victim)
    with pytest.raises(ReleaseError, match="should be a folder and is not"):
        student_repository.release(small, out)
    assert contents(victim) == {"README.md": b"precious"}


def test_a_lesson_that_is_not_complete_is_not_released(course: Path, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"test_exercises\.py cannot be released"):
        student_repository.release(course, tmp_path / "out")
    assert not (tmp_path / "out").exists()


IMPORT_ALL = """
import importlib, pkgutil, sys
import autograder
assert autograder.__file__.startswith(sys.argv[1]), autograder.__file__
names = [one.name for one in pkgutil.walk_packages(autograder.__path__, "autograder.") if not one.name.endswith("__main__")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def test_every_module_of_the_released_package_imports(released: Path) -> None:
    env = os.environ | {"PYTHONPATH": str(released)}
    command = [sys.executable, "-c", IMPORT_ALL, str(released)]
    done = subprocess.run(command, cwd=released, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100
