"""A lesson's scenarios as a plain pytest module: the baseline of one pytest process per submission. `cost.py` runs it."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

import pytest

from tests.benchmarks import in_process

PLAN, WANTED = in_process.from_environment()


@pytest.fixture(scope="module")
def submission() -> ModuleType:
    return in_process.module_at(Path(os.environ["BENCHMARK_SUBMISSION"]), "exercises")


@pytest.mark.parametrize("number", range(len(PLAN.items)), ids=[item.scenario.name for item in PLAN.items])
def test_the_module_gives_what_the_reference_gives(number: int, submission: ModuleType) -> None:
    PLAN.judge(PLAN.items[number], submission, WANTED[number])
