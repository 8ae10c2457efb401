# %%
"""Lesson 1.2: the simplest case, linear regression.

Now each sample has D features. `X` is a table of shape `(N, D)`, one row a sample and one column a feature, with N ≥ 1
and D ≥ 1. The targets `y` are `(N,)`, one number a sample. The model has one weight a feature, `w` of shape `(D,)`, and
one bias `b`, a 0-D tensor. All of them have the same dtype (float32 or float64) and live on the same device. Your
functions work in that dtype and on that device, and they change no argument in place.
"""

import torch


# %%
def predict(X: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return the model's predictions, one for each sample: `Xw + b`.

    Prediction n is `X[n, 0] * w[0] + X[n, 1] * w[1] + … + b`. A loop is as good as one product.

    Args:
        X: the samples, `(N, D)` with N ≥ 1 and D ≥ 1.
        w: the weights, `(D,)`, one a feature.
        b: the bias, 0-D.

    Returns:
        The predictions, a new tensor `(N,)` on X's device and in X's dtype, also for N = 1 and for D = 1.
    """
    # TODO: Multiply the features by their weights, add them up for each sample, and add the bias.
    raise NotImplementedError('predict is not written yet: read "The matrix-vector product" in assignments/lesson_1_2/README.md')


# %%
def mse(y: torch.Tensor, y_hat: torch.Tensor) -> torch.Tensor:
    """Return the mean squared error over all elements, and refuse two tensors of unequal shapes.

    Unequal shapes are never broadcast and never made to fit: `(N,)` against `(N, 1)` is an error, and so is either
    against `(1,)` or against a 0-D tensor. Equal shapes are fine whatever they are: `()`, `(N,)`, `(N, 1)`, `(2, 3, 4)`.

    Off limits: PyTorch's own `torch.nn.functional.mse_loss` and `torch.nn.MSELoss`. Subtracting, squaring, `sum` and
    `mean` are all fine, and so is a Python loop.

    Args:
        y: the targets, of any shape, with at least one element.
        y_hat: the predictions, of the same shape and dtype.

    Returns:
        One number, a 0-D tensor on y's device and in y's dtype (no Python float): the sum of the squared errors,
        divided by the number of elements.

    Raises:
        ValueError: if the shapes differ. The message names both shapes as Python prints them, as a tuple, a list or a
            `torch.Size`: `(3,)` and `(3, 1)`, or `torch.Size([3])` and `torch.Size([3, 1])`. The rest of its words,
            and which shape comes first, are yours.
    """
    # TODO: Compare the shapes; then square the errors and average over all of them.
    raise NotImplementedError('mse is not written yet: read "The loss, and broadcasting\'s trap" in assignments/lesson_1_2/README.md')


# %%
def mse_gradients(
    X: torch.Tensor, y: torch.Tensor, w: torch.Tensor, b: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the gradient of `mse(y, predict(X, w, b))` with respect to `w` and to `b`, by the formulas of the page.

    Off limits: everything in PyTorch that differentiates for you, such as `Tensor.backward`, `torch.autograd` (`grad`,
    `backward`, `functional`, `forward_ad`) and `torch.func` (`grad`, `vjp`, `jacrev`, …). Finite differences (nudging
    a parameter and looking how much the loss moves) are not the exercise either. No program can know them by their
    name, so the tests know them by their rounding: some tests, in float64, have errors of a million and more that
    nearly cancel, and ask for 7 digits of the gradient. The formulas have them, in whatever way you write them down.

    Args:
        X: the samples, `(N, D)` with N ≥ 1 and D ≥ 1.
        y: the targets, `(N,)`.
        w: the weights, `(D,)`.
        b: the bias, 0-D.

    Returns:
        `(dw, db)`: `dw` is `(D,)`, as `w` is, and `db` is 0-D, as `b` is, also for N = 1 and for D = 1. Both are on X's
        device and in X's dtype. An entry is positive where the loss grows as its parameter grows.
    """
    # TODO: Find the errors; each feature collects the errors of all samples, and so does the bias.
    raise NotImplementedError('mse_gradients is not written yet: read "The gradient and the transposed table" in assignments/lesson_1_2/README.md')


# %%
def fit(
    X: torch.Tensor, y: torch.Tensor, lr: float, steps: int
) -> tuple[torch.Tensor, torch.Tensor, list[float | torch.Tensor]]:
    """Start with all weights and the bias at zero, and run exactly `steps` steps of gradient descent on `mse`.

    Each step predicts, writes the loss down, finds both gradients at the present `(w, b)`, and then moves `w` and `b`,
    both with the gradients of the place where the step began. The loop never stops early: not where the loss is 0, not
    where it no longer falls, and not where it grows. `X` is used as it is, without standardizing.

    You may call your own `predict`, `mse` and `mse_gradients`, or write everything out.

    Args:
        X: the samples, `(N, D)` with N ≥ 1 and D ≥ 1.
        y: the targets, `(N,)`.
        lr: the learning rate, a Python float of 0 or more, the same for `w` and `b`.
        steps: how many steps, an int of 0 or more.

    Returns:
        `(w, b, history)`: the weights `(D,)` and the bias, 0-D, after the last step, on X's device and in X's dtype
        (for 0 steps, zeros), and a list of `steps` losses, each taken *before* its step. So the first one belongs to
        the zeros, the loss after the last step is not in it, and for 0 steps the list is empty. The losses may be
        Python floats or 0-D tensors, either is fine.
    """
    # TODO: Start from zeros. Repeat: predict, write down the loss, find the gradients, move w and b.
    raise NotImplementedError('fit is not written yet: read "The training loop with many weights" in assignments/lesson_1_2/README.md')


# %%
def normal_equation(X: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the weights and the bias with the lowest mean squared error of all, in one go, without descending.

    Any direct way is fine: the normal equation with `torch.linalg.solve` or an inverse, `torch.linalg.lstsq`,
    `torch.linalg.pinv`, a decomposition. So is where you put the column of ones on the way.

    Args:
        X: the samples, `(N, D)` with D ≥ 1 and N ≥ D + 1. The features vary, and none of them follows from the others,
            so there is exactly one answer and it is numerically easy to find.
        y: the targets, `(N,)`.

    Returns:
        `(w, b)`: the weights `(D,)`, one a feature in the order of X's columns, and the bias, 0-D; both on X's device
        and in X's dtype.
    """
    # TODO: Add a column of ones for the bias, solve the normal equation, and take its answer apart.
    raise NotImplementedError('normal_equation is not written yet: read "The normal equation" in assignments/lesson_1_2/README.md')


# %%
def standardize(X: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return `X` with each column brought to mean 0 and standard deviation 1, and what that took.

    Each column has a mean and a deviation of its own. The deviation is the unbiased one, whose squares are divided by
    N - 1; `torch.std` computes it unless told otherwise. Subtract the column's mean, then divide by its deviation.
    Columns may have any scale, so divide by the deviation itself and not by a little more.

    A column that holds one number again and again is constant: its deviation is 0. It becomes zeros, never NaN. What
    stands in `std` for a constant column is yours to choose (0, say, or what you divided by). Rounding is not asked:
    the constant columns of the tests have a mean that is exact.

    Args:
        X: the samples, `(N, D)` with N ≥ 2 and D ≥ 1.

    Returns:
        `(X_std, mean, std)`: the standardized samples, a new tensor `(N, D)`, then each column's mean, `(D,)`, and each
        column's deviation, `(D,)`, as they were before. All are on X's device and in X's dtype.
    """
    # TODO: Find the mean and the deviation of each column; where a column is constant, divide by 1.
    raise NotImplementedError('standardize is not written yet: read "Standardization" in assignments/lesson_1_2/README.md')
