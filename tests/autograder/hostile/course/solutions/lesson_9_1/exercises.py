"""Lesson 9.1: the reference. ANSWER-7f3kq9zWcXsolutions"""

from torch import Tensor

TOKEN = "ANSWER-7f3kq9zWcXsolutions"


def double(x: Tensor) -> Tensor:
    """Return a tensor with every value of `x` doubled."""
    return x * 2  # ANSWER-7f3kq9zWcXsolutions


def mean_of(x: Tensor) -> Tensor:
    """Return the mean of all values of `x` as a tensor without dimensions, by hand."""
    return x.sum() / x.numel()


def count(items: list[int]) -> list[list[int]]:
    """Return a list of `[item, how often it occurs]`, in the order in which the items occur first."""
    found: dict[int, int] = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
