"""The reference of lesson 3.8 against PyTorch's own modules, published figures, and runs that are really killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from solutions.lesson_3_8.exercises import (
    CharModel,
    adam_memory_bytes,
    char_batch,
    compute_optimal,
    mfu,
    train_with_checkpoints,
    training_flops,
    transformer_parameters,
)

ROOT = Path(__file__).resolve().parents[2]
GPT2 = {"vocab": 50257, "d_model": 768, "layers": 12, "d_ff": 3072, "context": 1024, "tied": True}


def gpt(config: dict[str, Any], heads: int) -> nn.Module:
    """A transformer of PyTorch's own modules, without numbers in its tensors."""
    d = config["d_model"]
    with torch.device("meta"):
        layer = nn.TransformerEncoderLayer(d, heads, config["d_ff"], norm_first=True, batch_first=True)
        model = nn.ModuleDict(
            {
                "tokens": nn.Embedding(config["vocab"], d),
                "places": nn.Embedding(config["context"], d),
                "blocks": nn.TransformerEncoder(
                    layer, config["layers"], norm=nn.LayerNorm(d), enable_nested_tensor=False
                ),
                "head": nn.Linear(d, config["vocab"], bias=False),
            }
        )
    if config["tied"]:
        model["head"].weight = model["tokens"].weight
    return model


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize(
    ("vocab", "d", "layers", "d_ff", "context", "heads"), [(65, 32, 4, 128, 16, 4), (7, 6, 1, 10, 9, 1)]
)
def test_parameters_are_those_of_pytorchs_modules(
    vocab: int, d: int, layers: int, d_ff: int, context: int, heads: int, tied: bool
) -> None:
    config = {"vocab": vocab, "d_model": d, "layers": layers, "d_ff": d_ff, "context": context, "tied": tied}
    assert transformer_parameters(config) == sum(p.numel() for p in gpt(config, heads).parameters())


def test_gpt_2_small_has_as_many_as_published() -> None:
    assert transformer_parameters(GPT2) == sum(p.numel() for p in gpt(GPT2, 12).parameters()) == 124_439_808


def test_gpt_2_extra_large_and_gpt_3_have_as_many_as_published() -> None:
    extra_large = {"vocab": 50257, "d_model": 1600, "layers": 48, "d_ff": 6400, "context": 1024, "tied": True}
    assert transformer_parameters(extra_large) == 1_557_611_200
    gpt3 = {"vocab": 50257, "d_model": 12288, "layers": 96, "d_ff": 4 * 12288, "context": 2048, "tied": True}
    assert round(transformer_parameters(gpt3) / 1e9, 1) == 174.6


def test_six_operations_are_those_that_pytorch_counts() -> None:
    """In linear layers without biases, gradients of the inputs included, every parameter costs six per row."""
    model = nn.Sequential(nn.Linear(20, 30, bias=False), nn.ReLU(), nn.Linear(30, 10, bias=False))
    x = torch.randn(7, 20, requires_grad=True)
    counter = FlopCounterMode(display=False)
    with counter:
        model(x).sum().backward()
    assert training_flops(sum(p.numel() for p in model.parameters()), 7) == counter.get_total_flops()


def test_compute_optimal_is_chinchilla() -> None:
    """Hoffmann et al. 2022: 70 billion parameters and 1.4 trillion tokens, 6 N D = 5.88e23 operations."""
    assert compute_optimal(training_flops(70e9, 1.4e12)) == pytest.approx((70e9, 1.4e12), rel=1e-12)


def test_mfu_is_palms() -> None:
    """Chowdhery et al. 2022, appendix B: 540.35 billion parameters, 6,144 chips of 275 TFLOP/s, 238,300 tokens/s: 45.7 %."""
    assert round(100 * mfu(540.35e9, 238_300, 6144 * 275e12), 1) == 45.7


@pytest.mark.parametrize("mixed", [False, True])
def test_memory_is_what_adam_really_keeps(mixed: bool) -> None:
    model = nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 10)).to(torch.bfloat16 if mixed else None)
    weights = list(model.parameters())
    updated = [nn.Parameter(weight.detach().float()) for weight in weights] if mixed else weights
    optimizer = torch.optim.Adam(updated)
    model(torch.randn(4, 20, dtype=weights[0].dtype)).float().square().mean().backward()
    for master, weight in zip(updated, weights, strict=True):
        assert weight.grad is not None
        master.grad = weight.grad.float()
    optimizer.step()
    memory = {
        "weights": sum(weight.nbytes for weight in weights),
        "gradients": sum(weight.grad.nbytes for weight in weights if weight.grad is not None),
        "master": sum(master.nbytes for master in updated) if mixed else 0,
        "moments": sum(optimizer.state[each][name].nbytes for each in updated for name in ("exp_avg", "exp_avg_sq")),
    }
    assert adam_memory_bytes(sum(weight.numel() for weight in weights), mixed) == memory | {
        "total": sum(memory.values())
    }


def test_memory_is_that_of_the_zero_paper() -> None:
    """Rajbhandari et al. 2020: 16 bytes a parameter with mixed precision, 24 GB for 1.5 billion."""
    assert adam_memory_bytes(1_500_000_000, True)["total"] == 24_000_000_000


