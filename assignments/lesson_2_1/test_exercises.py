"""The visible tests of lesson 2.1: the worked examples of its page."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from torch import nn

from assignments.expect import as_float, expect, expect_that
from assignments.lesson_2_1.exercises import (
    MLP,
    LinearModel,
    accuracy,
    collapse_linear,
    count_parameters,
    decision_grid,
    generate_moons,
    plot_decision_boundary,
    relu,
    sigmoid,
    tanh,
    train_classifier,
)

Z = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0])
FAR = torch.tensor([-1000.0, 1000.0])
ROWS = torch.tensor([[1.0, 2.0], [3.0, 1.0]])
W1, B1 = torch.tensor([[1.0, 1.0], [1.0, -1.0]]), torch.tensor([0.0, -1.0])
W2, B2 = torch.tensor([[1.0, -2.0]]), torch.tensor([-3.0])


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def fill(model, call, *values):
    """Give the parameters of these shapes these values; of two with the same shape, the first comes first."""
    left = list(model.parameters())
    expect_that(
        sorted(tuple(p.shape) for p in left) == sorted(tuple(value.shape) for value in values),
        f"the shapes of the parameters of {call}",
        [tuple(p.shape) for p in left],
        f"{[tuple(value.shape) for value in values]}, in any order",
        "Use `nn.Linear` layers, each an attribute of its own.",
    )
    for value in values:
        found = next(i for i, p in enumerate(left) if p.shape == value.shape)
        left.pop(found).data.copy_(value)


def one_neuron():
    """A model of PyTorch's own layers, with weights and bias 0."""
    model = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    return model


def test_generate_moons_makes_six_samples():
    """Without noise the six samples are those of the page, each with its class."""
    X, y = generate_moons(6, 0.0, seed=0)
    call = "generate_moons(6, 0.0, seed=0)"
    for name, values, shape in (("X", X, (6, 2)), ("y", y, (6, 1))):
        expect_that(
            values.dtype == torch.float32 and tuple(values.shape) == shape,
            f"{name} of {call}",
            values,
            f"a float32 tensor of shape {shape}",
            "Turn NumPy's float64 into float32, and make the classes a column.",
        )
    rows = sorted(
        (c, round(a, 3) + 0.0, round(b, 3) + 0.0) for (a, b), (c,) in zip(X.tolist(), y.tolist(), strict=True)
    )
    upper, lower = [(0, -1, 0), (0, 0, 1), (0, 1, 0)], [(1, 0, 0.5), (1, 1, -0.5), (1, 2, 0.5)]
    expect_that(
        all(math.dist(row, wanted) < 0.01 for row, wanted in zip(rows, upper + lower, strict=True)),
        f"the rows of {call}, each as (class, feature 0, feature 1), sorted",
        rows,
        f"{upper + lower}",
        "Row i of y is the class of row i of X; hand `noise` on to `make_moons`.",
    )


def test_generate_moons_obeys_its_seed():
    """The same seed gives the same noise, another seed another one."""
    (X, _), (again, _), (other, _) = (generate_moons(20, 0.1, seed=s) for s in (3, 3, 4))
    expect("X of generate_moons(20, 0.1, seed=3), called twice", again, X, "Hand `seed` to `make_moons`.")
    expect_that(
        not torch.equal(X, other),
        "X of generate_moons(20, 0.1, seed=4)",
        other,
        "other numbers than with seed=3",
        "Which argument of `make_moons` fixes its random numbers?",
    )


def test_generate_moons_hands_the_noise_on_and_leaves_global_generators_alone():
    """Noise moves every point off its moon, and NumPy's own random numbers stay what they were."""
    np.random.seed(7)
    wanted = np.random.rand()
    np.random.seed(7)
    (X, _), (still, _) = generate_moons(20, 0.1, seed=3), generate_moons(20, 0.0, seed=3)
    expect_that(
        tuple(X.shape) == (20, 2) and not any(torch.allclose(row, other) for row in X for other in still),
        "X of generate_moons(20, 0.1, seed=3)",
        X,
        "20 points, none of them exactly on a moon",
        "Hand `n_samples` and `noise` on to `make_moons` as they are.",
    )
    step = "Give the seed to `make_moons` alone, as `random_state`; np.random.seed changes everybody's random numbers."
    expect("np.random.rand() after generate_moons", float(np.random.rand()), float(wanted), step)


