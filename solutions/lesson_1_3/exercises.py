# %%
"""Lesson 1.3: batch versus stochastic gradient descent.

The model and the shapes are those of lesson 1.2: `X` is `(N, D)`, one row a sample, `y` is `(N,)`, `w` is `(D,)`, and
`b` is 0-D. The loss of some rows is the mean of their squared errors, `((X @ w + b - y) ** 2).mean()`.

Details: N ≥ 1 and D ≥ 1. All tensors have the same dtype (float32 or float64), live on the same device and do not
require gradients. Your functions work in that dtype and on that device, and change no argument in place: neither its
numbers nor its `requires_grad` or `grad`. The formulas of lesson 1.2, autograd, or anything else that is exact may find
the gradients. You may call the exercises that you solved before.
"""

import torch


# %%
def batch_step(
    X: torch.Tensor, y: torch.Tensor, w: torch.Tensor, b: torch.Tensor, lr: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Make one update of batch gradient descent, on the mean squared error of all the rows; return the new `(w, b)`.

    Example: `X = [[1, 0], [0, 1], [1, 1]]`, `y = [6, 9, 9]`, `w = [0, 0]`, `b = 0` and `lr = 0.25` give `w = [2.5, 3]`
    and `b = 4`.

    Details:
        X: the samples, `(N, D)`.
        y: the targets, `(N,)`.
        w: the weights before the step, `(D,)`.
        b: the bias before the step, 0-D.
        lr: the learning rate, a Python float of 0 or more.

    Both gradients belong to the given `(w, b)`. The results are new tensors, `(D,)` and 0-D, on X's device and in X's
    dtype. (Whether they require gradients is up to you.)
    """
    # BEGIN SOLUTION Find the gradient of the mean squared error over all rows, and go one step against it.
    errors = X @ w + b - y  # (N,)
    dw = 2 / len(X) * X.T @ errors  # (D, N) times (N,) gives (D,)
    db = 2 / len(X) * errors.sum()
    return w - lr * dw, b - lr * db
    # END SOLUTION


# %%
def sgd_epoch(
    X: torch.Tensor, y: torch.Tensor, w: torch.Tensor, b: torch.Tensor, lr: float, order: torch.Tensor | list[int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Run one epoch of stochastic gradient descent: one update for each row, in the given order; return the last `(w, b)`.

    Example: the samples of `batch_step`, from zeros with `lr = 0.25` and the order `[2, 0, 1]`, give `w = [3, 5.25]` and
    `b = 3.75`.

    Details:
        X: the samples, `(N, D)`.
        y: the targets, `(N,)`.
        w: the weights before the epoch, `(D,)`.
        b: the bias before the epoch, 0-D.
        lr: the learning rate of every update, a Python float of 0 or more.
        order: a permutation of the rows, each of the numbers 0, …, N - 1 exactly once: a list of ints, or an int64 tensor
            `(N,)` on X's device.

    The first update uses row `order[0]` alone, the second row `order[1]`, and so on: N updates. The loss of an update is
    the squared error of its one row, at the `w` and `b` that the update before it left behind. The results are as in
    `batch_step`.
    """
    # BEGIN SOLUTION Go through the order, and update w and b for each row with the newest w and b.
    for row in order:
        w, b = batch_step(X[row].unsqueeze(0), y[row].unsqueeze(0), w, b, lr)  # a batch of one row: (1, D) and (1,)
    return w, b
    # END SOLUTION


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
    """Run one epoch of mini-batch gradient descent: one update for each batch; return the last `(w, b)`.

    Example: the samples of `batch_step`, from zeros with `lr = 0.25`, the order `[2, 0, 1]` and `batch_size = 2`, give
    `w = [3.75, 3.75]` and `b = 5.25`.

    Details:
        X: the samples, `(N, D)`.
        y: the targets, `(N,)`.
        w: the weights before the epoch, `(D,)`.
        b: the bias before the epoch, 0-D.
        lr: the learning rate of every update, a Python float of 0 or more.
        order: a permutation of the rows, as in `sgd_epoch`.
        batch_size: rows in a batch, an int of 1 or more. It may be larger than N; then all rows are one batch.

    The order is cut from its front: the first batch holds the rows `order[0]`, …, `order[batch_size - 1]`, and so on. A
    smaller last batch is used like the others. The loss of an update is the mean squared error of the rows that its batch
    really has, at the `w` and `b` that the update before it left behind. The results are as in `batch_step`.
    """
    # BEGIN SOLUTION Cut the order into batches, and make one step for each, with the newest w and b.
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        w, b = batch_step(X[rows], y[rows], w, b, lr)
    return w, b
    # END SOLUTION


# %%
def updates_per_epoch(n_samples: int, batch_size: int) -> int:
    """Return how many updates an epoch makes: the number of batches, a smaller last one included.

    Example: `updates_per_epoch(7, 3)` is `3`, and `updates_per_epoch(6, 3)` is `2`.

    Details:
        n_samples: how many rows there are, an int.
        batch_size: rows in a batch, an int; it may be larger than `n_samples`, and then there is 1 update.

    The result is a Python int (2, not 2.0 and no tensor). If `n_samples` or `batch_size` is less than 1, it is a
    `ValueError`, with a message in your own words.
    """
    # BEGIN SOLUTION Refuse numbers below 1; then divide and round up.
    if n_samples < 1 or batch_size < 1:
        raise ValueError(f"n_samples and batch_size must be at least 1, not {n_samples} and {batch_size}")
    return (n_samples + batch_size - 1) // batch_size
    # END SOLUTION


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
    """Measure how much a mini-batch's gradient scatters: return its standard deviation over many random batches.

    Example: with the samples of `batch_step`, `w = [0, 0]`, `b = 0`, `batch_size = 2` and a few thousand trials,
    `std_dw` is about `[3.74, 4.24]` and `std_db` about `1.41`.

    Details:
        X: the samples, `(N, D)`.
        y: the targets, `(N,)`.
        w: the weights, `(D,)`. They never move.
        b: the bias, 0-D. It never moves.
        batch_size: rows in a batch, an int from 1 to N. For N the noise is 0, up to rounding.
        trials: how many batches to draw, an int of 2 or more.
        generator: the source of the randomness; it lives on X's device.

    Each trial draws `batch_size` different rows from all N again, every choice equally likely, whatever the other trials
    drew. (Cutting one permutation into several batches is something else: those share no row.) The standard deviation of
    each entry of `dw`, and of `db`, divides the squares by `trials - 1`, as `torch.std` does.
    The results are tensors of shape `(D,)` and 0-D, on X's device and in X's dtype. With hundreds of trials they lie within
    15 % of the page's formula; with few, they are the standard deviation of batches that are possible.
    All randomness comes from `generator`, in whatever order you draw: the same seed gives the same result, a second call
    goes on with new batches, and PyTorch's global generator stays as it was.
    """
    # BEGIN SOLUTION Draw `trials` batches of different rows, collect their gradients, take `std` over the trials.
    dws, dbs = [], []
    for _ in range(trials):
        rows = torch.randperm(len(X), generator=generator, device=X.device)[:batch_size]
        errors = X[rows] @ w + b - y[rows]
        dws.append(2 / batch_size * X[rows].T @ errors)
        dbs.append(2 / batch_size * errors.sum())
    return torch.stack(dws).std(dim=0), torch.stack(dbs).std()  # (trials, D) gives (D,), and (trials,) gives 0-D
    # END SOLUTION
