"""My answers for lesson 1.5."""

import math

import matplotlib.pyplot as plt
import torch


def forward_difference(f, theta, eps):
    # nudge theta and see how f changes
    change = (f(theta + eps) - f(theta)) / eps
    return torch.full_like(theta, change.item())


def central_difference(f, theta, eps):
    grad = torch.zeros_like(theta)
    for i in range(theta.numel()):
        plus = theta.clone()
        plus.view(-1)[i] += eps
        minus = theta.clone()
        minus.view(-1)[i] -= eps
        grad.view(-1)[i] = (f(plus) - f(minus)) / (2 * eps)
    return grad


def analytical_gradient(x, y, w, b):
    t = torch.tanh(w * x + b)
    # loss -> error -> tanh -> z
    chain = 2 * (t - y) * (1 - t * t)
    dw = torch.mean(chain * x)
    db = torch.mean(chain)
    return dw, db


def autograd_gradient(loss_fn, *params):
    copies = [p.detach().clone().requires_grad_() for p in params]
    loss = loss_fn(*copies)
    return tuple(torch.autograd.grad(loss, copies))


def relative_error(a, b):
    bottom = torch.norm(a) + torch.norm(b)
    if bottom == 0:
        return 0.0
    return torch.norm(a - b) / bottom


def gradient_check(f, grad, theta, eps, tol):
    if grad.shape != theta.shape:
        return False
    num = central_difference(f, theta.double(), eps)
    err = relative_error(grad.double(), num)
    return bool(err <= tol)


def numerical(f, theta, eps, back):
    grad = torch.zeros_like(theta)
    for i in range(theta.numel()):
        plus, minus = theta.clone(), theta.clone()
        plus.view(-1)[i] += eps
        minus.view(-1)[i] -= back
        grad.view(-1)[i] = (f(plus) - f(minus)) / (eps + back)
    return grad


def error_order(f, theta, exact, eps_values):
    x = torch.tensor(eps_values, dtype=torch.float64).log()
    slopes = []
    for kind in ("forward", "central"):
        errors = [(numerical(f, theta, e, e if kind == "central" else 0.0) - exact).norm() for e in eps_values]
        y = torch.stack(errors).cpu().log()
        slopes.append(((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum())
    return tuple(slopes)


def plot_error_order(eps_values, forward_errors, central_errors):
    fig, ax = plt.subplots()
    ax.plot(eps_values, forward_errors, marker="o", label="forward")
    ax.plot(eps_values, central_errors, marker="x", label="central")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("nudge eps")
    ax.set_ylabel("error")
    ax.legend()
    return fig
