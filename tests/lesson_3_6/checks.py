"""The checks of lesson 3.6: a loss that falls, a diagnosis in words, a plot as data. Each returns None, or a sentence.

What is wanted is always taken from the reference's run: the logits before the training, the history that was drawn.
"""

import torch
from torch.nn.functional import cross_entropy

from autograder.grading.equality import close, same

# --- overfit_one_batch


def loss_falls_to_a_tenth(student, reference):
    """The history begins with the untrained loss and ends under a tenth of it; the model itself is as good as that."""
    history, y = student["history"], reference["y"]
    first = float(cross_entropy(reference["before"], y))
    if not isinstance(history, torch.Tensor):
        return NO_LIST
    if len(history) != len(reference["history"]):
        return "The history should have a loss for each step."
    if not bool(torch.isfinite(history).all()):
        return "The history has losses that are not finite."
    if abs(float(history[0]) - first) > 1e-3 * (1 + first):
        return "The first loss should be the mean cross-entropy of the model as it came, before any update."
    last = float(history[-1])
    if not last < first / 10:
        return (
            f"The last loss is {last / first:.0%} of the first; on rows that a line tells apart it should be under 10%."
        )
    if (
        student["after"].shape != reference["before"].shape
        or not float(cross_entropy(student["after"], y)) < first / 10
    ):
        return "The history falls, but the model that was given is not trained: train it in place."
    return None


NO_LIST = "The history should be a list with a loss for each step."


def a_float_for_each_step(student, reference):
    """The history is a list of floats, one a step, and begins with the loss of the model as it came."""
    if not isinstance(student, list) or len(student) != len(reference):
        return NO_LIST
    if not all(type(loss) is float for loss in student):
        return "The losses in the history should be Python floats."
    if not close(student[0], reference[0]):
        return "The first loss should be the mean cross-entropy of the model as it came, before any update."
    return None


def losses_of_the_steps(student, reference):
    """Each loss is that of logits that the model gave, behind those of the loss before; the first are those at the start."""
    problem = _not_on_the_batch(student["scores"], reference["scores"])
    if problem:
        return problem
    history, y = student["history"], reference["y"]
    if not isinstance(history, torch.Tensor) or len(history) != len(reference["history"]):
        return NO_LIST
    if not close(history[0], reference["history"][0]):
        return "The first loss should be the mean cross-entropy of the model as it came, before any update."
    whole = [scores for scores in student["scores"] if scores.shape == reference["scores"][0].shape]
    losses = [float(cross_entropy(scores, y)) for scores in whole]
    place = 0
    for loss in history.tolist():
        found = [n for n in range(place, len(losses)) if abs(losses[n] - loss) < 1e-5 * (1 + abs(loss))]
        if not found:
            return "A loss in the history is not that of the logits that the model gave in its step."
        place = found[0] + 1
    return None


def steps_in_training_mode(student, reference):
    """The model was called on the batch, and wherever a graph was made, all its modules were in training mode."""
    problem = _not_on_the_batch(student["first scores"], reference["first scores"])
    if problem:
        return problem
    if same(student["modes"], reference["modes"]):
        return None
    return "In every step all modules of the model should be in training mode, whatever the mode in which they came."


def the_whole_batch_in_every_step(student, reference):
    """The model got the rows as they were given, at least once a step."""
    inputs, X = student["inputs"], reference["inputs"][0]
    history = student["history"]
    if not isinstance(history, torch.Tensor) or len(history) != len(reference["history"]):
        return NO_LIST
    if not all(same(rows, X) for rows in inputs):
        return "The model should be given the rows of the batch, all of them and in their order, in every step."
    return None if len(inputs) >= len(history) else "The model should be called in every step."


def gradients_are_cleared(student, reference):
    """The model was called on the batch and moved, and what lay in `.grad` after a backward was that step's gradient."""
    problem = _not_on_the_batch(student["first scores"], reference["first scores"])
    if problem:
        return problem
    if not all(_moved(student, reference)):
        return "Some of the parameters did not move."
    for gradient in student["gradients"]:
        if not close(gradient["in .grad"], gradient["this step's"], rtol=1e-4, atol=1e-6):
            return "What lies in `.grad` after `backward` is more than the gradient of that step: clear it before."
    return None


def update_is_proportional(student, reference):
    """A learning rate twenty times as high makes a first update about twenty times as large."""
    before = reference["before"]
    low, high = (_distance(before, student[name]) for name in ("a low rate", "one twenty times as high"))
    if not low > 0:
        return "With a low learning rate the model does not move."
    if 18 < high / low < 22:
        return None
    return "A learning rate twenty times as high should make a first update twenty times as large."


