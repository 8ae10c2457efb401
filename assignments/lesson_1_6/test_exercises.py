"""Visible tests of lesson 1.6: the worked examples of its page (`uv run pytest assignments/lesson_1_6`)."""

from itertools import permutations, product

import pytest
import torch

from assignments.expect import as_float, expect, expect_that
from assignments.lesson_1_6.exercises import LinearRegression, quiz

X = torch.tensor([[1.0], [0.0], [2.0]])
Y = torch.tensor([2.0, 4.0, 6.0])
# The three ways to cut the rows into a batch of two and a batch of one: w, b and the loss of the epoch.
PLACES = [(1.4, 1.44, 16.7467), (2.2, 1.6, 15.0), (1.16, 0.96, 17.3467)]


def with_parameters(w, b):
    model = LinearRegression()
    model.w, model.b = torch.tensor([w]), torch.tensor(b)
    return model


def test_predict_uses_the_weights_and_the_bias_that_are_set():
    expect(
        "model.predict(X) with w = (1) and b = 3",
        with_parameters(1.0, 3.0).predict(X).detach(),
        torch.tensor([4.0, 3.0, 5.0]),
        'Read self.w and self.b; see "The model in one line".',
    )


def test_predict_gives_a_vector_for_one_sample_in_float64_too():
    model = LinearRegression()
    model.w, model.b = torch.tensor([1.0, 2.0]).double(), torch.tensor(3.0).double()
    step = "One prediction for each row, in X's dtype: (1,) for one row."
    X_two = torch.tensor([[1.0, 0.5]]).double()
    expected = torch.tensor([5.0]).double()
    expect("model.predict([[1, 0.5]]) with w = (1, 2) and b = 3", model.predict(X_two).detach(), expected, step)


@pytest.mark.parametrize(("epochs", "w", "b"), [(0, 0.0, 0.0), (1, 0.93333, 0.8), (2, 1.39556, 1.25333)])
def test_fit_with_all_rows_in_one_batch(epochs, w, b):
    model = LinearRegression(lr=0.1, epochs=epochs)
    model.fit(X, Y)
    call = f"after LinearRegression(lr=0.1, epochs={epochs}).fit(X, y), model."
    step = "Begin at zeros; every epoch makes one step here, with the mean over the three rows."
    expect(call + "w", model.w.detach(), torch.tensor([w]), step)
    expect(call + "b", model.b.detach(), torch.tensor(b), step)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_fit_with_a_smaller_last_batch_ends_at_a_place_of_the_table(seed):
    model = LinearRegression(lr=0.1, epochs=1, batch_size=2, seed=seed)
    model.fit(X, Y)
    found = (as_float(model.w), as_float(model.b))
    expect_that(
        any(found == pytest.approx((w, b), abs=1e-4) for w, b, _ in PLACES),
        f"(w, b) after LinearRegression(lr=0.1, epochs=1, batch_size=2, seed={seed}).fit(X, y)",
        found,
        "(1.4, 1.44), (2.2, 1.6) or (1.16, 0.96)",
        'Work through the two batches in "The whole loop": each is divided by its own number of rows.',
    )


def test_fit_draws_its_orders_from_the_seed_alone():
    torch.manual_seed(4)
    wanted = torch.rand(1)
    torch.manual_seed(4)
    found = set()
    for seed in range(8):
        model = LinearRegression(lr=0.1, epochs=1, batch_size=2, seed=seed).fit(X, Y)
        again = LinearRegression(lr=0.1, epochs=1, batch_size=2, seed=seed).fit(X, Y)
        step = "Make a generator of your own from `self.seed`, anew in every fit."
        expect(f"w of two fits with seed={seed}, equal", torch.equal(model.w, again.w), True, step)
        found.add(round(as_float(model.b), 3))
    step = "Draw the order of the rows with torch.randperm, from a generator that has `self.seed`."
    expect_that(len(found) > 1, "b after fits with the seeds 0 to 7", found, "not the same b for every seed", step)
    expect("torch.rand(1) after the fits", torch.rand(1), wanted, "Seed a generator of your own, not PyTorch's.")
    expect("X after the fits", X, torch.tensor([[1.0], [0.0], [2.0]]), "Leave the samples as they are.")


