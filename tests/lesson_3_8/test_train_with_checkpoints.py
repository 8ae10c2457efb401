"""Hidden scenarios of `train_with_checkpoints`. How many steps a run has, and when it is killed, is drawn."""

import functools

import pytest
import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from autograder.worker import probes

CONFIG = {"dim": 8, "context": 5, "batch_size": 4, "lr": 0.02, "seed": 3}


def between(rng, low, high):
    """Return a drawn int from `low` to `high`."""
    return int(torch.randint(low, high + 1, (), generator=rng))


def text(device, n=60):
    """Return a text of five characters with a pattern in it."""
    return (torch.arange(n) * torch.arange(n) % 7 % 5).to(device)


def batch(lesson, data, config, rng):
    """Return a batch by the lesson's `char_batch`, or by hand where that one fails."""
    try:
        return lesson.char_batch(data, config["context"], config["batch_size"], rng)
    except Exception:  # whatever is wrong with it is the business of its own scenarios
        windows = data.unfold(0, config["context"] + 1, 1)
        rows = windows[torch.randint(len(windows), (config["batch_size"],), generator=rng).to(data.device)]
        return rows[:, :-1], rows[:, 1:]


def own_losses(lesson, data, config, steps, rng):
    """Return the losses of a plain run with the lesson's model and batches: what these two allow, be they as they may."""
    model = lesson.CharModel(int(data.max()) + 1, config["dim"], config["context"]).to(data.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=config["lr"])
    losses = []
    for _ in range(steps):
        x, y = batch(lesson, data, config, rng)
        loss = nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten())
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses


def counted(call):
    """Return what a call returned, and how many updates its optimizers made."""
    updates = []
    handle = register_optimizer_step_post_hook(lambda *_: updates.append(1))
    try:
        returned = call()
    finally:
        handle.remove()
    return returned, len(updates)


def clones(optimizer):
    """Return the values of the parameters that an optimizer moves."""
    return [parameter.detach().clone() for group in optimizer.param_groups for parameter in group["params"]]


def watched(call):
    """Return what can be seen of a run: the ids of its first batch, and of each update the parameters before and after it.

    The batch is the first `(B, T)` that a module gets; there may be none where a model is called in another way.
    """
    batches, updates = [], []

    def given(_module, arguments):
        ids = arguments[0] if arguments else None
        if isinstance(ids, torch.Tensor) and ids.dim() == 2 and not ids.is_floating_point() and not batches:
            batches.append(ids.clone())

    def before(optimizer, *_):
        updates.append({"before": clones(optimizer)})

    def after(optimizer, *_):
        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        gradients = [None if part.grad is None else part.grad.detach().clone() for part in parameters]
        updates[-1] |= {"gradients": gradients, "after": clones(optimizer)}

    handles = [
        register_module_forward_pre_hook(given),
        register_optimizer_step_pre_hook(before),
        register_optimizer_step_post_hook(after),
    ]
    try:
        call()
    finally:
        for handle in handles:
            handle.remove()
    return {"first batch": batches[:1], "updates": updates}


def copied(path, other):
    """Return another path, to which what lies at the first one was copied."""
    if path.is_file():
        other.write_bytes(path.read_bytes())
    return other


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.check("a_loss_for_every_step")
@pytest.mark.parametrize("sizes", [{}, {"dim": 4, "context": 6}], ids=["wide", "narrow"])
def test_a_loss_for_every_step(lesson, device, rng, tmp_path, sizes):
    """The history has a Python float for each step; the model may be narrower than the vocabulary and its context."""
    data = torch.arange(40) * 3 % 11
    steps = between(rng, 3, 40)
    return {"history": lesson.train_with_checkpoints(data.to(device), CONFIG | sizes, steps, tmp_path / "run.pt", 2)}


