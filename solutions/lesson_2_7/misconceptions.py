"""The wrong answers that students really hand in for lesson 2.7.

Each is wrong in its own exercise alone: what it needs of the others it takes from the reference.
"""

import math

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from autograder.worker.misconception import misconception
from solutions.lesson_2_7 import exercises as right
from solutions.lesson_2_7.exercises import (
    BATCH_SIZE,
    EPOCHS,
    HIDDEN,
    LEARNING_RATE,
    STRENGTH,
    OnRawRows,
)

# --- standardize_with


def _divided(X, mean, deviation):
    return (X - mean) / torch.where(deviation > 0, deviation, torch.ones_like(deviation))


def _deviation(X):
    return X.std(dim=0) if len(X) > 1 else torch.zeros_like(X[0])


@misconception(
    "standardize_with",
    says="The test rows are standardized by their own mean and standard deviation. Both tables are measured by one "
    "yardstick: the statistics of the training rows.",
    section="Standardizing with the training rows",
)
def test_statistics_used(X_train, X_test):
    return (
        _divided(X_train, X_train.mean(dim=0), _deviation(X_train)),
        _divided(X_test, X_test.mean(dim=0), _deviation(X_test)),
    )


@misconception(
    "standardize_with",
    says="Mean and standard deviation are taken over training rows and test rows together. The test rows should have no say in "
    "them: they play the part of rows that nobody has seen.",
    section="Standardizing with the training rows",
)
def statistics_of_both(X_train, X_test):
    both = torch.cat([X_train, X_test])
    return tuple(_divided(X, both.mean(dim=0), _deviation(both)) for X in (X_train, X_test))


@misconception(
    "standardize_with",
    says="One mean and one standard deviation are taken over the whole table. Each column has its own: use `dim=0`.",
    section="Standardizing with the training rows",
)
def over_all_elements(X_train, X_test):
    mean, deviation = X_train.mean(), X_train.std() if X_train.numel() > 1 else torch.zeros_like(X_train.mean())
    return _divided(X_train, mean, deviation), _divided(X_test, mean, deviation)


@misconception(
    "standardize_with",
    says="The squares are divided by N. The lesson divides them by N - 1, as `torch.std` does.",
    section="Standardizing with the training rows",
)
def biased_deviation(X_train, X_test):
    mean, deviation = X_train.mean(dim=0), X_train.std(dim=0, correction=0)
    return _divided(X_train, mean, deviation), _divided(X_test, mean, deviation)


@misconception(
    "standardize_with",
    says="A standard deviation of 0, or that of a single row, is divided by, and the result is not finite. Where there is no "
    "standard deviation, the lesson divides by 1.",
    section="Standardizing with the training rows",
)
def divides_by_zero(X_train, X_test):
    mean, deviation = X_train.mean(dim=0), X_train.std(dim=0)
    return (X_train - mean) / deviation, (X_test - mean) / deviation


# --- make_network


@misconception(
    "make_network",
    says="The seed is not used, so every network starts elsewhere. Set the seed before the layers are made: then the "
    "same seed gives the same start.",
    section="A network that gives logits",
)
def seed_not_used(input_dim, hidden, activation, seed):
    layers = [nn.Linear(input_dim, hidden), nn.ReLU(), nn.Linear(hidden, 1)]
    return nn.Sequential(*layers) if activation else nn.Sequential(layers[0], layers[2])


@misconception(
    "make_network",
    says="With and without the activation, the network starts from other weights. Leaving out the activation should "
    "change nothing else: draw both layers from the same seed in the same order.",
    section="A network that gives logits",
)
def start_differs(input_dim, hidden, activation, seed):
    return right.make_network(input_dim, hidden, activation, seed if activation else seed + 1)


@misconception(
    "make_network",
    says="There is an activation after the output layer. A logit may be any number, so nothing comes after the second "
    "linear layer.",
    section="A network that gives logits",
)
def activation_at_the_end(input_dim, hidden, activation, seed):
    network = right.make_network(input_dim, hidden, activation, seed)
    return nn.Sequential(*network, nn.ReLU()) if activation else network