def test_relu_lets_nothing_below_zero_through():
    """(-2, -1, 0, 1, 2) becomes (0, 0, 0, 1, 2)."""
    step = "Look at each element alone: what is below 0 becomes 0, the rest stays."
    expect(f"relu({Z.tolist()})", relu(Z.clone()), torch.tensor([0.0, 0.0, 0.0, 1.0, 2.0]), step)
    z = Z.clone()
    relu(z)
    expect("the argument of relu, afterwards", z, Z, "Make a new tensor; leave the argument as it is.")


def test_sigmoid_gives_probabilities():
    """The table of the page, and the two far ends."""
    expected = torch.tensor([0.119203, 0.268941, 0.5, 0.731059, 0.880797])
    expect(f"sigmoid({Z.tolist()})", sigmoid(Z.clone()), expected, "The formula is 1 / (1 + e^-z).")
    step = "Infinity divided by infinity is nan. In which form does that not happen?"
    expect("sigmoid([-1000.0, 1000.0])", sigmoid(FAR.clone()), torch.tensor([0.0, 1.0]), step)


def test_tanh_rises_from_minus_one_to_one():
    """The table of the page, and the two far ends."""
    expected = torch.tensor([-0.964028, -0.761594, 0.0, 0.761594, 0.964028])
    expect(f"tanh({Z.tolist()})", tanh(Z.clone()), expected, "tanh is a stretched sigmoid: see the page.")
    step = "Infinity divided by infinity is nan. In which form does that not happen?"
    expect("tanh([-1000.0, 1000.0])", tanh(FAR.clone()), torch.tensor([-1.0, 1.0]), step)


def lets_autograd_through(function, slope):
    """In float64 an activation gives float64, and at 1 it has this slope."""
    step = "Use PyTorch's operations on z itself: no NumPy, no float(), no tensor of another dtype."
    z = torch.ones((), dtype=torch.float64, requires_grad=True)
    value = function(z)
    expect(f"the dtype of {function.__name__}(1.0)", value.dtype, torch.float64, step)
    expect(f"whether {function.__name__}(1.0) has a graph", value.requires_grad, True, step)
    value.backward()
    expect(f"the slope of {function.__name__} at 1.0", z.grad, torch.tensor(slope).double(), step)


def test_relu_keeps_the_dtype_and_lets_autograd_through():
    """At 1 its slope is 1."""
    lets_autograd_through(relu, 1.0)


def test_sigmoid_keeps_the_dtype_and_lets_autograd_through():
    """At 1 its slope is 0.1966."""
    lets_autograd_through(sigmoid, 0.196612)


def test_tanh_keeps_the_dtype_and_lets_autograd_through():
    """At 1 its slope is 0.42."""
    lets_autograd_through(tanh, 0.419974)


def test_collapse_linear_makes_one_layer_of_two():
    """The page's two layers collapse into the weights (-1, 3) and the bias -1."""
    call = "collapse_linear(W1, b1, W2, b2)"
    result = collapse_linear(W1, B1, W2, B2)
    expect(f"the type of {call}", type(result), tuple, "Return the pair: `return W, b`.")
    W, b = result
    expect(f"W of {call}", W, torch.tensor([[-1.0, 3.0]]), "Which layer acts last? Its weights stand on the left.")
    expect(f"b of {call}", b, torch.tensor([-1.0]), "The first biases go through the second layer, too.")
    expect(f"b2 after {call}", B2, torch.tensor([-3.0]), "Make a new tensor; `b2 += …` changes the argument.")


