"""Hidden scenarios of `kaiming_normal_`. Its numbers are random, so a check judges their moments.

There are 45,000 numbers or more where a deviation counts: those of two correct solutions then differ by the 3 per cent that
the check allows less than once in a billion times. Sizes are drawn, so that no deviation is a fixed number.
"""

import pytest
import torch

from autograder.worker import probes


def seed_from(rng):
    return int(torch.randint(1, 1_000_000, (1,), generator=rng))


def make(seed):
    return torch.Generator().manual_seed(seed)


def sizes(rng, *least):
    """Return sizes of at least these, and of a tenth more at most."""
    return [int(torch.randint(n, n + n // 10 + 2, (1,), generator=rng)) for n in least]


def after(w, result):
    """Return the tensor that was given as it is after the call, and whether it is what came back."""
    return {"w": w, "it came back itself": probes.same_object(result, w)}


@pytest.mark.exercise("kaiming_normal_")
@pytest.mark.weight(3)
@pytest.mark.check("moments_are_right")
@pytest.mark.parametrize(
    ("least", "dtype"),
    [((60, 750), torch.float32), ((48, 21, 5, 9), torch.float64)],
    ids=["linear", "convolution"],
)
def test_normal_numbers_of_the_right_deviation(lesson, device, rng, least, dtype):
    """Unless told otherwise it is ReLU and the fan-in: mean 0, the deviation √2 / √fan_in, and normal numbers."""
    w = torch.full(sizes(rng, *least), 7.0, device=device, dtype=dtype)
    return after(w, lesson.kaiming_normal_(w, gen=make(seed_from(rng))))


@pytest.mark.exercise("kaiming_normal_")
@pytest.mark.weight(2)
@pytest.mark.check("moments_are_right")
@pytest.mark.parametrize(
    ("mode", "name"),
    [("fan_out", "relu"), ("fan_in", "tanh"), ("fan_out", "leaky_relu"), ("fan_in", "sigmoid"), ("fan_out", "linear")],
)
def test_mode_chooses_the_fan_and_name_the_gain(lesson, device, rng, mode, name):
    """The deviation is gain(name) / √fan, with the fan that `mode` names."""
    w = torch.full(sizes(rng, 120, 380), 7.0, device=device)
    return after(w, lesson.kaiming_normal_(w, mode, name, make(seed_from(rng))))


@pytest.mark.exercise("kaiming_normal_")
@pytest.mark.check("gains_are_apart")
def test_every_activation_has_its_own_gain(lesson, device, rng):
    """From the same seed the deviations of two activations differ by their gains alone; leaky ReLU has the slope 0.01."""
    seed, shape = seed_from(rng), sizes(rng, 60, 80)
    found = {}
    for name in ("linear", "relu", "leaky_relu", "tanh", "sigmoid"):
        found[name] = torch.full(shape, 70.0, device=device, dtype=torch.float64)
        lesson.kaiming_normal_(found[name], name=name, gen=make(seed))
    return found


@pytest.mark.exercise("kaiming_normal_")
def test_another_mode_is_refused(lesson, device, rng):
    """A mode that is neither fan_in nor fan_out raises a ValueError."""
    w = torch.randn(3, 4, generator=rng).to(device)
    return {
        f"the mode {mode!r}": probes.raised(ValueError, lambda mode=mode: lesson.kaiming_normal_(w, mode))
        for mode in ("fan_sum", "in", "")
    }


@pytest.mark.exercise("kaiming_normal_")
@pytest.mark.weight(0.5)
@pytest.mark.check("small_weights_are_filled")
def test_small_weights(lesson, device, rng):
    """A weight may have one row, one column or one number."""
    columns, rows = sizes(rng, 30, 40)
    found = {}
    for what, shape in {"one number": (1, 1), "one row": (1, columns), "one column": (rows, 1, 1)}.items():
        w = torch.full(shape, 70.0, device=device, dtype=torch.float64)
        found[what] = after(w, lesson.kaiming_normal_(w, gen=make(seed_from(rng))))
    return found


@pytest.mark.exercise("kaiming_normal_")
@pytest.mark.weight(0.5)
def test_shape_dtype_and_device_stay(lesson, device, rng):
    """What comes back has shape, dtype and device of what was given."""
    shapes = {"linear": sizes(rng, 30, 40), "convolution": sizes(rng, 10, 20, 3)}
    found = {}
    for what, dtype in {"linear": torch.float64, "convolution": torch.float32}.items():
        w = torch.full(shapes[what], 70.0, device=device, dtype=dtype)
        found[what] = probes.form(lesson.kaiming_normal_(w, gen=make(seed_from(rng))))
    return found


@pytest.mark.exercise("kaiming_normal_")
@pytest.mark.weight(2)
@pytest.mark.check("parameter_is_filled")
def test_a_parameter_is_filled_without_a_graph(lesson, device, rng):
    """A parameter is filled in place and returned; it stays a leaf that requires gradients, and its `.grad` stays."""
    shape = sizes(rng, 6, 8)
    w = torch.nn.Parameter(torch.full(shape, 70.0, device=device))
    w.grad = torch.randn(shape, generator=rng).to(device)
    facts = after(w, lesson.kaiming_normal_(w, gen=make(seed_from(rng))))
    return {**facts, "is a leaf": w.is_leaf, "requires gradients": w.requires_grad, "w.grad": w.grad}


@pytest.mark.exercise("kaiming_normal_")
@pytest.mark.check("part_is_filled")
def test_a_part_of_a_larger_tensor_is_filled(lesson, device, rng):
    """A transposed part of a larger tensor is filled where it lies; the rest of that tensor stays as it was."""
    whole = (70 + torch.rand(9, 8, generator=rng)).to(device, torch.float64)
    part = whole.T[1:6, 2:]
    return {**after(part, lesson.kaiming_normal_(part, gen=make(seed_from(rng)))), "the larger tensor": whole}


@pytest.mark.exercise("kaiming_normal_")
@pytest.mark.weight(2)
@pytest.mark.check("generator_decides")
def test_gen_or_the_global_generator_decides(lesson, device, rng):
    """With `gen` its seed fixes all and global states stay; without it `torch.manual_seed` fixes all."""
    seed, shape = seed_from(rng), sizes(rng, 4, 6)

    def filled(gen=None):
        w = torch.zeros(shape, device=device)
        lesson.kaiming_normal_(w, gen=gen)
        return w

    gen = make(seed)
    torch.manual_seed(seed + 2)
    first, untouched = probes.global_rng_untouched(lambda: filled(gen))
    found = {"first": first, "second": filled(gen), "the global generator": untouched}
    torch.manual_seed(seed + 3)
    found |= {"same seed": filled(make(seed)), "another seed": filled(make(seed + 1)), "no gen": filled()}
    torch.manual_seed(seed + 3)
    return found | {"no gen, same global seed": filled(), "no gen, second": filled()}
