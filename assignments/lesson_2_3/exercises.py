# %%
"""Lesson 2.3: a simple neural net from scratch.

Samples are rows: `X` is `(N, D)`. A layer that turns `n_in` numbers into `n_out` has weights `W` of shape
`(n_out, n_in)`, one row a neuron, and a bias `b` of shape `(n_out,)`, so for a batch it is `X @ W.T + b`. Targets and
predictions are `(N, O)`.

The first half builds a network from tensors alone, with tanh between the layers and no autograd. There, `params` is
always a list of L pairs `(W, b)`, first layer first, with L ≥ 1; neighbours fit together, so the W of one layer has as
many columns as the W before it has rows. The second half builds the same things as PyTorch modules.

Every function works on the device and in the dtype (float32 or float64) of what it is given, and changes no argument.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import nn

# %%
# --- Exercise 1 · The parameters ---


def layer_parameters(n_in: int, n_out: int) -> int:
    """Return how many numbers a linear layer with bias learns: its weights and its biases.

    Example: `layer_parameters(10, 5)` is 55.

    Details:

    Args:
        n_in: how many numbers go in, an int of 1 or more.
        n_out: how many neurons the layer has, an int of 1 or more.

    Returns:
        The count, an `int`. From 10 to 5 there are 55.
    """
    # TODO: Count a weight for every pair of an input and a neuron, and a bias for every neuron.
    raise NotImplementedError('layer_parameters is not written yet: read "From the neuron to the layer" in assignments/lesson_2_3/README.md')


# %%
def init_params(sizes: list[int], generator: torch.Generator) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return fresh weights and biases for a network whose layers have the given sizes.

    Example: `init_params([1, 16, 16, 1], generator)` has three pairs, whose `W` are `(16, 1)`, `(16, 16)` and `(1, 16)`.

    Details:

    The biases are zero. The weights are random, drawn independently of one another from `generator` alone: from a
    distribution with mean 0 and a standard deviation between `0.4 / sqrt(n_in)` and `2.5 / sqrt(n_in)`, where `n_in` is
    the number of *inputs* of that layer. Which distribution it is (normal, uniform, …), which standard deviation
    within these bounds and the order of the draws are up to you. The usual recipes named for Xavier, He and LeCun are
    all fine. The standard deviation counts in layers of 1,000 weights or more, where `n_in` and `n_out` differ at most
    by a factor of 4.

    `generator` is used as it comes: it is not seeded here, so a second call with it gives other weights. PyTorch's
    global generator is neither used nor seeded.

    Args:
        sizes: L + 1 ints, each 1 or more, with L ≥ 1: the number of features, the sizes of the hidden layers, the
            number of outputs. `[1, 16, 16, 1]` has three layers.
        generator: where the random numbers come from; it may live on any device.

    Returns:
        A list of L tuples `(W, b)`, first layer first: `W` is `(n_out, n_in)` and `b` is `(n_out,)`, float32, on the
        generator's device.
    """
    # TODO: For each layer draw the weights, scaled by the number of inputs, and make biases of zero.
    raise NotImplementedError('init_params is not written yet: read "Where the weights start" in assignments/lesson_2_3/README.md')

# %%
# --- Exercise 2 · Forward, backward, train ---


