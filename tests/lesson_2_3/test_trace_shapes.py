"""Hidden scenarios of `trace_shapes`."""

import itertools
from collections import OrderedDict

import pytest
import torch
from torch import nn

from autograder.worker import probes


def size(rng):
    return int(torch.randint(2, 60, (1,), generator=rng))


def hooks_on(model):
    """How many forward hooks there are: on every module of a model, and on all modules alike."""
    on_modules = [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules()]
    everywhere = nn.modules.module._global_forward_hooks, nn.modules.module._global_forward_pre_hooks
    return [*on_modules, *(len(hooks) for hooks in everywhere)]


def nested():
    """Chains in a chain, with names and with numbers; every width is another."""
    body = nn.Sequential(nn.Linear(3, 7), nn.Sequential(nn.Tanh(), nn.Linear(7, 5)), nn.ReLU())
    return nn.Sequential(OrderedDict(body=body, head=nn.Linear(5, 2)))


@pytest.mark.exercise("trace_shapes")
@pytest.mark.parametrize("rows", [1, 32])
def test_each_module_of_a_flat_chain(lesson, device, rng, rows):
    """Name and output shape of each leaf, in the order of the calls, for any batch size."""
    widths = (torch.randperm(9, generator=rng)[:4] + 2).tolist()
    first, second, third = (nn.Linear(*pair) for pair in itertools.pairwise(widths))
    model = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), third).to(device)
    return lesson.trace_shapes(model, torch.randn(rows, widths[0], generator=rng).to(device))


@pytest.mark.exercise("trace_shapes")
@pytest.mark.weight(2)
def test_leaves_go_by_their_dotted_names(lesson, device, rng):
    """Leaves at any depth are listed by their dotted names; containers are not."""
    return lesson.trace_shapes(nested().to(device), torch.randn(size(rng), 3, generator=rng).to(device))


@pytest.mark.exercise("trace_shapes")
@pytest.mark.weight(2)
def test_a_leaf_that_is_called_twice_is_listed_twice(lesson, device, rng):
    """Every call is listed; a leaf that is registered twice goes by its first name."""
    relu = nn.ReLU()
    model = nn.Sequential(nn.Linear(3, 6), relu, nn.Linear(6, 4), relu).to(device)
    return lesson.trace_shapes(model, torch.randn(size(rng), 3, generator=rng).to(device))


@pytest.mark.exercise("trace_shapes")
@pytest.mark.weight(2)
def test_the_order_is_that_of_the_calls(lesson, device, rng):
    """Leaves come as they are called, not as they were registered; one that is never called is not listed."""
    model = nn.Module()
    model.head, model.spare, model.body = nn.Linear(5, 2), nn.Linear(4, 4), nn.Linear(3, 5)
    model.squash = nn.Tanh()
    model.forward = lambda x: model.squash(model.head(model.squash(model.body(x))))
    return lesson.trace_shapes(model.to(device), torch.randn(size(rng), 3, generator=rng).to(device))


@pytest.mark.exercise("trace_shapes")
def test_shapes_of_more_dimensions(lesson, device, rng):
    """A shape has as many numbers as the output has dimensions."""
    model = nn.Sequential(nn.Linear(3, 5), nn.Flatten(), nn.Linear(20, 6), nn.Unflatten(1, (2, 3))).to(device)
    return lesson.trace_shapes(model, torch.randn(size(rng), 4, 3, generator=rng).to(device))


@pytest.mark.exercise("trace_shapes")
def test_a_model_that_is_a_leaf(lesson, device, rng):
    """A model without modules inside is listed under the empty name."""
    return lesson.trace_shapes(nn.Linear(3, 2).to(device), torch.randn(size(rng), 3, generator=rng).to(device))


@pytest.mark.exercise("trace_shapes")
@pytest.mark.weight(2)
def test_own_hooks_are_removed_and_those_of_others_stay(lesson, device, rng):
    """After the call the model has the hooks that it had before, and the model was called exactly once."""
    model, seen = nested().to(device), []
    model.register_forward_hook(lambda *_: seen.append("model"))
    model.body[0].register_forward_hook(lambda *_: seen.append("leaf"))
    x = torch.randn(size(rng), 3, generator=rng).to(device)
    trace = lesson.trace_shapes(model, x)
    called, hooks = list(seen), probes.kept("the hooks of others, or left some of its own", hooks_on(model))
    model(x)
    return {
        "trace": trace,
        "hooks afterwards": hooks,
        "calls of the hooks that were there": called,
        "their calls after one more call of the model": seen,
    }


@pytest.mark.exercise("trace_shapes")
@pytest.mark.weight(2)
def test_own_hooks_are_removed_after_an_error(lesson, device, rng):
    """When the model raises, a RuntimeError here, the exception goes on to the caller and no hook is left behind."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(5, 2)).to(device)
    x = torch.randn(size(rng), 3, generator=rng).to(device)
    happened = probes.raised(RuntimeError, lambda: lesson.trace_shapes(model, x))
    hooks = probes.kept("the hooks on the model: some stayed after the error", hooks_on(model))
    fine = lesson.trace_shapes(nn.Linear(3, 3).to(device), x)
    return {"a model that raises": happened, "hooks afterwards": hooks, "trace of a layer that fits": fine}


@pytest.mark.exercise("trace_shapes")
@pytest.mark.parametrize("training", [True, False])
def test_the_mode_stays(lesson, device, rng, training):
    """Modules that train go on training and the others do not, and a batch norm has seen as many batches as it should."""
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2)).to(device)
    model.train(training)
    model[2].train(not training)
    trace = lesson.trace_shapes(model, torch.randn(size(rng), 3, generator=rng).to(device))
    modes = probes.kept("the model's mode", [module.training for module in model.modules()])
    batches = int(model[1].num_batches_tracked)
    return {"trace": trace, "modes afterwards": modes, "batches that the batch norm has seen": batches}
