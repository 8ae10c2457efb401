"""Hidden scenarios of `generate_moons`. The order of the samples is open, so checks sort the rows or look at all together."""

import pytest
import torch

from autograder.worker import probes


def whole_number(rng, low, high):
    return int(torch.randint(low, high, (1,), generator=rng))


def sorted_classes(moons):
    """Return the classes in order; None where no pair of tensors came back."""
    try:
        _, y = moons
        return sorted(y.flatten().tolist())
    except (TypeError, ValueError, AttributeError):
        return None


@pytest.mark.exercise("generate_moons")
@pytest.mark.check("points_lie_on_the_moons")
@pytest.mark.parametrize(("fewest", "most"), [(3, 30), (31, 80), (81, 200)])
def test_without_noise_the_points_lie_on_the_moons(lesson, rng, fewest, most):
    """With noise 0.0 the points are those of `make_moons`, each with its class, float32, `(N, 2)` and `(N, 1)`."""
    n = whole_number(rng, fewest, most + 1)
    return {
        "many samples": lesson.generate_moons(n, 0.0, whole_number(rng, 0, 1000)),
        "two samples": lesson.generate_moons(2, 0.0, whole_number(rng, 0, 1000)),
    }


@pytest.mark.exercise("generate_moons")
@pytest.mark.check("noise_has_this_deviation")
@pytest.mark.parametrize("noise", [0.06, 0.18])
def test_noise_is_its_standard_deviation(lesson, rng, noise):
    """`noise` is the standard deviation: that of the distance from the moon, over many samples."""
    n, noise = whole_number(rng, 1900, 2300), noise * (1 + 0.2 * float(torch.rand(1, generator=rng)))
    return lesson.generate_moons(n, noise, whole_number(rng, 0, 1000))


@pytest.mark.exercise("generate_moons")
def test_float32_columns_on_the_cpu(lesson, rng):
    """Both tensors are float32 on the CPU; the classes are a column of 0.0 and 1.0, also for an odd number of samples."""
    moons = lesson.generate_moons(2 * whole_number(rng, 3, 60) + 1, 0.1, whole_number(rng, 0, 1000))
    return {"X and y": probes.form(moons), "the classes, sorted": sorted_classes(moons)}


@pytest.mark.exercise("generate_moons")
@pytest.mark.check("seed_decides")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("lowest", "highest"), [(0, 100), (101, 1000)])
def test_seed_decides_and_the_global_generators_play_no_part(lesson, rng, lowest, highest):
    """The same seed gives the same data, another seed other noise; the global generators stay as they were."""
    n, seed = whole_number(rng, 12, 60), whole_number(rng, lowest, highest)
    torch.manual_seed(whole_number(rng, 0, 10_000))
    first, untouched = probes.global_rng_untouched(lambda: lesson.generate_moons(n, 0.2, seed))
    drawn = torch.rand(3)
    torch.manual_seed(1)
    return {
        "first call": first,
        "global random states": untouched,
        "global random numbers afterwards": drawn,
        "with the same seed": lesson.generate_moons(n, 0.2, seed),
        "with another seed": lesson.generate_moons(n, 0.2, seed + 1),
    }
