"""Checks of lesson 1.6. Orders are left open, so a result is right if one of the possible orders leads to it."""

from itertools import combinations

import torch

from autograder.grading.equality import close, difference, same

# --- fit


def one_update_a_batch(student, reference):
    """After one epoch, w and b are where one of the possible orders leads."""
    problem = _shapes(student, reference)
    if problem:
        return problem
    _, gaps = _places(student["found"], reference)
    if max(gaps) > _close(reference):
        return (
            "No order of the rows leads to these w and b. Each batch makes one update, with the mean over the rows that it "
            "has, from where the update before it ended, and the smaller last batch makes one too."
        )
    return None


def new_orders(student, reference):
    """After two epochs, w and b are where two orders lead; the orders differ between epochs and between seeds."""
    problem = one_update_a_batch(student, reference)
    if problem:
        return problem
    numbers, _ = _places(student["found"], reference)
    cuts = _cuts(len(reference["y"]), reference["batch_size"])
    pairs = [divmod(number, len(cuts)) for number in numbers]
    if len(set(pairs)) == 1:
        return "All the seeds give the same orders. The order is random, and `seed` decides what it is."
    if all(first == second for first, second in pairs):
        return "Both epochs use the same order of the rows. Every epoch has a new random order."
    used = {frozenset(frozenset(batch) for batch in cuts[n]) for pair in pairs for n in pair}
    if len(used) < 4:
        return "The same rows are always together in a batch. Mix the rows themselves, not the batches."
    return None


def seed_decides(student, reference):
    """The seed fixes everything, and nothing else is touched."""
    X, found = reference["X"], student["found"]
    problem = _shapes({"found": list(found.values())}, reference)
    if problem:
        return problem
    if not all(_blended(one["w"], X) for one in found.values()):
        return "These weights were not learned from this table: each step adds multiples of its rows to `w`."
    if not close(found["a seed"], found["the same seed again"], atol=1e-7):
        return "The same seed gave two different results."
    if close(found["a seed"], found["another seed"], atol=1e-7):
        return "Another seed gave the same result: the order of the rows should come from `seed`."
    if not same(student["the global random state"], reference["the global random state"]):
        return "The global random numbers have moved. Draw from a generator of your own, which you give the seed."
    return None


def starts_afresh(student, reference):
    """Each fit in one batch ends where the reference's does, and two fits in small batches at the same place."""
    for name, wanted in reference["one batch"].items():
        problem = difference(student["one batch"][name], wanted, name)
        if problem:
            return problem
    small = student["small batches"]
    if not close(small["first"], small["second"], atol=1e-7):
        return "A second fit to the same data should end where the first did: from zeros, and with the seed's orders again."
    return None


def _blended(w, X):
    """Return whether w is not zero, and a sum of multiples of X's rows."""
    rows = torch.linalg.lstsq(X.T, w.unsqueeze(1)).solution
    return float(w.norm()) > 0 and float((X.T @ rows - w.unsqueeze(1)).norm()) < 1e-6 * float(w.norm())


def _shapes(student, reference):
    """Return a sentence if a w or b is of another kind than X asks for."""
    X = reference["X"]
    for found in student["found"]:
        for name, shape in (("w", X.shape[1:]), ("b", torch.Size([]))):
            value = found[name]
            if not isinstance(value, torch.Tensor):
                return f"After a fit, `{name}` should be a tensor."
            if value.shape != shape:
                return f"After a fit, `{name}` should have the shape {tuple(shape)}, and it has {tuple(value.shape)}."
            if value.dtype != X.dtype:
                return f"After a fit, `{name}` should have X's dtype."
            if not bool(torch.isfinite(value).all()):
                return f"After a fit, `{name}` is not finite."
    return None


def _cuts(n_samples, batch_size):
    """Return every way to cut the rows into batches, one after the other; the order inside a batch is all the same."""

    def cut(rows):
        if len(rows) <= batch_size:
            return [[rows]]
        return [
            [first, *rest]
            for first in combinations(rows, batch_size)
            for rest in cut(tuple(row for row in rows if row not in first))
        ]

    return cut(tuple(range(n_samples)))


