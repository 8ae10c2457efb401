"""Visible tests of lesson 1.5: the worked examples of its page (`uv run pytest assignments/lesson_1_5`)."""

import math

import matplotlib

matplotlib.use("Agg")  # draw into memory, open no window

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.figure import Figure

from assignments.expect import as_float, expect, expect_that
from assignments.lesson_1_5.exercises import (
    analytical_gradient,
    autograd_gradient,
    central_difference,
    error_order,
    forward_difference,
    gradient_check,
    plot_error_order,
    relative_error,
)

EPS_VALUES = [0.1, 0.01]
FORWARD_ERRORS = [0.31, 0.0301]
CENTRAL_ERRORS = [0.01, 0.0001]


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def f(theta):
    """The page's function of two elements: the first one squared, plus the product of both."""
    return theta[0] ** 2 + theta[0] * theta[1]


def cube(theta):
    return (theta**3).sum()


def square(theta):
    return (theta**2).sum()


def place():
    return torch.tensor([2.0, 3.0])


def double(number):
    return torch.tensor(number, dtype=torch.float64)


def test_forward_difference_nudges_one_element_at_a_time():
    expect(
        "forward_difference(f, theta=[2, 3], eps=0.5)",
        forward_difference(f, place(), 0.5),
        torch.tensor([7.5, 2.0]),
        'Nudge one element, leave the other where it is; see "The forward difference".',
    )


def test_forward_difference_works_for_a_single_number():
    expect(
        "forward_difference(cube, theta=1, eps=0.1)",
        forward_difference(cube, double(1.0), 0.1),
        double(3.31),
        "theta is 0-D here: `view(-1)` shows it as a row of one element.",
    )


def test_forward_difference_leaves_theta_alone():
    theta = place()
    forward_difference(f, theta, 0.1)
    expect("theta after forward_difference(f, theta=[2, 3], eps=0.1)", theta, place(), "Nudge a copy: `theta.clone()`.")


def never_touches_theta(difference):
    """Whenever f is called, theta is as it was."""
    theta, seen = place(), []

    def watching(nudged):
        seen.append(theta.tolist())
        return f(nudged)

    difference(watching, theta, 0.1)
    call = f"theta whenever {difference.__name__}(f, theta=[2, 3], eps=0.1) calls f"
    expect_that(
        all(one == [2.0, 3.0] for one in seen), call, seen, "[2, 3] every time", "Nudge a copy: `theta.clone()`."
    )


def test_forward_difference_never_touches_theta():
    never_touches_theta(forward_difference)


def test_central_difference_never_touches_theta():
    never_touches_theta(central_difference)


def test_central_difference_looks_to_both_sides():
    expect(
        "central_difference(f, theta=[2, 3], eps=0.5)",
        central_difference(f, place(), 0.5),
        torch.tensor([7.0, 2.0]),
        'The two places lie 2 * eps apart; see "The central difference".',
    )


def test_central_difference_works_for_a_single_number():
    expect(
        "central_difference(cube, theta=1, eps=0.1)",
        central_difference(cube, double(1.0), 0.1),
        double(3.01),
        "By hand: (1.331 - 0.729) / 0.2.",
    )


def test_central_difference_keeps_the_shape_of_theta():
    theta = torch.tensor([[1.0, 2.0, 0.0], [-1.0, 0.5, 3.0]])
    expect(
        "central_difference(g, theta of shape (2, 3), eps=0.5), where g sums up the squares",
        central_difference(lambda t: (t**2).sum(), theta, 0.5),
        2 * theta,
        "Each element has a slope of its own, in the same place; for squares it is twice the element.",
    )


def test_analytical_gradient_by_the_chain_rule():
    x, y = torch.tensor([2.0, 3.0]), torch.tensor([1.0, 0.0])
    w, b = torch.tensor(math.log(3) / 2), torch.tensor(-math.log(3))  # 0.5493 and -1.0986
    dw, db = analytical_gradient(x, y, w, b)
    step = 'Work through the table in "The chain rule", column by column.'
    expect("dw of analytical_gradient([2, 3], [1, 0], 0.5493, -1.0986)", dw, torch.tensor(-0.875), step)
    expect("db of analytical_gradient([2, 3], [1, 0], 0.5493, -1.0986)", db, torch.tensor(-0.625), step)


def test_autograd_gradient_gives_one_gradient_a_param():
    p, q = torch.tensor([1.0, 2.0]), torch.tensor(3.0)
    expect(
        "autograd_gradient(lambda p, q: (p * q**2).sum(), [1, 2], 3)",
        autograd_gradient(lambda p, q: (p * q**2).sum(), p, q),
        (torch.tensor([9.0, 9.0]), torch.tensor(18.0)),
        'A tuple, with one gradient for each param; see "What autograd does".',
    )


