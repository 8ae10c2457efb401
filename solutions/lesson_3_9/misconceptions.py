"""Lesson 3.9: the wrong answers that students really give."""

from __future__ import annotations

import copy
import math

import torch
from torch import nn

from autograder.worker.misconception import misconception
from solutions.lesson_3_9 import exercises as lesson

# --- freeze


@misconception(
    "freeze",
    says="The gradients are off, but the next `train()` switches batch normalization back on, and its running statistics move. "
    "The lesson keeps a frozen module in evaluation mode whatever the model around it does.",
    section="Freezing the backbone",
)
def batch_norm_moves(module):
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    module.eval()
    return module


@misconception(
    "freeze",
    says="Only the gradients are turned off: the module stays in training mode, so dropout drops and batch normalization "
    "moves. The lesson also keeps it in evaluation mode.",
    section="Freezing the backbone",
)
def dropout_stays_on(module):
    return module.requires_grad_(False)


@misconception(
    "freeze",
    says="Only the parameters of the outermost level are frozen; those of the layers inside still learn. `parameters()` "
    "finds all of them, at any depth.",
    section="Freezing the backbone",
)
def first_level_only(module):
    for parameter in module.parameters(recurse=False):
        parameter.requires_grad_(False)
    module.eval()
    module.train = lambda *_: module
    return module


@misconception(
    "freeze",
    says="The module stays in evaluation mode, but its parameters still require gradients, so the optimizer moves them.",
    section="Freezing the backbone",
)
def evaluation_mode_only(module):
    module.eval()
    module.train = lambda *_: module
    return module


# --- replace_head


def _linear_names(model):
    names = [name for name, part in model.named_modules() if name and isinstance(part, nn.Linear)]
    if not names:
        raise ValueError("no linear layer inside")
    return names


def _put(model, name, n_classes):
    holder, _, last = name.rpartition(".")
    old = model.get_submodule(name)
    new = nn.Linear(old.in_features, n_classes, device=old.weight.device, dtype=old.weight.dtype)
    setattr(model.get_submodule(holder), last, new)
    return new


@misconception(
    "replace_head",
    says="The first linear layer is replaced. The head is the last one that `modules()` yields.",
    section="A new head",
)
def first_layer_replaced(model, n_classes):
    _put(model, _linear_names(model)[0], n_classes)
    return model


@misconception(
    "replace_head",
    says="The new head is frozen like the rest, so there is nothing left that can learn. The lesson's new head is "
    "trainable.",
    section="A new head",
)
def head_frozen(model, n_classes):
    _put(model, _linear_names(model)[-1], n_classes).requires_grad_(False)
    return model


@misconception(
    "replace_head",
    says="A copy with the new head comes back, and the model that was given keeps its old one. The lesson changes the "
    "model in place.",
    section="A new head",
)
def copy_returned(model, n_classes):
    copied = copy.deepcopy(model)
    _put(copied, _linear_names(copied)[-1], n_classes)
    return copied


@misconception(
    "replace_head",
    says="The new head is always float32. The lesson gives it the dtype of the old one.",
    section="A new head",
)
def always_float32(model, n_classes):
    name = _linear_names(model)[-1]
    device = model.get_submodule(name).weight.device
    _put(model, name, n_classes).to(dtype=torch.float32, device=device)
    return model


@misconception(
    "replace_head",
    says="Only the first rows of the old head are kept or repeated. The lesson's new head is a fresh linear layer: the old "
    "classes mean nothing for the new task.",
    section="A new head",
)
def old_weights_kept(model, n_classes):
    name = _linear_names(model)[-1]
    old = model.get_submodule(name)
    rows = torch.arange(n_classes) % old.out_features
    new = _put(model, name, n_classes)
    with torch.no_grad():
        new.weight.copy_(old.weight[rows.to(old.weight.device)])
    return model


# --- parameter_groups


def _head(model):
    return [part for part in model.modules() if isinstance(part, nn.Linear)][-1]


