"""The visible tests of lesson 3.9: the worked examples of its page."""

import pytest
import torch
from torch import nn

from assignments.expect import expect, expect_raises, expect_that
from assignments.lesson_3_9.exercises import (
    Autoencoder,
    Trainer,
    fine_tune,
    freeze,
    masked_reconstruction_loss,
    parameter_groups,
    quiz,
    replace_head,
)


def page_model():
    """The model of "A new head"; its head is the part "2.0"."""
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Sequential(nn.Linear(3, 4), nn.ReLU()))


def numbers(model):
    """All the model's numbers, of parameters and buffers, in one row."""
    return torch.cat([tensor.detach().flatten().double() for tensor in model.state_dict().values()])


def mse(y, y_hat):
    """The mean squared error."""
    return (y - y_hat).square().mean()


def column(*values):
    """The values as rows with one number each."""
    return torch.tensor(values).unsqueeze(1)


def page_run(start=1.0, gamma=None, **options):
    """The model w * x of "The Trainer", and a trainer for it."""
    model = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(start)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = None if gamma is None else torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma)
    return model, Trainer(model, optimizer, mse, scheduler, **options)


def page_batches():
    """The training and the validation batches of "The Trainer"."""
    return [(column(1.0, 2.0), column(2.0, 4.0)), (column(1.0), column(3.0))], [(column(1.0, 3.0), column(2.0, 6.0))]


def test_freeze_turns_off_the_gradients_at_any_depth():
    """No parameter requires a gradient, and the same module comes back."""
    model = page_model()
    back = freeze(model)
    expect_that(back is model, "freeze(module)", back, "the same module", "Change the module, and return it.")
    flags = [parameter.requires_grad for parameter in model.parameters()]
    expect("requires_grad of each parameter", flags, [False] * 4, "`parameters()` finds those at any depth.")


def test_freeze_keeps_batch_normalization_still():
    """After model.train() the batch (2), (4) still gives (2), (4), and the running mean stays 0."""
    body = nn.Sequential(nn.BatchNorm1d(1))
    model = nn.Sequential(body, nn.Linear(1, 2))
    freeze(body)
    step = 'Something must see to it that `train()` does not reach the frozen part: "How to stay in evaluation mode".'
    for who in (model, body):
        who.train()
        expect("body((2), (4)) after train()", body(column(2.0, 4.0)).detach(), column(2.0, 4.0), step)
    expect("the running mean", body[0].running_mean, torch.zeros(1), step)
    expect_that(model[1].training, "the other part's mode", model[1].training, "True", "Freeze nothing else.")


def test_replace_head_puts_in_a_fresh_layer():
    """The part "2.0" becomes a Linear(3, 2) that can learn; the rest stays."""
    model = page_model().requires_grad_(False)
    before, call = model[0].weight.clone(), "replace_head(model, 2)"
    back = replace_head(model, 2)
    expect_that(back is model, call, back, "the same model", "Change the model, and return it.")
    head = model[2][0]
    step = 'Change the module that holds the head: "Reaching a part by its name".'
    expect_that(
        isinstance(head, nn.Linear) and head.out_features == 2, f"part 2.0 after {call}", head, "2 outputs", step
    )
    shapes = [tuple(parameter.shape) for parameter in head.parameters()]
    expect(
        f"the head's shapes after {call}", shapes, [(2, 3), (2,)], "It has as many inputs as the old one, and a bias."
    )
    flags = [parameter.requires_grad for parameter in model.parameters()]
    expect(f"requires_grad after {call}", flags, [False, False, True, True], "The new head learns; the rest stays.")
    expect(f"the backbone's weight after {call}", model[0].weight, before, "Leave the backbone as it is.")


def test_replace_head_takes_the_dtype_and_draws_fresh_weights():
    """A float64 model gets a float64 head, with a bias, and another one each time."""
    call, heads = "replace_head(model, 2)", []
    for _ in range(2):
        model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2, bias=False)).double()
        nn.init.ones_(model[1].weight)
        heads.append(replace_head(model, 2)[1])
    dtypes = [parameter.dtype for parameter in heads[0].parameters()]
    expect(
        f"the dtypes of the head after {call}", dtypes, [torch.float64] * 2, "Take dtype and device of the old head."
    )
    largest = heads[0].weight.abs().max().item()
    expect_that(largest < 0.6, f"the largest weight after {call}", largest, "at most 1/√3", "Make a new linear layer.")
    same = torch.equal(heads[0].weight, heads[1].weight)
    expect(f"whether two heads of {call} are equal", same, False, "Let PyTorch draw the weights, without a seed.")


