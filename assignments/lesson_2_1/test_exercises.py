"""The visible tests of lesson 2.1: the worked examples of its page."""

import math

import matplotlib.pyplot as plt
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


def test_collapse_linear_makes_one_layer_of_two():
    """The page's two layers collapse into the weights (-1, 3) and the bias -1."""
    W, b = collapse_linear(W1, B1, W2, B2)
    call = "collapse_linear(W1, b1, W2, b2)"
    expect(f"W of {call}", W, torch.tensor([[-1.0, 3.0]]), "Which layer acts last? Its weights stand on the left.")
    expect(f"b of {call}", b, torch.tensor([-1.0]), "The first biases go through the second layer, too.")


def test_LinearModel_gives_probabilities():
    """With the weights (1, -1) and the bias 1 the two rows get 0.5 and 0.9526."""
    model = LinearModel(2)
    fill(model, "LinearModel(2)", torch.tensor([[1.0, -1.0]]), torch.tensor([1.0]))
    step = "A linear layer gives the scores, and the sigmoid makes them probabilities: a column."
    expect("LinearModel(2)(X)", model(ROWS).detach(), torch.tensor([[0.5], [0.952574]]), step)


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


def test_count_parameters_counts_one_by_one():
    """2 features, 16 hidden neurons and 1 output make 65; with the first layer frozen 17 are left."""
    layers = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
    expect("count_parameters(model)", count_parameters(layers), 65, "Count the numbers in each tensor, biases too.")
    layers[0].requires_grad_(False)
    step = "Skip tensors with requires_grad=False."
    expect("count_parameters(model) with the first layer frozen", count_parameters(layers), 17, step)


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


@pytest.mark.parametrize("training", [True, False])
def test_decision_grid_leaves_the_mode_as_it_was(training):
    """Train mode stays train mode, eval mode stays eval mode, and dropout rests while the model works."""
    model = nn.Sequential(nn.Linear(2, 1), nn.Dropout(0.5), nn.Sigmoid()).train(training)
    _, _, P = decision_grid(model, torch.tensor([[0.0, 1.0], [2.0, 3.0]]), 4)
    _, _, again = decision_grid(model, torch.tensor([[0.0, 1.0], [2.0, 3.0]]), 4)
    expect("P of decision_grid, called twice with a dropout layer", again, P, "Call `model.eval()` before you ask.")
    step = "Note down `model.training` first, and put it back at the end."
    expect(f"model.training after decision_grid (it was {training})", model.training, training, step)


def test_plot_decision_boundary_draws_all_samples():
    """There is a labelled figure, and every sample of both classes is on it."""
    X = torch.tensor([[0.0, 1.0], [2.0, 3.0], [1.0, 2.0], [1.5, 0.5]])
    y = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
    model = one_neuron()
    model[0].weight.data = torch.tensor([[1.0, 0.5]])
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
