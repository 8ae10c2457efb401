"""Lesson 3.6: the wrong answers that students really give."""

from __future__ import annotations

import math
from typing import ClassVar

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.utils.tensorboard import SummaryWriter

from autograder.worker.misconception import misconception
from solutions.lesson_3_6 import exercises

METER = "The average of a loss"
MATRIX = "The confusion matrix"
SHARES = "Precision and recall"
BATCH = "Overfit one batch"
WORD = "A diagnosis in one word"
NAN = "Where NaN comes from"
LOG = "A log that TensorBoard reads"
DASHBOARD = "The dashboard"


# --- AverageMeter


@misconception(
    "AverageMeter",
    says="Every value counts once, whatever its `n`. In the lesson a value stands for n samples and counts n times, so "
    "that a short last batch does not weigh too much.",
    section=METER,
)
class mean_of_batch_means(exercises.AverageMeter):
    def update(self, value, n=1):
        super().update(value, 1)


@misconception(
    "AverageMeter",
    says="The values are added up n times each, but divided by the number of updates. The lesson divides by the number of "
    "samples, the sum of the n.",
    section=METER,
)
class divided_by_the_updates(exercises.AverageMeter):
    def update(self, value, n=1):
        self.total += float(value) * n
        self.count += 1


@misconception(
    "AverageMeter",
    says="`reset` forgets the sum but not the count. Both belong to the average, so both start anew.",
    section=METER,
)
class reset_forgets_the_sum_alone(exercises.AverageMeter):
    def reset(self):
        self.total = 0.0


@misconception(
    "AverageMeter",
    says="The meter adds up tensors, so `average` is a tensor, and the graphs of all batches stay in memory. Make a plain "
    "number of the value first: `value.item()`.",
    section=METER,
)
class graph_kept(exercises.AverageMeter):
    def update(self, value, n=1):
        self.total = self.total + value * n
        self.count += n


@misconception(
    "AverageMeter",
    says="A number is made of the sum only when `average` is read. Until then the meter holds tensors with their graphs. "
    "Make a plain number of each value as it comes.",
    section=METER,
)
class number_made_too_late(exercises.AverageMeter):
    def __init__(self):
        self.reset()

    def update(self, value, n=1):
        self.values.append((value, n))

    @property
    def average(self):
        count = sum(n for _, n in self.values)
        return float(sum(value * n for value, n in self.values) / count) if count else 0.0

    def reset(self):
        self.values = []


@misconception(
    "AverageMeter",
    says="The value is multiplied by n before it is a plain number, so in float16 the product overflows or is rounded. Make a "
    "plain number of it first: `value.item()`.",
    section=METER,
)
class multiplied_as_a_tensor(exercises.AverageMeter):
    def update(self, value, n=1):
        self.total += float(value * n)
        self.count += n


@misconception(
    "AverageMeter",
    says="The average of an empty meter is NaN. In the lesson it is 0.0.",
    section=METER,
)
class empty_is_nan(exercises.AverageMeter):
    @property
    def average(self):
        return self.total / self.count if self.count else math.nan


@misconception(
    "AverageMeter",
    says="`average` is the latest value alone. The lesson averages all samples since the start or the last `reset`.",
    section=METER,
)
class latest_value(exercises.AverageMeter):
    def update(self, value, n=1):
        self.total, self.count = float(value), 1


@misconception(
    "AverageMeter",
    says="All meters share one list, since it belongs to the class. Make it in `__init__`, so that each meter has its own.",
    section=METER,
)
class one_list_for_all_meters(exercises.AverageMeter):
    pairs: ClassVar = []

    def __init__(self):
        self.reset()

    def update(self, value, n=1):
        self.pairs.append((float(value), n))

    @property
    def average(self):
        count = sum(n for _, n in self.pairs)
        return sum(value * n for value, n in self.pairs) / count if count else 0.0

    def reset(self):
        self.pairs.clear()


# --- confusion_matrix


def _counted(y, y_hat, n_classes):
    pairs = y * n_classes + y_hat
    return torch.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes)


@misconception(
    "confusion_matrix",
    says="Rows and columns are swapped: the rows are the predictions. In the lesson the rows are the truth.",
    section=MATRIX,
)
def rows_are_predictions(y, y_hat, n_classes):
    return _counted(y_hat, y, n_classes)


