"""Hidden scenarios of `norm_noise`. The companions are random; the scales of the features, which the noise follows, are drawn."""

import pytest
import torch
from torch import nn

from autograder.worker import probes


def samples(rng, device, n, d, dtype=torch.float64):
    return (2 * torch.randn(n, d, generator=rng, dtype=torch.float64) + 1).to(device, dtype)


def seeded(rng):
    return torch.Generator().manual_seed(int(torch.randint(1, 1_000_000, (1,), generator=rng)))


def batch_norm(device, d, dtype=torch.float64, scales=None):
    """Return batch normalization with the scales given, one for each feature, and with running statistics that have moved."""
    norm = nn.BatchNorm1d(d, eps=1e-9).to(dtype)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor(scales or [1.0] * d))
        norm.bias.fill_(3)
        norm.running_mean.fill_(0.5)
    return norm.to(device)


def drawn_scales(rng, n):
    """Return n scales between 1/8 and 8, as likely to be small as to be large."""
    return [8 ** (2 * float(part) - 1) for part in torch.rand(n, generator=rng)]


def growing(lesson, rng, device, trials=8):
    """Return the noise of five layers on the same rows with the same companions, and their scales in a drawn order."""
    X, seed = samples(rng, device, 12, 2), int(torch.randint(1, 1_000_000, (1,), generator=rng))
    scales = [4.0 ** int(k) for k in torch.randperm(5, generator=rng) - 2]
    layers = [batch_norm(device, 2, scales=[scale] * 2) for scale in scales]
    noise = [lesson.norm_noise(layer, X, 5, trials, torch.Generator().manual_seed(seed)) for layer in layers]
    return {"noise": noise, "scales": scales}


@pytest.mark.exercise("norm_noise")
@pytest.mark.weight(3)
@pytest.mark.check("noise_of_two_rows")
@pytest.mark.parametrize(
    ("features", "silent", "dtype"), [(1, 0, torch.float64), (4, 0, torch.float32), (2, 1, torch.float64)]
)
def test_two_possible_companions(lesson, device, rng, features, silent, dtype):
    """With two rows to a batch an output is plus or minus the scale of its feature: the deviations' mean is known."""
    scales = drawn_scales(rng, features)
    scales[features - silent :] = [0.0] * silent
    below, above = -1 - torch.rand(1, features, generator=rng), 1 + torch.rand(1, features, generator=rng)
    X = torch.cat([torch.zeros(1, features), below, above])
    norm = batch_norm(device, features, dtype, scales)
    return {"noise": lesson.norm_noise(norm, X.to(device, dtype), 2, 400, seeded(rng)), "scales": scales}


@pytest.mark.exercise("norm_noise")
@pytest.mark.weight(2)
@pytest.mark.check("noise_is_about_right")
@pytest.mark.parametrize(("n", "batch_size", "dtype"), [(60, 4, torch.float32), (40, 16, torch.float64)])
def test_noise_of_a_batch(lesson, device, rng, n, batch_size, dtype):
    """The noise of batch normalization lies within a quarter of what it should be, for small and for larger batches."""
    X, noise = samples(rng, device, n, 8, dtype), {}
    for name, scale in zip(("one layer", "a layer of another scale"), drawn_scales(rng, 2), strict=True):
        noise[name] = lesson.norm_noise(batch_norm(device, 8, dtype, [scale] * 8), X, batch_size, 150, seeded(rng))
    return noise


@pytest.mark.exercise("norm_noise")
@pytest.mark.weight(2)
@pytest.mark.check("no_noise")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_layer_normalization_has_none(lesson, device, rng, dtype):
    """Layer normalization looks at one row alone: its noise is 0, a Python float."""
    X = samples(rng, device, 12, 5, dtype)
    value = lesson.norm_noise(nn.LayerNorm(5).to(device, dtype), X, 4, 10, seeded(rng))
    return {"no noise": value, "batch normalization": growing(lesson, rng, device)}