def the_rate_stays(student, reference):
    """The model was called on the batch; where an optimizer took the steps, each had the rate that was asked for."""
    problem = _not_on_the_batch(student["first scores"], reference["first scores"])
    if problem:
        return problem
    if all(close(rate, reference["lr"]) for rate in student["rates of an optimizer's steps"]):
        return None
    return "The learning rate should be `lr` in every step; in some it was another one."


def all_parameters_are_trained(student, reference):
    """The model was called on the batch, all its parameters moved, and the batch stayed as it was."""
    problem = _not_on_the_batch(student["first scores"], reference["first scores"])
    if problem:
        return problem
    if not all(_moved(student, reference)):
        return "Some of the parameters did not move: all of them are trained, in the model that was given."
    for name in ("X", "y"):
        if not same(student[f"{name} afterwards"], reference[f"{name} afterwards"]):
            return f"It changed its argument `{name}`."
    return None


def _not_on_the_batch(calls, wanted):
    """Return the sentence for a model that was never called, or first on other rows than the batch's."""
    if not calls:
        return "The model was not called."
    rows, known = calls[0], wanted[0]
    if rows.dim() == 2 and len(rows) and all(any(close(row, other) for other in known) for row in rows):
        return None
    return "The model was called on other rows than those of the batch, or had changed before its first call."


def _moved(student, reference):
    pairs = zip(student["weights after"], reference["weights before"], strict=True)
    return [not same(after, before) for after, before in pairs]


def _distance(before, after):
    return sum(float((a - b).abs().sum()) for a, b in zip(before, after, strict=True))


# --- diagnose


def words_are_right(student, reference):
    """Every history has its word; the sentence says of the first that has another what kind of history it is."""
    for kind, found, word in zip(reference["histories"], student["words"], reference["words"], strict=True):
        if not isinstance(found, str):
            return "A word should come back: a text."
        if found != word:
            return f"It should give another word where {kind}."
    return None


def short_ones_are_refused(student, reference):
    """Histories of fewer than 4 epochs raise a ValueError; those of 4 have their words."""
    for name in reference["short"]:
        if not student["short"][name]["raised"]:
            return f"It should raise a ValueError for {name}."
    return words_are_right(student, reference)


def history_stays(student, reference):
    """The words are right, and the histories are as they were."""
    if not same(student["histories afterwards"], reference["histories afterwards"]):
        return "It changed its argument `history`."
    return words_are_right(student, reference)


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
            return EPOCHS
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
            return _NO_PANEL[name]
    for found in panels.values():
        curves = [line for ax in found for line in ax["lines"] if len(line["x"]) == len(history["train"])]
        if not any(_epochs(line["x"]) for line in curves):
            return EPOCHS
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
        if not found:
            return _NO_PANEL[name]
        if not any(all(label.strip() for label in ax["labels"]) for ax in found):
            return f"The panel of the {name} needs labels, one along x and one along y."
    if not any("accuracy" in f"{ax['title']} {ax['labels'][1]}".lower() for ax in accuracy):
        return 'The word "accuracy" should stand in the title of its panel, or along y.'
    return None


def new_figure_is_not_shown(student, reference):
    """Two calls gave two figures of the history; nothing was shown or changed."""
    for call in ("first", "second"):
        problem = _no_figure(student[call]) or _other_numbers(student[call], reference["history"])
        if problem:
            return problem
    if student["shown"] != 0:
        return "The figure is shown inside the function: return it, and leave `plt.show()` to whoever called."
    if student["one figure for both"] is not False:
        return "Every call should make a figure of its own."
    if not same(student["history afterwards"], reference["history afterwards"]):
        return "The history should stay as it was."
    return None


def _other_numbers(figure, history):
    """Return the sentence for a figure without at least half of the numbers that it should show."""
    drawn = torch.tensor([y for ax in figure["axes"] for line in ax["lines"] for y in line["y"]], dtype=torch.float64)
    given = torch.tensor([number for numbers in history.values() for number in numbers], dtype=torch.float64)
    there = ((drawn.unsqueeze(1) - given).abs() < 1e-5).any(dim=0)
    return None if 2 * int(there.sum()) >= len(given) else "The figure does not show the numbers of the history."


def _no_figure(student):
    if student["type"] != "Figure":
        return "A matplotlib Figure should come back."
    return None if student["axes"] else "The figure has no axes."


_NO_PANEL = {
    "losses": "There is no panel with both losses in it.",
    "accuracy": "There is no panel with the accuracy in it and without the losses.",
}
EPOCHS = "The epochs along x should be counted from 0, in steps of 1."


def _has(ax, numbers):
    return any(_close(line["y"], numbers) for line in ax["lines"])


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
