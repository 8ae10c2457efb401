"""One working copy that is nudged and mended; lstsq; autograd.grad; a figure with guide lines."""

import matplotlib.pyplot as plt
import torch


def forward_difference(f, theta, eps):
    work = theta.detach().clone()
    flat = work.reshape(-1)  # a view, for the copy is contiguous
    base = f(work)
    out = []
    for i in range(flat.shape[0]):
        kept = flat[i].clone()
        flat[i] = kept + eps
        out.append((f(work) - base).div(eps))
        flat[i] = kept
    return torch.stack(out).view_as(theta)


def central_difference(f, theta, eps):
    work = theta.detach().clone()
    flat = work.reshape(-1)
    out = torch.zeros(flat.shape, dtype=theta.dtype, device=theta.device)
    for i in range(len(flat)):
        kept = flat[i].item()
        flat[i] = kept + eps
        above = f(work)
        flat[i] = kept - eps
        below = f(work)
        flat[i] = kept
        out[i] = 0.5 * (above - below) / eps
    return out.reshape_as(theta)


def analytical_gradient(x, y, w, b):
    s = torch.sigmoid(2 * (w * x + b))  # tanh(z) = 2 s - 1, with slope 4 s (1 - s)
    slope = 4 * s * (1 - s)
    db_each = 2 * ((2 * s - 1) - y) * slope
    return torch.mean(db_each * x), torch.mean(db_each)


def autograd_gradient(loss_fn, *params):
    with torch.enable_grad():
        leaves = tuple(torch.nn.Parameter(param.detach().clone()) for param in params)
        loss = loss_fn(*leaves)
    return tuple(gradient.detach() for gradient in torch.autograd.grad(loss, leaves))


def relative_error(a, b):
    distance = torch.sqrt(torch.sum((a - b) ** 2))
    size = torch.sqrt(torch.sum(a**2)) + torch.sqrt(torch.sum(b**2))
    return torch.where(size > 0, distance / size, torch.zeros_like(size))


def gradient_check(f, grad, theta, eps, tol):
    theta, grad = theta.detach().double(), grad.detach().double()
    if theta.size() != grad.size() or not torch.isfinite(grad).all():
        return False
    return not float(relative_error(central_difference(f, theta, eps), grad)) > tol


def error_order(f, theta, exact, eps_values):
    eps = torch.tensor(eps_values, dtype=torch.float64)
    A = torch.stack([torch.log2(eps), torch.ones_like(eps)], dim=1)
    errors = torch.tensor(
        [
            [float(torch.dist(d(f, theta, e), exact)) for d in (forward_difference, central_difference)]
            for e in eps_values
        ],
        dtype=torch.float64,
    )
    solution = torch.linalg.lstsq(A, torch.log2(errors)).solution
    return solution[0, 0], solution[0, 1]


def plot_error_order(eps_values, forward_errors, central_errors):
    order = sorted(range(len(eps_values)), key=lambda i: eps_values[i])
    eps = [eps_values[i] for i in order]
    fig, ax = plt.subplots(constrained_layout=True)
    ax.loglog(eps, [forward_errors[i] for i in order], "-o", color="C1", label="forward difference, order 1")
    ax.loglog(eps, [central_errors[i] for i in order], "-s", color="C0", label="central difference, order 2")
    ax.loglog(eps, eps, ":", color="gray", label="slope 1")
    ax.loglog(eps, [e**2 for e in eps], "--", color="gray", label="slope 2")
    ax.axvline(1e-8, color="silver")
    ax.set_xlabel("eps")
    ax.set_ylabel("|error|")
    ax.grid(True, which="both", alpha=0.3)
    ax.legend()
    return fig
