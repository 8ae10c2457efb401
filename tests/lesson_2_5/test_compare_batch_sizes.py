"""Hidden scenarios of `compare_batch_sizes`: each looks at what does not depend on start and orders."""

import pytest
import torch
from torch.utils.data import TensorDataset


def number(rng, low, high):
    """Return a whole number from `low` to `high`."""
    return int(torch.randint(low, high + 1, (1,), generator=rng))


def between(rng, low, high):
    """Return a number between `low` and `high`."""
    return low + (high - low) * float(torch.rand(1, generator=rng, dtype=torch.float64))


@pytest.mark.exercise("compare_batch_sizes")
@pytest.mark.check("losses_shrink_at_the_rate")
def test_every_size_cuts_its_own_batches(lesson, rng):
    """Every size makes its own number of updates at the same rate; the keys are in the order of `sizes`."""
    n = number(rng, 6, 9)  # with features of 0 and one target for all, an update shrinks the error by one factor
    dataset = TensorDataset(torch.zeros(n, 1), torch.full((n, 1), between(rng, 3, 6)))
    return lesson.compare_batch_sizes(dataset, [n, 3, 1, n + 2], 2, between(rng, 0.03, 0.08), 2)


@pytest.mark.exercise("compare_batch_sizes")
@pytest.mark.check("all_sizes_start_alike")
def test_all_sizes_start_from_the_same_model(lesson, rng):
    """All models have the same weight and bias at the start: with a learning rate of 0 all losses are the same."""
    n = number(rng, 7, 12)
    x = torch.randn(n, 1, generator=rng)
    shift = between(rng, 2, 5)
    sizes = [(4, 2, n)[i] for i in torch.randperm(3, generator=rng).tolist()]

    def losses(moved):
        return lesson.compare_batch_sizes(TensorDataset(x, 7 - 2 * x + moved), sizes, 1, 0.0, 6)

    return {
        "losses": losses(0.0),
        "with higher targets": losses(shift),
        "with lower targets": losses(-shift),
        "shift": shift,
    }


@pytest.mark.exercise("compare_batch_sizes")
@pytest.mark.check("a_size_has_its_own_losses")
def test_a_size_does_not_depend_on_the_others(lesson, rng):
    """Calling again gives the same losses, lists of floats; those of a size do not depend on the other sizes."""
    n = number(rng, 10, 30)
    x = torch.randn(n, 1, generator=rng)
    dataset = TensorDataset(x, 3 * x + 1 + torch.randn(n, 1, generator=rng))
    torch.manual_seed(40)
    together = lesson.compare_batch_sizes(dataset, [3, n, 4], 2, 0.05, 1)
    torch.manual_seed(41)
    return {
        "together": together,
        "alone": {size: lesson.compare_batch_sizes(dataset, [size], 2, 0.05, 1) for size in (4, 3, n)},
    }


@pytest.mark.exercise("compare_batch_sizes")
@pytest.mark.check("losses_shrink_at_the_rate")
@pytest.mark.parametrize(("low", "high"), [(0.04, 0.08), (0.15, 0.3)])
@pytest.mark.weight(0.5)
def test_a_whole_batch_descends_at_the_given_rate(lesson, rng, low, high):
    """The rate reaches weight and bias: for features ±1 a whole-batch epoch shrinks the loss by (1 - 2 lr)²."""
    half = number(rng, 3, 9)
    x = torch.tensor([1.0, -1.0] * half)[torch.randperm(2 * half, generator=rng)].unsqueeze(1)
    dataset = TensorDataset(x, between(rng, 2, 4) * x + 1)
    return lesson.compare_batch_sizes(dataset, [2 * half], 4, between(rng, low, high), 0)


@pytest.mark.exercise("compare_batch_sizes")
@pytest.mark.check("sizes_are_shuffled_anew")
@pytest.mark.weight(0.4)
def test_every_epoch_has_a_new_random_order(lesson, rng):
    """The samples come in a new random order in every epoch; another seed gives other orders."""
    n = number(rng, 9, 12)
    # With features of 0 and this rate the bias becomes the target of the sample that came last, wherever the start was: the
    # losses of batches of one then tell the order.
    targets = torch.randn(n, 1, generator=rng) * 5
    dataset = TensorDataset(torch.zeros(n, 1), targets)
    seed = number(rng, 1, 90)
    return {
        "losses": lesson.compare_batch_sizes(dataset, [1], 5, 0.5, seed),
        "losses of another seed": lesson.compare_batch_sizes(dataset, [1], 5, 0.5, seed + 1),
        "targets": targets,
    }
