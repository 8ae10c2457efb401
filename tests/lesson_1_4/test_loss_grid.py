"""Hidden scenarios of `loss_grid`: values weigh 8, the count of operations 2."""

import pytest
import torch

from autograder.worker import probes


def _problem(rng, device, n_samples, n_w, n_b, dtype=torch.float32):
    x = torch.randn(n_samples, generator=rng) + 0.7
    y = 3 * torch.randn(n_samples, generator=rng) - 0.4
    w_range = 2 * torch.randn(n_w, generator=rng) + 0.3
    b_range = 2 * torch.randn(n_b, generator=rng) - 0.8
    return tuple(values.to(device=device, dtype=dtype) for values in (x, y, w_range, b_range))


@pytest.mark.exercise("loss_grid")
@pytest.mark.weight(2)
def test_every_pair_of_a_tall_grid(lesson, device, rng):
    """W, B and L have shape (n_w, n_b) with w along the rows, and L is the mean squared error of every pair."""
    return lesson.loss_grid(*_problem(rng, device, 3, 5, 2))


@pytest.mark.exercise("loss_grid")
@pytest.mark.weight(2)
def test_every_pair_of_a_wide_grid_in_float64(lesson, device, rng):
    """In float64, too, `L[i, j]` is the loss of `w_range[i]` and `b_range[j]`, with more biases than weights."""
    return lesson.loss_grid(*_problem(rng, device, 11, 3, 6, torch.float64))


@pytest.mark.exercise("loss_grid")
def test_as_many_weights_as_biases_as_samples(lesson, device, rng):
    """The mean goes over the samples, also where all three sizes agree."""
    return lesson.loss_grid(*_problem(rng, device, 4, 4, 4))


@pytest.mark.exercise("loss_grid")
def test_one_sample(lesson, device, rng):
    """N may be 1, and the ranges may be in any order."""
    return lesson.loss_grid(*_problem(rng, device, 1, 3, 4))


@pytest.mark.exercise("loss_grid")
def test_ranges_of_one_value(lesson, device, rng):
    """A range may hold one value: a row, a column, a point."""
    sizes = {"one weight": (1, 3), "one bias": (4, 1), "one of both": (1, 1)}
    return {name: lesson.loss_grid(*_problem(rng, device, 5, *size)) for name, size in sizes.items()}


@pytest.mark.exercise("loss_grid")
def test_arguments_stay_as_they_were(lesson, device, rng):
    """No argument is changed in place."""
    x, y, w_range, b_range = _problem(rng, device, 6, 3, 2)
    call = lambda: lesson.loss_grid(x, y, w_range, b_range)  # noqa: E731
    grids, kept = probes.unchanged(call, x=x, y=y, w_range=w_range, b_range=b_range)
    return {"grids": grids, **kept}


@pytest.mark.exercise("loss_grid")
@pytest.mark.weight(2)
@pytest.mark.check("no_loops")
def test_no_loops(lesson, device, rng):
    """The number of tensor operations grows neither with the grid nor with the samples, and no value is read out."""

    sizes = {"small": (4, 3, 2), "large grid": (4, 18, 17), "many samples": (60, 3, 2), "both": (60, 18, 17)}
    grids, counts = {}, {}
    for name, size in sizes.items():
        problem = _problem(rng, device, *size)
        grids[name], counts[name] = probes.operations(lambda problem=problem: lesson.loss_grid(*problem))
    read = _values_read(lambda: lesson.loss_grid(*_problem(rng, device, 4, 3, 2)))
    return {"grids": grids["small"], "operations": counts, "values read by": read}


def _values_read(call):
    """Return by which ways values left their tensors that are no tensor operation, so that no count would tell."""
    seen = []
    names = ("tolist", "numpy", "__array__")
    own = {name: vars(torch.Tensor)[name] for name in names if name in vars(torch.Tensor)}

    def noticing(name):
        original = getattr(torch.Tensor, name)

        def noticed(*args, **kwargs):
            seen.append(name)
            return original(*args, **kwargs)

        return noticed

    for name in names:
        setattr(torch.Tensor, name, noticing(name))
    try:
        call()
    finally:
        for name in names:
            if name in own:
                setattr(torch.Tensor, name, own[name])
            else:
                delattr(torch.Tensor, name)
    return sorted(set(seen))
