"""Visible tests of lesson 1.2: the worked examples of its page (`uv run pytest assignments/lesson_1_2`)."""

import torch

from assignments.expect import as_float, expect, expect_raises, expect_that
from assignments.lesson_1_2.exercises import fit, mse, mse_gradients, normal_equation, predict, standardize

HOUSES = [[100.0, 3.0], [70.0, 4.0]]
TOWERS = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 0.0]]
HEIGHTS = [3.0, 2.0, 4.0, 5.0]


def houses():
    """The table of the two houses, the weights, and what the houses were sold for."""
    return torch.tensor(HOUSES), torch.tensor([2.0, 10.0]), torch.tensor([232.0, 176.0])


def towers():
    """The table of the four towers and their heights."""
    return torch.tensor(TOWERS), torch.tensor(HEIGHTS)


def floats(history):
    """The losses as Python floats, whether they were floats or 0-D tensors."""
    return [as_float(value) for value in history]


def test_predict_says_230_and_180_for_the_two_houses():
    X, w, _ = houses()
    result = predict(X, w, torch.tensor(0.0))
    step = "Go along each row of X and along w, multiply and add up. Which product has the shape (N,)?"
    expect("predict(X, w, b=0)", result, torch.tensor([230.0, 180.0]), step)


def test_predict_adds_the_bias_to_both_houses():
    X, w, _ = houses()
    result = predict(X, w, torch.tensor(5.0))
    expect("predict(X, w, b=5)", result, torch.tensor([235.0, 185.0]), "Is the bias added to every prediction?")


def test_predict_gives_a_vector_for_one_house():
    X, w, _ = houses()
    result = predict(X[:1], w, torch.tensor(0.0))
    expect("predict(X[:1], w, b=0)", result, torch.tensor([230.0]), "X[:1] is (1, 2), so the result is (1,).")


def test_mse_of_the_two_houses_is_10():
    _, _, y = houses()
    result = mse(y, torch.tensor([230.0, 180.0]))
    expect(
        "mse(y, y_hat)", result, torch.tensor(10.0), "Square both errors, -2 and 4, and take the mean, a 0-D tensor."
    )


def test_mse_takes_equal_shapes_of_any_rank():
    y, y_hat = torch.tensor([[1.0], [1.0]]), torch.tensor([[2.0], [4.0]])
    step = "Two columns have equal shapes: (2, 1) and (2, 1)."
    expect("mse(y, y_hat) of two columns (2, 1)", mse(y, y_hat), torch.tensor(5.0), step)
    y, y_hat = torch.ones(2, 2), torch.tensor([[2.0, 3.0], [4.0, 1.0]])
    step = "The mean is over all elements, 4 here, and not over the rows alone."
    expect("mse(y, y_hat) of two tables (2, 2)", mse(y, y_hat), torch.tensor(3.5), step)


def test_mse_refuses_a_flat_vector_against_a_column():
    _, _, y = houses()
    y_hat = torch.tensor([[230.0], [180.0]])
    step = 'Compare the shapes before you subtract; see "The loss, and broadcasting\'s trap".'
    expect_raises(ValueError, "mse(y, y_hat) of (2,) against (2, 1)", lambda: mse(y, y_hat), step)
    expect_raises(ValueError, "mse(y, y_hat) of (2, 1) against (2,)", lambda: mse(y_hat, y), step)
    one = torch.tensor(200.0)
    expect_raises(ValueError, "mse(y, y_hat) of (2,) against ()", lambda: mse(y, one), step)


def test_mse_names_both_shapes_when_it_refuses():
    _, _, y = houses()
    message = ""
    try:
        mse(y, torch.tensor([[230.0], [180.0]]))
    except ValueError as error:
        message = str(error)
    named = any(form in message for form in ("(2,)", "[2]")) and any(form in message for form in ("(2, 1)", "[2, 1]"))
    step = "Put tuple(y.shape) and tuple(y_hat.shape) into the message of the ValueError."
    expect_that(named, "the message of mse's ValueError", message, "both shapes, (2,) and (2, 1)", step)


