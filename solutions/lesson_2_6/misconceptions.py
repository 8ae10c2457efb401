"""Lesson 2.6: the wrong answers that students really give."""

from __future__ import annotations

import matplotlib.pyplot as plt
import torch
from torch import nn

from autograder.worker.misconception import misconception
from solutions.lesson_2_6.exercises import l2_penalty

# --- polynomial_features


def _refuse(degree):
    if degree < 1:
        raise ValueError("degree should be at least 1")


@misconception(
    "polynomial_features",
    says="There is a column of ones in front. The lesson leaves it out: the bias of the model does its work.",
    section="Powers as features",
)
def column_of_ones(x, degree):
    _refuse(degree)
    return torch.stack([x**power for power in range(degree + 1)], dim=1)


@misconception(
    "polynomial_features",
    says="The powers run from 0 to degree - 1, so the highest one is missing and a column of ones stands in front. The "
    "lesson's powers run from 1 to degree.",
    section="Powers as features",
)
def powers_from_zero(x, degree):
    _refuse(degree)
    return torch.stack([x**power for power in range(degree)], dim=1)


@misconception(
    "polynomial_features",
    says="The powers begin with the square: column 0 holds x², and x itself is missing. The lesson's column 0 is x.",
    section="Powers as features",
)
def powers_from_two(x, degree):
    _refuse(degree)
    return torch.stack([x ** (power + 1) for power in range(1, degree + 1)], dim=1)


@misconception(
    "polynomial_features",
    says="The columns are multiples of x: x, 2x, 3x. The lesson takes powers: x, x², x³.",
    section="Powers as features",
)
def multiples_for_powers(x, degree):
    _refuse(degree)
    return torch.stack([x * power for power in range(1, degree + 1)], dim=1)


@misconception(
    "polynomial_features",
    says="Each power has a row of its own, so the result is (degree, N). The lesson has one row a sample: (N, degree).",
    section="Powers as features",
)
def powers_in_rows(x, degree):
    _refuse(degree)
    return torch.stack([x**power for power in range(1, degree + 1)])


# --- train_validation_split


def _held_out(n, fraction):
    if n < 2 or not 0 < fraction < 1:
        raise ValueError("cannot split")
    return min(max(round(fraction * n), 1), n - 1)


@misconception(
    "train_validation_split",
    says="The two parts are drawn independently of each other, so some rows are in both of them and others in neither. "
    "The lesson cuts one random order in two.",
    section="Holding samples out",
)
def split_overlaps(X, y, fraction, generator):
    n, held_out = len(X), _held_out(len(X), fraction)
    train = torch.randperm(n, generator=generator, device=X.device)[: n - held_out]
    validation = torch.randperm(n, generator=generator, device=X.device)[:held_out]
    return X[train], y[train], X[validation], y[validation]


@misconception(
    "train_validation_split",
    says="The last rows are held out, in the order of the file. The lesson draws at random which rows are held out: files "
    "are often sorted.",
    section="Holding samples out",
)
def split_not_shuffled(X, y, fraction, generator):
    stay = len(X) - _held_out(len(X), fraction)
    return X[:stay], y[:stay], X[stay:], y[stay:]


@misconception(
    "train_validation_split",
    says="X and y are shuffled by two different orders, so features and targets no longer belong together. The lesson "
    "takes both with the same row numbers.",
    section="Holding samples out",
)
def shuffled_apart(X, y, fraction, generator):
    n, stay = len(X), len(X) - _held_out(len(X), fraction)
    a = torch.randperm(n, generator=generator, device=X.device)
    b = torch.randperm(n, generator=generator, device=X.device)
    return X[a[:stay]], y[b[:stay]], X[a[stay:]], y[b[stay:]]


@misconception(
    "train_validation_split",
    says="`fraction` is taken as the part for training. In the lesson it is the part that is held out for validation.",
    section="Holding samples out",
)
def fraction_kept_for_training(X, y, fraction, generator):
    stay = _held_out(len(X), fraction)
    order = torch.randperm(len(X), generator=generator, device=X.device)
    return X[order[:stay]], y[order[:stay]], X[order[stay:]], y[order[stay:]]


