# %%
"""Lesson 2.2: forward and backward passes.

Samples are rows: `X` is `(N, D)`. A layer's weights `W` are `(H, D)`, one row a neuron, and its bias `b` is `(H,)`.
With the bias put into the weights, `W_aug` is `(H, 1 + D)` and `W_aug[:, 0]` is the bias. Predictions and targets
are `(N, H)`.

Every function works on the device and in the dtype (float32 or float64) of what it is given, and changes no argument.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

# %%
# --- Exercise 1 · One neuron, one layer ---


def neuron(
    x: torch.Tensor, w: torch.Tensor, b: torch.Tensor, activation: Callable[[torch.Tensor], torch.Tensor]
) -> torch.Tensor:
    """Return what one neuron says about one sample: `activation(w·x + b)`.

    Example: `x = (1, 2, 0)`, `w = (2, 1, -1)`, `b = -1` and `torch.relu` give 3.

    Details:

    Args:
        x: the sample, `(D,)` with D ≥ 1.
        w: the neuron's weights, `(D,)`.
        b: the neuron's bias, 0-D.
        activation: an elementwise function on tensors of any shape, such as `torch.relu` or `torch.tanh`.

    Returns:
        One number, a 0-D tensor of x's dtype, also for D = 1. The bias is added before the activation.
    """
    # TODO: Multiply and sum, add the bias, then activate.
    raise NotImplementedError('neuron is not written yet: read "The row, the neuron and the layer" in assignments/lesson_2_2/README.md')


# %%
def layer(
    x: torch.Tensor, W: torch.Tensor, b: torch.Tensor, activation: Callable[[torch.Tensor], torch.Tensor]
) -> torch.Tensor:
    """Return what a layer of H neurons says about one sample.

    Example: `x = (1, 2, 0)`, `W` with the rows `(2, 1, -1)` and `(-1, 0, 2)`, `b = (-1, 0.5)` and `torch.relu` give `(3, 0)`.

    Details:

    Entry `h` equals `neuron(x, W[h], b[h], activation)`: row `h` of `W` and entry `h` of `b` belong together.

    Args:
        x: the sample, `(D,)` with D ≥ 1.
        W: the weights, `(H, D)` with H ≥ 1, one row a neuron.
        b: the biases, `(H,)`, one a neuron.
        activation: an elementwise function on tensors of any shape.

    Returns:
        `(H,)`, of x's dtype, also for H = 1. A loop over the neurons is as good as one product.
    """
    # TODO: Let every neuron look at the same sample.
    raise NotImplementedError('layer is not written yet: read "The row, the neuron and the layer" in assignments/lesson_2_2/README.md')

# %%
# --- Exercise 2 · The forward pass of a batch ---


def add_bias_column(X: torch.Tensor) -> torch.Tensor:
    """Return `X` with a column of ones put in front: bias augmentation.

    Example: the rows `(5, 6)` and `(7, 8)` become `(1, 5, 6)` and `(1, 7, 8)`.

    Details:

    Args:
        X: the batch, `(N, D)` with N ≥ 1 and D ≥ 1, of any dtype, also integers or half precision.

    Returns:
        A new tensor `(N, 1 + D)` of X's dtype on X's device: column 0 holds ones, columns 1 to D are X.
    """
    # TODO: Put a column of ones before the features.
    raise NotImplementedError('add_bias_column is not written yet: read "Bias augmentation" in assignments/lesson_2_2/README.md')


# %%
def batched_forward(X: torch.Tensor, W_aug: torch.Tensor) -> torch.Tensor:
    """Return a ReLU layer's outputs for a whole batch: `relu(X_aug @ W_aug.T)`.

    Example: the rows `(1, 2, 0)` and `(0, 1, 2)` with `W_aug = ((-1, 2, 1, -1),)` give the column 3, 0.

    Details:

    Here `X_aug` is `X` after bias augmentation (see `add_bias_column`), so that `W_aug[:, 0]` is the bias.
    Any way to write ReLU is fine.

    Args:
        X: the batch, `(N, D)` with N ≥ 1, not augmented yet.
        W_aug: biases and weights, `(H, 1 + D)` with H ≥ 1, the bias in column 0.

    Returns:
        `(N, H)`, of X's dtype: row n is sample n, column h is neuron h. `(7, 3)` and `(1, 4)` give `(7, 1)`.
    """
    # TODO: Augment, multiply, activate.
    raise NotImplementedError('batched_forward is not written yet: read "The worked batch" in assignments/lesson_2_2/README.md')

# %%
# --- Exercise 3 · From errors to a loss ---


def squared_errors(y: torch.Tensor, y_hat: torch.Tensor) -> torch.Tensor:
    """Return each element's squared error, `(y_hat - y)²`.

    Example: `y = (2, 1)` and `y_hat = (3, 0)` give `(1, 1)`.

    Details:

    Args:
        y: the targets, of any shape, 0-D included.
        y_hat: the predictions, of the same shape.

    Returns:
        A tensor of the shape and dtype given.
    """
    # TODO: Square the differences, one by one.
    raise NotImplementedError('squared_errors is not written yet: read "From errors to one number" in assignments/lesson_2_2/README.md')


# %%
def total_loss(y: torch.Tensor, y_hat: torch.Tensor) -> torch.Tensor:
    """Return the sum of the squared errors over all elements.

    Example: the errors 1, -1, 0, -2, 0, 2, 0 give 10.

    Details:

    Args:
        y: the targets, of any shape, 0-D included.
        y_hat: the predictions, of the same shape.

    Returns:
        A 0-D tensor of y's dtype.
    """
    # TODO: Add up all the squared errors.
    raise NotImplementedError('total_loss is not written yet: read "From errors to one number" in assignments/lesson_2_2/README.md')


# %%
def mse(y: torch.Tensor, y_hat: torch.Tensor) -> torch.Tensor:
    """Return the mean squared error: the mean of the squared errors over all elements.

    Example: two rows of two errors, `(1, 2)` and `(3, 0)`, give 14 / 4 = 3.5.

    Details:

    For `(N, H)` that is their sum divided by `N·H`, not by `N`.

    Args:
        y: the targets, of any shape, 0-D included.
        y_hat: the predictions, of the same shape.

    Returns:
        A 0-D tensor of y's dtype.
    """
    # TODO: Average the squared errors over all elements.
    raise NotImplementedError('mse is not written yet: read "From errors to one number" in assignments/lesson_2_2/README.md')

# %%
# --- Exercise 4 · The backward pass, and its check ---


def backward(X: torch.Tensor, W_aug: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the gradient of `mse(y, batched_forward(X, W_aug))` with respect to `W_aug`, by hand.

    Example: the page's seven glasses give `(2/7, 10/7, 4/7, 4/7)`.

    Details:

    Go back through the mean squared error (the mean over all `N·H` elements), through ReLU and through the product.
    ReLU's slope is 1 where its input is above 0, and 0 elsewhere, *also where its input is exactly 0*. A neuron that
    is silent for all samples gets a row of zeros.

    Off limits: everything in PyTorch that differentiates for you, such as `torch.autograd.grad`,
    `torch.autograd.backward`, `Tensor.backward`, `torch.func` (`grad`, `vjp`, `jacrev`, …), `torch.autograd.functional`
    and `torch.autograd.forward_ad`. Finite differences are not the exercise either: they give another value at 0.

    Args:
        X: the batch, `(N, D)` with N ≥ 1, not augmented yet.
        W_aug: biases and weights, `(H, 1 + D)` with H ≥ 1, the bias in column 0.
        y: the targets, `(N, H)`.

    Returns:
        `dW`, `(H, 1 + D)` as `W_aug` is, of W_aug's dtype.
    """
    # TODO: Go forward, then back: the loss, ReLU, the product.
    raise NotImplementedError('backward is not written yet: read "The backward pass by hand" in assignments/lesson_2_2/README.md')


