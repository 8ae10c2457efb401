# %%
"""Lesson 2.6: regularization and overfitting.

Samples are rows: `X` is `(N, D)`, and the targets `y` are columns, `(N, 1)` unless a docstring says more. All tensors of
a call have the same dtype (float32 or float64) and live on the same device. Every function works in that dtype and on
that device, and changes no argument in place, except that `penalized_epoch` trains its model.

Where there is a `generator`, it is the only source of randomness: the same seed gives the same result, a second call with
the same generator goes on with new numbers, and PyTorch's global generator is neither used nor seeded. It lives on the
device of the tensors. How many numbers you draw, and in which order, is up to you.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import nn


# %%
def polynomial_features(x: torch.Tensor, degree: int) -> torch.Tensor:
    """Return the powers of x side by side: the columns are x, x², …, x to the power `degree`.

    Example: `polynomial_features(torch.tensor([2.0, -1.0]), 3)` has the rows (2, 4, 8) and (-1, 1, -1).

    Details:

    There is no column of ones: the bias of a linear model takes its place.

    Args:
        x: numbers of either sign, zero included, `(N,)` with N ≥ 1.
        degree: the highest power, an int.

    Returns:
        A new tensor `(N, degree)` on x's device and in x's dtype; column j, counted from 0, holds the powers j + 1.

    Raises:
        ValueError: if `degree` is under 1.
    """
    # BEGIN SOLUTION Refuse a degree under 1, and put the powers from 1 to degree side by side.
    if degree < 1:
        raise ValueError(f"degree should be at least 1, not {degree}")
    return torch.stack([x**power for power in range(1, degree + 1)], dim=1)
    # END SOLUTION


# %%
def train_validation_split(
    X: torch.Tensor, y: torch.Tensor, fraction: float, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Hold out a random part of the rows for validation, and return the rest for training.

    Example: with 8 rows, `fraction=0.25` gives 6 rows for training and 2 for validation.

    Details:

    Each row lands in exactly one of the two parts, and its features and targets stay together. `fraction` of the N rows
    are held out: where `fraction * N` is no whole number, round it down, up or to the nearest, as you like; but at least
    1 row and at most N - 1 rows are held out. Which rows they are is random: every choice of that many rows is equally
    likely, whatever their order in X. Within a part they may come in any order.

    Args:
        X: features, `(N, D)`.
        y: targets, `(N, K)` with K ≥ 1; row i belongs to row i of X. Its dtype may be another one than X's.
        fraction: the part that is held out, a float.
        generator: the only source of randomness, on X's device; the global generator stays as it was.

    Returns:
        The tuple `(X_train, y_train, X_validation, y_validation)`, with the dtypes of X and y and on their device.

    Raises:
        ValueError: unless 0 < fraction < 1 and N ≥ 2.
    """
    # BEGIN SOLUTION Refuse what cannot be split, draw a random order of the rows, and cut it into two parts.
    n = len(X)
    if n < 2 or not 0 < fraction < 1:
        raise ValueError(f"cannot hold out the fraction {fraction} of {n} rows")
    held_out = min(max(round(fraction * n), 1), n - 1)
    order = torch.randperm(n, generator=generator, device=X.device)
    validation, train = order[:held_out], order[held_out:]
    return X[train], y[train], X[validation], y[validation]
    # END SOLUTION


# %%
def l2_penalty(model: nn.Module) -> torch.Tensor:
    """Return the sum of the squares of all weights of the model's linear and convolution layers.

    Example: a layer with the weights (1, -2) and the bias 5 has the penalty 5.

    Details:

    The layers are `nn.Linear`, `nn.Conv1d`, `nn.Conv2d` and `nn.Conv3d`. The model may be such a layer itself, or may
    hold them at any depth, in `nn.Sequential` within `nn.Sequential` and the like. Biases do not count. The sum is
    multiplied by nothing and divided by nothing, and no root is taken.

    Besides these layers the model has only modules without parameters, such as `nn.Tanh`, `nn.Flatten` or `nn.Dropout`.
    No layer appears twice and no weight is shared. Neither weights nor gradients of the model are changed.

    Args:
        model: a module, in any mode.

    Returns:
        A 0-D tensor on the weights' device and in their dtype. It is differentiable: `backward` on it reaches the
        weights. For a model without weights it is a 0-D tensor that holds 0, with any floating dtype, on any device.
    """
    # BEGIN SOLUTION Find all linear and convolution layers, and add up the squares of their weights.
    kinds = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
    weights = [layer.weight for layer in model.modules() if isinstance(layer, kinds)]
    return sum((weight.square().sum() for weight in weights), torch.zeros(()))
    # END SOLUTION


