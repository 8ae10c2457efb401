"""Hidden scenarios of `weight_decay_step`."""

import pytest
import torch

from autograder.worker import probes


def problem(rng, device, shapes, dtype=torch.float32):
    """Return parameters away from 0, and their gradients."""
    params = [torch.randn(shape, generator=rng) + 2 for shape in shapes]
    grads = [torch.randn(shape, generator=rng) - 1 for shape in shapes]
    return [p.to(device, dtype) for p in params], [g.to(device, dtype) for g in grads]


def values(result):
    return {"list": isinstance(result, list), "params": [p.detach() for p in result]}


@pytest.mark.exercise("weight_decay_step")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_step_with_decay(lesson, device, rng, dtype):
    """Each parameter p becomes p - lr * (g + decay * p), in the order, shape and dtype given."""
    return values(lesson.weight_decay_step(*problem(rng, device, [(3, 2), (2,), (4, 3)], dtype), 0.3, 0.7))


@pytest.mark.exercise("weight_decay_step")
def test_small_rate_and_strong_decay(lesson, device, rng):
    """The decay is multiplied by the learning rate, as the gradient is; a decay may be above 1."""
    return values(lesson.weight_decay_step(*problem(rng, device, [(5,), (1, 1)]), 0.02, 4.0))


@pytest.mark.exercise("weight_decay_step")
def test_any_shapes_and_an_empty_list(lesson, device, rng):
    """Shapes may be anything, 0-D included; an empty list gives an empty list."""
    result = lesson.weight_decay_step(*problem(rng, device, [(), (2, 1, 3)]), 0.5, 0.4)
    return values(result), values(lesson.weight_decay_step([], [], 0.5, 0.4))


@pytest.mark.exercise("weight_decay_step")
def test_without_decay_or_without_rate(lesson, device, rng):
    """With decay 0 it is plain descent; with lr 0 the parameters keep their values."""
    params, grads = problem(rng, device, [(2, 2), (3,)])
    return [values(lesson.weight_decay_step(params, grads, lr, decay)) for lr, decay in ((0.2, 0.0), (0.0, 0.6))]


@pytest.mark.exercise("weight_decay_step")
def test_new_tensors_are_returned(lesson, device, rng):
    """Parameters, gradients and the lists stay as they were, and no result shares memory with them, also with lr 0."""
    params, grads = problem(rng, device, [(2, 3), (2,)])
    lists = list(params), list(grads)
    results, kept = [], True
    for lr in (0.1, 0.0):
        result, same = probes.unchanged(
            lambda lr=lr: lesson.weight_decay_step(params, grads, lr, 0.5), *lists[0], *lists[1]
        )
        results += [p.detach() for p in result]
        kept = kept and same
    kept = kept and all(
        len(a) == len(b) and all(x is y for x, y in zip(a, b, strict=True))
        for a, b in ((params, lists[0]), (grads, lists[1]))
    )
    before = [p.clone() for p in (*params, *grads)]
    with torch.no_grad():
        for new in results:
            new += 1  # what shares memory moves along
    apart = all(torch.equal(a, b) for a, b in zip((*params, *grads), before, strict=True))
    return {"unchanged": kept, "apart": apart, "values": results}


@pytest.mark.exercise("weight_decay_step")
def test_parameters_that_require_gradients(lesson, device, rng):
    """The parameters may be those of a model, which require gradients; they stay as they were."""
    params, grads = problem(rng, device, [(3, 1), (3,)])
    params = [p.requires_grad_() for p in params]
    result, kept = probes.unchanged(lambda: lesson.weight_decay_step(params, grads, 0.25, 0.3), *params, *grads)
    return values(result), kept
