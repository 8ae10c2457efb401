"""Hidden scenarios of `AdamW`: whole walks on given gradients, none of them near 0, and on those of a small model."""

import copy

import pytest
import torch
from torch import nn

from autograder.worker import probes

SHAPES = ((3, 2), (2,), (), (1, 4))


def away_from_zero(shape, rng, dtype, least=0.3):
    """Return random numbers of both signs, each at least so far from 0."""
    values = torch.randn(shape, generator=rng, dtype=torch.float64)
    return (values + least * torch.where(values < 0, -1.0, 1.0)).to(dtype)


def parameters(rng, device, dtype=torch.float32, shapes=SHAPES):
    return [(2 * away_from_zero(shape, rng, dtype)).to(device).requires_grad_() for shape in shapes]


def copies(params):
    return [p.detach().clone() for p in params]


def walk(optimizer, params, rng, steps, missing=(), before=0):
    """Make steps on random gradients; a pair (step, place) in `missing` has none. Return the parameters after each step.

    The first of them comes after as many steps as `before` says.
    """
    seen = {}
    for step in range(steps):
        for place, p in enumerate(params):
            gradient = away_from_zero(p.shape, rng, p.dtype).to(p.device)
            p.grad = None if (step, place) in missing else gradient
        optimizer.step()
        seen[f"after step {before + step + 1}"] = copies(params)
    return seen


def problem(rng, device, dtype):
    """Return a small model with known weights, and data of some curve."""
    X = torch.randn(7, 3, generator=rng, dtype=torch.float64)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).to(dtype)
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(0.5 * away_from_zero(p.shape, rng, dtype))
    y = torch.stack([X.sum(dim=1), 2 - X[:, 0]], dim=1)
    return model.to(device), X.to(device, dtype), y.to(device, dtype)


@pytest.mark.exercise("AdamW")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_decoupled_decay(lesson, device, rng, dtype):
    """First p shrinks by lr * weight_decay * p, then comes Adam's step by the bare gradient."""
    params = parameters(rng, device, dtype)
    return walk(lesson.AdamW(params, 0.2, (0.6, 0.8), 1e-3, 0.7), params, rng, 6)


@pytest.mark.exercise("AdamW")
def test_without_decay(lesson, device, rng):
    """With a decay of 0 its steps are those of Adam."""
    params = parameters(rng, device)
    return walk(lesson.AdamW(params, lr=0.1, betas=(0.8, 0.9), eps=0.2, weight_decay=0.0), params, rng, 5)


@pytest.mark.exercise("AdamW")
def test_defaults(lesson, device, rng):
    """Without options lr is 0.001, the betas are 0.9 and 0.999, eps is 1e-8 and the decay 0.01."""
    params = [(1000 * p.detach()).requires_grad_() for p in parameters(rng, device, torch.float64, shapes=((3,),))]
    optimizer = lesson.AdamW(params)
    start, seen = copies(params), {}
    for step in range(6):
        params[0].grad = 1e-7 * away_from_zero((3,), rng, torch.float64).to(device)
        optimizer.step()
        seen[f"how far it is from its start after step {step + 1}"] = params[0].detach() - start[0]
    return seen


@pytest.mark.exercise("AdamW")
def test_decay_does_not_depend_on_the_gradients(lesson, device, rng):
    """Large and small gradients leave the same decay; a rate of 0 moves nothing, whatever the decay."""
    params = parameters(rng, device, torch.float64, shapes=((2,), (2,)))
    optimizer = lesson.AdamW([{"params": params[:1]}, {"params": params[1:], "lr": 0.0}], lr=0.1, weight_decay=2.0)
    seen = {}
    for step in range(5):
        for p in params:
            size = torch.tensor([100.0, 0.01], dtype=p.dtype) * (1 + step)
            p.grad = (size * away_from_zero((2,), rng, p.dtype)).to(device)
        optimizer.step()
        seen[f"after step {step + 1}"] = copies(params)
    return seen


@pytest.mark.exercise("AdamW")
@pytest.mark.tolerance(1e-10, 1e-12)
def test_nothing_is_rounded_in_float64(lesson, device, rng):
    """What is kept for a float64 parameter is float64 as well, so that nothing is rounded on the way."""
    params = parameters(rng, device, torch.float64)
    return walk(lesson.AdamW(params, lr=0.1, betas=(0.8, 0.95), weight_decay=0.6), params, rng, 6)


@pytest.mark.exercise("AdamW")
@pytest.mark.weight(2)
def test_several_groups(lesson, device, rng):
    """Each group has its own options; what it does not name is that of the optimizer; a changed rate counts at once."""
    params = parameters(rng, device)
    groups = [
        {"params": params[:1]},
        {"params": iter(params[1:3]), "lr": 0.02, "betas": (0.5, 0.9), "weight_decay": 2.0},
        {"params": params[3:], "eps": 0.3, "weight_decay": 0.0},
    ]
    optimizer = lesson.AdamW(groups, lr=0.1, betas=(0.8, 0.95), weight_decay=0.6)
    seen = walk(optimizer, params, rng, 5)
    optimizer.param_groups[0]["lr"] = 0.3
    optimizer.param_groups[2]["lr"] *= 0.5
    return {**seen, **walk(optimizer, params, rng, 3, before=5)}


