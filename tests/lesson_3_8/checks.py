"""The checks of lesson 3.8: random windows, logits, what training must reach. Each returns None, or the student's sentence."""

import math

# --- char_batch


def every_window_is_as_likely(student, reference):
    """Each of 6 windows comes about 500 times in 3,000; the deviation is 20.4, and the bounds are five of them wide."""
    if len(student) != 6:
        return "A window starts beyond the last place from which all its targets are still in the text."
    missing = [place for place, count in enumerate(student.tolist()) if count == 0]
    if 5 in missing:
        return "The last window is never drawn. It starts `context` places before the last character."
    if 0 in missing:
        return "The first window is never drawn."
    if int(student.min()) < 399 or int(student.max()) > 601:
        return "Some windows are drawn much more often than others: each should be equally likely."
    return None


def batches_differ(student, reference):
    """16 of 496 starts: twelve different ones or more, at uneven distances; same seed, same batch."""
    if student["starts"] < 10:
        return "Most rows of a batch start at the same place: draw a start for each row."
    if student["gaps"] < 6:
        return "The rows of a batch start at even distances: draw each start by itself."
    if student["same batch twice"]:
        return "A second call with the same generator gave the same batch again."
    if not student["same seed"]:
        return "The same seed gave two different batches: draw from `gen` alone."
    if not student["quiet"]:
        return "PyTorch's global random state has moved: draw from `gen` alone."
    return None


# --- CharModel


def it_is_learned(student, reference):
    """The last loss is under 0.5: over many seeds, models of a dozen kinds stay under 0.25, the reference under 0.01."""
    first, last = student
    if not (math.isfinite(first) and math.isfinite(last)):
        return "The loss should be a finite number."
    if last >= 0.5:
        return f"A text that goes round and round should be learned in 60 steps: the loss is still {last:.2f}."
    return None


def logits_not_probabilities(student, reference):
    """With random weights some logits are negative, and neither they nor their exponentials add up to 1."""
    if student["lowest"] >= 0:
        return "No output is negative: the outputs should be logits, without softmax or ReLU at the end."
    if student["sums to 1"] or student["exponentials too"]:
        return "The outputs of a place are normalized: the outputs should be logits; cross-entropy does the rest."
    return None


# --- train_with_checkpoints


def losses_fall(student, reference):
    """A first loss is about as large as those of fresh models; the last ones are under 0.25 for models of a dozen kinds.

    A model that learns little, or batches that teach little, cost nothing here: a plain run shows how far they get.
    """
    if student["steps"] != reference["steps"]:
        return f"There should be a loss for each of {reference['steps']} steps, and there are {student['steps']}."
    if not min(student["fresh"]) / 3 < student["first"] < 3 * max(student["fresh"]):
        return (
            f"The first loss is {student['first']:.2f}; the mean over all places, before any update, is about "
            f"{sum(student['fresh']) / len(student['fresh']):.2f}."
        )
    if not student["last"] < max(0.5, 1.3 * student["plain"]):
        return f"After 60 steps the loss is {student['last']:.2f}: it should have fallen below 0.5."
    return None


def first_loss_before_the_update(student, reference):
    """At the rate 20 the weights of one update give a loss of tens or hundreds; a fresh model's is about 1.1."""
    if not student["first"] < 3 * max(student["fresh"]):
        return "The loss of a step should be taken before its update."
    return None


def every_place_counts(student, reference):
    """After a lone `a` come `a` and `b` equally often: 1/3 log 2 = 0.23 at least, if the first place counts for one half.

    Where the model sees the future or the batches are wrong, less can be reached; that costs nothing here.
    """
    if student["last"] < 0.12 and student["model and batches fit"]:
        return "The loss is too low: it should be the mean over all places, those with little before them included."
    return None
