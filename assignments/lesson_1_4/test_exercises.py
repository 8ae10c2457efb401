"""Visible tests of lesson 1.4: the worked examples of its page (`uv run pytest assignments/lesson_1_4`)."""

import matplotlib

matplotlib.use("Agg")  # draw into memory, open no window

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.figure import Figure

from assignments.expect import as_float, expect, expect_that
from assignments.lesson_1_4.exercises import (
    create_data,
    descent_frames,
    gradient_descent_steps,
    grid_minimum,
    loss_curve,
    loss_grid,
    plot_descent_path,
    plot_loss_surface,
)

X = torch.tensor([0.0, 2.0])
Y = torch.tensor([1.0, 3.0])
W = torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
B = torch.tensor([[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]])
L = torch.tensor([[5.0, 2.0, 1.0], [1.0, 0.0, 1.0]])
PATH = [(0.0, 0.0), (0.6, 0.4), (0.88, 0.6)]


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def _xy(fig):
    """Return all the points that a flat figure has on lines or scattered, rounded."""
    points = [tuple(point) for ax in fig.axes for line in ax.lines for point in line.get_xydata()]
    for ax in fig.axes:
        for collection in ax.collections:
            if type(collection).__name__ == "PathCollection":
                points += [tuple(point) for point in collection.get_offsets()]
    return {(round(float(x), 4), round(float(y), 4)) for x, y in points}


def test_create_data_spaces_the_inputs_evenly_from_minus_3_to_3():
    x, _ = create_data(5, torch.Generator().manual_seed(0))
    expect(
        "x of create_data(5, generator)",
        x,
        torch.tensor([-3.0, -1.5, 0.0, 1.5, 3.0]),
        'The inputs are not random; see "Data with a known answer".',
    )


def test_create_data_scatters_the_targets_with_deviation_one_half():
    x, y = create_data(2000, torch.Generator().manual_seed(0))
    call = "y of create_data(2000, generator)"
    form = (tuple(y.shape), y.dtype)
    expect(f"shape and dtype of {call}", form, ((2000,), torch.float32), "Every sample has one target, of x's dtype.")
    noise = y - (2 * x + 1)
    for what, value, wanted in (("mean", noise.mean(), 0.0), ("standard deviation", noise.std(), 0.5)):
        expect_that(
            abs(as_float(value) - wanted) < 0.07,
            f"the {what} of y - (2x + 1)",
            as_float(value),
            f"about {wanted}",
            "The targets are 2x + 1 + 0.5 * noise, with standard normal noise.",
        )


def test_create_data_draws_the_noise_from_the_generator():
    torch.manual_seed(3)
    wanted = torch.rand(1)
    torch.manual_seed(3)
    _, first = create_data(5, torch.Generator().manual_seed(7))
    _, again = create_data(5, torch.Generator().manual_seed(7))
    _, other = create_data(5, torch.Generator().manual_seed(8))
    expect("y of create_data(5, generator) with the same seed again", again, first, "Draw from `generator` alone.")
    expect("torch.rand(1) after create_data", torch.rand(1), wanted, "Leave PyTorch's global generator alone.")
    expect_that(
        not torch.equal(first, other),
        "y of create_data(5, generator) with another seed",
        other,
        "other numbers than with the first seed",
        "Draw from `generator`, and do not seed it yourself.",
    )


def test_loss_grid_has_weights_along_the_rows_and_biases_along_the_columns():
    found_W, found_B, _ = loss_grid(X, Y, torch.tensor([0.0, 1.0]), torch.tensor([0.0, 1.0, 2.0]))
    expect("W of loss_grid(x, y, [0, 1], [0, 1, 2])", found_W, W, 'Look at `indexing="ij"`.')
    expect("B of loss_grid(x, y, [0, 1], [0, 1, 2])", found_B, B, 'Look at `indexing="ij"`.')


def test_loss_grid_has_the_loss_of_every_pair():
    _, _, found = loss_grid(X, Y, torch.tensor([0.0, 1.0]), torch.tensor([0.0, 1.0, 2.0]))
    expect(
        "L of loss_grid(x, y, [0, 1], [0, 1, 2])",
        found,
        L,
        "Check the shape of each step: the mean goes over the samples.",
    )


def test_loss_grid_of_the_six_candidates_on_the_page():
    x, y = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 5.0])
    _, _, found = loss_grid(x, y, torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.0, 1.0]))
    expect(
        "L of loss_grid([1, 2], [3, 5], [1, 2, 3], [0, 1])",
        found,
        torch.tensor([[6.5, 2.5], [1.0, 0.0], [0.5, 2.5]]),
        'Work through the table in "A grid of candidates".',
    )


