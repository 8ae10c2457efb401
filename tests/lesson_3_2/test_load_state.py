"""Hidden scenarios of `load_state`. The states are saved by the scenarios themselves."""

import copy

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, OneCycleLR


def start(rng, device, dtype=torch.float64):
    """Return two tensors to be trained."""
    return [torch.randn(size, generator=rng, dtype=torch.float64).to(device, dtype) for size in (3, 2)]


def parts(tensors, make_optimizer, make_scheduler):
    """Return parameters in two groups, an optimizer of them and its scheduler."""
    parameters = [torch.nn.Parameter(tensor.clone()) for tensor in tensors]
    optimizer = make_optimizer([{"params": [parameters[0]]}, {"params": [parameters[1]], "lr": 0.03}])
    return parameters, optimizer, make_scheduler(optimizer)


def run(made, steps):
    """Make updates; return both groups' rates at each, and the parameters."""
    parameters, optimizer, scheduler = made
    rates = []
    for _ in range(steps):
        rates.append([float(group["lr"]) for group in optimizer.param_groups])
        optimizer.zero_grad()
        sum(((parameter - 1) ** 2).sum() for parameter in parameters).backward()
        optimizer.step()
        scheduler.step()
    reached = [parameter.detach().clone() for parameter in parameters]
    return {"rates": torch.tensor(rates, dtype=torch.float64), "parameters afterwards": reached}


def saved(made):
    return copy.deepcopy({"optimizer": made[1].state_dict(), "scheduler": made[2].state_dict()})


def spoil(made):
    """Write into all that optimizer and scheduler remember, in place."""
    _, optimizer, scheduler = made
    for memory in optimizer.state.values():
        for value in memory.values():
            if isinstance(value, torch.Tensor):
                value.fill_(0.5)
    for rates in (scheduler.base_lrs, scheduler._last_lr):
        rates[:] = [7.0 for _ in rates]


def put_back(made, tensors):
    """Put the weights back; that is no business of `load_state`."""
    with torch.no_grad():
        for parameter, tensor in zip(made[0], tensors, strict=True):
            parameter.copy_(tensor)


def sgd(groups):
    return torch.optim.SGD(groups, lr=0.1, momentum=0.9)


def slow(groups):
    """The same kind of optimizer with other numbers, all of which the state brings back."""
    return torch.optim.SGD(groups, lr=0.001, momentum=0.1)


def adam(groups):
    return torch.optim.Adam(groups, lr=0.1)


KINDS = {
    "cosine": (sgd, lambda optimizer: CosineAnnealingLR(optimizer, T_max=9)),
    "lambda": (adam, lambda optimizer: LambdaLR(optimizer, lambda k: (1 + k) / 8)),
    "cycle": (sgd, lambda optimizer: OneCycleLR(optimizer, max_lr=0.2, total_steps=15)),
}


@pytest.mark.exercise("load_state")
@pytest.mark.weight(2)
@pytest.mark.parametrize(
    ("kind", "dtype"), [("cosine", torch.float64), ("lambda", torch.float32), ("cycle", torch.float64)]
)
def test_new_ones_go_on_where_the_old_ones_stopped(lesson, device, rng, kind, dtype):
    """A new optimizer and a new scheduler make the same rates and weights as if there had been no stop."""
    made = parts(start(rng, device, dtype), *KINDS[kind])
    before = run(made, 4)
    state = saved(made)
    new = parts(before["parameters afterwards"], *KINDS[kind])
    lesson.load_state(new[1], new[2], state)
    return run(new, 4)


@pytest.mark.exercise("load_state")
@pytest.mark.weight(2)
@pytest.mark.parametrize("kind", ["cosine", "lambda"])
def test_back_to_an_earlier_step(lesson, device, rng, kind):
    """Optimizer and scheduler that have gone on are brought back to where they were saved."""
    made = parts(start(rng, device), *KINDS[kind])
    then = run(made, 2)["parameters afterwards"]
    state = saved(made)
    run(made, 4)
    put_back(made, then)
    lesson.load_state(made[1], made[2], state)
    told = torch.tensor([float(rate) for rate in made[2].get_last_lr()], dtype=torch.float64)
    return {"`get_last_lr` of the scheduler": told, **run(made, 5)}


@pytest.mark.exercise("load_state")
@pytest.mark.weight(2)
@pytest.mark.parametrize("kind", ["cosine", "lambda"])
def test_a_state_can_be_loaded_again(lesson, device, rng, kind):
    """What becomes of the two afterwards leaves the state alone: loaded a second time it gives the same once more."""
    kind = KINDS[kind]
    made = parts(start(rng, device), *kind)
    then = run(made, 3)["parameters afterwards"]
    state = saved(made)
    found = {}
    for time in ("the first time", "the second time", "the third time"):
        new = parts(then, *kind)
        lesson.load_state(new[1], new[2], state)
        found[time] = run(new, 4)
        spoil(new)
    return found


@pytest.mark.exercise("load_state")
@pytest.mark.weight(0.5)
def test_an_optimizer_with_other_numbers(lesson, device, rng):
    """What the new optimizer had for rates and momentum gives way to what was saved; nothing is returned."""
    make_scheduler = KINDS["lambda"][1]
    made = parts(start(rng, device), sgd, make_scheduler)
    then = run(made, 3)["parameters afterwards"]
    state = saved(made)
    new = parts(then, slow, make_scheduler)
    nothing = lesson.load_state(new[1], new[2], state)
    return {"what comes back": nothing, **run(new, 3)}
