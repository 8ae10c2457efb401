# %%
"""Lesson 3.5: large-scale training, data parallelism and hardware.

The page of this lesson, README.md, explains every idea and works an example for every exercise. A *rank* is the number of a
worker, from 0; the *world size* is how many workers there are. A `loss_fn(y, y_hat)` takes the targets first and returns a
0-D tensor, the mean over the rows of whatever it measures. Unless it says otherwise, a function works on the device and in
the dtype of its arguments and changes none of them; the global random state never moves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
from torch import nn

# %%
# --- Exercise 1 · Shards and their mean ---


def shard(batch: Any, world_size: int, rank: int) -> Any:
    """Return the rows of a batch that belong to one rank, as `torch.tensor_split` cuts them (you may call it).

    The N rows stay in their order and are cut into `world_size` pieces; rank r gets piece r. The pieces are as even as can
    be: where N is not divisible, the first `N % world_size` ranks have one row more than the others. With fewer rows than
    ranks the last ranks get an empty piece: no rows, all the other dimensions as they were.

    Args:
        batch: a tensor of N rows, `(N, …)`, of any dtype, or tuples, lists and dicts of such tensors, nested in any way.
            N may be 0. Types derived from the three do not occur in it, and neither do parts of any
            other kind.
        world_size: the number of ranks, at least 1; it may be larger than N.
        rank: whose rows, from 0 to `world_size - 1`.

    Returns:
        The same nesting: a tuple for a tuple, a list for a list, a dict with the same keys in the same order for a dict,
        with the rank's rows in place of each tensor. These may share memory with the batch.

    Raises:
        ValueError: for a rank under 0, or of `world_size` or above, whatever the batch, also where it holds no tensor at all.
    """
    # TODO: Refuse a wrong rank; cut a tensor; go into a tuple, a list or a dict.
    raise NotImplementedError('shard is not written yet: read "Cutting a batch into shards" in assignments/lesson_3_5/README.md')


# %%
def all_reduce_mean(grads: list[list[torch.Tensor]], sizes: list[int] | None = None) -> list[torch.Tensor]:
    """Return the mean over the ranks of each parameter's gradient, as every rank has it after an all-reduce.

    With `sizes`, rank r weighs `sizes[r]` divided by the sum of the sizes. So if each gradient is that of a mean over the
    rank's own rows, the result is the gradient of the mean over *all* rows. A rank of size 0 has no say at all, whatever
    its gradients hold: they may be NaN, as those of an empty shard are. A NaN of a rank with rows stays: the mean is NaN there,
    too. Without `sizes`, all ranks weigh the same.

    Args:
        grads: `grads[rank][parameter]`, a list of at least one rank; each rank has the same number of tensors, of the
            same shapes, 0-D included, all float32 or all float64. There may be no parameters at all (empty lists).
        sizes: how many rows each rank had, whole numbers of which at least one is above 0; None for equal weights.

    Returns:
        One tensor for each parameter, in their order, of the gradients' shape and dtype and on their device. They are new
        tensors that share no memory with the old ones, also if there is only one rank.
    """
    # TODO: Go through the parameters; add up the ranks' gradients, each times its rank's fraction of the rows.
    raise NotImplementedError('all_reduce_mean is not written yet: read "The mean of the gradients" in assignments/lesson_3_5/README.md')


# %%
def data_parallel_step(
    model: nn.Module,
    loss_fn: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    X: torch.Tensor,
    y: torch.Tensor,
    world_size: int,
    lr: float,
) -> float:
    """Take one step of plain SGD as `world_size` workers would take it together, all of them played by this one process.

    Each rank has its `shard` of the rows, takes the loss of that shard, and back-propagates it. The ranks' gradients are
    averaged so that the result is the gradient of the whole batch, and then there is *one* update of each parameter,
    `parameter - lr * gradient`. Loss and updated model equal those of a step on the whole batch, also where the shards
    are uneven or empty.

    The model is called as `model(x)`, and on the rows of one shard at a time: no call has more rows than the largest shard.
    An empty shard may be left out. Gradients that lie in `.grad` before the call play no part; afterwards `.grad` may hold
    anything. The model keeps its mode.

    Args:
        model: maps `(B, D)` to predictions with B rows; it has no dropout and no batch normalization. Every parameter
            that requires a gradient takes part in the loss and is updated in place; the others stay as they are.
        loss_fn: `loss_fn(y, y_hat)`, a mean over rows; of an empty shard it is NaN.
        X: features, `(N, D)`, N at least 1, of the model's dtype and on its device.
        y: targets, N rows, of any shape and dtype that `loss_fn` takes.
        world_size: the number of workers, at least 1; it may be larger than N.
        lr: the learning rate.

    Returns:
        The loss of the whole batch before the update, a Python float.
    """
    # TODO: Collect the gradients of the ranks that have rows, average them by the sizes, and update once.
    raise NotImplementedError('data_parallel_step is not written yet: read "One step by many workers" in assignments/lesson_3_5/README.md')

# %%
# --- Exercise 2 · Real processes ---


def ddp_worker(
    rank: int, world_size: int, init_method: str, X: torch.Tensor, y: torch.Tensor, lr: float, steps: int
) -> dict[str, torch.Tensor]:
    """Train a linear model as one of `world_size` real processes; each process calls this function with its own rank.

    Join the process group with the backend "gloo". Make the model, `nn.Linear(D, 1)`, once and before anything else is
    drawn; do not seed. Each process draws other weights, so all of them take over those of rank 0. Then take `steps` steps
    of plain SGD on the mean squared error of the *whole* batch, though each process calls its model on its own `shard`
    alone. At the end destroy the process group.

    After it all ranks have the same parameters, and they equal those of one process that starts from rank 0's model and
    takes the same steps on all rows, also where shards are uneven or empty. Every function of `torch.distributed` is allowed,
    and so is `DistributedDataParallel`. (Beware: it averages as if all shards were equally large. And `del` the wrapper before
    you destroy the group, for PyTorch may hang where the wrapper lives on.)

    This function works on the CPU alone, whatever other devices there are: gloo is made for tensors that lie there. Drawing
    the weights moves the process's global random state.

    Args:
        rank: this process's number, from 0 to `world_size - 1`.
        world_size: how many processes there are, at least 1; it may be larger than N.
        init_method: where the processes meet, such as `file:///tmp/meeting`: what `init_process_group` wants.
        X: the features of the whole batch, `(N, D)`, float32, on the CPU; N is at least 1. Every process is given them.
        y: the targets of the whole batch, `(N, 1)`, float32, on the CPU.
        lr: the learning rate.
        steps: how many steps, 0 or more.

    Returns:
        The `state_dict` of the linear layer: the keys `weight`, `(1, D)`, and `bias`, `(1,)`, with nothing before them.
    """
    # TODO: Join, broadcast the start, add up the ranks' parts of the gradient in each step, leave.
    raise NotImplementedError('ddp_worker is not written yet: read "Real processes" in assignments/lesson_3_5/README.md')

# %%
# --- Exercise 3 · Large batches, few digits ---


def accumulate_gradients(
    model: nn.Module,
    loss_fn: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    batches: list[tuple[torch.Tensor, torch.Tensor]],
) -> float:
    """Leave in `.grad` the gradient that all batches together, as one large batch, would give; update nothing.

    Old gradients are cleared once, at the start. Then the batches go through the model one after the other, and each is
    back-propagated before the next goes in: that is what saves memory, for a batch's graph is gone before the
    next one is built. (So do not add up losses and call `backward` once.) Batches may differ in their numbers of rows,
    and every *row* weighs the same.

    Args:
        model: maps `(B, D)` to predictions with B rows; it has no dropout and no batch normalization. It keeps its weights
            and its mode. Every parameter that requires a gradient takes part in the loss; the others keep `.grad` None.
        loss_fn: `loss_fn(y, y_hat)`, a mean over rows.
        batches: a list of at least one tuple `(x, y)`, each with 1 row or more, of the model's dtype and on its device;
            y may have any shape and dtype that `loss_fn` takes.

    Returns:
        The loss of all rows together, a Python float.
    """
    # TODO: Count the rows; clear the gradients; back-propagate each batch's part of the whole loss.
    raise NotImplementedError('accumulate_gradients is not written yet: read "Gradient accumulation" in assignments/lesson_3_5/README.md')


# %%
def autocast_step(
    model: nn.Module,
    loss_fn: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    X: torch.Tensor,
    y: torch.Tensor,
    optimizer: torch.optim.Optimizer,
    dtype: torch.dtype = torch.bfloat16,
) -> float:
    """Take one training step in mixed precision: the forward pass and the loss run inside of `torch.autocast`.

    Autocast is switched on for the kind of device that `X` lives on (`X.device.type`), with the given `dtype`, and is off
    again afterwards. The model itself is not converted: its parameters and their gradients are float32 before and after.
    Clear the old gradients, back-propagate, and let the optimizer step once. The model keeps its mode. `backward` may
    run inside or outside of autocast; PyTorch's documentation recommends outside.

    Args:
        model: float32, on the device of `X`.
        loss_fn: `loss_fn(y, y_hat)`, a mean over rows; call it inside of autocast, too.
        X: features, `(N, D)`, float32, N at least 1, on any device.
        y: targets, N rows, on the same device.
        optimizer: any optimizer of the model's parameters.
        dtype: what autocast computes in, `torch.bfloat16` or `torch.float16`. (The loss is not scaled.)

    Returns:
        The loss before the update, a Python float.
    """
    # TODO: Run model and loss under autocast; then clear, back-propagate and step as always.
    raise NotImplementedError('autocast_step is not written yet: read "Mixed precision" in assignments/lesson_3_5/README.md')

# %%
# --- Exercise 4 · The plan on paper ---


def ring_all_reduce_bytes(n: int, size: float) -> float:
    """Return how many bytes each worker sends during one all-reduce on a ring.

    That is `2 (n - 1) / n * size`: n - 1 steps in which sums travel round, and n - 1 in which the results do, each
    step with an n-th of the data.

    Args:
        n: the number of workers, at least 1. A single worker sends nothing.
        size: the bytes that are reduced (those of all gradients of *one* worker), an int or a float, 0 or more.

    Returns:
        The bytes that one worker sends, a Python float.
    """
    # TODO: Count the steps and what travels in each.
    raise NotImplementedError('ring_all_reduce_bytes is not written yet: read "Bytes on the wire" in assignments/lesson_3_5/README.md')


# %%
def scaling_efficiency(times: dict[int, float]) -> dict[int, float]:
    """Return for each number of workers how much of the ideal speed-up was reached.

    With n workers the same work should take an n-th of the time that one worker takes. The efficiency is
    `times[1] / (n * times[n])`: 1.0 is ideal, 0.5 means that half of the hardware's time is lost. Above 1 happens, too
    (each worker's part may suddenly fit into its fast memory), and is returned as it is.

    Args:
        times: number of workers (1 or more) to the seconds for the same work (above 0), in any order.

    Returns:
        Number of workers to efficiency, a dict of Python floats with the keys in the order of `times`.

    Raises:
        ValueError: where `times` has no entry for 1 worker, also where it is empty.
    """
    # TODO: Refuse a table without one worker, then compare each entry with it.
    raise NotImplementedError('scaling_efficiency is not written yet: read "Scaling efficiency" in assignments/lesson_3_5/README.md')
