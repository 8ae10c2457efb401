"""Hidden scenarios of `predict`: `w` and `b` are set on the object, so no training is needed."""

import pytest
import torch

from autograder.worker import probes


def _model(lesson, w, b):
    model = lesson.LinearRegression()
    model.w, model.b = w, b
    return model


def _table(rng, device, n_samples, n_features, dtype=torch.float32):
    X = torch.randn(n_samples, n_features, generator=rng) + 0.5
    w = torch.rand(n_features, generator=rng) + 0.5
    b = torch.rand((), generator=rng) + 2.0
    return tuple(values.to(device=device, dtype=dtype) for values in (X, w, b))


@pytest.mark.exercise("predict")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_prediction_a_sample(lesson, device, rng, dtype):
    """Xw + b, flat, in X's dtype and on its device; nothing is changed in place."""
    X, w, b = _table(rng, device, 7, 3, dtype)
    model = _model(lesson, w, b)
    predictions, kept = probes.unchanged(lambda: model.predict(X).detach(), X=X)
    return {"predictions": predictions, **kept, "w and b": probes.kept("`w` or `b`", [w, b])}


@pytest.mark.exercise("predict")
def test_as_many_features_as_samples(lesson, device, rng):
    """The product is the right one also where N is D and a turned table fits."""
    X, w, b = _table(rng, device, 4, 4)
    return _model(lesson, w, b).predict(X).detach()


@pytest.mark.exercise("predict")
@pytest.mark.parametrize(("n_samples", "n_features"), [(1, 3), (5, 1), (1, 1)])
def test_one_sample_or_one_feature(lesson, device, rng, n_samples, n_features):
    """The predictions are (N,) also where N or D is 1."""
    X, w, b = _table(rng, device, n_samples, n_features, torch.float64)
    return _model(lesson, w, b).predict(X).detach()


@pytest.mark.exercise("predict")
def test_parameters_that_are_set_again(lesson, device, rng):
    """The weights and the bias count that are set now, not those from before."""
    X, w, b = _table(rng, device, 5, 2)
    model = _model(lesson, w, b)
    first = model.predict(X).detach()
    model.w = 3 * w
    second = model.predict(X).detach()
    model.b = b - 7
    return {
        "the first predictions": first,
        "predictions with another w": second,
        "predictions with another b as well": model.predict(X).detach(),
    }
