"""Make the repository that students get, or bring one that was handed out up to date. Reads solutions only to look for leaks.

What goes out is an allow-list: a file that nothing here names stays here. The marker file records a hash of each file that went
out, so that the next release knows what a student has changed. A hash does not see line ends, which Git on Windows changes by
itself.

The folder may be a student's own clone, so nothing in it is trusted: the marker is read as a plain file of bounded size, no link
is followed, and a file that is too large to be ours is the student's.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import autograder
from autograder.authoring import answers
from autograder.authoring.visible_tests import tests_by_exercise
from autograder.course import lesson as lessons
from autograder.course.lesson import Lesson
from autograder.release import leaks
from autograder.student.resetting import HANDED_OUT
from autograder.util.errors import UserError
from autograder.util.files import read_plain, write_whole

MARKER = ".release.json"
SCHEMA = "autograder/release/v1"
PACKAGE = Path(autograder.__file__).parent
TEMPLATES = PACKAGE / "release" / "templates"
# The whole package, wherever its modules lie: one that is left out would be missed by a student's machine alone.
OF_THE_PACKAGE = ("**/*.py", "release/templates/*", "README.md", "docs/*.md")
# What a lesson may have besides, for the student's commands.
OF_THE_SEAT = ("hints.toml", "known_mistakes.txt")
# What only an instructor needs.
NOT_OF_THE_PACKAGE = ("autograder/overview/",)
OF_THE_DATA = ("README.md", "*.py", "*.txt", "*.csv", "**/*-ubyte")
FIGURE = re.compile(r"!\[[^\]]*\]\(([\w.-]+\.(?:png|gif))\)")
GLOSSARY = "\n## Glossary\n"
GLOSSARY_ROW = re.compile(r"^\| \*\*.*\]\((lesson_\d+_\d+)/README\.md\) \|\n", re.MULTILINE)
MAX_MARKER_BYTES = 4 << 20
# Nothing that goes out is as large. What is larger was changed, and is not read.
MAX_FILE_BYTES = 64 << 20
# How far Git looks for a null byte, by which it tells what is no text.
GIT_LOOKS = 8000
# What a path of a release looks like; a student may have written others into the marker.
PATH = re.compile(r"(?!.*(?:^|/)(?:\.{1,2}|\.git)(?:/|$))[\w.()-][\w.() -]*(?:/[\w.()-][\w.() -]*)*", re.IGNORECASE)
MAX_PATH_LENGTH = 240
# What a file counts as that is there and was not read.
CHANGED = "changed"
# Where a student works: never overwritten once changed. All else is ours, and kept up to date.
STUDENTS = re.compile(
    r"assignments/lesson_\d+_\d+/(exercises\.py|\w+\.ipynb)|README\.md|pyproject\.toml|\.git(ignore|attributes)"
)
# What may lie in a folder that is new all the same: a clone of an empty repository.
NOTHING = {".git"}


class ReleaseError(UserError):
    """A release that cannot be made; the sentence says why and what to do."""


@dataclass(frozen=True)
class Released:
    """What a release did, path by path.

    Attributes:
        written: new files.
        updated: files that the student had not touched.
        replaced: files of ours that the student had changed.
        kept: the student's own work.
        removed: files of an earlier release that are no longer part of it.
        addable: lessons of the course that the folder does not have, where none was named.
        repeated: a sentence for each line of the answers that the solution of a lesson repeats whose answers are not out.
    """

    written: tuple[str, ...]
    updated: tuple[str, ...]
    replaced: tuple[str, ...]
    kept: tuple[str, ...]
    removed: tuple[str, ...]
    addable: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


def release(root: Path, out: Path, names: Sequence[str] = (), answered: Sequence[str] = ()) -> Released:
    """Make or update the students' repository.

    Args:
        root: the course.
        out: the repository: a folder that is new, empty, or a release.
        names: the lessons to add; where none is named, none is added to a release, and a new folder gets all. Those that `out`
            has already stay, and are brought up to date.
        answered: the lessons whose answers go out now; those that are out stay out.

    Raises:
        ReleaseError: the folder is something else, a link leads out of it, or the files give an answer away.
    """
    recorded = _recorded(out)
    before, known = recorded.lessons, lessons.names(root)
    gone = [name for name in before if name not in known]
    if gone:
        raise ReleaseError(
            f"{out / MARKER} names the lesson {gone[0][:80]!r}, which this course does not have; nothing was written. Release "
            "from the course that made it, or into a new folder."
        )
    wanted = {*names, *answered, *before} if names or answered or recorded.made else set(known)
    in_order = [name for name in known if name in wanted] + sorted(wanted - set(known))
    chosen = [lessons.load(root, name) for name in in_order]
    files = student_files(root, chosen)
    found = leaks.find(files, root)
    if found:
        raise ReleaseError("Nothing was released, for it would give answers away:\n" + "\n".join(found[:20]))
    pages = {_answers_path(one.name): answers.text(one).encode() for one in chosen if one.name in answered}
    before_now = _answers_there(out, recorded.files, [name for name in in_order if name not in answered])
    files |= before_now
    open_now = {name for name in in_order if _answers_path(name) in pages.keys() | before_now.keys()}
    did = _bring_out(dict(sorted((files | pages).items())), out, recorded.files, in_order)
    did = replace(did, repeated=tuple(leaks.repeated(pages, root, open_now)))
    return did if names or answered else replace(did, addable=tuple(name for name in known if name not in wanted))


def _answers_there(out: Path, recorded: Mapping[str, str], names: Sequence[str]) -> dict[str, bytes]:
    """Return the answers that are out already, as they are: the record may be a student's word, so it earns no new ones."""
    found = {}
    for path in (_answers_path(name) for name in names):
        if path in recorded:
            with contextlib.suppress(OSError, ValueError):
                found[path] = read_plain(out / path, MAX_FILE_BYTES)
    return found


