# %%
"""Lesson 1.6: recap and key takeaways. One class that holds the whole of module 1, and a quiz.

The shapes are those of lesson 1.2: samples `X` are `(N, D)`, one row a sample, with N ≥ 1 and D ≥ 1, and targets `y`
are `(N,)`. Both have the same dtype (float32 or float64), live on the same device and do not require gradients. The
weights `w` are `(D,)` and the bias `b` is 0-D. Work in X's dtype and on X's device, and change no argument in place.
"""

from typing import Any

import torch

# %%
# --- Exercise 1 · A class for linear regression ---


class LinearRegression:
    """Linear regression, trained by mini-batch gradient descent on the mean squared error.

    Attributes:
        lr: the learning rate, a Python float of 0 or more.
        epochs: how many epochs `fit` makes, an int of 0 or more.
        batch_size: rows in a batch, an int of 1 or more; it may be larger than N, and then all rows are one batch.
        seed: where the random orders come from, an int.
        w: the weights, a tensor `(D,)`. `fit` sets them, and anybody else may: `model.w = torch.tensor([1.0, 2.0])`.
        b: the bias, a 0-D tensor. It can be set, too.

    `__init__` is finished. You write the four others: `predict`, `fit`, `history` and `score`. You may add methods and
    attributes of your own, and your methods may call each other.
    """

    w: torch.Tensor
    b: torch.Tensor

    def __init__(self, lr: float = 0.1, epochs: int = 100, batch_size: int = 16, seed: int = 0) -> None:
        """Keep the settings. Nothing is learned yet: there are no `w` and `b` until `fit`, or somebody, sets them."""
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.seed = seed
        self.notes: list[Any] = []  # for you: what `fit` writes down for `history`, in whatever form you like

    def predict(self, X: torch.Tensor) -> torch.Tensor:
        """Return the predictions `Xw + b` with the weights and the bias that are set now.

        Example: `w = [1]`, `b = 3` and `X = [[1], [0], [2]]` give `[4, 3, 5]`.

        Details:
        `w` and `b` may come from `fit` or from somebody who has set them. Either way they have X's dtype and device.

        Args:
            X: the samples, `(N, D)`.

        Returns:
            The predictions, `(N,)`, one for each sample, also for N = 1, on X's device and in X's dtype.
        """
        # TODO: Multiply the samples by the weights, and add the bias.
        raise NotImplementedError('predict is not written yet: read "The model in one line" in assignments/lesson_1_6/README.md')

    def fit(self, X: torch.Tensor, y: torch.Tensor) -> "LinearRegression":
        """Learn `w` and `b` from samples by mini-batch gradient descent, as in lesson 1.3, and return the model itself.

        Example: `LinearRegression(lr=0.1, epochs=1).fit(X, y)` with `X = [[1], [0], [2]]` and `y = [2, 4, 6]` ends at
        `w = [0.9333]` and `b = 0.8`.

        Details:
        Every call starts afresh: from `w` and `b` of zeros, with an empty history, and with its random numbers from the
        beginning. So a second call with the same data gives the same result again, and a call with other data (even
        with another D) gives what a new model would give.

        Each of the `epochs` epochs takes all the N rows once, in a new random order: every permutation of the rows is
        equally likely, whatever the epochs before had. The order is cut into batches of `batch_size` rows. Where
        `batch_size` does not divide N, the last batch is smaller; it is used like the others. Each batch makes one
        update of plain gradient descent, `w` and `b` together, with the gradient of the mean squared error of the rows
        that this batch really has, at the `w` and `b` that the update before it left behind. Formulas and autograd are
        equally welcome.

        All the randomness is fixed by `seed`: the same seed gives the same result, and other seeds give other orders.
        How you draw the orders is up to you. The global random numbers of PyTorch, NumPy and Python stay as they were.

        The training loop must find the parameters. Closed forms are off limits (the normal equation, whether by
        `torch.linalg`, `numpy.linalg`, `torch.inverse` or `torch.pinverse`), and so are the models of scikit-learn
        (`sklearn.linear_model`).

        Args:
            X: the samples, `(N, D)`. They stay as they are.
            y: the targets, `(N,)`. They stay as they are, too.

        Returns:
            The model itself, so that `model.fit(X, y).predict(X)` works. Its `w` is `(D,)` and its `b` is 0-D, on X's
            device and in X's dtype. (Whether they require gradients is up to you.) With 0 epochs both are zeros.
        """
        # TODO: Start afresh; in every epoch draw an order, and make one update for each batch. Return self.
        raise NotImplementedError('fit is not written yet: read "The whole loop" in assignments/lesson_1_6/README.md')

    @property
    def history(self) -> list[float]:
        """The loss of each epoch of the last `fit`: the mean over all N samples, each taken before its batch's update.

        Example: the model of `fit`'s example has the history `[18.667]`.

        Details:
        In an epoch every sample is used once, in some batch. Its squared error counts as it was just before the update
        of that batch, so with the `w` and `b` that this update starts from. The epoch's loss is the mean of these N
        squared errors. Every sample counts the same: a mean of the batches' means would give the rows of a smaller last
        batch too much weight.

        It is used like an attribute, without brackets: `model.history`. (You may turn it into a plain attribute that
        `__init__` and `fit` set.) Only the last `fit` counts; nothing of an earlier one remains.

        Returns:
            A list with one number for each epoch, in order: Python floats or 0-D tensors. Before the first `fit`, and
            after one with 0 epochs, it is empty.
        """
        # TODO: Turn what fit has written down into one mean a sample for each epoch.
        raise NotImplementedError('history is not written yet: read "A history you can trust" in assignments/lesson_1_6/README.md')

    def score(self, X: torch.Tensor, y: torch.Tensor) -> float | torch.Tensor:
        """Return R², the fraction of the targets' spread that the predictions explain.

        Example: `w = [1]` and `b = 3`, with the data of `fit`'s example, give `0.25`.

        Details:
        It is 1 minus the sum of the squared errors divided by the sum of the squared distances of the targets from
        their own mean: from the mean of the `y` that is given here, whatever data the model has learned from. It is 1
        for perfect predictions, 0 for predictions that all are the mean of `y`, and negative for worse ones. It is
        returned as it is, never raised to 0.

        `sklearn.metrics.r2_score` is off limits.

        Args:
            X: the samples, `(N, D)`, with N of 2 or more.
            y: the targets, `(N,)`, not all the same. (What happens otherwise is up to you.)

        Returns:
            R², a Python float or a 0-D tensor.
        """
        # TODO: Compare the squared errors with the squared distances of the targets from their mean.
        raise NotImplementedError('score is not written yet: read "How good is it?" in assignments/lesson_1_6/README.md')

# %%
# --- Exercise 2 · The quiz of module 1 ---


def quiz() -> dict[int, str]:
    """Return your answers to the ten questions of the page.

    Every question has one best answer, and each is worth the same. A question that is not answered earns nothing, and
    costs nothing beyond that.

    Returns:
        The number of each question, an int from 1 to 10, with the letter of your answer, "A", "B", "C" or "D" (a small
        letter counts as well): `{1: "A", 2: "A", …, 10: "A"}`, but with your letters.
    """
    # TODO: Answer the ten questions of the page: a dictionary from each number to a letter.
    raise NotImplementedError('quiz is not written yet: read "The quiz" in assignments/lesson_1_6/README.md')