# %%
def weight_decay_step(
    params: list[torch.Tensor], grads: list[torch.Tensor], lr: float, decay: float
) -> list[torch.Tensor]:
    """Return the parameters after one step of plain gradient descent with weight decay.

    Example: `(2, -1)` with the gradients `(0.5, 1)`, `lr=0.1` and `decay=0.2` becomes `(1.91, -1.08)`.

    Details:

    Each parameter p with its gradient g becomes `p - lr * (g + decay * p)`. Every parameter that is given decays. For
    plain gradient descent this equals a step on the loss plus `decay / 2` times the sum of the squares of `params`.

    `torch.optim` is off limits: the point is to write the update yourself.

    Args:
        params: tensors of any shapes, 0-D included; the list may be empty. They may require gradients or not.
        grads: as many tensors; each has the shape, dtype and device of its parameter.
        lr: the learning rate, 0 or more.
        decay: the strength of the decay, 0 or more.

    Returns:
        A list of new tensors in the order of `params`, with their shapes and dtypes and on their device; none shares
        memory with an argument, also where nothing moves. They may require gradients or not.
    """
    # BEGIN SOLUTION Add the decay to each gradient, and step.
    return [p - lr * (g + decay * p) for p, g in zip(params, grads, strict=True)]
    # END SOLUTION


# %%
def dropout(x: torch.Tensor, p: float, training: bool, generator: torch.Generator) -> torch.Tensor:
    """Return x after inverted dropout.

    Example: in training with `p=0.5` each element of `(3, -1)` becomes 0 or is doubled.

    Details:

    In training each element becomes 0 with probability p, by a draw of its own that depends on no other element; every
    element that stays is divided by `1 - p`. So each element is on average what it was. With p = 0 nothing changes, with
    p = 1 all elements become 0. When `training` is False the values of x come back as they are, whatever p is.

    The dropouts of PyTorch are off limits: `nn.Dropout` and its relatives, and the functions of that name in `torch` and
    `torch.nn.functional`. Random draws such as `torch.rand` and `torch.bernoulli` are fine.

    Args:
        x: finite numbers, any shape, 0-D included.
        p: the probability of becoming 0, from 0 to 1, both included.
        training: whether to drop at all.
        generator: the only source of randomness, on x's device; the global generator stays as it was.

    Returns:
        A tensor of x's shape and dtype on x's device; it may be x itself where nothing changes. It is differentiable:
        with p below 1, the gradient that reaches an element is 0 if it was dropped, and `1 / (1 - p)` times the
        gradient of its output if it stayed. (With p = 1 any gradient will do.)

    Raises:
        ValueError: if p is below 0 or above 1, in training or not.
    """
    # BEGIN SOLUTION Check p, draw for each element whether it stays, and rescale those that do.
    if not 0 <= p <= 1:
        raise ValueError(f"p should be a probability from 0 to 1, not {p}")
    if not training:
        return x
    if p == 1:
        return torch.zeros_like(x)
    stays = torch.rand(x.shape, generator=generator, device=x.device) >= p
    return x * stays / (1 - p)
    # END SOLUTION


