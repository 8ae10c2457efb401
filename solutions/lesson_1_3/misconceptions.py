"""The wrong answers that students really hand in for lesson 1.3."""

import math

import torch

from autograder.worker.misconception import misconception

# --- batch_step


@misconception(
    "batch_step",
    says="Every row makes an update of its own. Batch gradient descent averages over all the rows first and then makes "
    "one single update.",
    section="All the rows at once",
)
def steps_once_per_row(X, y, w, b, lr):
    for row in range(len(X)):
        w, b = _step(X[row : row + 1], y[row : row + 1], w, b, lr)
    return w, b


@misconception(
    "batch_step",
    says="The gradients of the rows are added up. The loss is the mean of the squared errors, so the gradient is the "
    "mean over the rows: divide by N.",
    section="All the rows at once",
)
def sum_over_the_rows(X, y, w, b, lr):
    errors = X @ w + b - y
    return w - lr * 2 * X.T @ errors, b - lr * 2 * errors.sum()


@misconception(
    "batch_step",
    says="The gradient for b is taken after w has moved. In one step both gradients belong to the place where the step "
    "begins.",
    section="All the rows at once",
)
def bias_after_the_weights(X, y, w, b, lr):
    w, _ = _step(X, y, w, b, lr)
    _, b = _step(X, y, w, b, lr)
    return w, b


@misconception(
    "batch_step",
    says="The step goes with the gradient, and so uphill. Gradient descent goes against it, with a minus sign.",
    section="All the rows at once",
)
def uphill(X, y, w, b, lr):
    return _step(X, y, w, b, -lr)


# --- sgd_epoch


@misconception(
    "sgd_epoch",
    says="The rows are taken from first to last, and `order` is not used. The update number i belongs to the row "
    "`order[i]`.",
    section="One row at a time",
)
def order_ignored(X, y, w, b, lr, order):
    return _epoch(X, y, w, b, lr, range(len(X)), 1)


@misconception(
    "sgd_epoch",
    says="The gradient is averaged over all the rows first, and there is one update. Stochastic gradient descent makes "
    "an update for every single row.",
    section="One row at a time",
)
def averages_first(X, y, w, b, lr, order):
    return _step(X, y, w, b, lr)


@misconception(
    "sgd_epoch",
    says="Every row's gradient is taken at the weights from before the epoch. Each update starts from the weights that "
    "the update before it left behind.",
    section="One row at a time",
)
def stale_weights(X, y, w, b, lr, order):
    errors = X @ w + b - y
    return w - lr * 2 * X.T @ errors, b - lr * 2 * errors.sum()


@misconception(
    "sgd_epoch",
    says="The gradient of each single row is divided by the number of all rows. An update that looks at one row "
    "averages over that one row, so there is nothing to divide by.",
    section="One row at a time",
)
def row_divided_by_all_rows(X, y, w, b, lr, order):
    return _epoch(X, y, w, b, lr / len(X), order, 1)


# --- minibatch_epoch


