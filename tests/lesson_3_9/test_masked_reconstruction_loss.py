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
@pytest.mark.parametrize("true", [True, False], ids=["everywhere True", "nowhere True"])
def test_all_or_nothing(lesson, device, rng, true):
    """With True everywhere it is the mean squared error; with True nowhere it is 0."""
    x, x_hat, mask = case(rng, (3, 4), device, torch.float64)
    return lesson.masked_reconstruction_loss(x, x_hat, torch.full_like(mask, true)).detach()


@pytest.mark.exercise("masked_reconstruction_loss")
def test_a_single_element_that_counts(lesson, device, rng):
    """With one True the mean over what counts is that element's squared error."""
    x, x_hat, mask = case(rng, (2, 3), device, torch.float64)
    mask = torch.zeros_like(mask)
    mask[1, 0] = True
    return lesson.masked_reconstruction_loss(x, x_hat, mask)


@pytest.mark.exercise("masked_reconstruction_loss")
@pytest.mark.parametrize("value", [float("inf"), float("nan")], ids=["infinite", "NaN"])
def test_hidden_elements_have_no_say(lesson, device, rng, value):
    """What stands where the mask is False does not matter, in the targets as in the reconstruction."""
    x, x_hat, mask = case(rng, (4, 3), device)
    x[~mask] = value
    x_hat[0] = torch.where(mask[0], x_hat[0], value)
    return lesson.masked_reconstruction_loss(x, x_hat, mask)


@pytest.mark.exercise("masked_reconstruction_loss")
def test_it_is_differentiable(lesson, device, rng):
    """The gradient with respect to the reconstruction is 0 where the mask is False."""
    x, x_hat, mask = case(rng, (4, 5), device, torch.float64)
    x_hat.requires_grad_(True)
    lesson.masked_reconstruction_loss(x, x_hat, mask).backward()
    return x_hat.grad


@pytest.mark.exercise("masked_reconstruction_loss")
def test_arguments_stay_as_they_are(lesson, device, rng):
    """Neither the tensors nor the mask are changed."""
    x, x_hat, mask = case(rng, (3, 3), device)
    loss, kept = probes.unchanged(
        lambda: lesson.masked_reconstruction_loss(x, x_hat, mask), x=x, x_hat=x_hat, mask=mask
    )
    return {"loss": loss, **kept}
