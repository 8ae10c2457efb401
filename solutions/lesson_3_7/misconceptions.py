"""Wrong solutions of lesson 3.7 that students really hand in. Each is laid over the reference, one at a time."""

import copy

import numpy as np
import torch
from torch.nn import functional
from torchvision.transforms import v2

from autograder.worker.misconception import misconception
from solutions.lesson_3_7.exercises import EarlyStopping

STOPPING = "Stopping in time"
KEEPING = "Keeping the best state"
SMOOTHING = "Label smoothing"
MIXUP = "Mixup"
AUGMENTATION = "Augmentation"
AVERAGE = "An average of the weights"
NOISE = "The noise of batch normalization"
DICE = "Whose dice?"


# --- EarlyStopping


@misconception(
    "EarlyStopping",
    says="The best state is kept by reference: `state_dict()` holds the model's own tensors, and the next update changes "
    "them. Keep a copy, by `copy.deepcopy`.",
    section=KEEPING,
)
class KeptByReference(EarlyStopping):
    def step(self, loss, model):
        stop = super().step(loss, model)
        if self.bad_epochs == 0:
            self.state = model.state_dict()
        return stop


@misconception(
    "EarlyStopping",
    says="It stops one epoch late. The `patience`-th epoch in a row that was not better is the one to stop at: compare with >=.",
    section=STOPPING,
)
class OneEpochLate(EarlyStopping):
    def step(self, loss, model):
        super().step(loss, model)
        return self.bad_epochs > self.patience


@misconception(
    "EarlyStopping",
    says="The count of bad epochs goes on after a better one. In the lesson only bad epochs *in a row* count, so a better "
    "epoch sets the count to 0.",
    section=STOPPING,
)
class CounterKept(EarlyStopping):
    def step(self, loss, model):
        before = self.bad_epochs
        super().step(loss, model)
        if self.bad_epochs == 0:
            self.bad_epochs = before
        return self.bad_epochs >= self.patience


@misconception(
    "EarlyStopping",
    says="Each loss is compared with the one before it. The lesson compares it with the best one so far.",
    section=STOPPING,
)
class ComparedWithTheLastLoss(EarlyStopping):
    def step(self, loss, model):
        stop = super().step(loss, model)
        self.best = loss
        return stop


@misconception(
    "EarlyStopping",
    says="`min_delta` plays no part. In the lesson a loss must lie more than `min_delta` below the best one to be better.",
    section=STOPPING,
)
class MinDeltaIgnored(EarlyStopping):
    def __init__(self, patience, min_delta=0.0):
        super().__init__(patience, 0.0)


@misconception(
    "EarlyStopping",
    says="A loss that is exactly `best - min_delta` counts as better, and so does an equal loss when `min_delta` is 0. "
    "The lesson compares with <, not with <=.",
    section=STOPPING,
)
class EqualCountsAsBetter(EarlyStopping):
    def step(self, loss, model):
        if loss <= self.best - self.min_delta and loss != float("inf"):
            self.best = loss
            self.bad_epochs = 0
            self.state = copy.deepcopy(model.state_dict())
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


@misconception(
    "EarlyStopping",
    says="`min_delta` is added where it belongs subtracted, so a loss above the best one counts as better. In the lesson a "
    "loss is better if `loss < best - min_delta`.",
    section="Stopping in time",
)
class MinDeltaAdded(EarlyStopping):
    def __init__(self, patience, min_delta=0.0):
        super().__init__(patience, -min_delta)


@misconception(
    "EarlyStopping",
    says="A best loss of 0 is taken for none (`if not self.best`), so the next loss counts as better whatever it is. Ask "
    "whether it is None, or start from infinity.",
    section="Stopping in time",
)
class ZeroTakenForNone(EarlyStopping):
    def step(self, loss, model):
        if self.best == 0:
            self.best = float("inf")
        return super().step(loss, model)


@misconception(
    "EarlyStopping",
    says="A NaN counts as better: every comparison with NaN is False, so asking whether the loss is *not worse* lets it in. "
    "Ask whether it is better.",
    section=STOPPING,
)
class NanCountsAsBetter(EarlyStopping):
    def step(self, loss, model):
        if not loss >= self.best - self.min_delta:
            self.best = loss
            self.bad_epochs = 0
            self.state = copy.deepcopy(model.state_dict())
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience


@misconception(
    "EarlyStopping",
    says="`best` follows every small gain, also one below `min_delta`. In the lesson only a better epoch changes `best`; "
    "otherwise a loss that creeps down never counts as better.",
    section=STOPPING,
)
class SmallGainsMoveTheBest(EarlyStopping):
    def step(self, loss, model):
        stop = super().step(loss, model)
        self.best = min(self.best, loss)
        return stop


