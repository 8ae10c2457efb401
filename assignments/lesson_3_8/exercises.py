# %%
"""Lesson 3.8: the training loop in practice, case studies.

Numbers of parameters, tokens and operations are ints or floats, as large as they come. Text is trained on character by
character: each character has an *id*, an int from 0, and a text is a tensor of ids, `(n,)`, int64. `gen` is a generator on
the CPU and the only source of randomness where it is given; how many numbers are drawn from it, and in which order, is up to
you. PyTorch's global random state is never moved, except by making a `CharModel`. No argument is changed.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from torch import nn

# %%
# --- Exercise 1 · Counting with a pencil ---


def transformer_parameters(config: dict[str, Any]) -> int:
    """Return how many parameters a GPT-like transformer has.

    Its parts are, with the model's width d and the inner width f:

    - a table of token embeddings, one row of d numbers for each token of the vocabulary, and a table of learned positions, one
      row of d for each position of the context;
    - in each block: the attention's four linear layers (query, key, value, output), each from d to d with a bias; the
      feed-forward part's two, from d to f and from f back to d, each with a bias; and two layer norms, each with a scale
      and a shift of d numbers;
    - after the blocks one more layer norm, and the head: a linear layer from d to the vocabulary without a bias. Where the
      head is *tied*, it uses the table of token embeddings as its weight, and so has no parameters of its own.

    The number of attention heads plays no part: they divide the d outputs among themselves.

    Args:
        config: the ints `"vocab"`, `"d_model"` (d), `"layers"` (blocks, 0 or more), `"d_ff"` (f), `"context"`, and the bool
            `"tied"`.

    Returns:
        The number, an int. GPT-2, with 50,257 tokens, d = 768, 12 blocks, f = 3,072, a context of 1,024 and a tied head, has
        124,439,808.
    """
    # TODO: Add up both tables, the blocks, the final norm, and the head if it is not tied.
    raise NotImplementedError('transformer_parameters is not written yet: read "Counting parameters" in assignments/lesson_3_8/README.md')


# %%
def training_flops(n_params: float, n_tokens: float) -> float:
    """Return about how many floating-point operations it takes to train a model once on so many tokens: 6 N D.

    For each token every parameter takes part in one multiplication and one addition on the way forward, and in four more
    operations on the way back.

    Args:
        n_params: N, the number of parameters.
        n_tokens: D, the number of tokens.

    Returns:
        The number of operations, an int or a float.
    """
    # TODO: Six operations for each parameter and token.
    raise NotImplementedError('training_flops is not written yet: read "Counting operations" in assignments/lesson_3_8/README.md')


# %%
def compute_optimal(flops: float) -> tuple[float, float]:
    """Return the size of the model and the number of tokens that make the best of a budget, by the rule D = 20 N.

    The rule of thumb says: give each parameter 20 tokens. Both numbers together spend the whole budget, counted by
    `training_flops`.

    Args:
        flops: the budget, the number of floating-point operations, above 0.

    Returns:
        `(params, tokens)`, two floats, not rounded.
    """
    # TODO: Put D = 20 N into C = 6 N D and solve for N.
    raise NotImplementedError('compute_optimal is not written yet: read "How large a model, how much text" in assignments/lesson_3_8/README.md')


# %%
def adam_memory_bytes(n_params: int, mixed: bool) -> dict[str, int]:
    """Return how many bytes training with Adam keeps for the parameters of a model, without activations.

    In float32, each parameter takes 4 bytes for the weight, 4 for its gradient and 4 for each of Adam's two moments. With
    mixed precision the weight and the gradient take 2 bytes each, the moments stay float32, and there is a master copy of the
    weight in float32 besides, to which the updates are added.

    Args:
        n_params: the number of parameters.
        mixed: whether precision is mixed.

    Returns:
        A dict of ints with the keys `"weights"`, `"gradients"`, `"master"` (0 where there is none), `"moments"` (both
        together) and `"total"`.
    """
    # TODO: Bytes for each parameter, times their number, and the sum.
    raise NotImplementedError('adam_memory_bytes is not written yet: read "Counting bytes" in assignments/lesson_3_8/README.md')


# %%
def mfu(n_params: float, tokens_per_second: float, peak_flops: float) -> float:
    """Return the model FLOPs utilization: which fraction of what the hardware could do goes into training.

    That is the operations that the tokens of one second take (`training_flops`) over the operations that the hardware could do
    in one second at best.

    Args:
        n_params: the number of parameters.
        tokens_per_second: how many tokens training gets through in a second, all devices together.
        peak_flops: the operations a second that all devices together could do at best, above 0.

    Returns:
        The fraction as a float, 0.4 for 40 per cent. It is not clipped.
    """
    # TODO: Operations for one second's tokens, over the peak.
    raise NotImplementedError('mfu is not written yet: read "How busy the hardware is" in assignments/lesson_3_8/README.md')

# %%
# --- Exercise 2 · Text as training data ---


def char_vocabulary(text: str) -> tuple[dict[str, int], list[str]]:
    """Return the ids of the characters of a text, and the characters of the ids.

    Each character that occurs gets one id. The ids run from 0 without gaps, in the sorted order of the characters (as
    Python's `sorted` has it: by code point). Capital letters, blanks and line breaks are characters like any others.

    Args:
        text: any text; it may be empty.

    Returns:
        `(stoi, itos)`: a dict from a character to its id, and a list that has at place i the character with the id i.
    """
    # TODO: Sort the different characters and number them.
    raise NotImplementedError('char_vocabulary is not written yet: read "Characters as numbers" in assignments/lesson_3_8/README.md')


# %%
def char_batch(
    data: torch.Tensor, context: int, batch_size: int, gen: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a batch of windows of a text, and for each of their positions the character that comes next.

    A window is `context` ids that follow each other in `data`; its targets are the ids one position further on. Each row's window
    is drawn by itself from all that have a target for each position: every one of them, the first and the last included,
    is equally likely, whatever the other rows are; one may be drawn twice, and the rows are in no order.

    Args:
        data: the ids, `(n,)`, int64.
        context: T, the length of a window, at least 1.
        batch_size: B, how many windows, at least 1.
        gen: the only source of randomness, on the CPU wherever `data` is.

    Returns:
        `(x, y)`, both `(B, T)`, int64, on the device of `data`: `y[i, t]` is what follows `x[i, t]`. They share no memory with
        `data`.

    Raises:
        ValueError: if n is not above `context`, so that there is no window with all its targets.
    """
    # TODO: Refuse a text that is too short; draw the starts; gather windows one longer; cut off an end of each.
    raise NotImplementedError('char_batch is not written yet: read "Windows and targets" in assignments/lesson_3_8/README.md')

# %%
# --- Exercise 3 · A causal language model ---


class CharModel(nn.Module):
    """A small language model: for each position of a window it tells which character may come next.

    It is *causal*: what it gives for position t depends on the characters at positions 0 to t and on no later one. It depends
    on more than the last one: an earlier character changes what it gives for a position, too. It takes windows of any length T
    from 1 to `context`. Its outputs are logits: numbers of either sign, as large as they come, that nobody has normalized or
    squashed.

    Everything else is up to you, such as how many layers there are and of which kind; the page builds a model with one head
    of attention. There is no dropout, and no row of a batch depends on another one. With 60 steps of Adam at the
    learning rate 0.01, `dim=16` and `context=8` it learns a text that goes round and round through a few different characters,
    such as `abcabcabc…`, to a mean cross-entropy under 0.5.
    """

    def __init__(self, vocab: int, dim: int, context: int) -> None:
        """Make the layers.

        Args:
            vocab: V, how many different characters there are, at least 1.
            dim: the width of the model, at least 1; of what is up to you.
            context: the length of the longest window, at least 1.
        """
        super().__init__()
        # TODO: Make the embeddings of characters and positions, the three layers of the attention, and the head.
        raise NotImplementedError('CharModel is not written yet: read "A model that does not see the future" in assignments/lesson_3_8/README.md')

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the logits of the next character for each position.

        Args:
            ids: `(B, T)`, int64, from 0 to V - 1, with B at least 1 and T from 1 to `context`.

        Returns:
            `(B, T, V)`, in the dtype of the model's parameters and on their device.
        """
        # TODO: Embed; let each position look at itself and at those before it; add what it saw; apply the head.
        raise NotImplementedError('CharModel is not written yet: read "A model that does not see the future" in assignments/lesson_3_8/README.md')

# %%
# --- Exercise 4 · A run that survives ---


def train_with_checkpoints(
    data: torch.Tensor,
    config: dict[str, Any],
    steps: int,
    path: str | Path,
    every: int,
    stop_at: int | None = None,
) -> list[float]:
    """Train a `CharModel` on a text, with checkpoints from which a killed run goes on as if nothing had happened.

    A step draws a batch (`char_batch`), takes the mean cross-entropy over all its positions, and makes one update with Adam
    (`torch.optim.Adam`, at the learning rate `lr`, everything else as it comes). Each time the number of steps done is a multiple
    of `every`, and after the last step, a checkpoint is written to `path` in place of the one before: everything that the
    rest of the run depends on.

    If there is a file at `path` in the beginning, it is a checkpoint of a run with the same data and config, and the run goes on
    from there, *bit for bit*: the history of a run that was killed and resumed, however often, equals that of one that
    was not, number for number. The file alone is enough: it may have been copied to another place, and the program that wrote
    it may have ended long ago. `every` and `steps` may be others than those of the run that wrote it. If that one had done
    `steps` steps or more, nothing is trained, and its history is returned.

    `stop_at` plays the kill: when so many steps are done, counted from the very first one, the function returns at once and
    writes no checkpoint any more, not even if one would have been due. If they were done already when the run was
    resumed, or if the run has fewer steps, it plays no part.

    The weights at the start and the batches depend on `config["seed"]` and on nothing else. The global random state is not moved.

    Args:
        data: the ids of the text, `(n,)`, int64. The vocabulary has as many characters as its largest id says, plus 1. Model and
            batches are on its device.
        config: the ints `"dim"` and `"context"` of the model, the int `"batch_size"`, the float `"lr"` and the int `"seed"`.
        steps: how many steps the whole run has, at least 1.
        path: the file of the checkpoint; its folder exists. How it is laid out is up to you.
        every: how many steps lie between two checkpoints, at least 1.
        stop_at: None, or the number of steps after which the run is killed, at least 1.

    Returns:
        The loss of every step done so far, from the very first one, each taken before its update: a list of Python floats.
    """
    # TODO: Make model, optimizer and generator from the seed; load what is there; step, save when due, stop when told.
    raise NotImplementedError('train_with_checkpoints is not written yet: read "A run that survives" in assignments/lesson_3_8/README.md')
