"""Checks of lesson 2.7. Orders, splits and settings are left open, so these look at what must hold for every correct solution."""

import math
from itertools import combinations

import torch

from autograder.grading.equality import difference, same

CLOSE = 1e-3  # of a feature's range: two places this near to each other are the same place
SLACK = 0.08  # a field has cells and bands: so far may its value be from what the model says at a point
RATE = 1e-4  # two error rates that differ by less are the same
BY_CHANCE = 0.35  # of 40 rows that a line tells apart: a model that is wrong for more of them has learned nothing

# --- make_network


def two_layers_and_what_is_between(student, reference):
    """The logits are those of two linear layers with ReLU or tanh between them, or with nothing where it is left out."""
    if any(student.get(role) is None for role in ("W1", "b1", "W2", "b2")) or "other" in student:
        return "The parameters should be weights `(H, D)` and `(1, H)`, and biases `(H,)` and `(1,)`."
    X, logits = reference["X"].double(), student["logits"]
    if logits.shape != reference["logits"].shape or logits.dtype != reference["logits"].dtype:
        return "There should be one float32 logit for each row, `(N, 1)`."
    hidden = X @ student["W1"].double().T + student["b1"].double()
    between = [torch.relu, torch.tanh] if reference["activation"] else [lambda scores: scores]
    for activation in between:
        wanted = activation(hidden) @ student["W2"].double().T + student["b2"].double()
        if torch.allclose(logits.double(), wanted, rtol=1e-4, atol=1e-4):
            return None
    if reference["activation"]:
        return "The output should be that of a linear layer, ReLU or tanh, and a linear layer, and nothing after it."
    return "With `activation=False` the output should be that of the two linear layers alone."


def the_seed_alone_fixes_the_start(student, reference):
    """The parameters are the same for the same seed, with and without activation, and others for another."""
    for name, start in student.items():
        if not isinstance(start, torch.Tensor) or start.shape != reference["first"].shape:
            return "The parameters should be weights `(H, D)` and `(1, H)`, and biases `(H,)` and `(1,)`."
        if not bool(torch.isfinite(start).all()):
            return f"`{name}`: not all the parameters are finite."
    if not same(student["first"], student["again"]):
        return "The same seed should give the same start, whatever the global random state is."
    if not same(student["first"], student["without activation"]):
        return "The same seed should give the same start with and without activation."
    return "Another seed should give another start." if same(student["first"], student["another seed"]) else None


def no_two_neurons_start_alike(student, reference):
    """No two rows of the hidden layer's weights are equal, and a second network has its own copy of them."""
    names = list(reference)
    for name in names:
        if not isinstance(student[name], torch.Tensor) or student[name].shape != reference[name].shape:
            return "One of the parameters should be the weights of the hidden layer, `(H, D)`."
    first, second = (student[name] for name in names)
    if len(torch.unique(first, dim=0)) < len(first):
        return "Some hidden neurons start with the same weights, and so they would always stay the same."
    return None if same(first, second) else "Each call should make a network of its own, with the start of its seed."


# --- train_network


def the_generator_decides(student, reference):
    """The same state of the generator gives the same weights, another one others; the global ones stay where they were."""
    for name in ("first", "again", "another seed"):
        problem = difference(student[name][:0], reference[name][:0], name)
        if problem or not bool(torch.isfinite(student[name]).all()):
            return problem or "After the training a weight is not finite."
    if float((student["first"] - student["again"]).abs().max()) >= 1e-7:
        return "The same state of the generator should give the same weights: take the orders from `generator` alone."
    if float((student["first"] - student["another seed"]).abs().max()) <= 1e-7:
        return "Another state of the generator should give other weights: it decides the orders."
    if not same(student["global random state"], reference["global random state"]):
        return "The global random state has moved: take the orders from `generator` alone."
    return None


def the_history_is_a_list_of_floats(student, reference):
    """A list of as many Python floats as epochs, and the weights of as many steps."""
    return _history_problem(student["history"], reference["history"]) or difference(
        student["weights"], reference["weights"], "weights"
    )


