"""The checks of lesson 3.3: moments of random numbers, and a plot as data. Each returns None, or the student's sentence.

What is wanted is always taken from the reference's run: which numbers are drawn is left open, so its deviations, shapes and
products stand for what any right solution has.
"""

import math
from itertools import pairwise

import torch

from autograder.grading.equality import same

# --- the initializers

# Two correct deviations of 28,000 numbers or more differ by 0.5 per cent at most (a standard error).
NEAR = 0.03
# The same numbers, multiplied by two gains, have deviations whose ratio does not depend on chance.
GAINS_NEAR = 0.003
NOT_ITSELF = "The very tensor that was given should be filled and returned, not a new one."


def moments_are_right(student, reference):
    """The tensor itself came back, filled with numbers of the right mean, deviation and distribution."""
    if student["it came back itself"] is not True:
        return NOT_ITSELF
    problem = _form_problem(student["w"], reference["w"]) or _not_finite(student["w"])
    if problem:
        return problem
    found, wanted = _rows(student["w"]), _rows(reference["w"])
    if _much_alike(found):
        return "Rows (or columns) are much alike: every number should have a draw of its own."
    if not _mean_is_near_0(found):
        return "The numbers should be 0 on average."
    if student["w"].dtype == torch.float64 and same(student["w"], student["w"].float().double()):
        return "The numbers of a float64 weight were rounded to float32: draw them in the weight's own dtype."
    ratio = _deviation(found) / _deviation(wanted)
    if not abs(ratio - 1) < NEAR:
        return f"The standard deviation of the numbers is too {'small' if ratio < 1 else 'large'}."
    if _spread(found) != _spread(wanted):
        kind = "spread evenly between two bounds" if _spread(wanted) == "even" else "normal, and not cut off"
        return f"The standard deviation is right, but the numbers have another distribution: they should be {kind}."
    return None


def gains_are_apart(student, reference):
    """From one seed, each activation's deviation is to that of "linear" as its gain is, closer than by chance."""
    for name, wanted in reference.items():
        problem = _form_problem(student[name], wanted) or _not_finite(student[name])
        if problem:
            return problem
    first, unit = _deviation(student["linear"]), _deviation(reference["linear"])
    for name, wanted in reference.items():
        if not math.isclose(_deviation(student[name]) * unit, _deviation(wanted) * first, rel_tol=GAINS_NEAR):
            return (
                f"The spread for {name!r} is not to that for 'linear' as their gains are, with the same seed in `gen`."
            )
    return None


def small_weights_are_filled(student, reference):
    """Each of several weights came back itself, with its shape and dtype, and none of its numbers is the old one."""
    problems = (_filling_problem(student[what], wanted) for what, wanted in reference.items())
    return next((problem for problem in problems if problem), None)


def parameter_is_filled(student, reference):
    """A parameter came back itself, filled with numbers of which not all are alike, and is a leaf with its `.grad`."""
    problem = _filling_problem(student, reference)
    if problem:
        return problem
    if len(student["w"].unique()) == 1:
        return "All the numbers are the same."
    if student["is a leaf"] is not True or student["requires gradients"] is not True:
        return "Afterwards the parameter should be a leaf that requires gradients, as before: fill it under `torch.no_grad()`."
    return None if same(student["w.grad"], reference["w.grad"]) else "The parameter's `.grad` should stay as it was."


def part_is_filled(student, reference):
    """A part of a larger tensor came back itself, filled where it lies; the rest of that tensor is as it was."""
    problem = _filling_problem(student, reference)
    if problem:
        return problem
    whole, wanted = student["the larger tensor"], reference["the larger tensor"]
    part = wanted < OLD
    if not bool((whole[part] < OLD).all()):
        return "The part of the larger tensor was not filled where it lies."
    return None if same(whole[~part], wanted[~part]) else "The rest of the larger tensor should stay as it was."