def test_replace_head_needs_a_place_for_it():
    """Without a linear layer inside there is a ValueError."""
    step = "If there is no linear layer inside, raise a ValueError."
    for model in (nn.Sequential(nn.ReLU()), nn.Linear(3, 2)):
        expect_raises(ValueError, f"replace_head({model}, 2)", lambda model=model: replace_head(model, 2), step)


def told(model, groups):
    """Each group's rate and the names of its parameters."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return [(float(group["lr"]), [names.get(id(parameter)) for parameter in group["params"]]) for group in groups]


def test_parameter_groups_of_the_page():
    """Two groups, backbone first."""
    model = page_model()
    wanted = [(0.01, ["0.weight", "0.bias"]), (0.1, ["2.0.weight", "2.0.bias"])]
    step = "The head's parameters go into the second group, all others into the first."
    expect("parameter_groups(model, 0.01, 0.1)", told(model, parameter_groups(model, 0.01, 0.1)), wanted, step)


def test_parameter_groups_finds_the_head_before_other_layers():
    """The head is the last linear layer; a norm that comes after it belongs to the backbone."""
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2), nn.LayerNorm(2))
    wanted = [(0.01, ["0.weight", "0.bias", "2.weight", "2.bias"]), (0.1, ["1.weight", "1.bias"])]
    step = "Look for the last `nn.Linear` among `model.modules()`, and compare parameters by identity, not by name."
    expect("parameter_groups(model, 0.01, 0.1)", told(model, parameter_groups(model, 0.01, 0.1)), wanted, step)


def test_parameter_groups_leaves_out_what_is_frozen():
    """With a frozen backbone the head's group is the only one."""
    model = page_model()
    model[0].requires_grad_(False)
    step = "Only parameters that require gradients go in, and an empty group is left out."
    groups = told(model, parameter_groups(model, 0.01, 0.1))
    expect("parameter_groups with part 0 frozen", groups, [(0.1, ["2.0.weight", "2.0.bias"])], step)


def task():
    """A pretrained model, and six rows of a task with three classes."""
    gen = torch.Generator().manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2))
    return model, torch.randn(6, 2, generator=gen), torch.tensor([0, 1, 2, 0, 1, 2])


def test_fine_tune_moves_the_head_and_nothing_else():
    """After one epoch each number of the head is 0.1 away from its start; the copy's backbone is the model's."""
    model, X, y = task()
    before = numbers(model)
    fresh, tuned = (fine_tune(model, X, y, 3, epochs, 0.1, seed=5) for epochs in (0, 1))
    call = "fine_tune(model, X, y, 3, epochs=1, lr=0.1, seed=5)"
    expect(f"the shape of the logits of {call}", tuple(tuned(X).shape), (6, 3), "Replace the copy's head.")
    expect(f"the numbers of the model after {call}", numbers(model), before, "Work on a deep copy.")
    step = "Freeze the copy before it trains: neither weights nor running statistics move."
    expect(f"the backbone of {call}", numbers(tuned)[:-15], before[:-10], step)
    moved = (numbers(tuned) - numbers(fresh))[-15:].abs()
    step = "One epoch is one step of Adam on all rows. The same seed must give the same head."
    expect("how far the head moved in one epoch", moved, torch.full((15,), 0.1, dtype=torch.float64), step)


def test_fine_tune_draws_the_head_from_the_seed():
    """Another seed gives another head, and in a float64 model the head is float64, too."""
    model, X, y = task()
    heads = [fine_tune(model.double(), X.double(), y, 3, 0, 0.1, seed=seed)[-1].weight for seed in (5, 6)]
    expect("the head's dtype in a float64 model", heads[0].dtype, torch.float64, "Take the dtype of the old head.")
    same = torch.equal(heads[0], heads[1])
    expect("whether the heads of the seeds 5 and 6 are equal", same, False, "Draw the head after setting `seed`.")


def test_fine_tune_leaves_the_global_random_state_alone():
    """What is drawn afterwards does not depend on the seed."""
    model, X, y = task()
    before = torch.get_rng_state()
    fine_tune(model, X, y, 3, 1, 0.1, seed=5)
    same = torch.equal(torch.get_rng_state(), before)
    step = '`torch.random.fork_rng()` puts it back: "A seed for one line".'
    expect("whether the global random state is as before", same, True, step)


