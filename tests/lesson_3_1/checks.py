"""The checks of lesson 3.1: a plot as data. Each returns None, or the student's sentence."""

import re

import torch

from autograder.grading.equality import same

NO_FIGURE = "A matplotlib Figure should come back, with axes in it."
# The levels at which the outlines are looked at: where the function is steep a coarse grid is exact enough.
STEEP = (10.0, 2000.0)
# On the flat floor outlines tell less, and are looked at where no level is higher.
FLAT = (0.3, 10.0)


def contours_are_logarithmic(student, reference):
    """Some axes have contours of the function whose levels are evenly spaced in their logarithm."""
    problem = _nothing_of_the_paths(student, reference)
    if problem:
        return problem
    sets = [part for ax in student["axes"] for part in ax["contours"]]
    if not sets:
        return "There are no contours: draw them by `contour` or `contourf`."
    sentences = [_wrong_with_contours(part) for part in sets]
    return None if None in sentences else sentences[0]


def _wrong_with_contours(part):
    levels = torch.tensor(part["levels"], dtype=torch.float64)
    ways = (levels, levels.exp(), 10**levels, 2**levels)
    for heights in ways:
        low = bool((heights < STEEP[0]).all())
        if _fit(heights, part, STEEP, 0.1) or (low and _fit(heights, part, FLAT, 0.3)):
            return _wrong_with_levels(heights[heights > 0]) or _wrong_with_extent(part)
    return "The contours are not those of the function: at (x, y) it is (1 - x)² + 100 * (y - x²)², x to the right."


def _fit(heights, part, bounds, most):
    """Return whether the outlines lie where the function has these heights, within so many powers of ten."""
    judged = good = 0
    points = torch.cat(part["outlines"]) if part["outlines"] else torch.zeros(0, 2)
    if not len(points):
        return False
    low, high = points.amin(dim=0), points.amax(dim=0)
    for outline, near in zip(part["outlines"], _heights_of_outlines(heights, part), strict=False):
        if not len(near) or bool(((near < bounds[0]) | (near > bounds[1])).any()):
            continue
        inside = ((outline > low + 1e-6) & (outline < high - 1e-6)).all(dim=1)
        x, y = outline[inside].unbind(dim=1)
        if len(x) < 4:
            continue
        value = (1 - x) ** 2 + 100 * (y - x**2) ** 2
        off = (value.clamp(min=1e-12).log10().unsqueeze(1) - near.log10()).abs().amin(dim=1)
        judged += 1
        good += float((off < most).double().mean()) > 0.7
    return good > 0.6 * judged


def _heights_of_outlines(heights, part):
    """Return for each outline at which heights it runs: a filled one between two levels, or beyond the last on a side."""
    if not part["filled"]:
        return list(heights.unsqueeze(1))
    beyond = {"min": (heights[:1], None), "max": (None, heights[-1:]), "both": (heights[:1], heights[-1:])}
    below, above = beyond.get(part["extend"], (None, None))
    between = list(torch.stack([heights[:-1], heights[1:]], dim=1))
    return [*([] if below is None else [below]), *between, *([] if above is None else [above])]


def _wrong_with_levels(heights):
    if len(heights) < 6:
        return "There should be 6 levels or more."
    steps = heights.log10().diff()
    if float(steps.max()) > 1.7 * float(steps.min()):
        return "The levels are not logarithmic: each should be the same multiple of the one before."
    if float(heights.min()) > 1 or float(heights.max()) < 500:
        return "The lowest level should be at most 1, and the highest at least 500."
    return None


def _wrong_with_extent(part):
    points = torch.cat(part["outlines"])
    low, high = points.amin(dim=0), points.amax(dim=0)
    if bool((low > torch.tensor([-1.5, -0.5])).any() or (high < torch.tensor([1.5, 2.5])).any()):
        return "The contours should cover the region from -2 to 2 along x, and from -1 to 3 along y."
    return None


def every_path_is_a_named_line(student, reference):
    """For each path the axes with the contours have a line, and the legend has its name beside that line's looks."""
    problem = _nothing_of_the_paths(student, reference)
    if problem:
        return problem
    axes = [ax for ax in student["axes"] if ax["contours"]] or student["axes"]
    sentences = [_wrong_with_lines(ax, reference["paths"]) for ax in axes]
    return None if None in sentences else sentences[0]


