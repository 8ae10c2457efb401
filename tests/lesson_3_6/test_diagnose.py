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


def sound(rng, n=8):
    """Return a history that is healthy in every respect."""
    return falling(rng, n), falling(rng, n)


def twice_the_start(rng, n=8):
    """Return a history whose last training loss is twice the first."""
    train, validation = sound(rng, n)
    return [*train[:-1], 2 * train[0]], validation


def twice_the_lowest(rng, n=10):
    """Return a history that is healthy, but for a last validation loss of twice the lowest."""
    train, validation = sound(rng, n)
    return train, [*validation[:-1], 2 * min(validation[:-1])]


def asked(lesson, rng, kinds, n=12):
    """Ask about n histories, in an order that nobody can guess; each kind comes up at least once.

    Args:
        lesson: the student's module.
        rng: decides on kinds and order.
        kinds: "where …", to the function of `rng` that makes such a history.
        n: how many there are.
    """
    more = torch.randint(len(kinds), (max(n - len(kinds), 0),), generator=rng)
    chosen = torch.cat([torch.arange(len(kinds)), more])
    order = [list(kinds)[place] for place in chosen[torch.randperm(len(chosen), generator=rng)].tolist()]
    words, given = [], []
    for kind in order:
        train, validation = kinds[kind](rng)
        given.append({"train": list(train), "validation": list(validation)})
        words.append(lesson.diagnose(given[-1]))
    left = probes.kept("its argument `history`", given)
    return {"histories": order, "words": words, "histories afterwards": left}


SOUND = "both losses fall all the time"
DOUBLED = "the last training loss is twice the first"
OVERFITTED = "the last validation loss is twice the lowest"


@pytest.mark.exercise("diagnose")
@pytest.mark.check("words_are_right")
def test_both_losses_fall(lesson, rng):
    """Losses that fall all the time are healthy, whatever lies between training and validation; 4 epochs are enough."""
    kinds = {
        f"both losses fall all the time, over {n} epochs, and validation begins at {start}": lambda rng, n=n, s=start: (
            falling(rng, n),
            falling(rng, n, start=s),
        )
        for n in (4, 5, 12)
        for start in (0.5, 2.0, 8.0)
    }
    return asked(lesson, rng, {**kinds, DOUBLED: twice_the_start, OVERFITTED: twice_the_lowest}, n=22)


@pytest.mark.exercise("diagnose")
@pytest.mark.check("words_are_right")
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_finite(lesson, rng, bad):
    """A NaN or an infinity anywhere in either list means diverging."""

    def spoiled(rng, name, place):
        history = dict(zip(("training", "validation"), sound(rng), strict=True))
        history[name][place] = bad
        return history["training"], history["validation"]

    kinds = {
        f"one {name} loss is not finite": lambda rng, name=name: spoiled(rng, name, 3)
        for name in ("training", "validation")
    }
    for name in ("training", "validation"):
        kinds[f"the first {name} loss is not finite"] = lambda rng, name=name: spoiled(rng, name, 0)
        kinds[f"the last {name} loss is not finite"] = lambda rng, name=name: spoiled(rng, name, 7)
    return asked(lesson, rng, {**kinds, SOUND: sound, OVERFITTED: twice_the_lowest}, n=16)


@pytest.mark.exercise("diagnose")
@pytest.mark.check("words_are_right")
def test_training_ends_above_its_start(lesson, rng):
    """A last training loss above the first means diverging, however low it was between, and however high the start is."""

    def up(rng, scale=1):
        train, validation = sound(rng, 9)
        return [scale * loss for loss in (*train[:-1], train[0] * 1.02)], validation

    kinds = {
        "the last training loss is a little above the first": up,
        "the last training loss is a little above the first, and both are large": lambda rng: up(rng, 100),
    }
    return asked(lesson, rng, {**kinds, SOUND: sound, OVERFITTED: twice_the_lowest})


@pytest.mark.exercise("diagnose")
@pytest.mark.check("words_are_right")
def test_a_peak_between_is_no_divergence(lesson, rng):
    """Only the last training loss is compared with the first; a peak between them does no harm."""

    def peak(rng):
        train, validation = sound(rng, 9)
        return [*train[:2], 3 * train[0], *train[3:]], validation

    kinds = {"the training loss has a peak, but falls again": peak, DOUBLED: twice_the_start}
    return asked(lesson, rng, {**kinds, OVERFITTED: twice_the_lowest})


