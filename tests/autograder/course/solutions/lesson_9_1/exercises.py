# %%
"""A small lesson."""

import torch


# %%
def double(x: torch.Tensor) -> torch.Tensor:
    """Return `2 * x`, a new tensor of x's shape and dtype."""
    # BEGIN SOLUTION Multiply by two.
    return 2 * x
    # END SOLUTION


# %%
def batch_sizes(n: int, size: int) -> list[int]:
    """Return the sizes of the batches that n samples make, the short one last; `ValueError` if either is under 1."""
    # BEGIN SOLUTION Count whole batches, then the rest.
    if n < 1 or size < 1:
        raise ValueError(f"n and size must be at least 1, not {n} and {size}")
    return [size] * (n // size) + [n % size] * (n % size > 0)
    # END SOLUTION


# %%
def average(x: torch.Tensor) -> torch.Tensor:
    """Return the mean of all elements, 0-D; `torch.mean` is off limits."""
    # BEGIN SOLUTION Sum and divide.
    return x.sum() / x.numel()
    # END SOLUTION
