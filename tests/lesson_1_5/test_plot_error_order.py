"""Hidden scenarios of `plot_error_order`. The three lists do not overlap, so that what was drawn where shows."""

import matplotlib.pyplot as plt
import pytest
import torch

from autograder.worker import probes


def series(rng, points):
    """Nudges from 1e-1 downwards, forward errors that are larger than all of them, central errors that are smaller."""
    jitter = torch.rand(3, points, generator=rng).double()
    exponents = torch.arange(points)
    nudges = 10 ** (-1 - 0.8 * exponents - 0.5 * jitter[0])
    forward = 10 ** (3 - 0.3 * exponents - 0.2 * jitter[1])
    central = 10 ** (-7 - 0.6 * exponents - 0.4 * jitter[2])
    return [values.tolist() for values in (nudges, forward, central)]


def drawn(lesson, lists):
    figure = lesson.plot_error_order(*[list(values) for values in lists])
    return {"figure": probes.figure(figure), "lists": lists}


@pytest.mark.exercise("plot_error_order")
@pytest.mark.weight(2)
@pytest.mark.check("both_series_are_drawn")
@pytest.mark.parametrize("order", ["falling", "shuffled"])
def test_both_series_are_drawn(lesson, rng, order):
    """The errors of both kinds are drawn against the nudges, the numbers themselves, in the same axes."""
    lists = series(rng, 6)
    if order == "shuffled":
        places = torch.randperm(6, generator=rng).tolist()
        lists = [[values[i] for i in places] for values in lists]
    return drawn(lesson, lists)


@pytest.mark.exercise("plot_error_order")
@pytest.mark.weight(3)
@pytest.mark.check("axes_are_logarithmic")
def test_axes_are_logarithmic(lesson, rng):
    """Both axes have a logarithmic scale."""
    return drawn(lesson, series(rng, 5))


@pytest.mark.exercise("plot_error_order")
@pytest.mark.check("axes_are_labelled")
def test_axes_are_labelled(lesson, rng):
    """Both axes have labels."""
    return drawn(lesson, series(rng, 4))


@pytest.mark.exercise("plot_error_order")
@pytest.mark.check("legend_names_both")
def test_legend_names_both(lesson, rng):
    """A legend has an entry with the word forward and another with the word central."""
    return drawn(lesson, series(rng, 4))


@pytest.mark.exercise("plot_error_order")
@pytest.mark.check("new_figure_is_not_shown")
def test_returns_a_new_figure_and_does_not_show_it(lesson, rng):
    """Every call returns a new Figure, leaves the lists alone, and `plt.show()` is not called."""
    lists = series(rng, 3)
    given = [list(values) for values in lists]
    first, shown = probes.shows(lambda: lesson.plot_error_order(*given))
    second, shown_again = probes.shows(lambda: lesson.plot_error_order(*given))
    found = {
        "one figure for both": probes.same_object(first, second),
        "shown": shown + shown_again,
        "first": probes.figure(first),
        "second": probes.figure(second),
        "lists": lists,
        "lists afterwards": given,
    }
    plt.close("all")
    return found