def test_collapse_linear_of_square_layers():
    """With D = H = O = 2 both products fit, and only one of them is right."""
    call = "collapse_linear(W1, b1, V2, c2)"
    W, b = collapse_linear(W1, B1, torch.tensor([[0.0, 2.0], [1.0, 0.0]]), torch.tensor([1.0, 0.0]))
    step = "The second layer acts last, so its weights stand on the left of the product."
    expect(f"W of {call}", W, torch.tensor([[2.0, -2.0], [1.0, 1.0]]), step)
    expect(f"b of {call}", b, torch.tensor([-1.0, 0.0]), "The first biases go through the second layer, too.")


def test_LinearModel_gives_probabilities():
    """With the weights (1, -1) and the bias 1 the two rows get 0.5 and 0.9526."""
    model = LinearModel(2)
    fill(model, "LinearModel(2)", torch.tensor([[1.0, -1.0]]), torch.tensor([1.0]))
    step = "A linear layer gives the scores, and the sigmoid makes them probabilities: a column."
    expect("LinearModel(2)(X)", model(ROWS).detach(), torch.tensor([[0.5], [0.952574]]), step)
    expect("LinearModel(2)(X) for one row", model(ROWS[:1]).detach(), torch.tensor([[0.5]]), "A column also for N = 1.")
    expect(
        "whether LinearModel(2)(X) has a graph", model(ROWS).requires_grad, True, "Leave `.detach()` out of forward."
    )


def starts_random(call, make):
    """`torch.manual_seed` fixes the start from outside; two models made one after the other differ."""
    step = "Draw the weights as `nn.Linear` does, and never call `torch.manual_seed` yourself."
    torch.manual_seed(5)
    first, second = ([p.detach() for p in make().parameters() if p.dim() == 2] for _ in range(2))
    different = bool(first) and not any(torch.equal(one, other) for one, other in zip(first, second, strict=True))
    expect(f"whether {call}, called twice, gives different weights", different, True, step)


def test_LinearModel_starts_random():
    """Two models have different weights."""
    starts_random("LinearModel(3)", lambda: LinearModel(3))


def test_MLP_starts_random():
    """Two models have different weights, and so have two hidden neurons of one."""
    step = "Draw the weights as `nn.Linear` does, and never call `torch.manual_seed` yourself."
    starts_random("MLP(3, 4, 1, tanh)", lambda: MLP(3, 4, 1, tanh))
    hidden = next(p.detach() for p in MLP(3, 4, 1, tanh).parameters() if tuple(p.shape) == (4, 3))
    expect("whether the hidden neurons of MLP(3, 4, 1, tanh) differ", bool((hidden[0] != hidden[1]).any()), True, step)


def test_MLP_by_hand():
    """The tiny network of the page gives 0.5 and 0.2689."""
    model = MLP(2, 2, 1, torch.relu)
    fill(model, "MLP(2, 2, 1, torch.relu)", W1, B1, W2, B2)
    step = "First layer, activation, second layer, sigmoid: follow the page's table row by row."
    expect("MLP(2, 2, 1, torch.relu)(X)", model(ROWS).detach(), torch.tensor([[0.5], [0.268941]]), step)


def test_MLP_calls_its_activation_once():
    """Seven rows pass the activation together, once, as (7, 16)."""
    seen = []

    def noting(z):
        seen.append(tuple(z.shape))
        return torch.tanh(z)

    probs = MLP(2, 16, 1, noting)(torch.zeros(7, 2))
    expect_that(
        tuple(probs.shape) == (7, 1), "MLP(2, 16, 1, tanh)(X) for 7 rows", probs, "shape (7, 1)", "One output a row."
    )
    step = "The activation stands between the two layers, and nowhere else."
    expect("the shapes that the activation of MLP(2, 16, 1, activation) gets", seen, [(7, 16)], step)
    probs = MLP(2, 4, 3, torch.tanh)(torch.zeros(7, 2))
    expect("the shape of MLP(2, 4, 3, tanh)(X) for 7 rows", tuple(probs.shape), (7, 3), "`output_dim` is O.")


