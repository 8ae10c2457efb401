"""Lesson 3.5 with plain loops and slices, and no optimizer of PyTorch's where it can be helped."""

from torch import Tensor, autocast, bfloat16, distributed, nn, no_grad, zeros_like


def bounds(n, world_size, rank):
    size, rest = divmod(n, world_size)
    start = rank * size + min(rank, rest)
    stop = start + size
    if rank < rest:
        stop += 1
    return start, stop


def shard(batch, world_size, rank):
    if rank not in range(world_size):
        raise ValueError("no such rank")
    if isinstance(batch, Tensor):
        start, stop = bounds(len(batch), world_size, rank)
        return batch[start:stop]
    if isinstance(batch, tuple):
        return tuple([shard(part, world_size, rank) for part in batch])
    if isinstance(batch, list):
        return [shard(part, world_size, rank) for part in batch]
    result = {}
    for key in batch:
        result[key] = shard(batch[key], world_size, rank)
    return result


def all_reduce_mean(grads, sizes=None):
    if sizes is None:
        sizes = [1 for _ in grads]
    rows = 0
    for size in sizes:
        rows += size
    means = []
    for p in range(len(grads[0])):
        mean = zeros_like(grads[0][p])
        for rank in range(len(grads)):
            if sizes[rank] != 0:
                mean += grads[rank][p] * sizes[rank] / rows
        means.append(mean)
    return means


def data_parallel_step(model, loss_fn, X, y, world_size, lr):
    trained = [p for p in model.parameters() if p.requires_grad]
    loss_sum, all_grads, sizes = 0.0, [], []
    for rank in range(world_size):
        start, stop = bounds(len(X), world_size, rank)
        for p in trained:
            p.grad = zeros_like(p)
        if stop > start:
            loss = loss_fn(y[start:stop], model(X[start:stop]))
            loss.backward()
            loss_sum += (stop - start) * loss.item()
        all_grads.append([p.grad.clone() for p in trained])
        sizes.append(stop - start)
    average = all_reduce_mean(all_grads, sizes)
    with no_grad():
        for k in range(len(trained)):
            trained[k] -= lr * average[k]
    model.zero_grad()
    return loss_sum / sum(sizes)


def ddp_worker(rank, world_size, init_method, X, y, lr, steps):
    distributed.init_process_group("gloo", init_method=init_method, rank=rank, world_size=world_size)
    model = nn.Linear(len(X[0]), 1)
    distributed.broadcast(model.weight.data, 0)
    distributed.broadcast(model.bias.data, 0)
    start, stop = bounds(len(X), world_size, rank)
    for step in range(steps):
        model.zero_grad()
        if stop > start:
            loss = ((model(X[start:stop]) - y[start:stop]) ** 2).mean()
            loss.backward()
        for p in model.parameters():
            total = zeros_like(p) if p.grad is None else p.grad * (stop - start)
            distributed.all_reduce(total, op=distributed.ReduceOp.SUM)
            p.data = p.data - lr * total / len(X)
    distributed.destroy_process_group()
    return model.state_dict()


def accumulate_gradients(model, loss_fn, batches):
    for p in model.parameters():
        p.grad = None
    losses, rows = [], []
    for x, y in batches:
        loss = loss_fn(y, model(x))
        (loss * len(x)).backward()
        losses.append(loss.item() * len(x))
        rows.append(len(x))
    for p in model.parameters():
        if p.grad is not None:
            p.grad /= sum(rows)
    return sum(losses) / sum(rows)


def autocast_step(model, loss_fn, X, y, optimizer, dtype=bfloat16):
    with autocast(device_type=str(X.device.type), dtype=dtype):
        y_hat = model(X)
        loss = loss_fn(y, y_hat)
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = None
    loss.backward()
    optimizer.step()
    return loss.item()


def ring_all_reduce_bytes(n, size):
    steps = 2 * (n - 1)
    return steps * (size / n)


def scaling_efficiency(times):
    if not any(n == 1 for n in times):
        raise ValueError("no entry for one worker")
    result = {}
    for n in times:
        speed_up = times[1] / times[n]
        result[n] = speed_up / n
    return result
