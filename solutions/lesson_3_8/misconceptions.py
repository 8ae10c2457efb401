"""Lesson 3.8: the wrong answers that students really give."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import nn

from autograder.worker.misconception import misconception
from solutions.lesson_3_8 import exercises as lesson

# --- transformer_parameters


def _count(config, *, biases=True, positions=True, norms=2, final=True, tied=None):
    d, f = config["d_model"], config["d_ff"]
    block = 4 * d * d + 2 * d * f + norms * 2 * d
    if biases:
        block += 4 * d + f + d
    tokens = config["vocab"] * d
    total = tokens + config["layers"] * block
    total += config["context"] * d if positions else 0
    total += 2 * d if final else 0
    return total + (0 if (config["tied"] if tied is None else tied) else tokens)


@misconception(
    "transformer_parameters",
    says="The tied head is counted, too. It uses the table of token embeddings as its weight, so it is counted once, with "
    "the table.",
    section="Counting parameters",
)
def tied_head_counted_twice(config):
    return _count(config, tied=False)


@misconception(
    "transformer_parameters",
    says="The biases of the linear layers are left out. In the lesson all of them have one, except for the head.",
    section="Counting parameters",
)
def no_biases(config):
    return _count(config, biases=False)


@misconception(
    "transformer_parameters",
    says="The table of positions is left out: `context` rows of `d_model` numbers that are learned like any others.",
    section="Counting parameters",
)
def no_positions(config):
    return _count(config, positions=False)


@misconception(
    "transformer_parameters",
    says="A block has one layer norm here. The lesson's has two: one before the attention, one before the feed-forward "
    "part.",
    section="Counting parameters",
)
def one_norm_a_block(config):
    return _count(config, norms=1)


@misconception(
    "transformer_parameters",
    says="The layer norm after the last block is left out.",
    section="Counting parameters",
)
def no_final_norm(config):
    return _count(config, final=False)


@misconception(
    "transformer_parameters",
    says="The head is counted with a bias of one number for each token of the vocabulary. The lesson's head has none.",
    section="Counting parameters",
)
def head_with_a_bias(config):
    return _count(config) + (0 if config["tied"] else config["vocab"])


@misconception(
    "transformer_parameters",
    says="The inner width is taken to be four times the width, whatever `d_ff` says.",
    section="Counting parameters",
)
def always_four_times_the_width(config):
    return _count(config | {"d_ff": 4 * config["d_model"]})


# --- training_flops


@misconception(
    "training_flops",
    says="2 N D counts the forward pass alone. The backward pass takes twice as many operations again, 6 N D in all.",
    section="Counting operations",
)
def forward_only(n_params, n_tokens):
    return 2 * n_params * n_tokens


@misconception(
    "training_flops",
    says="Parameters and tokens are added. Every token meets every parameter, so the lesson multiplies them.",
    section="Counting operations",
)
def added_up(n_params, n_tokens):
    return 6 * (n_params + n_tokens)


@misconception(
    "training_flops",
    says="That is 4 N D, which is too few: 4 operations for each parameter and token are those of the backward pass alone, and "
    "the forward pass has 2 more, 6 N D in all.",
    section="Counting operations",
)
def four_for_each_pair(n_params, n_tokens):
    return 4 * n_params * n_tokens


# --- compute_optimal


@misconception(
    "compute_optimal",
    says="The 6 is lost: with C = 6 N D and D = 20 N, the budget is 120 N², not 20 N².",
    section="How large a model, how much text",
)
def six_lost(flops):
    params = math.sqrt(flops / 20)
    return params, 20 * params


@misconception(
    "compute_optimal",
    says="The root is missing: the budget is 120 N², so N is the root of C / 120.",
    section="How large a model, how much text",
)
def root_lost(flops):
    params = flops / 120
    return params, 20 * params


@misconception(
    "compute_optimal",
    says="The two numbers are swapped. The lesson's order is parameters, then tokens.",
    section="How large a model, how much text",
)
def params_and_tokens_swapped(flops):
    params = math.sqrt(flops / 120)
    return 20 * params, params


@misconception(
    "compute_optimal",
    says="The numbers are rounded. The lesson leaves them as they come out.",
    section="How large a model, how much text",
)
def rounded_numbers(flops):
    params = float(round(math.sqrt(flops / 120)))
    return params, 20 * params


# --- adam_memory_bytes


def _memory(n_params, weights, gradients, master, moments):
    parts = {"weights": weights, "gradients": gradients, "master": master, "moments": moments}
    memory = {name: size * n_params for name, size in parts.items()}
    return memory | {"total": sum(memory.values())}


@misconception(
    "adam_memory_bytes",
    says="Only one moment is counted. Adam keeps two for each parameter: of the gradient, and of its square.",
    section="Counting bytes",
)
def one_moment(n_params, mixed):
    return _memory(n_params, 2, 2, 4, 4) if mixed else _memory(n_params, 4, 4, 0, 4)


@misconception(
    "adam_memory_bytes",
    says="The master copy is left out. With mixed precision the updates are added to a copy of the weights in float32.",
    section="Counting bytes",
)
def no_master_copy(n_params, mixed):
    return _memory(n_params, 2, 2, 0, 8) if mixed else _memory(n_params, 4, 4, 0, 8)


@misconception(
    "adam_memory_bytes",
    says="With mixed precision the moments are counted with 2 bytes each. They stay float32, 4 bytes each.",
    section="Counting bytes",
)
def moments_in_half_precision(n_params, mixed):
    return _memory(n_params, 2, 2, 4, 4) if mixed else _memory(n_params, 4, 4, 0, 8)


@misconception(
    "adam_memory_bytes",
    says="There is a master copy without mixed precision, too. There the weights are float32 already.",
    section="Counting bytes",
)
def master_copy_always(n_params, mixed):
    return _memory(n_params, 2, 2, 4, 8) if mixed else _memory(n_params, 4, 4, 4, 8)


# --- mfu


@misconception(
    "mfu",
    says="2 operations a parameter and token are those of the forward pass alone. Training takes 6.",
    section="How busy the hardware is",
)
def forward_pass_only(n_params, tokens_per_second, peak_flops):
    return 2 * n_params * tokens_per_second / peak_flops


@misconception(
    "mfu",
    says="The share is given in per cent. The lesson's is a number such as 0.4.",
    section="How busy the hardware is",
)
def in_percent(n_params, tokens_per_second, peak_flops):
    return 100 * 6 * n_params * tokens_per_second / peak_flops


@misconception(
    "mfu",
    says="The fraction is upside down: it is what is done over what could be done.",
    section="How busy the hardware is",
)
def upside_down(n_params, tokens_per_second, peak_flops):
    return peak_flops / (6 * n_params * tokens_per_second)


# --- char_vocabulary


@misconception(
    "char_vocabulary",
    says="The ids follow the order in which the characters first appear. The lesson sorts the characters.",
    section="Characters as numbers",
)
def in_order_of_appearance(text):
    itos = list(dict.fromkeys(text))
    return {character: place for place, character in enumerate(itos)}, itos


@misconception(
    "char_vocabulary",
    says="The ids start at 1. The lesson's start at 0, so that they fit the rows of an embedding.",
    section="Characters as numbers",
)
def ids_from_one(text):
    itos = sorted(set(text))
    return {character: place for place, character in enumerate(itos, start=1)}, itos


@misconception(
    "char_vocabulary",
    says="Every character of the text gets an id, also one that had one before. The lesson gives each different character "
    "one.",
    section="Characters as numbers",
)
def repeated_characters(text):
    itos = sorted(text)
    return {character: place for place, character in enumerate(itos)}, itos


@misconception(
    "char_vocabulary",
    says="Blanks and line breaks at the ends of the text are cut off. In the lesson they are characters like any others.",
    section="Characters as numbers",
)
def stripped(text):
    itos = sorted(set(text.strip()))
    return {character: place for place, character in enumerate(itos)}, itos


@misconception(
    "char_vocabulary",
    says="Capital letters are taken for small ones. In the lesson they are characters of their own.",
    section="Characters as numbers",
)
def in_small_letters(text):
    itos = sorted(set(text.lower()))
    return {character: place for place, character in enumerate(itos)}, itos


@misconception(
    "char_vocabulary",
    says="The two are swapped: first comes the dict from characters to ids, then the list of the characters.",
    section="Characters as numbers",
)
def swapped(text):
    itos = sorted(set(text))
    return itos, {character: place for place, character in enumerate(itos)}


# --- char_batch


def _refuse(data, context):
    if len(data) <= context:
        raise ValueError("too short")


def _gather(data, starts, length):
    return data[starts.to(data.device) + torch.arange(length, device=data.device)]


@misconception(
    "char_batch",
    says="The targets are the windows themselves, so the model would learn to copy. The lesson's targets are one place "
    "further on.",
    section="Windows and targets",
)
def targets_equal_the_windows(data, context, batch_size, gen):
    _refuse(data, context)
    x = _gather(data, torch.randint(len(data) - context, (batch_size, 1), generator=gen), context)
    return x, x.clone()


@misconception(
    "char_batch",
    says="A window may start so late that its last target lies beyond the end of the text.",
    section="Windows and targets",
)
def beyond_the_end(data, context, batch_size, gen):
    _refuse(data, context)
    starts = torch.randint(len(data) - context + 1, (batch_size, 1), generator=gen)
    windows = _gather(data, starts, context)
    return windows, data[starts.to(data.device) + torch.arange(1, context + 1, device=data.device)]


@misconception(
    "char_batch",
    says="The last window is never drawn. There are n - context windows with all their targets, and `randint` leaves its "
    "upper end out by itself.",
    section="Windows and targets",
)
def last_window_lost(data, context, batch_size, gen):
    _refuse(data, context)
    starts = torch.randint(max(len(data) - context - 1, 1), (batch_size, 1), generator=gen)
    windows = _gather(data, starts, context + 1)
    return windows[:, :-1].clone(), windows[:, 1:].clone()


@misconception(
    "char_batch",
    says="All rows have the same window. The lesson draws a window for each row.",
    section="Windows and targets",
)
def one_window_for_all(data, context, batch_size, gen):
    _refuse(data, context)
    start = torch.randint(len(data) - context, (1, 1), generator=gen).expand(batch_size, 1)
    windows = _gather(data, start, context + 1)
    return windows[:, :-1].clone(), windows[:, 1:].clone()


@misconception(
    "char_batch",
    says="The windows are drawn from PyTorch's global generator. The lesson draws from `gen`, so that a run can be "
    "repeated.",
    section="Windows and targets",
)
def global_generator(data, context, batch_size, gen):
    _refuse(data, context)
    windows = _gather(data, torch.randint(len(data) - context, (batch_size, 1)), context + 1)
    return windows[:, :-1].clone(), windows[:, 1:].clone()


@misconception(
    "char_batch",
    says="No window comes twice in a batch. The lesson draws each row's window by itself from all of them, so one may be drawn "
    "twice.",
    section="Windows and targets",
)
def never_twice(data, context, batch_size, gen):
    _refuse(data, context)
    number = len(data) - context
    if batch_size > number:
        starts = torch.randint(number, (batch_size, 1), generator=gen)
    else:
        starts = torch.randperm(number, generator=gen)[:batch_size].unsqueeze(1)
    windows = _gather(data, starts, context + 1)
    return windows[:, :-1].clone(), windows[:, 1:].clone()


@misconception(
    "char_batch",
    says="The starts are sorted, so the windows of a batch are in the order of the text. The lesson draws each row's window by "
    "itself and sorts nothing.",
    section="Windows and targets",
)
def sorted_starts(data, context, batch_size, gen):
    _refuse(data, context)
    starts = torch.randint(len(data) - context, (batch_size, 1), generator=gen).sort(dim=0).values
    windows = _gather(data, starts, context + 1)
    return windows[:, :-1].clone(), windows[:, 1:].clone()


# --- CharModel


@misconception(
    "CharModel",
    says="What the model gives for a place depends on characters after it, which it is to guess. The lesson's model is causal: "
    "the score of each later place is minus infinity before the softmax, so that it has no share at all.",
    section="A model that does not see the future",
)
class SeesTheFuture(lesson.CharModel):
    def forward(self, ids):
        length = ids.shape[1]
        h = self.characters(ids) + self.places(torch.arange(length, device=ids.device))
        scores = self.query(h) @ self.key(h).transpose(1, 2) / math.sqrt(h.shape[2])
        return self.head(h + scores.softmax(dim=2) @ self.value(h))


@misconception(
    "CharModel",
    says="The outputs go through a softmax. The lesson's are logits: cross-entropy takes care of the rest.",
    section="A model that does not see the future",
)
class SoftmaxAtTheEnd(lesson.CharModel):
    def forward(self, ids):
        return super().forward(ids).softmax(dim=2)


@misconception(
    "CharModel",
    says="The model takes windows of the full length alone. The lesson's takes any length from 1 to `context`.",
    section="A model that does not see the future",
)
class FixedLength(lesson.CharModel):
    def __init__(self, vocab, dim, context):
        super().__init__(vocab, dim, context)
        self.context = context

    def forward(self, ids):
        if ids.shape[1] != self.context:
            raise ValueError("another length")
        return super().forward(ids)


@misconception(
    "CharModel",
    says="Each place knows its own character and nothing of those before it. The lesson's model looks back.",
    section="A model that does not see the future",
)
class LastCharacterOnly(lesson.CharModel):
    def forward(self, ids):
        return self.head(self.characters(ids) + self.places(torch.arange(ids.shape[1], device=ids.device)))


@misconception(
    "CharModel",
    says="No output is beyond 1, whatever the weights are: the last thing squashes them. The lesson's outputs are logits, as "
    "they come out of the last linear layer.",
    section="A model that does not see the future",
)
class OutputsSquashed(lesson.CharModel):
    def forward(self, ids):
        return super().forward(ids).tanh()


# --- train_with_checkpoints


def _run(data, config, steps, path, every, stop_at, keep=("model", "optimizer", "generator", "history"), **odd):
    """The reference's run; `keep` says what is put back at the start, `odd` what else is different."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config["seed"])
        model = lesson.CharModel(int(data.max()) + 1, config["dim"], config["context"]).to(data.device)
    optimizer = odd.get("optimizer", torch.optim.Adam)(model.parameters(), lr=config["lr"])
    gen = torch.Generator().manual_seed(odd.get("seed", config["seed"]))
    history = []
    if Path(path).exists():
        saved = torch.load(path, map_location=data.device)
        model.load_state_dict(saved["model"])
        if "optimizer" in keep:
            optimizer.load_state_dict(saved["optimizer"])
        if "generator" in keep:
            gen.set_state(saved["generator"].cpu())
        history = saved["history"] if "history" in keep else []
        history = history[: max(len(history) - odd.get("late", 0), 0)]
    while len(history) < steps:
        x, y = lesson.char_batch(data, config["context"], config["batch_size"], gen)
        first = -1 if odd.get("last_place") else 0
        loss = nn.functional.cross_entropy(model(x)[:, first:].flatten(0, 1), y[:, first:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if odd.get("after"):
            loss = nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten())
        history.append(loss.item())
        if len(history) == stop_at:
            break
        if len(history) % every == 0 or (len(history) == steps and not odd.get("last_unsaved")):
            state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
            torch.save(state | {"generator": gen.get_state(), "history": history}, path)
    return history


@misconception(
    "train_with_checkpoints",
    says="The state of the generator is lost, so after resuming the batches start again from the first one.",
    section="A run that survives",
)
def generator_lost(data, config, steps, path, every, stop_at=None):
    return _run(data, config, steps, path, every, stop_at, keep=("model", "optimizer", "history"))


@misconception(
    "train_with_checkpoints",
    says="The state of the optimizer is lost, so Adam's averages start again from 0 after resuming.",
    section="A run that survives",
)
def optimizer_lost(data, config, steps, path, every, stop_at=None):
    return _run(data, config, steps, path, every, stop_at, keep=("model", "generator", "history"))


@misconception(
    "train_with_checkpoints",
    says="After resuming, the count of the steps is one behind, so one step too many is made.",
    section="A run that survives",
)
def step_off_by_one(data, config, steps, path, every, stop_at=None):
    return _run(data, config, steps, path, every, stop_at, late=1)


@misconception(
    "train_with_checkpoints",
    says="After resuming, the history begins again, so the losses from before the kill are missing.",
    section="A run that survives",
)
def history_lost(data, config, steps, path, every, stop_at=None):
    if not Path(path).exists():
        return _run(data, config, steps, path, every, stop_at)
    done = len(torch.load(path)["history"])
    return _run(data, config, steps, path, every, stop_at)[done:]


@misconception(
    "train_with_checkpoints",
    says="The file at `path` is not looked at, so every call starts from the beginning.",
    section="A run that survives",
)
def never_resumed(data, config, steps, path, every, stop_at=None):
    Path(path).unlink(missing_ok=True)
    return _run(data, config, steps, path, every, stop_at)


@misconception(
    "train_with_checkpoints",
    says="The killed run still writes a checkpoint. A kill does not ask; what was not saved before is lost.",
    section="A run that survives",
)
def saved_at_the_kill(data, config, steps, path, every, stop_at=None):
    if stop_at is None:
        return _run(data, config, steps, path, every, None)
    return _run(data, config, stop_at, path, every, None)


@misconception(
    "train_with_checkpoints",
    says="The history has the losses from after the updates. The lesson's has each step's loss from before its update.",
    section="A run that survives",
)
def loss_after_the_update(data, config, steps, path, every, stop_at=None):
    return _run(data, config, steps, path, every, stop_at, after=True)


@misconception(
    "train_with_checkpoints",
    says="Only the last place of each window counts. The lesson's loss is the mean over all places: each has a target.",
    section="A run that survives",
)
def last_place_only(data, config, steps, path, every, stop_at=None):
    return _run(data, config, steps, path, every, stop_at, last_place=True)


@misconception(
    "train_with_checkpoints",
    says="No checkpoint is written after the last step unless one is due there anyway. The lesson writes one, so that a run with "
    "more steps goes on from there.",
    section="A run that survives",
)
def last_step_not_saved(data, config, steps, path, every, stop_at=None):
    return _run(data, config, steps, path, every, stop_at, last_unsaved=True)


@misconception(
    "train_with_checkpoints",
    says="The weights follow the seed, and the batches do not: their generator has the same start whatever "
    '`config["seed"]` is.',
    section="A run that survives",
)
def batches_of_a_fixed_seed(data, config, steps, path, every, stop_at=None):
    return _run(data, config, steps, path, every, stop_at, seed=0)


@misconception(
    "train_with_checkpoints",
    says="The updates are those of AdamW, which also pulls the weights towards 0. The lesson's are those of `torch.optim.Adam`.",
    section="A run that survives",
)
def updates_by_adam_w(data, config, steps, path, every, stop_at=None):
    return _run(data, config, steps, path, every, stop_at, optimizer=torch.optim.AdamW)


@misconception(
    "train_with_checkpoints",
    says="What the run depends on is kept in memory and not in the file, so nothing is left of it once the program has ended. "
    "The lesson's file alone is enough.",
    section="A run that survives",
)
def kept_in_memory(data, config, steps, path, every, stop_at=None):
    hidden = Path(path).with_name(
        f".{Path(path).name}"
    )  # where a program that goes on has it, and a copy of the file has not
    if Path(path).exists() and not hidden.exists():
        Path(path).unlink()
    history = _run(data, config, steps, hidden, every, stop_at)
    if hidden.exists():
        torch.save({}, path)
    return history


@misconception(
    "train_with_checkpoints",
    says="`stop_at` takes the place of the number of steps: a kill that lies beyond the last step makes the run longer. "
    "It should play no part there.",
    section="A run that survives",
)
def trained_up_to_the_kill(data, config, steps, path, every, stop_at=None):
    return _run(data, config, steps if stop_at is None else max(steps, stop_at), path, every, stop_at)