@misconception(
    "train_validation_split",
    says="The parts come back in another order: both X first, then both y. The lesson returns X_train, y_train, "
    "X_validation, y_validation.",
    section="Holding samples out",
)
def features_first(X, y, fraction, generator):
    stay = len(X) - _held_out(len(X), fraction)
    order = torch.randperm(len(X), generator=generator, device=X.device)
    return X[order[:stay]], X[order[stay:]], y[order[:stay]], y[order[stay:]]


@misconception(
    "train_validation_split",
    says="The order comes from PyTorch's global random numbers, so the seed of `generator` decides nothing. The lesson "
    "hands the generator to the draw.",
    section="Holding samples out",
)
def split_by_the_global_generator(X, y, fraction, generator):
    stay = len(X) - _held_out(len(X), fraction)
    order = torch.randperm(len(X), device=X.device)
    return X[order[:stay]], y[order[:stay]], X[order[stay:]], y[order[stay:]]


# --- l2_penalty


KINDS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


def _weights(model):
    return [layer.weight for layer in model.modules() if isinstance(layer, KINDS)]


@misconception(
    "l2_penalty",
    says="The biases are in the sum. The lesson penalizes the weights alone: a bias only shifts a prediction and makes it "
    "no wigglier.",
    section="The L2 penalty",
)
def biases_penalized(model):
    return sum((parameter.square().sum() for parameter in model.parameters()), torch.zeros(()))


@misconception(
    "l2_penalty",
    says="The root of the sum is taken, which gives the norm. The lesson's penalty is the sum of the squares itself.",
    section="The L2 penalty",
)
def root_taken(model):
    return sum((weight.square().sum() for weight in _weights(model)), torch.zeros(())).sqrt()


@misconception(
    "l2_penalty",
    says="The sum has no graph, because it was made from detached weights or plain numbers: `backward` cannot reach the "
    "weights. The lesson's penalty is differentiable.",
    section="The L2 penalty",
)
def penalty_detached(model):
    return sum((weight.detach().square().sum() for weight in _weights(model)), torch.zeros(()))


@misconception(
    "l2_penalty",
    says="The squares are averaged. The lesson adds them up, so that each weight costs the same in a large layer as in a "
    "small one.",
    section="The L2 penalty",
)
def mean_of_the_squares(model):
    return sum((weight.square().mean() for weight in _weights(model)), torch.zeros(()))


@misconception(
    "l2_penalty",
    says="Absolute values are added up, which is the L1 penalty. The lesson's L2 penalty adds up squares.",
    section="The L2 penalty",
)
def absolute_values(model):
    return sum((weight.abs().sum() for weight in _weights(model)), torch.zeros(()))


@misconception(
    "l2_penalty",
    says="Only linear layers are counted. The lesson penalizes the weights of convolutions as well.",
    section="The L2 penalty",
)
def convolutions_forgotten(model):
    weights = [layer.weight for layer in model.modules() if isinstance(layer, nn.Linear)]
    return sum((weight.square().sum() for weight in weights), torch.zeros(()))


@misconception(
    "l2_penalty",
    says="Only the layers on the top level are found. The lesson finds those inside of other modules, too: walk through "
    "`model.modules()`.",
    section="The L2 penalty",
)
def nested_layers_missed(model):
    weights = [layer.weight for layer in (model, *model.children()) if isinstance(layer, KINDS)]
    return sum((weight.square().sum() for weight in weights), torch.zeros(()))


@misconception(
    "l2_penalty",
    says="The sum is halved. Some books do that to lose the 2 of the derivative; the lesson's penalty is the plain sum.",
    section="The L2 penalty",
)
def penalty_halved(model):
    return l2_penalty(model) / 2


# --- weight_decay_step


