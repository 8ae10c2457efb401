"""The visible tests of lesson 3.1: the worked examples of its page."""

import copy

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.figure import Figure

from assignments.expect import as_float, expect, expect_raises, expect_that
from assignments.lesson_3_1.exercises import (
    SGD,
    Adam,
    AdamW,
    RMSProp,
    bias_correction,
    optimize,
    plot_paths,
    rosenbrock,
)


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open."""
    yield
    plt.close("all")


def parameter(*numbers):
    """A parameter with these numbers."""
    return torch.tensor(numbers, requires_grad=True)


def walk(optimizer, p, gradients):
    """Give p one gradient after the other, make a step on each, and return where p is after each step."""
    places = []
    for gradient in gradients:
        p.grad = torch.tensor(gradient)
        optimizer.step()
        places.append(p.tolist())
    return torch.tensor(places)


def test_SGD_rolls_on_with_momentum():
    """From 2 with the gradients 1, 2 and -1."""
    p = parameter(2.0)
    places = walk(SGD([p], lr=0.1, momentum=0.5), p, [[1.0], [2.0], [-1.0]])
    step = "The velocities are 1, 2.5 and 0.25. The gradient goes into the velocity whole."
    expect("SGD([p], lr=0.1, momentum=0.5), three steps", places, torch.tensor([[1.9], [1.65], [1.625]]), step)


def test_SGD_looks_ahead_with_nesterov():
    """The same gradients, with nesterov."""
    p = parameter(2.0)
    places = walk(SGD([p], lr=0.1, momentum=0.5, nesterov=True), p, [[1.0], [2.0], [-1.0]])
    call = "SGD([p], lr=0.1, momentum=0.5, nesterov=True), three steps"
    step = "Update the velocity first, then step by lr * (g + momentum * v)."
    expect(call, places, torch.tensor([[1.85], [1.525], [1.6125]]), step)


def test_SGD_goes_on_from_a_saved_state():
    """Two steps, a saved state, and a third step by another optimizer."""
    p = parameter(2.0)
    optimizer = SGD([p], lr=0.1, momentum=0.5)
    walk(optimizer, p, [[1.0], [2.0]])
    other = SGD([p], lr=9.0)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    places = walk(other, p, [[-1.0]])
    step = "Keep the velocity in self.state[p], and read lr and momentum from the group."
    expect("the third step, by an optimizer that has loaded the state", places, torch.tensor([[1.625]]), step)


def test_SGD_leaves_out_what_has_no_gradient_and_returns_the_loss():
    """One of two groups has no gradient; the closure's loss comes back."""
    p, q = parameter(2.0), parameter(5.0)
    optimizer = SGD([{"params": [p]}, {"params": [q], "lr": 0.5}], lr=0.1, weight_decay=0.5)

    def closure():
        optimizer.zero_grad()
        loss = (3 * p).sum()
        loss.backward()
        return loss

    loss = optimizer.step(closure)
    expect_that(loss is not None and as_float(loss) == 6.0, "step(closure)", loss, "the loss, 6", "Return it.")
    step = "The decay joins the gradient: 3 + 0.5 * 2 = 4, times the rate of this group."
    expect("the parameter with a gradient", p.tolist(), [1.6], step)
    step = "Where .grad is None, nothing happens, not even decay."
    expect("the parameter without a gradient", q.tolist(), [5.0], step)


def test_RMSProp_makes_steps_of_equal_length():
    """Gradients of two sizes."""
    p = parameter(3.0, 3.0)
    places = walk(RMSProp([p], lr=0.1, alpha=0.75, eps=0.0), p, [[2.0, 2000.0], [1.0, 1000.0]])
    step = "The roots of the mean squares are (1, 1000) in both steps."
    call = "RMSProp([p], lr=0.1, alpha=0.75, eps=0.0), two steps"
    expect(call, places, torch.tensor([[2.8, 2.8], [2.7, 2.7]]), step)


def test_bias_correction_fills_up_what_is_missing():
    """Step 2 with beta 0.9."""
    moment = torch.tensor([0.19, -0.38])
    step = "Divide by 1 - 0.9**2 = 0.19."
    expect("bias_correction(moment, 0.9, 2)", bias_correction(moment, 0.9, 2), torch.tensor([1.0, -2.0]), step)
    expect("the moment afterwards", moment, torch.tensor([0.19, -0.38]), "Return a new tensor; change nothing.")
    call = "bias_correction(moment, 0.9, 0)"
    expect_raises(ValueError, call, lambda: bias_correction(moment, 0.9, 0), "Steps count from 1.")


