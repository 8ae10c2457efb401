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
    """Leave no figure open, and `plt.show` as it was."""
    show = plt.show
    yield
    plt.show = show
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


def test_SGD_lets_the_decay_join_the_velocity():
    """From 2 with the gradients 1 and 2, and a decay of 0.5."""
    p = parameter(2.0)
    places = walk(SGD([p], lr=0.1, momentum=0.5, weight_decay=0.5), p, [[1.0], [2.0]])
    call = "SGD([p], lr=0.1, momentum=0.5, weight_decay=0.5), two steps"
    step = "With the decay the gradients are 1 + 0.5 * 2 = 2 and 2 + 0.5 * 1.8 = 2.9; these go into the velocity."
    expect(call, places, torch.tensor([[1.8], [1.41]]), step)


def test_SGD_leaves_the_gradient_alone_and_keeps_no_hold_of_it():
    """The same tensor holds the second gradient, too, as after a `backward`."""
    p = parameter(2.0)
    optimizer = SGD([p], lr=0.1, momentum=0.5)
    p.grad = torch.tensor([1.0])
    optimizer.step()
    expect(
        "p.grad after a step",
        p.grad,
        torch.tensor([1.0]),
        "`.grad` is the caller's: calculate with it, change nothing.",
    )
    p.grad.fill_(2.0)
    optimizer.step()
    step = "Keep a new tensor as the velocity, such as p.grad.clone(): p.grad itself is overwritten."
    expect("p after a second step, with p.grad overwritten by 2", p.detach(), torch.tensor([1.65]), step)
    q = parameter(2.0)
    optimizer = SGD([q], lr=0.1, weight_decay=0.5)
    q.grad = torch.tensor([1.0])
    optimizer.step()
    step = "Add the decay to a new tensor: p.grad + weight_decay * p."
    expect("p.grad after a step with decay", q.grad, torch.tensor([1.0]), step)


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


def test_RMSProp_adds_eps_to_the_root():
    """A root of 1 and an eps of 3."""
    p = parameter(3.0)
    places = walk(RMSProp([p], lr=0.1, alpha=0.75, eps=3.0), p, [[2.0]])
    step = "The mean square is 1; divide by its root plus eps, 1 + 3, not by the root of 1 + 3."
    expect("RMSProp([p], lr=0.1, alpha=0.75, eps=3.0), one step", places, torch.tensor([[2.95]]), step)


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


def test_Adam_adds_eps_to_the_root():
    """A corrected root of 2 and an eps of 2."""
    p = parameter(3.0)
    places = walk(Adam([p], lr=0.1, eps=2.0), p, [[2.0]])
    step = "In step 1 the corrected moments are 2 and 4: the step is 0.1 * 2 / (√4 + 2)."
    expect("Adam([p], lr=0.1, eps=2.0), one step", places, torch.tensor([[2.95]]), step)


def test_Adam_counts_the_steps_of_each_parameter():
    """One parameter has a gradient in both steps, the other one in the second alone."""
    p, q = parameter(3.0), parameter(3.0)
    optimizer = Adam([p, q], lr=0.1, betas=(0.5, 0.75), eps=0.0)
    p.grad = torch.tensor([2.0])
    optimizer.step()
    expect("a parameter without a gradient, after a step", q.detach(), torch.tensor([3.0]), "Leave it out of the step.")
    p.grad, q.grad = torch.tensor([1.0]), torch.tensor([1.0])
    optimizer.step()
    step = "Its second step is step 2. Count in self.state[p], once for each step of this parameter."
    expect("the parameter that makes its second step", p.detach(), torch.tensor([2.811808]), step)
    step = "For it this is step 1, whatever the others have done: so it moves by the rate, 0.1."
    expect("the parameter that makes its first step", q.detach(), torch.tensor([2.9]), step)


