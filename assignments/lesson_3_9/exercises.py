# %%
"""Lesson 3.9: what's next after the training loop?

Samples are rows: `X` is `(N, D)`. Class labels `y` are `(N,)`, int64, from 0. A `loss_fn(y, y_hat)` takes the targets
first and returns a 0-D tensor, the mean over the rows. The *head* of a model is the last `nn.Linear` that
`model.modules()` yields (a layer of a class that is made from `nn.Linear` is one, too); everything else of the model is
its *backbone*. All tensors of a call live on one device, the model's, and floating tensors have the model's dtype,
float32 or float64, unless a docstring says more. No argument is changed, except for what a docstring names.
"""

from __future__ import annotations

import copy
import math
import types
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from torch import nn

# Pairs of features and targets, as a DataLoader gives them; it can be gone through as often as one likes.
Loader = Iterable[tuple[torch.Tensor, torch.Tensor]]

# %%
# --- Exercise 1 · A pretrained backbone ---


def freeze(module: nn.Module) -> nn.Module:
    """Stop a module from learning, for good, and return it.

    Two things end. No parameter of the module, at any depth, requires a gradient any more. And from now on the module
    computes as in eval mode, also after `train()` was called on it or on a model that it is a part of: dropout, at any
    depth, drops nothing, and batch normalization, at any depth, uses its running statistics and does not change them.
    Whether its `training` attributes are True or False then is up to you, and so is how you do it.

    Nothing else changes: the parameters keep their values, gradients can still flow through the module to its input, and
    a model around the module, with its other parts, trains as before.

    Args:
        module: any module, in any mode. It is changed in place. It may be frozen already.

    Returns:
        The same module.
    """

    # TODO: Turn off the gradients; switch to eval mode, and see that nothing switches it back.
    raise NotImplementedError('freeze is not written yet: read "Freezing the backbone" in assignments/lesson_3_9/README.md')


# %%
def replace_head(model: nn.Module, n_classes: int) -> nn.Module:
    """Put a new linear layer with `n_classes` outputs in the place of the model's head, and return the model.

    The new head is an `nn.Linear` with a bias. It has as many inputs as the old one, lies on the same device and has the same
    dtype. Its weights are fresh, drawn as PyTorch draws those of any new linear layer, from the global generator, and both its
    weights and its bias require gradients, also if the old head was frozen. The rest of the model stays as it is, the same
    objects with the same values and the same settings.

    Args:
        model: holds at least one `nn.Linear`, at any depth: in an attribute, in `nn.Sequential` within `nn.Sequential` and
            the like. It is changed in place. Each of its modules stands in one place.
        n_classes: how many outputs, at least 1.

    Returns:
        The same model.

    Raises:
        ValueError: if no `nn.Linear` lies inside the model. (A model that is itself an `nn.Linear` has no place in which
            its head could be replaced, so it counts as one with none inside.)
    """
    # TODO: Find the name of the last linear layer, make the new one, and set it on the module that holds the old one.
    raise NotImplementedError('replace_head is not written yet: read "A new head" in assignments/lesson_3_9/README.md')


# %%
def parameter_groups(model: nn.Module, lr_backbone: float, lr_head: float) -> list[dict[str, Any]]:
    """Return the parameter groups with which an optimizer trains the backbone and the head at different learning rates.

    Only parameters that require gradients go in, each once. The parameters of the head are in the second group, all others in
    the first; a group without parameters is left out. A parameter that the head shares with another layer counts as the
    head's. Within a group the order is that of `model.parameters()`.

    Args:
        model: holds at least one `nn.Linear`, or is one (then there is no backbone). It is not changed.
        lr_backbone: the learning rate of the backbone.
        lr_head: the learning rate of the head.

    Returns:
        A list of at most two dicts, backbone first, each with exactly these keys: `"params"`, a list of the parameters
        themselves (no copies), and `"lr"`, a float. It is empty where nothing requires gradients.
    """
    # TODO: Find the head; sort the trainable parameters into the head's and all others; leave out what is empty.
    raise NotImplementedError('parameter_groups is not written yet: read "Two learning rates" in assignments/lesson_3_9/README.md')


