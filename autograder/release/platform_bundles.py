"""What other systems' graders are made of: Gradescope's zip, and Classroom 50's `autograder.py`.

Gradescope's zip holds one lesson's answers: it is for the instructor's account alone. Classroom 50's bundles can be read by
anybody, so that file holds none.
"""

from __future__ import annotations

import shlex
import zipfile
from pathlib import Path

from autograder.course.lesson import Lesson
from autograder.gradebook.late_policy import parse_rule
from autograder.release.student_repository import PACKAGE, lesson_files, template
from autograder.util.errors import UserError

# The first moment that a zip can name: the same files give the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)
SCRIPTS = ("setup.sh", "lock.sh", "run_autograder")


def gradescope(lesson: Lesson, out: Path, rule: str = "") -> Path:
    """Write the zip that an instructor uploads under Configure Autograder; return its path.

    Args:
        lesson: the lesson.
        out: the zip.
        rule: what lateness costs; Gradescope says when it was due.

    Raises:
        UserError: the rule is none, or the zip cannot be written.
    """
    if rule:
        parse_rule(rule)
    files = {f"course/{path}": data for path, data in lesson_files(lesson.root, [lesson]).items()}
    for folder in (lesson.reference.parent, lesson.tests):
        for source in sorted(folder.rglob("*.py")):
            files[f"course/{source.relative_to(lesson.root).as_posix()}"] = source.read_bytes()
    files["course/pyproject.toml"] = (PACKAGE.parent / "pyproject.toml").read_bytes()
    files["course/README.md"] = b"The grader of one lesson, for Gradescope.\n"
    penalty = f" --late-penalty {shlex.quote(rule)}" if rule else ""
    for name in SCRIPTS:
        text = template(f"gradescope_{name}", LESSON=lesson.name, PENALTY=penalty)
        files[name] = text.encode()
    try:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, data in sorted(files.items()):
                entry = zipfile.ZipInfo(path, EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system = 3  # Unix, or the modes mean nothing
                entry.external_attr = (0o755 if path in SCRIPTS else 0o600) << 16
                archive.writestr(entry, data)
    except OSError as error:
        raise UserError(f"{out} could not be written: {error.strerror}.") from error
    return out


def classroom50(lesson: Lesson, out: Path) -> Path:
    """Write Classroom 50's `autograder.py` for a lesson; return its path.

    Raises:
        UserError: it cannot be written.
    """
    try:
        out.write_text(template("classroom50_autograder.py", LESSON=lesson.name), encoding="utf-8", newline="\n")
    except OSError as error:
        raise UserError(f"{out} could not be written: {error.strerror}.") from error
    return out
