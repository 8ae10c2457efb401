"""Hidden scenarios of `ablation`. Splits, starts and settings are open: what must hold is checked."""

from itertools import pairwise

import pytest
import torch
from sklearn.datasets import make_moons

VARIANTS = ("full", "no_activation", "no_batching", "no_regularization")


def whole_number(rng):
    return int(torch.randint(0, 10_000, (1,), generator=rng))


def moons(rng, device, dtype=torch.float32):
    points, classes = make_moons(400, noise=0.1, random_state=whole_number(rng))
    return torch.tensor(points).to(device, dtype), torch.tensor(classes).unsqueeze(1).to(device, dtype)


def some_rows(rng, device, n, d, dtype=torch.float64):
    """Rows of different scales whose classes a line through them mostly tells apart."""
    scale = torch.linspace(1.0, 20.0, d)
    X = torch.randn(n, d, generator=rng) * scale + 5
    y = (((X - 5) / scale).sum(dim=1, keepdim=True) > 0).float()
    return X.to(device, dtype), y.to(device, dtype)


def says(model, X):
    model.eval()
    with torch.no_grad():
        return model(X)


def errors(model, X, y):
    return float(((says(model, X) > 0) != (y == 1)).double().mean())


def own(lesson, model, X, y):
    """What the submission's own `error_rate` says, which is another exercise's matter; nan if it says nothing."""
    try:
        return float(lesson.error_rate(model, X, y))
    except Exception:
        return float("nan")


def bow(model, X):
    """How far the model is from a straight line between pairs of rows, in parts of its range."""
    half = len(X) // 2
    a, b = X[:half], X[half : 2 * half]
    middle = (says(model, a) + says(model, b)) / 2
    logits = says(model, X)
    return float((says(model, (a + b) / 2) - middle).abs().max() / (logits.max() - logits.min()).clamp(min=1e-9))


def tested_part(index, n):
    mask = torch.zeros(n, dtype=torch.bool, device=index.device)
    mask[index] = True
    return mask


def squared_weights(model):
    return float(sum(p.detach().square().sum() for p in model.parameters() if p.dim() == 2))


def starts(result):
    return {name: torch.cat([part.detach().flatten() for part in result[name]["start"]]) for name in VARIANTS}


def ends(result):
    return {name: torch.cat([p.detach().flatten() for p in result[name]["model"].parameters()]) for name in VARIANTS}


@pytest.mark.exercise("ablation")
@pytest.mark.weight(3)
@pytest.mark.check("one_part_out_at_a_time")
@pytest.mark.parametrize("scaled", [False, True])
def test_moons(lesson, device, rng, scaled):
    """400 moons at any scale: each variant lacks its own part and no other, and the numbers are true."""
    X, y = moons(rng, device)
    if scaled:
        X = X * torch.tensor([0.01, 50.0], device=device) + torch.tensor([0.0, 400.0], device=device)
    result = lesson.ablation(X, y, whole_number(rng))
    tested = tested_part(result["test_index"], len(X))
    found = {}
    for name in VARIANTS:
        report, model = result[name], result[name]["model"]
        found[name] = {
            "updates": report["updates"],
            "reported": [float(report["train_error"]), float(report["test_error"])],
            "measured": [errors(model, X[~tested], y[~tested]), errors(model, X[tested], y[tested])],
            "by its own error_rate": [own(lesson, model, X[part], y[part]) for part in (~tested, tested)],
            "error": errors(model, X, y),
            "bow": bow(model, X),
            "squared weights": None if scaled else squared_weights(model),
        }
    return found


