"""Wrong solutions of lesson 1.2 that students really hand in. Each is laid over the reference, one at a time."""

import torch

from autograder.worker.misconception import misconception
from solutions.lesson_1_2.exercises import mse, mse_gradients, predict

PRODUCT = "The matrix-vector product"
CONVENTIONS = "Linear models, told apart by their shapes"
LOSS = "The loss, and broadcasting's trap"
GRADIENT = "The gradient and the transposed table"
LOOP = "The training loop with many weights"
NORMAL = "The normal equation"
STANDARDIZATION = "Standardization"


@misconception(
    "predict",
    says="X is transposed in the product, so rows are taken for features. Samples are rows, so the product is X @ w.",
    section=CONVENTIONS,
)
def transposed_product(X, w, b):
    return X.T @ w + b


@misconception(
    "predict",
    says="Features and weights are multiplied but never added up, so a table (N, D) comes back. "
    "A prediction is one number a sample: the sum of its products, plus b.",
    section=PRODUCT,
)
def products_not_summed(X, w, b):
    return X * w + b


@misconception(
    "predict",
    says="The bias is lost: Xw comes back. Add b to every prediction. (With b = 0, as in the example, nobody notices.)",
    section=PRODUCT,
)
def bias_lost(X, w, b):
    return X @ w


@misconception(
    "predict",
    says="The products are added up down the columns, over the samples. Add them up along each row, over the features.",
    section=PRODUCT,
)
def summed_over_the_samples(X, w, b):
    return (X * w).sum(dim=0) + b


@misconception(
    "predict",
    says="A column (N, 1) comes back. In this lesson predictions are flat, (N,), as the targets are.",
    section=PRODUCT,
)
def column_returned(X, w, b):
    return X @ w.unsqueeze(1) + b


@misconception(
    "mse",
    says="Unequal shapes are not refused. PyTorch broadcasts them, and (N,) against (N, 1) quietly becomes (N, N). "
    "Compare the shapes first and raise a ValueError.",
    section=LOSS,
)
def silent_broadcast(y, y_hat):
    return ((y_hat - y) ** 2).mean()


def _refuse(y, y_hat):
    if y.shape != y_hat.shape:
        raise ValueError(f"unequal shapes: {tuple(y.shape)} and {tuple(y_hat.shape)}")


@misconception(
    "mse",
    says="This is the sum of the squared errors. MSE is their mean: divide by the number of elements.",
    section=LOSS,
)
def sum_for_mean(y, y_hat):
    _refuse(y, y_hat)
    return ((y_hat - y) ** 2).sum()


@misconception(
    "mse",
    says="Only the number of rows is compared, so (N,) and (N, 1) pass and are broadcast. Compare the whole shapes.",
    section=LOSS,
)
def only_lengths_compared(y, y_hat):
    if y.shape[:1] != y_hat.shape[:1]:
        _refuse(y, y_hat)
    return ((y_hat - y) ** 2).mean()


@misconception(
    "mse",
    says="Only the number of elements is compared, so (N,) and (N, 1) pass. Compare the whole shapes.",
    section=LOSS,
)
def only_counts_compared(y, y_hat):
    if y.numel() != y_hat.numel():
        _refuse(y, y_hat)
    return ((y_hat - y) ** 2).mean()


@misconception(
    "mse",
    says="Shapes that hold equally many numbers are made to fit. The lesson refuses them, since unequal shapes are "
    "most often a mistake further up.",
    section=LOSS,
)
def shapes_made_to_fit(y, y_hat):
    if y.numel() != y_hat.numel():
        _refuse(y, y_hat)
    return ((y_hat.reshape(-1) - y.reshape(-1)) ** 2).mean()


@misconception(
    "mse",
    says="The message of the ValueError does not name both shapes. Say which two met, so that they can be mended.",
    section=LOSS,
)
def shapes_not_named(y, y_hat):
    if y.shape != y_hat.shape:
        raise ValueError("y and y_hat must have the same shape")
    return ((y_hat - y) ** 2).mean()


@misconception(
    "mse",
    says="The sum is divided by the number of rows. MSE is the mean over all elements, so for (N, H) divide by N·H.",
    section=LOSS,
)
def divided_by_rows_only(y, y_hat):
    _refuse(y, y_hat)
    return ((y_hat - y) ** 2).sum() / (len(y) if y.dim() else 1)


@misconception(
    "mse_gradients",
    says="The sums are not divided by N. The loss is a mean over the N samples, so its gradient is one too.",
    section=GRADIENT,
)
def not_divided_by_n(X, y, w, b):
    errors = predict(X, w, b) - y
    return 2 * X.T @ errors, 2 * errors.sum()


