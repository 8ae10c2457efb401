"""Hidden scenarios of `ddp_worker`: real processes, one a rank. All of it is on the CPU, whatever the device is."""

import random

import numpy as np
import pytest
import torch
import torch.distributed as dist
from torch import nn

from autograder.worker import probes


def samples(rng, n, d):
    X = torch.randn(n, d, generator=rng)
    y = torch.randn(n, 1, generator=rng) + X.sum(dim=1, keepdim=True) + 1
    y[: (n + 1) // 2] += 3  # the first shard has another loss than the last
    return X, y


def train(lesson, rng, world_size, X, y, lr, steps):
    """Let the ranks train, each with random numbers of its own; steps is a list: so many runs, one after the other.

    No rank's seed says anything of another's, so a rank has rank 0's start only if rank 0 sent it.
    """
    seeds = torch.randint(2**62, (world_size,), generator=rng).tolist()

    def call(rank, init_method):
        own = seeds[rank]
        seeds.clear()  # a rank is a process of its own: the others still have theirs
        torch.manual_seed(own)
        np.random.seed(own % 2**32)
        random.seed(own)
        rows = set()

        def note(module, args):
            if isinstance(module, nn.Linear) and len(args[0]):
                rows.add(len(args[0]))

        nn.modules.module.register_module_forward_pre_hook(note)
        states, open_after = [], []
        for run, count in enumerate(steps):
            state = lesson.ddp_worker(rank, world_size, f"{init_method}{run}", X, y, lr, count)
            named = state if isinstance(state, dict) else {}
            states.append({name: tensor.detach().clone() for name, tensor in named.items()})
            open_after.append(dist.is_initialized())
        return {"states": states, "rows": sorted(rows), "group open": open_after, "X": X, "y": y}

    results = probes.ranks(world_size, call)
    return {f"rank {rank}": labelled(result) for rank, result in enumerate(results)}


def labelled(result):
    """Return what a rank told, under names that a student can read."""
    told = {"rows in its calls of the model": result["rows"]}
    for run, (state, is_open) in enumerate(zip(result["states"], result["group open"], strict=True), start=1):
        told[f"state after run {run}"] = state
        told[f"the group is still open after run {run}"] = is_open
    for name in ("X", "y"):
        told[f"{name} afterwards"] = probes.kept(f"its argument `{name}`", result[name])
    return told


@pytest.mark.exercise("ddp_worker")
@pytest.mark.weight(2)
def test_two_ranks_with_uneven_shards(lesson, rng):
    """With uneven shards every row weighs the same, and all ranks end where one process would from rank 0's start."""
    X, y = samples(rng, 5, 3)
    return train(lesson, rng, 2, X, y, 0.1, [4])


@pytest.mark.exercise("ddp_worker")
def test_two_ranks_start_together_and_can_meet_again(lesson, rng):
    """After no step both ranks have rank 0's start; the group is destroyed, so another can be joined; shards are even."""
    X, y = samples(rng, 4, 2)
    return train(lesson, rng, 2, X, y, 0.2, [0, 3])


@pytest.mark.exercise("ddp_worker")
def test_one_process_alone(lesson, rng):
    """A group of one process trains on all rows."""
    X, y = samples(rng, 6, 4)
    return train(lesson, rng, 1, X, y, 0.1, [3])


@pytest.mark.exercise("ddp_worker")
def test_empty_shard(lesson, rng):
    """A rank without rows takes part in every exchange, and ends with the same weights as the others."""
    X, y = samples(rng, 2, 1)
    return train(lesson, rng, 3, X, y, 0.1, [2])