@misconception(
    "EarlyStopping",
    says="The state of every epoch is kept, so `restore` brings back the last one. Copy the state only when an epoch is better.",
    section=KEEPING,
)
class LastStateKept(EarlyStopping):
    def step(self, loss, model):
        stop = super().step(loss, model)
        self.state = copy.deepcopy(model.state_dict())
        return stop


@misconception(
    "EarlyStopping",
    says="Only the parameters come back. The buffers, such as the running mean of batch normalization, belong to the state, "
    "too: use `state_dict()` and `load_state_dict`.",
    section=KEEPING,
)
class BuffersLeft(EarlyStopping):
    def restore(self, model):
        if self.state is not None:
            with torch.no_grad():
                for name, parameter in model.named_parameters():
                    parameter.copy_(self.state[name])


# --- label_smoothing_loss


def _cross_entropy(labels, logits):
    return -(labels * functional.log_softmax(logits, dim=1)).sum(dim=1).mean()


def _one_hot(y, logits):
    return functional.one_hot(y, logits.shape[1]).to(logits.dtype)


@misconception(
    "label_smoothing_loss",
    says="The smoothing is shared among the *other* C - 1 classes. The lesson gives smoothing / C to each of the C classes, the "
    "right one included.",
    section=SMOOTHING,
)
def mass_over_the_other_classes(logits, y, smoothing):
    right = _one_hot(y, logits)
    return _cross_entropy((1 - smoothing) * right + smoothing / (logits.shape[1] - 1) * (1 - right), logits)


@misconception(
    "label_smoothing_loss",
    says="The right class has lost its own share: it has 1 - smoothing, and the labels do not add up to 1. It gets "
    "smoothing / C on top.",
    section=SMOOTHING,
)
def share_of_the_right_class_lost(logits, y, smoothing):
    right = _one_hot(y, logits)
    return _cross_entropy((1 - smoothing) * right + smoothing / logits.shape[1] * (1 - right), logits)


@misconception(
    "label_smoothing_loss",
    says="Softmax is applied twice: the probabilities go where the logits belong. log-softmax takes the plain scores.",
    section=SMOOTHING,
)
def probabilities_for_logits(logits, y, smoothing):
    labels = (1 - smoothing) * _one_hot(y, logits) + smoothing / logits.shape[1]
    return _cross_entropy(labels, logits.softmax(dim=1))


@misconception(
    "label_smoothing_loss",
    says="The losses of the rows are added up. The lesson takes their mean.",
    section=SMOOTHING,
)
def summed_over_the_rows(logits, y, smoothing):
    labels = (1 - smoothing) * _one_hot(y, logits) + smoothing / logits.shape[1]
    return _cross_entropy(labels, logits) * len(logits)


@misconception(
    "label_smoothing_loss",
    says="The mean is taken over all N·C products. A row's loss is the *sum* over its classes; the mean is over the rows alone.",
    section=SMOOTHING,
)
def mean_over_rows_and_classes(logits, y, smoothing):
    labels = (1 - smoothing) * _one_hot(y, logits) + smoothing / logits.shape[1]
    return -(labels * functional.log_softmax(logits, dim=1)).mean()


@misconception(
    "label_smoothing_loss",
    says="`smoothing` and `1 - smoothing` have changed places. The right class keeps 1 - smoothing, and smoothing is shared out.",
    section=SMOOTHING,
)
def smoothing_turned_round(logits, y, smoothing):
    return _cross_entropy(smoothing * _one_hot(y, logits) + (1 - smoothing) / logits.shape[1], logits)


@misconception(
    "label_smoothing_loss",
    says="The logarithm is taken after softmax. For large scores a probability is rounded to 0, and its logarithm is infinite; "
    "log-softmax does both in one step and stays finite.",
    section=SMOOTHING,
)
def logarithm_of_softmax(logits, y, smoothing):
    labels = (1 - smoothing) * _one_hot(y, logits) + smoothing / logits.shape[1]
    return -(labels * logits.softmax(dim=1).log()).sum(dim=1).mean()


@misconception(
    "label_smoothing_loss",
    says="PyTorch's own argument `label_smoothing` does the work. It is off limits here: smooth the labels yourself.",
    section=SMOOTHING,
)
def smoothed_by_pytorch(logits, y, smoothing):
    return functional.cross_entropy(logits, y, label_smoothing=smoothing)


# --- mixup


