"""Hidden scenarios of `data_parallel_step`. The rows keep their order, so loss and weights are fixed."""

import pytest
import torch
from torch import nn

from autograder.worker import probes


def mse(y, y_hat):
    return ((y - y_hat) ** 2).mean()


def lopsided(y, y_hat):
    """A smooth loss that dislikes predictions above the target more than those below it."""
    error = y_hat - y
    return (torch.exp(error) - error).sum(dim=1).mean()


def labels(y, y_hat):
    return nn.functional.cross_entropy(y_hat, y)


def samples(rng, device, n, d=3, k=1, dtype=torch.float32):
    X = torch.randn(n, d, generator=rng)
    y = torch.randn(n, k, generator=rng) + 0.5 * X.sum(dim=1, keepdim=True) + 1
    return X.to(device, dtype), y.to(device, dtype)


def network(rng, device, d=3, k=1, dtype=torch.float32):
    """A model with known parameters, none of them small, without the global generator."""
    model = nn.Sequential(nn.Linear(d, 4), nn.Tanh(), nn.Sequential(nn.Linear(4, k))).to(dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            values = 0.3 * torch.randn(parameter.shape, generator=rng, dtype=dtype)
            parameter.copy_(values + 0.3 * values.sign())
    return model.to(device)


def number(loss, dtype=torch.float32):
    """Return a loss, of whatever kind of number it is, as a tensor in the model's precision; anything else as it is."""
    return torch.tensor(float(loss), dtype=dtype) if isinstance(loss, int | float | torch.Tensor) else loss


def weights(model):
    return [parameter.detach().clone() for parameter in model.parameters()]


def outcome(loss, model, dtype=torch.float32):
    """Return the loss, and the weights after the step."""
    return {"loss": number(loss, dtype), "weights afterwards": weights(model)}


@pytest.mark.exercise("data_parallel_step")
@pytest.mark.parametrize(("world_size", "dtype"), [(1, torch.float64), (2, torch.float32), (4, torch.float64)])
def test_even_shards(lesson, device, rng, world_size, dtype):
    """One step with the mean gradient of equal shards; the loss is the whole batch's before the update."""
    X, y = samples(rng, device, 8, dtype=dtype)
    model = network(rng, device, dtype=dtype)
    return outcome(lesson.data_parallel_step(model, mse, X, y, world_size, 0.2), model, dtype)


@pytest.mark.exercise("data_parallel_step")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("world_size", "dtype"), [(2, torch.float32), (3, torch.float64), (4, torch.float32)])
def test_uneven_shards(lesson, device, rng, world_size, dtype):
    """Each shard weighs as much as it has rows, so the step is that of the whole batch."""
    X, y = samples(rng, device, 7, dtype=dtype)
    y[:3] += 4  # the first shards have other losses than the last
    model = network(rng, device, dtype=dtype)
    return outcome(lesson.data_parallel_step(model, mse, X, y, world_size, 0.1), model, dtype)


@pytest.mark.exercise("data_parallel_step")
@pytest.mark.parametrize("n", [3, 1])
def test_more_workers_than_rows(lesson, device, rng, n):
    """Empty shards have no say, neither in the loss nor in the step."""
    X, y = samples(rng, device, n)
    model = network(rng, device)
    return outcome(lesson.data_parallel_step(model, mse, X, y, 5, 0.1), model)


@pytest.mark.exercise("data_parallel_step")
@pytest.mark.parametrize("loss_fn", [lopsided, labels], ids=["lopsided", "labels"])
def test_other_losses(lesson, device, rng, loss_fn):
    """`loss_fn` takes the targets first and may be any mean over rows; targets may be whole numbers."""
    X, y = samples(rng, device, 8, k=3)
    if loss_fn is labels:
        y = torch.randint(0, 3, (8,), generator=rng).to(device)
    model = network(rng, device, k=3)
    return outcome(lesson.data_parallel_step(model, loss_fn, X, y, 3, 0.1), model)


@pytest.mark.exercise("data_parallel_step")
def test_each_call_has_one_shard(lesson, device, rng):
    """The model sees the rows of one shard at a time; empty shards may be left out."""
    X, y = samples(rng, device, int(torch.randint(5, 40, (), generator=rng)))
    seen = {}
    for world_size in (2, 3, 50):
        model = network(rng, device)
        counts = []
        model.register_forward_pre_hook(lambda _, args, counts=counts: counts.append(len(args[0])))
        lesson.data_parallel_step(model, mse, X, y, world_size, 0.1)
        seen[f"rows in each call, {world_size} workers"] = sorted(count for count in counts if count)
    return seen


@pytest.mark.exercise("data_parallel_step")
def test_steps_in_a_row(lesson, device, rng):
    """Old gradients play no part, neither those of before nor those that the step before has left."""
    X, y = samples(rng, device, 7)
    model = network(rng, device)
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=rng).to(device) + 2
    return {f"step {step}": outcome(lesson.data_parallel_step(model, mse, X, y, 3, 0.1), model) for step in (1, 2, 3)}


@pytest.mark.exercise("data_parallel_step")
@pytest.mark.parametrize("training", [True, False])
def test_frozen_parameters_and_mode(lesson, device, rng, training):
    """Parameters that require no gradient stay as they are; the model keeps its mode."""
    X, y = samples(rng, device, 6)
    model = network(rng, device).train(training)
    model[0].weight.requires_grad_(False)
    loss = lesson.data_parallel_step(model, mse, X, y, 4, 0.2)
    modes = [module.training for module in model.modules()]
    frozen = [parameter.requires_grad for parameter in model.parameters()]
    return {
        **outcome(loss, model),
        "modes": probes.kept("the mode of the model", modes),
        "requires_grad": probes.kept("which parameters require gradients", frozen),
    }


@pytest.mark.exercise("data_parallel_step")
def test_linear_model_without_a_rate(lesson, device, rng):
    """With lr 0 nothing moves; a linear layer alone is a model, too; the parameters stay the same objects."""
    X, y = samples(rng, device, 5)
    model = network(rng, device)[0]
    parameters = list(model.parameters())
    still = outcome(lesson.data_parallel_step(model, mse, X, y, 2, 0.0), model)
    loss = lesson.data_parallel_step(model, mse, X, y, 2, 0.1)
    reached = [parameter.detach().clone() for parameter in parameters]
    return {"lr = 0": still, "lr = 0.1": {"loss": number(loss), "the parameters that there were before": reached}}


@pytest.mark.exercise("data_parallel_step")
def test_a_float_is_returned_and_the_data_stay(lesson, device, rng):
    """The loss is a Python float; X and y stay as they were; the global random state does not move."""
    X, y = samples(rng, device, 5)
    model = network(rng, device)

    def step():
        return lesson.data_parallel_step(model, mse, X, y, 2, 0.1)

    (loss, kept), still = probes.global_rng_untouched(lambda: probes.unchanged(step, X=X, y=y))
    return {"loss": loss, "weights afterwards": weights(model), **kept, "global random state": still}
