"""The checks of lesson 1.4: a distribution, and figures as data. Each returns None, or the sentence for the student.

The sentences hold no numbers, so that the same mistake always reads the same. Points and outlines of figures come as
tensors or arrays; the grid and the path are taken from the reference's run, never from the student's.
"""

import re

import torch

from autograder.grading.equality import close, same

CLOSE = 1e-3  # of an axis's range: two places this near to each other are the same place
SLACK = 5  # a version without loops may take an operation more or less for another shape; a loop takes many


def line_with_gaussian_noise(student, reference):
    """The residuals y - 2x - 1 of 4,000 samples look like independent Gaussian draws of standard deviation 0.5."""
    if not _is_pair(student["data"]):
        return "Two tensors were wanted, x and y."
    x, y = student["data"]
    if x.dtype != torch.float32 or y.dtype != torch.float32:
        return "Both x and y should be float32."
    if x.shape != reference["data"][0].shape or y.shape != reference["data"][1].shape:
        return "Both x and y should have the shape (n_samples,)."
    x, y = x.double(), y.double()
    if not bool(torch.isfinite(x).all() and torch.isfinite(y).all()):
        return "Some of the numbers are not finite."
    residual = y - 2 * x - 1
    deviation = float(residual.std())
    if deviation < 0.05:
        return "y lies on the line 2x + 1 without any noise to speak of, or with the same noise for every sample."
    centred = (residual - residual.mean()) / residual.std()
    if abs(float((centred * (x - x.mean()) / x.std()).mean())) > 0.1:
        return "What is left of y after taking away 2x + 1 should not depend on x: look at the slope of the line."
    if abs(float((centred[1:] * centred[:-1]).mean())) > 0.1:
        return "The noise of one sample should say nothing about the noise of the next."
    kurtosis = float((centred**4).mean())
    if kurtosis < 2.5:
        return "The noise has too few large values for Gaussian noise: it looks uniform."
    if kurtosis > 3.6 or abs(float((centred**3).mean())) > 0.3:
        return "The noise does not have the bell shape of Gaussian noise."
    if abs(float(residual.mean())) > 0.05:
        return "The noise should be around zero: on average y should lie on the line 2x + 1."
    if deviation > 0.535:
        return "The noise is too large: its standard deviation should be 0.5."
    if deviation < 0.465:
        return "The noise is too small: its standard deviation should be 0.5."
    return None


def generator_decides(student, reference):
    """The same seed gives the same noise, another seed or a second call another one, and the global generator stays."""
    runs = [name for name in reference if name != "the global generator"]
    noise = {}
    for name in runs:
        if not _is_pair(student[name]) or student[name][1].shape != reference[name][1].shape:
            return "Two tensors were wanted, x and y, both of the shape (n_samples,)."
        noise[name] = student[name][1]
    if not same(noise["first"], noise["the same seed again"]):
        return "With the same seed the data should be the same again: draw from `generator` alone."
    if same(noise["first"], noise["another seed"]):
        return "Another seed should give other data: draw from `generator`, and do not seed it."
    if same(noise["first"], noise["second"]):
        return "A second call with the same generator should draw new noise: do not seed it."
    if not same(student["the global generator"], reference["the global generator"]):
        return "The global generator was used or seeded: draw from `generator` alone."
    return None


def _is_pair(found):
    return isinstance(found, tuple | list) and len(found) == 2 and all(isinstance(part, torch.Tensor) for part in found)


def no_loops(student, reference):
    """Something of the grids is right; the operations grow neither with the grid nor with the samples; no value was read out."""
    grids, wanted = student["grids"], reference["grids"]
    if not isinstance(grids, tuple | list) or not any(
        isinstance(one, torch.Tensor) and any(close(turned, other) for turned in (one, one.T) for other in wanted)
        for one in grids
    ):
        return "None of the grids W, B and L is right here, so there is nothing to count."
    counts = student["operations"]
    if max(counts.values()) <= counts["small"] + SLACK and not student["values read by"]:
        return None
    return "The work grows with the grid or with the samples, or values are read out of tensors: look for a loop."


