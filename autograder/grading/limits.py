"""How long each scenario may compute, by what the reference takes there: a generous multiple, and never less than a floor.

One number for all scenarios must suit the slowest, and then an endless loop in a quick one costs a hundred honest submissions.
Bounds from above are the sandbox's own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.sandbox.jobs import Outcome
from autograder.worker.devices import computes_on_cpu

# Loops over numbers against one product of matrices are 130 times as slow where that takes a millisecond (so the floor decides
# there) and 10 times where it takes tens. Beside it stands what a worker pays once, whichever scenario comes first.
TIMES = 50.0
FLOOR = 0.3
# The floor in shares of what the reference takes for the whole suite: so an endless loop that is ended there twice, the second
# time after half as long, costs no more than five honest submissions.
SHARE_OF_ALL = 2.5
# What is left of both for a submission that has run out of time often.
LEAST_TIMES, LEAST = 10.0, 0.1


@dataclass(frozen=True)
class Allowance:
    """CPU seconds that a run may take, and what is left of them at least after others ran out of time."""

    cpu: float
    least: float


UNLIMITED = Allowance(math.inf, 0.0)


def allowed(reference: Sequence[Outcome], devices: Sequence[str]) -> list[Allowance]:
    """Return what each run may take.

    On an accelerator it is any number: a worker starts the device in its first scenario, whichever that is.

    Args:
        reference: what became of the reference's runs.
        devices: where each of these ran.
    """
    in_all = dict.fromkeys(devices, 0.0)
    for outcome, device in zip(reference, devices, strict=True):
        in_all[device] += outcome.cpu
    return [
        _allowance(outcome.cpu, in_all[device]) if computes_on_cpu(device) else UNLIMITED
        for outcome, device in zip(reference, devices, strict=True)
    ]


def _allowance(own: float, in_all: float) -> Allowance:
    return Allowance(max(FLOOR, SHARE_OF_ALL * in_all, TIMES * own), max(LEAST, LEAST_TIMES * own))
