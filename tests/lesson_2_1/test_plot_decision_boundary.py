"""Hidden scenarios of `plot_decision_boundary`. The model is one neuron, so that its field has stripes and no islands."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.collections import PathCollection, QuadMesh
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from torch import nn

from autograder.worker import probes


def problem(rng, device, n, dtype=torch.float32):
    """Return a neuron, samples whose features have different ranges, and classes, three or more of each."""
    X = torch.randn(n, 2, generator=rng) * torch.tensor([1.0, 1.6]) + torch.tensor([3.0, -4.0])
    y = (torch.rand(n, 1, generator=rng) < 0.5).float()
    y[:3], y[3:6] = 0.0, 1.0
    model = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())
    W = torch.tensor([[1.2, -0.4]]) + 0.1 * torch.rand(1, 2, generator=rng)
    with torch.no_grad():
        model[0].weight.copy_(W)
        model[0].bias.copy_(-(W @ torch.tensor([3.0, -4.0])))
    return model.to(device, dtype), X.to(device, dtype), y.to(device, dtype)


def places(rng, model, X):
    """Return points all over the grid where the model is not undecided, and its probabilities there."""
    low, high = X.min(dim=0).values.cpu() - 0.4, X.max(dim=0).values.cpu() + 0.4
    points = (low + (high - low) * torch.rand(80, 2, generator=rng, dtype=X.dtype)).to(X.device)
    with torch.no_grad():
        P = model(points)
    decided = ((P - 0.5).abs() > 0.12).flatten()
    return points[decided].cpu().double(), P[decided].flatten().cpu().double()


def drawn(fig, points):
    """Return of every axes the labels, the samples with their looks, and each field's range of values at the points."""
    if not isinstance(fig, Figure):
        return {"type": type(fig).__name__, "axes": []}
    axes = []
    for ax in fig.axes:
        if ax.get_label() == "<colorbar>":
            continue
        marks = [mark for artist in (*ax.collections, *ax.lines) for mark in looks(artist)]
        fields = [field(artist, points.numpy()) for artist in (*ax.collections, *ax.images)]
        axes.append(
            {
                "labels": [ax.get_xlabel(), ax.get_ylabel()],
                "places": torch.tensor([place for place, _ in marks], dtype=torch.float64).reshape(-1, 2),
                "looks": [look for _, look in marks],
                "fields": [torch.from_numpy(found) for found in fields if found is not None],
            }
        )
    plt.close(fig)
    return {"type": "Figure", "axes": axes}


def looks(artist):
    """Return place and look (colours and marker, as a text) of every point of a scatter or a line with markers."""
    if isinstance(artist, PathCollection):
        artist.update_scalarmappable()
        offsets = np.ma.filled(np.ma.asarray(artist.get_offsets(), dtype=float), np.nan).reshape(-1, 2)
        kinds = [repr(np.round(path.vertices, 3).tolist())[:200] for path in artist.get_paths()]
        parts = [artist.get_facecolor(), artist.get_edgecolor()]
        for n, place in enumerate(offsets.tolist()):
            colours = [np.round(part[n % len(part)], 3).tolist() for part in parts if len(part)]
            yield place, f"{colours} {kinds[n % len(kinds)] if kinds else ''}"
    elif hasattr(artist, "get_xydata") and str(artist.get_marker()).strip().lower() not in ("", "none"):
        for place in np.asarray(artist.get_xydata(), dtype=float).reshape(-1, 2).tolist():
            yield place, f"{artist.get_markerfacecolor()} {artist.get_markeredgecolor()} {artist.get_marker()}"


