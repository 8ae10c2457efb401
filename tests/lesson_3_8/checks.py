"""The checks of lesson 3.8: random windows, logits, histories of losses. Each returns None, or the student's sentence.

Texts, windows and numbers of steps are taken from the reference's run, which drew the same ones, and never from the student's.
"""

import math

import torch

from autograder.grading.equality import close, same

NEAR = 1e-5  # logits that differ by less are the same
NO_HISTORY = "The history should be a list with a float for every step."

# --- char_vocabulary


def there_and_back(student, reference):
    """What the list says for each id is the character that the dict gave this id to."""
    found = student["vocabulary"]
    if not (isinstance(found, tuple) and len(found) == 2 and isinstance(found[0], dict) and isinstance(found[1], list)):
        return "A tuple was wanted: the dict from characters to ids, then the list of the characters."
    stoi, itos = found
    for character in reference["text"]:
        place = stoi.get(character)
        if type(place) is not int:
            return "A character of the text has no id, or one that is no int."
        if not 0 <= place < len(itos) or itos[place] != character:
            return "A text that is coded and decoded again should be the same text."
    return None


# --- char_batch


def targets_are_one_ahead(student, reference):
    """Each row of x is a window of the text, and that of y is the one that starts one place later."""
    problem = _batch_problem(student["batch"], reference["batch"]) or _window_problem(student["batch"], reference)
    if problem:
        return problem
    x, y = (_places(part, reference["text"]) for part in student["batch"])
    return None if bool((y == x + 1).all()) else "A target should be the character that comes next in the text."


def every_window_is_as_likely(student, reference):
    """Each of 6 windows comes about 500 times in 3,000; the deviation is 20.4, and the bounds are five of them wide."""
    problem = _batch_problem(student["batch"], reference["batch"])
    if problem:
        return problem
    starts = _places(student["batch"][0], reference["text"])[:, 0]
    if bool((starts < 0).any()):
        return "A window should be made of characters of the text."
    if int(starts.max()) > 5:
        return "A window starts beyond the last place from which all its targets are still in the text."
    counts = torch.bincount(starts, minlength=6)
    if int(counts[5]) == 0:
        return "The last window is never drawn. It starts `context` places before the last character."
    if int(counts[0]) == 0:
        return "The first window is never drawn."
    if int(counts.min()) < 399 or int(counts.max()) > 601:
        return "Some windows are drawn much more often than others: each should be equally likely."
    return None


def one_may_come_twice(student, reference):
    """40 rows of 40 windows: that all of them are different ones has a chance of 10 to the power of -17."""
    problem = _batch_problem(student["batch"], reference["batch"]) or _window_problem(student["batch"], reference)
    if problem:
        return problem
    starts = _places(student["batch"][0], reference["text"])[:, 0]
    if len(set(starts.tolist())) == len(starts):
        return "Of as many rows as there are windows no two are the same: draw each row's window from all of them."
    return None


def too_short_a_text(student, reference):
    """A text without a window is refused, and one that has some is not."""
    problem = _batch_problem(student["its batch"], reference["its batch"])
    problem = problem or _window_problem(student["its batch"], reference)
    if problem:
        return problem
    if student["too short a text"]["raised"]:
        return None
    return "A text that is not longer than the context should raise a ValueError."


def batches_differ(student, reference):
    """16 of 496 starts: ten different ones or more, at uneven distances, in no order; same seed, same batch."""
    names = ("first batch", "second batch", "first batch of the same seed")
    for name in names:
        problem = _batch_problem(student[name], reference[name])
        if problem:
            return problem
    starts = _places(student["first batch"][0], reference["text"])[:, 0]
    if bool((starts < 0).any()):
        return "A window should be made of characters of the text."
    if len(set(starts.tolist())) < 10:
        return "Many rows of a batch are the same window: draw a start for each row, from all that there are."
    if len(set(starts.diff().tolist())) < 6:
        return "The rows of a batch start at even distances: draw each start by itself."
    if bool((starts.diff() >= 0).all()) or bool((starts.diff() <= 0).all()):
        return "The windows of a batch are in the order of the text: draw each row's start by itself, and sort nothing."
    first, second, again = (student[name][0] for name in names)
    if same(first, second):
        return "A second call with the same generator gave the same batch again."
    if not same(first, again):
        return "The same seed gave two different batches: draw from `gen` alone."
    if not same(student["global random state"], reference["global random state"]):
        return "PyTorch's global random state has moved: draw from `gen` alone."
    return None