@misconception(
    "make_network",
    says="A sigmoid comes last, so the network gives probabilities. Here it gives logits: the loss has the sigmoid "
    "inside.",
    section="A network that gives logits",
)
def sigmoid_at_the_end(input_dim, hidden, activation, seed):
    return nn.Sequential(*right.make_network(input_dim, hidden, activation, seed), nn.Sigmoid())


@misconception(
    "make_network",
    says="Without the activation the hidden layer is left out as well. Only the activation goes: both linear layers stay, "
    "with all their parameters.",
    section="A network that gives logits",
)
def hidden_layer_left_out_too(input_dim, hidden, activation, seed):
    if activation:
        return right.make_network(input_dim, hidden, activation, seed)
    torch.manual_seed(seed)
    return nn.Linear(input_dim, 1)


# --- train_network


class _Trainer:
    """The reference's loop, cut into the pieces that can go wrong."""

    def orders(self, n, generator):
        while True:
            yield torch.randperm(n, generator=generator)

    def batches(self, order, size):
        return order.split(size)

    def loss(self, model, X, y):
        return binary_cross_entropy_with_logits(model(X), y)

    def penalty(self, model, n):
        return sum(weight.square().sum() for weight in model.parameters() if weight.dim() == 2)

    def optimizer(self, model, lr):
        return torch.optim.SGD(model.parameters(), lr=lr)

    def noted(self, loss, penalty):
        return loss

    def epoch(self, noted):
        return sum(loss * size for loss, size in noted) / sum(size for _, size in noted)

    def clear(self, optimizer):
        optimizer.zero_grad()

    def run(self, model, X, y, lr, epochs, batch_size, strength, generator):
        optimizer, orders, history = self.optimizer(model, lr), self.orders(len(X), generator), []
        for _ in range(epochs):
            noted = []
            for rows in self.batches(next(orders).to(X.device), batch_size or len(X)):
                loss, penalty = self.loss(model, X[rows], y[rows]), strength * self.penalty(model, len(X))
                self.clear(optimizer)
                (loss + penalty).backward()
                optimizer.step()
                noted.append((float(self.noted(loss, penalty)), len(rows)))
            history.append(self.epoch(noted) if noted else 0.0)
        return history


@misconception(
    "train_network",
    says="One random order is drawn, and all the epochs use it again. The lesson draws a new permutation in every epoch.",
    section="One loop for every model",
)
def one_permutation(*arguments):
    class Wrong(_Trainer):
        def orders(self, n, generator):
            order = torch.randperm(n, generator=generator)
            while True:
                yield order

    return Wrong().run(*arguments)


@misconception(
    "train_network",
    says="The rows are taken as they lie in the table. The lesson mixes them: every epoch has a new random order.",
    section="One loop for every model",
)
def never_shuffled(*arguments):
    class Wrong(_Trainer):
        def orders(self, n, generator):
            while True:
                yield torch.arange(n)

    return Wrong().run(*arguments)


@misconception(
    "train_network",
    says="The order is drawn from PyTorch's global generator. The lesson draws it from the `generator` that is given, and "
    "leaves the global one alone.",
    section="One loop for every model",
)
def global_generator_used(*arguments):
    class Wrong(_Trainer):
        def orders(self, n, generator):
            while True:
                yield torch.randperm(n)

    return Wrong().run(*arguments)


@misconception(
    "train_network",
    says="The history contains the penalty. The penalty belongs into the gradient; the history keeps the plain "
    "cross-entropy, so that models with other penalties can be compared.",
    section="One loop for every model",
)
def penalty_in_the_history(*arguments):
    class Wrong(_Trainer):
        def noted(self, loss, penalty):
            return loss + penalty

    return Wrong().run(*arguments)


