"""Hidden scenarios of `accumulate_gradients`."""

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


def cut(rng, device, sizes, d=3, k=1, dtype=torch.float32):
    """Batches of these sizes; the first ones have larger losses than the last."""
    found = []
    for place, n in enumerate(sizes):
        X = torch.randn(n, d, generator=rng)
        y = torch.randn(n, k, generator=rng) + 0.5 * X.sum(dim=1, keepdim=True) + 3.0 / (1 + place)
        found.append((X.to(device, dtype), y.to(device, dtype)))
    return found


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


def left(model):
    """Return the gradients and the weights as they are now."""
    grads = [None if parameter.grad is None else parameter.grad.clone() for parameter in model.parameters()]
    return {"gradients": grads, "weights": [parameter.detach().clone() for parameter in model.parameters()]}


def outcome(loss, model, dtype=torch.float32):
    """Return the loss, the gradients, and the weights."""
    return {"loss": number(loss, dtype), **left(model)}


@pytest.mark.exercise("accumulate_gradients")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_equal_batches(lesson, device, rng, dtype):
    """The gradient of all batches together stays in `.grad`, and nothing is updated."""
    model = network(rng, device, dtype=dtype)
    return outcome(lesson.accumulate_gradients(model, mse, cut(rng, device, [3, 3, 3], dtype=dtype)), model, dtype)


@pytest.mark.exercise("accumulate_gradients")
@pytest.mark.weight(2)
@pytest.mark.parametrize("sizes", [[4, 4, 1], [1, 6], [2, 5, 1, 3]])
def test_every_row_weighs_the_same(lesson, device, rng, sizes):
    """Batches of different sizes count by their rows."""
    model = network(rng, device, dtype=torch.float64)
    batches = cut(rng, device, sizes, dtype=torch.float64)
    return outcome(lesson.accumulate_gradients(model, mse, batches), model, torch.float64)


@pytest.mark.exercise("accumulate_gradients")
@pytest.mark.parametrize("sizes", [[5], [1], [1, 1]])
def test_one_batch_or_one_row(lesson, device, rng, sizes):
    """There may be one batch alone, and one row in a batch."""
    model = network(rng, device)
    return outcome(lesson.accumulate_gradients(model, mse, cut(rng, device, sizes)), model)


@pytest.mark.exercise("accumulate_gradients")
def test_old_gradients_are_cleared_once(lesson, device, rng):
    """What lies in `.grad` before plays no part, and a second call finds the same gradient as the first."""
    model = network(rng, device)
    batches = cut(rng, device, [3, 2])
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=rng).to(device) + 2
    return {
        call: outcome(lesson.accumulate_gradients(model, mse, batches), model)
        for call in ("the first call", "the second call")
    }


@pytest.mark.exercise("accumulate_gradients")
@pytest.mark.parametrize("loss_fn", [lopsided, labels], ids=["lopsided", "labels"])
def test_other_losses(lesson, device, rng, loss_fn):
    """`loss_fn` takes the targets first and may be any mean over rows; targets may be whole numbers."""
    batches = cut(rng, device, [3, 4, 2], k=3)
    if loss_fn is labels:
        batches = [(X, torch.randint(0, 3, (len(X),), generator=rng).to(device)) for X, _ in batches]
    model = network(rng, device, k=3)
    return outcome(lesson.accumulate_gradients(model, loss_fn, batches), model)


@pytest.mark.exercise("accumulate_gradients")
@pytest.mark.weight(3)
@pytest.mark.check("one_graph_at_a_time")
def test_one_graph_at_a_time(lesson, device, rng):
    """Each batch goes through the model alone and is back-propagated before the next one goes in."""
    model = network(rng, device)
    sizes = torch.randint(1, 5, (6,), generator=rng).tolist()
    batches = cut(rng, device, sizes)
    rows, waiting, kept = [], [], [0, 0]

    def pack(tensor):
        kept[0] += 1
        return tensor

    def unpack(tensor):
        kept[1] += 1
        return tensor

    def note(_, args):
        rows.append(len(args[0]))
        waiting.append({"kept so far": kept[0], "used so far": kept[1]})

    model.register_forward_pre_hook(note)
    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        lesson.accumulate_gradients(model, mse, batches)
    return {"rows in each call": rows, "what graphs kept, as each batch goes in": waiting}


@pytest.mark.exercise("accumulate_gradients")
@pytest.mark.parametrize("training", [True, False])
def test_frozen_parameters_and_mode(lesson, device, rng, training):
    """A parameter that requires no gradient keeps `.grad` None; the model keeps its mode."""
    model = network(rng, device).train(training)
    model[0].weight.requires_grad_(False)
    loss = lesson.accumulate_gradients(model, mse, cut(rng, device, [2, 3]))
    modes = [module.training for module in model.modules()]
    return {**outcome(loss, model), "modes": probes.kept("the mode of the model", modes)}


@pytest.mark.exercise("accumulate_gradients")
def test_a_float_is_returned_and_the_batches_stay(lesson, device, rng):
    """The loss is a Python float; the list and its tensors stay as they were; the global random state does not move."""
    model = network(rng, device)
    batches = cut(rng, device, [2, 3])

    def call():
        return lesson.accumulate_gradients(model, mse, batches)

    (loss, kept), still = probes.global_rng_untouched(lambda: probes.unchanged(call, batches=batches))
    return {"loss": loss, **left(model), **kept, "global random state": still}
