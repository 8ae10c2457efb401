# %%
"""Lesson 2.5: mini-batching and data pipelines.

The page of this lesson, README.md, explains every idea and works an example for every exercise.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms
from torchvision.datasets import MNIST

# %%
# --- Exercise 1 · A dataset and its batches ---


class ToyDataset(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Points near the line y = 3x + 1, one sample a row.

    Example: `ToyDataset(5, seed=0)` has the features -2, -1, 0, 1, 2, and `dataset[-1][0]` is `tensor([2.])`.

    Details:

    The features are evenly spaced on [-2, 2], both ends included. The targets are `y = 3x + 1 + 0.5 * z`, where each
    `z` is drawn once from the standard normal distribution. The draws are fixed by `seed`: the same seed gives the same
    targets, another seed gives others, and reading a sample twice gives the same numbers. PyTorch's global generator
    stays as it was. In which order the numbers are drawn is left open, and so are the names of your attributes.
    """

    def __init__(self, n_samples: int, seed: int) -> None:
        """Make the data.

        Args:
            n_samples: how many samples, at least 2.
            seed: fixes the noise.
        """
        # TODO: Make the features, draw the noise once from a generator of your own, and keep both.
        raise NotImplementedError('ToyDataset is not written yet: read "A Dataset answers two questions" in assignments/lesson_2_5/README.md')

    def __len__(self) -> int:
        """Return the number of samples."""
        # TODO: Count the samples.
        raise NotImplementedError('ToyDataset is not written yet: read "A Dataset answers two questions" in assignments/lesson_2_5/README.md')

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return one sample.

        Args:
            index: from 0 to `len(self) - 1`, or from -1 (the last sample) down to `-len(self)` (the first).

        Returns:
            The tuple `(x, y)`, two float32 tensors of shape `(1,)` on the CPU.

        Raises:
            IndexError: for any other index.
        """
        # TODO: Look up the sample's feature and target.
        raise NotImplementedError('ToyDataset is not written yet: read "A Dataset answers two questions" in assignments/lesson_2_5/README.md')


# %%
def make_loader(dataset: Dataset[Any], batch_size: int, shuffle: bool, seed: int) -> DataLoader[Any]:
    """Return a DataLoader that serves every sample of `dataset` once an epoch, in batches.

    Example: 10 samples and `batch_size=4` give batches of 4, 4 and 2 samples.

    Details:

    One walk through the loader (`for batch in loader`) is an epoch, and a loader can be walked through again and again.
    Every batch has `batch_size` samples except the last, which has what is left over; it is kept.

    With `shuffle`, every epoch has a new random order. `seed` alone fixes the orders: two loaders made with the same
    seed go through the same orders, epoch by epoch; another seed gives other orders. The state of PyTorch's global
    generator makes no difference, and you never seed that generator. Which orders they are is left open.

    Args:
        dataset: anything with `len(dataset)` and `dataset[i]`, on any device.
        batch_size: samples in a batch, at least 1; it may be larger than the dataset.
        shuffle: whether to mix the samples anew every epoch. Without it they come in the dataset's own order.
        seed: fixes the random orders; without `shuffle` it makes no difference.

    Returns:
        A `torch.utils.data.DataLoader` that stacks samples as DataLoaders do: tensors of shape `(1,)` become `(B, 1)`.
    """
    # TODO: Give the DataLoader a generator of its own.
    raise NotImplementedError('make_loader is not written yet: read "The DataLoader" in assignments/lesson_2_5/README.md')


# %%
def manual_batches(
    X: torch.Tensor, y: torch.Tensor, batch_size: int, order: torch.Tensor | list[int]
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield the batches of one epoch, by slicing.

    Example: five rows, the order `[3, 0, 4, 1, 2]` and `batch_size=2`: first come the rows 3 and 0, last row 2 alone.

    Details:

    The rows come in the order that `order` says: the first batch holds the rows `order[0]`, …, `order[batch_size - 1]`,
    the next batch the next rows, and so on to the end. The last batch may be shorter; no batch is empty.
    A `DataLoader` would do the same; here you do it by hand. The arguments stay as they are.

    Args:
        X: features, `(N, D)` with N at least 1, any dtype.
        y: targets, `(N, 1)`; row i belongs to row i of `X`.
        batch_size: rows in a batch, at least 1; it may be larger than N.
        order: each row number from 0 to N - 1 once, as a list of ints or as an int64 tensor `(N,)` where `X` is.

    Returns:
        An iterator (the function uses `yield`) of tuples `(X_batch, y_batch)`, `(B, D)` and `(B, 1)`, with the dtypes
        and on the device of `X` and `y`.
    """
    # TODO: Walk along the order in pieces, and take the rows of each piece.
    raise NotImplementedError('manual_batches is not written yet: read "Cutting batches by hand" in assignments/lesson_2_5/README.md')