@pytest.mark.exercise("AdamW")
@pytest.mark.weight(2)
def test_missing_gradients(lesson, device, rng):
    """A parameter without a gradient stays as it is, with all that is kept for it, and goes on from there later."""
    params = parameters(rng, device, shapes=((2, 2), (3,), (2,)))
    optimizer = lesson.AdamW(params, lr=0.1, betas=(0.8, 0.95), weight_decay=0.6)
    missing = {(0, 0), (0, 1), (1, 1), (3, 2), (4, 2), (5, 0)}
    return walk(optimizer, params, rng, 8, missing)


@pytest.mark.exercise("AdamW")
def test_one_that_never_has_a_gradient(lesson, device, rng):
    """The first parameter never has a gradient, and stays; with no gradients at all nothing moves."""
    params = parameters(rng, device, shapes=((2,), (3,)))
    optimizer = lesson.AdamW(params, lr=0.1, betas=(0.8, 0.95), weight_decay=0.6)
    still = walk(optimizer, params, rng, 2, {(step, place) for step in range(2) for place in range(2)})
    return {**still, **walk(optimizer, params, rng, 5, {(step, 0) for step in range(5)}, before=2)}


@pytest.mark.exercise("AdamW")
@pytest.mark.weight(3)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_saved_and_loaded(lesson, device, rng, dtype):
    """A copy of the state, loaded into a fresh optimizer made with other options, continues as the first one does."""
    params = parameters(rng, device, dtype)
    optimizer = lesson.AdamW(
        [{"params": params[:2]}, {"params": params[2:], "lr": 0.02, "betas": (0.5, 0.9), "weight_decay": 2.0}],
        lr=0.1,
        betas=(0.8, 0.95),
        weight_decay=0.6,
    )
    walk(optimizer, params, rng, 5, {(2, 1), (4, 2)})
    state = copy.deepcopy(optimizer.state_dict())
    others = [p.requires_grad_() for p in copies(params)]
    fresh = lesson.AdamW([{"params": others[:2]}, {"params": others[2:]}], lr=0.9)
    fresh.load_state_dict(state)
    seed = int(torch.randint(1000, (), generator=rng))
    went_on = walk(optimizer, params, torch.Generator().manual_seed(seed), 5)
    continued = walk(fresh, others, torch.Generator().manual_seed(seed), 5)
    return {"went on": went_on, "continued": continued}


@pytest.mark.exercise("AdamW")
def test_closure(lesson, device, rng):
    """The closure is called once, with gradients on and before the update; what it returns comes back from `step`."""
    model, X, y = problem(rng, device, torch.float64)
    optimizer = lesson.AdamW(model.parameters(), lr=0.1, betas=(0.8, 0.95), weight_decay=0.6)
    calls = []

    def closure():
        calls.append(torch.is_grad_enabled())
        optimizer.zero_grad()
        loss = (model(X) - y).square().mean()
        loss.backward()
        return loss

    returned = [optimizer.step(closure) for _ in range(6)]
    return {
        "what `step` returned": returned,
        "gradients on, call by call of the closure": calls,
        "weights after training": copies(model.parameters()),
    }


@pytest.mark.exercise("AdamW")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_in_a_training_loop(lesson, device, rng, dtype):
    """It trains a model in the usual loop, as a `torch.optim.Optimizer`; without a closure `step` returns None."""
    model, X, y = problem(rng, device, dtype)
    optimizer = lesson.AdamW(model.parameters(), lr=0.1, betas=(0.8, 0.95), weight_decay=0.6)
    losses, returned = [], []
    for _ in range(6):
        loss = (model(X) - y).square().mean()
        optimizer.zero_grad()
        loss.backward()
        returned.append(optimizer.step())
        losses.append(loss.detach())
    return {
        "losses": losses,
        "weights after training": copies(model.parameters()),
        "what `step` returned": returned,
        "what the optimizer is": probes.kind(optimizer, torch.optim.Optimizer),
    }


@pytest.mark.exercise("AdamW")
@pytest.mark.parametrize("decay", [0.0, 0.6])
def test_gradients_stay_and_may_be_overwritten(lesson, device, rng, decay):
    """`.grad` is never changed, and nothing of it is kept by reference: the next gradient is written over it."""
    params = parameters(rng, device, shapes=((3,), (2, 2)))
    optimizer = lesson.AdamW(params, lr=0.1, betas=(0.8, 0.95), weight_decay=decay)
    for p in params:
        p.grad = torch.zeros(p.shape, device=device)
    seen = {}
    for step in range(6):
        for p in params:
            p.grad.copy_(away_from_zero(p.shape, rng, p.dtype).to(device))
        given = [p.grad for p in params]
        optimizer.step()
        seen[f"gradients after step {step + 1}"] = probes.kept(
            "a parameter's `.grad`", [given, [p.grad for p in params]]
        )
        seen[f"after step {step + 1}"] = copies(params)
    return seen