def _places(found, reference):
    """Return for each result the number of the possible place that is nearest to it, and how far off it is.

    After two epochs the number is that of the first epoch's cut times how many cuts there are, plus the second's.
    """
    y, lr = reference["y"].double(), reference["lr"]
    A = torch.cat([torch.ones(len(y), 1, dtype=torch.float64), reference["X"].double()], dim=1)
    states = torch.zeros(1, A.shape[1], dtype=torch.float64)
    for _ in range(reference["epochs"]):
        ends = []
        for batches in _cuts(len(y), reference["batch_size"]):
            now = states
            for batch in batches:
                rows = list(batch)
                errors = now @ A[rows].T - y[rows]
                now = now - lr * 2 / len(rows) * errors @ A[rows]
            ends.append(now)
        states = torch.stack(ends, dim=1).reshape(-1, A.shape[1])
    results = torch.stack([torch.cat([one["b"].double().reshape(1), one["w"].double()]) for one in found])
    gaps = (results.unsqueeze(1) - states).abs().amax(dim=-1)
    return gaps.argmin(dim=1).tolist(), gaps.amin(dim=1).tolist()


def _close(reference):
    return 1e-7 if reference["X"].dtype == torch.float64 else 1e-4


# --- history


def loss_before_each_step(student, reference):
    """Each entry is the mean squared error at the place where its epoch starts."""
    problem = _length(student["history"], len(reference["history"]))
    if problem:
        return problem
    X, y = reference["X"].double(), reference["y"].double()
    for loss, place in zip(student["history"], student["places"], strict=True):
        if not _same(loss, _squares(X, y, place).mean().item()):
            return (
                "With all rows in one batch, each loss should be the mean squared error with the `w` and `b` from before "
                "the update."
            )
    return None


def mean_over_the_samples(student, reference):
    """With nothing moving, each entry is the mean of the squared targets."""
    problem = _length(student["history"], len(reference["history"]))
    if problem:
        return problem
    if not all(_same(loss, wanted) for loss, wanted in zip(student["history"], reference["history"], strict=True)):
        return (
            "With a learning rate of 0 nothing moves, so each epoch's loss should be the mean of the squared errors of all "
            "the rows, each counted once and all counted the same, however they are cut into batches."
        )
    return None


def losses_while_the_epoch_runs(student, reference):
    """Each epoch's loss is what one of the possible first batches gives, with the rest taken after its update."""
    X, y = reference["X"].double(), reference["y"].double()
    start = {"w": torch.zeros_like(X[0]), "b": torch.zeros((), dtype=torch.float64)}
    before = _squares(X, y, start)
    possible = []
    for first, wanted in zip(student["firsts"], reference["firsts"], strict=True):
        mask = torch.zeros(len(y), dtype=torch.bool)
        mask[wanted["rows"]] = True
        possible.append(torch.where(mask, before, _squares(X, y, first)).mean().item())
    for history in student["history"]:
        problem = _length(history, 1)
        if problem:
            return problem
        if not any(_same(history[0], loss) for loss in possible):
            return (
                "In an epoch of two batches, the first one's squared errors should be those at the start, and the second "
                "one's those just after the first update; then comes the mean over all the rows."
            )
    return None


def _length(history, wanted):
    if len(history) != wanted:
        return f"There should be one number for each epoch, {wanted} in all, and there are {len(history)}."
    return None


def _squares(X, y, place):
    return (X @ place["w"].double() + place["b"].double() - y) ** 2


def _same(loss, wanted):
    """Losses may have been added up in float32."""
    return abs(loss - wanted) <= 1e-4 * abs(wanted) + 1e-6


# --- quiz

