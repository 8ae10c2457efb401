"""The visible tests of lesson 3.2: the worked examples of its page."""

import copy
import math
import warnings

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.figure import Figure
from torch import nn
from torch.optim.lr_scheduler import ExponentialLR, LambdaLR
from torch.utils.data import DataLoader, TensorDataset

from assignments.expect import expect, expect_raises, expect_that
from assignments.lesson_3_2.exercises import (
    as_lambda_lr,
    cosine,
    exponential_decay,
    linear_warmup_cosine,
    load_state,
    lr_range_test,
    one_cycle,
    plot_range_test,
    reduce_on_plateau,
    save_state,
    step_decay,
    train_scheduled,
)


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open, and `plt.show` as it was."""
    show = plt.show
    yield
    plt.show = show
    plt.close("all")


@pytest.fixture(autouse=True)
def quiet():
    """Some tests step a scheduler whose optimizer has nothing to do; PyTorch would warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def page_model():
    """The model y = w·x of the page, with w = 0."""
    model = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(0.0)
    return model


def page_loader(n):
    """n samples with x = 1 and y = 1, one to a batch."""
    return DataLoader(TensorDataset(torch.ones(n, 1), torch.ones(n, 1)), batch_size=1)


def page_training():
    """The parameter p of "Stopping in the middle", its optimizer and its scheduler."""
    p = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([p], lr=0.1, momentum=0.9)
    return p, optimizer, ExponentialLR(optimizer, 0.5)


def steps_of(training, n):
    """Make n updates with the gradient 1; return the length of each step."""
    p, optimizer, scheduler = training
    lengths = []
    for _ in range(n):
        before = p.item()
        p.grad = torch.ones(1)
        optimizer.step()
        scheduler.step()
        lengths.append(before - p.item())
    return lengths


def page_state():
    """The state of "Stopping in the middle" after two updates."""
    _, optimizer, scheduler = page_training()
    return {
        "optimizer": {
            **optimizer.state_dict(),
            "state": {0: {"momentum_buffer": torch.tensor([1.9])}},
            "param_groups": [{**optimizer.state_dict()["param_groups"][0], "lr": 0.025}],
        },
        "scheduler": {**scheduler.state_dict(), "last_epoch": 2, "_step_count": 3, "_last_lr": [0.025]},
    }


def test_step_decay_goes_down_the_pages_stairs():
    """Three steps a stair."""
    rates = [step_decay(step, 0.8, 3, 0.5) for step in range(8)]
    step = "Count the stairs with //: the first `size` steps, from 0 on, have the rate lr."
    expect("[step_decay(step, 0.8, 3, 0.5) for step in range(8)]", rates, [0.8] * 3 + [0.4] * 3 + [0.2] * 2, step)


def test_exponential_decay_halves_at_every_step():
    """0.8, 0.4, 0.2, 0.1."""
    rates = [exponential_decay(step, 0.8, 0.5) for step in range(4)]
    step = "Multiply lr by gamma to the power of the step; step 0 has the rate lr itself."
    expect("[exponential_decay(step, 0.8, 0.5) for step in range(4)]", rates, [0.8, 0.4, 0.2, 0.1], step)


def test_cosine_falls_as_on_the_page():
    """With the floor 0 and with the floor 0.2."""
    step = "Half a period of the cosine, from lr at step 0 down to the floor at step `total`."
    rates = [cosine(step, 1.0, 4) for step in range(5)]
    expect("[cosine(step, 1.0, 4) for step in range(5)]", rates, [1.0, 0.853553, 0.5, 0.146447, 0.0], step)
    rates = [cosine(step, 1.0, 4, 0.2) for step in range(5)]
    step = "The curve is squeezed between lr and the floor: its height is lr - floor."
    expect("[cosine(step, 1.0, 4, 0.2) for step in range(5)]", rates, [1.0, 0.882843, 0.6, 0.317157, 0.2], step)


def test_cosine_stays_down():
    """After `total` the rate is the floor."""
    step = "After `total` the rate stays at the floor. The formula alone would let it rise."
    rates = [cosine(step, 1.0, 4, 0.2) for step in (5, 8, 100)]
    expect("[cosine(step, 1.0, 4, 0.2) for step in (5, 8, 100)]", rates, [0.2, 0.2, 0.2], step)


def test_linear_warmup_cosine_rises_and_falls():
    """The page's table."""
    rates = [linear_warmup_cosine(step, 1.0, 4, 8) for step in range(10)]
    wanted = [0.25, 0.5, 0.75, 1.0, 1.0, 0.853553, 0.5, 0.146447, 0.0, 0.0]
    step = "Rise by lr * (step + 1) / warmup; then `cosine` with the steps that are left, counted from the end of the rise."
    expect("[linear_warmup_cosine(step, 1.0, 4, 8) for step in range(10)]", rates, wanted, step)


