"""Run a lesson's scenarios in this very process and judge them, as a plain test suite would. For the baselines only.

There is no sandbox here, no frame, no note of calls: a scenario is a function that is called with its fixtures, and what it
returns is compared by `torch.testing`. So the baselines do the work of a test suite and nothing of the grader's.
"""

from __future__ import annotations

import contextlib
import inspect
import math
import os
import random
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from autograder.sandbox import decode
from autograder.worker.encode import Encoder, frame
from autograder.worker.loading import load
from autograder.worker.observations import Form, Kept, Raised
from autograder.worker.protocol import HEADER, FrameKind
from autograder.worker.scenarios import Scenario, expand, generator


@dataclass(frozen=True)
class Item:
    """A scenario, the file it stands in and its function."""

    file: str
    scenario: Scenario
    function: Callable[..., Any]


@dataclass(frozen=True)
class Plan:
    """A lesson's suite, ready to be run.

    Attributes:
        items: its scenarios, in order.
        checks: the functions of `checks.py`.
        data: the course's data folder.
        seed: the seed of the inputs.
    """

    items: tuple[Item, ...]
    checks: dict[str, Callable[[Any, Any], str | None]]
    data: Path
    seed: int

    def value(self, item: Item, module: Any) -> Any:
        """Return what a scenario gives for a module."""
        rng = generator(self.seed, item.file, item.scenario.name)
        torch.manual_seed(rng.initial_seed())
        np.random.seed(rng.initial_seed() % 2**32)
        random.seed(rng.initial_seed())
        fixtures = {
            "lesson": module,
            "device": torch.device("cpu"),
            "rng": rng,
            "data": self.data,
            **item.scenario.arguments,
        }
        wanted = inspect.signature(item.function).parameters
        with warnings.catch_warnings(), contextlib.ExitStack() as stack:
            # As in the grader's workers. And nbgrader gives a cell that writes to standard error no points.
            warnings.simplefilter("ignore")
            if "tmp_path" in wanted:
                fixtures["tmp_path"] = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            return item.function(**{name: fixtures[name] for name in wanted})

    def judge(self, item: Item, module: Any, wanted: Any) -> None:
        """Run a scenario and compare.

        Raises:
            AssertionError: it gives something else than was wanted.
        """
        value = self.value(item, module)
        if item.scenario.check is not None:
            sentence = self.checks[item.scenario.check](_plain(value), wanted)
            assert sentence is None, sentence
        else:
            assert_same(value, wanted)


@dataclass(frozen=True)
class _Other:
    """Something that is not data, by its type's name."""

    type: str


def plan(course: Path, lesson: str, seed: int) -> Plan:
    """Load a lesson's scenario files and checks."""
    folder = course / "tests" / lesson
    items = []
    for path in sorted(folder.glob("test_*.py")):
        module = load(path.read_text(encoding="utf-8"), f"scenarios.{path.stem}", str(path))
        items += [Item(path.name, found, getattr(module, found.function)) for found in expand(module)]
    checks = folder / "checks.py"
    named = vars(load(checks.read_text(encoding="utf-8"), "checks", str(checks))) if checks.is_file() else {}
    return Plan(
        tuple(items), {name: value for name, value in named.items() if callable(value)}, course / "datasets", seed
    )


def assert_same(value: Any, wanted: Any) -> None:
    """Compare two returned values, tensors by `torch.testing`.

    Raises:
        AssertionError: they differ.
    """
    if isinstance(wanted, Raised):
        assert isinstance(value, Raised), f"{type(value)}, not Raised"
        assert set(value.kinds) & set(wanted.expected), f"{value.kinds}, none of {wanted.expected}"
    elif isinstance(wanted, Kept):
        assert isinstance(value, Kept), f"{type(value)}, not Kept"
        assert_same(value.value, wanted.value)
    elif isinstance(wanted, Form):
        assert isinstance(value, Form), f"{type(value)}, not Form"
    elif isinstance(wanted, (torch.Tensor, np.ndarray, np.generic)):
        torch.testing.assert_close(value, wanted, rtol=1e-4, atol=1e-5, equal_nan=True)
    elif isinstance(wanted, (list, tuple)):
        assert isinstance(value, (list, tuple)), f"{type(value)}, not {type(wanted)}"
        assert len(value) == len(wanted), f"{len(value)} parts, not {len(wanted)}"
        for part, other in zip(value, wanted, strict=True):
            assert_same(part, other)
    elif isinstance(wanted, dict):
        assert isinstance(value, dict), f"{type(value)}, not a dict"
        assert set(value) == set(wanted), f"keys {sorted(map(str, value))}, not {sorted(map(str, wanted))}"
        for key in wanted:
            assert_same(value[key], wanted[key])
    elif isinstance(wanted, float):
        close = math.isclose(value, wanted, rel_tol=1e-4, abs_tol=1e-5)
        assert close or (math.isnan(value) and math.isnan(wanted)), f"{value}, not {wanted}"
    elif isinstance(wanted, _Other):
        assert type(value).__name__ == wanted.type, f"{type(value)}, not {wanted.type}"
    else:
        assert value == wanted, f"{value}, not {wanted}"


def _plain(value: Any) -> Any:
    """Return a value as a check sees it, which is what is left of it once it has gone through a frame."""
    encoder = Encoder(1 << 30)
    data = frame({"kind": FrameKind.OUTCOME, "value": encoder.tree(value)}, encoder)
    text, _ = HEADER.unpack(data[: HEADER.size])
    head, tensors = decode.parse(data[HEADER.size : HEADER.size + text], data[HEADER.size + text :])
    return decode.plain(decode.value(head["value"], tensors))


def reference_values(ready: Plan, path: Path) -> list[Any]:
    """Return what every scenario gives for the module at a path."""
    module = module_at(path, "reference")
    values = ((item, ready.value(item, module)) for item in ready.items)
    return [_kept(value) if item.scenario.check is None else _plain(value) for item, value in values]


def _kept(value: Any) -> Any:
    """Return a value in a form that can be stored: data as it is, any other object by its type's name."""
    if isinstance(value, Kept):
        return replace(value, value=_kept(value.value))
    if isinstance(value, Form):
        return Form(None)  # it is not looked into
    if isinstance(value, Raised):
        return value
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, (list, tuple)):
        return [_kept(part) for part in value]
    if isinstance(value, dict):
        return {key: _kept(part) for key, part in value.items()}
    data = (bool, int, float, str, type(None), np.ndarray, np.generic, torch.dtype, torch.device)
    return value if isinstance(value, data) else _Other(type(value).__name__)


def module_at(path: Path, name: str) -> ModuleType:
    """Load the module at a path."""
    return load(path.read_text(encoding="utf-8"), name, str(path))


def from_environment() -> tuple[Plan, list[Any]]:
    """Return the plan and the wanted values that the variables of `environment` name."""
    ready = plan(
        Path(os.environ["BENCHMARK_COURSE"]), os.environ["BENCHMARK_LESSON"], int(os.environ["BENCHMARK_SEED"])
    )
    # Our own file, written a moment ago by `cost.py`.
    return ready, torch.load(os.environ["BENCHMARK_WANTED"], weights_only=False)


def environment(course: Path, lesson: str, seed: int, wanted: Path) -> dict[str, str]:
    """Return the variables by which a baseline's process finds its work."""
    return {
        "BENCHMARK_COURSE": str(course),
        "BENCHMARK_LESSON": lesson,
        "BENCHMARK_SEED": str(seed),
        "BENCHMARK_WANTED": str(wanted),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