def _answers_path(name: str) -> str:
    """Return where a lesson's answers lie in a release: there they close the lesson."""
    return f"assignments/{name}/{answers.FILE}"


def student_files(root: Path, chosen: Sequence[Lesson]) -> dict[str, bytes]:
    """Return everything that students of these lessons get: paths to contents, in order.

    Raises:
        LessonError: a lesson is not complete.
        ReleaseError: a file is not there.
    """
    files = lesson_files(root, chosen)
    files["pyproject.toml"] = _pyproject(course_settings()).encode()
    files["README.md"] = _readme(chosen).encode()
    files[".gitignore"] = template("student_gitignore").encode()
    files[".gitattributes"] = template("student_gitattributes").encode()
    files[".devcontainer/devcontainer.json"] = template("student_devcontainer.json").encode()
    files[".github/workflows/classroom.yml"] = workflow(chosen).encode()
    return dict(sorted(files.items()))


def lesson_files(root: Path, chosen: Sequence[Lesson]) -> dict[str, bytes]:
    """Return the lessons' own files, the data and the grader, without any answer: paths to contents.

    Raises:
        ReleaseError: a file is not there.
    """
    files = dict(_of_lessons(chosen))
    files |= dict(_of_folder(root / "datasets", OF_THE_DATA, "datasets"))
    package = dict(_of_folder(PACKAGE, OF_THE_PACKAGE, "autograder"))
    files |= {name: data for name, data in package.items() if not name.startswith(NOT_OF_THE_PACKAGE)}
    for place in (root / "assignments" / "conftest.py", root / "assignments" / "expect.py", root / "LICENSE"):
        if place.is_file():
            files[place.relative_to(root).as_posix()] = place.read_bytes()
    glossary = _glossary(root / "assignments" / "README.md", chosen)
    if glossary:
        files["assignments/README.md"] = glossary.encode()
    return files


def _glossary(path: Path, chosen: Sequence[Lesson]) -> str:
    """Return the part of a course's page on its assignments that students read: the words of these lessons; "" if none."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    _, heading, words = text.partition(GLOSSARY)
    names = {lesson.name for lesson in chosen}
    kept = GLOSSARY_ROW.sub(lambda row: row[0] if row[1] in names else "", words)
    return f"# Glossary\n{kept}" if heading and GLOSSARY_ROW.search(kept) else ""


def template(name: str, **values: str) -> str:
    """Return a template with each `@NAME@` replaced."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text


