"""Visible tests of lesson 2.7: the worked examples of its page (`uv run pytest assignments/lesson_2_7`)."""

import matplotlib.pyplot as plt
import pytest
import torch
from sklearn.datasets import make_moons
from torch import nn

from assignments.expect import expect, expect_that
from assignments.lesson_2_7.exercises import (
    ablation,
    compare_models,
    error_rate,
    make_network,
    plot_boundaries,
    quiz,
    standardize_with,
    train_network,
)


def fixed(weight, bias):
    """A linear layer with these numbers."""
    weight = torch.tensor(weight)
    model = nn.Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        model.weight.copy_(weight)
        model.bias.fill_(bias)
    return model


def moons(n):
    points, classes = make_moons(n, noise=0.1, random_state=0)
    return torch.tensor(points, dtype=torch.float32), torch.tensor(classes, dtype=torch.float32).unsqueeze(1)


def fill_the_page_network(network):
    """Give a network of 2 inputs and 2 hidden neurons the numbers of the page, whatever its parameters are called."""
    numbers = {
        (2, 2): [[1.0, 1.0], [1.0, -1.0]],
        (2,): [0.0, -1.0],
        (1, 2): [[1.0, -2.0]],
        (1,): [-3.0],
    }
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.tensor(numbers[tuple(parameter.shape)]))
    return network


def test_standardize_with_takes_both_tables_by_the_training_rows():
    X_train = torch.tensor([[1.0, 7.0], [3.0, 7.0], [5.0, 7.0]])
    X_test = torch.tensor([[9.0, 8.0], [3.0, 7.0]])
    expect(
        "standardize_with(X_train, X_test)",
        tuple(standardize_with(X_train, X_test)),
        (torch.tensor([[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]]), torch.tensor([[3.0, 1.0], [0.0, 0.0]])),
        "Mean and deviation come from the training rows; where there is no deviation, divide by 1.",
    )


def test_standardize_with_a_single_training_row_stays_finite():
    expect(
        "standardize_with(torch.tensor([[4.0, 2.0]]), torch.tensor([[5.0, 0.0]]))",
        tuple(standardize_with(torch.tensor([[4.0, 2.0]]), torch.tensor([[5.0, 0.0]]))),
        (torch.tensor([[0.0, 0.0]]), torch.tensor([[1.0, -2.0]])),
        "One row has no deviation: divide by 1.",
    )


@pytest.mark.parametrize("activation", [True, False])
def test_make_network_makes_129_parameters(activation):
    network = make_network(2, 32, activation, 0)
    expect(
        f"the number of parameters of make_network(2, 32, {activation}, 0)",
        sum(parameter.numel() for parameter in network.parameters()),
        129,
        "Two linear layers, with or without the activation: 64 + 32 + 32 + 1.",
    )


def test_make_network_without_activation_is_two_linear_layers():
    network = fill_the_page_network(make_network(2, 2, False, 0))
    expect(
        "make_network(2, 2, False, 0) with the page's numbers, for the row (1, 2)",
        network(torch.tensor([[1.0, 2.0]])).detach(),
        torch.tensor([[4.0]]),
        "The pre-activations 3 and -2 go on as they are.",
    )


def test_make_network_starts_alike_with_and_without_activation():
    starts = [torch.cat([p.detach().flatten() for p in make_network(2, 5, a, 3).parameters()]) for a in (True, False)]
    expect_that(
        torch.equal(starts[0], starts[1]),
        "the starts of make_network(2, 5, True, 3) and make_network(2, 5, False, 3)",
        starts,
        "equal numbers",
        "Set the seed, then make both layers in the same order, and only then decide about the activation.",
    )


def test_train_network_takes_the_steps_of_the_page():
    model = fixed([[1.0]], 0.0)
    X, y = torch.tensor([[2.0], [1.0]]), torch.tensor([[1.0], [0.0]])
    history = train_network(model, X, y, 1.0, 1, None, 0.1, torch.Generator().manual_seed(0))
    call = "train_network(model, X, y, lr=1.0, epochs=1, batch_size=None, strength=0.1, generator)"
    step = 'Work through the table of "One loop for every model".'
    expect(call, history, [0.720095], "The history has no penalty in it, and is taken before the step. " + step)
    expect("the weight after " + call, model.weight.detach(), torch.tensor([[0.553674]]), step)
    expect("the bias after " + call, model.bias.detach(), torch.tensor([-0.305928]), "It is not penalized. " + step)