def generator_decides(student, reference):
    """Where the numbers come from: equal seeds give equal ones, all else gives others, and `gen` leaves global states alone."""
    for what in reference:
        if what != "the global generator":
            problem = _form_problem(student[what], reference[what]) or _not_finite(student[what])
            if problem:
                return problem

    if bool((student["first"] == 0).all()):
        return "The tensor that was given still has the numbers that were in it before."

    def equal(one, other):
        return bool(((student[one].double() - student[other].double()).abs() < 1e-5).all())

    if not equal("first", "same seed"):
        return "With the same seed in `gen` the numbers should be the same: draw from `gen` alone."
    if equal("first", "another seed"):
        return "With another seed in `gen` the numbers should be others."
    if equal("first", "second"):
        return "A second call with the same `gen` should go on with new numbers: do not seed it."
    if not same(student["the global generator"], reference["the global generator"]):
        return "The global generator was used or seeded, although `gen` was given: draw from `gen` alone."
    if not equal("no gen", "no gen, same global seed"):
        return "Without `gen`, `torch.manual_seed` should fix the numbers: draw from the global generator."
    if equal("no gen", "no gen, second"):
        return "Without `gen` a second call should go on with new numbers: do not seed the global generator."
    if "one of two layers" in reference and equal("one of two layers", "the other layer"):
        return "Two layers of the same shape should get different numbers."
    return None


# The numbers that a tensor has before it is filled are larger than this, and those of right fillings far smaller.
OLD = 60


def _form_problem(found, wanted):
    """Return the sentence for something that is no tensor, or has another shape or dtype than the one that was given."""
    if not isinstance(found, torch.Tensor):
        return "A tensor should come back."
    if found.shape != wanted.shape or found.dtype != wanted.dtype:
        return "Shape and dtype of the tensor should stay as they were."
    return None


def _not_finite(found):
    return None if bool(found.isfinite().all()) else "Some of the numbers are NaN or infinite."


def _filling_problem(student, reference):
    """Return the sentence for a tensor that did not come back itself, or still has numbers from before."""
    if student["it came back itself"] is not True:
        return NOT_ITSELF
    problem = _form_problem(student["w"], reference["w"]) or _not_finite(student["w"])
    if problem:
        return problem
    return (
        None
        if bool((student["w"].abs() < OLD).all())
        else "The tensor still has some of the numbers that were in it before."
    )


def _rows(w):
    return w.double().flatten(1)


def _deviation(values):
    return float(values.std(correction=0))


def _much_alike(rows):
    """Rows or columns that have numbers in common vary less along one of the sides than all numbers do together."""
    return min(float(rows.std(dim=d).mean()) for d in (0, 1)) < 0.9 * _deviation(rows)


def _mean_is_near_0(values):
    """Six standard errors: less than one correct draw in a hundred million is further off."""
    return abs(float(values.mean())) <= 6 * _deviation(values) / values.numel() ** 0.5


def _spread(values):
    """Return the distribution by its kurtosis: 1.8 for even numbers, 3 for a bell curve."""
    kurtosis = float(((values - values.mean()) ** 4).mean()) / max(_deviation(values), 1e-30) ** 4
    return "even" if 1.7 < kurtosis < 1.9 else "bell" if 2.8 < kurtosis < 3.2 else "other"


# --- orthogonal_


def matrices_are_orthogonal(student, reference):
    """The rows of each matrix, or its columns where they are fewer, are at right angles and have the length of the gain."""
    for what, wanted in reference.items():
        found = student[what]["result"]
        problem = _form_problem(found, wanted["result"]) or _not_finite(found)
        if problem:
            return problem
        products, right = (_products(w) / wanted["gain"] ** 2 for w in (found, wanted["result"]))
        lengths, angles = products.diagonal(), products - products.diagonal().diag()
        rtol, atol = (1e-4, 1e-5) if found.dtype == torch.float32 else (1e-6, 1e-8)
        sides = "rows" if len(found) <= found[0].numel() else "columns"
        if bool((angles.abs() > atol).any()):
            return (
                f"The {sides} are not at right angles to each other (of a weight laid flat, the side that is shorter)."
            )
        if not torch.allclose(lengths, right.diagonal(), rtol=rtol, atol=atol):
            return f"The {sides} are at right angles, but they do not have the length of the gain."
    return None


def _products(w):
    """Return the products of all pairs of rows, or of columns where they are fewer."""
    m = w.flatten(1)
    return m @ m.T if m.shape[0] <= m.shape[1] else m.T @ m


# --- init_model_


def deviations_are_right(student, reference):
    """A model's layers have weights of the right deviations."""
    for name, wanted in reference.items():
        problem = _layer_problem(student[name], wanted, name)
        if problem:
            return problem
        found = _rows(student[name])
        if _much_alike(found):
            return f"Rows (or columns) of the weights of {_layer(name)} are much alike: each number needs a draw of its own."
        if not _mean_is_near_0(found):
            return f"The weights of {_layer(name)} should be 0 on average."
        ratio = _deviation(found) / _deviation(_rows(wanted))
        if not abs(ratio - 1) < NEAR:
            size = "small" if ratio < 1 else "large"
            return f"The standard deviation of the weights of {_layer(name)} is too {size}."
    return None


