"""Hidden scenarios of `activation_stats`."""

from collections import OrderedDict

import pytest
import torch
from torch import nn

from autograder.worker import probes


def rows(rng, n, d, device, dtype=torch.float32):
    """Return rows whose mean is away from 0 and whose deviation is away from 1."""
    return (1.5 + 2 * torch.randn(n, d, generator=rng)).to(device, dtype)


def nested():
    """Chains in a chain, with names and with numbers; every width is another."""
    body = nn.Sequential(nn.Linear(3, 7), nn.Sequential(nn.Tanh(), nn.Linear(7, 5)), nn.ReLU())
    return nn.Sequential(OrderedDict(body=body, head=nn.Linear(5, 2)))


def hooks_on(model):
    """How many forward hooks there are: on every module of a model, and on all modules alike."""
    on_modules = [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules()]
    everywhere = nn.modules.module._global_forward_hooks, nn.modules.module._global_forward_pre_hooks
    return [*on_modules, *(len(hooks) for hooks in everywhere)]


def modes(model):
    return probes.kept("the mode of some module", [module.training for module in model.modules()])


@pytest.mark.exercise("activation_stats")
@pytest.mark.weight(3)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_mean_and_deviation_of_each_output(lesson, device, rng, dtype):
    """Name, mean and population deviation of what each leaf gave, in the order of the calls: tuples of a str and floats."""
    model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3), nn.Tanh()).to(device, dtype)
    return lesson.activation_stats(model, rows(rng, 5, 4, device, dtype))


@pytest.mark.exercise("activation_stats")
@pytest.mark.weight(2)
def test_leaves_go_by_their_dotted_names(lesson, device, rng):
    """Leaves at any depth are listed by their dotted names; containers are not."""
    return lesson.activation_stats(nested().to(device), rows(rng, 6, 3, device))


@pytest.mark.exercise("activation_stats")
@pytest.mark.weight(2)
def test_small_outputs(lesson, device, rng):
    """With few elements the deviation divides by n, and that of one element is 0; the model may be a leaf itself."""
    one = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1)).to(device)
    leaf = nn.Linear(3, 2).to(device)
    return {
        "one row": lesson.activation_stats(one, rows(rng, 1, 3, device)),
        "a model that is a leaf": lesson.activation_stats(leaf, rows(rng, 1, 3, device)),
    }


@pytest.mark.exercise("activation_stats")
@pytest.mark.weight(2)
def test_the_order_is_that_of_the_calls(lesson, device, rng):
    """Leaves come as they are called, once for each call; one that is never called is not listed."""
    model = nn.Module()
    model.head, model.spare, model.body = nn.Linear(5, 2), nn.Linear(4, 4), nn.Linear(3, 5)
    model.squash = nn.Tanh()
    model.forward = lambda x: model.squash(model.head(model.squash(model.body(x))))
    return lesson.activation_stats(model.to(device), rows(rng, 4, 3, device))


@pytest.mark.exercise("activation_stats")
def test_a_later_layer_overwrites(lesson, device, rng):
    """The numbers are taken when the leaf returns them, before an in-place ReLU overwrites them."""
    model = nn.Sequential(nn.Linear(3, 6), nn.ReLU(inplace=True), nn.Linear(6, 4), nn.ReLU(inplace=True)).to(device)
    x = rows(rng, 5, 3, device)
    parameters = list(model.parameters())
    found, kept = probes.unchanged(lambda: lesson.activation_stats(model, x), x=x, model=parameters)
    return {"stats": found, **kept}


@pytest.mark.exercise("activation_stats")
@pytest.mark.weight(3)
@pytest.mark.parametrize("training", [True, False])
def test_evaluation_inside_and_modes_kept(lesson, device, rng, training):
    """Inside it is evaluation mode: dropout off, batch norms still. Afterwards each module has its own mode again."""
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Sequential(nn.Linear(4, 2))).to(
        device
    )
    model.train(training)
    model[2].train(not training)
    model[3][0].train(not training)
    stats = lesson.activation_stats(model, rows(rng, 6, 3, device))
    return {
        "stats": stats,
        "modes afterwards": modes(model),
        "batch norm afterwards": probes.kept("the batch norm's running numbers", dict(model[1].named_buffers())),
    }


@pytest.mark.exercise("activation_stats")
@pytest.mark.weight(3)
def test_own_hooks_are_removed_and_those_of_others_stay(lesson, device, rng):
    """After the call the model has the hooks that it had before, and the model was called exactly once."""
    model, seen = nested().to(device), []
    model.register_forward_hook(lambda *_: seen.append("model"))
    model.body[0].register_forward_hook(lambda *_: seen.append("leaf"))
    x = rows(rng, 4, 3, device)
    stats = lesson.activation_stats(model, x)
    called = list(seen)
    model(x)
    return {
        "hooks afterwards": probes.kept("the hooks on modules, or left its own", hooks_on(model)),
        "hooks of others that were called": called,
        "stats, after the model was called once more": stats,
        "hooks of others, after the model was called once more": seen,
    }


@pytest.mark.exercise("activation_stats")
@pytest.mark.weight(2)
def test_all_is_put_back_after_an_error(lesson, device, rng):
    """When the model raises, a RuntimeError here, it goes on to the caller; hooks are gone and modes are back."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Dropout(), nn.Linear(5, 2)).to(device)
    model[1].eval()
    x = rows(rng, 4, 3, device)
    return {
        "a model that raises a RuntimeError": probes.raised(RuntimeError, lambda: lesson.activation_stats(model, x)),
        "hooks afterwards": probes.kept("the hooks on modules, or left its own", hooks_on(model)),
        "modes afterwards": modes(model),
        "model afterwards": probes.kept("the model", model),
    }


@pytest.mark.exercise("activation_stats")
def test_gradients_stay(lesson, device, rng):
    """No parameter and no `.grad` is changed."""
    model = nested().to(device)
    x = rows(rng, 4, 3, device)
    model(x).sum().backward()
    _, kept = probes.unchanged(lambda: lesson.activation_stats(model, x), model=list(model.parameters()))
    return kept
