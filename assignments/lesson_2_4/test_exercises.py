"""The visible tests of lesson 2.4: the worked examples of its page."""

import math

import matplotlib

matplotlib.use("Agg")  # draw into memory, open no window

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure

from assignments.expect import as_float, expect, expect_raises, expect_that
from assignments.lesson_2_4.exercises import (
    compare_activations,
    dead_fraction,
    gelu,
    gelu_derivative,
    gradient_by_depth,
    leaky_relu,
    leaky_relu_derivative,
    pick_output_activation,
    plot_activation,
    relu_derivative,
    saturation,
    sigmoid_derivative,
    softmax,
    tanh_derivative,
)

CORNER = "torch.tensor([-2.0, 0.0, 3.0])"
FAR = "torch.tensor([-1000.0, 0.0, math.log(3)])"
BELL = "torch.tensor([-1.0, 0.0, 1.0, 2.0])"


def corner():
    """Numbers on both sides of 0, and 0 itself."""
    return torch.tensor([-2.0, 0.0, 3.0])


def far():
    """Numbers where the page computes by hand, and one that overflows."""
    return torch.tensor([-1000.0, 0.0, math.log(3)])


def bell():
    """Numbers of the page's tables."""
    return torch.tensor([-1.0, 0.0, 1.0, 2.0])


def test_leaky_relu_leaks_below_zero():
    """Two hundredths come through by default, a half where the slope says so."""
    step = "What is above 0 stays as it is; everything else is multiplied by `slope`."
    expect(f"leaky_relu({CORNER})", leaky_relu(corner()), torch.tensor([-0.02, 0.0, 3.0]), step)
    expect(f"leaky_relu({CORNER}, slope=0.5)", leaky_relu(corner(), slope=0.5), torch.tensor([-1.0, 0.0, 3.0]), step)


def test_gelu_is_the_exact_one():
    """The values of the page's table."""
    step = "Multiply z by Φ(z), which is (1 + erf(z / √2)) / 2. Approximations are off in the fourth digit."
    expect(f"gelu({BELL})", gelu(bell()), torch.tensor([-0.1586553, 0.0, 0.8413447, 1.9544997]), step)


def test_relu_derivative_is_zero_at_zero():
    """(-2, 0, 3) gives (0, 0, 1), as numbers."""
    step = "The slope is 1 above 0 and 0 elsewhere, also at exactly 0, in z's dtype."
    expect(f"relu_derivative({CORNER})", relu_derivative(corner()), torch.tensor([0.0, 0.0, 1.0]), step)


def test_leaky_relu_derivative_is_the_slope_at_zero():
    """(-2, 0, 3) gives (0.5, 0.5, 1) for the slope 0.5."""
    step = "The slope is 1 above 0 and `slope` elsewhere, also at exactly 0, in z's dtype."
    call, result = f"leaky_relu_derivative({CORNER}, slope=0.5)", leaky_relu_derivative(corner(), slope=0.5)
    expect(call, result, torch.tensor([0.5, 0.5, 1.0]), step)
    result = leaky_relu_derivative(corner().double())
    expected = torch.tensor([0.01, 0.01, 1.0], dtype=torch.float64)
    expect(f"leaky_relu_derivative({CORNER}.double())", result, expected, step)


def test_sigmoid_derivative_is_taken_at_the_input():
    """(-1000, 0, ln 3) gives (0, 0.25, 0.1875)."""
    step = "First s = sigmoid(z), then s · (1 - s)."
    expect(f"sigmoid_derivative({FAR})", sigmoid_derivative(far()), torch.tensor([0.0, 0.25, 0.1875]), step)


def test_tanh_derivative_is_taken_at_the_input():
    """(-1000, 0, ln 3) gives (0, 1, 0.36)."""
    step = "First t = tanh(z), then 1 - t²."
    expect(f"tanh_derivative({FAR})", tanh_derivative(far()), torch.tensor([0.0, 1.0, 0.36]), step)


def test_gelu_derivative_has_two_terms():
    """The values of the page's table."""
    step = "The product rule gives two terms: Φ(z) and z · φ(z)."
    expected = torch.tensor([-0.0833155, 0.5, 1.0833155, 1.0852318])
    expect(f"gelu_derivative({BELL})", gelu_derivative(bell()), expected, step)


def test_dead_fraction_asks_whole_columns():
    """Neurons 1 and 3 of the page's four are dead."""
    activations = torch.tensor([[0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0], [0.0, 3.0, 0.0, 0.0]])
    step = "A neuron is a column. It is dead if every sample of it is 0. How many of the four are?"
    expect("dead_fraction(activations)", as_float(dead_fraction(activations)), 0.5, step)