def list_of_tuples_of_floats(student, reference):
    """The path is a list of `steps + 1` tuples of floats, and one of its points or more is where it should be."""
    path = student["path"]
    if not isinstance(path, list):
        return "The path should be a list."
    if len(path) != len(reference["path"]):
        return "The path should have steps + 1 points, the start included."
    if not all(isinstance(point, tuple) and len(point) == 2 for point in path):
        return "Each point of the path should be a tuple of two numbers, (w, b)."
    if not all(type(number) is float for point in path for number in point):
        return "The numbers of the path should be Python floats, as `item()` gives them."
    return (
        None
        if _on_the_path(path, reference["path"])
        else "No point of the path is where gradient descent goes through."
    )


def pytorch_differentiates(student, reference):
    """PyTorch was seen differentiating, in a walk that has a point or more where it should be."""
    if student["PyTorch differentiated"] is not True:
        return "PyTorch did not compute the gradients: use `backward` or another of its automatic ways, and no formula."
    path = student["path"]
    if isinstance(path, list | tuple) and _on_the_path(path, reference["path"]):
        return None
    return "No point of the path is where gradient descent goes through."


def _on_the_path(path, wanted):
    """Return whether some point is one of the wanted, be the two numbers swapped or tensors."""
    wanted = torch.tensor(wanted, dtype=torch.float64)
    numbers = [[float(number) for number in point] for point in path if len(point) == 2]
    found = torch.tensor(numbers, dtype=torch.float64).reshape(-1, 2)
    gaps = [(places.unsqueeze(1) - wanted).abs().amax(dim=2) for places in (found, found.flip(1))]
    return bool((torch.cat(gaps) < CLOSE).any())


def new_figure_is_not_shown(student, reference):
    """Two calls gave two figures of what is to be drawn, and nothing was shown or changed."""
    figures = student["figures"]
    if [figure.get("type") for figure in figures] != ["Figure", "Figure"]:
        return "A matplotlib Figure should come back."
    if student["times shown"] != 0:
        return "The figure is shown inside the function: return it, and leave `plt.show()` to whoever called."
    if student["one figure for both"] is not False:
        return "Every call should make a figure of its own."
    problem = next((problem for figure in figures if (problem := _nothing_drawn(figure, reference))), None)
    if problem:
        return problem
    afterwards = [name for name in reference if name.endswith(" afterwards")]
    if not all(same(student[name], reference[name]) for name in afterwards):
        return "The arguments should stay as they were."
    return None


def separate_figures(student, reference):
    """For both paths there is a list of as many different figures as points, drawn, and nothing was shown."""
    for name, wanted in reference.items():
        found = student[name]
        if list(found["kind"]) != ["list"]:
            return "The frames should come in a list."
        if len(found["frames"]) != len(wanted["frames"]):
            return "There should be as many frames as the path has points."
        if not all(frame.get("type") == "Figure" for frame in found["frames"]):
            return "Every frame should be a matplotlib Figure."
        if any(found["pairs that are one figure"]):
            return "Some frames are one and the same figure: make a new one for each."
        if found["times shown"] != 0:
            return "The figures are shown inside the function: return them, and leave `plt.show()` to whoever called."
        problem = _nothing_drawn(found["frames"][-1], wanted)
        if problem:
            return problem
    return None


def _nothing_drawn(figure, reference):
    """Return the sentence for a figure in which nothing of this path and this landscape is drawn, not even half.

    Whether w and b are swapped, and by what the points are drawn, is all the same here: other scenarios ask that.
    """
    axes, problem = _axes(figure)
    if problem:
        return problem
    W, B, L = (reference[name].double() for name in ("W", "B", "L"))
    if "path" in reference:
        path, scale = _path(reference), _scale(reference)
        ways = ((path, scale), (path.flip(1), scale.flip(0)))
        if any(float(_seen(ax, *way).double().mean()) >= 0.5 for ax in axes for way in ways):
            return None
        grids = ((W[:, 0], B[0], L), (B[0], W[:, 0], L.T))
        if any(_follows_levels(contour, *grid) for ax in axes for contour in _filled(ax) for grid in grids):
            return None
        return "Neither the path nor the landscape of the loss is in the picture."
    places = torch.stack([W, B, L], dim=-1).reshape(-1, 3)
    scale = places.amax(dim=0) - places.amin(dim=0)
    for ax in axes:
        parts = [line["xy"] for line in ax["lines"]]
        parts += [part[kind] for part in ax["collections"] for kind in ("vertices", "offsets")]
        drawn = [_points(part, 3) for part in parts if part.ndim == 2 and part.shape[1] == 3]
        drawn = torch.cat([torch.zeros(0, 3, dtype=torch.float64), *drawn])
        for order in ([0, 1, 2], [1, 0, 2]):
            if float(_near(places[:, order], drawn, scale[order]).double().mean()) >= 0.5:
                return None
    return "The loss over the grid is not in the picture: draw it as a surface in 3-D axes."


