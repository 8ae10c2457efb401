"""The visible tests of lesson 3.8: the worked examples of its page."""

import pytest
import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook

from assignments.expect import expect, expect_raises, expect_that
from assignments.lesson_3_8.exercises import (
    CharModel,
    adam_memory_bytes,
    char_batch,
    char_vocabulary,
    compute_optimal,
    mfu,
    train_with_checkpoints,
    training_flops,
    transformer_parameters,
)

DWARF = {"vocab": 5, "d_model": 2, "layers": 1, "d_ff": 3, "context": 4, "tied": False}
GPT2 = {"vocab": 50257, "d_model": 768, "layers": 12, "d_ff": 3072, "context": 1024, "tied": True}
CONFIG = {"dim": 8, "context": 4, "batch_size": 4, "lr": 0.02, "seed": 7}


def seeded(seed=0):
    """A generator of its own."""
    return torch.Generator().manual_seed(seed)


def banana():
    """The ids of the page's text."""
    return torch.tensor([1, 0, 2, 0, 2, 0])


def page_text():
    """A text of three characters for training: abcabc..."""
    return torch.arange(3).repeat(14)


def awake(seed):
    """A small model with random weights everywhere, also where it starts with zeros."""
    model, gen = CharModel(5, 8, 4).eval(), seeded(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=gen))
    return model


@pytest.mark.parametrize(
    ("config", "wanted"),
    [(DWARF, 81), (DWARF | {"tied": True}, 71), (DWARF | {"layers": 0}, 32), (GPT2, 124_439_808)],
)
def test_transformer_parameters_counts_every_part(config, wanted):
    """The dwarf of the page, tied and not, without blocks, and GPT-2 small."""
    step = 'Compare each part with the table of "Counting parameters": tables, blocks, last norm, head.'
    expect(f"transformer_parameters({config})", transformer_parameters(config), wanted, step)


@pytest.mark.parametrize(("n_params", "n_tokens", "wanted"), [(6, 5, 180.0), (70e9, 1.4e12, 5.88e23)])
def test_training_flops_is_six_for_each_parameter_and_token(n_params, n_tokens, wanted):
    """A small layer, and Chinchilla."""
    step = "2 operations forward and 4 backward, for each parameter and each token."
    expect(f"training_flops({n_params}, {n_tokens})", training_flops(n_params, n_tokens), wanted, step)


@pytest.mark.parametrize(
    ("flops", "wanted"),
    [(12_000, (10.0, 200.0)), (480.0, (2.0, 40.0)), (900.0, (2.73861, 54.7723)), (5.88e23, (7e10, 1.4e12))],
)
def test_compute_optimal_spends_the_budget_at_twenty_tokens_a_parameter(flops, wanted):
    """The page's small budget, two smaller ones, and Chinchilla's."""
    step = "Put D = 20 N into C = 6 N D, solve for N, and return (N, 20 N), not rounded."
    expect(f"compute_optimal({flops})", compute_optimal(flops), wanted, step)


@pytest.mark.parametrize(
    ("mixed", "wanted"),
    [
        (True, {"weights": 2000, "gradients": 2000, "master": 4000, "moments": 8000, "total": 16000}),
        (False, {"weights": 4000, "gradients": 4000, "master": 0, "moments": 8000, "total": 16000}),
    ],
)
def test_adam_memory_bytes_counts_every_copy(mixed, wanted):
    """1,000 parameters."""
    step = 'Take the column of "Counting bytes" times the number of parameters, and add up the total.'
    expect(f"adam_memory_bytes(1000, {mixed})", adam_memory_bytes(1000, mixed), wanted, step)


def test_mfu_is_the_share_of_the_peak():
    """The page's small machine, and the nanoGPT run."""
    step = "Six operations for each parameter and each token of one second, over the peak."
    expect("mfu(20, 3, 900)", mfu(20, 3, 900), 0.4, step)
    expect(
        "mfu(124_439_808, 491_520 / 0.576, 8 * 312e12)", mfu(124_439_808, 491_520 / 0.576, 8 * 312e12), 0.25526, step
    )


