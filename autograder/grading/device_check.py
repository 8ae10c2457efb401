"""The device check: scenarios on a device that is not there, so that mistakes with devices show on any machine.

It decides which runs of the reference a submission is held against, and which failures a device alone explains. What runs on
that device, and how, is `worker/fake_device.py`'s matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autograder.course import docstrings
from autograder.course.lesson import Lesson
from autograder.course.suite import PlannedRun, SuiteScenario
from autograder.grading.compare import compare
from autograder.sandbox.decode import RunError, TensorValue
from autograder.sandbox.jobs import Outcome, OutcomeStatus
from autograder.worker.devices import SIMULATED
from autograder.worker.fake_device import MISTAKES
from autograder.worker.observations import Form, Kept

_MIXED, _NUMPY = MISTAKES
_ADVICE = "Make new tensors on the device of the arguments, such as torch.ones(3, device=x.device), and move nothing."
# Characters of an exception that are told.
MAX_LENGTH = 100


def reference_outcomes(
    lesson: Lesson, text: str, runs: Sequence[PlannedRun], outcomes: Sequence[Outcome]
) -> tuple[Outcome, ...]:
    """Return the reference's outcomes as submissions are held against them: "not_followed" where the device check says nothing.

    That is where no docstring says on which device the exercise works, and where the reference could not be followed.

    Args:
        lesson: the lesson.
        text: the reference's source.
        runs: what was run.
        outcomes: what became of the reference's runs.
    """
    promises = docstrings.read(text, [exercise.name for exercise in lesson.exercises])
    kept = []
    for run, outcome in zip(runs, outcomes, strict=True):
        if run.device == SIMULATED and outcome.status != OutcomeStatus.NO_DEVICE:
            promise = promises.get(run.placed.scenario.exercise)
            if promise is None or not promise.portable:
                outcome = Outcome(OutcomeStatus.NOT_FOLLOWED, detail="no docstring says on which device it works")
            elif outcome.status != OutcomeStatus.RETURNED:
                outcome = Outcome(OutcomeStatus.NOT_FOLLOWED, detail=said(outcome))
        kept.append(outcome)
    return tuple(kept)


def not_followed(there: Outcome, here: Outcome, placed: SuiteScenario) -> str:
    """Return why the simulated device could not follow the reference through a scenario; "" where it could.

    Args:
        there: what became of it on the simulated device.
        here: what became of it on the CPU.
        placed: the scenario.
    """
    if there.status != OutcomeStatus.RETURNED:
        return said(there)
    if placed.scenario.check is None:
        mismatch = compare(_brought_back(there.value), here.value, "cpu", placed.scenario.tolerance)
        if mismatch is not None:
            return f"another result than on the CPU: {mismatch.sentence()}"
    return ""


def _brought_back(value: object) -> object:
    """Return an output of the simulated device as the CPU would have given it."""
    if isinstance(value, TensorValue):
        return replace(value, device="cpu") if value.device == SIMULATED else value
    if isinstance(value, str):
        return value.replace(f"{SIMULATED}:0", "cpu").replace(SIMULATED, "cpu")
    if isinstance(value, (list, tuple)):
        return type(value)(_brought_back(part) for part in value)
    if isinstance(value, dict):
        return {key: _brought_back(part) for key, part in value.items()}
    if isinstance(value, (Kept, Form)):
        return replace(value, value=_brought_back(value.value))
    return value


def said(outcome: Outcome) -> str:
    """Return in a line how a run ended that returned nothing; some of PyTorch's messages are pages long."""
    if outcome.error is None:
        return outcome.detail or outcome.status
    first = f"{outcome.error.type}: {outcome.error.message}".split("\n")[0]
    return first if len(first) <= MAX_LENGTH else f"{first[:MAX_LENGTH]}…"


def mistake(error: RunError | None) -> str:
    """Return what a student did who got this exception from the device; "" where no device explains it."""
    if error is None or error.type not in MISTAKES:
        return ""
    place = f" at line {error.line} of your module" if error.line else ""
    if error.type == _NUMPY:
        return f"It reads a tensor that is not on the CPU{place}, as NumPy and Matplotlib do. Write x.cpu() first."
    return f"It mixes a tensor on the CPU with what it was given, which lives on another device{place}. {_ADVICE}"


MOVED = f"A tensor came back on another device than that of the arguments. {_ADVICE}"
