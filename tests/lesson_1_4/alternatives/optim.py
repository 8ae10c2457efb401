"""A matrix product for the grid, `torch.optim` for the walk, lines and contours over a filled contour."""

import matplotlib.pyplot as plt
import torch
from torch import nn


def create_data(n_samples, generator):
    """Fill an empty tensor."""
    x = torch.linspace(-3, 3, n_samples).to(generator.device)
    noise = torch.empty_like(x).normal_(mean=0.0, std=1.0, generator=generator)
    y = torch.add(torch.add(torch.mul(x, 2), 1), noise, alpha=0.5)
    return x, y


def loss_grid(x, y, w_range, b_range):
    """Each candidate is a row (w, b), each sample a column (x, 1)."""
    candidates = torch.cartesian_prod(w_range, b_range)
    design = torch.stack([x, torch.ones_like(x)])
    losses = torch.einsum("ks->k", (candidates @ design - y).pow(2)) / x.numel()
    size = (w_range.shape[0], b_range.shape[0])
    return candidates[:, 0].reshape(size), candidates[:, 1].reshape(size), losses.reshape(size)


def loss_curve(x, y, w_range, b):
    """Broadcast samples against weights, samples first."""
    errors = x[:, None] * w_range[None, :] + b - y[:, None]
    return errors.square().sum(0) / len(x)


def grid_minimum(W, B, L):
    """Find the places of the lowest loss, take the first."""
    i, j = torch.nonzero(L == torch.min(L))[0]
    return W[i, j].clone(), B[i, j].clone(), L.min()


def gradient_descent_steps(x, y, w_start, b_start, lr, steps):
    """Plain SGD on two parameters."""
    w, b = (nn.Parameter(torch.as_tensor(v, dtype=x.dtype).to(x.device)) for v in (w_start, b_start))
    optimizer = torch.optim.SGD([w, b], lr=lr)
    path = []
    while True:
        path.append((w.item(), b.item()))
        if len(path) > steps:
            return path
        optimizer.zero_grad()
        nn.functional.mse_loss(w * x + b, y).backward()
        optimizer.step()


def plot_loss_surface(W, B, L):
    """Draw the transposed tables, which is the same surface, and its shadow below."""
    w, b, loss = (values.T.cpu().numpy() for values in (W, B, L))
    fig = plt.figure()
    ax = fig.add_subplot(1, 1, 1, projection="3d")
    ax.plot_surface(w, b, loss, alpha=0.7)
    ax.contour(w, b, loss, offset=float(loss.min()))
    ax.set(xlabel="w (weight)", ylabel="b (bias)", zlabel="L")
    ax.view_init(30, 60)
    return fig


def plot_descent_path(W, B, L, path):
    """Draw from the two ranges and the transposed losses."""
    fig, ax = plt.subplots(figsize=(5, 4))
    w, b = W[:, 0].cpu().numpy(), B[0].cpu().numpy()
    cs = ax.contourf(w, b, L.T.cpu().numpy(), 8, cmap="magma")
    ax.contour(cs, colors="white", linewidths=0.4)
    plt.colorbar(cs, ax=ax)
    xs, ys = zip(*path, strict=True)
    ax.plot(xs, ys, marker=".", label="path")
    ax.plot(xs[0], ys[0], marker="o", linestyle="none", label="start")
    ax.plot([xs[-1]], [ys[-1]], "X", label="end")
    ax.legend(loc="upper right")
    ax.set(title="Descent", xlabel="slope w", ylabel="intercept b")
    return fig


def descent_frames(W, B, L, path):
    """Cut the path by slices."""
    return [plot_descent_path(W, B, L, path[: stop + 1]) for stop, _ in enumerate(path)]