def layers_are_filled(student, reference):
    """Each bias is 0, and of each weight no number is the one from before."""
    for name, wanted in reference["biases"].items():
        if not same(student["biases"][name], wanted):
            right = "stay without a bias" if wanted is None else "have a bias of 0 afterwards"
            return f"{_layer(name).capitalize()} should {right}."
    return _old_weight(student["weights"], reference)


def model_is_as_it_was(student, reference):
    """The model itself came back with its own parameters, modes, flags and gradients, and frozen layers were filled, too."""
    if student["it came back itself"] is not True:
        return "The very model that was given should come back."
    if student["its parameters are the same objects"] != reference["its parameters are the same objects"]:
        return "Parameters were exchanged for new ones: fill those that the model has."
    sentences = {
        "modes": "Every module should stay in the mode that it was in.",
        "requires_grad": "The parameters should be leaves and have the `requires_grad` that they had.",
        ".grad": "The `.grad` of parameters should stay as it was.",
    }
    for what, sentence in sentences.items():
        if not same(student[what], reference[what]):
            return sentence
    return _old_weight(student["weights"], reference)


def _old_weight(weights, reference):
    for name, wanted in reference["weights"].items():
        problem = _layer_problem(weights[name], wanted, name)
        if problem:
            return problem
        if bool((weights[name] == reference["weights before"][name]).any()):
            return f"The weight of {_layer(name)} still has numbers from before."
    return None


def _layer_problem(found, wanted, name):
    if not isinstance(found, torch.Tensor) or found.shape != wanted.shape or found.dtype != wanted.dtype:
        return f"The weight of {_layer(name)} should keep its shape and dtype."
    return None if bool(found.isfinite().all()) else f"Some weights of {_layer(name)} are NaN or infinite."


def _layer(name):
    return f"the layer {name!r}" if name else "the layer"


# --- symmetry_demo


def rows_are_equal(student, reference):
    """From zeros all is 0, from constants all rows are equal and not 0, whether they moved rightly or not."""
    for what, wanted in reference.items():
        problem = _weights_problem(student[what], wanted)
        if problem:
            return problem
        W = student[what]["W"]
        if bool(((W - W[:1]).abs() > 1e-5).any()):
            return "From zeros or constants all rows should be equal, before and after training."
        if bool((wanted["W"] == 0).all()):
            if bool((W.abs() > 1e-5).any()):
                return "From zeros the first layer's weights should stay at 0."
        elif bool((W == 0).all()):
            return "From constants the weights should not be 0."
    return None


def rows_differ(student, reference):
    """From a random start every two rows differ."""
    for what, wanted in reference.items():
        problem = _weights_problem(student[what], wanted)
        if problem:
            return problem
        W = student[what]["W"]
        distances = torch.cat([(W[i] - W[j]).abs().max().reshape(1) for i in range(len(W)) for j in range(i)])
        if bool((distances <= 1e-5).any()):
            return "From a random start no two rows should be equal, before and after training."
    return None


def random_start_is_trained(student, reference):
    """The end is away from the start, and both are the same when asked for again."""
    for what, wanted in reference.items():
        problem = _form_problem(student[what], wanted)
        if problem:
            return "A float32 tensor `(4, 2)` should come back."
    start, again, end, end_again = (student[what] for what in reference)
    if not bool(end.isfinite().all()):
        return "Some of the weights are NaN or infinite after training."
    if not bool(((end - start).abs() > 1e-3).any()):
        return "A random start should move: `steps` updates are 50 unless told otherwise."
    if not (torch.equal(start, again) and torch.equal(end, end_again)):
        return "The same seed should give the same start, and so the same end."
    return None


def starts_are_xaviers(student, reference):
    """Random starts have mean 0 and Xavier's deviation, and each seed has its own."""
    if len(student) != len(reference) or any(_form_problem(*pair) for pair in zip(student, reference, strict=True)):
        return "A float32 tensor `(4, 2)` should come back for each seed."
    found, wanted = (torch.stack(starts).double() for starts in (student, reference))
    if len(found.flatten(1).unique(dim=0)) < len(found):
        return "Every seed should give a start of its own."
    if not _mean_is_near_0(found):
        return "The weights of a random start should be 0 on average."
    # Of two correct deviations the logarithms to the base 2 differ by 0.04 (a standard error).
    ratio = math.log2(max(_deviation(found), 1e-30) / _deviation(wanted))
    if not abs(ratio) < 0.32:
        return f"The standard deviation of a random start is too {'small' if ratio < 0 else 'large'}; it should be Xavier's."
    return None