def test_count_parameters_counts_one_by_one():
    """2 features, 16 hidden neurons and 1 output make 65; with the first layer frozen 17 are left."""
    layers = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
    expect("count_parameters(model)", count_parameters(layers), 65, "Count the numbers in each tensor, biases too.")
    layers[0].requires_grad_(False)
    step = "Skip tensors with requires_grad=False."
    expect("count_parameters(model) with the first layer frozen", count_parameters(layers), 17, step)
    deep = nn.Sequential(nn.Sequential(nn.Linear(2, 3)), nn.Conv2d(1, 2, 3))
    step = "However deep a layer lies, `model.parameters()` finds it; count all the numbers of a tensor: `numel()`."
    expect("count_parameters(model) with a layer inside a layer and a convolution", count_parameters(deep), 29, step)
    layer = nn.Linear(2, 2)
    twice = nn.Sequential(layer, nn.Tanh(), layer)
    step = "A layer that is used twice has one set of parameters, as `model.parameters()` has it."
    expect("count_parameters(model) with one layer used twice", count_parameters(twice), 6, step)


def test_train_classifier_on_two_rows():
    """The page's two epochs give the losses 0.6931 and 0.4446."""
    X, y = torch.tensor([[1.0, 0.0], [0.0, 2.0]]), torch.tensor([[1.0], [0.0]])
    step = "Each loss is the mean cross-entropy before its step. The model gives probabilities: one sigmoid is enough."
    history = train_classifier(one_neuron(), X, y, 2, 1.0)
    expect("train_classifier(model, X, y, epochs=2, lr=1.0)", history, [0.693147, 0.444600], step)
    model = one_neuron()
    train_classifier(model, X, y, 1, 1.0)
    step = "Train the model that you are given: its parameters belong to the optimizer."
    expect("the weights after one epoch", model[0].weight.detach(), torch.tensor([[0.25, -0.5]]), step)
    expect("the bias after one epoch", model[0].bias.detach(), torch.tensor([0.0]), step)


def test_train_classifier_clears_the_gradients_before_each_step():
    """Two epochs at once give what one epoch gives twice, and what lies in `.grad` before plays no part."""
    X, y = torch.tensor([[1.0, 0.0], [0.0, 2.0]]), torch.tensor([[1.0], [0.0]])
    model, other = one_neuron(), one_neuron()
    train_classifier(model, X, y, 2, 1.0)
    for _ in range(2):
        for parameter in other.parameters():
            parameter.grad = torch.full_like(parameter, 9.0)
        train_classifier(other, X, y, 1, 1.0)
    step = "`backward` adds to `.grad`: clear it right before, in every epoch, the first one too."
    weights = torch.tensor([[0.468912, -0.768941]])  # by hand, as on the page
    expect("the weights after two epochs", model[0].weight.detach(), weights, step)
    expect("the weights after one epoch, twice, with old gradients", other[0].weight.detach(), weights, step)


def test_train_classifier_averages_over_all_elements_and_never_stops_early():
    """Two outputs for one row, and a rate of 0: the loss stays log 2 for as many epochs as were asked for."""
    model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid())
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    history = train_classifier(model, torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 0.0]]), 4, 0.0)
    step = "The loss is the mean over all N · O elements, and the loop makes `epochs` rounds whatever the losses do."
    expect("train_classifier(model, X, y, epochs=4, lr=0.0)", history, [0.693147] * 4, step)


def test_train_classifier_on_the_moons():
    """The loss of a network with 16 tanh units falls to 0.1 or less in 1,000 epochs."""
    torch.manual_seed(0)
    angle = torch.linspace(0, torch.pi, 50).unsqueeze(1)
    upper = torch.cat([angle.cos(), angle.sin()], dim=1)
    X = torch.cat([upper, torch.tensor([1.0, 0.5]) - upper]) + 0.1 * torch.randn(100, 2)
    y = torch.cat([torch.zeros(50, 1), torch.ones(50, 1)])
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1), nn.Sigmoid())
    history = train_classifier(model, X, y, 1000, 1.0)
    expect_that(
        len(history) == 1000 and history[-1] <= 0.1,
        "the last loss of train_classifier(network, moons, epochs=1000, lr=1.0)",
        history[-1],
        "at most 0.1",
        "Clear the gradients before every backward pass, and take one step an epoch.",
    )


