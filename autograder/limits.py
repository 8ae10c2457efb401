"""How long each scenario may compute, by what the reference takes there: a generous multiple, and never less than a floor.

One number for all scenarios must suit the slowest, and then an endless loop in a quick one costs a hundred honest submissions.
It judges nothing, and bounds from above are the sandbox's own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from autograder.sandbox import Outcome
from autograder.worker.fake_device import computes_on_cpu

# Loops over numbers against one product of matrices are 130 times as slow where that takes a millisecond (so the floor decides
# there) and 10 times where it takes tens. Beside it stands what a worker pays once, whichever scenario comes first.
TIMES = 50.0
FLOOR = 0.3
# The floor in shares of what the reference takes for the whole suite: so an endless loop that is ended there twice, the second
# time after half as long, costs no more than five honest submissions.
SHARE_OF_ALL = 2.5


def allowed(reference: Sequence[Outcome], devices: Sequence[str]) -> list[float]:
    """Return the CPU seconds that each run may take.

    On an accelerator it is any number: a worker starts the device in its first scenario, whichever that is.

    Args:
        reference: what became of the reference's runs.
        devices: where each of these ran.
    """
    in_all = dict.fromkeys(devices, 0.0)
    for outcome, device in zip(reference, devices, strict=True):
        in_all[device] += outcome.cpu
    return [
        max(FLOOR, SHARE_OF_ALL * in_all[device], TIMES * outcome.cpu) if computes_on_cpu(device) else math.inf
        for outcome, device in zip(reference, devices, strict=True)
    ]
