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
        log_fwd.append(math.log(torch.norm(forward_difference(f, theta, e) - exact).item()))
        log_cen.append(math.log(torch.norm(central_difference(f, theta, e) - exact).item()))
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
