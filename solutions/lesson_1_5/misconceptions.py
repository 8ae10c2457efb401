"""The wrong answers that students really hand in for lesson 1.5."""

import math

import matplotlib.pyplot as plt
import torch

from autograder.worker.misconception import misconception
from solutions.lesson_1_5.exercises import (
    analytical_gradient,
    central_difference,
    forward_difference,
    plot_error_order,
    relative_error,
)

FORWARD = "The forward difference"
CENTRAL = "The central difference"
CHAIN = "The chain rule"
AUTOGRAD = "What autograd does"
RELATIVE = "When are two gradients equal?"
CHECK = "Checking a gradient"
SLOPE = "The slope of the errors"
PLOT = "Drawing the errors"

# --- forward_difference


def _nudged(theta, i, eps):
    nudged = theta.clone()
    nudged.view(-1)[i] += eps
    return nudged


@misconception(
    "forward_difference",
    says="All elements of theta are moved at once, so every entry holds the same number: the sum of all slopes. The "
    "lesson moves one element at a time.",
    section=FORWARD,
)
def forward_all_elements_at_once(f, theta, eps):
    return torch.zeros_like(theta) + (f(theta + eps) - f(theta)) / eps


@misconception(
    "forward_difference",
    says="The nudge is added to theta itself and taken away again. In between theta is another one, and rounding may "
    "keep it from coming back. The lesson nudges a copy.",
    section=FORWARD,
)
def forward_theta_changed(f, theta, eps):
    slopes = torch.zeros_like(theta)
    flat = theta.view(-1)
    for i in range(theta.numel()):
        here = f(theta)
        flat[i] += eps
        slopes.view(-1)[i] = (f(theta) - here) / eps
        flat[i] -= eps
    return slopes


@misconception(
    "forward_difference",
    says="The same copy is nudged again and again, so the nudges of earlier elements are still in it. Take a fresh copy "
    "of theta for each element.",
    section=FORWARD,
)
def forward_earlier_nudges_stay(f, theta, eps):
    slopes = torch.zeros_like(theta)
    here, nudged = f(theta), theta.clone()
    for i in range(theta.numel()):
        nudged.view(-1)[i] += eps
        slopes.view(-1)[i] = (f(nudged) - here) / eps
    return slopes


@misconception(
    "forward_difference",
    says="The difference is taken backwards, from theta minus eps to theta. The lesson's forward difference looks at "
    "theta plus eps and at theta.",
    section=FORWARD,
)
def backward_difference(f, theta, eps):
    return forward_difference(f, theta, -eps)


@misconception(
    "forward_difference",
    says="The change of f is returned as it is. A slope is the change of f for each unit of the nudge: divide by eps.",
    section=FORWARD,
)
def forward_not_divided(f, theta, eps):
    return eps * forward_difference(f, theta, eps)


# --- central_difference


@misconception(
    "central_difference",
    says="The change of f is divided by eps. The two places lie 2·eps apart, so the lesson divides by 2·eps.",
    section=CENTRAL,
)
def divided_by_eps(f, theta, eps):
    return 2 * central_difference(f, theta, eps)


@misconception(
    "central_difference",
    says="All elements of theta are moved at once, so every entry holds the same number: the sum of all slopes. The "
    "lesson moves one element at a time.",
    section=CENTRAL,
)
def central_all_elements_at_once(f, theta, eps):
    return torch.zeros_like(theta) + (f(theta + eps) - f(theta - eps)) / (2 * eps)


@misconception(
    "central_difference",
    says="The nudges are made in theta itself and taken back. In between theta is another one, and rounding may keep it "
    "from coming back. The lesson nudges copies.",
    section=CENTRAL,
)
def central_theta_changed(f, theta, eps):
    slopes = torch.zeros_like(theta)
    flat = theta.view(-1)
    for i in range(theta.numel()):
        flat[i] += eps
        up = f(theta)
        flat[i] -= 2 * eps
        down = f(theta)
        flat[i] += eps
        slopes.view(-1)[i] = (up - down) / (2 * eps)
    return slopes


@misconception(
    "central_difference",
    says="This is the forward difference: it looks at theta itself and at one side only. The central difference looks "
    "at both sides, theta plus eps and theta minus eps.",
    section=CENTRAL,
)
def one_side_only(f, theta, eps):
    return forward_difference(f, theta, eps)


@misconception(
    "central_difference",
    says="The sign is wrong: f at theta minus eps comes first. Take f at theta plus eps, and subtract f at theta minus "
    "eps from it.",
    section=CENTRAL,
)
def sides_swapped(f, theta, eps):
    return -central_difference(f, theta, eps)


