# %%
"""Lesson 3.4: deeper networks and back-propagation's troubles.

Samples are rows: `x` is `(N, D)`, N samples of D features. All tensors of a call have the same dtype (float32 or float64)
and live on the same device. Every function works in that dtype and on that device, and changes no argument; only
`clip_by_global_norm_` changes gradients in place, as its name says.

The two normalizations come in pairs: a forward function hands a `cache` to its backward function. What lies in the cache
is yours. A backward function gets only caches that your own forward function made: its annotation names that function,
as in `Annotated[Any, batch_norm]`, "anything, from batch_norm".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import nn

# %%
# --- Exercise 1 · Measuring gradients ---


def gradient_norms(model: nn.Module) -> dict[str, float]:
    """Return the norm of each parameter's gradient: the root of the sum of the squares of all its entries.

    Example: the gradient with the rows (2, -1) and (0, 2) has the norm 3; a parameter without gradient has 0.

    Args:
        model: any module, also one without parameters. Its parameters are on any device and each of float32 or float64.
            The `.grad` of some may be None: they got no gradient, or are frozen. Neither parameters nor gradients change.

    Returns:
        A dict from name to norm, a Python float; the names are those of `model.named_parameters()`, and all of them are
        there. Where `.grad` is None the norm is 0.0.
    """
    # TODO: Go through the named parameters, and take the norm of each gradient that is there.
    raise NotImplementedError('gradient_norms is not written yet: read "Measuring the gradients" in assignments/lesson_3_4/README.md')

# %%
# --- Exercise 2 · Two normalizations by hand ---


def batch_norm(
    x: torch.Tensor,
    gamma: torch.Tensor,
    beta: torch.Tensor,
    running: tuple[torch.Tensor, torch.Tensor],
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor], Any]:
    """Normalize each column of a batch, as `torch.nn.BatchNorm1d` does.

    Example: in training the column 1, 1, 5, 5 with gamma 2, beta 1 and the running statistics 0 and 1 becomes -1, -1, 3, 3,
    and the running statistics 0.3 and 1.4333.

    Details:

    In training each column's mean and *biased* variance (the mean of the squared distances from the mean) normalize it:
    `x_hat = (x - mean) / sqrt(variance + eps)`, `y = gamma * x_hat + beta`. Each running statistic becomes
    `(1 - momentum) * old + momentum * batch`, and there the variance is the *unbiased* one (divided by N - 1).
    Otherwise (`training` False) the running mean and variance take the place of the batch's, and stay as they are.

    The columns may be constant, and their mean may be far larger than their standard deviation: subtract the mean before
    you square.

    Off limits are PyTorch's own normalizations: the modules `torch.nn.BatchNorm1d`, `torch.nn.LayerNorm` and their
    relatives, and the functions `batch_norm`, `layer_norm`, `instance_norm`, `group_norm`, `rms_norm` of `torch` and
    `torch.nn.functional`. `mean`, `var` and `std` are fine.

    Args:
        x: the batch, `(N, D)` with N ≥ 2 in training and N ≥ 1 otherwise, and D ≥ 1.
        gamma: the learned factors, `(D,)`.
        beta: the learned shifts, `(D,)`.
        running: the tuple of the running mean and the running variance, `(D,)` each. It stays as it was.
        training: which of the two modes.
        momentum: how far the running statistics move, from 0 to 1.
        eps: added to the variance, inside the root; above 0.

    Returns:
        The tuple `(y, running, cache)`. `y` is `(N, D)`. `running` is the tuple of the running mean and variance after the
        call, `(D,)` each: in training these are new tensors; otherwise they equal those given, and may be the same ones.
        `cache` is whatever `batch_norm_backward` needs; after a call that is not in training it is not used.

    Raises:
        ValueError: in training, if there is just one row: it has no spread, and N - 1 is 0.
    """
    # TODO: Choose the statistics (in training: the batch's, and move the running ones), then normalize.
    raise NotImplementedError('batch_norm is not written yet: read "Batch normalization, forward" in assignments/lesson_3_4/README.md')


# %%
def batch_norm_backward(
    dy: torch.Tensor, cache: Annotated[Any, batch_norm]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the gradients of a loss with respect to the `x`, `gamma` and `beta` of a `batch_norm` in training.

    Example: for the column 1, 1, 5, 5 with gamma 2, a `dy` of 1, 0, 0, 3 gives a `dx` of 0.5, -0.5, -1.5, 1.5, a `dgamma`
    of 2 and a `dbeta` of 4.

    Details:

    Each x moves the mean and the variance of its column, too: both paths belong into `dx`.

    Off limits is everything in PyTorch that differentiates for you, such as `torch.autograd.grad`,
    `torch.autograd.backward`, `Tensor.backward`, `torch.func` (`grad`, `vjp`, `jacrev`, …), `torch.autograd.functional`,
    `torch.autograd.forward_ad` and the backward operations of `torch.ops.aten`. Finite differences are not the exercise
    either.

    Args:
        dy: the gradient of the loss with respect to `y`, `(N, D)` with N ≥ 2 and D ≥ 1.
        cache: what your `batch_norm` returned last, for a batch of N ≥ 2 rows with `training` True. It stays as it was, and
            may be used more than once.

    Returns:
        The tuple `(dx, dgamma, dbeta)`: `(N, D)`, `(D,)` and `(D,)`, of dy's dtype and on its device.
    """
    # TODO: Sum up for gamma and beta; for x take off what goes through the mean and through the variance.
    raise NotImplementedError('batch_norm_backward is not written yet: read "Batch normalization, backward" in assignments/lesson_3_4/README.md')


