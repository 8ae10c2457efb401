"""Wrong solutions of lesson 2.2 that students really hand in. Each is laid over the reference, one at a time."""

import torch

from autograder.worker.misconception import misconception
from solutions.lesson_2_2.exercises import add_bias_column, batched_forward, mse

ROW = "The row, the neuron and the layer"
AUGMENTATION = "Bias augmentation"
BATCH = "The worked batch"
ERRORS = "From errors to one number"
BACKWARD = "The backward pass by hand"
CHECK = "Checking a gradient twice"


@misconception(
    "neuron",
    says="Weights and features are multiplied one by one but never added up, so D numbers come back. "
    "A neuron sums its products first and says one number.",
    section=ROW,
)
def products_not_summed(x, w, b, activation):
    return activation(w * x + b)


@misconception(
    "neuron",
    says="The bias is added after the activation. It belongs inside: activation(w·x + b).",
    section=ROW,
)
def bias_after_activation(x, w, b, activation):
    return activation((w * x).sum()) + b


@misconception(
    "neuron",
    says="The activation is never called, so the pre-activation w·x + b comes back. Pass it through `activation` last.",
    section=ROW,
)
def activation_left_out(x, w, b, activation):
    return (w * x).sum() + b


@misconception(
    "layer",
    says="The product is x @ W, which takes the columns of W for the neurons. "
    "Each row of W is a neuron, so the product is W @ x (or x @ W.T).",
    section=ROW,
)
def columns_taken_for_neurons(x, W, b, activation):
    return activation(x @ W + b)


@misconception(
    "layer",
    says="Every neuron gets the first neuron's bias. Each neuron has its own: b[h] goes with row h of W.",
    section=ROW,
)
def one_bias_for_all(x, W, b, activation):
    return activation(W @ x + b[0])


@misconception(
    "layer",
    says="The biases are added after the activation. They belong inside: activation(W x + b).",
    section=ROW,
)
def biases_after_activation(x, W, b, activation):
    return activation(W @ x) + b


@misconception(
    "add_bias_column",
    says="The column of ones is appended last. The lesson puts it first, so that W_aug[:, 0] is the bias.",
    section=AUGMENTATION,
)
def ones_appended_last(X):
    return torch.cat([X, X.new_ones(len(X), 1)], dim=1)


@misconception(
    "add_bias_column",
    says="A row of ones is put on top: one more sample. The lesson adds a column: a 1 in front of each sample.",
    section=AUGMENTATION,
)
def row_of_ones(X):
    return torch.cat([X.new_ones(1, X.shape[1]), X], dim=0)


@misconception(
    "add_bias_column",
    says="The result is always float32. It should keep X's dtype: make the ones with dtype=X.dtype, device=X.device.",
    section=AUGMENTATION,
)
def float32_forced(X):
    return torch.cat([torch.ones(len(X), 1, device=X.device), X.to(torch.float32)], dim=1)


@misconception(
    "batched_forward",
    says="ReLU is missing: negative pre-activations come through. After the product, everything below 0 becomes 0.",
    section=BATCH,
)
def relu_missing(X, W_aug):
    return add_bias_column(X) @ W_aug.T


@misconception(
    "batched_forward",
    says="The bias counts twice: once through the column of ones, and once more on its own. "
    "After augmentation the product holds the bias already.",
    section=AUGMENTATION,
)
def augmented_twice(X, W_aug):
    return torch.relu(add_bias_column(X) @ W_aug.T + W_aug[:, 0])


@misconception(
    "batched_forward",
    says="The result is transposed: neurons are its rows. Samples are rows, so X_aug @ W_aug.T gives (N, H).",
    section=BATCH,
)
def result_transposed(X, W_aug):
    return torch.relu(W_aug @ add_bias_column(X).T)


@misconception(
    "batched_forward",
    says="The column of ones is appended last. The lesson puts it first, so that W_aug[:, 0] is the bias.",
    section=AUGMENTATION,
)
def bias_taken_from_the_last_column(X, W_aug):
    return torch.relu(torch.cat([X, X.new_ones(len(X), 1)], dim=1) @ W_aug.T)


@misconception(
    "squared_errors",
    says="These are absolute errors. The lesson squares each difference, so that an error of 3 counts 9.",
    section=ERRORS,
)
def absolute_errors(y, y_hat):
    return (y_hat - y).abs()


