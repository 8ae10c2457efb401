"""The checks of lesson 1.3: what is random is judged by its distribution. Each returns None, or the student's sentence.

The sentences hold no numbers, so that the same mistake always reads the same. The true noise is computed here, from the
data that the reference's run returned; those are the scenario's input, and never come from the student.
"""

import math

import torch

BOUND = 0.15  # how far the measured noise may lie from the formula's


def noise_is_right(student, reference):
    """Every entry lies within 15 % of √(S²/B · (1 - B/N)), where S² is the variance of the rows' gradients."""
    problem = _kind_problem(student, reference)
    if problem:
        return problem
    found = _found(student)
    if not bool(torch.isfinite(found).all()):
        return "Some of the deviations are not finite numbers."
    if bool((found < 0).any()):
        return "Some of the deviations are negative; a standard deviation never is."
    gradients, size = _row_gradients(reference), reference["batch_size"]
    n = len(gradients)
    if size == n:
        largest = 0.01 * gradients.abs().max()
        return None if bool((found <= largest).all()) else "Batches of all the rows are all the same: their noise is 0."
    spread = gradients.std(dim=0)
    wanted = spread * math.sqrt((1 - size / n) / size)

    def near(other):
        return bool(((found - other).abs() <= BOUND * other).all())

    if near(wanted):
        return None
    if near(wanted**2):
        return "These look like variances; the standard deviation is the square root of the variance."
    if bool((found <= 0.01 * wanted).all()):
        return "There is no noise: every trial should draw a new batch."
    if near(spread / math.sqrt(size) * math.sqrt(1 - 1 / n)):
        return "There is more noise than batches of different rows have: it looks as if a row could come twice."
    if near(wanted * size):
        return "There is too much noise: the gradient of a batch is the mean over its rows, not their sum."
    if near(wanted / math.sqrt(reference["trials"])):
        return "There is too little noise: it seems to be divided by the root of the number of trials."
    if bool((found >= (1 + BOUND) * wanted).all()):
        return "There is too much noise in every entry."
    if bool((found <= (1 - BOUND) * wanted).all()):
        return "There is too little noise in every entry."
    return "Some of the deviations are too far from the formula's."


def noise_of_few_trials(student, reference):
    """With two possible batches the unbiased deviation over T trials of 2 or 3 is 0 or |g1 - g2| / √T, and both occur."""
    problem = _kind_problem(student, reference)
    if problem:
        return problem
    found, trials = _found(student), reference["trials"]  # (calls, 1 + D)
    gap = _row_gradients(reference).diff(dim=0).abs()  # (1, 1 + D)
    none = (found.abs() <= 1e-4 * gap).all(dim=1)

    def same(other):
        return ((found - other).abs() <= 1e-4 * gap).all(dim=1)

    some = same(gap / math.sqrt(trials))
    if bool((none | some).all()):
        if not bool(none.any()):
            return "The trials never draw the same batch twice in a row: they should be independent of each other."
        if not bool(some.any()):
            return "The trials always draw the same batch: every trial should draw a new one."
        return None
    biased = same(gap / math.sqrt(trials) * math.sqrt((trials - 1) / trials))
    if bool((none | biased).all()):
        return "The squares are divided by the number of trials; the unbiased deviation divides by one less."
    return (
        "With few trials the result is not the deviation of batches that are possible: it should be measured on them."
    )


def generator_decides(student, reference):
    """All four facts about seeds hold."""
    sentences = {
        "same seed, same noise": "With the same seed the noise should be the same again: draw from `generator` alone.",
        "another seed, other noise": "Another seed should give other noise: draw from `generator`, and do not seed it.",
        "second call, new batches": "A second call on the same generator should draw new batches: do not seed it.",
        "global generator untouched": "The global generator was used or seeded: draw from `generator` alone.",
    }
    return next((sentence for fact, sentence in sentences.items() if student[fact] is not True), None)


def _kind_problem(student, reference):
    """Return the sentence for a wrong type, shape or dtype of the two deviations."""
    for name, shape in (("std_dw", "(D,)"), ("std_db", "()")):
        if not isinstance(student[name], torch.Tensor):
            return f"`{name}` should be a tensor."
        if student[name].shape != reference[name].shape:
            return f"`{name}` should have the shape `{shape}`."
        if student[name].dtype != reference[name].dtype:
            return f"`{name}` should have the dtype of X."
    return None


def _found(student):
    return torch.cat([student["std_db"].double().unsqueeze(-1), student["std_dw"].double()], dim=-1)


def _row_gradients(reference):
    """Return each row's gradient, `(N, 1 + D)`: the bias's entry first."""
    X, y, w, b = (reference[name].double() for name in ("X", "y", "w", "b"))
    errors = X @ w + b - y
    return 2 * errors.unsqueeze(1) * torch.cat([torch.ones_like(X[:, :1]), X], dim=1)