@misconception(
    "confusion_matrix",
    says="Each row is divided by its sum. The lesson's matrix holds the counts themselves.",
    section=MATRIX,
)
def rows_normalized(y, y_hat, n_classes):
    counts = _counted(y, y_hat, n_classes)
    return counts / counts.sum(dim=1, keepdim=True).clamp(min=1)


@misconception(
    "confusion_matrix",
    says="Classes that do not occur have no row and no column. The lesson's matrix always has `n_classes` of both.",
    section=MATRIX,
)
def absent_class_dropped(y, y_hat, n_classes):
    there = torch.unique(torch.cat([y, y_hat]))
    return _counted(y, y_hat, n_classes)[there][:, there]


@misconception(
    "confusion_matrix",
    says="A pair that comes several times is counted once: `matrix[y, y_hat] += 1` writes all pairs at the same time, and "
    "the last one wins. The lesson counts every sample.",
    section=MATRIX,
)
def repeated_pairs_counted_once(y, y_hat, n_classes):
    matrix = torch.zeros(n_classes, n_classes, dtype=torch.int64, device=y.device)
    matrix[y, y_hat] += 1
    return matrix


@misconception(
    "confusion_matrix",
    says="The counts are floats, because the matrix was made without a dtype. The lesson counts in int64.",
    section=MATRIX,
)
def counted_in_floats(y, y_hat, n_classes):
    return _counted(y, y_hat, n_classes).float()


# --- precision_recall


def _shares(matrix, dim):
    return matrix.diagonal() / matrix.sum(dim=dim).clamp(min=1)


@misconception(
    "precision_recall",
    says="Precision and recall are swapped. Precision divides by what was predicted, a column's sum; recall divides by what "
    "is true, a row's sum.",
    section=SHARES,
)
def precision_and_recall_swapped(matrix):
    return _shares(matrix, 1), _shares(matrix, 0)


@misconception(
    "precision_recall",
    says="A class without samples, or without predictions, gives 0/0, which is NaN. In the lesson it is 0.",
    section=SHARES,
)
def nan_for_nothing(matrix):
    right = matrix.diagonal()
    return right / matrix.sum(dim=0), right / matrix.sum(dim=1)


@misconception(
    "precision_recall",
    says="The classes are averaged into one number. The lesson gives one precision and one recall for each class.",
    section=SHARES,
)
def averaged_over_classes(matrix):
    return _shares(matrix, 0).mean(), _shares(matrix, 1).mean()


@misconception(
    "precision_recall",
    says="The diagonal is divided by the number of all samples. The lesson divides by those that were predicted as the "
    "class (precision), or that are of the class (recall).",
    section=SHARES,
)
def divided_by_all_samples(matrix):
    share = matrix.diagonal() / matrix.sum().clamp(min=1)
    return share, share


@misconception(
    "precision_recall",
    says="Where there is nothing to divide by, the fraction is set to 1. In the lesson it is 0.",
    section=SHARES,
)
def one_for_nothing(matrix):
    right = matrix.diagonal()
    return tuple((right / matrix.sum(dim=dim)).nan_to_num(nan=1.0) for dim in (0, 1))


# --- overfit_one_batch


def _overfit(model, batch, steps, lr, clear=True, pick=None, loss_of=nn.functional.cross_entropy, after=False):
    """Train as the lesson does, but for what the arguments say."""
    X, y = batch
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    history = []
    for step in range(steps):
        rows = slice(None) if pick is None else pick(step, len(X))
        loss = loss_of(model(X[rows]), y[rows])
        if clear:
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(float(loss_of(model(X), y)) if after else loss.item())
    return history


@misconception(
    "overfit_one_batch",
    says="The model is trained in evaluation mode, because nobody switched it. The lesson calls `model.train()` first.",
    section=BATCH,
)
def left_in_evaluation_mode(model, batch, steps, lr):
    return _overfit(model, batch, steps, lr)


@misconception(
    "overfit_one_batch",
    says="The model is switched to evaluation mode, and so dropout and batch normalization are not tested. The lesson "
    "trains in training mode.",
    section=BATCH,
)
def switched_to_evaluation_mode(model, batch, steps, lr):
    model.eval()
    return _overfit(model, batch, steps, lr)


@misconception(
    "overfit_one_batch",
    says="Each step takes another row of the batch. The lesson takes the whole batch in every step, always the same one.",
    section=BATCH,
)
def another_row_in_each_step(model, batch, steps, lr):
    model.train()
    return _overfit(model, batch, steps, lr, pick=lambda step, n: slice(step % n, step % n + 1))


