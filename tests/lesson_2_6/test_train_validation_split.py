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


def together(parts):
    """Return all rows of both parts, sorted by their first feature, features and targets side by side."""
    X_train, y_train, X_validation, y_validation = parts
    X, y = torch.cat([X_train, X_validation]), torch.cat([y_train, y_validation])
    order = X[:, 0].argsort()
    return X[order], y[order]


def shapes(parts):
    return [tuple(part.shape) for part in parts]


@pytest.mark.exercise("train_validation_split")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("n", "d", "k", "dtype"), [(20, 3, 1, torch.float32), (12, 12, 2, torch.float64)])
def test_every_row_is_in_one_part_with_its_targets(lesson, device, rng, n, d, k, dtype):
    """Both parts together hold every row once, with its own targets; a quarter of the rows is held out."""
    X, y = samples(rng, n, device, d, k, dtype)
    parts = lesson.train_validation_split(X, y, 0.25, seeded(device, rng))
    return {"tuple": isinstance(parts, tuple), "shapes": shapes(parts), "rows": together(parts)}


@pytest.mark.exercise("train_validation_split")
@pytest.mark.weight(2)
def test_arguments_and_dtypes_stay(lesson, device, rng):
    """X and y stay as they were; each part has the dtype of what it was taken from. More than half may be held out."""
    X, y = samples(rng, 10, device, d=1, k=3, y_dtype=torch.float64)
    parts, kept = probes.unchanged(lambda: lesson.train_validation_split(X, y, 0.7, seeded(device, rng)), X=X, y=y)
    return {"shapes": shapes(parts), "rows": together(parts), "unchanged": kept}


@pytest.mark.exercise("train_validation_split")
@pytest.mark.check("sizes_are_rounded")
def test_sizes_are_rounded_and_no_part_is_empty(lesson, device, rng):
    """`fraction * N` is rounded down, up or to the nearest; at least 1 row and at most N - 1 rows are held out."""
    cases = [(7, 0.3), (10, 0.25), (33, 0.4), (5, 0.01), (5, 0.999), (2, 0.5), (2, 0.05), (2, 0.95), (3, 0.5)]
    found = []
    for n, fraction in cases:
        parts = lesson.train_validation_split(*samples(rng, n, device, d=2), fraction, seeded(device, rng))
        found.append({"n": n, "fraction": fraction, "sizes": [len(part) for part in parts]})
    return found


@pytest.mark.exercise("train_validation_split")
@pytest.mark.weight(2)
@pytest.mark.check("every_choice_is_as_likely")
def test_every_choice_of_rows_is_as_likely(lesson, device, rng):
    """Over 400 splits each row, and each pair of rows, is held out about as often as any other."""
    X, y = samples(rng, 8, device, d=1)
    generator = seeded(device, rng)
    counts = torch.zeros(8, 8, dtype=torch.int64)
    for _ in range(400):
        held_out = lesson.train_validation_split(X, y, 0.25, generator)[2]
        rows = held_out[:, 0].floor().long().cpu()
        counts[rows.unsqueeze(1), rows] += 1
    return counts


@pytest.mark.exercise("train_validation_split")
@pytest.mark.weight(2)
def test_generator_alone_decides(lesson, device, rng):
    """The same seed gives the same split, another seed or a second call another; the global generator plays no part."""
    X, y = samples(rng, 60, device)
    seed = int(torch.randint(1, 1_000_000, (1,), generator=rng))

    def held_out(generator):
        return lesson.train_validation_split(X, y, 0.25, generator)[2][:, 0].sort().values

    def first(seed):
        return held_out(torch.Generator(device=device).manual_seed(seed))

    one, untouched = probes.global_rng_untouched(lambda: first(seed))
    generator = torch.Generator(device=device).manual_seed(seed)
    same, second = held_out(generator), held_out(generator)
    return {
        "same seed, same rows": torch.equal(one, same),
        "another seed, other rows": not torch.equal(one, first(seed + 1)),
        "second call, other rows": not torch.equal(one, second),
        "global generator untouched": untouched,
    }


@pytest.mark.exercise("train_validation_split")
def test_what_cannot_be_split_is_refused(lesson, device, rng):
    """A fraction that is not between 0 and 1, or fewer than 2 rows, raise a ValueError."""

    def refused(n, fraction):
        X, y = samples(rng, n, device)
        generator = seeded(device, rng)
        return probes.raised(ValueError, lambda: lesson.train_validation_split(X, y, fraction, generator))

    return [refused(n, fraction) for n, fraction in ((6, 0.0), (6, 1.0), (6, -0.2), (6, 1.5), (1, 0.5), (0, 0.5))]
