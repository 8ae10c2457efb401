"""Lesson 3.5: the wrong answers that students really give."""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import nn

from autograder.worker.misconception import misconception
from solutions.lesson_3_5.exercises import all_reduce_mean as reduced
from solutions.lesson_3_5.exercises import shard as rows_of

# --- shard


def _in_parts(batch, world_size, rank, cut):
    """Go into a nested batch as the lesson does; `cut` takes a tensor's rows."""
    if not 0 <= rank < world_size:
        raise ValueError("no such rank")
    if isinstance(batch, torch.Tensor):
        return cut(batch)
    if isinstance(batch, dict):
        return {key: _in_parts(part, world_size, rank, cut) for key, part in batch.items()}
    return type(batch)(_in_parts(part, world_size, rank, cut) for part in batch)


@misconception(
    "shard",
    says="Every rank gets N // world_size rows, and the rows that are left over go to nobody. In the lesson no row is lost: "
    "the first ranks take one more.",
    section="Cutting a batch into shards",
)
def tail_lost(batch, world_size, rank):
    def cut(t):
        size = len(t) // world_size
        return t[rank * size : (rank + 1) * size]

    return _in_parts(batch, world_size, rank, cut)


@misconception(
    "shard",
    says="The rows are dealt out like cards, every `world_size`-th row to the same rank. The lesson cuts the batch into "
    "pieces of neighbouring rows.",
    section="Cutting a batch into shards",
)
def interleaved(batch, world_size, rank):
    return _in_parts(batch, world_size, rank, lambda t: t[rank::world_size])


