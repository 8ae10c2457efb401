"""The visible tests of lesson 2.6: the worked examples of its page."""

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.figure import Figure
from torch import nn

from assignments.expect import expect, expect_raises, expect_that
from assignments.lesson_2_6.exercises import (
    dropout,
    fit_ridge,
    l2_penalty,
    overfit_gap,
    penalized_epoch,
    plot_learning_curves,
    polynomial_features,
    train_validation_split,
    weight_decay_step,
)


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open."""
    yield
    plt.close("all")


def seeded(seed=0):
    """A generator of its own."""
    return torch.Generator().manual_seed(seed)


def eight_rows():
    """Row i has the feature i and the target 10·i."""
    X = torch.arange(8.0).unsqueeze(1)
    return X, 10 * X


def page_network():
    """The network of "The L2 penalty"."""
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[1.0, -2.0], [0.0, 3.0]]))
        model[0].bias.copy_(torch.tensor([5.0, 5.0]))
        model[2].weight.copy_(torch.tensor([[2.0, -1.0]]))
        model[2].bias.copy_(torch.tensor([7.0]))
    return model


def page_history():
    """The history of "The gap and the best epoch"."""
    return {"train": [5.0, 3.0, 2.0, 1.0, 0.5], "validation": [6.0, 4.0, 3.0, 3.5, 4.0]}


def test_polynomial_features_puts_powers_side_by_side():
    """2 and -1 with degree 3."""
    expected = torch.tensor([[2.0, 4.0, 8.0], [-1.0, 1.0, -1.0]])
    step = "Column 0 is x itself, column 1 its square, and so on. There is no column of ones."
    call = "polynomial_features(torch.tensor([2.0, -1.0]), 3)"
    expect(call, polynomial_features(torch.tensor([2.0, -1.0]), 3), expected, step)


def test_polynomial_features_refuses_degree_zero():
    """A degree of 0 is a ValueError."""
    step = "Raise a ValueError when the degree is under 1."
    expect_raises(ValueError, "polynomial_features(x, 0)", lambda: polynomial_features(torch.ones(2), 0), step)


def test_train_validation_split_uses_every_row_once():
    """Six rows for training and two for validation; each row with its target."""
    X, y = eight_rows()
    X_train, y_train, X_validation, y_validation = train_validation_split(X, y, 0.25, seeded())
    call = "train_validation_split(X, y, 0.25, generator)"
    expect(
        f"the shape of X_train of {call}", tuple(X_train.shape), (6, 1), "A quarter is held out, so 6 rows of 8 stay."
    )
    expect(f"the shape of X_validation of {call}", tuple(X_validation.shape), (2, 1), "`fraction` is held out.")
    rows = torch.cat([X_train, X_validation]).sort(dim=0).values
    expect(f"all rows of {call}, sorted", rows, X, "Each row should be in one of the two parts, and only once.")
    step = "Take X and y with the same row numbers: here each target is ten times the feature of its row."
    expect(f"y_train of {call}", y_train, 10 * X_train, step)
    expect(f"y_validation of {call}", y_validation, 10 * X_validation, step)


def test_train_validation_split_obeys_its_generator():
    """The same seed gives the same split, and a second call goes on."""
    X = torch.arange(100.0).unsqueeze(1)
    generator = seeded(3)
    call = "train_validation_split(X, X, 0.5, generator)"
    first = train_validation_split(X, X, 0.5, seeded(3))[2]
    same = train_validation_split(X, X, 0.5, generator)[2]
    second = train_validation_split(X, X, 0.5, generator)[2]
    expect(f"X_validation of {call} with the same seed", same, first, "Draw from `generator` alone.")
    differs = not torch.equal(second.sort(dim=0).values, first.sort(dim=0).values)
    expect(f"whether a second {call} differs", differs, True, "Draw a new order in each call, and do not seed.")


def test_train_validation_split_refuses_what_cannot_be_split():
    """A fraction of 0 or 1, and a single row."""
    X, y = eight_rows()
    for fraction in (0.0, 1.0):
        call = f"train_validation_split(X, y, {fraction}, generator)"
        step = "Raise a ValueError unless 0 < fraction < 1."
        expect_raises(ValueError, call, lambda f=fraction: train_validation_split(X, y, f, seeded()), step)
    call = "train_validation_split(X[:1], y[:1], 0.5, generator)"
    step = "One row cannot be split in two: raise a ValueError."
    expect_raises(ValueError, call, lambda: train_validation_split(X[:1], y[:1], 0.5, seeded()), step)


def test_l2_penalty_adds_up_squared_weights():
    """1 + 4 + 0 + 9 + 4 + 1 = 19, also inside of another Sequential."""
    step = "Square each weight and add everything up. Biases do not count, and no root is taken."
    expect("l2_penalty(model)", l2_penalty(page_network()).detach(), torch.tensor(19.0), step)
    nested = nn.Sequential(nn.Sequential(page_network()), nn.ReLU())
    step = "Layers may lie in a Sequential within a Sequential: walk through `model.modules()`."
    expect("l2_penalty(nested)", l2_penalty(nested).detach(), torch.tensor(19.0), step)


def test_l2_penalty_counts_convolutions():
    """A kernel of 1, 2, 0 and 3 costs 1 + 4 + 0 + 9 = 14; its bias costs nothing."""
    layer = nn.Conv2d(1, 1, kernel_size=2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[[[1.0, 2.0], [0.0, 3.0]]]]))
        layer.bias.fill_(5.0)
    model = nn.Sequential(layer, nn.Flatten())
    step = "Convolution layers have weights, too: `isinstance` takes a tuple of classes."
    expect("l2_penalty(nn.Sequential(conv, nn.Flatten()))", l2_penalty(model).detach(), torch.tensor(14.0), step)


def test_l2_penalty_lets_gradients_through():
    """The gradient of a weight's square is twice the weight."""
    model = page_network()
    l2_penalty(model).backward()
    step = "Use the weights themselves: `.item()`, `.detach()` and `.data` cut the graph."
    expect("model[0].weight.grad", model[0].weight.grad, torch.tensor([[2.0, -4.0], [0.0, 6.0]]), step)


