# %%
"""Lesson 2.4: the role of activations.

`z` stands for pre-activations, and in `softmax` for logits. Every function works on the device and in the dtype (float32 or
float64) of what it is given, and changes no argument. `torch.relu`, `torch.sigmoid` and `torch.tanh` may be used everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import nn


# %%
def leaky_relu(z: torch.Tensor, slope: float = 0.01) -> torch.Tensor:
    """Return leaky ReLU of each element: the element where it is above 0, elsewhere `slope` times the element. By hand.

    Example: `leaky_relu(torch.tensor([-2.0, 3.0]))` is `tensor([-0.0200, 3.0000])`.

    Details:

    Off limits: what is ready-made for it, such as `nn.functional.leaky_relu`, `nn.LeakyReLU`, `prelu` and `rrelu`.

    Args:
        z: a float32 or float64 tensor of any shape, 0-D included, with values from -1000 to 1000. It is not changed.
        slope: the slope below 0, a float with 0 <= slope < 1. With 0.0 it is ReLU.

    Returns:
        A tensor of z's shape and dtype on z's device. It is made of PyTorch's operations, so that autograd can go back
        through it: its gradient is the slope of the function (at exactly 0 either slope will do).
    """
    # BEGIN SOLUTION Leave what is above 0 as it is, and make the rest small.
    return torch.where(z > 0, z, slope * z)
    # END SOLUTION


# %%
def gelu(z: torch.Tensor) -> torch.Tensor:
    """Return the exact GELU of each element: `z · Φ(z)` with `Φ(z) = (1 + erf(z / √2)) / 2`. By hand.

    Example: `gelu(torch.tensor([-1.0, 2.0]))` is about `tensor([-0.1587, 1.9545])`.

    Details:

    The approximations with tanh or with a sigmoid are off by about 0.0005 and 0.02; they are not the exercise.

    Off limits: `nn.functional.gelu` and `nn.GELU`. `torch.erf`, `torch.erfc`, `torch.special.ndtr` and the distribution
    function of `torch.distributions.Normal` are fine.

    Args:
        z: a float32 or float64 tensor of any shape, 0-D included, with values from -1000 to 1000. It is not changed.

    Returns:
        A tensor of z's shape and dtype on z's device, without NaN or infinity: at 1000 it is 1000, at -1000 it is 0.
        Autograd can go back through it: between -10 and 10 its gradient is the slope of the function.
    """
    # BEGIN SOLUTION Multiply each element by the probability that a standard normal number is smaller.
    Phi = (1 + torch.erf(z / math.sqrt(2))) / 2
    return z * Phi
    # END SOLUTION


# %%
def relu_derivative(z: torch.Tensor) -> torch.Tensor:
    """Return the slope of ReLU at each element of z: 1 above 0, and 0 elsewhere, also at exactly 0. By hand.

    Example: `relu_derivative(torch.tensor([-2.0, 0.0, 3.0]))` is `tensor([0., 0., 1.])`.

    Details:

    Off limits: everything in PyTorch that differentiates for you, such as `torch.autograd.grad`, `Tensor.backward`,
    `torch.func` (`grad`, `vjp`, `jacrev`, …), `torch.autograd.functional` and `torch.autograd.forward_ad`. Finite
    differences are not the exercise either.

    Args:
        z: a float32 or float64 tensor of any shape, 0-D included, with values from -1000 to 1000: the *input* of ReLU.

    Returns:
        A tensor of z's shape and dtype (numbers, not truth values) on z's device.
    """
    # BEGIN SOLUTION Ask each element whether it is above 0, and answer in z's dtype.
    return (z > 0).to(z.dtype)
    # END SOLUTION


# %%
def leaky_relu_derivative(z: torch.Tensor, slope: float = 0.01) -> torch.Tensor:
    """Return the slope of leaky ReLU at each element of z: 1 above 0, and `slope` elsewhere, also at exactly 0. By hand.

    Example: `leaky_relu_derivative(torch.tensor([-2.0, 0.0, 3.0]), slope=0.5)` is `tensor([0.5000, 0.5000, 1.0000])`.

    Details:

    Off limits: everything in PyTorch that differentiates for you, as in `relu_derivative`.

    Args:
        z: a float32 or float64 tensor of any shape, 0-D included, with values from -1000 to 1000: the input.
        slope: the slope below 0, a float with 0 <= slope < 1.

    Returns:
        A tensor of z's shape and dtype on z's device.
    """
    # BEGIN SOLUTION Choose between the two slopes, in z's dtype.
    return torch.where(z > 0, torch.ones_like(z), torch.full_like(z, slope))
    # END SOLUTION


# %%
def sigmoid_derivative(z: torch.Tensor) -> torch.Tensor:
    """Return the slope of the sigmoid at each element of z: `s · (1 - s)` with `s = sigmoid(z)`. By hand.

    Example: `sigmoid_derivative(torch.tensor([0.0]))` is `tensor([0.2500])`.

    Details:

    Off limits: everything in PyTorch that differentiates for you, as in `relu_derivative`.

    Args:
        z: a float32 or float64 tensor of any shape, 0-D included, with values from -1000 to 1000: the *input* of the
            sigmoid, not what came out of it.

    Returns:
        A tensor of z's shape and dtype on z's device, without NaN or infinity: at ±1000 it is 0.
    """
    # BEGIN SOLUTION Go through the sigmoid first, then take the slope from its output.
    s = torch.sigmoid(z)
    return s * (1 - s)
    # END SOLUTION


# %%
def tanh_derivative(z: torch.Tensor) -> torch.Tensor:
    """Return the slope of tanh at each element of z: `1 - tanh(z)²`. By hand.

    Example: `tanh_derivative(torch.tensor([0.0]))` is `tensor([1.])`.

    Details:

    Off limits: everything in PyTorch that differentiates for you, as in `relu_derivative`.

    Args:
        z: a float32 or float64 tensor of any shape, 0-D included, with values from -1000 to 1000: the *input* of tanh,
            not what came out of it.

    Returns:
        A tensor of z's shape and dtype on z's device, without NaN or infinity: at ±1000 it is 0.
    """
    # BEGIN SOLUTION Go through tanh first, then take the slope from its output.
    return 1 - torch.tanh(z) ** 2
    # END SOLUTION


# %%
def gelu_derivative(z: torch.Tensor) -> torch.Tensor:
    """Return the slope of the exact GELU at each element of z: `Φ(z) + z · φ(z)`, by the product rule. By hand.

    Φ is as in `gelu`, and `φ(z) = e^(-z²/2) / √(2π)` is its derivative, the bell curve.

    Example: `gelu_derivative(torch.tensor([-1.0, 0.0]))` is about `tensor([-0.0833, 0.5000])`.

    Details:

    Off limits: everything in PyTorch that differentiates for you, as in `relu_derivative`.

    Args:
        z: a float32 or float64 tensor of any shape, 0-D included, with values from -1000 to 1000: the input.

    Returns:
        A tensor of z's shape and dtype on z's device, without NaN or infinity: at 1000 it is 1, at -1000 it is 0.
    """
    # BEGIN SOLUTION Add the two terms of the product rule.
    Phi = (1 + torch.erf(z / math.sqrt(2))) / 2
    phi = torch.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    return Phi + z * phi
    # END SOLUTION


# %%
def dead_fraction(activations: torch.Tensor) -> float:
    """Return the fraction of neurons that are dead: exactly 0 for *every* sample.

    Example: of the neurons (columns) of `torch.tensor([[0.0, 2.0], [0.0, 0.0]])` one of two is dead, which gives 0.5.

    Args:
        activations: what a layer handed on, `(N, H)` with N ≥ 1 and H ≥ 1: row n is sample n, column h is neuron h. The
            numbers may also be negative (after leaky ReLU, say); a neuron with a negative number is not dead.

    Returns:
        A number from 0 to 1: a Python float or a 0-D tensor, as you like.
    """
    # BEGIN SOLUTION Ask each neuron whether all its samples are 0, then take the mean over neurons.
    dead = (activations == 0).all(dim=0)  # (H,): one answer a neuron
    return float(dead.float().mean())
    # END SOLUTION


# %%
def saturation(activations: torch.Tensor, limit: float) -> float:
    """Return the fraction of elements whose absolute value is above `limit`.

    Example: `saturation(torch.tensor([0.1, -0.9]), 0.75)` is 0.5.

    Args:
        activations: what a layer handed on, of any shape, with one element or more.
        limit: a float of 0 or more. An element whose absolute value equals the limit is not above it.

    Returns:
        A number from 0 to 1: a Python float or a 0-D tensor, as you like.
    """
    # BEGIN SOLUTION Compare sizes with the limit, and take the mean over all elements.
    return float((activations.abs() > limit).float().mean())
    # END SOLUTION


# %%
def gradient_by_depth(
    activation: Callable[[torch.Tensor], torch.Tensor], depth: int, width: int, generator: torch.Generator
) -> list[float]:
    """Return how large the gradient of each layer's weights is in a deep network before any training.

    Example: `gradient_by_depth(torch.tanh, depth=3, width=8, generator=generator)` gives three norms.

    Details:

    - The batch is 64 rows of `width` standard normal numbers.
    - Each of the `depth` layers has weights `(width, width)`, standard normal numbers divided by `√width`, and no bias.
      It multiplies, then calls `activation` on the whole `(64, width)`; the last layer does so, too.
    - The loss is the mean of the squares of the last layer's outputs, over all `64 · width` of them.
    - For each layer, take the norm of the gradient of the loss with respect to its weights: the root of the sum of the
      squares of all its entries.

    Autograd is welcome. Everything random, the batch and all the weights, comes from `generator` alone, in any order, and
    the global generator stays as it was.

    Args:
        activation: an elementwise function on tensors of any shape, such as `torch.tanh` or your `gelu`.
        depth: how many layers, 1 or more.
        width: how many features the batch and every layer have, 1 or more.
        generator: where the random numbers come from. All tensors are float32 and on its device.

    Returns:
        A list of `depth` Python floats, the first layer (next to the data) first.
    """
    # BEGIN SOLUTION Draw batch and weights, go forward through all layers, and ask autograd for the gradients.
    device = generator.device
    h = torch.randn(64, width, generator=generator, device=device)
    weights = []
    for _ in range(depth):
        W = torch.randn(width, width, generator=generator, device=device) / math.sqrt(width)
        weights.append(W.requires_grad_())
    for W in weights:
        h = activation(h @ W.T)
    loss = (h**2).mean()
    gradients = torch.autograd.grad(loss, weights)
    return [float(gradient.norm()) for gradient in gradients]
    # END SOLUTION


# %%
def softmax(z: torch.Tensor) -> torch.Tensor:
    """Return the softmax of z over its last dimension: `e^z` divided by the sum of `e^z`. By hand.

    Example: `softmax(torch.tensor([1000.0, 1000.0]))` is `tensor([0.5000, 0.5000])`.

    Details:

    Off limits: the ready-made softmax functions and their relatives: `torch.softmax`, `z.softmax()`, `nn.Softmax`,
    `nn.functional.softmax`, `softmin`, `log_softmax`, `gumbel_softmax` and those of `torch.special` and SciPy.
    `exp`, `max` and `logsumexp` are fine.

    Args:
        z: a float32 or float64 tensor with one dimension or more, such as `(C,)` or `(N, C)` or `(B, N, C)`, with C ≥ 1
            logits in the last one. They lie between -1000 and 1000, and may all be large at once. It is not changed.

    Returns:
        A tensor of z's shape and dtype on z's device, without NaN or infinity. Its numbers are 0 or more, and along the
        last dimension they add up to 1.
    """
    # BEGIN SOLUTION Take each row's largest logit away first, so that no exponential overflows.
    shifted = z - z.max(dim=-1, keepdim=True).values
    weights = torch.exp(shifted)
    return weights / weights.sum(dim=-1, keepdim=True)
    # END SOLUTION


# %%
def pick_output_activation(task: str) -> str:
    """Return the activation that belongs after the last layer.

    Example: `pick_output_activation("regression")` is `"none"`.

    Args:
        task: "binary" (yes or no, one output), "multiclass" (one of several classes, one output a class) or
            "regression" (any number).

    Returns:
        "sigmoid" for binary, "softmax" for multiclass and "none" for regression.

    Raises:
        ValueError: for any other task. The message is yours to word.
    """
    # BEGIN SOLUTION Look the task up, and refuse what is not there.
    choices = {"binary": "sigmoid", "multiclass": "softmax", "regression": "none"}
    if task not in choices:
        raise ValueError(f"task should be binary, multiclass or regression, not {task!r}")
    return choices[task]
    # END SOLUTION


# %%
Elementwise = Callable[[torch.Tensor], torch.Tensor]


def look_up(name: str) -> tuple[Elementwise, Elementwise]:
    """Return the activation of that name and its derivative. This one is given: it helps in the last two exercises."""
    table: dict[str, tuple[Elementwise, Elementwise]] = {
        "identity": (lambda z: z, torch.ones_like),
        "relu": (torch.relu, relu_derivative),
        "leaky_relu": (leaky_relu, leaky_relu_derivative),
        "sigmoid": (torch.sigmoid, sigmoid_derivative),
        "tanh": (torch.tanh, tanh_derivative),
        "gelu": (gelu, gelu_derivative),
    }
    return table[name]


# %%
def compare_activations(X: torch.Tensor, y: torch.Tensor, names: Sequence[str], epochs: int) -> dict[str, list[float]]:
    """Train the same small network once for each activation, and return how the loss fell.

    Example: `compare_activations(X, y, ["tanh", "relu"], 100)` is a dict with two lists of 100 losses.

    Details:

    The network is `nn.Linear(D, 32)`, the activation, `nn.Linear(32, O)`; nothing comes after the last layer. It is trained
    on all rows at once with the mean squared error over all `N · O` elements and `torch.optim.Adam` at the learning
    rate 0.01, everything else as Adam has it by default. One epoch is one update.

    Every model has the *same start*, this one: right after `torch.manual_seed(0)`, make the first linear layer and then the
    second, on the CPU and in float32, as they are made by themselves; then move them with `.to(X.device, X.dtype)`.
    (Layers that are made in float64 start with other numbers.) Make it anew for each name, or make it once and give each
    model a copy. So no history depends on which other names there are. The global generator may end up anywhere.

    Args:
        X: the samples, `(N, D)`. Not changed.
        y: the targets, `(N, O)`, of X's dtype and on its device. Not changed.
        names: different names out of "identity" (no activation at all), "relu", "leaky_relu" (slope 0.01), "sigmoid",
            "tanh" and "gelu" (the exact one). It may be empty. The functions may be your own or PyTorch's.
        epochs: how many epochs, 0 or more.

    Returns:
        A dict with the names as keys, in the order in which they were given. Each value is a list of `epochs` Python
        floats: the loss of each epoch, taken *before* its update.
    """
    # BEGIN SOLUTION For each name: the same start, a new optimizer, and the training loop.
    histories = {}
    for name in names:
        activation, _ = look_up(name)
        torch.manual_seed(0)
        hidden = nn.Linear(X.shape[1], 32)
        output = nn.Linear(32, y.shape[1])
        model = nn.ModuleList([hidden, output]).to(X.device, X.dtype)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        history = []
        for _ in range(epochs):
            loss = ((output(activation(hidden(X))) - y) ** 2).mean()
            history.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        histories[name] = history
    return histories
    # END SOLUTION


# %%
def plot_activation(name: str) -> Figure:
    """Draw an activation and its derivative, each as a curve over z.

    Example: `plot_activation("gelu")` is a figure with two curves, two labelled axes and a legend.

    Details:

    Both curves (`plot`) go from -4 or less to 4 or more, with at most 0.25 from one point to the next. They may
    share one panel, or have one each. Every panel with a curve has a label on its x axis and one on its y axis. Where
    both curves share a panel, a legend names both. Colours, titles and words are yours. Do not call `plt.show()`.

    Args:
        name: "relu", "leaky_relu" (slope 0.01), "sigmoid", "tanh" or "gelu" (the exact one). The functions may be your
            own or PyTorch's. (A mistake in your own function costs no points here once more.)

    Returns:
        The matplotlib `Figure`; every call makes a new one.
    """
    # BEGIN SOLUTION Draw both curves over the same values of z, label the axes, and add a legend.
    activation, derivative = look_up(name)
    z = torch.linspace(-5, 5, 201)
    fig, ax = plt.subplots()
    ax.plot(z, activation(z), label=name)
    ax.plot(z, derivative(z), label="its derivative")
    ax.set_xlabel("pre-activation z")
    ax.set_ylabel("value")
    ax.legend()
    return fig
    # END SOLUTION
