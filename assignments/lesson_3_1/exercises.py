# %%
"""Lesson 3.1: optimization beyond SGD.

The four optimizers are subclasses of `torch.optim.Optimizer`, and for all of them holds:

- A parameter is a tensor of any shape (0-D included), float32 or float64, on any device, and is changed in place. All
  that is kept for it has its dtype and lives on its device.
- `params` are parameters, or dicts, one for each group, `{"params": [...], "lr": 0.1}`. What a dict does not name has the
  value given to the optimizer. Each step reads the options from the group, so that one which is changed between two steps,
  `optimizer.param_groups[0]["lr"] = 0.01`, counts from then on. They are called as the arguments are.
- Every parameter has a memory of its own. One whose `.grad` is None is left out of a step: it stays as it is, does not
  decay, and all that is kept for it (a count of its steps, too) stays as well. The next gradient goes on from there.
- `.grad` itself is never changed, and nothing of it is kept by reference: it may be overwritten after the step.
- `state_dict` and `load_state_dict` are those of `torch.optim.Optimizer`. A copy of a state, loaded into a fresh optimizer
  of parameters with the same values, continues exactly as the first one would, with the options that were saved.
- `step(closure)` first calls the closure, once and with gradients on. It clears the gradients, works out the loss, and
  goes back through it. Then comes the update, and `step` returns what the closure returned. Without one it returns None.
- Arguments are valid numbers: learning rates, strengths and eps of 0 or more, fractions from 0 up to, not including,
  1. The attributes and the names in the state are yours to choose.

All the ready-made optimizers are off limits in the exercises but `optimize`: `torch.optim.SGD`, `torch.optim.Adam` and the
like, and the functions behind them. `torch.optim.Optimizer` itself is what you build on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure

Closure = Callable[[], Any]

# %%
# --- Exercise 1 · Momentum and the usual size ---


class SGD(torch.optim.Optimizer):
    """Gradient descent with momentum and weight decay, as `torch.optim.SGD` does it (which is off limits).

    At each step, for each parameter p with its gradient g, all by the options of its group:

    - First the decay joins the gradient: g is `p.grad + weight_decay * p`.
    - The velocity v of the first step is g; after that v is `momentum * v + g`.
    - p becomes `p - lr * v`. With `nesterov` it becomes `p - lr * (g + momentum * v)` instead, with the new v.

    With momentum 0 this is plain gradient descent. Within a training a group's momentum does not change between 0 and more.
    """

    def __init__(
        self, params: Any, lr: float, momentum: float = 0.0, nesterov: bool = False, weight_decay: float = 0.0
    ) -> None:
        """Hand parameters and options over to `torch.optim.Optimizer`.

        Args:
            params: the parameters, or dicts with groups of them.
            lr: the learning rate.
            momentum: how much of the velocity is kept at each step.
            nesterov: whether to look ahead along the velocity; only together with a momentum above 0.
            weight_decay: the fraction of the parameter that is added to its gradient.
        """
        # TODO: Call the __init__ of Optimizer with the parameters and a dict of the options.
        raise NotImplementedError('SGD is not written yet: read "Momentum" in assignments/lesson_3_1/README.md')

    @torch.no_grad()
    def step(self, closure: Closure | None = None) -> Any:
        """Update every parameter that has a gradient, in place.

        Args:
            closure: None, or a function without arguments that clears the gradients, goes back, and returns the loss.

        Returns:
            What the closure returned, or None.
        """
        # TODO: Ask the closure; then, group by group, update the velocity and the parameter.
        raise NotImplementedError('SGD is not written yet: read "Momentum" in assignments/lesson_3_1/README.md')


# %%
class RMSProp(torch.optim.Optimizer):
    """Steps divided by the size that the gradients have lately had, as `torch.optim.RMSprop` does it (it is off limits).

    At each step, for each parameter p with its gradient g, all of it element by element:

    - The mean square s, which begins at 0, becomes `alpha * s + (1 - alpha) * g²`.
    - p becomes `p - lr * g / (√s + eps)`, with the new s.
    """

    def __init__(self, params: Any, lr: float = 0.01, alpha: float = 0.99, eps: float = 1e-8) -> None:
        """Hand parameters and options over to `torch.optim.Optimizer`.

        Args:
            params: the parameters, or dicts with groups of them.
            lr: the learning rate.
            alpha: how much of the mean square is kept at each step.
            eps: a small number that keeps the divisor above 0.
        """
        # TODO: Call the __init__ of Optimizer with the parameters and a dict of the options.
        raise NotImplementedError('RMSProp is not written yet: read "Dividing by the usual size" in assignments/lesson_3_1/README.md')

    @torch.no_grad()
    def step(self, closure: Closure | None = None) -> Any:
        """Update every parameter that has a gradient, in place.

        Args:
            closure: None, or a function without arguments that clears the gradients, goes back, and returns the loss.

        Returns:
            What the closure returned, or None.
        """
        # TODO: Ask the closure; then, group by group, update the mean square and the parameter.
        raise NotImplementedError('RMSProp is not written yet: read "Dividing by the usual size" in assignments/lesson_3_1/README.md')

# %%
# --- Exercise 2 · Adam and AdamW ---


def bias_correction(moment: torch.Tensor, beta: float, step: int) -> torch.Tensor:
    """Return a running mean that began at 0, made as large as it should be: `moment / (1 - beta**step)`.

    Args:
        moment: the running mean, any shape, 0-D included, float32 or float64. It stays as it is.
        beta: how much of it was kept at each step; from 0 up to, not including, 1.
        step: how many numbers it has seen, an int; the first step is 1.

    Returns:
        A new tensor of the moment's shape and dtype, on its device; `beta**step` is worked out in Python's precision.

    Raises:
        ValueError: if `step` is under 1.
    """
    # TODO: Refuse a step under 1, and divide by the fraction of the mean that is there by now.
    raise NotImplementedError('bias_correction is not written yet: read "Correcting the bias" in assignments/lesson_3_1/README.md')


# %%
class Adam(torch.optim.Optimizer):
    """Momentum and the division by the gradients' size together, as `torch.optim.Adam` does it (which is off limits).

    At each step, for each parameter p, element by element, with `beta1, beta2 = betas`:

    - The decay joins the gradient: g is `p.grad + weight_decay * p`. This is what is called coupled decay.
    - Both moments begin at 0: m becomes `beta1 * m + (1 - beta1) * g`, and v becomes `beta2 * v + (1 - beta2) * g²`.
    - Both are corrected as `bias_correction` does it. The step is the number of steps of this very parameter, this one
      included: a step for which it had no gradient does not count.
    - p becomes `p - lr * m_hat / (√v_hat + eps)`, where m_hat and v_hat are the corrected moments.
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        """Hand parameters and options over to `torch.optim.Optimizer`.

        Args:
            params: the parameters, or dicts with groups of them.
            lr: the learning rate.
            betas: how much of the first and of the second moment is kept at each step.
            eps: a small number that keeps the divisor above 0.
            weight_decay: the fraction of the parameter that is added to its gradient.
        """
        # TODO: Call the __init__ of Optimizer with the parameters and a dict of the options.
        raise NotImplementedError('Adam is not written yet: read "Adam" in assignments/lesson_3_1/README.md')

    def move(self, p: torch.Tensor, gradient: torch.Tensor, group: dict[str, Any]) -> None:
        """Update the memory of one parameter, and move it in place: the last three lines of the recipe above.

        Only `step` is called from outside. This piece of it is here so that `AdamW` can use it, too; if you would rather
        arrange your class in another way, leave it out.

        Args:
            p: the parameter.
            gradient: its gradient, with the decay in it if there is one.
            group: its group's options.
        """
        # TODO: Count the step, update both moments, correct them, and move the parameter.
        raise NotImplementedError('Adam is not written yet: read "Adam" in assignments/lesson_3_1/README.md')

    @torch.no_grad()
    def step(self, closure: Closure | None = None) -> Any:
        """Update every parameter that has a gradient, in place.

        Args:
            closure: None, or a function without arguments that clears the gradients, goes back, and returns the loss.

        Returns:
            What the closure returned, or None.
        """
        # TODO: Ask the closure; then, group by group, add the decay to each gradient and move the parameter.
        raise NotImplementedError('Adam is not written yet: read "Adam" in assignments/lesson_3_1/README.md')


