"""Every step of the page on a line of its own, with dictionaries for caches."""

import math

import matplotlib.pyplot as plt
import torch
from torch import nn


def gradient_norms(model):
    norms = {}
    for name, parameter in model.named_parameters():
        gradient = parameter.grad
        if gradient is None:
            norms[name] = 0.0
        else:
            norms[name] = math.sqrt(float((gradient.double() ** 2).sum()))
    return norms


def batch_norm(x, gamma, beta, running, training, momentum=0.1, eps=1e-5):
    if not training:
        mean, variance = running
        s = torch.sqrt(variance + eps)
        return (x - mean) / s * gamma + beta, running, None
    N = x.shape[0]
    if N == 1:
        raise ValueError("there is only one row")
    mu = x.sum(dim=0) / N
    centred = x - mu
    squares = (centred * centred).sum(dim=0)
    v = squares / N
    s = torch.sqrt(v + eps)
    x_hat = centred / s
    new_mean = running[0] * (1 - momentum) + mu * momentum
    new_variance = running[1] * (1 - momentum) + squares / (N - 1) * momentum
    cache = {"N": N, "centred": centred, "s": s, "x_hat": x_hat, "gamma": gamma}
    return x_hat * gamma + beta, (new_mean, new_variance), cache


def batch_norm_backward(dy, cache):
    N, centred, s, x_hat = cache["N"], cache["centred"], cache["s"], cache["x_hat"]
    dgamma = torch.sum(dy * x_hat, dim=0)
    dbeta = torch.sum(dy, dim=0)
    dx_hat = dy * cache["gamma"]
    dv = torch.sum(dx_hat * centred, dim=0) * -0.5 * s**-3
    dmu = torch.sum(dx_hat * (-1 / s), dim=0) + dv * torch.mean(-2 * centred, dim=0)
    dx = dx_hat / s + dv * 2 * centred / N + dmu / N
    return dx, dgamma, dbeta


def layer_norm(x, gamma, beta, eps=1e-5):
    D = x.shape[1]
    mu = x.sum(dim=1, keepdim=True) / D
    centred = x - mu
    v = (centred * centred).sum(dim=1, keepdim=True) / D
    s = torch.sqrt(v + eps)
    x_hat = centred / s
    return x_hat * gamma + beta, {"D": D, "centred": centred, "s": s, "x_hat": x_hat, "gamma": gamma}


def layer_norm_backward(dy, cache):
    D, centred, s = cache["D"], cache["centred"], cache["s"]
    dx_hat = dy * cache["gamma"]
    dv = (dx_hat * centred).sum(dim=1, keepdim=True) * -0.5 * s**-3
    dmu = (-dx_hat / s).sum(dim=1, keepdim=True)
    dx = dx_hat / s + dv * 2 * centred / D + dmu / D
    return dx, (dy * cache["x_hat"]).sum(dim=0), dy.sum(dim=0)


class ResidualBlock(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.inner = nn.Linear(dim, dim)
        self.outer = nn.Linear(dim, dim)

    def forward(self, x):
        correction = self.inner(x)
        correction = correction.clamp(min=0)
        correction = self.outer(correction)
        return correction + x


def clip_by_global_norm_(params, max_norm):
    params = list(params)
    total = None
    for parameter in params:
        if parameter.grad is not None:
            squares = (parameter.grad**2).sum()
            total = squares if total is None else total + squares
    if total is None:
        return torch.tensor(0.0)
    norm = total.sqrt()
    if norm > max_norm:
        for parameter in params:
            if parameter.grad is not None:
                parameter.grad *= max_norm / norm
    return norm


def depth_experiment(depths, residual, norm, seed):
    if norm is not None and norm != "batch" and norm != "layer":
        raise ValueError("unknown norm")
    ratios = {}
    for depth in depths:
        generator = torch.Generator()
        generator.manual_seed(seed * 1000 + depth)
        weights = []
        for _ in range(depth):
            W = torch.randn(16, 16, generator=generator, dtype=torch.float64) / 4
            weights.append(W.requires_grad_())
        h = torch.randn(64, 16, generator=generator, dtype=torch.float64)
        for W in weights:
            z = h @ W.T
            if norm == "batch":
                z = (z - z.mean(dim=0)) / (z.var(dim=0, correction=0) + 1e-5).sqrt()
            if norm == "layer":
                z = (z - z.mean(dim=1, keepdim=True)) / (z.var(dim=1, correction=0, keepdim=True) + 1e-5).sqrt()
            out = torch.sigmoid(z)
            if residual:
                out = out + h
            h = out
        gradients = torch.autograd.grad((h * h).mean(), weights)
        ratios[depth] = gradients[0].norm().item() / gradients[-1].norm().item()
    return ratios


def plot_depth(results):
    fig = plt.figure()
    ax = fig.add_subplot()
    ax.set_yscale("log")
    for name in results:
        pairs = sorted(results[name].items())
        ax.plot([pair[0] for pair in pairs], [pair[1] for pair in pairs], label=name)
    ax.axhline(1, color="grey", linestyle=":")
    ax.set(xlabel="layers", ylabel="ratio", title="what is left")
    ax.legend()
    return fig