def test_loss_grid_keeps_float64_and_shapes_of_one():
    x, y = X.double(), Y.double()
    _, _, found = loss_grid(x, y, torch.tensor([1.0]).double(), torch.tensor([2.0, 0.0]).double())
    step = "W, B and L are (n_w, n_b), also for a range of one value, in x's dtype and in the order of the ranges."
    expect("L of loss_grid(x, y, [1], [2, 0]) in float64", found, torch.tensor([[1.0, 1.0]]).double(), step)
    _, _, found = loss_grid(x[:1], y[:1], torch.tensor([1.0]).double(), torch.tensor([2.0, 0.0]).double())
    expect("L of loss_grid([0], [1], [1], [2, 0]) in float64", found, torch.tensor([[1.0, 1.0]]).double(), step)


@pytest.mark.parametrize("b", [1.0, torch.tensor(1.0)], ids=["float", "tensor"])
def test_loss_curve_varies_the_weight_and_holds_the_bias(b):
    expect(
        f"loss_curve(x, y, [0, 1, 2], b={b})",
        loss_curve(X, Y, torch.tensor([0.0, 1.0, 2.0]), b),
        torch.tensor([2.0, 0.0, 2.0]),
        'Only w changes along the slice; see "One slice of the landscape".',
    )


def test_grid_minimum_is_the_first_of_ties():
    weights = torch.tensor([[10.0, 10.0, 10.0], [20.0, 20.0, 20.0]])
    biases = torch.tensor([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    losses = torch.tensor([[4.0, 1.0, 3.0], [1.0, 2.0, 5.0]])
    w, b, loss = grid_minimum(weights, biases, losses)
    expect(
        "grid_minimum(W, B, [[4, 1, 3], [1, 2, 5]])",
        (as_float(w), as_float(b), as_float(loss)),
        (10.0, 2.0, 1.0),
        "w comes first, then b, then the loss; and `argmin` counts through the flattened grid, row after row.",
    )


def test_grid_minimum_on_a_tall_grid_and_on_a_transposed_one():
    tall = torch.tensor([[4.0, 3.0], [6.0, 5.0], [1.0, 2.0]])
    rows, columns = torch.tensor([10.0, 20.0, 30.0]), torch.tensor([1.0, 2.0])
    weights, biases = torch.meshgrid(rows, columns, indexing="ij")
    step = "`argmin` counts through the flattened grid: divide by the number of *columns* to get row and column."
    found = tuple(as_float(number) for number in grid_minimum(weights, biases, tall))
    expect("grid_minimum(W, B, [[4, 3], [6, 5], [1, 2]])", found, (30.0, 1.0, 1.0), step)
    found = tuple(as_float(number) for number in grid_minimum(weights.T, biases.T, tall.T))
    expect("grid_minimum(W.T, B.T, L.T) of the same grid", found, (30.0, 1.0, 1.0), step)


def test_gradient_descent_steps_of_two_steps():
    expect(
        "gradient_descent_steps(x, y, 0.0, 0.0, lr=0.1, steps=2)",
        gradient_descent_steps(X, Y, 0.0, 0.0, 0.1, 2),
        PATH,
        "The start comes first; clear the gradients in every step; move w and b together.",
    )


def test_gradient_descent_steps_of_no_steps_is_the_start():
    expect(
        "gradient_descent_steps(x, y, 1.5, -0.5, lr=0.1, steps=0)",
        gradient_descent_steps(X, Y, 1.5, -0.5, 0.1, 0),
        [(1.5, -0.5)],
        "The place where you start is a place of the path, too.",
    )


def test_gradient_descent_steps_computes_in_the_dtype_of_x():
    x, y = X.double().requires_grad_(False), Y.double()
    path = gradient_descent_steps(x, y, 0.0, 0.0, 0.1, 3)
    digits = [tuple(round(1e10 * number) for number in point) for point in path]
    wanted = [(0, 0), (6000000000, 4000000000), (8800000000, 6000000000), (10080000000, 7040000000)]
    step = "Make w and b tensors of x's dtype: float32 has seven digits, float64 has sixteen."
    expect("gradient_descent_steps(x, y, 0.0, 0.0, 0.1, 3) in float64, times 10**10", digits, wanted, step)
    expect("x.requires_grad afterwards", x.requires_grad, False, "Ask for the gradients of w and b alone.")


def test_plot_loss_surface_draws_in_three_dimensions_with_labels():
    fig = plot_loss_surface(W, B, L)
    call = "plot_loss_surface(W, B, L)"
    expect_that(isinstance(fig, Figure), call, fig, "a matplotlib Figure", "Return the figure, and do not show it.")
    solid = [ax for ax in fig.axes if ax.name == "3d"]
    expect_that(len(solid) > 0, call, fig, "3-D axes", 'Make the axes with `projection="3d"`.')
    labels = [solid[0].get_xlabel(), solid[0].get_ylabel(), solid[0].get_zlabel()]
    expect_that(
        "w" in labels[0].lower() and "b" in labels[1].lower() and labels[2].strip() != "",
        f"the axis labels of {call}",
        labels,
        "a letter w in the first, a letter b in the second, and a third",
        "Name all three axes.",
    )
    step = "w, which ends at 1 here, belongs along x, and b, which ends at 2, along y: `plot_surface(W, B, L)`."
    ends = (round(float(solid[0].xy_dataLim.x1), 2), round(float(solid[0].xy_dataLim.y1), 2))
    expect(f"where the surface of {call} ends along x and y", ends, (1.0, 2.0), step)


def test_plot_descent_path_draws_the_walk_on_a_labelled_contour():
    fig = plot_descent_path(W, B, L, PATH)
    call = "plot_descent_path(W, B, L, path)"
    expect_that(isinstance(fig, Figure), call, fig, "a matplotlib Figure", "Return the figure, and do not show it.")
    missing = [point for point in PATH if point not in _xy(fig)]
    expect_that(
        not missing,
        f"the points of the path that {call} left out",
        missing,
        "none: every point on a line, or scattered",
        "Draw all weights of the path along x, and all biases along y.",
    )
    named = [ax for ax in fig.axes if "w" in ax.get_xlabel().lower() and "b" in ax.get_ylabel().lower()]
    labels = [(ax.get_xlabel(), ax.get_ylabel()) for ax in fig.axes]
    expect_that(
        len(named) > 0,
        f"the axis labels of {call}",
        labels,
        "a letter w in the x label, a letter b in the y label",
        "Name both axes.",
    )


def test_plot_descent_path_fills_the_contour_and_marks_start_and_end():
    fig = plot_descent_path(W, B, L, PATH)
    call = "plot_descent_path(W, B, L, path)"
    filled = any(getattr(collection, "filled", False) for ax in fig.axes for collection in ax.collections)
    expect(f"whether {call} has a filled contour", filled, True, "Draw L with `contourf`, which fills the bands.")
    alone = []
    for ax in fig.axes:
        lines = [line.get_xydata() for line in ax.lines if line.get_marker() not in ("", " ", "None", None)]
        scattered = [c.get_offsets() for c in ax.collections if type(c).__name__ == "PathCollection"]
        alone += [tuple(round(float(n), 4) for n in point) for xy in lines + scattered if len(xy) <= 2 for point in xy]
    unmarked = [point for point in (PATH[0], PATH[-1]) if point not in alone]
    step = "Draw the start, and the end, once more by itself, with a marker: `ax.plot(w, b, 'o')`."
    expect(f"those of start and end that have no marker of their own in {call}", unmarked, [], step)


def shows_nothing(name, plot):
    """Two calls of a plot show nothing, and give two figures."""
    shown, show = [], plt.show
    plt.show = lambda *_, **__: shown.append("plt.show()")
    try:
        first, second = plot(), plot()
    finally:
        plt.show = show
    expect(f"what {name} called", shown, [], "Return the figure; whoever called decides whether to show it.")
    expect(f"whether two calls of {name} give two figures", first is not second, True, "Make a new figure each time.")


def test_plot_loss_surface_shows_nothing():
    shows_nothing("plot_loss_surface", lambda: plot_loss_surface(W, B, L))


def test_plot_descent_path_shows_nothing():
    shows_nothing("plot_descent_path", lambda: plot_descent_path(W, B, L, PATH))


def test_descent_frames_grow_with_the_path():
    frames = descent_frames(W, B, L, PATH)
    call = "descent_frames(W, B, L, path)"
    expect_that(
        isinstance(frames, list) and len({id(fig) for fig in frames}) == len(frames) == 3,
        call,
        frames,
        "a list of three different figures",
        "Make a new figure for every frame.",
    )
    drawn = [[point for point in PATH if point in _xy(fig)] for fig in frames]
    expect(f"the points in the frames of {call}", drawn, [PATH[:1], PATH[:2], PATH], "Frame i draws path[: i + 1].")
