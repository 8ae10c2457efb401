"""Kill the grader, its zygotes and its workers at random moments, start it again until it ends, and compare.

    uv run python tests/benchmarks/crash.py [LESSON] [--size 300] [--rounds 5] [--seed N]

A batch of submissions, every tenth hostile (it leaves early, never ends, or takes all memory it can get), is graded twice: once
undisturbed, and once with SIGKILL sent to a worker and to a zygote, at random moments, and at last to the grader itself,
`--rounds` times over. Then the batch is started once more and may end. Shown, and demanded, is that

- both tables of scores are the same, byte for byte;
- no report that was there when the grader was killed was made again;
- no process of a killed grader is left once its zygotes have seen that it is gone, and no half-written file at the end.

Deadlines are short here (a CPU second per scenario), so that endless loops do not take most of the time.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks import course
from tests.benchmarks.course import ONE_THREAD, SEED, Subject

SMALL_COURSE = course.ROOT / "tests" / "autograder" / "small_course"
EVERY = 10
HOSTILE = {
    "leaves": "import os\n\ndef {name}(*given, **named):\n    os._exit(3)\n",
    "loops": "def {name}(*given, **named):\n    while True:\n        pass\n",
    "hoards": "def {name}(*given, **named):\n    kept = []\n    while True:\n        kept.append(bytearray(1 << 28))\n",
}
MAX_RUN_LENGTH = 1800
# A zygote that is still warming up (seconds of CPU) sees only then that its grader is gone.
GONE_AFTER = 30


@dataclass
class Tally:
    """What was done and what was found."""

    kills: dict[str, int] = field(default_factory=lambda: {"grader": 0, "zygote": 0, "worker": 0})
    finished: list[int] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    left: int = 0


def hand_in(subject: Subject, exercise: str, folder: Path, size: int) -> None:
    """Make the submissions: correct ones, and every tenth with a hostile function in an exercise's place."""
    subject.hand_in(folder, size)
    for number, place in enumerate(sorted(folder.iterdir())):
        if number % EVERY == EVERY // 2:
            kind = list(HOSTILE)[number // EVERY % len(HOSTILE)]
            with open(place / "exercises.py", "a", encoding="utf-8") as module:
                module.write("\n\n" + HOSTILE[kind].format(name=exercise))


def grade(place: Path, lesson: str, folder: Path, out: Path, workers: int) -> None:
    """Grade as `autograder grade` does, but with short deadlines."""
    from autograder.batch import backend
    from autograder.batch import run as batch
    from autograder.course import lesson as lessons
    from autograder.sandbox.jobs import Deadlines

    options = backend.Options(workers=workers, seed=SEED, deadlines=Deadlines(scenario_cpu=1, submission_cpu=20))
    batch.grade_all(lessons.load(place, lesson), folder, out, options, lambda _: None)


def start(subject: Subject, folder: Path, out: Path, workers: int) -> subprocess.Popen[bytes]:
    """Start `grade` in a process of its own."""
    arguments = [subject.lesson, "--course", subject.course, "--grade", folder, out, "--workers", workers]
    return subprocess.Popen([sys.executable, __file__, *map(str, arguments)], env=os.environ | ONE_THREAD)


def below(pid: int) -> dict[int, int]:
    """Return the processes below one, each with how far below."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended meanwhile
            if fields[0] != "Z":
                parents[int(name)] = int(fields[1])
    depths = {pid: 0}
    found = True
    while found:
        found = False
        for child, parent in parents.items():
            if parent in depths and child not in depths:
                depths[child] = depths[parent] + 1
                found = True
    del depths[pid]
    return depths


def reports(out: Path) -> dict[str, int]:
    """Return when each report was written, but for those that the grader failed on: these are made again, and should be."""
    found = {}
    for path in (out / "reports").glob("*.json"):
        if '"status": "grader_error"' not in path.read_text(encoding="utf-8"):
            found[path.name] = path.stat().st_mtime_ns
    return found


def kill(process: subprocess.Popen[bytes], what: str, tally: Tally, rng: random.Random) -> None:
    """Kill a zygote (which is two processes: one waits outside the jail) or a worker of a grader, if it has one just now."""
    depths = (1, 2) if what == "zygote" else (3,)
    until = time.monotonic() + 1
    while time.monotonic() < until and process.poll() is None:
        victims = [pid for pid, depth in below(process.pid).items() if depth in depths]
        if victims:
            try:
                os.kill(rng.choice(victims), signal.SIGKILL)
            except ProcessLookupError:
                continue
            tally.kills[what] += 1
            return
        time.sleep(0.01)


def wait_until(process: subprocess.Popen[bytes], out: Path, reports: int) -> None:
    """Wait until there are so many reports, or the process has ended."""
    until = time.monotonic() + MAX_RUN_LENGTH
    while len(os.listdir(out / "reports")) < reports and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)


def disturbed(process: subprocess.Popen[bytes], out: Path, upto: int, tally: Tally, rng: random.Random) -> None:
    """Kill a worker, a zygote and at last the grader, as the number of reports grows to `upto`."""
    done = len(reports(out))
    if rng.random() < 0.3:
        time.sleep(rng.uniform(0.5, 4))  # while it warms up
    else:
        marks = sorted(rng.randint(done, upto) for _ in range(3))
        for what, mark in zip([*rng.sample(["zygote", "worker"], 2), ""], marks, strict=True):
            wait_until(process, out, mark)
            time.sleep(rng.uniform(0, 0.2))
            if what:
                kill(process, what, tally, rng)
    everyone = below(process.pid)
    if process.poll() is None:
        process.kill()
        tally.kills["grader"] += 1
    process.wait()
    until = time.monotonic() + GONE_AFTER
    while (left := _alive(everyone)) and time.monotonic() < until:
        time.sleep(0.05)
    tally.left += len(left)


def _alive(pids: dict[int, int]) -> list[int]:
    def state(pid: int) -> str:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return "Z"

    return [pid for pid in pids if state(pid) != "Z"]


def run(subject: Subject, exercise: str, size: int, rounds: int, workers: int, rng: random.Random) -> Iterator[str]:
    """Do it all and yield the lines of the table; the last line is empty where all is as it should be."""
    with tempfile.TemporaryDirectory(prefix="crash-") as name:
        folder, quiet, out = (Path(name) / part for part in ("submissions", "undisturbed", "disturbed"))
        hand_in(subject, exercise, folder, size)
        (out / "reports").mkdir(parents=True)
        began = time.monotonic()
        faults = []
        if start(subject, folder, quiet, workers).wait(timeout=MAX_RUN_LENGTH):
            faults.append("the undisturbed run failed")
        undisturbed = time.monotonic() - began
        tally = Tally()
        seen: dict[str, int] = {}
        for number in range(1, rounds + 1):
            process = start(subject, folder, out, workers)
            disturbed(process, out, size * number // (rounds + 1), tally, rng)
            tally.again += _made_again(seen, reports(out))
            seen = reports(out)
            tally.finished.append(len(seen))
        if start(subject, folder, out, workers).wait(timeout=MAX_RUN_LENGTH):
            faults.append("the last run failed")
        tally.again += _made_again(seen, reports(out))
        one, other = ((place / "scores.csv").read_bytes() for place in (quiet, out))
        halves = [path.name for path in out.rglob("*.part")]
        if one != other:
            theirs = other.decode().splitlines()
            faults += [
                f"undisturbed {a!r}, disturbed {b!r}"
                for a, b in zip(one.decode().splitlines(), theirs, strict=False)
                if a != b
            ]
        faults += [f"graded again: {name}" for name in tally.again] + [f"half written: {name}" for name in halves]
        faults += [f"{tally.left} processes left running"] if tally.left else []
        kills = ", ".join(f"{what} {count}" for what, count in tally.kills.items())
        yield from (
            "| | |",
            "|---|---|",
            f"| submissions (hostile) | {size} ({len(range(EVERY // 2, size, EVERY))}) |",
            f"| killed | {kills} |",
            f"| finished at each kill of the grader | {', '.join(map(str, tally.finished))} |",
            f"| graded again though finished | {len(tally.again)} |",
            f"| processes left, half-written files | {tally.left}, {len(halves)} |",
            f"| tables of scores | {'the same' if one == other else 'DIFFERENT'}, {len(one.splitlines()) - 1} lines |",
            f"| seconds by the clock, undisturbed and disturbed | {undisturbed:.0f}, {time.monotonic() - began - undisturbed:.0f} |",
        )
        yield "\n".join(faults)


def _made_again(before: dict[str, int], after: dict[str, int]) -> list[str]:
    return [name for name, written in before.items() if after.get(name) != written]


def main() -> int:
    """Run the script."""
    parser = course.arguments("Kill the grader at random moments and compare.", "lesson_9_1")
    parser.set_defaults(course=SMALL_COURSE)
    parser.add_argument("--exercise", default="average", help="the exercise that hostile submissions spoil")
    parser.add_argument("--size", type=int, default=300, help="submissions (default: 300)")
    parser.add_argument("--rounds", type=int, default=5, help="how often the grader is killed (default: 5)")
    parser.add_argument("--workers", type=int, default=2, help="zygotes at a time (default: 2)")
    parser.add_argument("--seed", type=int, default=None, help="of the moments and the victims (default: drawn)")
    parser.add_argument("--grade", type=Path, nargs=2, metavar=("SUBMISSIONS", "OUT"), help="only grade")
    options = parser.parse_args()
    if options.grade:
        folder, out = options.grade
        grade(options.course, options.lesson, folder, out, options.workers)
        return 0
    seed = random.randrange(10**6) if options.seed is None else options.seed
    print(f"{course.machine()}; moments by --seed {seed}\n")
    subject = course.find(options.course, options.lesson)
    lines = run(subject, options.exercise, options.size, options.rounds, options.workers, random.Random(seed))
    *table, faults = list(lines)
    print("\n".join(table))
    print(faults, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
