"""Hidden scenarios of `make_loader`. Each sample has a drawn number for its feature, and another for its target."""

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from autograder.worker import probes


def number(rng, low, high):
    """Return a whole number from `low` to `high`."""
    return int(torch.randint(low, high + 1, (1,), generator=rng))


def samples(rng, n, device, features=1):
    """Return the features and targets of n samples, all different."""
    return torch.randn(n, features, generator=rng).to(device), torch.randn(n, 1, generator=rng).to(device)


def epoch(loader):
    """Return the batches of one epoch, each as a tuple."""
    return [tuple(batch) for batch in loader]


@pytest.mark.exercise("make_loader")
@pytest.mark.weight(2)
def test_without_shuffle_batches_come_in_the_datasets_order(lesson, device, rng):
    """Without `shuffle` the samples come in the dataset's own order, stacked into batches, in every epoch."""
    loader = lesson.make_loader(TensorDataset(*samples(rng, 10, device, 3)), 4, False, 0)
    return {"first epoch": epoch(loader), "second epoch": epoch(loader)}


@pytest.mark.exercise("make_loader")
@pytest.mark.weight(0.5)
def test_a_data_loader_comes_back(lesson, device, rng):
    """What comes back is a `torch.utils.data.DataLoader`."""
    loader = lesson.make_loader(TensorDataset(*samples(rng, 6, device)), 4, False, 0)
    return {"what the loader is": probes.kind(loader, DataLoader), "an epoch": epoch(loader)}


@pytest.mark.exercise("make_loader")
@pytest.mark.check("batches_are_full_but_the_last")
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("case", ["a short last batch", "no short batch", "more than all", "batches of one"])
@pytest.mark.weight(0.5)
def test_last_short_batch_is_kept(lesson, device, rng, case, shuffle):
    """Every batch has `batch_size` samples except the last, which has what is left over; it is kept."""
    size, full = number(rng, 3, 6), number(rng, 2, 4)
    n, batch_size = {
        "a short last batch": (size * full + number(rng, 1, size - 1), size),
        "no short batch": (size * full, size),
        "more than all": (size, size + full),
        "batches of one": (size, 1),
    }[case]
    X, y = samples(rng, n, device)
    loader = lesson.make_loader(TensorDataset(X, y), batch_size=batch_size, shuffle=shuffle, seed=number(rng, 0, 99))
    return {"samples": (X, y), "epoch": epoch(loader)}


@pytest.mark.exercise("make_loader")
@pytest.mark.check("every_sample_once")
def test_every_sample_comes_once_an_epoch_with_its_own_target(lesson, device, rng):
    """A shuffled epoch serves every sample once, each with its own target."""
    X, y = samples(rng, 23, device)
    loader = lesson.make_loader(TensorDataset(X, y), batch_size=5, shuffle=True, seed=number(rng, 0, 10_000))
    return {"samples": (X, y), "epochs": [epoch(loader) for _ in range(3)]}


@pytest.mark.exercise("make_loader")
@pytest.mark.check("every_epoch_has_a_new_order")
@pytest.mark.weight(2)
def test_every_epoch_has_a_new_order(lesson, device, rng):
    """With `shuffle` every epoch has a new order, none is the dataset's own, and the batches have new members."""
    X, y = samples(rng, 40, device)
    loader = lesson.make_loader(TensorDataset(X, y), batch_size=8, shuffle=True, seed=number(rng, 0, 10_000))
    return {"samples": (X, y), "epochs": [epoch(loader) for _ in range(4)]}


@pytest.mark.exercise("make_loader")
@pytest.mark.check("same_seed_same_orders")
def test_same_seed_gives_the_same_orders_whatever_the_global_generator_does(lesson, device, rng):
    """Two loaders of the same seed go through the same orders, whatever the state of the global generator."""
    X, y = samples(rng, 30, device)
    seed = number(rng, 0, 10_000)
    torch.manual_seed(1)
    first = lesson.make_loader(TensorDataset(X, y), batch_size=7, shuffle=True, seed=seed)
    torch.manual_seed(2)
    second = lesson.make_loader(TensorDataset(X, y), batch_size=7, shuffle=True, seed=seed)
    epochs = {"one loader": [], "another loader": []}
    for global_seed in range(3):
        torch.manual_seed(global_seed)
        epochs["one loader"].append(epoch(first))
        torch.manual_seed(global_seed + 50)
        epochs["another loader"].append(epoch(second))
    return {"samples": (X, y), **epochs}


@pytest.mark.exercise("make_loader")
@pytest.mark.check("other_seeds_other_orders")
def test_another_seed_gives_another_order(lesson, device, rng):
    """Another seed gives other orders."""
    X, y = samples(rng, 30, device)
    loaders = [lesson.make_loader(TensorDataset(X, y), batch_size=7, shuffle=True, seed=seed) for seed in (0, 1, 2)]
    return {"samples": (X, y), "epochs": [epoch(loader) for loader in loaders]}


@pytest.mark.exercise("make_loader")
@pytest.mark.check("global_generator_is_never_seeded")
@pytest.mark.parametrize("shuffle", [False, True])
def test_the_global_generator_is_never_seeded(lesson, device, rng, shuffle):
    """Making a loader leaves the global generator alone, and walking through it never seeds that generator."""
    X, y = samples(rng, 12, device)
    torch.manual_seed(number(rng, 0, 10_000))
    loader, untouched = probes.global_rng_untouched(
        lambda: lesson.make_loader(TensorDataset(X, y), batch_size=5, shuffle=shuffle, seed=3)
    )
    seen = {
        "samples": (X, y),
        "global random state": untouched,
        "global random numbers afterwards": torch.rand(3),
        "epochs": [],
        "global random numbers after an epoch": [],
    }
    for global_seed in (21, 22):
        torch.manual_seed(global_seed)
        seen["epochs"].append(epoch(loader))
        seen["global random numbers after an epoch"].append(torch.rand(3))
    return seen
