"""Hidden scenarios of `update`."""

import pytest
import torch

from autograder.worker import probes


def normal(rng, device, dtype, *shape):
    return torch.randn(shape, generator=rng, dtype=torch.float64).to(device, dtype)


def away_from_zero(rng, device, dtype, *shape):
    values = normal(rng, device, dtype, *shape)
    return values + torch.where(values < 0, -0.5, 0.5).to(dtype)


@pytest.mark.exercise("update")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_step_of_one_number(lesson, device, rng, dtype):
    """A 0-D parameter moves against its gradient, by lr times as much, and stays 0-D, of its dtype."""
    param, grad = normal(rng, device, dtype), away_from_zero(rng, device, dtype)
    return {
        f"lr {lr}, {name}": lesson.update(param.clone(), sign * grad, lr)
        for name, sign in (("a gradient", 1), ("the opposite gradient", -1))
        for lr in (0.01, 0.3, 2.5)
    }


@pytest.mark.exercise("update")
@pytest.mark.weight(2)
def test_any_shape(lesson, device, rng):
    """Each number of a parameter moves by its own derivative; the shape is kept, whatever it is."""
    answers = {}
    for shape in ((1,), (5,), (2, 3), (3, 3), (1, 4), (2, 1, 3)):
        param, grad = normal(rng, device, torch.float32, *shape), away_from_zero(rng, device, torch.float32, *shape)
        answers[f"shape {shape}"] = lesson.update(param, grad, 0.25)
    return answers


@pytest.mark.exercise("update")
@pytest.mark.weight(2)
@pytest.mark.parametrize("shape", [(), (4,)])
def test_parameter_and_gradient_stay_as_they_were(lesson, device, rng, shape):
    """The result is a new tensor: `param` and `grad` keep their values."""
    param, grad = normal(rng, device, torch.float64, *shape), away_from_zero(rng, device, torch.float64, *shape)
    result, untouched = probes.unchanged(lambda: lesson.update(param, grad, 0.1), param=param, grad=grad)
    return {"result": result, "untouched": untouched}


@pytest.mark.exercise("update")
def test_new_also_where_nothing_moves(lesson, device, rng):
    """With lr 0, or a gradient of 0, the values stay but the tensor is a new one."""
    param, grad = normal(rng, device, torch.float32, 3), away_from_zero(rng, device, torch.float32, 3)
    results = {
        "lr = 0": lesson.update(param, grad, 0.0),
        "a gradient of 0": lesson.update(param, torch.zeros_like(grad), 0.5),
    }
    param += 1
    return results