def _history_problem(history, wanted):
    if not isinstance(history, list) or not all(type(loss) is float for loss in history):
        return "The history should be a list of Python floats."
    if len(history) != len(wanted):
        return "The history should have one number for each epoch."
    return None


def one_update_a_batch(student, reference):
    """After one epoch, weights and history are what one of the possible orders gives."""
    problem = _trained(student["found"], reference)
    return problem or _places(student["found"], reference)[1]


def new_orders(student, reference):
    """After two epochs, weights and history are what two orders give; they differ between epochs and generators."""
    problem = _trained(student["found"], reference)
    if problem:
        return problem
    numbers, problem = _places(student["found"], reference)
    if problem:
        return problem
    cuts = _cuts(len(reference["y"]), reference["batch_size"])
    pairs = [divmod(number, len(cuts)) for number in numbers]
    if len(set(pairs)) == 1:
        return "All the generators give the same orders. The order is random, and the generator decides what it is."
    if all(first == second for first, second in pairs):
        return "Both epochs use the same order of the rows. Every epoch has a new permutation."
    used = {frozenset(frozenset(batch) for batch in cuts[n]) for pair in pairs for n in pair}
    if len(used) < 4:
        return "The same rows are always together in a batch. Mix the rows themselves, not the batches."
    return None


def _trained(found, reference):
    for one, wanted in zip(found, reference["found"], strict=True):
        if not isinstance(one["history"], list | tuple) or not all(map(_is_number, one["history"])):
            return "The history should be a list of Python floats."
        if len(one["history"]) != len(wanted["history"]):
            return "The history should have one number for each epoch."
        if not all(math.isfinite(loss) for loss in one["history"]):
            return "A loss of the history is not finite."
        if not all(bool(torch.isfinite(weight).all()) for weight in one["weights"]):
            return "After the training a weight is not finite."
    return None


def _cuts(n, batch_size):
    """Return every way to cut the rows into batches, one after the other; the order inside a batch is all the same."""

    def cut(rows):
        if len(rows) <= batch_size:
            return [[rows]]
        return [
            [first, *rest]
            for first in combinations(rows, batch_size)
            for rest in cut(tuple(row for row in rows if row not in first))
        ]

    return cut(tuple(range(n)))


def _places(found, reference):
    """Return for each result the number of the possible end that is nearest to it, and a sentence if one is too far off.

    After two epochs the number is that of the first epoch's cut times how many cuts there are, plus the second's.
    """
    y, lr, strength = reference["y"].flatten(), reference["lr"], reference["strength"]
    A = torch.cat([reference["X"], torch.ones(len(y), 1, dtype=torch.float64)], dim=1)
    penalized = torch.ones(A.shape[1], dtype=torch.float64)
    penalized[-1] = 0  # the bias
    states = torch.cat([part.flatten() for part in reference["start"]]).unsqueeze(0)
    losses = torch.zeros(1, 0, dtype=torch.float64)
    cuts = _cuts(len(y), reference["batch_size"])
    for _ in range(reference["epochs"]):
        ends, means = [], []
        for batches in cuts:
            now, total = states, 0.0
            for batch in batches:
                rows = list(batch)
                logits = now @ A[rows].T
                total = total + (torch.nn.functional.softplus(logits) - y[rows] * logits).sum(dim=1)
                slopes = (torch.sigmoid(logits) - y[rows]) @ A[rows] / len(rows)
                now = now - lr * (slopes + 2 * strength * penalized * now)
            ends.append(now)
            means.append(total / len(y))
        count = len(cuts)
        losses = torch.cat([losses.repeat_interleave(count, dim=0), torch.stack(means, dim=1).reshape(-1, 1)], dim=1)
        states = torch.stack(ends, dim=1).reshape(-1, A.shape[1])
    numbers = []
    for one in found:
        weights = torch.cat([part.double().flatten() for part in one["weights"]])
        gaps = (states - weights).abs().amax(dim=1)
        numbers.append(int(gaps.argmin()))
        if float(gaps.min()) > 1e-6:
            return numbers, (
                "No order of the rows leads to these weights. Each batch makes one plain step on the mean cross-entropy of the "
                "rows that it has, plus the penalty, from where the step before it ended; a smaller last batch makes one too."
            )
        near = losses[gaps < 1e-6]
        off = (near - torch.tensor(one["history"], dtype=torch.float64)).abs().amax(dim=1).min()
        if float(off) > 1e-5:
            return numbers, (
                "The weights are right, and the history is not: an epoch's number is the mean over all the rows of their plain "
                "cross-entropy, each taken just before the update of its own batch."
            )
    return numbers, None


