"""Scenarios for count."""

import pytest
import torch

HIDDEN = "SCENARIO-5hWx1GzRoA"


@pytest.mark.exercise("count")
def test_drawn_numbers(lesson, rng):
    """Items are counted in the order in which they occur first."""
    return lesson.count(torch.randint(0, 6, (20,), generator=rng).tolist())


@pytest.mark.exercise("count")
@pytest.mark.check("same_pairs")
def test_numbers_of_a_file(lesson, data):
    """What is counted may come from a file."""
    return lesson.count([int(word) for word in (data / "numbers.txt").read_text().split()])
