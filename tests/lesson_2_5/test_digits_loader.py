"""Hidden scenarios of `digits_loader`: IDX files written here, whose splits differ, and the digits of `datasets/`."""

import struct

import pytest
import torch
from torch.utils.data import DataLoader
from torchvision.datasets import MNIST

from autograder.worker import probes

NAMES = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
]


def write_idx(path, array):
    """Write bytes as an IDX file: magic number, sizes, data."""
    header = struct.pack(f">HBB{array.ndim}I", 0, 0x08, array.ndim, *array.shape)
    path.write_bytes(header + array.numpy().tobytes())


def write_digits(root, rng, n_train, n_test):
    """Write the four files; the first pixel of an image is its number in its split, the second tells the split."""
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for split, n, mark in [("train", n_train, 40), ("t10k", n_test, 200)]:
        images = torch.randint(0, 256, (n, 28, 28), generator=rng, dtype=torch.uint8)
        images[:, 0, 0] = torch.arange(n, dtype=torch.uint8)
        images[:, 0, 1] = mark
        labels = torch.randint(0, 10, (n,), generator=rng, dtype=torch.uint8)
        write_idx(raw / f"{split}-images-idx3-ubyte", images)
        write_idx(raw / f"{split}-labels-idx1-ubyte", labels)
    return raw


def sorted_epoch(loader):
    """Return one epoch's images and labels, put in file order, and the order in which they came."""
    images, labels = (torch.cat(parts) for parts in zip(*loader, strict=True))
    order = torch.argsort(images[:, 0, 0, 0])
    return images[order], labels[order], order.tolist()


@pytest.mark.exercise("digits_loader")
@pytest.mark.parametrize("batch_size", [3, 1, 20])
def test_test_split_comes_in_file_order(lesson, rng, tmp_path, batch_size):
    """With `train=False` the test split comes in file order, in every epoch, as normalized images and int64 labels."""
    write_digits(tmp_path, rng, 5, 7)
    loader = lesson.digits_loader(tmp_path, train=False, batch_size=batch_size)
    first = [(images, labels) for images, labels in loader]
    return {"loader": isinstance(loader, DataLoader), "first": first, "labels again": [labels for _, labels in loader]}


@pytest.mark.exercise("digits_loader")
@pytest.mark.weight(2)
def test_training_split_is_shuffled_anew_every_epoch(lesson, rng, tmp_path):
    """With `train=True` the training split comes whole, every sample once, in a new random order every epoch."""
    write_digits(tmp_path, rng, 18, 9)
    loader = lesson.digits_loader(tmp_path, train=True, batch_size=7)
    sizes = [len(labels) for _, labels in loader]
    images, labels, first = sorted_epoch(loader)
    _, _, second = sorted_epoch(loader)
    return {
        "sizes": sizes,
        "images": images,
        "labels": labels,
        "in file order": first == sorted(first),
        "same order twice": first == second,
    }


@pytest.mark.exercise("digits_loader")
def test_real_digits_lie_between_minus_one_and_one(lesson, data):
    """The files of `datasets/digits` become float32 images from -1 to 1; the root may be a string."""
    loader = lesson.digits_loader(str(data / "digits"), train=False, batch_size=12)
    images, labels = next(iter(loader))
    return {
        "batches": len(loader),
        "images": images,
        "labels": labels,
        "range": (float(images.min()), float(images.max())),
    }


@pytest.mark.exercise("digits_loader")
@pytest.mark.parametrize("missing", NAMES)
@pytest.mark.parametrize("train", [True, False])
@pytest.mark.weight(0.25)
def test_a_missing_file_raises_and_nothing_is_downloaded(lesson, rng, tmp_path, missing, train):
    """If any of the four files is missing, an error is raised; nothing is downloaded and nothing is written."""
    raw = write_digits(tmp_path, rng, 4, 4)
    (raw / missing).unlink()
    tried = []
    original = MNIST.download
    MNIST.download = lambda *_: tried.append("download")
    try:
        happened = probes.raised(
            (RuntimeError, FileNotFoundError),
            lambda: next(iter(lesson.digits_loader(tmp_path, train=train, batch_size=2))),
        )
    finally:
        MNIST.download = original
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    return {"happened": happened, "tried": tried, "files": files}
