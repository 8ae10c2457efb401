"""Hidden scenarios of `CharModel`.

What may be seen of any model are its logits. Windows that stand in a batch twice, or begin alike, stand there in a drawn order:
which logits must be equal, only who runs the model on them finds out.
"""

import pytest
import torch
from torch import nn


def with_weights(model, rng, size=0.4):
    """Return the model with random weights, so that one that starts with zeros somewhere shows what it depends on, too."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(size * torch.randn(parameter.shape, generator=rng))
    return model


def repeated(rng, rows, length, vocab):
    """Return three different windows or fewer, `(rows, length)`, each of them several times, in a drawn order."""
    first = torch.randperm(vocab, generator=rng)[:3].unsqueeze(1)
    windows = torch.cat([first, torch.randint(vocab, (3, length - 1), generator=rng)], dim=1)
    order = torch.cat([torch.arange(3), torch.randint(3, (rows - 3,), generator=rng)])
    return windows[order[torch.randperm(rows, generator=rng)]]


@pytest.mark.exercise("CharModel")
@pytest.mark.check("logits_for_each_place")
@pytest.mark.parametrize(
    ("rows", "length"), [(10, 6), (12, 1), (11, 4), (6, 6)], ids=["full", "one place", "shorter", "square"]
)
def test_logits_for_each_place(lesson, device, rng, rows, length):
    """Windows of any length up to `context` give logits of the shape `(B, T, V)`, and one row alone gives its own."""
    ids = repeated(rng, rows, length, 7).to(device)
    model = with_weights(lesson.CharModel(7, 8, 6).to(device), rng)
    return {"ids": ids, "logits": model(ids), "logits of the first row alone": model(ids[:1])}


@pytest.mark.exercise("CharModel")
@pytest.mark.check("logits_for_each_place")
def test_in_double_precision(lesson, device, rng):
    """A model moved to float64 gives float64 logits."""
    ids = repeated(rng, 10, 3, 5).to(device)
    model = with_weights(lesson.CharModel(5, 4, 3).to(device, torch.float64), rng)
    return {"ids": ids, "logits": model(ids), "logits of the first row alone": model(ids[:1])}


def beginning_alike(rng, vocab, length):
    """Return windows and, for each place, one that is another from there on, in a drawn order, `(4 length, length)`."""
    windows = torch.randint(vocab, (4, length), generator=rng)
    rows = [windows]
    for place in range(1, length):
        changed = windows.clone()
        changed[:, place:] = (changed[:, place:] + 1 + torch.arange(length - place)) % vocab
        rows.append(changed)
    return torch.cat(rows)[torch.randperm(4 * length, generator=rng)]


def trained(model, rng, vocab, length, device):
    """Return the model after 60 steps of Adam on windows of a text of drawn characters, each as likely as the others."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    for _ in range(60):
        windows = torch.randint(vocab, (64, length + 1), generator=rng).to(device)
        loss = nn.functional.cross_entropy(model(windows[:, :-1]).flatten(0, 1), windows[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


@pytest.mark.exercise("CharModel")
@pytest.mark.check("the_future_has_no_say")
@pytest.mark.weight(6)
def test_the_future_has_no_say(lesson, device, rng):
    """Later characters, changed or cut off, leave the logits of earlier places as they are; nobody guesses what is random."""
    random = torch.randint(8, (400, 6), generator=rng).to(device)  # most of them begin as no other does
    ids = beginning_alike(rng, 9, 6).to(device)
    model = with_weights(lesson.CharModel(9, 8, 6).to(device).eval(), rng)
    cut = {f"logits of the first {places}": model(ids[:, :places]) for places in range(1, 6)}
    cut["logits of the first row alone"] = model(ids[:1])
    guessing = trained(lesson.CharModel(8, 16, 5).to(device), rng, 8, 5, device)
    return {
        "ids": ids,
        "logits": model(ids),
        **cut,
        "random text": random,
        "logits for a random text": guessing(random[:, :-1]),
    }


@pytest.mark.exercise("CharModel")
@pytest.mark.check("the_past_has_a_say")
@pytest.mark.weight(3)
def test_the_past_has_a_say(lesson, device, rng):
    """The logits of a place depend on its own character, on the one before it, and on the first one of the window."""
    x = torch.randint(6, (3, 4), generator=rng)
    rows = [x, x]
    for place in (0, 2, 3):
        changed = x.clone()
        changed[:, place] = (changed[:, place] + 1) % 6
        rows.append(changed)
    ids = torch.cat(rows)[torch.randperm(15, generator=rng)].to(device)
    models = [with_weights(lesson.CharModel(6, 8, 5).to(device).eval(), rng) for _ in range(3)]
    return {"ids": ids, "logits of three models": [model(ids) for model in models]}


@pytest.mark.exercise("CharModel")
@pytest.mark.check("rows_and_modes")
def test_rows_and_modes(lesson, device, rng):
    """No row of a batch depends on another one, and training mode gives the same logits as evaluation mode."""
    ids = repeated(rng, 10, 5, 6).to(device)
    model = with_weights(lesson.CharModel(6, 8, 5).to(device), rng)
    return {
        "ids": ids,
        "logits in training mode": model.train()(ids),
        "logits in evaluation mode": model.eval()(ids),
        "logits of the third row alone": model(ids[2:3]),
    }


@pytest.mark.exercise("CharModel")
@pytest.mark.check("it_is_learned")
@pytest.mark.weight(2)
@pytest.mark.parametrize("characters", [3, 4])
def test_a_text_that_repeats_itself_is_learned(lesson, device, rng, characters):
    """A text that goes round and round through a few characters is learned, to a mean cross-entropy under 0.5."""
    data = torch.randperm(characters, generator=rng).repeat(12)
    model = lesson.CharModel(characters, 16, 8).to(device)
    windows = torch.stack([data[start : start + 9] for start in range(20)]).to(device)
    x, y = windows[:, :-1], windows[:, 1:]
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(60):
        loss = nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    asked = windows[torch.randint(20, (30,), generator=rng).to(device)]
    return {"windows": asked, "logits": model(asked[:, :-1])}


@pytest.mark.exercise("CharModel")
@pytest.mark.check("logits_not_probabilities")
def test_outputs_are_logits(lesson, device, rng):
    """The outputs are logits: numbers of either sign, as large as they come, that nobody has normalized or squashed."""
    ids = repeated(rng, 10, 8, 30).to(device)
    model = with_weights(lesson.CharModel(30, 16, 8).to(device), rng)
    logits = model(ids)
    return {"ids": ids, "logits": logits, "logits with large weights": with_weights(model, rng, 2.0)(ids)}