def text_is_kept(student, reference):
    """The batch was one of the text, which is the same when the batch was written over."""
    problem = _batch_problem(student["batch"], reference["batch"]) or _window_problem(student["batch"], reference)
    if problem:
        return problem
    if same(student["text afterwards"], reference["text"]):
        return None
    return "Writing into a batch changed the text: they should share no memory."


def _batch_problem(batch, wanted):
    """Return the sentence for what is no pair of int64 tensors of the right shape."""
    if not (isinstance(batch, tuple) and len(batch) == 2 and all(isinstance(part, torch.Tensor) for part in batch)):
        return "A tuple of two tensors was wanted, (x, y)."
    for name, part, other in zip(("x", "y"), batch, wanted, strict=True):
        if part.shape != other.shape:
            return f"`{name}` should have the shape `(B, T)`."
        if part.dtype != other.dtype:
            return f"`{name}` should have the dtype int64."
    return None


def _window_problem(batch, reference):
    """Return the sentence for rows of x that are no windows; whether the targets are right is not asked."""
    places = _places(batch[0], reference["text"])
    if bool((places < 0).any()) or not bool((places.diff(dim=1) == 1).all()):
        return "Each row of x should be characters that follow each other in the text."
    return None


def _places(ids, text):
    """Return where in a text of different ids each id stands, -1 for one that is not in it."""
    here = ids.unsqueeze(-1) == text
    return torch.where(here.any(dim=-1), here.long().argmax(dim=-1), -1)


# --- CharModel


def logits_for_each_place(student, reference):
    """The logits have shape and dtype, are the same for the same window, and others for another."""
    problem = _logits_problem(student["logits"], reference["logits"], reference["ids"])
    alone = student["logits of the first row alone"]
    problem = problem or _form_problem(alone, reference["logits of the first row alone"])
    if problem:
        return problem
    return None if _near(alone, student["logits"][:1]) else "A row alone should have the logits that it has in a batch."


def the_future_has_no_say(student, reference):
    """Windows that begin alike have the same logits as long as they do, whole or cut off, and a random text stays random."""
    ids, logits = reference["ids"], student["logits"]
    problem = _form_problem(logits, reference["logits"])
    if problem:
        return problem
    if _all_alike(logits, ids):
        return "The logits should depend on the characters."
    alone = student["logits of the first row alone"]
    problem = _form_problem(alone, reference["logits of the first row alone"])
    if problem:
        return problem
    if not _near(alone, logits[:1]):
        return "A row alone should have the logits that it has in a batch."
    for places in range(1, ids.shape[1] + 1):
        first = _first_of(ids[:, :places])
        if not _near(logits[:, :places], logits[first, :places]):
            if places == ids.shape[1]:
                return "The same window should have the same logits wherever it stands in a batch."
            return "The logits of a place should not depend on the characters after it."
    for places in range(1, ids.shape[1]):
        name = f"logits of the first {places}"
        problem = _form_problem(student[name], reference[name])
        if problem:
            return problem
        if not _near(student[name], logits[:, :places]):
            return "Without the characters after it a place should have the same logits as with them."
    random, guessed = reference["random text"], student["logits for a random text"]
    problem = _form_problem(guessed, reference["logits for a random text"])
    if problem:
        return problem
    # Of a character among eight equally likely ones nobody knows more than log 8 before it is seen; the bound is far away. Only
    # beginnings that come for the first time are asked for: a model may remember what it said of the others.
    place = guessed.shape[1] - 2
    new = _first_of(random[:, : place + 1]) == torch.arange(len(random))
    if _loss(guessed[new, place : place + 1], random[new, place + 1 : place + 2]) < math.log(8) - 0.3:
        return "A drawn character was guessed better than by chance: the model sees what it is to guess."
    return None


def the_past_has_a_say(student, reference):
    """For one of three models or more the logits of the last place change with each character that may have a say."""
    ids, models = reference["ids"], student["logits of three models"]
    for logits, wanted in zip(models, reference["logits of three models"], strict=True):
        problem = _form_problem(logits, wanted)
        if problem:
            return problem
        if not _near(logits, logits[_first_of(ids)]):
            return "The same window should have the same logits wherever it stands in a batch."
    apart = (ids.unsqueeze(0) != ids.unsqueeze(1)).sum(dim=2) == 1
    for place, what in ((3, "its own character"), (2, "the one before it"), (0, "the first one")):
        pairs = (apart & (ids[:, place].unsqueeze(0) != ids[:, place].unsqueeze(1))).nonzero()
        one, other = pairs[:, 0], pairs[:, 1]
        if all(float((logits[one, 3] - logits[other, 3]).abs().max()) <= NEAR for logits in models):
            return f"The logits of a place should depend on more: {what} has no say."
    return None


