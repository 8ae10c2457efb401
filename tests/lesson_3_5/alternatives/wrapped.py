"""Lesson 3.5 with PyTorch's own tools: DistributedDataParallel, autograd.grad, functional optimizers' methods."""

import torch
import torch.distributed as dist
import torch.nn as nn
from torch.nn.parallel import DistributedDataParallel


def shard(batch, world_size, rank):
    if rank < 0 or rank >= world_size:
        raise ValueError(f"rank {rank} of {world_size}")

    def walk(part):
        if torch.is_tensor(part):
            return part.tensor_split(world_size)[rank].clone()
        if isinstance(part, dict):
            return dict(zip(part.keys(), map(walk, part.values())))
        walked = [walk(each) for each in part]
        return tuple(walked) if isinstance(part, tuple) else walked

    return walk(batch)


def all_reduce_mean(grads, sizes=None):
    if sizes is None:
        return [torch.mean(torch.stack(list(column)), dim=0) for column in zip(*grads)]
    kept = [(size, rank) for size, rank in zip(sizes, grads) if size]
    weights = [size for size, _ in kept]
    result = []
    for p in range(len(grads[0])):
        stacked = torch.stack([rank[p] for _, rank in kept])
        w = torch.tensor(weights, dtype=stacked.dtype, device=stacked.device)
        result.append(torch.tensordot(w / w.sum(), stacked, dims=1))
    return result


def data_parallel_step(model, loss_fn, X, y, world_size, lr):
    parameters = [p for p in model.parameters() if p.requires_grad]
    pieces = [(x, t) for x, t in (shard((X, y), world_size, r) for r in range(world_size)) if x.shape[0] > 0]
    losses = [loss_fn(t, model(x)) for x, t in pieces]
    sizes = [x.shape[0] for x, _ in pieces]
    grads = [torch.autograd.grad(loss, parameters) for loss in losses]
    with torch.no_grad():
        for p, g in zip(parameters, all_reduce_mean(grads, sizes)):
            p.sub_(g, alpha=lr)
    return float(sum(loss.detach() * size for loss, size in zip(losses, sizes)) / X.shape[0])


def ddp_worker(rank, world_size, init_method, X, y, lr, steps):
    dist.init_process_group(backend="gloo", init_method=init_method, world_size=world_size, rank=rank)
    try:
        layer = nn.Linear(X.size(1), 1)
        ddp = DistributedDataParallel(layer)
        optimizer = torch.optim.SGD(ddp.parameters(), lr=lr)
        mine, targets = shard((X, y), world_size, rank)
        for _ in range(steps):
            optimizer.zero_grad()
            # DDP divides by world_size, so the share of the whole batch is multiplied by it
            loss = (ddp(mine) - targets).square().sum() * world_size / X.size(0)
            loss.backward()
            optimizer.step()
        return {name: value.clone() for name, value in layer.state_dict().items()}
    finally:
        dist.destroy_process_group()


def accumulate_gradients(model, loss_fn, batches):
    parameters = [p for p in model.parameters() if p.requires_grad]
    n = sum(x.shape[0] for x, _ in batches)
    sums = [torch.zeros_like(p) for p in parameters]
    value = 0.0
    for x, y in batches:
        loss = loss_fn(y, model(x))
        value += float(loss) * x.shape[0] / n
        for s, g in zip(sums, torch.autograd.grad(loss, parameters)):
            s += g * (x.shape[0] / n)
    for p, s in zip(parameters, sums):
        p.grad = s
    return value


def autocast_step(model, loss_fn, X, y, optimizer, dtype=torch.bfloat16):
    optimizer.zero_grad(set_to_none=True)
    with torch.amp.autocast(device_type=X.device.type, dtype=dtype, enabled=True):
        predictions = model(X)
        loss = loss_fn(y, predictions)
        loss.backward()
    optimizer.step()
    return float(loss.detach())


def ring_all_reduce_bytes(n, size):
    chunk = size / n
    return float(sum(chunk for _ in range(n - 1)) + sum(chunk for _ in range(n - 1)))


def scaling_efficiency(times):
    try:
        one = times[1]
    except KeyError:
        raise ValueError("needs the time of one worker") from None
    return dict(zip(times, (one / n / t for n, t in times.items())))