def test_autograd_gradient_loses_no_digits_to_a_large_loss():
    p = torch.tensor([1.0, 2.0])
    expect(
        "autograd_gradient(lambda p: (p**2).sum() + 1e9, [1, 2])",
        autograd_gradient(lambda p: (p**2).sum() + 1e9, p),
        (torch.tensor([2.0, 4.0]),),
        "Ask autograd: differences of large numbers are rounding. One param gives a tuple of one gradient.",
    )


def test_autograd_gradient_leaves_no_trace():
    p = torch.tensor([1.0, 2.0], requires_grad=True)
    q = torch.tensor(3.0)
    p.grad = torch.tensor([100.0, 100.0])
    found = autograd_gradient(lambda p, q: (p * q**2).sum(), p, q)
    call = "autograd_gradient(lambda p, q: (p * q**2).sum(), p, q), where p.grad held [100, 100] before"
    expect(call, found, (torch.tensor([9.0, 9.0]), torch.tensor(18.0)), "Let autograd watch copies of the params.")
    after = (p.requires_grad, p.grad.tolist(), q.requires_grad, q.grad)
    expect(
        "p.requires_grad, p.grad, q.requires_grad, q.grad afterwards",
        after,
        (True, [100.0, 100.0], False, None),
        "Let autograd watch copies of the params.",
    )


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([3.0, 4.0], [6.0, 8.0], 1 / 3),
        ([6.0, 8.0], [3.0, 4.0], 1 / 3),
        ([3.0, 4.0], [4.0, 3.0], 0.14142136),
        ([3.0, 4.0], [0.0, 0.0], 1.0),
        ([0.0, 0.0], [0.0, 0.0], 0.0),
    ],
)
def test_relative_error_of_the_examples(a, b, expected):
    expect(
        f"relative_error({a}, {b})",
        as_float(relative_error(torch.tensor(a), torch.tensor(b))),
        expected,
        'The norm of the difference, by the sum of both norms; see "When are two gradients equal?".',
    )


def test_relative_error_of_tiny_tensors_is_that_of_their_proportions():
    a, b = double([3e-13, 4e-13]), double([6e-13, 8e-13])
    step = "Divide by the sum of the norms and nothing more; look after two zeros apart."
    expect("relative_error([3e-13, 4e-13], [6e-13, 8e-13])", as_float(relative_error(a, b)), 1 / 3, step)


def first(next_step, *builds_on):
    """Return the next step: where a difference that this exercise may be built on is wrong, that comes first."""
    for function, slope in builds_on:
        found = function(cube, double(1.0), 0.1)
        if not isinstance(found, torch.Tensor) or not torch.allclose(found.double(), double(slope)):
            return f"If you call `{function.__name__}` here, fix it first: its own tests fail, too."
    return next_step


def test_gradient_check_tells_right_from_wrong():
    for grad, expected, step in (
        ([7.0, 2.0], True, "This is the gradient. Do you take the differences in float64?"),
        ([7.5, 2.0], False, "Compare the relative error with tol."),
        ([2.0, 7.0], False, "Take the norm of the difference, and not the difference of the norms."),
        ([[7.0, 2.0]], False, "Its shape is (1, 2), and that of theta is (2,): compare the shapes first."),
    ):
        expect(
            f"gradient_check(f, {grad}, theta=[2, 3], eps=1e-4, tol=1e-6)",
            gradient_check(f, torch.tensor(grad), place(), 1e-4, 1e-6),
            expected,
            first(step, (central_difference, 3.01)),
        )


def test_gradient_check_is_relative():
    step = (
        "Compare the *relative* error with tol: large gradients have large differences, small ones small differences."
    )
    found = gradient_check(lambda theta: 1e6 * f(theta), torch.tensor([7e6, 2e6]), place(), 1e-4, 1e-6)
    expect("gradient_check(1e6 * f, [7e6, 2e6], theta=[2, 3], eps=1e-4, tol=1e-6)", found, True, step)
    found = gradient_check(lambda theta: 1e-6 * f(theta), torch.tensor([7.1e-6, 2e-6]), place(), 1e-4, 1e-6)
    expect("gradient_check(1e-6 * f, [7.1e-6, 2e-6], theta=[2, 3], eps=1e-4, tol=1e-6)", found, False, step)