# %%
def layer_norm(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor, eps: float = 1e-5) -> tuple[torch.Tensor, Any]:
    """Normalize each row by itself, as `torch.nn.LayerNorm(D)` does.

    Example: the row (1, 1, 5, 5) with gamma (2, 1, 3, 1) and beta (0, 0, 0, 1) becomes (-2, -1, 3, 2).

    Details:

    Each row's mean and *biased* variance, over its D features, normalize it: `x_hat = (x - mean) / sqrt(variance + eps)`,
    `y = gamma * x_hat + beta`. The rows may be constant (as with D = 1, where `y` is `beta`), and their mean may be far
    larger than their standard deviation: subtract the mean before you square.

    Off limits are PyTorch's own normalizations: the modules `torch.nn.LayerNorm`, `torch.nn.BatchNorm1d` and their
    relatives, and the functions `layer_norm`, `batch_norm`, `instance_norm`, `group_norm`, `rms_norm` of `torch` and
    `torch.nn.functional`. `mean`, `var` and `std` are fine.

    Args:
        x: the batch, `(N, D)` with N ≥ 1 and D ≥ 1.
        gamma: the learned factors, `(D,)`, one a feature.
        beta: the learned shifts, `(D,)`, one a feature.
        eps: added to the variance, inside the root; above 0.

    Returns:
        The tuple `(y, cache)`: `y` is `(N, D)`, `cache` is whatever `layer_norm_backward` needs.
    """
    # TODO: Take each row's mean off, divide by its standard deviation, then scale and shift.
    raise NotImplementedError('layer_norm is not written yet: read "Layer normalization, forward" in assignments/lesson_3_4/README.md')