@pytest.mark.parametrize(("n", "context"), [(50, 7), (9, 1), (6, 5)])
def test_batches_are_rows_of_unfold(n: int, context: int) -> None:
    gen = torch.Generator().manual_seed(4)
    data = torch.randint(1000, (n,), generator=gen)
    windows = {tuple(row) for row in data.unfold(0, context + 1, 1).tolist()}
    drawn = set()
    for _ in range(40):
        x, y = char_batch(data, context, 16, gen)
        drawn |= {(*row, int(last)) for row, last in zip(x.tolist(), y[:, -1], strict=True)}
        assert torch.equal(x[:, 1:], y[:, :-1])
    assert drawn == windows


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-6), (torch.float32, 1e-4)])
def test_the_model_is_pytorchs_attention_along_a_training(dtype: torch.dtype, bound: float) -> None:
    """One head of `nn.MultiheadAttention`, its output layer the identity, gives the same logits and the same updates."""
    torch.manual_seed(6)
    ours = CharModel(5, 8, 6).to(dtype)
    attention = nn.MultiheadAttention(8, 1, batch_first=True).to(dtype)
    parts = (ours.query, ours.key, ours.value)
    with torch.no_grad():
        attention.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        attention.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
        attention.out_proj.weight.copy_(torch.eye(8))
        attention.out_proj.bias.zero_()
    attention.out_proj.requires_grad_(False)
    characters, places, head = nn.Embedding(5, 8), nn.Embedding(6, 8), nn.Linear(8, 5)
    for mine, other in ((characters, ours.characters), (places, ours.places), (head, ours.head)):
        mine.to(dtype).load_state_dict(other.state_dict())
    theirs = nn.ModuleList([characters, places, attention, head])
    optimizers = [
        torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1) for model in (ours, theirs)
    ]
    ids = torch.randint(5, (4, 7), generator=torch.Generator().manual_seed(1))
    for step in range(12):
        length = 6 if step % 2 else 4
        x, y = ids[:, :length], ids[:, 1 : length + 1]
        h = characters(x) + places(torch.arange(length))
        mask = torch.ones(length, length, dtype=torch.bool).triu(1)
        seen, _ = attention(h, h, h, attn_mask=mask)
        for optimizer, logits in zip(optimizers, (ours(x), wanted := head(h + seen)), strict=True):
            torch.testing.assert_close(logits, wanted, rtol=bound, atol=bound)
            optimizer.zero_grad()
            nn.functional.cross_entropy(logits.flatten(0, 1), y.flatten()).backward()
            optimizer.step()


# --- a run that is really killed

CONFIG = {"dim": 8, "context": 6, "batch_size": 4, "lr": 0.02, "seed": 11}
STEPS, EVERY = 13, 3
PROCESS = f"""
import os, pathlib, signal, sys, torch
from torch.optim.optimizer import register_optimizer_step_post_hook
from solutions.lesson_3_8.exercises import train_with_checkpoints

torch.set_num_threads(1)
path, how, when = sys.argv[1], sys.argv[2], int(sys.argv[3])
save, updates, saves = torch.save, [], []

def torn(state, file):
    saves.append(1)
    if len(saves) < when:
        return save(state, file)
    save(state, file)
    content = pathlib.Path(file).read_bytes()
    pathlib.Path(file).write_bytes(content[: len(content) // 2])
    os._exit(9)

def struck(*_):
    updates.append(1)
    if len(updates) == when:
        os.kill(os.getpid(), signal.SIGKILL)

if how == "while saving":
    torch.save = torn
else:
    register_optimizer_step_post_hook(struck)
torch.rand(int(when))
train_with_checkpoints(torch.arange(70) ** 2 % 11 % 5, {CONFIG}, {STEPS}, path, {EVERY})
print("was not killed")
"""


def killed(path: Path, how: str, when: int) -> int:
    """Train in a process of its own, which dies on the way; return its exit status."""
    return subprocess.run(  # our own program
        [sys.executable, "-c", PROCESS, str(path), how, str(when)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        check=False,
        timeout=240,
    ).returncode


def same(a: Any, b: Any) -> bool:
    """Tell whether two checkpoints are equal, bit for bit."""
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def test_a_run_that_is_killed_twice_ends_where_the_undisturbed_one_does(tmp_path: Path) -> None:
    """Killed while its second checkpoint is half written, then by SIGKILL between two checkpoints, then let through."""
    data = torch.arange(70) ** 2 % 11 % 5
    history = train_with_checkpoints(data, CONFIG, STEPS, tmp_path / "whole.pt", EVERY)
    path = tmp_path / "run.pt"
    assert killed(path, "while saving", 2) == 9
    assert torch.load(path)["history"] == history[:3]
    assert killed(path, "between", 5) == -signal.SIGKILL
    assert torch.load(path)["history"] == history[:6]
    assert train_with_checkpoints(data, CONFIG, STEPS, path, EVERY) == history
    whole, run = torch.load(tmp_path / "whole.pt"), torch.load(path)
    assert len(history) == STEPS
    assert set(run) == {"model", "optimizer", "generator", "history"}
    assert same(run, whole)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["run.pt", "whole.pt"]