def _grouped(model, lr_backbone, lr_head, chosen):
    of_head = {id(parameter) for parameter in _head(model).parameters()}
    groups = [
        {"params": [parameter for parameter in chosen if id(parameter) not in of_head], "lr": lr_backbone},
        {"params": [parameter for parameter in chosen if id(parameter) in of_head], "lr": lr_head},
    ]
    return [group for group in groups if group["params"]]


def _trainable(model):
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


@misconception(
    "parameter_groups",
    says="Frozen parameters are in the groups, too. Only those that require gradients belong there.",
    section="Two learning rates",
)
def frozen_ones_in(model, lr_backbone, lr_head):
    return _grouped(model, lr_backbone, lr_head, list(model.parameters()))


@misconception(
    "parameter_groups",
    says="The head's parameters are in both groups. Each parameter belongs in one: the head's in the second alone.",
    section="Two learning rates",
)
def head_twice(model, lr_backbone, lr_head):
    of_head = [parameter for parameter in _head(model).parameters() if parameter.requires_grad]
    groups = [{"params": _trainable(model), "lr": lr_backbone}, {"params": of_head, "lr": lr_head}]
    return [group for group in groups if group["params"]]


@misconception(
    "parameter_groups",
    says="The two learning rates are swapped: the head gets the backbone's.",
    section="Two learning rates",
)
def rates_swapped(model, lr_backbone, lr_head):
    return _grouped(model, lr_head, lr_backbone, _trainable(model))


@misconception(
    "parameter_groups",
    says="The head comes first. The lesson's first group is the backbone's.",
    section="Two learning rates",
)
def head_first(model, lr_backbone, lr_head):
    return _grouped(model, lr_backbone, lr_head, _trainable(model))[::-1]


@misconception(
    "parameter_groups",
    says="A group without parameters is kept. The lesson leaves it out.",
    section="Two learning rates",
)
def empty_group_kept(model, lr_backbone, lr_head):
    of_head = {id(parameter) for parameter in _head(model).parameters()}
    chosen = _trainable(model)
    return [
        {"params": [parameter for parameter in chosen if id(parameter) not in of_head], "lr": lr_backbone},
        {"params": [parameter for parameter in chosen if id(parameter) in of_head], "lr": lr_head},
    ]


# --- fine_tune


