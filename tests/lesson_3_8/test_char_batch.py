"""Hidden scenarios of `char_batch`."""

import pytest
import torch

from autograder.worker import probes


@pytest.mark.exercise("char_batch")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("n", "context", "batch_size"), [(40, 8, 5), (12, 1, 3), (9, 4, 4), (30, 6, 1)])
def test_targets_are_one_ahead(lesson, device, rng, n, context, batch_size):
    """Each row is a window of the text; its targets are the characters that follow."""
    data = 3 * torch.arange(n) + 2
    x, y = lesson.char_batch(data.to(device), context, batch_size, rng)
    follows = (y == x + 3).all()
    in_order = (x[:, 1:] == x[:, :-1] + 3).all()
    inside = bool((x >= 2).all()) and bool((y <= 3 * n - 1).all())
    return torch.zeros_like(x), torch.zeros_like(y), bool(follows), bool(in_order), inside


@pytest.mark.exercise("char_batch")
@pytest.mark.check("every_window_is_as_likely")
@pytest.mark.weight(2)
def test_every_window_may_be_drawn(lesson, device, rng):
    """Of 6 windows each comes about as often as the others, the first and the last included."""
    data = torch.arange(9).to(device)
    x, _ = lesson.char_batch(data, 3, 3000, rng)
    return torch.bincount(x[:, 0].cpu(), minlength=6)


@pytest.mark.exercise("char_batch")
def test_the_only_window(lesson, device, rng):
    """A text of one window and its last target is enough."""
    data = torch.tensor([4, 0, 3, 1]).to(device)
    return lesson.char_batch(data, 3, 2, rng)


@pytest.mark.exercise("char_batch")
@pytest.mark.parametrize("n", [0, 2, 3], ids=["empty", "shorter", "no target"])
def test_too_short_a_text(lesson, device, rng, n):
    """A text that is not longer than the context is refused."""
    data = torch.zeros(n, dtype=torch.int64, device=device)
    return probes.raised(ValueError, lambda: lesson.char_batch(data, 3, 2, rng))


@pytest.mark.exercise("char_batch")
@pytest.mark.check("batches_differ")
def test_rows_and_batches_differ(lesson, device, rng):
    """Rows are drawn one by one, and a second batch from the same generator is another one; the same seed gives the same."""
    data = torch.arange(500).to(device)
    seed = int(torch.randint(1000, (), generator=rng))
    first, second = torch.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
    batches, quiet = probes.global_rng_untouched(
        lambda: [lesson.char_batch(data, 4, 16, gen)[0].cpu() for gen in (first, first, second)]
    )
    return {
        "starts": len(set(batches[0][:, 0].tolist())),
        "gaps": len(set((batches[0][1:, 0] - batches[0][:-1, 0]).tolist())),
        "same batch twice": bool(torch.equal(batches[0], batches[1])),
        "same seed": bool(torch.equal(batches[0], batches[2])),
        "quiet": quiet,
    }


@pytest.mark.exercise("char_batch")
@pytest.mark.parametrize("batch_size", [1, 3])
def test_the_text_stays_as_it_is(lesson, device, rng, batch_size):
    """Writing into a batch does not change the text."""
    data = torch.arange(10).to(device)
    x, y = lesson.char_batch(data, 4, batch_size, rng)
    x.zero_()
    y.zero_()
    return bool(torch.equal(data.cpu(), torch.arange(10)))
