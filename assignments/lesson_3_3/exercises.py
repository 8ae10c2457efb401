# %%
"""Lesson 3.3: weight initialization.

A function whose name ends in `_` fills what it is given *in place* and returns it: the numbers are written into the memory
of that very tensor, which may be a parameter that requires gradients, a transposed tensor or a part of a larger one.
Autograd notes nothing of it: a parameter stays a leaf, and its `requires_grad` and `.grad` stay as they were. So do shape,
dtype (float32 or float64) and device. Every entry of a weight gets a draw of its own, in the tensor's dtype.

`gen` is a `torch.Generator` on the *CPU*, whatever device the tensor lives on: draw there, and then move. With `gen` the
global generator stays as it was, and a second call goes on with new numbers. With `gen=None` the numbers come from PyTorch's
global generator. How many numbers you draw, and in which order, is up to you.

`torch.nn.init` is off limits, all of it: here you write it yourself. (`nn.Linear` uses it when it is made; that is fine.)
"""

from __future__ import annotations

import math
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import nn


def draw_uniform(w: torch.Tensor, gen: torch.Generator | None) -> torch.Tensor:
    """Return numbers drawn evenly between 0 and 1, with w's shape, dtype and device. This one is given."""
    return torch.rand(w.shape, generator=gen, dtype=w.dtype).to(w.device)


def draw_normal(w: torch.Tensor, gen: torch.Generator | None) -> torch.Tensor:
    """Return standard normal numbers with w's shape, dtype and device. This one is given."""
    return torch.randn(w.shape, generator=gen, dtype=w.dtype).to(w.device)

# %%
# --- Exercise 1 · Fans and gain ---


def fans(weight: torch.Tensor) -> tuple[int, int]:
    """Return how many inputs feed one output of a layer, and how many outputs one input feeds.

    Example: the shape `(3, 5)` gives `(5, 3)`, and `(8, 3, 5, 5)` gives `(75, 200)`.

    Details:

    A weight is `(out, in)`, or `(out, in, *kernel)` for a convolution, with one size of the kernel or more. The places of
    the kernel multiply both fans. Only the shape matters. `torch.nn.init` is off limits.

    Args:
        weight: a tensor of any dtype on any device; none of its sizes is 0. It is not changed.

    Returns:
        The tuple `(fan_in, fan_out)` of Python ints.

    Raises:
        ValueError: if the weight has fewer than two dimensions. The message is yours to word.
    """
    # TODO: Refuse what has no two sides; count the places of the kernel, and multiply both sides by them.
    raise NotImplementedError('fans is not written yet: read "Fans" in assignments/lesson_3_3/README.md')


# %%
def gain(name: str, slope: float = 0.01) -> float:
    """Return the factor by which weights should be larger, because the activation after them makes numbers smaller.

    Example: `gain("relu")` is about 1.4142, and `gain("leaky_relu", 1.0)` is 1.

    Details:

    - "linear" (no activation) and "sigmoid": 1
    - "tanh": 5/3
    - "relu": the root of 2
    - "leaky_relu": the root of `2 / (1 + slope²)`

    `torch.nn.init` is off limits, `calculate_gain` included.

    Args:
        name: one of these five.
        slope: the slope of leaky ReLU below 0, a float of 0 or more, also above 1; the others take no notice of it.

    Returns:
        A number: a Python float or an int, as you like.

    Raises:
        ValueError: for any other name. The message is yours to word.
    """
    # TODO: Look the name up; for leaky ReLU use the slope. Refuse other names.
    raise NotImplementedError('gain is not written yet: read "Gain" in assignments/lesson_3_3/README.md')

# %%
# --- Exercise 2 · Five initializers ---


def xavier_uniform_(w: torch.Tensor, gain: float = 1.0, gen: torch.Generator | None = None) -> torch.Tensor:
    """Fill w in place with uniform numbers of the standard deviation `gain · √(2 / (fan_in + fan_out))`, and return it.

    Example: a `(3, 5)` weight gets numbers between -0.8660 and 0.8660, with `gain=2.0` twice that.

    Details:

    The numbers are spread evenly between `-bound` and `bound`, and have the standard deviation `bound / √3`.
    `torch.nn.init` is off limits.

    Args:
        w: a weight of two dimensions or more, float32 or float64, on any device; linear, `(1, 1)` included, or convolution.
        gain: the factor, a number above 0.
        gen: a CPU generator, or None for the global one.

    Returns:
        w itself.
    """
    # TODO: Find the bound from both fans, and stretch numbers between 0 and 1 to lie between -bound and bound.
    raise NotImplementedError('xavier_uniform_ is not written yet: read "Xavier" in assignments/lesson_3_3/README.md')


