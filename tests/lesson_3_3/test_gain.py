"""Hidden scenarios of `gain`."""

import pytest
import torch

from autograder.worker import probes


@pytest.mark.exercise("gain")
@pytest.mark.weight(2)
@pytest.mark.parametrize("names", ["linear sigmoid", "tanh", "relu leaky_relu"])
def test_each_name_has_its_gain(lesson, names):
    """The five gains; leaky ReLU has the slope 0.01 unless told otherwise."""
    return {name: float(lesson.gain(name)) for name in names.split()}


@pytest.mark.exercise("gain")
@pytest.mark.weight(3)
def test_leaky_relu_uses_its_slope_squared(lesson, rng):
    """For leaky ReLU it is the root of 2 / (1 + slope²), for slopes of 0 and of 1 as well, and above."""
    slopes = {f"a slope of {slope}": slope for slope in (0.0, 0.2, 1.0, 3.0)}
    slopes |= {
        f"slope {n} of 3 between 0 and 1": slope for n, slope in enumerate(torch.rand(3, generator=rng).tolist(), 1)
    }
    return {what: float(lesson.gain("leaky_relu", slope)) for what, slope in slopes.items()}


@pytest.mark.exercise("gain")
def test_other_names_take_no_notice_of_the_slope(lesson, rng):
    """The slope changes nothing for the other four."""
    slope = 0.3 + float(torch.rand(1, generator=rng))
    return {name: float(lesson.gain(name, slope=slope)) for name in ("linear", "sigmoid", "tanh", "relu")}


@pytest.mark.exercise("gain")
def test_another_name_is_refused(lesson):
    """A name that is none of the five raises a ValueError."""
    names = ("swish", "softmax", "")
    return {f"the name {name!r}": probes.raised(ValueError, lambda name=name: lesson.gain(name)) for name in names}
