"""Hidden scenarios of `EarlyStopping`. Losses are multiples of 1/8, so that every comparison with them is exact."""

import math

import pytest
import torch
from torch import nn


def network(device, dtype=torch.float32):
    """Return a small network with batch normalization: it has buffers of two dtypes."""
    return nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.BatchNorm1d(3), nn.Tanh()), nn.Linear(3, 1)).to(
        device, dtype
    )


def mark(model, number):
    """Write into each parameter and each buffer a value that tells the number."""
    with torch.no_grad():
        for k, tensor in enumerate([*model.parameters(), *model.buffers()]):
            tensor.fill_(100 * number + k)


def state(model):
    """Return all values of a model."""
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def watch(stopper, model, losses):
    """Return what `step` says of each loss; in epoch k the model is marked with k."""
    said = []
    for epoch, loss in enumerate(losses):
        mark(model, epoch)
        said.append(stopper.step(loss, model))
    return said


def restored(stopper, model):
    """Return the state after `restore`, when the model went elsewhere in between."""
    mark(model, 77)
    stopper.restore(model)
    return state(model)


def shifted(rng, losses):
    """Return the losses with a random multiple of 1/8 added to all."""
    base = int(torch.randint(0, 80, (1,), generator=rng)) / 8
    return [base + loss for loss in losses]


@pytest.mark.exercise("EarlyStopping")
@pytest.mark.weight(2)
@pytest.mark.parametrize("patience", [1, 2, 4])
def test_stops_at_the_patience_th_epoch_in_a_row(lesson, device, rng, patience):
    """`step` says True at the `patience`-th epoch in a row that was not better, and at each one after it."""
    model = network(device)
    return watch(lesson.EarlyStopping(patience), model, shifted(rng, [4.0, 3.0, 3.5, 3.25, 4.0, 3.125, 3.5, 3.5]))


@pytest.mark.exercise("EarlyStopping")
@pytest.mark.weight(2)
def test_a_better_epoch_sets_the_count_to_zero(lesson, device, rng):
    """After a better epoch the count starts again, also when a True was said before."""
    losses = shifted(rng, [4.0, 4.5, 4.25, 3.5, 3.75, 4.0, 3.0, 3.5, 3.25, 3.125, 2.0, 2.5, 2.5])
    model = network(device)
    stopper = lesson.EarlyStopping(3)
    return watch(stopper, model, losses), restored(stopper, model)


@pytest.mark.exercise("EarlyStopping")
@pytest.mark.weight(2)
def test_loss_is_compared_with_the_best(lesson, device, rng):
    """A loss that is lower than the one before it, but not than the best, is not better."""
    model = network(device)
    stopper = lesson.EarlyStopping(3)
    return watch(stopper, model, shifted(rng, [2.0, 5.0, 4.0, 3.0, 2.5])), restored(stopper, model)


@pytest.mark.exercise("EarlyStopping")
@pytest.mark.parametrize("min_delta", [0.0, 0.5])
def test_a_gain_of_min_delta_is_not_enough(lesson, device, rng, min_delta):
    """A loss of exactly `best - min_delta` is not better; with min_delta 0 that is an equal loss."""
    losses = shifted(rng, [4.0, 4.0 - min_delta, 4.0 - min_delta, 3.375, 3.375 - min_delta])
    model = network(device)
    stopper = lesson.EarlyStopping(patience=2, min_delta=min_delta)
    return watch(stopper, model, losses), restored(stopper, model)


@pytest.mark.exercise("EarlyStopping")
@pytest.mark.weight(2)
def test_small_gains_add_up(lesson, device, rng):
    """Gains below `min_delta` leave `best` alone, so that together they may be enough."""
    losses = shifted(rng, [4.0, 3.75, 3.5, 3.25, 3.0, 2.875, 2.75, 2.625])
    model = network(device)
    stopper = lesson.EarlyStopping(3, 0.625)
    return watch(stopper, model, losses), restored(stopper, model)


@pytest.mark.exercise("EarlyStopping")
def test_min_delta_ends_a_creeping_run(lesson, device, rng):
    """Losses that fall by less than `min_delta` in all are not better; negative losses are compared the same way."""
    model = network(device)
    losses = [-loss for loss in shifted(rng, [1.0, 1.125, 1.25, 1.375, 3.0])]
    return watch(lesson.EarlyStopping(2, min_delta=0.75), model, losses)