def test_linear_warmup_cosine_rises_to_lr_whatever_the_floor():
    """A floor of 0.2: it is for the fall alone."""
    rates = [linear_warmup_cosine(step, 1.0, 4, 8, 0.2) for step in range(10)]
    wanted = [0.25, 0.5, 0.75, 1.0, 1.0, 0.882843, 0.6, 0.317157, 0.2, 0.2]
    step = "The rise does not know the floor; hand the floor on to `cosine`."
    expect("[linear_warmup_cosine(step, 1.0, 4, 8, 0.2) for step in range(10)]", rates, wanted, step)


def test_linear_warmup_cosine_without_warmup_is_a_cosine():
    """No warm-up at all."""
    rates = [linear_warmup_cosine(step, 1.0, 0, 4) for step in range(5)]
    step = "With `warmup` 0 no step is in the rise: take care not to divide by it."
    call = "[linear_warmup_cosine(step, 1.0, 0, 4) for step in range(5)]"
    expect(call, rates, [1.0, 0.853553, 0.5, 0.146447, 0.0], step)


def test_one_cycle_goes_up_and_far_down():
    """The page's table."""
    rates = [one_cycle(step, 1.0, 5, 0.6, 10.0, 10.0) for step in range(7)]
    step = (
        "From peak / div up to the peak at step pct * total - 1, then down to peak / div / final_div at step total - 1."
    )
    call = "[one_cycle(step, 1.0, 5, 0.6, 10.0, 10.0) for step in range(7)]"
    expect(call, rates, [0.1, 0.55, 1.0, 0.505, 0.01, 0.01, 0.01], step)


def test_one_cycle_is_two_half_cosines():
    """Four steps up and four steps down; then a peak that lies between two steps."""
    rates = [one_cycle(step, 1.0, 9, 5 / 9, 10.0, 10.0) for step in range(9)]
    wanted = [0.1, 0.231802, 0.55, 0.868198, 1.0, 0.855017, 0.505, 0.154983, 0.01]
    step = "Both phases are half a cosine: slow at both ends, fast in the middle."
    expect("[one_cycle(step, 1.0, 9, 5 / 9, 10.0, 10.0) for step in range(9)]", rates, wanted, step)
    rates = [one_cycle(step, 1.0, 5, 0.5, 10.0, 10.0) for step in range(5)]
    step = "The peak is at pct * total - 1 = 1.5, between two steps: do not round it."
    wanted = [0.1, 0.775, 0.905463, 0.352037, 0.01]
    expect("[one_cycle(step, 1.0, 5, 0.5, 10.0, 10.0) for step in range(5)]", rates, wanted, step)


def test_as_lambda_lr_drives_the_first_group_and_keeps_the_ratio():
    """0.2 and 0.02, then 0.1 and 0.01."""
    groups = [{"params": [nn.Parameter(torch.ones(1))], "lr": rate} for rate in (0.5, 0.05)]
    optimizer = torch.optim.SGD(groups)
    scheduler = as_lambda_lr(optimizer, lambda k: [0.2, 0.1][k])
    call = "as_lambda_lr(optimizer, schedule)"
    expect_that(isinstance(scheduler, LambdaLR), call, scheduler, "a LambdaLR", "Return the scheduler that you made.")
    rates = [group["lr"] for group in optimizer.param_groups]
    step = "LambdaLR multiplies each group's own first rate: divide the schedule by the first group's."
    expect(f"the groups' rates after {call}", rates, [0.2, 0.02], step)
    optimizer.step()
    scheduler.step()
    rates = [group["lr"] for group in optimizer.param_groups]
    step = "Look the first group's rate up once, before the LambdaLR is made: the scheduler changes it."
    expect("the groups' rates one step later", rates, [0.1, 0.01], step)


def test_reduce_on_plateau_follows_the_pages_table():
    """Eight epochs, patience 1."""
    losses = [5.0, 4.0, 4.2, 4.1, 3.9, 4.0, 4.0, 4.0]
    step = "Compare with the best loss; reduce when the count is above `patience`; after a reduction count from 0."
    call = f"reduce_on_plateau({losses}, 1.0, 0.5, 1)"
    expect(call, reduce_on_plateau(losses, 1.0, 0.5, 1), [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25], step)
    expect("reduce_on_plateau([], 1.0, 0.5, 1)", reduce_on_plateau([], 1.0, 0.5, 1), [], "No epochs, no rates.")