@misconception(
    "weight_decay_step",
    says="The parameters that were given are changed in place. The lesson returns new tensors and leaves the old ones "
    "as they were.",
    section="Weight decay",
)
def decayed_in_place(params, grads, lr, decay):
    with torch.no_grad():
        for p, g in zip(params, grads, strict=True):
            p -= lr * (g + decay * p)
    return params


@misconception(
    "weight_decay_step",
    says="The decay is not multiplied by the learning rate. In the lesson the decay is added to the gradient, and the step "
    "takes lr times both.",
    section="Weight decay",
)
def decay_not_times_lr(params, grads, lr, decay):
    return [p - lr * g - decay * p for p, g in zip(params, grads, strict=True)]


@misconception(
    "weight_decay_step",
    says="The decay has the wrong sign, so the parameters are pushed away from 0. The lesson pulls them towards 0.",
    section="Weight decay",
)
def growth_for_decay(params, grads, lr, decay):
    return [p - lr * (g - decay * p) for p, g in zip(params, grads, strict=True)]


@misconception(
    "weight_decay_step",
    says="The decay is doubled. The 2 belongs to the derivative of the penalty; the lesson's step is p - lr·(g + decay·p).",
    section="Weight decay",
)
def decay_doubled(params, grads, lr, decay):
    return [p - lr * (g + 2 * decay * p) for p, g in zip(params, grads, strict=True)]


# --- dropout


def _stays(x, p, generator):
    if not 0 <= p <= 1:
        raise ValueError("p should be from 0 to 1")
    return torch.rand(x.shape, generator=generator, device=x.device) >= p


@misconception(
    "dropout",
    says="The elements that stay are not rescaled, so the output is smaller on average than the input. The lesson divides "
    "them by 1 - p.",
    section="Dropout",
)
def no_rescaling(x, p, training, generator):
    stays = _stays(x, p, generator)
    return x * stays if training else x


@misconception(
    "dropout",
    says="Elements are dropped also when `training` is False. The lesson then returns x as it is.",
    section="Dropout",
)
def dropped_in_eval(x, p, training, generator):
    stays = _stays(x, p, generator)
    return torch.zeros_like(x) if p == 1 else x * stays / (1 - p)


@misconception(
    "dropout",
    says="One draw decides for a whole column (the last dimension's place) at once. In the lesson each element has a draw "
    "of its own.",
    section="Dropout",
)
def one_mask_a_column(x, p, training, generator):
    _stays(x, p, generator)
    if not training:
        return x
    if p == 1:
        return torch.zeros_like(x)
    stays = torch.rand(x.shape[-1:], generator=generator, device=x.device) >= p
    return x * stays / (1 - p)


@misconception(
    "dropout",
    says="p is taken as the chance to stay. In the lesson it is the chance of becoming 0.",
    section="Dropout",
)
def p_is_the_chance_to_stay(x, p, training, generator):
    stays = ~_stays(x, p, generator)
    if not training:
        return x
    return torch.zeros_like(x) if p == 0 else x * stays / p


@misconception(
    "dropout",
    says="The output is scaled down by 1 - p in evaluation, instead of being scaled up in training. Both keep the average, "
    "but the lesson's inverted dropout leaves evaluation alone.",
    section="Dropout",
)
def rescaled_in_eval(x, p, training, generator):
    stays = _stays(x, p, generator)
    return x * stays if training else x * (1 - p)


@misconception(
    "dropout",
    says="With p = 1 there is a division by 0, and the result is NaN. The lesson returns zeros there.",
    section="Dropout",
)
def divided_by_zero(x, p, training, generator):
    stays = _stays(x, p, generator)
    return x * stays / torch.tensor(1 - p, dtype=x.dtype, device=x.device) if training else x


@misconception(
    "dropout",
    says="The mask comes from PyTorch's global random numbers, so the seed of `generator` decides nothing. The lesson hands "
    "the generator to the draw.",
    section="Dropout",
)
def mask_by_the_global_generator(x, p, training, generator):
    stays = _stays(x, p, None)
    if not training:
        return x
    return torch.zeros_like(x) if p == 1 else x * stays / (1 - p)


