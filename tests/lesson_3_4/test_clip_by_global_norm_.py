"""Hidden scenarios of `clip_by_global_norm_`. Norms that are clipped are above 5, where the 1e-6 of PyTorch does not show."""

import math

import pytest
import torch
from torch import nn

from autograder.worker import probes

SHAPES = ((4, 3), (4,), (2, 2, 2), ())


def parameters(rng, device, dtype, length, shapes=SHAPES):
    """Return parameters whose gradients together have the norm `length`, each of a size of its own."""
    made = [nn.Parameter(torch.randn(shape, generator=rng).to(device, dtype)) for shape in shapes]
    gradients = [(number + 1) * (0.5 + torch.rand(shape, generator=rng)) for number, shape in enumerate(shapes)]
    gradients = [gradient * (1 - 2 * (number % 2)) for number, gradient in enumerate(gradients)]
    norm = torch.cat([gradient.flatten() for gradient in gradients]).norm()
    for parameter, gradient in zip(made, gradients, strict=True):
        parameter.grad = (gradient * (length / norm)).to(device, dtype)
    return made


def outcome(call):
    """Return what a call gives, or that it stumbled over a None."""
    try:
        return call()
    except (AttributeError, TypeError) as error:
        return f"raised {type(error).__name__}"


def gradients(params):
    return [None if parameter.grad is None else parameter.grad.clone() for parameter in params]


def clipped(lesson, params, max_norm):
    """Return the norm that comes back, and the gradients afterwards."""
    norm = lesson.clip_by_global_norm_(params, max_norm)
    return {"norm": norm, "gradients afterwards": gradients(params)}


@pytest.mark.exercise("clip_by_global_norm_")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("max_norm", [1.0, 6.5])
def test_long_gradients_are_shrunk_together(lesson, device, rng, dtype, max_norm):
    """Above max_norm all gradients are multiplied by one factor; the norm before comes back, a 0-D tensor."""
    return clipped(lesson, parameters(rng, device, dtype, 9.0), max_norm)


@pytest.mark.exercise("clip_by_global_norm_")
@pytest.mark.weight(2)
@pytest.mark.check("short_gradients_stay")
@pytest.mark.parametrize("max_norm", [7.0, math.inf])
def test_short_gradients_stay(lesson, device, rng, max_norm):
    """Where the norm is at most max_norm, which may be infinite, the gradients stay exactly as they are."""
    params = parameters(rng, device, torch.float32, 6.0)
    facts = {"gradients before": gradients(params)}
    return {**clipped(lesson, params, max_norm), **facts}


@pytest.mark.exercise("clip_by_global_norm_")
def test_the_sum_of_all_counts(lesson, device, rng):
    """Gradients that are each within bounds are shrunk if all together are not."""
    params = parameters(rng, device, torch.float64, 8.0, shapes=((3,),) * 5)
    return clipped(lesson, params, 7.0)


@pytest.mark.exercise("clip_by_global_norm_")
@pytest.mark.check("none_is_no_obstacle")
def test_parameters_without_gradient_are_skipped(lesson, device, rng):
    """Where `.grad` is None it stays None, wherever in the list that is."""
    params = parameters(rng, device, torch.float32, 10.0)
    params[0].grad = params[2].grad = None
    norm = outcome(lambda: lesson.clip_by_global_norm_(params, 0.5))
    return {"norm": norm, "gradients afterwards": gradients(params)}


@pytest.mark.exercise("clip_by_global_norm_")
@pytest.mark.check("nothing_to_clip")
def test_nothing_to_clip(lesson, device, rng):
    """Without any gradient the norm is a 0-D tensor that holds 0; gradients of nothing but zeros stay zeros."""
    bare = parameters(rng, device, torch.float32, 6.0)
    for parameter in bare:
        parameter.grad = None
    still = parameters(rng, device, torch.float32, 6.0)
    for parameter in still:
        parameter.grad.zero_()
    short = parameters(rng, device, torch.float32, 1.5)
    lists = {"no gradients": bare, "no parameters": [], "gradients of zeros": still, "short gradients": short}
    return {name: clipped(lesson, params, 2.0) for name, params in lists.items()}


@pytest.mark.exercise("clip_by_global_norm_")
def test_a_generator_of_parameters(lesson, device, rng):
    """`model.parameters()` can be gone through once only, and that is enough."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)).to(device)
    made = parameters(rng, device, torch.float32, 12.0, shapes=[tuple(p.shape) for p in model.parameters()])
    for parameter, source in zip(model.parameters(), made, strict=True):
        parameter.grad = source.grad
    norm = lesson.clip_by_global_norm_(model.parameters(), 3.0)
    return {"norm": norm, "gradients afterwards": gradients(model.parameters())}


@pytest.mark.exercise("clip_by_global_norm_")
def test_in_place(lesson, device, rng):
    """The `.grad` tensors themselves change; the parameters keep their values."""
    params = parameters(rng, device, torch.float32, 9.0)
    held = [p.grad for p in params]
    lesson.clip_by_global_norm_(params, 2.0)
    values = [{"values": p.detach(), "requires_grad": p.requires_grad} for p in params]
    return {
        "the .grad tensors that were there": held,
        "parameters afterwards": probes.kept("the parameters themselves", values),
    }


@pytest.mark.exercise("clip_by_global_norm_")
def test_a_training_run(lesson, device, rng):
    """Called between `backward` and `step`, it clips the gradients of every step, and each time the norm before comes back."""
    w = nn.Parameter(torch.tensor([3.0, -2.0], dtype=torch.float64).to(device))
    b = nn.Parameter(torch.tensor(0.5, dtype=torch.float64).to(device))
    X = (3 * torch.randn(16, 2, generator=rng, dtype=torch.float64)).to(device)
    y = (10 + torch.randn(16, generator=rng, dtype=torch.float64)).to(device)
    optimizer = torch.optim.SGD([w, b], lr=0.5)
    norms = []
    for _ in range(6):
        loss = ((X @ w + b - y) ** 2).mean()
        optimizer.zero_grad()
        (10 * loss).backward()
        norms.append(lesson.clip_by_global_norm_([w, b], 1.0))
        optimizer.step()
    return {"norms": norms, "w afterwards": w, "b afterwards": b}
