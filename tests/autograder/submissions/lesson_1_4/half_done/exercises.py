"""Lesson 1.4, as far as I got"""

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure


def create_data(n_samples: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    dev = generator.device
    x = torch.linspace(-3.0, 3.0, n_samples, device=dev)
    eps = torch.randn(n_samples, generator=generator, device=dev)
    y = 2.0 * x + 1.0 + eps * 0.5
    return x, y


def loss_grid(x, y, w_range, b_range):
    W, B = torch.meshgrid(w_range, b_range, indexing="ij")
    pred = W[:, :, None] * x[None, None, :] + B[:, :, None]
    err = pred - y
    L = torch.mean(err * err, dim=2)
    return W, B, L


def loss_curve(x, y, w_range, b):
    pred = torch.outer(w_range, x) + b
    return torch.mean((pred - y) ** 2, dim=1)


def grid_minimum(W, B, L):
    k = torch.argmin(L.flatten()).item()
    n_cols = L.shape[1]
    i = k // n_cols
    j = k % n_cols
    return float(W[i, j]), float(B[i, j]), float(L[i, j])


def gradient_descent_steps(x, y, w_start, b_start, lr, steps):
    # TODO
    raise NotImplementedError("gradient_descent_steps is not written yet")


def plot_loss_surface(W, B, L):
    # TODO
    raise NotImplementedError("plot_loss_surface is not written yet")


def plot_descent_path(W, B, L, path):
    # TODO
    raise NotImplementedError("plot_descent_path is not written yet")


def descent_frames(W, B, L, path):
    # TODO
    raise NotImplementedError("descent_frames is not written yet")