# %%
def xavier_normal_(w: torch.Tensor, gain: float = 1.0, gen: torch.Generator | None = None) -> torch.Tensor:
    """Fill w in place with normal numbers of mean 0 and standard deviation `gain · √(2 / (fan_in + fan_out))`, and return it.

    Example: the numbers of a `(300, 500)` weight have the standard deviation 0.05, nearly.

    Details:

    It is a whole normal distribution: large numbers are rare, and are not cut off. `torch.nn.init` is off limits.

    Args:
        w: a weight of two dimensions or more, float32 or float64, on any device; linear, `(1, 1)` included, or convolution.
        gain: the factor, a number above 0.
        gen: a CPU generator, or None for the global one.

    Returns:
        w itself.
    """
    # TODO: Find the deviation from both fans, and multiply standard normal numbers by it.
    raise NotImplementedError('xavier_normal_ is not written yet: read "Xavier" in assignments/lesson_3_3/README.md')


# %%
def kaiming_uniform_(
    w: torch.Tensor, mode: str = "fan_in", name: str = "relu", gen: torch.Generator | None = None
) -> torch.Tensor:
    """Fill w in place with uniform numbers of the standard deviation `gain(name) / √fan`, and return it.

    Example: a `(2, 8)` weight gets numbers between -0.8660 and 0.8660, with `mode="fan_out"` between -1.7321 and 1.7321.

    Details:

    As in `xavier_uniform_` the numbers are spread evenly between `-bound` and `bound`. `torch.nn.init` is off limits.

    Args:
        w: a weight of two dimensions or more, float32 or float64, on any device; linear, `(1, 1)` included, or convolution.
        mode: which fan to use, "fan_in" or "fan_out".
        name: the activation that follows, one of the five names of `gain`; leaky ReLU has the slope 0.01.
        gen: a CPU generator, or None for the global one.

    Returns:
        w itself.

    Raises:
        ValueError: for any other mode. The message is yours to word.
    """
    # TODO: Refuse other modes, choose the fan, find the bound, and fill as in `xavier_uniform_`.
    raise NotImplementedError('kaiming_uniform_ is not written yet: read "Kaiming" in assignments/lesson_3_3/README.md')


# %%
def kaiming_normal_(
    w: torch.Tensor, mode: str = "fan_in", name: str = "relu", gen: torch.Generator | None = None
) -> torch.Tensor:
    """Fill w in place with normal numbers of mean 0 and standard deviation `gain(name) / √fan`, and return it.

    Example: the numbers of a `(300, 800)` weight have the standard deviation 0.05, nearly.

    Details:

    It is a whole normal distribution, not cut off. `torch.nn.init` is off limits.

    Args:
        w: a weight of two dimensions or more, float32 or float64, on any device; linear, `(1, 1)` included, or convolution.
        mode: which fan to use, "fan_in" or "fan_out".
        name: the activation that follows, one of the five names of `gain`; leaky ReLU has the slope 0.01.
        gen: a CPU generator, or None for the global one.

    Returns:
        w itself.

    Raises:
        ValueError: for any other mode. The message is yours to word.
    """
    # TODO: Refuse other modes, choose the fan, find the deviation, and fill as in `xavier_normal_`.
    raise NotImplementedError('kaiming_normal_ is not written yet: read "Kaiming" in assignments/lesson_3_3/README.md')


# %%
def orthogonal_(w: torch.Tensor, gain: float = 1.0, gen: torch.Generator | None = None) -> torch.Tensor:
    """Fill w in place with a random orthogonal matrix times `gain`, and return it.

    Example: for a `(2, 3)` weight, `w @ w.T` is the identity; for a `(3, 2)` weight and `gain=2.0`, `w.T @ w` is 4 times it.

    Details:

    Look at w as a matrix `(out, rest)`, as `flatten(1)` does. If it has no more rows than columns, its rows become
    orthonormal: each has the length 1, and any two are at right angles. Otherwise its columns do. Then everything is
    multiplied by `gain`. All this holds to the rounding of w's dtype. Another seed gives another matrix; how you make it
    (`torch.linalg.qr`, `svd`, …), and with which signs, is up to you. `torch.nn.init` is off limits, and so is
    `torch.nn.utils.parametrizations`.

    Args:
        w: a weight of two dimensions or more, float32 or float64, on any device; one row or one column is fine.
        gain: the factor, a number above 0.
        gen: a CPU generator, or None for the global one.

    Returns:
        w itself.
    """
    # TODO: Let qr make orthonormal columns of a random matrix that is not wide; turn it if w is, and fill.
    raise NotImplementedError('orthogonal_ is not written yet: read "Orthogonal weights" in assignments/lesson_3_3/README.md')

