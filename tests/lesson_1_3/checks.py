"""The checks of lesson 1.3: what is random is judged by its distribution. Each returns None, or the student's sentence.

The sentences hold no numbers, so that the same mistake always reads the same. The true noise is computed here, from the
data that the reference's run returned; those are the scenario's input, and never come from the student.
"""

import math

import torch

from autograder.grading.equality import same

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
    none, some = _two_values(found, {**reference, "trials": trials})
    if bool((none | some).all()):
        if not bool(none.any()):
            return "The trials never draw the same batch twice in a row: they should be independent of each other."
        if not bool(some.any()):
            return "The trials always draw the same batch: every trial should draw a new one."
        return None
    too_small = gap / math.sqrt(trials) * math.sqrt((trials - 1) / trials)
    biased = ((found - too_small).abs() <= 1e-4 * gap).all(dim=1)
    if bool((none | biased).all()):
        return (
            "The squares are divided by the number of trials; here they are divided by one less, as `torch.std` does."
        )
    return (
        "With few trials the result is not the deviation of batches that are possible: it should be measured on them."
    )


def no_noise_of_all_rows(student, reference):
    """Batches of all rows have no noise; batches of some of them have theirs."""
    problems = (noise_is_right(student[name], reference[name]) for name in reference)
    return next((problem for problem in problems if problem), None)


def generator_decides(student, reference):
    """What the calls measured is possible at all, and depends on the generator that they were given, and on nothing else."""
    facts = {**reference["problem"], "trials": 2}
    calls = student["calls"]
    for name, call in reference["calls"].items():
        problem = _kind_problem(calls[name], call)
        if problem:
            return problem
    possible = [_two_values(_found(call), facts) for call in calls.values()]
    if not all(bool((none | some).all()) for none, some in possible):
        return "With two rows the result is not the deviation of batches that are possible."
    drawn = dict(zip(calls, (none for none, _ in possible), strict=True))
    if not torch.equal(drawn["first"], drawn["the same seed again"]):
        return "With the same seed the noise should be the same again: draw from `generator` alone."
    if torch.equal(drawn["first"], drawn["another seed"]):
        return "Another seed should give other noise: draw from `generator`, and do not seed it."
    if torch.equal(drawn["first"], drawn["second"]):
        return "A second call on the same generator should draw new batches: do not seed it."
    if not same(student["the global generator"], reference["the global generator"]):
        return "The global generator was used or seeded: draw from `generator` alone."
    return None


def _two_values(found, facts):
    """Return for each of several calls on two rows whether all its trials drew the same row, and whether they did not."""
    gap = _row_gradients(facts).diff(dim=0).abs()  # (1, 1 + D)
    none = (found.abs() <= 1e-4 * gap).all(dim=1)
    some = ((found - gap / math.sqrt(facts["trials"])).abs() <= 1e-4 * gap).all(dim=1)
    return none, some


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
