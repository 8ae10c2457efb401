"""Hidden scenarios of `EarlyStopping`. Losses are multiples of 1/8, so that every comparison with them is exact.

Where a model's state counts, it is filled with a drawn number before each step, so that a state tells its epoch. Where only
the answers of `step` count, the losses go up and down in a drawn course.
"""

import math

import pytest
import torch
from torch import nn

from autograder.worker import probes


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


def marks(rng, count=20):
    """Return different numbers to mark a model with."""
    return [int(number) for number in torch.randperm(900, generator=rng)[:count] + 1]


def state(model):
    """Return all values of a model."""
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def watch(stopper, model, losses, numbers):
    """Return what `step` says of each loss; before each epoch the model is marked with the next number."""
    said = {}
    for epoch, (loss, number) in enumerate(zip(losses, numbers, strict=False), 1):
        mark(model, number)
        said[f"epoch {epoch}"] = stopper.step(loss, model)
    return said


def restored(stopper, model, number=999):
    """Return the state after `restore`, when the model went elsewhere in between."""
    mark(model, number)
    stopper.restore(model)
    return state(model)


def watched_and_restored(lesson, device, rng, losses, *settings, **named):
    """Return what `step` says of each loss, and the model's state after `restore`."""
    model = network(device)
    stopper = lesson.EarlyStopping(*settings, **named)
    said = watch(stopper, model, losses, marks(rng))
    return {"step": said, "the model after restore": restored(stopper, model)}


def shifted(rng, losses):
    """Return the losses with a random multiple of 1/8 added to all."""
    base = int(torch.randint(0, 80, (1,), generator=rng)) / 8
    return [base + loss for loss in losses]


def course(rng, gain, worse, above):
    """Return losses in rounds: a drawn number of epochs with a better one, then a drawn number of the given worse ones.

    Args:
        rng: the generator.
        gain: by how much each better loss lies below the best.
        worse: how many epochs in a row may be no better, one number for each round; their order is drawn.
        above: how far the losses of those epochs lie above the best one, multiples of 1/8; as many are used as are needed.
    """
    best = 40.0
    losses = []
    for n in torch.randperm(len(worse), generator=rng).tolist():
        for _ in range(int(torch.randint(1, 5, (1,), generator=rng))):
            best -= gain
            losses.append(best)
        losses += [best + more for more in above[: worse[n]]]
    return losses


@pytest.mark.exercise("EarlyStopping")
@pytest.mark.weight(2)
@pytest.mark.parametrize("patience", [1, 2, 4])
def test_stops_at_the_patience_th_epoch_in_a_row(lesson, device, rng, patience):
    """`step` says True at the `patience`-th epoch in a row that was not better, and at each one after it."""
    worse = [patience - 1, patience, patience + 1, patience + 2, patience]
    losses = course(rng, 0.5, worse, [0.25, 1.0, 0.125, 0.75, 0.5, 0.5])
    return watch(lesson.EarlyStopping(patience), network(device), losses, marks(rng, len(losses)))


@pytest.mark.exercise("EarlyStopping")
@pytest.mark.weight(2)
def test_a_better_epoch_sets_the_count_to_zero(lesson, device, rng):
    """After a better epoch the count starts again, also when a True was said before."""
    losses = shifted(rng, [4.0, 4.5, 4.25, 3.5, 3.75, 4.0, 3.0, 3.5, 3.25, 3.125, 2.0, 2.5, 2.5])
    return watched_and_restored(lesson, device, rng, losses, 3)


@pytest.mark.exercise("EarlyStopping")
@pytest.mark.weight(2)
def test_loss_is_compared_with_the_best(lesson, device, rng):
    """A loss that is lower than the one before it, but not than the best, is not better."""
    return watched_and_restored(lesson, device, rng, shifted(rng, [2.0, 5.0, 4.0, 3.0, 2.5]), 3)


@pytest.mark.exercise("EarlyStopping")
@pytest.mark.parametrize("min_delta", [0.0, 0.5])
def test_a_gain_of_min_delta_is_not_enough(lesson, device, rng, min_delta):
    """A loss of exactly `best - min_delta` is not better; with min_delta 0 that is an equal loss."""
    losses = shifted(rng, [4.0, 4.0 - min_delta, 4.0 - min_delta, 3.375, 3.375 - min_delta])
    return watched_and_restored(lesson, device, rng, losses, patience=2, min_delta=min_delta)


@pytest.mark.exercise("EarlyStopping")
@pytest.mark.weight(2)
def test_small_gains_add_up(lesson, device, rng):
    """Gains below `min_delta` leave `best` alone, so that together they may be enough."""
    losses = shifted(rng, [4.0, 3.75, 3.5, 3.25, 3.0, 2.875, 2.75, 2.625])
    return watched_and_restored(lesson, device, rng, losses, 3, 0.625)


@pytest.mark.exercise("EarlyStopping")
def test_min_delta_ends_a_creeping_run(lesson, device, rng):
    """A loss within `min_delta` of the best one, below or above it, is not better; negative losses are compared alike."""
    losses = [loss - 60 for loss in course(rng, 1.625, [1, 2, 3, 4, 5], [-0.125, 0.25, -0.375, 0.5, -0.625])]
    return watch(lesson.EarlyStopping(2, min_delta=0.75), network(device), losses, marks(rng, len(losses)))


