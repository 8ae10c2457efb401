"""The device check: on a device that is not there, mistakes with devices show on any machine, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.course import docstrings
from autograder.course.lesson import Lesson
from autograder.grading import device_check
from autograder.grading.lesson_grader import Grading
from autograder.grading.results import ExerciseScore
from autograder.report.feedback import exercise_lines
from autograder.sandbox.decode import RunError, TensorValue
from autograder.sandbox.jobs import Job, Outcome, OutcomeStatus, Run, Source
from autograder.sandbox.sandbox import Sandbox
from autograder.sandbox.template import Template
from autograder.util.errors import UserError
from autograder.worker.devices import SIMULATED
from tests.autograder.helpers import COURSE, Command

SUITE = {
    "test_go.py": """
import pytest
import torch

@pytest.mark.exercise("go")
def test_go(lesson, device, rng):
    return lesson.go(torch.arange(6.0).reshape(2, 3).to(device))
"""
}


def outcome(sandbox: Sandbox, body: str, device: str = SIMULATED) -> Outcome:
    """Run `go(x)` with this body; x is `[[0, 1, 2], [3, 4, 5]]` on the device."""
    text = "import copy\nimport torch\nfrom torch.utils.data import DataLoader, TensorDataset\n\n\ndef go(x):\n"
    text += "\n".join(f"    {line}" for line in body.split("\n"))
    run = Run("test_go.py", "test_go", 0, device)
    return sandbox.run(Job(Source("exercises", "exercises.py", text), SUITE, (run,), seed=0)).outcomes[0]


def plain(value: Any) -> Any:
    """Return an output with its tensors as lists, each with where it lived."""
    if isinstance(value, TensorValue):
        return value.device, value.tensor.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return value


# What correct code does: it goes on there, and gives what the CPU gives.
FOLLOWED = {
    "arithmetic": "return [2 * x, x @ x.T, (x - x.mean()) / x.std(), torch.relu(x - 3)]",
    "new tensors": "return [torch.ones(2, 1, device=x.device), x.new_zeros(3), torch.zeros_like(x), torch.tensor([1.0], device=x.device)]",
    "joined": "return torch.cat([x.new_ones(len(x), 1), x], dim=1)",
    "shapes that grow": "return [torch.arange(4, device=x.device), x[x > 1], torch.eye(3, device=x.device)]",
    "numbers": "return [x.sum().item(), float(x[1, 2]), int(x.argmax()), bool((x > 1).any()), x.tolist(), f'{x.sum():.1f}']",
    "a number of the CPU": "return x * torch.tensor(2.0)",
    "in place": "y = x.clone()\ny[0] = 7\ny[:, 1] += 1\ny.t_()\ny.unsqueeze_(0)\nreturn [y, x]",
    "views": "y = x.clone()\nrow = y[1]\nrow.zero_()\nreturn y",
    "indices of the CPU": "return x[torch.tensor([1, 0])]",
    "autograd": "w = torch.ones(3, device=x.device, requires_grad=True)\n((x @ w) ** 2).mean().backward()\nreturn w.grad",
    "a step by data": "w = torch.ones(3, device=x.device, requires_grad=True)\nloss = (w * w).sum()\nw.data -= 0.5\nloss.backward()\nreturn [w.detach(), w.grad]",
    "torch.func": "return torch.func.jacrev(lambda w: x @ w)(x[0])",
    "a module and its optimizer": """model = torch.nn.Linear(3, 1).to(x.device)
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
for _ in range(3):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(x), x[:, :1]).backward()
    optimizer.step()