def rows_and_modes(student, reference):
    """The same window has the same logits in a batch, alone, and in both modes."""
    names = [name for name in reference if name != "ids"]
    training, evaluation, alone = names
    problem = _logits_problem(student[training], reference[training], reference["ids"])
    problem = problem or next((p for name in names if (p := _form_problem(student[name], reference[name]))), None)
    if problem:
        return problem
    if not _near(student[training], student[evaluation]):
        return "Training mode and evaluation mode should give the same logits: there is no dropout."
    if not _near(student[training][2:3], student[alone]):
        return "A row alone should have the logits that it has in a batch."
    return None


def it_is_learned(student, reference):
    """The loss is under 0.5: over many seeds, models of a dozen kinds stay under 0.25, the reference under 0.01."""
    problem = _form_problem(student["logits"], reference["logits"])
    if problem:
        return problem
    loss = _loss(student["logits"], reference["windows"][:, 1:])
    if not math.isfinite(loss):
        return "The loss should be a finite number."
    if loss >= 0.5:
        return f"A text that goes round and round should be learned in 60 steps: the loss is still {loss:.2f}."
    return None


def logits_not_probabilities(student, reference):
    """With random weights some logits are negative, and neither they nor their exponentials add up to 1."""
    logits = student["logits"]
    problem = _logits_problem(logits, reference["logits"], reference["ids"])
    if problem:
        return problem
    if float(logits.min()) >= 0:
        return "No output is negative: the outputs should be logits, without softmax or ReLU at the end."
    sums = torch.stack([logits.sum(dim=2), logits.exp().sum(dim=2)])
    if bool(((sums - 1).abs() <= 1e-3).flatten(1).all(dim=1).any()):
        return "The outputs of a place are normalized: the outputs should be logits; cross-entropy does the rest."
    if float(logits.max()) <= 0:
        return "No output is positive: the outputs should be logits, without anything after the last layer."
    large = student["logits with large weights"]
    problem = _form_problem(large, reference["logits with large weights"])
    if problem:
        return problem
    if float(large.abs().max()) <= 1:
        return "No output is beyond 1, however large the weights are: the outputs should be logits, and not squashed."
    return None


def _logits_problem(logits, wanted, ids):
    """Return the sentence for logits of another form, of no window, or that the same window has not."""
    problem = _form_problem(logits, wanted)
    if problem:
        return problem
    if not _near(logits, logits[_first_of(ids)]):
        return "The same window should have the same logits wherever it stands in a batch."
    return "The logits should depend on the characters." if _all_alike(logits, ids) else None


def _form_problem(logits, wanted):
    if not isinstance(logits, torch.Tensor):
        return "A tensor of logits was wanted."
    if logits.shape != wanted.shape:
        return "The logits should have the shape `(B, T, V)`."
    if logits.dtype != wanted.dtype:
        return "The logits should have the dtype of the model's parameters."
    return None if bool(torch.isfinite(logits).all()) else "Some logits are not finite."


def _first_of(windows):
    """Return for each window the row where the same one stands first."""
    return (windows.unsqueeze(0) == windows.unsqueeze(1)).all(dim=2).long().argmax(dim=1)


def _all_alike(logits, ids):
    """Return whether windows with different characters have the same logits, all of them."""
    different = (_first_of(ids) != 0).nonzero().flatten()
    return _near(logits[different, -1], logits[:1, -1].expand(len(different), -1))


def _near(one, other):
    return torch.allclose(one, other, rtol=NEAR, atol=NEAR)


def _loss(logits, targets):
    return float(torch.nn.functional.cross_entropy(logits.double().flatten(0, 1), targets.flatten()))


# --- train_with_checkpoints


def a_loss_for_every_step(student, reference):
    """There is a list of as many floats as steps."""
    return _histories_problem(student, reference, ("history",))


def the_rate_decides(student, reference):
    """The first loss is the same at both rates, and the others are not."""
    slow, fast = names = [name for name in reference if name.startswith("at the rate")]
    problem = _histories_problem(student, reference, names)
    if problem:
        return problem
    same_place = [a == b for a, b in zip(student[slow], student[fast], strict=True)]
    if not same_place[0]:
        return "The first loss should not depend on the rate: it is taken before the first update."
    return "The losses after the first one should depend on the rate." if any(same_place[1:]) else None