def test_Adam_goes_on_from_a_saved_state():
    """A step, a saved state, and a second step by another optimizer."""
    p = parameter(3.0)
    optimizer = Adam([p], lr=0.1, betas=(0.5, 0.75), eps=0.0)
    walk(optimizer, p, [[2.0]])
    other = Adam([p], lr=9.0)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    places = walk(other, p, [[1.0]])
    step = "Keep both moments and the count in self.state[p]: nothing else is saved."
    expect("the second step, by an optimizer that has loaded the state", places, torch.tensor([[2.811808]]), step)


def test_Adam_divides_its_decay_away():
    """The decay joins the gradient, so the first step is as long as the rate, decay or not."""
    p = parameter(10.0, 10.0)
    places = walk(Adam([p], lr=0.1, weight_decay=0.1), p, [[100.0, 0.1]])
    step = "Add weight_decay * p to the gradient, and let that go into both moments."
    expect("Adam([p], lr=0.1, weight_decay=0.1), one step", places, torch.tensor([[9.9, 9.9]]), step)
    expect("p.grad afterwards", p.grad, torch.tensor([100.0, 0.1]), "Add the decay to a new tensor; `.grad` stays.")


def test_AdamW_decays_around_the_division():
    """The same numbers as in the test before, for AdamW."""
    p = parameter(10.0, 10.0)
    places = walk(AdamW([p], lr=0.1, weight_decay=0.1), p, [[100.0, 0.1]])
    step = "First shrink p by lr * weight_decay * p, to 9.9; then comes Adam's step by the bare gradient."
    expect("AdamW([p], lr=0.1, weight_decay=0.1), one step", places, torch.tensor([[9.8, 9.8]]), step)


def test_AdamW_decays_by_itself_but_never_without_a_gradient():
    """The default of the decay, and a parameter that has no gradient."""
    p, q = parameter(10.0), parameter(10.0)
    optimizer = AdamW([p, q], lr=0.1)
    p.grad = torch.tensor([100.0])
    optimizer.step()
    step = "The decay is 0.01 unless another one is given: 10 - 0.1 * 0.01 * 10 = 9.99, and then Adam's step of 0.1."
    expect("a parameter after one step of AdamW([p, q], lr=0.1)", p.detach(), torch.tensor([9.89]), step)
    expect(
        "the one without a gradient", q.detach(), torch.tensor([10.0]), "Where .grad is None, nothing decays either."
    )


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


def test_optimize_clears_the_gradients_and_knows_nesterov():
    """Two steps of plain descent; the first step of Nesterov's is longer than that of momentum."""
    start = torch.tensor([-1.2, 1.0])
    step = "Call zero_grad before every backward, or the gradients pile up."
    wanted = torch.tensor([[-1.2, 1.0], [-0.9844, 1.088], [-1.027272, 1.064209]])
    expect('optimize("sgd", start, 2, 0.001)', optimize("sgd", start, 2, 0.001), wanted, step)
    path = optimize("momentum", start, 1, 0.001)
    step = "The first velocity is the gradient, so the first step is that of plain descent."
    expect('optimize("momentum", start, 1, 0.001)', path, torch.tensor([[-1.2, 1.0], [-0.9844, 1.088]]), step)
    path = optimize("nesterov", start, 1, 0.001)
    step = "Give SGD a momentum of 0.9 and nesterov=True: the first step is 1.9 times the gradient."
    expect('optimize("nesterov", start, 1, 0.001)', path, torch.tensor([[-1.2, 1.0], [-0.79036, 1.1672]]), step)


def test_optimize_makes_all_its_steps():
    """From a point that is as good as the minimum."""
    path = optimize("sgd", torch.tensor([1.0001, 1.0002]), 3, 0.0001)
    step = "Make `steps` steps wherever the walk is: the path has steps + 1 rows."
    expect_that(tuple(path.shape) == (4, 2), "the shape of optimize(…, steps=3, …)", tuple(path.shape), "(4, 2)", step)