# --- compare_models


def a_fair_comparison_of_moons(student, reference):
    """Equal budgets, true numbers, a straight line and a network that beats it."""
    problem = _index_problem(student["test_index"], reference["test_index"], len(reference["y"]))
    problem = problem or next((p for name in MODELS if (p := _report_problem(student[name], reference[name]))), None)
    if problem:
        return problem
    lengths = {name: len(student[name]["history"]) for name in MODELS}
    if lengths["linear"] != lengths["network"]:
        return (
            f"The linear model was trained for {lengths['linear']} epochs, and the network for {lengths['network']}. "
            "A fair comparison gives both the same."
        )
    for name, called in (("linear", "linear model"), ("network", "network")):
        found, history = student[name], student[name]["history"]
        problem = _true_numbers(found, student["test_index"], reference["y"], called)
        if problem:
            return problem
        if found["parameters"] != found["trainable numbers"]:
            return f"The {called} does not have as many trainable numbers as `parameters` says."
        if not history or not all(math.isfinite(loss) for loss in history):
            return f"The history of the {called} should have a loss for each epoch, and all of them finite."
    if student["linear"]["parameters"] != reference["X"].shape[1] + 1:
        return "The linear model should be one linear layer: a weight for each feature, and one bias."
    if _bow(student["linear"]) > 1e-2:
        return "The linear model's logits do not lie on a plane over the raw rows."
    if _wrong(student["network"]["logits"], reference["y"]) > 0.05:
        return "On 400 moons with noise 0.1 the network should be wrong for at most 0.05 of all the rows."
    if _bow(student["network"]) < 1e-2:
        return "The network's logits lie on a plane over the rows: it works as one without an activation does."
    if not 0.05 <= _wrong(student["linear"]["logits"], reference["y"]) <= 0.25:
        return "On 400 moons with noise 0.1 the linear model should be wrong for 0.05 to 0.25 of all the rows."
    return None


def what_a_comparison_brings(student, reference):
    """Keys, types and shapes are right, the test rows are different ones of the table, and the data stay."""
    if student["keys"] != reference["keys"]:
        return _KEYS
    problem = _index_problem(student["test_index"], reference["test_index"], len(reference["y afterwards"]["values"]))
    problem = problem or next(
        (p for name in MODELS if (p := _report_problem(student[name], reference[name], True))), None
    )
    return problem or _data_problem(student, reference)


def the_seed_decides(student, reference):
    """The same seed gives the same rows, models and numbers; another one gives other rows, and another start if there is one."""
    names = [name for name in reference["first"] if name != "test rows"]
    runs = ("first", "again", "another seed")
    problem = next((p for run in runs if (p := _run_problem(student[run], reference[run], names))), None)
    problem = problem or _learned_problem([student["first"][name]["logits"] for name in names], reference["y"])
    if problem:
        return problem
    first, again, other = (student[run] for run in runs)
    if first["test rows"] != again["test rows"]:
        return "The same seed should give the same test rows, whatever the global random state is."
    for name in names:
        if not _alike(first[name]["logits"], again[name]["logits"]):
            return "The same seed should give the same models, whatever the global random state is."
        rest = [{key: value for key, value in run[name].items() if key != "logits"} for run in (first, again)]
        if not same(*rest):
            return "The same seed should give the same numbers and starts, whatever the global random state is."
    if first["test rows"] == other["test rows"]:
        return "Another seed should give other test rows."
    if "full" in names and same(first["full"]["start"], other["full"]["start"]):
        return "Another seed should give another start."
    return None


