"""Hidden scenarios of `predict`. The bias is always 2 or more, for a bias of 0 hides that it is lost."""

import pytest
import torch

from autograder.worker import probes


def problem(rng, device, dtype, samples, features):
    X, w = (torch.randn(shape, generator=rng, dtype=torch.float64) for shape in ((samples, features), (features,)))
    b = 2 + torch.rand((), generator=rng, dtype=torch.float64)
    return [tensor.to(device, dtype) for tensor in (X, w + w.sign(), b)]


@pytest.mark.exercise("predict")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("samples", "features"), [(6, 3), (2, 5), (40, 4)])
def test_each_sample_gets_one_number(lesson, device, rng, dtype, samples, features):
    """Prediction n is the sum of X[n, d] * w[d], plus b: (N,), of X's dtype."""
    return lesson.predict(*problem(rng, device, dtype, samples, features))


@pytest.mark.exercise("predict")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_square_table_is_not_transposed(lesson, device, rng, dtype):
    """With N = D the rows are still the samples."""
    return lesson.predict(*problem(rng, device, dtype, 4, 4))


@pytest.mark.exercise("predict")
@pytest.mark.parametrize(("samples", "features"), [(1, 4), (5, 1), (1, 1)])
def test_one_sample_or_one_feature_keeps_the_shape(lesson, device, rng, samples, features):
    """The result is (N,), also for N = 1 and for D = 1."""
    return lesson.predict(*problem(rng, device, torch.float32, samples, features))


@pytest.mark.exercise("predict")
def test_bias_is_added_to_every_prediction(lesson, device, rng):
    """Where features or weights are zero, the bias alone is left; a negative one is subtracted."""
    X, w, b = problem(rng, device, torch.float32, 3, 2)
    zeros = torch.zeros_like(w)
    return {
        "w of zeros": lesson.predict(X, zeros, b),
        "X of zeros": lesson.predict(torch.zeros_like(X), w, -b),
        "neither": lesson.predict(X, w, -b),
    }


@pytest.mark.exercise("predict")
def test_arguments_are_left_alone(lesson, device, rng):
    """A new tensor comes back, and no argument is changed, also when the result is scribbled on."""
    X, w, b = problem(rng, device, torch.float64, 4, 1)

    def predict_and_scribble():
        y_hat = lesson.predict(X, torch.ones_like(w), 0 * b)
        kept = y_hat.clone()
        y_hat.zero_()
        return [kept, lesson.predict(X, w, b)]

    predictions, untouched = probes.unchanged(predict_and_scribble, X=X, w=w, b=b)
    return {"predictions": predictions, "untouched": untouched}
