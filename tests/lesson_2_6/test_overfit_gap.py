"""Hidden scenarios of `overfit_gap`."""

import pytest
import torch

from autograder.worker import probes


def bumpy(rng, n):
    """Return n different losses between 1 and 2."""
    return (1 + torch.randperm(n, generator=rng).double() / n).tolist()


def plain(result):
    gap, best = result
    return {"tuple": isinstance(result, tuple), "gap": float(gap), "best": int(best)}


@pytest.mark.exercise("overfit_gap")
@pytest.mark.weight(2)
def test_a_model_that_overfits(lesson, rng):
    """The gap is validation minus training at the last epoch; the best epoch is that of the lowest validation loss."""
    train = [4.0, 2.0, 1.0, 0.5, 0.25, 0.125]
    validation = [loss + 3 for loss in bumpy(rng, 6)]
    validation[2], validation[5] = 3.1 + 0.1 * float(torch.rand(1, generator=rng)), 6.5
    return plain(lesson.overfit_gap({"train": train, "validation": validation}))


@pytest.mark.exercise("overfit_gap")
@pytest.mark.weight(2)
def test_gap_may_be_negative(lesson, rng):
    """The gap keeps its sign: negative where the validation loss is the lower one. The last epoch may be the best."""
    train = [*(loss + 2 for loss in bumpy(rng, 4)), 4.5]
    validation = sorted(bumpy(rng, 5), reverse=True)
    return plain(lesson.overfit_gap({"train": train, "validation": validation}))


@pytest.mark.exercise("overfit_gap")
def test_first_of_the_lowest_counts(lesson, rng):
    """Where several epochs share the lowest validation loss, the first of them is the best."""
    train = sorted(bumpy(rng, 6), reverse=True)
    validation = [3.0, 1.5, 2.5, 1.5, 1.5, 2.0]
    return plain(lesson.overfit_gap({"train": train, "validation": validation}))


@pytest.mark.exercise("overfit_gap")
def test_one_epoch_and_the_first_epoch(lesson):
    """A history may have a single epoch; the first epoch, which is number 0, may be the best."""
    one = lesson.overfit_gap({"train": [0.75], "validation": [2.0]})
    return plain(one), plain(lesson.overfit_gap({"train": [3.0, 2.0, 1.0], "validation": [4.0, 5.0, 6.5]}))


@pytest.mark.exercise("overfit_gap")
def test_kinds_of_numbers(lesson, rng):
    """The gap is a Python float and the best epoch a Python int; the history stays as it was."""
    history = {"train": bumpy(rng, 4), "validation": bumpy(rng, 4)}
    before = {name: list(losses) for name, losses in history.items()}
    gap, best = lesson.overfit_gap(history)
    return {
        "float": isinstance(gap, float),
        "int": isinstance(best, int) and not isinstance(best, bool),
        "history": history == before,
    }


@pytest.mark.exercise("overfit_gap")
def test_lists_that_cannot_be_compared_are_refused(lesson):
    """Empty lists, or lists of two lengths, raise a ValueError."""
    cases = (([], []), ([1.0, 2.0], [1.0]), ([1.0], [1.0, 2.0]), ([1.0], []), ([], [1.0]))
    return [
        probes.raised(ValueError, lambda t=train, v=validation: lesson.overfit_gap({"train": t, "validation": v}))
        for train, validation in cases
    ]
