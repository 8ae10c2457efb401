"""What one scenario leaves behind is put back before the next, or the next gets a fresh worker."""

from __future__ import annotations

import pytest

from autograder.sandbox.jobs import Job, Run, Source
from autograder.sandbox.sandbox import Sandbox
from tests.autograder.helpers import COURSE

MODULE = """
import os, random, signal, sys, warnings
import numpy as np
import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

KEPT = []

class Function(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        raise RuntimeError

class Dispatch(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        raise RuntimeError

def enter(mode):
    KEPT.append(mode)
    mode.__enter__()

LEFT = {
    "autocast": lambda: enter(torch.autocast("cpu", dtype=torch.bfloat16)),
    "no grad": lambda: enter(torch.no_grad()),
    "inference": lambda: enter(torch.inference_mode()),
    "a function mode": lambda: enter(Function()),
    "a dispatch mode": lambda: enter(Dispatch()),
    "saved tensors": lambda: enter(torch.autograd.graph.saved_tensors_hooks(lambda t: 1 / 0, lambda t: t)),
    "anomaly": lambda: torch.autograd.set_detect_anomaly(True),
    "dtype": lambda: torch.set_default_dtype(torch.float64),
    "device": lambda: torch.set_default_device("meta"),
    "hooks": lambda: nn.modules.module.register_module_forward_hook(lambda *_: 1 / 0),
    "backward hooks": lambda: nn.modules.module.register_module_full_backward_hook(lambda *_: 1 / 0),
    "precision": lambda: torch.set_float32_matmul_precision("medium"),
    "deterministic": lambda: torch.use_deterministic_algorithms(True),
    "threads": lambda: torch.set_num_threads(2),
    "warnings": lambda: warnings.simplefilter("error"),
    "numpy": lambda: np.seterr(all="raise"),
    "printing": lambda: torch.set_printoptions(precision=1),
    "environment": lambda: os.environ.update(LEFT="1"),
    "folder": lambda: os.chdir("/"),
    "recursion": lambda: sys.setrecursionlimit(5000),
    "alarm": lambda: (signal.signal(signal.SIGALRM, signal.SIG_DFL), signal.setitimer(signal.ITIMER_REAL, 0.05)),
}

def leave(name):
    LEFT[name]()
    return 1

def look():
    layer = nn.Linear(2, 2)
    y = layer(torch.ones(1, 2))
    y.sum().backward()
    warnings.warn("x")
    end = __import__("time").monotonic() + 0.1
    while __import__("time").monotonic() < end:
        pass
    return [
        str(y.dtype), y.requires_grad, str(torch.ones(1).device), torch.is_anomaly_enabled(), torch.get_num_threads(),
        torch.get_float32_matmul_precision(), torch.are_deterministic_algorithms_enabled(), np.geterr(),
        str(torch.tensor(0.12345)), "LEFT" in os.environ, os.getcwd() == "/", sys.getrecursionlimit(),
        layer.weight.grad is not None, torch.is_autocast_enabled("cpu"), random.random(),
    ]
"""
SUITE = """
import pytest

@pytest.mark.exercise("leave")
@pytest.mark.parametrize("name", {names!r})
def test_leave(lesson, name):
    return lesson.leave(name)

@pytest.mark.exercise("look")
def test_look(lesson):
    return lesson.look()
"""


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    made = Sandbox(COURSE, plots=False)
    made.start()
    return made


def test_what_a_scenario_leaves_costs_the_next_nothing(sandbox: Sandbox) -> None:
    names = [line.split('"')[1] for line in MODULE.splitlines() if line.startswith('    "')]
    assert len(names) > 15
    looks = Run("test_s.py", "test_look", 0, "cpu")
    runs = [looks]
    for number in range(len(names)):
        runs += [Run("test_s.py", "test_leave", number, "cpu"), looks]
    suite = {"test_s.py": SUITE.format(names=names)}
    result = sandbox.run(Job(Source("exercises", "exercises.py", MODULE), suite, tuple(runs), 0))
    sandbox.close()
    assert result.import_error is None, result.import_error
    clean, *rest = result.outcomes
    assert clean.status == "returned", clean
    for name, left, after in zip(names, rest[::2], rest[1::2], strict=True):
        assert (name, left.status, left.value) == (name, "returned", 1)
        assert (name, after.status, after.error) == (name, "returned", None)
        assert (name, after.value) == (name, clean.value)