@pytest.mark.exercise("EarlyStopping")
def test_a_best_loss_of_zero_is_a_loss_like_others(lesson, device, rng):
    """Where the best loss is exactly 0, a higher one is not better."""
    return watched_and_restored(lesson, device, rng, [2.0, 0.0, 0.5, 0.25, -0.5, 0.0, 0.125], 2)


@pytest.mark.exercise("EarlyStopping")
@pytest.mark.weight(2)
def test_nan_and_infinity_are_never_better(lesson, device, rng):
    """A NaN or an infinite loss counts as an epoch that was not better, at the start and later."""
    low, lower = shifted(rng, [3.0, 1.0])
    losses = [math.nan, math.inf, low, math.nan, lower, math.nan, math.inf, math.nan]
    return watched_and_restored(lesson, device, rng, losses, 2)


@pytest.mark.exercise("EarlyStopping")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_restore_brings_the_best_state_back(lesson, device, rng, dtype):
    """`restore` puts the parameters and the buffers of the best epoch back."""
    model = network(device, dtype)
    stopper = lesson.EarlyStopping(5)
    watch(stopper, model, shifted(rng, [3.0, 2.0, 2.5, 1.0, 1.5, 1.25]), marks(rng))
    return restored(stopper, model)


@pytest.mark.exercise("EarlyStopping")
def test_what_is_kept_stays_kept(lesson, device, rng):
    """Training after `step`, and after `restore`, does not change what was kept; a later better epoch replaces it."""
    model = network(device)
    stopper = lesson.EarlyStopping(9)
    numbers = marks(rng)
    watch(stopper, model, shifted(rng, [3.0, 2.0, 2.5]), numbers)
    found = {
        "the model after restore": restored(stopper, model),
        "the model after a second restore": restored(stopper, model),
    }
    watch(stopper, model, [-5.0], numbers[10:])
    return {**found, "the model after restore, with a better epoch in between": restored(stopper, model)}


@pytest.mark.exercise("EarlyStopping")
def test_without_a_better_epoch_the_model_stays(lesson, device, rng):
    """Before any step, and after NaN alone, `restore` leaves the model as it is."""
    fresh, hopeless = lesson.EarlyStopping(3), lesson.EarlyStopping(2)
    models = [network(device), network(device)]
    numbers = marks(rng)
    said = watch(hopeless, models[1], [math.nan, math.nan, math.nan], numbers)
    return {
        "step": said,
        "the model after restore without any step": restored(fresh, models[0], numbers[10]),
        "the model after restore, with NaN alone": restored(hopeless, models[1], numbers[11]),
    }


@pytest.mark.exercise("EarlyStopping")
def test_model_is_left_alone(lesson, device, rng):
    """`step` does not change the model; after `restore` the parameters are the same objects, and the mode is the same."""
    model = network(device)
    model[0].weight.requires_grad_(False)
    model[1].eval()
    first, second = marks(rng, 2)
    mark(model, first)
    objects = [*model.parameters()]
    stopper = lesson.EarlyStopping(2)
    low = shifted(rng, [1.0])[0]
    said = {f"epoch {epoch}": stopper.step(loss, model) for epoch, loss in enumerate((low, low + 1), 1)}
    after_step = probes.kept("the model that `step` was given", model)
    mark(model, second)
    stopper.restore(model)
    return {
        "step": said,
        "the model after step": after_step,
        # Seen through the parameters that the model had: where it has others now, these are not the restored ones.
        "the old parameters after restore": [parameter.detach().clone() for parameter in objects],
        "requires_grad after restore": [parameter.requires_grad for parameter in model.parameters()],
        "the modes after restore": [part.training for part in model.modules()],
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
    said = {}
    for epoch, loss in enumerate(shifted(rng, [5.0, 4.0, 3.0, 3.5, 2.0, 1.9375, 2.25, 1.0]), 1):
        optimizer.zero_grad()
        ((model(x) - y) ** 2).mean().backward()
        optimizer.step()
        stop = said[f"epoch {epoch}"] = stopper.step(loss, model)
        if stop:
            break
    stopper.restore(model)
    best = state(model)
    optimizer.zero_grad()
    ((model(x) - y) ** 2).mean().backward()
    optimizer.step()
    return {"step": said, "the model after restore": best, "the model after one more update": state(model)}


@pytest.mark.exercise("EarlyStopping")
def test_two_at_a_time(lesson, device, rng):
    """Two of them watch two models, each for itself; a model may be a single layer without buffers."""
    models = [nn.Linear(3, 2).to(device), network(device)]
    stoppers = [lesson.EarlyStopping(1), lesson.EarlyStopping(2)]
    numbers, said = marks(rng), {}
    for epoch, loss in enumerate(shifted(rng, [2.0, 3.0, 1.0, 1.5]), 1):
        for name, model, stopper, value in zip(("first", "second"), models, stoppers, (loss, -loss), strict=True):
            mark(model, numbers[epoch])
            said[f"the {name} one in epoch {epoch}"] = stopper.step(value, model)
    after = {
        f"the {name} one's model after restore": restored(stopper, model)
        for name, model, stopper in zip(("first", "second"), models, stoppers, strict=True)
    }
    return {"step": said, **after}
