"""Hidden scenarios of `masked_reconstruction_loss`."""

import pytest
import torch

from autograder.worker import probes


def case(rng, shape, device, dtype=torch.float32):
    """Return targets, a reconstruction, and a mask with True and False in it."""
    x = torch.randn(shape, generator=rng, dtype=dtype)
    x_hat = torch.randn(shape, generator=rng, dtype=dtype)
    mask = torch.arange(x.numel()).reshape(shape) % 3 == 1
    return x.to(device), x_hat.to(device), mask.to(device)


@pytest.mark.exercise("masked_reconstruction_loss")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(5, 4), (7,), (2, 3, 4)], ids=["rows", "one dimension", "three dimensions"])
@pytest.mark.weight(2)
def test_mean_over_what_counts(lesson, device, rng, dtype, shape):
    """The mean of the squared errors where the mask is True, for any number of dimensions."""
    return lesson.masked_reconstruction_loss(*case(rng, shape, device, dtype))


@pytest.mark.exercise("masked_reconstruction_loss")
@pytest.mark.weight(2)
def test_all_or_nothing(lesson, device, rng):
    """With True everywhere it is the mean squared error; with True nowhere, or without any elements, it is 0."""
    x, x_hat, mask = case(rng, (3, 4), device, torch.float64)
    none = [part[:0] for part in (x, x_hat, mask)]
    return {
        "everywhere True": lesson.masked_reconstruction_loss(x, x_hat, torch.full_like(mask, True)).detach(),
        "nowhere True": lesson.masked_reconstruction_loss(x, x_hat, torch.full_like(mask, False)).detach(),
        "without elements": lesson.masked_reconstruction_loss(*none).detach(),
    }


@pytest.mark.exercise("masked_reconstruction_loss")
def test_a_single_element_that_counts(lesson, device, rng):
    """With one True the loss is that element's squared error."""
    x, x_hat, mask = case(rng, (2, 3), device, torch.float64)
    mask = torch.zeros_like(mask)
    mask[1, 0] = True
    return lesson.masked_reconstruction_loss(x, x_hat, mask)


@pytest.mark.exercise("masked_reconstruction_loss")
@pytest.mark.parametrize("value", [float("inf"), float("nan")], ids=["infinite", "NaN"])
def test_hidden_elements_have_no_say(lesson, device, rng, value):
    """What stands where the mask is False has no say at all, also where it is infinite or NaN."""
    x, x_hat, mask = case(rng, (4, 3), device)
    x[~mask] = value
    x_hat[0] = torch.where(mask[0], x_hat[0], value)
    return lesson.masked_reconstruction_loss(x, x_hat, mask)


@pytest.mark.exercise("masked_reconstruction_loss")
@pytest.mark.parametrize("value", [float("inf"), float("nan")], ids=["infinite", "NaN"])
def test_hidden_elements_have_no_gradient(lesson, device, rng, value):
    """Where the mask is False the gradient is 0, and no NaN, also where an element is infinite or NaN there."""
    x, x_hat, mask = case(rng, (4, 3), device, torch.float64)
    x[~mask] = value
    x_hat[1] = torch.where(mask[1], x_hat[1], value)
    x_hat.requires_grad_(True)
    lesson.masked_reconstruction_loss(x, x_hat, mask).backward()
    return {"gradient": x_hat.grad}


@pytest.mark.exercise("masked_reconstruction_loss")
def test_it_is_differentiable(lesson, device, rng):
    """The loss has a gradient with respect to `x_hat`, which is 0 where the mask is False."""
    x, x_hat, mask = case(rng, (4, 5), device, torch.float64)
    x_hat.requires_grad_(True)
    lesson.masked_reconstruction_loss(x, x_hat, mask).backward()
    return {"gradient": x_hat.grad}


@pytest.mark.exercise("masked_reconstruction_loss")
def test_arguments_stay_as_they_are(lesson, device, rng):
    """Neither the tensors nor the mask are changed."""
    x, x_hat, mask = case(rng, (3, 3), device)
    loss, kept = probes.unchanged(
        lambda: lesson.masked_reconstruction_loss(x, x_hat, mask), x=x, x_hat=x_hat, mask=mask
    )
    return {"loss": loss, **kept}
