# %%
"""Lesson 3.2: learning-rate scheduling.

A schedule is a function from the number of an update (or of an epoch), counted from 0, to a learning rate. Schedules are
pure: they keep nothing between two calls and may be asked for the steps in any order. They return Python floats, as exact
as Python's own numbers are (1e-6 is asked); past `total` the last value stays.

Models, batches and optimizers of a call have one dtype (float32 or float64) and live on one device; whatever a function
makes anew belongs there, too. PyTorch's global random numbers are neither used nor seeded. `torch.optim`'s optimizers
are allowed everywhere; which of its schedulers is off limits, a docstring says.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import nn
from torch.optim.lr_scheduler import LambdaLR, LRScheduler
from torch.utils.data import DataLoader

# %%
# --- Exercise 1 · Schedules as functions ---


def step_decay(step: int, lr: float, size: int, gamma: float) -> float:
    """Return a rate that is multiplied by `gamma` once every `size` steps, and stays as it is between.

    It is the rate that `torch.optim.lr_scheduler.StepLR` has after `step` calls of its own `step`. `StepLR` is off limits.

    Args:
        step: 0 or more.
        lr: the rate at step 0.
        size: how many steps share a rate, at least 1: the first of them are the steps 0 to `size - 1`.
        gamma: the factor, above 0; mostly under 1.

    Returns:
        The rate at `step`, a float.
    """
    # TODO: Count how many times `size` steps are over, and multiply by `gamma` as often.
    raise NotImplementedError('step_decay is not written yet: read "Falling in stairs, falling smoothly" in assignments/lesson_3_2/README.md')


# %%
def exponential_decay(step: int, lr: float, gamma: float) -> float:
    """Return a rate that is multiplied by `gamma` at every step.

    It is the rate that `torch.optim.lr_scheduler.ExponentialLR` has after `step` calls of its own `step`. `ExponentialLR`
    is off limits.

    Args:
        step: 0 or more.
        lr: the rate at step 0.
        gamma: the factor, above 0; mostly under 1.

    Returns:
        The rate at `step`, a float.
    """
    # TODO: Multiply the first rate by `gamma`, once for every step.
    raise NotImplementedError('exponential_decay is not written yet: read "Falling in stairs, falling smoothly" in assignments/lesson_3_2/README.md')


# %%
def cosine(step: int, lr: float, total: int, floor: float = 0.0) -> float:
    """Return a rate that falls along half a period of the cosine: `lr` at step 0, `floor` at step `total`.

    Halfway it is the mean of the two. After `total` it stays at `floor`. Up to `total` it is the rate that
    `torch.optim.lr_scheduler.CosineAnnealingLR` has after `step` calls of its own `step`. `CosineAnnealingLR` is off limits.

    Args:
        step: 0 or more.
        lr: the rate at step 0.
        total: the step at which the rate has come down to `floor`, at least 1.
        floor: the lowest rate, from 0 to `lr`.

    Returns:
        The rate at `step`, a float.
    """
    # TODO: Find out which part of the way is gone, at most all of it, and go from `lr` down to `floor`.
    raise NotImplementedError('cosine is not written yet: read "Half a cosine" in assignments/lesson_3_2/README.md')


# %%
def linear_warmup_cosine(step: int, lr: float, warmup: int, total: int, floor: float = 0.0) -> float:
    """Return a rate that rises evenly for `warmup` steps and then falls as `cosine` does.

    While `step < warmup` it is `lr * (step + 1) / warmup`: not 0 at step 0, and `lr` at step `warmup - 1`. From step
    `warmup` on it is a cosine over the `total - warmup` steps that are left: `lr` at step `warmup` (so twice in a row),
    `floor` at step `total` and ever after. With `warmup = 0` it is `cosine`.

    Args:
        step: 0 or more.
        lr: the highest rate.
        warmup: how many steps the rise takes, from 0 to `total - 1`.
        total: the step at which the rate has come down to `floor`, at least 1.
        floor: the rate at the end, from 0 to `lr`; the rise does not start from it.

    Returns:
        The rate at `step`, a float.
    """
    # TODO: Rise in equal steps during the warm-up; then hand the steps that are left to `cosine`.
    raise NotImplementedError('linear_warmup_cosine is not written yet: read "Warm up first" in assignments/lesson_3_2/README.md')


# %%
def one_cycle(step: int, peak: float, total: int, pct: float = 0.3, div: float = 25.0, final_div: float = 1e4) -> float:
    """Return a rate that rises to `peak` and falls far below its beginning, both along half a period of the cosine.

    It starts at `peak / div` at step 0. It reaches `peak` at step `pct * total - 1`, which need not be a whole number: then
    no step has exactly the peak. It ends at `peak / div / final_div` at step `total - 1`, and stays there. Up to that step
    it is the rate that `torch.optim.lr_scheduler.OneCycleLR` (two phases, cosine) has after `step` calls of its own
    `step`. `OneCycleLR` is off limits.

    Args:
        step: 0 or more.
        peak: the highest rate.
        total: how many steps there are.
        pct: the fraction of the steps that the rise takes, above 0 and under 1, with `pct * total > 1`.
        div: `peak` is so many times the first rate.
        final_div: the first rate is so many times the last one.

    Returns:
        The rate at `step`, a float.
    """
    # TODO: Find which phase the step is in, and how far it is from the peak: 0 at the peak, 1 at the phase's other end.
    raise NotImplementedError('one_cycle is not written yet: read "Up and down: one cycle" in assignments/lesson_3_2/README.md')

# %%
# --- Exercise 2 · A schedule in the loop ---


def as_lambda_lr(optimizer: torch.optim.Optimizer, schedule: Callable[[int], float]) -> LambdaLR:
    """Return a scheduler that makes the optimizer's rate follow `schedule`.

    After k calls of the scheduler's `step`, the rate of the *first* parameter group is `schedule(k)`; that holds for k = 0
    as well, as soon as this function returns. At every step the other groups' rates have the same ratio to the first
    group's rate as they had before this call.

    `LambdaLR` sets each group's rate to the group's own first rate times what its function returns.

    Args:
        optimizer: any optimizer, with one parameter group or several, which no scheduler has had before. The rate of its
            first group is above 0.
        schedule: maps a step, counted from 0, to a rate, as the functions above do once their other arguments are fixed.

    Returns:
        A `torch.optim.lr_scheduler.LambdaLR` for `optimizer`.
    """
    # TODO: Keep the first group's rate, and let the factor be the schedule's rate divided by it.
    raise NotImplementedError('as_lambda_lr is not written yet: read "Handing a schedule to the optimizer" in assignments/lesson_3_2/README.md')


# %%
def reduce_on_plateau(
    losses: list[float], lr: float, factor: float, patience: int, threshold: float = 1e-4
) -> list[float]:
    """Return the rate after each epoch, when it is reduced whenever the loss has stood still for too long.

    The best loss so far starts at infinity. An epoch is good if its loss is below `best * (1 - threshold)`: its loss
    becomes the best one, and the count of bad epochs starts again at 0. Any other epoch is bad, one whose loss is NaN or
    infinite too, and adds 1 to the count. When the count is *above* `patience`, the rate is multiplied by `factor` at once
    and the count starts again at 0; the best loss stays.

    These are the rates that `torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=factor, patience=patience,
    threshold=threshold)` sets. `ReduceLROnPlateau` is off limits. (PyTorch's leaves out changes of the rate under 1e-8.
    You need not.)

    Args:
        losses: each epoch's loss, floats of 0 or more; it may be empty.
        lr: the rate of the first epoch.
        factor: above 0 and under 1.
        patience: how many bad epochs are borne, 0 or more.
        threshold: how much better, as a fraction of the best loss, a loss has to be; from 0 to under 1.

    Returns:
        A list of floats, as many as `losses`: the rate that is set after each epoch, for the next one.
    """
    # TODO: Keep the best loss and the number of bad epochs, and go through the losses.
    raise NotImplementedError('reduce_on_plateau is not written yet: read "When the loss stands still" in assignments/lesson_3_2/README.md')


# %%
def train_scheduled(
    model: nn.Module,
    loader: DataLoader[Any],
    optimizer: torch.optim.Optimizer,
    scheduler: LRScheduler,
    epochs: int,
    per: str,
) -> list[float]:
    """Train `model` in place while `scheduler` changes the rate, and return the rate of every update.

    Walk through the loader once an epoch. For every batch: predict, take the mean squared error over all elements of the
    batch, clear the gradients (old ones may lie there), back-propagate, and call the optimizer's `step` once. The scheduler's
    `step` is called with no argument, and after the optimizer's: after every update if `per` is "batch", and after the
    last update of every epoch if it is "epoch".

    Args:
        model: maps `(B, D)` to `(B, K)`; it has neither dropout nor batch normalization.
        loader: a DataLoader of at least one batch `(X, y)`, `(B, D)` and `(B, K)`, on the model's device; the last batch may
            be shorter, down to one sample.
        optimizer: any optimizer of the model's parameters, with one parameter group or several.
        scheduler: a scheduler of that optimizer, any of PyTorch's but `ReduceLROnPlateau`. It may have made steps before;
            go on from there.
        epochs: how many epochs, 0 or more.
        per: "batch" or "epoch".

    Returns:
        For every update, in order, the rate of the first parameter group at that update: a list of floats, one a batch.

    Raises:
        ValueError: if `per` is neither of the two, also with 0 epochs, and before anything has changed.
    """
    # TODO: Check `per`; then the training loop that you know, with the scheduler's step in the right place.
    raise NotImplementedError('train_scheduled is not written yet: read "Same loop, one more line" in assignments/lesson_3_2/README.md')

# %%
# --- Exercise 3 · Stopping in the middle ---


def save_state(optimizer: torch.optim.Optimizer, scheduler: LRScheduler) -> dict[str, Any]:
    """Return a copy of all that optimizer and scheduler remember, so that a training can go on from here later.

    The copy has nothing in common with the two: when they go on, it stays as it is. Neither of them is changed.

    Args:
        optimizer: any optimizer, which may have made steps, on any device.
        scheduler: a scheduler of that optimizer.

    Returns:
        A dict with two keys: "optimizer", a deep copy of the optimizer's `state_dict()`, and "scheduler", a deep copy of the
        scheduler's.
    """
    # TODO: Put both state dicts into one dict, and copy all of it.
    raise NotImplementedError('save_state is not written yet: read "Stopping in the middle" in assignments/lesson_3_2/README.md')


# %%
def load_state(optimizer: torch.optim.Optimizer, scheduler: LRScheduler, state: dict[str, Any]) -> None:
    """Bring optimizer and scheduler, in place, to where they were when `state` was saved.

    If the model's weights are put back as well, training goes on exactly as if it had never stopped: the same rates, the
    same weights. The two may be fresh ones, or ones that have made steps since, or other steps.

    `state` is not changed, neither now nor by the training that goes on afterwards, so that it can be loaded again.

    Args:
        optimizer: an optimizer of the same class and with as many parameters in each group as the one that was saved; its
            rates and its memory may be others. Its parameters are on the device of those that were saved, and in their dtype.
        scheduler: the scheduler of that optimizer, of the same class and with the same schedule as the one that was saved.
        state: what `save_state` returns: a dict with the keys "optimizer" and "scheduler".
    """
    # TODO: Copy the state, and hand each of the two its part.
    raise NotImplementedError('load_state is not written yet: read "Stopping in the middle" in assignments/lesson_3_2/README.md')

# %%
# --- Exercise 4 · The range test ---


def lr_range_test(
    model: nn.Module, loader: DataLoader[Any], low: float, high: float, steps: int
) -> tuple[list[float], list[float]]:
    """Train for a few updates with growing rates, note how the loss takes it, and put everything back.

    Update i, counted from 0, uses batch i and the rate `low * (high / low) ** (i / (steps - 1))`: a geometric row, each
    rate the same multiple of the one before, from `low` to `high`, both included. Take the batch's mean squared error over all
    its elements *before* its update, then update every parameter once by plain gradient descent: no momentum, no weight
    decay. `torch.optim.SGD` is allowed, and so is working on a deep copy of the model.

    When the loader is at its end, walk through it anew from its beginning, as often as needed (a loader that shuffles then
    has a new order).

    When a loss is not finite (infinite or NaN), it is still noted, with its rate, and the test ends there.

    Afterwards the model's parameters, buffers and mode are what they were, also if the test has ended early. It runs
    in the mode that it is given in. What is left in `.grad` does not matter.

    Args:
        model: maps `(B, D)` to `(B, K)`, in any mode; all its parameters are trained.
        loader: a DataLoader of at least one batch `(X, y)`, `(B, D)` and `(B, K)`, on the model's device; the last batch may
            be shorter, down to one sample.
        low: the first rate, above 0.
        high: the last rate, above `low`.
        steps: how many updates, at least 2; it may be more than the loader has batches, or fewer.

    Returns:
        The tuple `(rates, losses)`: two lists of floats of the same length, `steps` or, if the test has ended early, less.
    """
    # TODO: Remember the model; update with one rate after the other; put back what you remembered.
    raise NotImplementedError('lr_range_test is not written yet: read "Where to begin: the range test" in assignments/lesson_3_2/README.md')


# %%
def plot_range_test(rates: list[float], losses: list[float]) -> Figure:
    """Draw the result of a range test: one line, the losses over the rates.

    The rates go along x, on a logarithmic axis; the losses go along y, linear or logarithmic as you like. Both axes have a
    label. Losses that are not finite may be left out of the line, or stay in it (matplotlib does not draw them). Further
    lines, such as a mark at a rate, are allowed. Every call makes a new figure; `plt.show()` is not called, and the
    arguments stay as they are.

    Args:
        rates: floats above 0, at least one.
        losses: as many floats, above 0; the last one may be infinite or NaN.

    Returns:
        The `Figure`.
    """
    # TODO: Draw the line, make the x axis logarithmic, and label both axes.
    raise NotImplementedError('plot_range_test is not written yet: read "Where to begin: the range test" in assignments/lesson_3_2/README.md')