def test_l2_penalty_of_no_weights_is_zero():
    """A model without weights has the penalty 0, a 0-D tensor."""
    result = l2_penalty(nn.Sequential(nn.ReLU()))
    fine = isinstance(result, torch.Tensor) and result.dim() == 0 and float(result.detach()) == 0
    step = "Start your sum from a 0-D tensor, such as torch.zeros(())."
    expect_that(fine, "l2_penalty(nn.Sequential(nn.ReLU()))", result, "a 0-D tensor that holds 0", step)


def test_weight_decay_step_pulls_towards_zero():
    """(2, -1) becomes (1.91, -1.08), in a new tensor."""
    p, g = torch.tensor([2.0, -1.0]), torch.tensor([0.5, 1.0])
    result = weight_decay_step([p], [g], 0.1, 0.2)
    step = "Add decay times the parameter to the gradient, then step by lr times both."
    call = "weight_decay_step([p], [g], 0.1, 0.2)"
    expect(call, [t.detach() for t in result], [torch.tensor([1.91, -1.08])], step)
    expect(f"p after {call}", p, torch.tensor([2.0, -1.0]), "Make new tensors and leave the old ones alone.")


def test_dropout_drops_or_doubles_with_one_half():
    """Each number is 0 or twice itself, and among many both happen."""
    x = torch.tensor([3.0, -1.0, 2.0, 4.0]).repeat(25, 1)
    out = dropout(x, 0.5, True, seeded())
    call = "dropout(x, 0.5, True, generator)"
    step = "Where the output is not 0, it should be x / (1 - p), here twice the number."
    expect(f"{call} where it is not 0", torch.where(out == 0, 2 * x, out), 2 * x, step)
    dropped = int((out == 0).sum())
    step = "Draw one number for each element, and compare it with p."
    expect_that(20 < dropped < 80, f"how many of 100 elements are 0 in {call}", dropped, "about 50", step)


