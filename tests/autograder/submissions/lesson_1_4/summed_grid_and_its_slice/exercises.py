"""My solutions for lesson 1.4."""

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
    L = torch.sum(err * err, dim=2)
    return W, B, L


def loss_curve(x, y, w_range, b):
    # a slice is a grid with one bias
    _, _, L = loss_grid(x, y, w_range, torch.as_tensor(b, dtype=x.dtype, device=x.device).reshape(1))
    return L[:, 0]


def grid_minimum(W, B, L):
    k = torch.argmin(L.flatten()).item()
    n_cols = L.shape[1]
    i = k // n_cols
    j = k % n_cols
    return float(W[i, j]), float(B[i, j]), float(L[i, j])


def gradient_descent_steps(x, y, w_start, b_start, lr, steps):
    w = torch.tensor(float(w_start), dtype=x.dtype, device=x.device, requires_grad=True)
    b = torch.tensor(float(b_start), dtype=x.dtype, device=x.device, requires_grad=True)
    path = [(w.item(), b.item())]
    for step in range(steps):
        loss = torch.mean((w * x + b - y) ** 2)
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
        w.grad.zero_()
        b.grad.zero_()
        path.append((w.item(), b.item()))
    return path


def plot_loss_surface(W, B, L) -> Figure:
    fig = plt.figure(figsize=(7, 5))
    ax = fig.add_subplot(111, projection="3d")
    surf = ax.plot_surface(W.cpu().numpy(), B.cpu().numpy(), L.cpu().numpy(), cmap="viridis")
    fig.colorbar(surf, shrink=0.6)
    ax.set_xlabel("w")
    ax.set_ylabel("b")
    ax.set_zlabel("Loss")
    ax.set_title("Loss surface")
    return fig


def plot_descent_path(W, B, L, path) -> Figure:
    fig, ax = plt.subplots(figsize=(6, 5))
    cf = ax.contourf(W.cpu().numpy(), B.cpu().numpy(), L.cpu().numpy(), levels=40, cmap="viridis")
    fig.colorbar(cf, ax=ax, label="Loss")
    ws = [p[0] for p in path]
    bs = [p[1] for p in path]
    ax.plot(ws, bs, "r.-", label="path")
    ax.scatter([ws[0]], [bs[0]], color="white", edgecolor="black", zorder=5, label="start")
    ax.scatter([ws[-1]], [bs[-1]], color="red", marker="*", zorder=5, label="end")
    ax.set_xlabel("w")
    ax.set_ylabel("b")
    ax.legend()
    return fig


def descent_frames(W, B, L, path) -> list[Figure]:
    frames = []
    for i in range(len(path)):
        frames.append(plot_descent_path(W, B, L, path[: i + 1]))
    return frames
