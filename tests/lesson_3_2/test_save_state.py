"""Hidden scenarios of `save_state`. What it saved is loaded by PyTorch's own `load_state_dict`, and training goes on."""

import copy

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, LambdaLR, OneCycleLR


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


def resumed(saved, tensors, make_optimizer, make_scheduler, steps):
    """Go on from what was saved, with an optimizer and a scheduler that are new; what is not there cannot be loaded."""
    made = parts(tensors, make_optimizer, make_scheduler)
    saved = copy.deepcopy(saved)
    for part, name in ((made[1], "optimizer"), (made[2], "scheduler")):
        if isinstance(saved, dict) and name in saved:
            part.load_state_dict(saved[name])
    return run(made, steps)


def spoil(made):
    """Write into all that optimizer and scheduler remember, in place."""
    _, optimizer, scheduler = made
    for memory in optimizer.state.values():
        for value in memory.values():
            if isinstance(value, torch.Tensor):
                value.fill_(0.5)
    for rates in (scheduler.base_lrs, scheduler._last_lr):
        rates[:] = [7.0 for _ in rates]


def sgd(groups):
    return torch.optim.SGD(groups, lr=0.1, momentum=0.9)


def adam(groups):
    return torch.optim.Adam(groups, lr=0.1)


KINDS = {
    "cosine": (sgd, lambda optimizer: CosineAnnealingLR(optimizer, T_max=9)),
    "lambda": (adam, lambda optimizer: LambdaLR(optimizer, lambda k: (1 + k) / 8)),
    "cycle": (sgd, lambda optimizer: OneCycleLR(optimizer, max_lr=0.2, total_steps=15)),
}


@pytest.mark.exercise("save_state")
@pytest.mark.weight(2)
@pytest.mark.parametrize("kind", ["cosine", "lambda", "cycle"])
def test_all_that_is_needed_is_saved(lesson, device, rng, kind):
    """Both parts are in the state: rates and weights go on as if there had been no stop."""
    made = parts(start(rng, device), *KINDS[kind])
    before = run(made, 4)
    saved = lesson.save_state(made[1], made[2])
    then = before["parameters afterwards"]
    return {"before": before, "after loading": resumed(saved, then, *KINDS[kind], 4)}


@pytest.mark.exercise("save_state")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("kind", "dtype"), [("cosine", torch.float64), ("lambda", torch.float32)])
def test_what_is_saved_is_a_copy(lesson, device, rng, kind, dtype):
    """When optimizer and scheduler go on, the state stays as it was saved."""
    made = parts(start(rng, device, dtype), *KINDS[kind])
    before = run(made, 3)
    saved = lesson.save_state(made[1], made[2])
    run(made, 5)
    return resumed(saved, before["parameters afterwards"], *KINDS[kind], 3)


@pytest.mark.exercise("save_state")
@pytest.mark.weight(2)
@pytest.mark.parametrize("kind", ["cosine", "lambda"])
def test_it_has_nothing_in_common_with_the_two(lesson, device, rng, kind):
    """Whatever is written into optimizer or scheduler afterwards, into their tensors and lists, the state stays."""
    made = parts(start(rng, device), *KINDS[kind])
    before = run(made, 3)
    saved = lesson.save_state(made[1], made[2])
    spoil(made)
    return resumed(saved, before["parameters afterwards"], *KINDS[kind], 3)


@pytest.mark.exercise("save_state")
def test_saving_changes_nothing(lesson, device, rng):
    """The two go on as if they had not been saved; the state is a dict with two keys. Saving before a step works, too."""
    tensors = start(rng, device)
    kind = (sgd, lambda optimizer: ExponentialLR(optimizer, 0.7))
    made = parts(tensors, *kind)
    saved = lesson.save_state(made[1], made[2])
    first = run(made, 2)
    lesson.save_state(made[1], made[2])
    return {
        "keys of the state": sorted(saved) if isinstance(saved, dict) else None,
        "between two saves": first,
        "after the second": run(made, 3),
        "from the first": resumed(saved, tensors, *kind, 2),
    }
