"""Write the IDX files of `datasets/digits/` from scikit-learn's digits.

Run it as `uv run python datasets/make_digits.py [FOLDER]`. It uses whole numbers only, so every
machine writes the same bytes.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

TRAIN = 1297  # the first rows; the other 500 are the test split
SIDE = 28
STEPS = 14  # the pixel centres of the large grid lie on multiples of 1/14 of a small pixel


def bilinear_weights(small: int) -> np.ndarray:
    """Return the `(28, small)` whole numbers, each row summing to 14, that stretch `small` pixels to 28."""
    weights = np.zeros((SIDE, small), dtype=np.int64)
    for i in range(SIDE):
        # The centre of large pixel i, in small pixels, is (i + 1/2) * 8/28 - 1/2 = (4i - 5) / 14.
        left, part = divmod(4 * i - 5, STEPS)
        weights[i, min(max(left, 0), small - 1)] += STEPS - part
        weights[i, min(max(left + 1, 0), small - 1)] += part
    return weights


def enlarge(images: np.ndarray) -> np.ndarray:
    """Return `(N, 28, 28)` bytes from 0 to 255 for `(N, 8, 8)` whole numbers from 0 to 16."""
    weights = bilinear_weights(images.shape[1])
    sums = weights @ images.astype(np.int64) @ weights.T
    whole = 16 * STEPS * STEPS
    return ((2 * 255 * sums + whole) // (2 * whole)).astype(np.uint8)


def write_idx(path: Path, array: np.ndarray) -> None:
    """Write an array of bytes as an IDX file: magic number, one size a dimension (big-endian), then the bytes."""
    header = struct.pack(f">HBB{array.ndim}I", 0, 0x08, array.ndim, *array.shape)
    path.write_bytes(header + array.astype(np.uint8).tobytes())


def main(folder: Path) -> None:
    """Write the four files below `folder`, where torchvision's `MNIST(folder)` looks for them."""
    digits = load_digits()
    images = enlarge(digits.images)
    labels = digits.target.astype(np.uint8)
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for name, rows in [("train", slice(None, TRAIN)), ("t10k", slice(TRAIN, None))]:
        write_idx(raw / f"{name}-images-idx3-ubyte", images[rows])
        write_idx(raw / f"{name}-labels-idx1-ubyte", labels[rows])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "digits")