# --- analytical_gradient


@misconception(
    "analytical_gradient",
    says="The slope of tanh is taken as 1 - z², with z what goes into tanh. The lesson's formula squares what comes out "
    "of it: 1 - tanh(z)².",
    section=CHAIN,
)
def tanh_slope_of_its_input(x, y, w, b):
    z = w * x + b
    dz = 2 * (torch.tanh(z) - y) * (1 - z**2)
    return (dz * x).mean(), dz.mean()


@misconception(
    "analytical_gradient",
    says="The slope of tanh is taken as 1 - y², with y the targets. The lesson's formula squares what comes out of tanh, "
    "the predictions.",
    section=CHAIN,
)
def tanh_slope_of_the_target(x, y, w, b):
    dz = 2 * (torch.tanh(w * x + b) - y) * (1 - y**2)
    return (dz * x).mean(), dz.mean()


@misconception(
    "analytical_gradient",
    says="The last link of the chain is missing in dw: when w moves by 1, w·x + b moves by x. Multiply each sample's "
    "slope by its x before you take the mean.",
    section=CHAIN,
)
def inner_factor_lost(x, y, w, b):
    _, db = analytical_gradient(x, y, w, b)
    return db, db


@misconception(
    "analytical_gradient",
    says="The slope of tanh is missing, as if the model were a straight line. The chain goes through tanh too: multiply "
    "by 1 - tanh(z)².",
    section=CHAIN,
)
def tanh_slope_forgotten(x, y, w, b):
    dz = 2 * (torch.tanh(w * x + b) - y)
    return (dz * x).mean(), dz.mean()


@misconception(
    "analytical_gradient",
    says="The slopes of the samples are added up. The loss is a mean, so its gradient is the mean of the slopes.",
    section=CHAIN,
)
def mean_lost(x, y, w, b):
    dw, db = analytical_gradient(x, y, w, b)
    return len(x) * dw, len(x) * db


@misconception(
    "analytical_gradient",
    says="The factor 2 is missing. It is a part of the slope of the square: the slope of e² is 2e.",
    section=CHAIN,
)
def factor_two_lost(x, y, w, b):
    dw, db = analytical_gradient(x, y, w, b)
    return dw / 2, db / 2


@misconception(
    "analytical_gradient",
    says="This is a numerical gradient, which loses its digits where the loss is large. The lesson multiplies the slopes "
    "of the chain by hand.",
    section=CHAIN,
)
def differences_instead_of_formulas(x, y, w, b):
    def loss(params):
        return ((torch.tanh(params[0] * x + params[1]) - y) ** 2).mean()

    eps = 1e-6 if x.dtype == torch.float64 else 1e-2
    dw, db = central_difference(loss, torch.stack([w, b]), eps)
    return dw, db


# --- autograd_gradient


@misconception(
    "autograd_gradient",
    says="One graph is walked through several times, once for each param. PyTorch throws a graph away after the first "
    "walk. The lesson asks for all gradients in one go.",
    section=AUTOGRAD,
)
def graph_reused(loss_fn, *params):
    watched = [param.detach().clone().requires_grad_() for param in params]
    loss = loss_fn(*watched)
    return tuple(torch.autograd.grad(loss, param)[0] for param in watched)


@misconception(
    "autograd_gradient",
    says="`backward` adds the new gradient to what the param's `.grad` already held, and leaves it there. The lesson "
    "lets autograd watch copies, or asks `torch.autograd.grad`, which leaves `.grad` alone.",
    section=AUTOGRAD,
)
def grad_accumulated(loss_fn, *params):
    before = [param.requires_grad for param in params]
    for param in params:
        param.requires_grad_()
    loss_fn(*params).backward()
    for param, required in zip(params, before, strict=True):
        param.requires_grad_(required)
    return tuple(param.grad.clone() for param in params)


@misconception(
    "autograd_gradient",
    says="The params are told to require gradients, and it stays that way after the call. The lesson lets autograd "
    "watch copies, so that the caller's tensors are as they were.",
    section=AUTOGRAD,
)
def params_changed(loss_fn, *params):
    for param in params:
        param.requires_grad_()
    return torch.autograd.grad(loss_fn(*params), params)


@misconception(
    "autograd_gradient",
    says="The params are handed to autograd as they are, so it fails for those that do not require gradients. The lesson "
    "makes copies that do.",
    section=AUTOGRAD,
)
def gradients_taken_for_granted(loss_fn, *params):
    return torch.autograd.grad(loss_fn(*params), params)