def test_gradient_check_of_zeros_and_of_broken_numbers():
    step = "The rule is: relative error at most tol. Two gradients of zeros have the relative error 0."
    zeros = torch.zeros(2)
    found = gradient_check(square, zeros, zeros, 1e-4, 1e-6)
    expect("gradient_check(square, [0, 0], theta=[0, 0], eps=1e-4, tol=1e-6)", found, True, step)
    step = "A gradient with a NaN or an infinity is False: look for them before you compare."
    for broken in (torch.nan, torch.inf):
        grad = torch.tensor([7.0, broken])
        call = f"gradient_check(f, [7, {broken}], theta=[2, 3], eps=1e-4, tol=1e-6)"
        expect(call, gradient_check(f, grad, place(), 1e-4, 1e-6), False, step)


def test_error_order_of_the_cube():
    forward, central = error_order(cube, double(1.0), double(3.0), EPS_VALUES)
    step = 'Logarithms of both, then the least-squares slope; see "The slope of the errors".'
    builds_on = first(step, (forward_difference, 3.31))
    expect("forward slope of error_order(cube, 1, 3, [0.1, 0.01])", as_float(forward), 1.012785, builds_on)
    builds_on = first(step, (central_difference, 3.01))
    expect("central slope of error_order(cube, 1, 3, [0.1, 0.01])", as_float(central), 2.0, builds_on)


def test_error_order_fits_the_line_to_all_the_points():
    forward, central = error_order(cube, double(1.0), double(3.0), [1.0, 0.5, 0.01])
    step = "The least-squares line takes all the points into account, not the first and the last alone."
    call = "error_order(cube, 1, 3, [1, 0.5, 0.01])"
    expect(f"forward slope of {call}", as_float(forward), 1.053852, first(step, (forward_difference, 3.31)))
    expect(f"central slope of {call}", as_float(central), 2.0, first(step, (central_difference, 3.01)))


def test_plot_error_order_draws_on_logarithmic_axes():
    fig = plot_error_order(EPS_VALUES, FORWARD_ERRORS, CENTRAL_ERRORS)
    call = "plot_error_order([0.1, 0.01], [0.31, 0.0301], [0.01, 0.0001])"
    expect_that(isinstance(fig, Figure), call, fig, "a matplotlib Figure", "Return the figure, and do not show it.")
    expect_that(len(fig.axes) > 0, f"the axes of {call}", fig.axes, "axes to draw on", "Make them with `plt.subplots`.")
    ax = fig.axes[0]
    scales = (ax.get_xscale(), ax.get_yscale())
    expect(f"the scales of the axes of {call}", scales, ("log", "log"), "Use `loglog`, or set both scales.")
    drawn = [ax.lines[i].get_xydata() for i in range(len(ax.lines))] + [c.get_offsets() for c in ax.collections]
    points = {(round(float(x), 6), round(float(y), 6)) for xy in drawn for x, y in xy}
    wanted = [*zip(EPS_VALUES, FORWARD_ERRORS, strict=True), *zip(EPS_VALUES, CENTRAL_ERRORS, strict=True)]
    missing = [point for point in wanted if point not in points]
    expect(f"the points (eps, error) that {call} left out", missing, [], "Draw eps along x and the errors along y.")


def test_plot_error_order_says_what_it_shows():
    fig = plot_error_order(EPS_VALUES, FORWARD_ERRORS, CENTRAL_ERRORS)
    drawn = isinstance(fig, Figure) and len(fig.axes) > 0
    expect_that(drawn, "plot_error_order(...)", fig, "a matplotlib Figure with axes", "Return the figure.")
    ax = fig.axes[0]
    labels = [ax.get_xlabel(), ax.get_ylabel()]
    expect_that(all(label.strip() for label in labels), "the axis labels", labels, "two labels", "Name both axes.")
    legend = ax.get_legend()
    entries = [text.get_text() for text in legend.get_texts()] if legend else []
    expect_that(
        all(any(word in entry.lower() for entry in entries) for word in ("forward", "central")),
        "the entries of the legend",
        entries,
        'one with the word "forward", another with the word "central"',
        "Give each series a `label=`, then call `ax.legend()`.",
    )


def test_plot_error_order_shows_nothing():
    shown, show = [], plt.show
    plt.show = lambda *_, **__: shown.append("plt.show()")
    try:
        one, other = (plot_error_order(EPS_VALUES, FORWARD_ERRORS, CENTRAL_ERRORS) for _ in range(2))
    finally:
        plt.show = show
    expect("what plot_error_order called", shown, [], "Return the figure; whoever called decides whether to show it.")
    expect("whether two calls give two figures", one is not other, True, "Make a new figure: `plt.subplots()`.")
