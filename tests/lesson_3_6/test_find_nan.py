"""Hidden scenarios of `find_nan`."""

import math
from collections import OrderedDict

import pytest
import torch
from torch import nn

from autograder.worker import probes


def fill(model, rng, device, dtype=torch.float32):
    """Give a model known parameters, of moderate size and none near 0, without the global generator."""
    with torch.no_grad():
        for parameter in model.parameters():
            values = torch.rand(parameter.shape, generator=rng, dtype=torch.float64) + 0.2
            signs = 2.0 * torch.randint(2, parameter.shape, generator=rng) - 1
            parameter.copy_(values * signs)
    return model.to(device, dtype)


def rows(rng, device, dtype=torch.float32, n=5):
    X = torch.randn(n, 3, generator=rng, dtype=torch.float64).to(device, dtype)
    return X, torch.randint(2, (n,), generator=rng).to(device)


def leaf(function):
    """Return a module without modules inside that computes `function`."""
    module = nn.Module()
    module.forward = function
    return module


def names(rng, n):
    """Return n different names for modules, which nobody can guess."""
    pool = ["stem", "body", "head", "neck", "tail", "gate", "core", "mixer", "proj", "embed", "block", "trunk"]
    return [f"{pool[place]}{place * 7 % 5}" for place in torch.randperm(len(pool), generator=rng)[:n].tolist()]


def chain(rng, *modules):
    """Return modules in a row, under names of their own."""
    return nn.Sequential(OrderedDict(zip(names(rng, len(modules)), modules, strict=True)))


def nested(rng, device):
    body = chain(rng, nn.Linear(3, 4), chain(rng, nn.Tanh(), nn.Linear(4, 5)), nn.ReLU())
    return fill(chain(rng, body, nn.Linear(5, 2)), rng, device)


def linear(model):
    """Return the dotted names of the linear layers, in the order of the calls."""
    return [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]


def spoil(model, place, bad=math.inf):
    """Make one bias of a linear layer, by its number, something that is not finite."""
    with torch.no_grad():
        model.get_submodule(linear(model)[place]).bias[1] = bad
    return model


def hooks_on(model):
    """How many forward hooks there are: on every module of a model, and on all modules alike."""
    on_modules = [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules()]
    everywhere = nn.modules.module._global_forward_hooks, nn.modules.module._global_forward_pre_hooks
    return [*on_modules, *(len(hooks) for hooks in everywhere)]


@pytest.mark.exercise("find_nan")
@pytest.mark.weight(2)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_first_leaf_that_is_not_finite(lesson, device, rng, bad):
    """One bias that is not finite shows in the output of its leaf, which goes by its dotted name."""
    found = {}
    for place, which in enumerate(("the first layer", "one in the middle", "the last layer")):
        found[which] = lesson.find_nan(spoil(nested(rng, device), place, bad), rows(rng, device))
    return found


@pytest.mark.exercise("find_nan")
def test_a_sound_model(lesson, device, rng):
    """None comes back when all outputs are finite, and only then."""
    found = {f"a sound model, N = {n}": lesson.find_nan(nested(rng, device), rows(rng, device, n=n)) for n in (5, 1)}
    return {**found, "another one, not sound": lesson.find_nan(spoil(nested(rng, device), 1), rows(rng, device))}


@pytest.mark.exercise("find_nan")
@pytest.mark.weight(2)
def test_one_element_is_enough(lesson, device, rng):
    """A single NaN in a single row is found, where it comes up first."""
    X, y = rows(rng, device)
    model = chain(rng, nn.Linear(3, 3), leaf(torch.sqrt), nn.Linear(3, 2)).to(device)
    with torch.no_grad():
        model[0].weight.copy_(torch.eye(3))
        model[0].bias.zero_()
    X = X.abs() + 0.1
    X[2, 1] = -1.0
    return lesson.find_nan(model, (X, y))