def test_plot_paths_draws_and_names_every_path():
    """Two lines, a legend, contours, labels."""
    paths = {
        "zig": torch.tensor([[-1.0, 1.0], [0.0, 2.0], [0.5, 0.0]]),
        "zag": torch.tensor([[-1.5, 2.0], [0.5, 2.5]]),
    }
    call = "plot_paths(paths)"
    shown = []
    plt.show = lambda *_, **__: shown.append("plt.show()")
    figure = plot_paths(paths)
    expect_that(isinstance(figure, Figure), call, figure, "a matplotlib Figure", "Return the figure.")
    expect_that(not shown, f"what was shown by {call}", shown, "nothing", "Return the figure; do not show it.")
    lines = [torch.tensor(line.get_xydata()).tolist() for ax in figure.axes for line in ax.lines]
    for name, path in paths.items():
        step = f"Draw the path {name!r} as a line, column 0 to the right."
        expect_that(path.tolist() in lines, f"the lines of {call}", lines, f"{path.tolist()} among them", step)
    legends = [ax.get_legend() for ax in figure.axes] + figure.legends
    words = [text.get_text() for legend in legends if legend is not None for text in legend.get_texts()]
    named = all(any(name in word for word in words) for name in paths)
    expect_that(named, f"the legend of {call}", words, "zig and zag", "Label the lines, and call `legend()`.")
    drawn = [part for ax in figure.axes for part in ax.collections if hasattr(part, "levels")]
    expect_that(bool(drawn), f"the contours of {call}", drawn, "contours", "Use `contour` or `contourf`.")
    labels = [(ax.get_xlabel(), ax.get_ylabel()) for ax in figure.axes]
    labelled = any(all(pair) for pair in labels)
    expect_that(labelled, f"the labels of {call}", labels, "a label on both axes", "Name both axes.")


def test_plot_paths_marks_the_minimum_among_logarithmic_contours():
    """A marker at (1, 1); levels of which each is the same multiple of the one before, at the right heights."""
    call = "plot_paths(paths)"
    figure = plot_paths({"zig": torch.tensor([[-1.0, 1.0], [0.0, 2.0], [0.5, 0.0]])})
    single = [line.get_xydata().tolist()[0] for ax in figure.axes for line in ax.lines if len(line.get_xydata()) == 1]
    dots = [list(place) for ax in figure.axes for part in ax.collections for place in part.get_offsets().tolist()]
    step = "Draw a single point at (1, 1), by `plot` or by `scatter`."
    expect_that(
        [1.0, 1.0] in [*single, *dots], f"the single points of {call}", [*single, *dots], "(1, 1) among them", step
    )
    drawn = [part for ax in figure.axes for part in ax.collections if hasattr(part, "levels")]
    expect_that(bool(drawn), f"the contours of {call}", drawn, "contours", "Use `contour` or `contourf`.")
    contours = drawn[0]
    levels = torch.tensor(contours.levels).double()
    ratios = levels[1:] / levels[:-1]
    # Who draws the logarithm of the heights has levels that are evenly spaced, and all of them small.
    fine = bool(levels.max() < 20) or (bool((levels > 0).all()) and bool(ratios.max() < 1.7 * ratios.min()))
    step = "Let each level be the same multiple of the one before, as those of torch.logspace(-1, 3, 9) are."
    expect_that(fine, f"the levels in {call}", levels.tolist(), "logarithmic levels", step)
    if not contours.filled and levels.max() >= 20:
        level, outline = next(pair for pair in zip(levels.tolist(), contours.get_paths(), strict=False) if pair[0] > 20)
        x, y = torch.tensor(outline.vertices).T
        heights = (1 - x) ** 2 + 100 * (y - x**2) ** 2
        right = bool(((heights / level).log().abs() < 0.5).double().mean() > 0.5)
        step = "Hand the heights over with the very grids, X and Y, that they were worked out on; or they are mirrored."
        expect_that(right, f"heights along the contour of {level:g} in {call}", heights[:5], f"about {level:g}", step)