@misconception(
    "mse_gradients",
    says="The product is X @ error. Each weight collects the errors along its column of X, so it is X.T @ error. "
    "(Where N equals D both run, and only one is right.)",
    section=GRADIENT,
)
def not_transposed(X, y, w, b):
    errors = predict(X, w, b) - y
    return 2 / len(X) * X @ errors, 2 * errors.mean()


@misconception(
    "mse_gradients",
    says="The factor 2 got lost: the derivative of the square e² is 2e.",
    section=GRADIENT,
)
def factor_two_lost(X, y, w, b):
    errors = predict(X, w, b) - y
    return X.T @ errors / len(X), errors.mean()


@misconception(
    "mse_gradients",
    says="The sign is flipped: the errors are taken as y - y_hat. The formula needs y_hat - y.",
    section=GRADIENT,
)
def sign_flipped(X, y, w, b):
    errors = y - predict(X, w, b)
    return 2 / len(X) * X.T @ errors, 2 * errors.mean()


@misconception(
    "mse_gradients",
    says="The mean got lost in db alone. It too is divided by N: 2/N times the sum of the errors.",
    section=GRADIENT,
)
def mean_lost_in_db(X, y, w, b):
    errors = predict(X, w, b) - y
    return 2 / len(X) * X.T @ errors, 2 * errors.sum()


@misconception(
    "mse_gradients",
    says="The errors are averaged before they meet the features. Each error belongs to its own sample: "
    "multiply it by that sample's features first, then average.",
    section=GRADIENT,
)
def averaged_too_early(X, y, w, b):
    mean_error = (predict(X, w, b) - y).mean()
    return 2 * mean_error * X.mean(dim=0), 2 * mean_error


@misconception(
    "mse_gradients",
    says="dw is divided by N·D, the size of the table. There are N errors, so divide by N.",
    section=GRADIENT,
)
def divided_by_the_table(X, y, w, b):
    errors = predict(X, w, b) - y
    return 2 / X.numel() * X.T @ errors, 2 * errors.mean()


def _zeros(X):
    return X.new_zeros(X.shape[1]), X.new_zeros(())


@misconception(
    "fit",
    says="The gradients are taken once, at the start, and used again in every step. Take them anew at each place.",
    section=LOOP,
)
def gradients_taken_once(X, y, lr, steps):
    w, b = _zeros(X)
    history = []
    dw, db = mse_gradients(X, y, w, b)
    for _ in range(steps):
        history.append(mse(y, predict(X, w, b)).item())
        w, b = w - lr * dw, b - lr * db
    return w, b, history


@misconception(
    "fit",
    says="The learning rate is ignored for b. Both parameters move by lr times their gradient.",
    section=LOOP,
)
def lr_ignored_for_b(X, y, lr, steps):
    w, b = _zeros(X)
    history = []
    for _ in range(steps):
        history.append(mse(y, predict(X, w, b)).item())
        dw, db = mse_gradients(X, y, w, b)
        w, b = w - lr * dw, b - db
    return w, b, history


@misconception(
    "fit",
    says="The losses are taken after the steps. The lesson writes each loss down before its step, "
    "so the first one belongs to the zeros.",
    section=LOOP,
)
def loss_after_the_step(X, y, lr, steps):
    w, b = _zeros(X)
    history = []
    for _ in range(steps):
        dw, db = mse_gradients(X, y, w, b)
        w, b = w - lr * dw, b - lr * db
        history.append(mse(y, predict(X, w, b)).item())
    return w, b, history


@misconception(
    "fit",
    says="The loss after the last step is in the history too. There are as many losses as steps, each before its step.",
    section=LOOP,
)
def one_loss_too_many(X, y, lr, steps):
    w, b = _zeros(X)
    history = [mse(y, predict(X, w, b)).item()]
    for _ in range(steps):
        dw, db = mse_gradients(X, y, w, b)
        w, b = w - lr * dw, b - lr * db
        history.append(mse(y, predict(X, w, b)).item())
    return w, b, history


@misconception(
    "fit",
    says="b moves by a gradient that was taken after w had moved. Take both gradients at the same place, then move both.",
    section=LOOP,
)
def moved_in_turn(X, y, lr, steps):
    w, b = _zeros(X)
    history = []
    for _ in range(steps):
        history.append(mse(y, predict(X, w, b)).item())
        w = w - lr * mse_gradients(X, y, w, b)[0]
        b = b - lr * mse_gradients(X, y, w, b)[1]
    return w, b, history


@misconception(
    "fit",
    says="The weights start at one. The lesson starts with all weights and the bias at zero.",
    section=LOOP,
)
def started_at_one(X, y, lr, steps):
    w, b = X.new_ones(X.shape[1]), X.new_zeros(())
    history = []
    for _ in range(steps):
        history.append(mse(y, predict(X, w, b)).item())
        dw, db = mse_gradients(X, y, w, b)
        w, b = w - lr * dw, b - lr * db
    return w, b, history