@pytest.mark.exercise("norm_noise")
@pytest.mark.weight(2)
@pytest.mark.check("no_noise")
@pytest.mark.parametrize("n", [2, 9])
def test_whole_data_as_a_batch_has_none(lesson, device, rng, n):
    """With `batch_size` N the companions are all the other rows, always the same: no noise."""
    value = lesson.norm_noise(batch_norm(device, 3), samples(rng, device, n, 3), n, 12, seeded(rng))
    return {"no noise": value, "smaller batches": growing(lesson, rng, device)}


@pytest.mark.exercise("norm_noise")
@pytest.mark.weight(2)
@pytest.mark.check("batches_in_training_mode")
@pytest.mark.parametrize("training", [True, False])
def test_each_trial_is_a_batch_in_training_mode(lesson, device, rng, training):
    """The module is called once a trial, in training mode, with X[0] and different companions, not always the same."""
    X = samples(rng, device, 9, 2)
    batches, modes = [], []

    def note(module, inputs):
        batches.append(inputs[0].detach().clone())
        modes.append(module.training)

    norm = batch_norm(device, 2).train(training)
    norm.register_forward_pre_hook(note)
    lesson.norm_noise(norm, X, 4, 25, seeded(rng))
    return {"batches": batches, "training mode in each call": modes, "X": X}


@pytest.mark.exercise("norm_noise")
@pytest.mark.check("companions_are_as_likely")
def test_every_companion_is_as_likely(lesson, device, rng):
    """Over many trials each other row is a companion about as often as any other, and all pairs come."""
    X = samples(rng, device, 7, 1)
    batches = []

    def note(_, inputs):
        batches.append(inputs[0].flatten().tolist())

    norm = batch_norm(device, 1)
    norm.register_forward_pre_hook(note)
    lesson.norm_noise(norm, X, 3, 600, seeded(rng))
    return {"batches": batches, "X": X}


@pytest.mark.exercise("norm_noise")
@pytest.mark.weight(2)
@pytest.mark.check("noise_and_kept")
@pytest.mark.parametrize("training", [True, False])
def test_module_and_samples_stay_as_they_were(lesson, device, rng, training):
    """Parameters, buffers, gradients and mode of the module stay, and so do the samples."""
    X = samples(rng, device, 10, 3)
    norm = batch_norm(device, 3).train(training)
    norm.weight.grad = torch.ones(3, dtype=torch.float64, device=device)
    generator = seeded(rng)
    _, kept = probes.unchanged(lambda: lesson.norm_noise(norm, X, 5, 4, generator), norm=norm, X=X)
    return {**kept, "noise": growing(lesson, rng, device)}


@pytest.mark.exercise("norm_noise")
@pytest.mark.check("generator_decides_the_noise")
def test_generator_alone_decides(lesson, device, rng):
    """The same seed gives the same noise, another seed or a second call another; the global generators play no part."""
    X = samples(rng, device, 30, 3)
    norm = batch_norm(device, 3)
    seed = int(torch.randint(1, 1_000_000, (1,), generator=rng))

    def first(seed):
        return lesson.norm_noise(norm, X, 6, 12, torch.Generator().manual_seed(seed))

    one, untouched = probes.global_rng_untouched(lambda: first(seed))
    generator = torch.Generator().manual_seed(seed)
    again, second = (lesson.norm_noise(norm, X, 6, 12, generator) for _ in range(2))
    calls = {"first": one, "the same seed again": again, "second": second, "another seed": first(seed + 1)}
    return {
        "calls": calls,
        "layers of other scales": growing(lesson, rng, device),
        "the global random state": untouched,
    }


@pytest.mark.exercise("norm_noise")
@pytest.mark.check("no_noise")
def test_fewest_trials(lesson, device, rng):
    """Two trials are enough for a deviation; a module may hold several layers."""
    chain = nn.Sequential(nn.LayerNorm(4), nn.Tanh()).to(device, torch.float64)
    value = lesson.norm_noise(chain, samples(rng, device, 6, 4), 3, 2, seeded(rng))
    return {"no noise": value, "two trials": growing(lesson, rng, device, trials=2)}
