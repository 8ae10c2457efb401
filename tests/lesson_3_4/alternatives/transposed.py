"""One normalization for both directions, with the axis as an argument; closures for caches."""

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn import functional


def gradient_norms(model):
    return {
        name: torch.linalg.vector_norm(p.grad).item() if p.grad is not None else 0.0
        for name, p in model.named_parameters()
    }


def _normalize(x, axis, gamma, beta, eps):
    variance, mean = torch.var_mean(x, dim=axis, correction=0, keepdim=True)
    scale = (variance + eps).rsqrt()
    x_hat = (x - mean) * scale

    def back(dy):
        dx_hat = gamma * dy
        parts = torch.stack([dx_hat, dx_hat * x_hat]).mean(dim=axis + 1, keepdim=True)
        return scale * (dx_hat - parts[0] - x_hat * parts[1]), (dy * x_hat).sum(0), dy.sum(0)

    return torch.addcmul(beta, gamma, x_hat), back


def batch_norm(x, gamma, beta, running, training, momentum=0.1, eps=1e-5):
    mean, variance = running
    if training:
        if x.shape[0] < 2:
            raise ValueError("cannot take the variance of one row")
        y, back = _normalize(x, 0, gamma, beta, eps)
        return y, (mean.lerp(x.mean(0), momentum), variance.lerp(x.var(0), momentum)), back
    factor = gamma * (variance + eps).rsqrt()
    return (x - mean) * factor + beta, (mean.clone(), variance.clone()), ()


def batch_norm_backward(dy, cache):
    return cache(dy)


def layer_norm(x, gamma, beta, eps=1e-5):
    return _normalize(x, 1, gamma, beta, eps)


def layer_norm_backward(dy, cache):
    return cache(dy)


class ResidualBlock(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, dim))

    def forward(self, x):
        return torch.add(x, self.body(x))


def clip_by_global_norm_(params, max_norm):
    grads = [p.grad for p in params if p.grad is not None]
    if not grads:
        return torch.zeros([])
    norm = torch.cat([g.reshape(-1) for g in grads]).norm()
    if float(norm) > max_norm:
        torch._foreach_mul_(grads, max_norm / float(norm))
    return norm


class _Layer(nn.Module):
    def __init__(self, weight, residual, norm):
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.residual = residual
        self.norm = {"batch": nn.BatchNorm1d(16, affine=False), "layer": nn.LayerNorm(16)}.get(norm, nn.Identity())

    def forward(self, h):
        s = self.norm(functional.linear(h, self.weight)).sigmoid()
        return h + s if self.residual else s


def depth_experiment(depths, residual, norm, seed):
    if norm not in {"batch", "layer", None}:
        raise ValueError(norm)
    gen = torch.Generator().manual_seed(seed)
    batch = torch.randn(64, 16, generator=gen)
    ratios = {}
    for depth in depths:
        model = nn.Sequential(*[_Layer(torch.randn(16, 16, generator=gen) / 4, residual, norm) for _ in range(depth)])
        model(batch).square().mean().backward()
        ratios[depth] = (model[0].weight.grad.norm() / model[-1].weight.grad.norm()).item()
    return ratios


def plot_depth(results):
    fig, ax = plt.subplots(figsize=(5, 3))
    for name, ratios in results.items():
        depths, values = zip(*sorted(ratios.items()), strict=True)
        ax.semilogy(depths, values, "s--")
    ax.legend(list(results))
    ax.set_xlabel("depth")
    ax.set_ylabel("first / last")
    return fig
