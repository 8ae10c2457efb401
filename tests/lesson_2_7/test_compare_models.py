"""Hidden scenarios of `compare_models`. Splits, starts and settings are open: what must hold is checked."""

import pytest
import torch
from sklearn.datasets import make_moons

from autograder.worker import probes

MODELS = ("linear", "network")
KEYS = ("history", "model", "parameters", "test_error", "train_error")


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


def own(lesson, model, X, y):
    """What the submission's own `error_rate` says, which is another exercise's matter; nan if it says nothing."""
    try:
        return float(lesson.error_rate(model, X, y))
    except Exception:
        return float("nan")


def middles(X):
    """Return the rows halfway between a row of the first half and one of the second."""
    half = len(X) // 2
    return (X[:half] + X[half : 2 * half]) / 2


def tested_part(index, n):
    """Return a mask of the test rows."""
    mask = torch.zeros(n, dtype=torch.bool, device=index.device)
    mask[index] = True
    return mask


def sizes(model):
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


@pytest.mark.exercise("compare_models")
@pytest.mark.weight(2)
@pytest.mark.check("a_fair_comparison_of_moons")
@pytest.mark.parametrize("scaled", [False, True])
def test_moons(lesson, device, rng, scaled):
    """400 moons at any scale: the network beats the line, both with the same number of epochs, and the numbers are true."""
    X, y = moons(rng, device)
    if scaled:
        X = X * torch.tensor([300.0, 0.002], device=device) + torch.tensor([1000.0, 0.01], device=device)
    result = lesson.compare_models(X, y, 0 if scaled else whole_number(rng))
    index = result["test_index"]
    tested = tested_part(index, len(X))
    found = {"X": X, "y": y, "test_index": index}
    for name in MODELS:
        report, model = result[name], result[name]["model"]
        found[name] = {
            "parameters": report["parameters"],
            "trainable numbers": sizes(model),
            "history": report["history"],
            "train_error": report["train_error"],
            "test_error": report["test_error"],
            "by its own error_rate": [own(lesson, model, X[part], y[part]) for part in (~tested, tested)],
            "logits": says(model, X),
            "logits halfway between rows": says(model, middles(X)),
        }
    return found


@pytest.mark.exercise("compare_models")
@pytest.mark.weight(2)
@pytest.mark.check("what_a_comparison_brings")
@pytest.mark.parametrize(("n", "d", "dtype"), [(22, 3, torch.float64), (8, 2, torch.float32)])
def test_what_comes_back(lesson, device, rng, n, d, dtype):
    """The keys, N//4 different test rows, and logits of raw rows in a column, in X's dtype; the data stay."""
    X, y = some_rows(rng, device, n, d, dtype)
    result, kept = probes.unchanged(lambda: lesson.compare_models(X, y, whole_number(rng)), X=X, y=y)
    reports = {}
    for name in MODELS:
        told = {key: result[name].get(key) for key in KEYS if key != "model"}
        reports[name] = {**told, "logits": says(result[name]["model"], X[:5])}
    return {"keys": sorted(result), "test_index": result["test_index"], **reports, **kept}


def told(result, X):
    """Return the test rows in order and, for each model, its logits on all rows and its numbers."""
    reports = {
        name: {
            "logits": says(result[name]["model"], X),
            "history": result[name]["history"],
            "train_error": result[name]["train_error"],
            "test_error": result[name]["test_error"],
        }
        for name in MODELS
    }
    return {"test rows": sorted(result["test_index"].tolist()), **reports}


@pytest.mark.exercise("compare_models")
@pytest.mark.weight(2)
@pytest.mark.check("the_seed_decides")
def test_the_seed_decides(lesson, device, rng):
    """The same seed gives the same rows, models and numbers, whatever the global state; another gives other test rows."""
    X, y = some_rows(rng, device, 40, 2)
    seed, world = whole_number(rng), whole_number(rng)
    torch.manual_seed(world)
    first = lesson.compare_models(X, y, seed)
    torch.manual_seed(world + 1)
    again = lesson.compare_models(X, y, seed)
    other = lesson.compare_models(X, y, seed + 1)
    return {"y": y, "first": told(first, X), "again": told(again, X), "another seed": told(other, X)}


@pytest.mark.exercise("compare_models")
@pytest.mark.weight(4)
@pytest.mark.check("what_stands_in_the_test_rows")
@pytest.mark.parametrize("changed", ["rows", "classes"])
def test_test_rows_have_no_influence(lesson, device, rng, changed):
    """Other numbers, or other classes, in the test rows leave both models and both histories as they were."""
    X, y = some_rows(rng, device, 40, 2)
    seed = whole_number(rng)
    first = lesson.compare_models(X, y, seed)
    tested = tested_part(first["test_index"], len(X))
    other_X = torch.where(tested.unsqueeze(1), 3 * X + 40, X) if changed == "rows" else X
    other_y = torch.where(tested.unsqueeze(1), 1 - y, y) if changed == "classes" else y
    second = lesson.compare_models(other_X, other_y, seed)
    return {"y": y, "first": told(first, X), "with other test rows": told(second, X)}


@pytest.mark.exercise("compare_models")
@pytest.mark.check("rows_at_random")
def test_test_rows_are_drawn_at_random(lesson, device, rng):
    """Over several seeds the test rows come from all over the table."""
    X, y = some_rows(rng, device, 24, 2)
    drawn = [lesson.compare_models(X, y, whole_number(rng))["test_index"] for _ in range(5)]
    return {f"test rows of seed {number}": index for number, index in enumerate(drawn, start=1)}
