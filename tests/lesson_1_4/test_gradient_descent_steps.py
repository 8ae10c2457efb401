"""Hidden scenarios of `gradient_descent_steps`: paths weigh 8, the use of autograd 2."""

import pytest
import torch

from autograder.worker import probes


def _problem(rng, device, n_samples, dtype=torch.float32):
    # The mean of x is away from 0, or the gradient of b would not depend on w.
    x = torch.rand(n_samples, generator=rng) + 0.5
    y = 2 * torch.rand(n_samples, generator=rng) - 3.0
    return x.to(device=device, dtype=dtype), y.to(device=device, dtype=dtype)


def _start(rng):
    w, b = (2 * torch.rand(2, generator=rng) + 0.5).tolist()
    return w, -b


def _points(path, dtype):
    """The path as a tensor, so that it is compared with the tolerance of the dtype it was computed in; no path as it came."""
    if not isinstance(path, list | tuple):
        return path
    return torch.tensor([[float(w), float(b)] for w, b in path], dtype=dtype)


@pytest.mark.exercise("gradient_descent_steps")
@pytest.mark.weight(2)
def test_path_in_float32(lesson, device, rng):
    """The path has the start and the point after each step, w and b moved together, each by lr times its gradient."""
    x, y = _problem(rng, device, 5)
    return _points(lesson.gradient_descent_steps(x, y, *_start(rng), 0.1, 6), torch.float32)


@pytest.mark.exercise("gradient_descent_steps")
def test_path_in_float64(lesson, device, rng):
    """The path is computed in x's dtype: in float64 where x is float64."""
    x, y = _problem(rng, device, 7, torch.float64)
    return _points(lesson.gradient_descent_steps(x, y, *_start(rng), 0.03, 4), torch.float64)


@pytest.mark.exercise("gradient_descent_steps")
def test_long_path(lesson, device, rng):
    """A long path has one point more than steps, too."""
    x, y = _problem(rng, device, 4, torch.float64)
    return _points(lesson.gradient_descent_steps(x, y, *_start(rng), 0.2, 40), torch.float64)


@pytest.mark.exercise("gradient_descent_steps")
def test_no_steps_and_one_step(lesson, device, rng):
    """For 0 steps the path is the start alone; for 1 step it has two points."""
    x, y = _problem(rng, device, 3)
    start = _start(rng)
    paths = {"0 steps": 0, "1 step": 1}
    return {
        name: _points(lesson.gradient_descent_steps(x, y, *start, 0.1, steps), torch.float32)
        for name, steps in paths.items()
    }


@pytest.mark.exercise("gradient_descent_steps")
def test_one_sample(lesson, device, rng):
    """N may be 1."""
    x, y = _problem(rng, device, 1)
    return _points(lesson.gradient_descent_steps(x, y, *_start(rng), 0.05, 3), torch.float32)


@pytest.mark.exercise("gradient_descent_steps")
@pytest.mark.check("list_of_tuples_of_floats")
def test_list_of_tuples_of_floats(lesson, device, rng):
    """The path is a list of tuples of two Python floats."""
    x, y = _problem(rng, device, 4)
    return {"path": lesson.gradient_descent_steps(x, y, *_start(rng), 0.1, 3)}


@pytest.mark.exercise("gradient_descent_steps")
def test_data_stay_as_they_were(lesson, device, rng):
    """x and y keep their values, do not require gradients and have none afterwards."""
    x, y = _problem(rng, device, 4)
    start = _start(rng)
    path, kept = probes.unchanged(lambda: lesson.gradient_descent_steps(x, y, *start, 0.1, 3), x=x, y=y)
    return {"path": _points(path, torch.float32), **kept}


@pytest.mark.exercise("gradient_descent_steps")
@pytest.mark.weight(2)
@pytest.mark.check("pytorch_differentiates")
def test_pytorch_differentiates(lesson, device, rng):
    """The gradients come from one of PyTorch's automatic ways."""
    x, y = _problem(rng, device, 4)
    start = _start(rng)
    path, automatic = probes.uses_autograd(lambda: lesson.gradient_descent_steps(x, y, *start, 0.1, 2))
    return {"path": path, "PyTorch differentiated": automatic}