# %%
# --- Exercise 2 · Training on batches ---


def train(loader: DataLoader[Any], model: nn.Module, lr: float, epochs: int) -> list[float]:
    """Train `model` in place with plain stochastic gradient descent on the mean squared error.

    Example: the page's three samples, two to a batch, from `w = b = 0` with `lr=0.1`: one epoch returns `[3.2533]`.

    Details:

    Walk through the loader once an epoch. For every batch: predict, take the batch's loss (the mean of the squared
    errors over all elements of the batch), clear the gradients, back-propagate, and update every parameter once by
    `parameter - lr * gradient`: no momentum, no weight decay.

    The loss of an epoch is the mean over its *samples* of the losses that the batches had before their own update: a
    short last batch counts for as many samples as it has. `torch.optim.SGD`, `nn.MSELoss` and the like are allowed.

    Args:
        loader: a DataLoader of batches `(X, y)`, `(B, D)` and `(B, K)`, on the model's device and of its dtype.
        model: maps `(B, D)` to `(B, K)`; it has no dropout and no batch normalization; train all its parameters.
        lr: the learning rate.
        epochs: how many epochs, 0 or more.

    Returns:
        The loss of each epoch, a list of `epochs` Python floats: tensors would keep the graph alive.
    """
    # TODO: Write the training loop, and weigh each batch's loss by its number of samples.
    raise NotImplementedError('train is not written yet: read "The loss of an epoch" in assignments/lesson_2_5/README.md')


# %%
def compare_batch_sizes(
    dataset: Dataset[Any], sizes: list[int], epochs: int, lr: float, seed: int
) -> dict[int, list[float]]:
    """Train one `nn.Linear(1, 1)` for each batch size, all from the same start, and return how their losses went.

    Example: with `lr=0.0` nothing moves, so all sizes report the same losses.

    Details:

    Each size gets a model of its own and a loader of its own that shuffles, so that every epoch has a new random order, and
    is trained as `train` does. All models have the same weight and bias at the start, whatever the size. Which start that
    is, and which orders they are, is left open. But `seed` fixes both, and another seed gives other orders: calling again
    gives the same losses, and the losses of a size do not depend on
    the other sizes in the list. You may call `torch.manual_seed(seed)`.

    Args:
        dataset: samples `(x, y)`, float32 tensors of shape `(1,)` on the CPU.
        sizes: different batch sizes, each at least 1; a size may be larger than the dataset.
        epochs: how many epochs each model is trained.
        lr: the learning rate of every model, 0 or more.
        seed: fixes the start and the orders.

    Returns:
        `{size: losses}`, a dict with the keys in the order of `sizes`; each value is a list of `epochs` floats.
    """
    # TODO: Make one start, and give every batch size a fresh copy of it.
    raise NotImplementedError('compare_batch_sizes is not written yet: read "A fair comparison of batch sizes" in assignments/lesson_2_5/README.md')

# %%
# --- Exercise 3 · Scaled features, and images ---


