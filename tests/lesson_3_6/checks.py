"""The checks of lesson 3.6: a loss that falls, a plot as data. Each returns None, or the student's sentence.

What is wanted is always taken from the reference's run: the loss before the training, the history that was drawn.
"""

import math

# --- overfit_one_batch


def loss_falls_to_a_tenth(student, reference):
    """The history begins with the untrained loss and ends under a tenth of it; the model itself is as good as that."""
    history, first = student["history"], reference["before"]
    if len(history) != len(reference["history"]):
        return f"The history should have a loss for each step, and it has {len(history)} losses."
    if not all(math.isfinite(loss) for loss in history):
        return "The history has losses that are not finite."
    if abs(history[0] - first) > 1e-3 * (1 + first):
        return "The first loss should be the mean cross-entropy of the model as it came, before any update."
    if not history[-1] < first / 10:
        return f"The last loss is {history[-1] / first:.0%} of the first; on rows that a line tells apart it should be under 10%."
    if not student["after"] < first / 10:
        return "The history falls, but the model that was given is not trained: train it in place."
    return None


# --- plot_dashboard


def two_panels(student, reference):
    """Both losses in one axes; the accuracy in another, in another place, without them; epochs from 0."""
    problem = _no_figure(student)
    if problem:
        return problem
    history = reference["history"]
    for name, numbers in history.items():
        lines = [line for ax in student["axes"] for line in ax["lines"] if _close(line["y"], numbers)]
        if not lines:
            return f'There is no line with the numbers of "{name}" along y.'
        if not any(_epochs(line["x"]) for line in lines):
            return "The epochs along x should be counted from 0, in steps of 1."
    losses = _loss_panels(student, history)
    if not losses:
        return "Both losses should be in the same panel."
    panels = _accuracy_panels(student, history)
    if not panels:
        return "The accuracy should have a panel of its own, without the losses."
    if not any(a["place"] != b["place"] for a in losses for b in panels):
        return "The two panels lie in the same place: put them side by side, or one above the other."
    return None


def best_epoch_is_marked(student, reference):
    """In both panels there is a vertical line or a point at the best epoch, and at no other."""
    problem = _no_figure(student)
    if problem:
        return problem
    history = reference["history"]
    best = history["validation"].index(min(history["validation"]))
    panels = {"losses": _loss_panels(student, history), "accuracy": _accuracy_panels(student, history)}
    for name, found in panels.items():
        if not found:
            return f"There is no panel of the {name}, so no epoch can be marked in it."
    for name, found in panels.items():
        marks = [x for ax in found for x in _marks(ax)]
        if not marks:
            return f"No epoch is marked in the panel of the {name}: a vertical line or a point there would do."
        if any(abs(x - best) > 1e-6 for x in marks):
            return f"Another epoch than the best is marked in the panel of the {name}."
    return None


def legend_names_the_losses(student, reference):
    """The two losses differ in their looks, and in their panel's legend an entry with the right word looks like each."""
    problem = _no_figure(student)
    if problem:
        return problem
    history = reference["history"]
    panels = _loss_panels(student, history)
    if not panels:
        return "Both losses should be in the same panel."
    sentences = [_named(ax, history) for ax in panels]
    return None if None in sentences else sentences[0]


def panels_are_labelled(student, reference):
    """All panels that count have two labels, and the accuracy's says that it is one."""
    problem = _no_figure(student)
    if problem:
        return problem
    history = reference["history"]
    losses, accuracy = _loss_panels(student, history), _accuracy_panels(student, history)
    for name, found in (("losses", losses), ("accuracy", accuracy)):
        if not any(all(label.strip() for label in ax["labels"]) for ax in found):
            return f"The panel of the {name} needs labels, one along x and one along y."
    if not any("accuracy" in f"{ax['title']} {ax['labels'][1]}".lower() for ax in accuracy):
        return 'The word "accuracy" should stand in the title of its panel, or along y.'
    return None


def new_figure_is_not_shown(student, reference):
    """Two calls gave two figures; nothing was shown or changed."""
    if list(student["type"]) != ["Figure", "Figure"]:
        return "A matplotlib Figure should come back."
    if student["shown"] != 0:
        return "The figure is shown inside the function: return it, and leave `plt.show()` to whoever called."
    if student["new"] is not True:
        return "Every call should make a figure of its own."
    if student["history kept"] is not True:
        return "The history should stay as it was."
    return None


def _no_figure(student):
    if student["type"] != "Figure":
        return "A matplotlib Figure should come back."
    return None if student["axes"] else "The figure has no axes."


def _has(ax, numbers):
    return any(_close(line["y"], numbers) and _epochs(line["x"]) for line in ax["lines"])


def _loss_panels(student, history):
    return [ax for ax in student["axes"] if _has(ax, history["train"]) and _has(ax, history["validation"])]


def _accuracy_panels(student, history):
    def own(ax):
        return not any(_close(line["y"], history[name]) for name in ("train", "validation") for line in ax["lines"])

    return [ax for ax in student["axes"] if _has(ax, history["accuracy"]) and own(ax)]


def _marks(ax):
    """Return the places along x of vertical lines and of single points."""
    places = [line["x"] for line in ax["lines"]] + list(ax["marks"])
    return [xs[0] for xs in places if len(xs) and all(abs(x - xs[0]) < 1e-9 for x in xs)]


def _named(ax, history):
    if not ax["legend"]:
        return "There is no legend in the panel of the losses: give each line a label, and call `legend()`."
    looks = {
        name: {line["look"] for line in ax["lines"] if _close(line["y"], history[name])}
        for name in ("train", "validation")
    }
    if looks["train"] & looks["validation"]:
        return "The two curves look alike: give them different colours, styles or markers."
    for name, other in (("train", "validation"), ("validation", "train")):
        # An entry such as "validation (not trained on)" speaks of validation.
        told = [look for text, look in ax["legend"] if _speaks_of(text) == name]
        if not told:
            return f'No entry of the legend has the word "{name}" in it.'
        if not set(told) & looks[name]:
            if set(told) & looks[other]:
                return "The legend has the names of the two curves swapped."
            return f'The legend\'s entry for "{name}" does not belong to that curve.'
    return None


def _speaks_of(text):
    text = text.lower()
    return "validation" if "validation" in text else "train" if "train" in text else ""


def _close(found, wanted):
    return len(found) == len(wanted) and all(abs(a - b) < 1e-5 for a, b in zip(found, wanted, strict=True))


def _epochs(x):
    return all(abs(place - epoch) < 1e-6 for epoch, place in enumerate(x))
