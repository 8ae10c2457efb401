"""The visible tests of lesson 1.1: the worked examples of its page."""

import torch

from assignments.expect import as_float, expect, expect_that
from assignments.lesson_1_1.exercises import gradients, loss, predict, training_loop, update


def bean_plant():
    """The weeks and the heights of the page's bean plant."""
    return torch.tensor([0.0, 1.0, 2.0, 3.0]), torch.tensor([1.0, 3.0, 5.0, 7.0])


def number(value):
    """A 0-D tensor."""
    return torch.tensor(value)


def test_predict_multiplies_and_adds():
    """The line 2x + 0.5 at the four weeks."""
    x, _ = bean_plant()
    expected = torch.tensor([0.5, 2.5, 4.5, 6.5])
    step = "Multiply each input by w, then add b."
    expect("predict(x, w, b)", predict(x, number(2.0), number(0.5)), expected, step)


def test_predict_keeps_a_single_input_a_row():
    """One input gives one prediction, in a row of shape (1,)."""
    result = predict(torch.tensor([4.0]), number(2.0), number(0.5))
    step = "There is one prediction for each input, so the shape of x stays: (1,) here."
    expect("predict(torch.tensor([4.0]), w, b)", result, torch.tensor([8.5]), step)


def test_loss_is_the_mean_of_the_squares():
    """The first guess of the page has the loss 7.5."""
    _, y = bean_plant()
    step = "Square each error and take the mean: (1 + 4 + 9 + 16) / 4, as a 0-D tensor."
    expect("loss(y, y_hat)", loss(y, torch.tensor([0.0, 1.0, 2.0, 3.0])), number(7.5), step)


def test_loss_does_not_let_errors_cancel():
    """Errors of +1 and -1 make a loss of 1."""
    _, y = bean_plant()
    step = "The errors are 1, -1, 1, -1. Square each one before you take the mean."
    expect("loss(y, y_hat)", loss(y, torch.tensor([2.0, 2.0, 6.0, 6.0])), number(1.0), step)


def check_gradients(w, b, expected_dw, expected_db):
    x, y = bean_plant()
    result = gradients(x, y, number(w), number(b))
    call = f"gradients(x, y, torch.tensor({w}), torch.tensor({b}))"
    pair = isinstance(result, (tuple, list)) and len(result) == 2
    expect_that(pair, call, result, "a pair of two 0-D tensors", "End with `return dw, db`.")
    dw, db = result
    expect(f"dw, db = {call}; dw", dw, number(expected_dw), "dw is the mean of 2 * error * x, error = y_hat - y.")
    expect(f"dw, db = {call}; db", db, number(expected_db), "db is the mean of 2 * error, error = y_hat - y.")


def test_gradients_of_the_first_guess():
    """At w = 1, b = 0 they are -10 and -5."""
    check_gradients(1.0, 0.0, -10.0, -5.0)


def test_gradients_after_one_step():
    """At w = 2, b = 0.5 they are -1.5 and -1."""
    check_gradients(2.0, 0.5, -1.5, -1.0)


def test_update_steps_downhill():
    """Against a gradient of -10, w goes from 1 to 2."""
    step = "Subtract lr times the gradient: 1 - 0.1 * (-10)."
    expect("update(param, grad, 0.1)", update(number(1.0), number(-10.0), 0.1), number(2.0), step)


def test_update_makes_a_new_tensor_of_any_shape():
    """A row is updated number by number, and the caller's row stays."""
    param, grad = torch.tensor([3.0, -1.0]), torch.tensor([4.0, -2.0])
    step = "Each number moves by lr times its own derivative."
    expect("update(param, grad, 0.5)", update(param, grad, 0.5), torch.tensor([1.0, 0.0]), step)
    step = "Make a new tensor, param - lr * grad, and do not use -= on param."
    expect("param, after update(param, grad, 0.5)", param, torch.tensor([3.0, -1.0]), step)


def run(steps):
    """Return w, b and the history as plain floats, after checking what came back."""
    x, y = bean_plant()
    result = training_loop(x, y, number(1.0), number(0.0), 0.1, steps)
    call = f"training_loop(x, y, w, b, 0.1, {steps})"
    triple = isinstance(result, (tuple, list)) and len(result) == 3
    expect_that(triple, call, result, "three things: w, b and the history", "End with `return w, b, history`.")
    w, b, history = result
    return f"w, b, history = {call}", w, b, [as_float(value) for value in history]


def test_training_loop_walks_downhill():
    """Three steps lead to w = 2.165, b = 0.635."""
    call, w, b, _ = run(3)
    step = 'Follow the table in "Again and again": in which step do you part from it?'
    expect(f"{call}; w", w, number(2.165), step)
    expect(f"{call}; b", b, number(0.635), step)


def test_training_loop_notes_each_loss_before_its_step():
    """Three steps have three losses, and the first is that of the start."""
    call, _, _, history = run(3)
    step = "Write down the loss at the beginning of each step, before w and b move: one for each step."
    expect(f"{call}; history as floats", history, [7.5, 0.25, 0.05875], step)


def test_training_loop_of_no_steps_stays():
    """0 steps change nothing and note nothing."""
    call, w, b, history = run(0)
    expect(f"{call}; history", history, [], "No step, no loss: the list is empty.")
    expect(f"{call}; w", w, number(1.0), "No step was made, so w is the w that was given.")
    expect(f"{call}; b", b, number(0.0), "No step was made, so b is the b that was given.")


def test_training_loop_never_stops_early():
    """With a learning rate of 0 nothing moves, and all three losses are there."""
    x, y = bean_plant()
    w, _, history = training_loop(x, y, number(1.0), number(0.0), 0.0, 3)
    step = "The loop goes round `steps` times, whatever the losses do."
    call = "w, b, history = training_loop(x, y, w, b, 0.0, 3)"
    expect(f"{call}; history as floats", [as_float(value) for value in history], [7.5, 7.5, 7.5], step)
    expect(f"{call}; w", w, number(1.0), "A step of length 0 leaves w where it is.")


def test_training_loop_leaves_the_start_alone():
    """The caller's w and b are the same before and after."""
    x, y = bean_plant()
    w, b = number(1.0), number(0.0)
    training_loop(x, y, w, b, 0.1, 3)
    step = "Give the name a new tensor (w = w - lr * dw); `w -= …` changes the caller's."
    expect("w, after training_loop(x, y, w, b, 0.1, 3)", w, number(1.0), step)
    expect("b, after training_loop(x, y, w, b, 0.1, 3)", b, number(0.0), step)
