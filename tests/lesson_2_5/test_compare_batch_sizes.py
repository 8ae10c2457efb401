"""Hidden scenarios of `compare_batch_sizes`: each looks at what does not depend on start and orders."""

import pytest
import torch
from torch.utils.data import TensorDataset


def relative(losses, to):
    """Losses as multiples of one of them: what is left when the start does not matter."""
    return {size: torch.tensor([float(value) for value in values]) / to for size, values in losses.items()}


@pytest.mark.exercise("compare_batch_sizes")
def test_every_size_cuts_its_own_batches(lesson):
    """Every size makes its own number of updates at the same rate; the keys are in the order of `sizes`.

    With features of 0 and one target for all, an update shrinks the error by one factor, whatever the order.
    """
    dataset = TensorDataset(torch.zeros(7, 1), torch.full((7, 1), 4.0))
    losses = lesson.compare_batch_sizes(dataset, [7, 3, 1, 9], 2, 0.05, 2)
    return list(losses), relative(losses, float(losses[7][0]))


@pytest.mark.exercise("compare_batch_sizes")
def test_all_sizes_start_from_the_same_model(lesson, rng):
    """All models have the same weight and bias at the start: with a learning rate of 0 all losses are the same."""
    x = torch.randn(7, 1, generator=rng)
    losses = lesson.compare_batch_sizes(TensorDataset(x, 7 - 2 * x), [4, 2, 7], 1, 0.0, 6)
    return relative(losses, float(losses[4][0]))


@pytest.mark.exercise("compare_batch_sizes")
def test_a_size_does_not_depend_on_the_others(lesson, rng):
    """Calling again gives the same losses, lists of floats; those of a size do not depend on the other sizes."""
    x = torch.randn(10, 1, generator=rng)
    dataset = TensorDataset(x, 3 * x + 1 + torch.randn(10, 1, generator=rng))
    torch.manual_seed(40)
    together = lesson.compare_batch_sizes(dataset, [3, 10, 4], 2, 0.05, 1)
    torch.manual_seed(41)
    alone = {size: lesson.compare_batch_sizes(dataset, [size], 2, 0.05, 1)[size] for size in (4, 3, 10)}

    def close(a, b):
        return torch.allclose(torch.tensor([float(v) for v in a]), torch.tensor([float(v) for v in b]), rtol=1e-4)

    return {
        size: (isinstance(losses, list), [isinstance(v, float) for v in losses], close(losses, alone[size]))
        for size, losses in together.items()
    }


@pytest.mark.exercise("compare_batch_sizes")
@pytest.mark.parametrize("lr", [0.05, 0.2])
@pytest.mark.weight(0.5)
def test_a_whole_batch_descends_at_the_given_rate(lesson, lr):
    """The rate reaches weight and bias: for features ±1 a whole-batch epoch shrinks the loss by (1 - 2 lr)²."""
    x = torch.tensor([1.0, -1.0, -1.0, 1.0, 1.0, -1.0]).unsqueeze(1)
    losses = lesson.compare_batch_sizes(TensorDataset(x, 3 * x + 1), [6], 4, lr, 0)
    return relative(losses, float(losses[6][0]))
