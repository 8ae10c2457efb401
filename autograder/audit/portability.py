"""Do the reference and the alternatives work on a device that is not there."""

from __future__ import annotations

from pathlib import Path

from autograder.audit.subject import CheckResult, Subject
from autograder.grading import device_check
from autograder.grading.results import Verdict, VerdictKind
from autograder.worker.devices import SIMULATED


def check_portability(subject: Subject) -> CheckResult:
    """Run the reference and the alternatives on a device that is not there; mutants are tried there, too, if all else fails."""
    if subject.lane is None:
        return CheckResult(
            "portability", "not checked", notes=("This version of torch cannot simulate a device; 2.13 can.",)
        )
    faults, notes = [], []
    for placed, there, why in zip(subject.scenarios, subject.lane.outcomes, subject.lane.whys, strict=True):
        if there.error is not None and there.error.line and device_check.mistake(there.error):
            faults.append(
                f"{placed.name}: on another device than the CPU the reference fails at its line {there.error.line} "
                f"({there.error.message}). Let it make new tensors on the device of its arguments, and move nothing."
            )
        elif why:
            notes.append(f"{placed.name} could not be followed: {why}")
    places = [n for n in subject.everything() if subject.counts_in_lane(n)]
    seed = subject.seeds[0]
    paths = sorted((subject.lesson.tests / "alternatives").glob("*.py"))

    def failures(path: Path) -> list[Verdict]:
        result = subject.bench.run(subject.job(path.read_text(encoding="utf-8"), places, seed, SIMULATED))
        return [
            v
            for v in subject.judged(result.outcomes, places, seed, result, SIMULATED)
            if v.verdict == VerdictKind.FAILED
        ]

    for path, failed in zip(paths, subject.bench.map(failures, paths), strict=True):
        if failed:
            faults.append(
                f"{path} fails {failed[0].placed.name} on another device than the CPU. {failed[0].student_message}"
            )
    silent = [name for name, promise in subject.promises.items() if not promise.portable]
    if silent:
        notes.append(f"No points rest on it where no docstring names a device: {', '.join(silent)}.")
    followed = subject.lane.whys.count("")
    shown = (
        f"{followed} of {len(subject.scenarios)} scenarios followed ({100 * followed / len(subject.scenarios):.0f} %)"
    )
    return CheckResult("portability", shown, tuple(faults), tuple(notes))