def _lam(alpha, gen):
    return float(np.random.default_rng(int(torch.randint(2**62, (), generator=gen))).beta(alpha, alpha))


def _partner(x, gen):
    return torch.randperm(len(x), generator=gen).to(x.device)


@misconception(
    "mixup",
    says="The labels are not blended. A picture that is 70 per cent cat needs a label that says so: blend y with the same lam "
    "and the same partners.",
    section=MIXUP,
)
def labels_unmixed(x, y, alpha, gen):
    if alpha == 0:
        return x, y, 1.0
    lam, partner = _lam(alpha, gen), _partner(x, gen)
    return lam * x + (1 - lam) * x[partner], y, lam


@misconception(
    "mixup",
    says="Samples and labels get two different permutations, so the label of a blend belongs to another partner. Draw one, and "
    "use it for both.",
    section=MIXUP,
)
def two_permutations(x, y, alpha, gen):
    if alpha == 0:
        return x, y, 1.0
    lam, partner, other = _lam(alpha, gen), _partner(x, gen), _partner(x, gen)
    return lam * x + (1 - lam) * x[partner], lam * y + (1 - lam) * y[other], lam


@misconception(
    "mixup",
    says="lam is drawn evenly between 0 and 1, whatever alpha is. The lesson draws it from Beta(alpha, alpha), which for a small "
    "alpha lies mostly near 0 or 1.",
    section=MIXUP,
)
def lam_uniform(x, y, alpha, gen):
    if alpha == 0:
        return x, y, 1.0
    lam, partner = float(torch.rand((), generator=gen, dtype=torch.float64)), _partner(x, gen)
    return lam * x + (1 - lam) * x[partner], lam * y + (1 - lam) * y[partner], lam


@misconception(
    "mixup",
    says="lam is drawn from Beta(alpha, 1). The lesson's distribution is symmetric, Beta(alpha, alpha).",
    section=MIXUP,
)
def second_parameter_is_one(x, y, alpha, gen):
    if alpha == 0:
        return x, y, 1.0
    seed = int(torch.randint(2**62, (), generator=gen))
    lam, partner = float(np.random.default_rng(seed).beta(alpha, 1)), _partner(x, gen)
    return lam * x + (1 - lam) * x[partner], lam * y + (1 - lam) * y[partner], lam


@misconception(
    "mixup",
    says="lam and 1 - lam have changed places: what comes back as lam is the partner's share. In the lesson each sample keeps "
    "lam of itself, and its partner gets 1 - lam.",
    section=MIXUP,
)
def lam_for_the_partner(x, y, alpha, gen):
    if alpha == 0:
        return x, y, 1.0
    lam, partner = _lam(alpha, gen), _partner(x, gen)
    return (1 - lam) * x + lam * x[partner], (1 - lam) * y + lam * y[partner], lam


@misconception(
    "mixup",
    says="Each sample draws its partner for itself, so one row may be the partner of several and another of none. The lesson "
    "draws a permutation: each row is a partner exactly once.",
    section=MIXUP,
)
def partners_drawn_twice(x, y, alpha, gen):
    if alpha == 0:
        return x, y, 1.0
    lam = _lam(alpha, gen)
    partner = torch.randint(len(x), (len(x),), generator=gen).to(x.device)
    return lam * x + (1 - lam) * x[partner], lam * y + (1 - lam) * y[partner], lam


@misconception(
    "mixup",
    says="Each sample's partner is its neighbour, every time. The lesson draws the partners at random, by `torch.randperm`.",
    section=MIXUP,
)
def partner_is_the_neighbour(x, y, alpha, gen):
    if alpha == 0:
        return x, y, 1.0
    lam = _lam(alpha, gen)
    return lam * x + (1 - lam) * x.roll(1, 0), lam * y + (1 - lam) * y.roll(1, 0), lam


@misconception(
    "mixup",
    says="lam and the partners come from the global generator, so `gen` decides nothing. Draw everything from `gen`.",
    section=DICE,
)
def mixed_by_the_global_generator(x, y, alpha, gen):
    if alpha == 0:
        return x, y, 1.0
    lam = torch.distributions.Beta(alpha, alpha).sample().item()
    partner = torch.randperm(len(x)).to(x.device)
    return lam * x + (1 - lam) * x[partner], lam * y + (1 - lam) * y[partner], lam


@misconception(
    "mixup",
    says="With alpha 0 the batch is blended half and half. In the lesson nothing is blended then, and lam is 1.",
    section=MIXUP,
)
def alpha_zero_is_half(x, y, alpha, gen):
    lam = _lam(alpha, gen) if alpha > 0 else 0.5
    partner = _partner(x, gen)
    return lam * x + (1 - lam) * x[partner], lam * y + (1 - lam) * y[partner], lam