def surface_stands_on_the_grid(student, reference):
    """Some surface has a vertex on every corner of the grid, and no vertex off the grid's points."""
    axes, problem = _axes(student["figure"])
    if problem:
        return problem
    surfaces = [
        _points(collection["vertices"], 3)
        for ax in axes
        if ax["projection"] == "3d"
        for collection in ax["collections"]
        if collection["kind"] == "Poly3DCollection"
    ]
    surfaces = [surface for surface in surfaces if len(surface)]
    if not surfaces:
        return "No surface was found in 3-D axes: draw it with `plot_surface` (or `plot_trisurf`)."
    grid = torch.stack([reference[name].double() for name in ("W", "B", "L")], dim=-1)
    if any(_covers(surface, grid) for surface in surfaces):
        return None
    if any(_covers(surface, grid[..., [1, 0, 2]]) for surface in surfaces):
        return "The surface has b along the x axis and w along the y axis; it should be the other way round."
    return "The surface does not go through the points of the grid: w along x, b along y, the loss as the height."


def surface_is_labelled(student, reference):
    """The 3-D axes have a w in the x label, a b in the y label and something in the z label."""
    axes, problem = _axes(student["figure"])
    if problem:
        return problem
    solid = [ax for ax in axes if ax["projection"] == "3d"]
    if not solid:
        return "There are no 3-D axes in the figure."
    problem = _nothing_drawn(student["figure"], reference)
    if problem:
        return problem
    if any(_names_w_and_b(ax) and ax["zlabel"].strip() for ax in solid):
        return None
    if any(_names_w_and_b(ax) for ax in solid):
        return "The z axis has no label: say what the height is."
    return _label_sentence(solid)


def contour_is_the_landscape(student, reference):
    """Some filled contour has its boundaries where the grid's loss takes the values of its levels."""
    axes, problem = _axes(student["figure"])
    return problem or _contour_problem(axes, reference)


def contour_is_labelled(student, reference):
    """The axes with the filled contour have a w in the x label and a b in the y label."""
    axes, problem = _axes(student["figure"])
    if problem:
        return problem
    drawn = [ax for ax in axes if _filled(ax)]
    if not drawn:
        return "No filled contour was found: draw it with `contourf` (or `tricontourf`)."
    problem = _nothing_drawn(student["figure"], reference)
    if problem:
        return problem
    return None if any(_names_w_and_b(ax) for ax in drawn) else _label_sentence(drawn)


def path_is_drawn(student, reference):
    """Every point of the path is on a line or scattered; a line with just its points has them in order."""
    axes, problem = _axes(student["figure"])
    if problem:
        return problem
    path, scale = _path(reference), _scale(reference)
    drawn = [ax for ax in axes if _filled(ax)] or axes
    found = [bool(_seen(ax, path, scale).all()) for ax in drawn]
    if not any(found):
        if any(bool(_seen(ax, path.flip(1), scale.flip(0)).all()) for ax in drawn):
            return "The points of the path are drawn at (b, w): w belongs on the x axis and b on the y axis."
        return "Not every point of the path was found among the lines and the scattered points."
    for ax, complete in zip(drawn, found, strict=True):
        for line in ax["lines"]:
            xy = _points(line["xy"], 2)
            if not complete or len(xy) != len(path) or not bool(_near(path, xy, scale).all()):
                continue
            if not (_same_points(xy, path, scale) or _same_points(xy.flip(0), path, scale)):
                return "The line goes through the points of the path in another order than the path does."
    return None


