# %%
"""Lesson 3.6: monitoring and debugging.

Steps and epochs are counted from 0. A batch is a tuple `(X, y)`; what a function makes anew lives on the device of what it
was given. No argument is changed, except that `overfit_one_batch` trains its model.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import nn
from torch.utils.tensorboard import SummaryWriter

# %%
# --- Exercise 1 · Numbers worth watching ---


class AverageMeter:
    """The running average of a number that comes in batches, such as a loss.

    Example: the values 2, 2 and 8 with `n` 10, 10 and 2 have the average `56 / 22`; after `reset()` it is 0.0.

    Details:

    Each value stands for `n` samples: the average is the sum of `value * n`, divided by the sum of the n. The meter keeps
    plain numbers alone, no tensor and no graph, and it makes no difference what becomes of a tensor later. Each meter
    counts for itself. `average` may be a property, as here, or a plain attribute; other names are up to you.
    """

    def __init__(self) -> None:
        """Start with an empty meter."""
        # TODO: Start with nothing added up, and nothing counted.
        raise NotImplementedError('AverageMeter is not written yet: read "The average of a loss" in assignments/lesson_3_6/README.md')

    def update(self, value: float | torch.Tensor, n: int = 1) -> None:
        """Take in a value.

        Args:
            value: a finite Python number of either sign, or a 0-D tensor of any floating dtype (float16 included, in which
                `value * n` may overflow), on any device, with or without a graph: the mean over n samples.
            n: how many samples it stands for, at least 1.
        """
        # TODO: Make a plain number of the value, add it up n times, and count n samples.
        raise NotImplementedError('AverageMeter is not written yet: read "The average of a loss" in assignments/lesson_3_6/README.md')

    @property
    def average(self) -> float:
        """The average over all samples since the start or the last `reset()`, a Python float; 0.0 when there are none."""
        # TODO: Divide what was added up by what was counted, unless nothing was.
        raise NotImplementedError('AverageMeter is not written yet: read "The average of a loss" in assignments/lesson_3_6/README.md')

    def reset(self) -> None:
        """Empty the meter: it is as new."""
        # TODO: Forget what was added up, and what was counted.
        raise NotImplementedError('AverageMeter is not written yet: read "The average of a loss" in assignments/lesson_3_6/README.md')


# %%
def confusion_matrix(y: torch.Tensor, y_hat: torch.Tensor, n_classes: int) -> torch.Tensor:
    """Count how often each class was taken for each class.

    Example: the truth 0, 0, 0, 1, 1, 2 and the predictions 0, 0, 1, 1, 1, 0 give the rows (2, 1, 0), (0, 2, 0), (1, 0, 0).

    Details:

    The entry in row i and column j says how many samples of class i were predicted as class j. Every class from 0 to
    `n_classes - 1` has its row and its column, also when no sample belongs to it and none was predicted as it. The
    arguments stay as they are.

    scikit-learn's `sklearn.metrics` is off limits: the point is to count yourself.

    Args:
        y: the true classes, int64, `(N,)`, each from 0 to `n_classes - 1`. There may be one sample, or none at all (N = 0).
        y_hat: the predicted classes, int64, `(N,)`, in the same range; entry i belongs to entry i of `y`.
        n_classes: how many classes C there are, at least 1.

    Returns:
        A new int64 tensor `(C, C)` on y's device: the counts themselves, nothing divided.
    """
    # TODO: Give each pair of classes a number of its own, and count these numbers.
    raise NotImplementedError('confusion_matrix is not written yet: read "The confusion matrix" in assignments/lesson_3_6/README.md')


# %%
def precision_recall(matrix: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the precision and the recall of each class.

    Example: the rows (2, 1, 0), (0, 2, 0), (1, 0, 0) give the precision (2/3, 2/3, 0) and the recall (2/3, 1, 0).

    Details:

    Precision of class c: of the samples *predicted* as c, the fraction that truly is c. Recall of class c: of the samples
    that truly *are* c, the fraction that was predicted as c. Where a fraction would be 0/0 it is 0. The matrix stays as
    it is.

    Args:
        matrix: the confusion matrix, int64 counts, `(C, C)`, rows truth and columns prediction; C may be 1.

    Returns:
        The tuple `(precision, recall)`: two float32 tensors `(C,)` on the matrix's device, all finite.
    """
    # TODO: Divide the diagonal by what was predicted as each class, and by what is of each class.
    raise NotImplementedError('precision_recall is not written yet: read "Precision and recall" in assignments/lesson_3_6/README.md')