@misconception(
    "squared_errors",
    says="The squares are averaged into one number already. This exercise keeps one square per element; mse averages.",
    section=ERRORS,
)
def averaged_too_early(y, y_hat):
    return ((y_hat - y) ** 2).mean()


@misconception(
    "squared_errors",
    says="Each square is halved. Some books put ½ in front to make the derivative shorter; this lesson does not.",
    section=ERRORS,
)
def squares_halved(y, y_hat):
    return (y_hat - y) ** 2 / 2


@misconception(
    "total_loss",
    says="This is the mean of the squared errors. The total loss is their sum; the mean is the exercise after it.",
    section=ERRORS,
)
def mean_for_sum(y, y_hat):
    return ((y_hat - y) ** 2).mean()


@misconception(
    "total_loss",
    says="A square root is taken of the sum. The total loss is the plain sum of the squared errors.",
    section=ERRORS,
)
def root_of_the_sum(y, y_hat):
    return ((y_hat - y) ** 2).sum().sqrt()


@misconception(
    "total_loss",
    says="The errors are added up before they are squared, so that too high and too low cancel. Square each one first.",
    section=ERRORS,
)
def square_of_the_sum(y, y_hat):
    return (y_hat - y).sum() ** 2


@misconception(
    "mse",
    says="This is the sum of the squared errors. MSE divides it by the number of elements.",
    section=ERRORS,
)
def sum_for_mean(y, y_hat):
    return ((y_hat - y) ** 2).sum()


@misconception(
    "mse",
    says="A square root is taken of the mean: that is the RMSE. MSE is the mean itself.",
    section=ERRORS,
)
def root_of_the_mean(y, y_hat):
    return ((y_hat - y) ** 2).mean().sqrt()


@misconception(
    "mse",
    says="The sum is divided by the number of rows N. MSE is the mean over all elements, so for (N, H) divide by N·H.",
    section=ERRORS,
)
def divided_by_rows_only(y, y_hat):
    rows = len(y) if y.dim() else 1
    return ((y_hat - y) ** 2).sum() / rows


def _by_hand(X, W_aug, y, mask, scale):
    X_aug = add_bias_column(X)
    Z = X_aug @ W_aug.T
    return (scale * (torch.relu(Z) - y) * mask(Z)).T @ X_aug


@misconception(
    "backward",
    says="ReLU's mask is missing on the way back. Where a pre-activation is 0 or less, no gradient goes back.",
    section=BACKWARD,
)
def mask_forgotten(X, W_aug, y):
    return _by_hand(X, W_aug, y, torch.ones_like, 2 / y.numel())


@misconception(
    "backward",
    says="The mask keeps the wrong side: gradients go back through silent neurons and stop at the active ones. "
    "ReLU's slope is 1 where Z > 0 and 0 elsewhere.",
    section=BACKWARD,
)
def mask_on_the_wrong_side(X, W_aug, y):
    return _by_hand(X, W_aug, y, lambda Z: (Z <= 0).to(Z.dtype), 2 / y.numel())


@misconception(
    "backward",
    says="ReLU's slope at exactly 0 is taken to be 1 (Z >= 0). The lesson, like PyTorch, takes 0 there: Z > 0.",
    section=BACKWARD,
)
def slope_one_at_zero(X, W_aug, y):
    return _by_hand(X, W_aug, y, lambda Z: (Z >= 0).to(Z.dtype), 2 / y.numel())


@misconception(
    "backward",
    says="The mean got lost: this is the gradient of the summed squared error. Divide by all N·H elements.",
    section=BACKWARD,
)
def mean_lost(X, W_aug, y):
    return _by_hand(X, W_aug, y, lambda Z: (Z > 0).to(Z.dtype), 2)


@misconception(
    "backward",
    says="The gradient is divided by the rows N alone. The loss is the mean over all N·H elements, so divide by N·H.",
    section=BACKWARD,
)
def mean_over_rows_only(X, W_aug, y):
    return _by_hand(X, W_aug, y, lambda Z: (Z > 0).to(Z.dtype), 2 / len(y))


@misconception(
    "backward",
    says="The factor 2 got lost: the derivative of the square e² is 2e.",
    section=BACKWARD,
)
def factor_two_lost(X, W_aug, y):
    return _by_hand(X, W_aug, y, lambda Z: (Z > 0).to(Z.dtype), 1 / y.numel())