@misconception(
    "dropout",
    says="A probability outside of 0 to 1 is accepted in silence. The lesson raises a ValueError.",
    section="Dropout",
)
def any_p_accepted(x, p, training, generator):
    if not training:
        return x
    stays = torch.rand(x.shape, generator=generator, device=x.device) >= p
    return torch.zeros_like(x) if p == 1 else x * stays / (1 - p)


# --- fit_ridge


def _solve(A, target, penalty):
    return torch.linalg.solve(A.T @ A + penalty, A.T @ target)


@misconception(
    "fit_ridge",
    says="The bias is penalized like a weight and pulled towards 0. In the lesson the bias is free.",
    section="Ridge regression",
)
def bias_penalized(X, y, strength):
    A = torch.cat([X.new_ones(len(X), 1), X], dim=1)
    theta = _solve(A, y[:, 0], strength * torch.eye(A.shape[1], dtype=X.dtype, device=X.device))
    return theta[1:], theta[0]


@misconception(
    "fit_ridge",
    says="The squared errors are averaged, which makes the penalty N times as strong. The lesson's objective has their sum.",
    section="Ridge regression",
)
def mean_for_sum(X, y, strength):
    A = X - X.mean(dim=0)
    w = _solve(A, y[:, 0], len(X) * strength * torch.eye(X.shape[1], dtype=X.dtype, device=X.device))
    return w, y.mean() - X.mean(dim=0) @ w


@misconception(
    "fit_ridge",
    says="The means are never taken off, so the weights are those of a model without a bias. The lesson's model has one: "
    "take the means off first.",
    section="Ridge regression",
)
def weights_of_a_model_without_bias(X, y, strength):
    w = _solve(X, y[:, 0], strength * torch.eye(X.shape[1], dtype=X.dtype, device=X.device))
    return w, y.mean() - X.mean(dim=0) @ w


@misconception(
    "fit_ridge",
    says="The bias is the mean of the targets alone. The lesson takes the predictions of the mean features off it: the "
    "mean of y minus the mean of X times w.",
    section="Ridge regression",
)
def bias_is_the_mean_of_the_targets(X, y, strength):
    w = _solve(X - X.mean(dim=0), y[:, 0], strength * torch.eye(X.shape[1], dtype=X.dtype, device=X.device))
    return w, y.mean()


@misconception(
    "fit_ridge",
    says="The strength is added to every entry of the table. The lesson adds it to the diagonal alone, strength times the "
    "identity.",
    section="Ridge regression",
)
def strength_added_everywhere(X, y, strength):
    # Where that cannot be solved, the shortest of the best answers, so that the mistake shows and no error hides it.
    A = X - X.mean(dim=0)
    w = torch.linalg.pinv(A.T @ A + strength) @ (A.T @ y[:, 0])
    return w, y.mean() - X.mean(dim=0) @ w


# --- penalized_epoch


def _epoch(model, X, y, lr, batch_size, objective, weigh):
    """Go through the batches as the lesson does; `objective` is differentiated, `weigh` is what a batch adds to the sum."""
    total = 0.0
    for start in range(0, len(X), batch_size):
        X_batch, y_batch = X[start : start + batch_size], y[start : start + batch_size]
        mse = (model(X_batch) - y_batch).square().mean()
        loss = objective(mse, len(X_batch))
        model.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= lr * parameter.grad
        total += weigh(mse, loss, len(X_batch))
    return total / len(X)


@misconception(
    "penalized_epoch",
    says="The penalty is divided by the number of samples. In the lesson every batch has the whole penalty, strength times "
    "`l2_penalty`, whatever N is.",
    section="An epoch with a penalty",
)
def penalty_divided_by_n(model, X, y, lr, strength, batch_size):
    return _epoch(
        model,
        X,
        y,
        lr,
        batch_size,
        lambda mse, n: mse + strength * l2_penalty(model) / len(X),
        lambda mse, loss, n: mse.item() * n,
    )


