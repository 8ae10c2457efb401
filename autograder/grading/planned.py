"""What a job runs, made from what a suite plans."""

from __future__ import annotations

from autograder.course.suite import PlannedRun
from autograder.grading.limits import UNLIMITED, Allowance
from autograder.sandbox.jobs import Run


def of_planned(run: PlannedRun, exercise: str = "", allowance: Allowance = UNLIMITED) -> Run:
    """Return a planned run as a part of a job.

    Args:
        run: a scenario on a device.
        exercise: the exercise whose time-outs count together; "" for none.
        allowance: how long it may compute.
    """
    scenario = run.placed.scenario
    return Run(run.placed.file, scenario.function, scenario.index, run.device, exercise, allowance.cpu, allowance.least)
