# %%
"""Lesson 1.2: the simplest case, linear regression.

Each sample has D features. `X` is a table of shape `(N, D)`, one row a sample and one column a feature.

Details: N ≥ 1 and D ≥ 1. The targets `y` are `(N,)`, the weights `w` are `(D,)`, one a feature, and the bias `b` is 0-D.
All of them have the same dtype (float32 or float64) and live on the same device. Your functions work in that dtype and
on that device, and they change no argument in place.
"""

import torch


# %%
def predict(X: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return the model's predictions, one for each sample: `Xw + b`.

    Example: `X = [[100, 3], [70, 4]]`, `w = [2, 10]` and `b = 5` give `[235, 185]`.

    Details:
        X: the samples, `(N, D)` with N ≥ 1 and D ≥ 1.
        w: the weights, `(D,)`, one a feature.
        b: the bias, 0-D.

    Prediction n is `X[n, 0] * w[0] + X[n, 1] * w[1] + … + b`. A loop is as good as one product. The result is a new
    tensor `(N,)` on X's device and in X's dtype, also for N = 1 and for D = 1.
    """
    # BEGIN SOLUTION Multiply the features by their weights, add them up for each sample, and add the bias.
    return X @ w + b
    # END SOLUTION


# %%
def mse(y: torch.Tensor, y_hat: torch.Tensor) -> torch.Tensor:
    """Return the mean squared error over all elements, and refuse two tensors of unequal shapes.

    Example: `y = [232, 176]` and `y_hat = [230, 180]` give `10`; with `y_hat = [[230], [180]]` there is a `ValueError`.

    Details:
        y: the targets, of any shape, with at least one element.
        y_hat: the predictions, of the same shape and dtype.

    The result is a 0-D tensor on y's device and in y's dtype (no Python float): the sum of the squared errors, divided by
    the number of elements. Equal shapes are fine whatever they are: `()`, `(N,)`, `(N, 1)`, `(2, 3, 4)`. Unequal ones are
    never made to fit: `(N,)` against `(N, 1)`, `(1,)` or a 0-D tensor raises a `ValueError`. Its message names both shapes
    as Python prints them, `(3,)` and `(3, 1)` or `torch.Size([3])` and `torch.Size([3, 1])`; the rest is yours.
    Off limits: `torch.nn.functional.mse_loss` and `torch.nn.MSELoss`. `sum`, `mean` and a Python loop are fine.
    """
    # BEGIN SOLUTION Compare the shapes; then square the errors and average over all of them.
    if y.shape != y_hat.shape:
        raise ValueError(f"y has the shape {tuple(y.shape)}, but y_hat has the shape {tuple(y_hat.shape)}")
    return ((y_hat - y) ** 2).mean()
    # END SOLUTION


# %%
def mse_gradients(
    X: torch.Tensor, y: torch.Tensor, w: torch.Tensor, b: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return `(dw, db)`: the gradient of `mse(y, predict(X, w, b))` for `w` and for `b`, by the formulas of the page.

    Example: `X = [[100, 3], [70, 4]]`, `y = [232, 176]`, `w = [2, 10]` and `b = 0` give `dw = [80, 10]` and `db = 2`.

    Details:
        X: the samples, `(N, D)` with N ≥ 1 and D ≥ 1.
        y: the targets, `(N,)`.
        w: the weights, `(D,)`.
        b: the bias, 0-D.

    `dw` is `(D,)`, as `w` is, and `db` is 0-D, also for N = 1 and for D = 1, both on X's device and in X's dtype. An entry
    is positive where the loss grows as its parameter grows.
    Off limits: whatever in PyTorch differentiates for you, such as `Tensor.backward`, `torch.autograd` (`grad`,
    `backward`, `functional`, `forward_ad`) and `torch.func` (`grad`, `vjp`, `jacrev`, …). Nudging a parameter is not
    enough either: where errors of a million nearly cancel, it has no right digits left. The formulas have 7 of them.
    """
    # BEGIN SOLUTION Find the errors; each feature collects the errors of all samples, and so does the bias.
    N = len(X)
    errors = predict(X, w, b) - y
    dw = 2 / N * X.T @ errors  # (D, N) times (N,) gives (D,)
    db = 2 / N * errors.sum()
    return dw, db
    # END SOLUTION


# %%
def fit(
    X: torch.Tensor, y: torch.Tensor, lr: float, steps: int
) -> tuple[torch.Tensor, torch.Tensor, list[float | torch.Tensor]]:
    """Start with all weights and the bias at zero, run exactly `steps` steps of gradient descent, return `(w, b, history)`.

    Example: the four towers of the page, with `lr = 0.1` and `steps = 2`, give `w = [1.29, 0.4575]`, `b = 1.06` and the
    history `[13.5, 3.62125]`.

    Details:
        X: the samples, `(N, D)` with N ≥ 1 and D ≥ 1, used as they are, without standardizing.
        y: the targets, `(N,)`.
        lr: the learning rate, a Python float of 0 or more, the same for `w` and `b`.
        steps: how many steps, an int of 0 or more.

    Each step moves `w` and `b` with the gradients of the place where the step began. The loop never stops early: not
    where the loss is 0, not where it no longer falls, and not where it grows.
    `w` is `(D,)` and `b` is 0-D, on X's device and in X's dtype; for 0 steps they are zeros. `history` is a list of
    `steps` values of `mse`, floats or 0-D tensors, each taken *before* its step: the first belongs to the zeros, the loss
    after the last step is not in it, and for 0 steps it is empty. You may call your own functions.
    """
    # BEGIN SOLUTION Start from zeros. Repeat: predict, write down the loss, find the gradients, move w and b.
    w, b = X.new_zeros(X.shape[1]), X.new_zeros(())
    history: list[float | torch.Tensor] = []
    for _ in range(steps):
        history.append(mse(y, predict(X, w, b)).item())
        dw, db = mse_gradients(X, y, w, b)
        w = w - lr * dw
        b = b - lr * db
    return w, b, history
    # END SOLUTION


# %%
def normal_equation(X: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return `(w, b)`: the weights and the bias with the lowest mean squared error of all, in one go.

    Example: `X = [[0], [1], [2]]` and `y = [1, 2, 6]` give `w = [2.5]` and `b = 0.5`.

    Details:
        X: the samples, `(N, D)` with D ≥ 1 and N ≥ D + 1. The features vary, and none follows from the others, so there
            is exactly one answer, and it is numerically easy to find.
        y: the targets, `(N,)`.

    `w` is `(D,)`, in the order of X's columns, and `b` is 0-D; both on X's device and in X's dtype. Any direct way is
    fine: `torch.linalg.solve`, an inverse, `torch.linalg.lstsq`, `torch.linalg.pinv`. No descending.
    """
    # BEGIN SOLUTION Add a column of ones for the bias, solve the normal equation, and take its answer apart.
    A = torch.cat([X.new_ones(len(X), 1), X], dim=1)
    theta = torch.linalg.solve(A.T @ A, A.T @ y)
    return theta[1:], theta[0]
    # END SOLUTION


# %%
def standardize(X: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return `(X_std, mean, std)`: `X` with each column brought to mean 0 and standard deviation 1, and what that took.

    Example: `X = [[100, 3], [70, 4], [130, 5]]` gives `X_std = [[0, -1], [-1, 0], [1, 1]]`, `mean = [100, 4]` and
    `std = [30, 1]`.

    Details:
        X: the samples, `(N, D)` with N ≥ 2 and D ≥ 1. Columns may have any scale.

    `X_std` is a new tensor `(N, D)`; `mean` and `std` are `(D,)`, each column's own, as they were before. All are on X's
    device and in X's dtype. The squares in `std` are divided by N - 1, as `torch.std` does.
    A constant column (one number again and again, with an exact mean) becomes zeros, never NaN. What stands in `std` for
    it is yours to choose. Divide the other columns by the standard deviation itself, not by a little more.
    """
    # BEGIN SOLUTION Find the mean and the deviation of each column; where a column is constant, divide by 1.
    mean, std = X.mean(dim=0), X.std(dim=0)
    constant = X.amax(dim=0) == X.amin(dim=0)
    divisor = torch.where(constant, torch.ones_like(std), std)
    return (X - mean) / divisor, mean, std
    # END SOLUTION
