"""Visible tests of lesson 2.7: the worked examples of its page (`uv run pytest assignments/lesson_2_7`)."""

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
        "The hidden scores 3 and -2 go on as they are.",
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


def test_train_network_goes_on_in_the_second_epoch():
    X, y = torch.tensor([[2.0], [1.0]]), torch.tensor([[1.0], [0.0]])
    expect(
        "train_network(model, X, y, lr=1.0, epochs=2, batch_size=None, strength=0.1, generator)",
        train_network(fixed([[1.0]], 0.0), X, y, 1.0, 2, None, 0.1, torch.Generator().manual_seed(0)),
        [0.720095, 0.597667],
        "Clear the gradients in every step, and take each loss before its update.",
    )


def test_error_rate_counts_the_wrong_rows():
    X, y = torch.tensor([[2.0], [-1.0], [0.3], [0.0]]), torch.tensor([[1.0], [1.0], [1.0], [0.0]])
    expect(
        "error_rate(model, X, y) for the logits 2, -1, 0.3, 0 and the classes 1, 1, 1, 0",
        error_rate(fixed([[1.0]], 0.0), X, y),
        0.25,
        "A logit above 0 says class 1, and 0 itself says class 0.",
    )


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


def test_ablation_without_batches_makes_fewer_updates():
    X, y = moons(400)
    result = ablation(X, y, 0)
    full, few = result["full"]["updates"], result["no_batching"]["updates"]
    expect_that(
        full % few == 0 and full >= 2 * few,
        'the "updates" of full and no_batching',
        (full, few),
        "one update an epoch without batching, and a multiple of it for full",
        "Updates are epochs times batches an epoch.",
    )


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
