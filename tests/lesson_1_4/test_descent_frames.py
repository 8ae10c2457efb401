"""Hidden scenarios of `descent_frames`. The ranges of w and b do not overlap, so that swapped axes show."""

from itertools import combinations

import matplotlib.pyplot as plt
import pytest
import torch

from autograder.worker import probes


def _grid(rng, device, n_w, n_b):
    x = torch.linspace(-1, 2, 5)
    y = 2 * x - 6 + torch.randn(5, generator=rng)
    W, B = torch.meshgrid(torch.linspace(0.5, 4, n_w), torch.linspace(-9, -2.5, n_b), indexing="ij")
    L = ((y - (W.unsqueeze(-1) * x + B.unsqueeze(-1))) ** 2).mean(dim=-1)
    return tuple(values.to(device=device) for values in (W, B, L))


def _path(rng, n_points):
    """A crooked path inside the grid, whose points are well apart."""
    turns = torch.rand(n_points, 2, generator=rng)
    return [
        (0.8 + 0.55 * (i * 2 % 5) + 0.2 * float(turn[0]), -8.0 + 0.9 * i + 0.3 * float(turn[1]))
        for i, turn in enumerate(turns)
    ]


def _read(frames):
    """Return the frames as data; what is no list or tuple as it came."""
    return [probes.figure(fig) for fig in frames] if isinstance(frames, list | tuple) else frames


def _drawn(lesson, grid, path):
    W, B, L = (values.clone() for values in grid)
    figures = _read(lesson.descent_frames(*grid, list(path)))
    plt.close("all")
    return {"frames": figures, "W": W, "B": B, "L": L, "path": [list(point) for point in path]}


@pytest.mark.exercise("descent_frames")
@pytest.mark.weight(2)
@pytest.mark.check("frames_follow_the_path")
def test_frames_follow_the_path(lesson, device, rng):
    """Frame i draws the path up to its point i, and no later point."""
    return _drawn(lesson, _grid(rng, device, 4, 5), _path(rng, 4))


@pytest.mark.exercise("descent_frames")
@pytest.mark.check("frames_show_the_landscape")
def test_every_frame_shows_the_landscape(lesson, device, rng):
    """Every frame has the filled contour, with w along x and b along y."""
    return _drawn(lesson, _grid(rng, device, 6, 8), _path(rng, 2))


@pytest.mark.exercise("descent_frames")
@pytest.mark.check("separate_figures")
def test_a_list_of_separate_figures(lesson, device, rng):
    """There are as many different figures as points, in a list, and `plt.show()` is not called."""
    grid = _grid(rng, device, 3, 4)
    results = {}
    for name, n_points in {"one point": 1, "three points": 3}.items():
        path = _path(rng, n_points)
        frames, shown = probes.shows(lambda path=path: lesson.descent_frames(*grid, path))
        results[name] = {
            "kind": probes.kind(frames, list),
            "pairs that are one figure": [
                probes.same_object(one, other)
                for one, other in combinations(frames if isinstance(frames, list) else [], 2)
            ],
            "frames": _read(frames),
            "times shown": shown,
            "path": [list(point) for point in path],
            "W": grid[0].clone(),
            "B": grid[1].clone(),
            "L": grid[2].clone(),
        }
    plt.close("all")
    return results
