"""The Jacobian of a normalization as a matrix for each column or row, and loops over them."""

import numpy as np
import torch
from matplotlib import pyplot
from torch import nn


def gradient_norms(model):
    found = dict.fromkeys((name for name, _ in model.named_parameters()), 0.0)
    found.update(
        (name, float(p.grad.square().sum() ** 0.5)) for name, p in model.named_parameters() if p.grad is not None
    )
    return found


def _one(numbers, eps):
    """Return the normalized numbers of one column or row, and the table of d x_hat / d x."""
    n = len(numbers)
    deviation = (numbers.var(correction=0) + eps) ** 0.5
    x_hat = (numbers - numbers.mean()) / deviation
    eye = torch.eye(n, dtype=numbers.dtype, device=numbers.device)
    return x_hat, (eye - 1 / n - torch.outer(x_hat, x_hat) / n) / deviation


def batch_norm(x, gamma, beta, running, training, momentum=0.1, eps=1e-5):
    mean, variance = running
    if training and len(x) < 2:
        raise ValueError
    if training:
        pairs = [_one(column, eps) for column in x.T]
        x_hat = torch.stack([pair[0] for pair in pairs], dim=1)
        slopes = torch.stack([pair[1] for pair in pairs])
        mean = mean + momentum * (x.mean(dim=0) - mean)
        variance = variance + momentum * (x.std(dim=0) ** 2 - variance)
        return x_hat * gamma + beta, (mean, variance), (x_hat, slopes, gamma)
    return gamma * (x - mean) / (variance + eps) ** 0.5 + beta, (mean, variance), "not used"


def batch_norm_backward(dy, cache):
    x_hat, slopes, gamma = cache
    dx = torch.einsum("dij,id->jd", slopes, dy * gamma)
    return dx, torch.einsum("nd,nd->d", dy, x_hat), torch.einsum("nd->d", dy)


def layer_norm(x, gamma, beta, eps=1e-5):
    pairs = [_one(row, eps) for row in x]
    x_hat = torch.stack([pair[0] for pair in pairs])
    return x_hat * gamma + beta, (x_hat, [pair[1] for pair in pairs], gamma)


def layer_norm_backward(dy, cache):
    x_hat, slopes, gamma = cache
    dx = torch.stack([table @ (blame * gamma) for table, blame in zip(slopes, dy, strict=True)])
    return dx, (dy * x_hat).sum(dim=0), dy.sum(dim=0)


class ResidualBlock(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim), nn.Linear(dim, dim)])
        for layer in self.layers:
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        first, second = self.layers
        z = first(x)
        return x + second(z * (z > 0))


def clip_by_global_norm_(params, max_norm):
    kept = [p for p in params if p.grad is not None]
    with torch.no_grad():
        norm = torch.as_tensor(sum(p.grad.square().sum() for p in kept), dtype=kept[0].grad.dtype if kept else None)
        norm = norm.float().sqrt() if not kept else norm.sqrt()
        for p in kept:
            p.grad.copy_(torch.where(norm > max_norm, p.grad * (max_norm / (norm + 1e-6)), p.grad))
    return norm


def _blame(depth, residual, norm, draw):
    h = draw(64, 16)
    weights = [(draw(16, 16) / 16**0.5).requires_grad_(True) for _ in range(depth)]
    for W in weights:
        z = torch.einsum("nd,hd->nh", h, W)
        if norm is not None:
            axis = {"batch": 0, "layer": 1}[norm]
            z = (z - z.mean(axis, keepdim=True)) / (z.var(axis, correction=0, keepdim=True) + 1e-5) ** 0.5
        h = torch.sigmoid(z) + (h if residual else 0)
    torch.autograd.backward(h.pow(2).sum() / h.numel())
    return float(weights[0].grad.norm()) / float(weights[-1].grad.norm())


def depth_experiment(depths, residual, norm, seed):
    if norm not in ["batch", "layer", None]:
        raise ValueError("norm should be batch, layer or None")
    g = torch.Generator()
    g.manual_seed(seed)
    return {depth: _blame(depth, residual, norm, lambda *shape: torch.randn(shape, generator=g)) for depth in depths}


def plot_depth(results):
    figure = pyplot.figure()
    for name, ratios in results.items():
        depths = np.array(sorted(ratios))
        pyplot.plot(depths, np.array([ratios[depth] for depth in depths]), marker="x", label=name)
    pyplot.yscale("log")
    pyplot.xlabel("how many layers")
    pyplot.ylabel("how much blame is left")
    pyplot.legend(loc="best")
    return figure
