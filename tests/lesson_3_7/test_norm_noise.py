"""Hidden scenarios of `norm_noise`. The companions are random; what does not hang on them is returned."""

import copy

import pytest
import torch
from torch import nn

from autograder.worker import probes


def samples(rng, device, n, d, dtype=torch.float64):
    return (2 * torch.randn(n, d, generator=rng, dtype=torch.float64) + 1).to(device, dtype)


def seeded(rng):
    return torch.Generator().manual_seed(int(torch.randint(1, 1_000_000, (1,), generator=rng)))


def batch_norm(device, d, dtype=torch.float64, scales=None):
    """Return batch normalization with the scales given, and with running statistics that have moved."""
    norm = nn.BatchNorm1d(d, eps=1e-9).to(dtype)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor(scales or [1.0] * d))
        norm.bias.fill_(3)
        norm.running_mean.fill_(0.5)
    return norm.to(device)


@pytest.mark.exercise("norm_noise")
@pytest.mark.weight(3)
@pytest.mark.parametrize(
    ("scales", "dtype"), [((3.0,), torch.float64), ((1.0, 6.0, 2.0, 3.0), torch.float32), ((8.0, 0.0), torch.float64)]
)
def test_two_possible_companions(lesson, device, rng, scales, dtype):
    """With two rows to a batch an output is plus or minus the scale of its feature: the deviations' mean is known."""
    d = len(scales)
    X = torch.cat([torch.zeros(1, d), -1 - torch.rand(1, d, generator=rng), 1 + torch.rand(1, d, generator=rng)])
    norm = batch_norm(device, d, dtype, scales)
    return round(lesson.norm_noise(norm, X.to(device, dtype), 2, 400, seeded(rng)))


@pytest.mark.exercise("norm_noise")
@pytest.mark.weight(2)
@pytest.mark.check("noise_is_about_right")
@pytest.mark.parametrize(("n", "batch_size", "dtype"), [(60, 4, torch.float32), (40, 16, torch.float64)])
def test_noise_of_a_batch(lesson, device, rng, n, batch_size, dtype):
    """The noise of batch normalization lies within a quarter of what it should be, for small and for larger batches."""
    X = samples(rng, device, n, 8, dtype)
    norm = batch_norm(device, 8, dtype, [0.25] * 8)
    return float(lesson.norm_noise(norm, X, batch_size, 300, seeded(rng)))


@pytest.mark.exercise("norm_noise")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_layer_normalization_has_none(lesson, device, rng, dtype):
    """Layer normalization looks at one row alone: its noise is 0, a Python float."""
    value = lesson.norm_noise(nn.LayerNorm(5).to(device, dtype), samples(rng, device, 12, 5, dtype), 4, 10, seeded(rng))
    return isinstance(value, float), value


@pytest.mark.exercise("norm_noise")
@pytest.mark.weight(2)
@pytest.mark.parametrize("n", [2, 9])
def test_whole_data_as_a_batch_has_none(lesson, device, rng, n):
    """With `batch_size` N the companions are all the other rows, always the same: no noise."""
    value = lesson.norm_noise(batch_norm(device, 3), samples(rng, device, n, 3), n, 12, seeded(rng))
    return isinstance(value, float), value


@pytest.mark.exercise("norm_noise")
@pytest.mark.weight(2)
@pytest.mark.parametrize("training", [True, False])
def test_each_trial_is_a_batch_in_training_mode(lesson, device, rng, training):
    """The module is called once a trial, in training mode, with X[0] and different companions, not always the same."""
    X = samples(rng, device, 9, 2)
    seen = []

    def note(module, inputs):
        rows = (inputs[0].detach().cpu().unsqueeze(1) == X.cpu()).all(dim=2).int()
        seen.append((module.training, rows.argmax(dim=1).tolist(), bool(rows.any(dim=1).all())))

    norm = batch_norm(device, 2).train(training)
    norm.register_forward_pre_hook(note)
    lesson.norm_noise(norm, X, 4, 25, seeded(rng))
    return {
        "calls": len(seen),
        "in training mode": all(mode for mode, _, _ in seen),
        "rows of X": all(fits for _, _, fits in seen),
        "sizes": sorted({len(rows) for _, rows, _ in seen}),
        "X[0] once": all(rows.count(0) == 1 for _, rows, _ in seen),
        "different rows": all(len(set(rows)) == len(rows) for _, rows, _ in seen),
        "companions change": len({tuple(sorted(rows)) for _, rows, _ in seen}) > 5,
    }