@misconception(
    "penalized_epoch",
    says="The penalty is multiplied by the number of samples in the batch. In the lesson every batch has the same penalty, "
    "whatever its size.",
    section="An epoch with a penalty",
)
def penalty_times_the_batch(model, X, y, lr, strength, batch_size):
    return _epoch(
        model,
        X,
        y,
        lr,
        batch_size,
        lambda mse, n: mse + strength * l2_penalty(model) * n,
        lambda mse, loss, n: mse.item() * n,
    )


@misconception(
    "penalized_epoch",
    says="The returned loss has the penalty in it. The lesson returns the mean squared error alone, so that epochs with "
    "different strengths can be compared.",
    section="An epoch with a penalty",
)
def penalty_in_the_returned_loss(model, X, y, lr, strength, batch_size):
    return _epoch(
        model,
        X,
        y,
        lr,
        batch_size,
        lambda mse, n: mse + strength * l2_penalty(model),
        lambda mse, loss, n: loss.item() * n,
    )


@misconception(
    "penalized_epoch",
    says="The penalty takes in the biases. The lesson penalizes the weights alone.",
    section="The L2 penalty",
)
def penalized_with_biases(model, X, y, lr, strength, batch_size):
    return _epoch(
        model,
        X,
        y,
        lr,
        batch_size,
        lambda mse, n: mse + strength * sum(p.square().sum() for p in model.parameters()),
        lambda mse, loss, n: mse.item() * n,
    )


@misconception(
    "penalized_epoch",
    says="The strength is handed to the optimizer as `weight_decay`. That pulls at the biases, too, and half as hard at the "
    "weights: the derivative of strength · w² is 2 · strength · w.",
    section="Weight decay",
)
def strength_as_weight_decay(model, X, y, lr, strength, batch_size):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, weight_decay=strength)
    total = 0.0
    for start in range(0, len(X), batch_size):
        X_batch, y_batch = X[start : start + batch_size], y[start : start + batch_size]
        loss = (model(X_batch) - y_batch).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(X_batch)
    return total / len(X)


@misconception(
    "penalized_epoch",
    says="The penalty is left out: the model is trained on the mean squared error alone. The lesson adds strength times "
    "`l2_penalty` before `backward`.",
    section="An epoch with a penalty",
)
def penalty_left_out(model, X, y, lr, strength, batch_size):
    return _epoch(model, X, y, lr, batch_size, lambda mse, n: mse, lambda mse, loss, n: mse.item() * n)