def _head_drawn(model, n_classes, seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return lesson.replace_head(model, n_classes)


def _steps(model, X, y, epochs, lr):
    optimizer = torch.optim.Adam([parameter for parameter in model.parameters() if parameter.requires_grad], lr=lr)
    for _ in range(epochs):
        loss = nn.functional.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


@misconception(
    "fine_tune",
    says="The whole network is trained, so the backbone forgets what it had learned. The lesson freezes the backbone and "
    "trains the new head alone.",
    section="Fine-tuning",
)
def backbone_moves(model, X, y, n_classes, epochs, lr, seed):
    tuned = _head_drawn(copy.deepcopy(model), n_classes, seed)
    return _steps(tuned.requires_grad_(True), X, y, epochs, lr)


@misconception(
    "fine_tune",
    says="The whole network is trained, if in evaluation mode, so the backbone forgets what it had learned. The lesson freezes "
    "the backbone and trains the new head alone.",
    section="Fine-tuning",
)
def backbone_moves_in_evaluation_mode(model, X, y, n_classes, epochs, lr, seed):
    tuned = _head_drawn(lesson.freeze(copy.deepcopy(model)), n_classes, seed)
    return _steps(tuned.requires_grad_(True), X, y, epochs, lr)


@misconception(
    "fine_tune",
    says="The backbone's weights stay, but it is in training mode while the head learns: its running statistics move, and "
    "dropout drops. The lesson's backbone stays in evaluation mode.",
    section="Fine-tuning",
)
def backbone_in_training_mode(model, X, y, n_classes, epochs, lr, seed):
    tuned = _head_drawn(copy.deepcopy(model).requires_grad_(False), n_classes, seed)
    return _steps(tuned.train(), X, y, epochs, lr)


@misconception(
    "fine_tune",
    says="The new head has the same weights whatever `seed` is. The lesson draws them from `seed`.",
    section="Fine-tuning",
)
def seed_without_a_say(model, X, y, n_classes, epochs, lr, seed):
    return _steps(_head_drawn(lesson.freeze(copy.deepcopy(model)), n_classes, 0), X, y, epochs, lr)


@misconception(
    "fine_tune",
    says="The pretrained model itself is changed. The lesson works on a deep copy, and whoever gave the model still has "
    "it.",
    section="Fine-tuning",
)
def argument_changed(model, X, y, n_classes, epochs, lr, seed):
    return _steps(_head_drawn(lesson.freeze(model), n_classes, seed), X, y, epochs, lr)


@misconception(
    "fine_tune",
    says="The seed is set for the whole program. The lesson sets it where the head is drawn, and puts the global random "
    "state back (`torch.random.fork_rng`).",
    section="Fine-tuning",
)
def seed_for_everybody(model, X, y, n_classes, epochs, lr, seed):
    torch.manual_seed(seed)
    tuned = lesson.replace_head(lesson.freeze(copy.deepcopy(model)), n_classes)
    return _steps(tuned, X, y, epochs, lr)


@misconception(
    "fine_tune",
    says="The new head is never trained: it is as fresh as it was put in.",
    section="Fine-tuning",
)
def head_never_trained(model, X, y, n_classes, epochs, lr, seed):
    return _head_drawn(lesson.freeze(copy.deepcopy(model)), n_classes, seed)


@misconception(
    "fine_tune",
    says="The model starts from fresh weights, so what it had learned before is lost. Fine-tuning starts from the "
    "pretrained ones.",
    section="Fine-tuning",
)
def from_scratch(model, X, y, n_classes, epochs, lr, seed):
    tuned = copy.deepcopy(model)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for part in tuned.modules():
            if hasattr(part, "reset_parameters"):
                part.reset_parameters()
        lesson.replace_head(lesson.freeze(tuned), n_classes)
    return _steps(tuned, X, y, epochs, lr)


# --- Autoencoder


@misconception(
    "Autoencoder",
    says="The output goes through a sigmoid, so no rebuilt value can be negative or above 1. The lesson's decoder ends in "
    "a linear layer.",
    section="Learning without labels",
)
class OutputSquashed(lesson.Autoencoder):
    def decode(self, code):
        return torch.sigmoid(super().decode(code))


@misconception(
    "Autoencoder",
    says="The input reaches the output without going through the code. The lesson's `forward` decodes the code and nothing "
    "else.",
    section="Learning without labels",
)
class CodeSkipped(lesson.Autoencoder):
    def forward(self, x):
        return x + self.decode(self.encode(x))


@misconception(
    "Autoencoder",
    says="The decoder uses the encoder's weights, turned round. In the lesson each has parameters of its own.",
    section="Learning without labels",
)
class WeightsShared(nn.Module):
    def __init__(self, input_dim, code_dim):
        super().__init__()
        self.layer = nn.Linear(input_dim, code_dim)
        self.bias = nn.Parameter(torch.zeros(input_dim))

    def encode(self, x):
        return self.layer(x)

    def decode(self, code):
        return code @ self.layer.weight + self.bias

    def forward(self, x):
        return self.decode(self.encode(x))


@misconception(
    "Autoencoder",
    says="The code is as wide as the input, whatever `code_dim` says, so nothing is squeezed.",
    section="Learning without labels",
)
class CodeAsWideAsTheInput(lesson.Autoencoder):
    def __init__(self, input_dim, code_dim):
        super().__init__(input_dim, input_dim)


# --- masked_reconstruction_loss


@misconception(
    "masked_reconstruction_loss",
    says="All elements count, as if there were no mask. The lesson averages over those where the mask is True.",
    section="Guessing what is hidden",
)
def all_counted(x, x_hat, mask):
    return ((x - x_hat) ** 2).mean()


@misconception(
    "masked_reconstruction_loss",
    says="The sum is divided by the number of all elements. The lesson divides by the number of those that count.",
    section="Guessing what is hidden",
)
def divided_by_all(x, x_hat, mask):
    return ((x - x_hat)[mask] ** 2).sum() / x.numel()


@misconception(
    "masked_reconstruction_loss",
    says="The mask is the wrong way round: the elements where it is False are counted.",
    section="Guessing what is hidden",
)
def mask_inverted(x, x_hat, mask):
    errors = (x - x_hat)[~mask] ** 2
    return errors.sum() / max(errors.numel(), 1)


@misconception(
    "masked_reconstruction_loss",
    says="The mean over no elements is NaN. Where the mask is nowhere True, the lesson's loss is 0.",
    section="Guessing what is hidden",
)
def nan_for_an_empty_mask(x, x_hat, mask):
    return ((x - x_hat)[mask] ** 2).mean()


@misconception(
    "masked_reconstruction_loss",
    says="The loss is right, and its gradient is NaN where an element that does not count is infinite or NaN: `torch.where` "
    "after the squares multiplies that by 0 on the way back. Pick the elements that count before you do anything with them.",
    section="The usual mistakes",
)
def nan_in_the_gradient(x, x_hat, mask):
    errors = torch.where(mask, (x - x_hat) ** 2, torch.zeros_like(x))
    return errors.sum() / mask.sum().clamp(min=1)


@misconception(
    "masked_reconstruction_loss",
    says="Elements that do not count are multiplied by 0, and 0 times infinity is NaN. Pick the elements that count "
    "instead.",
    section="Guessing what is hidden",
)
def multiplied_by_the_mask(x, x_hat, mask):
    return (((x - x_hat) * mask) ** 2).sum() / mask.sum().clamp(min=1)


# --- Trainer


class _Steps(lesson.Trainer):
    """The reference's loop, cut into pieces that the misconceptions below change."""

    skips_the_last_step = False

    def is_lower(self, loss, best, first):
        return loss < best

    def fit(self, train, validation, epochs):
        history = {"train": [], "validation": []}
        best, best_state, waited = math.inf, None, 0
        for _ in range(epochs):
            self.model.train()
            history["train"].append(self.epoch(train))
            history["validation"].append(self.evaluate(validation))
            if self.is_lower(history["validation"][-1], best, len(history["train"]) == 1):
                best, waited, best_state = history["validation"][-1], 0, self.keep()
            else:
                waited += 1
            stops = self.patience is not None and waited == self.patience
            if self.scheduler is not None and not (stops and self.skips_the_last_step):
                self.scheduler.step()
            if stops:
                break
        if self.patience is not None and best_state is not None:
            self.restore(best_state)
        return history

    def keep(self):
        return copy.deepcopy(self.model.state_dict())

    def restore(self, state):
        self.model.load_state_dict(state)

    def epoch(self, loader):
        device = next(self.model.parameters()).device
        total, count = 0.0, 0
        for x, y in loader:
            loss = self.update(x.to(device), y.to(device))
            total += loss * len(x)
            count += len(x)
        return total / count

    def update(self, x, y):
        loss = self.loss_fn(y, self.model(x))
        self.optimizer.zero_grad()
        loss.backward()
        self.clip()
        self.optimizer.step()
        return loss.item()

    def clip(self):
        if self.max_norm is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.max_norm)