@misconception(
    "minibatch_epoch",
    says="The last batch is left out where it is smaller than the others. An epoch shows every row once, so the smaller "
    "last batch makes an update as well.",
    section="A few rows at a time",
)
def last_batch_dropped(X, y, w, b, lr, order, batch_size):
    return _epoch(X, y, w, b, lr, order[: len(order) // batch_size * batch_size], batch_size)


@misconception(
    "minibatch_epoch",
    says="Every batch is divided by `batch_size`, also the last one, which has fewer rows. A batch is averaged over the "
    "rows that it really has.",
    section="A few rows at a time",
)
def divided_by_batch_size(X, y, w, b, lr, order, batch_size):
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        w, b = _step(X[rows], y[rows], w, b, lr * len(rows) / batch_size)
    return w, b


@misconception(
    "minibatch_epoch",
    says="The batches are cut from the rows as they lie in X, and `order` is not used. Cut the order into batches, and "
    "take the rows that it names.",
    section="A few rows at a time",
)
def batches_in_file_order(X, y, w, b, lr, order, batch_size):
    return _epoch(X, y, w, b, lr, list(range(len(X))), batch_size)


@misconception(
    "minibatch_epoch",
    says="The gradients of a batch's rows are added up. The loss of a batch is the mean of its squared errors, so divide "
    "by the number of rows in the batch.",
    section="A few rows at a time",
)
def batch_summed(X, y, w, b, lr, order, batch_size):
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        w, b = _step(X[rows], y[rows], w, b, lr * len(rows))
    return w, b


@misconception(
    "minibatch_epoch",
    says="Every batch's gradient is taken at the weights from before the epoch. Each update starts from the weights that "
    "the batch before it left behind.",
    section="A few rows at a time",
)
def stale_batches(X, y, w, b, lr, order, batch_size):
    new_w, new_b = w, b
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        step_w, step_b = _step(X[rows], y[rows], w, b, lr)
        new_w, new_b = new_w + (step_w - w), new_b + (step_b - b)
    return new_w, new_b


# --- updates_per_epoch


@misconception(
    "updates_per_epoch",
    says="The division is rounded down, which forgets the smaller last batch. It makes an update as well, so round up.",
    section="Updates an epoch",
)
def rounded_down(n_samples, batch_size):
    _refuse(n_samples, batch_size)
    return n_samples // batch_size


@misconception(
    "updates_per_epoch",
    says="One is always added after rounding down. Where the batches come out even there is no smaller last batch, and "
    "so the answer is one too many.",
    section="Updates an epoch",
)
def one_too_many(n_samples, batch_size):
    _refuse(n_samples, batch_size)
    return n_samples // batch_size + 1


@misconception(
    "updates_per_epoch",
    says="The answer is a float. A number of updates is a whole number: return a Python int.",
    section="Updates an epoch",
)
def float_returned(n_samples, batch_size):
    _refuse(n_samples, batch_size)
    return float(math.ceil(n_samples / batch_size))


@misconception(
    "updates_per_epoch",
    says="Numbers below 1 are not refused. There are no batches of 0 rows, so the lesson raises a ValueError.",
    section="Updates an epoch",
)
def nothing_refused(n_samples, batch_size):
    return -(-n_samples // max(batch_size, 1))


# --- gradient_noise


@misconception(
    "gradient_noise",
    says="The variance is returned. The lesson asks for the standard deviation, which is its square root and has the "
    "unit of a gradient.",
    section="The noise of a gradient estimate",
)
def variance_for_deviation(X, y, w, b, batch_size, trials, generator):
    dw, db = _gradients(X, y, w, b, _batches(X, batch_size, trials, generator))
    return dw.var(dim=0), db.var()


@misconception(
    "gradient_noise",
    says="One batch is drawn and then used in every trial, so nothing ever scatters. Draw a new batch inside the loop.",
    section="The noise of a gradient estimate",
)
def one_batch_repeated(X, y, w, b, batch_size, trials, generator):
    rows = _batches(X, batch_size, 1, generator)[0]
    dw, db = _gradients(X, y, w, b, [rows] * trials)
    return dw.std(dim=0), db.std()


@misconception(
    "gradient_noise",
    says="A row can come twice in one batch, as `torch.randint` draws. A batch holds different rows: take the first ones "
    "of a permutation.",
    section="The noise of a gradient estimate",
)
def rows_drawn_twice(X, y, w, b, batch_size, trials, generator):
    batches = torch.randint(len(X), (trials, batch_size), generator=generator, device=X.device)
    dw, db = _gradients(X, y, w, b, batches)
    return dw.std(dim=0), db.std()


@misconception(
    "gradient_noise",
    says="The squares are divided by the number of trials. Here they are divided by one less, as `torch.std` does "
    "unless told otherwise.",
    section="The noise of a gradient estimate",
)
def divided_by_trials(X, y, w, b, batch_size, trials, generator):
    dw, db = _gradients(X, y, w, b, _batches(X, batch_size, trials, generator))
    return dw.std(dim=0, correction=0), db.std(correction=0)


@misconception(
    "gradient_noise",
    says="The batches are cut from permutations, one epoch after the other. Such batches share no row and so are not "
    "independent: draw a new permutation for every trial.",
    section="The noise of a gradient estimate",
)
def epochs_cut_into_trials(X, y, w, b, batch_size, trials, generator):
    batches = []
    while len(batches) < trials:
        order = torch.randperm(len(X), generator=generator, device=X.device)
        batches += [order[i : i + batch_size] for i in range(0, len(X) - batch_size + 1, batch_size)]
    dw, db = _gradients(X, y, w, b, batches[:trials])
    return dw.std(dim=0), db.std()


@misconception(
    "gradient_noise",
    says="The batches come from PyTorch's global generator. Hand yours over with `generator=generator`, so that its seed "
    "alone decides.",
    section="The noise of a gradient estimate",
)
def generator_not_used(X, y, w, b, batch_size, trials, generator):
    batches = [torch.randperm(len(X), device=X.device)[:batch_size] for _ in range(trials)]
    dw, db = _gradients(X, y, w, b, batches)
    return dw.std(dim=0), db.std()


@misconception(
    "gradient_noise",
    says="Nothing is drawn: the deviation is computed from the formula. The exercise is to measure it, with `trials` "
    "random batches.",
    section="The noise of a gradient estimate",
)
def formula_instead_of_draws(X, y, w, b, batch_size, trials, generator):
    errors = X @ w + b - y
    shrink = math.sqrt((1 - batch_size / len(X)) / batch_size)
    correction = min(1, len(X) - 1)
    row_dw = 2 * errors.unsqueeze(1) * X
    return row_dw.std(dim=0, correction=correction) * shrink, (2 * errors).std(correction=correction) * shrink


# --- what they share


def _step(X, y, w, b, lr):
    errors = X @ w + b - y
    return w - lr * 2 / len(X) * X.T @ errors, b - lr * 2 / len(X) * errors.sum()


def _epoch(X, y, w, b, lr, order, batch_size):
    order = [int(row) for row in order]
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        w, b = _step(X[rows], y[rows], w, b, lr)
    return w, b


def _refuse(n_samples, batch_size):
    if n_samples < 1 or batch_size < 1:
        raise ValueError("both must be at least 1")


def _batches(X, batch_size, trials, generator):
    return [torch.randperm(len(X), generator=generator, device=X.device)[:batch_size] for _ in range(trials)]


def _gradients(X, y, w, b, batches):
    errors = X @ w + b - y
    row_dw, row_db = 2 * errors.unsqueeze(1) * X, 2 * errors
    dw = torch.stack([row_dw[rows].mean(dim=0) for rows in batches])
    db = torch.stack([row_db[rows].mean() for rows in batches])
    return dw, db