# %%
def fine_tune(
    model: nn.Module, X: torch.Tensor, y: torch.Tensor, n_classes: int, epochs: int, lr: float, seed: int
) -> nn.Module:
    """Return a copy of a pretrained model with a new head that has learned a new task, on a frozen backbone.

    This is a *linear probe*: the backbone does not learn.

    Copy the model deeply, `freeze` the copy, and give it a new head (`replace_head`). Then train the head alone: in each of
    `epochs` epochs take one step of Adam with the learning rate `lr` (`torch.optim.Adam`, everything else as it comes) on
    the mean cross-entropy of all rows. During training the backbone computes as in eval mode: batch normalization keeps its
    running statistics, and dropout drops nothing.

    The new head's weights depend on `seed` and on nothing else: the same seed gives the same model, another seed another
    one. The global random state is afterwards what it was before. How the numbers are drawn is up to you.

    Args:
        model: a pretrained classifier that takes `(N, D)` and ends in its head, with an `nn.Linear` inside. It is not
            changed: neither weights nor buffers, gradients, settings or mode.
        X: features, `(N, D)`, N at least 1.
        y: the labels of the new task, `(N,)`, int64, from 0 to `n_classes - 1`.
        n_classes: how many classes the new task has, at least 2.
        epochs: how many steps, 0 or more; with 0 the new head is fresh.
        lr: the learning rate.
        seed: an int.

    Returns:
        The trained copy: `(N, D)` to logits `(N, n_classes)`. Its mode, and what lies in the head's `.grad`, are up to you; of
        its parameters only the head's require gradients.
    """
    # TODO: Copy, freeze, set the seed where it harms nobody, put in the head, and take the steps.
    raise NotImplementedError('fine_tune is not written yet: read "Fine-tuning" in assignments/lesson_3_9/README.md')

# %%
# --- Exercise 2 · Learning without labels ---


class Autoencoder(nn.Module):
    """A network that squeezes its input into a short code and rebuilds the input from it.

    `encode` makes the code, `decode` rebuilds, and calling the model does the one after the other. The rebuilt values may be
    any numbers, negative or large: the last thing that `decode` does is a linear layer, with a bias. Encoder and decoder
    share no parameters. How many layers there are, how wide they are and which activation functions they have is up to you;
    so are their names. There is no dropout and no normalization layer, so the same input always gives the same output, in
    both modes.

    It learns by the course's training loop: with 400 steps of Adam at the learning rate 0.01, on all rows at once, and
    `code_dim=2`, its squared error on data that two hidden numbers describe is under half of that of always predicting
    the mean.
    """

    def __init__(self, input_dim: int, code_dim: int) -> None:
        """Make the layers.

        Args:
            input_dim: D, how many features a row has, at least 1.
            code_dim: C, how many numbers a code has, at least 1.
        """
        super().__init__()
        # TODO: Make an encoder that ends in code_dim numbers and a decoder that ends in input_dim numbers.
        raise NotImplementedError('Autoencoder is not written yet: read "Learning without labels" in assignments/lesson_3_9/README.md')

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """Return the codes of the rows of x.

        Args:
            x: `(N, D)`, N at least 1.

        Returns:
            `(N, C)`; each row depends on its own row of x alone.
        """
        # TODO: Send x through the encoder.
        raise NotImplementedError('Autoencoder is not written yet: read "Learning without labels" in assignments/lesson_3_9/README.md')

    def decode(self, code: torch.Tensor) -> torch.Tensor:
        """Return what the codes stand for.

        Args:
            code: `(N, C)`, N at least 1, whether it came from `encode` or not.

        Returns:
            `(N, D)`; each row depends on its own code alone.
        """
        # TODO: Send the codes through the decoder.
        raise NotImplementedError('Autoencoder is not written yet: read "Learning without labels" in assignments/lesson_3_9/README.md')

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x rebuilt from its codes: nothing else of x gets through.

        Args:
            x: `(N, D)`, N at least 1.

        Returns:
            `(N, D)`.
        """
        # TODO: Encode, then decode.
        raise NotImplementedError('Autoencoder is not written yet: read "Learning without labels" in assignments/lesson_3_9/README.md')


# %%
def masked_reconstruction_loss(x: torch.Tensor, x_hat: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the mean squared error over the elements at which the mask is True.

    The other elements have no say at all, also where they are infinite or NaN. Where the mask is nowhere True, the loss is 0.

    Args:
        x: the targets, of any shape, with one dimension or more; there may be no elements.
        x_hat: the reconstruction, of x's shape.
        mask: of x's shape, bool: True where an element counts.

    Returns:
        A 0-D tensor on x's device and in x's dtype. It is differentiable with respect to `x_hat`; the gradient is 0 where the
        mask is False, also where an element is infinite or NaN there. (If the mask is nowhere True, there may be a graph
        or none.)
    """
    # TODO: Pick the elements that count, and take the mean of their squared errors; none give 0.
    raise NotImplementedError('masked_reconstruction_loss is not written yet: read "Guessing what is hidden" in assignments/lesson_3_9/README.md')

# %%
# --- Exercise 3 · All of module 3 in one class ---


