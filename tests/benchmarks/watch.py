"""How long after a save `autograder watch` shows the result: seconds by the clock, median and slowest, in a real terminal.

    uv run python tests/benchmarks/watch.py lesson_2_5

The lesson is watched in a copy of the course. Its module is saved ten times as the stub, whose every test fails, and ten times as
the reference, whose every test passes; each time something of the text changes. The time ends when the whole screen is drawn.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.autograder.student.terminal import Terminal
from tests.benchmarks.visible import copy

ROOT = Path(__file__).resolve().parents[2]
SAVES = 10
LAST_WORD = "q\N{NO-BREAK SPACE}quit"


def seconds(lesson: str, *, solved: bool) -> list[float]:
    """Return how long after each save the result was there."""
    found = []
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = copy(ROOT, lesson, Path(name), solved=solved)
        module = folder / "assignments" / lesson / "exercises.py"
        text = module.read_text(encoding="utf-8")
        with Terminal(folder, ["watch", lesson]) as terminal:
            terminal.wait_for(LAST_WORD)
            for number in range(SAVES):
                terminal.forget()
                begun = time.perf_counter()
                module.write_text(f"{text}\n# save {number}\n", encoding="utf-8")
                terminal.wait_for(LAST_WORD, settle=False)
                found.append(time.perf_counter() - begun)
                time.sleep(0.3)  # nobody saves twice in a moment
    return found


def main(lesson: str) -> None:
    """Print a line for the stub and one for the reference."""
    for words, solved in (("stub", False), ("reference", True)):
        taken = seconds(lesson, solved=solved)
        print(f"{lesson}, {words}: median {statistics.median(taken):.2f} s, slowest {max(taken):.2f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "lesson_2_5")