@pytest.mark.exercise("diagnose")
@pytest.mark.check("words_are_right")
def test_back_where_it_began_is_not_above(lesson, rng):
    """A last training loss that equals the first is not above it; it did not fall since the middle, so it is a plateau."""

    def back(rng):
        train, validation = sound(rng)
        return [*train[:-1], train[0]], validation

    return asked(lesson, rng, {"the last training loss equals the first": back, SOUND: sound, DOUBLED: twice_the_start})


@pytest.mark.exercise("diagnose")
@pytest.mark.weight(2)
@pytest.mark.check("words_are_right")
def test_validation_rises(lesson, rng):
    """A last validation loss of more than 1.1 times the lowest means overfitting, however slowly it rose."""
    kinds = {
        "the validation loss rises slowly, to more than 1.1 times its lowest": lambda rng: (
            falling(rng, 12),
            [*falling(rng, 6), 0.62, 0.66, 0.70, 0.74, 0.78, 0.82],
        ),
        "the validation loss rises suddenly, to more than 1.1 times its lowest": lambda rng: (
            falling(rng, 12),
            [*falling(rng, 11), 0.9],
        ),
    }
    return asked(lesson, rng, {**kinds, SOUND: sound, DOUBLED: twice_the_start})


@pytest.mark.exercise("diagnose")
@pytest.mark.weight(2)
@pytest.mark.check("words_are_right")
def test_validation_rises_a_little(lesson, rng):
    """Up to 1.1 times the lowest validation loss, 1.1 included, is noise."""
    kinds = {
        f"the last validation loss is {last} times the lowest": lambda rng, last=last: (
            falling(rng, 10),
            [*falling(rng, 8), 0.1, 0.1 * last],
        )
        for last in (1.04, 1.09, 1.11, 1.3)
    }
    exactly = {
        "the last validation loss is exactly 1.1 times the lowest": lambda rng: (
            falling(rng, 5),
            [40.0, 20.0, 10.0, 10.5, 11.0],
        )
    }
    return asked(lesson, rng, {**kinds, **exactly})


@pytest.mark.exercise("diagnose")
@pytest.mark.weight(2)
@pytest.mark.check("words_are_right")
def test_training_stands_still(lesson, rng):
    """A training loss that falls by less than 1 per cent since epoch n // 2 is a plateau, however large or small it is."""

    def still(rng, scale):
        train = falling(rng, 6, factor=0.6) + flat(rng, 6, height=0.05)
        train[-1] = 0.998 * train[6]
        return [scale * loss for loss in train], falling(rng, 12)

    kinds = {
        f"the training loss falls by less than 1 per cent since epoch n // 2, and {size}": lambda rng, s=scale: still(
            rng, s
        )
        for size, scale in (("is small", 0.001), ("is of ordinary size", 1.0), ("is large", 1000.0))
    }
    return asked(lesson, rng, {**kinds, SOUND: sound, DOUBLED: twice_the_start})


@pytest.mark.exercise("diagnose")
@pytest.mark.check("words_are_right")
def test_training_falls_slowly(lesson, rng):
    """A fall of more than 1 per cent since epoch n // 2 is no plateau, however large or small the losses are."""
    train = [2.0, 1.5, 1.2, 1.0, 1.0, 0.995, 0.99, 0.985, 0.98, 0.976]
    kinds = {
        f"the training loss falls by a little more than 1 per cent since epoch n // 2, and {size}": lambda rng, s=scale: (
            [s * loss for loss in train],
            falling(rng, 10),
        )
        for size, scale in (("is small", 0.001), ("is of ordinary size", 1.0), ("is large", 1000.0))
    }
    return asked(lesson, rng, {**kinds, DOUBLED: twice_the_start, OVERFITTED: twice_the_lowest})


@pytest.mark.exercise("diagnose")
@pytest.mark.check("words_are_right")
def test_the_last_two_epochs_are_not_enough(lesson, rng):
    """The fall is counted since epoch n // 2: two alike at the end are no plateau, and one good step makes none better."""
    still = [2.0, 1.5, 1.2, 1.0, 0.8, 0.6, 0.5, 0.499]
    risen = [2.0, 1.5, 1.0, 0.9, 0.8, 0.9, 0.95, 0.85]
    kinds = {
        "the training loss falls since epoch n // 2, but not in the last": lambda rng: (still, falling(rng, 8)),
        "the training loss is above that of epoch n // 2, but falls in the last": lambda rng: (risen, falling(rng, 8)),
    }
    return asked(lesson, rng, kinds)