def test_fit_draws_a_new_order_in_every_epoch():
    # X is 0, so b alone moves, halfway to each target in turn; where it ends tells the order of the rows.
    zeros, targets = torch.zeros(3, 1), [1.0, 10.0, 100.0]
    ends = {order: order[0] / 8 + order[1] / 4 + order[2] / 2 for order in permutations(targets)}
    orders = []
    for seed in range(12):
        model = LinearRegression(lr=0.25, epochs=2, batch_size=1, seed=seed).fit(zeros, torch.tensor(targets))
        b = as_float(model.b)
        orders.append(min(product(ends, ends), key=lambda pair: abs(ends[pair[0]] / 8 + ends[pair[1]] - b)))
    step = "Mix the rows: `torch.randperm` gives a random order."
    expect_that(len(set(orders)) > 1, "the orders of the rows with the seeds 0 to 11", orders[0], "several", step)
    same = sum(first == second for first, second in orders)
    step = "Draw inside the loop over the epochs: each epoch has an order of its own."
    expect_that(same < 12, "how many of 12 seeds had one order for both epochs", same, "about 2 of 12", step)


def test_fit_returns_the_model_and_starts_afresh():
    model = LinearRegression(lr=0.1, epochs=1)
    returned = model.fit(X, Y)
    expect_that(
        returned is model, "model.fit(X, y)", returned, "the model itself", "End the method with `return self`."
    )
    model.fit(X, Y)
    expect(
        "model.b after a second model.fit(X, y)",
        as_float(model.b),
        0.8,
        "Every fit begins at zeros, whatever the model has learned before.",
    )


def test_history_is_empty_before_the_first_fit():
    history = LinearRegression().history
    expect_that(len(history) == 0, "LinearRegression().history", history, "an empty list", "No epoch, no number.")


def test_history_has_the_loss_of_each_epoch_before_its_step():
    model = LinearRegression(lr=0.1, epochs=2)
    model.fit(X, Y)
    expect(
        "model.history after LinearRegression(lr=0.1, epochs=2).fit(X, y)",
        [as_float(loss) for loss in model.history],
        [18.66667, 7.14074],
        "Predict and take the squared errors first, then update.",
    )


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_history_counts_every_sample_the_same(seed):
    model = LinearRegression(lr=0.1, epochs=1, batch_size=2, seed=seed)
    model.fit(X, Y)
    history = [as_float(loss) for loss in model.history]
    expect_that(
        any(history == pytest.approx([loss], abs=1e-3) for _, _, loss in PLACES),
        f"model.history after LinearRegression(lr=0.1, epochs=1, batch_size=2, seed={seed}).fit(X, y)",
        history,
        "[16.747], [15] or [17.347]",
        'A batch of two rows counts twice as much as a batch of one; see "A history you can trust".',
    )


@pytest.mark.parametrize(("w", "b", "wanted"), [(1.0, 3.0, 0.25), (1.4, 1.44, -0.2946)])
def test_score_compares_the_model_with_the_mean(w, b, wanted):
    expect(
        f"model.score(X, y) with w = ({w}) and b = {b}",
        as_float(with_parameters(w, b).score(X, Y)),
        wanted,
        'It is 1 minus one sum of squares divided by another; see "How good is it?".',
    )


def test_score_takes_the_mean_of_the_targets_that_are_given():
    model = with_parameters(1.0, 3.0)
    step = "The mean is that of this y, whatever the model has learned from; a negative score stays negative."
    found = as_float(model.score(torch.tensor([[0.0], [2.0]]), torch.tensor([3.0, 7.0])))
    expect("model.score([[0], [2]], [3, 7]) with w = (1) and b = 3", found, 0.5, step)
    found = as_float(model.score(torch.tensor([[0.0], [2.0]]), torch.tensor([7.0, 3.0])))
    expect("model.score([[0], [2]], [7, 3]) with w = (1) and b = 3", found, -1.5, step)


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
