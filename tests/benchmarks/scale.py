"""Does a submission cost more in a large batch than in a small one? `autograder grade` on 100 and on 1,000 submissions.

    uv run python tests/benchmarks/scale.py lesson_2_2

Three batches of correct submissions, as in `cost.py`: a start batch of a few, a small one and a large one. The cost of a
submission is the slope from the start batch to the small one, and from there to the large one, so that starting up is in
neither. Memory is the largest resident size of the grader's own process (`VmHWM`), looked at 20 times a second: it should
stay where it is, whatever the size of the class.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks import course
from tests.benchmarks.cost import Graded, grade, slope
from tests.benchmarks.course import Subject
from tests.benchmarks.meter import MeasureError

START = 4
MIB = 1 << 20


def batches(subject: Subject, sizes: Sequence[int]) -> list[Graded]:
    """Return what `autograder grade` used on a batch of each size."""
    found = []
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        for size in sizes:
            print(f"grade: {size} submissions", file=sys.stderr, flush=True)
            folder = Path(name) / str(size)
            folder.mkdir()
            found.append(grade(subject, folder, size))
    return found


def table(sizes: Sequence[int], found: Sequence[Graded]) -> str:
    """Return the table, ratios first."""
    start, small, large = sizes
    first = slope((start, small), found[0].usage.cpu, found[1].usage.cpu).each
    second = slope((small, large), found[1].usage.cpu, found[2].usage.cpu).each
    peaks = [run.usage.peak for run in found]
    grown = (peaks[2] - peaks[1]) / (large - small) / 1024
    lines = [
        f"| `grade` | {large:,} to {small:,} | {small:,} submissions | {large:,} submissions |",
        "|---|---:|---:|---:|",
        f"| CPU s per submission, start-up apart | {second / first:.2f} | {first:.3f} | {second:.3f} |",
        f"| peak memory of the grader, MiB | {peaks[2] / peaks[1]:.2f} | {peaks[1] / MIB:.0f} | {peaks[2] / MIB:.0f} |",
        f"| that is, KiB for each further submission | | | {grown:.0f} |",
        f"| seconds by the clock, start-up included | | {found[1].usage.wall:.0f} | {found[2].usage.wall:.0f} |",
    ]
    return "\n".join(lines)


def main() -> int:
    """Read the command line, measure, print."""
    parser = course.arguments("Compare the cost of a submission in a small and in a large batch.", "lesson_2_2")
    parser.add_argument(
        "--small", type=int, default=100, metavar="A", help="submissions of the small batch (default: 100)"
    )
    parser.add_argument("--large", type=int, default=1000, metavar="B", help="of the large batch (default: 1000)")
    options = parser.parse_args()
    subject = course.find(options.course, options.lesson)
    sizes = [subject.whole_rounds(size) for size in (START, options.small, options.large)]
    if not sizes[0] < sizes[1] < sizes[2]:
        parser.error(f"the batches, in whole rounds of {len(subject.modules)} modules, must grow: {sizes} do not.")
    try:
        found = batches(subject, sizes)
    except MeasureError as error:
        print(f"scale.py: {error}", file=sys.stderr)
        return 1
    print(f"Lesson {subject.lesson}; {course.machine()}.", table(sizes, found), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
