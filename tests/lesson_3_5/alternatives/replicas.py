"""Lesson 3.5 with a copy of the model for each rank, as real workers have one, and gathered instead of reduced gradients."""

import copy
from functools import partial

import torch
import torch.distributed as dist
from torch import nn


def shard(batch, world_size, rank):
    if not (0 <= rank <= world_size - 1):
        raise ValueError("rank out of range")
    inner = partial(shard, world_size=world_size, rank=rank)
    match batch:
        case torch.Tensor():
            n = batch.shape[0]
            edges = [0]
            for r in range(world_size):
                edges.append(edges[-1] + n // world_size + (1 if r < n % world_size else 0))
            return batch[edges[rank] : edges[rank + 1]]
        case dict():
            return {k: inner(v) for k, v in batch.items()}
        case tuple():
            return tuple(inner(v) for v in batch)
        case _:
            return [inner(v) for v in batch]


def all_reduce_mean(grads, sizes=None):
    weights = [1.0] * len(grads) if sizes is None else [float(s) for s in sizes]
    total = sum(weights)
    out = []
    for per_rank in zip(*grads):
        acc = None
        for w, g in zip(weights, per_rank):
            if w > 0:
                acc = g * w if acc is None else acc + g * w
        out.append(acc / total)
    return out


def data_parallel_step(model, loss_fn, X, y, world_size, lr):
    replicas = [copy.deepcopy(model) for _ in range(world_size)]
    grads, sizes, losses = [], [], []
    for rank, replica in enumerate(replicas):
        x, t = shard([X, y], world_size, rank)
        if x.numel() == 0:
            continue
        replica.zero_grad()
        loss = loss_fn(t, replica(x))
        loss.backward()
        grads.append([p.grad for p in replica.parameters() if p.requires_grad])
        sizes.append(len(x))
        losses.append(loss.item())
    params = [p for p in model.parameters() if p.requires_grad]
    opt = torch.optim.SGD(params, lr=lr)
    for p, g in zip(params, all_reduce_mean(grads, sizes)):
        p.grad = g
    opt.step()
    return sum(s / sum(sizes) * value for s, value in zip(sizes, losses))


def ddp_worker(rank, world_size, init_method, X, y, lr, steps):
    dist.init_process_group("gloo", rank=rank, world_size=world_size, init_method=init_method)
    model = nn.Linear(in_features=X.shape[-1], out_features=1)
    box = [model.state_dict()]
    dist.broadcast_object_list(box, src=0)
    model.load_state_dict(box[0])
    Xr, yr = shard((X, y), world_size, rank)
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(steps):
        opt.zero_grad()
        loss = nn.functional.mse_loss(model(Xr), yr, reduction="sum")
        loss.backward()
        for p in model.parameters():
            everybody = [torch.empty_like(p) for _ in range(world_size)]
            dist.all_gather(everybody, p.grad)
            p.grad = torch.stack(everybody).sum(0) / X.shape[0]
        opt.step()
    state = {k: v.detach() for k, v in model.state_dict().items()}
    dist.barrier()
    dist.destroy_process_group()
    return state


def accumulate_gradients(model, loss_fn, batches):
    counts = torch.tensor([len(x) for x, _ in batches], dtype=torch.float64)
    shares = (counts / counts.sum()).tolist()
    for p in model.parameters():
        if p.grad is not None:
            p.grad = None
    result = 0.0
    for share, (x, y) in zip(shares, batches):
        part = share * loss_fn(y, model(x))
        part.backward()
        result = result + part.item()
    return result


def autocast_step(model, loss_fn, X, y, optimizer, dtype=torch.bfloat16):
    model.zero_grad()
    context = torch.autocast(X.device.type, dtype)
    with context:
        loss = loss_fn(y, model(X))
    loss.backward()
    optimizer.step()
    return loss.detach().item()


def ring_all_reduce_bytes(n, size):
    return size * 2.0 * (1.0 - 1.0 / n)


def scaling_efficiency(times):
    if times.get(1) is None:
        raise ValueError("1 is missing")
    return {n: (times[1] / t) / n for n, t in times.items()}