def _wrong_with_lines(ax, paths):
    looks = {}
    for name, path in paths.items():
        own = [line["look"] for line in ax["lines"] if _same(line["xy"], path)]
        if not own:
            if any(_same(line["xy"], path.flip(1)) for line in ax["lines"]):
                return "The paths are mirrored: column 0 of a path is x and goes to the right."
            return f"There is no line with the points of the path {name!r} beside the contours."
        looks[name] = own
    if not ax["legend"]:
        return "There is no legend: give each line a label, and call `legend()`."
    if len({own[0] for own in looks.values()}) < len(looks):
        return "Two lines look alike: give them different colours, styles or markers."
    for name, own in looks.items():
        told = [entry for text, entry in ax["legend"] if re.search(rf"\b{re.escape(name)}\b", text)]
        if not told:
            return f"The legend does not have the name {name!r}."
        if not set(told) & set(own):
            return f"The legend's entry {name!r} does not belong to the line of that path."
    return None


def _same(xy, path):
    return xy.shape == path.shape and bool(torch.allclose(xy.double(), path.double(), rtol=0, atol=1e-4))


def minimum_is_marked(student, reference):
    """One of the axes has a marker at (1, 1), and within its limits lie the minimum and all paths."""
    problem = _nothing_of_the_paths(student, reference)
    if problem:
        return problem
    axes = [ax for ax in student["axes"] if _marks_minimum(ax)]
    if not axes:
        return "There is no marker at the minimum, (1, 1): draw one with `plot` or `scatter`."
    points = torch.cat([*reference["paths"].values(), torch.ones(1, 2)])
    for ax in axes:
        left, right, bottom, top = ax["limits"]
        x, y = points.double().unbind(dim=1)
        if bool(((x >= left) & (x <= right) & (y >= bottom) & (y <= top)).all()):
            return None
    return "Something that is drawn lies outside of the axes' limits."


def _marks_minimum(ax):
    lines = [
        line["xy"][0].tolist()
        for line in ax["lines"]
        if len(line["xy"]) == 1 and line["marker"] not in ("None", "", " ")
    ]
    return any(abs(x - 1) < 1e-5 and abs(y - 1) < 1e-5 for x, y in [*lines, *ax["dots"]])


def both_axes_have_labels(student, reference):
    """The axes with the contours (or some, if there are none) have a label along x and one along y."""
    problem = _nothing_of_the_paths(student, reference)
    if problem:
        return problem
    axes = [ax for ax in student["axes"] if ax["contours"]] or student["axes"]
    if any(all(label.strip() for label in ax["labels"]) for ax in axes):
        return None
    return "The axes need labels, one along x and one along y."


def new_figure_is_not_shown(student, reference):
    """Two calls gave two figures; nothing was shown or changed."""
    if student["what came back"] != reference["what came back"]:
        return "A matplotlib Figure should come back."
    problem = _nothing_of_the_paths(student, reference)
    if problem:
        return problem
    if student["shown"] != 0:
        return "The figure is shown inside the function: return it, and leave `plt.show()` to whoever called."
    if student["the same figure twice"]:
        return "Every call should make a figure of its own."
    if not all(same(student[call], reference[call]) for call in ("after the first call", "after the second call")):
        return "It changed its argument `paths`."
    return None


def _nothing_of_the_paths(student, reference):
    """Return the sentence for what is no figure, or one with fewer than half of the paths' points, either way around."""
    if student["type"] != "Figure" or not student["axes"]:
        return NO_FIGURE
    wanted = torch.cat([path.double() for path in reference["paths"].values()])
    places = [line["xy"].double() for ax in student["axes"] for line in ax["lines"]]
    places += [torch.tensor(ax["dots"], dtype=torch.float64).reshape(-1, 2) for ax in student["axes"]]
    drawn = torch.cat([*places, *[place.flip(1) for place in places]])
    found = ((wanted.unsqueeze(1) - drawn.unsqueeze(0)).abs().amax(dim=2) < 1e-4).any(dim=1)
    return "Fewer than half of the points of the paths are drawn." if 2 * int(found.sum()) < len(wanted) else None