def start_and_end_are_marked(student, reference):
    """The first and the last point have an artist of their own: one point, or these two, with a marker."""
    axes, problem = _axes(student["figure"])
    if problem:
        return problem
    path, scale = _path(reference), _scale(reference)
    ends = path[[0, -1]]
    marks = [torch.zeros(0, 2, dtype=torch.float64)]
    for ax in [ax for ax in axes if _filled(ax)] or axes:
        for line in ax["lines"]:
            visible = line["marker"].strip().lower() not in ("", "none")
            marks.append(_points(line["xy"], 2) if visible else marks[0])
        marks.extend(_points(collection["offsets"], 2) for collection in _scattered(ax))
    own = [mark for mark in marks if 1 <= len(mark) <= 2 and bool(_near(mark, ends, scale).all())]
    marked = _near(ends, torch.cat([marks[0], *own]), scale)
    if bool(marked.all()):
        return None
    if not bool(marked.any()):
        return "Neither the start nor the end of the path has a marker of its own."
    return f"The {'end' if bool(marked[0]) else 'start'} of the path has no marker of its own."


def frames_follow_the_path(student, reference):
    """Frame i has the points up to i and none of the later ones."""
    path, scale = _path(reference), _scale(reference)
    frames = student["frames"]
    if not isinstance(frames, list) or len(frames) != len(path):
        return "There should be as many frames as the path has points."
    problems = []
    for i, frame in enumerate(frames):
        axes, problem = _axes(frame)
        if problem:
            return problem
        seen = (
            torch.stack([_seen(ax, path, scale) for ax in axes]).any(dim=0) if axes else torch.zeros(len(path)).bool()
        )
        if not bool(seen[: i + 1].all()):
            problems.append("missing")
        if bool(seen[i + 1 :].any()):
            problems.append("later")
    if "missing" in problems and "later" in problems:
        return "The frames do not follow the path: some lack points they should have, some show points that come later."
    if "missing" in problems:
        return "Some frames lack points that the path already went through: frame i draws all of path[: i + 1]."
    if "later" in problems:
        return "Some frames already show points that come later: frame i draws path[: i + 1] and no more."
    return None


def frames_show_the_landscape(student, reference):
    """Every frame has the filled contour."""
    if not isinstance(student["frames"], list) or len(student["frames"]) != len(reference["frames"]):
        return "There should be as many frames as the path has points."
    for frame in student["frames"]:
        axes, problem = _axes(frame)
        problem = problem or _contour_problem(axes, reference)
        if problem:
            return problem
    return None


# --- reading figures


def _axes(figure):
    """Return the axes of a figure that are no colorbar, and a sentence if it is no figure."""
    if not isinstance(figure, dict) or figure.get("type") != "Figure":
        return [], "A matplotlib Figure should come back."
    return [ax for ax in figure["axes"] if ax["visible"] and not ax["colorbar"]], None


def _points(values, dimensions):
    points = torch.as_tensor(values).double().reshape(-1, dimensions)
    return points[torch.isfinite(points).all(dim=1)]


def _filled(ax):
    contours = [collection for collection in ax["collections"] if collection["filled"] and collection["levels"]]
    return contours if ax["projection"] == "rectilinear" else []


def _scattered(ax):
    return [collection for collection in ax["collections"] if collection["kind"] == "PathCollection"]


def _path(reference):
    return torch.tensor([[float(w), float(b)] for w, b in reference["path"]], dtype=torch.float64)


def _scale(reference):
    """How far w and b range: the measure of what is near."""
    return torch.stack([reference[name].double().max() - reference[name].double().min() for name in ("W", "B")])


def _near(points, others, scale):
    """Return for each of the points whether one of the others lies there."""
    if not len(others):
        return torch.zeros(len(points), dtype=torch.bool)
    gaps = ((points.unsqueeze(1) - others.unsqueeze(0)) / scale).abs().amax(dim=-1)
    return (gaps < CLOSE).any(dim=1)