@misconception(
    "autograd_gradient",
    says="These are numerical differences, which lose their digits where the loss is large. This exercise wants "
    "autograd.",
    section=AUTOGRAD,
)
def differences_instead_of_autograd(loss_fn, *params):
    params = [param.detach() for param in params]
    gradients = []
    for position, param in enumerate(params):

        def only(moved, position=position):
            return loss_fn(*params[:position], moved, *params[position + 1 :])

        gradients.append(central_difference(only, param, 1e-6 if param.dtype == torch.float64 else 1e-2))
    return tuple(gradients)


# --- relative_error


@misconception(
    "relative_error",
    says="Where both tensors are zero, zero is divided by zero. Two zeros agree perfectly, so the lesson's answer is 0.",
    section=RELATIVE,
)
def zero_divided_by_zero(a, b):
    return (a - b).norm() / (a.norm() + b.norm())


@misconception(
    "relative_error",
    says="The difference is divided by the norm of `a` alone, so swapping `a` and `b` gives another answer. The lesson "
    "divides by the sum of both norms.",
    section=RELATIVE,
)
def not_symmetric(a, b):
    return 0.0 if a.norm() + b.norm() == 0 else (a - b).norm() / a.norm()


@misconception(
    "relative_error",
    says="The norms of the two tensors are compared, so tensors of the same length that point elsewhere seem equal. The "
    "lesson takes the norm of the difference, ‖a - b‖.",
    section=RELATIVE,
)
def lengths_compared(a, b):
    size = a.norm() + b.norm()
    return 0.0 if size == 0 else (a.norm() - b.norm()).abs() / size


@misconception(
    "relative_error",
    says="A small number is added to the denominator, so tensors that are smaller than it seem to agree always. The "
    "lesson asks for the case of two zeros separately and adds nothing.",
    section=RELATIVE,
)
def small_number_added(a, b):
    return (a - b).norm() / (a.norm() + b.norm() + 1e-8)


@misconception(
    "relative_error",
    says="Nothing is divided: this is the absolute error, which is large for large gradients and small for small ones. "
    "The lesson divides it by ‖a‖ + ‖b‖.",
    section=RELATIVE,
)
def absolute_error(a, b):
    return (a - b).norm()


# --- gradient_check


@misconception(
    "gradient_check",
    says="The differences are taken in float32, where rounding eats up a small nudge, so right gradients fail. The "
    "lesson converts theta to float64 first.",
    section=CHECK,
)
def float32_rounding(f, grad, theta, eps, tol):
    if grad.shape != theta.shape:
        return False
    return bool(relative_error(grad.float(), central_difference(f, theta.float(), eps)) <= tol)


@misconception(
    "gradient_check",
    says="The absolute difference is compared with `tol`, so large gradients that are right fail and small ones that are "
    "wrong pass. The lesson compares the relative error.",
    section=CHECK,
)
def absolute_tolerance(f, grad, theta, eps, tol):
    if grad.shape != theta.shape:
        return False
    return bool((grad.double() - central_difference(f, theta.double(), eps)).norm() <= tol)


@misconception(
    "gradient_check",
    says="The shapes are not compared, so a gradient of another shape is broadcast (or crashes). The lesson answers "
    "False where grad's shape is not theta's.",
    section=CHECK,
)
def shapes_not_compared(f, grad, theta, eps, tol):
    return bool(relative_error(grad.double(), central_difference(f, theta.double(), eps)) <= tol)


@misconception(
    "gradient_check",
    says="The gradient is compared with forward differences, whose own error is about eps, so right gradients fail. The "
    "lesson compares it with central differences.",
    section=CHECK,
)
def checked_against_forward_differences(f, grad, theta, eps, tol):
    if grad.shape != theta.shape:
        return False
    return bool(relative_error(grad.double(), forward_difference(f, theta.double(), eps)) <= tol)


@misconception(
    "gradient_check",
    says="The answer is a tensor that holds a truth value. The lesson returns a Python bool: wrap it in `bool(...)`.",
    section=CHECK,
)
def tensor_returned(f, grad, theta, eps, tol):
    if grad.shape != theta.shape:
        return torch.tensor(False)
    return torch.as_tensor(relative_error(grad.double(), central_difference(f, theta.double(), eps))) <= tol


# --- error_order


def _errors(difference, f, theta, exact, eps_values):
    return [(difference(f, theta, eps) - exact).norm().item() for eps in eps_values]


def _fit(u, v):
    mean_u, mean_v = sum(u) / len(u), sum(v) / len(v)
    rise = sum((a - mean_u) * (b - mean_v) for a, b in zip(u, v, strict=True))
    return rise / sum((a - mean_u) ** 2 for a in u)


