"""Hidden scenarios of `overfit_gap`."""

import pytest
import torch

from autograder.worker import probes


def bumpy(rng, n):
    """Return n different losses between 1 and 2, and one drawn number above."""
    return (1 + shift(rng) + torch.randperm(n, generator=rng).double() / n).tolist()


def shift(rng):
    """Return a number between 0 and 0.1."""
    return 0.1 * float(torch.rand(1, generator=rng))


def asked(lesson, train, validation):
    return lesson.overfit_gap({"train": train, "validation": validation})


@pytest.mark.exercise("overfit_gap")
@pytest.mark.weight(2)
@pytest.mark.check("gap_and_epoch_are_right")
def test_a_model_that_overfits(lesson, rng):
    """The gap is validation minus training at the last epoch; the best epoch is that of the lowest validation loss."""
    train = [4.0, 2.0, 1.0, 0.5, 0.25, 0.125]
    validation = [loss + 3 for loss in bumpy(rng, 6)]
    validation[2], validation[5] = 3.1 + shift(rng), 6.5 + shift(rng)
    return {"a history of six epochs": asked(lesson, train, validation)}


@pytest.mark.exercise("overfit_gap")
@pytest.mark.weight(2)
@pytest.mark.check("gap_and_epoch_are_right")
def test_gap_may_be_negative(lesson, rng):
    """The gap keeps its sign: negative where the validation loss is the lower one. The last epoch may be the best."""
    train = [*(loss + 2 for loss in bumpy(rng, 4)), 4.5]
    validation = sorted(bumpy(rng, 5), reverse=True)
    return {"a history of five epochs": asked(lesson, train, validation)}


@pytest.mark.exercise("overfit_gap")
@pytest.mark.check("gap_and_epoch_are_right")
def test_first_of_the_lowest_counts(lesson, rng):
    """Where several epochs share the lowest validation loss, the first of them is the best."""
    train = sorted(bumpy(rng, 6), reverse=True)
    more = shift(rng)
    validation = [loss + more for loss in (3.0, 1.5, 2.5, 1.5, 1.5, 2.0)]
    return {"three epochs with the lowest loss": asked(lesson, train, validation)}


@pytest.mark.exercise("overfit_gap")
@pytest.mark.check("gap_and_epoch_are_right")
def test_one_epoch_and_the_first_epoch(lesson, rng):
    """A history may have a single epoch; the first epoch, which is number 0, may be the best."""
    return {
        "one epoch": asked(lesson, [0.75 + shift(rng)], [2.0 + shift(rng)]),
        "three epochs, the first the best": asked(lesson, [3.0, 2.0, 1.0], [4.0, 5.0, 6.5 + shift(rng)]),
    }


@pytest.mark.exercise("overfit_gap")
def test_kinds_of_numbers(lesson, rng):
    """The gap is a Python float and the best epoch a Python int; the history stays as it was."""
    history = {"train": bumpy(rng, 4), "validation": bumpy(rng, 4)}
    result, kept = probes.unchanged(lambda: lesson.overfit_gap(history), history=history)
    return {"gap and best epoch": result, **kept}


@pytest.mark.exercise("overfit_gap")
@pytest.mark.check("gap_and_epoch_are_right")
def test_lists_that_cannot_be_compared_are_refused(lesson, rng):
    """Empty lists, or lists of two lengths, raise a ValueError; one epoch does not."""
    cases = {
        "no epochs": ([], []),
        "2 and 1 epochs": ([1.0, 2.0], [1.0]),
        "1 and 2 epochs": ([1.0], [1.0, 2.0]),
        "1 and 0 epochs": ([1.0], []),
        "0 and 1 epochs": ([], [1.0]),
    }
    refused = {name: probes.raised(ValueError, lambda case=case: asked(lesson, *case)) for name, case in cases.items()}
    return {"1 and 1 epochs": asked(lesson, [1.0 + shift(rng)], [2.0 + shift(rng)]), **refused}
