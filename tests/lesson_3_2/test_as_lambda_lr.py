"""Hidden scenarios of `as_lambda_lr`: real optimizers make real steps. The schedules are the scenarios' own."""

import copy

import pytest
import torch
from torch.optim.lr_scheduler import LambdaLR

from autograder.worker import probes


def between(rng, low, high):
    return low + (high - low) * float(torch.rand((), generator=rng, dtype=torch.float64))


def groups(rng, device, rates, dtype=torch.float64):
    """Return parameter groups, one tensor in each, with the given rates."""
    tensors = [torch.randn(3, generator=rng, dtype=torch.float64).to(device, dtype) for _ in rates]
    return [{"params": [torch.nn.Parameter(tensor)], "lr": rate} for tensor, rate in zip(tensors, rates, strict=True)]


def step(optimizer):
    """Make one update on the sum of the squares."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    optimizer.zero_grad()
    sum((parameter**2).sum() for parameter in parameters).backward()
    optimizer.step()


def run(optimizer, scheduler, steps):
    """Make updates; return every group's rate at every update and once after, and the parameters."""
    rates = []
    for _ in range(steps):
        rates.append([float(group["lr"]) for group in optimizer.param_groups])
        step(optimizer)
        scheduler.step()
    rates.append([float(group["lr"]) for group in optimizer.param_groups])
    reached = [group["params"][0].detach().clone() for group in optimizer.param_groups]
    return {"rates": torch.tensor(rates, dtype=torch.float64), "parameters afterwards": reached}


@pytest.mark.exercise("as_lambda_lr")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_group_follows_the_schedule(lesson, device, rng, dtype):
    """The rate of the k-th update is schedule(k), whatever the optimizer's own rate was."""
    optimizer = torch.optim.SGD(groups(rng, device, [0.4], dtype), lr=0.1)
    high = between(rng, 0.1, 0.2)
    return run(optimizer, lesson.as_lambda_lr(optimizer, lambda k: high / (1 + k) ** 0.5), 6)


@pytest.mark.exercise("as_lambda_lr")
@pytest.mark.weight(2)
def test_other_groups_keep_their_ratio(lesson, device, rng):
    """The first group has the schedule's rate; the others keep their ratio to it at every step."""
    optimizer = torch.optim.SGD(groups(rng, device, [0.5, 0.05, 1.5]), lr=0.1, momentum=0.5)
    high = between(rng, 0.05, 0.1)
    return run(optimizer, lesson.as_lambda_lr(optimizer, lambda k: high * 0.8**k), 7)


@pytest.mark.exercise("as_lambda_lr")
def test_a_table_of_rates_with_adam(lesson, device, rng):
    """The schedule gets whole numbers from 0 on, may rise and fall, and any optimizer will do."""
    optimizer = torch.optim.Adam(groups(rng, device, [0.01, 0.03]), lr=0.1)
    table = (0.02 + 0.1 * torch.rand(6, generator=rng, dtype=torch.float64)).tolist()
    return run(optimizer, lesson.as_lambda_lr(optimizer, lambda k: table[k]), 5)


@pytest.mark.exercise("as_lambda_lr")
@pytest.mark.weight(0.5)
def test_a_schedule_that_begins_at_the_optimizers_rate(lesson, device, rng):
    """The rates fit as well where schedule(0) happens to be the optimizer's own rate."""
    optimizer = torch.optim.SGD(groups(rng, device, [0.3, 0.6]), lr=0.1)
    return run(optimizer, lesson.as_lambda_lr(optimizer, lambda k: 0.3 if k < 2 else 0.1 / k), 6)


@pytest.mark.exercise("as_lambda_lr")
@pytest.mark.weight(0.5)
def test_small_rates(lesson, device, rng):
    """A schedule may become as small as it likes, and be 0 in the end."""
    optimizer = torch.optim.SGD(groups(rng, device, [0.4, 0.2]), lr=0.1)
    high, unit = between(rng, 1.0, 3.0), 1e-7
    made = run(optimizer, lesson.as_lambda_lr(optimizer, lambda k: high * unit * max(3 - k, 0)), 5)
    return {"rates, in units of 1e-7": made["rates"] / unit}


@pytest.mark.exercise("as_lambda_lr")
@pytest.mark.weight(0.5)
def test_a_lambda_lr_is_returned_and_rules_at_once(lesson, device, rng):
    """A LambdaLR of this optimizer comes back, and the rates of step 0 are set."""
    optimizer = torch.optim.SGD(groups(rng, device, [0.2, 0.1]), lr=0.1)
    high = between(rng, 0.5, 0.9)
    scheduler = lesson.as_lambda_lr(optimizer, lambda k: high / (1 + k))
    rates = torch.tensor([float(group["lr"]) for group in optimizer.param_groups], dtype=torch.float64)
    return {
        "kind of what comes back": probes.kind(scheduler, LambdaLR),
        "it is of this optimizer": probes.same_object(getattr(scheduler, "optimizer", None), optimizer),
        "rates at once": rates,
    }


@pytest.mark.exercise("as_lambda_lr")
def test_a_saved_state_goes_on(lesson, device, rng):
    """State dicts that are loaded into a new optimizer and a new scheduler go on at the same step."""
    start = groups(rng, device, [0.5, 0.1])
    high = between(rng, 0.05, 0.1)

    def fresh(given):
        optimizer = torch.optim.SGD(given, lr=0.1, momentum=0.9)
        return optimizer, lesson.as_lambda_lr(optimizer, lambda k: high * (1 + k) / (1 + k * k))

    optimizer, scheduler = fresh(start)
    first = run(optimizer, scheduler, 3)
    saved = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
    old = [group["params"][0].detach().clone() for group in optimizer.param_groups]
    rates = (0.5, 0.1)
    again = [{"params": [torch.nn.Parameter(tensor)], "lr": rate} for tensor, rate in zip(old, rates, strict=True)]
    optimizer, scheduler = fresh(again)
    optimizer.load_state_dict(saved[0])
    scheduler.load_state_dict(saved[1])
    return {"before": first, "after loading": run(optimizer, scheduler, 4)}
