"""Hidden scenarios of `softmax`."""

import pytest
import torch

from autograder.worker import probes


def logits(rng, device, dtype, *shape):
    return (torch.randn(shape, generator=rng, dtype=torch.float64) * 2 + 1).to(device, dtype)


@pytest.mark.exercise("softmax")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(5,), (6, 3), (4, 4), (2, 3, 4)], ids=["row", "table", "square", "block"])
def test_probabilities_along_the_last_dimension(lesson, device, rng, dtype, shape):
    """The numbers are e^z over the sum of e^z along the last dimension, of z's shape and dtype."""
    return lesson.softmax(logits(rng, device, dtype, *shape))


@pytest.mark.exercise("softmax")
@pytest.mark.weight(3)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_large_logits_stay_finite(lesson, device, rng, dtype):
    """Logits of 1000, and logits that are all near -1000 in one row while they are near 1000 in another, give no NaN."""
    rows = logits(rng, "cpu", torch.float64, 3, 4)
    z = torch.stack([rows[0] + 990, rows[1] - 990, rows[2], torch.tensor([1000.0, 0.0, -1000.0, 999.0])])
    return {"rows": lesson.softmax(z.to(device, dtype)), "the second alone": lesson.softmax(z[1].to(device, dtype))}


@pytest.mark.exercise("softmax")
def test_one_class_and_equal_logits(lesson, device, rng):
    """A single logit gets everything, and equal logits get equal probabilities; other logits do not."""
    same = logits(rng, device, torch.float32, 3, 1)
    return {
        "one class": lesson.softmax(same),
        "equal logits": lesson.softmax(same.expand(3, 5)),
        "one logit": lesson.softmax(same[:1, 0]),
        "other logits": lesson.softmax(same.T),
    }


@pytest.mark.exercise("softmax")
def test_logits_are_left_alone(lesson, device, rng):
    """Nothing in z is changed."""
    z = logits(rng, device, torch.float64, 3, 4)
    probabilities, kept = probes.unchanged(lambda: lesson.softmax(z), z=z)
    return {"probabilities": probabilities, **kept}