def _same_points(points, others, scale):
    return bool((((points - others) / scale).abs() < CLOSE).all())


def _seen(ax, points, scale):
    """Return for each of the points whether it is on a line or scattered in these axes."""
    drawn = [_points(line["xy"], 2) for line in ax["lines"] if len(line["xy"])] if ax["projection"] != "3d" else []
    if ax["projection"] != "3d":
        drawn += [_points(collection["offsets"], 2) for collection in _scattered(ax)]
        drawn += [_points(c["vertices"], 2) for c in ax["collections"] if c["kind"] == "LineCollection"]
    return _near(points, torch.cat(drawn) if drawn else torch.zeros(0, 2, dtype=torch.float64), scale)


def _covers(surface, grid):
    """Return whether all vertices are points of the grid, and all corners of the grid are vertices."""
    places = grid.reshape(-1, 3)
    scale = places.amax(dim=0) - places.amin(dim=0)
    corners = grid[[0, 0, -1, -1], [0, -1, 0, -1]]
    return bool(_near(surface, places, scale).all() and _near(corners, surface, scale).all())


def _contour_problem(axes, reference):
    contours = [contour for ax in axes for contour in _filled(ax)]
    if not contours:
        return "No filled contour was found: draw it with `contourf` (or `tricontourf`)."
    W, B, L = (reference[name].double() for name in ("W", "B", "L"))
    if any(_follows_levels(contour, W[:, 0], B[0], L) for contour in contours):
        return None
    if any(_follows_levels(contour, B[0], W[:, 0], L.T) for contour in contours):
        return "The contour has b along the x axis and w along the y axis; it should be the other way round."
    return "The contour is not that of the loss with w along x and b along y."


def _follows_levels(contour, x_range, y_range, heights):
    """Return whether, inside the grid, the contour's outlines run where the height is one of its levels.

    The heights between the grid's points come from bilinear interpolation, and the distance to the next level is
    measured by the gap between the two levels around it: 0 on a level, a quarter on average for an unrelated contour.
    """
    levels = torch.tensor(sorted(set(contour["levels"])), dtype=torch.float64)
    points = _points(contour["vertices"], 2)
    low, high = torch.stack([x_range[0], y_range[0]]), torch.stack([x_range[-1], y_range[-1]])
    places = (points - low) / (high - low)
    if len(levels) < 2 or len(points) < 8 or not bool(((places > -CLOSE) & (places < 1 + CLOSE)).all()):
        return False
    inside = ((places > CLOSE) & (places < 1 - CLOSE)).all(dim=1)
    if int(inside.sum()) < 8:
        return False
    height = _bilinear(points[inside], x_range, y_range, heights)
    above = torch.searchsorted(levels, height).clamp(1, len(levels) - 1)
    below_level, above_level = levels[above - 1], levels[above]
    distance = torch.minimum((height - below_level).abs(), (height - above_level).abs()) / (above_level - below_level)
    return float(distance.median()) < 0.08


def _bilinear(points, x_range, y_range, heights):
    x, y = points[:, 0].contiguous(), points[:, 1].contiguous()
    i = torch.searchsorted(x_range.contiguous(), x).clamp(1, len(x_range) - 1)
    j = torch.searchsorted(y_range.contiguous(), y).clamp(1, len(y_range) - 1)
    s = (x - x_range[i - 1]) / (x_range[i] - x_range[i - 1])
    t = (y - y_range[j - 1]) / (y_range[j] - y_range[j - 1])
    near_edge = heights[i - 1, j - 1] * (1 - t) + heights[i - 1, j] * t
    far_edge = heights[i, j - 1] * (1 - t) + heights[i, j] * t
    return near_edge * (1 - s) + far_edge * s


# --- reading labels


def _names_w_and_b(ax):
    return bool(re.search("w", ax["xlabel"], re.IGNORECASE) and re.search("b", ax["ylabel"], re.IGNORECASE))


def _label_sentence(axes):
    if all(not ax["xlabel"].strip() or not ax["ylabel"].strip() for ax in axes):
        return "The x axis or the y axis has no label: name what lies along it."
    return "The x label should hold a letter w and the y label a letter b, for the weight and the bias."