@misconception(
    "Trainer",
    says="`evaluate` takes optimizer steps, so the model learns from the validation data. The lesson only looks at the "
    "loss there.",
    section="The Trainer",
)
class ValidationTrains(_Steps):
    def evaluate(self, loader):
        self.model.train()
        return self.epoch(loader)


@misconception(
    "Trainer",
    says="Nothing is clipped, whatever `max_norm` is. Clip between `backward`, which makes the gradients, and the optimizer's "
    "step, which uses them: before the one there is nothing to clip, and after the other it is too late.",
    section="The Trainer",
)
class NothingClipped(_Steps):
    def update(self, x, y):
        loss = self.loss_fn(y, self.model(x))
        self.optimizer.zero_grad()
        self.clip()
        loss.backward()
        self.optimizer.step()
        return loss.item()


@misconception(
    "Trainer",
    says="Each gradient is clipped by itself. The lesson clips by the global norm, one number for all gradients together, so "
    "that the direction of the step stays.",
    section="The Trainer",
)
class ClippedOneByOne(_Steps):
    def clip(self):
        if self.max_norm is not None:
            for parameter in self.model.parameters():
                nn.utils.clip_grad_norm_([parameter], self.max_norm)


@misconception(
    "Trainer",
    says="The gradients are clipped element by element, so the step turns into another direction. The lesson clips by the global "
    "norm of all gradients together.",
    section="The Trainer",
)
class ClippedByValue(_Steps):
    def clip(self):
        if self.max_norm is not None:
            nn.utils.clip_grad_value_(self.model.parameters(), self.max_norm)


