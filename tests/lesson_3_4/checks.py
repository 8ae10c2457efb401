"""The checks of lesson 3.4: averages of ratios, and figures as data. Each returns None, or a sentence for the student."""

import math

import torch

from autograder.grading.equality import close, difference, same

# --- gradient_norms and clip_by_global_norm_


def none_is_no_obstacle(student, reference):
    """What came back and the gradients afterwards are right, and no `.grad` of None stopped the function."""
    if any(isinstance(part, str) for part in student.values()):
        return "It stops at a parameter without a gradient: its `.grad` is None."
    return next((told for name in reference if (told := difference(student[name], reference[name], name))), None)


def short_gradients_stay(student, reference):
    """The norm is right, and the gradients are what they were, to the last bit."""
    problem = difference(student["norm"], reference["norm"], "norm")
    if problem:
        return problem
    if same(student["gradients afterwards"], reference["gradients before"]):
        return None
    return "Where the norm is at most max_norm the gradients should stay exactly as they are."


def nothing_to_clip(student, reference):
    """The norm of no gradients is 0, 0-D, of any floating dtype; gradients of zeros stay zeros, and short ones stay."""
    for case, wanted in reference.items():
        norm = student[case]["norm"]
        if case in ("no gradients", "no parameters"):
            if (
                not isinstance(norm, torch.Tensor)
                or norm.dim() != 0
                or not norm.is_floating_point()
                or float(norm) != 0
            ):
                return f"`{case}`: the norm should be a 0-D tensor that holds 0."
        else:
            problem = difference(norm, wanted["norm"], f"{case}, norm")
            if problem:
                return problem
        name = "gradients afterwards"
        problem = difference(student[case][name], wanted[name], f"{case}, {name}")
        if problem:
            return problem
    return None


# --- depth_experiment

# How far apart two averages of ten logarithms (base 10) may lie, by the network and its depth: about six standard
# errors of their difference, measured over 400 seeds.
NEAR = {
    (False, None): {2: 0.28, 3: 0.4, 5: 0.48, 9: 0.76, 16: 0.96},
    (False, "batch"): {2: 0.15, 5: 0.25, 9: 0.3},
    (False, "layer"): {2: 0.35, 5: 0.6, 9: 0.95},
    (True, None): {2: 0.12, 5: 0.17, 9: 0.24},
    (True, "batch"): {2: 0.15, 5: 0.15, 9: 0.18},
    (True, "layer"): {2: 0.15, 5: 0.25, 9: 0.3},
}


def ratios_are_the_lessons(student, reference):
    """The averages of the logarithms of the ratios lie near the reference's, depth by depth."""
    depths = reference["depths"]
    found, wanted = _averages(student["ratios"], depths), _averages(reference["ratios"], depths)
    if found is None:
        return NOT_RATIOS
    if _one_draw(student["ratios"], depths):
        return ONE_DRAW
    near = [_near(reference["residual"], reference["norm"], depth) for depth in depths]
    if all(abs(one - other) < bound for bound, one, other in zip(near, found, wanted, strict=True)):
        return None
    far_from_1 = any(abs(other) > 2 * bound for bound, other in zip(near, wanted, strict=True))
    if far_from_1 and all(abs(one + other) < bound for bound, one, other in zip(near, found, wanted, strict=True)):
        return "The ratios are upside down: divide the first layer's norm by the last layer's."
    if len(found) > 1 and max(abs(one) for one in found) < 1e-6:
        return "The ratio is 1 for all depths, as if first and last were the same: each layer has weights of its own."
    if len(found) > 1 and max(found) - min(found) < 1e-6:
        return "The ratio is the same for all depths: each depth has a network of its own."
    settings = f"residual={reference['residual']} and norm={reference['norm']!r}"
    return f"With {settings} the ratios are not those of the lesson's network: look at batch, weights, layers and loss."


def fine_average_is_the_lessons(student, reference):
    """Averages of 48 logarithms with a spread of 0.041 lie near the reference's: six standard errors of the difference.

    With three layers sums of absolute values, in the norms or in the loss, are 0.12 away, and the more layers, the less.
    """
    depths = reference["depths"]
    found, wanted = _averages(student["ratios"], depths), _averages(reference["ratios"], depths)
    if found is None:
        return NOT_RATIOS
    if _one_draw(student["ratios"], depths):
        return ONE_DRAW
    if abs(found[0] - wanted[0]) < 0.05:
        return None
    return (
        "With residual=True and norm=None the ratios are off: look at the loss, the norms, the batch and the weights."
    )