def field(artist, points):
    """Return the lowest and the highest value that a field may have at each of the points, `(m, 2)`; None if it is none."""
    found = np.full((len(points), 2), np.nan)
    if isinstance(artist, ContourSet) and artist.filled:
        lowers, uppers = artist._get_lowers_and_uppers()
        for path, lower, upper in zip(artist.get_paths(), lowers, uppers, strict=False):
            if len(path.vertices):
                found[path.contains_points(points)] = lower, upper
        return found
    if isinstance(artist, QuadMesh):
        corners = np.asarray(artist._coordinates, dtype=float)
        values = np.asarray(artist.get_array(), dtype=float)
        if values.size == corners[:, :, 0].size:  # Gouraud shading has its values at the corners
            centres = corners
        else:
            centres = (corners[:-1, :-1] + corners[1:, :-1] + corners[:-1, 1:] + corners[1:, 1:]) / 4
        centres, values = centres.reshape(-1, 2), values.reshape(-1)
        if len(values) == len(centres):
            inside = ((points >= corners.min(axis=(0, 1))) & (points <= corners.max(axis=(0, 1)))).all(axis=1)
            nearest = ((points[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
            found[inside] = values[nearest][inside][:, None]
        return found
    if hasattr(artist, "get_extent") and np.ndim(artist.get_array()) == 2:
        values = np.asarray(artist.get_array(), dtype=float)
        left, right, bottom, top = artist.get_extent()
        across = (points[:, 0] - left) / (right - left)
        up = (points[:, 1] - bottom) / (top - bottom)
        up = up if artist.origin == "lower" else 1 - up
        inside = (across >= 0) & (across < 1) & (up >= 0) & (up < 1)
        rows, columns = values.shape
        row, column = (up[inside] * rows).astype(int), (across[inside] * columns).astype(int)
        found[inside] = values[row, column][:, None]
        return found
    return None


def facts(lesson, rng, device, n=14, dtype=torch.float32, resolution=40):
    model, X, y = problem(rng, device, n, dtype)
    points, P = places(rng, model, X)
    fig = lesson.plot_decision_boundary(model, X, y, resolution=resolution)
    return {**drawn(fig, points), "X": X.cpu().double(), "y": y.cpu().flatten(), "P": P}


@pytest.mark.exercise("plot_decision_boundary")
@pytest.mark.weight(2)
@pytest.mark.check("the_field_is_the_models")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_field_is_the_models(lesson, device, rng, dtype):
    """There is a field of the model's probabilities (or classes) with feature 0 along x and feature 1 along y."""
    return facts(lesson, rng, device, dtype=dtype)


@pytest.mark.exercise("plot_decision_boundary")
@pytest.mark.weight(2)
@pytest.mark.check("every_sample_is_drawn")
@pytest.mark.parametrize("n", [9, 40])
def test_every_sample_is_drawn(lesson, device, rng, n):
    """Every sample of both classes is a point at (feature 0, feature 1)."""
    return facts(lesson, rng, device, n, resolution=10)


@pytest.mark.exercise("plot_decision_boundary")
@pytest.mark.weight(2)
@pytest.mark.check("classes_differ")
def test_the_classes_are_told_apart(lesson, device, rng):
    """The points of the two classes differ in colour or in marker."""
    return facts(lesson, rng, device, 12, resolution=10)


@pytest.mark.exercise("plot_decision_boundary")
@pytest.mark.check("both_axes_have_labels")
def test_both_axes_have_labels(lesson, device, rng):
    """Both axes have a label."""
    return facts(lesson, rng, device, 8, resolution=10)


@pytest.mark.exercise("plot_decision_boundary")
@pytest.mark.weight(2)
@pytest.mark.check("new_figure_and_nothing_else")
def test_a_new_figure_is_returned_and_nothing_else_changes(lesson, device, rng):
    """Every call returns a new Figure; `plt.show()` is not called, arguments and mode are kept, the resolution counts."""
    model, X, y = problem(rng, device, 10)
    model.train()
    rows = []
    model[0].register_forward_pre_hook(lambda _, given: rows.append(given[0].detach().cpu().double()))

    def draw(*resolution):
        rows.clear()
        return lesson.plot_decision_boundary(model, X, y, *resolution), list(rows)

    ((coarse, few), kept), shown = probes.shows(lambda: probes.unchanged(lambda: draw(6), X=X, y=y))
    modes = [part.training for part in model.modules()]
    model.eval()
    (fine, many), shown_again = probes.shows(draw)
    found = {
        "what came back": [probes.kind(fig, Figure) for fig in (coarse, fine)],
        "the same figure twice": probes.same_object(coarse, fine),
        "shown": shown + shown_again,
        **kept,
        "training modes afterwards": {"train": modes, "eval": [part.training for part in model.modules()]},
        "rows asked at resolution 6": few,
        "rows asked by default": many,
    }
    plt.close("all")
    return found
