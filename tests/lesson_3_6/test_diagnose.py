"""Hidden scenarios of `diagnose`. No loss lies near a limit, but where a scenario says so, and there all formulas agree."""

import math

import pytest
import torch

from autograder.worker import probes


def falling(rng, n, start=2.0, factor=0.8):
    """Return n losses that fall by about a fifth each."""
    wobble = 1 + 0.02 * torch.rand(n, generator=rng, dtype=torch.float64)
    return (start * factor ** torch.arange(n, dtype=torch.float64) * wobble).tolist()


def flat(rng, n, height=1.0):
    """Return n losses within a thousandth of each other."""
    return (height * (1 + 0.001 * torch.rand(n, generator=rng, dtype=torch.float64))).tolist()


def word(lesson, train, validation):
    return lesson.diagnose({"train": list(train), "validation": list(validation)})


@pytest.mark.exercise("diagnose")
def test_both_losses_fall(lesson, rng):
    """Losses that fall all the time are healthy, whatever lies between training and validation; 4 epochs are enough."""
    return [
        word(lesson, falling(rng, n), falling(rng, n, start=start)) for n in (4, 5, 12) for start in (0.5, 2.0, 8.0)
    ]


@pytest.mark.exercise("diagnose")
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_finite(lesson, rng, bad):
    """A NaN or an infinity anywhere in either list means diverging."""
    found = {}
    for name in ("train", "validation"):
        for place in (0, 3, 7):
            history = {"train": falling(rng, 8), "validation": falling(rng, 8)}
            history[name][place] = bad
            found[f"{name} at epoch {place}"] = lesson.diagnose(history)
    return found


@pytest.mark.exercise("diagnose")
def test_training_ends_above_its_start(lesson, rng):
    """A last training loss above the first means diverging, however low it was between, and however high the start is."""
    train = falling(rng, 9)
    up = [*train[:-1], train[0] * 1.02]
    return word(lesson, up, falling(rng, 9)), word(lesson, [100 * loss for loss in up], falling(rng, 9))


@pytest.mark.exercise("diagnose")
def test_a_peak_between_is_no_divergence(lesson, rng):
    """Only the last training loss is compared with the first; a peak between them does no harm."""
    train = falling(rng, 9)
    train[2] = 3 * train[0]
    return word(lesson, train, falling(rng, 9))


@pytest.mark.exercise("diagnose")
def test_back_where_it_began_is_not_above(lesson, rng):
    """A last training loss that equals the first is not above it; it did not fall since the middle, so it is a plateau."""
    train = falling(rng, 8)
    train[-1] = train[0]
    return word(lesson, train, falling(rng, 8))


@pytest.mark.exercise("diagnose")
@pytest.mark.weight(2)
def test_validation_rises(lesson, rng):
    """A last validation loss of more than 1.1 times the lowest means overfitting, however slowly it rose."""
    validation = [*falling(rng, 6), 0.62, 0.66, 0.70, 0.74, 0.78, 0.82]
    sudden = [*falling(rng, 11), 0.9]
    return [word(lesson, falling(rng, 12), losses) for losses in (validation, sudden)]


@pytest.mark.exercise("diagnose")
@pytest.mark.weight(2)
def test_validation_rises_a_little(lesson, rng):
    """Up to 1.1 times the lowest validation loss, 1.1 included, is noise."""
    fallen = falling(rng, 8)
    found = []
    for last in (1.04, 1.09, 1.11, 1.3):
        validation = [*fallen, 0.1, 0.1 * last]
        found.append(word(lesson, falling(rng, 10), validation))
    return [*found, word(lesson, falling(rng, 5), [40.0, 20.0, 10.0, 10.5, 11.0])]


@pytest.mark.exercise("diagnose")
@pytest.mark.weight(2)
def test_training_stands_still(lesson, rng):
    """A training loss that falls by less than 1 per cent since epoch n // 2 is a plateau, however large or small it is."""
    train = falling(rng, 6, factor=0.6) + flat(rng, 6, height=0.05)
    train[-1] = 0.998 * train[6]
    return [word(lesson, [scale * loss for loss in train], falling(rng, 12)) for scale in (0.001, 1.0, 1000.0)]