@misconception(
    "train_network",
    says="The means of the batches are averaged, so that the rows of a smaller last batch count more than the others. "
    "The lesson takes the mean over all the rows.",
    section="One loop for every model",
)
def mean_of_batch_means(*arguments):
    class Wrong(_Trainer):
        def epoch(self, noted):
            return sum(loss for loss, _ in noted) / len(noted)

    return Wrong().run(*arguments)


@misconception(
    "train_network",
    says="The smaller last batch is left out. An epoch uses every row, so it makes an update as well.",
    section="One loop for every model",
)
def last_batch_dropped(*arguments):
    class Wrong(_Trainer):
        def batches(self, order, size):
            return [rows for rows in order.split(size) if len(rows) == min(size, len(order))]

    return Wrong().run(*arguments)


@misconception(
    "train_network",
    says="The biases are penalized, too. Only the weights are: a bias moves the boundary and bends nothing.",
    section="One loop for every model",
)
def biases_penalized(*arguments):
    class Wrong(_Trainer):
        def penalty(self, model, n):
            return sum(parameter.square().sum() for parameter in model.parameters())

    return Wrong().run(*arguments)


@misconception(
    "train_network",
    says="The strength is used as the optimizer's weight decay: that pulls half as hard, since the slope of w² is 2w, and "
    "it pulls at the biases as well. The lesson adds strength times the squared weights to the loss.",
    section="One loop for every model",
)
def weight_decay_for_penalty(model, X, y, lr, epochs, batch_size, strength, generator):
    class Wrong(_Trainer):
        def optimizer(self, model, lr):
            return torch.optim.SGD(model.parameters(), lr=lr, weight_decay=strength)

    return Wrong().run(model, X, y, lr, epochs, batch_size, 0.0, generator)


@misconception(
    "train_network",
    says="The penalty is divided by the number of rows. The strength is used as it is.",
    section="One loop for every model",
)
def penalty_divided_by_rows(*arguments):
    class Wrong(_Trainer):
        def penalty(self, model, n):
            return super().penalty(model, n) / n

    return Wrong().run(*arguments)


@misconception(
    "train_network",
    says="A sigmoid is applied before a loss that has one inside. The model gives logits, and the loss wants logits.",
    section="From logits to a loss",
)
def two_sigmoids(*arguments):
    class Wrong(_Trainer):
        def loss(self, model, X, y):
            return binary_cross_entropy_with_logits(torch.sigmoid(model(X)), y)

    return Wrong().run(*arguments)


@misconception(
    "train_network",
    says="The old gradients are not cleared, so the slopes pile up. Clear them before each `backward`.",
    section="One loop for every model",
)
def gradients_never_cleared(*arguments):
    class Wrong(_Trainer):
        def clear(self, optimizer):
            pass

    return Wrong().run(*arguments)


# --- error_rate


@misconception(
    "error_rate",
    says="The fraction of right rows is returned. That is the accuracy; the error rate is the fraction of wrong ones.",
    section="The error rate",
)
def accuracy_for_error(model, X, y):
    return 1 - right.error_rate(model, X, y)


@misconception(
    "error_rate",
    says="Logits are compared with 0.5. A probability above 0.5 says class 1, and that is a logit above 0.",
    section="The error rate",
)
def threshold_of_a_probability(model, X, y):
    return _wrong_fraction(model, X, y, threshold=0.5)


@misconception(
    "error_rate",
    says="The model is left in eval mode. A function that looks puts the model back into the mode in which it was.",
    section="The error rate",
)
def left_in_eval_mode(model, X, y):
    result = right.error_rate(model, X, y)
    model.eval()
    return result


@misconception(
    "error_rate",
    says="The model is asked in the mode in which it happens to be. In train mode dropout deletes numbers: put the model "
    "into eval mode first.",
    section="The error rate",
)
def asked_in_train_mode(model, X, y):
    with torch.no_grad():
        return float(((model(X) > 0) != (y == 1)).float().mean())


@misconception(
    "error_rate",
    says="The logits are flattened and the classes are a column, so every row is compared with every class. Keep both "
    "`(N, 1)`.",
    section="The error rate",
)
def all_against_all(model, X, y):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        logits = model(X).flatten()
    model.train(was_training)
    return float(((logits > 0) != (y == 1)).float().mean())