def test_accuracy_is_a_fraction():
    """Three of the page's four rows are right."""
    probs, y = torch.tensor([[0.9], [0.3], [0.6], [0.5]]), torch.tensor([[1.0], [0.0], [0.0], [0.0]])
    step = "Above 0.5 is class 1, exactly 0.5 is class 0. Compare row by row: what shape has your comparison?"
    expect("accuracy(probs, y)", as_float(accuracy(probs, y)), 0.75, step)
    expect(
        "probs after accuracy", probs, torch.tensor([[0.9], [0.3], [0.6], [0.5]]), "Leave the arguments as they are."
    )
    probs, y = torch.tensor([[0.9], [0.3], [0.6]]), torch.tensor([[1.0], [1.0], [1.0]])
    expect("accuracy(probs, y) for three rows", as_float(accuracy(probs, y)), 2 / 3, step)


def test_decision_grid_of_nine_points():
    """The page's grid, with feature 0 along the rows or along the columns."""
    model = one_neuron()
    model[0].weight.data = torch.tensor([[1.0, -1.0]])
    A, B, P = decision_grid(model, torch.tensor([[0.0, 1.0], [2.0, 3.0]]), 3)
    if tuple(A.shape) == (3, 3) and A[0, 0] != A[0, 1]:
        A, B, P = A.T, B.T, P.T
    a, b = torch.tensor([-0.5, 1.0, 2.5]), torch.tensor([0.5, 2.0, 3.5])
    call = "decision_grid(model, [[0, 1], [2, 3]], 3)"
    step = "3 even steps from the minimum minus 0.5 to the maximum plus 0.5, for each feature."
    expect(f"A of {call}", A, a.unsqueeze(1).expand(3, 3), step)
    expect(f"B of {call}", B, b.expand(3, 3), step)
    expected = 1 / (1 + torch.exp(b - a.unsqueeze(1)))
    expect(f"P of {call}", P, expected, "P[i, j] belongs to the point (A[i, j], B[i, j]).")
    expect(f"P.requires_grad of {call}", P.requires_grad, False, "Nobody differentiates the grid: no gradients.")
    step = "Gradients are off while the model works, and on again afterwards: `with torch.no_grad():` does both."
    expect("torch.is_grad_enabled() after decision_grid", torch.is_grad_enabled(), True, step)
    dtypes = [grid.dtype for grid in decision_grid(one_neuron().double(), torch.eye(2, dtype=torch.float64), 3)]
    expect("the dtypes of A, B and P for a float64 X", dtypes, [torch.float64] * 3, "Make the grid in X's dtype.")


@pytest.mark.parametrize("training", [True, False])
def test_decision_grid_leaves_the_mode_as_it_was(training):
    """Train mode stays train mode, eval mode stays eval mode, and dropout rests while the model works."""
    model = nn.Sequential(nn.Linear(2, 1), nn.Dropout(0.5), nn.Sigmoid()).train(training)
    _, _, P = decision_grid(model, torch.tensor([[0.0, 1.0], [2.0, 3.0]]), 4)
    _, _, again = decision_grid(model, torch.tensor([[0.0, 1.0], [2.0, 3.0]]), 4)
    expect("P of decision_grid, called twice with a dropout layer", again, P, "Call `model.eval()` before you ask.")
    step = "Note down `model.training` first, and put it back at the end."
    expect(f"model.training after decision_grid (it was {training})", model.training, training, step)


def four_samples():
    """A neuron that looks at feature 0 alone, and four samples with their classes."""
    model = one_neuron()
    model[0].weight.data, model[0].bias.data = torch.tensor([[3.0, 0.0]]), torch.tensor([-3.0])
    X = torch.tensor([[0.0, 1.0], [2.0, 3.0], [1.0, 2.0], [1.5, 0.5]])
    return model, X, torch.tensor([[0.0], [1.0], [1.0], [0.0]])


