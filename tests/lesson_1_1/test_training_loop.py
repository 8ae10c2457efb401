"""Hidden scenarios of `training_loop`.

A history may hold floats or 0-D tensors, so each comes back as one tensor in the dtype of the run. The inputs have a mean
of about 1, or the derivative for b would not depend on w.
"""

import pytest
import torch

from autograder.worker import probes


def uniform(rng, low, high, *shape):
    return low + (high - low) * torch.rand(shape, generator=rng, dtype=torch.float64)


def problem(rng, device, dtype, samples):
    """The start is well below the samples on a falling line: both derivatives are large."""
    x = uniform(rng, 0.25, 1.75, samples)
    y = 3 - 2 * x + uniform(rng, -0.5, 0.5, samples)
    w, b = uniform(rng, -6, -5), uniform(rng, -2, -1)
    return [tensor.to(device, dtype) for tensor in (x, y, w, b)]


def run(lesson, x, y, w, b, lr, steps):
    w, b, history = lesson.training_loop(x, y, w, b, lr, steps)
    losses = [float(value) for value in history]
    return {"w": w, "b": b, "history": torch.tensor(losses, dtype=x.dtype)}


@pytest.mark.exercise("training_loop")
@pytest.mark.weight(3)
@pytest.mark.parametrize(("dtype", "lr", "steps"), [(torch.float32, 0.15, 4), (torch.float64, 0.05, 30)])
def test_each_step_starts_where_the_last_one_ended(lesson, device, rng, dtype, lr, steps):
    """Each step notes the loss, finds both derivatives at the present place, and then moves both parameters."""
    return run(lesson, *problem(rng, device, dtype, 6), lr, steps)


@pytest.mark.exercise("training_loop")
@pytest.mark.weight(2)
def test_one_step(lesson, device, rng):
    """One step has one loss, that of the start, and moves w and b by the derivatives of the start."""
    sizes = {"3 samples": 3, "1 sample": 1}
    return {name: run(lesson, *problem(rng, device, torch.float32, size), 0.1, 1) for name, size in sizes.items()}


@pytest.mark.exercise("training_loop")
def test_no_steps(lesson, device, rng):
    """For 0 steps w and b are those given, and the history is empty."""
    return run(lesson, *problem(rng, device, torch.float64, 4), 0.1, 0)


@pytest.mark.exercise("training_loop")
@pytest.mark.weight(2)
def test_never_stops_early(lesson, device, rng):
    """All the steps are made where the loss is 0 from the start, where it stays the same, and where it grows."""
    x = torch.tensor([0.25, 0.5, 1.5, 2.0], dtype=torch.float64, device=device)
    w, b = x[1] - 2, x[0] + 1
    _, y, far_w, far_b = problem(rng, device, torch.float64, 4)
    return {
        "perfect": run(lesson, x, w * x + b, w, b, 0.1, 5),
        "still": run(lesson, x, y, far_w, far_b, 0.0, 4),
        "growing": run(lesson, x, y, far_w, far_b, 0.9, 6),
    }


@pytest.mark.exercise("training_loop")
@pytest.mark.weight(2)
@pytest.mark.tolerance(1e-7, 1e-8)
def test_formulas_keep_seven_digits(lesson, device, rng):
    """In float64 w and b have seven right digits, also where huge errors nearly cancel: no finite differences."""
    x, y, w, b = problem(rng, device, torch.float64, 5)
    far = uniform(rng, 1e6, 2e6, 5).to(device)
    x, y = x.repeat_interleave(2), torch.stack([y + far, y - far], dim=1).flatten()
    return run(lesson, x, y, w, b, 0.1, 8)


@pytest.mark.exercise("training_loop")
@pytest.mark.weight(2)
def test_caller_keeps_the_start(lesson, device, rng):
    """No argument is changed: a second run from the same start gives the same again."""
    x, y, w, b = problem(rng, device, torch.float32, 5)
    first, untouched = probes.unchanged(lambda: run(lesson, x, y, w, b, 0.1, 3), x=x, y=y, w=w, b=b)
    return {"first": first, "again": run(lesson, x, y, w, b, 0.1, 3), "untouched": untouched}