def course_settings() -> dict[str, Any]:
    """Return the settings of the repository that this package lies in.

    Raises:
        ReleaseError: it does not lie in one.
    """
    path = PACKAGE.parent / "pyproject.toml"
    if not path.is_file():
        raise ReleaseError(f"There is no {path}: release from a clone of the course, not from an installed package.")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _of_lessons(chosen: Sequence[Lesson]) -> Iterator[tuple[str, bytes]]:
    for lesson in chosen:
        page = _read(lesson.page)
        notebook = lesson.assignment / f"{lesson.name}.ipynb"
        figures = sorted(set(FIGURE.findall(page.decode("utf-8"))))
        needed = ["README.md", "lesson.toml", "exercises.py", "test_exercises.py", *figures]
        for name in [
            *needed,
            *(name for name in (notebook.name, *OF_THE_SEAT) if (lesson.assignment / name).is_file()),
        ]:
            yield f"assignments/{lesson.name}/{name}", _read(lesson.assignment / name)
        # What `autograder reset` takes back, whatever became of the module.
        yield f"assignments/{lesson.name}/{HANDED_OUT}", _read(lesson.stub)


def _of_folder(folder: Path, patterns: Sequence[str], place: str) -> Iterator[tuple[str, bytes]]:
    for path in sorted({path for pattern in patterns for path in folder.glob(pattern)}):
        if path.is_file() and not path.is_symlink():
            yield f"{place}/{path.relative_to(folder).as_posix()}", path.read_bytes()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ReleaseError(f"{path} cannot be released: {error.strerror}.") from error


def _pyproject(settings: Mapping[str, Any]) -> str:
    project, groups = settings["project"], settings["dependency-groups"]
    dependencies = project["dependencies"]
    notebooks = [line for line in groups["notebooks"] if _package(line) == "jupyterlab"]
    pinned = {_package(line) for line in [*dependencies, *notebooks]}
    constraints = [line for line in settings["tool"]["uv"]["constraint-dependencies"] if _package(line) in pinned]
    return template(
        "student_pyproject.toml",
        PYTHON=project["requires-python"],
        DEPENDENCIES=_toml_lines(dependencies),
        NOTEBOOKS=_toml_lines(notebooks),
        CONSTRAINTS=_toml_lines(constraints),
        ADDOPTS=json.dumps(settings["tool"]["pytest"]["ini_options"]["addopts"]),
    )


def _package(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0]


def _toml_lines(values: Sequence[str]) -> str:
    return "\n".join(f"    {json.dumps(value)}," for value in values)


def _readme(chosen: Sequence[Lesson]) -> str:
    rows = [f"| {lesson.number} | [{lesson.title}](assignments/{lesson.name}/README.md) |" for lesson in chosen]
    first = f"assignments/{chosen[0].name}" if chosen else "assignments"
    return template("student_README.md", LESSONS="\n".join(["| lesson | page |", "|---|---|", *rows]), FIRST=first)


def workflow(chosen: Sequence[Lesson]) -> str:
    """Return the workflow that runs the visible tests on GitHub: a step for each exercise, then the reporter.

    Raises:
        LessonError: an exercise has no visible test.
    """
    steps, results, runners = [], [], []
    for lesson in chosen:
        for exercise in tests_by_exercise(lesson):
            runner = f"{lesson.name}_{exercise}"
            steps += [
                f"      - name: Lesson {lesson.number}, {exercise}",
                f"        id: {runner}",
                "        if: ${{ !cancelled() }}",
                f"        run: uv run --no-sync python -m autograder.integrations.github_classroom {lesson.name} {exercise}",
            ]
            results.append(f"          {runner.upper()}_RESULTS: ${{{{ steps.{runner}.outputs.result }}}}")
            runners.append(runner)
    if len({runner.upper() for runner in runners}) < len(runners):
        raise ReleaseError(
            "Two exercises of a lesson differ in capital letters only; GitHub cannot tell their results apart."
        )
    return template("classroom.yml", STEPS="\n".join(steps), RESULTS="\n".join(results), RUNNERS=",".join(runners))


@dataclass(frozen=True)
class _Record:
    """What the marker says: the lessons, and each file's hash. `made` is False where there is no release yet."""

    lessons: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    made: bool = True