def test_plot_decision_boundary_draws_all_samples():
    """There is a labelled figure, and every sample of both classes is on it."""
    model, X, y = four_samples()
    fig = plot_decision_boundary(model, X, y, resolution=20)
    call = "plot_decision_boundary(model, X, y, resolution=20)"
    expect_that(isinstance(fig, Figure), call, fig, "a matplotlib Figure", "Return the figure, and do not show it.")
    labels = [(ax.get_xlabel(), ax.get_ylabel()) for ax in fig.axes]
    expect_that(
        any(x.strip() and y.strip() for x, y in labels),
        f"the labels of {call}",
        labels,
        "a label for both axes",
        "Name the features.",
    )
    drawn = [point for ax in fig.axes for line in ax.lines for point in line.get_xydata().tolist()]
    for ax in fig.axes:
        for artist in ax.collections:
            if type(artist).__name__ == "PathCollection":
                drawn += artist.get_offsets().tolist()
    missing = [row for row in X.tolist() if not any(math.dist(row, point) < 1e-3 for point in drawn)]
    expect_that(
        not missing,
        f"the samples that {call} left out",
        missing,
        "none",
        "Draw the samples of both classes as points, feature 0 along x and feature 1 along y.",
    )


def test_plot_decision_boundary_colours_field_and_classes():
    """The field's colour changes with feature 0 alone here, and the classes do not look alike."""
    model, X, y = four_samples()
    fig = plot_decision_boundary(model, X, y, resolution=40)
    ax = fig.axes[0]
    if ax.get_legend():
        ax.get_legend().remove()
    fig.canvas.draw()
    picture = np.asarray(fig.canvas.buffer_rgba()).astype(int)

    def colours(*points):
        """The colours of the finished picture at points of the axes, a row each."""
        pixels = ax.transData.transform(points).astype(int)
        return torch.tensor(np.stack([picture[-1 - up, right, :3] for right, up in pixels]))

    right, upper_right, left = colours((2.3, 1.2), (2.3, 2.2), (-0.3, 1.8))
    step = "Feature 0 runs along x, for the field as for the samples: which of A, B and P needs a `.T`?"
    call = "the field's colour of plot_decision_boundary(model, X, y, resolution=40)"
    expect(f"whether {call} is the same at (2.3, 1.2) and (2.3, 2.2)", torch.equal(right, upper_right), True, step)
    expect(
        f"whether {call} differs at (-0.3, 1.8)", not torch.equal(right, left), True, "Draw P as a field of colours."
    )
    at = colours(*X.tolist())
    step = "Give the points of each class a colour or a marker of their own."
    different = "whether the samples of class 0 look different from those of class 1"
    marks = [line.get_marker() for line in ax.lines] + [len(c.get_paths()[0].vertices) for c in ax.collections[1:]]
    expect(different, not torch.equal(at[0], at[1]) or len(set(marks)) > 1, True, step)


@pytest.mark.parametrize("training", [True, False])
def test_plot_decision_boundary_shows_nothing_and_keeps_the_mode(training):
    """The figure is returned, not shown, and train mode stays train mode, eval mode eval mode."""
    model, X, y = four_samples()
    model.train(training)
    shown, show = [], plt.show
    plt.show = lambda *_, **__: shown.append("plt.show()")
    try:
        first, second = (plot_decision_boundary(model, X, y, resolution=5) for _ in range(2))
    finally:
        plt.show = show
    expect(
        "what plot_decision_boundary called", shown, [], "Only return the figure: whoever called decides to show it."
    )
    expect("whether two calls give two figures", first is not second, True, "Make a new figure: `plt.subplots()`.")
    step = "Note down `model.training` first, and put it back at the end."
    expect(f"model.training after plot_decision_boundary (it was {training})", model.training, training, step)
