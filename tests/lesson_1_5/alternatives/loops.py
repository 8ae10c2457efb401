"""Plain Python loops over indices and numbers; `backward` on copies; sums by hand."""

import itertools
import math

import matplotlib.pyplot as plt
import torch


def _places(theta):
    return itertools.product(*(range(size) for size in theta.shape))


def _moved(theta, place, by):
    copy = torch.clone(theta)
    copy[place] = copy[place] + by
    return copy


def forward_difference(f, theta, eps):
    result = torch.empty(theta.shape, dtype=theta.dtype, device=theta.device)
    for place in _places(theta):
        result[place] = (f(_moved(theta, place, eps)).item() - f(theta.clone()).item()) / eps
    return result


def central_difference(f, theta, eps):
    result = torch.empty(theta.shape, dtype=theta.dtype, device=theta.device)
    for place in _places(theta):
        result[place] = (f(_moved(theta, place, eps)).item() - f(_moved(theta, place, -eps)).item()) / (eps + eps)
    return result


def analytical_gradient(x, y, w, b):
    dw, db = torch.zeros_like(w), torch.zeros_like(b)
    for x_n, y_n in zip(x, y, strict=True):
        z = w * x_n + b
        t = torch.tanh(z)
        step = 2 * (t - y_n) / torch.cosh(z) ** 2
        dw = dw + step * x_n / x.numel()
        db = db + step / x.numel()
    return dw, db


def autograd_gradient(loss_fn, *params):
    copies = []
    for param in params:
        copies.append(param.detach().clone().requires_grad_(True))
    loss = loss_fn(*copies)
    loss.backward()
    return tuple(copy.grad for copy in copies)


def _length(tensor):
    total = 0.0
    for number in tensor.reshape(-1).tolist():
        total += number * number
    return math.sqrt(total)


def relative_error(a, b):
    below = _length(a) + _length(b)
    if below == 0:
        return 0.0
    return _length(a - b) / below


def gradient_check(f, grad, theta, eps, tol):
    if grad.shape == theta.shape:
        numerical = central_difference(f, theta.double(), eps)
        if relative_error(grad.double(), numerical) <= tol:
            return True
    return False


def error_order(f, theta, exact, eps_values):
    answers = []
    for difference in (forward_difference, central_difference):
        n, su, sv, suv, suu = 0, 0.0, 0.0, 0.0, 0.0
        for eps in eps_values:
            u, v = math.log(eps), math.log(_length(difference(f, theta, eps) - exact))
            n, su, sv, suv, suu = n + 1, su + u, sv + v, suv + u * v, suu + u * u
        answers.append((n * suv - su * sv) / (n * suu - su * su))
    return tuple(answers)


def plot_error_order(eps_values, forward_errors, central_errors):
    fig = plt.figure()
    plt.plot(eps_values, forward_errors, "r.-")
    plt.plot(eps_values, central_errors, "b.-")
    plt.xscale("log")
    plt.yscale("log")
    plt.xlabel(r"$\varepsilon$")
    plt.ylabel("error")
    plt.legend(["error of forward differences", "error of central differences"])
    return fig
