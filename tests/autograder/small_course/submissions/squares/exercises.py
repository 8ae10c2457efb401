import torch


def double(x):
    return x * x


def batch_sizes(n, size):
    return [size] * (n // size)


def average(x):
    return torch.mean(x)