@misconception(
    "penalized_epoch",
    says="The batches' errors are averaged as if all batches were equally large. The lesson weighs each by its number of "
    "samples.",
    section="An epoch with a penalty",
)
def mean_of_batch_means(model, X, y, lr, strength, batch_size):
    batches = -(-len(X) // batch_size)
    return _epoch(
        model,
        X,
        y,
        lr,
        batch_size,
        lambda mse, n: mse + strength * l2_penalty(model),
        lambda mse, loss, n: mse.item() * len(X) / batches,
    )


@misconception(
    "penalized_epoch",
    says="The gradients are never cleared, so each update uses the sum of all gradients so far. The lesson clears them "
    "before every `backward`.",
    section="An epoch with a penalty",
)
def gradients_never_cleared(model, X, y, lr, strength, batch_size):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    total = 0.0
    for start in range(0, len(X), batch_size):
        X_batch, y_batch = X[start : start + batch_size], y[start : start + batch_size]
        mse = (model(X_batch) - y_batch).square().mean()
        (mse + strength * l2_penalty(model)).backward()
        optimizer.step()
        total += mse.item() * len(X_batch)
    return total / len(X)


@misconception(
    "penalized_epoch",
    says="The error is measured once, after all updates. The lesson takes each batch's error before its own update.",
    section="An epoch with a penalty",
)
def error_after_the_epoch(model, X, y, lr, strength, batch_size):
    _epoch(
        model,
        X,
        y,
        lr,
        batch_size,
        lambda mse, n: mse + strength * l2_penalty(model),
        lambda mse, loss, n: 0.0,
    )
    with torch.no_grad():
        return (model(X) - y).square().mean().item()


# --- overfit_gap


def _lists(history):
    train, validation = history["train"], history["validation"]
    if not train or len(train) != len(validation):
        raise ValueError("two lists of one length were expected")
    return train, validation


@misconception(
    "overfit_gap",
    says="The best epoch is taken from the training losses. The lesson takes it from the validation losses: the training "
    "loss goes on falling while the model learns by heart.",
    section="The gap and the best epoch",
)
def best_of_train(history):
    train, validation = _lists(history)
    return validation[-1] - train[-1], train.index(min(train))


@misconception(
    "overfit_gap",
    says="The gap has lost its sign. In the lesson it is negative where the validation loss is the lower one.",
    section="The gap and the best epoch",
)
def absolute_gap(history):
    train, validation = _lists(history)
    return abs(validation[-1] - train[-1]), validation.index(min(validation))


@misconception(
    "overfit_gap",
    says="The gap is training minus validation. The lesson subtracts the other way round: validation minus training.",
    section="The gap and the best epoch",
)
def gap_turned_round(history):
    train, validation = _lists(history)
    return train[-1] - validation[-1], validation.index(min(validation))


@misconception(
    "overfit_gap",
    says="The gap is taken at the best epoch. The lesson takes it at the last one, where the training ended.",
    section="The gap and the best epoch",
)
def gap_at_the_best_epoch(history):
    train, validation = _lists(history)
    best = validation.index(min(validation))
    return validation[best] - train[best], best


@misconception(
    "overfit_gap",
    says="The best epoch is counted from 1. The lesson counts epochs from 0, as Python does.",
    section="The gap and the best epoch",
)
def epochs_counted_from_one(history):
    train, validation = _lists(history)
    return validation[-1] - train[-1], validation.index(min(validation)) + 1


@misconception(
    "overfit_gap",
    says="Of several epochs with the lowest validation loss, the last is returned. The lesson returns the first.",
    section="The gap and the best epoch",
)
def last_of_the_best(history):
    train, validation = _lists(history)
    best = max(i for i, loss in enumerate(validation) if loss == min(validation))
    return validation[-1] - train[-1], best


# --- plot_learning_curves


def _curves(history, names, labels):
    fig, ax = plt.subplots()
    for name, label in zip(names, labels, strict=True):
        ax.plot(range(1, len(history[name]) + 1), history[name], label=label)
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss")
    return fig, ax


@misconception(
    "plot_learning_curves",
    says="Only the training curve is drawn. The lesson draws both: it is their distance that tells of overfitting.",
    section="Reading learning curves",
)
def one_curve(history):
    fig, ax = _curves(history, ["train"], ["train"])
    ax.legend()
    return fig


@misconception(
    "plot_learning_curves",
    says="`plt.show()` is called inside. The lesson returns the figure and leaves showing it to whoever called.",
    section="Reading learning curves",
)
def shown_inside(history):
    fig, ax = _curves(history, ["train", "validation"], ["train", "validation"])
    ax.legend()
    plt.show()
    return fig


@misconception(
    "plot_learning_curves",
    says="The names are swapped: the legend calls the training curve validation. Read which is which off the history's keys.",
    section="Reading learning curves",
)
def names_swapped(history):
    fig, ax = _curves(history, ["train", "validation"], ["validation", "train"])
    ax.legend()
    return fig


@misconception(
    "plot_learning_curves",
    says="There is no legend, so nobody can tell the two curves apart. Labels become visible when `ax.legend()` is called.",
    section="Reading learning curves",
)
def no_legend(history):
    return _curves(history, ["train", "validation"], ["train", "validation"])[0]


@misconception(
    "plot_learning_curves",
    says="The axes have no labels. The lesson labels both: the epochs along x and the loss along y.",
    section="Reading learning curves",
)
def axes_without_labels(history):
    fig, ax = _curves(history, ["train", "validation"], ["train", "validation"])
    ax.legend()
    ax.set_xlabel("")
    ax.set_ylabel("")
    return fig