@pytest.mark.exercise("train_with_checkpoints")
def test_the_vocabulary_is_that_of_the_text(lesson, device, rng, tmp_path):
    """The model has as many characters as the largest id says, plus 1, and the batches have the size that the config gives."""
    shapes = set()

    def noting(module, _given, output):
        if type(module).__name__ == "CharModel" and isinstance(output, torch.Tensor):
            shapes.add(tuple(output.shape))

    sizes = {"batch_size": between(rng, 3, 9), "context": between(rng, 3, 9)}
    handle = register_module_forward_hook(noting)
    try:
        lesson.train_with_checkpoints(text(device) + between(rng, 1, 9), CONFIG | sizes, 2, tmp_path / "run.pt", 2)
    finally:
        handle.remove()
    return {"shapes of the logits": sorted(shapes)}


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.check("the_rate_decides")
def test_the_rate_decides_what_an_update_does(lesson, device, rng, tmp_path):
    """Start and batches do not depend on the rate, so the first loss is the same; the updates do, and so the others differ."""
    data, steps = text(device), between(rng, 3, 20)
    return {
        f"at the rate {lr}": lesson.train_with_checkpoints(data, CONFIG | {"lr": lr}, steps, tmp_path / f"{lr}.pt", 2)
        for lr in (0.0001, 0.03)
    }


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.check("losses_fall")
@pytest.mark.weight(3)
def test_it_learns(lesson, device, rng, tmp_path):
    """The first loss is about that of a fresh model, and the losses fall as far as in a plain loop with the same model."""
    data, steps = torch.randperm(3, generator=rng).repeat(20).to(device), between(rng, 60, 75)
    config = CONFIG | {"dim": 16, "context": 8, "batch_size": 8, "lr": 0.01}
    return {
        "history": lesson.train_with_checkpoints(data, config, steps, tmp_path / "run.pt", 50),
        "first losses of fresh models": [own_losses(lesson, data, config, 1, rng)[0] for _ in range(5)],
        "a plain run": own_losses(lesson, data, config, steps, rng),
    }


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.check("first_loss_before_the_update")
@pytest.mark.weight(3)
def test_the_loss_is_from_before_the_update(lesson, device, rng, tmp_path):
    """The loss of a step does not feel the update of that step."""
    data, steps = torch.arange(3).repeat(20).to(device), between(rng, 1, 24)
    config = CONFIG | {"dim": 16, "context": 8, "batch_size": 8, "lr": 20.0}
    return {
        "history": lesson.train_with_checkpoints(data, config, steps, tmp_path / "run.pt", 20),
        "first losses of fresh models": [own_losses(lesson, data, config, 1, rng)[0] for _ in range(5)],
    }


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.check("every_place_counts")
@pytest.mark.weight(3)
def test_the_mean_is_over_all_places(lesson, device, rng, tmp_path):
    """The loss is the mean over all places of a window, those included where nobody can know what comes next."""
    data, steps = torch.tensor([0, 0, 1]).repeat(20).to(device), between(rng, 50, 62)
    config = CONFIG | {"context": 2, "batch_size": 16, "lr": 0.03}
    history = lesson.train_with_checkpoints(data, config, steps, tmp_path / "run.pt", 50)
    model = lesson.CharModel(2, 8, 2).to(device).eval()
    return {
        "history": history,
        "logits of two windows": model(torch.tensor([[0, 0], [0, 1]], device=device)),
        "batch of the numbers from 0": batch(lesson, torch.arange(60).to(device), config, rng),
    }


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.check("a_resumed_run_is_the_undisturbed_one")
@pytest.mark.weight(3)
@pytest.mark.parametrize(
    ("every", "stops"),
    [(3, [7]), (4, [4]), (4, [5]), (1, [6]), (3, [4, 8]), (5, [3]), (20, [11])],
    ids=["between two", "when one is due", "just after one", "each step", "twice", "before the first", "never saved"],
)
def test_a_resumed_run_is_the_undisturbed_one(lesson, device, rng, tmp_path, every, stops):
    """Killed and resumed, the history is, bit for bit, that of a run that nothing disturbed."""
    data, steps = text(device), between(rng, 12, 31)
    later = every * between(rng, 0, 1) if every < 5 else between(rng, 0, 1)
    found = {"undisturbed": lesson.train_with_checkpoints(data, CONFIG, steps, tmp_path / "whole.pt", every)}
    for name, stop in zip(("killed", "killed again"), stops, strict=False):
        torch.rand(3)  # what happens between two runs plays no part
        path = tmp_path / "run.pt"
        found[name] = lesson.train_with_checkpoints(data, CONFIG, steps, path, every, stop_at=stop + later)
    found["resumed"] = lesson.train_with_checkpoints(data, CONFIG, steps, str(tmp_path / "run.pt"), every)
    other = data.flip(0)[:40].contiguous()
    return {**found, "with another text": lesson.train_with_checkpoints(other, CONFIG, 2, tmp_path / "other.pt", every)}


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.check("a_copied_checkpoint_is_enough")
@pytest.mark.weight(3)
def test_a_copied_checkpoint_is_enough(lesson, device, rng, tmp_path):
    """The file alone is enough: from a copy of an earlier checkpoint, under another name, the run goes on from there."""
    data, steps, path = text(device), between(rng, 9, 31), tmp_path / "run.pt"
    found = {"undisturbed": lesson.train_with_checkpoints(data, CONFIG, steps, tmp_path / "whole.pt", 3)}
    found["killed"] = lesson.train_with_checkpoints(data, CONFIG, steps, path, 3, stop_at=5)
    other = copied(path, tmp_path / "copy of run.pt")
    lesson.train_with_checkpoints(data, CONFIG, steps, path, 3, stop_at=8)
    found["resumed"], updates = counted(lambda: lesson.train_with_checkpoints(data, CONFIG, steps, other, 3))
    return {**found, "updates after resuming": updates}


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.weight(3)
def test_the_kill_writes_nothing_more(lesson, device, rng, tmp_path):
    """A killed run leaves the checkpoint that it had: the steps after it are done again, and they were lost if there was none."""
    data, steps, files = text(device), between(rng, 9, 30), {}
    cases = {"before the first one": (6, 5), "just when one was due": (4, 4), "after the second one": (2, 5)}
    for when, (every, stop) in cases.items():
        path = tmp_path / when
        lesson.train_with_checkpoints(data, CONFIG, steps, path, every, stop_at=stop)
        files[f"a checkpoint if killed {when}"] = path.exists()
    _, updates = counted(lambda: lesson.train_with_checkpoints(data, CONFIG, steps, path, 2))
    return {**files, "updates after resuming": updates}


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.check("more_steps_later")
def test_more_steps_later(lesson, device, rng, tmp_path):
    """After the last step there is a checkpoint: with more steps, and another `every`, the run goes on from there."""
    data, steps, path = text(device), between(rng, 7, 24), tmp_path / "run.pt"
    whole = lesson.train_with_checkpoints(data, CONFIG, steps, tmp_path / "whole.pt", 4)
    first = lesson.train_with_checkpoints(data, CONFIG, 5, path, 4)
    last, updates = counted(lambda: lesson.train_with_checkpoints(data, CONFIG, steps, path, 100))
    return {"undisturbed": whole, "of fewer steps": first, "of all steps": last, "updates of the second run": updates}