@misconception(
    "overfit_one_batch",
    says="Each step draws a new batch from the rows. The lesson takes the batch as it was given, in every step.",
    section=BATCH,
)
def new_batch_in_each_step(model, batch, steps, lr):
    model.train()
    return _overfit(model, batch, steps, lr, pick=lambda step, n: torch.randint(n, (n,)).to(batch[0].device))


@misconception(
    "overfit_one_batch",
    says="The gradients are cleared between `backward` and the update, so there is nothing left to update with. Clear them "
    "before `backward`.",
    section=BATCH,
)
def cleared_before_the_update(model, batch, steps, lr):
    X, y = batch
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    model.train()
    history = []
    for _ in range(steps):
        loss = nn.functional.cross_entropy(model(X), y)
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        history.append(loss.item())
    return history


@misconception(
    "overfit_one_batch",
    says="The gradients are never cleared, so each update uses the sum of all gradients so far. The lesson clears them "
    "before every `backward`.",
    section=BATCH,
)
def gradients_never_cleared(model, batch, steps, lr):
    model.train()
    return _overfit(model, batch, steps, lr, clear=False)


@misconception(
    "overfit_one_batch",
    says="The loss is measured after the update. The lesson notes each loss before its update, so that the first one is "
    "that of the untrained model.",
    section=BATCH,
)
def loss_after_the_update(model, batch, steps, lr):
    model.train()
    return _overfit(model, batch, steps, lr, after=True)


@misconception(
    "overfit_one_batch",
    says="The logits go through softmax before the cross-entropy, which does that itself. Squashed twice, the loss cannot "
    "come near 0. Give it the logits as they are.",
    section=BATCH,
)
def softmax_before_the_loss(model, batch, steps, lr):
    model.train()
    return _overfit(
        model, batch, steps, lr, loss_of=lambda z, y: nn.functional.cross_entropy(torch.softmax(z, dim=1), y)
    )


@misconception(
    "overfit_one_batch",
    says="The losses of the rows are added up. The lesson takes their mean, so that a large batch and a small one compare.",
    section=BATCH,
)
def sum_for_mean(model, batch, steps, lr):
    model.train()
    return _overfit(model, batch, steps, lr, loss_of=lambda z, y: nn.functional.cross_entropy(z, y, reduction="sum"))


