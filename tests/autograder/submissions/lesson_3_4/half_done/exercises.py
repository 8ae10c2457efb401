"""Lesson 3.4, my solutions."""

from __future__ import annotations

import matplotlib.pyplot as plt
import torch
from torch import nn


def gradient_norms(model):
    result = {}
    for name, p in model.named_parameters():
        if p.grad is None:
            result[name] = 0.0
        else:
            result[name] = p.grad.pow(2).sum().sqrt().item()
    return result


def batch_norm(x, gamma, beta, running, training, momentum=0.1, eps=1e-5):
    running_mean, running_var = running
    if not training:
        return gamma * (x - running_mean) / torch.sqrt(running_var + eps) + beta, running, None
    N = len(x)
    if N < 2:
        raise ValueError("I need at least two rows")
    mean = x.mean(0)
    var = x.var(0, correction=0)
    std = torch.sqrt(var + eps)
    x_hat = (x - mean) / std
    running_mean = (1 - momentum) * running_mean + momentum * mean
    running_var = (1 - momentum) * running_var + momentum * x.var(0)
    return gamma * x_hat + beta, (running_mean, running_var), (x_hat, std, gamma)


def batch_norm_backward(dy, cache):
    # TODO: take off what goes through mean and variance
    raise NotImplementedError("not written yet")


def layer_norm(x, gamma, beta, eps=1e-5):
    mean = x.mean(1, keepdim=True)
    std = torch.sqrt(x.var(1, correction=0, keepdim=True) + eps)
    x_hat = (x - mean) / std
    return x_hat * gamma + beta, (x_hat, std, gamma)


def layer_norm_backward(dy, cache):
    # TODO: the same along the rows
    raise NotImplementedError("not written yet")


class ResidualBlock(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.layer1 = nn.Linear(dim, dim)
        self.layer2 = nn.Linear(dim, dim)

    def forward(self, x):
        return x + self.layer2(torch.relu(self.layer1(x)))


def clip_by_global_norm_(params, max_norm):
    grads = []
    for p in params:
        if p.grad is not None:
            grads.append(p.grad)
    if len(grads) == 0:
        return torch.tensor(0.0)
    total = torch.sqrt(sum((g**2).sum() for g in grads))
    if total > max_norm:
        for g in grads:
            g.mul_(max_norm / total)
    return total


def depth_experiment(depths, residual, norm, seed):
    # TODO: draw, go forward, go backward
    raise NotImplementedError("not written yet")


def plot_depth(results):
    # TODO: a line for each name
    raise NotImplementedError("not written yet")
