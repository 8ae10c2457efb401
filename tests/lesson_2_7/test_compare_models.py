"""Hidden scenarios of `compare_models`. Splits, starts and settings are open: what must hold is checked."""

import pytest
import torch
from sklearn.datasets import make_moons

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
    """Return a mask of the test rows."""
    mask = torch.zeros(n, dtype=torch.bool, device=index.device)
    mask[index] = True
    return mask


def sizes(model):
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


@pytest.mark.exercise("compare_models")
@pytest.mark.weight(3)
@pytest.mark.check("a_fair_comparison_of_moons")
@pytest.mark.parametrize("scaled", [False, True])
def test_moons(lesson, device, rng, scaled):
    """400 moons at any scale: the network beats the line, both with the same number of epochs, and the numbers are true."""
    X, y = moons(rng, device)
    if scaled:
        X = X * torch.tensor([300.0, 0.002], device=device) + torch.tensor([1000.0, 0.01], device=device)
    result = lesson.compare_models(X, y, 0 if scaled else whole_number(rng))
    tested = tested_part(result["test_index"], len(X))
    found = {"D": X.shape[1]}
    for name in MODELS:
        report, model = result[name], result[name]["model"]
        found[name] = {
            "parameters": report["parameters"],
            "counted": sizes(model),
            "history": [float(loss) for loss in report["history"]],
            "reported": [float(report["train_error"]), float(report["test_error"])],
            "measured": [errors(model, X[~tested], y[~tested]), errors(model, X[tested], y[tested])],
            "by its own error_rate": [own(lesson, model, X[part], y[part]) for part in (~tested, tested)],
            "error": errors(model, X, y),
            "bow": bow(model, X),
        }
    return found


@pytest.mark.exercise("compare_models")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("n", "d", "dtype"), [(22, 3, torch.float64), (8, 2, torch.float32)])
def test_what_comes_back(lesson, device, rng, n, d, dtype):
    """The keys, N//4 different test rows, and logits of raw rows in a column, in X's dtype; the data stay."""
    X, y = some_rows(rng, device, n, d, dtype)
    before = X.clone(), y.clone()
    result = lesson.compare_models(X, y, whole_number(rng))
    index = result["test_index"]
    return {
        "keys": sorted(result),
        "test_index": torch.zeros_like(index),
        "different": len(set(index.tolist())),
        "possible": bool(((index >= 0) & (index < n)).all()),
        "reports": [sorted(key for key in result[name] if key in KEYS) for name in MODELS],
        "logits": [torch.zeros_like(says(result[name]["model"], X[:5])) for name in MODELS],
        "types": [
            [isinstance(report["parameters"], int), *(isinstance(report[key], float) for key in KEYS[3:])]
            for report in (result[name] for name in MODELS)
        ],
        "histories": [
            isinstance(result[name]["history"], list)
            and all(isinstance(loss, float) for loss in result[name]["history"])
            for name in MODELS
        ],
        "kept": torch.equal(X, before[0]) and torch.equal(y, before[1]),
    }


@pytest.mark.exercise("compare_models")
@pytest.mark.weight(2)
def test_the_seed_decides(lesson, device, rng):
    """The same seed gives the same rows, models and numbers, whatever the global state; another gives other test rows."""
    X, y = some_rows(rng, device, 40, 2)
    seed, world = whole_number(rng), whole_number(rng)
    torch.manual_seed(world)
    first = lesson.compare_models(X, y, seed)
    torch.manual_seed(world + 1)
    again = lesson.compare_models(X, y, seed)
    other = lesson.compare_models(X, y, seed + 1)
    return {
        "rows": sorted(first["test_index"].tolist()) == sorted(again["test_index"].tolist()),
        "models": [_same(first[name]["model"], again[name]["model"], X) for name in MODELS],
        "histories": [list(first[name]["history"]) == list(again[name]["history"]) for name in MODELS],
        "errors": [first[name]["test_error"] == again[name]["test_error"] for name in MODELS],
        "other rows": sorted(first["test_index"].tolist()) != sorted(other["test_index"].tolist()),
    }


def _same(model, other, X):
    return bool(torch.allclose(says(model, X), says(other, X), rtol=1e-4, atol=1e-5))


@pytest.mark.exercise("compare_models")
@pytest.mark.weight(2)
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
    return {
        "rows": sorted(first["test_index"].tolist()) == sorted(second["test_index"].tolist()),
        "models": [_same(first[name]["model"], second[name]["model"], X) for name in MODELS],
        "histories": [
            torch.allclose(torch.tensor(first[name]["history"]), torch.tensor(second[name]["history"]), atol=1e-5)
            for name in MODELS
        ],
        "train errors": [abs(first[name]["train_error"] - second[name]["train_error"]) < 1e-6 for name in MODELS],
    }


@pytest.mark.exercise("compare_models")
@pytest.mark.check("rows_at_random")
def test_test_rows_are_drawn_at_random(lesson, device, rng):
    """Over several seeds the test rows come from all over the table."""
    X, y = some_rows(rng, device, 24, 2)
    return [sorted(lesson.compare_models(X, y, whole_number(rng))["test_index"].tolist()) for _ in range(5)]