def losses_fall(student, reference):
    """A first loss is about as large as those of fresh models; the last ones are under 0.25 for models of a dozen kinds.

    A model that learns little, or batches that teach little, cost nothing here: a plain run shows how far they get.
    """
    problem = _histories_problem(student, reference, ("history", "a plain run"))
    if problem:
        return problem
    fresh = student["first losses of fresh models"]
    first = student["history"][0]
    last, plain = (sum(student[name][-5:]) / 5 for name in ("history", "a plain run"))
    if not min(fresh) / 3 < first < 3 * max(fresh):
        return (
            f"The first loss is {first:.2f}; the mean over all places, before any update, is about "
            f"{sum(fresh) / len(fresh):.2f}."
        )
    if not last < max(0.5, 1.3 * plain):
        return f"After {len(student['history'])} steps the loss is {last:.2f}: it should have fallen below 0.5."
    return None


def first_loss_before_the_update(student, reference):
    """At the rate 20 the weights of one update give a loss of tens or hundreds; a fresh model's is about 1.1."""
    problem = _histories_problem(student, reference, ("history",))
    if problem:
        return problem
    if not student["history"][0] < 3 * max(student["first losses of fresh models"]):
        return "The loss of a step should be taken before its update."
    return None


def every_place_counts(student, reference):
    """After a lone `a` come `a` and `b` equally often: 1/3 log 2 = 0.23 at least, if the first place counts for one half.

    Where the model sees the future or the batches are wrong, less can be reached; that costs nothing here.
    """
    problem = _histories_problem(student, reference, ("history",))
    if problem:
        return problem
    one, other = student["logits of two windows"][:, 0]
    batch = student["batch of the numbers from 0"]
    fit = _near(one, other) and not _batch_problem(batch, reference["batch of the numbers from 0"])
    if sum(student["history"][-15:]) / 15 < 0.12 and fit and bool((batch[1] == batch[0] + 1).all()):
        return "The loss is too low: it should be the mean over all places, those with little before them included."
    return None


def a_resumed_run_is_the_undisturbed_one(student, reference):
    """Each part of the disturbed run is as long as it should be, and equal to the undisturbed one; another text gives another."""
    problem = _histories_problem(student, reference, ("undisturbed",))
    if problem:
        return problem
    for name in ("killed", "killed again", "resumed"):
        if name in reference:
            problem = _part_problem(student, reference, name)
            if problem:
                return problem
    return _other_text_problem(student, reference)


def a_copied_checkpoint_is_enough(student, reference):
    """The run goes on from the copy, and makes the steps that the copied checkpoint lacked and no others."""
    for name in ("killed", "resumed"):
        problem = _part_problem(student, reference, name)
        if problem:
            return problem
    found, wanted = student["updates after resuming"], reference["updates after resuming"]
    if found == wanted:
        return None
    return (
        f"From a copy of a checkpoint {wanted} steps were left to do, and {found} were done: all that the rest of the run "
        "depends on belongs in the file at `path`, and nowhere else."
    )


def updates_by_adam(student, reference):
    """From the student's own weights and gradients on, `torch.optim.Adam` at the drawn rate ends at the student's weights."""
    updates = student["updates"]
    if len(updates) != len(reference["updates"]):
        return (
            f"Each of {len(reference['updates'])} steps should make one update with Adam, and {len(updates)} were made."
        )
    if _moved_by(torch.optim.Adam, updates, reference["lr"]):
        return None
    if _moved_by(torch.optim.AdamW, updates, reference["lr"]):
        return "The updates are those of `torch.optim.AdamW`; those of `torch.optim.Adam` were wanted."
    return "An update should be that of `torch.optim.Adam` at the rate `lr`, with everything else as it comes."


def _moved_by(kind, updates, lr):
    """Return whether an optimizer of a kind makes the same updates from the same weights and gradients."""
    own = [part.clone() for part in updates[0]["before"]]
    optimizer = kind(own, lr=lr)
    for update in updates:
        for part, before, gradient in zip(own, update["before"], update["gradients"], strict=True):
            part.copy_(before)
            part.grad = gradient
        optimizer.step()
        if not close(update["after"], own, rtol=1e-4, atol=1e-6):
            return False
    return True


def weights_and_batches_follow_the_seed(student, reference):
    """Same seed, same weights and batch; another seed, other weights and another batch; the batch is of the text."""
    one, again, other = (student[name] for name in ("one seed", "the same seed", "another seed"))
    for what in ("weights at the start", "first batch"):
        if not same(one[what], again[what]):
            return f'The {what} should be the same again with the same `config["seed"]`, and nothing else should have a say.'
    for batch in one["first batch"] + other["first batch"]:
        if not bool(torch.isin(batch, reference["text"]).all()):
            return "The batches should be made of characters of the text."
    if same(one["weights at the start"], other["weights at the start"]):
        return 'The weights at the start are the same with two seeds: they should depend on `config["seed"]`.'
    if one["first batch"] and same(one["first batch"], other["first batch"]):
        return (
            'The first batch is the same with two seeds: seed the generator of the batches from `config["seed"]`, too.'
        )
    return None


