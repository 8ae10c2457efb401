"""Hidden scenarios of `shard`."""

import pytest
import torch

from autograder.worker import probes


def rows(rng, n, device, shape=(3,), dtype=torch.float32):
    return (10 * torch.randn(n, *shape, generator=rng)).to(device, dtype)


def by_rank(lesson, batch, world_size):
    return {f"rank {rank}": lesson.shard(batch, world_size, rank) for rank in range(world_size)}


@pytest.mark.exercise("shard")
@pytest.mark.parametrize(("n", "world_size"), [(12, 3), (10, 4), (11, 4), (7, 7), (5, 1)])
def test_pieces_are_as_even_as_can_be(lesson, device, rng, n, world_size):
    """The rows keep their order and are cut into even pieces; the first N % world_size ranks have one row more."""
    return by_rank(lesson, rows(rng, n, device), world_size)


@pytest.mark.exercise("shard")
@pytest.mark.parametrize("n", [2, 1, 0])
def test_fewer_rows_than_ranks(lesson, device, rng, n):
    """The last ranks get a piece without rows, whose other dimensions are as they were."""
    few, many = rows(rng, n, device, (2, 4)), rows(rng, 9, device, (2, 4))
    return {f"N = {n}": by_rank(lesson, few, 4), "N = 9": by_rank(lesson, many, 4)}


@pytest.mark.exercise("shard")
@pytest.mark.parametrize("dtype", [torch.float64, torch.int64, torch.bool])
def test_any_dtype_and_one_dimension(lesson, device, rng, dtype):
    """The dtype stays, and a tensor may have one dimension alone."""
    labels = torch.randint(0, 2, (40,), generator=rng).to(device, dtype)
    return by_rank(lesson, labels, 3)


@pytest.mark.exercise("shard")
@pytest.mark.weight(2)
def test_nested_batches(lesson, device, rng):
    """Tuples stay tuples, lists lists and dicts dicts, with the rank's rows in place of each tensor."""
    batch = {
        "images": rows(rng, 9, device, (1, 2, 2)),
        "pair": (rows(rng, 9, device), [rows(rng, 9, device, ()), {"deep": rows(rng, 9, device)}]),
        "empty": [(), {}],
    }
    found = by_rank(lesson, batch, 2)
    orders = {
        f"order of the keys, {rank}": list(shard) if isinstance(shard, dict) else None for rank, shard in found.items()
    }
    return {**found, **orders}


@pytest.mark.exercise("shard")
def test_features_and_targets_stay_together(lesson, device, rng):
    """A tuple (X, y) gives a tuple: row i of the shard's X belongs to row i of its y."""
    X, y = rows(rng, 10, device), rows(rng, 10, device, (1,))
    return {"(X, y)": by_rank(lesson, (X, y), 3), "[y, X]": lesson.shard([y, X], 3, 1)}


@pytest.mark.exercise("shard")
def test_batch_stays_as_it_is(lesson, device, rng):
    """The batch and its containers are not changed."""
    batch = {"pair": [rows(rng, 5, device), rows(rng, 5, device, (1,))]}
    shard, kept = probes.unchanged(lambda: lesson.shard(batch, 2, 0), batch=batch)
    return {"shard": shard, **kept}


@pytest.mark.exercise("shard")
@pytest.mark.parametrize("rank", [-1, 3, 4])
def test_rank_outside_is_refused(lesson, device, rng, rank):
    """A rank under 0, or of world_size or above, raises a ValueError, whatever the batch."""
    X = rows(rng, 6, device)
    batches = {"a tensor": X, "a tuple": (X,), "a dict": {"x": rows(rng, 1, device)}, "no tensors": [(), {}]}
    refused = {
        f"rank {rank} of 3, {name}": probes.raised(ValueError, lambda batch=batch: lesson.shard(batch, 3, rank))
        for name, batch in batches.items()
    }
    return {**refused, "rank 2 of 3": lesson.shard(X, 3, 2)}
