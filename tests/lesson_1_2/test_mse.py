"""Hidden scenarios of `mse`: values weigh 12, the refusal of unequal shapes 8, its message 3."""

import pytest
import torch

from autograder.worker import probes


def targets_and_predictions(rng, device, dtype, *shape):
    """Errors of 0.5 and more, mostly of one sign."""
    y = torch.randn(shape, generator=rng, dtype=torch.float64)
    errors = torch.rand(shape, generator=rng, dtype=torch.float64) * 2 + 0.5
    errors = errors * torch.where(torch.rand(shape, generator=rng) < 0.2, -1.0, 1.0)
    return y.to(device, dtype), (y + errors).to(device, dtype)


def refused(lesson, rng, device, *pairs):
    """What happened to each pair of shapes, and the loss of a pair that is fine."""
    told = {"y (3, 2), y_hat (3, 2)": lesson.mse(*targets_and_predictions(rng, device, torch.float32, 3, 2))}
    for of_y, of_y_hat in pairs:
        y, y_hat = (torch.randn(shape, generator=rng).to(device) for shape in (of_y, of_y_hat))
        told[f"y {of_y}, y_hat {of_y_hat}"] = probes.raised(ValueError, lambda y=y, y_hat=y_hat: lesson.mse(y, y_hat))
    return told


@pytest.mark.exercise("mse")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(7,), (4, 3), (2, 3, 4)])
def test_all_elements_are_averaged(lesson, device, rng, dtype, shape):
    """The sum of the squared errors is divided by the number of elements: 0-D, of y's dtype."""
    return lesson.mse(*targets_and_predictions(rng, device, dtype, *shape))


@pytest.mark.exercise("mse")
@pytest.mark.parametrize("shape", [(5, 1), (1, 5), (1,), (1, 1), ()])
def test_equal_shapes_of_any_rank(lesson, device, rng, shape):
    """Columns, rows, one element and 0-D tensors are fine, as long as both have the same shape."""
    return lesson.mse(*targets_and_predictions(rng, device, torch.float32, *shape))


@pytest.mark.exercise("mse")
@pytest.mark.weight(3)
def test_flat_against_column_is_refused(lesson, device, rng):
    """(N,) against (N, 1) raises a ValueError, and so does (N, 1) against (N,), also for N = 1."""
    return refused(lesson, rng, device, ((6,), (6, 1)), ((6, 1), (6,)), ((1,), (1, 1)), ((1, 1), (1,)))


@pytest.mark.exercise("mse")
@pytest.mark.weight(3)
def test_one_number_against_many_is_refused(lesson, device, rng):
    """(1,) and 0-D against anything else raise a ValueError."""
    pairs = [((5,), (1,)), ((1,), (5,)), ((5,), ()), ((), (5,)), ((4, 1), ()), ((1,), ()), ((), (1,)), ((4, 1), (1, 1))]
    return refused(lesson, rng, device, *pairs)


@pytest.mark.exercise("mse")
@pytest.mark.weight(2)
def test_all_other_unequal_shapes_are_refused(lesson, device, rng):
    """Equally many numbers in another shape, one row against many, and shapes that do not fit raise a ValueError, too."""
    pairs = [((2, 3), (6,)), ((2, 3), (3, 2)), ((2, 3), (3,)), ((3, 1), (3, 4)), ((3,), (4,)), ((2, 3), (2, 3, 1))]
    return refused(lesson, rng, device, *pairs)


@pytest.mark.exercise("mse")
@pytest.mark.weight(3)
@pytest.mark.check("both_shapes_are_named")
def test_message_names_both_shapes(lesson, device, rng):
    """The message of the ValueError has both shapes, each as a tuple, a list or a torch.Size."""
    n, m = (int(size) for size in torch.randperm(90, generator=rng)[:2] + 10)
    told = {}
    for shapes in [((n,), (n, 1)), ((m, 1), (1, m)), ((2, n), (m,))]:
        y, y_hat = (torch.randn(shape, generator=rng).to(device) for shape in shapes)
        what_happened = probes.raised(ValueError, lambda y=y, y_hat=y_hat: lesson.mse(y, y_hat))
        told[f"y of rank {y.dim()}, y_hat of rank {y_hat.dim()}"] = {"raised": what_happened, "shapes": shapes}
    return told


@pytest.mark.exercise("mse")
def test_perfect_predictions_cost_nothing(lesson, device, rng):
    """Where the predictions equal the targets the loss is 0, and no argument is changed."""
    y, y_hat = targets_and_predictions(rng, device, torch.float64, 6)
    (some, none), untouched = probes.unchanged(lambda: (lesson.mse(y, y_hat), lesson.mse(y, y)), y=y, y_hat=y_hat)
    return {"some": some, "none": none, "untouched": untouched}
