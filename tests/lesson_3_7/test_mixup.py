"""Hidden scenarios of `mixup`. Lam and the partners are random; the checks work the partners out of the blends.

With alpha 4 lam is far from 1 (below 0.001 and above 0.999 lies less than one draw in ten billion), so that the partner
can be told from the blend.
"""

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


def blended(lesson, x, y, alpha, generator):
    """Return what comes back, and the batch as it was before."""
    batch = {"x": x.clone(), "y": y.clone()}
    return {"result": lesson.mixup(x, y, alpha, generator), **batch}


@pytest.mark.exercise("mixup")
@pytest.mark.weight(3)
@pytest.mark.check("blended_alike")
@pytest.mark.parametrize(
    ("shape", "dtype"), [((12, 3), torch.float64), ((11, 2, 3, 4), torch.float32), ((13, 13), torch.float64)]
)
def test_samples_and_labels_are_blended_alike(lesson, device, rng, shape, dtype):
    """Each row keeps lam of itself and gets 1 - lam of its partner, in x and in y alike."""
    # Each row has a class of its own, so that labels that are blended have changed.
    x, y = batch(rng, device, shape, c=shape[0], dtype=dtype)
    return blended(lesson, x, y, 4.0, seeded(rng))


@pytest.mark.exercise("mixup")
@pytest.mark.check("each_blended_alike")
def test_other_shapes_and_dtypes(lesson, device, rng):
    """x may be `(N,)`, and y may have another dtype than x; each keeps its own."""
    x, y = batch(rng, device, (8,), dtype=torch.float32, y_dtype=torch.float64)
    wide, labels = batch(rng, device, (6, 1, 2), c=6, dtype=torch.float64, y_dtype=torch.float32)
    batches = {"x (8,)": (x, y), "x (6, 1, 2)": (wide, labels)}
    return {name: blended(lesson, *pair, 4.0, seeded(rng)) for name, pair in batches.items()}


@pytest.mark.exercise("mixup")
@pytest.mark.check("blended_and_kept")
def test_arguments_stay_as_they_were(lesson, device, rng):
    """Neither x nor y is changed."""
    x, y = batch(rng, device, (7, 4))
    generator = seeded(rng)
    found, kept = probes.unchanged(lambda: blended(lesson, x, y, 4.0, generator), x=x, y=y)
    return {**found, **kept}


@pytest.mark.exercise("mixup")
@pytest.mark.parametrize("alpha", [0.0, 0])
def test_alpha_zero_changes_nothing(lesson, device, rng, alpha):
    """With alpha 0 the batch keeps its values, and lam is 1.0, each time."""
    x, y = batch(rng, device, (6, 2), dtype=torch.float32, y_dtype=torch.float64)
    generator = seeded(rng)
    return {f"call {number}": lesson.mixup(x, y, alpha, generator) for number in range(1, 13)}


@pytest.mark.exercise("mixup")
def test_one_row(lesson, device, rng):
    """A single row is its own partner, so it stays what it was."""
    x, y = batch(rng, device, (1, 5))
    return {"the blended x and y": lesson.mixup(x + 2, y, 1.5, seeded(rng))[:2]}


@pytest.mark.exercise("mixup")
@pytest.mark.weight(2)
@pytest.mark.check("lam_is_beta")
@pytest.mark.parametrize("alpha", [0.3, 2.0])
def test_lam_comes_from_beta(lesson, device, rng, alpha):
    """Over many batches lam has the mean and the variance of Beta(alpha, alpha), or nearly."""
    x, y = batch(rng, device, (2, 2))
    generator = seeded(rng)
    results = [lesson.mixup(x, y, alpha, generator) for _ in range(600)]
    return {
        "the blended x": torch.stack([x_mixed for x_mixed, _, _ in results]),
        "lam": torch.tensor([float(lam) for _, _, lam in results], dtype=torch.float64),
        "x": x,
        "alpha": alpha,
    }


@pytest.mark.exercise("mixup")
@pytest.mark.weight(2)
@pytest.mark.check("partners_are_a_random_permutation")
def test_every_permutation_comes(lesson, device, rng):
    """Over many batches every permutation comes, and no row prefers a partner."""
    x, y = batch(rng, device, (4, 2))
    generator = seeded(rng)
    results = [lesson.mixup(x, y, 4.0, generator) for _ in range(600)]
    return {
        "the blended x": torch.stack([x_mixed for x_mixed, _, _ in results]),
        "lam": torch.tensor([float(lam) for _, _, lam in results], dtype=torch.float64),
        "x": x,
    }


@pytest.mark.exercise("mixup")
@pytest.mark.weight(2)
@pytest.mark.check("generator_decides_the_blend")
def test_generator_alone_decides(lesson, device, rng):
    """The same seed gives the same blend, another seed or a second call another; the global generators play no part."""
    x, y = batch(rng, device, (30, 2))
    seed = int(torch.randint(1, 1_000_000, (1,), generator=rng))

    def first(seed):
        return lesson.mixup(x, y, 0.8, torch.Generator().manual_seed(seed))

    one, untouched = probes.global_rng_untouched(lambda: first(seed))
    generator = torch.Generator().manual_seed(seed)
    again, second = lesson.mixup(x, y, 0.8, generator), lesson.mixup(x, y, 0.8, generator)
    calls = {"first": one, "the same seed again": again, "second": second, "another seed": first(seed + 1)}
    return {"calls": calls, "x": x, "the global random state": untouched}


@pytest.mark.exercise("mixup")
@pytest.mark.check("labels_add_up")
def test_labels_still_add_up_to_one(lesson, device, rng):
    """Blended labels add up to 1 in each row, whatever lam is; alpha may be small or large."""
    x, y = batch(rng, device, (8, 3), c=8)
    generator = seeded(rng)
    return {f"alpha {alpha}": blended(lesson, x, y, alpha, generator) for alpha in (0.1, 1.0, 8.0)}