@pytest.mark.exercise("ablation")
@pytest.mark.weight(2)
def test_equal_starts(lesson, device, rng):
    """All four have the same start, kept as a copy, in the order of their parameters, and training has moved on from it."""
    X, y = some_rows(rng, device, 24, 3)
    result = lesson.ablation(X, y, whole_number(rng))
    start, end = starts(result), ends(result)
    return {
        "lists": [isinstance(result[name]["start"], list) for name in VARIANTS],
        "equal": [torch.equal(start["full"], start[name]) for name in VARIANTS],
        "shapes": [
            [
                part.shape == p.shape
                for part, p in zip(result[name]["start"], result[name]["model"].parameters(), strict=True)
            ]
            for name in VARIANTS
        ],
        "moved": [bool((start[name] - end[name]).abs().max() > 1e-4) for name in VARIANTS],
        "random": bool(start["full"].std() > 1e-3),
        "goes on": [torch.equal(start[later], end[name]) for name, later in pairwise(VARIANTS)],
    }


@pytest.mark.exercise("ablation")
@pytest.mark.parametrize(("n", "d", "dtype"), [(22, 3, torch.float64), (8, 2, torch.float32)])
def test_what_comes_back(lesson, device, rng, n, d, dtype):
    """The keys, N//4 different test rows, and logits of raw rows in a column, in X's dtype; the data stay."""
    X, y = some_rows(rng, device, n, d, dtype)
    before = X.clone(), y.clone()
    result = lesson.ablation(X, y, whole_number(rng))
    index = result["test_index"]
    keys = ("model", "start", "test_error", "train_error", "updates")
    return {
        "keys": sorted(result),
        "test_index": torch.zeros_like(index),
        "different": len(set(index.tolist())),
        "possible": bool(((index >= 0) & (index < n)).all()),
        "reports": [sorted(key for key in result[name] if key in keys) for name in VARIANTS],
        "logits": [torch.zeros_like(says(result[name]["model"], X[:5])) for name in VARIANTS],
        "types": [
            [
                isinstance(report["updates"], int),
                isinstance(report["train_error"], float),
                isinstance(report["test_error"], float),
            ]
            for report in (result[name] for name in VARIANTS)
        ],
        "kept": torch.equal(X, before[0]) and torch.equal(y, before[1]),
    }


@pytest.mark.exercise("ablation")
@pytest.mark.weight(2)
def test_the_seed_decides(lesson, device, rng):
    """The same seed gives the same again, whatever the global state; another gives other test rows and another start."""
    X, y = some_rows(rng, device, 40, 2)
    seed, world = whole_number(rng), whole_number(rng)
    torch.manual_seed(world)
    first = lesson.ablation(X, y, seed)
    torch.manual_seed(world + 1)
    again = lesson.ablation(X, y, seed)
    other = lesson.ablation(X, y, seed + 1)
    return {
        "rows": sorted(first["test_index"].tolist()) == sorted(again["test_index"].tolist()),
        "models": [_same(first[name]["model"], again[name]["model"], X) for name in VARIANTS],
        "starts": [torch.equal(starts(first)[name], starts(again)[name]) for name in VARIANTS],
        "other rows": sorted(first["test_index"].tolist()) != sorted(other["test_index"].tolist()),
        "other start": not torch.equal(starts(first)["full"], starts(other)["full"]),
    }


def _same(model, other, X):
    return bool(torch.allclose(says(model, X), says(other, X), rtol=1e-4, atol=1e-5))


@pytest.mark.exercise("ablation")
@pytest.mark.weight(2)
@pytest.mark.parametrize("changed", ["rows", "classes"])
def test_test_rows_have_no_influence(lesson, device, rng, changed):
    """Other numbers, or other classes, in the test rows leave all four models as they were."""
    X, y = some_rows(rng, device, 40, 2)
    seed = whole_number(rng)
    first = lesson.ablation(X, y, seed)
    tested = tested_part(first["test_index"], len(X))
    other_X = torch.where(tested.unsqueeze(1), 3 * X + 40, X) if changed == "rows" else X
    other_y = torch.where(tested.unsqueeze(1), 1 - y, y) if changed == "classes" else y
    second = lesson.ablation(other_X, other_y, seed)
    return [_same(first[name]["model"], second[name]["model"], X) for name in VARIANTS]