@misconception(
    "Trainer",
    says="The model is trained in the mode in which it is. The lesson switches to training mode at the beginning of every epoch.",
    section="The Trainer",
)
class NeverInTrainingMode(_Steps):
    def epoch(self, loader):
        self.model.eval()
        return super().epoch(loader)


@misconception(
    "Trainer",
    says="In the epoch in which the fit stops, the scheduler's step is skipped. The lesson's scheduler takes a step after every "
    "epoch.",
    section="The Trainer",
)
class SchedulerSkippedAtTheStop(_Steps):
    skips_the_last_step = True


@misconception(
    "Trainer",
    says="The optimizer goes back to the best epoch together with the model. In the lesson only the model goes back.",
    section="The Trainer",
)
class OptimizerSetBack(_Steps):
    def keep(self):
        return copy.deepcopy((self.model.state_dict(), self.optimizer.state_dict()))

    def restore(self, state):
        self.model.load_state_dict(state[0])
        self.optimizer.load_state_dict(state[1])


@misconception(
    "Trainer",
    says="The first validation loss is the lowest one so far, also if it is no number, and nothing is lower than NaN. Start from "
    "infinity.",
    section="The Trainer",
)
class LowestMayBeNaN(_Steps):
    def is_lower(self, loss, best, first):
        return first or loss < best


@misconception(
    "Trainer",
    says="The parameters are saved and the buffers are not, so the running statistics of batch normalization are lost at `load`. "
    "`state_dict` has both.",
    section="The Trainer",
)
class BuffersUnsaved(_Steps):
    def save(self, path):
        scheduler = None if self.scheduler is None else self.scheduler.state_dict()
        torch.save([dict(self.model.named_parameters()), self.optimizer.state_dict(), scheduler], path)

    def load(self, path):
        parameters, optimizer, scheduler = torch.load(path)
        self.model.load_state_dict(parameters, strict=False)
        self.optimizer.load_state_dict(optimizer)
        if self.scheduler is not None:
            self.scheduler.load_state_dict(scheduler)


@misconception(
    "Trainer",
    says="The state of the scheduler is not saved, so after `load` the learning rates start again from the beginning.",
    section="The Trainer",
)
class SchedulerUnsaved(_Steps):
    def save(self, path):
        torch.save({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}, path)

    def load(self, path):
        state = torch.load(path)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])


@misconception(
    "Trainer",
    says="The state of the optimizer is not saved, so its velocities and averages are lost at `load`.",
    section="The Trainer",
)
class OptimizerUnsaved(_Steps):
    def save(self, path):
        scheduler = None if self.scheduler is None else self.scheduler.state_dict()
        torch.save({"model": self.model.state_dict(), "scheduler": scheduler}, path)

    def load(self, path):
        state = torch.load(path)
        self.model.load_state_dict(state["model"])
        if self.scheduler is not None:
            self.scheduler.load_state_dict(state["scheduler"])