@pytest.mark.exercise("EarlyStopping")
@pytest.mark.weight(2)
def test_nan_and_infinity_are_never_better(lesson, device, rng):
    """A NaN or an infinite loss counts as an epoch that was not better, at the start and later."""
    low, lower = shifted(rng, [3.0, 1.0])
    losses = [math.nan, math.inf, low, math.nan, lower, math.nan, math.inf, math.nan]
    model = network(device)
    stopper = lesson.EarlyStopping(2)
    return watch(stopper, model, losses), restored(stopper, model)


@pytest.mark.exercise("EarlyStopping")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_restore_brings_the_best_state_back(lesson, device, rng, dtype):
    """`restore` puts the parameters and the buffers of the best epoch back."""
    model = network(device, dtype)
    stopper = lesson.EarlyStopping(5)
    watch(stopper, model, shifted(rng, [3.0, 2.0, 2.5, 1.0, 1.5, 1.25]))
    return restored(stopper, model)


@pytest.mark.exercise("EarlyStopping")
def test_what_is_kept_stays_kept(lesson, device, rng):
    """Training after `step`, and after `restore`, does not change what was kept; a later better epoch replaces it."""
    model = network(device)
    stopper = lesson.EarlyStopping(9)
    watch(stopper, model, shifted(rng, [3.0, 2.0, 2.5]))
    found = [restored(stopper, model), restored(stopper, model)]
    mark(model, 55)
    stopper.step(-5.0, model)
    return [*found, restored(stopper, model)]


@pytest.mark.exercise("EarlyStopping")
def test_without_a_better_epoch_the_model_stays(lesson, device):
    """Before any step, and after NaN alone, `restore` leaves the model as it is."""
    fresh, hopeless = lesson.EarlyStopping(3), lesson.EarlyStopping(2)
    models = [network(device), network(device)]
    said = watch(hopeless, models[1], [math.nan, math.nan, math.nan])
    return said, restored(fresh, models[0]), restored(hopeless, models[1])


@pytest.mark.exercise("EarlyStopping")
def test_model_is_left_alone(lesson, device, rng):
    """`step` does not change the model; after `restore` the parameters are the same objects, and the mode is the same."""
    model = network(device)
    model[0].weight.requires_grad_(False)
    model[1].eval()
    mark(model, 3)
    before, objects = state(model), [*model.parameters()]
    stopper = lesson.EarlyStopping(2)
    low = shifted(rng, [1.0])[0]
    said = [stopper.step(loss, model) for loss in (low, low + 1)]
    same = all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    mark(model, 4)
    stopper.restore(model)
    return {
        "said": said,
        "bools": [type(word) is bool for word in said],
        "step changes nothing": same,
        "same objects": all(a is b for a, b in zip(model.parameters(), objects, strict=True)),
        "requires_grad": [p.requires_grad for p in model.parameters()],
        "modes": [part.training for part in model.modules()],
    }


@pytest.mark.exercise("EarlyStopping")
@pytest.mark.weight(2)
def test_in_a_training_loop(lesson, device, rng):
    """In a loop it stops in time and brings the best state back, and the optimizer goes on with the restored parameters."""
    x = torch.randn(12, 2, generator=rng).to(device)
    y = (x[:, :1] - x[:, 1:]).tanh()
    model = network(device)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=rng))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    stopper = lesson.EarlyStopping(2, 0.125)
    said = []
    for loss in shifted(rng, [5.0, 4.0, 3.0, 3.5, 2.0, 1.9375, 2.25, 1.0]):
        optimizer.zero_grad()
        ((model(x) - y) ** 2).mean().backward()
        optimizer.step()
        said.append(stopper.step(loss, model))
        if said[-1]:
            break
    stopper.restore(model)
    best = state(model)
    optimizer.zero_grad()
    ((model(x) - y) ** 2).mean().backward()
    optimizer.step()
    return said, best, state(model)


@pytest.mark.exercise("EarlyStopping")
def test_two_at_a_time(lesson, device, rng):
    """Two of them watch two models, each for itself; a model may be a single layer without buffers."""
    models = [nn.Linear(3, 2).to(device), network(device)]
    stoppers = [lesson.EarlyStopping(1), lesson.EarlyStopping(2)]
    said = []
    for epoch, loss in enumerate(shifted(rng, [2.0, 3.0, 1.0, 1.5])):
        for model, stopper, value in zip(models, stoppers, (loss, -loss), strict=True):
            mark(model, epoch)
            said.append(stopper.step(value, model))
    return said, [restored(stopper, model) for model, stopper in zip(models, stoppers, strict=True)]
