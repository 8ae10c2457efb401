"""Hidden scenarios of `train_with_checkpoints`."""

import pytest
import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook
from torch.optim.optimizer import register_optimizer_step_post_hook

from autograder.worker import probes

CONFIG = {"dim": 8, "context": 5, "batch_size": 4, "lr": 0.02, "seed": 3}


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


def first_difference(history, whole):
    """Return the first place where two histories differ, or None where they do not."""
    return next((n for n, (a, b) in enumerate(zip(history, whole, strict=False)) if a != b), None)


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.parametrize("sizes", [{}, {"dim": 4, "context": 6}], ids=["wide", "narrow"])
def test_a_loss_for_every_step(lesson, device, tmp_path, sizes):
    """The history has a Python float for each step; the model may be narrower than the vocabulary and its context."""
    data = torch.arange(40) * 3 % 11
    history = lesson.train_with_checkpoints(data.to(device), CONFIG | sizes, 5, tmp_path / "run.pt", 2)
    return isinstance(history, list), [type(loss) is float for loss in history]


@pytest.mark.exercise("train_with_checkpoints")
def test_the_vocabulary_is_that_of_the_text(lesson, device, tmp_path):
    """The model has as many characters as the largest id says, plus 1, and sees batches of the config's size."""
    shapes = set()

    def noting(module, _given, output):
        if type(module).__name__ == "CharModel" and isinstance(output, torch.Tensor):
            shapes.add(tuple(output.shape))

    handle = register_module_forward_hook(noting)
    try:
        lesson.train_with_checkpoints(text(device) + 2, CONFIG, 2, tmp_path / "run.pt", 2)
    finally:
        handle.remove()
    return sorted(shapes or {(4, 5, 7)})


@pytest.mark.exercise("train_with_checkpoints")
def test_the_rate_decides_what_an_update_does(lesson, device, tmp_path):
    """Start and batches do not depend on the rate, so the first loss is the same; the updates do, and so the others differ."""
    data = text(device)
    slow, fast = (
        lesson.train_with_checkpoints(data, CONFIG | {"lr": lr}, 3, tmp_path / f"{lr}.pt", 2) for lr in (0.0001, 0.03)
    )
    return slow[0] == fast[0], slow[1] == fast[1], slow[2] == fast[2]


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.check("losses_fall")
@pytest.mark.weight(2)
def test_it_learns(lesson, device, rng, tmp_path):
    """The first loss is about that of a fresh model; in 60 steps it falls as far as in a plain run."""
    data = torch.arange(3).repeat(20).to(device)
    config = CONFIG | {"dim": 16, "context": 8, "batch_size": 8, "lr": 0.01}
    history = lesson.train_with_checkpoints(data, config, 60, tmp_path / "run.pt", 50)
    fresh = [own_losses(lesson, data, config, 1, rng)[0] for _ in range(5)]
    plain = own_losses(lesson, data, config, 60, rng)
    return {
        "first": history[0],
        "last": sum(history[-5:]) / 5,
        "steps": len(history),
        "fresh": fresh,
        "plain": sum(plain[-5:]) / 5,
    }


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.check("first_loss_before_the_update")
def test_the_loss_is_from_before_the_update(lesson, device, rng, tmp_path):
    """The loss of a step does not feel the update of that step."""
    data = torch.arange(3).repeat(20).to(device)
    config = CONFIG | {"dim": 16, "context": 8, "batch_size": 8, "lr": 20.0}
    history = lesson.train_with_checkpoints(data, config, 1, tmp_path / "run.pt", 1)
    return {"first": history[0], "fresh": [own_losses(lesson, data, config, 1, rng)[0] for _ in range(5)]}


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.check("every_place_counts")
def test_the_mean_is_over_all_places(lesson, device, rng, tmp_path):
    """Also the places count where nobody can know what comes next."""
    data = torch.tensor([0, 0, 1]).repeat(20).to(device)
    config = CONFIG | {"context": 2, "batch_size": 16, "lr": 0.03}
    history = lesson.train_with_checkpoints(data, config, 50, tmp_path / "run.pt", 50)
    model = lesson.CharModel(2, 8, 2).to(device).eval()
    one, other = (model(torch.tensor([[0, second]], device=device))[:, 0] for second in (0, 1))
    x, y = batch(lesson, torch.arange(60).to(device), config, rng)
    fit = bool(torch.allclose(one, other, atol=1e-5)) and bool(torch.equal(y, x + 1))
    return {"last": sum(history[-15:]) / 15, "model and batches fit": fit}


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.weight(4)
@pytest.mark.parametrize(
    ("every", "stops"),
    [(3, [7]), (4, [4]), (4, [5]), (1, [6]), (3, [4, 8]), (5, [3]), (20, [11])],
    ids=["between two", "when one is due", "just after one", "each step", "twice", "before the first", "never saved"],
)
def test_a_resumed_run_is_the_undisturbed_one(lesson, device, tmp_path, every, stops):
    """Killed and resumed, the history is, bit for bit, that of a run that nothing disturbed."""
    data = text(device)
    whole = lesson.train_with_checkpoints(data, CONFIG, 12, tmp_path / "whole.pt", every)
    parts = []
    for stop in stops:
        torch.rand(3)  # what happens between two runs plays no part
        parts.append(lesson.train_with_checkpoints(data, CONFIG, 12, tmp_path / "run.pt", every, stop_at=stop))
    last = lesson.train_with_checkpoints(data, CONFIG, 12, str(tmp_path / "run.pt"), every)
    return [first_difference(part, whole) for part in (*parts, last)], [len(part) for part in (*parts, last)]


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.weight(2)
def test_the_kill_writes_nothing_more(lesson, device, tmp_path):
    """A killed run leaves the checkpoint that it had: the steps after it are done again, and they were lost if there was none."""
    data, files = text(device), []
    for name, every, stop in (("none", 6, 5), ("due", 4, 4), ("one", 2, 5)):
        path = tmp_path / name
        lesson.train_with_checkpoints(data, CONFIG, 9, path, every, stop_at=stop)
        files.append(path.exists())
    updates = []
    handle = register_optimizer_step_post_hook(lambda *_: updates.append(1))
    try:
        lesson.train_with_checkpoints(data, CONFIG, 9, tmp_path / "one", 2)
    finally:
        handle.remove()
    return files, len(updates)


