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
    var = x.var(0)
    std = torch.sqrt(var + eps)
    x_hat = (x - mean) / std
    running_mean = (1 - momentum) * running_mean + momentum * mean
    running_var = (1 - momentum) * running_var + momentum * var
    return gamma * x_hat + beta, (running_mean, running_var), (x_hat, std, gamma)


def batch_norm_backward(dy, cache):
    x_hat, std, gamma = cache
    dbeta = dy.sum(0)
    dgamma = (dy * x_hat).sum(0)
    # with gamma taken out of the bracket, the two means are dbeta / N and dgamma / N
    dx = gamma / std * (dy - dbeta / len(dy) - x_hat * dgamma / len(dy))
    return dx, dgamma, dbeta


def layer_norm(x, gamma, beta, eps=1e-5):
    mean = x.mean(1, keepdim=True)
    std = torch.sqrt(x.var(1, correction=0, keepdim=True) + eps)
    x_hat = (x - mean) / std
    return x_hat * gamma + beta, (x_hat, std, gamma)


def layer_norm_backward(dy, cache):
    x_hat, std, gamma = cache
    g = dy * gamma
    dx = (g - g.mean(1, keepdim=True) - x_hat * (g * x_hat).mean(1, keepdim=True)) / std
    return dx, (dy * x_hat).sum(0), dy.sum(0)


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
    if norm not in ("batch", "layer", None):
        raise ValueError("norm must be batch, layer or None")
    g = torch.Generator().manual_seed(seed)
    ratios = {}
    for depth in depths:
        h = torch.randn(64, 16, generator=g)
        Ws = [torch.randn(16, 16, generator=g) / 4 for _ in range(depth)]
        for W in Ws:
            W.requires_grad = True
            z = h @ W.T
            if norm == "batch":
                z = nn.BatchNorm1d(16)(z)
            if norm == "layer":
                z = nn.LayerNorm(16)(z)
            s = torch.sigmoid(z)
            if residual:
                h = h + s
            else:
                h = s
        loss = h.pow(2).mean()
        loss.backward()
        ratios[depth] = (Ws[0].grad.norm() / Ws[-1].grad.norm()).item()
    return ratios


def plot_depth(results):
    fig, ax = plt.subplots()
    for name in results:
        xs = sorted(results[name])
        ys = [results[name][x] for x in xs]
        ax.plot(xs, ys, "o-", label=name)
    ax.set_yscale("log")
    ax.set_xlabel("depth")
    ax.set_ylabel("first / last gradient")
    ax.legend()
    return fig