@pytest.mark.exercise("norm_noise")
@pytest.mark.check("companions_are_as_likely")
def test_every_companion_is_as_likely(lesson, device, rng):
    """Over 600 trials each other row is a companion about as often as any other, and all pairs come."""
    X = samples(rng, device, 7, 1)
    pairs = torch.zeros(7, 7, dtype=torch.int64)

    def note(_, inputs):
        rows = (inputs[0].detach().cpu() == X.cpu().T).int().argmax(dim=1)
        pairs[rows.unsqueeze(1), rows] += 1

    norm = batch_norm(device, 1)
    norm.register_forward_pre_hook(note)
    lesson.norm_noise(norm, X, 3, 600, seeded(rng))
    counts = pairs.diagonal()[1:]
    return {
        "together": int(counts.sum()),
        "even": int(counts.min()) > 130 and int(counts.max()) < 270,
        "pairs": int((pairs[1:, 1:].triu(1) > 0).sum()),
    }


@pytest.mark.exercise("norm_noise")
@pytest.mark.weight(2)
@pytest.mark.parametrize("training", [True, False])
def test_module_and_samples_stay_as_they_were(lesson, device, rng, training):
    """Parameters, buffers, gradients and mode of the module stay, and so do the samples."""
    X = samples(rng, device, 10, 3)
    norm = batch_norm(device, 3).train(training)
    norm.weight.grad = torch.ones_like(norm.weight)
    before = copy.deepcopy(norm.state_dict())
    generator = seeded(rng)
    _, kept = probes.unchanged(
        lambda: lesson.norm_noise(norm, X, 5, 4, generator), X, *norm.parameters(), *norm.buffers()
    )
    same = {name: torch.equal(tensor, before[name]) for name, tensor in norm.state_dict().items()}
    return {"unchanged": kept, "state": same, "training": norm.training}


@pytest.mark.exercise("norm_noise")
def test_generator_alone_decides(lesson, device, rng):
    """The same seed gives the same noise, another seed or a second call another; the global generators play no part."""
    X = samples(rng, device, 30, 3)
    norm = batch_norm(device, 3)
    seed = int(torch.randint(1, 1_000_000, (1,), generator=rng))

    def first(seed):
        return lesson.norm_noise(norm, X, 6, 12, torch.Generator().manual_seed(seed))

    one, untouched = probes.global_rng_untouched(lambda: first(seed))
    generator = torch.Generator().manual_seed(seed)
    same, second = (lesson.norm_noise(norm, X, 6, 12, generator) for _ in range(2))
    return {
        "same seed, same noise": one == same,
        "another seed, other noise": one != first(seed + 1),
        "second call, other noise": one != second,
        "global generators untouched": untouched,
    }


@pytest.mark.exercise("norm_noise")
def test_fewest_trials(lesson, device, rng):
    """Two trials are enough for a deviation; a module may hold several layers."""
    chain = nn.Sequential(nn.LayerNorm(4), nn.Tanh()).to(device, torch.float64)
    value = lesson.norm_noise(chain, samples(rng, device, 6, 4), 3, 2, seeded(rng))
    noisy = lesson.norm_noise(batch_norm(device, 2), samples(rng, device, 30, 2), 12, 2, seeded(rng))
    return value, isinstance(noisy, float) and noisy > 0
