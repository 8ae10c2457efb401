"""Hidden scenarios of `fit`. Where the order of the rows matters, the check tries all the orders that are possible."""

import pytest
import torch

from autograder.worker import probes


def _model(lesson, **settings):
    model = lesson.LinearRegression(**settings)
    if hasattr(model, "__dict__"):  # a wrong `predict` is another exercise's matter
        model.predict = lambda X: X @ model.w + model.b
    return model


def _problem(rng, device, n_samples, n_features, dtype=torch.float32):
    """Features of either sign between 0.5 and 1.5 in size, so that no step overshoots; targets far from the start."""
    X = torch.rand(n_samples, n_features, generator=rng) + 0.5
    X = X * (1 - 2 * torch.randint(0, 2, X.shape, generator=rng))
    y = 4 * torch.rand(n_samples, generator=rng) + 2.0
    return tuple(values.to(device=device, dtype=dtype) for values in (X, y))


def _found(model):
    return {"w": model.w.detach(), "b": model.b.detach()}


def _seeds(rng, count):
    return [int(seed) for seed in torch.randperm(10_000, generator=rng)[:count]]


@pytest.mark.exercise("fit")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_batch_of_all_rows(lesson, device, rng, dtype):
    """With a batch size of N or more every epoch is one step with all rows; dtype, device and arguments stay."""
    X, y = _problem(rng, device, 6, 3, dtype)
    model = _model(lesson, lr=0.08, epochs=7, batch_size=6, seed=3)
    _, kept = probes.unchanged(lambda: model.fit(X, y), X=X, y=y)
    wide = _model(lesson, lr=0.02, epochs=3, batch_size=50, seed=4)
    wide.fit(X, y)
    return {"batch_size of N": _found(model), "batch_size of more than N": _found(wide), **kept}


@pytest.mark.exercise("fit")
@pytest.mark.parametrize(("n_samples", "n_features"), [(4, 4), (1, 3), (1, 1), (8, 1), (2, 6)])
def test_other_sizes(lesson, device, rng, n_samples, n_features):
    """N may be D, and either may be 1."""
    X, y = _problem(rng, device, n_samples, n_features, torch.float64)
    model = _model(lesson, lr=0.05, epochs=3)
    model.fit(X, y)
    return _found(model)


@pytest.mark.exercise("fit")
def test_default_settings(lesson, device, rng):
    """A learning rate of 0.1 and 100 epochs, unless told otherwise."""
    X, y = _problem(rng, device, 9, 2, torch.float64)
    model = _model(lesson)
    model.fit(X / 2, y)
    return _found(model)


@pytest.mark.exercise("fit")
@pytest.mark.weight(2)
@pytest.mark.check("one_update_a_batch")
@pytest.mark.parametrize(
    ("n_samples", "batch_size", "dtype"),
    [(5, 2, torch.float64), (5, 3, torch.float32), (4, 1, torch.float64), (6, 3, torch.float64)],
)
def test_every_batch_makes_an_update(lesson, device, rng, n_samples, batch_size, dtype):
    """One update a batch from what the one before left, averaged over the batch's own rows, the smaller last one kept."""
    X, y = _problem(rng, device, n_samples, 2, dtype)
    found = []
    for seed in _seeds(rng, 3):
        model = _model(lesson, lr=0.1, epochs=1, batch_size=batch_size, seed=seed)
        model.fit(X, y)
        found.append(_found(model))
    return {"found": found, "X": X, "y": y, "lr": 0.1, "epochs": 1, "batch_size": batch_size}


@pytest.mark.exercise("fit")
@pytest.mark.weight(2)
@pytest.mark.check("new_orders")
def test_new_random_order_in_every_epoch(lesson, device, rng):
    """Every epoch has an order of its own, and other seeds have other orders, with other rows in a batch."""
    X, y = _problem(rng, device, 5, 3, torch.float64)
    found = []
    for seed in _seeds(rng, 12):
        model = _model(lesson, lr=0.1, epochs=2, batch_size=2, seed=seed)
        model.fit(X, y)
        found.append(_found(model))
    return {"found": found, "X": X, "y": y, "lr": 0.1, "epochs": 2, "batch_size": 2}


@pytest.mark.exercise("fit")
@pytest.mark.weight(2)
@pytest.mark.check("seed_decides")
def test_seed_decides(lesson, device, rng):
    """The same seed gives the same result, whatever the global random numbers are, and leaves those where they were."""
    # With more features than rows a learned w is a blend of the rows, so that it tells which data it was learned from.
    X, y = _problem(rng, device, 12, 20, torch.float64)
    seed, other, world = _seeds(rng, 3)

    def learned(seed):
        model = _model(lesson, lr=0.01, epochs=2, batch_size=5, seed=seed)
        model.fit(X, y)
        return _found(model)

    torch.manual_seed(world)
    first, untouched = probes.global_rng_untouched(lambda: learned(seed))
    torch.manual_seed(world + 1)
    found = {"a seed": first, "the same seed again": learned(seed), "another seed": learned(other)}
    return {"found": found, "X": X, "the global random state": untouched}


@pytest.mark.exercise("fit")
@pytest.mark.weight(2)
@pytest.mark.check("starts_afresh")
def test_every_fit_starts_afresh(lesson, device, rng):
    """A second fit starts from zeros and from the same seed: on the same data, and on data with another D."""
    X, y = _problem(rng, device, 6, 2, torch.float64)
    more_X, more_y = _problem(rng, device, 5, 3, torch.float32)
    model = _model(lesson, lr=0.05, epochs=2, batch_size=6)
    tables = {
        "first fit": (X, y),
        "second fit, on the same data": (X, y),
        "third fit, on other data": (X + 1, y - 3),
        "fourth fit, with another D": (more_X, more_y),
    }
    results = {}
    for name, (table, targets) in tables.items():
        model.fit(table, targets)
        results[name] = _found(model)
    small = _model(lesson, lr=0.05, epochs=2, batch_size=2, seed=_seeds(rng, 1)[0])
    in_small_batches = {}
    for name in ("first", "second"):
        small.fit(X, y)
        in_small_batches[name] = _found(small)
    return {"one batch": results, "small batches": in_small_batches}


@pytest.mark.exercise("fit")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_fit_returns_the_model(lesson, device, rng, dtype):
    """What comes back is the model itself; with 0 epochs its parameters are zeros, in X's dtype."""
    X, y = _problem(rng, device, 5, 3, dtype)
    model = _model(lesson, epochs=0)
    returned = model.fit(X, y)
    found = _found(model)
    model.w = torch.randn(3, generator=rng).to(device, dtype)
    # Another model, or None, would not have the w that this one was given.
    return {"after 0 epochs": found, "w of what fit returned, set on the model": getattr(returned, "w", None)}
