"""Hidden scenarios of `train_validation_split`. The first feature of each row is unlike that of any other."""

import pytest
import torch

from autograder.worker import probes


def samples(rng, n, device, d=3, k=1, dtype=torch.float32, y_dtype=None):
    """Return X and y; row i begins with i and a bit, and its targets go with it."""
    X = torch.randn(n, d, generator=rng, dtype=torch.float64)
    X[:, 0] = torch.arange(n) + 0.5 * torch.rand(n, generator=rng, dtype=torch.float64)
    y = 3 * torch.randn(n, k, generator=rng, dtype=torch.float64)
    return X.to(device, dtype), y.to(device, y_dtype or dtype)


def seeded(device, rng):
    return torch.Generator(device=device).manual_seed(int(torch.randint(1, 1_000_000, (1,), generator=rng)))


def held_out(parts):
    """Return the features that are held out; what is no tuple of four as it is."""
    return parts[2] if isinstance(parts, tuple) and len(parts) == 4 else parts


@pytest.mark.exercise("train_validation_split")
@pytest.mark.weight(2)
@pytest.mark.check("every_row_is_in_one_part")
@pytest.mark.parametrize(("n", "d", "k", "dtype"), [(20, 3, 1, torch.float32), (12, 12, 2, torch.float64)])
def test_every_row_is_in_one_part_with_its_targets(lesson, device, rng, n, d, k, dtype):
    """Both parts together hold every row once, with its own targets; a quarter of the rows is held out."""
    X, y = samples(rng, n, device, d, k, dtype)
    facts = {"X": X.clone(), "y": y.clone()}
    return {"parts": lesson.train_validation_split(X, y, 0.25, seeded(device, rng)), **facts}


@pytest.mark.exercise("train_validation_split")
@pytest.mark.weight(2)
@pytest.mark.check("every_row_is_in_one_part")
def test_arguments_and_dtypes_stay(lesson, device, rng):
    """X and y stay as they were; each part has the dtype of what it was taken from. More than half may be held out."""
    X, y = samples(rng, 10, device, d=1, k=3, y_dtype=torch.float64)
    facts = {"X": X.clone(), "y": y.clone()}
    parts, kept = probes.unchanged(lambda: lesson.train_validation_split(X, y, 0.7, seeded(device, rng)), X=X, y=y)
    return {"parts": parts, **facts, **kept}


@pytest.mark.exercise("train_validation_split")
@pytest.mark.check("sizes_are_rounded")
def test_sizes_are_rounded_and_no_part_is_empty(lesson, device, rng):
    """`fraction * N` is rounded down, up or to the nearest; at least 1 row and at most N - 1 rows are held out."""
    cases = [(7, 0.3), (10, 0.25), (33, 0.4), (5, 0.01), (5, 0.999), (2, 0.5), (2, 0.05), (2, 0.95), (3, 0.5)]
    found = {}
    for n, fraction in cases:
        X, y = samples(rng, n, device, d=2)
        facts = {"X": X.clone(), "fraction": fraction}
        parts = lesson.train_validation_split(X, y, fraction, seeded(device, rng))
        found[f"{n} rows, the fraction {fraction}"] = {"parts": parts, **facts}
    return found


@pytest.mark.exercise("train_validation_split")
@pytest.mark.weight(2)
@pytest.mark.check("every_choice_is_as_likely")
def test_every_choice_of_rows_is_as_likely(lesson, device, rng):
    """Over 400 splits each row, and each pair of rows, is held out about as often as any other."""
    X, y = samples(rng, 8, device, d=1)
    facts = {"X": X.clone()}
    generator = seeded(device, rng)
    return {"held out": [held_out(lesson.train_validation_split(X, y, 0.25, generator)) for _ in range(400)], **facts}


@pytest.mark.exercise("train_validation_split")
@pytest.mark.weight(2)
@pytest.mark.check("generator_decides_the_split")
def test_generator_alone_decides(lesson, device, rng):
    """The same seed gives the same split, another seed or a second call another; the global generator plays no part."""
    X, y = samples(rng, 60, device)
    facts = {"X": X.clone()}
    seed = int(torch.randint(1, 1_000_000, (1,), generator=rng))

    def split(generator):
        return held_out(lesson.train_validation_split(X, y, 0.25, generator))

    def first(seed):
        return split(torch.Generator(device=device).manual_seed(seed))

    one, untouched = probes.global_rng_untouched(lambda: first(seed))
    generator = torch.Generator(device=device).manual_seed(seed)
    again, second = split(generator), split(generator)
    calls = {"first": one, "the same seed again": again, "second call": second, "another seed": first(seed + 1)}
    return {**calls, **facts, "the global generator": untouched}


@pytest.mark.exercise("train_validation_split")
def test_what_cannot_be_split_is_refused(lesson, device, rng):
    """A fraction that is not between 0 and 1, or fewer than 2 rows, raise a ValueError; half of equal rows are held out."""

    def refused(n, fraction):
        X, y = samples(rng, n, device)
        generator = seeded(device, rng)
        return probes.raised(ValueError, lambda: lesson.train_validation_split(X, y, fraction, generator))

    X, y = samples(rng, 1, device)
    parts = lesson.train_validation_split(X.repeat(6, 1), y.repeat(6, 1), 0.5, seeded(device, rng))
    cases = ((6, 0.0), (6, 1.0), (6, -0.2), (6, 1.5), (1, 0.5), (0, 0.5))
    refusals = {f"N = {n}, the fraction {fraction}": refused(n, fraction) for n, fraction in cases}
    return {"six equal rows, the fraction 0.5": parts, **refusals}
