"""What does `autograder overview` cost on a large class? Reports of 1,000 students of 22 lessons, derived from a few real ones.

    uv run python tests/benchmarks/overview.py path/to/grades-lesson_2_5

Nothing is graded: each report is one of the given folder's under another student's name and, where there are more lessons than
folders, another lesson's name and exercises. So the numbers of a page mean nothing, but their amount is that of a real course.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from autograder.course import lesson as lessons  # noqa: E402  found by the path above
from autograder.util.safe_text import file_name  # noqa: E402


def derive(sources: Sequence[Path], out: Path, size: int, chosen: Sequence[str], seed: int = 0) -> list[Path]:
    """Make grading folders with `size` reports each; return them.

    Args:
        sources: grading folders to take reports from.
        out: where they go.
        size: how many students.
        chosen: the lessons.
        seed: decides who gets which report.
    """
    real = [_pair(path) for source in sources for path in sorted((source / "reports").glob("*.json"))]
    chance = random.Random(seed)
    folders = []
    for name in chosen:
        folder = out / f"grades-{name}"
        (folder / "reports").mkdir(parents=True)
        (folder / "outputs").mkdir()
        (folder / "grading.json").write_text(json.dumps({"lesson": name, "seed": 7}), encoding="utf-8")
        exercises = [exercise.name for exercise in lessons.load(ROOT, name).exercises]
        for number in range(size):
            # The first few are rarer than the rest, as mistakes are.
            place = min(int(chance.expovariate(3.0 / len(real))), len(real) - 1)
            _write(folder, student(number), name, exercises, real[place])
        folders.append(folder)
    return folders


def student(number: int) -> str:
    """Return the name of a student."""
    return f"student_{number:04}"


def _pair(report: Path) -> tuple[dict[str, Any], dict[str, Any] | None]:
    kept = report.parents[1] / "outputs" / report.name
    return json.loads(report.read_text(encoding="utf-8")), json.loads(kept.read_text()) if kept.is_file() else None


def _write(
    folder: Path, name: str, lesson: str, exercises: Sequence[str], pair: tuple[dict[str, Any], dict[str, Any] | None]
) -> None:
    row, kept = pair
    if row["lesson"] != lesson:
        renamed = [{**one, "name": other} for one, other in zip(row["exercises"], exercises, strict=False)]
        row = {**row, "lesson": lesson, "exercises": renamed}
    path = folder / "reports" / f"{file_name(name)}.json"
    path.write_text(json.dumps({**row, "submission": name}, indent=1), encoding="utf-8")
    if kept is not None:
        path = folder / "outputs" / path.name
        path.write_text(json.dumps({**kept, "submission": name}), encoding="utf-8")


def main() -> int:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description="Measure `autograder overview` on a large class.")
    parser.add_argument("grades", nargs="+", type=Path, help="folders that `autograder grade` wrote")
    parser.add_argument("--students", type=int, default=1000, metavar="N", help="how many students (default: 1000)")
    parser.add_argument("--lessons", type=int, default=22, metavar="N", help="how many lessons (default: 22)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave reports and pages there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as made:
        out = options.keep or Path(made)
        folders = derive(options.grades, out, options.students, lessons.names(ROOT)[: options.lessons])
        from autograder.overview import overview

        before, started = time.process_time(), time.monotonic()
        found = overview.make(ROOT, folders, out / "overview")
        cpu, wall = time.process_time() - before, time.monotonic() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        size = found.index.stat().st_size
    print("| `overview` | |\n|---|---:|")
    print(f"| students, lessons | {options.students:,}, {len(folders)} |")
    print(f"| CPU seconds | {cpu:.1f} |\n| seconds by the clock | {wall:.1f} |")
    print(f"| peak memory, MiB | {peak / 1024:.0f} |\n| size of index.html, MB | {size / 1e6:.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
