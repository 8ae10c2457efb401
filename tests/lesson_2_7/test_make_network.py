"""Hidden scenarios of `make_network`. The start is open, so outputs are compared with what its own parameters give."""

import pytest
import torch

from autograder.worker import probes


def by_shape(network, d, h):
    """Return the parameters by their role; each has a shape of its own where H is neither 1 nor D's row."""
    roles = {(h, d): "W1", (h,): "b1", (1, h): "W2", (1,): "b2"}
    return {roles.get(tuple(p.shape), "other"): p.detach().clone() for p in network.parameters()}


def flat(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def seeds(rng, count):
    return [int(seed) for seed in torch.randperm(10_000, generator=rng)[:count]]


def lower(network, X):
    """Lower the output's bias so far that every logit is below 0: an activation after it would show."""
    with torch.no_grad():
        highest = network(X).max()
        for parameter in network.parameters():
            if tuple(parameter.shape) == (1,):
                parameter -= highest + 1


@pytest.mark.exercise("make_network")
@pytest.mark.check("two_layers_and_what_is_between")
@pytest.mark.parametrize("activation", [True, False])
@pytest.mark.parametrize(("n", "d", "h"), [(9, 3, 5), (1, 2, 4), (4, 4, 4), (6, 1, 7)])
def test_logits(lesson, rng, activation, n, d, h):
    """A linear layer, ReLU or tanh (or nothing, if it is left out), a linear layer, and nothing after it."""
    network = lesson.make_network(d, h, activation, seeds(rng, 1)[0])
    X = 4 * torch.randn(n, d, generator=rng)
    lower(network, X)
    return {"activation": activation, "X": X, "logits": network(X).detach(), **by_shape(network, d, h)}


def drawn_sizes(rng):
    """Return D and H, neither of which is the other or 1."""
    return int(torch.randint(2, 8, (), generator=rng)), int(torch.randint(9, 40, (), generator=rng))


@pytest.mark.exercise("make_network")
@pytest.mark.parametrize("activation", [True, False])
def test_four_trainable_tensors(lesson, rng, activation):
    """Four float32 parameter tensors, all trainable, with or without the activation."""
    network = lesson.make_network(*drawn_sizes(rng), activation, seeds(rng, 1)[0])
    found = sorted((p["shape"], p["dtype"], p["requires_grad"]) for p in probes.parameters(network))
    return {"shape, dtype and requires_grad of the parameters": found}


@pytest.mark.exercise("make_network")
@pytest.mark.weight(4)
@pytest.mark.check("the_seed_alone_fixes_the_start")
def test_the_seed_alone_fixes_the_start(lesson, rng):
    """The same seed gives the same start, with and without activation, whatever the global state; others give others."""
    d, h = drawn_sizes(rng)
    one, other, world = seeds(rng, 3)
    first = flat(lesson.make_network(d, h, True, one))
    torch.manual_seed(world)
    again = flat(lesson.make_network(d, h, True, one))
    torch.manual_seed(world + 1)
    without = flat(lesson.make_network(d, h, False, one))
    another = flat(lesson.make_network(d, h, True, other))
    return {"first": first, "again": again, "without activation": without, "another seed": another}


@pytest.mark.exercise("make_network")
@pytest.mark.check("no_two_neurons_start_alike")
@pytest.mark.parametrize("activation", [True, False])
def test_no_two_neurons_start_alike(lesson, rng, activation):
    """The hidden neurons' weights differ from each other, and a second network has weights of its own."""
    d, h = drawn_sizes(rng)
    seed = seeds(rng, 1)[0]
    network = lesson.make_network(d, h, activation, seed)
    rows = by_shape(network, d, h).get("W1")
    second = lesson.make_network(d, h, activation, seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    return {
        "weights of the hidden neurons": rows,
        "those of a second network when the first has zeros": by_shape(second, d, h).get("W1"),
    }
