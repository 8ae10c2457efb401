# expects: loss_grid 16
"""Plain Python loops, `torch.autograd.grad`, and matplotlib without pyplot."""

import torch
from matplotlib.figure import Figure


def create_data(n_samples, generator):
    """Draw with `torch.normal`, and place x by arithmetic."""
    device = generator.device
    x = torch.arange(n_samples, dtype=torch.float32, device=device) * (6 / (n_samples - 1)) - 3
    x[-1] = 3.0
    noise = torch.normal(0.0, 0.5, (n_samples,), generator=generator, device=device)
    return x, noise + x * 2 + 1


def loss_grid(x, y, w_range, b_range):
    """Visit every pair."""
    n_w, n_b = len(w_range), len(b_range)
    W, B, L = (torch.empty(n_w, n_b, dtype=x.dtype, device=x.device) for _ in range(3))
    for i in range(n_w):
        for j in range(n_b):
            W[i, j], B[i, j] = w_range[i], b_range[j]
            L[i, j] = torch.mean(torch.square(w_range[i] * x + b_range[j] - y))
    return W, B, L


def loss_curve(x, y, w_range, b):
    """Visit every weight."""
    return torch.stack([torch.mean((w * x + b - y) ** 2) for w in w_range])


def grid_minimum(W, B, L):
    """Compare one after the other."""
    best = None
    for i in range(L.shape[0]):
        for j in range(L.shape[1]):
            if best is None or L[i, j] < best[2]:
                best = (W[i, j], B[i, j], L[i, j])
    return best


def gradient_descent_steps(x, y, w_start, b_start, lr, steps):
    """Make new leaves in every step."""
    path = [(float(w_start), float(b_start))]
    theta = torch.tensor([w_start, b_start], dtype=x.dtype, device=x.device)
    for _ in range(steps):
        theta = theta.detach().requires_grad_(True)
        (slope,) = torch.autograd.grad(torch.mean((y - theta[0] * x - theta[1]) ** 2), theta)
        theta = theta - lr * slope
        path.append(tuple(theta.tolist()))
    return path


def plot_loss_surface(W, B, L):
    """Draw on a bare Figure."""
    fig = Figure()
    ax = fig.add_subplot(111, projection="3d")
    ax.plot_surface(W.cpu(), B.cpu(), L.cpu(), cmap="viridis", rstride=1, cstride=1)
    ax.set(xlabel="w", ylabel="b", zlabel="mean squared error", title="The landscape")
    return fig


def plot_descent_path(W, B, L, path):
    """Draw one segment a step, and mark both ends by one scatter."""
    fig = Figure()
    ax = fig.add_subplot()
    filled = ax.contourf(W.cpu(), B.cpu(), L.cpu(), levels=25)
    fig.colorbar(filled, label="loss")
    for (w0, b0), (w1, b1) in zip(path, path[1:], strict=False):
        ax.plot([w0, w1], [b0, b1], color="black")
    ax.scatter([path[0][0], path[-1][0]], [path[0][1], path[-1][1]], c=["white", "red"])
    ax.set(xlabel="$w$", ylabel="$b$")
    return fig


def descent_frames(W, B, L, path):
    """Append frame by frame."""
    frames = []
    seen = []
    for point in path:
        seen.append(point)
        frames.append(plot_descent_path(W, B, L, list(seen)))
    return frames
