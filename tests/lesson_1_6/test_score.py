"""Hidden scenarios of `score`: `w` and `b` are set on the object, so no training is needed."""

import pytest
import torch

from autograder.worker import probes


def _model(lesson, w, b):
    model = lesson.LinearRegression()
    model.w, model.b = w, b
    if hasattr(model, "__dict__"):  # a wrong `predict` is another exercise's matter
        model.predict = lambda X: X @ model.w + model.b
    return model


def _problem(rng, device, n_samples, n_features, noise, dtype=torch.float32):
    """Targets with a mean far from 0, so that the distances from 0 are other distances."""
    X = torch.rand(n_samples, n_features, generator=rng) * 4 - 1
    w = torch.rand(n_features, generator=rng) + 1.0
    b = torch.rand((), generator=rng) + 3.0
    y = X @ w + b + noise * (torch.rand(n_samples, generator=rng) - 0.3)
    return tuple(values.to(device=device, dtype=dtype) for values in (X, y, w, b))


@pytest.mark.exercise("score")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_share_of_the_spread_that_is_explained(lesson, device, rng, dtype):
    """1 minus the squared errors divided by the squared distances from the mean of y; nothing is changed in place."""
    X, y, w, b = _problem(rng, device, 9, 3, 2.5, dtype)
    model = _model(lesson, w, b)
    score, kept = probes.unchanged(lambda: float(model.score(X, y)), X=X, y=y)
    return {"score": score, **kept, "w and b": probes.kept("`w` or `b`", [w, b])}


@pytest.mark.exercise("score")
def test_worse_than_the_mean_is_negative(lesson, device, rng):
    """Predictions that are all too high, or turned round, have a negative score, which is returned as it is."""
    X, y, w, b = _problem(rng, device, 8, 2, 1.0, torch.float64)
    worse = {"predictions that are too high": (w, b + 9), "turned round": (-w, b), "too steep": (4 * w, b)}
    return {name: float(_model(lesson, *parameters).score(X, y)) for name, parameters in worse.items()}


@pytest.mark.exercise("score")
def test_perfect_and_constant_predictions(lesson, device, rng):
    """Perfect predictions score 1, predicting the mean of y scores 0, and others score what they explain."""
    X, _, w, b = _problem(rng, device, 6, 2, 0.0, torch.float64)
    y = X @ w + b
    predictions = {"perfect predictions": (w, b), "the mean": (0 * w, y.mean()), "half the slope": (w / 2, b)}
    return {name: float(_model(lesson, *parameters).score(X, y)) for name, parameters in predictions.items()}


@pytest.mark.exercise("score")
def test_other_data_than_it_learned_from(lesson, device, rng):
    """The mean is that of the y that is given: after a fit to other data the score is of these."""
    X, y, w, b = _problem(rng, device, 6, 2, 2.0, torch.float64)
    model = _model(lesson, w, b)
    first = float(model.score(X, y))
    return {"score": first, "score of other data": float(model.score(X[:3] + 2, y[:3] + 5))}


@pytest.mark.exercise("score")
@pytest.mark.parametrize(("n_samples", "n_features"), [(2, 3), (4, 4), (5, 1)])
def test_other_sizes(lesson, device, rng, n_samples, n_features):
    """Two samples are enough; N may be D; D may be 1."""
    X, y, w, b = _problem(rng, device, n_samples, n_features, 3.0, torch.float64)
    y = y + torch.arange(n_samples, device=device)  # never all the same
    return float(_model(lesson, w, b).score(X, y))
