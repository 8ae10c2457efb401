"""Hidden scenarios of `optimize`. The starts lie high on the valley's wall, so that no gradient is near 0."""

import pytest
import torch

from autograder.worker import probes

# Rates with which nothing flies off: rounding is not blown up.
RATES = {"sgd": 2e-4, "momentum": 1e-4, "nesterov": 1e-4, "rmsprop": 0.004, "adam": 0.02, "adamw": 0.03}


def start(rng, device, dtype=torch.float64):
    corner = torch.tensor([-1.5, 0.5], dtype=torch.float64)
    return (corner + 0.1 * torch.rand(2, generator=rng, dtype=torch.float64)).to(device, dtype)


@pytest.mark.exercise("optimize")
@pytest.mark.weight(1.5)
@pytest.mark.parametrize("name", list(RATES))
def test_paths(lesson, device, rng, name):
    """Each name's path is made by its optimizer, with that optimizer's default options; the start comes first."""
    return lesson.optimize(name, start(rng, device), 12, RATES[name])


@pytest.mark.exercise("optimize")
@pytest.mark.parametrize("name", ["nesterov", "adam"])
def test_float32(lesson, device, rng, name):
    """A float32 start gives a float32 path."""
    return lesson.optimize(name, start(rng, device, torch.float32), 6, RATES[name])


@pytest.mark.exercise("optimize")
def test_decay_far_out(lesson, device, rng):
    """Far from the origin AdamW's decay of 0.01 shows."""
    there = start(rng, device) + torch.tensor([100.0, 60.0], dtype=torch.float64, device=device)
    return {name: lesson.optimize(name, there, 5, 0.1) for name in ("adam", "adamw")}


@pytest.mark.exercise("optimize")
@pytest.mark.parametrize("size", [1e-2, 1e-4, 1e-7])
def test_all_steps_are_made(lesson, device, rng, size):
    """All the steps are made, also where the path has all but arrived at the minimum."""
    beside = size * (1 + torch.rand(2, generator=rng, dtype=torch.float64))
    there = (1 + beside).to(device)
    return {
        f"{name}: how far each row is from the minimum": (lesson.optimize(name, there, 5, 2e-4) - 1) / size
        for name in ("sgd", "nesterov")
    }


@pytest.mark.exercise("optimize")
def test_steps_from_the_minimum_itself(lesson, device, rng):
    """At the minimum no gradient pulls, so plain descent stays there, and AdamW's decay moves on."""
    lr = 0.1 + 0.1 * float(torch.rand((), generator=rng, dtype=torch.float64))
    there = torch.ones(2, dtype=torch.float64, device=device)
    return {name: lesson.optimize(name, there, 3, lr) for name in ("sgd", "adamw")}


@pytest.mark.exercise("optimize")
@pytest.mark.weight(4)
def test_the_start_stays(lesson, device, rng):
    """`start` and its `.grad` stay as they are, whether it requires gradients or not; the path is detached."""
    plain, tracked = start(rng, device), start(rng, device).requires_grad_()
    tracked.grad = torch.ones(2, dtype=torch.float64, device=device)
    found = {}
    for name, place in {"a plain start": plain, "a start that requires gradients": tracked}.items():
        path, kept = probes.unchanged(lambda place=place: lesson.optimize("momentum", place, 4, 1e-4), start=place)
        found[name] = {"path": path, **kept, "requires_grad of the path": getattr(path, "requires_grad", None)}
    return found


@pytest.mark.exercise("optimize")
def test_no_steps(lesson, device, rng):
    """With 0 steps the path is the start alone, in a row of its own."""
    there = start(rng, device)
    path = lesson.optimize("adam", there, 0, 0.1)
    path += 1  # what shares memory moves along
    return {"path, plus 1": path, "start": probes.kept("its argument `start`, whose memory the path shares", there)}


@pytest.mark.exercise("optimize")
@pytest.mark.weight(2)
def test_other_names(lesson, device, rng):
    """Any other name is a ValueError, also with 0 steps."""
    there = start(rng, device)
    tried = [("adagrad", 3), ("SGD", 3), ("", 0), ("adam2", 0)]
    refused = {
        f"the name '{name}', {steps} steps": probes.raised(
            ValueError, lambda name=name, steps=steps: lesson.optimize(name, there, steps, 0.1)
        )
        for name, steps in tried
    }
    return {"the name 'sgd', 1 step": lesson.optimize("sgd", there, 1, 1e-4), **refused}