def test_dropout_draws_for_each_element():
    """In a table of ones every row and every column has both zeros and twos."""
    out = dropout(torch.ones(40, 40), 0.5, True, seeded())
    step = "Draw as many random numbers as x has elements: `torch.rand(x.shape, …)`."
    for name, dim in (("column", 0), ("row", 1)):
        mixed = bool(((out == 0).any(dim=dim) & (out != 0).any(dim=dim)).all())
        what = f"whether every {name} of dropout(torch.ones(40, 40), 0.5, True, generator) has zeros and others"
        expect(what, mixed, True, step)


def test_dropout_obeys_its_generator():
    """The same seed drops the same elements, a second call drops others, and the global generator stays."""
    x, generator, before = torch.ones(100), seeded(5), torch.get_rng_state()
    first, second = dropout(x, 0.3, True, generator), dropout(x, 0.3, True, generator)
    call = "dropout(torch.ones(100), 0.3, True, generator)"
    step = "Pass `generator=generator` to the function that draws, and seed nothing."
    expect(f"{call} with the same seed", dropout(x, 0.3, True, seeded(5)), first, step)
    expect(f"whether a second {call} differs", not torch.equal(first, second), True, step)
    expect(
        f"whether the global generator is as it was before {call}",
        torch.equal(torch.get_rng_state(), before),
        True,
        step,
    )


def test_dropout_leaves_evaluation_alone():
    """With training False, x comes back."""
    x = torch.tensor([3.0, -1.0, 2.0, 4.0])
    step = "When `training` is False nothing is dropped and nothing is rescaled."
    expect("dropout(x, 0.5, False, generator)", dropout(x, 0.5, False, seeded()), x, step)


def test_dropout_knows_the_ends():
    """p = 1 gives zeros, p = 0 gives x, and 1.5 is refused."""
    x = torch.tensor([3.0, -1.0, 2.0, 4.0])
    step = "With p = 1 all is dropped, and dividing by 1 - p would be dividing by 0."
    expect("dropout(x, 1.0, True, generator)", dropout(x, 1.0, True, seeded()), torch.zeros(4), step)
    expect("dropout(x, 0.0, True, generator)", dropout(x, 0.0, True, seeded()), x, "With p = 0 nothing is dropped.")
    step = "Raise a ValueError unless 0 <= p <= 1."
    expect_raises(ValueError, "dropout(x, 1.5, True, generator)", lambda: dropout(x, 1.5, True, seeded()), step)


def test_fit_ridge_finds_the_pages_line():
    """Strength 2 gives 0.25 and 0.75; strength 0 gives 0.5 and 0.5."""
    X, y = torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([[0.0], [2.0], [1.0]])
    step = "Take the means off, add strength to the diagonal, solve for w, then find b. The bias is free."
    expect("fit_ridge(X, y, 2.0)", fit_ridge(X, y, 2.0), (torch.tensor([0.25]), torch.tensor(0.75)), step)
    step = "With strength 0 it is the line of lesson 1.2."
    expect("fit_ridge(X, y, 0.0)", fit_ridge(X, y, 0.0), (torch.tensor([0.5]), torch.tensor(0.5)), step)


def test_fit_ridge_treats_each_feature_alone():
    """Four samples on a cross, in float64: both weights are 2 / (2 + 2) = 0.5, and the bias is the mean target, 1.5."""
    X = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]], dtype=torch.float64)
    y = torch.tensor([[2.0], [0.0], [3.0], [1.0]], dtype=torch.float64)
    expected = torch.tensor([0.5, 0.5], dtype=torch.float64), torch.tensor(1.5, dtype=torch.float64)
    step = "Add strength to the diagonal alone: strength * torch.eye(D), in the dtype of X."
    expect("fit_ridge(cross, y, 2.0)", fit_ridge(X, y, 2.0), expected, step)