@pytest.mark.exercise("train_with_checkpoints")
def test_more_steps_later(lesson, device, tmp_path):
    """After the last step there is a checkpoint: with more steps, and another `every`, the run goes on from there."""
    data, updates = text(device), []
    whole = lesson.train_with_checkpoints(data, CONFIG, 9, tmp_path / "whole.pt", 4)
    first = lesson.train_with_checkpoints(data, CONFIG, 5, tmp_path / "run.pt", 4)
    handle = register_optimizer_step_post_hook(lambda *_: updates.append(1))
    try:
        last = lesson.train_with_checkpoints(data, CONFIG, 9, tmp_path / "run.pt", 100)
    finally:
        handle.remove()
    return first == whole[:5], last == whole, len(updates)


@pytest.mark.exercise("train_with_checkpoints")
@pytest.mark.parametrize(("every", "stop"), [(100, None), (5, 5)], ids=["rarely", "killed"])
def test_a_checkpoint_after_the_last_step(lesson, device, tmp_path, every, stop):
    """After the last step there is a checkpoint whatever `every` is, unless the run was killed right there."""
    lesson.train_with_checkpoints(text(device), CONFIG, 5, tmp_path / "run.pt", every, stop_at=stop)
    return (tmp_path / "run.pt").exists()


@pytest.mark.exercise("train_with_checkpoints")
def test_a_run_that_is_done_stays_as_it_is(lesson, device, tmp_path):
    """If the checkpoint has all the steps, nothing is trained and its history comes back."""
    data = text(device)
    first = lesson.train_with_checkpoints(data, CONFIG, 6, tmp_path / "run.pt", 3)
    again = lesson.train_with_checkpoints(data, CONFIG, 6, tmp_path / "run.pt", 3)
    fewer = lesson.train_with_checkpoints(data, CONFIG, 4, tmp_path / "run.pt", 3)
    return again == first, fewer == first, len(again)


@pytest.mark.exercise("train_with_checkpoints")
def test_a_kill_that_is_past_plays_no_part(lesson, device, tmp_path):
    """`stop_at` counts from the very first step: where the checkpoint is beyond it, the run goes on to its end."""
    data = text(device)
    lesson.train_with_checkpoints(data, CONFIG, 6, tmp_path / "run.pt", 3)
    return len(lesson.train_with_checkpoints(data, CONFIG, 8, tmp_path / "run.pt", 3, stop_at=5))


@pytest.mark.exercise("train_with_checkpoints")
def test_the_seed_decides(lesson, device, tmp_path):
    """The same seed gives the same history, another one another; the global state is not moved and plays no part."""
    data, histories, quiet = text(device), [], []
    for number, seed in enumerate((1, 1, 2)):
        torch.rand(2)
        path = tmp_path / f"run{number}.pt"
        config = CONFIG | {"seed": seed}
        history, untouched = probes.global_rng_untouched(
            lambda config=config, path=path: lesson.train_with_checkpoints(data, config, 3, path, 2)
        )
        histories.append(history)
        quiet.append(untouched)
    return histories[0] == histories[1], histories[0] == histories[2], quiet


@pytest.mark.exercise("train_with_checkpoints")
def test_arguments_stay_as_they_are(lesson, device, tmp_path):
    """Neither the text nor the config is changed; the checkpoint is in the folder."""
    data, config = text(device), dict(CONFIG)
    lesson.train_with_checkpoints(data, config, 4, tmp_path / "run.pt", 2)
    names = sorted(path.name for path in tmp_path.iterdir())
    return config == CONFIG, bool(torch.equal(data, text(device))), "run.pt" in names