def a_dict_of_floats(student, reference):
    """A dict from the depths to Python floats, 1 for one layer; an empty one for no depths; the list stayed."""
    found = student["ratios"]
    if _logarithms(found, reference["depths"]) is None:
        return NOT_RATIOS
    if not all(isinstance(ratio, float) for ratio in found.values()):
        return "Each ratio should be a Python float."
    if not close(found[1], 1.0):
        return "With one layer the ratio should be 1."
    if not same(student["no depths"], {}):
        return "No depths should give an empty dict."
    return (
        None
        if same(student["depths afterwards"], reference["depths afterwards"])
        else "It changed its argument `depths`."
    )


def the_seed_alone_decides(student, reference):
    """Equal seeds give equal ratios, another seed others, and the global states stay as they were."""
    depths = reference["depths"]
    calls = {name: _logarithms(student[name], depths) for name in ("first", "the same seed again", "another seed")}
    if any(call is None for call in calls.values()):
        return NOT_RATIOS

    def equal(one, other):
        return all(abs(a - b) < 5e-5 for a, b in zip(calls[one], calls[other], strict=True))

    if not equal("first", "the same seed again"):
        return (
            "With the same seed the ratios should be the same: draw from a generator of your own, seeded with `seed`."
        )
    if equal("first", "another seed"):
        return "With another seed the ratios should be others: draw from a generator that is seeded with `seed`."
    if not same(student["the global generator"], reference["the global generator"]):
        return "The global random state moved: draw from a `torch.Generator` of your own."
    return None


def unknown_norms_are_refused(student, reference):
    """Each unknown norm raised a ValueError, and None did not."""
    if _logarithms(student["norm None"], reference["depths"]) is None:
        return NOT_RATIOS
    for call in reference["refused"]:
        if not student["refused"][call]["raised"]:
            return f"`{call}`: It should raise a ValueError."
    return None


ONE_DRAW = "Several seeds give the same ratios: draw batch and weights from a generator that is seeded with `seed`."
NOT_RATIOS = "A dict should come back that leads from each depth to its ratio, a finite number above 0."


def _logarithms(ratios, depths):
    """Return the logarithms (base 10) of the ratios in the order of the depths; None for what is no such dict."""
    if not isinstance(ratios, dict) or len(ratios) != len(depths):
        return None
    found = [_number(ratios.get(depth)) for depth in depths]
    return [math.log10(ratio) for ratio in found] if all(0 < ratio < math.inf for ratio in found) else None


def _number(value):
    """Return a number of any kind as a float, NaN for what is none."""
    if isinstance(value, torch.Tensor):
        return float(value) if value.numel() == 1 else math.nan
    return float(value) if isinstance(value, (int, float)) else math.nan


def _averages(runs, depths):
    """Return for each depth the average of the logarithms of several runs; None where one of them has no such ratios."""
    logarithms = [_logarithms(run, depths) for run in runs]
    if any(run is None for run in logarithms):
        return None
    return [sum(run[place] for run in logarithms) / len(logarithms) for place in range(len(depths))]


def _one_draw(runs, depths):
    """Return whether runs with several seeds gave the same ratios, and not those of one layer, which are always 1."""
    logarithms = [_logarithms(run, depths) for run in runs]
    spread = max(max(column) - min(column) for column in zip(*logarithms, strict=True))
    return spread < 1e-6 and any(abs(one) > 1e-6 for one in logarithms[0])


def _near(residual, norm, depth):
    """Return how far apart two averages may lie, between the depths that were measured on a straight line."""
    known = sorted(NEAR[residual, norm].items())
    below, near = max(pair for pair in known if pair[0] <= depth)
    above, far = min(pair for pair in known if pair[0] >= depth)
    return near if above == below else near + (far - near) * (depth - below) / (above - below)


# --- plot_depth


def lines_are_drawn(student, reference):
    """For each name there is a line through its points, from left to right, all in one axes."""
    axes, problem = _axes(student, reference["given"])
    if problem:
        return problem
    for ax in axes:
        if all(any(_is(line, points) for line in ax["lines"]) for points in reference["given"]):
            return None
    if any(any(_holds(line, points) for line in ax["lines"]) for ax in axes for points in reference["given"]):
        return "Not every name has a line of its own through its ratios, from the shallowest network to the deepest."
    return "No line goes through the ratios: depths along x, the ratios themselves along y."