# %%
# --- Exercise 2 · One batch, and one word ---


def overfit_one_batch(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor], steps: int, lr: float) -> list[float]:
    """Train `model` in place on a single batch, again and again, and return how the loss went.

    Example: on 8 rows that a line tells apart, with `lr` 0.1 and 200 steps, the last loss is under a tenth of the first.

    Details:

    Every step is the usual one: the mean cross-entropy of the model's logits for the whole batch, as it was given; the
    gradients cleared; backward; one update of all parameters. Gradients that lie in `.grad` before the call play no part.
    The model may come in eval mode; every step is made in training mode, in all its modules. The mode afterwards is up to
    you, and so is the optimizer: plain SGD and Adam both do, and so do updates of your own. Its learning rate is `lr` all
    the time: with `lr` 0 nothing moves, and the first update is proportional to `lr`.

    Args:
        model: maps `(N, D)` to logits `(N, C)`, on X's device and in X's dtype; all its parameters require
            gradients.
        batch: the tuple `(X, y)`: features `(N, D)` with N at least 1, and the classes, int64 `(N,)`, from 0 to C - 1.
        steps: how many steps, 0 or more.
        lr: the learning rate, 0 or more.

    Returns:
        The loss of each step, taken before its update: a list of `steps` Python floats.
    """
    # TODO: Switch to training mode, and write the training loop with one and the same batch in every step.
    raise NotImplementedError('overfit_one_batch is not written yet: read "Overfit one batch" in assignments/lesson_3_6/README.md')


# %%
def diagnose(history: dict[str, list[float]]) -> str:
    """Say in one word how a training went.

    Example: `{"train": [2.0, 1.0, 0.8, 0.7], "validation": [2.1, 0.9, 1.0, 1.1]}` is "overfitting": 1.1 > 1.1 * 0.9.

    Details:

    The first of these that holds is the answer:

    1. "diverging": any loss of either list is not finite (NaN, inf or -inf), or the last training loss is above the first;
    2. "overfitting": the last validation loss is more than 1.1 times the lowest validation loss;
    3. "plateau": since epoch `n // 2` (of n epochs, counted from 0) the training loss fell by less than 1 per cent of what
       it was at that epoch, or did not fall at all;
    4. "healthy": none of these.

    Args:
        history: the losses of each epoch, under the keys "train" and "validation": two lists of Python floats, equally
            long. Losses are above 0 where they are finite. The lists stay as they are.

    Returns:
        One of the four words.

    Raises:
        ValueError: if there are fewer than 4 epochs.
    """
    # TODO: Refuse a short history, and ask the three questions in their order.
    raise NotImplementedError('diagnose is not written yet: read "A diagnosis in one word" in assignments/lesson_3_6/README.md')

# %%
# --- Exercise 3 · The first NaN ---