def test_train_network_clears_the_gradients_of_each_step():
    X, y = torch.tensor([[2.0], [1.0]]), torch.tensor([[1.0], [0.0]])
    expect(
        "train_network(model, X, y, lr=1.0, epochs=3, batch_size=None, strength=0.1, generator)",
        train_network(fixed([[1.0]], 0.0), X, y, 1.0, 3, None, 0.1, torch.Generator().manual_seed(0)),
        [0.720095, 0.597667, 0.591482],
        "Clear the gradients in every step, and take each loss before its update.",
    )


def test_train_network_penalizes_no_bias():
    """One row, 0 with class 1: the weight feels the penalty alone, and the bias the cross-entropy alone."""
    model = fixed([[1.0]], 2.0)
    train_network(model, torch.zeros(1, 1), torch.ones(1, 1), 1.0, 1, None, 0.1, torch.Generator().manual_seed(0))
    step = "The penalty is strength times the squares of the weights: the slope of 0.1 * w² is 0.2 * w."
    expect("the weight 1 after one step on the row 0", model.weight.detach(), torch.tensor([[0.8]]), step)
    step = "The bias has no penalty: it moves by 1 - p = 0.1192."
    expect("the bias 2 after one step on the row 0", model.bias.detach(), torch.tensor([2.119203]), step)


def test_train_network_counts_every_row_of_a_short_last_batch():
    """Three equal rows in batches of 2 and 1: (2 * 0.3133 + 1 * 0.1946) / 3, and two updates."""
    model = fixed([[1.0]], 0.0)
    X = torch.ones(3, 1)
    history = train_network(model, X, X, 1.0, 1, 2, 0.0, torch.Generator().manual_seed(0))
    call = "train_network(model, X, y, lr=1.0, epochs=1, batch_size=2, strength=0.0, generator) for three equal rows"
    expect(call, history, [0.273711], "Weigh each batch's loss by its rows; the short last batch counts, too.")
    expect("the weight after " + call, model.weight.detach(), torch.tensor([[1.445785]]), "Two batches, two updates.")


class Noting(nn.Module):
    """A linear model that notes which rows it is given."""

    def __init__(self):
        super().__init__()
        self.layer, self.rows = fixed([[1.0]], 0.0), []

    def forward(self, X):
        self.rows += X.flatten().tolist()
        return self.layer(X)


def rows_of_two_epochs(seed):
    """Train on the rows 0 to 19 with a learning rate of 0.

    Return the rows of each of two epochs, and whether the global generator stayed as it was.
    """
    model, X = Noting(), torch.arange(20.0).unsqueeze(1)
    before = torch.get_rng_state()
    train_network(model, X, torch.ones(20, 1), 0.0, 2, 4, 0.0, torch.Generator().manual_seed(seed))
    return model.rows[:20], model.rows[20:], torch.equal(torch.get_rng_state(), before)


def test_train_network_draws_a_new_order_in_every_epoch():
    """Each epoch takes every row once, in an order of its own that the generator alone decides."""
    first, second, stayed = rows_of_two_epochs(0)
    call = "the rows of an epoch of train_network"
    step = "Take every row once: a permutation of all the rows, cut into batches."
    expect(f"{call}, sorted", sorted(first), [float(row) for row in range(20)], step)
    step = "Draw a new permutation in each epoch: torch.randperm(N, generator=generator)."
    expect_that(first != sorted(first), call, first, "another order than that of the table", step)
    expect_that(first != second, f"{call}, for the second one", second, "another order than in the first", step)
    step = "Pass `generator=generator` to randperm, and seed nothing."
    expect(f"{call}, with a generator of the same seed", rows_of_two_epochs(0)[:2], (first, second), step)
    expect("whether the global generator is as it was after train_network", stayed, True, step)


def test_error_rate_counts_the_wrong_rows():
    X, y = torch.tensor([[2.0], [-1.0], [0.3], [0.0]]), torch.tensor([[1.0], [1.0], [1.0], [0.0]])
    expect(
        "error_rate(model, X, y) for the logits 2, -1, 0.3, 0 and the classes 1, 1, 1, 0",
        error_rate(fixed([[1.0]], 0.0), X, y),
        0.25,
        "A logit above 0 says class 1, and 0 itself says class 0.",
    )


