# %%
"""Lesson 3.7: modern regularization and generalization.

Samples are rows. All tensors of a call live on the same device, and so do the modules; every function works there, and in
the dtype of what it is given. Arguments stay as they are, except where a docstring says that something is written in place.

`gen` is a `torch.Generator` on the CPU, whatever the device of the tensors. It is the only source of randomness: the same
seed gives the same result, a second call with the same generator goes on with new numbers, and the global generators of
PyTorch, NumPy and Python's `random` are, after each call, where they were before it. How many numbers you draw, and in
which order, is left open.
"""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torchvision.transforms import v2

# %%
# --- Exercise 1 · Stop in time ---


class EarlyStopping:
    """Watches a loss epoch by epoch, says when to stop, and keeps the state of the model's best epoch.

    An epoch is *better* if `loss < best - min_delta`, where `best` is the loss of the last better epoch, and infinity
    before there was one. So a NaN is never better, and infinity is not either. Only a better epoch changes `best`, which may
    be 0 or negative.

    The state of a model is what its `state_dict()` holds: all parameters, and the buffers, such as the running
    statistics of batch normalization. The names of your attributes are left open. The device and the dtypes are the model's.
    """

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        """Start to watch.

        Args:
            patience: how many epochs in a row may be no better before it is time to stop, at least 1.
            min_delta: by how much a loss must lie below the best one to be better, 0 or more.
        """
        # TODO: Remember both, and that no epoch was seen yet.
        raise NotImplementedError('EarlyStopping is not written yet: read "Stopping in time" in assignments/lesson_3_7/README.md')

    def step(self, loss: float, model: nn.Module) -> bool:
        """Take note of one more epoch, and say whether to stop.

        A better epoch keeps a copy of the model's state, in place of the one before, and the count of the others starts
        again from 0.

        Args:
            loss: the validation loss of this epoch, a Python float; it may be NaN or infinite.
            model: the model as it is after this epoch. It is not changed, and may be trained on afterwards: what was
                kept does not change with it.

        Returns:
            A Python bool: True if this epoch is the `patience`-th in a row, or a later one, that was not better.
        """
        # TODO: Better? Then copy the state and start counting again. Otherwise count.
        raise NotImplementedError('EarlyStopping is not written yet: read "Stopping in time" in assignments/lesson_3_7/README.md')

    def restore(self, model: nn.Module) -> None:
        """Put the kept state into the model, in place, buffers included.

        The parameters stay the objects that they were, so that an optimizer that holds them can go on. The model's mode
        stays as it is. Where no epoch was better so far, the model stays as it is. What was kept stays kept: after more
        training, `restore` puts the same state back again.

        Args:
            model: the model that `step` was given.
        """
        # TODO: Load the kept state, if there is one.
        raise NotImplementedError('EarlyStopping is not written yet: read "Stopping in time" in assignments/lesson_3_7/README.md')

# %%
# --- Exercise 2 · Softer labels, new samples ---


def label_smoothing_loss(logits: torch.Tensor, y: torch.Tensor, smoothing: float) -> torch.Tensor:
    """Return the mean cross-entropy between smoothed labels and the model's logits.

    With C classes the smoothed label of a row has `smoothing / C` for each class, and `1 - smoothing` more for the right
    one, so that it adds up to 1. A row's cross-entropy is minus the sum over the classes of label times log-softmax; the
    loss is the mean over the rows. It equals `nn.CrossEntropyLoss(label_smoothing=smoothing)`.

    The argument `label_smoothing` of PyTorch, in `nn.CrossEntropyLoss` and in `functional.cross_entropy`, is off limits
    where it is not 0: the point is to smooth the labels yourself. Everything else is fine, `functional.log_softmax` and a
    cross-entropy without that argument included.

    Args:
        logits: plain scores, `(N, C)` with N ≥ 1 and C ≥ 2, float32 or float64; they may be as large as 1,000.
        y: the right classes, `(N,)`, int64.
        smoothing: from 0 (plain cross-entropy) to 1, both included.

    Returns:
        A 0-D tensor on the logits' device and in their dtype; differentiable with respect to the logits.
    """
    # TODO: Smooth the labels, and take the mean over the rows of minus label times log-softmax.
    raise NotImplementedError('label_smoothing_loss is not written yet: read "Label smoothing" in assignments/lesson_3_7/README.md')


