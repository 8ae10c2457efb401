"""Hidden scenarios of `history`.

The losses are set beside the submission's own steps, so that a wrong step costs nothing here: `w` and `b` after k epochs are
those of its own fit with k epochs, and those after the first batch are those of its own fit to that batch.
"""

from itertools import combinations

import pytest
import torch


def _model(lesson, **settings):
    model = lesson.LinearRegression(**settings)
    if hasattr(model, "__dict__"):  # a wrong `predict` is another exercise's matter
        model.predict = lambda X: X @ model.w + model.b
    return model


def _problem(rng, device, n_samples, n_features, dtype=torch.float32):
    """As for `fit`; and the targets are all far apart, so that no mean of some is the mean of all."""
    X = torch.rand(n_samples, n_features, generator=rng) + 0.5
    X = X * (1 - 2 * torch.randint(0, 2, X.shape, generator=rng))
    y = torch.randperm(n_samples, generator=rng) + 1 + 0.3 * torch.rand(n_samples, generator=rng)
    return tuple(values.to(device=device, dtype=dtype) for values in (X, y))


def _numbers(history):
    return [float(loss) for loss in history]


def _parameters(model):
    return {"w": model.w.detach(), "b": model.b.detach()}


@pytest.mark.exercise("history")
@pytest.mark.weight(2)
@pytest.mark.check("loss_before_each_step")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_each_loss_is_taken_before_its_step(lesson, device, rng, dtype):
    """With all rows in one batch, each entry is the loss of the w and b that its epoch starts from."""
    X, y = _problem(rng, device, 6, 2, dtype)
    model = _model(lesson, lr=0.05, epochs=4, batch_size=6)
    model.fit(X, y)
    history = _numbers(model.history)
    places = []
    for epochs in range(4):
        shorter = _model(lesson, lr=0.05, epochs=epochs, batch_size=6)
        shorter.fit(X, y)
        places.append(_parameters(shorter))
    return {"history": history, "places": places, "X": X, "y": y}


@pytest.mark.exercise("history")
@pytest.mark.weight(2)
@pytest.mark.check("mean_over_the_samples")
@pytest.mark.parametrize(("n_samples", "batch_size"), [(7, 3), (7, 6), (5, 1), (6, 2), (1, 4)])
def test_every_sample_counts_the_same(lesson, device, rng, n_samples, batch_size):
    """With a learning rate of 0 nothing moves, so each epoch's loss is the mean over all rows, whatever the batches are."""
    X, y = _problem(rng, device, n_samples, 2, torch.float64)
    model = _model(lesson, lr=0.0, epochs=3, batch_size=batch_size)
    model.fit(X, y)
    return {"history": _numbers(model.history)}


@pytest.mark.exercise("history")
@pytest.mark.weight(3)
@pytest.mark.check("losses_while_the_epoch_runs")
@pytest.mark.parametrize(("n_samples", "batch_size"), [(5, 3), (4, 2)])
def test_losses_are_taken_while_the_epoch_runs(lesson, device, rng, n_samples, batch_size):
    """In an epoch of two batches, the first one's loss belongs to the start, and the second one's to the first update."""
    X, y = _problem(rng, device, n_samples, 2, torch.float64)
    firsts = []  # every possible first batch, and where an update with it leads
    for rows in combinations(range(n_samples), batch_size):
        alone = _model(lesson, lr=0.07, epochs=1, batch_size=batch_size)
        alone.fit(X[list(rows)], y[list(rows)])
        firsts.append({"rows": list(rows), **_parameters(alone)})
    history = []
    for seed in torch.randperm(10_000, generator=rng)[:4].tolist():
        model = _model(lesson, lr=0.07, epochs=1, batch_size=batch_size, seed=seed)
        model.fit(X, y)
        history.append(_numbers(model.history))
    return {"history": history, "firsts": firsts, "X": X, "y": y}


@pytest.mark.exercise("history")
def test_only_the_last_fit_counts(lesson, device, rng):
    """A second fit starts with an empty history; reading it twice changes nothing."""
    X, y = _problem(rng, device, 6, 2, torch.float64)
    model = _model(lesson, lr=0.0, epochs=3, batch_size=6)
    model.fit(X, y)
    first = _numbers(model.history)
    model.fit(X[:4], 2 * y[:4] - 9)
    return {
        "history of the first fit": first,
        "history of the second fit": _numbers(model.history),
        "the same, read again": _numbers(model.history),
    }


@pytest.mark.exercise("history")
def test_nothing_learned_is_an_empty_history(lesson, device, rng):
    """Before the first fit, and after one with 0 epochs, the history is empty."""
    X, y = _problem(rng, device, 4, 2)
    model = _model(lesson, epochs=0)
    before = _numbers(model.history)
    model.fit(X, y)
    lasting = _model(lesson, epochs=2, lr=0.0)
    lasting.fit(X[:1], y[:1])
    return {
        "history before the first fit": before,
        "history after 0 epochs": _numbers(model.history),
        "history after 2 epochs with one row": _numbers(lasting.history),
    }
