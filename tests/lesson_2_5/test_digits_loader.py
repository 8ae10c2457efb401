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


def epoch(loader):
    """Return the batches of one epoch, each as a tuple."""
    return [tuple(batch) for batch in loader]


@pytest.mark.exercise("digits_loader")
@pytest.mark.parametrize("batch_size", [3, 1, 20])
def test_test_split_comes_in_file_order(lesson, rng, tmp_path, batch_size):
    """With `train=False` the test split comes in file order, in every epoch, as normalized images and int64 labels."""
    write_digits(tmp_path, rng, 5, 7)
    loader = lesson.digits_loader(tmp_path, train=False, batch_size=batch_size)
    return {"first epoch": epoch(loader), "second epoch": epoch(loader)}


@pytest.mark.exercise("digits_loader")
@pytest.mark.weight(0.5)
def test_a_data_loader_comes_back(lesson, rng, tmp_path):
    """What comes back is a `torch.utils.data.DataLoader`."""
    write_digits(tmp_path, rng, 3, 2)
    loader = lesson.digits_loader(tmp_path, train=False, batch_size=2)
    return {"what the loader is": probes.kind(loader, DataLoader), "an epoch": epoch(loader)}


@pytest.mark.exercise("digits_loader")
@pytest.mark.check("training_split_is_shuffled")
@pytest.mark.weight(2)
def test_training_split_is_shuffled_anew_every_epoch(lesson, rng, tmp_path):
    """With `train=True` the training split comes whole, every sample once, in a new random order every epoch."""
    write_digits(tmp_path, rng, 18, 9)
    loader = lesson.digits_loader(tmp_path, train=True, batch_size=7)
    return {"first epoch": epoch(loader), "second epoch": epoch(loader)}


@pytest.mark.exercise("digits_loader")
def test_real_digits_lie_between_minus_one_and_one(lesson, rng, data):
    """The files of `datasets/digits` become float32 images from -1 to 1; the root may be a string."""
    batch_size = int(torch.randint(5, 60, (1,), generator=rng))
    loader = lesson.digits_loader(str(data / "digits"), train=False, batch_size=batch_size)
    return {"batches": len(loader), "the first batch": tuple(next(iter(loader)))}


@pytest.mark.exercise("digits_loader")
@pytest.mark.parametrize("missing", NAMES)
@pytest.mark.parametrize("train", [True, False])
@pytest.mark.weight(0.25)
def test_a_missing_file_raises_and_nothing_is_downloaded(lesson, rng, tmp_path, missing, train):
    """If any of the four files is missing, an error is raised; nothing is downloaded and nothing is written."""
    raw = write_digits(tmp_path, rng, 4, 4)
    content = (raw / missing).read_bytes()
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
    (raw / missing).write_bytes(content)
    return {
        f"without {missing}": happened,
        "downloads tried": tried,
        "files afterwards": files,
        "with all four files": epoch(lesson.digits_loader(tmp_path, train=False, batch_size=2)),
    }