def test_dead_fraction_counts_no_negative_numbers():
    """After leaky ReLU a neuron may be below 0, and even add up to 0: that is not dead. Only the last of four is."""
    activations = torch.tensor([[-0.5, 2.0, -1.0, 0.0], [-0.25, -2.0, 0.0, 0.0]])
    step = "A neuron is dead only if every one of its numbers is exactly 0; -0.5 is not, and neither are 2 and -2."
    call = "dead_fraction(torch.tensor([[-0.5, 2, -1, 0], [-0.25, -2, 0, 0]]))"
    expect(call, as_float(dead_fraction(activations)), 0.25, step)


def test_saturation_counts_both_sides():
    """Four of the page's eight outputs are further out than 0.75."""
    activations = torch.tensor([[0.875, -0.9, 0.1, -0.4], [0.75, 0.95, -0.2, -0.99]])
    step = "Compare absolute values with the limit; what equals the limit is not above it."
    expect("saturation(activations, 0.75)", as_float(saturation(activations, 0.75)), 0.5, step)


def test_gradient_by_depth_gives_a_norm_for_each_layer():
    """With outputs that are all 1.5 the last layer's gradient has the norm 4.5."""
    norms = gradient_by_depth(lambda z: z - z.detach() + 1.5, 3, 4, torch.Generator().manual_seed(0))
    call = "gradient_by_depth(lambda z: z - z.detach() + 1.5, 3, 4, generator)"
    is_list = isinstance(norms, list) and len(norms) == 3 and all(isinstance(norm, float) for norm in norms)
    expect_that(is_list, call, norms, "a list of 3 floats", "One norm for each layer, as a Python float.")
    step = "The loss is the mean of the squares of the last layer's outputs; take the root of the sum of squares of dW."
    expect(f"{call}[-1]", norms[-1], 4.5, step)


def test_gradient_by_depth_vanishes_towards_the_first_layer():
    """With sigmoids the first layer is pushed far less than the last one, by about the factor of the page's table."""
    norms = gradient_by_depth(torch.sigmoid, 6, 64, torch.Generator().manual_seed(0))
    call = "gradient_by_depth(torch.sigmoid, 6, 64, generator)"
    wanted = "numbers that grow from the first layer to the last, from about 0.00002 to about 0.12"
    step = "Does the list start with the layer next to the data? Are the weights divided by √width?"
    expect_that(norms[0] < 0.0002 and 0.06 < norms[-1] < 0.24, call, norms, wanted, step)


def test_gradient_by_depth_keeps_its_size_with_tanh():
    """With tanh all layers are pushed about as hard as in the page's table: the weights are divided by √width."""
    norms = gradient_by_depth(torch.tanh, 6, 64, torch.Generator().manual_seed(1))
    call = "gradient_by_depth(torch.tanh, 6, 64, generator)"
    step = "Divide the weights by √width, call the activation after every layer, and take the loss's mean."
    inside = all(0.02 < norm < 0.1 for norm in norms)
    expect_that(inside, call, norms, "six numbers between 0.02 and 0.1", step)


def test_gradient_by_depth_draws_from_its_generator_alone():
    """The same seed gives the same norms, a second call on one generator gives others, and the global one stays."""
    generator, before = torch.Generator().manual_seed(7), torch.get_rng_state()
    first, second = (gradient_by_depth(torch.tanh, 2, 5, generator) for _ in range(2))
    again = gradient_by_depth(torch.tanh, 2, 5, torch.Generator().manual_seed(7))
    step = "Pass `generator=generator` wherever you draw numbers, and seed nothing."
    call = "gradient_by_depth(torch.tanh, 2, 5, generator)"
    expect(f"{call}, with a generator of the same seed", again, first, step)
    expect_that(second != first, f"{call}, once more with the same generator", second, "other numbers", step)
    stayed = torch.equal(torch.get_rng_state(), before)
    expect_that(stayed, "PyTorch's global generator after that", "other than before", "as it was before", step)


def test_softmax_gives_probabilities():
    """(0, ln 2, ln 5) gives eighths."""
    z = torch.tensor([0.0, math.log(2), math.log(5)])
    step = "Divide e^z by its sum."
    expect("softmax(torch.tensor([0, ln 2, ln 5]))", softmax(z), torch.tensor([0.125, 0.25, 0.625]), step)


def test_softmax_treats_each_row_alone_and_never_overflows():
    """Two rows, one of them around 1000."""
    z = torch.tensor([[1000.0, 1000.0 + math.log(3)], [0.0, 0.0]], dtype=torch.float64)
    expected = torch.tensor([[0.25, 0.75], [0.5, 0.5]], dtype=torch.float64)
    step = "Take each row's largest logit away first, and let each row add up to 1 (dim=-1)."
    expect("softmax(torch.tensor([[1000, 1000 + ln 3], [0, 0]]))", softmax(z), expected, step)


def test_pick_output_activation_knows_three_tasks():
    """Each task has its activation."""
    step = "The section on what comes after the last layer has the table."
    for task, answer in [("binary", "sigmoid"), ("multiclass", "softmax"), ("regression", "none")]:
        expect(f'pick_output_activation("{task}")', pick_output_activation(task), answer, step)


