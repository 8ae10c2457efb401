# %%
"""Lesson 2.7: recap. Our network against linear regression, a fair comparison, an ablation, and a quiz.

Samples `X` are `(N, D)`, one row a sample. The classes `y` are a column `(N, 1)` of 0.0 and 1.0 in X's dtype, on X's
device. A model turns rows `(N, D)` into *logits* `(N, 1)`: numbers of any size, without a sigmoid. No argument is
changed, except that `train_network` trains the model that it is given.
"""

import math
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import nn

# Settings that do well on 400 moons. Use them in `compare_models` and `ablation`, or find better ones.
HIDDEN = 32
LEARNING_RATE = 2.0
EPOCHS = 20
BATCH_SIZE = 50
STRENGTH = 0.0005

# %%
# --- Exercise 1 · One loop for every model ---


def standardize_with(X_train: torch.Tensor, X_test: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Standardize training rows and test rows, both by the statistics of the training rows.

    Example: the training column 1, 3, 5 becomes -1, 0, 1, and the test number 9 becomes 3.

    Details:

    From every number subtract the mean of its column *in the training rows*, then divide by that column's standard
    deviation in the training rows (the squares are divided by N - 1, as `torch.std` does). The test rows have no say in
    either.

    Where the training rows give no standard deviation to divide by, divide by 1: in a column that is constant in the training
    rows, and in every column when there is a single training row. So nothing becomes NaN or infinite. Columns may have
    any scale, so divide by the standard deviation itself and not by a little more. (The mean of a constant column is exact
    here: rounding plays no part.)

    Args:
        X_train: the training rows, `(N, D)` with N ≥ 1 and D ≥ 1.
        X_test: the test rows, `(M, D)` with M ≥ 1, in the same dtype and on the same device.

    Returns:
        Both standardized, `(N, D)` and `(M, D)`: new tensors on X_train's device and in X_train's dtype.
    """
    # TODO: Take mean and standard deviation of each training column, and use them for both tables.
    raise NotImplementedError('standardize_with is not written yet: read "Standardizing with the training rows" in assignments/lesson_2_7/README.md')


# %%
class OnRawRows(nn.Module):
    """A model that was trained on standardized rows, made ready for raw ones. This class is finished: use it as it is.

    It remembers the training rows, standardizes whatever it is given by their statistics, and then asks the model. The
    training rows are a buffer and no parameter: they move with the model to another device, and are not trained.
    """

    X_train: torch.Tensor

    def __init__(self, model: nn.Module, X_train: torch.Tensor) -> None:
        """Keep the model and its *raw* training rows, `(N, D)`."""
        super().__init__()
        self.model = model
        self.register_buffer("X_train", X_train)

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return the logits, `(M, 1)`, of raw rows, `(M, D)`."""
        logits: torch.Tensor = self.model(standardize_with(self.X_train, X)[1])
        return logits


# %%
def make_network(input_dim: int, hidden: int, activation: bool, seed: int) -> nn.Module:
    """Return a network with one hidden layer: a linear layer, an activation, a linear layer with one output.

    Example: `make_network(2, 32, True, seed=0)` has 64 + 32 + 32 + 1 = 129 parameters.

    Details:

    The activation is ReLU or tanh, as you like, applied once to each element of the hidden layer. Nothing comes after
    the second linear layer: the network gives logits. With `activation=False` the activation is left out, and nothing
    else changes.

    The network has exactly four parameter tensors, all trainable, float32 and on the CPU: weights `(H, D)` and biases
    `(H,)` of the hidden layer, weights `(1, H)` and biases `(1,)` of the output layer. Their names and their order are
    yours.

    They start random, and `seed` alone fixes them: the same seed gives the same start, with activation and without,
    whatever the state of the global generator; another seed gives another start. Their distribution is yours (that of
    `nn.Linear` is fine), but no two hidden neurons start alike. You may call
    `torch.manual_seed(seed)`.

    Args:
        input_dim: D, how many features a row has, 1 or more.
        hidden: H, how many neurons the hidden layer has, 1 or more.
        activation: whether there is an activation between the two layers.
        seed: fixes the start, an int of 0 or more.

    Returns:
        A module that maps `(N, D)` to logits `(N, 1)`.
    """
    # TODO: Set the seed, make both layers in the same order every time, and chain them.
    raise NotImplementedError('make_network is not written yet: read "A network that gives logits" in assignments/lesson_2_7/README.md')


# %%
def train_network(
    model: nn.Module,
    X: torch.Tensor,
    y: torch.Tensor,
    lr: float,
    epochs: int,
    batch_size: int | None,
    strength: float,
    generator: torch.Generator,
) -> list[float]:
    """Train a model of logits in place, with plain mini-batch gradient descent on a penalized cross-entropy.

    Example: `train_network(model, X, y, 0.1, 5, 32, 0.0, generator)` returns a list of 5 losses.

    Details:

    Every epoch takes all the N rows once, in a new random order: each permutation is equally likely, whatever the
    epochs before had. The order is cut into batches of `batch_size` rows; a smaller last batch is used like the others.
    With `batch_size=None`, or N or more, all rows are one batch. The randomness comes from `generator` alone, in
    whatever way you draw from it. The global generators of PyTorch, NumPy and Python stay as they were.

    Each batch makes one update of all the parameters, `parameter - lr * gradient`: no momentum. The gradient is that of

        the mean binary cross-entropy of the batch's rows + strength * the sum of the squares of all the model's
        weights.

    The weights are those of all linear layers, wherever they are nested. Biases are not penalized. The strength is not
    divided by anything. The cross-entropy takes logits, which may be large: it stays finite for logits of plus and
    minus 1000. What lies in a parameter's `.grad` before the call plays no part.

    The history has one number an epoch, as in `penalized_epoch` of lesson 2.6: the mean over all N rows of their
    cross-entropy, *without* the penalty, each row's taken just before the update of its own batch. Every row counts the
    same, also those of a smaller last batch.

    Args:
        model: maps `(B, D)` to logits `(B, 1)`, on X's device and in X's dtype. It is made of linear layers and
            activations, without dropout and batch normalization, and all its parameters are trainable.
        X: the rows, `(N, D)` with N ≥ 1.
        y: the classes, `(N, 1)`.
        lr: the learning rate, a float of 0 or more.
        epochs: how many epochs, 0 or more. Training never stops early.
        batch_size: rows in a batch, 1 or more, or None.
        strength: how much the penalty counts, a float of 0 or more.
        generator: a CPU generator, whatever X's device is.

    Returns:
        The history: a list of `epochs` Python floats.
    """
    # TODO: For each epoch draw an order; for each batch add the penalty to its loss, step, and note the plain loss.
    raise NotImplementedError('train_network is not written yet: read "One loop for every model" in assignments/lesson_2_7/README.md')


# %%
def error_rate(model: nn.Module, X: torch.Tensor, y: torch.Tensor) -> float:
    """Return the fraction of rows whose class is predicted wrong.

    Example: the logits 2, -1, 0.3, 0 and the classes 1, 1, 1, 0 give 0.25.

    Details:

    A logit above 0 says class 1. Any other, also exactly 0, says class 0. While it is asked the model is in eval mode,
    and afterwards it is in the mode in which it was before, whichever that was. (All its layers are in the same mode
    when you get it.) Nothing of the model changes, its parameters' `.grad` included.

    Args:
        model: maps `(N, D)` to logits `(N, 1)`, on X's device and in X's dtype. It may have dropout and batch
            normalization.
        X: the rows, `(N, D)` with N ≥ 1.
        y: the classes, `(N, 1)`.

    Returns:
        A Python float from 0 (all right) to 1 (all wrong). Of four rows, one wrong one gives 0.25.
    """
    # TODO: Ask the model quietly in eval mode, restore its mode, and count where its class is not y.
    raise NotImplementedError('error_rate is not written yet: read "The error rate" in assignments/lesson_2_7/README.md')

# %%
# --- Exercise 2 · A comparison and an ablation ---


def compare_models(X: torch.Tensor, y: torch.Tensor, seed: int) -> dict[str, Any]:
    """Train a linear model and a network on the same rows in the same way, and test both on rows that neither has seen.

    Example: `compare_models(X, y, seed=0)["network"]["test_error"]` is near 0 on the moons.

    Details:

    N//4 rows are drawn at random, without repetition, as test rows. Which they are depends on `seed` and N alone. The
    other rows are the training rows. Test rows have no influence on the models at all: they are not trained on, and not
    used for standardizing.

    Both models are trained by `train_network`, or in the same way, with the same settings: learning rate, number of
    epochs, batch size, strength of the penalty. The linear model is one linear layer, `(1, D)` weights and one bias.
    The network is one of `make_network` with its activation. Columns of `X` may have very different scales, so train on
    standardized rows. The models that you return take *raw* rows, though, such as those of `X`; `OnRawRows` makes such
    a model.

    The same call gives the same result again, whatever the state of the global generators; another seed gives other
    test rows and other starts. How you use the seed is up to you; you may call `torch.manual_seed(seed)`. The settings
    are yours; those above suffice for the following. On 400 moons with noise 0.1, with their columns at any scale, the
    network is wrong for at most 0.05 of all the rows, and the linear model for 0.05 to 0.25 of them.

    Args:
        X: raw rows, `(N, D)` with N ≥ 8, float32 or float64.
        y: the classes, `(N, 1)`.
        seed: fixes the test rows, the starts and the orders, an int of 0 or more.

    Returns:
        A dictionary with three keys.

        - `"test_index"`: the numbers of the test rows, an int64 tensor `(N//4,)` on X's device, in any order.
        - `"linear"` and `"network"`: for each model a dictionary with `"model"`, the trained module, which maps raw
          rows `(M, D)` to logits `(M, 1)` and lives on X's device in X's dtype; `"parameters"`, how many trainable
          numbers it has, an int; `"train_error"` and `"test_error"`, its error rates on the training rows and on the
          test rows, Python floats; and `"history"`, the list that `train_network` returned, with one float an epoch.
    """
    # TODO: Split, standardize by the training rows, train both models alike, and measure both on both parts.
    raise NotImplementedError('compare_models is not written yet: read "A fair comparison" in assignments/lesson_2_7/README.md')


# %%
def ablation(X: torch.Tensor, y: torch.Tensor, seed: int) -> dict[str, Any]:
    """Train the network four times: once with all its parts, and three times with exactly one part left out.

    Example: `ablation(X, y, seed=0)["no_batching"]["updates"]` is the number of epochs.

    Details:

    - `full`: a network of `make_network` with its activation, trained in batches, with a penalty.
    - `no_activation`: the same, without the activation.
    - `no_batching`: the same as `full`, but all training rows are one batch.
    - `no_regularization`: the same as `full`, but the strength of the penalty is 0.

    Nothing else differs: all four have the same start, the same training rows, learning rate and number of epochs. An
    epoch with all rows in one batch has one update, so `no_batching` makes fewer updates. Test rows, standardizing, raw
    rows and the rules for the seed are as in `compare_models`.

    The settings are yours; those above suffice for the following. On 400 moons with noise 0.1, with their columns at any
    scale, an epoch in batches has at least two updates, `full` is wrong for at most 0.10 of all the rows, and
    `no_activation` for at least 0.02 more of them than `full`. At the moons' own scale the sum of all squared weights is
    larger for `no_regularization` than for `full`.

    Args:
        X: raw rows, `(N, D)` with N ≥ 8, float32 or float64.
        y: the classes, `(N, 1)`.
        seed: fixes the test rows, the start and the orders, an int of 0 or more.

    Returns:
        A dictionary with `"test_index"`, as in `compare_models`, and the four names above. For each name there is a
        dictionary with `"model"`, the trained module for raw rows; `"start"`, a list with a copy of each of its
        parameters from before the training, in the order of its `parameters()`; `"updates"`, how many updates its
        training made, an int; `"train_error"` and `"test_error"`, Python floats.
    """
    # TODO: As in compare_models, but with four networks from one start; each lacks one part, and the first lacks none.
    raise NotImplementedError('ablation is not written yet: read "An ablation: one part out at a time" in assignments/lesson_2_7/README.md')

# %%
# --- Exercise 3 · Boundaries side by side ---


def plot_boundaries(models: dict[str, nn.Module], X: torch.Tensor, y: torch.Tensor) -> Figure:
    """Draw what several models think, side by side: a panel each, all with the same points and the same limits.

    Example: `plot_boundaries({"linear": line, "network": network}, X, y)` has two panels with these titles.

    Details:

    The figure has one panel (an axes) for each model, in the order of the dictionary, with feature 0 along x and
    feature 1 along y. The panel's title holds the model's name. Its *field*, by `contourf`, `pcolormesh` or `imshow`,
    fills the whole panel and shows in colours what the model says at each place: its logit, or the probability or the
    class that follow from it. On top is every row of `X` as a point (`scatter`, or `plot` with a marker), and the two
    classes differ in colour or in marker. All panels have the same limits along x and along y, and every point lies
    inside of them.

    Colours, markers, labels, legends, colorbars and a line at the boundary are yours. Do not call `plt.show()`. While
    they are asked the models are in eval mode, and afterwards each is in the mode in which it was before.

    Args:
        models: one or more models by their names. Each maps raw rows `(M, 2)` to logits `(M, 1)`, on X's device, in X's
            dtype.
        X: all the rows, training and test, `(N, 2)` with N ≥ 2, on any device. It is not changed.
        y: their classes, `(N, 1)`. It is not changed.

    Returns:
        The matplotlib `Figure`; every call makes a new one.
    """
    # TODO: Make one grid that covers all points, ask each model about it, and draw field, points and title.
    raise NotImplementedError('plot_boundaries is not written yet: read "Boundaries side by side" in assignments/lesson_2_7/README.md')

# %%
# --- Exercise 4 · The quiz of module 2 ---


def quiz() -> dict[int, str]:
    """Return your answers to the ten questions of the page.

    Every question has one best answer, and each is worth the same. A question that is not answered earns nothing, and
    costs nothing beyond that.

    Returns:
        The number of each question, an int from 1 to 10, with the letter of your answer, "A", "B", "C" or "D" (a small
        letter counts as well): `{1: "A", 2: "A", …, 10: "A"}`, but with your letters.
    """
    # TODO: Answer the ten questions of the page: a dictionary from each number to a letter.
    raise NotImplementedError('quiz is not written yet: read "The quiz" in assignments/lesson_2_7/README.md')
