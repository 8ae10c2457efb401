"""Hidden scenarios of `char_batch`. The texts are drawn, and each id is in a text once, so that a window tells its place."""

import pytest
import torch

from autograder.worker import probes


def text(rng, n):
    """Return a text of n different ids in a drawn order."""
    return torch.randperm(max(3 * n, 40), generator=rng)[:n] + 2


@pytest.mark.exercise("char_batch")
@pytest.mark.check("targets_are_one_ahead")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("n", "context", "batch_size"), [(40, 8, 5), (12, 1, 3), (9, 4, 4), (30, 6, 1)])
def test_targets_are_one_ahead(lesson, device, rng, n, context, batch_size):
    """Each row is a window of the text; its targets are the characters that follow."""
    data = text(rng, n)
    return {"text": data, "batch": lesson.char_batch(data.to(device), context, batch_size, rng)}


@pytest.mark.exercise("char_batch")
@pytest.mark.check("every_window_is_as_likely")
@pytest.mark.weight(2)
def test_every_window_may_be_drawn(lesson, device, rng):
    """Every window that has all its targets is equally likely, the first and the last included."""
    data = text(rng, 9)
    return {"text": data, "batch": lesson.char_batch(data.to(device), 3, 3000, rng)}


@pytest.mark.exercise("char_batch")
@pytest.mark.check("one_may_come_twice")
def test_one_window_may_come_twice(lesson, device, rng):
    """A window may be drawn twice in a batch: each row's is drawn from all that there are."""
    data = text(rng, 44)
    return {"text": data, "batch": lesson.char_batch(data.to(device), 4, 40, rng)}


@pytest.mark.exercise("char_batch")
def test_the_only_window(lesson, device, rng):
    """A text that is one character longer than the context has one window, and that is enough."""
    return lesson.char_batch(text(rng, 4).to(device), 3, 2, rng)


@pytest.mark.exercise("char_batch")
@pytest.mark.check("too_short_a_text")
@pytest.mark.parametrize("n", [0, 2, 3], ids=["empty", "shorter", "no target"])
def test_too_short_a_text(lesson, device, rng, n):
    """A text that is not longer than the context is refused with a ValueError; a long one is not."""
    data = text(rng, 40)
    return {
        "text": data,
        "its batch": lesson.char_batch(data.to(device), 3, 1, rng),
        "too short a text": probes.raised(ValueError, lambda: lesson.char_batch(data[:n].to(device), 3, 2, rng)),
    }


@pytest.mark.exercise("char_batch")
@pytest.mark.check("batches_differ")
@pytest.mark.weight(2)
def test_rows_and_batches_differ(lesson, device, rng):
    """Each row's window is drawn by itself from `gen` alone: a second batch is another one, and the same seed gives the same."""
    data = text(rng, 500)
    seed = int(torch.randint(1000, (), generator=rng))
    first, second = torch.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
    batches, untouched = probes.global_rng_untouched(
        lambda: [lesson.char_batch(data.to(device), 4, 16, gen) for gen in (first, first, second)]
    )
    names = ("first batch", "second batch", "first batch of the same seed")
    return {"text": data, **dict(zip(names, batches, strict=True)), "global random state": untouched}


@pytest.mark.exercise("char_batch")
@pytest.mark.check("text_is_kept")
@pytest.mark.parametrize("batch_size", [1, 3])
def test_the_text_stays_as_it_is(lesson, device, rng, batch_size):
    """Windows and targets share no memory with the text: writing into a batch does not change it."""
    data = text(rng, 10)
    given = data.to(device, copy=True)
    batch = lesson.char_batch(given, 4, batch_size, rng)
    parts = [part for part in batch if isinstance(part, torch.Tensor)] if isinstance(batch, tuple) else []
    before = tuple(part.clone() for part in parts)
    for part in parts:
        part.zero_()
    return {"text": data, "batch": before, "text afterwards": given}
