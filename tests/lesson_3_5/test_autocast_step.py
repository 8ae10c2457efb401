"""Hidden scenarios of `autocast_step`.

`fake_cuda` has no autocast: there, all but one of the scenarios work on the CPU, and that one only looks at what is asked for.
"""

import pytest
import torch
from torch import nn

from autograder.worker import probes

FAKE = "fake_cuda"


def place(device):
    return torch.device("cpu") if device.type == FAKE else device


def mse(y, y_hat):
    return ((y - y_hat) ** 2).mean()


def samples(rng, device, n, d=4, k=2):
    X = torch.randn(n, d, generator=rng)
    y = torch.randn(n, k, generator=rng) + 0.5 * X.sum(dim=1, keepdim=True) + 1
    return X.to(device), y.to(device)


def network(rng, device, d=4, k=2):
    """A model with known parameters, none of them small, without the global generator."""
    model = nn.Sequential(nn.Linear(d, 5), nn.Tanh(), nn.Sequential(nn.Linear(5, k)))
    with torch.no_grad():
        for parameter in model.parameters():
            values = 0.3 * torch.randn(parameter.shape, generator=rng)
            parameter.copy_(values + 0.3 * values.sign())
    return model.to(device)


def number(loss):
    """Return a loss, of whatever kind of number it is, as a tensor; anything else as it is."""
    return torch.tensor(float(loss)) if isinstance(loss, int | float | torch.Tensor) else loss


def weights(model):
    return [parameter.detach().clone() for parameter in model.parameters()]


def outcome(loss, model):
    """Return the loss, and the weights after the step."""
    return {"loss": number(loss), "weights afterwards": weights(model)}


@pytest.mark.exercise("autocast_step")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_forward_and_loss_run_under_autocast(lesson, device, rng, dtype):
    """Linear layers compute in the dtype of autocast, the loss is taken inside of it too, and afterwards it is off."""
    device = place(device)
    X, y = samples(rng, device, 6)
    model = network(rng, device)
    seen, during = [], []
    for layer in (model[0], model[2][0]):
        layer.register_forward_hook(lambda _, __, out: seen.append(str(out.dtype)))

    def loss_fn(y, y_hat):
        during.append(torch.is_autocast_enabled(device.type))
        return mse(y, y_hat)

    loss = lesson.autocast_step(model, loss_fn, X, y, torch.optim.SGD(model.parameters(), lr=0.1), dtype)
    return {
        "dtypes of the layers' outputs": seen,
        "autocast is on in the loss": during,
        "autocast is on afterwards": torch.is_autocast_enabled(device.type),
        **outcome(loss, model),
    }


@pytest.mark.exercise("autocast_step")
def test_bfloat16_unless_said_otherwise(lesson, device, rng):
    """Without `dtype`, autocast computes in bfloat16; y_hat comes to the loss in it; one row is a batch."""
    device = place(device)
    X, y = samples(rng, device, 1)
    model = network(rng, device)
    seen = []

    def loss_fn(y, y_hat):
        seen.append({"y": str(y.dtype), "y_hat": str(y_hat.dtype)})
        return mse(y, y_hat)

    loss = lesson.autocast_step(model, loss_fn, X, y, torch.optim.SGD(model.parameters(), lr=0.1))
    return {"dtypes in the loss": seen, **outcome(loss, model)}


@pytest.mark.exercise("autocast_step")
@pytest.mark.check("asked_for_the_device")
def test_autocast_is_asked_for_the_device_of_the_data(lesson, device, rng):
    """Autocast is switched on for the kind of device on which X lives, and for no other."""
    X, y = samples(rng, device, 4)
    model = network(rng, device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
    asked = []
    original = torch.autocast.__init__

    def noting(self, device_type, *args, **kwargs):
        asked.append(str(device_type))
        if device_type in (FAKE, "meta"):  # no such thing there: the step is taken without
            original(self, "cpu", enabled=False)
        else:
            original(self, device_type, *args, **kwargs)

    def step(model, X, y, optimizer):
        """Return the devices that were asked for in a step; on a device without numbers it may stumble over its loss."""
        asked.clear()
        torch.autocast.__init__ = noting
        try:
            lesson.autocast_step(model, mse, X, y, optimizer)
        except Exception:
            if X.device.type != "meta":
                raise
        finally:
            torch.autocast.__init__ = original
        return sorted(set(asked))

    other = nn.Linear(4, 2, device="meta")
    given = X.to("meta"), y.to("meta"), torch.optim.SGD(other.parameters(), lr=0.001)
    return {
        "devices that autocast was asked for": step(model, X, y, optimizer),
        "devices that autocast was asked for with X on another one": step(other, *given),
        "weights": weights(model),
    }


@pytest.mark.exercise("autocast_step")
@pytest.mark.check("weights_stay_float32")
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_weights_and_gradients_stay_float32(lesson, device, rng, dtype):
    """The model is not converted: weights and gradients are float32, and the weights are the same objects."""
    device = place(device)
    X, y = samples(rng, device, 5)
    model = network(rng, device)
    parameters, start = list(model.parameters()), weights(model)
    lesson.autocast_step(model, mse, X, y, torch.optim.SGD(model.parameters(), lr=0.001), dtype)
    return {
        "weights before": start,
        "weights": weights(model),
        "the parameters that there were before": [parameter.detach().clone() for parameter in parameters],
        "gradients": [None if parameter.grad is None else parameter.grad.clone() for parameter in model.parameters()],
        "requires_grad": [parameter.requires_grad for parameter in model.parameters()],
    }


@pytest.mark.exercise("autocast_step")
def test_several_steps_with_momentum(lesson, device, rng):
    """Each step clears the old gradients, those of before the first step too, and moves the weights once."""
    device = place(device)
    X, y = samples(rng, device, 8)
    model = network(rng, device)
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=rng).to(device) + 2
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    return {f"step {step}": outcome(lesson.autocast_step(model, mse, X, y, optimizer), model) for step in (1, 2, 3, 4)}


@pytest.mark.exercise("autocast_step")
def test_other_losses(lesson, device, rng):
    """`loss_fn` takes the targets first; they may be whole numbers."""
    device = place(device)
    X, _ = samples(rng, device, 6)
    y = torch.randint(0, 2, (6,), generator=rng).to(device)
    model = network(rng, device)

    def loss_fn(y, y_hat):
        return nn.functional.cross_entropy(y_hat, y)

    loss = lesson.autocast_step(model, loss_fn, X, y, torch.optim.SGD(model.parameters(), lr=0.5))
    return outcome(loss, model)


@pytest.mark.exercise("autocast_step")
@pytest.mark.parametrize("training", [True, False])
def test_a_float_is_returned_and_the_data_stay(lesson, device, rng, training):
    """The loss before the update is a Python float; X and y stay as they were, and the model keeps its mode."""
    device = place(device)
    X, y = samples(rng, device, 5)
    model = network(rng, device).train(training)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss, kept = probes.unchanged(lambda: lesson.autocast_step(model, mse, X, y, optimizer), X=X, y=y)
    modes = [module.training for module in model.modules()]
    kept["modes"] = probes.kept("the mode of the model", modes)
    return {"loss": loss, "weights afterwards": weights(model), **kept}
