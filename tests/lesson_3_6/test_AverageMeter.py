"""Hidden scenarios of `AverageMeter`."""

import pytest
import torch
from torch.multiprocessing.reductions import StorageWeakRef


def numbers(rng, n):
    """Return n numbers of either sign, all of them well away from 0 and from each other."""
    return [float(sign * size) for sign, size in zip([1, -1] * n, torch.randperm(n, generator=rng) + 1, strict=False)]


def number(average):
    """Return an average as a float, of whatever kind of number it is; anything else as it is."""
    return float(average) if isinstance(average, int | float | torch.Tensor) else average


def after_each(meter, pairs, already=0):
    """Return what the average is after each update, by the number of updates so far."""
    found = {}
    for place, (value, n) in enumerate(pairs, start=already + 1):
        meter.update(value, n)
        found[f"after update {place}"] = number(meter.average)
    return found


@pytest.mark.exercise("AverageMeter")
@pytest.mark.weight(2)
def test_a_value_counts_as_many_times_as_it_has_samples(lesson, rng):
    """The average is the sum of `value * n` divided by the sum of the n; it is right after every update."""
    sizes = (torch.randperm(6, generator=rng) + 1).tolist()
    return after_each(lesson.AverageMeter(), list(zip(numbers(rng, 6), sizes, strict=True)))


@pytest.mark.exercise("AverageMeter")
@pytest.mark.weight(2)
def test_a_short_last_batch(lesson, rng):
    """The mean losses of the batches, with their sizes, give the mean over all samples."""
    losses = torch.rand(23, generator=rng, dtype=torch.float64) + torch.arange(23) / 4
    meter = lesson.AverageMeter()
    for part in losses.split(10):
        meter.update(part.mean().item(), len(part))
    return number(meter.average)


@pytest.mark.exercise("AverageMeter")
def test_a_value_counts_once_when_nothing_is_said(lesson, rng):
    """`n` is 1 by default, and may be given by its name."""
    meter = lesson.AverageMeter()
    found = {}
    for place, value in enumerate(numbers(rng, 4), start=1):
        meter.update(value)
        found[f"after update {place}"] = number(meter.average)
    meter.update(25.0, n=4)
    return {**found, "after an update with n=4": number(meter.average)}


@pytest.mark.exercise("AverageMeter")
def test_the_average_of_nothing_is_zero(lesson, rng):
    """An empty meter has the average 0.0, a Python float, and still has it while another one is filled."""
    meter, filled = lesson.AverageMeter(), lesson.AverageMeter()
    found = after_each(filled, [(1 + float(torch.rand(1, generator=rng)), 2)])
    return {"nothing": meter.average, **found}


@pytest.mark.exercise("AverageMeter")
def test_values_that_cancel(lesson, rng):
    """A sum of 0 is a sum like others: what came before still counts."""
    value = 1 + float(torch.rand(1, generator=rng))
    return after_each(lesson.AverageMeter(), [(value, 2), (-value, 2), (3.0, 1), (0.0, 5)])


@pytest.mark.exercise("AverageMeter")
@pytest.mark.weight(6)
def test_reset_makes_it_as_new(lesson, rng):
    """After `reset` the average is 0.0, and what comes then counts as if nothing had been before."""
    values, meter = numbers(rng, 6), lesson.AverageMeter()
    before = after_each(meter, zip(values[:3], [2, 5, 1], strict=True))
    meter.reset()
    empty = number(meter.average)
    return {**before, "after reset": empty, **after_each(meter, zip(values[3:], [3, 1, 4], strict=True), already=3)}


@pytest.mark.exercise("AverageMeter")
@pytest.mark.weight(2)
@pytest.mark.parametrize("graph", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tensors_become_plain_numbers(lesson, device, rng, dtype, graph):
    """A value may be a 0-D tensor on any device, with or without a graph; the average is a Python float."""
    w = torch.rand(3, generator=rng, dtype=dtype).to(device).requires_grad_(graph)
    meter = lesson.AverageMeter()
    for n in (4, 1):
        meter.update((w**2).sum() * n, n)
    return meter.average


@pytest.mark.exercise("AverageMeter")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_neither_overflows_nor_rounds(lesson, device, rng, dtype):
    """A value may be a tensor in half precision; the sum of `value * n` has the precision of Python's numbers all the same."""
    meter, found = lesson.AverageMeter(), {}
    for place, value in enumerate(torch.randint(100, 250, (3,), generator=rng), start=1):
        meter.update(value.to(device, dtype), 1000 + place)
        found[f"after update {place}"] = number(meter.average)
    return found


@pytest.mark.exercise("AverageMeter")
@pytest.mark.weight(2)
def test_no_graph_is_kept(lesson, rng):
    """The meter keeps no graph: what a loss needed for its backward pass is free as soon as the loss is."""
    w = torch.ones(5, requires_grad=True)
    meter, freed = lesson.AverageMeter(), {}
    for place, n in enumerate((3, 2), start=1):
        features = torch.rand(5, generator=rng)
        needed = StorageWeakRef(features.untyped_storage())
        loss = (w * features).sum()
        del features
        meter.update(loss, n)
        del loss
        freed[f"what loss {place} needed is free"] = needed.expired()
    return {**freed, "average": number(meter.average)}


@pytest.mark.exercise("AverageMeter")
def test_what_becomes_of_the_tensor_later_makes_no_difference(lesson, device, rng):
    """A tensor that is changed in place after `update` does not change the average."""
    value, meter = torch.rand((), generator=rng).to(device), lesson.AverageMeter()
    meter.update(value, 2)
    value.add_(5)
    meter.update(1.5)
    value.mul_(2)
    return number(meter.average)


@pytest.mark.exercise("AverageMeter")
def test_each_meter_counts_for_itself(lesson, rng):
    """Two meters have nothing to do with each other, and to read an average changes nothing."""
    values = numbers(rng, 4)
    train, validation = lesson.AverageMeter(), lesson.AverageMeter()
    train.update(values[0], 3)
    validation.update(values[1], 2)
    train.update(values[2], 1)
    meters = {"the first": train, "the second": validation, "the first, read again": train}
    read = {name: number(meter.average) for name, meter in meters.items()}
    validation.reset()
    train.update(values[3], 2)
    later = {"the first, one update later": train, "the second, after its reset": validation}
    return {**read, **{name: number(meter.average) for name, meter in later.items()}}


@pytest.mark.exercise("AverageMeter")
def test_whole_numbers_are_numbers(lesson, rng):
    """A value may be an int; the average is a float all the same."""
    meter, value = lesson.AverageMeter(), int(torch.randint(2, 1000, (), generator=rng))
    meter.update(value, 2)
    meter.update(value)
    return meter.average
