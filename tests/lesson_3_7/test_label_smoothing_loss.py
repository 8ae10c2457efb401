"""Hidden scenarios of `label_smoothing_loss`. Every scenario also tells whether PyTorch did the smoothing."""

import pytest
import torch

from autograder.worker import probes


def rows(rng, device, n, c, dtype=torch.float32):
    """Return logits away from 0 on the average, and classes."""
    logits = 2 * torch.randn(n, c, generator=rng, dtype=torch.float64) + 1
    return logits.to(device, dtype), torch.randint(0, c, (n,), generator=rng).to(device)


def watched(call):
    """Return `call()`'s result, and what PyTorch's cross-entropy was given for `label_smoothing`, zeros left out."""
    given = []
    owner = torch._C._nn
    original = owner.cross_entropy_loss

    def noting(*args, **kwargs):
        smoothing = float(kwargs.get("label_smoothing", args[5] if len(args) > 5 else 0.0))
        if smoothing:
            given.append(smoothing)
        return original(*args, **kwargs)

    owner.cross_entropy_loss = noting
    try:
        result = call()
    finally:
        owner.cross_entropy_loss = original
    return {"loss": result, "PyTorch's own label_smoothing, where it was not 0": given}


@pytest.mark.exercise("label_smoothing_loss")
@pytest.mark.weight(2)
@pytest.mark.parametrize(
    ("n", "c", "smoothing", "dtype"),
    [
        (5, 3, 0.1, torch.float32),
        (4, 4, 0.3, torch.float64),
        (7, 10, 0.05, torch.float64),
        (6, 2, 0.8, torch.float32),
    ],
)
def test_mean_cross_entropy_with_smoothed_labels(lesson, device, rng, n, c, smoothing, dtype):
    """The loss is the mean over the rows of minus label times log-softmax: 0-D, in the logits' dtype."""
    logits, y = rows(rng, device, n, c, dtype)
    return watched(lambda: lesson.label_smoothing_loss(logits, y, smoothing))


@pytest.mark.exercise("label_smoothing_loss")
def test_one_row(lesson, device, rng):
    """A batch may have a single row."""
    logits, y = rows(rng, device, 1, 5)
    return watched(lambda: lesson.label_smoothing_loss(logits, y, 0.2))


@pytest.mark.exercise("label_smoothing_loss")
@pytest.mark.parametrize("smoothing", [0.0, 1.0])
def test_the_ends(lesson, device, rng, smoothing):
    """With smoothing 0 it is plain cross-entropy; with 1 the right class plays no part."""
    logits, y = rows(rng, device, 6, 4, torch.float64)
    return watched(lambda: lesson.label_smoothing_loss(logits, y, smoothing))


@pytest.mark.exercise("label_smoothing_loss")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_large_scores_stay_finite(lesson, device, rng, dtype):
    """Logits as large as 1,000, of either sign, give a finite loss."""
    logits, y = rows(rng, device, 4, 3, dtype)
    large = torch.tensor([[1000.0, -1000, 0], [-1000, 1000, 500], [1000, 1000, 999], [-1000, -1000, -999]])
    return watched(lambda: lesson.label_smoothing_loss(large.to(device, dtype) + logits / 8, y, 0.25))


@pytest.mark.exercise("label_smoothing_loss")
@pytest.mark.weight(2)
def test_gradient_reaches_the_logits(lesson, device, rng):
    """`backward` gives each logit its gradient, and the arguments keep their values."""
    logits, y = rows(rng, device, 5, 4, torch.float64)
    logits.requires_grad_()
    found, kept = probes.unchanged(
        lambda: watched(lambda: lesson.label_smoothing_loss(logits, y, 0.15)), logits=logits, y=y
    )
    (3 * found["loss"]).backward()
    return {**found, "loss": found["loss"].detach(), "the gradient of logits": logits.grad, **kept}


@pytest.mark.exercise("label_smoothing_loss")
def test_absent_class_and_one_class_for_all(lesson, device, rng):
    """Classes without a row count among the C, also when all rows have the same class."""
    logits, _ = rows(rng, device, 5, 6)
    y = torch.full((5,), 2, dtype=torch.int64, device=device)
    return watched(lambda: lesson.label_smoothing_loss(logits, y, 0.4))


@pytest.mark.exercise("label_smoothing_loss")
@pytest.mark.weight(2)
def test_in_a_training_loop(lesson, device, rng):
    """Several steps of descent on it end at the right weights and losses; nothing random moves."""
    x, y = rows(rng, device, 9, 3, torch.float64)
    W = torch.randn(4, 3, generator=rng, dtype=torch.float64).to(device).requires_grad_()

    def train():
        losses = []
        for _ in range(20):
            loss = lesson.label_smoothing_loss(x @ W.T, y, 0.1)
            (slope,) = torch.autograd.grad(loss, W)
            with torch.no_grad():
                W.sub_(0.3 * slope)
            losses.append(float(loss.detach()))
        return losses

    found, untouched = probes.global_rng_untouched(lambda: watched(train))
    return {
        "losses": found.pop("loss"),
        "weights after the last step": W.detach(),
        "the global random state": untouched,
        **found,
    }