def _recorded(out: Path) -> _Record:
    """Return what the last release into a folder recorded; nothing where the folder is new.

    Raises:
        ReleaseError: it is neither new nor a release.
    """
    if not out.exists():
        return _Record(made=False)
    if not out.is_dir():
        raise ReleaseError(f"{out} is a file; give a folder.")
    marker = out / MARKER
    try:
        recorded = _record(json.loads(read_plain(marker, MAX_MARKER_BYTES)))
    except FileNotFoundError:
        if {path.name for path in out.iterdir()} <= NOTHING:
            return _Record(made=False)
        raise ReleaseError(
            f"{out} is not empty and has no {MARKER}, so it is not a release; nothing was written. Give a new folder, or an "
            "earlier release to update."
        ) from None
    except OSError as error:
        raise ReleaseError(
            f"{marker} could not be read: {error.strerror}; nothing was written. Restore it from the repository's history, or "
            "release into a new folder."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ReleaseError(
            f"{marker} is not a release's record; nothing was written. Release into a new folder."
        ) from None
    for path in recorded.files:
        if len(path) > MAX_PATH_LENGTH or not PATH.fullmatch(path):
            raise ReleaseError(f"{marker} names {path[:80]!r}, which is not inside the release; nothing was written.")
    return recorded


def _record(said: Any) -> _Record:
    """Return a marker's content.

    Raises:
        ValueError: it is none. So may be KeyError, TypeError and AttributeError.
    """
    names, files = said["lessons"], dict(said["files"].items())
    texts = all(isinstance(word, str) for word in [*names, *files, *files.values()])
    if said["schema"] != SCHEMA or not isinstance(names, list) or not texts:
        raise ValueError("not a release's record")
    return _Record(tuple(names), files)


def _bring_out(files: Mapping[str, bytes], out: Path, recorded: Mapping[str, str], names: Sequence[str]) -> Released:
    for path in {*files, *recorded, MARKER}:
        _require_inside(out, path)
    did: dict[str, list[str]] = {key: [] for key in ("written", "updated", "replaced", "kept", "removed")}
    hashes = {}
    for path, data in files.items():
        what = _what(out / path, path, data, recorded.get(path))
        if what:
            did[what].append(path)
        if what == "kept":
            # A student who takes the old stub back gets the new one next time.
            hashes[path] = recorded.get(path, "")
            continue
        if what:
            _write(out / path, data)
        hashes[path] = digest(data)
    for path in sorted(recorded.keys() - files.keys()):
        present = _present(out / path)
        if present == "":
            continue
        if present == recorded[path]:
            (out / path).unlink()
        did["removed" if present == recorded[path] else "kept"].append(path)
    marker = {"schema": SCHEMA, "lessons": list(names), "files": dict(sorted(hashes.items()))}
    _write(out / MARKER, (json.dumps(marker, indent=1) + "\n").encode())
    return Released(**{key: tuple(paths) for key, paths in did.items()})


def _what(place: Path, path: str, data: bytes, recorded: str | None) -> str:
    """Return what is to be done with a file: "" where it is as it should be."""
    present = _present(place)
    if not present:
        return "kept" if os.path.lexists(place) and STUDENTS.fullmatch(path) else "written"
    if present == digest(data):
        return ""
    if present == recorded:
        return "updated"
    return "kept" if STUDENTS.fullmatch(path) else "replaced"


def _present(place: Path) -> str:
    """Return the hash of a plain file's content, "" where there is none, and what no hash is of one too large to be ours."""
    try:
        return digest(read_plain(place, MAX_FILE_BYTES))
    except OSError:
        return CHANGED if place.is_file() and not place.is_symlink() else ""


def _require_inside(out: Path, path: str) -> None:
    """Refuse to write or remove through a link that a student may have made, or at a path that leads out of the folder."""
    parts = Path(path).parts
    if Path(path).is_absolute() or ".." in parts:
        raise ReleaseError(f"{out / MARKER} names {path!r}, which is not inside the release; nothing was written.")
    for depth in range(1, len(parts)):
        above = out.joinpath(*parts[:depth])
        if above.is_symlink() or (above.exists() and not above.is_dir()):
            raise ReleaseError(
                f"{above} should be a folder and is not; nothing was written. Remove it and release again."
            )
    if (out / path).is_dir() and not (out / path).is_symlink():
        raise ReleaseError(
            f"{out / path} should be a file and is a folder; nothing was written. Remove it and release again."
        )


def _write(place: Path, data: bytes) -> None:
    """Replace a file whole, never through a link; a reader on the way sees the old one or the new one."""
    try:
        write_whole(place, data, mode=0o644)
    except OSError as error:
        raise ReleaseError(f"{place} could not be written: {error.strerror}. Fix that and release again.") from error


def digest(data: bytes) -> str:
    """Return the hash by which the marker knows a file; the same with the line ends of Windows, as Git there writes text."""
    if b"\0" not in data[:GIT_LOOKS]:
        data = data.replace(b"\r\n", b"\n")
    return hashlib.sha256(data).hexdigest()