return [copy.deepcopy(model).weight.detach(), model(x).detach()]""",
    "a DataLoader": "return [part for part, in DataLoader(TensorDataset(x), batch_size=1, shuffle=True, generator=torch.Generator().manual_seed(3))]",
    "a generator": "g = torch.Generator(device=x.device).manual_seed(3)\nreturn [torch.randn(3, generator=g, device=x.device), isinstance(torch.default_generator, torch.Generator)]",
    "NumPy after cpu()": "return x.cpu().numpy().tolist()",
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_code_that_stays_on_the_device_gives_what_the_cpu_gives(sandbox: Sandbox, name: str) -> None:
    here, there = outcome(sandbox, FOLLOWED[name], "cpu"), outcome(sandbox, FOLLOWED[name])
    assert (here.status, there.status) == ("returned", "returned"), there.error
    told = str(plain(there.value))
    assert told.replace(SIMULATED, "cpu") == str(plain(here.value))
    if "cpu" not in name and name != "numbers":
        assert SIMULATED in told


MISTAKES = {
    "joined with the CPU": ("return torch.cat([torch.ones(2, 1), x], dim=1)", "MixedDevicesError"),
    "multiplied with the CPU": ("return x * torch.ones(2, 3)", "MixedDevicesError"),
    "stacked with a number": ("return torch.stack([x.sum(), torch.tensor(0.0)])", "MixedDevicesError"),
    "indexed the other way": ("return torch.ones(3)[x[0].long()]", "MixedDevicesError"),
    "a model left behind": ("return torch.nn.Linear(3, 1)(x)", "MixedDevicesError"),
    "a generator of the CPU": (
        "return torch.randn(3, generator=torch.Generator(), device=x.device)",
        "MixedDevicesError",
    ),
    "a generator of the device": (
        "return torch.randperm(3, generator=torch.Generator(device=x.device))",
        "MixedDevicesError",
    ),
    "NumPy": ("return x.numpy()", "NotOnCpuError"),
    "NumPy by another name": ("import numpy\nreturn numpy.asarray(x).sum()", "NotOnCpuError"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_what_an_accelerator_refuses_is_refused(sandbox: Sandbox, name: str) -> None:
    body, kind = MISTAKES[name]
    found = outcome(sandbox, body)
    assert found.error is not None
    assert (found.error.type, found.error.line) == (kind, 6 + len(body.split("\n")))
    if "generator" not in name:
        assert outcome(sandbox, body, "cpu").status == "returned"


def test_the_device_is_gone_when_the_cpu_has_its_turn(sandbox: Sandbox) -> None:
    text = "import torch\n\n\ndef go(x):\n    return [torch.accelerator.is_available(), x.device.type, torch.Generator().device.type]\n"
    runs = tuple(Run("test_go.py", "test_go", 0, device) for device in ("cpu", SIMULATED, "cpu"))
    first, there, last = sandbox.run(Job(Source("exercises", "exercises.py", text), SUITE, runs, seed=0)).outcomes
    assert first.value == last.value == [False, "cpu", "cpu"]
    assert there.value == [True, SIMULATED, "cpu"]


# --- points


@pytest.fixture(scope="module")
def grading(small_lesson: Lesson, template: Template) -> Iterator[Grading]:
    """The small lesson on the CPU and on the simulated device."""
    with Grading(small_lesson, ("cpu", SIMULATED), 0, unsafe=False, template=template) as ready:
        ready.spare[0].start()
        yield ready


RIGHT = "import torch\n\n\ndef double(x):\n    return x + x\n\n\ndef average(x):\n    return x.sum() / x.numel()\n\n\n"
RIGHT += "def batch_sizes(n, size):\n    if min(n, size) < 1:\n        raise ValueError\n    return [min(size, n - i) for i in range(0, n, size)]\n"


def graded(grading: Grading, more: str = "") -> dict[str, ExerciseScore]:
    result = grading.run(Source("exercises", "exercises.py", RIGHT + more))
    return {scored.exercise.name: scored for scored in grading.scores(result)}


def told(scored: ExerciseScore, grading: Grading) -> str:
    return "\n".join(exercise_lines(scored, grading.signatures, "lesson_9_1"))


def test_right_code_has_full_points_in_the_lane(grading: Grading) -> None:
    found = graded(grading)
    assert [(s.points, s.max_points) for s in found.values()] == [(50, 50), (30, 30), (20, 20)]
    there = [verdict for verdict in found["double"].verdicts if verdict.device == SIMULATED]
    assert {verdict.verdict for verdict in there} == {"passed"}


def test_a_result_that_was_moved_to_the_cpu_costs_points_and_is_explained(grading: Grading) -> None:
    found = graded(grading, "\n\ndef double(x):\n    return (2 * x).cpu()\n")
    assert 0 < found["double"].points < 50
    assert {v.reason for v in found["double"].verdicts if v.verdict == "failed"} == {"device"}
    assert "A tensor came back on another device than that of the arguments." in told(found["double"], grading)
    assert found["average"].points == 20


def test_a_new_tensor_on_the_cpu_is_found_with_its_line(grading: Grading) -> None:
    found = graded(grading, "\n\ndef double(x):\n    return x * torch.full_like(x, 2, device='cpu')\n")
    line = RIGHT.count("\n") + 4
    words = told(found["double"], grading)
    assert f"It mixes a tensor on the CPU with what it was given, which lives on another device at line {line}" in words
    assert "torch.ones(3, device=x.device)" in words


def test_another_mistake_is_told_as_on_the_cpu(grading: Grading) -> None:
    found = graded(grading, "\n\ndef double(x):\n    return 3 * x\n")
    assert {verdict.reason for verdict in found["double"].verdicts} == {"mismatch"}
    assert found["double"].points == 0


def test_a_half_right_answer_has_the_same_share_with_and_without_the_lane(grading: Grading) -> None:
    found = graded(grading, "\n\ndef double(x):\n    return x * 2 if x.dim() == 1 else x * 3\n")["double"]
    here = [verdict for verdict in found.verdicts if verdict.device == "cpu"]
    weights = {True: 0.0, False: 0.0}
    for verdict in here:
        weights[verdict.verdict == "passed"] += verdict.placed.scenario.weight
    assert found.points == round(50 * weights[True] / sum(weights.values()), 2)
    assert 0 < found.points < 50


def test_what_only_the_lane_cannot_follow_costs_nothing(grading: Grading) -> None:
    found = graded(grading, "\n\ndef double(x):\n    assert type(x) is torch.Tensor\n    return 2 * x\n")["double"]
    assert found.points == 50
    assert {v.verdict for v in found.verdicts if v.device == SIMULATED} == {"not_run"}


def test_an_exercise_whose_docstring_names_no_device_loses_nothing(grading: Grading) -> None:
    there = {verdict.verdict for verdict in graded(grading)["batch_sizes"].verdicts if verdict.device == SIMULATED}
    assert there == {"not_run"}


def test_the_lane_alone_is_refused(small_lesson: Lesson) -> None:
    with pytest.raises(UserError, match=f"give it together with another: --device cpu,{SIMULATED}"):
        Grading(small_lesson, (SIMULATED,), 0, unsafe=False)


def test_the_command_grades_in_the_lane(command: Command, tmp_path: Path) -> None:
    (tmp_path / "in" / "somebody").mkdir(parents=True)
    text = RIGHT + "\n\ndef average(x):\n    return x.sum().cpu() / x.numel()\n"
    (tmp_path / "in" / "somebody" / "exercises.py").write_text(text, encoding="utf-8")
    places = ("lesson_9_1", tmp_path / "in", "--out", tmp_path / "out")
    done = command("autograder.cli", "grade", *places, "--device", f"cpu,{SIMULATED}", "--workers", "1", cwd=COURSE)
    assert done.returncode == 0, done.stderr
    assert "average 10/20" in " ".join(done.stdout.split())


# --- what a docstring promises

PROMISES = '''"""A module."""

def near(x, *, y):
    """Stay on x's device."""

class Far:
    """Anything."""

    def __init__(self, a):
        """Keep a."""

    def go(self, b):
        """Go, on any device."""
'''


def test_a_docstring_promises_a_device_by_naming_one() -> None:
    found = docstrings.read(PROMISES, ["near", "Far", "go"])
    assert {name: (one.owner, one.portable) for name, one in found.items()} == {
        "near": ("near", True),
        "Far": ("Far", True),
        "go": ("Far", True),
    }
    assert found["near"].arguments == ("x", "y")
    assert found["Far"].arguments == ("a", "b")
    silent = docstrings.read(PROMISES.replace(", on any device", ""), ["go"])["go"]
    assert not silent.portable
    assert not replace(found["near"], own="").portable


def test_a_long_message_is_told_in_one_line() -> None:
    error = RunError("UnpicklingError", "Exception", None, "Weights only load failed.\n" + "and more\n" * 50)
    assert device_check.said(Outcome(OutcomeStatus.RAISED, error=error)) == "UnpicklingError: Weights only load failed."
    error = RunError("ValueError", "ValueError", None, "x" * 500)
    assert len(device_check.said(Outcome(OutcomeStatus.RAISED, error=error))) == device_check.MAX_LENGTH + 1