# %%
def mixup(
    x: torch.Tensor, y: torch.Tensor, alpha: float, gen: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Return the batch with each sample blended with a partner, and how much of itself each sample kept.

    One number `lam` is drawn for the whole batch from the distribution Beta(alpha, alpha), and one random permutation of the
    rows: each row is the partner of exactly one row (which may be itself), and every permutation is equally likely. With
    the partner j of row i, row i of both results is `lam * row i + (1 - lam) * row j`, of x and of y alike. With
    `alpha` 0 nothing is blended: x and y come back with the values they had, and `lam` is 1.0.

    Args:
        x: samples, `(N, ...)` with N ≥ 1: any shape behind the first dimension, which may be absent; float32 or float64.
        y: labels, one-hot, as floats, `(N, C)`; their dtype may be another one than x's.
        alpha: 0 or more, not above 10.
        gen: the only source of randomness, on the CPU.

    Returns:
        The tuple `(x, y, lam)`: the blended samples and labels, with the shapes, dtypes and device of the arguments, and
        `lam`, a Python float from 0 to 1.
    """
    # TODO: Draw lam and one permutation, and blend samples and labels with the same two.
    raise NotImplementedError('mixup is not written yet: read "Mixup" in assignments/lesson_3_7/README.md')


# %%
def augment(images: torch.Tensor, gen: torch.Generator) -> torch.Tensor:
    """Return the images, each one shifted at random by at most 4 pixels.

    Each image gets a border of 4 zeros on all four sides, and from the result, H + 8 high and W + 8 wide, a piece of H by W
    is cut out. Where the piece lies is drawn for each image by itself: its top and its left side are independent of each
    other, and each is a whole number from 0 to 8, all nine equally likely. All channels of an image are cut alike.

    `torchvision.transforms.v2` is the natural tool (its `functional` has `pad` and `crop`), but plain slicing is fine, too.

    Args:
        images: `(N, C, H, W)` with N ≥ 1, float32, float64 or uint8.
        gen: the only source of randomness, on the CPU.

    Returns:
        A new tensor of the same shape and dtype, on the same device.
    """
    # TODO: Pad, draw a top and a left side for each image, and cut.
    raise NotImplementedError('augment is not written yet: read "Augmentation" in assignments/lesson_3_7/README.md')

# %%
# --- Exercise 3 · An average of the weights ---


def ema_update_(ema: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the averaged model `ema` one step towards the model, in place.

    Each parameter of `ema` becomes `decay` times itself plus `1 - decay` times the model's parameter. Each buffer of `ema`,
    whether it is in the `state_dict` or not, becomes a copy of the model's buffer. When `ema` starts as a copy of the
    model, and is updated after each step, it equals `torch.optim.swa_utils.AveragedModel(model,
    multi_avg_fn=get_ema_multi_avg_fn(decay))`.

    No graph is kept: the parameters of `ema` stay the objects that they are, leaves, with `requires_grad` and `grad` as
    they were, whether they require gradients or not. The model does not change at all, nor does the mode of either.

    `torch.optim.swa_utils` is off limits: the point is to write the average yourself.

    Args:
        ema: the averaged model; its parameters and buffers are written in place.
        model: a model of the same layers, on the same device and in the same dtypes. It may be in the middle of a training
            loop, with gradients in place.
        decay: how much of the average stays, from 0 to 1, both included.
    """
    # TODO: Without a graph: average the parameters, copy the buffers.
    raise NotImplementedError('ema_update_ is not written yet: read "An average of the weights" in assignments/lesson_3_7/README.md')

# %%
# --- Exercise 4 · The noise of a batch ---


def norm_noise(norm: nn.Module, X: torch.Tensor, batch_size: int, trials: int, gen: torch.Generator) -> float:
    """Return how much the output for the row `X[0]` scatters when it shares its batch with random companions.

    In each trial draw `batch_size - 1` *different* rows among `X[1:]`, every choice equally likely, and independently of
    the other trials. Put them into one batch with `X[0]` (in any order), and call the module once with this batch, in
    training mode. Keep the output for `X[0]`, a row of numbers. After all trials take the standard deviation of each of these
    numbers over the trials (dividing by `trials` or by `trials - 1`), and return the mean of the deviations.

    The module that you are given is not changed: parameters, buffers, gradients and mode are, after the call, what they were
    before. It may be given in either mode. Work with a deep copy, which keeps the module's hooks.

    Args:
        norm: a layer that maps `(B, D)` to `(B, D)`, such as `nn.BatchNorm1d(D)` or `nn.LayerNorm(D)`, without
            randomness of its own, on X's device and in its dtype.
        X: samples, `(N, D)` with N ≥ 2, float32 or float64; no two rows are equal.
        batch_size: rows in a batch, `X[0]` included, from 2 to N. With N the companions are the same in every trial.
        trials: how many batches, at least 2.
        gen: the only source of randomness, on the CPU.

    Returns:
        The mean of the deviations, a Python float.
    """
    # TODO: In a copy in training mode, note the output for X[0] in each trial; then deviation and mean.
    raise NotImplementedError('norm_noise is not written yet: read "The noise of batch normalization" in assignments/lesson_3_7/README.md')