@pytest.mark.exercise("diagnose")
@pytest.mark.weight(2)
@pytest.mark.check("words_are_right")
def test_where_the_second_half_begins(lesson, rng):
    """The training loss is compared with that of epoch n // 2, not with one before or after."""
    kinds = {}
    for n in (4, 5, 6, 7, 9):
        stands = [20.0 - epoch for epoch in range(n // 2)] + [10.0] * (n - n // 2)
        falls = [20.0 - epoch for epoch in range(n // 2 + 1)] + [9.0] * (n - n // 2 - 1)
        for name, train in (("up to", stands), ("for the last time just after", falls)):
            kinds[f"the training loss falls {name} epoch n // 2, of n = {n}"] = lambda rng, n=n, train=train: (
                train,
                falling(rng, n),
            )
    return asked(lesson, rng, kinds)


@pytest.mark.exercise("diagnose")
@pytest.mark.check("words_are_right")
def test_exactly_one_per_cent_is_no_plateau(lesson, rng):
    """Less than 1 per cent is a plateau; exactly 1 per cent is healthy."""
    train = [400.0, 300.0, 200.0, 100.0, 99.6]
    kinds = {
        f"the training loss falls by {how} 1 per cent since epoch n // 2": lambda rng, last=last: (
            [*train, last],
            falling(rng, 6),
        )
        for how, last in (("exactly", 99.0), ("a little less than", 99.02))
    }
    return asked(lesson, rng, kinds)


@pytest.mark.exercise("diagnose")
@pytest.mark.weight(5)
@pytest.mark.check("words_are_right")
def test_the_first_that_holds_is_the_answer(lesson, rng):
    """Diverging comes before overfitting, and overfitting before plateau."""

    def rising(rng):
        return [*falling(rng, 6), 1.0, 1.4, 1.8, 2.2]

    def standing(rng):
        return falling(rng, 5, factor=0.6) + flat(rng, 5, height=0.05)

    def up(rng):
        return [*falling(rng, 9), 3.0]

    def with_nan(rng):
        losses = rising(rng)
        losses[4] = math.nan
        return losses

    kinds = {
        "the last training loss is above the first, and validation rises": lambda rng: (up(rng), rising(rng)),
        "training stands still, and validation rises": lambda rng: (standing(rng), rising(rng)),
        "the last training loss is above the first, and did not fall since epoch n // 2": lambda rng: (
            up(rng),
            falling(rng, 10),
        ),
        "training stands still, and validation rises and has a NaN": lambda rng: (standing(rng), with_nan(rng)),
        "training stands still but for the end, and validation rises": lambda rng: (
            [*flat(rng, 10)[:-1], 1.5],
            rising(rng),
        ),
    }
    return asked(lesson, rng, kinds, n=14)


@pytest.mark.exercise("diagnose")
@pytest.mark.check("short_ones_are_refused")
def test_a_short_history_is_refused(lesson, rng):
    """Fewer than 4 epochs raise a ValueError, also when a loss is not finite; 4 do not."""

    def refused(train, validation):
        return probes.raised(ValueError, lambda: lesson.diagnose({"train": train, "validation": validation}))

    short = {f"{n} epochs": refused(falling(rng, n), falling(rng, n)) for n in (0, 1, 2, 3)}
    short["3 epochs, with a NaN"] = refused([2.0, math.nan, 1.0], [2.0, 1.0, 0.5])
    kinds = {
        "there are 4 epochs, and both losses fall": lambda rng: sound(rng, 4),
        "there are 4 epochs, and the last training loss is twice the first": lambda rng: twice_the_start(rng, 4),
    }
    return {"short": short, **asked(lesson, rng, kinds)}


@pytest.mark.exercise("diagnose")
@pytest.mark.check("history_stays")
def test_the_history_stays_as_it_was(lesson, rng):
    """The lists keep their numbers and their order, and a word comes back."""
    return asked(lesson, rng, {SOUND: sound, DOUBLED: twice_the_start})