@pytest.mark.exercise("train_with_checkpoints")
def test_checkpoints_are_due_by_the_number_of_all_steps(lesson, device, rng, tmp_path):
    """Checkpoints are due at the multiples of `every` counted from the very first step, also in a run that was resumed."""
    data, steps, path = text(device), between(rng, 12, 40), tmp_path / "run.pt"
    first = lesson.train_with_checkpoints(data, CONFIG, 5, path, 4)
    killed = lesson.train_with_checkpoints(data, CONFIG, steps, path, 4, stop_at=9)
    _, updates = counted(lambda: lesson.train_with_checkpoints(data, CONFIG, steps, path, 4))
    return {"losses of the first run": len(first), "losses of the killed run": len(killed), "updates after it": updates}


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.check("a_checkpoint_after_the_last_step")
@pytest.mark.parametrize("kill", ["none", "at the end", "beyond the end"])
def test_a_checkpoint_after_the_last_step(lesson, device, rng, tmp_path, kill):
    """After the last step there is a checkpoint whatever `every` is, unless the run was killed right there, and no later."""
    steps, path = between(rng, 3, 30), tmp_path / "run.pt"
    every, stop = {"none": (100, None), "at the end": (steps, steps), "beyond the end": (100, steps + 4)}[kill]
    history = lesson.train_with_checkpoints(text(device), CONFIG, steps, path, every, stop_at=stop)
    return {"history": history, "a checkpoint": path.exists()}


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.check("a_run_that_is_done_stays")
def test_a_run_that_is_done_stays_as_it_is(lesson, device, rng, tmp_path):
    """If the checkpoint has all the steps, nothing is trained and its history comes back."""
    data, steps = text(device), between(rng, 5, 24)
    asked = {"first": steps, "again": steps, "with fewer steps": steps - 2}
    return {
        name: lesson.train_with_checkpoints(data, CONFIG, number, tmp_path / "run.pt", 3)
        for name, number in asked.items()
    }


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.check("a_kill_that_is_past")
def test_a_kill_that_is_past_plays_no_part(lesson, device, rng, tmp_path):
    """`stop_at` counts from the very first step: where the checkpoint is beyond it, the run goes on to its end."""
    data, more = text(device), between(rng, 1, 20)
    first = lesson.train_with_checkpoints(data, CONFIG, 6, tmp_path / "run.pt", 3)
    return {
        "first": first,
        "resumed": lesson.train_with_checkpoints(data, CONFIG, 6 + more, tmp_path / "run.pt", 3, stop_at=5),
    }


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.check("updates_by_adam")
@pytest.mark.weight(2)
def test_updates_are_those_of_adam(lesson, device, rng, tmp_path):
    """Each update is one of `torch.optim.Adam` at the rate `lr`, with everything else as it comes."""
    config = CONFIG | {"lr": 0.01 + 0.04 * float(torch.rand((), generator=rng))}
    call = functools.partial(lesson.train_with_checkpoints, text(device), config, 4, tmp_path / "run.pt", 2)
    return {"lr": config["lr"], "updates": watched(call)["updates"]}


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.check("weights_and_batches_follow_the_seed")
@pytest.mark.weight(2)
def test_weights_and_batches_follow_the_seed(lesson, device, rng, tmp_path):
    """The weights at the start and the first batch are the same for the same seed, and both are others for another one."""
    data = torch.randperm(900, generator=rng)[:300]
    seed, found = between(rng, 1, 9999), {}
    for name, own in (("one seed", seed), ("the same seed", seed), ("another seed", seed + 1)):
        config, path = CONFIG | {"seed": own}, tmp_path / f"{name}.pt"
        run = watched(functools.partial(lesson.train_with_checkpoints, data.to(device), config, 1, path, 1))
        found[name] = {
            "first batch": run["first batch"],
            "weights at the start": [one["before"] for one in run["updates"][:1]],
        }
    return {"text": data, **found}


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.check("the_seed_decides")
@pytest.mark.weight(2)
def test_the_seed_decides(lesson, device, rng, tmp_path):
    """The same seed gives the same history, another one another; the global state is not moved and plays no part."""
    data, steps, found, states = text(device), between(rng, 2, 20), {}, []
    for name, seed in (("seed 1", 1), ("seed 1 again", 1), ("seed 2", 2)):
        torch.rand(2)
        path = tmp_path / f"{name}.pt"
        config = CONFIG | {"seed": seed}
        found[name], untouched = probes.global_rng_untouched(
            lambda config=config, path=path: lesson.train_with_checkpoints(data, config, steps, path, 2)
        )
        states.append(untouched)
    return {**found, "global random states": states}


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.check("arguments_stay")
def test_arguments_stay_as_they_are(lesson, device, rng, tmp_path):
    """Neither the text nor the config is changed; the checkpoint is in the folder."""
    data, config, steps = text(device), CONFIG | {"seed": between(rng, 1, 9999)}, between(rng, 2, 20)
    history, kept = probes.unchanged(
        lambda: lesson.train_with_checkpoints(data, config, steps, tmp_path / "run.pt", 2), data=data, config=config
    )
    return {"history": history, **kept, "files": sorted(path.name for path in tmp_path.iterdir())}