# --- augment


def _cut(padded, corners, height, width):
    return torch.stack(
        [image[:, top : top + height, left : left + width] for image, (top, left) in zip(padded, corners, strict=True)]
    )


def _corners(n, gen, highest=8):
    return torch.randint(highest + 1, (n, 2), generator=gen).tolist()


@misconception(
    "augment",
    says="One shift is drawn for the whole batch. The lesson draws one for each image.",
    section=AUGMENTATION,
)
def one_shift_for_the_batch(images, gen):
    padded = functional.pad(images, (4, 4, 4, 4))
    return _cut(padded, _corners(1, gen) * len(images), *images.shape[2:])


@misconception(
    "augment",
    says="The shifts come from the global generator, as those of `v2.RandomCrop` do. Draw them from `gen`, and cut with "
    "`v2.functional.crop`.",
    section=DICE,
)
def shifted_by_the_global_generator(images, gen):
    crop = v2.RandomCrop(tuple(images.shape[2:]), padding=4)
    return torch.stack([crop(image) for image in images])


@misconception(
    "augment",
    says="The images come back with the border on. Cut a piece of the old size out of the larger image.",
    section=AUGMENTATION,
)
def border_left_on(images, gen):
    return functional.pad(images, (4, 4, 4, 4))


@misconception(
    "augment",
    says="The largest shift never comes: the end of `torch.randint` is not included. There are nine places, 0 to 8, so the end "
    "is 9.",
    section=AUGMENTATION,
)
def eight_places_for_nine(images, gen):
    return _cut(functional.pad(images, (4, 4, 4, 4)), _corners(len(images), gen, 7), *images.shape[2:])


@misconception(
    "augment",
    says="An image is shifted down as far as it is shifted to the right. The two sides are drawn independently of each other.",
    section=AUGMENTATION,
)
def same_shift_both_ways(images, gen):
    corners = [(top, top) for top, _ in _corners(len(images), gen)]
    return _cut(functional.pad(images, (4, 4, 4, 4)), corners, *images.shape[2:])


@misconception(
    "augment",
    says="What leaves the image on one side comes in on the other. The lesson fills up with zeros.",
    section=AUGMENTATION,
)
def wrapped_round(images, gen):
    shifts = [(4 - top, 4 - left) for top, left in _corners(len(images), gen)]
    return torch.stack([image.roll(shift, (1, 2)) for image, shift in zip(images, shifts, strict=True)])


@misconception(
    "augment",
    says="The border repeats the image's edge. The lesson's border is made of zeros.",
    section=AUGMENTATION,
)
def edge_repeated(images, gen):
    padded = v2.functional.pad(images, [4, 4, 4, 4], padding_mode="edge")
    return _cut(padded, _corners(len(images), gen), *images.shape[2:])


# --- ema_update_


def _copy_buffers(ema, model):
    for kept, buffer in zip(ema.buffers(), model.buffers(), strict=True):
        kept.copy_(buffer)


@misconception(
    "ema_update_",
    says="`decay` and `1 - decay` have changed places: the average jumps to the model. The average keeps `decay` of itself.",
    section=AVERAGE,
)
@torch.no_grad()
def decay_reversed(ema, model, decay):
    for average, parameter in zip(ema.parameters(), model.parameters(), strict=True):
        average.copy_((1 - decay) * average + decay * parameter)
    _copy_buffers(ema, model)


@misconception(
    "ema_update_",
    says="The update is recorded by autograd: the average hangs on a graph that grows with every step, or PyTorch refuses. "
    "Wrap it in `torch.no_grad()`.",
    section=AVERAGE,
)
def graph_kept(ema, model, decay):
    for average, parameter in zip(ema.parameters(), model.parameters(), strict=True):
        average.mul_(decay).add_((1 - decay) * parameter)
    _copy_buffers(ema, model)


@misconception(
    "ema_update_",
    says="The buffers are left behind, so the average normalizes with the statistics of its first day. Copy them from the model.",
    section=AVERAGE,
)
@torch.no_grad()
def buffers_left(ema, model, decay):
    for average, parameter in zip(ema.parameters(), model.parameters(), strict=True):
        average.copy_(decay * average + (1 - decay) * parameter)


@misconception(
    "ema_update_",
    says="The buffers are averaged, too. The lesson averages the parameters alone and copies the buffers.",
    section=AVERAGE,
)
@torch.no_grad()
def buffers_averaged(ema, model, decay):
    for average, value in zip(ema.state_dict().values(), model.state_dict().values(), strict=True):
        average.copy_(decay * average + (1 - decay) * value)


