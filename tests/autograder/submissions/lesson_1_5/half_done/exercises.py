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
    # TODO
    raise NotImplementedError("relative_error is not written yet")


def gradient_check(f, grad, theta, eps, tol):
    # TODO
    raise NotImplementedError("gradient_check is not written yet")


def error_order(f, theta, exact, eps_values):
    # TODO
    raise NotImplementedError("error_order is not written yet")


def plot_error_order(eps_values, forward_errors, central_errors):
    # TODO
    raise NotImplementedError("plot_error_order is not written yet")
