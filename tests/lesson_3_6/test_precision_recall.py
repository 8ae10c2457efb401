"""Hidden scenarios of `precision_recall`."""

import pytest
import torch

from autograder.worker import probes


def counts(rng, device, n_classes, high=30):
    """Return a confusion matrix without zeros, far from symmetric."""
    matrix = torch.randint(1, high, (n_classes, n_classes), generator=rng)
    return (matrix + high * torch.ones(n_classes, n_classes, dtype=torch.int64).triu(1)).to(device)


@pytest.mark.exercise("precision_recall")
@pytest.mark.weight(2)
@pytest.mark.parametrize("n_classes", [2, 3, 7])
def test_a_share_for_each_class(lesson, device, rng, n_classes):
    """Precision divides by what was predicted as the class, recall by what is of the class."""
    return lesson.precision_recall(counts(rng, device, n_classes))


@pytest.mark.exercise("precision_recall")
@pytest.mark.weight(2)
@pytest.mark.parametrize("case", ["never predicted", "never true", "both"])
def test_nothing_to_divide_by_gives_zero(lesson, device, rng, case):
    """Where a share would be 0/0 it is 0; the other classes are as always."""
    matrix = counts(rng, device, 4)
    if case != "never true":
        matrix[:, 1] = 0
    if case != "never predicted":
        matrix[2] = 0
    return lesson.precision_recall(matrix)


@pytest.mark.exercise("precision_recall")
@pytest.mark.parametrize("n_classes", [1, 3])
def test_a_matrix_of_zeros(lesson, device, rng, n_classes):
    """Without any samples all shares are 0."""
    nothing = torch.zeros(n_classes, n_classes, dtype=torch.int64, device=device)
    return {
        "no samples": lesson.precision_recall(nothing),
        "samples": lesson.precision_recall(counts(rng, device, n_classes + 1)),
    }


@pytest.mark.exercise("precision_recall")
def test_a_single_class(lesson, device, rng):
    """A single class with samples has precision 1 and recall 1."""
    return {
        "one class": lesson.precision_recall(counts(rng, device, 1)),
        "two classes": lesson.precision_recall(counts(rng, device, 2)),
    }


@pytest.mark.exercise("precision_recall")
def test_a_single_sample(lesson, device, rng):
    """One sample is enough, whether it was found or taken for another class."""
    right, wrong = (torch.zeros(20, 20, dtype=torch.int64, device=device) for _ in range(2))
    found, missed, taken_for = torch.randperm(20, generator=rng)[:3].tolist()
    right[found, found] = 1
    wrong[missed, taken_for] = 1
    return {"found": lesson.precision_recall(right), "taken for another": lesson.precision_recall(wrong)}


@pytest.mark.exercise("precision_recall")
def test_nothing_but_mistakes(lesson, device, rng):
    """A class of which no sample was found has 0 in both; a perfect one has 1 in both."""
    matrix = counts(rng, device, 4)
    matrix[1, 1] = 0
    matrix[3], matrix[:, 3] = 0, 0
    matrix[3, 3] = 9
    return lesson.precision_recall(matrix)


@pytest.mark.exercise("precision_recall")
def test_large_counts(lesson, device, rng):
    """Counts may be large, and the shares are as exact as float32 has them."""
    return lesson.precision_recall(counts(rng, device, 3, high=100_000))


@pytest.mark.exercise("precision_recall")
def test_the_kind_of_the_result(lesson, device, rng):
    """A tuple of two float32 tensors comes back, and the matrix stays as it is."""
    matrix = counts(rng, device, 3)
    result, kept = probes.unchanged(lambda: lesson.precision_recall(matrix), matrix=matrix)
    return {"precision and recall": result, **kept}
