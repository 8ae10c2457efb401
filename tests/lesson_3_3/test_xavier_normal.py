"""Hidden scenarios of `xavier_normal_`. Its numbers are random, so they are judged by their moments.

A deviation goes out in bfloat16, which is compared coarsely: to about 3 per cent. Over 90,000 numbers or more the deviations
of two correct solutions differ by more than that less than once in a billion times.
"""

import pytest
import torch

from autograder.worker import probes


def seed_from(rng):
    return int(torch.randint(1, 1_000_000, (1,), generator=rng))


def make(seed):
    return torch.Generator().manual_seed(seed)


def facts(w, result):
    """Return what there is to say of numbers that are random."""
    values = w.detach().double().cpu().flatten(1)
    centred = values - values.mean()
    deviation = float(values.std(correction=0))
    kurtosis = float((centred**4).mean()) / max(deviation, 1e-30) ** 4  # 1.8 for even numbers, 3 for a bell curve
    return {
        "itself": result is w,
        "finite": bool(values.isfinite().all()),
        "deviation": torch.tensor(deviation * values.numel() ** 0.5 / 8, dtype=torch.bfloat16),
        "spread": "even" if 1.7 < kurtosis < 1.9 else "bell" if 2.8 < kurtosis < 3.2 else "other",
        # Six standard errors: less than one correct draw in a hundred million is further off.
        "mean is near 0": abs(float(values.mean())) <= 6 * deviation / values.numel() ** 0.5,
        "rows and columns vary": min(float(values.std(dim=d).mean()) for d in (0, 1)) >= 0.9 * deviation,
    }


@pytest.mark.exercise("xavier_normal_")
@pytest.mark.weight(3)
@pytest.mark.check("moments_are_right")
@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((100, 1000), torch.float32), ((64, 32, 5, 9), torch.float64)],
    ids=["linear", "convolution"],
)
def test_normal_numbers_of_the_right_deviation(lesson, device, rng, shape, dtype):
    """Without a gain the numbers have mean 0 and the deviation √(2 / (fan_in + fan_out)), and are normal."""
    w = torch.full(shape, 7.0, device=device, dtype=dtype)
    return facts(w, lesson.xavier_normal_(w, gen=make(seed_from(rng))))


@pytest.mark.exercise("xavier_normal_")
@pytest.mark.weight(2)
@pytest.mark.check("moments_are_right")
@pytest.mark.parametrize("gain", [0.4, 5 / 3])
def test_the_gain_multiplies_the_deviation(lesson, device, rng, gain):
    """The deviation is proportional to the gain, the second argument."""
    w = torch.full((300, 350), 7.0, device=device)
    return facts(w, lesson.xavier_normal_(w, gain, make(seed_from(rng))))


@pytest.mark.exercise("xavier_normal_")
def test_small_weights(lesson, device, rng):
    """A weight may have one row, one column or one number; shape, dtype and device stay."""
    found = []
    for shape in ((1, 1), (1, 3), (4, 1, 1)):
        w = torch.full(shape, 70.0, device=device, dtype=torch.float64)
        result = lesson.xavier_normal_(w, gen=make(seed_from(rng)))
        found.append({"like": torch.zeros_like(result), "filled": bool((w.abs() < 60).all())})
    return found


@pytest.mark.exercise("xavier_normal_")
@pytest.mark.weight(2)
def test_a_parameter_is_filled_without_a_graph(lesson, device, rng):
    """A parameter is filled in place and returned; it stays a leaf that requires gradients, and its `.grad` stays."""
    w = torch.nn.Parameter(torch.full((6, 8), 70.0, device=device))
    w.grad = torch.randn(6, 8, generator=rng).to(device)
    before = w.grad.clone()
    result = lesson.xavier_normal_(w, gen=make(seed_from(rng)))
    return {
        "itself": result is w,
        "filled": bool((w.detach().abs() < 60).all()),
        "leaf": w.is_leaf and w.requires_grad and w.grad_fn is None,
        "grad": torch.equal(w.grad, before),
    }


@pytest.mark.exercise("xavier_normal_")
def test_a_part_of_a_larger_tensor_is_filled(lesson, device, rng):
    """A transposed part of a larger tensor is filled where it lies; the rest of that tensor stays as it was."""
    whole = torch.full((9, 8), 70.0, device=device, dtype=torch.float64)
    part = whole.T[1:6, 2:]
    result = lesson.xavier_normal_(part, gen=make(seed_from(rng)))
    return {"itself": result is part, "filled": (whole < 60).tolist()}


@pytest.mark.exercise("xavier_normal_")
@pytest.mark.weight(2)
def test_gen_or_the_global_generator_decides(lesson, device, rng):
    """With `gen` its seed fixes all and global states stay; without it `torch.manual_seed` fixes all."""
    seed = seed_from(rng)

    def filled(gen=None):
        w = torch.zeros(4, 6, device=device)
        lesson.xavier_normal_(w, gen=gen)
        return w

    gen = make(seed)
    torch.manual_seed(seed + 2)
    first, untouched = probes.global_rng_untouched(lambda: filled(gen))
    second = filled(gen)
    torch.manual_seed(seed + 3)
    again, other, free = filled(make(seed)), filled(make(seed + 1)), filled()
    torch.manual_seed(seed + 3)
    free_again = filled()
    return {
        "same seed, same numbers": torch.equal(first, again),
        "another seed, the same numbers": torch.equal(first, other),
        "second call, the same numbers": torch.equal(first, second),
        "global states untouched": untouched,
        "no gen, same global seed, same numbers": torch.equal(free, free_again),
        "no gen, second call, the same numbers": torch.equal(free, filled()),
    }