@pytest.mark.exercise("diagnose")
def test_training_falls_slowly(lesson, rng):
    """A fall of more than 1 per cent since epoch n // 2 is no plateau, however large or small the losses are."""
    train = [2.0, 1.5, 1.2, 1.0, 1.0, 0.995, 0.99, 0.985, 0.98, 0.976]
    return [word(lesson, [scale * loss for loss in train], falling(rng, 10)) for scale in (0.001, 1.0, 1000.0)]


@pytest.mark.exercise("diagnose")
def test_the_last_two_epochs_are_not_enough(lesson, rng):
    """The fall is counted since epoch n // 2: two alike at the end are no plateau, and one good step makes none better."""
    still = [2.0, 1.5, 1.2, 1.0, 0.8, 0.6, 0.5, 0.499]
    risen = [2.0, 1.5, 1.0, 0.9, 0.8, 0.9, 0.95, 0.85]
    return word(lesson, still, falling(rng, 8)), word(lesson, risen, falling(rng, 8))


@pytest.mark.exercise("diagnose")
@pytest.mark.weight(2)
def test_where_the_second_half_begins(lesson, rng):
    """The training loss is compared with that of epoch n // 2, not with one before or after."""
    found = []
    for n in (4, 5, 6, 7, 9):
        stands = [20.0 - epoch for epoch in range(n // 2)] + [10.0] * (n - n // 2)
        falls = [20.0 - epoch for epoch in range(n // 2 + 1)] + [9.0] * (n - n // 2 - 1)
        found.append([word(lesson, train, falling(rng, n)) for train in (stands, falls)])
    return found


@pytest.mark.exercise("diagnose")
def test_exactly_one_per_cent_is_no_plateau(lesson, rng):
    """Less than 1 per cent is a plateau; exactly 1 per cent is healthy."""
    train = [400.0, 300.0, 200.0, 100.0, 99.6, 99.0]
    return word(lesson, train, falling(rng, 6)), word(lesson, [*train[:-1], 99.02], falling(rng, 6))


@pytest.mark.exercise("diagnose")
@pytest.mark.weight(2)
def test_the_first_that_holds_is_the_answer(lesson, rng):
    """Diverging comes before overfitting, and overfitting before plateau."""
    rising = [*falling(rng, 6), 1.0, 1.4, 1.8, 2.2]
    standing = falling(rng, 5, factor=0.6) + flat(rng, 5, height=0.05)
    up = [*falling(rng, 9), 3.0]
    with_nan = [*rising[:4], math.nan, *rising[5:]]
    return [
        word(lesson, up, rising),
        word(lesson, standing, rising),
        word(lesson, up, falling(rng, 10)),
        word(lesson, standing, with_nan),
        word(lesson, [*flat(rng, 10)[:-1], 1.5], rising),
    ]


@pytest.mark.exercise("diagnose")
def test_a_short_history_is_refused(lesson, rng):
    """Fewer than 4 epochs raise a ValueError, also when a loss is not finite."""
    found = [
        probes.raised(ValueError, lambda n=n: word(lesson, falling(rng, n), falling(rng, n))) for n in (0, 1, 2, 3)
    ]
    return [*found, probes.raised(ValueError, lambda: word(lesson, [2.0, math.nan, 1.0], [2.0, 1.0, 0.5]))]


@pytest.mark.exercise("diagnose")
def test_the_history_stays_as_it_was(lesson, rng):
    """The lists keep their numbers and their order, and a word comes back."""
    history = {"train": falling(rng, 6), "validation": falling(rng, 6)}
    before = {name: list(losses) for name, losses in history.items()}
    answer = lesson.diagnose(history)
    return {"text": isinstance(answer, str), "unchanged": history == before}
