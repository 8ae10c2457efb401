# %%
"""A small lesson."""

import torch


# %%
def double(x: torch.Tensor) -> torch.Tensor:
    """Return `2 * x`, a new tensor of x's shape and dtype, on x's device.

    Args:
        x: any tensor.
    """
    # BEGIN SOLUTION Multiply by two.
    return 2 * x
    # END SOLUTION


# %%
def batch_sizes(n: int, size: int) -> list[int]:
    """Return the sizes of the batches that n samples make, the short one last; `ValueError` if either is under 1.

    Args:
        n: how many samples, an int.
        size: how many of them make a whole batch, an int.
    """
    # BEGIN SOLUTION Count whole batches, then the rest.
    if n < 1 or size < 1:
        raise ValueError(f"n and size must be at least 1, not {n} and {size}")
    return [size] * (n // size) + [n % size] * (n % size > 0)
    # END SOLUTION


# %%
def average(x: torch.Tensor) -> torch.Tensor:
    """Return the mean of all elements, 0-D, on x's device; `torch.mean` is off limits.

    Args:
        x: any tensor with at least 1 element.
    """
    # BEGIN SOLUTION Sum and divide.
    return x.sum() / x.numel()
    # END SOLUTION
