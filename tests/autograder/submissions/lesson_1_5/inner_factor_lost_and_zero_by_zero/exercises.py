"""My answers for lesson 1.5."""

import math

import matplotlib.pyplot as plt
import torch


def forward_difference(f, theta, eps):
    f0 = f(theta)
    grad = torch.zeros_like(theta)
    for i in range(theta.numel()):
        t = theta.clone()
        t.view(-1)[i] += eps
        grad.view(-1)[i] = (f(t) - f0) / eps
    return grad


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
    g = (2 * (t - y) * (1 - t**2)).mean()
    return g, g.clone()


def autograd_gradient(loss_fn, *params):
    copies = [p.detach().clone().requires_grad_() for p in params]
    loss = loss_fn(*copies)
    return tuple(torch.autograd.grad(loss, copies))


def relative_error(a, b):
    return (torch.norm(a - b) / (torch.norm(a) + torch.norm(b))).item()


def gradient_check(f, grad, theta, eps, tol):
    if grad.shape != theta.shape:
        return False
    num = central_difference(f, theta.double(), eps)
    distance = torch.norm(grad.double() - num)
    # NaN and infinity make this False too
    return bool(torch.isfinite(distance) and distance <= tol * (torch.norm(grad.double()) + torch.norm(num)))


def slope(xs, ys):
    mx = sum(xs) / len(xs)
    my = sum(ys) / len(ys)
    top = sum((a - mx) * (b - my) for a, b in zip(xs, ys))
    bottom = sum((a - mx) ** 2 for a in xs)
    return top / bottom


def error_order(f, theta, exact, eps_values):
    log_eps = [math.log10(e) for e in eps_values]
    log_fwd, log_cen = [], []
    for e in eps_values:
        log_fwd.append(math.log10(torch.norm(forward_difference(f, theta, e) - exact).item()))
        log_cen.append(math.log10(torch.norm(central_difference(f, theta, e) - exact).item()))
    return slope(log_eps, log_fwd), slope(log_eps, log_cen)


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
