"""Hidden scenarios of `weight_decay_step`."""

import pytest
import torch

from autograder.worker import probes


def problem(rng, device, shapes, dtype=torch.float32):
    """Return parameters away from 0, and their gradients."""
    params = [torch.randn(shape, generator=rng) + 2 for shape in shapes]
    grads = [torch.randn(shape, generator=rng) - 1 for shape in shapes]
    return [p.to(device, dtype) for p in params], [g.to(device, dtype) for g in grads]


def tensors(result):
    return [part for part in result if isinstance(part, torch.Tensor)] if isinstance(result, list) else []


def copied(result):
    """Return a list of tensors as it is now; what is none as it is."""
    return [part.detach().clone() for part in tensors(result)] if tensors(result) else result


@pytest.mark.exercise("weight_decay_step")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_step_with_decay(lesson, device, rng, dtype):
    """Each parameter p becomes p - lr * (g + decay * p), in the order, shape and dtype given."""
    return lesson.weight_decay_step(*problem(rng, device, [(3, 2), (2,), (4, 3)], dtype), 0.3, 0.7)


@pytest.mark.exercise("weight_decay_step")
def test_small_rate_and_strong_decay(lesson, device, rng):
    """The decay is multiplied by the learning rate, as the gradient is; a decay may be above 1."""
    return lesson.weight_decay_step(*problem(rng, device, [(5,), (1, 1)]), 0.02, 4.0)


@pytest.mark.exercise("weight_decay_step")
def test_any_shapes_and_an_empty_list(lesson, device, rng):
    """Shapes may be anything, 0-D included; an empty list gives an empty list."""
    return {
        "0-D and 3-D": lesson.weight_decay_step(*problem(rng, device, [(), (2, 1, 3)]), 0.5, 0.4),
        "no parameters": lesson.weight_decay_step([], [], 0.5, 0.4),
    }


@pytest.mark.exercise("weight_decay_step")
def test_without_decay_or_without_rate(lesson, device, rng):
    """With decay 0 it is plain descent; with lr 0 the parameters keep their values."""
    params, grads = problem(rng, device, [(2, 2), (3,)])
    return {
        f"lr = {lr}, decay = {decay}": lesson.weight_decay_step(params, grads, lr, decay)
        for lr, decay in ((0.2, 0.0), (0.0, 0.6))
    }


@pytest.mark.exercise("weight_decay_step")
def test_new_tensors_are_returned(lesson, device, rng):
    """Parameters, gradients and the lists stay as they were, and no result shares memory with them, also with lr 0."""
    params, grads = problem(rng, device, [(2, 3), (2,)])
    found = {}
    for lr in (0.1, 0.0):
        result, kept = probes.unchanged(
            lambda lr=lr: lesson.weight_decay_step(params, grads, lr, 0.5), params=params, grads=grads
        )
        found[f"lr = {lr}"] = {"after the step": copied(result), **kept}
        with torch.no_grad():
            for part in tensors(result):
                part += 1  # what shares memory moves along
        what = "`params` or `grads` when its result was changed: they share memory"
        found[f"lr = {lr}"]["its arguments then"] = probes.kept(what, [*params, *grads])
    return found


@pytest.mark.exercise("weight_decay_step")
def test_parameters_that_require_gradients(lesson, device, rng):
    """The parameters may be those of a model, which require gradients; they stay as they were."""
    params, grads = problem(rng, device, [(3, 1), (3,)])
    params = [p.requires_grad_() for p in params]
    result, kept = probes.unchanged(
        lambda: lesson.weight_decay_step(params, grads, 0.25, 0.3), params=params, grads=grads
    )
    return {"after the step": result, **kept}