def what_stands_in_the_test_rows(student, reference):
    """Models and what is told of their training are the same, whatever stands in the test rows."""
    names = [name for name in reference["first"] if name != "test rows"]
    runs = ("first", "with other test rows")
    problem = next((p for run in runs if (p := _run_problem(student[run], reference[run], names))), None)
    problem = problem or _learned_problem([student["first"][name]["logits"] for name in names], reference["y"])
    if problem:
        return problem
    first, second = (student[run] for run in runs)
    if "history" in first[names[0]] and first["test rows"] != second["test rows"]:
        return "Which rows are test rows should depend on the seed, and not on what stands in them."
    for name in names:
        one, other = first[name], second[name]
        if not _alike(one["logits"], other["logits"]):
            return "What stands in the test rows should have no influence on a model."
        if "history" in one:
            histories = [torch.tensor(run["history"], dtype=torch.float64) for run in (one, other)]
            if histories[0].shape != histories[1].shape or not torch.allclose(*histories, rtol=1e-5, atol=1e-5):
                return "What stands in the test rows should have no influence on a history."
            if not abs(one["train_error"] - other["train_error"]) < 1e-6:
                return "What stands in the test rows should have no influence on the error on the training rows."
    return None


def rows_at_random(student, reference):
    """The test rows differ from seed to seed and come from both halves of the table."""
    if not all(
        isinstance(rows, torch.Tensor) and rows.shape == reference[name].shape for name, rows in student.items()
    ):
        return "A quarter of the rows, rounded down, should be test rows."
    found = [sorted(rows.tolist()) for rows in student.values()]
    if len({tuple(rows) for rows in found}) == 1:
        return "Every seed has the same test rows. They are drawn at random, and the seed decides."
    if {row // 12 for rows in found for row in rows} != {0, 1}:
        return "All the test rows come from one half of the table. They are drawn at random from all the rows."
    return None


MODELS = ("linear", "network")
VARIANTS = ("full", "no_activation", "no_batching", "no_regularization")
_KEYS = "What comes back should be a dict with the keys that the docstring names, and no others."


def _true_numbers(found, index, y, called):
    """What is reported is what the model does on raw rows, or what a wrong `error_rate` of the submission says of it."""
    tested = torch.zeros(len(y), dtype=torch.bool)
    tested[index] = True
    own = found["by its own error_rate"]
    for part, rows, by_its_own in (("train", ~tested, own[0]), ("test", tested, own[1])):
        reported, measured = found[f"{part}_error"], _wrong(found["logits"][rows], y[rows])
        if not (abs(reported - measured) < RATE or abs(reported - by_its_own) < RATE):
            return (
                f"The error that is reported for the {called} on the {'training' if part == 'train' else 'test'} rows is not "
                "the one that its model makes there when it is given the raw rows."
            )
    return None


def _wrong(logits, y):
    """Return the share of the rows for which the sign of the logit is not the class."""
    return float(((logits > 0) != (y == 1)).double().mean())


def _bow(found):
    """Return how far a model is from a straight line between pairs of rows, in parts of its range."""
    logits, halfway = found["logits"], found["logits halfway between rows"]
    half = len(logits) // 2
    straight = (logits[:half] + logits[half : 2 * half]) / 2
    return float((halfway - straight).abs().max() / (logits.max() - logits.min()).clamp(min=1e-9))


def _index_problem(index, wanted, n):
    """Return the sentence for what are not the numbers of N//4 different rows."""
    if not isinstance(index, torch.Tensor) or index.shape != wanted.shape or index.dtype != wanted.dtype:
        return "`test_index` should be an int64 tensor with the numbers of a quarter of the rows, rounded down."
    if not bool(((index >= 0) & (index < n)).all()):
        return "A number in `test_index` is not that of a row."
    return "A row stands in `test_index` twice." if len(index.unique()) < len(index) else None


def _report_problem(found, wanted, strict=False):
    """Return the sentence for what is no number, a history that is none, or logits of another form.

    Of which type the numbers are is asked where `strict` says so, and costs nothing elsewhere.
    """
    for key, kind, called in (
        ("parameters", int, "an int"),
        ("updates", int, "an int"),
        ("train_error", float, "a Python float"),
        ("test_error", float, "a Python float"),
    ):
        if key in wanted and not (type(found[key]) is kind if strict else _is_number(found[key])):
            return f"`{key}` should be {called}."
    history = found.get("history", [])
    if not isinstance(history, list | tuple) or not all(map(_is_number, history)):
        return "`history` should be a list of Python floats."
    if strict and not (type(history) is list and all(type(loss) is float for loss in history)):
        return "`history` should be a list of Python floats."
    for key in ("logits", "logits halfway between rows"):
        if key in wanted and (
            not isinstance(found[key], torch.Tensor)
            or found[key].shape != wanted[key].shape
            or found[key].dtype != wanted[key].dtype
        ):
            return "Each model should give one logit for each raw row, `(N, 1)`, in the dtype of X."
    return None


def _is_number(value):
    return type(value) in (int, float) or (isinstance(value, torch.Tensor) and value.dim() == 0)


def _run_problem(found, wanted, names):
    if len(found["test rows"]) != len(wanted["test rows"]):
        return "A quarter of the rows, rounded down, should be test rows."
    return next((p for name in names if (p := _report_problem(found[name], wanted[name]))), None)


def _learned_problem(logits, y):
    """Return the sentence where not even one of the models has learned anything; the classes are the scenario's own."""
    if min(_wrong(one, y) for one in logits) <= BY_CHANCE:
        return None
    return "Not one of the models tells the two classes apart better than by chance."


def _data_problem(student, reference):
    for name in ("X", "y"):
        if not same(student[f"{name} afterwards"], reference[f"{name} afterwards"]):
            return f"It changed its argument `{name}`."
    return None


def _alike(one, other):
    return torch.allclose(one, other, rtol=1e-4, atol=1e-5)


# --- ablation


def one_part_out_at_a_time(student, reference):
    """True numbers; each variant lacks its own part, and no other part that can be seen from outside."""
    problem = _index_problem(student["test_index"], reference["test_index"], len(reference["y"]))
    problem = problem or next((p for name in VARIANTS if (p := _report_problem(student[name], reference[name]))), None)
    if problem:
        return problem
    for name in VARIANTS:
        problem = _true_numbers(student[name], student["test_index"], reference["y"], f"variant `{name}`")
        if problem:
            return problem
    updates = {name: student[name]["updates"] for name in VARIANTS}
    if not all(type(count) is int for count in updates.values()):
        return "`updates` should be an int."
    if updates["no_activation"] != updates["full"] or updates["no_regularization"] != updates["full"]:
        return (
            "`full`, `no_activation` and `no_regularization` should make equally many updates: they differ in one part, and "
            "that is neither the batches nor the epochs."
        )
    few = updates["no_batching"]
    if few < 1 or updates["full"] % few or updates["full"] < 2 * few:
        return "`no_batching` should make one update an epoch, and `full` a whole number of two or more, in equally many epochs."
    if _bow(student["no_activation"]) > 1e-2:
        return "The logits of `no_activation` are bent, so there is still an activation in it."
    for name in ("full", "no_batching", "no_regularization"):
        if _bow(student[name]) < 1e-3:
            if _wrong(student[name]["logits"], reference["y"]) > BY_CHANCE:
                return f"`{name}` tells the two classes apart no better than by chance: it has learned nothing."
            return f"The logits of `{name}` lie on a plane over the rows: it works as one without an activation does."
    error = {name: _wrong(student[name]["logits"], reference["y"]) for name in ("full", "no_activation")}
    if error["full"] > 0.10:
        return "On 400 moons with noise 0.1 `full` should be wrong for at most 0.10 of all the rows."
    if error["no_activation"] < error["full"] + 0.02:
        return "Without its activation the network should be wrong more often than `full`, by 0.02 or more."
    if reference["scaled"]:  # the scale of the columns may have gone into the weights
        return None
    squares = {
        name: sum(float(part.square().sum()) for part in student[name]["weights"] if part.dim() == 2)
        for name in ("full", "no_regularization")
    }
    if not squares["no_regularization"] > squares["full"]:
        return "Without the penalty the squared weights should add up to more than those of `full`."
    return None


def equal_starts(student, reference):
    """All starts are equal, random and copies; each run has left it, and none begins where the one before ended."""
    logits, wanted = student["logits of full"], reference["logits of full"]
    if not isinstance(logits, torch.Tensor) or logits.shape != wanted.shape:
        return "Each model should give one logit for each raw row, `(N, 1)`."
    problem = _learned_problem([logits], reference["y"])
    if problem:
        return problem
    for name in VARIANTS:
        start, end = student[name]["start"], student[name]["end"]
        if not isinstance(start, list) or not all(isinstance(part, torch.Tensor) for part in start):
            return f"`start` of `{name}` should be a list of tensors."
        if [part.shape for part in start] != [part.shape for part in end]:
            return f"`start` of `{name}` should have the shapes of the model's parameters, in their order."
    start, end = (
        {name: torch.cat([part.flatten() for part in student[name][key]]) for name in VARIANTS}
        for key in ("start", "end")
    )
    for name in VARIANTS:
        if not same(start["full"], start[name]):
            return f"`{name}` should have the same start as `full`."
    if not float(start["full"].std()) > 1e-3:
        return "The start should be random, as PyTorch's layers have it."
    for name in VARIANTS:
        if not float((start[name] - end[name]).abs().max()) > 1e-4:
            return (
                f"`start` of `{name}` should be a copy from before the training, and training should move on from it."
            )
    return None


def what_an_ablation_brings(student, reference):
    """Keys, types and shapes are right, the test rows are different ones of the table, and the data stay."""
    if student["keys"] != reference["keys"]:
        return _KEYS
    problem = _index_problem(student["test_index"], reference["test_index"], len(reference["y afterwards"]["values"]))
    problem = problem or next(
        (p for name in VARIANTS if (p := _report_problem(student[name], reference[name], True))), None
    )
    return problem or _data_problem(student, reference)


# --- plot_boundaries


def each_panel_asks_its_own_model(student, reference):
    """Panel by panel, some field shows its own model's logit, probability or class at every point."""
    problem = _panels(student, reference)
    if problem:
        return problem
    for ax, name in zip(student["axes"], reference["names"], strict=True):
        if not ax["fields"]:
            return "A panel has no field: draw what its model says with `contourf`, `pcolormesh` or `imshow`."
        if not any(_shows(field, reference["logits"][name]) for field in ax["fields"]):
            return (
                "The colours of a panel do not fit its model: at (feature 0, feature 1) they should show its logit, its "
                "probability or its class there. The panels come in the order of the models."
            )
    return None


def titles_name_the_models(student, reference):
    """Each panel's title holds the name of its model."""
    problem = _panels(student, reference)
    if problem:
        return problem
    if not _drawn(student["axes"], reference["X"]):
        return "The samples are not in the picture: each row of X should be a point of every panel."
    for ax, name in zip(student["axes"], reference["names"], strict=True):
        if name not in ax["title"]:
            return "Each panel's title should hold the name of its model, in the order of the models."
    return None


def limits_are_shared(student, reference):
    """The panels have the same limits, all points lie inside, and each field covers them."""
    problem = _panels(student, reference)
    if problem:
        return problem
    X = reference["X"]
    if not _drawn(student["axes"], X):
        return "The samples are not in the picture: each row of X should be a point of every panel."
    first = torch.tensor(student["axes"][0]["limits"], dtype=torch.float64)
    for ax in student["axes"]:
        limits = torch.tensor(ax["limits"], dtype=torch.float64)
        if float((limits - first).abs().max()) > CLOSE:
            return "The panels have different limits. Give all of them the same, along x and along y."
        inside = (X[:, 0] >= limits[0]) & (X[:, 0] <= limits[1]) & (X[:, 1] >= limits[2]) & (X[:, 1] <= limits[3])
        if not bool(inside.all()):
            return "Some points lie outside of the limits."
        if not any(bool(torch.isfinite(values).all()) for values in ax["fields near the corners"]):
            return "The field should fill the whole panel, up to its limits."
    return None


def every_sample_is_in_every_panel(student, reference):
    """Every row is a point of every panel, and no point of class 0 looks like one of class 1."""
    problem = _panels(student, reference)
    if problem:
        return problem
    X, y = reference["X"], reference["y"]
    for ax in student["axes"]:
        at = _at(ax, X)
        if not bool(at.any(dim=1).all()):
            if bool(_at(ax, X.flip(1)).any(dim=1).all()):
                return "The points are drawn at (feature 1, feature 0): feature 0 belongs along x."
            return "Some points are missing: every row of X should be a point of every panel."
        looks = [frozenset(look for look, here in zip(ax["looks"], row.tolist(), strict=True) if here) for row in at]
        zeros = {look for look, label in zip(looks, y.tolist(), strict=True) if label == 0}
        ones = {look for look, label in zip(looks, y.tolist(), strict=True) if label == 1}
        if zeros & ones:
            return "The two classes cannot be told apart: give the points of each a colour or a marker of their own."
    return None


def new_figure_and_nothing_else(student, reference):
    """Two calls gave two figures with the samples; nothing was shown or changed; the models were asked in eval mode."""
    for name in ("first", "second"):
        if student[name]["type"] != "Figure":
            return "A matplotlib Figure should come back."
    if student["times shown"] != 0:
        return "The figure is shown inside the function: return it, and leave `plt.show()` to whoever called."
    if student["one figure for both"] is not False:
        return "Every call should make a figure of its own."
    if not all(_drawn(student[name]["axes"], reference["X"]) for name in ("first", "second")):
        return "The samples are not in the picture: each row of X should be a point of every panel."
    if _data_problem(student, reference):
        return "The rows and their classes should stay as they were."
    if list(student["training modes afterwards"]) != list(reference["training modes afterwards"]):
        return "Each model should be in the mode in which it was before."
    asked = list(student["training modes when asked"])
    if not asked or any(asked):
        return "The models should be asked in eval mode."
    return None


def _drawn(axes, X):
    """Return whether half of the samples or more are points of some panel, be their features swapped or not."""
    return any(float(_at(ax, rows).any(dim=1).double().mean()) >= 0.5 for ax in axes for rows in (X, X.flip(1)))


def _panels(student, reference):
    if student["type"] != "Figure":
        return "A matplotlib Figure should come back."
    if len(student["axes"]) != len(reference["names"]):
        return "There should be one panel for each model."
    return None


def _at(ax, X):
    """Return which of the drawn points lies at which sample, `(samples, points)`."""
    places = ax["places"].double().reshape(-1, 2)
    scale = X.amax(dim=0) - X.amin(dim=0)
    return ((places.unsqueeze(0) - X.unsqueeze(1)) / scale).abs().amax(dim=-1) < CLOSE


def _shows(field, logits):
    """Whether a field's values are logits, probabilities or classes, at the points where the model is not undecided."""
    field = field.double().reshape(-1, 2)
    if len(field) != len(logits) or not bool(torch.isfinite(field).all()):
        return False
    P = torch.sigmoid(logits)
    decided = (P - 0.5).abs() > 0.12
    for wanted, slack in (
        (logits, SLACK * float(logits.max() - logits.min())),
        (P, SLACK),
        ((P > 0.5).double(), SLACK),
    ):
        fits = (field[:, 0] - slack <= wanted) & (field[:, 1] + slack >= wanted)
        if bool(fits[decided].all()):
            return True
    return False


# --- quiz

_WRONG = {
    (1, "A"): "A corner needs an activation. Between two linear layers without one nothing bends, however many neurons "
    'there are ("Two linear layers are one", lesson 2.1).',
    (1, "C"): "Training can only find what the model can be, and this one can only be straight "
    '("Two linear layers are one", lesson 2.1).',
    (1, "D"): "It is not a matter of speed: no weights whatever make these two layers bend "
    '("Two linear layers are one", lesson 2.1).',
    (2, "A"): "That would be the depth, how many layers stand one behind the other "
    '("What is a hidden dimension, and why is it not depth?", lesson 2.1).',
    (2, "B"): "How many rows there are is the batch size. It is no part of the network at all "
    '("What is a hidden dimension, and why is it not depth?", lesson 2.1).',
    (2, "C"): "Every hidden neuron has several parameters: a weight for each input, and a bias "
    '("Counting parameters", lesson 2.1).',
    (3, "B"): "The samples are rows, before the layer and after it; here they have become columns "
    '("The worked batch", lesson 2.2).',
    (3, "C"): "The four belongs to the inputs with the one in front; the product sums over it, and it vanishes "
    '("Bias augmentation", lesson 2.2).',
    (3, "D"): "It would not fit as it is. But augmentation makes the rows one number longer "
    '("Bias augmentation", lesson 2.2).',
    (4, "A"): "The value that was kept has been through tanh already, so here it goes through twice "
    '("The backward pass, layer by layer", lesson 2.3).',
    (4, "B"): 'That is the form of the sigmoid\'s slope ("Five slopes", lesson 2.4).',
    (4, "D"): "The square is that of tanh's output and not that of its input "
    '("The backward pass, layer by layer", lesson 2.3).',
    (
        5,
        "A",
    ): 'These are the weights alone. Every neuron has a bias as well ("From the neuron to the layer", lesson 2.3).',
    (5, "C"): 'That is how many tensors there are. Count the numbers in them ("Counting parameters", lesson 2.1).',
    (5, "D"): "Something is missing: the output layer's neurons have biases, too "
    '("From the neuron to the layer", lesson 2.3).',
    (6, "A"): "To be near the ends is to be sure, and not to learn fast: look at the curve's slope there "
    '("Dead neurons and saturated neurons", lesson 2.4).',
    (6, "B"): "It does make a difference. Gradients go back through the slope of every neuron on their way "
    '("Slopes multiply", lesson 2.4).',
    (
        6,
        "C",
    ): "A dead neuron is zero for every sample, with a slope of exactly 0; that is ReLU's trouble. A sigmoid's slope is "
    'never quite 0 ("Dead neurons and saturated neurons", lesson 2.4).',
    (7, "B"): "Each sample is used once, and still it matters which ones share a batch and what came just before "
    '("Batches of an epoch", lesson 2.5).',
    (7, "C"): 'A DataLoader mixes only if it is told to ("The DataLoader", lesson 2.5).',
    (7, "D"): 'Whether the last batch is kept has nothing to do with the order ("The DataLoader", lesson 2.5).',
    (8, "A"): "With a learning rate that is too large the training loss would not fall so steadily "
    '("Reading learning curves", lesson 2.6).',
    (8, "B"): "A falling training loss alone is no good sign: the validation rows say how it does on new ones "
    '("Reading learning curves", lesson 2.6).',
    (8, "D"): "Then there would be no row left that the model has not seen, and nobody could see the trouble any more "
    '("Hyperparameters and the test set", lesson 2.6).',
    (9, "A"): "If nothing else happened, the sum over all neurons would be smaller in training than at inference "
    '("Dropout", lesson 2.6).',
    (9, "C"): 'This makes it smaller. The survivors have to make up for those that are gone ("Dropout", lesson 2.6).',
    (9, "D"): 'It is divided, but by the chance to stay, not by the chance to go ("Dropout", lesson 2.6).',
    (10, "A"): "The two were not treated alike, so the nine points may come from the treatment "
    '("A fair comparison", lesson 2.7).',
    (10, "B"): "It has had a tenth of the training, so nobody knows yet what it can do "
    '("A fair comparison", lesson 2.7).',
    (
        10,
        "D",
    ): "Overfitting shows in the distance between training rows and new rows, and here nothing is said about the "
    'training rows ("What the numbers do not say", lesson 2.7).',
}


def answer(student, reference):
    """Return what is wrong with the option that was chosen; never which one is right."""
    number = reference["question"]
    if "answer" not in student:
        return "quiz should return a dictionary, from the number of each question to a letter."
    given = student["answer"]
    if given is None and str(number) in student["other keys"]:
        return f'Question {number} has no answer under the int {number}; the numbers are ints and not texts such as "{number}".'
    if 0 in student["other keys"]:
        return f"Question {number}: the questions are counted from 1 to 10, and your dictionary starts with a 0."
    if given is None:
        return f"Question {number} has no answer yet. A guess costs nothing."
    letter = given.strip().upper() if isinstance(given, str) else ""
    if letter not in ("A", "B", "C", "D"):
        return f'Question {number} should be answered by one letter: "A", "B", "C" or "D".'
    if letter == reference["answer"]:
        return None
    return f"Question {number}, your answer {letter}: {_WRONG[number, letter]}"
