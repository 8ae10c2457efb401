"""Hidden scenarios of `plot_boundaries`. Each model is one neuron, so that its field has stripes and no islands."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.collections import PathCollection, QuadMesh
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from torch import nn

from autograder.worker import probes

NAMES = ("stiff", "bent", "third", "early", "late", "plain", "wide", "narrow", "steep", "flat", "first", "last")
SLOPES = ((1.1, 0.5), (-0.9, 0.6), (0.2, -1.2))


def problem(rng, device, n, count=2, dtype=torch.float32):
    """Return neurons that look different ways, samples whose features have different ranges, and classes."""
    centre = torch.tensor([3.0, -4.0])
    X = torch.randn(n, 2, generator=rng) * torch.tensor([1.0, 1.6]) + centre
    y = (torch.rand(n, 1, generator=rng) < 0.5).float()
    y[:3], y[3:6] = 0.0, 1.0
    models = {}
    names = [NAMES[place] for place in torch.randperm(len(NAMES), generator=rng)[:count].tolist()]
    for name, slopes in zip(names, SLOPES, strict=False):
        model = nn.Sequential(nn.Linear(2, 1), nn.Dropout(0.5))
        W = torch.tensor([slopes]) + 0.1 * torch.rand(1, 2, generator=rng)
        with torch.no_grad():
            model[0].weight.copy_(W)
            model[0].bias.copy_(-(W @ centre))
        models[name] = model.to(device, dtype).eval()
    return models, X.to(device, dtype), y.to(device, dtype)


def places(rng, models, X):
    """Return points all over the samples' range, and the logits of each model there."""
    low, high = X.min(dim=0).values.cpu(), X.max(dim=0).values.cpu()
    points = (low + (high - low) * torch.rand(80, 2, generator=rng, dtype=X.dtype)).to(X.device)
    with torch.no_grad():
        logits = {name: model(points).flatten().cpu().double() for name, model in models.items()}
    return points.cpu().double(), logits


def drawn(fig, points):
    """Return of every panel the title, the limits, the samples with their looks, and each field's values at the points."""
    if not isinstance(fig, Figure):
        return {"type": type(fig).__name__, "axes": []}
    axes = []
    for ax in fig.axes:
        if ax.get_label() == "<colorbar>" or not ax.has_data():
            continue
        marks = [mark for artist in (*ax.collections, *ax.lines) for mark in looks(artist)]
        drawings = (*ax.collections, *ax.images)
        (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
        corners = np.array(
            [[left + u * (right - left), bottom + v * (top - bottom)] for u in (0.02, 0.98) for v in (0.02, 0.98)]
        )
        axes.append(
            {
                "title": ax.get_title() + ax.get_title(loc="left") + ax.get_title(loc="right"),
                "limits": [*sorted(map(float, ax.get_xlim())), *sorted(map(float, ax.get_ylim()))],
                "places": torch.tensor([place for place, _ in marks], dtype=torch.float64).reshape(-1, 2),
                "looks": [look for _, look in marks],
                "fields near the corners": fields_of(drawings, corners),
                "fields": fields_of(drawings, points.numpy()),
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


def fields_of(drawings, points):
    """Return what each drawing that is a field says at the points."""
    found = [field(artist, points) for artist in drawings]
    return [torch.from_numpy(values) for values in found if len(values)]


def field(artist, points):
    """Return the lowest and the highest value that a field may have at each of the points, `(m, 2)`; nothing if it is none."""
    found = np.full((len(points), 2), np.nan)
    if isinstance(artist, ContourSet):
        if not artist.filled:
            return np.zeros((0, 2))
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
        if len(values) != len(centres):
            return np.zeros((0, 2))
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
    return np.zeros((0, 2))


def facts(lesson, rng, device, n=14, count=2, dtype=torch.float32):
    models, X, y = problem(rng, device, n, count, dtype)
    points, logits = places(rng, models, X)
    fig = lesson.plot_boundaries(models, X, y)
    return {
        **drawn(fig, points),
        "names": list(models),
        "X": X.cpu().double(),
        "y": y.cpu().flatten(),
        "logits": logits,
    }


@pytest.mark.exercise("plot_boundaries")
@pytest.mark.weight(2)
@pytest.mark.check("each_panel_asks_its_own_model")
@pytest.mark.parametrize(("count", "dtype"), [(2, torch.float32), (3, torch.float64)])
def test_each_panel_asks_its_own_model(lesson, device, rng, count, dtype):
    """There is a panel for each model, in their order, with the field of that model's logits, probabilities or classes."""
    return facts(lesson, rng, device, count=count, dtype=dtype)


@pytest.mark.exercise("plot_boundaries")
@pytest.mark.weight(2)
@pytest.mark.check("titles_name_the_models")
@pytest.mark.parametrize("count", [1, 3])
def test_titles_name_the_models(lesson, device, rng, count):
    """Each panel's title holds its model's name; a single model has a panel, too."""
    return facts(lesson, rng, device, count=count)


@pytest.mark.exercise("plot_boundaries")
@pytest.mark.weight(4)
@pytest.mark.check("limits_are_shared")
def test_limits_are_shared(lesson, device, rng):
    """All panels have the same limits, every point lies inside, and the field fills the panel."""
    return facts(lesson, rng, device, 20)


@pytest.mark.exercise("plot_boundaries")
@pytest.mark.weight(2)
@pytest.mark.check("every_sample_is_in_every_panel")
@pytest.mark.parametrize("n", [9, 40])
def test_every_sample_is_in_every_panel(lesson, device, rng, n):
    """Every row of X is a point of every panel, and the two classes differ in colour or in marker."""
    return facts(lesson, rng, device, n)


@pytest.mark.exercise("plot_boundaries")
@pytest.mark.weight(2)
@pytest.mark.check("new_figure_and_nothing_else")
@pytest.mark.parametrize("training", [True, False])
def test_a_new_figure_is_returned_and_nothing_else_changes(lesson, device, rng, training):
    """Every call returns a new Figure; `plt.show()` is not called; arguments and modes are kept, and eval mode is used."""
    models, X, y = problem(rng, device, 10)
    points, _ = places(rng, models, X)
    asked = []
    for model in models.values():
        model.train(training)
        model[1].register_forward_pre_hook(lambda part, _: asked.append(part.training))
    call = lambda: probes.unchanged(lambda: lesson.plot_boundaries(models, X, y), X=X, y=y)  # noqa: E731
    (fig, kept), shown = probes.shows(call)
    (again, _), shown_again = probes.shows(call)
    modes = [part.training for model in models.values() for part in model.modules()]
    one_figure = probes.same_object(fig, again)
    found = {
        "first": drawn(fig, points),
        "second": drawn(again, points),
        "one figure for both": one_figure,
        "times shown": shown + shown_again,
        **kept,
        "training modes afterwards": modes,
        "training modes when asked": asked,
        "X": X.cpu().double(),
    }
    plt.close("all")
    return found