class Trainer:
    """The course's training loop with all that came after it, in one piece.

    Batches are pairs `(x, y)`; each is moved to the device of the model's parameters before it is used. `loss_fn(y, y_hat)`
    is a mean over the rows of a batch. Wherever this class gives a loss, it is the mean over all *samples*: a short last batch
    counts for the samples that it has. In training, a batch's loss is taken before its update.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        loss_fn: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        scheduler: torch.optim.lr_scheduler.LRScheduler | None = None,
        max_norm: float | None = None,
        patience: int | None = None,
    ) -> None:
        """Keep what training needs; this is written already.

        Args:
            model: what is trained, in place. It has parameters.
            optimizer: holds the model's parameters.
            loss_fn: `loss_fn(y, y_hat)`, a mean over rows.
            scheduler: if given, takes one step after every epoch, without an argument.
            max_norm: if given, the global norm of all the model's gradients is clipped to it before every update
                (`torch.nn.utils.clip_grad_norm_` is allowed).
            patience: if given, `fit` stops after this many epochs in a row whose validation loss is not below the lowest one
                before; at least 1.
        """
        self.model = model
        self.optimizer = optimizer
        self.loss_fn = loss_fn
        self.scheduler = scheduler
        self.max_norm = max_norm
        self.patience = patience

    def fit(self, train: Loader, validation: Loader, epochs: int) -> dict[str, list[float]]:
        """Train for some epochs and return the losses.

        An epoch goes once through `train`, in training mode, with one update a batch: gradients cleared, loss,
        back-propagation, clipping, optimizer step. Then comes the validation loss (`evaluate`), then the scheduler's step, also
        in the epoch in which the fit stops.

        With `patience`, every fit counts its epochs anew, and the lowest loss before its first epoch is infinity: as long as no
        validation loss was a finite number, none is an improvement, and a NaN never is. At the end, whether the
        fit was stopped or not, the model has the parameters and buffers that it had after the epoch with the lowest validation
        loss (the first of equal ones); if no loss was a finite number, those of the end. The optimizer and the scheduler are
        not set back. Without `patience` the model stays as the last epoch left it.

        Args:
            train: the batches to learn from; at least one sample.
            validation: the batches to check on; at least one sample. The model does not learn from them.
            epochs: how many at most, 0 or more.

        Returns:
            `{"train": […], "validation": […]}`: two lists of floats, one for each epoch that was carried out, the one in which it
            stopped included. The model's mode after a fit may be either.
        """
        # TODO: Go through the epochs: batches, evaluate, scheduler, patience; in the end restore the best.
        raise NotImplementedError('Trainer is not written yet: read "The Trainer" in assignments/lesson_3_9/README.md')

    def evaluate(self, loader: Loader) -> float:
        """Return the mean loss over the samples of a loader, in eval mode, without gradients.

        Nothing is learned: parameters, buffers, gradients and optimizer stay as they are, and afterwards every part of the model
        is in the mode in which it was.

        Args:
            loader: batches; at least one sample.

        Returns:
            The loss as a float.
        """
        # TODO: Note the modes, evaluate without a graph, and put the modes back.
        raise NotImplementedError('Trainer is not written yet: read "The Trainer" in assignments/lesson_3_9/README.md')

    def save(self, path: str | Path) -> None:
        """Write what a training run needs to go on into a file; an old file there is replaced.

        That is the state of the model, of the optimizer, and of the scheduler if there is one. How the file is laid out is
        up to you.

        Args:
            path: the file; its folder exists.
        """
        # TODO: Collect the state dicts, and save them.
        raise NotImplementedError('Trainer is not written yet: read "The Trainer" in assignments/lesson_3_9/README.md')

    def load(self, path: str | Path) -> None:
        """Take over what `save` wrote, in place, so that training goes on exactly as it would have gone on there.

        This trainer was made like the one that saved: the same kinds of model, optimizer and scheduler with the same options. Its
        model may have other weights and lie on another device; it stays on its device.

        Args:
            path: a file that `save` wrote.
        """
        # TODO: Read the file onto the model's device, and hand each part its state.
        raise NotImplementedError('Trainer is not written yet: read "The Trainer" in assignments/lesson_3_9/README.md')

# %%
# --- Exercise 4 · The quiz of module 3 ---


def quiz() -> dict[int, str]:
    """Return your answers to the ten questions of the page.

    Every question has one best answer, and each is worth the same. A question that is not answered earns nothing, and
    costs nothing beyond that.

    Returns:
        The number of each question, an int from 1 to 10, with the letter of your answer, "A", "B", "C" or "D" (a small
        letter counts as well): `{1: "A", 2: "A", …, 10: "A"}`, but with your letters.
    """
    # TODO: Answer the ten questions of the page: a dictionary from each number to a letter.
    raise NotImplementedError('quiz is not written yet: read "The quiz" in assignments/lesson_3_9/README.md')