def axis_is_logarithmic(student, reference):
    """The axes with the lines have a logarithmic y axis and labels."""
    axes, problem = _axes(student, reference["given"])
    if problem:
        return problem
    busy = [ax for ax in axes if ax["lines"]]
    if not busy:
        return "No line was found: draw one for each name."
    for ax in busy:
        if ax["yscale"] != "log":
            return "The y axis is not logarithmic."
        if not ax["xlabel"].strip() or not ax["ylabel"].strip():
            return "The x axis or the y axis has no label: say what lies along it."
    return None


def legend_has_the_names(student, reference):
    """The legend has every name, and a line that has a name is that of its ratios."""
    axes, problem = _axes(student, reference["given"])
    if problem:
        return problem
    entries = [entry for ax in axes for entry in ax["legend"]]
    missing = [name for name in reference["names"] if name not in entries]
    if missing:
        return f"The legend has no entry {missing[0]!r}: give each line its name as label and call `legend()`."
    for ax in axes:
        for name, line in _named(ax):
            own = reference["given"][reference["names"].index(name)] if name in reference["names"] else None
            if own and not _is(line, own) and any(_is(line, points) for points in reference["given"]):
                return "A line has the name of another one in the legend: give each line its own name as label."
    return None


def _named(ax):
    """Return pairs of name and line; lines without a label of their own have those of the legend, in their order."""
    lines = ax["lines"]
    if any(not line["label"].startswith("_") for line in lines) or len(lines) != len(ax["legend"]):
        return [(line["label"], line) for line in lines]
    return list(zip(ax["legend"], lines, strict=True))


def new_figure_is_not_shown(student, reference):
    """Two calls gave two figures, each with its own ratios; nothing was shown, and the arguments stayed."""
    figures, given = student["figures"], reference["given"]
    for figure, ratios in zip(figures, given, strict=True):
        _, problem = _axes({"figure": figure}, ratios)
        if problem:
            return problem
    if student["calls of plt.show"] != 0:
        return "The figure is shown inside the function: return it, and leave `plt.show()` to whoever called."
    if any(_has_ratios(figures[n], given[1 - n]) for n in range(2)):
        return "Every call should make a figure of its own."
    if not same(student["results afterwards"], reference["results afterwards"]):
        return "The results that were given are changed; they should stay as they were."
    return None


def _axes(student, given):
    """Return the axes that can be seen, and the sentence for what is no figure of these ratios at all."""
    figure = student["figure"]
    if figure.get("type") != "Figure":
        return [], "A matplotlib Figure should come back."
    if not _has_ratios(figure, given):
        return [], "The ratios that were given are not drawn."
    return [ax for ax in figure["axes"] if ax["visible"] and not ax["colorbar"]], None


def _has_ratios(figure, given):
    """Return whether at least half of the ratios, or of their logarithms, are among the heights that are drawn."""
    parts = [line["xy"] for ax in figure["axes"] for line in ax["lines"]]
    parts += [part["offsets"] for ax in figure["axes"] for part in ax["collections"]]
    heights = torch.cat([torch.zeros(0, dtype=torch.float64), *(torch.as_tensor(xy).double()[:, 1] for xy in parts)])
    ratios = torch.tensor([ratio for points in given for _, ratio in points], dtype=torch.float64)
    for wanted in (ratios, ratios.log10(), ratios.log()):
        found = (heights[:, None] - wanted).abs() <= 1e-4 * wanted.abs()
        if 2 * int(found.any(dim=0).sum()) >= len(ratios):
            return True
    return False


def _points(line):
    return torch.as_tensor(line["xy"]).double().reshape(-1, 2)


def _is(line, points):
    """Return whether a line has exactly these points, in this order."""
    found, wanted = _points(line), torch.tensor(points, dtype=torch.float64)
    return found.shape == wanted.shape and bool(torch.allclose(found, wanted, rtol=1e-4, atol=0))


def _holds(line, points):
    """Return whether a line has these points in any order."""
    found = _points(line)
    return len(found) == len(points) and _is({"xy": found[found[:, 0].argsort()]}, points)
