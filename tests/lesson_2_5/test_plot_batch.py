"""Hidden scenarios of `plot_batch`."""

import pytest
import torch

from autograder.worker import probes


def number(rng, low, high):
    """Return a whole number from `low` to `high`."""
    return int(torch.randint(low, high + 1, (1,), generator=rng))


def batch(rng, n, device, height=28, width=28):
    """Return random images from -1 to 1 and labels from 0 to 9."""
    images = (2 * torch.rand(n, 1, height, width, generator=rng) - 1).to(device)
    labels = torch.randint(0, 10, (n,), generator=rng).to(device)
    return images, labels


def centres(figure):
    """Return how far down and how far right the middle of each axes lies, as shares of the figure."""
    boxes = [ax.get_position(original=True) for ax in getattr(figure, "axes", [])]
    return [(1 - float(box.y0 + box.y1) / 2, float(box.x0 + box.x1) / 2) for box in boxes]


def drawn(figure, images, labels):
    """Return what the checks look at: the figure as data, and what it should show."""
    return {"centres": centres(figure), "figure": probes.figure(figure), "images": images.cpu(), "labels": labels.cpu()}


@pytest.mark.exercise("plot_batch")
@pytest.mark.check("pictures_are_whole")
def test_no_grey_level_is_cut_off(lesson, device, rng):
    """The first eight images are drawn in reading order, upright, with no grey level cut off."""
    images, labels = batch(rng, 11, device)
    return drawn(lesson.plot_batch(images, labels), images, labels)


@pytest.mark.exercise("plot_batch")
@pytest.mark.check("grid_of_eight")
def test_there_are_always_eight_axes_without_lines(lesson, device, rng):
    """There are always eight axes in two rows of four, without lines; spare ones stay empty. Images have any size."""
    images, labels = batch(rng, number(rng, 2, 5), device, number(rng, 6, 9), number(rng, 10, 14))
    return drawn(lesson.plot_batch(images, labels), images, labels)


@pytest.mark.exercise("plot_batch")
@pytest.mark.check("labels_are_titles")
def test_each_title_is_the_label_and_the_figure_is_not_shown(lesson, device, rng):
    """The title is the label, a whole number; `plt.show()` is not called and the arguments stay as they are."""
    images, labels = batch(rng, 8, device)
    (figure, kept), shown = probes.shows(
        lambda: probes.unchanged(lambda: lesson.plot_batch(images, labels), images=images, labels=labels)
    )
    return {**drawn(figure, images, labels), "arguments": kept, "shown": shown}
