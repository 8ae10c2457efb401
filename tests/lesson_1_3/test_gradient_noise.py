"""Hidden scenarios of `gradient_noise`.

The rows' errors are drawn around zero and are bounded, so that no gradient is an outlier: over 800 trials the measured
deviation then stays within a few per cent of the true one, whatever is drawn. The errors are large or tiny, never near
one, so that a variance cannot pass for a deviation.
"""

import pytest
import torch

from autograder.worker import probes

TRIALS = 800


def _problem(rng, device, n_samples, n_features, dtype=torch.float32, scale=20.0):
    X = torch.rand(n_samples, n_features, generator=rng) + 0.5
    X = X * (1 - 2 * torch.randint(0, 2, X.shape, generator=rng))
    w = torch.randn(n_features, generator=rng)
    b = torch.rand((), generator=rng) - 1.5
    errors = scale * (2 * torch.rand(n_samples, generator=rng) - 1)
    y = X @ w + b - errors
    return tuple(values.to(device=device, dtype=dtype) for values in (X, y, w, b))


def _seed(rng):
    return int(torch.randint(1, 1_000_000, (1,), generator=rng))


def _generator(device, seed):
    generator = torch.Generator(device=device)
    generator.manual_seed(seed)
    return generator


def _measured(lesson, device, rng, problem, batch_size, trials=TRIALS):
    """Return the two deviations, and the problem that they belong to as it was before the call."""
    facts = dict(zip(("X", "y", "w", "b"), (values.clone() for values in problem), strict=True))
    std_dw, std_db = lesson.gradient_noise(*problem, batch_size, trials, _generator(device, _seed(rng)))
    return {"std_dw": std_dw, "std_db": std_db, "batch_size": batch_size, "trials": trials, **facts}


@pytest.mark.exercise("gradient_noise")
@pytest.mark.weight(2)
@pytest.mark.check("noise_is_right")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_noise_of_mini_batches(lesson, device, rng, dtype):
    """Over many trials the deviation lies within 15 % of the formula, for every entry of dw and for db."""
    return _measured(lesson, device, rng, _problem(rng, device, 12, 3, dtype), 8)


@pytest.mark.exercise("gradient_noise")
@pytest.mark.check("noise_is_right")
def test_batches_as_wide_as_long(lesson, device, rng):
    """The deviation is the formula's also where N is D, and where the noise is tiny."""
    return _measured(lesson, device, rng, _problem(rng, device, 5, 5, torch.float64, scale=0.02), 3)


@pytest.mark.exercise("gradient_noise")
@pytest.mark.check("noise_is_right")
def test_noise_of_single_rows(lesson, device, rng):
    """The batch size may be 1, and D may be 1."""
    return _measured(lesson, device, rng, _problem(rng, device, 9, 1), 1)


@pytest.mark.exercise("gradient_noise")
@pytest.mark.check("no_noise_of_all_rows")
@pytest.mark.parametrize("n_samples", [7, 1])
def test_all_rows_have_no_noise(lesson, device, rng, n_samples):
    """For a batch size of N the noise is 0, up to rounding; N may be 1."""
    return {
        "all rows": _measured(lesson, device, rng, _problem(rng, device, n_samples, 2), n_samples, trials=30),
        "all rows but two": _measured(lesson, device, rng, _problem(rng, device, 6, 2), 4),
    }


@pytest.mark.exercise("gradient_noise")
@pytest.mark.check("noise_of_few_trials")
@pytest.mark.parametrize("trials", [2, 3])
def test_few_independent_trials(lesson, device, rng, trials):
    """With two rows and batches of one, the unbiased deviation over 2 or 3 independent trials has just two values."""
    problem = _problem(rng, device, 2, 2, torch.float64)
    facts = dict(zip(("X", "y", "w", "b"), (values.clone() for values in problem), strict=True))
    generator = _generator(device, _seed(rng))
    measured = [lesson.gradient_noise(*problem, 1, trials, generator) for _ in range(80)]
    return {
        "std_dw": torch.stack([std_dw for std_dw, _ in measured]),
        "std_db": torch.stack([std_db for _, std_db in measured]),
        "trials": trials,
        **facts,
    }


@pytest.mark.exercise("gradient_noise")
@pytest.mark.weight(2)
@pytest.mark.check("generator_decides")
def test_generator_decides(lesson, device, rng):
    """The same seed gives the same noise, another seed or a second call other noise; the global generator stays."""
    X, y, w, b = _problem(rng, device, 2, 2)
    facts = {name: values.clone() for name, values in (("X", X), ("y", y), ("w", w), ("b", b))}
    seed = _seed(rng)
    generator = _generator(device, seed)

    def noise(source):
        """Of two rows and two trials, call after call: each is 0 or one other number, by what was drawn."""
        measured = [lesson.gradient_noise(X, y, w, b, 1, 2, source) for _ in range(30)]
        return {
            "std_dw": torch.stack([std_dw for std_dw, _ in measured]),
            "std_db": torch.stack([std_db for _, std_db in measured]),
        }

    torch.manual_seed(seed + 2)
    first, untouched = probes.global_rng_untouched(lambda: noise(generator))
    second = noise(generator)
    torch.manual_seed(seed + 3)
    again, other = noise(_generator(device, seed)), noise(_generator(device, seed + 1))
    calls = {"first": first, "second": second, "the same seed again": again, "another seed": other}
    return {"calls": calls, "problem": facts, "the global generator": untouched}


@pytest.mark.exercise("gradient_noise")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_kind_of_the_result_and_arguments(lesson, device, rng, dtype):
    """The result has shapes (D,) and (), X's dtype and device; no argument is changed in place."""
    X, y, w, b = _problem(rng, device, 6, 4, dtype)
    generator = _generator(device, _seed(rng))
    noise, kept = probes.unchanged(lambda: lesson.gradient_noise(X, y, w, b, 2, 5, generator), X=X, y=y, w=w, b=b)
    return {"std_dw and std_db": probes.form(noise), **kept}
