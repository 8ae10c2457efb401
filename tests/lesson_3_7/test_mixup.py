"""Hidden scenarios of `mixup`. Lam and the partners are random; `found` works the partners out, and tells what fits.

With alpha 4 lam is far from 1 (below 0.001 and above 0.999 lies less than one draw in ten billion), so that the partner
can be told from the blend.
"""

import math

import pytest
import torch

from autograder.worker import probes


def batch(rng, device, shape, c=3, dtype=torch.float64, y_dtype=None):
    """Return samples whose first number is their row's, and one-hot labels."""
    n = shape[0]
    x = torch.randn(shape, generator=rng, dtype=torch.float64)
    x.reshape(n, -1)[:, 0] = torch.arange(n)
    y = torch.zeros(n, c, dtype=torch.float64)
    y[torch.arange(n), torch.randperm(n, generator=rng) % c] = 1
    return x.to(device, dtype), y.to(device, y_dtype or dtype)


def seeded(rng):
    return torch.Generator().manual_seed(int(torch.randint(1, 1_000_000, (1,), generator=rng)))


def partners(x, x_mixed, lam):
    """Return each row's partner, rounded to a row's number."""
    own, mixed = (part.reshape(len(x), -1)[:, 0].cpu().double() for part in (x, x_mixed))
    return ((mixed - lam * own) / (1 - lam)).nan_to_num().round().long().clamp(0, len(x) - 1)


def fits(tensor, mixed, lam, partner):
    """Return whether each row is lam of itself and 1 - lam of its partner."""
    tensor, mixed = tensor.detach().cpu().double(), mixed.detach().cpu().double()
    return torch.allclose(mixed, lam * tensor + (1 - lam) * tensor[partner], rtol=1e-4, atol=1e-4)


def found(x, y, result):
    """Return what can be told of a result without knowing what was drawn."""
    x_mixed, y_mixed, lam = result
    partner = partners(x, x_mixed, float(lam))
    return {
        "tuple": isinstance(result, tuple),
        "lam is a float from 0 to 1": isinstance(lam, float) and 0 <= lam <= 1,
        "shapes, dtypes and devices": [torch.zeros_like(part) for part in (x_mixed, y_mixed)],
        "each row is a partner once": sorted(partner.tolist()) == list(range(len(x))),
        "x is blended": fits(x, x_mixed, float(lam), partner),
        "y is blended alike": fits(y, y_mixed, float(lam), partner),
    }


@pytest.mark.exercise("mixup")
@pytest.mark.weight(3)
@pytest.mark.parametrize(
    ("shape", "dtype"), [((12, 3), torch.float64), ((11, 2, 3, 4), torch.float32), ((13, 13), torch.float64)]
)
def test_samples_and_labels_are_blended_alike(lesson, device, rng, shape, dtype):
    """Each row keeps lam of itself and gets 1 - lam of its partner, in x and in y alike."""
    # Each row has a class of its own, so that labels that are blended have changed.
    x, y = batch(rng, device, shape, c=shape[0], dtype=dtype)
    result = lesson.mixup(x, y, 4.0, seeded(rng))
    return {**found(x, y, result), "y has changed": not torch.equal(result[1], y)}


@pytest.mark.exercise("mixup")
def test_other_shapes_and_dtypes(lesson, device, rng):
    """x may be `(N,)`, and y may have another dtype than x; each keeps its own."""
    x, y = batch(rng, device, (8,), dtype=torch.float32, y_dtype=torch.float64)
    wide, labels = batch(rng, device, (6, 1, 2), c=6, dtype=torch.float64, y_dtype=torch.float32)
    return [found(*pair, lesson.mixup(*pair, 4.0, seeded(rng))) for pair in ((x, y), (wide, labels))]


@pytest.mark.exercise("mixup")
def test_arguments_stay_as_they_were(lesson, device, rng):
    """Neither x nor y is changed."""
    x, y = batch(rng, device, (7, 4))
    generator = seeded(rng)
    result, kept = probes.unchanged(lambda: lesson.mixup(x, y, 4.0, generator), x=x, y=y)
    return found(x, y, result), kept


