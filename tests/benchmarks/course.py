"""What the measurements run on: a lesson, and as many correct submissions of it as are asked for. Measures nothing."""

from __future__ import annotations

import argparse
import os
import platform
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SEED = 1
# Baselines compute on one thread, as the grader's workers do: with more they would only burn time on matrices this small.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"}


@dataclass(frozen=True)
class Subject:
    """A lesson of a course, and correct modules for it in several styles."""

    course: Path
    lesson: str
    modules: tuple[Path, ...]

    @property
    def tests(self) -> Path:
        """The folder of the hidden suite."""
        return self.course / "tests" / self.lesson

    @property
    def reference(self) -> Path:
        """The reference solution."""
        return self.course / "solutions" / self.lesson / "exercises.py"

    def whole_rounds(self, size: int) -> int:
        """Return `size`, or a little more, so that every batch holds each style equally often."""
        return -(-size // len(self.modules)) * len(self.modules)

    def text(self, number: int) -> str:
        """Return the module of the submission of this number; no two have the same text, or hash."""
        return f"{self.modules[number % len(self.modules)].read_text(encoding='utf-8')}\n\n# handed in as number {number}\n"

    def hand_in(self, folder: Path, size: int) -> Path:
        """Make a folder with `size` submissions, one folder per student, as `autograder grade` takes it; return it."""
        for number in range(size):
            place = folder / f"student_{number:04}"
            place.mkdir(parents=True)
            (place / "exercises.py").write_text(self.text(number), encoding="utf-8")
        return folder


def find(course: Path, lesson: str) -> Subject:
    """Return a lesson with its correct modules: the alternatives, and the sample `all_correct`.

    Raises:
        SystemExit: the lesson has no such module; the sentence says where they are looked for.
    """
    course = course.resolve()
    samples = (course / "tests" / "autograder" / "submissions" / lesson, course / "submissions")
    found = sorted((course / "tests" / lesson / "alternatives").glob("*.py"))
    found += [path for folder in samples if (path := folder / "all_correct" / "exercises.py").is_file()]
    if not found:
        raise SystemExit(
            f"{lesson} has no correct module to measure with: none in {course / 'tests' / lesson / 'alternatives'}, "
            f"and no all_correct/exercises.py in {' or '.join(str(folder) for folder in samples)}."
        )
    return Subject(course, lesson, tuple(found))


def arguments(description: str, lesson: str) -> argparse.ArgumentParser:
    """Return a parser with what every script here takes: a lesson, and the course that it is in."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("lesson", nargs="?", default=lesson, help=f"such as lesson_2_5 (default: {lesson})")
    parser.add_argument(
        "--course", type=Path, default=ROOT, help="the folder that holds assignments/, solutions/, tests/"
    )
    return parser


def machine() -> str:
    """Return one line on where this was measured."""
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    return f"{cores} cores, {system}, Python {platform.python_version()}, torch {torch.__version__}"


def ratio(value: float) -> str:
    """Return a ratio as people say it: 1.43, or 1/57."""
    return f"{value:.2f}" if value > 0.2 or value <= 0 else f"1/{1 / value:.0f}"
