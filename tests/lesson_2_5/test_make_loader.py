"""Hidden scenarios of `make_loader`."""

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from autograder.worker import probes


def numbered(n, device):
    """Sample i has the feature i and the target 100 + i."""
    x = torch.arange(float(n), device=device).unsqueeze(1)
    return TensorDataset(x, x + 100)


def epoch(loader):
    """Return the numbers of the samples in the order in which one epoch serves them."""
    return [int(value) for x, _ in loader for value in x.flatten().tolist()]


@pytest.mark.exercise("make_loader")
@pytest.mark.weight(2)
def test_without_shuffle_batches_come_in_the_datasets_order(lesson, device, rng):
    """Without `shuffle` the samples come in the dataset's own order, stacked into batches, in every epoch."""
    X = torch.randn(10, 3, generator=rng).to(device)
    y = torch.randn(10, 1, generator=rng).to(device)
    loader = lesson.make_loader(TensorDataset(X, y), 4, False, 0)
    return {"loader": isinstance(loader, DataLoader), "epochs": [[(a, b) for a, b in loader] for _ in range(2)]}


@pytest.mark.exercise("make_loader")
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize(("n", "batch_size"), [(10, 4), (12, 4), (3, 8), (5, 1)])
@pytest.mark.weight(0.5)
def test_last_short_batch_is_kept(lesson, device, n, batch_size, shuffle):
    """Every batch has `batch_size` samples except the last, which has what is left over; it is kept."""
    loader = lesson.make_loader(numbered(n, device), batch_size=batch_size, shuffle=shuffle, seed=0)
    return [len(x) for x, _ in loader]


@pytest.mark.exercise("make_loader")
def test_every_sample_comes_once_an_epoch_with_its_own_target(lesson, device):
    """A shuffled epoch serves every sample once, each with its own target."""
    loader = lesson.make_loader(numbered(23, device), batch_size=5, shuffle=True, seed=4)
    return [sorted((float(a), float(b)) for x, y in loader for a, b in zip(x, y, strict=True)) for _ in range(3)]


@pytest.mark.exercise("make_loader")
@pytest.mark.weight(2)
def test_every_epoch_has_a_new_order(lesson, device, rng):
    """With `shuffle` every epoch has a new order, none is the dataset's own, and the batches have new members."""
    seed = int(torch.randint(0, 10_000, (1,), generator=rng))
    loader = lesson.make_loader(numbered(40, device), batch_size=8, shuffle=True, seed=seed)
    orders = [epoch(loader) for _ in range(4)]
    members = {frozenset(order[:8]) for order in orders}
    return {
        "new in every epoch": len({tuple(order) for order in orders}),
        "own order": list(range(40)) in orders,
        "members of the first batch": len(members),
    }


@pytest.mark.exercise("make_loader")
def test_same_seed_gives_the_same_orders_whatever_the_global_generator_does(lesson, device):
    """Two loaders of the same seed go through the same orders, whatever the state of the global generator."""
    torch.manual_seed(1)
    first = lesson.make_loader(numbered(30, device), batch_size=7, shuffle=True, seed=9)
    torch.manual_seed(2)
    second = lesson.make_loader(numbered(30, device), batch_size=7, shuffle=True, seed=9)
    pairs = []
    for global_seed in range(3):
        torch.manual_seed(global_seed)
        a = epoch(first)
        torch.manual_seed(global_seed + 50)
        pairs.append(a == epoch(second))
    return pairs


@pytest.mark.exercise("make_loader")
def test_another_seed_gives_another_order(lesson, device):
    """Another seed gives other orders."""
    loaders = [lesson.make_loader(numbered(30, device), batch_size=7, shuffle=True, seed=seed) for seed in (0, 1, 2)]
    return len({tuple(epoch(loader)) for loader in loaders})


@pytest.mark.exercise("make_loader")
@pytest.mark.parametrize("shuffle", [False, True])
def test_the_global_generator_is_never_seeded(lesson, device, shuffle):
    """Making a loader leaves the global generator alone, and walking through it never seeds that generator."""
    torch.manual_seed(1234)
    loader, untouched = probes.global_rng_untouched(
        lambda: lesson.make_loader(numbered(12, device), batch_size=5, shuffle=shuffle, seed=3)
    )
    draws = []
    for global_seed in (21, 22):
        torch.manual_seed(global_seed)
        epoch(loader)
        draws.append(float(torch.rand(1, dtype=torch.float64)))
    return {"untouched": untouched, "draws differ": draws[0] != draws[1]}
