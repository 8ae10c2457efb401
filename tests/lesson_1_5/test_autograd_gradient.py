"""Hidden scenarios of `autograd_gradient`."""

import pytest
import torch

from autograder.worker import probes


def problem(rng, device, dtype):
    """A loss of a matrix, a vector and a number, all of which it bends, and a place."""
    X = torch.randn(6, 3, generator=rng).to(device, dtype)
    y = torch.randn(6, 2, generator=rng).to(device, dtype)

    def loss_fn(W, b, scale):
        return ((scale * torch.tanh(X @ W.T + b) - y) ** 2).mean()

    W = torch.randn(2, 3, generator=rng).to(device, dtype)
    b = torch.randn(2, generator=rng).to(device, dtype)
    scale = (torch.rand((), generator=rng) + 0.5).to(device, dtype)
    return loss_fn, [W, b, scale]


def listed(gradients):
    """Return the gradients as a list, be they in a tuple or in a list."""
    return list(gradients) if type(gradients) in (tuple, list) else gradients


def required(gradients):
    """Return of each gradient whether it requires gradients itself."""
    return (
        [getattr(gradient, "requires_grad", None) for gradient in gradients] if type(gradients) is list else gradients
    )


@pytest.mark.exercise("autograd_gradient")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_tuple_of_gradients(lesson, device, rng, dtype):
    """A tuple with one gradient a param, in their order, of their shapes and dtype."""
    loss_fn, params = problem(rng, device, dtype)
    return lesson.autograd_gradient(loss_fn, *params)


@pytest.mark.exercise("autograd_gradient")
def test_one_param_or_two(lesson, device, rng):
    """One param gives a tuple of one; a 0-D param gives a 0-D gradient; order matters."""
    row = (torch.rand(4, generator=rng) + 0.5).to(device)
    number = (torch.rand((), generator=rng) + 1.5).to(device)
    return {
        "row": lesson.autograd_gradient(lambda p: (p**3).sum(), row),
        "number": lesson.autograd_gradient(lambda p: p.exp(), number),
        "both": lesson.autograd_gradient(lambda p, q: (p * q**2).sum(), row, number),
        "turned": lesson.autograd_gradient(lambda q, p: (p * q**2).sum(), number, row),
    }


@pytest.mark.exercise("autograd_gradient")
@pytest.mark.weight(2)
@pytest.mark.parametrize("required", ["none", "all", "some"])
def test_params_stay_as_they_were(lesson, device, rng, required):
    """Values, requires_grad and .grad of the params stay as they were, whether or not they require gradients."""
    loss_fn, params = problem(rng, device, torch.float64)
    for param in params if required == "all" else params[1:2] if required == "some" else []:
        param.requires_grad_()
    gradients, kept = probes.unchanged(lambda: lesson.autograd_gradient(loss_fn, *params), params=params)
    return {"gradients": gradients, **kept}


@pytest.mark.exercise("autograd_gradient")
@pytest.mark.weight(2)
def test_what_grad_held_before_is_no_part_of_it(lesson, device, rng):
    """Gradients that the params already hold are neither changed nor added to the answer, however often it is asked."""
    loss_fn, params = problem(rng, device, torch.float64)
    for param in params:
        param.requires_grad_()
        param.grad = torch.ones_like(param)
    first, kept = probes.unchanged(lambda: lesson.autograd_gradient(loss_fn, *params), params=params)
    second, kept_again = probes.unchanged(lambda: lesson.autograd_gradient(loss_fn, *params), params=params)
    return {
        "first call": listed(first),
        "second call": listed(second),
        "after the first": kept,
        "after the second": kept_again,
    }


@pytest.mark.exercise("autograd_gradient")
@pytest.mark.weight(3)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_large_losses_have_gradients_too(lesson, device, rng, dtype):
    """A large number in the loss costs autograd no digits; a numerical gradient loses all of them."""
    loss_fn, params = problem(rng, device, dtype)
    large = 1e7 if dtype == torch.float32 else 1e14
    return listed(lesson.autograd_gradient(lambda *given: large + loss_fn(*given), *params))


@pytest.mark.exercise("autograd_gradient")
def test_gradients_do_not_require_gradients(lesson, device, rng):
    """The gradients are plain tensors, also where the params require gradients."""
    loss_fn, params = problem(rng, device, torch.float32)
    first = listed(lesson.autograd_gradient(loss_fn, *params))
    for param in params:
        param.requires_grad_()
    second = listed(lesson.autograd_gradient(loss_fn, *params))
    return {
        "gradients": probes.form(first),
        "they require gradients": required(first),
        "gradients where params require them": probes.form(second),
        "they require gradients then": required(second),
    }