def global_generator_stays(student, reference):
    """The same weights come out whatever the global generator's state, which is afterwards as it was."""
    for init, wanted in reference.items():
        found = student[init]
        if any(_form_problem(found[what], wanted[what]) for what in ("first", "second")):
            return "A float32 tensor `(4, 2)` should come back."
        if not torch.equal(found["first"], found["second"]):
            return "The weights should not depend on the global generator: draw from one of your own."
        if not same(found["the global generator"], wanted["the global generator"]):
            return "The global generator should end as it was before."
    return None


def _weights_problem(student, reference):
    if _form_problem(student["W"], reference["W"]):
        return "A float32 tensor `(4, 2)` should come back."
    if student["requires gradients"] is not False:
        return "What comes back should not require gradients: `detach` it."
    return None if bool(student["W"].isfinite().all()) else "Some of the weights are NaN or infinite."


# --- variance_by_depth

# How far averaged logarithms may lie apart: more than six standard errors of the difference of two correct averages.
APART = {
    "linear": (0.09, 0.13, 0.19),
    "relu": (0.1, 0.3, 0.6),
    "small": (0.13, 0.21, 0.31),
    "small and wide": (0.03,),
}


def first_layers_vary_as_they_should(student, reference):
    """Averaged over several seeds, the logarithms of the layers' variances are those of the reference."""
    found, wanted = ([_floats(runs["runs"].get(seed)) for seed in reference["runs"]] for runs in (student, reference))
    if any(len(run) != len(right) for run, right in zip(found, wanted, strict=True)):
        return "A list of floats should come back, one for each layer."
    means = [torch.tensor(runs, dtype=torch.float64).clamp(min=1e-30).log().mean(dim=0) for runs in (found, wanted)]
    for layer, (a, b, apart) in enumerate(zip(*means, APART[reference["name"]], strict=True), start=1):
        if not abs(float(a - b)) < apart:
            return f"The variance after layer {layer} is too {'small' if a < b else 'large'} on average."
    return None


def layers_have_their_own_weights(student, reference):
    """With one feature each layer multiplies the variance by another number."""
    runs = [_floats(student[seed]) for seed in reference]
    if any(len(run) != len(right) for run, right in zip(runs, reference.values(), strict=True)):
        return "A list of floats should come back, one for each layer."
    factors = [[b / max(a, 1e-300) for a, b in pairwise(run)] for run in runs]
    if all(max(of_run) < 1.001 * min(of_run) for of_run in factors):
        return "Each layer multiplies the variance by the same number: they seem to share one weight."
    return None


def a_float_for_each_layer(student, reference):
    """Lists of Python floats that are no less than 0, of the right lengths."""
    for call, wanted in reference.items():
        found = student[call]
        if not isinstance(found, list) or any(type(variance) is not float for variance in found):
            return "A list of Python floats should come back."
        if len(found) != len(wanted):
            return "There should be one variance for each layer."
        if not all(variance >= 0 for variance in found):
            return "Some of the variances are negative or NaN."
    return None


def seed_alone_decides(student, reference):
    """The same seed gives the same variances whatever the global generator's state, another seed others."""
    for name, wanted in reference.items():
        first, again, other = (_floats(student[name][what]) for what in ("first", "again", "another seed"))
        if not len(first) == len(again) == len(other) == len(wanted["first"]):
            return "A list of floats should come back, one for each layer."
        if not all(math.isclose(a, b, rel_tol=1e-5) for a, b in zip(first, again, strict=True)):
            return "The same seed should give the same variances: draw from a generator that is seeded with it."
        if any(math.isclose(a, b, rel_tol=1e-6) for a, b in zip(first, other, strict=True)):
            return "Another seed should give other variances."
        if not same(student[name]["the global generator"], wanted["the global generator"]):
            return "The global generator should end as it was before."
    return None


def _floats(run):
    """Return a list's numbers as floats; none where it is no list, or something in it is no number."""
    if not isinstance(run, list):
        return []
    numbers = [float(v) for v in run if isinstance(v, float | int) or (isinstance(v, torch.Tensor) and v.numel() == 1)]
    return numbers if len(numbers) == len(run) else []


# --- plot_variance