@misconception(
    "shard",
    says="Neighbouring shards overlap: every rank starts at rank * (N // world_size) and takes a rounded-up number of rows, "
    "so some rows are worked on twice. In the lesson every row belongs to one rank.",
    section="Cutting a batch into shards",
)
def overlapping(batch, world_size, rank):
    def cut(t):
        start = rank * (len(t) // world_size)
        return t[start : start - (-len(t) // world_size)]

    return _in_parts(batch, world_size, rank, cut)


@misconception(
    "shard",
    says="The last rank takes all the rows that are left over, and the others wait for it. The lesson gives one row more to "
    "each of the first ranks.",
    section="Cutting a batch into shards",
)
def rest_to_the_last(batch, world_size, rank):
    def cut(t):
        size = len(t) // world_size
        return t[rank * size :] if rank == world_size - 1 else t[rank * size : (rank + 1) * size]

    return _in_parts(batch, world_size, rank, cut)


@misconception(
    "shard",
    says="Every rank takes a rounded-up number of rows as long as there are any, as `torch.chunk` does, so the last ranks "
    "may get few or none. The lesson's shards differ by one row at most.",
    section="Cutting a batch into shards",
)
def rounded_up_pieces(batch, world_size, rank):
    def cut(t):
        size = -(-len(t) // world_size)
        return t[rank * size : (rank + 1) * size]

    return _in_parts(batch, world_size, rank, cut)


@misconception(
    "shard",
    says="A rank that does not exist is accepted, and gets another rank's rows or an error by chance. The lesson raises a "
    "ValueError.",
    section="Cutting a batch into shards",
)
def any_rank_accepted(batch, world_size, rank):
    if isinstance(batch, torch.Tensor):
        return torch.tensor_split(batch, world_size)[rank % world_size]
    if isinstance(batch, dict):
        return {key: any_rank_accepted(part, world_size, rank) for key, part in batch.items()}
    return type(batch)(any_rank_accepted(part, world_size, rank) for part in batch)


@misconception(
    "shard",
    says="The rank is looked at where a tensor is cut, so a batch without tensors accepts any rank. The lesson raises a "
    "ValueError whatever the batch.",
    section="Cutting a batch into shards",
)
def rank_checked_at_tensors(batch, world_size, rank):
    if isinstance(batch, torch.Tensor):
        return rows_of(batch, world_size, rank)
    if isinstance(batch, dict):
        return {key: rank_checked_at_tensors(part, world_size, rank) for key, part in batch.items()}
    return type(batch)(rank_checked_at_tensors(part, world_size, rank) for part in batch)


@misconception(
    "shard",
    says="Only tensors and tuples of tensors are cut; a list or a dict comes back with all its rows. The lesson goes into "
    "every tuple, list and dict.",
    section="Cutting a batch into shards",
)
def only_tuples(batch, world_size, rank):
    if not 0 <= rank < world_size:
        raise ValueError("no such rank")
    if isinstance(batch, tuple):
        return tuple(only_tuples(part, world_size, rank) for part in batch)
    if isinstance(batch, torch.Tensor):
        return torch.tensor_split(batch, world_size)[rank]
    return batch


# --- all_reduce_mean


@misconception(
    "all_reduce_mean",
    says="The gradients are added up and never divided, so the step grows with the number of workers. The lesson takes "
    "their mean.",
    section="The mean of the gradients",
)
def sum_for_mean(grads, sizes=None):
    used = [r for r in range(len(grads)) if sizes is None or sizes[r] > 0]
    return [torch.stack([grads[r][p] for r in used]).sum(dim=0) for p in range(len(grads[0]))]


@misconception(
    "all_reduce_mean",
    says="Each gradient is multiplied by its rank's rows, and nobody divides by the number of all rows. A mean was asked for.",
    section="The mean of the gradients",
)
def weighted_sum_for_mean(grads, sizes=None):
    factor = len(grads) if sizes is None else sum(sizes)
    return [factor * mean for mean in reduced(grads, sizes)]


@misconception(
    "all_reduce_mean",
    says="A NaN is replaced by 0 wherever it is, so a rank that diverged is hidden. The lesson leaves ranks without rows out, "
    "and a NaN of a rank with rows stays.",
    section="The mean of the gradients",
)
def nan_hidden(grads, sizes=None):
    return reduced(
        [[torch.nan_to_num(grad, nan=0.0, posinf=0.0, neginf=0.0) for grad in rank] for rank in grads], sizes
    )


@misconception(
    "all_reduce_mean",
    says="All ranks weigh the same, whatever `sizes` says: a mean of means. In the lesson a rank weighs as much as it has "
    "rows.",
    section="The mean of the gradients",
)
def mean_of_means(grads, sizes=None):
    used = [r for r in range(len(grads)) if sizes is None or sizes[r] > 0]
    return [torch.stack([grads[r][p] for r in used]).mean(dim=0) for p in range(len(grads[0]))]


@misconception(
    "all_reduce_mean",
    says="The result is written into the first rank's own gradients. The lesson makes new tensors and leaves the old ones "
    "as they were.",
    section="The mean of the gradients",
)
def reduced_in_place(grads, sizes=None):
    means = reduced(grads, sizes)
    for old, new in zip(grads[0], means):
        old.copy_(new)
    return grads[0]


@misconception(
    "all_reduce_mean",
    says="A rank without rows still has its say: 0 times NaN is NaN, and that spoils everybody's gradient. The lesson leaves "
    "ranks of size 0 out.",
    section="The mean of the gradients",
)
def zero_times_nan(grads, sizes=None):
    sizes = [1] * len(grads) if sizes is None else sizes
    weights = [size / sum(sizes) for size in sizes]
    return [torch.stack([w * rank[p] for w, rank in zip(weights, grads)]).sum(dim=0) for p in range(len(grads[0]))]


@misconception(
    "all_reduce_mean",
    says="The weighted sum is divided by the number of ranks. The lesson divides by the number of rows, the sum of `sizes`.",
    section="The mean of the gradients",
)
def divided_by_the_ranks(grads, sizes=None):
    factor = 1 if sizes is None else sum(sizes) / len(sizes)
    return [factor * mean for mean in reduced(grads, sizes)]


# --- data_parallel_step


def _gradients(model, loss):
    return torch.autograd.grad(loss, _trainable(model))


def _trainable(model):
    return [p for p in model.parameters() if p.requires_grad]


def _update(model, grads, lr):
    with torch.no_grad():
        for parameter, grad in zip(_trainable(model), grads):
            parameter -= lr * grad


def _collect(model, loss_fn, X, y, world_size, empty=False):
    """Return losses, gradients and sizes of the shards; of the empty ones only if asked."""
    losses, grads, sizes = [], [], []
    for rank in range(world_size):
        x_rank, y_rank = rows_of((X, y), world_size, rank)
        if len(x_rank) or empty:
            loss = loss_fn(y_rank, model(x_rank))
            losses.append(loss.item())
            grads.append(_gradients(model, loss))
            sizes.append(len(x_rank))
    return losses, grads, sizes


@misconception(
    "data_parallel_step",
    says="Losses and gradients of the shards are averaged as if all shards were equally large. The lesson weighs each by its "
    "rows; then the step is that of the whole batch.",
    section="One step by many workers",
)
def equal_say_for_unequal_shards(model, loss_fn, X, y, world_size, lr):
    losses, grads, _ = _collect(model, loss_fn, X, y, world_size)
    _update(model, reduced(grads), lr)
    return sum(losses) / len(losses)


@misconception(
    "data_parallel_step",
    says="Every shard makes an update of its own, so later shards see weights that have moved already. In the lesson there "
    "is one update, with the gradients of all shards together.",
    section="One step by many workers",
)
def a_step_for_each_shard(model, loss_fn, X, y, world_size, lr):
    total = 0.0
    for rank in range(world_size):
        x_rank, y_rank = rows_of((X, y), world_size, rank)
        if len(x_rank):
            loss = loss_fn(y_rank, model(x_rank))
            _update(model, _gradients(model, loss), lr)
            total += loss.item() * len(x_rank)
    return total / len(X)


@misconception(
    "data_parallel_step",
    says="Every shard makes an update of its own, weighted by its rows: the later shards see weights that have moved already. "
    "In the lesson there is one update, with the gradients of all shards together.",
    section="One step by many workers",
)
def a_weighted_step_for_each_shard(model, loss_fn, X, y, world_size, lr):
    total = 0.0
    for rank in range(world_size):
        x_rank, y_rank = rows_of((X, y), world_size, rank)
        if len(x_rank):
            loss = loss_fn(y_rank, model(x_rank)) * (len(x_rank) / len(X))
            total += loss.item()
            _update(model, _gradients(model, loss), lr)
    return total


@misconception(
    "data_parallel_step",
    says="Empty shards take part: the mean over no rows is NaN, and NaN spreads to every weight. The lesson leaves empty "
    "shards out.",
    section="One step by many workers",
)
def nan_of_the_empty(model, loss_fn, X, y, world_size, lr):
    losses, grads, sizes = _collect(model, loss_fn, X, y, world_size, empty=True)
    weights = [size / len(X) for size in sizes]
    means = [sum(w * rank[p] for w, rank in zip(weights, grads)) for p in range(len(grads[0]))]
    _update(model, means, lr)
    return sum(loss * w for loss, w in zip(losses, weights))


@misconception(
    "data_parallel_step",
    says="The gradients of the shards are added up but not averaged, so the step is too long by the number of workers. The "
    "lesson averages them.",
    section="The mean of the gradients",
)
def shards_added_up(model, loss_fn, X, y, world_size, lr):
    losses, grads, sizes = _collect(model, loss_fn, X, y, world_size)
    _update(model, sum_for_mean(grads), lr)
    return sum(loss * size for loss, size in zip(losses, sizes)) / len(X)


@misconception(
    "data_parallel_step",
    says="The whole batch goes through the model at once: the numbers are right, but no work was shared. In the lesson each "
    "call of the model has one rank's rows alone.",
    section="One step by many workers",
)
def whole_batch_at_once(model, loss_fn, X, y, world_size, lr):
    loss = loss_fn(y, model(X))
    _update(model, _gradients(model, loss), lr)
    return loss.item()


@misconception(
    "data_parallel_step",
    says="Gradients that lay in `.grad` from before are mixed into the step. The lesson clears them first.",
    section="One step by many workers",
)
def old_gradients_in_the_step(model, loss_fn, X, y, world_size, lr):
    old = [torch.zeros_like(p) if p.grad is None else p.grad for p in _trainable(model)]
    losses, grads, sizes = _collect(model, loss_fn, X, y, world_size)
    _update(model, [a + b for a, b in zip(old, reduced(grads, sizes))], lr)
    return sum(loss * size for loss, size in zip(losses, sizes)) / len(X)


# --- ddp_worker


def _join(rank, world_size, init_method):
    dist.init_process_group("gloo", init_method=init_method, rank=rank, world_size=world_size)


def _broadcast(model):
    for parameter in model.parameters():
        dist.broadcast(parameter.detach(), src=0)


def _train(model, rank, world_size, X, y, lr, steps, share, divisor=1.0):
    """Take the steps; `share` is a shard's part of the loss, and the sum of the gradients is divided by `divisor`."""
    x_rank, y_rank = rows_of((X, y), world_size, rank)
    for _ in range(steps):
        grads = _gradients(model, share(((y_rank - model(x_rank)) ** 2).sum(), len(x_rank)))
        grads = [grad.contiguous() for grad in grads]
        for grad in grads:
            dist.all_reduce(grad)
        _update(model, [grad / divisor for grad in grads], lr)


@misconception(
    "ddp_worker",
    says="Rank 0's weights are never sent round, so every process goes on with the weights it drew itself, and they never "
    "become equal. The lesson broadcasts them before the first step.",
    section="Real processes",
)
def no_broadcast(rank, world_size, init_method, X, y, lr, steps):
    _join(rank, world_size, init_method)
    model = nn.Linear(X.shape[1], 1)
    _train(model, rank, world_size, X, y, lr, steps, lambda loss, n: loss / len(X))
    dist.barrier()  # without an exchange nobody would wait for those who are still joining
    dist.destroy_process_group()
    return model.state_dict()


@misconception(
    "ddp_worker",
    says="Every process seeds itself with the same number in place of a broadcast. That gives equal weights, but not those "
    "that rank 0 drew; the lesson does not seed.",
    section="Real processes",
)
def seeded_for_broadcast(rank, world_size, init_method, X, y, lr, steps):
    _join(rank, world_size, init_method)
    torch.manual_seed(0)
    model = nn.Linear(X.shape[1], 1)
    _train(model, rank, world_size, X, y, lr, steps, lambda loss, n: loss / len(X))
    dist.barrier()
    dist.destroy_process_group()
    return model.state_dict()


@misconception(
    "ddp_worker",
    says="`all_reduce` adds up, and nobody divides: the ranks' mean gradients are summed, so the step is too long by the "
    "number of processes. The lesson's step is that of the mean over all rows.",
    section="Real processes",
)
def gradients_summed(rank, world_size, init_method, X, y, lr, steps):
    _join(rank, world_size, init_method)
    model = nn.Linear(X.shape[1], 1)
    _broadcast(model)
    _train(model, rank, world_size, X, y, lr, steps, lambda loss, n: loss / max(n, 1))
    dist.destroy_process_group()
    return model.state_dict()


@misconception(
    "ddp_worker",
    says="The ranks' gradients are averaged as if all shards were equally large, as DistributedDataParallel does by itself. "
    "The lesson's result is that of the whole batch, so each row must weigh the same.",
    section="Real processes",
)
def uneven_means(rank, world_size, init_method, X, y, lr, steps):
    _join(rank, world_size, init_method)
    model = nn.Linear(X.shape[1], 1)
    _broadcast(model)
    _train(model, rank, world_size, X, y, lr, steps, lambda loss, n: loss / max(n, 1), world_size)
    dist.destroy_process_group()
    return model.state_dict()


@misconception(
    "ddp_worker",
    says="The process group is left open: the next one cannot be joined. The lesson destroys it at the end.",
    section="Real processes",
)
def group_left_open(rank, world_size, init_method, X, y, lr, steps):
    _join(rank, world_size, init_method)
    model = nn.Linear(X.shape[1], 1)
    _broadcast(model)
    _train(model, rank, world_size, X, y, lr, steps, lambda loss, n: loss / len(X))
    return model.state_dict()


@misconception(
    "ddp_worker",
    says="The returned names begin with `module.`: they are those of the DistributedDataParallel wrapper. The lesson returns "
    "the state_dict of the linear layer inside of it.",
    section="Real processes",
)
def names_of_the_wrapper(rank, world_size, init_method, X, y, lr, steps):
    _join(rank, world_size, init_method)
    model = nn.Linear(X.shape[1], 1)
    _broadcast(model)
    _train(model, rank, world_size, X, y, lr, steps, lambda loss, n: loss / len(X))
    dist.destroy_process_group()
    return {f"module.{name}": tensor for name, tensor in model.state_dict().items()}


@misconception(
    "ddp_worker",
    says="Every process works through the whole batch: the numbers are right, but no work is shared. In the lesson each "
    "process calls its model on its own shard.",
    section="Real processes",
)
def whole_batch_on_each_rank(rank, world_size, init_method, X, y, lr, steps):
    _join(rank, world_size, init_method)
    model = nn.Linear(X.shape[1], 1)
    _broadcast(model)
    for _ in range(steps):
        _update(model, _gradients(model, ((y - model(X)) ** 2).mean()), lr)
    dist.destroy_process_group()
    return model.state_dict()


# --- accumulate_gradients


@misconception(
    "accumulate_gradients",
    says="The gradients are cleared before every batch, so only the last batch's gradient is left. The lesson clears them "
    "once, before the first batch.",
    section="Gradient accumulation",
)
def zeroed_between(model, loss_fn, batches):
    rows, total = sum(len(x) for x, _ in batches), 0.0
    for x, y in batches:
        loss = loss_fn(y, model(x)) * (len(x) / rows)
        model.zero_grad()
        loss.backward()
        total += loss.item()
    return total


@misconception(
    "accumulate_gradients",
    says="The batches' losses are added up without dividing, so the gradient is too large by the number of batches. In the "
    "lesson each batch counts by its fraction of the rows.",
    section="Gradient accumulation",
)
def not_divided(model, loss_fn, batches):
    model.zero_grad()
    total = 0.0
    for x, y in batches:
        loss = loss_fn(y, model(x))
        loss.backward()
        total += loss.item()
    return total


@misconception(
    "accumulate_gradients",
    says="What lay in `.grad` before the call is still in it. The lesson clears the gradients once, at the start.",
    section="Gradient accumulation",
)
def old_gradients_kept(model, loss_fn, batches):
    rows, total = sum(len(x) for x, _ in batches), 0.0
    for x, y in batches:
        loss = loss_fn(y, model(x)) * (len(x) / rows)
        loss.backward()
        total += loss.item()
    return total


@misconception(
    "accumulate_gradients",
    says="Each batch's loss is divided by the number of batches, so the rows of a short batch weigh more than others. In the "
    "lesson each batch counts by its fraction of the rows.",
    section="Gradient accumulation",
)
def divided_by_the_batches(model, loss_fn, batches):
    model.zero_grad()
    total = 0.0
    for x, y in batches:
        loss = loss_fn(y, model(x)) / len(batches)
        loss.backward()
        total += loss.item()
    return total


@misconception(
    "accumulate_gradients",
    says="The losses are added up and back-propagated once, at the end: until then all the graphs lie in memory, as those "
    "of the large batch would. The lesson back-propagates each batch before the next.",
    section="Gradient accumulation",
)
def one_backward_at_the_end(model, loss_fn, batches):
    rows = sum(len(x) for x, _ in batches)
    model.zero_grad()
    loss = sum(loss_fn(y, model(x)) * (len(x) / rows) for x, y in batches)
    loss.backward()
    return loss.item()


@misconception(
    "accumulate_gradients",
    says="The returned loss is that of the last batch alone. The lesson returns the loss of all rows together.",
    section="Gradient accumulation",
)
def loss_of_the_last_batch(model, loss_fn, batches):
    rows = sum(len(x) for x, _ in batches)
    model.zero_grad()
    for x, y in batches:
        loss = loss_fn(y, model(x))
        (loss * (len(x) / rows)).backward()
    return loss.item()


# --- autocast_step


def _step(loss, optimizer):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@misconception(
    "autocast_step",
    says="The model itself is converted, so its weights and gradients lose digits for good. The lesson leaves the weights in "
    "float32 and lets autocast pick the precision of each operation.",
    section="Mixed precision",
)
def model_cast(model, loss_fn, X, y, optimizer, dtype=torch.bfloat16):
    model.to(dtype)
    return _step(loss_fn(y, model(X.to(dtype)).float()), optimizer)


@misconception(
    "autocast_step",
    says="Autocast is never switched on: this is an ordinary step in float32. In the lesson forward pass and loss run inside "
    "of `torch.autocast`.",
    section="Mixed precision",
)
def no_autocast(model, loss_fn, X, y, optimizer, dtype=torch.bfloat16):
    return _step(loss_fn(y, model(X)), optimizer)


@misconception(
    "autocast_step",
    says='Autocast is switched on for "cuda" whatever device the data lives on; elsewhere it does nothing then. The lesson '
    "takes the device from X.",
    section="Mixed precision",
)
def device_fixed(model, loss_fn, X, y, optimizer, dtype=torch.bfloat16):
    with torch.autocast("cuda", dtype=dtype):
        loss = loss_fn(y, model(X))
    return _step(loss, optimizer)


@misconception(
    "autocast_step",
    says="Autocast always computes in bfloat16. The lesson hands it the `dtype` that it was given.",
    section="Mixed precision",
)
def dtype_ignored(model, loss_fn, X, y, optimizer, dtype=torch.bfloat16):
    with torch.autocast(X.device.type, dtype=torch.bfloat16):
        loss = loss_fn(y, model(X))
    return _step(loss, optimizer)


@misconception(
    "autocast_step",
    says="Autocast is left before the loss is taken. In the lesson forward pass and loss are both inside.",
    section="Mixed precision",
)
def loss_outside(model, loss_fn, X, y, optimizer, dtype=torch.bfloat16):
    with torch.autocast(X.device.type, dtype=dtype):
        y_hat = model(X)
    return _step(loss_fn(y, y_hat), optimizer)


@misconception(
    "autocast_step",
    says="The old gradients are not cleared, so they take part in this step. The lesson clears them before `backward`.",
    section="Mixed precision",
)
def gradients_not_cleared(model, loss_fn, X, y, optimizer, dtype=torch.bfloat16):
    with torch.autocast(X.device.type, dtype=dtype):
        loss = loss_fn(y, model(X))
    loss.backward()
    optimizer.step()
    return loss.item()


# --- ring_all_reduce_bytes


@misconception(
    "ring_all_reduce_bytes",
    says="That is n times the size: what would pass if everybody sent everything to one worker. On the lesson's ring each "
    "worker sends less than twice the size, however many there are.",
    section="Bytes on the wire",
)
def n_times_the_size(n, size):
    return float(n * size)


@misconception(
    "ring_all_reduce_bytes",
    says="The factor 2 is missing: only the first half of the way is counted, in which the sums are made. In the lesson the "
    "results travel round as well.",
    section="Bytes on the wire",
)
def half_of_the_way(n, size):
    return (n - 1) / n * size


@misconception(
    "ring_all_reduce_bytes",
    says="These are the bytes that all workers send together. The lesson asks what one worker sends, an n-th of that.",
    section="Bytes on the wire",
)
def bytes_of_all_workers(n, size):
    return float(2 * (n - 1) * size)


@misconception(
    "ring_all_reduce_bytes",
    says="That is twice the size whatever n is, which is the limit for very many workers. The lesson's factor is "
    "2 (n - 1) / n, and a single worker sends nothing.",
    section="Bytes on the wire",
)
def always_twice(n, size):
    return 2.0 * size


# --- scaling_efficiency


def _need_one(times):
    if 1 not in times:
        raise ValueError("no time for one worker")


@misconception(
    "scaling_efficiency",
    says="These are the speed-ups, how many times faster it went. The lesson divides them by the number of workers.",
    section="Scaling efficiency",
)
def speed_up(times):
    _need_one(times)
    return {n: times[1] / t for n, t in times.items()}


@misconception(
    "scaling_efficiency",
    says="The quotient is upside down: it grows as the scaling gets worse. In the lesson the time of one worker is on top.",
    section="Scaling efficiency",
)
def upside_down(times):
    _need_one(times)
    return {n: n * t / times[1] for n, t in times.items()}


@misconception(
    "scaling_efficiency",
    says="Efficiencies above 1 are cut off at 1. The lesson returns them as they are: they happen, and they tell something.",
    section="Scaling efficiency",
)
def cut_off_at_one(times):
    _need_one(times)
    return {n: min(1.0, times[1] / (n * t)) for n, t in times.items()}


@misconception(
    "scaling_efficiency",
    says="The first entry of the table is the yardstick. In the lesson it is the entry for one worker, wherever that stands, "
    "and without it there is a ValueError.",
    section="Scaling efficiency",
)
def measured_by_the_first(times):
    first = next(iter(times), 1)
    return {n: first * times[first] / (n * t) for n, t in times.items()}


@misconception(
    "scaling_efficiency",
    says="Where the time of one worker is missing, Python's own KeyError comes out. The lesson raises a ValueError.",
    section="Scaling efficiency",
)
def key_error(times):
    one = times[1]
    return {n: one / (n * t) for n, t in times.items()}
