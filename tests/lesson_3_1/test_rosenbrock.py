"""Hidden scenarios of `rosenbrock`."""

import pytest
import torch

from autograder.worker import probes


def points(rng, device, dtype=torch.float32, n=5):
    """Return points with x and y far from each other and from the minimum."""
    found = torch.rand(n, 2, generator=rng, dtype=torch.float64) + torch.tensor([-2.5, 2.0], dtype=torch.float64)
    return [point.to(device, dtype) for point in found]


@pytest.mark.exercise("rosenbrock")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_values(lesson, device, rng, dtype):
    """The value is (1 - x)² + 100 * (y - x²)², 0-D and in p's dtype."""
    return [lesson.rosenbrock(p) for p in points(rng, device, dtype)]


@pytest.mark.exercise("rosenbrock")
def test_special_points(lesson, device, rng):
    """It is 0 at (1, 1); on the floor of the valley only the first bracket is left, where x is 1 only the second."""
    x, y = (torch.randint(2, 20, (2,), generator=rng) / 4).tolist()
    places = {
        "at (1, 1)": [(1.0, 1.0)],
        "on the floor of the valley": [(0.0, 0.0), (-1.0, 1.0), (2.0, 4.0), (x, x * x), (-x, x * x)],
        "where x is 1": [(1.0, 0.0), (1.0, 3.0), (1.0, 1 + y), (1.0, 1 - y)],
    }
    return {
        name: [lesson.rosenbrock(torch.tensor(place, device=device)) for place in those]
        for name, those in places.items()
    }


@pytest.mark.exercise("rosenbrock")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradient(lesson, device, rng, dtype):
    """`backward` reaches a point that requires gradients."""
    found = []
    for p in points(rng, device, dtype, 3):
        p.requires_grad_()
        lesson.rosenbrock(p).backward()
        found.append(p.grad)
    return {"gradients": found}


@pytest.mark.exercise("rosenbrock")
def test_gradient_where_a_bracket_is_0(lesson, device, rng):
    """The gradient is right at the minimum, on the floor of the valley and where x is 1, too."""
    x, y = (torch.randint(2, 20, (2,), generator=rng) / 4).tolist()
    places = {
        "at (1, 1)": (1.0, 1.0),
        "on the floor of the valley": (-x, x * x),
        "where x is 1": (1.0, 1 + y),
    }
    found = {}
    for name, place in places.items():
        p = torch.tensor(place, device=device, requires_grad=True)
        lesson.rosenbrock(p).backward()
        found[f"gradient {name}"] = p.grad
    return found


@pytest.mark.exercise("rosenbrock")
def test_the_point_stays(lesson, device, rng):
    """The point stays as it is, whether or not it requires gradients."""
    first, second = points(rng, device, n=2)
    second.requires_grad_()
    found = {}
    for name, p in {"without gradients": first, "with gradients": second}.items():
        value, kept = probes.unchanged(lambda p=p: lesson.rosenbrock(p), p=p)
        found[name] = {"value": value, **kept}
    return found