def more_steps_later(student, reference):
    """The shorter run is the beginning of the longer one, and only the steps that were missing are made."""
    for name in ("of fewer steps", "of all steps"):
        problem = _part_problem(student, reference, name)
        if problem:
            return problem
    if student["updates of the second run"] != reference["updates of the second run"]:
        return "After the last step there should be a checkpoint, and a run with more steps goes on from there."
    return None


def a_checkpoint_after_the_last_step(student, reference):
    """All steps were made, and the checkpoint is there, or is not."""
    problem = _histories_problem(student, reference, ("history",))
    if problem:
        return problem
    if student["a checkpoint"] == reference["a checkpoint"]:
        return None
    if reference["a checkpoint"]:
        return "After the last step there should be a checkpoint, whatever `every` is."
    return "A run that is killed after its last step should write no checkpoint any more."


def a_run_that_is_done_stays(student, reference):
    """The history of the first run comes back, whether as many steps are asked for or fewer."""
    problem = _histories_problem(student, reference, ("first",))
    if problem:
        return problem
    for name in ("again", "with fewer steps"):
        if not same(student[name], student["first"]):
            return "Where the checkpoint has all the steps, its history should come back as it is."
    return None


def a_kill_that_is_past(student, reference):
    """The run goes on to its end."""
    problem = _histories_problem(student, reference, ("first",))
    if problem:
        return problem
    found, wanted = student["resumed"], reference["resumed"]
    if not isinstance(found, list) or len(found) != len(wanted):
        return "Where the checkpoint is beyond `stop_at`, the run should go on to its last step."
    return _histories_problem(student, reference, ("resumed",))


def the_seed_decides(student, reference):
    """The same seed gives the same history, another one another; the global random state is where it was."""
    names = ("seed 1", "seed 1 again", "seed 2")
    problem = _histories_problem(student, reference, names)
    if problem:
        return problem
    if not same(student["seed 1"], student["seed 1 again"]):
        return 'The same seed should give the same history: everything should depend on `config["seed"]` alone.'
    if same(student["seed 1"], student["seed 2"]):
        return "Another seed should give another history."
    if not same(student["global random states"], reference["global random states"]):
        return "The global random state has moved."
    return None


def arguments_stay(student, reference):
    """Neither the text nor the config is changed, and the checkpoint is in the folder."""
    problem = _histories_problem(student, reference, ("history",))
    if problem:
        return problem
    for name in ("data", "config"):
        if not same(student[f"{name} afterwards"], reference[f"{name} afterwards"]):
            return f"It changed its argument `{name}`."
    return None if "run.pt" in student["files"] else "The checkpoint should be the file at `path`."


def _histories_problem(student, reference, names):
    """Return the sentence for a history that is none, or that is as long as it should not be."""
    for name in names:
        found, wanted = student[name], reference[name]
        if not isinstance(found, list) or not all(type(loss) is float for loss in found):
            return NO_HISTORY
        if len(found) != len(wanted):
            return f"There should be a loss for each of {len(wanted)} steps, and there are {len(found)}."
        if not all(math.isfinite(loss) for loss in found):
            return "A loss is not a finite number."
        if len(found) > 1 and len(set(found)) == 1:
            return "All the losses are the same: each step has a batch and an update of its own."
    return None


def _part_problem(student, reference, name):
    """Return the sentence for a part of a run that is not what the undisturbed run had at these steps."""
    problem = _histories_problem(student, reference, ("undisturbed",))
    if problem:
        return problem
    found, whole = student[name], student["undisturbed"]
    if not isinstance(found, list) or not all(type(loss) is float for loss in found):
        return NO_HISTORY
    if len(found) != len(reference[name]):
        return f"`{name}`: there should be {len(reference[name])} losses, from the very first step on, and there are {len(found)}."
    apart = next((n for n, (a, b) in enumerate(zip(found, whole, strict=False)) if a != b), None)
    if apart is None:
        return None
    return f"`{name}`: the loss of step {apart + 1} is not that of the undisturbed run."


def _other_text_problem(student, reference):
    problem = _histories_problem(student, reference, ("with another text",))
    if problem:
        return problem
    other = student["with another text"]
    return "Another text should give other losses." if other == student["undisturbed"][: len(other)] else None
