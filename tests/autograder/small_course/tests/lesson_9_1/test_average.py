import pytest
import torch


@pytest.mark.exercise("average")
def test_the_mean_of_all_elements(lesson, device, rng):
    """The mean is over all elements, 0-D."""
    return lesson.average(torch.randn((3, 3), generator=rng).to(device))
