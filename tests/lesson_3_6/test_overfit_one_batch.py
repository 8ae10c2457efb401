"""Hidden scenarios of `overfit_one_batch`. The optimizer is the student's choice, so no loss but the first is compared."""

import copy

import pytest
import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

from autograder.worker import probes


def fill(model, rng, device, dtype=torch.float32):
    """Give a model known parameters, of the size that torch gives them, without the global generator."""
    with torch.no_grad():
        for parameter in model.parameters():
            width = parameter.shape[-1] if parameter.dim() > 1 else 4
            parameter.copy_((2 * torch.rand(parameter.shape, generator=rng, dtype=torch.float64) - 1) / width**0.5)
    return model.to(device, dtype)


def network(rng, device, dtype=torch.float32, n_classes=3):
    return fill(nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, n_classes)), rng, device, dtype)


def rows(rng, device, dtype=torch.float32, n=6, n_classes=3):
    X = torch.randn(n, 2, generator=rng, dtype=torch.float64).to(device, dtype)
    return X, torch.randint(n_classes, (n,), generator=rng).to(device)


def separable(rng, device):
    """Return 8 rows in two groups that lie 4 apart, on a line through the middle in a random direction."""
    angle = 6.3 * torch.rand(1, generator=rng)
    direction = torch.cat([angle.cos(), angle.sin()])
    y = torch.randperm(8, generator=rng) % 2
    X = (4 * y.unsqueeze(1) - 2) * direction + 0.3 * torch.randn(8, 2, generator=rng).clamp(-2, 2)
    return X.to(device), y.to(device)


def parameters(model):
    return [parameter.detach().clone() for parameter in model.parameters()]


def scores(model, X):
    with torch.no_grad():
        return model(X)


def first_scores(model):
    """Return a list that will hold the logits of the model's first call: they belong to rows of the batch."""
    seen = []
    model.register_forward_hook(lambda _, __, output: None if seen else seen.append(output.detach().clone()))
    return seen


def losses(history, dtype=torch.float32):
    """Return a list of losses as a tensor, of whatever kind of number they are; anything else as it is."""
    return torch.tensor([float(loss) for loss in history], dtype=dtype) if isinstance(history, list) else history


@pytest.mark.exercise("overfit_one_batch")
@pytest.mark.weight(3)
@pytest.mark.check("loss_falls_to_a_tenth")
@pytest.mark.parametrize("kind", ["line", "network"])
def test_eight_separable_rows_are_learned(lesson, device, rng, kind):
    """On 8 rows that a line tells apart, with lr 0.1 and 200 steps, the last loss is under a tenth of the first."""
    batch = separable(rng, device)
    model = fill(nn.Linear(2, 2), rng, device) if kind == "line" else network(rng, device, n_classes=2)
    before = scores(model, batch[0])
    history = lesson.overfit_one_batch(model, batch, 200, 0.1)
    return {"history": losses(history), "before": before, "after": scores(model, batch[0]), "y": batch[1]}


@pytest.mark.exercise("overfit_one_batch")
@pytest.mark.weight(2)
@pytest.mark.check("a_float_for_each_step")
@pytest.mark.parametrize(("n", "dtype"), [(6, torch.float32), (6, torch.float64), (1, torch.float32)])
def test_a_float_for_each_step_from_the_untrained_model_on(lesson, device, rng, n, dtype):
    """The history has a Python float for each step; the first is the mean cross-entropy of the model as it came."""
    batch = rows(rng, device, dtype, n=n)
    return lesson.overfit_one_batch(network(rng, device, dtype), batch, 4, 0.01)


@pytest.mark.exercise("overfit_one_batch")
@pytest.mark.weight(2)
@pytest.mark.check("losses_of_the_steps")
def test_each_loss_belongs_to_the_weights_before_its_update(lesson, device, rng):
    """Each loss is that of the logits that the model gave in that step."""
    X, y = rows(rng, device)
    model, seen = network(rng, device), []
    model.register_forward_hook(lambda _, __, output: seen.append(output.detach().clone()))
    history = lesson.overfit_one_batch(model, (X, y), 5, 0.05)
    return {"history": losses(history), "scores": seen, "y": y}


@pytest.mark.exercise("overfit_one_batch")
@pytest.mark.weight(4)
@pytest.mark.check("steps_in_training_mode")
@pytest.mark.parametrize("training", [True, False])
def test_every_step_is_made_in_training_mode(lesson, device, rng, training):
    """Every step is made in training mode, in all modules, whatever the mode in which the model came."""
    model, seen = network(rng, device), set()
    first = first_scores(model)
    model.train(training)
    model[1].train(not training)
    for name, module in model.named_modules():
        module.register_forward_hook(
            lambda module, _, output, name=name: seen.add((name, module.training)) if output.requires_grad else None
        )
    lesson.overfit_one_batch(model, rows(rng, device), 3, 0.01)
    return {"modes": sorted(seen), "first scores": first}