def test_Autoencoder_squeezes_and_rebuilds():
    """8 numbers to 2 and back; the model is the one after the other."""
    model, x = Autoencoder(8, 2), torch.linspace(-3, 3, 40).reshape(5, 8)
    codes = model.encode(x)
    expect("the shape of encode(x)", tuple(codes.shape), (5, 2), "A code has `code_dim` numbers.")
    rebuilt = model.decode(codes)
    expect("the shape of decode(codes)", tuple(rebuilt.shape), (5, 8), "A rebuilt row has `input_dim` numbers.")
    expect("model(x)", model(x).detach(), rebuilt.detach(), "Nothing of x goes round the code.")


def test_Autoencoder_has_two_halves():
    """No parameter has a gradient from both `encode` and `decode`."""
    model, found = Autoencoder(8, 2), []
    for output in (model.encode(torch.ones(3, 8)), model.decode(torch.ones(3, 2))):
        grads = torch.autograd.grad(output.square().sum(), list(model.parameters()), allow_unused=True)
        found.append({number for number, grad in enumerate(grads) if grad is not None})
    step = "Give encoder and decoder layers of their own."
    expect("the numbers of the parameters that both halves use", sorted(found[0] & found[1]), [], step)


def test_Autoencoder_beats_the_mean():
    """After 400 steps on rows that two hidden numbers describe, the error is under half of the lazy model's."""
    gen = torch.Generator().manual_seed(1)
    x = torch.randn(64, 2, generator=gen) @ torch.randn(2, 8, generator=gen) + 2
    model = Autoencoder(8, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(400):
        loss = mse(x, model(x))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    share = (mse(x, model(x)) / mse(x, x.mean(dim=0).expand(64, 8))).item()
    step = "Both halves need a hidden layer, and the decoder ends in a linear one."
    expect_that(share < 0.5, "the error after training, over that of the mean", share, "below 0.5", step)


def page_guess():
    """Targets, guesses and mask of "Guessing what is hidden"."""
    x, x_hat = torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([9.0, 5.0, 0.0, 3.0])
    return x, x_hat, torch.tensor([False, True, False, True])


def test_masked_reconstruction_loss_of_the_page():
    """5, whatever stands where the mask is False; the slopes are (0, 3, 0, -1)."""
    x, x_hat, mask = page_guess()
    step = "The mean goes over the elements where the mask is True."
    result = masked_reconstruction_loss(x, x_hat, mask)
    expect("masked_reconstruction_loss(x, x_hat, mask)", result, torch.tensor(5.0), step)
    x_hat.requires_grad_(True)
    masked_reconstruction_loss(x, x_hat, mask).backward()
    expect("the slopes for x_hat", x_hat.grad, torch.tensor([0.0, 3.0, 0.0, -1.0]), "Keep the graph: no float().")
    x[0] = torch.inf
    result = masked_reconstruction_loss(x, x_hat.detach(), mask)
    expect("the loss with an infinite x[0]", result, torch.tensor(5.0), "Pick the elements first: 0 times inf is NaN.")


def test_masked_reconstruction_loss_has_a_gradient_beside_infinities():
    """Where an infinite element is hidden the slope is 0, and no NaN; the loss has the dtype of x."""
    x, x_hat, mask = page_guess()
    x = x.double()
    x[0] = torch.inf
    x_hat = x_hat.double().requires_grad_(True)
    loss = masked_reconstruction_loss(x, x_hat, mask)
    step = "Compute in the dtype of x."
    expect("the loss in float64", loss.detach(), torch.tensor(5.0, dtype=torch.float64), step)
    loss.backward()
    wanted = torch.tensor([0.0, 3.0, 0.0, -1.0], dtype=torch.float64)
    step = "Pick the elements before you take differences: `torch.where` after the squares has a NaN in its gradient."
    expect("the slopes for x_hat with an infinite x[0]", x_hat.grad, wanted, step)


def test_masked_reconstruction_loss_of_nothing_is_zero():
    """Where nothing was hidden, nothing is wrong."""
    x, x_hat, mask = page_guess()
    result = masked_reconstruction_loss(x, x_hat, torch.zeros_like(mask)).detach()
    expect("masked_reconstruction_loss with no True", result, torch.tensor(0.0), "The mean of no elements is NaN.")


def test_Trainer_evaluates_by_samples_and_leaves_no_trace():
    """(2 · 2.5 + 4) / 3 = 3 at w = 1; each part keeps its mode, and no gradient appears."""
    model, trainer = page_run()
    train, _ = page_batches()
    model.train()
    expect("evaluate(train) at w = 1", trainer.evaluate(train), 3.0, "A batch counts for the rows that it has.")
    expect_that(model.weight.grad is None, "the gradient after evaluate", model.weight.grad, "None", "Only look.")
    mixed = nn.Sequential(nn.BatchNorm1d(1), nn.Dropout(0.5), nn.Linear(1, 1)).train()
    mixed[0].eval()
    Trainer(mixed, torch.optim.SGD(mixed.parameters(), lr=0.1), mse).evaluate(train)
    modes = [part.training for part in mixed]
    expect("each part's mode after evaluate", modes, [False, True, True], "Note the mode of each part beforehand.")


def test_Trainer_fits_as_on_the_page_with_a_scheduler():
    """Two epochs; the rate is halved after each."""
    model, trainer = page_run(gamma=0.5)
    history = trainer.fit(*page_batches(), 2)
    step = 'Work through the first two tables of "The Trainer", batch by batch.'
    expect('fit(…)["train"]', history["train"], [7.25 / 3, 1.5225 / 3], step)
    expect('fit(…)["validation"]', history["validation"], [0.2, 0.006125], step)
    expect("w afterwards", model.weight.item(), 1.965, "The scheduler takes one step after each epoch.")


def test_Trainer_fits_as_on_the_page_with_clipping():
    """Both slopes are cut to -2."""
    model, trainer = page_run(max_norm=2.0)
    history = trainer.fit(*page_batches(), 1)
    step = "Clip between `backward` and the optimizer's step."
    expect('fit(…)["train"] with max_norm=2', history["train"], [8.24 / 3], step)
    expect('fit(…)["validation"] with max_norm=2', history["validation"], [1.8], step)
    expect("w afterwards", model.weight.item(), 1.4, step)


def test_Trainer_clips_all_gradients_together():
    """Slopes of -6 and -8 have the global norm 10; cut to 5 they are -3 and -4."""
    model = nn.Linear(2, 1, bias=False)
    nn.init.zeros_(model.weight)
    optimizer = torch.optim.SGD([{"params": model.parameters()}], lr=1.0)
    batch = [(torch.tensor([[3.0, 4.0]]), column(1.0))]
    Trainer(model, optimizer, mse, max_norm=5.0).fit(batch, batch, 1)
    step = "`clip_grad_norm_` takes all of the model's parameters in one call."
    expect("the weights after one step from 0 with max_norm=5", model.weight.detach(), torch.tensor([[3.0, 4.0]]), step)
    parts = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    with torch.no_grad():
        parts[0].weight.fill_(4.0)
        parts[1].weight.fill_(3.0)
    optimizer = torch.optim.SGD(parts.parameters(), lr=1.0)
    batch = [(column(1.0), column(11.0))]
    Trainer(parts, optimizer, mse, max_norm=1.0).fit(batch, batch, 1)
    found = [round(part.weight.item(), 4) for part in parts]
    expect("two weights after slopes of 6 and 8 with max_norm=1", found, [3.4, 2.2], step)


def test_Trainer_trains_in_training_mode():
    """In two epochs batch normalization sees two training batches with the mean 3: 0.1 · 3, then 0.9 of it and 0.1 · 3."""
    model = nn.Sequential(nn.BatchNorm1d(1), nn.Linear(1, 1)).eval()
    batch, others = [(column(2.0, 4.0), column(1.0, 2.0))], [(column(7.0, 9.0), column(1.0, 2.0))]
    Trainer(model, torch.optim.SGD(model.parameters(), lr=0.1), mse).fit(batch, others, 2)
    step = "Switch to training mode at the beginning of every epoch; `evaluate` is in eval mode."
    expect("the running mean after two epochs", model[0].running_mean, torch.tensor([0.57]), step)


def test_Trainer_takes_no_NaN_for_the_lowest():
    """NaN, then 2 and 3, with a patience of 2: it stops after the fourth epoch, and the scheduler has counted it."""
    model = nn.Sequential(nn.BatchNorm1d(1), nn.Linear(1, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    script, means = iter([torch.nan, 2.0, 2.0, 3.0, 3.0, 3.0]), []

    def loss_fn(y, y_hat):
        if model.training:
            return mse(y, y_hat)
        means.append(model[0].running_mean.clone())
        return torch.tensor(next(script))

    batch = [(column(2.0, 4.0), column(1.0, 2.0))]
    history = Trainer(model, optimizer, loss_fn, scheduler, patience=2).fit(batch, batch, 6)
    step = "Nothing is lower than NaN: start from infinity. An equal loss is no better."
    expect("epochs with the validation losses NaN, 2, 2, 3, 3", len(history["validation"]), 4, step)
    step = "Restore the buffers together with the parameters: `state_dict` has both."
    expect("the running mean afterwards", model[0].running_mean, means[1], step)
    rate = optimizer.param_groups[0]["lr"]
    expect(
        "the rate afterwards, halved after each of 4 epochs", rate, 0.00625, "The scheduler steps in the last one, too."
    )


@pytest.mark.parametrize(
    ("patience", "epochs", "length", "w"), [(2, 9, 5, 0.488), (9, 5, 5, 0.488), (None, 5, 5, 0.67232)]
)
def test_Trainer_stops_and_goes_back_as_on_the_page(patience, epochs, length, w):
    """With a patience of 2 it stops after 5 epochs; with any, the best epoch's weight comes back."""
    model, trainer = page_run(start=0.0, patience=patience)
    history = trainer.fit([(column(1.0), column(1.0))], [(column(1.0), column(0.5))], epochs)
    call = f"fit for {epochs} epochs with patience={patience}: "
    found = [len(history["train"]), len(history["validation"])]
    expect(call + "lengths of the history", found, [length, length], "Count epochs in a row that are not better.")
    expect(call + "w", model.weight.item(), w, "With patience go back to a deep copy of the best state, else stay.")


def test_Trainer_goes_on_from_a_loaded_run_as_if_nothing_had_happened(tmp_path):
    """One epoch, saved, loaded elsewhere, a second one: 1.965 as without a break."""
    train, validation = page_batches()
    saved, first = page_run(gamma=0.5)
    first.fit(train, validation, 1)
    first.save(tmp_path / "run.pt")
    model, second = page_run(start=-3.0, gamma=0.5)
    second.load(tmp_path / "run.pt")
    w = saved.weight.item()
    expect("w after load", model.weight.item(), w, "`load` gives the model the state that it had at `save`.")
    first.fit(train, validation, 1)
    second.fit(train, validation, 1)
    step = "Optimizer and scheduler have states, too."
    expect("w after one more epoch, if it is so without a break", model.weight.item(), saved.weight.item(), step)


def test_Trainer_saves_momenta_buffers_and_counts(tmp_path):
    """With momentum, batch normalization and a scheduler a loaded run goes on like the one that was saved."""
    models = [nn.Sequential(nn.BatchNorm1d(1), nn.Linear(1, 1)) for _ in range(2)]
    optimizers = [torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9) for model in models]
    schedulers = [torch.optim.lr_scheduler.StepLR(optimizer, 3, 0.1) for optimizer in optimizers]
    first, second = (
        Trainer(model, optimizer, mse, scheduler)
        for model, optimizer, scheduler in zip(models, optimizers, schedulers, strict=True)
    )
    batch = [(column(2.0, 5.0), column(1.0, 2.0))]
    first.fit(batch, batch, 2)
    first.save(tmp_path / "run.pt")
    second.load(tmp_path / "run.pt")
    expect("all the model's numbers after load", numbers(models[1]), numbers(models[0]), "Save `state_dict()`, whole.")
    for trainer in (first, second):
        trainer.fit(batch, batch, 1)
    step = "Save and load the optimizer's state, too."
    expect("all the model's numbers after one more epoch", numbers(models[1]), numbers(models[0]), step)
    first_rate, rate = (optimizer.param_groups[0]["lr"] for optimizer in optimizers)
    expect("the rate after one more epoch, the third", rate, first_rate, "Save and load the scheduler's state, too.")


def test_quiz_has_a_letter_for_each_question():
    """Ten ints, ten letters."""
    answers = quiz()
    good = isinstance(answers, dict) and sorted(answers, key=str) == sorted(range(1, 11), key=str)
    expect_that(good, "quiz()", answers, "a dictionary with the keys 1 to 10", "Answer the ten questions of the page.")
    others = {number: letter for number, letter in answers.items() if str(letter).upper() not in ("A", "B", "C", "D")}
    expect_that(not others, "quiz()", others, 'only the letters "A" to "D"', "Each answer is one letter.")
