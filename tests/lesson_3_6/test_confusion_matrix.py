"""Hidden scenarios of `confusion_matrix`."""

import pytest
import torch

from autograder.worker import probes


def classes(rng, device, n, n_classes):
    """Return n true classes and as many predictions; about half of them are right."""
    y = torch.randint(n_classes, (n,), generator=rng)
    guess = torch.randint(n_classes, (n,), generator=rng)
    return y.to(device), torch.where(torch.rand(n, generator=rng) < 0.5, y, guess).to(device)


@pytest.mark.exercise("confusion_matrix")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("n", "n_classes"), [(40, 3), (60, 4), (200, 10)])
def test_rows_are_the_truth(lesson, device, rng, n, n_classes):
    """The entry in row i and column j counts the samples of class i that were predicted as j."""
    y, y_hat = classes(rng, device, n, n_classes)
    y_hat[: n // 4] = (y[: n // 4] + 1) % n_classes  # so that the matrix is far from symmetric
    return lesson.confusion_matrix(y, y_hat, n_classes)


@pytest.mark.exercise("confusion_matrix")
@pytest.mark.weight(2)
@pytest.mark.parametrize("case", ["never true", "never predicted", "neither", "the last is neither"])
def test_every_class_has_its_row_and_its_column(lesson, device, rng, case):
    """A class that does not occur, as truth or prediction or both, has its row and its column of zeros."""
    y, y_hat = classes(rng, device, 30, 3)
    # Three classes are spread over the numbers from 0 to 4; two numbers stay without samples.
    names = torch.tensor({"the last is neither": [0, 1, 2]}.get(case, [0, 2, 4]), device=device)
    y, y_hat = names[y], names[y_hat]
    if case == "never true":
        y_hat[:5] = 1
    elif case == "never predicted":
        y[:5] = 3
    return lesson.confusion_matrix(y, y_hat, 5)


@pytest.mark.exercise("confusion_matrix")
@pytest.mark.parametrize("prediction", ["right", "wrong", "wrong again"])
def test_one_sample(lesson, device, rng, prediction):
    """One sample gives a single 1, in the row of its class."""
    y, y_hat = torch.randperm(20, generator=rng)[:2].to(device)
    return lesson.confusion_matrix(y.reshape(1), (y if prediction == "right" else y_hat).reshape(1), 20)


@pytest.mark.exercise("confusion_matrix")
def test_no_sample_at_all(lesson, device, rng):
    """No samples (N = 0) give zeros."""
    nothing = torch.zeros(0, dtype=torch.int64, device=device)
    return {
        "no samples": lesson.confusion_matrix(nothing, nothing.clone(), 3),
        "12 samples": lesson.confusion_matrix(*classes(rng, device, 12, 3), 3),
    }


@pytest.mark.exercise("confusion_matrix")
def test_as_many_samples_as_classes(lesson, device, rng):
    """With N = C nothing gets mixed up."""
    y = torch.randperm(5, generator=rng).to(device)
    return lesson.confusion_matrix(y, torch.randint(5, (5,), generator=rng).to(device), 5)


@pytest.mark.exercise("confusion_matrix")
def test_a_pair_counts_as_often_as_it_comes(lesson, device, rng):
    """Every sample counts, also where truth and prediction are the same pair again and again."""
    times = torch.randint(2, 30, (4,), generator=rng)
    y = torch.tensor([0, 0, 1, 1]).repeat_interleave(times).to(device)
    y_hat = torch.tensor([1, 0, 0, 1]).repeat_interleave(times).to(device)
    return lesson.confusion_matrix(y, y_hat, 2)


@pytest.mark.exercise("confusion_matrix")
def test_a_single_class(lesson, device, rng):
    """One class alone gives a matrix (1, 1)."""
    y = torch.zeros(int(torch.randint(2, 2000, (), generator=rng)), dtype=torch.int64, device=device)
    return lesson.confusion_matrix(y, y.clone(), 1)


@pytest.mark.exercise("confusion_matrix")
def test_the_arguments_stay_as_they_are(lesson, device, rng):
    """Nothing is changed in place, and the counts are int64."""
    y, y_hat = classes(rng, device, 50, 4)
    matrix, kept = probes.unchanged(lambda: lesson.confusion_matrix(y, y_hat, 4), y=y, y_hat=y_hat)
    return {"matrix": matrix, **kept}