def test_error_rate_asks_in_eval_mode():
    """In train mode dropout makes zeros of about half of a hundred right logits."""
    model = nn.Sequential(fixed([[1.0]], 0.0), nn.Dropout(0.5)).train()
    step = "Call model.eval() before you ask."
    expect("error_rate(model with dropout, X, y)", error_rate(model, torch.ones(100, 1), torch.ones(100, 1)), 0.0, step)


def test_error_rate_puts_the_mode_back():
    model = nn.Sequential(fixed([[1.0]], 0.0), nn.Dropout(0.5))
    model.train()
    error_rate(model, torch.ones(4, 1), torch.ones(4, 1))
    expect("model.training after error_rate of a model in train mode", model.training, True, "Put its mode back.")


def test_compare_models_holds_out_a_quarter_of_the_rows():
    X, y = moons(8)
    index = compare_models(X, y, 0)["test_index"]
    expect_that(
        len(set(index.tolist())) == 2 and index.shape == (2,),
        'compare_models(X, y, 0)["test_index"] for 8 rows',
        index,
        "the numbers of 2 different rows",
        "N//4 rows are test rows, and none comes twice.",
    )


def asked_on_the_training_rows(function, name):
    """Train on 40 moons, once as they are and once with nonsense in the test rows; return both logits of the others."""
    X, y = moons(40)
    result = function(X, y, 2)
    index = result["test_index"]
    keep = torch.ones(40, dtype=torch.bool)
    keep[index] = False
    spoiled_X, spoiled_y = X.clone(), y.clone()
    spoiled_X[index], spoiled_y[index] = 50.0, 1 - y[index]
    again = function(spoiled_X, spoiled_y, 2)
    with torch.no_grad():
        return again[name]["model"](X[keep]), result[name]["model"](X[keep])


def test_compare_models_keeps_the_test_rows_out_of_the_kitchen():
    """Nonsense in the test rows changes neither model."""
    for name in ("linear", "network"):
        with_nonsense, without = asked_on_the_training_rows(compare_models, name)
        step = "Split first; train and standardize with the training rows alone."
        what = f'the logits of result["{name}"]["model"] when the test rows held nonsense'
        expect(what, with_nonsense, without, step)


def test_compare_models_draws_its_test_rows():
    """Two seeds have other test rows."""
    X, y = moons(40)
    drawn = [sorted(compare_models(X, y, seed)["test_index"].tolist()) for seed in (0, 1)]
    step = "Draw a random order of the rows with the seed; the first N//4 of it are the test rows."
    expect_that(drawn[0] != drawn[1], "the test rows of the seeds 0 and 1", drawn, "different rows", step)


def test_compare_models_sees_the_network_beat_the_line_on_the_moons():
    X, y = moons(400)
    result = compare_models(X, y, 0)
    expect('compare_models(X, y, 0)["linear"]["parameters"]', result["linear"]["parameters"], 3, "Count the numbers.")
    for name, low, high in (("linear", 0.05, 0.25), ("network", 0.0, 0.05)):
        error = error_rate(result[name]["model"], X, y)
        expect_that(
            low <= error <= high,
            f'error_rate(result["{name}"]["model"], X, y) on 400 raw moons',
            error,
            f"from {low} to {high}",
            "Train on standardized rows; the models in the result take raw ones (`OnRawRows`).",
        )


def test_compare_models_gives_both_models_the_same_number_of_epochs():
    X, y = moons(40)
    result = compare_models(X, y, 1)
    lengths = [len(result[name]["history"]) for name in ("linear", "network")]
    expect_that(
        lengths[0] == lengths[1],
        "the lengths of both histories",
        lengths,
        "equal lengths",
        "Give both models the same budget.",
    )


def test_ablation_starts_its_variants_alike():
    X, y = moons(40)
    result = ablation(X, y, 0)
    names = ("full", "no_activation", "no_batching", "no_regularization")
    starts = [torch.cat([part.flatten() for part in result[name]["start"]]) for name in names]
    expect_that(
        all(torch.equal(starts[0], start) for start in starts),
        'the "start" of the four variants',
        [start[:3] for start in starts],
        "equal numbers",
        "Use the same seed for each network, and copy its parameters before the training.",
    )