# %%
def numerical_check(X: torch.Tensor, W_aug: torch.Tensor, y: torch.Tensor, dW: torch.Tensor) -> bool:
    """Return whether `dW` agrees with *two* other gradients of `mse(y, batched_forward(X, W_aug))` at `W_aug`.

    Example: for the page's seven glasses `(2/7, 10/7, 4/7, 4/7)` is True, and without the mask, `(0, 10/7, 2/7, 0)`, False.

    Details:

    1. autograd's gradient, with a ReLU whose slope at 0 is 0, as that of `torch.relu` is. (Beware of
       `torch.maximum(z, 0)` and of `(z + |z|) / 2`: autograd takes the slope 1/2 for them where z is exactly 0.)
    2. central differences: for each entry of `W_aug` alone, (loss at entry + eps - loss at entry - eps) / (2·eps)
       with eps = 1e-6.

    Convert all four arguments to float64 first; everything is computed in float64. A gradient g agrees when
    `‖dW - g‖ <= 1e-5 · (‖dW‖ + ‖g‖)`, where ‖·‖ is the root of the sum of the squares of all entries. So two
    gradients of zeros agree. The answer is True only when *both* agree. At a kink (a pre-activation that is exactly 0)
    they contradict each other, and then the answer is False.

    Args:
        X: the batch, `(N, D)` with N ≥ 1, not augmented yet; float32 or float64, as all four are.
        W_aug: biases and weights, `(H, 1 + D)` with H ≥ 1. Its values, `requires_grad` and `grad` stay as they were.
        y: the targets, `(N, H)`.
        dW: the gradient to check. It may be of another dtype than `W_aug`. If it has another shape than `W_aug`, or a
            NaN or an infinity in it, the answer is False, not an error. (Look for infinities before you compare:
            inf <= inf is True.)

    Returns:
        A Python bool.
    """
    # TODO: Find the gradient in two other ways, in float64, and compare dW with each.
    raise NotImplementedError('numerical_check is not written yet: read "Checking a gradient twice" in assignments/lesson_2_2/README.md')