# %%
# --- Exercise 3 · A whole model, filled and looked into ---


def init_model_(model: nn.Module, name: str, gen: torch.Generator | None = None) -> nn.Module:
    """Fill the weights and biases of all linear and 2-D convolution layers of a model in place, and return the model.

    Example: in `nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))` the linear layer is filled, and the norm stays.

    Details:

    The layers are `nn.Linear` and `nn.Conv2d`, at any depth of the model; it may be such a layer itself. Each weight is
    filled by Kaiming (`fan_in`, with the gain of ReLU) if `name` is "relu", and by Xavier with the gain 1 for every other
    name; uniform or normal, as you like. Each bias becomes 0. A layer may have no bias.

    Everything else stays as it is: the parameters and buffers of other modules (norms, embeddings, `nn.Conv1d`, …) and
    parameters that the model holds by itself. Modes, `requires_grad` and `.grad` stay, too.

    `torch.nn.init` is off limits, for biases as well.

    Args:
        model: any module, float32 or float64, on any device. No two layers share a weight.
        name: the activation that the model uses, one of the five names of `gain`.
        gen: a CPU generator, or None for the global one.

    Returns:
        The model itself.
    """
    # TODO: Walk through all modules; fill the weights of the two kinds by the right rule, and clear their biases.
    raise NotImplementedError('init_model_ is not written yet: read "A whole model" in assignments/lesson_3_3/README.md')


# %%
def activation_stats(model: nn.Module, x: torch.Tensor) -> list[tuple[str, float, float]]:
    """Call `model(x)` once, in eval mode, and return mean and standard deviation of what each leaf module gave.

    Example: the page's model of a linear layer and a ReLU gives `[("0", 1.5, 2.2913), ("1", 2.0, 1.5811)]`.

    Details:

    A leaf is a module without modules inside it, and goes by its dotted name, as in `trace_shapes` of lesson 2.3: the first
    one that `model.named_modules()` gives it, `""` if the model is a leaf itself. Leaves come in the order of the calls; one
    that is called twice is listed twice, one that is never called is not listed. The numbers are those that the
    leaf returned, at the moment when it returned them: a later layer may overwrite them (`nn.ReLU(inplace=True)`).

    The whole model is in eval mode for that call, so dropout lets all through and batch norms do not move. Afterwards
    every module has the mode that it had before (they need not all be in the same one), and your forward hooks are gone; so
    it is when the model raises an exception, too, such as a RuntimeError for shapes that do not fit, which goes on to the
    caller. Hooks that were there before stay. No parameter, buffer or `.grad` is changed, and neither is x.

    Args:
        model: any module, float32 or float64, on any device; each leaf returns one tensor with one element or more.
        x: what to call it with.

    Returns:
        A list of tuples `(name, mean, std)`: a string and two Python floats. `std` is the *population* standard deviation
        over all elements of the output: the root of the mean squared distance from the mean. For one element it is 0.
    """
    # TODO: Note the modes, hang a hook on every leaf, call the model, and put everything back whatever happens.
    raise NotImplementedError('activation_stats is not written yet: read "Looking inside with hooks" in assignments/lesson_3_3/README.md')


