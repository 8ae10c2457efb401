"""What the visible tests cost a student over what cannot be saved: `pytest assignments/lesson_2_5` against its bare imports.

    uv run python tests/benchmarks/visible.py lesson_2_5

The bare imports are `python -c "import pytest; …"` with the import statements of the lesson's `exercises.py`, word for word.
Against them stand the visible tests on the stub, as it is handed out (every test fails), and on the reference (every test
passes), in a copy of the course. Median CPU seconds of several rounds, in which the contenders take turns; one round before
them is not counted, for it writes the byte code.
"""

from __future__ import annotations

import ast
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks import course
from tests.benchmarks.course import ONE_THREAD
from tests.benchmarks.meter import MeasureError, measure

COPIED = ("assignments", "datasets", "autograder")
SETTINGS = "pyproject.toml"


def imports(module: Path) -> str:
    """Return the import statements at the top of a module, as one line."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    found = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return "; ".join(line for line in found if "__future__" not in line)


def copy(root: Path, lesson: str, folder: Path, *, solved: bool) -> Path:
    """Make a copy of the course as a student has it, with the stub or the reference in its place; return it."""
    ignore = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        if (root / name).is_dir():
            shutil.copytree(root / name, folder / name, ignore=ignore)
    if (root / SETTINGS).is_file():
        shutil.copy(root / SETTINGS, folder / SETTINGS)
    if solved:
        shutil.copy(root / "solutions" / lesson / "exercises.py", folder / "assignments" / lesson / "exercises.py")
    return folder


def rounds(root: Path, lesson: str, count: int) -> dict[str, list[float]]:
    """Return the CPU seconds of each contender, round by round."""
    line = f"import pytest; {imports(root / 'assignments' / lesson / 'exercises.py')}"
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"assignments/{lesson}"]
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        stub = copy(root, lesson, Path(name) / "stub", solved=False)
        solved = copy(root, lesson, Path(name) / "solved", solved=True)
        for number in range(count + 1):
            print(f"round {number} of {count}", file=sys.stderr, flush=True)
            used = {
                "the bare imports": measure([sys.executable, "-c", line], stub, ONE_THREAD).cpu,
                "the visible tests, on the stub": measure(tests, stub, ONE_THREAD, allowed=(0, 1)).cpu,
                "the visible tests, solved": measure(tests, solved, ONE_THREAD).cpu,
            }
            if number:
                for key, seconds in used.items():
                    found.setdefault(key, []).append(seconds)
    return found


def table(found: dict[str, list[float]]) -> str:
    """Return the table, ratios first."""
    medians = {key: statistics.median(seconds) for key, seconds in found.items()}
    bare = medians["the bare imports"]
    lines = ["| | to the bare imports | CPU s, median | least to most |", "|---|---:|---:|---:|"]
    for key, median in medians.items():
        spread = f"{min(found[key]):.2f} to {max(found[key]):.2f}"
        lines.append(f"| {key} | {median / bare:.2f} | {median:.2f} | {spread} |")
    return "\n".join(lines)


def main() -> int:
    """Read the command line, measure, print."""
    parser = course.arguments("Compare the visible tests with the imports that they need.", "lesson_2_5")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds that count (default: 5)")
    options = parser.parse_args()
    try:
        found = rounds(options.course.resolve(), options.lesson, options.rounds)
    except MeasureError as error:
        print(f"visible.py: {error}", file=sys.stderr)
        return 1
    print(f"Lesson {options.lesson}; {course.machine()}.", table(found), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
