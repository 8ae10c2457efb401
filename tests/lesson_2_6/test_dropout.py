"""Hidden scenarios of `dropout`. No input is near 0, so that a 0 in the output is a dropped element.

Which elements are dropped is random, so the checks look at what became of those that stay.
"""

import pytest
import torch

from autograder.worker import probes


def numbers(rng, shape, device, dtype=torch.float32):
    """Return numbers of either sign, at least 0.5 away from 0."""
    sizes = 0.5 + 2 * torch.rand(shape, generator=rng)
    return (sizes * (1 - 2 * torch.randint(0, 2, shape, generator=rng))).to(device, dtype)


def seeded(device, rng):
    return torch.Generator(device=device).manual_seed(int(torch.randint(1, 1_000_000, (1,), generator=rng)))


def dropped(lesson, x, p, generator):
    """Return what came out in training, and what went in."""
    facts = {"x": x.detach().clone(), "p": p}
    return {"out": lesson.dropout(x, p, True, generator), **facts}


@pytest.mark.exercise("dropout")
@pytest.mark.weight(2)
@pytest.mark.check("what_stays_is_rescaled")
@pytest.mark.parametrize(
    ("shape", "p", "dtype"),
    [((6, 40), 0.2, torch.float32), ((40, 40), 0.6, torch.float64), ((400,), 0.9, torch.float32)],
)
def test_what_stays_is_rescaled(lesson, device, rng, shape, p, dtype):
    """In training an element is 0 or divided by 1 - p; shape and dtype are x's."""
    return dropped(lesson, numbers(rng, shape, device, dtype), p, seeded(device, rng))


@pytest.mark.exercise("dropout")
@pytest.mark.weight(2)
@pytest.mark.check("a_fraction_of_p_is_dropped")
@pytest.mark.parametrize("p", [0.2, 0.7])
def test_p_is_the_chance_of_zero(lesson, device, rng, p):
    """Of many elements about the fraction p becomes 0."""
    return dropped(lesson, numbers(rng, (60, 100), device), p, seeded(device, rng))


@pytest.mark.exercise("dropout")
@pytest.mark.weight(2)
@pytest.mark.check("each_element_for_itself")
def test_each_element_has_its_own_draw(lesson, device, rng):
    """No row, no column and no layer of a tensor shares its draws with another."""
    return dropped(lesson, numbers(rng, (15, 20, 25), device), 0.5, seeded(device, rng))


@pytest.mark.exercise("dropout")
@pytest.mark.weight(2)
def test_in_evaluation_nothing_happens(lesson, device, rng):
    """When `training` is False the values come back as they are, for every p."""
    x = numbers(rng, (5, 4), device, torch.float64)
    return {f"p = {p}": lesson.dropout(x, p, False, seeded(device, rng)) for p in (0.0, 0.3, 1.0)}


@pytest.mark.exercise("dropout")
def test_p_of_zero_and_of_one(lesson, device, rng):
    """In training p = 0 changes nothing, and p = 1 gives zeros, no NaN."""
    x = numbers(rng, (7, 3), device)
    return {f"p = {p!r}": lesson.dropout(x, p, True, seeded(device, rng)) for p in (0.0, 1.0, 0, 1)}


@pytest.mark.exercise("dropout")
@pytest.mark.check("any_shape_is_dropped")
def test_any_shape(lesson, device, rng):
    """x may have any shape, 0-D included; x itself is not changed."""
    found = {}
    shapes = {"a 0-D x": (), "a single number": (1,), "one by one": (1, 1), "a 4-D x": (2, 3, 2, 40)}
    for name, shape in shapes.items():
        x = numbers(rng, shape, device)
        generator = seeded(device, rng)
        result, kept = probes.unchanged(lambda x=x, g=generator: dropped(lesson, x, 0.4, g), x=x)
        found[name] = {**result, **kept}
    return found


@pytest.mark.exercise("dropout")
@pytest.mark.check("gradient_goes_where_the_element_stayed")
def test_gradient_goes_where_the_element_stayed(lesson, device, rng):
    """The gradient of a dropped element is 0; that of one that stayed is 1 / (1 - p) times what arrives."""
    x = numbers(rng, (8, 6), device, torch.float64).requires_grad_()
    arriving = numbers(rng, (8, 6), device, torch.float64)
    result = dropped(lesson, x, 0.4, seeded(device, rng))
    if getattr(result["out"], "requires_grad", False):
        (result["out"] * arriving).sum().backward()
    return {**result, "arriving": arriving, "gradient of x": x.grad}


@pytest.mark.exercise("dropout")
@pytest.mark.weight(2)
@pytest.mark.check("generator_decides_the_mask")
def test_generator_alone_decides(lesson, device, rng):
    """The same seed gives the same zeros, another seed or a second call others; the global generator plays no part."""
    x = numbers(rng, (20, 20), device)
    facts = {"x": x.clone()}
    seed = int(torch.randint(1, 1_000_000, (1,), generator=rng))

    def first(seed):
        return lesson.dropout(x, 0.5, True, torch.Generator(device=device).manual_seed(seed))

    one, untouched = probes.global_rng_untouched(lambda: first(seed))
    generator = torch.Generator(device=device).manual_seed(seed)
    again, second = (lesson.dropout(x, 0.5, True, generator) for _ in range(2))
    calls = {"first": one, "the same seed again": again, "second call": second, "another seed": first(seed + 1)}
    return {**calls, **facts, "the global generator": untouched}


@pytest.mark.exercise("dropout")
@pytest.mark.parametrize("training", [True, False])
def test_p_outside_of_zero_to_one_is_refused(lesson, device, rng, training):
    """A p below 0 or above 1 raises a ValueError, in training or not; p = 0 does not."""
    x = numbers(rng, (2, 3), device)
    generator = seeded(device, rng)
    refused = {
        f"p = {p}": probes.raised(ValueError, lambda p=p: lesson.dropout(x, p, training, generator))
        for p in (-0.1, 1.2, -3.0, 2.0)
    }
    return {"p = 0.0": lesson.dropout(x, 0.0, training, generator), **refused}
