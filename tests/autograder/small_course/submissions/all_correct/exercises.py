import torch


def double(x):
    return x + x


def batch_sizes(n, size):
    if min(n, size) < 1:
        raise ValueError("too small")
    return [min(size, n - start) for start in range(0, n, size)]


def average(x):
    total = torch.zeros((), dtype=x.dtype, device=x.device)
    for value in x.flatten():
        total = total + value
    return total / x.numel()