# %%
class AdamW(Adam):
    """Adam with decoupled weight decay, as `torch.optim.AdamW` does it (which is off limits).

    At each step, for each parameter p that has a gradient:

    - First it shrinks: p becomes `p - lr * weight_decay * p`.
    - Then it makes Adam's step with `p.grad` as it is. The decay enters neither of the moments.

    It may build on your `Adam`, as it does here, or stand alone: then write `class AdamW(torch.optim.Optimizer)`.
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        """Hand parameters and options over, as in `Adam`; only the default of the decay is another one.

        Args:
            params: the parameters, or dicts with groups of them.
            lr: the learning rate.
            betas: how much of the first and of the second moment is kept at each step.
            eps: a small number that keeps the divisor above 0.
            weight_decay: the fraction of the parameter that it loses at each step, times `lr`.
        """
        # TODO: Call Adam's __init__ with the same arguments.
        raise NotImplementedError('AdamW is not written yet: read "Decoupled decay" in assignments/lesson_3_1/README.md')

    @torch.no_grad()
    def step(self, closure: Closure | None = None) -> Any:
        """Update every parameter that has a gradient, in place.

        Args:
            closure: None, or a function without arguments that clears the gradients, goes back, and returns the loss.

        Returns:
            What the closure returned, or None.
        """
        # TODO: Ask the closure; then, group by group, shrink each parameter and move it by its bare gradient.
        raise NotImplementedError('AdamW is not written yet: read "Decoupled decay" in assignments/lesson_3_1/README.md')

# %%
# --- Exercise 3 · A race down the valley ---


def rosenbrock(p: torch.Tensor) -> torch.Tensor:
    """Return Rosenbrock's function of a point (x, y): `(1 - x)² + 100 * (y - x²)²`. It is 0 at (1, 1), and nowhere else.

    Args:
        p: the point, `(2,)`: first x, then y; float32 or float64. It stays as it is, and may require gradients or not.

    Returns:
        A 0-D tensor in p's dtype and on p's device. `backward` on it reaches p, where p requires gradients.
    """
    # TODO: Take the point apart, and write the formula down.
    raise NotImplementedError('rosenbrock is not written yet: read "A valley to walk in" in assignments/lesson_3_1/README.md')


# %%
def optimize(name: str, start: torch.Tensor, steps: int, lr: float) -> torch.Tensor:
    """Return the path of an optimizer down Rosenbrock's function.

    Each step works out the gradient of `rosenbrock` at the point where the walk is, and makes one step of the optimizer.
    Here you may use your own classes or the ready-made ones of `torch.optim`: both give the same path. Besides `lr` and
    what the list says, each has the options that it has when none is given:

    - "sgd": gradient descent without momentum.
    - "momentum": with the momentum 0.9. "nesterov": with Nesterov's momentum of 0.9.
    - "rmsprop", "adam", "adamw": as they are; `AdamW` has its `weight_decay` of 0.01.

    Args:
        name: one of these six names.
        start: where the walk begins, `(2,)`, float32 or float64. It and its `.grad` stay as they are, and it may require
            gradients or not.
        steps: how many steps to make, 0 or more. All of them are made, wherever the walk has come to.
        lr: the learning rate.

    Returns:
        The path, `(steps + 1, 2)`, on start's device and in its dtype: row 0 is the start, row k is where the walk is after
        k steps. It is detached: it does not require gradients.

    Raises:
        ValueError: for any other name, whatever `steps` is.
    """
    # TODO: Copy the start, make the optimizer of that name, walk, and note a copy of the point after each step.
    raise NotImplementedError('optimize is not written yet: read "Walking the valley" in assignments/lesson_3_1/README.md')


# %%
def plot_paths(paths: dict[str, torch.Tensor]) -> Figure:
    """Return a new figure with paths on the contours of Rosenbrock's function, x to the right and y upwards.

    Into one pair of axes go

    - the contours of the function, by `contour` or `contourf`, over a grid that covers at least -2 ≤ x ≤ 2 and
      -1 ≤ y ≤ 3, with logarithmic levels: 6 or more of them, each the same multiple of the one before, the lowest at most 1
      and the highest at least 500. (Evenly spaced levels of the function's logarithm are as good.)
    - each path as a line by `plot`, in looks of your choice, but no two lines alike. A legend has each path's name,
      beside its line.
    - a marker at the minimum (1, 1): a single point by `plot` or `scatter`. Whether the legend names it is up to you.
    - a label along each of the two axes.

    Everything drawn lies within the axes' limits. Do not call `plt.show()`.

    Args:
        paths: for each name its path, `(n, 2)` with n of 2 or more, with x and y in the columns, as `optimize` returns
            them; all points lie in the region above, on any device. There are one or more, and they stay as they are.

    Returns:
        The matplotlib `Figure`; every call makes a new one.
    """
    # TODO: Draw contours at logarithmic levels, each path as a named line, and the minimum.
    raise NotImplementedError('plot_paths is not written yet: read "Drawing the walks" in assignments/lesson_3_1/README.md')
