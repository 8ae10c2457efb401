# %%
"""Lesson 1.3: batch versus stochastic gradient descent.

The model and the shapes are those of lesson 1.2: `X` is `(N, D)`, one row a sample, with N ≥ 1 and D ≥ 1; the targets
`y` are `(N,)`, the weights `w` are `(D,)`, and the bias `b` is 0-D. All of them have the same dtype (float32 or
float64), live on the same device and do not require gradients. Your functions work in that dtype and on that device,
and change no argument in place: neither its numbers nor its `requires_grad` or `grad`.

The loss of some rows is the mean of their squared errors, `((X @ w + b - y) ** 2).mean()`. How you find its gradient is
up to you in the whole lesson: the formulas of lesson 1.2, autograd, or anything else that is exact. You may also call
the exercises that you solved before.
"""

import torch


# %%
def batch_step(
    X: torch.Tensor, y: torch.Tensor, w: torch.Tensor, b: torch.Tensor, lr: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Make one update of batch gradient descent: a single step, on the mean squared error of all the rows.

    Both gradients, `dw` and `db`, belong to the given `(w, b)`; `w` and `b` move together.

    Args:
        X: the samples, `(N, D)`.
        y: the targets, `(N,)`.
        w: the weights before the step, `(D,)`.
        b: the bias before the step, 0-D.
        lr: the learning rate, a Python float of 0 or more.

    Returns:
        `(w, b)` after the step: new tensors, `(D,)` and 0-D, on X's device and in X's dtype. (Whether they require
        gradients is up to you.)
    """
    # TODO: Find the gradient of the mean squared error over all rows, and go one step against it.
    raise NotImplementedError('batch_step is not written yet: read "All the rows at once" in assignments/lesson_1_3/README.md')


# %%
def sgd_epoch(
    X: torch.Tensor, y: torch.Tensor, w: torch.Tensor, b: torch.Tensor, lr: float, order: torch.Tensor | list[int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Run one epoch of stochastic gradient descent: one update for each row, in the given order.

    The first update uses row `order[0]` alone, the second row `order[1]`, and so on to the end: N updates. The loss of
    an update is the squared error of its one row. Each update takes its gradient at the weights and the bias that the
    update before it left behind.

    Args:
        X: the samples, `(N, D)`.
        y: the targets, `(N,)`.
        w: the weights before the epoch, `(D,)`.
        b: the bias before the epoch, 0-D.
        lr: the learning rate of every update, a Python float of 0 or more.
        order: a permutation of the rows, that is each of the numbers 0, …, N - 1 exactly once: a list of ints, or an
            int64 tensor `(N,)` on X's device.

    Returns:
        `(w, b)` after the last update, as in `batch_step`.
    """
    # TODO: Go through the order, and update w and b for each row with the newest w and b.
    raise NotImplementedError('sgd_epoch is not written yet: read "One row at a time" in assignments/lesson_1_3/README.md')


# %%
def minibatch_epoch(
    X: torch.Tensor,
    y: torch.Tensor,
    w: torch.Tensor,
    b: torch.Tensor,
    lr: float,
    order: torch.Tensor | list[int],
    batch_size: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Run one epoch of mini-batch gradient descent: one update for each batch.

    The order is cut into batches from its front: the first batch holds the rows `order[0]`, …, `order[batch_size - 1]`,
    the next batch the next rows, and so on. Where `batch_size` does not divide N, the last batch is smaller; it is used
    like the others. The loss of an update is the mean squared error of its own rows, so a batch's gradient is averaged
    over the rows that this batch really has. Each update starts from what the update before it left behind.

    Args:
        X: the samples, `(N, D)`.
        y: the targets, `(N,)`.
        w: the weights before the epoch, `(D,)`.
        b: the bias before the epoch, 0-D.
        lr: the learning rate of every update, a Python float of 0 or more.
        order: a permutation of the rows, as in `sgd_epoch`.
        batch_size: rows in a batch, an int of 1 or more. It may be larger than N; then all rows are one batch.

    Returns:
        `(w, b)` after the last update, as in `batch_step`.
    """
    # TODO: Cut the order into batches, and make one step for each, with the newest w and b.
    raise NotImplementedError('minibatch_epoch is not written yet: read "A few rows at a time" in assignments/lesson_1_3/README.md')


# %%
def updates_per_epoch(n_samples: int, batch_size: int) -> int:
    """Return how many updates an epoch makes: the number of batches, a smaller last one included.

    For batch gradient descent (`batch_size` is `n_samples`, or larger) that is 1, for stochastic gradient descent
    (`batch_size` is 1) it is `n_samples`, and in between it is `n_samples / batch_size`, rounded up.

    Args:
        n_samples: how many rows there are, an int.
        batch_size: rows in a batch, an int; it may be larger than `n_samples`.

    Returns:
        The number of updates, a Python int (2, not 2.0 and no tensor).

    Raises:
        ValueError: if `n_samples` or `batch_size` is less than 1. The words of the message are yours.
    """
    # TODO: Refuse numbers below 1; then divide and round up.
    raise NotImplementedError('updates_per_epoch is not written yet: read "Updates an epoch" in assignments/lesson_1_3/README.md')


# %%
def gradient_noise(
    X: torch.Tensor,
    y: torch.Tensor,
    w: torch.Tensor,
    b: torch.Tensor,
    batch_size: int,
    trials: int,
    generator: torch.Generator,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Measure how much the gradient of a mini-batch scatters: its standard deviation over many random batches.

    In each of `trials` trials draw a batch of `batch_size` different rows, and find the gradient of the mean squared
    error of these rows at the given `(w, b)`, which never move. The result is the unbiased standard deviation over the
    trials (the squares are divided by `trials - 1`, as `torch.std` does), for each entry of `dw` on its own, and for
    `db`.

    The trials are independent: every trial draws from all N rows again, whatever the trials before it drew, and every
    choice of `batch_size` different rows is equally likely. Cutting one permutation into several batches is something
    else, because those batches share no row.

    All randomness comes from `generator`: the same seed gives the same result, a second call on the same generator goes
    on with new batches, and PyTorch's global generator stays as it was. How you draw, and in which order, is left open.
    So the numbers themselves are not compared with others. With hundreds of trials they must lie within 15 % of what
    the page's formula says; with few trials they must be the deviation of batches that are possible.

    Args:
        X: the samples, `(N, D)`.
        y: the targets, `(N,)`.
        w: the weights, `(D,)`.
        b: the bias, 0-D.
        batch_size: rows in a batch, an int from 1 to N. For N every batch holds all the rows, so the noise is 0, up to
            rounding.
        trials: how many batches to draw, an int of 2 or more.
        generator: the source of the randomness; it lives on X's device.

    Returns:
        `(std_dw, std_db)`: tensors of shape `(D,)` and 0-D, on X's device and in X's dtype.
    """
    # TODO: Draw `trials` batches of different rows, collect their gradients, take the deviation over trials.
    raise NotImplementedError('gradient_noise is not written yet: read "The noise of a gradient estimate" in assignments/lesson_1_3/README.md')