# %%
def fit_ridge(X: torch.Tensor, y: torch.Tensor, strength: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the weights and the bias of the linear model that minimizes the ridge objective.

    Example: the column `X = 0, 1, 2` and the column `y = 0, 2, 1` with `strength=2` give `w = (0.25)` and `b = 0.75`.

    Details:

    With the predictions `X @ w + b`, one for each row, the objective is the *sum* of the squared errors over the rows,
    plus `strength` times the sum of the squares of w. The bias is not penalized. The objective has exactly one minimum,
    and you return that, to rounding: solve for it by any direct method (`torch.linalg.solve`, `lstsq`, `inv`, `pinv`, …).

    There may be more features than rows, D > N, or a single row, when `strength` is above 0. With `strength` 0 the
    answer is that of ordinary least squares; then N > D, and the columns of X are far from being multiples of one
    another. The ridge regression and the other linear models of scikit-learn (`sklearn.linear_model`) are off limits.

    Args:
        X: features, `(N, D)`, with N ≥ 1 and D ≥ 1; the columns need not have the mean 0.
        y: targets, a column `(N, 1)`.
        strength: how much squared weights cost, 0 or more.

    Returns:
        The tuple `(w, b)`: the weights `(D,)` and the bias, 0-D, both on X's device and in X's dtype.
    """
    # BEGIN SOLUTION Take the means off, so that the bias drops out; solve for w; then find b.
    X_mean, y_mean = X.mean(dim=0), y.mean()
    A = X - X_mean
    penalty = strength * torch.eye(X.shape[1], dtype=X.dtype, device=X.device)
    w = torch.linalg.solve(A.T @ A + penalty, A.T @ y.squeeze(1))
    return w, y_mean - X_mean @ w
    # END SOLUTION


# %%
def penalized_epoch(
    model: nn.Module, X: torch.Tensor, y: torch.Tensor, lr: float, strength: float, batch_size: int
) -> float:
    """Train the model for one epoch on the mean squared error plus an L2 penalty, and return the error without penalty.

    Example: with 3 samples, `batch_size=2` makes two updates, on 2 samples and on 1.

    Details:

    The batches come in file order: the first has the rows 0 to `batch_size - 1`, and so on; a short last batch is used
    like the others. For each batch take the mean of its squared errors over all its elements, plus `strength` times
    `l2_penalty(model)`: the same penalty for every batch, whatever its size, and not for biases. Clear the gradients,
    back-propagate, and update every parameter once by `parameter - lr * gradient`, without momentum. `torch.optim.SGD` is
    allowed. Gradients that lie in `.grad` before the call play no part.

    Args:
        model: maps `(B, D)` to `(B, K)`, on X's device and in X's dtype; made of linear layers and of modules without
            parameters, without dropout. It is trained in place; all its parameters require gradients.
        X: features, `(N, D)` with N ≥ 1.
        y: targets, `(N, K)`.
        lr: the learning rate, 0 or more.
        strength: what the penalty is multiplied by, 0 or more.
        batch_size: rows in a batch, at least 1; it may be larger than N.

    Returns:
        The mean over the N samples of the mean squared error *without* the penalty, a Python float. Each batch's error
        is taken before its own update, and a short last batch counts for as many samples as it has.
    """
    # BEGIN SOLUTION For each batch: error, error plus penalty, backward, update. Note the error alone.
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    total = 0.0
    for start in range(0, len(X), batch_size):
        X_batch, y_batch = X[start : start + batch_size], y[start : start + batch_size]
        mse = (model(X_batch) - y_batch).square().mean()
        optimizer.zero_grad()
        (mse + strength * l2_penalty(model)).backward()
        optimizer.step()
        total += mse.item() * len(X_batch)
    return total / len(X)
    # END SOLUTION


# %%
def overfit_gap(history: dict[str, list[float]]) -> tuple[float, int]:
    """Return how far the validation loss lies above the training loss in the end, and the best epoch.

    Example: `overfit_gap({"train": [3.0, 1.0], "validation": [3.0, 3.5]})` is `(2.5, 0)`.

    Args:
        history: the losses of each epoch, under the keys "train" and "validation": two lists of finite Python floats, one
            for each epoch. They stay as they are.

    Returns:
        The tuple `(gap, best_epoch)`. `gap` is the last validation loss minus the last training loss, with its sign, a
        Python float: negative where validation is the lower one. `best_epoch` is the epoch with the lowest validation
        loss, counted from 0, a Python int; the first of them, if several epochs share it.

    Raises:
        ValueError: if the lists are empty, or if one is longer than the other.
    """
    # BEGIN SOLUTION Refuse what cannot be compared, then look at the last epoch and at the lowest validation loss.
    train, validation = history["train"], history["validation"]
    if not train or len(train) != len(validation):
        raise ValueError(f"expected two lists of one length, not of {len(train)} and {len(validation)} epochs")
    return validation[-1] - train[-1], validation.index(min(validation))
    # END SOLUTION


# %%
def plot_learning_curves(history: dict[str, list[float]]) -> Figure:
    """Return a new figure with the training and the validation loss over the epochs.

    Example: a history of five epochs gives two lines of five points, a legend and two labelled axes.

    Details:

    - Both curves are lines (by `plot`, `semilogy` or the like) in the same axes: the epochs along x, in steps of 1 from
      0 or from 1, and the losses themselves along y. The two lines differ in colour, in style or in marker.
    - A legend names them: its entry for the training loss has the word "train" in it, and the one for the validation loss
      the word "validation", in small letters or capitals.
    - Both axes have a label.
    - Do not call `plt.show()`.

    Scales, colours, titles and whatever else you add are yours.

    Args:
        history: the losses of each epoch, under the keys "train" and "validation": two lists of Python floats, both
            above 0 and both of the same length, 1 or more. They stay as they are.

    Returns:
        The matplotlib `Figure`; every call makes a new one.
    """
    # BEGIN SOLUTION Draw both curves in one axes, label the axes, add a legend, and return the figure.
    fig, ax = plt.subplots()
    for name in ("train", "validation"):
        ax.plot(range(1, len(history[name]) + 1), history[name], label=name)
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss")
    ax.legend()
    return fig
    # END SOLUTION