@pytest.mark.exercise("overfit_one_batch")
@pytest.mark.weight(2)
@pytest.mark.check("the_whole_batch_in_every_step")
@pytest.mark.parametrize("n", [5, 1])
def test_every_step_has_the_whole_batch(lesson, device, rng, n):
    """The model gets the rows as they were given, in every step."""
    X, y = rows(rng, device, n=n)
    model, seen = network(rng, device), []
    model.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach().clone()))
    history = lesson.overfit_one_batch(model, (X, y), 4, 0.01)
    return {"inputs": seen, "history": losses(history)}


@pytest.mark.exercise("overfit_one_batch")
@pytest.mark.weight(4)
@pytest.mark.check("gradients_are_cleared")
@pytest.mark.parametrize("old", [True, False])
def test_gradients_are_cleared_in_every_step(lesson, device, rng, old):
    """What backward adds up is that step's gradient alone; gradients from before the call play no part."""
    model, came, added = network(rng, device), {}, []
    first, before = first_scores(model), parameters(model)
    for parameter in model.parameters():
        if old:
            parameter.grad = torch.full_like(parameter, 7.0)
        parameter.register_hook(lambda grad, p=parameter: came.__setitem__(p, grad.detach().clone()))
        parameter.register_post_accumulate_grad_hook(
            lambda p: added.append({"this step's": came[p], "in .grad": p.grad.detach().clone()})
        )
    lesson.overfit_one_batch(model, rows(rng, device), 4, 0.01)
    return {
        "gradients": added,
        "weights before": before,
        "weights after": parameters(model),
        "first scores": first,
    }


@pytest.mark.exercise("overfit_one_batch")
def test_nothing_moves_without_a_learning_rate_or_without_steps(lesson, device, rng):
    """With lr 0 the loss stays; with 0 steps the history is empty; the weights stay in both cases."""
    batch, model = rows(rng, device), network(rng, device)
    still = losses(lesson.overfit_one_batch(model, batch, 3, 0.0))
    none = lesson.overfit_one_batch(model, batch, 0, 0.1)
    left = probes.kept("the weights, though the rate or the number of steps was 0", parameters(model))
    return {"history with lr = 0": still, "history of 0 steps": none, "weights afterwards": left}


@pytest.mark.exercise("overfit_one_batch")
@pytest.mark.weight(2)
@pytest.mark.check("update_is_proportional")
def test_first_update_is_proportional_to_the_learning_rate(lesson, device, rng):
    """The first update is proportional to the learning rate."""
    batch, start = rows(rng, device), network(rng, device)
    weights = {"before": parameters(start)}
    for name, lr in (("a low rate", 0.0005), ("one twenty times as high", 0.01)):
        model = copy.deepcopy(start)
        lesson.overfit_one_batch(model, batch, 1, lr)
        weights[name] = parameters(model)
    return weights


@pytest.mark.exercise("overfit_one_batch")
@pytest.mark.check("the_rate_stays")
@pytest.mark.weight(2)
def test_the_learning_rate_is_the_same_all_the_time(lesson, device, rng):
    """The learning rate is `lr` in every step, from the first to the last."""
    lr, model, rates = 0.001 + 0.01 * float(torch.rand((), generator=rng)), network(rng, device), []
    first = first_scores(model)

    def note(optimizer, *_):
        rates.extend(group["lr"] for group in optimizer.param_groups)

    handle = register_optimizer_step_pre_hook(note)
    try:
        lesson.overfit_one_batch(model, rows(rng, device), 110, lr)
    finally:
        handle.remove()
    return {"lr": lr, "rates of an optimizer's steps": [float(rate) for rate in rates], "first scores": first}


@pytest.mark.exercise("overfit_one_batch")
@pytest.mark.check("all_parameters_are_trained")
def test_all_parameters_are_trained_and_the_data_stay(lesson, device, rng):
    """Weights and biases of all layers move, in the model that was given; X and y stay as they were."""
    X, y = rows(rng, device)
    model = network(rng, device)
    first, before = first_scores(model), parameters(model)
    _, kept = probes.unchanged(lambda: lesson.overfit_one_batch(model, (X, y), 3, 0.05), X=X, y=y)
    return {"weights before": before, "weights after": parameters(model), "first scores": first, **kept}
