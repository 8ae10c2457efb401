"""Hidden scenarios of `all_reduce_mean`."""

import pytest
import torch

from autograder.worker import probes

SHAPES = [(3, 2), (2,), ()]


def gradients(rng, ranks, device, dtype=torch.float32, shapes=SHAPES):
    return [[(3 * torch.randn(shape, generator=rng) + 1).to(device, dtype) for shape in shapes] for _ in range(ranks)]


@pytest.mark.exercise("all_reduce_mean")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("ranks", [2, 5])
def test_equal_weights(lesson, device, rng, ranks, dtype):
    """Without sizes all ranks weigh the same; each result has the shape, dtype and device of its gradients."""
    return lesson.all_reduce_mean(gradients(rng, ranks, device, dtype))


@pytest.mark.exercise("all_reduce_mean")
@pytest.mark.weight(2)
@pytest.mark.parametrize("sizes", [[5, 3], [1, 6, 2], [1000, 24, 3, 500]])
def test_sizes_are_weights(lesson, device, rng, sizes):
    """With sizes, rank r weighs `sizes[r]` divided by the sum of the sizes."""
    return lesson.all_reduce_mean(gradients(rng, len(sizes), device), sizes)


@pytest.mark.exercise("all_reduce_mean")
def test_sizes_in_float64(lesson, device, rng):
    """Gradients in float64 are averaged in float64."""
    return lesson.all_reduce_mean(gradients(rng, 3, device, torch.float64), [3, 3, 2])


@pytest.mark.exercise("all_reduce_mean")
def test_equal_sizes(lesson, device, rng):
    """Equal sizes, and no sizes, come to the same."""
    grads = gradients(rng, 4, device)
    return {
        "equal sizes": lesson.all_reduce_mean(grads, [7, 7, 7, 7]),
        "no sizes": lesson.all_reduce_mean(grads, None),
    }


@pytest.mark.exercise("all_reduce_mean")
def test_sizes_of_zero_count_for_nothing(lesson, device, rng):
    """A rank of size 0 has no say, whatever finite numbers its gradients hold."""
    grads = gradients(rng, 3, device)
    return {f"sizes {sizes}": lesson.all_reduce_mean(grads, sizes) for sizes in ([2, 0, 3], [0, 4, 0], [0, 1, 1])}


@pytest.mark.exercise("all_reduce_mean")
def test_rank_of_size_zero_may_hold_nan(lesson, device, rng):
    """The NaN or the infinity of an empty shard spreads to nobody."""
    grads = gradients(rng, 4, device)
    grads[1] = [torch.full_like(grad, float("nan")) for grad in grads[1]]
    grads[3] = [torch.full_like(grad, float("inf")) for grad in grads[3]]
    return lesson.all_reduce_mean(grads, [3, 0, 2, 0])


@pytest.mark.exercise("all_reduce_mean")
def test_nan_of_a_rank_with_rows_stays(lesson, device, rng):
    """A NaN or an infinity of a rank that has rows stays in the mean, and nothing else is touched by it."""
    grads = gradients(rng, 3, device)
    grads[0][0][1, 0], grads[2][1][0] = float("nan"), float("inf")
    return {"with sizes": lesson.all_reduce_mean(grads, [3, 1, 2]), "without sizes": lesson.all_reduce_mean(grads)}


@pytest.mark.exercise("all_reduce_mean")
@pytest.mark.parametrize("ranks", [1, 3])
@pytest.mark.parametrize("sized", [False, True])
def test_new_tensors_are_returned(lesson, device, rng, ranks, sized):
    """Gradients, lists and sizes stay as they were, and no result shares memory with them, also for one rank."""
    grads = gradients(rng, ranks, device)
    sizes = [2 + rank for rank in range(ranks)] if sized else None
    result, kept = probes.unchanged(lambda: lesson.all_reduce_mean(grads, sizes), grads=grads, sizes=sizes)
    means = [mean.clone() for mean in result] if isinstance(result, list) else result
    for mean in result if isinstance(result, list | tuple) else ():
        mean += 1  # what shares memory moves along
    return {"means": means, **kept, "the gradients, after 1 was added to the means": grads}


@pytest.mark.exercise("all_reduce_mean")
def test_model_without_parameters(lesson, device, rng):
    """Empty lists of gradients give an empty list."""
    return {
        "no parameters": lesson.all_reduce_mean([[], []]),
        "no parameters, but sizes": lesson.all_reduce_mean([[], [], []], [1, 2, 0]),
        "one parameter": lesson.all_reduce_mean(gradients(rng, 3, device, shapes=[(4,)]), [1, 2, 0]),
    }


@pytest.mark.exercise("all_reduce_mean")
def test_square_gradients(lesson, device, rng):
    """As many ranks as rows and columns: it is the ranks that are averaged."""
    return lesson.all_reduce_mean(gradients(rng, 3, device, shapes=[(3, 3), (3,)]), [1, 2, 3])
