"""The bowl from the means of the data, `torch.func.grad`, triangulated drawings."""

import matplotlib.pyplot as plt
import numpy as np
import torch


def create_data(n_samples, generator):
    """Box and Muller's way from uniform to normal numbers."""
    u, v = torch.rand(2, n_samples, generator=generator, device=generator.device, dtype=torch.float64)
    noise = torch.sqrt(-2 * torch.log1p(-u)) * torch.cos(2 * torch.pi * v)
    x = torch.linspace(-3.0, 3.0, steps=n_samples, dtype=torch.float64, device=generator.device)
    y = 2 * x + 1 + noise / 2
    return x.float(), y.float()


def _bowl(x, y, w, b):
    """Expand the square, in float64 so that nothing is lost by cancellation."""
    x, y, w, b = (values.double() for values in (x, y, w, b))
    loss = (x * x).mean() * w * w + 2 * x.mean() * w * b + b * b - 2 * (x * y).mean() * w - 2 * y.mean() * b
    return loss + (y * y).mean()


def loss_grid(x, y, w_range, b_range):
    """Evaluate the bowl on the grid."""
    W = w_range[:, None].repeat(1, b_range.numel())
    B = b_range[None, :].repeat(w_range.numel(), 1)
    return W, B, _bowl(x, y, W, B).to(x.dtype)


def loss_curve(x, y, w_range, b):
    """Map one loss over the weights."""
    return torch.vmap(lambda w: torch.nn.functional.mse_loss(w * x + b, y))(w_range)


def grid_minimum(W, B, L):
    """Let numpy split the position."""
    losses = L.cpu().numpy()
    place = np.unravel_index(np.argmin(losses), losses.shape)
    return W[place], B[place], L[place]


def gradient_descent_steps(x, y, w_start, b_start, lr, steps):
    """Transform the loss function into the function of its slopes."""

    def loss(theta):
        return torch.mean((theta[0] * x + theta[1] - y) ** 2)

    slope = torch.func.grad(loss)
    places = [torch.tensor([w_start, b_start], dtype=x.dtype, device=x.device)]
    for _ in range(steps):
        places.append(places[-1] - lr * slope(places[-1]))
    return [(float(w), float(b)) for w, b in places]


def plot_loss_surface(W, B, L):
    """Draw triangles between the points."""
    fig, ax = plt.subplots(subplot_kw={"projection": "3d"}, figsize=(6, 5))
    surface = ax.plot_trisurf(*(values.detach().cpu().flatten().numpy() for values in (W, B, L)), cmap="plasma")
    fig.colorbar(surface)
    ax.set_xlabel("Weight")
    ax.set_ylabel("Bias")
    ax.set_zlabel("MSE")
    fig.suptitle("Loss")
    return fig


def plot_descent_path(W, B, L, path):
    """Scatter the path, arrows beside it."""
    fig = plt.figure(layout="constrained")
    ax = fig.gca()
    w, b, loss = (values.detach().cpu().flatten().double().numpy() for values in (W, B, L))
    ax.tricontourf(w, b, loss, levels=np.linspace(loss.min(), loss.max(), 40))
    points = np.asarray(path).reshape(-1, 2)
    ax.scatter(points[:, 0], points[:, 1], s=8, color="white")
    for before, after in zip(points[:-1], points[1:], strict=True):
        ax.annotate("", xy=after, xytext=before, arrowprops={"arrowstyle": "->"})
    ax.scatter(points[:1, 0], points[:1, 1], marker="s", label="start")
    ax.scatter(points[-1:, 0], points[-1:, 1], marker="X", label="end")
    ax.legend()
    ax.set_xlabel("Weight")
    ax.set_ylabel("Bias")
    return fig


def descent_frames(W, B, L, path):
    """Close every figure after it was drawn: it can still be saved."""
    frames = []
    for stop in range(1, len(path) + 1):
        fig = plot_descent_path(W, B, L, path[:stop])
        plt.close(fig)
        frames.append(fig)
    return frames