def test_ablation_leaves_out_one_part_at_a_time():
    """Only `no_batching` makes fewer updates, only `no_activation` draws a straight boundary."""
    X, y = moons(400)
    result = ablation(X, y, 0)
    updates = {name: result[name]["updates"] for name in ("full", "no_activation", "no_regularization", "no_batching")}
    full, few = updates["full"], updates["no_batching"]
    expect_that(
        full % few == 0 and full >= 2 * few,
        'the "updates" of full and no_batching',
        (full, few),
        "one update an epoch without batching, and a multiple of it for full",
        "Updates are epochs times batches an epoch.",
    )
    alike = updates["no_activation"] == updates["no_regularization"] == full
    step = "Batches are left out in `no_batching` alone."
    expect_that(alike, 'the "updates" of the variants', updates, "equal numbers but for no_batching", step)
    places = torch.tensor([[-1.0, 1.0], [0.5, 0.25], [2.0, -0.5]])  # the second lies in the middle of the others
    for name in updates:
        with torch.no_grad():
            left, middle, right = result[name]["model"](places).flatten().tolist()
        straight = abs(left + right - 2 * middle) < 1e-3 * (1 + abs(left) + abs(right))
        expect(
            f'whether the logits of result["{name}"]["model"] lie on a straight line',
            straight,
            name == "no_activation",
            "The activation is left out in `no_activation` alone.",
        )


def test_ablation_keeps_the_test_rows_out_of_the_kitchen():
    """Nonsense in the test rows does not change the network."""
    with_nonsense, without = asked_on_the_training_rows(ablation, "full")
    step = "Split first; train and standardize with the training rows alone."
    what = 'the logits of result["full"]["model"] when the test rows held nonsense'
    expect(what, with_nonsense, without, step)


def test_plot_boundaries_draws_a_titled_panel_for_each_model():
    X, y = moons(20)
    fig = plot_boundaries({"linear": fixed([[1.0, -1.0]], 0.0), "network": fixed([[1.0, 2.0]], 0.5)}, X, y)
    panels = [ax for ax in fig.axes if ax.get_label() != "<colorbar>"]
    titles = [ax.get_title() + ax.get_title(loc="left") + ax.get_title(loc="right") for ax in panels]
    expect_that(
        len(titles) == 2 and "linear" in titles[0] and "network" in titles[1],
        "the titles of the panels",
        titles,
        '"linear" and "network"',
        "Make one axes for each model, and give it the model's name.",
    )
    limits = [ax.get_xlim() for ax in panels]
    expect_that(
        limits[0] == pytest.approx(limits[1]),
        "ax.get_xlim() of both panels",
        limits,
        "the same limits",
        "Compute the limits once, from all the rows.",
    )


def test_plot_boundaries_draws_all_points_and_asks_each_model():
    """Every panel has all 20 points, each model is asked, and nothing is shown."""
    X, y = moons(20)
    asked, shown, show = [], [], plt.show
    models = {"linear": fixed([[1.0, -1.0]], 0.0), "network": fixed([[1.0, 2.0]], 0.5)}
    for name, model in models.items():
        model.register_forward_hook(lambda *_, name=name: asked.append(name))
    plt.show = lambda *_, **__: shown.append(1)
    try:
        fig = plot_boundaries(models, X, y)
    finally:
        plt.show = show
    expect("which models plot_boundaries asks", sorted(set(asked)), ["linear", "network"], "Each panel asks its own.")
    for ax in [ax for ax in fig.axes if ax.get_label() != "<colorbar>"]:
        by_scatter = sum(len(part.get_offsets()) for part in ax.collections if len(part.get_offsets()) > 1)
        by_plot = sum(len(line.get_xdata()) for line in ax.lines if line.get_marker() not in ("None", "", " ", None))
        step = "Every row of X is a point in every panel, the test rows, too."
        expect_that(by_scatter + by_plot >= 20, "how many points a panel has", by_scatter + by_plot, "20", step)
    plt.close("all")
    step = "Return the figure, and leave `plt.show()` to whoever called."
    expect_that(not shown, "how often plot_boundaries called plt.show()", len(shown), "0", step)


def test_quiz_has_a_letter_for_each_question():
    answers = quiz()
    expect_that(
        isinstance(answers, dict) and sorted(answers) == list(range(1, 11)),
        "quiz()",
        answers,
        "a dictionary with the keys 1 to 10",
        "Answer the ten questions of the page.",
    )
    others = {number: letter for number, letter in answers.items() if str(letter).upper() not in ("A", "B", "C", "D")}
    expect_that(not others, "quiz()", others, 'only the letters "A" to "D"', "Each answer is one letter.")
