import pytest

from autograder.worker import probes


@pytest.mark.exercise("batch_sizes")
@pytest.mark.parametrize(("n", "size"), [(10, 4), (8, 4), (1, 4)])
def test_the_short_batch_comes_last(lesson, n, size):
    """The short batch comes last."""
    return lesson.batch_sizes(n, size)


@pytest.mark.exercise("batch_sizes")
def test_under_one_is_an_error(lesson):
    """Either number under 1 is a ValueError."""
    return {
        "n = 0": probes.raised(ValueError, lambda: lesson.batch_sizes(0, 4)),
        "size = 0": probes.raised(ValueError, lambda: lesson.batch_sizes(4, 0)),
        "both above 0": lesson.batch_sizes(3, 1),
    }


@pytest.mark.exercise("batch_sizes")
@pytest.mark.check("sizes_add_up")
def test_sizes_add_up(lesson):
    """The sizes are those of n samples."""
    return lesson.batch_sizes(23, 5)