@misconception(
    "Trainer",
    says="The scheduler takes a step after every batch. The lesson's takes one after every epoch.",
    section="The Trainer",
)
class SchedulerByBatch(_Steps):
    def update(self, x, y):
        loss = super().update(x, y)
        if self.scheduler is not None:
            self.scheduler.step()
        return loss

    def fit(self, train, validation, epochs):
        scheduler, self.scheduler = self.scheduler, None
        history = {"train": [], "validation": []}
        for _ in range(epochs):
            self.scheduler = scheduler
            self.model.train()
            history["train"].append(self.epoch(train))
            history["validation"].append(self.evaluate(validation))
        return history


@misconception(
    "Trainer",
    says="The losses are means over the batches, so a short last batch counts as much as a full one. The lesson's are "
    "means over the samples.",
    section="The Trainer",
)
class MeanOfBatches(_Steps):
    def epoch(self, loader):
        device = next(self.model.parameters()).device
        losses = [self.update(x.to(device), y.to(device)) for x, y in loader]
        return sum(losses) / len(losses)


@misconception(
    "Trainer",
    says="The best state is kept by reference, so it moves along with the model, and nothing is restored. Keep a deep "
    "copy.",
    section="The Trainer",
)
class BestByReference(_Steps):
    def keep(self):
        return self.model.state_dict()


@misconception(
    "Trainer",
    says="After stopping, the model keeps the weights of the last epoch. The lesson restores those of the best one.",
    section="The Trainer",
)
class NothingRestored(_Steps):
    def restore(self, state):
        pass


@misconception(
    "Trainer",
    says="Only the parameters go back to the best epoch, and the buffers do not, such as the running statistics of batch "
    "normalization. `state_dict` has both.",
    section="The Trainer",
)
class BuffersNotRestored(_Steps):
    def keep(self):
        return copy.deepcopy(dict(self.model.named_parameters()))

    def restore(self, state):
        self.model.load_state_dict(state, strict=False)


@misconception(
    "Trainer",
    says="`evaluate` runs in training mode, so dropout drops there and batch normalization learns from the validation "
    "data.",
    section="The Trainer",
)
class EvaluatedInTrainingMode(_Steps):
    def evaluate(self, loader):
        device = next(self.model.parameters()).device
        total, count = 0.0, 0
        with torch.no_grad():
            for x, y in loader:
                total += self.loss_fn(y.to(device), self.model(x.to(device))).item() * len(x)
                count += len(x)
        return total / count


@misconception(
    "Trainer",
    says="The gradients are never cleared, so every update also follows all the older batches.",
    section="The Trainer",
)
class NeverCleared(_Steps):
    def update(self, x, y):
        loss = self.loss_fn(y, self.model(x))
        loss.backward()
        self.clip()
        self.optimizer.step()
        return loss.item()


# --- quiz


@misconception(
    "quiz",
    says="Every answer is an A. Read the questions once more: the letters differ.",
    section="The quiz",
)
def always_the_same_letter():
    return dict.fromkeys(range(1, 11), "A")


@misconception(
    "quiz",
    says="The questions are counted from 0, so that each answer belongs to the question before its own. The page counts "
    "them from 1 to 10.",
    section="The quiz",
)
def counted_from_zero():
    return dict(enumerate("CADBACBDBC"))


@misconception(
    "quiz",
    says='The numbers of the questions are texts, such as "1". The keys of the dictionary are the ints 1 to 10.',
    section="The quiz",
)
def numbers_as_text():
    return {str(number): letter for number, letter in enumerate("CADBACBDBC", start=1)}


@misconception(
    "quiz",
    says="The answers are a list. The lesson asks for a dictionary, from the number of a question to a letter.",
    section="The quiz",
)
def answers_in_a_list():
    return list("CADBACBDBC")
