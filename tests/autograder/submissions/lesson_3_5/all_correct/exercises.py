"""Lesson 3.5."""

import torch
import torch.distributed as dist
from torch import nn


def shard(batch, world_size, rank):
    if rank < 0 or rank >= world_size:
        raise ValueError(f"rank {rank} does not exist")
    if isinstance(batch, torch.Tensor):
        pieces = torch.tensor_split(batch, world_size)
        return pieces[rank]
    if isinstance(batch, dict):
        return {name: shard(value, world_size, rank) for name, value in batch.items()}
    parts = [shard(value, world_size, rank) for value in batch]
    return tuple(parts) if isinstance(batch, tuple) else parts


def all_reduce_mean(grads, sizes=None):
    if sizes is None:
        sizes = [1] * len(grads)
    result = []
    for p in range(len(grads[0])):
        total = torch.zeros_like(grads[0][p])
        for rank, size in enumerate(sizes):
            if size > 0:
                total = total + size * grads[rank][p]
        result.append(total / sum(sizes))
    return result


def data_parallel_step(model, loss_fn, X, y, world_size, lr):
    params = [p for p in model.parameters() if p.requires_grad]
    grads, sizes, loss_sum = [], [], 0.0
    for rank in range(world_size):
        xs, ys = shard((X, y), world_size, rank)
        if len(xs) > 0:
            model.zero_grad()
            loss = loss_fn(ys, model(xs))
            loss.backward()
            grads.append([p.grad.clone() for p in params])
            sizes.append(len(xs))
            loss_sum += loss.item() * len(xs)
    with torch.no_grad():
        for p, g in zip(params, all_reduce_mean(grads, sizes)):
            p -= lr * g
    return loss_sum / len(X)


def ddp_worker(rank, world_size, init_method, X, y, lr, steps):
    dist.init_process_group("gloo", init_method=init_method, rank=rank, world_size=world_size)
    model = nn.Linear(X.shape[1], 1)
    with torch.no_grad():
        for p in model.parameters():
            dist.broadcast(p, src=0)
    xs, ys = shard((X, y), world_size, rank)
    for _ in range(steps):
        model.zero_grad()
        (((model(xs) - ys) ** 2).sum() / len(X)).backward()
        with torch.no_grad():
            for p in model.parameters():
                dist.all_reduce(p.grad)
                p -= lr * p.grad
    dist.destroy_process_group()
    return model.state_dict()


def accumulate_gradients(model, loss_fn, batches):
    rows = 0
    for x, _ in batches:
        rows += len(x)
    model.zero_grad()
    whole = 0.0
    for x, y in batches:
        loss = loss_fn(y, model(x)) * len(x) / rows
        loss.backward()
        whole += float(loss)
    return whole


def autocast_step(model, loss_fn, X, y, optimizer, dtype=torch.bfloat16):
    optimizer.zero_grad()
    with torch.autocast(device_type=X.device.type, dtype=dtype):
        loss = loss_fn(y, model(X))
    loss.backward()
    optimizer.step()
    return loss.item()


def ring_all_reduce_bytes(n, size):
    piece = size / n
    return 2 * (n - 1) * piece


def scaling_efficiency(times):
    if 1 not in times:
        raise ValueError("times needs an entry for 1 worker")
    efficiency = {}
    for n, t in times.items():
        efficiency[n] = times[1] / t / n
    return efficiency