@pytest.mark.exercise("find_nan")
def test_large_numbers_are_finite(lesson, device, rng):
    """Elements that are finite, each by itself, are finite also where their sum would not be."""
    large = leaf(lambda z: torch.full_like(z, 3e38))
    found = {}
    for name, last in (("a sound model", nn.Tanh()), ("one that divides by 0 later", leaf(lambda z: z / 0))):
        model = fill(chain(rng, nn.Linear(3, 4), large, nn.Tanh(), last), rng, device)
        found[name] = lesson.find_nan(model, rows(rng, device))
    return found


@pytest.mark.exercise("find_nan")
@pytest.mark.weight(2)
def test_infinity_that_is_gone_in_the_end(lesson, device, rng):
    """An infinity counts also when a later leaf hides it, as tanh does, and the model's own output is finite."""
    model = fill(chain(rng, nn.Linear(3, 4), leaf(lambda z: z / 0), nn.Tanh(), nn.Linear(4, 2)), rng, device)
    return lesson.find_nan(model, rows(rng, device))


@pytest.mark.exercise("find_nan")
@pytest.mark.weight(2)
def test_first_means_the_order_of_the_calls(lesson, device, rng):
    """A leaf that was registered first but is called later is not the first."""
    model = nn.Module()
    head, body, divide = nn.Linear(4, 2), nn.Linear(3, 4), leaf(lambda z: z / 0)
    for name, module in zip(names(rng, 4), (head, nn.Linear(4, 4), body, divide), strict=True):
        model.add_module(name, module)
    model.forward = lambda x: head(divide(body(x)))
    return lesson.find_nan(fill(model, rng, device), rows(rng, device))


@pytest.mark.exercise("find_nan")
def test_a_leaf_that_is_called_twice(lesson, device, rng):
    """Each call counts; a leaf that is registered twice goes by its first name."""
    log = leaf(torch.log)
    model = chain(rng, leaf(torch.exp), log, nn.Linear(3, 3), leaf(lambda z: -z.abs() - 1), log).to(device)
    return lesson.find_nan(fill(model, rng, device), rows(rng, device))


@pytest.mark.exercise("find_nan")
@pytest.mark.parametrize("bad", [True, False])
def test_a_model_that_is_a_leaf(lesson, device, rng, bad):
    """A model without modules inside has the empty name; None comes back if its output is finite."""
    model = fill(nn.Linear(3, 2), rng, device)
    if bad:
        with torch.no_grad():
            model.bias.fill_(math.nan)
    return {
        "a leaf": lesson.find_nan(model, rows(rng, device)),
        "a chain of two": lesson.find_nan(
            spoil(fill(chain(rng, nn.Linear(3, 3), nn.Linear(3, 2)), rng, device), 1), rows(rng, device)
        ),
    }


@pytest.mark.exercise("find_nan")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_overflows_depends_on_the_dtype(lesson, device, rng, dtype):
    """A number too large for float32 is finite in float64: the model's own dtype decides."""
    model = fill(chain(rng, nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 2)), rng, device, dtype)
    with torch.no_grad():
        model[1].weight.fill_(1e30)
        model[0].bias.fill_(1e20)
    large = lesson.find_nan(model, rows(rng, device, dtype))
    return {"large numbers": large, "an infinity": lesson.find_nan(spoil(model, 2), rows(rng, device, dtype))}


@pytest.mark.exercise("find_nan")
def test_features_and_targets(lesson, device, rng):
    """A NaN in X shows in the first leaf; y plays no part, and a container computes what it likes between the leaves."""
    X, y = rows(rng, device)
    with_nan = X.clone()
    with_nan[1, 2] = math.nan
    between = chain(rng, nn.Linear(3, 3), nn.Linear(3, 2))
    between.forward = lambda x: between[1](between[0](x) / 0)
    return {
        "a NaN in X": lesson.find_nan(nested(rng, device), (with_nan, y)),
        "a NaN in y": lesson.find_nan(nested(rng, device), (X, y * math.nan)),
        "a division by 0 between two leaves": lesson.find_nan(
            fill(chain(rng, nn.Linear(3, 3), between), rng, device), (X, y)
        ),
    }