def every_network_is_drawn(student, reference):
    """Some axes have a right line for every network."""
    problem = _no_figure(student)
    if problem:
        return problem
    results = reference["results"]
    if _with_all(student, results):
        return None
    for name, variances in results.items():
        lines = [line for ax in student["axes"] for line in ax["lines"] if _close(line["y"], variances)]
        if not lines:
            return f"There is no line with the variances of {name!r} along y."
        if not any(_layers(line["x"]) for line in lines):
            return "The layers along x should go up in steps of 1, from 0 or from 1."
    return "All lines should be in the same axes."


def variances_are_on_a_logarithmic_axis(student, reference):
    """The y axis is logarithmic, and the x axis linear."""
    axes, problem = _drawn_on(student, reference["results"])
    if problem:
        return problem
    if any(ax["scales"] == ["linear", "log"] for ax in axes):
        return None
    return "The y axis should be logarithmic (and the x axis not): variances change by factors."


def legend_names_the_lines(student, reference):
    """The lines differ in their looks, and a legend's entry with the right name looks like each."""
    problem = _no_figure(student)
    if problem:
        return problem
    results = reference["results"]
    axes = _with_all(student, results)
    if not axes:
        return "First, the same axes should have a right line for every network; their legend is looked at then."
    sentences = [_named(ax, results) for ax in axes]
    return None if None in sentences else sentences[0]


def _named(ax, results):
    if not ax["legend"]:
        return "There is no legend: give each line a label, and call `legend()`."
    looks = {
        name: {line["look"] for line in ax["lines"] if _is(line, variances)} for name, variances in results.items()
    }
    for name, other in ((one, two) for one in looks for two in looks if one != two):
        if looks[name] & looks[other]:
            return "Some lines look alike: give them different colours, styles or markers."
    for name in results:
        told = {look for text, look in ax["legend"] if name in text}
        if not told:
            return f"No entry of the legend has the name {name!r} in it."
        if not told & looks[name]:
            return f"The legend's entry for {name!r} does not belong to that line."
    return None


def both_axes_have_labels(student, reference):
    """The axes with the lines have a label along x and one along y."""
    axes, problem = _drawn_on(student, reference["results"])
    if problem:
        return problem
    if any(all(label.strip() for label in ax["labels"]) for ax in axes):
        return None
    return "The axes need labels, one along x and one along y."


def new_figure_is_not_shown(student, reference):
    """Two calls gave two figures of the results; nothing was shown or changed."""
    for call in ("first", "second"):
        _, problem = _drawn_on(student[call], reference["results"])
        if problem:
            return problem
    if student["shown"] != 0:
        return "The figure is shown inside the function: return it, and leave `plt.show()` to whoever called."
    if student["one figure for both"] is not False:
        return "Every call should make a figure of its own."
    if not same(student["results afterwards"], reference["results afterwards"]):
        return "The results should stay as they were."
    return None


def _no_figure(student):
    if student["type"] != "Figure":
        return "A matplotlib Figure should come back."
    return None if student["axes"] else "The figure has no axes."


def _with_all(student, results):
    """Return the axes that have a right line for every network."""
    return [
        ax
        for ax in student["axes"]
        if all(any(_is(line, variances) for line in ax["lines"]) for variances in results.values())
    ]


def _drawn_on(student, results):
    """Return the axes with all the lines, else those with the variances (or their logarithms) somewhere; or a sentence."""
    problem = _no_figure(student)
    if problem:
        return [], problem
    axes = _with_all(student, results) or [ax for ax in student["axes"] if _has_half(ax, results)]
    return axes, None if axes else "The variances are not drawn: draw a line for every network."


def _has_half(ax, results):
    """Return whether at least half of the variances, or of their logarithms, are among the coordinates of what is drawn."""
    drawn = [number for line in ax["lines"] for number in (*line["x"], *line["y"])]
    variances = [variance for of_network in results.values() for variance in of_network]
    ways = [variances, *([math.log(v) / math.log(base) for v in variances] for base in (math.e, 10, 2))]
    return any(
        2 * sum(any(math.isclose(n, number, rel_tol=1e-5) for n in drawn) for number in way) >= len(way) for way in ways
    )


def _is(line, variances):
    return _close(line["y"], variances) and _layers(line["x"])


def _close(found, wanted):
    return len(found) == len(wanted) and all(
        math.isclose(a, b, rel_tol=1e-5) for a, b in zip(found, wanted, strict=True)
    )


def _layers(x):
    return bool(x) and x[0] in (0, 1) and all(abs(b - a - 1) < 1e-6 for a, b in pairwise(x))