@misconception(
    "backward",
    says="The sign is flipped: the error goes back as y - y_hat. The derivative of (y_hat - y)² is 2(y_hat - y).",
    section=BACKWARD,
)
def sign_flipped(X, W_aug, y):
    return _by_hand(X, W_aug, y, lambda Z: (Z > 0).to(Z.dtype), -2 / y.numel())


def _autograd(X, W_aug, y):
    W = W_aug.detach().clone().requires_grad_()
    return torch.autograd.grad(mse(y, batched_forward(X, W)), W)[0]


def _differences(X, W_aug, y, eps=1e-6):
    W = W_aug.detach().clone()
    result = torch.zeros_like(W)
    for index in range(W.numel()):
        step = torch.zeros_like(W)
        step.view(-1)[index] = eps
        rise = mse(y, batched_forward(X, W + step)) - mse(y, batched_forward(X, W - step))
        result.view(-1)[index] = rise / (2 * eps)
    return result


def _agrees(a, b):
    if a.shape != b.shape or not a.isfinite().all():
        return False
    return bool((a - b).norm() <= 1e-5 * (a.norm() + b.norm()))


def _float64(*tensors):
    return [tensor.detach().double() for tensor in tensors]


@misconception(
    "numerical_check",
    says="Only central differences are consulted. The check asks autograd too: at a kink the two disagree, "
    "and then no gradient passes.",
    section=CHECK,
)
def autograd_skipped(X, W_aug, y, dW):
    X, W_aug, y, dW = _float64(X, W_aug, y, dW)
    return _agrees(dW, _differences(X, W_aug, y))


@misconception(
    "numerical_check",
    says="Only autograd is consulted. The check asks central differences too: at a kink the two disagree, "
    "and then no gradient passes.",
    section=CHECK,
)
def differences_skipped(X, W_aug, y, dW):
    X, W_aug, y, dW = _float64(X, W_aug, y, dW)
    return _agrees(dW, _autograd(X, W_aug, y))


@misconception(
    "numerical_check",
    says="Only the lengths of the gradients are compared, so a gradient that points the opposite way passes. "
    "Take the norm of the difference, ‖dW - g‖.",
    section=CHECK,
)
def norms_compared(X, W_aug, y, dW):
    X, W_aug, y, dW = _float64(X, W_aug, y, dW)
    others = _autograd(X, W_aug, y), _differences(X, W_aug, y)
    if dW.shape != W_aug.shape or not dW.isfinite().all():
        return False
    return all(bool((dW.norm() - g.norm()).abs() <= 1e-5 * (dW.norm() + g.norm())) for g in others)


@misconception(
    "numerical_check",
    says="The differences are taken in float32, where rounding drowns a step of 1e-6, so right gradients fail. "
    "Convert everything to float64 first.",
    section=CHECK,
)
def float32_differences(X, W_aug, y, dW):
    X, W_aug, y, dW = X.float(), W_aug.float(), y.float(), dW.float()
    return _agrees(dW, _autograd(X, W_aug, y)) and _agrees(dW, _differences(X, W_aug, y))


@misconception(
    "numerical_check",
    says="One agreement is taken to be enough. The answer is True only when autograd and differences both agree.",
    section=CHECK,
)
def either_is_enough(X, W_aug, y, dW):
    X, W_aug, y, dW = _float64(X, W_aug, y, dW)
    return _agrees(dW, _autograd(X, W_aug, y)) or _agrees(dW, _differences(X, W_aug, y))


@misconception(
    "numerical_check",
    says="W_aug itself is nudged, and rounding keeps it from coming back to what it was. Nudge a copy of it.",
    section=CHECK,
)
def weights_nudged_in_place(X, W_aug, y, dW):
    X, y, dW = _float64(X, y, dW)
    W, eps = W_aug.detach(), 1e-6
    differences = torch.zeros_like(W, dtype=torch.float64)
    by_autograd = _autograd(X, W.double(), y)
    for h in range(W.shape[0]):
        for d in range(W.shape[1]):
            W[h, d] += eps
            up = mse(y, batched_forward(X, W.double()))
            W[h, d] -= 2 * eps
            down = mse(y, batched_forward(X, W.double()))
            W[h, d] += eps
            differences[h, d] = (up - down) / (2 * eps)
    return _agrees(dW, by_autograd) and _agrees(dW, differences)
