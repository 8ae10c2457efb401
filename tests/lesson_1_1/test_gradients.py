"""Hidden scenarios of `gradients`.

`nearly_cancelling` has errors of millions, in pairs that nearly cancel, while the derivatives stay below a hundred. So a
formula keeps nine digits or more of them, whatever its form, but the loss is of the order of 1e12 and is rounded by about
1e-4: finite differences cannot give seven digits, with any sensible nudge.
"""

import pytest
import torch

from autograder.worker import probes


def uniform(rng, low, high, *shape):
    return low + (high - low) * torch.rand(shape, generator=rng, dtype=torch.float64)


def parameters(rng):
    """A weight and a bias away from 0, from 1 and from each other."""
    return uniform(rng, -2.5, -1.5), uniform(rng, 2.5, 3.5)


def problem(rng, device, dtype, samples):
    """Errors of one sign and inputs with a mean of about 1.5, so that no derivative is near 0 or near another one."""
    x = uniform(rng, 0.5, 2.5, samples)
    w, b = parameters(rng)
    y = w * x + b - uniform(rng, 0.5, 2, samples)
    return [tensor.to(device, dtype) for tensor in (x, y, w, b)]


def nearly_cancelling(rng, device, pairs):
    """Two samples for each input, one far above the line and one as far below it, but for about 1."""
    x = uniform(rng, 0.5, 2.5, pairs)
    w, b = parameters(rng)
    far = uniform(rng, 1e6, 2e6, pairs)
    errors = torch.stack([far, uniform(rng, 0.5, 2, pairs) - far], dim=1).flatten()
    x = x.repeat_interleave(2)
    return [tensor.to(device) for tensor in (x, w * x + b - errors, w, b)]


@pytest.mark.exercise("gradients")
@pytest.mark.weight(2)
@pytest.mark.parametrize("samples", [4, 5, 50])
def test_derivatives_of_the_mean(lesson, device, rng, samples):
    """`dw` is the mean of 2 * error * x and db that of 2 * error, 0-D, of x's dtype (float32), dw first."""
    dw, db = lesson.gradients(*problem(rng, device, torch.float32, samples))
    return {"dw": dw, "db": db}


@pytest.mark.exercise("gradients")
@pytest.mark.weight(4)
@pytest.mark.tolerance(1e-7, 1e-8)
@pytest.mark.parametrize("pairs", [2, 5])
def test_formulas_keep_seven_digits(lesson, device, rng, pairs):
    """In float64 seven digits are right, also where huge errors nearly cancel: no finite differences."""
    dw, db = lesson.gradients(*nearly_cancelling(rng, device, pairs))
    return {"dw": dw, "db": db}


@pytest.mark.exercise("gradients")
def test_inputs_and_errors_of_both_signs(lesson, device, rng):
    """Each error goes with its own x: inputs and errors of both signs, uphill on both sides."""
    x = torch.tensor([-3.0, -1.0, 0.0, 1.0, 5.0], device=device)
    _, _, w, b = problem(rng, device, torch.float32, 1)
    answers = {}
    cases = {
        "errors of both signs": [2.0, -1.0, 4.0, -2.0, 1.0],
        "other errors of both signs": [-2.0, 1.5, -3.0, 0.5, -1.0],
        "errors some of which are 0": [3.0, 0.0, -2.0, 0.0, 3.0],
    }
    for name, errors in cases.items():
        y = w * x + b - torch.tensor(errors, device=device)
        answers[name] = list(lesson.gradients(x, y, w, b))
    return answers


@pytest.mark.exercise("gradients")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_sample(lesson, device, rng, dtype):
    """For N = 1 both derivatives are still 0-D."""
    x, y, w, b = problem(rng, device, dtype, 1)
    dw, db = lesson.gradients(x + 1, y + 20, w, b)
    return {"dw": dw, "db": db}


@pytest.mark.exercise("gradients")
def test_perfect_line_is_flat_and_arguments_stay(lesson, device, rng):
    """Where every prediction is right both derivatives are 0; no argument is changed."""
    x = torch.randint(-8, 9, (6,), generator=rng).to(device, torch.float64) / 4
    w, b = (
        torch.tensor(-1.5, dtype=torch.float64, device=device),
        torch.tensor(2.25, dtype=torch.float64, device=device),
    )
    y = w * x + b
    at_best, untouched = probes.unchanged(lambda: list(lesson.gradients(x, y, w, b)), x=x, y=y, w=w, b=b)
    off = list(lesson.gradients(x, y, w + 0.5, b - 1.25))
    return {"at best": at_best, "off": off, "untouched": untouched}