def test_mfu_is_not_clipped():
    """A share above 1 tells that a number is wrong."""
    expect("mfu(100, 10, 2000)", mfu(100, 10, 2000), 3.0, "Return the share as it comes out.")


def test_char_vocabulary_numbers_the_sorted_characters():
    """The text banana."""
    step = "Give each different character one id, from 0, in sorted order; return the dict, then the list."
    wanted = ({"a": 0, "b": 1, "n": 2}, ["a", "b", "n"])
    expect('char_vocabulary("banana")', char_vocabulary("banana"), wanted, step)
    expect('char_vocabulary("Go, go!")[1]', char_vocabulary("Go, go!")[1], [" ", "!", ",", "G", "g", "o"], step)
    ends = char_vocabulary("\nno ")[1]
    expect('char_vocabulary("\\nno ")[1]', ends, ["\n", " ", "n", "o"], "Blanks and line breaks are characters, too.")
    expect('char_vocabulary("")', char_vocabulary(""), ({}, []), "An empty text has no characters.")


def test_char_batch_draws_windows_with_the_characters_that_follow():
    """Every row is one of the page's three windows, and all three come."""
    call = "char_batch(banana, 3, 60, gen)"
    x, y = char_batch(banana(), 3, 60, seeded())
    step = "Return two int64 tensors, both (batch_size, context)."
    shapes = [tuple(x.shape), tuple(y.shape), x.dtype, y.dtype]
    expect(f"shapes and dtypes of {call}", shapes, [(60, 3), (60, 3), torch.int64, torch.int64], step)
    windows = {((1, 0, 2), (0, 2, 0)), ((0, 2, 0), (2, 0, 2)), ((2, 0, 2), (0, 2, 0))}
    drawn = {(tuple(a), tuple(b)) for a, b in zip(x.tolist(), y.tolist(), strict=True)}
    step = "A window's targets are the ids one place further on; do not start where the last target is missing."
    expect(f"rows of {call} that are no window of the text", sorted(drawn - windows), [], step)
    step = "Draw a start for each row, from all n - context of them, the last one included."
    expect(f"windows that never come in {call}", sorted(windows - drawn), [], step)


def test_char_batch_draws_each_row_by_itself():
    """30 rows of a text with 30 windows: some window comes twice, and the rows are in no order."""
    x, _ = char_batch(torch.arange(34), 4, 30, seeded(2))
    starts, call = x[:, 0].tolist(), "the starts of char_batch(torch.arange(34), 4, 30, gen)"
    step = "Draw each row's start from all of them, as if there were no other rows."
    expect_that(len(set(starts)) < 30, call, starts, "some of them twice", step)
    expect_that(starts != sorted(starts), call, starts, "no order", "Leave them as they were drawn.")


def test_char_batch_draws_from_the_generator_alone():
    """The same seed gives the same batch, and the global state stays."""
    data, before = torch.arange(200), torch.get_rng_state()
    one, two = (char_batch(data, 4, 8, seeded(5))[0] for _ in range(2))
    step = "Hand `gen` to every function that draws."
    expect("char_batch twice with the same seed: equal", torch.equal(one, two), True, step)
    expect("the global random state has stayed", torch.equal(before, torch.get_rng_state()), True, step)


def test_char_batch_refuses_a_text_without_a_whole_window():
    """With a context of 5 there is one window, with 6 there is none."""
    step = "Raise a ValueError unless the text is longer than the context."
    expect_raises(ValueError, "char_batch(banana, 6, 2, gen)", lambda: char_batch(banana(), 6, 2, seeded()), step)
    x, _ = char_batch(banana(), 5, 2, seeded())
    expect("x of char_batch(banana, 5, 2, gen)", x, banana()[:5].repeat(2, 1), "A text of context + 1 ids is enough.")


