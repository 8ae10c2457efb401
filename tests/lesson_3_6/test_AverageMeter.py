"""Hidden scenarios of `AverageMeter`."""

import pytest
import torch
from torch.multiprocessing.reductions import StorageWeakRef


def numbers(rng, n):
    """Return n numbers of either sign, all of them well away from 0 and from each other."""
    return [float(sign * size) for sign, size in zip([1, -1] * n, torch.randperm(n, generator=rng) + 1, strict=False)]


def after_each(meter, pairs):
    """Return what the average is after each update."""
    found = []
    for value, n in pairs:
        meter.update(value, n)
        found.append(float(meter.average))
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
    return float(meter.average)


@pytest.mark.exercise("AverageMeter")
def test_a_value_counts_once_when_nothing_is_said(lesson, rng):
    """`n` is 1 by default, and may be given by its name."""
    meter = lesson.AverageMeter()
    found = []
    for value in numbers(rng, 4):
        meter.update(value)
        found.append(float(meter.average))
    meter.update(25.0, n=4)
    return [*found, float(meter.average)]


@pytest.mark.exercise("AverageMeter")
def test_the_average_of_nothing_is_zero(lesson):
    """An empty meter has the average 0.0, a Python float."""
    average = lesson.AverageMeter().average
    return {"float": isinstance(average, float), "average": float(average)}


@pytest.mark.exercise("AverageMeter")
def test_values_that_cancel(lesson, rng):
    """A sum of 0 is a sum like others: what came before still counts."""
    value = 1 + float(torch.rand(1, generator=rng))
    return after_each(lesson.AverageMeter(), [(value, 2), (-value, 2), (3.0, 1), (0.0, 5)])


@pytest.mark.exercise("AverageMeter")
@pytest.mark.weight(2)
def test_reset_makes_it_as_new(lesson, rng):
    """After `reset` the average is 0.0, and what comes then counts as if nothing had been before."""
    values, meter = numbers(rng, 6), lesson.AverageMeter()
    found = after_each(meter, zip(values[:3], [2, 5, 1], strict=True))
    meter.reset()
    found.append(float(meter.average))
    return found + after_each(meter, zip(values[3:], [3, 1, 4], strict=True))


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
    return {"float": isinstance(meter.average, float), "average": float(meter.average)}


@pytest.mark.exercise("AverageMeter")
@pytest.mark.weight(2)
def test_no_graph_is_kept(lesson, rng):
    """The meter keeps no graph: what a loss needed for its backward pass is free as soon as the loss is."""
    w = torch.ones(5, requires_grad=True)
    meter, freed = lesson.AverageMeter(), []
    for n in (3, 2):
        features = torch.rand(5, generator=rng)
        needed = StorageWeakRef(features.untyped_storage())
        loss = (w * features).sum()
        del features
        meter.update(loss, n)
        del loss
        freed.append(needed.expired())
    return {"freed": freed, "average": float(meter.average)}


@pytest.mark.exercise("AverageMeter")
def test_what_becomes_of_the_tensor_later_makes_no_difference(lesson, device, rng):
    """A tensor that is changed in place after `update` does not change the average."""
    value, meter = torch.rand((), generator=rng).to(device), lesson.AverageMeter()
    meter.update(value, 2)
    value.add_(5)
    meter.update(1.5)
    value.mul_(2)
    return float(meter.average)


@pytest.mark.exercise("AverageMeter")
def test_each_meter_counts_for_itself(lesson, rng):
    """Two meters have nothing to do with each other, and to read an average changes nothing."""
    values = numbers(rng, 4)
    train, validation = lesson.AverageMeter(), lesson.AverageMeter()
    train.update(values[0], 3)
    validation.update(values[1], 2)
    train.update(values[2], 1)
    read = [float(meter.average) for meter in (train, validation, train)]
    validation.reset()
    train.update(values[3], 2)
    return [*read, float(train.average), float(validation.average)]


@pytest.mark.exercise("AverageMeter")
def test_whole_numbers_are_numbers(lesson):
    """A value may be an int; the average is a float all the same."""
    meter = lesson.AverageMeter()
    meter.update(3, 2)
    meter.update(3)
    return {"float": isinstance(meter.average, float), "average": float(meter.average)}
