"""The visible tests of lesson 2.2: the worked examples of its page."""

import torch

from assignments.expect import expect
from assignments.lesson_2_2.exercises import (
    add_bias_column,
    backward,
    batched_forward,
    layer,
    mse,
    neuron,
    numerical_check,
    squared_errors,
    total_loss,
)


def tray():
    """The seven glasses, the judge and the targets."""
    X = torch.tensor([[1, 2, 0], [0, 1, 2], [2, 0, 1], [1, 1, 1], [0, 0, 2], [3, 1, 2], [0, 3, 1]]).float()
    W_aug = torch.tensor([[-1.0, 2.0, 1.0, -1.0]])
    y = torch.tensor([[2.0], [1.0], [2.0], [3.0], [0.0], [2.0], [1.0]])
    return X, W_aug, y


def predictions():
    """What the judge says to each of the seven glasses."""
    return torch.tensor([[3.0], [0.0], [2.0], [1.0], [0.0], [4.0], [1.0]])


def two_judges():
    """The first glass, and the page's layer of two neurons."""
    x = torch.tensor([1.0, 2.0, 0.0])
    W = torch.tensor([[2.0, 1.0, -1.0], [-1.0, 0.0, 2.0]])
    b = torch.tensor([-1.0, 0.5])
    return x, W, b


def test_neuron_says_one_number():
    """The judge says 3 to the first glass, and tanh(3) with another activation."""
    x, W, b = two_judges()
    step = "Multiply x and w number by number, add everything up, add b, and only then activate."
    expect("neuron(x, w, b, torch.relu)", neuron(x, W[0], b[0], torch.relu), torch.tensor(3.0), step)
    expect("neuron(x, w, b, torch.tanh)", neuron(x, W[0], b[0], torch.tanh), torch.tensor(0.9950548), step)


def test_neuron_keeps_the_dtype_and_says_one_number_for_one_feature():
    """Half a lemon with weight 3 and bias 1 is 2.5, in float64, and its tensor has no dimension."""
    x, w, b = (torch.tensor(number, dtype=torch.float64) for number in ([0.5], [3.0], 1.0))
    step = "Let w, x and b make the result: a tensor that you fill yourself has a dtype and a shape of its own."
    expect("neuron(x, w, b, torch.relu)", neuron(x, w, b, torch.relu), torch.tensor(2.5, dtype=torch.float64), step)


def test_neuron_called_for_each_row_makes_the_layer():
    """Two calls of the neuron give what the layer gives."""
    x, W, b = two_judges()
    call = "torch.stack([neuron(x, W[h], b[h], torch.relu) for h in range(2)])"
    result = torch.stack([neuron(x, W[h], b[h], torch.relu) for h in range(2)])
    expect(call, result, torch.tensor([3.0, 0.0]), "Each call should give one number, a 0-D tensor.")


def test_layer_gives_one_number_a_neuron():
    """Two judges say (3, 0) to the first glass."""
    x, W, b = two_judges()
    step = "Row h of W and entry h of b are neuron h. Which product of W and x gives H numbers?"
    expect("layer(x, W, b, torch.relu)", layer(x, W, b, torch.relu), torch.tensor([3.0, 0.0]), step)
    scores = torch.tensor([3.0, -0.5])
    expect("layer(x, W, b, torch.tanh)", layer(x, W, b, torch.tanh), torch.tanh(scores), step)


def test_layer_keeps_dtype_and_shape_and_its_arguments():
    """A layer of one judge says one number, in a list of one; in float64 where its arguments are."""
    x, W, b = (tensor.double() for tensor in two_judges())
    step = "The result is (H,), also for H = 1, in x's dtype."
    expected = torch.tensor([3.0], dtype=torch.float64)
    expect("layer(x, W[:1], b[:1], torch.relu)", layer(x, W[:1], b[:1], torch.relu), expected, step)
    expect(
        "b after layer", b, torch.tensor([-1.0, 0.5], dtype=torch.float64), "Compute a new tensor: `b += …` changes b."
    )


def test_add_bias_column_puts_ones_first():
    """The rows (5, 6) and (7, 8) get a 1 in front, in their own dtype."""
    X = torch.tensor([[5.0, 6.0], [7.0, 8.0]])
    expected = torch.tensor([[1.0, 5.0, 6.0], [1.0, 7.0, 8.0]])
    step = "Make a column of ones, (N, 1), and join it with X along dimension 1, the ones first."
    expect("add_bias_column(X)", add_bias_column(X), expected, step)
    step = "Make the ones in X's dtype and keep X as it is."
    for dtype in (torch.float64, torch.float16, torch.int64):
        call = f"add_bias_column(X.to({dtype}))"
        expect(call, add_bias_column(X.to(dtype)), expected.to(dtype), step)