def test_Adam_corrects_both_moments():
    """From 3 with the gradients 2 and 1."""
    p = parameter(3.0)
    places = walk(Adam([p], lr=0.1, betas=(0.5, 0.75), eps=0.0), p, [[2.0], [1.0]])
    step = "The corrected moments are 2 and 4 in step 1, and 1.3333 and 2.2857 in step 2."
    expect("Adam([p], lr=0.1, betas=(0.5, 0.75), eps=0.0), two steps", places, torch.tensor([[2.9], [2.811808]]), step)


def test_Adam_divides_its_decay_away():
    """The decay joins the gradient, so the first step is as long as the rate, decay or not."""
    p = parameter(10.0, 10.0)
    places = walk(Adam([p], lr=0.1, weight_decay=0.1), p, [[100.0, 0.1]])
    step = "Add weight_decay * p to the gradient, and let that go into both moments."
    expect("Adam([p], lr=0.1, weight_decay=0.1), one step", places, torch.tensor([[9.9, 9.9]]), step)


def test_AdamW_decays_around_the_division():
    """The same numbers as in the test before, for AdamW."""
    p = parameter(10.0, 10.0)
    places = walk(AdamW([p], lr=0.1, weight_decay=0.1), p, [[100.0, 0.1]])
    step = "First shrink p by lr * weight_decay * p, to 9.9; then comes Adam's step by the bare gradient."
    expect("AdamW([p], lr=0.1, weight_decay=0.1), one step", places, torch.tensor([[9.8, 9.8]]), step)


def test_rosenbrock_has_the_pages_height_and_slopes():
    """At (-1.2, 1) and at the minimum."""
    p = parameter(-1.2, 1.0)
    height = rosenbrock(p)
    step = "2.2 squared, plus 100 times (1 - 1.44) squared."
    expect("rosenbrock((-1.2, 1))", height.detach(), torch.tensor(24.2), step)
    step = "Calculate with tensors, so that gradients can flow back."
    expect_that(height.requires_grad, "rosenbrock((-1.2, 1)).requires_grad", height.requires_grad, "True", step)
    height.backward()
    expect("its gradient", p.grad, torch.tensor([-215.6, -88.0]), step)
    expect("rosenbrock((1, 1))", rosenbrock(torch.ones(2)), torch.tensor(0.0), "There is the minimum.")


def test_optimize_notes_the_start_and_every_step():
    """One step of plain descent."""
    start = torch.tensor([-1.2, 1.0])
    path = optimize("sgd", start, 1, 0.001)
    step = "Row 0 is the start; then comes one row for each step, each a copy."
    expect('optimize("sgd", start, 1, 0.001)', path, torch.tensor([[-1.2, 1.0], [-0.9844, 1.088]]), step)
    expect("the start afterwards", start, torch.tensor([-1.2, 1.0]), "Walk with a copy of the start.")
    call = 'optimize("walk", start, 1, 0.001)'
    expect_raises(ValueError, call, lambda: optimize("walk", start, 1, 0.001), "Only the six names are known.")


def test_plot_paths_draws_and_names_every_path():
    """Two lines, a legend, contours, labels."""
    paths = {
        "zig": torch.tensor([[-1.0, 1.0], [0.0, 2.0], [0.5, 0.0]]),
        "zag": torch.tensor([[-1.5, 2.0], [0.5, 2.5]]),
    }
    call = "plot_paths(paths)"
    figure = plot_paths(paths)
    expect_that(isinstance(figure, Figure), call, figure, "a matplotlib Figure", "Return the figure.")
    lines = [torch.tensor(line.get_xydata()).tolist() for ax in figure.axes for line in ax.lines]
    for name, path in paths.items():
        step = f"Draw the path {name!r} as a line, column 0 to the right."
        expect_that(path.tolist() in lines, f"the lines of {call}", lines, f"{path.tolist()} among them", step)
    legends = [ax.get_legend() for ax in figure.axes] + figure.legends
    words = [text.get_text() for legend in legends if legend is not None for text in legend.get_texts()]
    expect_that({"zig", "zag"} <= set(words), f"the legend of {call}", words, "zig and zag", "Label the lines.")
    drawn = [part for ax in figure.axes for part in ax.collections if hasattr(part, "levels")]
    expect_that(bool(drawn), f"the contours of {call}", drawn, "contours", "Use `contour` or `contourf`.")
    labels = [(ax.get_xlabel(), ax.get_ylabel()) for ax in figure.axes]
    named = any(all(pair) for pair in labels)
    expect_that(named, f"the labels of {call}", labels, "a label on both axes", "Name both axes.")