@misconception(
    "ema_update_",
    says="The average holds the model's own buffers, not copies of them: whatever the model does to them next, the average does, "
    "too. Write into the average's own tensors, by `copy_`.",
    section=AVERAGE,
)
@torch.no_grad()
def buffers_shared(ema, model, decay):
    for average, parameter in zip(ema.parameters(), model.parameters(), strict=True):
        average.copy_(decay * average + (1 - decay) * parameter)
    for inner, outer in zip(ema.modules(), model.modules(), strict=True):
        for name, _ in inner.named_buffers(recurse=False):
            setattr(inner, name, getattr(outer, name))


@misconception(
    "ema_update_",
    says="Only the first level of the model is averaged: `children()` does not look into what the children hold. `parameters()` "
    "does.",
    section=AVERAGE,
)
@torch.no_grad()
def first_level_only(ema, model, decay):
    for inner, outer in zip(ema.children(), model.children(), strict=True):
        for name, average in inner.named_parameters(recurse=False):
            average.copy_(decay * average + (1 - decay) * getattr(outer, name))
    _copy_buffers(ema, model)


# --- norm_noise


def _deviations(layer, X, batches):
    outputs = torch.stack([layer(X[batch.to(X.device)])[0].detach() for batch in batches])
    return outputs.std(dim=0)


def _batches(X, batch_size, trials, gen):
    first = torch.zeros(1, dtype=torch.int64)
    for _ in range(trials):
        yield torch.cat([first, 1 + torch.randperm(len(X) - 1, generator=gen)[: batch_size - 1]])


@misconception(
    "norm_noise",
    says="The companions are drawn once and stay the same in every trial, so nothing scatters. Draw new ones in each trial.",
    section=NOISE,
)
def companions_fixed(norm, X, batch_size, trials, gen):
    batch = next(_batches(X, batch_size, 1, gen))
    return _deviations(copy.deepcopy(norm).train(), X, [batch] * trials).mean().item()


@misconception(
    "norm_noise",
    says="The layer runs in eval mode, where it uses its running statistics and the companions do not matter. The noise is there "
    "in training mode.",
    section=NOISE,
)
def in_eval_mode(norm, X, batch_size, trials, gen):
    return _deviations(copy.deepcopy(norm).eval(), X, _batches(X, batch_size, trials, gen)).mean().item()


@misconception(
    "norm_noise",
    says="This is the mean of the variances. The lesson asks for the standard deviation, its root.",
    section=NOISE,
)
def variance_for_deviation(norm, X, batch_size, trials, gen):
    found = _deviations(copy.deepcopy(norm).train(), X, _batches(X, batch_size, trials, gen))
    return (found**2).mean().item()


@misconception(
    "norm_noise",
    says="The deviations of the features are added up. The lesson takes their mean.",
    section=NOISE,
)
def summed_over_features(norm, X, batch_size, trials, gen):
    return _deviations(copy.deepcopy(norm).train(), X, _batches(X, batch_size, trials, gen)).sum().item()


@misconception(
    "norm_noise",
    says="The deviation is taken over the rows of a batch. The lesson follows one row, X[0], over the trials.",
    section=NOISE,
)
def deviation_over_the_batch(norm, X, batch_size, trials, gen):
    layer = copy.deepcopy(norm).train()
    batches = _batches(X, batch_size, trials, gen)
    outputs = torch.stack([layer(X[batch.to(X.device)]).detach() for batch in batches])
    return outputs.std(dim=1).mean().item()


@misconception(
    "norm_noise",
    says="The module that was given is used itself: its running statistics move with every trial. Work with a deep copy.",
    section=NOISE,
)
def module_changed(norm, X, batch_size, trials, gen):
    mode = norm.training
    found = _deviations(norm.train(), X, _batches(X, batch_size, trials, gen)).mean().item()
    norm.train(mode)
    return found


@misconception(
    "norm_noise",
    says="The companions are drawn with repetition, so a row may sit twice in a batch. The lesson draws different rows: a piece "
    "of a permutation.",
    section=NOISE,
)
def companions_drawn_twice(norm, X, batch_size, trials, gen):
    draws = [1 + torch.randint(len(X) - 1, (batch_size - 1,), generator=gen) for _ in range(trials)]
    batches = [torch.cat([torch.zeros(1, dtype=torch.int64), others]) for others in draws]
    return _deviations(copy.deepcopy(norm).train(), X, batches).mean().item()