def test_penalized_epoch_works_through_the_page():
    """The error is 1.52, and afterwards w = 0.44 and b = -0.12."""
    model = nn.Linear(1, 1)
    with torch.no_grad():
        model.weight.fill_(1.0)
        model.bias.fill_(0.0)
    X, y = torch.tensor([[1.0], [2.0], [2.0]]), torch.tensor([[2.0], [3.0], [1.0]])
    call = "penalized_epoch(model, X, y, 0.1, 0.5, 2)"
    error = penalized_epoch(model, X, y, 0.1, 0.5, 2)
    step = "Weigh each batch's mean squared error by its samples, taken before its update, without the penalty."
    expect(call, error, 1.52, step)
    step = "Each update goes downhill on the batch's error plus strength times l2_penalty(model)."
    expect(f"the weight after {call}", model.weight.detach(), torch.tensor([[0.44]]), step)
    step = "The bias takes part in the update, but not in the penalty."
    expect(f"the bias after {call}", model.bias.detach(), torch.tensor([-0.12]), step)


def test_overfit_gap_reads_the_history():
    """The gap is 3.5, and epoch 2 was the best."""
    step = "Subtract training from validation at the last epoch; find the lowest validation loss, counting from 0."
    expect("overfit_gap(history)", overfit_gap(page_history()), (3.5, 2), step)


def test_overfit_gap_keeps_its_sign_and_takes_the_first_of_the_best():
    """Validation may be the lower one; and epochs 1 and 2 have the same lowest loss."""
    history = {"train": [4.0, 3.0, 2.5], "validation": [3.0, 1.5, 1.5]}
    step = "The gap is validation minus training, below 0 where validation is lower; of equal losses the first counts."
    expect(f"overfit_gap({history})", overfit_gap(history), (-1.0, 1), step)


def test_overfit_gap_refuses_unequal_lists():
    """Empty lists, and lists of two lengths."""
    step = "Raise a ValueError when the lists are empty or of two lengths."
    for history in ({"train": [], "validation": []}, {"train": [1.0, 2.0], "validation": [1.0]}):
        expect_raises(ValueError, f"overfit_gap({history})", lambda h=history: overfit_gap(h), step)


def looks(line):
    """What tells a line in a legend: its colour, its style and its marker."""
    return line.get_color(), line.get_linestyle(), str(line.get_marker())


def test_plot_learning_curves_draws_and_names_both():
    """Two lines with five points, a legend that calls each by its name, two labels; nothing is shown."""
    shown, show = [], plt.show
    plt.show = lambda *_, **__: shown.append(1)
    try:
        figure = plot_learning_curves(page_history())
    finally:
        plt.show = show
    call = "plot_learning_curves(history)"
    expect_that(isinstance(figure, Figure), call, figure, "a matplotlib Figure", "Return the figure.")
    lines = [line for ax in figure.axes for line in ax.lines]
    drawn = [list(line.get_ydata()) for line in lines]
    legends = [legend for ax in figure.axes for legend in (ax.get_legend(), *figure.legends) if legend is not None]
    words = " ".join(text.get_text() for legend in legends for text in legend.get_texts()).lower()
    for name, losses in page_history().items():
        step = f'Draw the losses of "{name}" as a line.'
        expect_that(losses in drawn, f"the heights of the lines of {call}", drawn, f"{losses} among them", step)
        step = "Give each line a label, and call `legend()`."
        expect_that(name in words, f"the legend of {call}", words, "train, validation", step)
        called = [
            looks(handle)
            for legend in legends
            for handle, text in zip(legend.get_lines(), legend.get_texts(), strict=False)
            if name in text.get_text().lower()
        ]
        right = looks(lines[drawn.index(losses)]) in called
        step = "Each line's label should say which losses it shows."
        expect_that(right, f'the line that the legend calls "{name}"', "another line", f"that of {losses}", step)
    labels = [(ax.get_xlabel(), ax.get_ylabel()) for ax in figure.axes]
    expect_that(
        any(all(pair) for pair in labels), f"the labels of {call}", labels, "a label on both axes", "Name both."
    )
    step = "Return the figure, and leave `plt.show()` to whoever called."
    expect_that(not shown, f"how often {call} called plt.show()", len(shown), "0", step)
