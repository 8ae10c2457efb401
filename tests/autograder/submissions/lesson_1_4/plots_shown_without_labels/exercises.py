"""1.4 plots"""

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
    figure = plt.figure()
    axes = figure.add_subplot(projection="3d")
    axes.plot_surface(W.cpu().numpy(), B.cpu().numpy(), L.cpu().numpy(), cmap="coolwarm")
    return figure


def plot_descent_path(W, B, L, path) -> Figure:
    figure, axes = plt.subplots()
    axes.contourf(W.cpu().numpy(), B.cpu().numpy(), L.cpu().numpy(), 20)
    axes.plot([w for w, b in path], [b for w, b in path], color="red")
    axes.plot(path[0][0], path[0][1], "wo")
    axes.plot(path[-1][0], path[-1][1], "w*")
    axes.set_xlabel("w")
    axes.set_ylabel("b")
    plt.show()
    return figure


def descent_frames(W, B, L, path) -> list[Figure]:
    figure, axes = plt.subplots()
    out = []
    for n in range(1, len(path) + 1):
        axes.cla()
        axes.contourf(W.cpu().numpy(), B.cpu().numpy(), L.cpu().numpy(), 20)
        axes.plot([w for w, b in path[:n]], [b for w, b in path[:n]], "r.-")
        out.append(figure)
    return out