class StandardizedToyDataset(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """The samples of `ToyDataset(n_samples, seed)` with standardized features.

    Example: five samples have the features -1.2649, -0.6325, 0, 0.6325, 1.2649.

    Details:

    All features together have mean 0 and standard deviation 1 (divide by n - 1, as `torch.std` does). The
    targets are exactly those of `ToyDataset(n_samples, seed)`. Length, indexing, `IndexError`, dtype and shapes are as
    in `ToyDataset`. PyTorch's global generator stays as it was.

    Attributes:
        x_mean: the mean of the features before they were standardized, a float or a tensor with one element.
        x_std: their standard deviation, a float or a tensor with one element.
    """

    def __init__(self, n_samples: int, seed: int) -> None:
        """Make the data.

        Args:
            n_samples: how many samples, at least 2.
            seed: fixes the noise.
        """
        # TODO: Keep the toy data, and the statistics of all its features.
        raise NotImplementedError('StandardizedToyDataset is not written yet: read "Standardizing inside the dataset" in assignments/lesson_2_5/README.md')

    def __len__(self) -> int:
        """Return the number of samples."""
        # TODO: Count the samples.
        raise NotImplementedError('StandardizedToyDataset is not written yet: read "Standardizing inside the dataset" in assignments/lesson_2_5/README.md')

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the tuple `(x, y)` of one sample, x standardized and y as it was; see `ToyDataset`."""
        # TODO: Standardize the feature, and only the feature.
        raise NotImplementedError('StandardizedToyDataset is not written yet: read "Standardizing inside the dataset" in assignments/lesson_2_5/README.md')

    def inverse(self, x: torch.Tensor) -> torch.Tensor:
        """Return standardized features in their old units, between -2 and 2 again for the features of this dataset.

        Args:
            x: standardized features, float32, `(1,)` or `(B, 1)`, on the CPU; it is not changed.
        """
        # TODO: Undo the division, then the subtraction.
        raise NotImplementedError('StandardizedToyDataset is not written yet: read "Standardizing inside the dataset" in assignments/lesson_2_5/README.md')


# %%
def digits_loader(root: str | Path, train: bool, batch_size: int) -> DataLoader[Any]:
    """Return a DataLoader of handwritten digits, read from the IDX files that lie below `root`.

    Example: `digits_loader("datasets/digits", train=False, batch_size=4)` has 125 batches.

    Details:

    Use torchvision's `MNIST`, which finds `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
    `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte` in the folder `root/MNIST/raw`. All four must lie there.
    Nothing is ever downloaded and nothing is written, also when files are missing.

    `ToTensor` turns the grey levels 0 to 255 into 0 to 1, and `Normalize((0.5,), (0.5,))` turns those into -1 to 1.

    Args:
        root: the folder that holds the folder `MNIST`.
        train: True for the training split, in a new random order every epoch; False for the test split, in file order.
        batch_size: images in a batch, at least 1; the last batch may be shorter and is kept.

    Returns:
        A `torch.utils.data.DataLoader` of batches `(images, labels)`: float32 `(B, 1, 28, 28)` and int64 `(B,)`, on the
        CPU. The random order is left open, and need not be reproducible.

    Raises:
        RuntimeError: torchvision's own, if any of the four files is missing; `FileNotFoundError` is right as well.
    """
    # TODO: Compose the two transforms, open the right split, and shuffle only for training.
    raise NotImplementedError('digits_loader is not written yet: read "Images from IDX files" in assignments/lesson_2_5/README.md')

# %%
# --- Exercise 4 · On the way to the model ---


def to_device(batch: Any, device: torch.device | str) -> Any:
    """Return `batch` with every tensor in it on `device`.

    Example: `to_device({"x": x, "rest": [y, "a.png"]}, device)` is a dict with the same keys; both tensors have moved.

    Details:

    Args:
        batch: a tensor, or tuples, lists and dicts of tensors, nested in any way, empty ones included. What is neither
            a tensor nor one of these three (a string, a number, None) stays as it is. Types derived from the three,
            such as a namedtuple, are not asked for.
        device: any device of PyTorch, as a `torch.device` or by its name.

    Returns:
        The same nesting: a tuple for a tuple, a list for a list, a dict with the same keys in the same order for a
        dict. Tensors keep dtype, shape and values. A tensor that is on `device` already is not copied: it is the same
        object. `batch` itself is not changed.
    """
    # TODO: Move a tensor; go into a tuple, a list or a dict; leave anything else alone.
    raise NotImplementedError('to_device is not written yet: read "Moving a batch to a device" in assignments/lesson_2_5/README.md')


# %%
def plot_batch(images: torch.Tensor, labels: torch.Tensor) -> Figure:
    """Draw the first eight images of a batch, two rows of four, each with its label as title.

    Example: three images give eight axes: three with a picture and its label, five empty.

    Details:

    The figure always has exactly eight axes, in reading order: left to right, the upper row first. Where there are
    fewer than eight images, the last axes stay empty, without image and title. Every axes has its lines switched off,
    the empty ones too (`ax.axis("off")`).

    Draw with `imshow`, upright. The images are normalized, from -1 to 1, and no grey level may be cut off: shift them
    back to 0 to 1, or let the colour scale cover their range. It covers no more than that, or the picture is pale or dark,
    and its upper end stands for the largest values, or black and white are exchanged. Which colours the scale has is left
    open. `plt.show()` is not called, and the arguments stay as they are.

    Args:
        images: `(B, 1, H, W)`, B at least 1, floats from -1 to 1, on any device.
        labels: `(B,)`, int64, on any device. The title holds the label as a whole number, such as "7" or "label 7".

    Returns:
        The `Figure`.
    """
    # TODO: Fill a 2 by 4 grid of axes, one image at a time.
    raise NotImplementedError('plot_batch is not written yet: read "Looking at a batch" in assignments/lesson_2_5/README.md')