_WRONG = {
    (
        1,
        "A",
    ): "2.6 would be uphill. The slope is negative, so the loss falls towards a larger w: the step subtracts the slope "
    '("One step downhill", lesson 1.1).',
    (
        1,
        "B",
    ): 'For 7, the whole slope was subtracted. The learning rate says how much of it ("One step downhill", lesson 1.1).',
    (1, "D"): "0.4 is the length of the step, not the place where it ends: the step begins at the old w "
    '("One step downhill", lesson 1.1).',
    (2, "A"): "Each loss is taken before its step, when the prediction is made, and so the start has an entry as well "
    '("Again and again", lesson 1.1).',
    (
        2,
        "C",
    ): 'A path has one place more than there are steps. A history has one loss for each step ("Again and again", '
    "lesson 1.1).",
    (2, "D"): "The first entry is right, but after the last step no loss is measured any more "
    '("Again and again", lesson 1.1).',
    (3, "A"): "Here the shapes do not fit: (40, 3) times (40,). And where N is D it would run and be wrong "
    '("The gradient and the transposed table", lesson 1.2).',
    (
        3,
        "B",
    ): "There are as many errors as samples, so the mean divides by their number alone, and not by that of the features as "
    'well ("The usual mistakes", lesson 1.2).',
    (3, "C"): "A mean of products is not a product of means: each error meets the features of its own sample first "
    '("The usual mistakes", lessons 1.1 and 1.2).',
    (
        4,
        "A",
    ): 'It would be good if it stopped. But PyTorch stretches shapes where it can ("The loss, and broadcasting\'s trap", '
    "lesson 1.2).",
    (4, "C"): "Stretching repeats a column and a row until both are square; it does not pair them up one by one "
    '("The loss, and broadcasting\'s trap", lesson 1.2).',
    (4, "D"): "`mean` divides by however many numbers there are, so it is not simply a multiple of the right loss "
    '("The loss, and broadcasting\'s trap", lesson 1.2).',
    (5, "B"): "Standardizing changes the path and not the goal: the same predictions can be made either way "
    '("Back to square metres", lesson 1.2).',
    (5, "C"): "A new house must be measured by the same yardstick as the old ones, or its numbers mean something else "
    '("Standardization", lesson 1.2).',
    (5, "D"): "A mean over the whole table would mix metres with rooms: each column has its own mean and deviation "
    '("Standardization", lesson 1.2).',
    (
        6,
        "A",
    ): "15 is rounded down, and then some samples are never used. The rows that are left over make an update as well "
    '("Updates an epoch", lesson 1.3).',
    (6, "B"): '1000 updates are stochastic gradient descent, with one row a batch ("Updates an epoch", lesson 1.3).',
    (6, "D"): 'That is how many samples a batch has, not how many batches there are ("Updates an epoch", lesson 1.3).',
    (7, "A"): 'An epoch uses every row once, so no row is left out ("A few rows at a time", lesson 1.3).',
    (7, "B"): "With this divisor, the rows of the last batch would count only half. It is a mean over rows that are "
    'really there ("A few rows at a time", lesson 1.3).',
    (
        7,
        "C",
    ): "An update that looks at a few rows estimates the gradient from these; the size of the whole table does not come "
    'into it ("The usual mistakes", lesson 1.3).',
    (
        8,
        "A",
    ): 'The variance behaves in this way, and the deviation is its root ("The noise of a gradient estimate", lesson 1.3).',
    (
        8,
        "C",
    ): "Right on average is one thing, and how far a single batch is off is another: more rows cancel more of it "
    '("The noise of a gradient estimate", lesson 1.3).',
    (8, "D"): "A batch takes a mean and not a sum, so odd opinions cancel, and do not pile up "
    '("The noise of a gradient estimate", lesson 1.3).',
    (9, "A"): 'PyTorch does not write over what is in `.grad` ("Walking downhill with autograd", lesson 1.4).',
    (9, "B"): "There is no error, since every step does a new calculation, and that makes this mistake hard to see "
    '("Walking downhill with autograd", lesson 1.4).',
    (9, "D"): 'Nothing is averaged in `.grad` ("Walking downhill with autograd", lesson 1.4).',
    (
        10,
        "B",
    ): 'So small a nudge drowns in rounding, because float64 keeps some 16 digits ("Seven digits", lesson 1.5).',
    (10, "C"): "Rounding is no trouble there, but Taylor's error grows with the square of the nudge "
    '("How wrong is a difference?", lesson 1.5).',
    (10, "D"): 'Central differences are exact for parabolas only ("How wrong is a difference?", lesson 1.5).',
}


def answer(student, reference):
    """Return what is wrong with the option that was chosen; never which one is right."""
    number, answers = reference["question"], student["answers"]
    if not isinstance(answers, dict):
        return "quiz should return a dictionary, from the number of each question to a letter."
    given = answers.get(number)
    if given is None and str(number) in answers:
        return f'Question {number} has no answer under the int {number}; the numbers are ints and not texts such as "{number}".'
    if 0 in answers:
        return f"Question {number}: the questions are counted from 1 to 10, and your dictionary starts with a 0."
    if given is None:
        return f"Question {number} has no answer yet. A guess costs nothing."
    letter = given.strip().upper() if isinstance(given, str) else ""
    if letter not in ("A", "B", "C", "D"):
        return f'Question {number} should be answered by one letter: "A", "B", "C" or "D".'
    if letter == reference["answers"][number]:
        return None
    return f"Question {number}, your answer {letter}: {_WRONG[number, letter]}"