def find_nan(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> str | None:
    """Call `model(X)` once and return the name of the first leaf module whose output is not finite.

    Example: where leaf `"0"` gives 100 and leaf `"1"` its exponential, infinity in float32, the answer is `"1"`.

    Details:

    An output is not finite if any of its elements is NaN, inf or -inf. "First" is meant in the order of the *calls*. A leaf
    is a module without modules inside it; it goes by its dotted name, as `model.named_modules()` gives it: `"0"`,
    `"body.2"`. A leaf that is registered under two names goes by the first of them. If the model is a leaf itself, its name
    is the empty text `""`. Containers are not looked at.

    Use forward hooks, and take all of yours off again before you return, also when the model raises an exception, such as a
    RuntimeError for shapes that do not fit (it goes on to the caller). Hooks that were there before stay. Every module stays
    in the mode that it is in, training or eval, also during the call. Parameters and their gradients stay as they are.
    Once a leaf was found, the call may end early.

    Args:
        model: any module; each leaf returns one floating tensor, and none changes its input in place.
        batch: the tuple `(X, y)`, on the model's device. `y` plays no part.

    Returns:
        A name, or None when the outputs of all leaves are finite.
    """
    # TODO: Hang a hook on every leaf that notes the names of those with a non-finite output; name the first.
    raise NotImplementedError('find_nan is not written yet: read "Where NaN comes from" in assignments/lesson_3_6/README.md')

# %%
# --- Exercise 4 · A log and a dashboard ---


class Logger:
    """Writes numbers into a folder, in the format that TensorBoard reads. `SummaryWriter` is allowed.

    Example: after `log.scalar("loss/train", 0.5, 3)` and `log.close()` the folder has the tag loss/train, 0.5 at step 3.

    Details:

    After `close()` everything is on disk. A logger works in a `with` statement, too: `with Logger(folder) as log:` binds
    `log` to the logger itself, and closes it at the end of the block, also when the block ends with an exception, such as a
    RuntimeError (it goes on to the caller).

    What was written is found by TensorBoard's own reader, as scalars: after `events = EventAccumulator(str(folder))` and
    `events.Reload()`, `events.Tags()["scalars"]` lists exactly the tags, and `events.Scalars(tag)` has the steps and
    values of one of them, in the order in which they were written. Loggers of different folders have nothing to do with
    one another.
    """

    def __init__(self, folder: str | Path) -> None:
        """Open the log.

        Args:
            folder: where to write; it is made if it does not exist, with the folders above it. It holds no log yet.
        """
        # TODO: Open a SummaryWriter for that folder.
        raise NotImplementedError('Logger is not written yet: read "A log that TensorBoard reads" in assignments/lesson_3_6/README.md')

    def scalar(self, tag: str, value: float | torch.Tensor, step: int) -> None:
        """Write one number.

        Args:
            tag: the curve that it belongs to, such as "loss/train"; letters, digits, `/`, `_` and `.`.
            value: a Python number, or a 0-D tensor of float32 or float64, on any device, with or without a graph. It is
                stored in float32.
            step: its place along x, 0 or more. The steps of a tag go up, by 1 or by more.
        """
        # TODO: Hand all three to the writer.
        raise NotImplementedError('Logger is not written yet: read "A log that TensorBoard reads" in assignments/lesson_3_6/README.md')

    def close(self) -> None:
        """Bring everything to disk, and end the log. To close once more does no harm."""
        # TODO: Close the writer.
        raise NotImplementedError('Logger is not written yet: read "A log that TensorBoard reads" in assignments/lesson_3_6/README.md')

    def __enter__(self) -> Logger:
        """Return the logger itself, at the start of a `with` block."""
        # TODO: Return what stands behind `as`.
        raise NotImplementedError('Logger is not written yet: read "A log that TensorBoard reads" in assignments/lesson_3_6/README.md')

    def __exit__(self, *exception: Any) -> None:
        """Close the log at the end of a `with` block; an exception that ended the block goes on."""
        # TODO: Close.
        raise NotImplementedError('Logger is not written yet: read "A log that TensorBoard reads" in assignments/lesson_3_6/README.md')


# %%
def plot_dashboard(history: dict[str, list[float]]) -> Figure:
    """Return a new figure with two panels: the losses in one, the accuracy in the other.

    Example: the validation losses 2.1, 1.2, 0.9, 1.0, 1.1 have their best epoch at 2, which is marked in both panels.

    Details:

    - The panels are two axes in two different places (not two scales in one place, as `twinx` makes them).
    - The loss panel has the training and the validation loss as lines (by `plot`, `semilogy` or the like), which differ in
      colour, in style or in marker. A legend in it names them: its entry for the training loss has the word "train" in it,
      and the one for the validation loss the word "validation", in small letters or capitals.
    - The accuracy panel has the accuracy as a line, and neither of the losses. Its title or its label along y has the word
      "accuracy" in it.
    - Along x are the epochs, counted from 0.
    - The best epoch is marked in *both* panels, at its place along x: by a vertical line (`axvline`, `vlines` or `plot`), or
      by a point (`plot` or `scatter`). The best epoch is the one with the lowest validation loss; the first of them, if
      several share it. No other epoch is marked so.
    - Both panels have a label along x and a label along y.
    - Do not call `plt.show()`.

    Scales, colours and whatever else you add are yours.

    Args:
        history: one number for each epoch, under the keys "train" and "validation" (losses, above 0) and "accuracy" (on the
            validation samples, from 0 to 1): three lists of Python floats, equally long, 2 epochs or more. They stay as
            they are.

    Returns:
        The matplotlib `Figure`; every call makes a new one.
    """
    # TODO: Draw the losses left and the accuracy right, mark the best epoch in both, add labels and a legend.
    raise NotImplementedError('plot_dashboard is not written yet: read "The dashboard" in assignments/lesson_3_6/README.md')