def test_reduce_on_plateau_forgives_after_a_good_epoch():
    """Bad epochs count in a row; what a good one is, the threshold says."""
    losses = [5.0, 6.0, 4.0, 6.0, 3.0, 6.0]
    step = "A good epoch sets the count of bad ones back to 0."
    call = f"reduce_on_plateau({losses}, 1.0, 0.5, 1)"
    expect(call, reduce_on_plateau(losses, 1.0, 0.5, 1), [1.0] * 6, step)
    losses = [10.0, 9.5, 8.5, 8.0, 7.0]
    step = "A loss is good below best * (1 - threshold): below 9, then below 7.65. 9.5 and 8.0 are not."
    call = f"reduce_on_plateau({losses}, 1.0, 0.5, 0, 0.1)"
    expect(call, reduce_on_plateau(losses, 1.0, 0.5, 0, 0.1), [1.0, 0.5, 0.5, 0.25, 0.25], step)
    losses = [2.0, math.nan, math.inf]
    step = "A loss that is NaN or infinite is a bad epoch."
    call = "reduce_on_plateau([2.0, nan, inf], 1.0, 0.5, 0)"
    expect(call, reduce_on_plateau(losses, 1.0, 0.5, 0), [1.0, 0.5, 0.25], step)


@pytest.mark.parametrize("per", ["batch", "epoch"])
def test_train_scheduled_makes_the_pages_four_updates(per):
    """Two epochs of two batches."""
    model = page_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.25)
    scheduler = ExponentialLR(optimizer, 0.5)
    rates = train_scheduled(model, page_loader(2), optimizer, scheduler, 2, per)
    call = f'train_scheduled(model, loader, optimizer, scheduler, 2, "{per}")'
    wanted = [0.25, 0.125, 0.0625, 0.03125] if per == "batch" else [0.25, 0.25, 0.125, 0.125]
    step = f"Step the scheduler after the optimizer, once {'a batch' if per == 'batch' else 'an epoch'}; note the rate used."
    expect(call, rates, wanted, step)
    w = 0.692383 if per == "batch" else 0.859375
    step = "For every batch: the mean squared error, cleared gradients, backward, one step of the optimizer."
    expect(f"the weight after {call}", model.weight.detach(), torch.tensor([[w]]), step)


def test_train_scheduled_refuses_another_word():
    """Neither "batch" nor "epoch"."""
    model = page_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.25)
    scheduler = ExponentialLR(optimizer, 0.5)
    step = 'Raise a ValueError unless `per` is "batch" or "epoch", before anything else.'
    call = 'train_scheduled(model, loader, optimizer, scheduler, 0, "step")'
    expect_raises(
        ValueError, call, lambda: train_scheduled(model, page_loader(2), optimizer, scheduler, 0, "step"), step
    )


def test_save_state_keeps_velocity_rate_and_step():
    """The state after two updates, also when the training has gone on."""
    training = page_training()
    steps_of(training, 2)
    state = save_state(training[1], training[2])
    call = "save_state(optimizer, scheduler)"
    step = 'Return a dict with the keys "optimizer" and "scheduler".'
    expect(f"the keys of {call}", sorted(state), ["optimizer", "scheduler"], step)
    expect(f"the scheduler's step in {call}", state["scheduler"]["last_epoch"], 2, "Save the scheduler's state dict.")
    steps_of(training, 2)
    step = "Copy deeply: the tensors in a state dict are the ones that the training goes on to change."
    velocity = state["optimizer"]["state"][0]["momentum_buffer"]
    expect(f"the velocity in {call}, two updates later", velocity, torch.tensor([1.9]), step)
    rate = state["optimizer"]["param_groups"][0]["lr"]
    expect(f"the rate in {call}, two updates later", rate, 0.025, step)


def test_load_state_goes_on_as_if_nothing_had_happened():
    """The steps 0.06775 and 0.0429875, twice from the same state."""
    state = page_state()
    call = "load_state(optimizer, scheduler, state)"
    for time in ("first", "second"):
        training = page_training()
        load_state(training[1], training[2], state)
        step = "Load both state dicts, each from a copy, so that the state can be loaded again."
        expect(f"two steps after the {time} {call}", steps_of(training, 2), [0.06775, 0.0429875], step)
        expect("the rate after them", training[1].param_groups[0]["lr"], 0.00625, "The scheduler's step counts, too.")