def forward(
    X: torch.Tensor, params: list[tuple[torch.Tensor, torch.Tensor]]
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Return the network's predictions, and the cache that the backward pass will need.

    Example: the page's network turns the rows `(1)` and `(-1)` into the predictions 0.6 and -1.

    Details:

    Each layer computes `z = h @ W.T + b` from the output `h` of the layer before it; the first layer starts from `X`.
    After every layer *but the last* comes tanh. The last layer is linear: its `z` is the prediction. With a single
    layer (L = 1) there is no tanh at all.

    Args:
        X: the batch, `(N, D)` with N ≥ 1.
        params: the L pairs `(W, b)`, as described at the top.

    Returns:
        The tuple `(y_hat, cache)`. `y_hat` is `(N, O)`, of X's dtype. `cache` is a list of L + 1 tensors,
        `[X, h_1, …, h_{L-1}, y_hat]`: what went into each layer, and the prediction. Each `h` is `(N, n_out)` and
        is what came out of tanh. The first and the last entry may be `X` and `y_hat` themselves or copies of them.
    """
    # TODO: Go through the layers, and keep what each hands on.
    raise NotImplementedError('forward is not written yet: read "The forward pass and its cache" in assignments/lesson_2_3/README.md')


# %%
def backward(
    y: torch.Tensor, cache: list[torch.Tensor], params: list[tuple[torch.Tensor, torch.Tensor]]
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return the gradients of the mean squared error with respect to all weights and biases, by hand.

    Example: with the targets -0.4 and -1.5 the page's second layer gets `dW = ((0.3, 0.8),)` and `db = (1.5)`.

    Details:

    The loss is the mean of `(y_hat - y)²` over all `N·O` elements, and the network is that of `forward`: tanh after
    every layer but the last. Walk back from the last layer to the first. Remember that the cache holds what came *out*
    of tanh, so tanh's slope there is `1 - h²`.

    Off limits: everything in PyTorch that differentiates for you, such as `torch.autograd.grad`,
    `torch.autograd.backward`, `Tensor.backward`, `torch.func` (`grad`, `vjp`, `jacrev`, …), `torch.autograd.functional`
    and `torch.autograd.forward_ad`. Finite differences are not the exercise either.

    Args:
        y: the targets, `(N, O)` with N ≥ 1.
        cache: what `forward` returned: `[X, h_1, …, h_{L-1}, y_hat]`.
        params: the L pairs `(W, b)` that `forward` had.

    Returns:
        A list of L tuples `(dW, db)` in the order of `params`, the first layer's first. Each `dW` has the shape of its
        `W`, each `db` that of its `b`, `(n_out,)`, and both have their dtype. Neither the list `cache`, nor `params`,
        nor any tensor is changed.
    """
    # TODO: Start with the gradient of the loss, and go back through the layers.
    raise NotImplementedError('backward is not written yet: read "The backward pass, layer by layer" in assignments/lesson_2_3/README.md')


# %%
def train(
    X: torch.Tensor,
    y: torch.Tensor,
    params: list[tuple[torch.Tensor, torch.Tensor]],
    lr: float,
    epochs: int,
) -> tuple[list[tuple[torch.Tensor, torch.Tensor]], list[float]]:
    """Train the network by plain gradient descent on the mean squared error, and return what it has become.

    Example: one step with `lr=0.1` from the page's network gives the history `[0.625]`.

    Details:

    Every epoch is one step on the whole batch: forward, loss, backward, and then every weight and bias moves by `-lr`
    times its gradient. All the gradients of a step belong to the same weights, those before the step. The loop never
    stops early.

    The new weights and biases are new tensors. The list `params` and its tensors stay as they were. Compute with the
    whole batch at once, not row by row: a hidden test makes 2,000 steps and has a few seconds for them.

    Off limits, as in `backward`: everything in PyTorch that differentiates for you, such as `torch.autograd.grad`,
    `torch.autograd.backward`, `Tensor.backward`, `torch.func` (`grad`, `vjp`, `jacrev`, …), `torch.autograd.functional`
    and `torch.autograd.forward_ad`.

    Args:
        X: the batch, `(N, D)` with N ≥ 1.
        y: the targets, `(N, O)`.
        params: the L pairs `(W, b)` to start from.
        lr: the learning rate, a float.
        epochs: the number of steps, 0 or more.

    Returns:
        The tuple `(params, history)`: a list of L tuples `(W, b)` of the same shapes and dtypes as those given (equal
        to them if `epochs` is 0), and a list of `epochs` losses (floats or 0-D tensors), each the mean over all `N·O`
        elements of the squared errors *before* its step.
    """
    # TODO: Repeat: forward, loss, backward, and then one step for all layers.
    raise NotImplementedError('train is not written yet: read "The training loop" in assignments/lesson_2_3/README.md')

# %%
# --- Exercise 3 · Layers and networks as modules ---


class LayerWithActivation(nn.Module):
    """A linear layer followed by an activation, as one module.

    Example: with the weight 2, the bias 1 and `torch.tanh`, the sample `(1)` gives tanh(3), about 0.9951.

    Details:

    It has exactly two parameter tensors, the weights `(out_features, in_features)` and the bias `(out_features,)`, and
    both are trained: gradients reach them. Their names are up to you, and so are the values that they start with.
    `nn.Linear` is allowed.
    """

    def __init__(self, in_features: int, out_features: int, activation: Callable[[torch.Tensor], torch.Tensor]) -> None:
        """Make the layer.

        Args:
            in_features: how many numbers a sample has, 1 or more.
            out_features: how many neurons the layer has, 1 or more.
            activation: an elementwise function on tensors of any shape, without parameters of its own: a function such
                as `torch.tanh`, or a module such as `nn.ReLU()`.
        """
        # TODO: Make the linear layer, and keep the activation.
        raise NotImplementedError('LayerWithActivation is not written yet: read "A layer as a module" in assignments/lesson_2_3/README.md')

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return `activation(x @ W.T + b)`.

        Args:
            x: the batch, `(N, in_features)` with N ≥ 1, on the parameters' device and in their dtype.

        Returns:
            `(N, out_features)`, of x's dtype.
        """
        # TODO: First the linear layer, then the activation.
        raise NotImplementedError('LayerWithActivation is not written yet: read "A layer as a module" in assignments/lesson_2_3/README.md')


# %%
class CustomLayer(nn.Module):
    """Linear, batch normalization, ReLU and dropout, in this order, as one module.

    Example: `CustomLayer(100, 50, 0.5)` has 5,150 parameters.

    Details:

    The linear layer is an `nn.Linear` with bias, from `in_features` to `out_features`. The normalization is an
    `nn.BatchNorm1d` of `out_features` with its usual settings. ReLU and dropout may be modules or functions, as you
    like. There are no parameters but those of the first two: from 100 to 50 they are 5,150 numbers. Names and starting
    values are up to you.

    In train mode (`layer.train()`, how every module starts) dropout sets each output to zero with probability `p`,
    anew for every element and every call, and divides the others by `1 - p`; the batch is normalized with its own mean
    and variance. In eval mode (`layer.eval()`) nothing is dropped or scaled, the running statistics are used, and
    the same input always gives the same output, also for a batch of one.
    """

    def __init__(self, in_features: int, out_features: int, p: float) -> None:
        """Make the layer.

        Args:
            in_features: how many numbers a sample has, 1 or more.
            out_features: how many neurons the layer has, 1 or more.
            p: the probability that dropout zeroes an element, a float with 0 ≤ p < 1.
        """
        # TODO: Make the four parts.
        raise NotImplementedError('CustomLayer is not written yet: read "Batch normalization and dropout" in assignments/lesson_2_3/README.md')

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Send a batch through the four parts.

        Args:
            x: the batch, `(N, in_features)`, on the parameters' device and in their dtype. N ≥ 2 in train mode,
                N ≥ 1 in eval mode.

        Returns:
            `(N, out_features)`, of x's dtype.
        """
        # TODO: Apply the four parts in order.
        raise NotImplementedError('CustomLayer is not written yet: read "Batch normalization and dropout" in assignments/lesson_2_3/README.md')


# %%
def build_network(sizes: list[int]) -> nn.Sequential:
    """Return a network of linear layers with ReLU between them, as one flat chain.

    Example: `build_network([784, 256, 128, 10])` has five modules; a batch `(32, 784)` comes out as `(32, 10)`.

    Details:

    Args:
        sizes: L + 1 ints, each 1 or more, with L ≥ 1: the number of features, the sizes of the hidden layers, the
            number of outputs.

    Returns:
        An `nn.Sequential` of `2L - 1` modules: `nn.Linear` with bias, `nn.ReLU`, `nn.Linear`, …, `nn.Linear`. There is
        no chain inside the chain, and nothing comes after the last linear layer. For `[784, 256, 128, 10]` these are
        five modules; for `[3, 2]` it is one. Starting values are up to you, float32.
    """
    # TODO: Make the linear layers, with a ReLU before each but the first.
    raise NotImplementedError('build_network is not written yet: read "A network as a chain of modules" in assignments/lesson_2_3/README.md')

# %%
# --- Exercise 4 · Watching shapes ---


def trace_shapes(model: nn.Module, x: torch.Tensor) -> list[tuple[str, tuple[int, ...]]]:
    """Call `model(x)` once and return the shape of what each of its leaf modules gave, in the order of the calls.

    Example: for `build_network([3, 4, 2])` and a batch `(5, 3)`: `[("0", (5, 4)), ("1", (5, 4)), ("2", (5, 2))]`.

    Details:

    A leaf is a module without modules inside it; containers such as `nn.Sequential` are not listed. A leaf goes by its
    dotted name, as `model.named_modules()` gives it: `"0"`, `"body.2"`. A module that is registered under two names goes
    by the first of them (that is how `named_modules()` does it). A leaf that is called twice is listed twice; one that
    is never called is not listed. If the model is a leaf itself, its name is `""`.

    Use forward hooks, and take all of yours off again before you return, also when the model raises an exception, such
    as a RuntimeError for shapes that do not fit (it goes on to the caller). Hooks that were there before stay. The model
    stays in the mode that it is in (training or evaluation). Whether you call it with or without gradients is up to you.

    Args:
        model: any module; each leaf returns one tensor.
        x: what to call it with.

    Returns:
        A list of tuples `(name, shape)`; `shape` is a tuple of ints (a `torch.Size` is one).
    """
    # TODO: Hang a hook on every leaf, call the model, and take the hooks off whatever happens.
    raise NotImplementedError('trace_shapes is not written yet: read "Watching shapes with forward hooks" in assignments/lesson_2_3/README.md')
