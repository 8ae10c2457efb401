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
            step,
        )


def test_error_order_of_the_cube():
    forward, central = error_order(cube, double(1.0), double(3.0), EPS_VALUES)
    step = 'Logarithms of both, then the least-squares slope; see "The slope of the errors".'
    expect("forward slope of error_order(cube, 1, 3, [0.1, 0.01])", as_float(forward), 1.012785, step)
    expect("central slope of error_order(cube, 1, 3, [0.1, 0.01])", as_float(central), 2.0, step)


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
