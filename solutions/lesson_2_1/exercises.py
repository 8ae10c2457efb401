# %%
"""Lesson 2.1: from linear to nonlinear: why neural networks?

Samples are rows: `X` is `(N, D)`. From this lesson on targets are columns: `y` is `(N, 1)`, and here each entry is the
class, 0.0 or 1.0. A layer's weights `W` are `(H, D)`, one row a neuron, and its biases `b` are `(H,)`.

Every function works on the device and in the dtype (float32 or float64) of what it is given, and changes no argument,
except that `train_classifier` trains the model that it is given.
"""

from __future__ import annotations

from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from sklearn.datasets import make_moons
from torch import nn


# %%
def generate_moons(n_samples: int, noise: float, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the two moons of scikit-learn's `make_moons` as tensors.

    Example: `generate_moons(6, 0.0, seed=0)` has the rows `(1, 0)`, `(0, 1)`, `(-1, 0)` with class 0, in some order, and the
    rows `(0, 0.5)`, `(1, -0.5)`, `(2, 0.5)` with class 1.

    Details:

    Class 0 is the upper moon and class 1 the lower one, as `make_moons` has them. The samples may come in any order
    (`make_moons` may shuffle them or not); row i of `y` belongs to row i of `X`.

    Args:
        n_samples: how many samples in both moons together, an int of 2 or more. It may be odd.
        noise: the standard deviation of the noise, a float of 0 or more. With 0.0 the points lie exactly on the moons.
        seed: fixes the noise, an int of 0 or more: give it to `make_moons` as `random_state`. The same seed gives the
            same data, another seed gives other noise. The global generators of NumPy and PyTorch play no part, and stay
            as they were.

    Returns:
        `(X, y)`: the features, `(N, 2)`, and the classes as a column of 0.0 and 1.0, `(N, 1)`. Both are float32 and on
        the CPU.
    """
    # BEGIN SOLUTION Make the moons, turn both arrays into float32 tensors, and make the classes a column.
    points, classes = make_moons(n_samples, noise=noise, random_state=seed)
    X = torch.tensor(points, dtype=torch.float32)
    y = torch.tensor(classes, dtype=torch.float32).unsqueeze(1)
    return X, y
    # END SOLUTION


# %%
def relu(z: torch.Tensor) -> torch.Tensor:
    """Return ReLU of each element: the element where it is above 0, and 0 elsewhere. By hand.

    Example: `(-2, -1, 0, 1, 2)` becomes `(0, 0, 0, 1, 2)`.

    Details:

    Off limits: every ready-made activation function. That is everything of the kind in `torch` (`torch.relu`),
    `torch.nn` (`nn.ReLU`), `torch.nn.functional`, `torch.special`, NumPy, SciPy and `math`, and the tensor's own methods
    (`z.relu()`). What they are made of is fine: `exp`, `abs`, `where`, `clamp`, `maximum`, comparisons, arithmetic, and
    functions that you write yourself.

    Args:
        z: a float32 or float64 tensor of any shape, 0-D included. Its values are finite, from -1000 to 1000. It is not
            changed.

    Returns:
        A tensor of z's shape and dtype on z's device. It is made of PyTorch's operations, so that autograd can go back
        through it: at elements other than 0 the slope is 1 above and 0 below. (At exactly 0 it is left open.)
    """
    # BEGIN SOLUTION Let nothing below 0 through.
    return torch.clamp(z, min=0)
    # END SOLUTION


# %%
def sigmoid(z: torch.Tensor) -> torch.Tensor:
    """Return the sigmoid of each element, `1 / (1 + e^-z)`: a number from 0 to 1. By hand.

    Example: `(-2, 0, 2)` becomes about `(0.1192, 0.5, 0.8808)`.

    Details:

    Off limits: every ready-made activation function, as in `relu`: `torch.sigmoid`, `nn.Sigmoid`, `z.sigmoid()`,
    `torch.special.expit`, softmax, softplus and the like. `exp`, `abs`, `where`, `clamp`, `maximum`, comparisons, arithmetic
    and functions that you write yourself are fine.

    Args:
        z: a float32 or float64 tensor of any shape, 0-D included, with values from -1000 to 1000. It is not changed.

    Returns:
        A tensor of z's shape and dtype on z's device, without NaN or infinity: at 1000 it is 1, and at -1000 it is 0. (A tiny
        number, as a `clamp` leaves it there, counts as 0.) Autograd can go back through it: between -10 and 10 its
        gradient is the slope of the sigmoid. (At exactly 0, and further out, the gradient is left open.)
    """
    # BEGIN SOLUTION Choose a form whose exponential may overflow without harm.
    return 1 / (1 + torch.exp(-z))
    # END SOLUTION


# %%
def tanh(z: torch.Tensor) -> torch.Tensor:
    """Return the hyperbolic tangent of each element: a number from -1 to 1. By hand.

    Example: `(-2, 0, 2)` becomes about `(-0.9640, 0, 0.9640)`.

    Details:

    Off limits: every ready-made activation function, as in `relu`: `torch.tanh`, `nn.Tanh`, `z.tanh()`, `torch.sigmoid`
    and the like. Your own `sigmoid` is fine, and so are `exp`, `abs`, `where`, `clamp`, `maximum`, comparisons and
    arithmetic.

    Args:
        z: a float32 or float64 tensor of any shape, 0-D included, with values from -1000 to 1000. It is not changed.

    Returns:
        A tensor of z's shape and dtype on z's device, without NaN or infinity: at 1000 it is 1, and at -1000 it is -1.
        Autograd can go back through it: between -5 and 5 its gradient is the slope of tanh. (At exactly 0, and
        further out, the gradient is left open.)
    """
    # BEGIN SOLUTION Stretch a sigmoid.
    return 2 * sigmoid(2 * z) - 1
    # END SOLUTION


# %%
def collapse_linear(
    W1: torch.Tensor, b1: torch.Tensor, W2: torch.Tensor, b2: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the one linear layer that does what two stacked linear layers do.

    Example: `W1 = ((1, 1), (1, -1))`, `b1 = (0, -1)`, `W2 = ((1, -2),)`, `b2 = (-3)` give `W = ((-1, 3),)`, `b = (-1)`.

    Details:

    The first layer gives `X @ W1.T + b1`. The second layer takes that as its input. No activation stands between them.
    For every `X`, the result's `X @ W.T + b` is what comes out of the second layer.

    Args:
        W1: the first layer's weights, `(H, D)`, one row a neuron.
        b1: the first layer's biases, `(H,)`.
        W2: the second layer's weights, `(O, H)`.
        b2: the second layer's biases, `(O,)`.

    Returns:
        `(W, b)`: weights `(O, D)` and biases `(O,)`, new tensors of W1's dtype on W1's device. D, H and O are 1 or more.
    """
    # BEGIN SOLUTION Put the first layer's formula into the second's, and sort.
    W = W2 @ W1
    b = W2 @ b1 + b2
    return W, b
    # END SOLUTION


# %%
class LinearModel(nn.Module):
    """A single neuron with a sigmoid: `sigmoid(X @ W.T + b)`, the probability of class 1 for each row.

    Example: with the weights `(1, -1)` and the bias 1, the rows `(1, 2)` and `(3, 1)` give the column 0.5, 0.9526.

    Details:

    It has exactly two parameter tensors, both trainable: the weights `W`, `(1, D)`, and the bias `b`, `(1,)`, as
    `nn.Linear(input_dim, 1)` has them. Their names are left open.

    They start random, drawn from PyTorch's global generator (as `nn.Linear` does by itself), so that
    `torch.manual_seed` fixes them and two models made one after the other differ. Never seed it yourself.
    From which distribution they come is left open; the bias may start at 0.
    """

    def __init__(self, input_dim: int) -> None:
        """Make the parameters.

        Args:
            input_dim: D, how many features a row has, 1 or more.
        """
        super().__init__()
        # BEGIN SOLUTION Make a linear layer with one output.
        self.linear = nn.Linear(input_dim, 1)
        # END SOLUTION

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return the probability of class 1 for each row; call it as `model(X)`.

        Args:
            X: the samples, `(N, D)` with N ≥ 1, of the parameters' dtype and on their device.

        Returns:
            `(N, 1)`, a column also for N = 1. Your own `sigmoid` and PyTorch's are both fine here.
        """
        # BEGIN SOLUTION Send the rows through the layer, then through the sigmoid.
        return sigmoid(self.linear(X))
        # END SOLUTION


# %%
class MLP(nn.Module):
    """A network with one hidden layer: `sigmoid(activation(X @ W1.T + b1) @ W2.T + b2)`.

    Example: `MLP(2, 16, 1, torch.tanh)` turns seven rows, `(7, 2)`, into seven probabilities, `(7, 1)`.

    Details:

    It has exactly four parameter tensors, all trainable: `W1` `(H, D)`, `b1` `(H,)`, `W2` `(O, H)` and `b2` `(O,)`, as
    two `nn.Linear` layers have them. Their names are left open.

    They start random, drawn from PyTorch's global generator (as `nn.Linear` does by itself), so that
    `torch.manual_seed` fixes them and two models made one after the other differ. Never seed it yourself.
    The hidden neurons start different from each other. From which distribution the weights come is left open; biases may
    start at 0.
    """

    def __init__(
        self, input_dim: int, hidden_dim: int, output_dim: int, activation: Callable[[torch.Tensor], torch.Tensor]
    ) -> None:
        """Make the parameters, and keep the activation.

        Args:
            input_dim: D, how many features a row has, 1 or more.
            hidden_dim: H, how many neurons the hidden layer has, 1 or more.
            output_dim: O, how many probabilities come out for each row, 1 or more.
            activation: an elementwise function without parameters, such as your `tanh`, `torch.tanh` or `nn.Tanh()`.
        """
        super().__init__()
        # BEGIN SOLUTION Make two linear layers, one for the hidden neurons and one for the outputs.
        self.fc1 = nn.Linear(input_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, output_dim)
        self.activation = activation
        # END SOLUTION

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return the probabilities for each row; call it as `model(X)`.

        The activation is called exactly once, on the whole `(N, H)` that the first layer gives. After the second layer
        comes a sigmoid, element by element, and nothing else: with several outputs each is a probability of its own, and
        a row need not add up to 1.

        Args:
            X: the samples, `(N, D)` with N ≥ 1, of the parameters' dtype and on their device.

        Returns:
            `(N, O)`. Your own `sigmoid` and PyTorch's are both fine here.
        """
        # BEGIN SOLUTION Send the rows through the first layer, the activation, the second layer and the sigmoid.
        hidden = self.activation(self.fc1(X))
        return sigmoid(self.fc2(hidden))
        # END SOLUTION


# %%
def count_parameters(model: nn.Module) -> int:
    """Return how many trainable numbers a model has.

    Example: 2 features, 16 hidden neurons and 1 output make 65 parameters; with the first layer frozen 17 are left.

    Details:

    Every number counts, not every tensor: a `(3, 4)` weight is 12. A tensor with `requires_grad=False` is frozen and does not
    count. A parameter that the model uses in several places is one parameter and counts once. Tensors that a model keeps
    and does not train (buffers, such as the running means of batch normalization) are no parameters.

    Args:
        model: any `nn.Module`, with its layers nested in any way. It is not changed.

    Returns:
        A Python `int`, 0 for a model without parameters.
    """
    # BEGIN SOLUTION Add up the sizes of the parameters that can be trained.
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    # END SOLUTION


# %%
def train_classifier(model: nn.Module, X: torch.Tensor, y: torch.Tensor, epochs: int, lr: float) -> list[float]:
    """Train a model of probabilities in place: full batch, plain gradient descent on the mean binary cross-entropy.

    Example: the page's two rows, a linear model that starts from zeros and `lr=1.0`: two epochs return `[0.6931, 0.4446]`.

    Details:

    One epoch is one update with all rows: predict, take the loss (the mean of `-(y·log p + (1 - y)·log(1 - p))` over all
    elements), clear the gradients, back-propagate, and move every parameter by `-lr * gradient`: no momentum,
    no weight decay. What lies in a parameter's `.grad` before the call must play no part.

    `torch.optim.SGD`, `nn.BCELoss` and the like are allowed, and so is writing the formula out. A tiny number such as
    `1e-7` inside of the logarithms does no harm: probabilities stay away from 0 and 1, and results are compared to four
    digits.

    Args:
        model: a model like those of this lesson: it maps `(N, D)` to probabilities `(N, O)`, already between 0 and 1, and
            all its parameters are trainable. It has no dropout and no batch normalization.
        X: the samples, `(N, D)` with N ≥ 1, on the model's device and of its dtype.
        y: the classes, 0.0 or 1.0, `(N, O)`; with one output a column `(N, 1)`.
        epochs: how many epochs, 0 or more. It never stops early.
        lr: the learning rate, a float of 0 or more.

    Returns:
        A list of `epochs` Python floats: the loss of each epoch, taken *before* its update.
    """
    # BEGIN SOLUTION Write the training loop: predict, loss, note, clear, back, step.
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        loss = nn.functional.binary_cross_entropy(model(X), y)
        history.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return history
    # END SOLUTION


# %%
def accuracy(probs: torch.Tensor, y: torch.Tensor) -> float:
    """Return the fraction of rows whose class is predicted right.

    Example: the probabilities 0.9, 0.3, 0.6, 0.5 with the classes 1, 0, 0, 0 give 0.75.

    Details:

    A probability above 0.5 says class 1. Any other, also exactly 0.5, says class 0.

    Args:
        probs: the probabilities of class 1, `(N, 1)` with N ≥ 1.
        y: the classes, 0.0 or 1.0, `(N, 1)`.

    Returns:
        A number from 0 to 1: a Python float, or a 0-D tensor, as you like. Of four rows, three right ones give 0.75.
    """
    # BEGIN SOLUTION Turn probabilities into classes, compare row by row, and take the mean.
    predicted = probs > 0.5
    return float((predicted == (y == 1)).float().mean())
    # END SOLUTION


# %%
def decision_grid(
    model: nn.Module, X: torch.Tensor, resolution: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return a model's probabilities on a grid that covers the samples with a margin.

    Example: the samples `(0, 1)` and `(2, 3)` with `resolution=3` make a grid of -0.5, 1, 2.5 by 0.5, 2, 3.5.

    Details:

    With R = `resolution`, the grid has R evenly spaced values of feature 0 (the first column of `X`), from its smallest
    value minus 0.5 to its largest value plus 0.5, both ends included, and as many of feature 1, likewise. Every value meets every
    other: R times R points.

    Ask the model about these points as rows: `(M, 2)` in, `(M, 1)` out, in one call or in several. While it works,
    gradients are off (`torch.no_grad()` or `torch.inference_mode()`) and the model is in eval mode. Afterwards it is in the mode
    in which it was before, whichever that was. (All its layers are in the same mode when you get it.)

    Args:
        model: gives one probability for each row, on the device and of the dtype of `X`.
        X: the samples, `(N, 2)` with N ≥ 2. It is not changed.
        resolution: R, an int of 2 or more.

    Returns:
        `(A, B, P)`, three tensors `(R, R)` of X's dtype on X's device, without a graph. `A` holds the values of feature 0, `B`
        those of feature 1, and `P[i, j]` is the probability at the point `(A[i, j], B[i, j])`. Feature 0 may run along the
        rows or along the columns (`indexing="ij"` or `"xy"`).
    """
    # BEGIN SOLUTION Build the grid, make its points rows, and ask the model quietly.
    low, high = X.min(dim=0).values - 0.5, X.max(dim=0).values + 0.5
    a, b = (torch.linspace(low[d], high[d], resolution, dtype=X.dtype, device=X.device) for d in range(2))
    A, B = torch.meshgrid(a, b, indexing="ij")
    points = torch.stack([A.flatten(), B.flatten()], dim=1)  # (R * R, 2): one row a point
    was_training = model.training
    model.eval()
    with torch.no_grad():
        P = model(points).reshape(A.shape)
    model.train(was_training)
    return A, B, P
    # END SOLUTION


# %%
def plot_decision_boundary(model: nn.Module, X: torch.Tensor, y: torch.Tensor, resolution: int = 100) -> Figure:
    """Draw what a model thinks everywhere, and the samples on top of it.

    Example: two moons and a trained network make a soft border that snakes between the moons.

    Details:

    The axes show feature 0 along x and feature 1 along y. The *field* shows the model's probabilities (or the classes that
    follow from them) in colours on the grid of `decision_grid`, by `contourf`, `pcolormesh` or `imshow`. On it
    every sample is a point (`scatter`, or `plot` with a marker), and the two classes differ in the points' colour or in their
    marker. Both axes have a label. Colours, markers and the words of the labels are yours, and so are a legend, a title, a
    colorbar and a line at 0.5.

    Do not call `plt.show()`. The model's mode is afterwards what it was before.

    Args:
        model: gives one probability for each row, on the device and of the dtype of `X`.
        X: the samples, `(N, 2)` with N ≥ 2, on any device. It is not changed.
        y: the classes, 0.0 or 1.0, `(N, 1)`. It is not changed.
        resolution: how many values of each feature the grid has, an int of 2 or more.

    Returns:
        The matplotlib `Figure`; every call makes a new one.
    """
    # BEGIN SOLUTION Draw the field of the grid, then the samples with a colour for each class, and label the axes.
    A, B, P = decision_grid(model, X, resolution)
    points, classes = X.cpu(), y.cpu()
    fig, ax = plt.subplots()
    ax.contourf(A.cpu(), B.cpu(), P.cpu(), cmap="RdBu_r", alpha=0.7)
    ax.scatter(points[:, 0], points[:, 1], c=classes, cmap="RdBu_r", edgecolors="black")
    ax.set_xlabel("feature 0")
    ax.set_ylabel("feature 1")
    return fig
    # END SOLUTION