def test_batched_forward_tastes_the_whole_tray():
    """(7, 3) and (1, 4) give (7, 1)."""
    X, W_aug, _ = tray()
    step = "Augment X, multiply by the transpose of W_aug, and let ReLU silence what is below 0."
    expect("batched_forward(X, W_aug)", batched_forward(X, W_aug), predictions(), step)


def test_batched_forward_gives_a_row_for_one_sample():
    """The first glass alone, tasted by the page's two judges, gives (1, 2); in float64 here."""
    X, W_aug = torch.tensor([[1.0, 2.0, 0.0]]), torch.tensor([[-1.0, 2.0, 1.0, -1.0], [0.5, -1.0, 0.0, 2.0]])
    step = "One sample is a batch of one row, and each neuron is a column: (1, H), in X's dtype."
    expected = torch.tensor([[3.0, 0.0]], dtype=torch.float64)
    expect("batched_forward(X, W_aug)", batched_forward(X.double(), W_aug.double()), expected, step)


def test_squared_errors_keeps_shape_and_dtype():
    """Seven glasses have seven squared errors."""
    _, _, y = tray()
    expected = torch.tensor([[1.0], [1.0], [0.0], [4.0], [0.0], [4.0], [0.0]])
    step = "Subtract, then square each difference. Nothing is added up yet."
    expect("squared_errors(y, y_hat)", squared_errors(y, predictions()), expected, step)
    step = "The result has the shape and the dtype of y and y_hat, also where they have two columns."
    y, y_hat = torch.tensor([[1.0, 2.0]], dtype=torch.float64), torch.tensor([[4.0, 0.0]], dtype=torch.float64)
    expected = torch.tensor([[9.0, 4.0]], dtype=torch.float64)
    expect("squared_errors(y, y_hat)", squared_errors(y, y_hat), expected, step)
    expect("y_hat after squared_errors", y_hat, torch.tensor([[4.0, 0.0]]).double(), "Change no argument: no `-=`.")


def test_total_loss_adds_everything_up():
    """The squared errors of the tray add up to 10."""
    _, _, y = tray()
    step = "Add up all the squared errors into a 0-D tensor."
    expect("total_loss(y, y_hat)", total_loss(y, predictions()), torch.tensor(10.0), step)
    y, y_hat = torch.tensor([[1.0, 2.0]]).double(), torch.tensor([[4.0, 0.0]]).double()
    expect("total_loss(y, y_hat)", total_loss(y, y_hat), torch.tensor(13.0).double(), step)


def test_mse_divides_by_all_elements():
    """The tray has 10/7; two samples and two neurons have 14/4."""
    _, _, y = tray()
    step = "Divide the sum of the squares by the number of elements, N times H."
    expect("mse(y, y_hat)", mse(y, predictions()), torch.tensor(10 / 7), step)
    y, y_hat = torch.tensor([[1.0, 1.0], [1.0, 1.0]]), torch.tensor([[2.0, 3.0], [4.0, 1.0]])
    expect("mse(y, y_hat)", mse(y, y_hat), torch.tensor(3.5), step)
    step = "Every element counts, whatever the shape: y.numel() of them."
    y, y_hat = torch.zeros(2, 1, 2, dtype=torch.float64), torch.full((2, 1, 2), 3.0, dtype=torch.float64)
    expect("mse(y, y_hat)", mse(y, y_hat), torch.tensor(9.0).double(), step)


def test_backward_gives_the_gradient_of_the_tray():
    """The gradient is (2/7, 10/7, 4/7, 4/7)."""
    X, W_aug, y = tray()
    expected = torch.tensor([[2.0, 10.0, 4.0, 4.0]]) / 7
    step = "Go back: 2(y_hat - y) / (N·H), then the mask of Z > 0, then the product with X_aug."
    expect("backward(X, W_aug, y)", backward(X, W_aug, y), expected, step)


def test_backward_with_two_neurons_divides_by_all_elements():
    """Two samples and two neurons: the mean is over four elements, and each neuron has a row of its own."""
    X = torch.tensor([[1.0], [2.0]], dtype=torch.float64)
    W_aug = torch.tensor([[0.0, 1.0], [3.0, -1.0]], dtype=torch.float64)
    y = torch.tensor([[0.0, 4.0], [4.0, 0.0]], dtype=torch.float64)
    # y_hat is [[1, 2], [2, 1]], the errors are [[1, -2], [-2, 1]] and no neuron is silent.
    expected = 2 / 4 * torch.tensor([[-1.0, -3.0], [-1.0, 0.0]], dtype=torch.float64)
    step = "The loss is the mean over N·H elements, 4 here. dW has a row for each neuron and W_aug's dtype."
    expect("backward(X, W_aug, y)", backward(X, W_aug, y), expected, step)
    kept = torch.tensor([[0.0, 1.0], [3.0, -1.0]], dtype=torch.float64)
    expect(
        "W_aug after backward",
        W_aug,
        kept,
        "Return the gradient alone: backward makes no step and changes no argument.",
    )
    kept = torch.tensor([[0.0, 4.0], [4.0, 0.0]], dtype=torch.float64)
    expect("y after backward", y, kept, "Compute new tensors: `y -= …` changes the targets.")


