"""Hidden scenarios of `orthogonal_`. Which orthogonal matrix it is, is random: a check judges the products of its rows or columns."""

import pytest
import torch

from autograder.worker import probes


def seed_from(rng):
    return int(torch.randint(1, 1_000_000, (1,), generator=rng))


def make(seed):
    return torch.Generator().manual_seed(seed)


def sizes(rng, *least):
    """Return sizes of at least these, and of twice as much at most."""
    return [int(torch.randint(n, 2 * n + 1, (1,), generator=rng)) for n in least]


def after(w, result):
    """Return the tensor that was given as it is after the call, and whether it is what came back."""
    return {"w": w, "it came back itself": probes.same_object(result, w)}


@pytest.mark.exercise("orthogonal_")
@pytest.mark.weight(3)
@pytest.mark.check("matrices_are_orthogonal")
@pytest.mark.parametrize(
    ("least", "dtype"),
    [((3, 7), torch.float64), ((7, 3), torch.float32), ((4,), torch.float64)],
    ids=["wide", "tall", "square"],
)
def test_rows_or_columns_are_orthonormal(lesson, device, rng, least, dtype):
    """Without a gain rows have the length 1 and are at right angles; of a tall weight it is the columns."""
    found = {}
    for what in ("one", "another"):
        shape = sizes(rng, *least)
        w = torch.full(shape if len(shape) == 2 else shape * 2, 7.0, device=device, dtype=dtype)
        found[what] = {"gain": 1.0, "result": lesson.orthogonal_(w, gen=make(seed_from(rng)))}
    return found


@pytest.mark.exercise("orthogonal_")
@pytest.mark.weight(2)
@pytest.mark.check("matrices_are_orthogonal")
def test_the_gain_multiplies_everything(lesson, device, rng):
    """The lengths are the gain, the second argument."""
    gain = 1.5 + float(torch.rand(1, generator=rng))
    found = {}
    for what, least in {"wide": (3, 7), "tall": (6, 2)}.items():
        w = torch.full(sizes(rng, *least), 7.0, device=device, dtype=torch.float64)
        found[what] = {"gain": gain, "result": lesson.orthogonal_(w, gain, make(seed_from(rng)))}
    return found


@pytest.mark.exercise("orthogonal_")
@pytest.mark.weight(2)
@pytest.mark.check("matrices_are_orthogonal")
@pytest.mark.parametrize("least", [(4, 2, 3, 2), (9, 1, 2)], ids=["wide", "tall"])
def test_a_convolution_is_laid_flat(lesson, device, rng, least):
    """The dimensions after the first are laid side by side: `(out, rest)`; the shape stays."""
    gain = 1.5 + float(torch.rand(1, generator=rng))
    w = torch.full(sizes(rng, *least), 7.0, device=device, dtype=torch.float64)
    result = lesson.orthogonal_(w, gain, make(seed_from(rng)))
    return {
        "what came back": {"gain": gain, "result": result},
        "the weight that was given": {"gain": gain, "result": w},
    }


@pytest.mark.exercise("orthogonal_")
@pytest.mark.weight(0.5)
@pytest.mark.check("matrices_are_orthogonal")
def test_one_row_or_one_column(lesson, device, rng):
    """One row or one column has the length of the gain."""
    columns, rows = sizes(rng, 5, 6)
    gain = 0.3 + 0.4 * float(torch.rand(1, generator=rng))
    found = {}
    for what, shape in {"one row": (1, columns), "one column": (rows, 1), "one number": (1, 1)}.items():
        w = torch.full(shape, 7.0, device=device, dtype=torch.float64)
        found[what] = {"gain": gain, "result": lesson.orthogonal_(w, gain, make(seed_from(rng)))}
    return found


@pytest.mark.exercise("orthogonal_")
@pytest.mark.weight(0.5)
def test_shape_dtype_and_device_stay(lesson, device, rng):
    """What comes back has shape, dtype and device of what was given."""
    shapes = {"linear": sizes(rng, 6, 9), "convolution": sizes(rng, 4, 5, 3)}
    found = {}
    for what, dtype in {"linear": torch.float64, "convolution": torch.float32}.items():
        w = torch.full(shapes[what], 70.0, device=device, dtype=dtype)
        found[what] = probes.form(lesson.orthogonal_(w, gen=make(seed_from(rng))))
    return found


@pytest.mark.exercise("orthogonal_")
@pytest.mark.weight(2)
@pytest.mark.check("parameter_is_filled")
def test_a_parameter_is_filled_without_a_graph(lesson, device, rng):
    """A parameter is filled in place and returned; it stays a leaf that requires gradients, and its `.grad` stays."""
    shape = sizes(rng, 6, 8)
    w = torch.nn.Parameter(torch.full(shape, 70.0, device=device))
    w.grad = torch.randn(shape, generator=rng).to(device)
    facts = after(w, lesson.orthogonal_(w, gen=make(seed_from(rng))))
    return {**facts, "is a leaf": w.is_leaf, "requires gradients": w.requires_grad, "w.grad": w.grad}


@pytest.mark.exercise("orthogonal_")
@pytest.mark.check("part_is_filled")
def test_a_part_of_a_larger_tensor_is_filled(lesson, device, rng):
    """A transposed part of a larger tensor is filled where it lies; the rest of that tensor stays as it was."""
    whole = (70 + torch.rand(9, 8, generator=rng)).to(device, torch.float64)
    part = whole.T[1:6, 2:]
    return {**after(part, lesson.orthogonal_(part, gen=make(seed_from(rng)))), "the larger tensor": whole}


@pytest.mark.exercise("orthogonal_")
@pytest.mark.weight(2)
@pytest.mark.check("generator_decides")
def test_gen_or_the_global_generator_decides(lesson, device, rng):
    """With `gen` its seed fixes all and global states stay; without it `torch.manual_seed` fixes all."""
    seed, shape = seed_from(rng), sizes(rng, 4, 6)

    def filled(gen=None):
        w = torch.zeros(shape, device=device)
        lesson.orthogonal_(w, gen=gen)
        return w

    gen = make(seed)
    torch.manual_seed(seed + 2)
    first, untouched = probes.global_rng_untouched(lambda: filled(gen))
    found = {"first": first, "second": filled(gen), "the global generator": untouched}
    torch.manual_seed(seed + 3)
    found |= {"same seed": filled(make(seed)), "another seed": filled(make(seed + 1)), "no gen": filled()}
    torch.manual_seed(seed + 3)
    return found | {"no gen, same global seed": filled(), "no gen, second": filled()}
