"""Hidden scenarios of `plot_dashboard`. No two numbers of a history are alike, so that each curve is known by its heights."""

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from autograder.worker import probes


def spread(rng, n, low, high):
    """Return n different numbers from low to high, none of which can be guessed."""
    places = torch.randperm(n, generator=rng) + 0.5 * torch.rand(n, generator=rng, dtype=torch.float64)
    return (low + (high - low) * places / n).tolist()


def swap(numbers, place, lowest=True):
    """Put the lowest (or highest) of the numbers at a place."""
    found = numbers.index(min(numbers) if lowest else max(numbers))
    numbers[found], numbers[place] = numbers[place], numbers[found]


def told(rng, n, best, best_train, best_accuracy):
    """Return a history whose best epochs, by its three lists, are the given ones."""
    history = {
        "train": spread(rng, n, 0.2, 0.7),
        "validation": spread(rng, n, 1.2, 2.1),
        "accuracy": spread(rng, n, 0.31, 0.93),
    }
    swap(history["train"], best_train)
    swap(history["validation"], best)
    swap(history["accuracy"], best_accuracy, lowest=False)
    return history


def look(artist):
    """Return colour, style and marker of a line or of its entry in a legend, as a text."""
    try:
        return f"{to_hex(artist.get_color(), keep_alpha=True)} {artist.get_linestyle()} {artist.get_marker()}"
    except (AttributeError, ValueError):
        return ""


def points(collection):
    """Return the places along x of scattered points, or of the lines of `vlines`."""
    if hasattr(collection, "get_segments"):
        return [[float(x) for x, _ in segment] for segment in collection.get_segments()]
    return [[float(x)] for x, _ in collection.get_offsets()]


def drawn(fig):
    """Return of every axes its place, labels, lines with their looks, further marks, and the entries of its legend."""
    if not isinstance(fig, Figure):
        return {"type": type(fig).__name__, "axes": []}
    axes = []
    for ax in fig.axes:
        legend = ax.get_legend()
        texts = [text.get_text() for text in legend.get_texts()] if legend else []
        entries = zip(texts, legend.legend_handles if legend else [], strict=False)
        axes.append(
            {
                "place": [round(float(side), 4) for side in ax.get_position().bounds],
                "title": ax.get_title() + ax.get_title("left") + ax.get_title("right"),
                "labels": [ax.get_xlabel(), ax.get_ylabel()],
                "lines": [
                    {
                        "x": [float(x) for x in line.get_xdata()],
                        "y": [float(y) for y in line.get_ydata()],
                        "look": look(line),
                    }
                    for line in ax.lines
                ],
                "marks": [x for collection in ax.collections for x in points(collection)],
                "legend": [[text, look(handle)] for text, handle in entries],
            }
        )
    plt.close(fig)
    return {"type": "Figure", "axes": axes}


def facts(lesson, history):
    given = {name: list(found) for name, found in history.items()}
    return {**drawn(lesson.plot_dashboard(given)), "history": history}


@pytest.mark.exercise("plot_dashboard")
@pytest.mark.weight(2)
@pytest.mark.check("two_panels")
@pytest.mark.parametrize("n", [9, 2])
def test_losses_and_accuracy_have_a_panel_each(lesson, rng, n):
    """Both losses are in one panel, the accuracy is in another; the epochs along x count from 0."""
    return facts(lesson, told(rng, n, 1, 0, 0))


@pytest.mark.exercise("plot_dashboard")
@pytest.mark.weight(2)
@pytest.mark.check("best_epoch_is_marked")
@pytest.mark.parametrize(("best", "best_train", "best_accuracy"), [(3, 6, 5), (0, 4, 2), (7, 3, 6)])
def test_best_epoch_is_marked_in_both_panels(lesson, rng, best, best_train, best_accuracy):
    """In both panels the epoch with the lowest validation loss is marked, whatever the other curves do."""
    return facts(lesson, told(rng, 8, best, best_train, best_accuracy))


@pytest.mark.exercise("plot_dashboard")
@pytest.mark.check("best_epoch_is_marked")
def test_first_of_the_best_is_marked(lesson, rng):
    """Where several epochs share the lowest validation loss, the first of them is the best."""
    history = told(rng, 8, 2, 7, 4)
    history["validation"][5] = history["validation"][2]
    return facts(lesson, history)


@pytest.mark.exercise("plot_dashboard")
@pytest.mark.weight(4)
@pytest.mark.check("legend_names_the_losses")
def test_legend_names_the_losses(lesson, rng):
    """The curves look different, and a legend in their panel says which is training and which validation."""
    return facts(lesson, told(rng, 6, 3, 5, 4))


@pytest.mark.exercise("plot_dashboard")
@pytest.mark.check("panels_are_labelled")
def test_panels_are_labelled(lesson, rng):
    """Both panels have labels along x and y; the word accuracy stands in the title or along y of its panel."""
    return facts(lesson, told(rng, 5, 2, 4, 3))


@pytest.mark.exercise("plot_dashboard")
@pytest.mark.check("new_figure_is_not_shown")
def test_a_new_figure_is_returned_and_not_shown(lesson, rng):
    """Every call returns a new Figure; `plt.show()` is not called and the history stays as it was."""
    history = told(rng, 5, 2, 4, 1)
    given = {name: list(found) for name, found in history.items()}

    def both():
        return lesson.plot_dashboard(given), lesson.plot_dashboard(given)

    ((first, second), kept), shown = probes.shows(lambda: probes.unchanged(both, history=given))
    found = {
        "one figure for both": probes.same_object(first, second),
        "first": drawn(first),
        "second": drawn(second),
        "shown": shown,
        "history": history,
        **kept,
    }
    plt.close("all")
    return found
