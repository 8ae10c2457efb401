"""Nudges as rows of an identity matrix, stacked answers, polyfit, scatter plots, an object-oriented figure."""

import numpy as np
import torch
from matplotlib.figure import Figure


def _directions(theta, eps):
    n = theta.numel()
    rows = torch.eye(n, dtype=theta.dtype, device=theta.device) * eps
    return [row.reshape(theta.shape) for row in rows]


def forward_difference(f, theta, eps):
    base = f(theta)
    quotients = [(f(theta + nudge) - base) / eps for nudge in _directions(theta, eps)]
    return torch.stack(quotients).reshape(theta.shape)


def central_difference(f, theta, eps):
    quotients = [(f(theta + nudge) - f(theta - nudge)) / eps / 2 for nudge in _directions(theta, eps)]
    return torch.stack(quotients).reshape(theta.shape)


def analytical_gradient(x, y, w, b):
    z = torch.stack([x, torch.ones_like(x)])  # the slopes of w * x + b
    t = (w * x + b).tanh()
    blame = (2 / len(x)) * (t - y) * (1 + t) * (1 - t)
    dw, db = z @ blame
    return dw, db


def autograd_gradient(loss_fn, *params):
    plain = [p.detach() for p in params]
    return torch.func.grad(loss_fn, argnums=tuple(range(len(plain))))(*plain)


def relative_error(a, b):
    if torch.count_nonzero(a) == 0 and torch.count_nonzero(b) == 0:
        return a.new_zeros(())
    return torch.linalg.vector_norm(a - b) / (torch.linalg.vector_norm(a) + torch.linalg.vector_norm(b))


def gradient_check(f, grad, theta, eps, tol):
    if list(grad.shape) != list(theta.shape):
        return False
    numerical = central_difference(f, theta.to(torch.float64), eps)
    return (relative_error(grad.to(torch.float64), numerical) <= tol).item()


def error_order(f, theta, exact, eps_values):
    def order(difference):
        errors = [torch.linalg.vector_norm(difference(f, theta, eps) - exact).item() for eps in eps_values]
        return np.polyfit(np.log10(eps_values), np.log10(errors), 1)[0]

    return order(forward_difference), order(central_difference)


def plot_error_order(eps_values, forward_errors, central_errors):
    fig = Figure(figsize=(6, 4))
    ax = fig.add_subplot()
    ax.scatter(eps_values, central_errors, marker="^", label="Central")
    ax.scatter(eps_values, forward_errors, marker="v", label="Forward")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set(xlabel="nudge", ylabel="absolute error", title="Errors of numerical gradients")
    ax.legend(loc="lower right")
    return fig
