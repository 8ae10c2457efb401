"""Off-limits names: found in the syntax tree however they were imported, and trapped while code runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from autograder.worker.off_limits import OffLimits, in_source, trapped

NAMES = {"mine": ["torch.mean", "torch.Tensor.mean", "torch.nn.functional.mse_loss"]}

USES = {
    "plain": "import torch\ndef mine(x):\n    return torch.mean(x)\n",
    "renamed": "import torch as t\ndef mine(x):\n    return t.mean(x)\n",
    "from": "from torch import mean as average\ndef mine(x):\n    return average(x)\n",
    "module": "import torch.nn.functional as F\ndef mine(x):\n    return F.mse_loss(x, x)\n",
    "inside": "def mine(x):\n    from torch.nn import functional\n    return functional.mse_loss(x, x)\n",
    "method": "def mine(x):\n    return (x * x).mean()\n",
    "helper": "import torch\ndef helper(x):\n    return torch.mean(x)\ndef mine(x):\n    return helper(x)\n",
    "given on": "import torch\ndef mine(x, f=torch.mean):\n    return f(x)\n",
    "alias": "import torch\nF = torch.nn.functional\ndef mine(x):\n    return F.mse_loss(x, x)\n",
    "table": "import torch\nTABLE = {'m': torch.mean}\ndef mine(x):\n    return TABLE['m'](x)\n",
    "filled later": "import torch\nTABLE = {}\nTABLE.update(m=torch.mean)\ndef mine(x):\n    return TABLE['m'](x)\n",
    "below a condition": "import torch\nif True:\n    def mine(x):\n        return torch.mean(x)\n",
    "method of a class": "import torch\nclass Model:\n    def mine(self, x):\n        return self.help(x)\n    def help(self, x):\n        return torch.mean(x)\n",
    "lambda": "import torch\nmine = lambda x: torch.mean(x)\n",
    "class": "import torch\nclass mine:\n    def f(self, x):\n        return torch.mean(x)\n",
}

FREE = {
    "another function": "import torch\ndef other(x):\n    return torch.mean(x)\ndef mine(x):\n    return x.sum()\n",
    "a comment": "def mine(x):\n    # torch.mean(x) would do\n    return x.sum()\n",
    "a variable that hides a function": "import torch\ndef loss(x):\n    return torch.mean(x)\ndef mine(x):\n    loss = x.sum()\n    return loss\n",
    "a name of its own": "def mine(x):\n    mean = x.sum() / x.numel()\n    return mean\n",
    "another module's": "import statistics\ndef mine(x):\n    return statistics.mean(x)\n",
}


@pytest.mark.parametrize("name", USES)
def test_a_use_is_found(name: str) -> None:
    assert in_source(USES[name], NAMES)["mine"]


@pytest.mark.parametrize("name", FREE)
def test_what_is_no_use_is_left_alone(name: str) -> None:
    assert in_source(FREE[name], NAMES)["mine"] == []


def test_text_that_does_not_parse_has_no_findings() -> None:
    assert in_source("def mine(:\n", NAMES) == {}


def test_the_trap_notes_and_raises_and_goes_away() -> None:
    used: list[str] = []
    with trapped("mine", NAMES, "exercises.py", used), pytest.raises(OffLimits, match=r"torch\.mean"):
        torch.mean(torch.ones(2))
    with trapped("mine", NAMES, "exercises.py", used), pytest.raises(OffLimits):
        torch.ones(2).mean()
    assert used == ["torch.mean", "torch.Tensor.mean"]
    assert torch.ones(2).mean() == torch.mean(torch.ones(2))
    assert "mean" not in vars(torch.Tensor)


BOTH = {"mine": ["torch.mean"], "other": ["torch.mean"]}
CALLS_OTHER = "import torch\ndef other(x):\n    return torch.mean(x)\ndef mine(x):\n    return other(x)\n"


def test_what_another_exercise_may_not_use_is_charged_to_that_one_alone() -> None:
    assert in_source(CALLS_OTHER, BOTH) == {"mine": [], "other": ["torch.mean"]}
    assert in_source(CALLS_OTHER, {"mine": ["torch.mean"], "other": ["torch.sum"]})["mine"] == ["torch.mean"]
    space: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {}
    exec(compile(CALLS_OTHER, "exercises.py", "exec"), space)
    used: list[str] = []
    with trapped("mine", BOTH, "exercises.py", used):
        assert space["mine"](torch.ones(2)) == 1
    with trapped("other", BOTH, "exercises.py", used), pytest.raises(OffLimits):
        space["other"](torch.ones(2))
    assert used == ["torch.mean"]
