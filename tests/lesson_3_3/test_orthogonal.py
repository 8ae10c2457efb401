"""Hidden scenarios of `orthogonal_`. Which orthogonal matrix it is, is random: judged are the products of its rows or columns."""

import pytest
import torch

from autograder.worker import probes


def seed_from(rng):
    return int(torch.randint(1, 1_000_000, (1,), generator=rng))


def make(seed):
    return torch.Generator().manual_seed(seed)


def products(w):
    """Return the products of all pairs of rows, or of columns where they are fewer."""
    m = w.detach().cpu().flatten(1)
    return m @ m.T if m.shape[0] <= m.shape[1] else m.T @ m


@pytest.mark.exercise("orthogonal_")
@pytest.mark.weight(3)
@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((4, 7), torch.float64), ((7, 4), torch.float32), ((5, 5), torch.float64)],
    ids=["wide", "tall", "square"],
)
def test_rows_or_columns_are_orthonormal(lesson, device, rng, shape, dtype):
    """Without a gain rows have the length 1 and are at right angles; of a tall weight it is the columns."""
    w = torch.full(shape, 7.0, device=device, dtype=dtype)
    return products(lesson.orthogonal_(w, gen=make(seed_from(rng))))


@pytest.mark.exercise("orthogonal_")
@pytest.mark.weight(2)
def test_the_gain_multiplies_everything(lesson, device, rng):
    """The lengths are the gain, the second argument."""
    gain = 1.5 + float(torch.rand(1, generator=rng))
    found = []
    for shape in ((3, 6), (4, 2)):
        w = torch.full(shape, 7.0, device=device, dtype=torch.float64)
        found.append(products(lesson.orthogonal_(w, gain, make(seed_from(rng)))) / gain**2)
    return found


@pytest.mark.exercise("orthogonal_")
@pytest.mark.weight(2)
@pytest.mark.parametrize("shape", [(5, 2, 3, 2), (9, 4, 2)])
def test_a_convolution_is_laid_flat(lesson, device, rng, shape):
    """The dimensions after the first are laid side by side: `(out, rest)`; the shape stays."""
    w = torch.full(shape, 7.0, device=device, dtype=torch.float64)
    result = lesson.orthogonal_(w, 2.0, make(seed_from(rng)))
    return {"like": torch.zeros_like(result), "products": products(w)}


@pytest.mark.exercise("orthogonal_")
def test_one_row_or_one_column(lesson, device, rng):
    """One row or one column has the length of the gain."""
    found = []
    for shape in ((1, 6), (6, 1), (1, 1)):
        w = torch.full(shape, 7.0, device=device, dtype=torch.float64)
        found.append(products(lesson.orthogonal_(w, 0.5, make(seed_from(rng)))))
    return found


@pytest.mark.exercise("orthogonal_")
@pytest.mark.weight(2)
def test_a_parameter_is_filled_without_a_graph(lesson, device, rng):
    """A parameter is filled in place and returned; it stays a leaf that requires gradients, and its `.grad` stays."""
    w = torch.nn.Parameter(torch.full((6, 8), 70.0, device=device))
    w.grad = torch.randn(6, 8, generator=rng).to(device)
    before = w.grad.clone()
    result = lesson.orthogonal_(w, gen=make(seed_from(rng)))
    return {
        "itself": result is w,
        "filled": bool((w.detach().abs() < 60).all()),
        "leaf": w.is_leaf and w.requires_grad and w.grad_fn is None,
        "grad": torch.equal(w.grad, before),
    }


@pytest.mark.exercise("orthogonal_")
def test_a_part_of_a_larger_tensor_is_filled(lesson, device, rng):
    """A transposed part of a larger tensor is filled where it lies; the rest of that tensor stays as it was."""
    whole = torch.full((9, 8), 70.0, device=device, dtype=torch.float64)
    part = whole.T[1:6, 2:]
    result = lesson.orthogonal_(part, gen=make(seed_from(rng)))
    return {"itself": result is part, "filled": (whole < 60).tolist()}


@pytest.mark.exercise("orthogonal_")
@pytest.mark.weight(2)
def test_gen_or_the_global_generator_decides(lesson, device, rng):
    """With `gen` its seed fixes all and global states stay; without it `torch.manual_seed` fixes all."""
    seed = seed_from(rng)

    def filled(gen=None):
        w = torch.zeros(4, 6, device=device)
        lesson.orthogonal_(w, gen=gen)
        return w

    def same(one, two):
        return float((one - two).abs().max()) < 1e-5

    gen = make(seed)
    torch.manual_seed(seed + 2)
    first, untouched = probes.global_rng_untouched(lambda: filled(gen))
    second = filled(gen)
    torch.manual_seed(seed + 3)
    again, other, free = filled(make(seed)), filled(make(seed + 1)), filled()
    torch.manual_seed(seed + 3)
    free_again = filled()
    return {
        "same seed, same numbers": same(first, again),
        "another seed, the same numbers": same(first, other),
        "second call, the same numbers": same(first, second),
        "global states untouched": untouched,
        "no gen, same global seed, same numbers": same(free, free_again),
        "no gen, second call, the same numbers": same(free, filled()),
    }
