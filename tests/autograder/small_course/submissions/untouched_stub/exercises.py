# %%
"""A small lesson."""

import torch


# %%
def double(x: torch.Tensor) -> torch.Tensor:
    """Return `2 * x`, a new tensor of x's shape and dtype, on x's device.

    Args:
        x: any tensor.
    """
    # TODO: Multiply by two.
    raise NotImplementedError('double is not written yet: read "Doubling" in assignments/lesson_9_1/README.md')


# %%
def batch_sizes(n: int, size: int) -> list[int]:
    """Return the sizes of the batches that n samples make, the short one last; `ValueError` if either is under 1.

    Args:
        n: how many samples, an int.
        size: how many of them make a whole batch, an int.
    """
    # TODO: Count whole batches, then the rest.
    raise NotImplementedError('batch_sizes is not written yet: read "Short batches" in assignments/lesson_9_1/README.md')


# %%
def average(x: torch.Tensor) -> torch.Tensor:
    """Return the mean of all elements, 0-D, on x's device; `torch.mean` is off limits.

    Args:
        x: any tensor with at least 1 element.
    """
    # TODO: Sum and divide.
    raise NotImplementedError('average is not written yet: read "Averaging" in assignments/lesson_9_1/README.md')