def _both(slope, f, theta, exact, eps_values):
    return tuple(
        slope(eps_values, _errors(difference, f, theta, exact, eps_values))
        for difference in (forward_difference, central_difference)
    )


@misconception(
    "error_order",
    says="The logarithm of eps has base 10 and that of the errors has base e (or the other way round), so the slopes are "
    "2.3 times too large or too small. The lesson takes the same base for both.",
    section=SLOPE,
)
def logarithms_mixed(f, theta, exact, eps_values):
    def slope(eps, errors):
        return _fit([math.log10(e) for e in eps], [math.log(e) for e in errors])

    return _both(slope, f, theta, exact, eps_values)


@misconception(
    "error_order",
    says="The slopes are 1 and 2 whatever the function is. The lesson measures them: there are functions with others.",
    section=SLOPE,
)
def slopes_hard_coded(f, theta, exact, eps_values):
    return 1.0, 2.0


@misconception(
    "error_order",
    says="The slope is taken from two of the points alone, the first and the last. The lesson fits a line to all the "
    "points by least squares.",
    section=SLOPE,
)
def slope_of_two_points(f, theta, exact, eps_values):
    def slope(eps, errors):
        return math.log(errors[-1] / errors[0]) / math.log(eps[-1] / eps[0])

    return _both(slope, f, theta, exact, eps_values)


@misconception(
    "error_order",
    says="The line is fitted with the axes swapped: the slope is that of log eps against log error. The lesson has eps "
    "along x and the error along y.",
    section=SLOPE,
)
def axes_of_the_fit_swapped(f, theta, exact, eps_values):
    def slope(eps, errors):
        return _fit([math.log(e) for e in errors], [math.log(e) for e in eps])

    return _both(slope, f, theta, exact, eps_values)


@misconception(
    "error_order",
    says="The line is fitted to the errors themselves. The lesson takes logarithms of both, of eps and of the error.",
    section=SLOPE,
)
def logarithms_forgotten(f, theta, exact, eps_values):
    return _both(_fit, f, theta, exact, eps_values)


# --- plot_error_order


@misconception(
    "plot_error_order",
    says="The axes are linear, so all the small errors lie in one heap at the bottom. The lesson makes both axes "
    "logarithmic.",
    section=PLOT,
)
def linear_axes(eps_values, forward_errors, central_errors):
    fig = plot_error_order(eps_values, forward_errors, central_errors)
    fig.axes[0].set(xscale="linear", yscale="linear")
    return fig


@misconception(
    "plot_error_order",
    says="Only one of the two axes is logarithmic. The lesson makes both of them logarithmic, or powers do not become "
    "straight lines.",
    section=PLOT,
)
def one_axis_logarithmic(eps_values, forward_errors, central_errors):
    fig = plot_error_order(eps_values, forward_errors, central_errors)
    fig.axes[0].set(xscale="linear")
    return fig


@misconception(
    "plot_error_order",
    says="`plt.show()` is called inside the function. Only return the figure: whoever called decides whether to show "
    "it, save it or close it.",
    section=PLOT,
)
def figure_shown(eps_values, forward_errors, central_errors):
    fig = plot_error_order(eps_values, forward_errors, central_errors)
    plt.show()
    return fig


@misconception(
    "plot_error_order",
    says="The axes have no labels, so a reader cannot tell the nudge from the error. Name both of them.",
    section=PLOT,
)
def axes_without_labels(eps_values, forward_errors, central_errors):
    fig = plot_error_order(eps_values, forward_errors, central_errors)
    fig.axes[0].set(xlabel="", ylabel="")
    return fig


@misconception(
    "plot_error_order",
    says="The nudges are drawn along y and the errors along x. The lesson has the nudge along x.",
    section=PLOT,
)
def axes_of_the_plot_swapped(eps_values, forward_errors, central_errors):
    fig, ax = plt.subplots()
    ax.loglog(forward_errors, eps_values, "o-", label="forward difference")
    ax.loglog(central_errors, eps_values, "s-", label="central difference")
    ax.set(xlabel="error", ylabel="eps")
    ax.legend()
    return fig


@misconception(
    "plot_error_order",
    says="There is no legend, so nobody can tell which of the two series is which. Call `ax.legend()`.",
    section=PLOT,
)
def legend_missing(eps_values, forward_errors, central_errors):
    fig = plot_error_order(eps_values, forward_errors, central_errors)
    fig.axes[0].get_legend().remove()
    return fig
