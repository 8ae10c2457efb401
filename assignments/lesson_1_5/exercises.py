# %%
"""Lesson 1.5: numerical versus analytical gradients.

Everywhere below, `f` is a function that takes a tensor and returns one number: a 0-D tensor, in the dtype and on the
device of the tensor that it was given. It changes nothing, and it keeps no reference to its argument. `theta` is the
place where the slopes are wanted. It may have any shape with one element or more, 0-D included, it does not require
gradients, and its elements lie row after row in memory, so that `view(-1)` works.

Your functions work on the device and in the dtype (float32 or float64) of what they are given, except where a docstring
says otherwise, and they change no argument in place.
"""

from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure

# %%
# --- Exercise 1 · Two kinds of nudges ---


def forward_difference(f: Callable[[torch.Tensor], torch.Tensor], theta: torch.Tensor, eps: float) -> torch.Tensor:
    """Return the numerical gradient of `f` at `theta` by forward differences.

    Example: `f = lambda t: t[0] ** 2 + t[0] * t[1]`, `theta = [2, 3]` and `eps = 0.5` give `[7.5, 2.0]`.

    Details:
    The entry that belongs to an element of `theta` is `(f(theta with eps added to this element) - f(theta)) / eps`. One
    element moves at a time; all the others stay where they are. How often you call `f` is up to you.

    Call `f` with tensors of theta's shape, in its dtype and on its device. Do not change `theta` itself, not even for a
    moment: `f` may look at it while you work.

    Args:
        f: the function, from a tensor to a 0-D tensor.
        theta: the place, of any shape, 0-D included.
        eps: the nudge, a Python float above 0. It may be as large as 1: what is wanted is the difference quotient
            itself and not the exact derivative.

    Returns:
        A new tensor of theta's shape, on theta's device and in its dtype.
    """
    # TODO: Nudge one element of a copy at a time, and divide the change of f by the nudge.
    raise NotImplementedError('forward_difference is not written yet: read "The forward difference" in assignments/lesson_1_5/README.md')


# %%
def central_difference(f: Callable[[torch.Tensor], torch.Tensor], theta: torch.Tensor, eps: float) -> torch.Tensor:
    """Return the numerical gradient of `f` at `theta` by central differences.

    Example: with `f`, `theta` and `eps` of `forward_difference` it is `[7.0, 2.0]`.

    Details:
    The entry that belongs to an element of `theta` is
    `(f(theta with eps added to this element) - f(theta with eps subtracted from it)) / (2 * eps)`. One element moves at a
    time; all the others stay where they are.

    Call `f` with tensors of theta's shape, in its dtype and on its device. Do not change `theta` itself, not even for a
    moment: `f` may look at it while you work.

    Args:
        f: the function, from a tensor to a 0-D tensor.
        theta: the place, of any shape, 0-D included.
        eps: the nudge to either side, a Python float above 0. It may be as large as 1.

    Returns:
        A new tensor of theta's shape, on theta's device and in its dtype.
    """
    # TODO: Nudge one element up and down, each time in a fresh copy. How far apart are the two places?
    raise NotImplementedError('central_difference is not written yet: read "The central difference" in assignments/lesson_1_5/README.md')

# %%
# --- Exercise 2 · Two analytical gradients ---