# %%
def demo_data() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the 16 points of `symmetry_demo`: `X` is `(16, 2)`, `y` is `(16, 1)`. This one is given."""
    t = torch.linspace(0, 6, 16)
    X = torch.stack([torch.sin(t), torch.cos(2 * t)], dim=1)
    y = X[:, :1] + X[:, :1] * X[:, 1:]
    return X, y

# %%
# --- Exercise 4 · What a bad start does ---


def symmetry_demo(init: str, steps: int = 50, seed: int = 0) -> torch.Tensor:
    """Train a small network from a chosen start, and return the weights of its first layer.

    Example: `symmetry_demo("constant")` gives four rows of about `(0.5944, 0.2061)`, and `symmetry_demo("zeros")` zeros.

    Details:

    The network is linear from 2 features to 4 hidden neurons, tanh, and linear from 4 to 1. The data are those of `demo_data`.
    Train on all 16 rows at once, by plain gradient descent with the learning rate 0.1 on the mean squared error: `steps`
    updates of all weights and biases. Autograd and `torch.optim.SGD` are allowed. All biases start at 0, and the weights of
    *both* layers start

    - at 0 for "zeros",
    - at 0.5 for "constant",
    - with Xavier (gain 1; uniform or normal, as you like), drawn from a generator seeded with `seed`, for "random".

    The names of `torch.nn.init` are off limits here, too. The global generator ends as it was before. (`nn.Linear` draws
    from it when it is made. Use tensors of your own, or `torch.random.fork_rng()`.)

    Args:
        init: "zeros", "constant" or "random".
        steps: how many updates, 0 or more. With 0 you return the start.
        seed: fixes the random start; the other two do not depend on it.

    Returns:
        The first layer's weights after the last update, `(4, 2)`: one row a hidden neuron. A float32 tensor on the CPU that
        does not require gradients.

    Raises:
        ValueError: for any other start. The message is yours to word.
    """
    # TODO: Make the start that is asked for, run the training loop of module 1, and return the first weights.
    raise NotImplementedError('symmetry_demo is not written yet: read "Why not zeros" in assignments/lesson_3_3/README.md')


# %%
def variance_by_depth(name: str, depth: int, width: int, seed: int) -> list[float]:
    """Send a batch through a deep network that is not trained, and return the variance after each of its layers.

    Example: `variance_by_depth("small", 2, 100, 0)` is about `[0.01, 0.0001]`.

    Details:

    The batch is 256 rows of `width` standard normal numbers. Each of the `depth` layers has weights `(width, width)` of its
    own and no bias. A layer multiplies and then applies its activation, if it has one:

    - "linear": Xavier weights with the gain 1, no activation;
    - "relu": Kaiming weights (`fan_in`, the gain of ReLU), then ReLU;
    - "small": 0.01 times standard normal weights, then tanh.

    Xavier and Kaiming may be uniform or normal. Everything random, batch and weights, comes from a generator of your own,
    seeded with `seed`, in any order. The global generator ends as it was before (so do not make
    an `nn.Linear`). The names of `torch.nn.init` are off limits here, too.

    Args:
        name: "linear", "relu" or "small".
        depth: how many layers, 0 or more.
        width: how many features the batch and every layer have, 1 or more.
        seed: fixes all numbers.

    Returns:
        A list of `depth` Python floats, first layer first: the variance over all `256 · width` numbers that the layer hands
        on, *after* its activation. Population or unbiased, as you like.

    Raises:
        ValueError: for any other name. The message is yours to word.
    """
    # TODO: Refuse other names; then for each layer draw new weights, multiply, activate, and note the variance.
    raise NotImplementedError('variance_by_depth is not written yet: read "Variance from layer to layer" in assignments/lesson_3_3/README.md')


# %%
def plot_variance(results: dict[str, list[float]]) -> Figure:
    """Return a new figure that shows how the variance goes on from layer to layer, one line a network.

    Example: `{"relu": [0.7, 0.6], "small": [0.01, 0.0001]}` gives two lines of two points.

    Details:

    - Each list is a line (by `plot`, `semilogy` or the like) in the same axes: the layers along x, in steps of 1 from 0 or
      from 1, and the variances themselves along y.
    - The y axis is logarithmic, and the x axis is not.
    - A legend has one entry for each line, with its name in it. The lines differ in colour, in style or in marker.
    - Both axes have a label.
    - Do not call `plt.show()`.

    Titles, colours and whatever else you add are yours.

    Args:
        results: from one name to six, each with its list of variances: floats above 0, one or more. The lists may have
            different lengths. No name is a part of another. Nothing of it is changed.

    Returns:
        The matplotlib `Figure`; every call makes a new one.
    """
    # TODO: Draw a line for each name on a logarithmic axis, label the axes, add a legend, and return the figure.
    raise NotImplementedError('plot_variance is not written yet: read "A picture of variances" in assignments/lesson_3_3/README.md')