def test_backward_takes_slope_zero_at_the_kink():
    """A pre-activation of exactly 0 passes no gradient."""
    X, W_aug, y = torch.tensor([[1.0]]), torch.tensor([[-1.0, 1.0]]), torch.tensor([[1.0]])
    step = "Here the pre-activation is exactly 0, and ReLU's slope at 0 is 0."
    expect("backward(X, W_aug, y)", backward(X, W_aug, y), torch.zeros(1, 2), step)


def test_numerical_check_tells_right_from_wrong():
    """The page's gradient passes; one without the mask and one that points away fail."""
    X, W_aug, y = tray()
    right = torch.tensor([[2.0, 10.0, 4.0, 4.0]]) / 7
    without_mask = torch.tensor([[0.0, 10.0, 2.0, 0.0]]) / 7
    step = "Convert everything to float64, then compare dW with autograd and with central differences."
    expect("numerical_check(X, W_aug, y, dW)", numerical_check(X, W_aug, y, right), True, step)
    step = "This dW forgets the mask. Is the length of the difference ‖dW - g‖ compared with the bound?"
    expect("numerical_check(X, W_aug, y, dW)", numerical_check(X, W_aug, y, without_mask), False, step)
    step = "This dW points the opposite way. Compare the difference ‖dW - g‖, not the two lengths."
    expect("numerical_check(X, W_aug, y, -dW)", numerical_check(X, W_aug, y, -right), False, step)


def test_numerical_check_is_false_at_a_kink():
    """Neither autograd's gradient nor that of the differences passes at the kink."""
    X, W_aug, y = torch.tensor([[1.0]]), torch.tensor([[-1.0, 1.0]]), torch.tensor([[1.0]])
    step = "At a kink autograd and central differences contradict each other; both must agree with dW."
    for dW in (torch.tensor([[0.0, 0.0]]), torch.tensor([[-1.0, -1.0]])):
        call = f"numerical_check(X, W_aug, y, torch.tensor({dW.tolist()}))"
        expect(call, numerical_check(X, W_aug, y, dW), False, step)


def test_numerical_check_measures_in_proportion():
    """The bound is 1e-5 of both lengths together, so two gradients of zeros agree as well."""
    X, W_aug, y = (tensor.double() for tensor in tray())
    right = torch.tensor([[2.0, 10.0, 4.0, 4.0]], dtype=torch.float64) / 7
    step = "Compare ‖dW - g‖ with 1e-5 · (‖dW‖ + ‖g‖): both lengths count, and nothing is divided."
    expect("numerical_check(X, W_aug, y, 1.000015 * dW)", numerical_check(X, W_aug, y, 1.000015 * right), True, step)
    expect("numerical_check(X, W_aug, y, 1.00003 * dW)", numerical_check(X, W_aug, y, 1.00003 * right), False, step)
    silent = torch.tensor([[-50.0, 0.0, 0.0, 0.0]], dtype=torch.float64)
    step = "A silent judge has a gradient of zeros, and 0 <= 0 holds."
    expect("numerical_check(X, silent, y, zeros)", numerical_check(X, silent, y, torch.zeros_like(silent)), True, step)


def test_numerical_check_says_false_to_what_is_no_gradient_of_these_weights():
    """Another shape, a NaN and an infinity are False, not errors."""
    X, W_aug, y = tray()
    right = torch.tensor([[2.0, 10.0, 4.0, 4.0]]) / 7
    not_a_number, infinite = right.clone(), right.clone()
    not_a_number[0, 1], infinite[0, 1] = torch.nan, torch.inf
    step = "Look at dW's shape, and for NaNs and infinities, before you compare."
    for name, dW in {"dW[0]": right[0], "dW with a NaN": not_a_number, "dW with an infinity": infinite}.items():
        expect(f"numerical_check(X, W_aug, y, {name})", numerical_check(X, W_aug, y, dW), False, step)


def test_numerical_check_leaves_the_weights_alone():
    """W_aug has the same values before and after, and neither `requires_grad` nor a gradient."""
    X, W_aug, y = (tensor.double() for tensor in tray())
    W_aug /= 3
    kept = W_aug.clone()
    numerical_check(X, W_aug, y, torch.zeros_like(W_aug))
    expect("W_aug after numerical_check", torch.equal(W_aug, kept), True, "Nudge a copy of W_aug.")
    expect("W_aug.requires_grad after numerical_check", W_aug.requires_grad, False, "Ask a copy for its gradient.")