def test_load_state_brings_back_the_step_of_a_lambda_lr():
    """The case of the page: with a LambdaLR the rate of the next step tells whether the scheduler was loaded."""

    def training():
        optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
        return optimizer, LambdaLR(optimizer, lambda k: 1 / (1 + k))

    optimizer, scheduler = training()
    for _ in range(3):
        optimizer.step()
        scheduler.step()
    state = copy.deepcopy({"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()})
    optimizer, scheduler = training()
    call = "load_state(optimizer, scheduler, state)"
    load_state(optimizer, scheduler, state)
    expect(f"the rate after {call}", optimizer.param_groups[0]["lr"], 0.025, "Load the optimizer's state dict.")
    optimizer.step()
    scheduler.step()
    step = "Load the scheduler's state dict, too: it goes on at step 3, so this is step 4, with 0.1 / 5."
    expect("the rate one step later", optimizer.param_groups[0]["lr"], 0.02, step)


def test_lr_range_test_tries_the_pages_three_rates():
    """0.125, 0.25, 0.5, and the weight is put back."""
    model = page_model()
    result = lr_range_test(model, page_loader(1), 0.125, 0.5, 3)
    call = "lr_range_test(model, loader, 0.125, 0.5, 3)"
    step = (
        "Each rate is the same multiple of the one before; each loss is taken before its update; begin the loader anew."
    )
    expect(call, result, ([0.125, 0.25, 0.5], [1.0, 0.5625, 0.140625]), step)
    step = "Put the weights back as they were."
    expect(f"the weight after {call}", model.weight.detach(), torch.tensor([[0.0]]), step)


def test_lr_range_test_goes_through_the_batches_and_puts_buffers_back():
    """Two batches with different targets; a layer that counts its batches in a buffer."""
    loader = DataLoader(TensorDataset(torch.ones(2, 1), torch.tensor([[1.0], [3.0]])), batch_size=1)
    call = "lr_range_test(model, loader, 0.125, 0.5, 3)"
    step = "Update i uses batch i; after the last batch, begin the loader anew."
    expect(
        call, lr_range_test(page_model(), loader, 0.125, 0.5, 3), ([0.125, 0.25, 0.5], [1.0, 7.5625, 0.390625]), step
    )
    model = nn.Sequential(nn.Linear(1, 2), nn.BatchNorm1d(2), nn.Linear(2, 1))
    pairs = DataLoader(TensorDataset(torch.arange(4.0).reshape(4, 1), torch.ones(4, 1)), batch_size=2)
    lr_range_test(model, pairs, 0.001, 0.01, 3)
    step = "Copy the model's state_dict before and load it afterwards: it has parameters and buffers."
    expect("batches that BatchNorm1d has counted, after the test", int(model[1].num_batches_tracked), 0, step)


def test_lr_range_test_ends_when_the_loss_explodes():
    """Huge rates: the last loss is not finite, and the only one."""
    model = page_model()
    rates, losses = lr_range_test(model, page_loader(3), 1e4, 1e12, 50)
    finite = [bool(torch.isfinite(torch.tensor(loss))) for loss in losses]
    fine = len(rates) == len(losses) < 50 and all(finite[:-1]) and not finite[-1]
    step = "Note a loss that is infinite or NaN, with its rate, and stop there."
    expect_that(
        fine, "lr_range_test(model, loader, 1e4, 1e12, 50)", losses, "one loss that is not finite, the last", step
    )


def test_plot_range_test_draws_on_a_logarithmic_axis():
    """A line through the page's three points."""
    rates, losses = [0.125, 0.25, 0.5], [1.0, 0.5625, 0.140625]
    shown = []
    plt.show = lambda *_, **__: shown.append("plt.show()")
    figure = plot_range_test(rates, losses)
    call = "plot_range_test(rates, losses)"
    expect_that(isinstance(figure, Figure), call, figure, "a matplotlib Figure", "Return the figure.")
    lines = [(ax, list(line.get_xdata()), list(line.get_ydata())) for ax in figure.axes for line in ax.lines]
    right = [ax for ax, x, y in lines if x == rates and y == losses]
    step = "The rates go along x, the losses along y."
    expect_that(
        bool(right), f"the lines of {call}", [line[1:] for line in lines], f"{(rates, losses)} among them", step
    )
    scales = [ax.get_xscale() for ax in right]
    expect_that("log" in scales, f"the x axis of {call}", scales, "log", 'Call `ax.set_xscale("log")`.')
    labels = [(ax.get_xlabel(), ax.get_ylabel()) for ax in right]
    step = "Name both axes."
    expect_that(any(all(pair) for pair in labels), f"the labels of {call}", labels, "a label on both axes", step)
    expect_that(not shown, f"what was shown by {call}", shown, "nothing", "Return the figure; do not show it.")
    numbers = [1.0, 2.0, math.inf]
    plot_range_test(rates, numbers)
    step = "Take nothing out of the lists that you are given; a line may keep what is not finite."
    expect("the losses after plot_range_test(rates, [1.0, 2.0, inf])", numbers, [1.0, 2.0, math.inf], step)