@misconception(
    "fit",
    says="The bias is never moved. It is a parameter like the weights and takes part in every step.",
    section=LOOP,
)
def bias_never_moved(X, y, lr, steps):
    w, b = _zeros(X)
    history = []
    for _ in range(steps):
        history.append(mse(y, predict(X, w, b)).item())
        w = w - lr * mse_gradients(X, y, w, b)[0]
    return w, b, history


def _with_ones(X, last=False):
    ones = X.new_ones(len(X), 1)
    return torch.cat([X, ones] if last else [ones, X], dim=1)


@misconception(
    "normal_equation",
    says="The column of ones is forgotten, so the bias is always 0 and the weights must make up for it. "
    "Put a column of ones beside the features before you solve.",
    section=NORMAL,
)
def bias_column_forgotten(X, y):
    w = torch.linalg.solve(X.T @ X, X.T @ y)
    return w, X.new_zeros(())


@misconception(
    "normal_equation",
    says="The column of ones stands last, but the answer is read as if it stood first: b is really the last weight. "
    "The answer has the order of the columns.",
    section=NORMAL,
)
def ones_last_but_read_first(X, y):
    theta = torch.linalg.lstsq(_with_ones(X, last=True), y.unsqueeze(1)).solution.squeeze(1)
    return theta[1:], theta[0]


@misconception(
    "normal_equation",
    says="The bias is still inside w, which has 1 + D numbers. Take the answer apart: w is (D,), and b stands alone.",
    section=NORMAL,
)
def bias_left_inside_w(X, y):
    theta = torch.linalg.lstsq(_with_ones(X), y.unsqueeze(1)).solution.squeeze(1)
    return theta, theta[0]


@misconception(
    "normal_equation",
    says="The weights are found without a bias, and the mean of y is taken for b. That is right only where every "
    "column of X has the mean 0: put a column of ones beside the features instead.",
    section=NORMAL,
)
def mean_taken_for_the_bias(X, y):
    w = torch.linalg.lstsq(X, y.unsqueeze(1)).solution.squeeze(1)
    return w, y.mean()


@misconception(
    "normal_equation",
    says="The bias comes first in what is returned. The lesson returns the weights first: (w, b).",
    section=NORMAL,
)
def bias_returned_first(X, y):
    theta = torch.linalg.lstsq(_with_ones(X), y.unsqueeze(1)).solution.squeeze(1)
    return theta[0], theta[1:]


def _apart(X, mean, std):
    constant = (X == X[0]).all(dim=0)
    return (X - mean) / torch.where(constant, torch.ones_like(std), std)


@misconception(
    "standardize",
    says="One mean and one deviation are taken over the whole table. Each column has its own: dim=0.",
    section=STANDARDIZATION,
)
def over_all_elements(X):
    columns = X.shape[1]
    return (X - X.mean()) / X.std(), X.mean().repeat(columns), X.std().repeat(columns)


@misconception(
    "standardize",
    says="Means and deviations are taken along the rows, a sample at a time. A feature is a column: dim=0.",
    section=STANDARDIZATION,
)
def over_rows(X):
    mean, std = X.mean(dim=1), X.std(dim=1)
    return (X - mean.unsqueeze(1)) / std.unsqueeze(1), mean, std


@misconception(
    "standardize",
    says="A constant column is divided by its deviation 0, which gives NaN. Divide such a column by 1 instead.",
    section=STANDARDIZATION,
)
def divides_by_zero(X):
    mean, std = X.mean(dim=0), X.std(dim=0)
    return (X - mean) / std, mean, std


@misconception(
    "standardize",
    says="The deviation is the biased one, with N below the fraction bar. The lesson's has N - 1, as torch.std does.",
    section=STANDARDIZATION,
)
def biased_deviation(X):
    mean, std = X.mean(dim=0), X.std(dim=0, correction=0)
    return _apart(X, mean, std), mean, std


@misconception(
    "standardize",
    says="The columns are divided by their variance. The deviation is its square root.",
    section=STANDARDIZATION,
)
def variance_for_deviation(X):
    mean, std = X.mean(dim=0), X.var(dim=0)
    return _apart(X, mean, std), mean, std


@misconception(
    "standardize",
    says="mean and std come back as rows (1, D). The lesson returns them flat, (D,): leave keepdim out.",
    section=STANDARDIZATION,
)
def rows_kept(X):
    mean, std = X.mean(dim=0, keepdim=True), X.std(dim=0, keepdim=True)
    return _apart(X, mean, std), mean, std


@misconception(
    "standardize",
    says="A small number is added to every deviation, so a column of small numbers is divided by too much. "
    "Divide by the deviation itself, and look after constant columns apart.",
    section=STANDARDIZATION,
)
def a_little_added(X):
    mean, std = X.mean(dim=0), X.std(dim=0)
    return (X - mean) / (std + 1e-8), mean, std