@pytest.mark.parametrize("length", [1, 2, 3])
def test_CharModel_gives_logits_for_each_place(length):
    """Windows of any length up to the context."""
    model = CharModel(5, 4, 3)
    logits = model(torch.zeros(2, length, dtype=torch.int64))
    step = "Take the length from the ids: the rows of places, and the mask, are cut to it."
    expect(f"shape of CharModel(5, 4, 3)(ids of shape (2, {length}))", tuple(logits.shape), (2, length, 5), step)


def test_CharModel_returns_logits_as_they_come():
    """With large weights there are large logits, of either sign."""
    model = awake(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(6)
        logits = model(torch.tensor([[1, 0, 2, 0], [3, 4, 1, 2]]))
    step = "Return what the last linear layer gives: no softmax, and nothing else that squashes it."
    found = (round(logits.min().item(), 3), round(logits.max().item(), 3))
    call = "the smallest and the largest logit of a model with large weights"
    expect_that(found[0] < -1 and found[1] > 1, call, found, "one below -1, and one above 1", step)


def test_CharModel_does_not_see_the_future():
    """A change of the last id leaves all places before it as they were."""
    x = torch.tensor([[1, 0, 2, 0], [3, 4, 1, 2]])
    changed = x.clone()
    changed[:, 3] = torch.tensor([4, 0])
    call = "the largest change of earlier logits when the last id changes"
    models = [awake(seed) for seed in range(3)]
    most = max((model(changed) - model(x))[:, :3].abs().max().item() for model in models)
    step = "Put the scores of all later places to minus infinity before the softmax."
    expect_that(most < 1e-4, call, most, "no change", step)


def test_CharModel_looks_back():
    """A change of the first id changes what the last place says."""
    x = torch.tensor([[1, 0, 2, 0], [3, 4, 1, 2]])
    changed = x.clone()
    changed[:, 0] = torch.tensor([2, 4])
    call = "the largest change of the last logits when the first id changes"
    models = [awake(seed) for seed in range(3)]
    most = max((model(changed) - model(x))[:, 3].abs().max().item() for model in models)
    step = "Each place takes in the values of the places before it, too."
    expect_that(most > 1e-6, call, most, "some change", step)


def test_CharModel_learns_a_text_that_repeats_itself():
    """60 steps of Adam on abcabc... end under 0.5."""
    torch.manual_seed(0)
    data, model = page_text(), CharModel(3, 16, 8)
    x = torch.stack([data[place : place + 8] for place in range(20)])
    y = torch.stack([data[place + 1 : place + 9] for place in range(20)])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(61):
        loss = nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    step = "Return logits without a softmax, and check that every layer is registered with the module."
    expect_that(loss.item() < 0.5, "the loss of CharModel(3, 16, 8) after 60 steps", loss.item(), "under 0.5", step)


def test_train_with_checkpoints_learns(tmp_path):
    """There is a loss for each step, and they fall."""
    config = CONFIG | {"dim": 16, "context": 8, "lr": 0.01}
    history = train_with_checkpoints(page_text(), config, 60, tmp_path / "run.pt", 25)
    call = "train_with_checkpoints(data, config, 60, path, 25)"
    expect(f"len of {call}", len(history), 60, "Note the loss of every step.")
    expect_that(
        history[-1] < 0.5 < history[0], call, (history[0], history[-1]), "a loss that falls below 0.5", "Update."
    )


def test_train_with_checkpoints_takes_the_loss_before_the_update(tmp_path):
    """Whatever the rate is, the first loss is that of the fresh model."""
    slow, fast = (
        train_with_checkpoints(page_text(), CONFIG | {"lr": lr}, 2, tmp_path / f"{lr}.pt", 5) for lr in (0.001, 0.5)
    )
    step = "Note the loss of a step before the optimizer's step."
    expect("the first loss at the rate 0.5, if it is so at the rate 0.001", fast[0], slow[0], step)
    expect_that(
        fast[1] != slow[1], "the second loss at the rates 0.001 and 0.5", fast[1], "two different ones", "Update."
    )


def test_train_with_checkpoints_takes_the_mean_over_all_places(tmp_path):
    """In abacabac... half of the windows begin with an a, after which nobody knows what comes: 1/4 log 2 = 0.17 is left."""
    data, config = torch.tensor([0, 1, 0, 2]).repeat(12), CONFIG | {"context": 2, "batch_size": 16, "lr": 0.03}
    history = train_with_checkpoints(data, config, 70, tmp_path / "run.pt", 70)
    last = sum(history[-15:]) / 15
    step = "Each place of a window has a target: take the mean cross-entropy over all of them."
    expect_that(last > 0.1, "the last losses for abacabac... with a context of 2", last, "about 0.17", step)


@pytest.mark.parametrize("stop_at", [2, 6, 7])
def test_train_with_checkpoints_goes_on_bit_for_bit_after_a_kill(tmp_path, stop_at):
    """10 steps, every 3; killed before the first checkpoint, when one is due, and between two."""
    data, path = page_text(), tmp_path / "killed.pt"
    whole = train_with_checkpoints(data, CONFIG, 10, tmp_path / "whole.pt", 3)
    first = train_with_checkpoints(data, CONFIG, 10, path, 3, stop_at=stop_at)
    call = f"train_with_checkpoints(data, config, 10, path, 3, stop_at={stop_at})"
    step = "Count the steps from the very first one, and return when so many are done."
    expect(f"the number of losses of {call}", len(first), stop_at, step)
    expect(f"{call} == the first losses of a whole run", first == whole[:stop_at], True, "The seed decides all.")
    torch.rand(5)  # what happens in between plays no part
    again = train_with_checkpoints(data, CONFIG, 10, path, 3)
    step = "At `path` there is the last checkpoint: go on after its steps, up to the last one."
    expect("the number of losses of the resumed run", len(again), 10, step)
    others = [place for place in range(10) if again[place] != whole[place]]
    step = "Save and load weights, optimizer, generator and history. The first step that differs tells what is missing."
    expect("steps whose losses differ from those of a run without a kill", others, [], step)


def test_train_with_checkpoints_goes_on_from_a_copy_of_the_file(tmp_path):
    """Of 10 steps 6 are in the checkpoint, and 4 are left to do."""
    data, path = page_text(), tmp_path / "run.pt"
    train_with_checkpoints(data, CONFIG, 10, path, 3, stop_at=7)
    copied = tmp_path / "copy.pt"
    copied.write_bytes(path.read_bytes())
    updates = []
    handle = register_optimizer_step_post_hook(lambda *_: updates.append(1))
    again = train_with_checkpoints(data, CONFIG, 10, copied, 3)
    handle.remove()
    expect("the number of losses of the resumed run", len(again), 10, "The history goes into the file, too.")
    step = "All that the rest of the run depends on is in the file at `path`: load it, and make the steps that are missing."
    expect("updates after resuming from step 6", len(updates), 4, step)


def test_train_with_checkpoints_writes_no_checkpoint_when_it_is_killed(tmp_path):
    """Killed when the first one is due, nothing is there; afterwards a whole run leaves one."""
    path = tmp_path / "run.pt"
    train_with_checkpoints(page_text(), CONFIG, 10, path, 3, stop_at=3)
    expect(
        "path.exists() after a kill at step 3 with every=3", path.exists(), False, "Look for the kill before you save."
    )
    history = train_with_checkpoints(page_text(), CONFIG, 4, path, 100, stop_at=9)
    expect("the number of losses of 4 steps with stop_at=9", len(history), 4, "A kill beyond the end plays no part.")
    expect(
        "path.exists() after the last step", path.exists(), True, "Write one after the last step, whatever `every` is."
    )


def test_train_with_checkpoints_leaves_the_global_random_state(tmp_path):
    """Seeding happens in private."""
    before = torch.get_rng_state()
    train_with_checkpoints(page_text(), CONFIG, 2, tmp_path / "run.pt", 1)
    step = "Make the model inside of `with torch.random.fork_rng():`, and draw batches from a generator of your own."
    expect("the global random state has stayed", torch.equal(before, torch.get_rng_state()), True, step)
