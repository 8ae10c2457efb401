"""Hidden scenarios of `CharModel`."""

import pytest
import torch
from torch import nn


def with_weights(model, rng):
    """Return the model with random weights, so that one that starts with zeros somewhere shows what it depends on, too."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.4 * torch.randn(parameter.shape, generator=rng))
    return model


def ids(rng, rows, length, vocab, device):
    """Return random ids."""
    return torch.randint(vocab, (rows, length), generator=rng).to(device)


@pytest.mark.exercise("CharModel")
@pytest.mark.parametrize(
    ("rows", "length"), [(3, 6), (1, 1), (2, 4), (6, 6)], ids=["full", "one place", "shorter", "square"]
)
def test_logits_for_each_place(lesson, device, rng, rows, length):
    """Windows of any length up to the context give (B, T, V) logits."""
    model = lesson.CharModel(7, 8, 6).to(device)
    return isinstance(model, nn.Module), torch.zeros_like(model(ids(rng, rows, length, 7, device)))


@pytest.mark.exercise("CharModel")
def test_in_double_precision(lesson, device, rng):
    """A model moved to float64 gives float64 logits."""
    model = lesson.CharModel(5, 4, 3).to(device, torch.float64)
    return torch.zeros_like(model(ids(rng, 2, 3, 5, device)))


@pytest.mark.exercise("CharModel")
@pytest.mark.weight(6)
def test_the_future_has_no_say(lesson, device, rng):
    """Changing or cutting off later characters leaves the logits of earlier places as they are."""
    model = with_weights(lesson.CharModel(9, 8, 6).to(device).eval(), rng)
    x = ids(rng, 4, 6, 9, device)
    logits = model(x)
    same = []
    for place in range(1, 6):
        changed = x.clone()
        changed[:, place:] = (changed[:, place:] + 1 + torch.arange(6 - place, device=device)) % 9
        same.append(bool(torch.allclose(model(changed)[:, :place], logits[:, :place], atol=1e-5)))
        same.append(bool(torch.allclose(model(x[:, :place]), logits[:, :place], atol=1e-5)))
    return same


@pytest.mark.exercise("CharModel")
@pytest.mark.weight(3)
def test_the_past_has_a_say(lesson, device, rng):
    """An earlier character changes the logits of a later place, and so does the place's own."""
    x = ids(rng, 3, 4, 6, device)
    told = []
    for changed_at in (0, 2, 3):
        differences = []
        for _ in range(3):
            model = with_weights(lesson.CharModel(6, 8, 5).to(device).eval(), rng)
            changed = x.clone()
            changed[:, changed_at] = (changed[:, changed_at] + 1) % 6
            differences.append(float((model(changed)[:, 3] - model(x)[:, 3]).abs().max()))
        told.append(max(differences) > 1e-5)
    return told


@pytest.mark.exercise("CharModel")
def test_rows_and_modes(lesson, device, rng):
    """No row depends on another, and both modes give the same."""
    model = with_weights(lesson.CharModel(6, 8, 5).to(device), rng)
    x = ids(rng, 5, 5, 6, device)
    logits = model.train()(x)
    return (
        bool(torch.allclose(logits, model.eval()(x), atol=1e-5)),
        bool(torch.allclose(logits[2:3], model(x[2:3]), atol=1e-5)),
    )


@pytest.mark.exercise("CharModel")
@pytest.mark.check("it_is_learned")
@pytest.mark.weight(2)
@pytest.mark.parametrize("text", ["abc", "acdb"])
def test_a_text_that_repeats_itself_is_learned(lesson, device, text):
    """After 60 steps of Adam the mean cross-entropy on a text that goes round and round is under 0.5."""
    data = torch.tensor([ord(character) - ord("a") for character in text * 12]).to(device)
    model = lesson.CharModel(len(text), 16, 8).to(device)
    windows = torch.stack([data[start : start + 9] for start in range(20)])
    x, y = windows[:, :-1], windows[:, 1:]
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _ in range(61):
        loss = nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten())
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses[0], losses[-1]


@pytest.mark.exercise("CharModel")
@pytest.mark.check("logits_not_probabilities")
def test_outputs_are_logits(lesson, device, rng):
    """The outputs are of either sign and do not add up to 1, nor do their exponentials."""
    model = with_weights(lesson.CharModel(30, 16, 8).to(device), rng)
    with torch.no_grad():
        logits = model(ids(rng, 4, 8, 30, device))
    return {
        "lowest": float(logits.min()),
        "sums to 1": bool(torch.allclose(logits.sum(dim=2), torch.ones(4, 8, device=device), atol=1e-3)),
        "exponentials too": bool(torch.allclose(logits.exp().sum(dim=2), torch.ones(4, 8, device=device), atol=1e-3)),
    }