@pytest.mark.exercise("find_nan")
@pytest.mark.weight(2)
@pytest.mark.parametrize("bad", [True, False])
def test_own_hooks_are_removed_and_those_of_others_stay(lesson, device, rng, bad):
    """After the call the model has the hooks that it had before, and it was called exactly once."""
    model, of_model, of_leaf = nested(rng, device), [], []
    model.register_forward_hook(lambda _, __, output: of_model.append(output.detach().clone()))
    model[0][0].register_forward_hook(lambda _, __, output: of_leaf.append(output.detach().clone()))
    X, y = rows(rng, device)
    if bad:
        spoil(model, 2)
    name = lesson.find_nan(model, (X, y))
    # Whether the call runs to its end after a bad leaf is left open.
    during = {"outputs of a leaf": list(of_leaf)} | ({} if bad else {"outputs of the model": list(of_model)})
    model(X)
    return {
        "name": name,
        **during,
        "outputs of the leaf, after one more call": of_leaf,
        "hooks afterwards": probes.kept("the hooks of the model", hooks_on(model)),
    }


@pytest.mark.exercise("find_nan")
@pytest.mark.weight(2)
def test_own_hooks_are_removed_after_an_error(lesson, device, rng):
    """When the model raises, a RuntimeError here, the exception goes on to the caller and no hook is left behind."""
    model = fill(chain(rng, nn.Linear(3, 4), nn.Linear(5, 2)), rng, device)
    batch, outputs = rows(rng, device), []
    model[0].register_forward_hook(lambda _, __, output: outputs.append(output.detach().clone()))
    return {
        "a model that raises": probes.raised(RuntimeError, lambda: lesson.find_nan(model, batch)),
        "outputs of its first leaf": outputs,
        "hooks afterwards": probes.kept("the hooks of the model, which raised an exception", hooks_on(model)),
    }


@pytest.mark.exercise("find_nan")
@pytest.mark.parametrize("training", [True, False])
def test_every_module_stays_in_its_mode(lesson, device, rng, training):
    """Modules that train go on training and the others do not, also during the call."""
    model, during = chain(rng, nn.Linear(3, 4), nn.Dropout(0.5), nn.Tanh(), nn.Linear(4, 2)), {}
    model.train(training)
    model[1].train(not training)
    spoil(fill(model, rng, device), 1)
    for place, module in enumerate(model.modules()):
        module.register_forward_pre_hook(
            lambda module, _, place=place: during.__setitem__(f"module {place} trains during the call", module.training)
        )
    name = lesson.find_nan(model, rows(rng, device))
    modes = [module.training for module in model.modules()]
    return {"name": name, **during, "modes afterwards": probes.kept("the mode of a module", modes)}


@pytest.mark.exercise("find_nan")
def test_a_leaf_that_fails_in_one_mode_alone(lesson, device, rng):
    """A leaf may be sound in one mode and not in the other; the mode in which the model comes decides."""
    fragile = leaf(lambda z: z / 0 if fragile.training else z)
    model = fill(chain(rng, nn.Linear(3, 4), fragile, nn.Linear(4, 2)), rng, device)
    return {
        "in training mode": lesson.find_nan(model.train(), rows(rng, device)),
        "in evaluation mode": lesson.find_nan(model.eval(), rows(rng, device)),
    }


@pytest.mark.exercise("find_nan")
def test_parameters_and_gradients_stay(lesson, device, rng):
    """Nothing is trained: parameters, gradients and the batch stay as they are."""
    model, batch = spoil(nested(rng, device), 1), rows(rng, device)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 0.5)
    name, kept = probes.unchanged(lambda: lesson.find_nan(model, batch), model=model, batch=batch)
    return {"name": name, **kept}