def test_pick_output_activation_refuses_other_tasks():
    """A slip of the pen is noticed."""
    step = "Raise a ValueError for a task that is not in the table."
    expect_raises(ValueError, 'pick_output_activation("ranking")', lambda: pick_output_activation("ranking"), step)


def test_compare_activations_starts_every_model_alike():
    """The page's two histories, in the order asked for; and one of them again, alone."""
    X, y = torch.tensor([[0.0], [1.0]]), torch.tensor([[1.0], [3.0]])
    expected = {"identity": [6.1361198, 5.0696497, 4.1237645], "relu": [5.1566844, 4.69596, 4.2634444]}
    for names in (["identity", "relu"], ["relu"]):
        histories = compare_activations(X, y, names, 3)
        call = f"compare_activations(X, y, {names}, 3)"
        step = "One entry for each name, in the order of `names`."
        expect_that(list(histories) == names, call, histories, f"a dict with the keys {names}", step)
        for name in names:
            step = "Seed before each model, make both layers in order, note the loss before the step, Adam at 0.01."
            expect(f'{call}["{name}"]', histories[name], expected[name], step)


def test_compare_activations_starts_alike_in_float64():
    """The layers are made in float32 and moved: the first losses are those of float32, up to rounding."""
    X, y = torch.tensor([[0.0], [1.0]], dtype=torch.float64), torch.tensor([[1.0], [3.0]], dtype=torch.float64)
    history = compare_activations(X, y, ["relu"], 2)["relu"]
    step = "Make the layers in float32, then move them: `.to(X.device, X.dtype)`."
    expect('compare_activations(X.double(), y.double(), ["relu"], 2)["relu"]', history, [5.1566844, 4.69596], step)


def draw(name):
    """Call `plot_activation`; return the figure and how often it was shown."""
    shown, show = [], plt.show
    plt.show = lambda *_, **__: shown.append(name)
    try:
        return plot_activation(name), len(shown)
    finally:
        plt.show = show


def test_plot_activation_draws_two_labelled_curves():
    """A figure with two curves, labels and (in one panel) a legend; it is returned and not shown."""
    fig, shown = draw("gelu")
    step = "Make a figure with plt.subplots(), draw both curves, and return the figure."
    expect_that(isinstance(fig, Figure), 'plot_activation("gelu")', fig, "a matplotlib Figure", step)
    panels = [ax for ax in fig.axes if any(len(line.get_xdata()) > 2 for line in ax.lines)]
    curves = [[line for line in ax.lines if len(line.get_xdata()) > 2] for ax in panels]
    labels = [(ax.get_xlabel(), ax.get_ylabel()) for ax in panels]
    legends = [0 if ax.get_legend() is None else len(ax.get_legend().get_texts()) for ax in panels]
    plt.close(fig)
    lines = [line for panel in curves for line in panel]
    expect_that(len(lines) >= 2, "the figure's curves", lines, "two curves", "Draw the activation and its slope.")
    reach = [(float(min(line.get_xdata())), float(max(line.get_xdata()))) for line in lines]
    wide = sum(low <= -4 and high >= 4 for low, high in reach) >= 2
    expect_that(
        wide, "where the curves begin and end", reach, "two of them from -4 to 4", "Use torch.linspace(-5, 5, …)."
    )
    named = all(x and y for x, y in labels)
    expect_that(named, "the labels of the axes", labels, "a label on each axis", "Use set_xlabel and set_ylabel.")
    told = all(len(panel) < 2 or entries >= 2 for panel, entries in zip(curves, legends, strict=True))
    step = "Give each curve a `label=…`, then call `legend()`."
    expect_that(told, "the entries of each panel's legend", legends, "two where a panel has two curves", step)
    step = "Return the figure, and leave `plt.show()` to whoever called."
    expect_that(shown == 0, 'how often plot_activation("gelu") called plt.show()', shown, "0", step)


def test_plot_activation_draws_the_activation_that_it_is_asked_for():
    """One curve lies on the sigmoid, and another one on its slope."""
    fig, _ = draw("sigmoid")
    curves = [torch.as_tensor(line.get_xydata()) for ax in fig.axes for line in ax.lines]
    plt.close(fig)
    s = [torch.sigmoid(points[:, 0]) for points in curves]
    drawn = [
        any(torch.allclose(points[:, 1], wanted, atol=1e-3) for points, wanted in zip(curves, values, strict=True))
        for values in (s, [one * (1 - one) for one in s])
    ]
    step = "Look both functions up with `look_up(name)`, and draw each over the same z."
    expect_that(drawn[0], 'plot_activation("sigmoid")', "no curve of the sigmoid", "a curve of the sigmoid", step)
    expect_that(drawn[1], 'plot_activation("sigmoid")', "no curve of its slope", "a curve of its slope", step)