@pytest.mark.exercise("mixup")
@pytest.mark.parametrize("alpha", [0.0, 0])
def test_alpha_zero_changes_nothing(lesson, device, rng, alpha):
    """With alpha 0 the batch keeps its values, and lam is 1.0."""
    x, y = batch(rng, device, (6, 2), dtype=torch.float32, y_dtype=torch.float64)
    x_mixed, y_mixed, lam = lesson.mixup(x, y, alpha, seeded(rng))
    return x_mixed.clone(), y_mixed.clone(), lam


@pytest.mark.exercise("mixup")
def test_one_row(lesson, device, rng):
    """A single row is its own partner, so it stays what it was."""
    x, y = batch(rng, device, (1, 5))
    x_mixed, y_mixed, lam = lesson.mixup(x + 2, y, 1.5, seeded(rng))
    return x_mixed, y_mixed, isinstance(lam, float) and 0 <= lam <= 1


@pytest.mark.exercise("mixup")
@pytest.mark.weight(2)
@pytest.mark.check("lam_is_beta")
@pytest.mark.parametrize(("alpha", "width"), [(0.3, 1 / 16), (2.0, 1 / 30)])
def test_lam_comes_from_beta(lesson, device, rng, alpha, width):
    """Over 600 batches lam has the mean and the variance of Beta(alpha, alpha): both lie in a narrow drawer."""
    x, y = batch(rng, device, (2, 2))
    generator = seeded(rng)
    lam = torch.tensor([float(lesson.mixup(x, y, alpha, generator)[2]) for _ in range(600)], dtype=torch.float64)
    mean, variance = float(lam.mean()), float(((lam - 0.5) ** 2).mean())
    return {
        "mean": math.floor(5 * mean),
        "spread": math.floor(variance / width),
        "different": len(set(lam.tolist())) > 500,
    }


@pytest.mark.exercise("mixup")
@pytest.mark.weight(2)
@pytest.mark.check("partners_are_a_random_permutation")
def test_every_permutation_comes(lesson, device, rng):
    """Over 600 batches of 4 rows each of the 24 permutations comes, and no row prefers a partner."""
    x, y = batch(rng, device, (4, 2))
    generator = seeded(rng)
    counts, seen = torch.zeros(4, 4), set()
    for _ in range(600):
        x_mixed, _, lam = lesson.mixup(x, y, 4.0, generator)
        partner = partners(x, x_mixed, float(lam))
        counts[torch.arange(4), partner] += 1
        seen.add(tuple(partner.tolist()))
    once = all(sorted(permutation) == [0, 1, 2, 3] for permutation in seen)
    return {"permutations": once, "how many": len(seen), "even": bool(((counts - 150).abs() < 70).all())}


@pytest.mark.exercise("mixup")
@pytest.mark.weight(2)
def test_generator_alone_decides(lesson, device, rng):
    """The same seed gives the same blend, another seed or a second call another; the global generators play no part."""
    x, y = batch(rng, device, (30, 2))
    seed = int(torch.randint(1, 1_000_000, (1,), generator=rng))

    def first(seed):
        return lesson.mixup(x, y, 0.8, torch.Generator().manual_seed(seed))

    def same(a, b):
        return torch.equal(a[0], b[0]) and torch.equal(a[1], b[1]) and a[2] == b[2]

    one, untouched = probes.global_rng_untouched(lambda: first(seed))
    generator = torch.Generator().manual_seed(seed)
    again, second = lesson.mixup(x, y, 0.8, generator), lesson.mixup(x, y, 0.8, generator)
    return {
        "same seed, same blend": same(one, again),
        "another seed, another lam": first(seed + 1)[2] != one[2],
        "second call, another lam": second[2] != one[2],
        "second call, other partners": not torch.equal(partners(x, one[0], one[2]), partners(x, second[0], second[2])),
        "global generators untouched": untouched,
    }


@pytest.mark.exercise("mixup")
def test_labels_still_add_up_to_one(lesson, device, rng):
    """Blended labels add up to 1 in each row, whatever lam is; alpha may be small or large."""
    x, y = batch(rng, device, (8, 3), c=8)
    generator = seeded(rng)
    return [lesson.mixup(x, y, alpha, generator)[1].sum(dim=1) for alpha in (0.1, 1.0, 8.0)]