def test_mse_gradients_of_the_two_houses():
    X, w, y = houses()
    dw, db = mse_gradients(X, y, w, torch.tensor(0.0))
    step = "The errors are -2 and 4. Multiply each by the features of its own house, down the columns: X.T, not X."
    expect("dw of mse_gradients(X, y, w, b)", dw, torch.tensor([80.0, 10.0]), step)
    expect("db of mse_gradients(X, y, w, b)", db, torch.tensor(2.0), "db is 2/N times the sum of the errors, 0-D.")


def test_mse_gradients_of_the_four_towers_at_zero():
    X, y = towers()
    dw, db = mse_gradients(X, y, torch.zeros(2), torch.tensor(0.0))
    step = "The errors are -3, -2, -4 and -5. Both gradients have the factor 2/N, here 2/4."
    expect("dw of mse_gradients(X, y, w, b)", dw, torch.tensor([-8.5, -3.0]), step)
    expect("db of mse_gradients(X, y, w, b)", db, torch.tensor(-7.0), step)


def test_fit_makes_the_two_steps_of_the_page():
    X, y = towers()
    w, b, history = fit(X, y, 0.1, 2)
    step = 'Compare with the table in "The training loop with many weights", column by column.'
    expect("w of fit(X, y, lr=0.1, steps=2)", w, torch.tensor([1.29, 0.4575]), step)
    expect("b of fit(X, y, lr=0.1, steps=2)", b, torch.tensor(1.06), step)
    step = "There is one loss for each step, taken before the step."
    expect("the history of fit(X, y, lr=0.1, steps=2)", floats(history), [13.5, 3.62125], step)


def test_fit_without_steps_stays_at_zero():
    X, y = towers()
    w, b, history = fit(X.double(), y.double(), 0.1, 0)
    step = "Start from zeros of X's dtype: w is (D,), b is 0-D."
    expect("w of fit(X, y, lr=0.1, steps=0) in float64", w, torch.zeros(2).double(), step)
    expect("b of fit(X, y, lr=0.1, steps=0) in float64", b, torch.tensor(0.0).double(), step)
    expect("the history of fit(X, y, lr=0.1, steps=0)", floats(history), [], "No step, no loss.")


def test_normal_equation_solves_the_riddle_of_the_towers():
    w, b = normal_equation(*towers())
    step = "Put a column of ones beside X. The answer has the order of the columns: take b out of it."
    expect("w of normal_equation(X, y)", w, torch.tensor([2.0, 1.0]), step)
    expect("b of normal_equation(X, y)", b, torch.tensor(1.0), step)


def test_normal_equation_finds_the_best_line():
    w, b = normal_equation(torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([1.0, 2.0, 6.0]))
    step = "No line is perfect here; the best one has both slopes of the loss at 0. w is (1,), and b is 0-D."
    expect("w of normal_equation(X, y)", w, torch.tensor([2.5]), step)
    expect("b of normal_equation(X, y)", b, torch.tensor(0.5), step)


def test_standardize_takes_each_column_by_itself():
    X_std, mean, std = standardize(torch.tensor([[100.0, 3.0], [70.0, 4.0], [130.0, 5.0]]))
    step = "Each column has its own mean and deviation: dim=0. The deviation divides by N - 1."
    expect("mean of standardize(X)", mean, torch.tensor([100.0, 4.0]), step)
    expect("std of standardize(X)", std, torch.tensor([30.0, 1.0]), step)
    expect("X_std of standardize(X)", X_std, torch.tensor([[0.0, -1.0], [-1.0, 0.0], [1.0, 1.0]]), step)


def test_standardize_takes_columns_of_any_scale():
    X_std, _, _ = standardize(torch.tensor([[1e-7], [2e-7], [3e-7]]))
    step = "Divide by the deviation itself; a little added to it is much for a column of small numbers."
    expect("X_std of standardize([[1e-7], [2e-7], [3e-7]])", X_std, torch.tensor([[-1.0], [0.0], [1.0]]), step)


def test_standardize_turns_a_constant_column_into_zeros():
    X_std, mean, _ = standardize(torch.tensor([[100.0, 1.0], [70.0, 1.0], [130.0, 1.0]]))
    step = "The deviation of the second column is 0. Divide that column by something else, so that it stays finite."
    expect("X_std of standardize(X)", X_std, torch.tensor([[0.0, 0.0], [-1.0, 0.0], [1.0, 0.0]]), step)
    expect("mean of standardize(X)", mean, torch.tensor([100.0, 1.0]), step)