@misconception(
    "overfit_one_batch",
    says="The learning rate becomes lower on the way. The lesson trains with `lr` all the time.",
    section=BATCH,
)
def rate_halved_on_the_way(model, batch, steps, lr):
    half = exercises.overfit_one_batch(model, batch, steps // 2, lr)
    return half + exercises.overfit_one_batch(model, batch, steps - steps // 2, lr / 2)


@misconception(
    "overfit_one_batch",
    says="`lr` is not handed to the optimizer, which takes its own default. The lesson trains with the learning rate that "
    "it is given.",
    section=BATCH,
)
def lr_ignored(model, batch, steps, lr):
    model.train()
    return _overfit(model, batch, steps, 0.001)


@misconception(
    "overfit_one_batch",
    says="The history holds tensors, and so the graph of every step. The lesson notes plain floats: `loss.item()`.",
    section=BATCH,
)
def loss_tensors_kept(model, batch, steps, lr):
    X, y = batch
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    model.train()
    history = []
    for _ in range(steps):
        loss = nn.functional.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(loss)
    return history


# --- diagnose


def _lists(history):
    train, validation = history["train"], history["validation"]
    if len(train) < 4:
        raise ValueError("too short")
    return train, validation


def _diverging(train, validation):
    return not all(math.isfinite(loss) for loss in [*train, *validation]) or train[-1] > train[0]


def _overfitting(train, validation):
    return validation[-1] > 1.1 * min(validation)


def _plateau(train, validation):
    return train[-1] > 0.99 * train[len(train) // 2]


def _first(history, *questions):
    train, validation = _lists(history)
    return next((word for word, question in questions if question(train, validation)), "healthy")


@misconception(
    "diagnose",
    says="Overfitting is looked for before diverging. The lesson asks in another order: diverging, overfitting, plateau. "
    "What has blown up does not overfit.",
    section=WORD,
)
def overfitting_asked_first(history):
    return _first(history, ("overfitting", _overfitting), ("diverging", _diverging), ("plateau", _plateau))


@misconception(
    "diagnose",
    says="Plateau is looked for before overfitting. The lesson asks in another order: diverging, overfitting, plateau.",
    section=WORD,
)
def plateau_before_overfitting(history):
    return _first(history, ("diverging", _diverging), ("plateau", _plateau), ("overfitting", _overfitting))


@misconception(
    "diagnose",
    says="A NaN slips through, for every comparison with NaN is False. Ask for it: `math.isfinite(loss)`.",
    section=WORD,
)
def nan_slips_through(history):
    def diverging(train, validation):
        return train[-1] > train[0] or any(abs(loss) == math.inf for loss in [*train, *validation])

    return _first(history, ("diverging", diverging), ("overfitting", _overfitting), ("plateau", _plateau))


@misconception(
    "diagnose",
    says="Nobody asks whether the losses are finite. A NaN or an infinity anywhere in either list means diverging: "
    "`math.isfinite` finds both.",
    section=WORD,
)
def never_asked_for_finite_losses(history):
    def diverging(train, validation):
        return train[-1] > train[0]

    return _first(history, ("diverging", diverging), ("overfitting", _overfitting), ("plateau", _plateau))


@misconception(
    "diagnose",
    says="The fall of the training loss is counted since the first epoch. The lesson counts it since epoch n // 2.",
    section=WORD,
)
def plateau_since_the_start(history):
    def plateau(train, validation):
        return train[-1] > 0.99 * train[0]

    return _first(history, ("diverging", _diverging), ("overfitting", _overfitting), ("plateau", plateau))


@misconception(
    "diagnose",
    says="Only NaN counts as not finite. An infinite loss has blown up just as much: `math.isfinite` finds both.",
    section=WORD,
)
def infinity_slips_through(history):
    def diverging(train, validation):
        return train[-1] > train[0] or any(math.isnan(loss) for loss in [*train, *validation])

    return _first(history, ("diverging", diverging), ("overfitting", _overfitting), ("plateau", _plateau))


@misconception(
    "diagnose",
    says="Only the last losses are asked whether they are finite. In the lesson one bad loss anywhere is enough.",
    section=WORD,
)
def last_losses_asked_alone(history):
    def diverging(train, validation):
        return not math.isfinite(train[-1]) or not math.isfinite(validation[-1]) or train[-1] > train[0]

    return _first(history, ("diverging", diverging), ("overfitting", _overfitting), ("plateau", _plateau))


@misconception(
    "diagnose",
    says="Only the training losses are asked whether they are finite. The lesson asks both lists.",
    section=WORD,
)
def validation_may_be_nan(history):
    def diverging(train, validation):
        return not all(math.isfinite(loss) for loss in train) or train[-1] > train[0]

    return _first(history, ("diverging", diverging), ("overfitting", _overfitting), ("plateau", _plateau))


@misconception(
    "diagnose",
    says="A plateau is read off the last two epochs alone. The lesson looks at the whole second half, since epoch n // 2: "
    "two epochs are noise.",
    section=WORD,
)
def last_two_epochs_alone(history):
    def plateau(train, validation):
        return train[-1] > 0.99 * train[-2]

    return _first(history, ("diverging", _diverging), ("overfitting", _overfitting), ("plateau", plateau))


@misconception(
    "diagnose",
    says="The last validation loss is compared with the one before it. The lesson compares it with the lowest of all.",
    section=WORD,
)
def validation_against_the_one_before(history):
    def overfitting(train, validation):
        return validation[-1] > 1.1 * validation[-2]

    return _first(history, ("diverging", _diverging), ("overfitting", overfitting), ("plateau", _plateau))


@misconception(
    "diagnose",
    says="Any rise above the lowest validation loss is called overfitting. The lesson allows for noise: more than 1.1 times.",
    section=WORD,
)
def every_rise_is_overfitting(history):
    def overfitting(train, validation):
        return validation[-1] > min(validation)

    return _first(history, ("diverging", _diverging), ("overfitting", overfitting), ("plateau", _plateau))


@misconception(
    "diagnose",
    says="A training loss that ends where it began counts as diverging. In the lesson it has to end above: `>`, not `>=`.",
    section=WORD,
)
def equal_counts_as_above(history):
    def diverging(train, validation):
        return _diverging(train, validation) or train[-1] >= train[0]

    return _first(history, ("diverging", diverging), ("overfitting", _overfitting), ("plateau", _plateau))


@misconception(
    "diagnose",
    says="The second half begins at another epoch where the number of epochs is odd. In the lesson it begins at n // 2: half, "
    "rounded down.",
    section=WORD,
)
def half_rounded_up(history):
    def plateau(train, validation):
        return train[-1] > 0.99 * train[(len(train) + 1) // 2]

    return _first(history, ("diverging", _diverging), ("overfitting", _overfitting), ("plateau", plateau))


@misconception(
    "diagnose",
    says="0.1 is added to the lowest validation loss. The lesson multiplies it by 1.1, so that small losses count as well.",
    section=WORD,
)
def a_tenth_added(history):
    def overfitting(train, validation):
        return validation[-1] > min(validation) + 0.1

    return _first(history, ("diverging", _diverging), ("overfitting", overfitting), ("plateau", _plateau))


@misconception(
    "diagnose",
    says="The fall is compared with 0.01 itself. The lesson means 1 per cent of the loss at epoch n // 2, so that a small "
    "loss may fall by small steps.",
    section=WORD,
)
def fall_by_a_hundredth(history):
    def plateau(train, validation):
        return train[len(train) // 2] - train[-1] < 0.01

    return _first(history, ("diverging", _diverging), ("overfitting", _overfitting), ("plateau", plateau))


@misconception(
    "diagnose",
    says="Overfitting is read off the training loss: validation above 1.1 times training. The lesson compares the "
    "validation loss with its own lowest.",
    section=WORD,
)
def validation_against_training(history):
    def overfitting(train, validation):
        return validation[-1] > 1.1 * train[-1]

    return _first(history, ("diverging", _diverging), ("overfitting", overfitting), ("plateau", _plateau))


@misconception(
    "diagnose",
    says="A history of fewer than 4 epochs is judged all the same. The lesson raises a ValueError.",
    section=WORD,
)
def short_history_judged(history):
    train, validation = history["train"], history["validation"]
    if _diverging(train, validation):
        return "diverging"
    if _overfitting(train, validation):
        return "overfitting"
    return "plateau" if _plateau(train, validation) else "healthy"


# --- find_nan


def _leaves(model):
    return [(name, module) for name, module in model.named_modules() if not list(module.children())]


def _not_finite(output):
    return not bool(torch.isfinite(output).all())


def _watched(model, X, modules, bad=_not_finite):
    """Return the names of all watched modules with a bad output, in the order of the calls."""
    found = []

    def watching(name):
        return lambda module, inputs, output: found.append(name) if bad(output) else None

    handles = [module.register_forward_hook(watching(name)) for name, module in modules]
    try:
        model(X)
    finally:
        for handle in handles:
            handle.remove()
    return found


@misconception(
    "find_nan",
    says="The last leaf with a bad output is named. NaN spreads to all that comes after it; the first one is to blame.",
    section=NAN,
)
def last_one_named(model, batch):
    found = _watched(model, batch[0], _leaves(model))
    return found[-1] if found else None


@misconception(
    "find_nan",
    says="Only NaN is looked for. An infinity is not finite either, and often it is where the NaN comes from: use "
    "`torch.isfinite`.",
    section=NAN,
)
def infinity_missed(model, batch):
    found = _watched(model, batch[0], _leaves(model), lambda output: bool(torch.isnan(output).any()))
    return found[0] if found else None


@misconception(
    "find_nan",
    says="The sum of an output is asked whether it is finite. Finite numbers may have a sum that is not: ask every element, "
    "`torch.isfinite(output).all()`.",
    section=NAN,
)
def sum_asked_for(model, batch):
    found, X = [], batch[0]
    leaves = [(name, module) for name, module in model.named_modules() if not list(module.children())]
    handles = [
        module.register_forward_hook(
            lambda _, __, output, name=name: None if torch.isfinite(output.sum()) else found.append(name)
        )
        for name, module in leaves
    ]
    try:
        model(X)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


@misconception(
    "find_nan",
    says="An output counts as bad only when all of its elements are. In the lesson one element is enough.",
    section=NAN,
)
def all_elements_asked_for(model, batch):
    found = _watched(model, batch[0], _leaves(model), lambda output: not bool(torch.isfinite(output).any()))
    return found[0] if found else None


@misconception(
    "find_nan",
    says="The hooks stay on the model after the call. The lesson removes them, or the next forward pass runs them again.",
    section=NAN,
)
def hooks_leak(model, batch):
    found = []

    def watching(name):
        return lambda module, inputs, output: found.append(name) if _not_finite(output) else None

    for name, module in _leaves(model):
        module.register_forward_hook(watching(name))
    model(batch[0])
    return found[0] if found else None


@misconception(
    "find_nan",
    says="The hooks stay on the model when it raises an exception. Remove them in a `finally` block.",
    section=NAN,
)
def hooks_leak_after_an_error(model, batch):
    found = []

    def watching(name):
        return lambda module, inputs, output: found.append(name) if _not_finite(output) else None

    handles = [module.register_forward_hook(watching(name)) for name, module in _leaves(model)]
    model(batch[0])
    for handle in handles:
        handle.remove()
    return found[0] if found else None


@misconception(
    "find_nan",
    says="The first leaf in the order of registration is named. The lesson means the order of the calls.",
    section=NAN,
)
def order_of_registration(model, batch):
    found = _watched(model, batch[0], _leaves(model))
    return next((name for name, _ in _leaves(model) if name in found), None)


@misconception(
    "find_nan",
    says="Only the modules on the top level are watched, so a container is named. The lesson names the leaf within.",
    section=NAN,
)
def container_named(model, batch):
    found = _watched(model, batch[0], list(model.named_children()) or [("", model)])
    return found[0] if found else None


@misconception(
    "find_nan",
    says="The model is switched to evaluation mode for the call. The lesson leaves every module in its mode: a NaN of "
    "training may come from batch normalization or dropout.",
    section=NAN,
)
def searched_in_evaluation_mode(model, batch):
    model.eval()
    found = _watched(model, batch[0], _leaves(model))
    return found[0] if found else None


@misconception(
    "find_nan",
    says="The empty name of a model that is a leaf itself is taken for nothing: `if name` is False for it. Ask "
    "`name is not None`.",
    section=NAN,
)
def empty_name_taken_for_nothing(model, batch):
    name = exercises.find_nan(model, batch)
    return name or None


# --- Logger


@misconception(
    "Logger",
    says="The step is not handed on, so all values of a tag lie at one place along x. Give it to `add_scalar`.",
    section=LOG,
)
class step_lost(exercises.Logger):
    def scalar(self, tag, value, step):
        self.writer.add_scalar(tag, value)


@misconception(
    "Logger",
    says="The steps are counted anew, from 0. The lesson writes the step that it is given.",
    section=LOG,
)
class steps_counted_anew(exercises.Logger):
    def scalar(self, tag, value, step):
        if not hasattr(self, "counts"):
            self.counts = {}
        self.writer.add_scalar(tag, value, self.counts.get(tag, 0))
        self.counts[tag] = self.counts.get(tag, 0) + 1


@misconception(
    "Logger",
    says="After `close` nothing of the log is found in its folder. Close the writer there, so that all is written, and write "
    "with `add_scalar` (`add_scalars` writes into folders of its own).",
    section=LOG,
)
class not_flushed(exercises.Logger):
    def close(self):
        pass


@misconception(
    "Logger",
    says="All values go into one tag. The lesson has a curve for each tag: hand the tag on.",
    section=LOG,
)
class one_tag(exercises.Logger):
    def scalar(self, tag, value, step):
        self.writer.add_scalar("loss", value, step)


@misconception(
    "Logger",
    says="The end of a `with` block does not close the log. `__exit__` should call `close`.",
    section=LOG,
)
class with_does_not_close(exercises.Logger):
    def __exit__(self, *exception):
        pass


@misconception(
    "Logger",
    says="`__exit__` returns True, which swallows the exception that ended the block. Return nothing.",
    section=LOG,
)
class exception_swallowed(exercises.Logger):
    def __exit__(self, *exception):
        self.close()
        return True


@misconception(
    "Logger",
    says="After an exception the log is not closed, so the last numbers before a crash, the most precious ones, may be "
    "lost. Close in any case.",
    section=LOG,
)
class not_closed_after_an_exception(exercises.Logger):
    def __exit__(self, *exception):
        if exception[0] is None:
            self.close()


@misconception(
    "Logger",
    says="`__enter__` returns the SummaryWriter, which has no `scalar`. Return the logger: `return self`.",
    section=LOG,
)
class writer_behind_as(exercises.Logger):
    def __enter__(self):
        return self.writer


@misconception(
    "Logger",
    says="All loggers write into one folder, the default of SummaryWriter. Give it the folder.",
    section=LOG,
)
class folder_ignored(exercises.Logger):
    def __init__(self, folder):
        self.writer = SummaryWriter()


# --- plot_dashboard


def _best(losses):
    return losses.index(min(losses))


def _panels(history, best, start=0, legend=True, marked=(True, True)):
    fig, (losses, accuracy) = plt.subplots(1, 2)
    epochs = range(start, start + len(history["train"]))
    losses.plot(epochs, history["train"], label="train")
    losses.plot(epochs, history["validation"], label="validation")
    accuracy.plot(epochs, history["accuracy"], color="tab:green")
    for panel, name, mark in zip((losses, accuracy), ("loss", "accuracy"), marked, strict=True):
        if mark:
            panel.axvline(best + start, color="grey", linestyle=":")
        panel.set_xlabel("epoch")
        panel.set_ylabel(name)
    if legend:
        losses.legend()
    return fig


@misconception(
    "plot_dashboard",
    says="Losses and accuracy share one axes. The lesson gives the accuracy a panel of its own: its numbers mean something "
    "else.",
    section=DASHBOARD,
)
def one_axes_for_all(history):
    fig, ax = plt.subplots()
    for name in ("train", "validation", "accuracy"):
        ax.plot(history[name], label=name)
    ax.axvline(_best(history["validation"]), color="grey", linestyle=":")
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss and accuracy")
    ax.legend()
    return fig


@misconception(
    "plot_dashboard",
    says="The two panels lie in the same place (`twinx`). The lesson puts them side by side, or one above the other.",
    section=DASHBOARD,
)
def two_scales_in_one_place(history):
    fig, losses = plt.subplots()
    accuracy = losses.twinx()
    losses.plot(history["train"], label="train")
    losses.plot(history["validation"], label="validation")
    accuracy.plot(history["accuracy"], color="tab:green")
    for panel, name in ((losses, "loss"), (accuracy, "accuracy")):
        panel.axvline(_best(history["validation"]), color="grey", linestyle=":")
        panel.set_xlabel("epoch")
        panel.set_ylabel(name)
    losses.legend()
    return fig


@misconception(
    "plot_dashboard",
    says="The last epoch is marked. The lesson marks the best one, where the validation loss is lowest.",
    section=DASHBOARD,
)
def last_epoch_marked(history):
    return _panels(history, len(history["train"]) - 1)


@misconception(
    "plot_dashboard",
    says="The epoch with the lowest training loss is marked. The lesson goes by the validation loss.",
    section=DASHBOARD,
)
def best_of_train_marked(history):
    return _panels(history, _best(history["train"]))


@misconception(
    "plot_dashboard",
    says="The epoch with the highest accuracy is marked. The lesson goes by the lowest validation loss, in both panels.",
    section=DASHBOARD,
)
def best_accuracy_marked(history):
    return _panels(history, history["accuracy"].index(max(history["accuracy"])))


@misconception(
    "plot_dashboard",
    says="Of several epochs with the lowest validation loss, the last is marked. The lesson marks the first.",
    section=DASHBOARD,
)
def last_of_the_best_marked(history):
    validation = history["validation"]
    return _panels(history, max(i for i, loss in enumerate(validation) if loss == min(validation)))


@misconception(
    "plot_dashboard",
    says="The best epoch is marked in the loss panel alone. The lesson marks it in both, so that you can read the accuracy "
    "that goes with it.",
    section=DASHBOARD,
)
def marked_in_one_panel(history):
    return _panels(history, _best(history["validation"]), marked=(True, False))


@misconception(
    "plot_dashboard",
    says="The labels of the curves are there, but nobody asked for a legend. Call `legend()` on the panel of the losses.",
    section=DASHBOARD,
)
def legend_forgotten(history):
    return _panels(history, _best(history["validation"]), legend=False)


@misconception(
    "plot_dashboard",
    says="The epochs along x start at 1. In this module they are counted from 0.",
    section=DASHBOARD,
)
def epochs_from_one(history):
    return _panels(history, _best(history["validation"]), start=1)


@misconception(
    "plot_dashboard",
    says="The figure is shown inside of the function. Return it, and leave `plt.show()` to whoever called.",
    section=DASHBOARD,
)
def shown_inside(history):
    fig = _panels(history, _best(history["validation"]))
    plt.show()
    return fig