# %%
def layer_norm_backward(
    dy: torch.Tensor, cache: Annotated[Any, layer_norm]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the gradients of a loss with respect to the `x`, `gamma` and `beta` of a `layer_norm`.

    Example: for the row (1, 1, 5, 5) with gamma (2, 1, 3, 1), a `dy` of (1, 0, 2, 0) gives a `dx` of (0.5, -0.5, 1.5, -1.5),
    a `dgamma` of (-1, 0, 2, 0) and a `dbeta` of (1, 0, 2, 0).

    Details:

    Each x moves the mean and the variance of its row, too. `gamma` and `beta` are shared by all rows.

    Off limits is everything in PyTorch that differentiates for you, such as `torch.autograd.grad`,
    `torch.autograd.backward`, `Tensor.backward`, `torch.func` (`grad`, `vjp`, `jacrev`, …), `torch.autograd.functional`,
    `torch.autograd.forward_ad` and the backward operations of `torch.ops.aten`. Finite differences are not the exercise
    either.

    Args:
        dy: the gradient of the loss with respect to `y`, `(N, D)` with N ≥ 1 and D ≥ 1.
        cache: what your `layer_norm` returned last. It stays as it was, and may be used more than once.

    Returns:
        The tuple `(dx, dgamma, dbeta)`: `(N, D)`, `(D,)` and `(D,)`, of dy's dtype and on its device. Where D is 1, `dx` is
        0: a row of one number cannot change what comes out.
    """
    # TODO: As in batch_norm_backward, with the means along each row; gamma and beta still sum over the rows.
    raise NotImplementedError('layer_norm_backward is not written yet: read "Layer normalization, backward" in assignments/lesson_3_4/README.md')

# %%
# --- Exercise 3 · A way around, and a limit ---


class ResidualBlock(nn.Module):
    """A block that adds a correction to what it is given: `x + W2 relu(W1 x + b1) + b2`.

    Example: with W1 the identity, b1 = 0, W2 with the rows (3, 0) and (0, 5), and b2 = (0, 1), it makes (4, -1) of (1, -2).

    Details:

    It has exactly two `nn.Linear(dim, dim)` with bias, and no other parameters. The one with W1 and b1 is made (assigned to
    the block) first, the one with W2 and b2 second. Nothing comes after the sum, so the block is the identity where W2 and
    b2 are 0. Names and starting values are up to you.
    """

    def __init__(self, dim: int) -> None:
        """Make the block.

        Args:
            dim: how many features go in and come out, 1 or more.
        """
        # TODO: Make the two linear layers.
        raise NotImplementedError('ResidualBlock is not written yet: read "A way around: the residual block" in assignments/lesson_3_4/README.md')

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return `x + W2 relu(W1 x + b1) + b2`.

        Args:
            x: the batch, `(N, dim)` with N ≥ 1, on the parameters' device and in their dtype (float32 or float64). It stays
                as it was.

        Returns:
            `(N, dim)`, of x's dtype. Gradients reach x and all four parameters.
        """
        # TODO: Work out the correction, and add it to x.
        raise NotImplementedError('ResidualBlock is not written yet: read "A way around: the residual block" in assignments/lesson_3_4/README.md')


# %%
def clip_by_global_norm_(params: Iterable[torch.Tensor], max_norm: float) -> torch.Tensor:
    """Shrink all gradients together, in place, so that their global norm is at most `max_norm`.

    Example: the gradients (3) and (4) with `max_norm=1.0` become (0.6) and (0.8), and 5 is returned.

    Details:

    The global norm is the root of the sum of the squares of *all* entries of all gradients, as if they were one long vector.
    Where it is above `max_norm`, every gradient is multiplied by the same factor `max_norm / (norm + 1e-6)`, as
    `torch.nn.utils.clip_grad_norm_` does (without the 1e-6 is as good: the norms here are never tiny and above `max_norm`).
    Otherwise the gradients stay as they are: they are never made larger. Gradients of nothing but zeros stay zeros.

    Off limits: `torch.nn.utils.clip_grad_norm_` and its relatives `clip_grad_norm`, `clip_grads_with_norm_` and
    `get_total_norm`.

    Args:
        params: the parameters, on one device and of one dtype (float32 or float64); any iterable, also a generator such as
            `model.parameters()`, which can be gone through once only. Those whose `.grad` is None are skipped. Their values
            stay as they were.
        max_norm: the largest norm allowed, above 0; it may be `math.inf`, and then nothing is clipped.

    Returns:
        The global norm *before* the clipping, a 0-D tensor of the gradients' dtype and on their device. If no parameter
        has a gradient, it is a 0-D tensor that holds 0, of any floating dtype and on any device.
    """
    # TODO: Collect the gradients, measure them all together, and shrink them if they are too long.
    raise NotImplementedError('clip_by_global_norm_ is not written yet: read "Clipping the gradient" in assignments/lesson_3_4/README.md')

# %%
# --- Exercise 4 · An experiment on depth ---


def depth_experiment(depths: list[int], residual: bool, norm: str | None, seed: int) -> dict[int, float]:
    """Return, for untrained networks of several depths, the gradient norm of the first weights over that of the last.

    Example: `depth_experiment([1], False, None, 0)` is `{1: 1.0}`, and for `[10]` the ratio is around a millionth.

    Details: for each depth make a network and a batch of its own.

    - The batch `h` is 64 rows of 16 standard normal numbers.
    - Each of the `depth` layers has weights W, `(16, 16)`, of its own: standard normal numbers divided by 4. No bias.
    - A layer computes the pre-activations `z = h @ W.T`, normalizes them if `norm` says so, and takes their sigmoid `s`.
      What it hands on as the next `h` is `h + s` if `residual` is True, else `s`.
    - The normalization of `"batch"` is that of `batch_norm` in training, that of `"layer"` is that of `layer_norm`, both with
      factors 1, shifts 0 and the usual eps; `None` means none. Your own functions or PyTorch's are equally fine.
    - The loss is the mean of the squares of the last `h`, over all its `64 · 16` elements.
    - The answer for this depth is the norm of the loss's gradient for the *first* layer's W (next to the batch), divided by
      the norm of the gradient for the *last* layer's W. With one layer this is 1.

    Autograd is welcome. All random numbers come from a CPU `torch.Generator` of your own, seeded with `seed`: the same
    arguments give the same answer, another seed gives another one, and the global random state never moves. The order
    of the draws is up to you, and so is whether each depth starts from the seed anew. Everything is on the CPU, in
    float32 or float64 as you like.

    Args:
        depths: the numbers of layers, ints of 1 or more, in any order, each once; the list stays as it was and may be empty.
        residual: whether each layer adds to what it is given.
        norm: `"batch"`, `"layer"` or None.
        seed: an int, 0 or more.

    Returns:
        A dict from each depth to its ratio, a Python float.

    Raises:
        ValueError: if `norm` is anything else.
    """
    # TODO: For each depth: draw, go forward, go backward, and compare the first weight's gradient with the last's.
    raise NotImplementedError('depth_experiment is not written yet: read "The depth experiment" in assignments/lesson_3_4/README.md')


# %%
def plot_depth(results: dict[str, dict[int, float]]) -> Figure:
    """Return a new figure with the ratios of several networks against their depth.

    Example: `plot_depth({"plain": {2: 0.06, 10: 1e-6}, "batch": {2: 1.0, 10: 1.2}})` has two lines of two points.

    Details:

    - For each name there is a line (by `plot`, `semilogy` or the like), all in the same axes: the depths along x, from the
      shallowest to the deepest, whatever their order in the dict; the ratios along y, the numbers themselves.
    - The y axis is logarithmic.
    - A legend names the lines; each entry is the name as it is given.
    - Both axes have a label.
    - Do not call `plt.show()`.

    Colours, markers, titles, guide lines and whatever else you add are yours.

    Args:
        results: from each network's name to what `depth_experiment` gave: a dict from depth to ratio, with one depth or more,
            all ratios above 0. It stays as it was.

    Returns:
        The matplotlib `Figure`; every call makes a new one.
    """
    # TODO: Draw a line for each name on a logarithmic axis, label the axes, add a legend, return the figure.
    raise NotImplementedError('plot_depth is not written yet: read "Drawing ratios" in assignments/lesson_3_4/README.md')