def analytical_gradient(
    x: torch.Tensor, y: torch.Tensor, w: torch.Tensor, b: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the gradient of the loss `mean((tanh(w * x + b) - y)²)` with respect to `w` and `b`, by the chain rule.

    Example: `x = [2, 3]`, `y = [1, 0]`, `w = 0.5493` and `b = -1.0986` give `dw = -0.875` and `db = -0.625`.

    Details:
    Off limits: everything in PyTorch that differentiates for you, such as `Tensor.backward`, `torch.autograd` (`grad`,
    `backward`, `functional`, `forward_ad`) and `torch.func` (`grad`, `vjp`, `jacrev`, …). `torch.tanh` is welcome.

    Numerical differences are not enough either: where targets of a million have errors that nearly cancel, a difference
    of two losses has no right digits left. The formulas have 6 of them.

    Args:
        x: the inputs, `(N,)` with N ≥ 1.
        y: the targets, `(N,)`. They may lie outside of tanh's range.
        w: the weight, 0-D.
        b: the bias, 0-D. All four have one dtype and live on one device.

    Returns:
        `(dw, db)`, each a 0-D tensor in x's dtype and on its device.
    """
    # TODO: Go forward to the error, then multiply the slopes of the links on the way back, then average.
    raise NotImplementedError('analytical_gradient is not written yet: read "The chain rule" in assignments/lesson_1_5/README.md')


# %%
def autograd_gradient(loss_fn: Callable[..., torch.Tensor], *params: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Return the gradient of `loss_fn(*params)` with respect to each of the params, by autograd.

    Example: `loss_fn = lambda p, q: (p * q**2).sum()` with `p = [1, 2]` and `q = 3` gives `([9, 9], 18)`.

    Details:
    Whoever calls must not notice that you were there. Afterwards each param has the values, the `requires_grad` and the
    `.grad` that it had before. This holds whether or not it requires gradients, and also where its `.grad` already holds
    something, which is then no part of your answer.

    Use any of PyTorch's automatic ways: `backward`, `torch.autograd.grad` or `torch.func`. Numerical differences are not
    enough: where a loss holds a very large number, a difference of two losses has no right digits left.

    Args:
        loss_fn: takes as many tensors as there are params, of their shapes, in their dtype and on their device, and
            returns a 0-D tensor that depends on all of them. It changes nothing.
        params: one tensor or more, of any shapes, 0-D included, all different objects. Each was made directly
            (no param is the result of a calculation that autograd watches).

    Returns:
        A tuple with one gradient a param, in their order, also where there is one param only. Each has its param's
        shape, dtype and device, and does not itself require gradients.
    """
    # TODO: Let autograd watch copies of the params, so that the params themselves stay as they are.
    raise NotImplementedError('autograd_gradient is not written yet: read "What autograd does" in assignments/lesson_1_5/README.md')

# %%
# --- Exercise 3 · The gradient check ---


def relative_error(a: torch.Tensor, b: torch.Tensor) -> float | torch.Tensor:
    """Return how far two tensors are apart in proportion to their size: `‖a - b‖ / (‖a‖ + ‖b‖)`.

    Example: `[3, 4]` and `[6, 8]` give `1/3`.

    Details:
    The bars mean the norm: the root of the sum of the squares of *all* the elements, whatever the shape. The answer is 0
    where both tensors are all zeros. It is never larger than 1, and swapping `a` and `b` changes nothing.

    Add no small number to the denominator: tensors whose elements are about 1e-12 have a relative error as well, and it
    is the same as that of tensors a million times as large.

    Args:
        a: a tensor of any shape, 0-D included.
        b: a tensor of the same shape and dtype.

    Returns:
        One number: a Python float or a 0-D tensor, as you like.
    """
    # TODO: Divide the norm of the difference by the sum of the norms. When is that sum zero?
    raise NotImplementedError('relative_error is not written yet: read "When are two gradients equal?" in assignments/lesson_1_5/README.md')


# %%
def gradient_check(
    f: Callable[[torch.Tensor], torch.Tensor], grad: torch.Tensor, theta: torch.Tensor, eps: float, tol: float
) -> bool:
    """Return whether `grad` agrees with the central differences of `f` at `theta`.

    Example: for `f` and `theta` of `forward_difference`, `[7, 2]` gives True and `[7.5, 2]` False.

    Details:
    Convert `theta` and `grad` to float64 first: everything is computed in float64, whatever their dtypes are. The answer
    is True where `relative_error` of `grad` and the central differences with nudge `eps` is at most `tol`.

    Args:
        f: the function, from a tensor to a 0-D tensor. Given float64, it computes in float64.
        grad: the gradient to check, a tensor. It may have another dtype than `theta`. If its shape is not theta's, the
            answer is False, not an error, also where the two would broadcast. If a NaN or an infinity is in it, the
            answer is False.
        theta: the place, of any shape, 0-D included. It stays as it was.
        eps: the nudge, a Python float above 0.
        tol: the largest relative error that is still all right, a Python float, 0 or more.

    Returns:
        A Python bool, and no tensor.
    """
    # TODO: Compare the shapes, take central differences in float64, compare the relative error with tol.
    raise NotImplementedError('gradient_check is not written yet: read "Checking a gradient" in assignments/lesson_1_5/README.md')

# %%
# --- Exercise 4 · How fast the error shrinks ---


def error_order(
    f: Callable[[torch.Tensor], torch.Tensor], theta: torch.Tensor, exact: torch.Tensor, eps_values: list[float]
) -> tuple[float | torch.Tensor, float | torch.Tensor]:
    """Return how fast the errors of forward and of central differences shrink as the nudge does.

    Example: `f = lambda t: t**3` at `theta = 1`, with `exact = 3` and `eps_values = [0.1, 0.01]`, gives about
    `(1.0128, 2.0)`.

    Details:
    For each nudge the error is the norm of the difference, `‖difference(f, theta, eps) - exact‖`. (The plain norm:
    nothing is divided by the size of the gradient.) The slope is that of the straight line which fits best, by least
    squares, to the points (logarithm of eps, logarithm of the error): one point for each of the eps_values, all of them
    counting the same. Any base will do, as long as it is the same for both logarithms.

    Measure the slopes. For many functions they are near 1 and 2, but not for all.

    Args:
        f: the function, from a tensor to a 0-D tensor.
        theta: the place, of any shape, 0-D included, float64.
        exact: the exact gradient of `f` at `theta`, a tensor of theta's shape and dtype.
        eps_values: a list of two or more different nudges, Python floats above 0, in any order and with any spacing.
            They are so large that rounding plays no part, and no error is 0.

    Returns:
        `(forward_slope, central_slope)`: two numbers, Python floats or 0-D tensors, as you like.
    """
    # TODO: Collect both kinds of errors, take logarithms of errors and nudges, and fit a line to each kind.
    raise NotImplementedError('error_order is not written yet: read "The slope of the errors" in assignments/lesson_1_5/README.md')


# %%
def plot_error_order(eps_values: list[float], forward_errors: list[float], central_errors: list[float]) -> Figure:
    """Return a new figure with the errors of both kinds of differences against the nudge, on logarithmic axes.

    - Both axes of the plot have a logarithmic scale (`loglog`, or `set_xscale("log")` and `set_yscale("log")`). What is
      drawn are the numbers themselves, not their logarithms: eps along x, the error along y.
    - Each kind of error is drawn by `plot`, `loglog` or `scatter`, in one call, both in the same axes.
    - A legend of these axes (`ax.legend()` or `plt.legend()`) names both kinds: one of its entries has the word
      "forward" in it, another the word "central", in capitals or not.
    - The x axis and the y axis have labels of your choice.
    - Do not call `plt.show()`: whoever calls the function decides what happens to the figure.

    Colours, markers, a title and everything else are yours.

    Args:
        eps_values: the nudges, a list of Python floats above 0, in any order.
        forward_errors: the errors of the forward differences, one a nudge, Python floats above 0.
        central_errors: the errors of the central differences, likewise.

    Returns:
        The matplotlib `Figure`; every call makes a new one.
    """
    # TODO: Draw two labelled series on logarithmic axes, name the axes, add a legend, return the figure.
    raise NotImplementedError('plot_error_order is not written yet: read "Drawing the errors" in assignments/lesson_1_5/README.md')