@misconception(
    "error_rate",
    says="The wrong rows are counted. The error rate is their fraction: divide by the number of rows.",
    section="The error rate",
)
def count_for_share(model, X, y):
    return right.error_rate(model, X, y) * len(X)


def _wrong_fraction(model, X, y, threshold):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        logits = model(X)
    model.train(was_training)
    return float(((logits > threshold) != (y == 1)).float().mean())


# --- compare_models and ablation


def _split(X, seed):
    order = torch.randperm(len(X), generator=torch.Generator().manual_seed(seed)).to(X.device)
    return order[: len(X) // 4], order[len(X) // 4 :]


def _learn(model, X_train, y_train, seed, epochs=EPOCHS, batch_size=BATCH_SIZE, strength=STRENGTH):
    Z_train, _ = right.standardize_with(X_train, X_train)
    generator = torch.Generator().manual_seed(seed)
    return right.train_network(model, Z_train, y_train, LEARNING_RATE, epochs, batch_size, strength, generator)


def _compared(X, y, seed, trained_on=None, epochs=None, ready=OnRawRows, counted=None, statistics=None):
    test_index, train_index = _split(X, seed)
    rows = train_index if trained_on is None else trained_on(test_index, train_index)
    torch.manual_seed(seed)
    models = {"linear": nn.Linear(X.shape[1], 1), "network": right.make_network(X.shape[1], HIDDEN, True, seed)}
    result = {"test_index": test_index}
    for name, model in models.items():
        model.to(X.device, X.dtype)
        base = X[rows] if statistics is None else statistics(X)
        Z = right.standardize_with(base, X[rows])[1]
        generator = torch.Generator().manual_seed(seed)
        how_long = (epochs or {}).get(name, EPOCHS)
        history = right.train_network(model, Z, y[rows], LEARNING_RATE, how_long, BATCH_SIZE, STRENGTH, generator)
        whole = ready(model, base)
        result[name] = {
            "model": whole,
            "parameters": (counted or (lambda m: sum(p.numel() for p in m.parameters())))(model),
            "train_error": right.error_rate(whole, X[train_index], y[train_index]),
            "test_error": right.error_rate(whole, X[test_index], y[test_index]),
            "history": history,
        }
    return result


@misconception(
    "compare_models",
    says="The test rows are trained on as well. A test with rows that the model knows is no test: train on the other rows "
    "only.",
    section="A fair comparison",
)
def test_rows_trained_on(X, y, seed):
    return _compared(X, y, seed, trained_on=lambda test, train: torch.cat([test, train]))


@misconception(
    "compare_models",
    says="The whole table is standardized before it is split, so the test rows have a say in the training. Split first, and "
    "use the statistics of the training rows.",
    section="A fair comparison",
)
def standardized_before_the_split(X, y, seed):
    return _compared(X, y, seed, statistics=lambda X: X)


@misconception(
    "compare_models",
    says="The two models have different budgets: the network is trained for more epochs than the linear model. A "
    "comparison is fair if both get the same.",
    section="A fair comparison",
)
def different_budgets(X, y, seed):
    return _compared(X, y, seed, epochs={"linear": EPOCHS // 8})


@misconception(
    "compare_models",
    says="The models that are returned want standardized rows. The lesson asks for models that take raw rows, with the "
    "standardizing inside.",
    section="A model that takes raw rows",
)
def models_want_standardized_rows(X, y, seed):
    result = _compared(X, y, seed)
    for name in ("linear", "network"):
        result[name] = {**result[name], "model": result[name]["model"].model}
    return result


@misconception(
    "compare_models",
    says="The tensors among the parameters are counted. The lesson counts numbers: a `(32, 2)` weight has 64.",
    section="A fair comparison",
)
def tensors_counted(X, y, seed):
    return _compared(X, y, seed, counted=lambda model: len(list(model.parameters())))


@misconception(
    "compare_models",
    says="The last N//4 rows are the test rows. The lesson draws them at random: a table may be sorted.",
    section="A fair comparison",
)
def last_rows_for_the_test(X, y, seed):
    n = len(X)
    train, test = torch.arange(n - n // 4, device=X.device), torch.arange(n - n // 4, n, device=X.device)
    result = _compared(X, y, seed, trained_on=lambda *_: train)
    result["test_index"] = test
    for name in ("linear", "network"):
        model = result[name]["model"]
        result[name]["train_error"] = right.error_rate(model, X[train], y[train])
        result[name]["test_error"] = right.error_rate(model, X[test], y[test])
    return result


_VARIANTS = {
    "full": (True, BATCH_SIZE, STRENGTH),
    "no_activation": (False, BATCH_SIZE, STRENGTH),
    "no_batching": (True, None, STRENGTH),
    "no_regularization": (True, BATCH_SIZE, 0.0),
}


def _ablated(X, y, seed, variants=None, start_seed=None, shared=False, alias=False, trained_on=None):
    test_index, train_index = _split(X, seed)
    rows = train_index if trained_on is None else trained_on(test_index, train_index)
    X_train, y_train = X[rows], y[rows]
    result, model = {"test_index": test_index}, None
    for number, (name, (activation, batch_size, strength)) in enumerate({**_VARIANTS, **(variants or {})}.items()):
        fresh = right.make_network(X.shape[1], HIDDEN, activation, start_seed(seed, number) if start_seed else seed)
        fresh = fresh.to(X.device, X.dtype)
        if shared and model is not None:
            for new, old in zip(fresh.parameters(), model.parameters(), strict=True):
                new.data.copy_(old.data)
        model = fresh
        start = [p.detach() if alias else p.detach().clone() for p in model.parameters()]
        _learn(model, X_train, y_train, seed, batch_size=batch_size, strength=strength)
        ready = OnRawRows(model, X_train)
        result[name] = {
            "model": ready,
            "start": start,
            "updates": EPOCHS * math.ceil(len(X_train) / (batch_size or len(X_train))),
            "train_error": right.error_rate(ready, X[train_index], y[train_index]),
            "test_error": right.error_rate(ready, X[test_index], y[test_index]),
        }
    return result


@misconception(
    "ablation",
    says="Each variant starts from other weights, so luck is compared as well. All four start from the same ones.",
    section="An ablation: one part out at a time",
)
def every_variant_its_own_start(X, y, seed):
    return _ablated(X, y, seed, start_seed=lambda seed, number: seed + number)


@misconception(
    "ablation",
    says="Two parts are left out at once: `no_regularization` is trained without batches, too. Then nobody can say which "
    "of the two made the difference.",
    section="An ablation: one part out at a time",
)
def two_parts_left_out(X, y, seed):
    return _ablated(X, y, seed, variants={"no_regularization": (True, None, 0.0)})


@misconception(
    "ablation",
    says="Two parts are left out at once: `no_batching` has no activation either. Then nobody can say which of the two "
    "made the difference.",
    section="An ablation: one part out at a time",
)
def no_batching_and_no_activation(X, y, seed):
    return _ablated(X, y, seed, variants={"no_batching": (False, None, STRENGTH)})


@misconception(
    "ablation",
    says="Each variant goes on where the one before it has stopped. Every variant gets a new network with the same start.",
    section="An ablation: one part out at a time",
)
def one_network_for_all(X, y, seed):
    return _ablated(X, y, seed, shared=True)


@misconception(
    "ablation",
    says="`start` holds the parameters themselves, which the training has changed. Keep copies: `detach().clone()`.",
    section="An ablation: one part out at a time",
)
def start_not_copied(X, y, seed):
    return _ablated(X, y, seed, alias=True)


@misconception(
    "ablation",
    says="The test rows are trained on as well. A test with rows that the model knows is no test: train on the other rows "
    "only.",
    section="A fair comparison",
)
def ablation_trains_on_test_rows(X, y, seed):
    return _ablated(X, y, seed, trained_on=lambda test, train: torch.cat([test, train]))


# --- plot_boundaries


def _drawn(models, X, y, points=None, own_limits=False, titled=True, first_only=False):
    fig, axes = plt.subplots(1, len(models), squeeze=False)
    X, y = X.detach(), y.detach().cpu().flatten()
    shown = slice(None) if points is None else points
    for number, (ax, (name, model)) in enumerate(zip(axes.flat, models.items(), strict=True)):
        margin = 0.5 + (number if own_limits else 0)
        low, high = X.min(dim=0).values - margin, X.max(dim=0).values + margin
        a, b = (torch.linspace(float(low[d]), float(high[d]), 60, dtype=X.dtype, device=X.device) for d in range(2))
        A, B = torch.meshgrid(a, b, indexing="xy")
        asked = next(iter(models.values())) if first_only else model
        was_training = asked.training
        asked.eval()
        with torch.no_grad():
            P = torch.sigmoid(asked(torch.stack([A.flatten(), B.flatten()], dim=1))).reshape(A.shape)
        asked.train(was_training)
        ax.pcolormesh(A.cpu(), B.cpu(), P.cpu(), cmap="RdBu_r", vmin=0, vmax=1, alpha=0.6)
        ax.scatter(X[shown, 0].cpu(), X[shown, 1].cpu(), c=y[shown], cmap="RdBu_r", edgecolors="black")
        ax.set(xlim=(float(low[0]), float(high[0])), ylim=(float(low[1]), float(high[1])))
        if titled:
            ax.set_title(name)
    return fig


@misconception(
    "plot_boundaries",
    says="The panels have different limits, so the same point lies at different places. Give all the panels the same "
    "limits.",
    section="Boundaries side by side",
)
def limits_differ(models, X, y):
    return _drawn(models, X, y, own_limits=True)


@misconception(
    "plot_boundaries",
    says="Only a part of the points is drawn: a quarter of the rows is missing, as if the test rows did not count. Every "
    "row of X is a point.",
    section="Boundaries side by side",
)
def test_points_missing(models, X, y):
    return _drawn(models, X, y, points=slice(len(X) // 4, None))


@misconception(
    "plot_boundaries",
    says="The panels do not say whose they are. Each has the name of its model in its title.",
    section="Boundaries side by side",
)
def no_titles(models, X, y):
    return _drawn(models, X, y, titled=False)


@misconception(
    "plot_boundaries",
    says="All the panels show the field of the first model. Each panel asks its own model.",
    section="Boundaries side by side",
)
def first_model_everywhere(models, X, y):
    return _drawn(models, X, y, first_only=True)


@misconception(
    "plot_boundaries",
    says="The figure is shown inside the function. Return it, and leave `plt.show()` to whoever called.",
    section="Boundaries side by side",
)
def shown_inside(models, X, y):
    fig = _drawn(models, X, y)
    plt.show()
    return fig


# --- quiz

_LETTERS = "BDACBDACBC"


@misconception(
    "quiz",
    says="Every answer is a B. Read the questions once more: the letters differ.",
    section="The quiz",
)
def always_the_same_letter():
    return dict.fromkeys(range(1, 11), "B")


@misconception(
    "quiz",
    says="The questions are counted from 0, so that each answer belongs to the question before its own. The page counts "
    "them from 1 to 10.",
    section="The quiz",
)
def counted_from_zero():
    return dict(enumerate(_LETTERS))


@misconception(
    "quiz",
    says='The numbers of the questions are texts, such as "1". The keys of the dictionary are the ints 1 to 10.',
    section="The quiz",
)
def numbers_as_text():
    return {str(number): letter for number, letter in enumerate(_LETTERS, start=1)}


@misconception(
    "quiz",
    says="The answers are a list. The lesson asks for a dictionary, from the number of a question to a letter.",
    section="The quiz",
)
def answers_in_a_list():
    return list(_LETTERS)
