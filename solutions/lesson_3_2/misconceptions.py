"""Wrong answers that students give in lesson 3.2."""

import copy
import math

import matplotlib.pyplot as plt
import torch
from torch.optim.lr_scheduler import LambdaLR

from autograder.worker.misconception import misconception
from solutions.lesson_3_2.exercises import cosine

# --- step_decay


@misconception(
    "step_decay",
    says="The step is divided by `size` with /, so the rate falls a little at every step. The lesson counts whole stairs, "
    "with //.",
    section="Falling in stairs, falling smoothly",
)
def true_division(step, lr, size, gamma):
    return lr * gamma ** (step / size)


@misconception(
    "step_decay",
    says="Each stair comes one step late. Steps are counted from 0, so step `size` is already the first one with the smaller "
    "rate.",
    section="Falling in stairs, falling smoothly",
)
def stairs_a_step_late(step, lr, size, gamma):
    return lr * gamma ** (max(step - 1, 0) // size)


@misconception(
    "step_decay",
    says="The rate is multiplied by gamma times the number of stairs. The lesson multiplies by gamma once for each stair: "
    "gamma to the power of their number.",
    section="Falling in stairs, falling smoothly",
)
def gamma_times_the_stairs(step, lr, size, gamma):
    return lr * gamma * (step // size) if step >= size else lr


# --- exponential_decay


@misconception(
    "exponential_decay",
    says="The rate is lr · gamma · step, which grows. The lesson multiplies by gamma once for each step: gamma to the "
    "power of the step.",
    section="Falling in stairs, falling smoothly",
)
def gamma_times_the_step(step, lr, gamma):
    return lr * gamma * step


@misconception(
    "exponential_decay",
    says="The decay comes one step late: step 1 still has the first rate. In the lesson step 0 alone has it.",
    section="Falling in stairs, falling smoothly",
)
def decay_a_step_late(step, lr, gamma):
    return lr * gamma ** max(step - 1, 0)


@misconception(
    "exponential_decay",
    says="The decay comes one step early: step 0 is decayed already. In the lesson step 0 has the rate `lr` itself.",
    section="Falling in stairs, falling smoothly",
)
def decay_a_step_early(step, lr, gamma):
    return lr * gamma ** (step + 1)


@misconception(
    "exponential_decay",
    says="The base is e: the rate is lr · exp(-gamma · step). The lesson's base is gamma itself.",
    section="Falling in stairs, falling smoothly",
)
def base_e(step, lr, gamma):
    return lr * math.exp(-gamma * step)


# --- cosine


def _half(share):
    """1 where nothing of the way is gone, 0 where all of it is."""
    return (1 + math.cos(math.pi * share)) / 2


@misconception(
    "cosine",
    says="The floor is put on top of the whole cosine, so the rate begins at lr + floor. In the lesson the cosine goes from lr "
    "down to the floor: its height is lr - floor.",
    section="Half a cosine",
)
def floor_on_top(step, lr, total, floor=0.0):
    return floor + lr * _half(min(step / total, 1.0))


@misconception(
    "cosine",
    says="A whole period is drawn (2π), so the rate is at the floor halfway and back at lr in the end. The lesson takes half "
    "a period, π.",
    section="Half a cosine",
)
def whole_period(step, lr, total, floor=0.0):
    return floor + (lr - floor) * _half(2 * min(step / total, 1.0))


@misconception(
    "cosine",
    says="After `total` the cosine goes on and the rate rises again. In the lesson it stays at the floor.",
    section="Half a cosine",
)
def rises_after_total(step, lr, total, floor=0.0):
    return floor + (lr - floor) * _half(step / total)


@misconception(
    "cosine",
    says="The floor is reached at step total - 1. In the lesson it is reached at step `total`.",
    section="Half a cosine",
)
def floor_a_step_early(step, lr, total, floor=0.0):
    return floor + (lr - floor) * _half(min(step / max(total - 1, 1), 1.0))


@misconception(
    "cosine",
    says="The cosine is cut off at the floor, so the rate lies flat at the end. The lesson's cosine is squeezed: it falls all "
    "the way, and touches the floor at `total` alone.",
    section="Half a cosine",
)
def cut_off_at_the_floor(step, lr, total, floor=0.0):
    return max(lr * _half(min(step / total, 1.0)), floor)


@misconception(
    "cosine",
    says="The rate falls in a straight line. The lesson's rate falls along a cosine: slowly at both ends, fast in the middle.",
    section="Half a cosine",
)
def straight_line(step, lr, total, floor=0.0):
    return lr + (floor - lr) * min(step / total, 1.0)


# --- linear_warmup_cosine


@misconception(
    "linear_warmup_cosine",
    says="The warm-up starts at 0, so the first update changes nothing. The lesson counts step + 1: the first rate is "
    "lr / warmup.",
    section="Warm up first",
)
def starts_at_zero(step, lr, warmup, total, floor=0.0):
    if step < warmup:
        return lr * step / warmup
    return cosine(step - warmup, lr, total - warmup, floor)


@misconception(
    "linear_warmup_cosine",
    says="The rise ends one step late, at step `warmup`. In the lesson the last step of the warm-up, warmup - 1, has the rate "
    "lr.",
    section="Warm up first",
)
def peak_a_step_late(step, lr, warmup, total, floor=0.0):
    if step < warmup:
        return lr * (step + 1) / (warmup + 1)
    return cosine(step - warmup, lr, total - warmup, floor)


@misconception(
    "linear_warmup_cosine",
    says="After the warm-up the cosine takes `total` steps, so it ends `warmup` steps late. The lesson has total - warmup "
    "steps left.",
    section="Warm up first",
)
def cosine_over_total(step, lr, warmup, total, floor=0.0):
    if step < warmup:
        return lr * (step + 1) / warmup
    return cosine(step - warmup, lr, total, floor)


@misconception(
    "linear_warmup_cosine",
    says="The cosine has run from step 0 on, so the rate jumps down when the warm-up is over. In the lesson the cosine begins "
    "at step `warmup`, with the rate lr.",
    section="Warm up first",
)
def cosine_from_step_zero(step, lr, warmup, total, floor=0.0):
    if step < warmup:
        return lr * (step + 1) / warmup
    return cosine(step, lr, total, floor)


@misconception(
    "linear_warmup_cosine",
    says="The warm-up rises from the floor. The lesson's warm-up does not know the floor: it is lr · (step + 1) / warmup.",
    section="Warm up first",
)
def rises_from_the_floor(step, lr, warmup, total, floor=0.0):
    if step < warmup:
        return floor + (lr - floor) * (step + 1) / warmup
    return cosine(step - warmup, lr, total - warmup, floor)


# --- one_cycle


def _cycle(step, start, peak, end, top, total, share=_half):
    """Rise to the peak at step `top` and fall to `end` at step total - 1; `share` is 1 at 0 and 0 at 1."""
    if step <= top:
        return peak + (start - peak) * share(step / top)
    return end + (peak - end) * share(min((step - top) / (total - 1 - top), 1.0))


@misconception(
    "one_cycle",
    says="The rate rises to the peak and stays there. The lesson's cycle has a second phase: it falls until step total - 1.",
    section="Up and down: one cycle",
)
def no_fall(step, peak, total, pct=0.3, div=25.0, final_div=1e4):
    return _cycle(step, peak / div, peak, peak, pct * total - 1, total)


@misconception(
    "one_cycle",
    says="The last rate is peak / final_div. In the lesson `final_div` divides the *first* rate: the end is "
    "peak / div / final_div.",
    section="Up and down: one cycle",
)
def final_from_the_peak(step, peak, total, pct=0.3, div=25.0, final_div=1e4):
    return _cycle(step, peak / div, peak, peak / final_div, pct * total - 1, total)


@misconception(
    "one_cycle",
    says="Both phases are straight lines. The lesson's two phases are half cosines.",
    section="Up and down: one cycle",
)
def linear_phases(step, peak, total, pct=0.3, div=25.0, final_div=1e4):
    start = peak / div
    return _cycle(step, start, peak, start / final_div, pct * total - 1, total, lambda gone: 1 - gone)


@misconception(
    "one_cycle",
    says="The peak comes one step late, at step pct · total. Steps are counted from 0: in the lesson it is at pct · total - 1.",
    section="Up and down: one cycle",
)
def top_a_step_late(step, peak, total, pct=0.3, div=25.0, final_div=1e4):
    start = peak / div
    return _cycle(step, start, peak, start / final_div, pct * total, total)


@misconception(
    "one_cycle",
    says="The peak is moved to a whole step. In the lesson it lies at pct · total - 1 also when that is no whole number.",
    section="Up and down: one cycle",
)
def top_at_a_whole_step(step, peak, total, pct=0.3, div=25.0, final_div=1e4):
    start = peak / div
    return _cycle(step, start, peak, start / final_div, max(int(pct * total) - 1, 1), total)


@misconception(
    "one_cycle",
    says="The cycle falls back to the first rate only. The lesson's ends far below it, at the first rate divided by "
    "`final_div`.",
    section="Up and down: one cycle",
)
def ends_at_the_first_rate(step, peak, total, pct=0.3, div=25.0, final_div=1e4):
    return _cycle(step, peak / div, peak, peak / div, pct * total - 1, total)


# --- as_lambda_lr


@misconception(
    "as_lambda_lr",
    says="The schedule itself is handed to `LambdaLR`, which multiplies it by the optimizer's rate: the learning rate is in it "
    "twice. The lesson divides the schedule by the first group's rate.",
    section="Handing a schedule to the optimizer",
)
def lr_squared(optimizer, schedule):
    return LambdaLR(optimizer, schedule)


@misconception(
    "as_lambda_lr",
    says="Every group gets the schedule's rate. In the lesson only the first group does, and the others keep their ratio to it.",
    section="Handing a schedule to the optimizer",
)
def groups_made_equal(optimizer, schedule):
    bases = [group["lr"] for group in optimizer.param_groups]
    return LambdaLR(optimizer, [lambda step, base=base: schedule(step) / base for base in bases])


@misconception(
    "as_lambda_lr",
    says="The schedule comes one step late: after the first `step` the rate is still that of step 0. `LambdaLR` counts from 0 "
    "itself, so hand its count on as it is.",
    section="Handing a schedule to the optimizer",
)
def a_step_late(optimizer, schedule):
    base = optimizer.param_groups[0]["lr"]
    return LambdaLR(optimizer, lambda step: schedule(max(step - 1, 0)) / base)


@misconception(
    "as_lambda_lr",
    says="The schedule is divided by the rate that the optimizer has at that moment, which the scheduler has changed already. "
    "Remember the first rate before you make the `LambdaLR`.",
    section="Handing a schedule to the optimizer",
)
def divided_by_the_rate_of_the_moment(optimizer, schedule):
    return LambdaLR(optimizer, lambda step: schedule(step) / optimizer.param_groups[0]["lr"])


@misconception(
    "as_lambda_lr",
    says="The schedule is made relative to its own first value, so the rate begins where the optimizer's was. In the lesson "
    "the first group's rate is schedule(0) from the start.",
    section="Handing a schedule to the optimizer",
)
def relative_to_its_own_start(optimizer, schedule):
    return LambdaLR(optimizer, lambda step: schedule(step) / schedule(0))


# --- reduce_on_plateau


def _plateau(losses, lr, factor, patience, threshold, *, reset=True, forgive=True, early=False, last=False):
    best, bad, rates = math.inf, 0, []
    for loss in losses:
        if loss < best * (1 - threshold):
            best = loss
            bad = 0 if forgive else bad
        else:
            bad += 1
            best = loss if last else best
        if bad >= patience + (0 if early else 1):
            lr *= factor
            bad = 0 if reset else bad
        rates.append(lr)
    return rates


@misconception(
    "reduce_on_plateau",
    says="The rate falls one epoch too soon. In the lesson `patience` bad epochs are borne; the one after them reduces the "
    "rate.",
    section="When the loss stands still",
)
def patience_off_by_one(losses, lr, factor, patience, threshold=1e-4):
    # With a patience of 0 this student still waits for a bad epoch.
    return _plateau(losses, lr, factor, max(patience, 1), threshold, early=True)


@misconception(
    "reduce_on_plateau",
    says="The count of bad epochs goes on after a reduction, so every bad epoch from then on reduces the rate again. In the "
    "lesson the count starts again at 0.",
    section="When the loss stands still",
)
def counter_kept_after_a_reduction(losses, lr, factor, patience, threshold=1e-4):
    return _plateau(losses, lr, factor, patience, threshold, reset=False)


@misconception(
    "reduce_on_plateau",
    says="A good epoch does not bring the count of bad ones back to 0. In the lesson only bad epochs in a row count.",
    section="When the loss stands still",
)
def counter_kept_after_a_good_epoch(losses, lr, factor, patience, threshold=1e-4):
    return _plateau(losses, lr, factor, patience, threshold, forgive=False)


@misconception(
    "reduce_on_plateau",
    says="Each loss is compared with the one before it. The lesson compares it with the best one so far.",
    section="When the loss stands still",
)
def last_loss_for_the_best(losses, lr, factor, patience, threshold=1e-4):
    return _plateau(losses, lr, factor, patience, threshold, last=True)


@misconception(
    "reduce_on_plateau",
    says="Any improvement counts, however small. In the lesson a loss has to be below best · (1 - threshold).",
    section="When the loss stands still",
)
def threshold_ignored(losses, lr, factor, patience, threshold=1e-4):
    return _plateau(losses, lr, factor, patience, 0.0)


@misconception(
    "reduce_on_plateau",
    says="The threshold is subtracted as it is. In the lesson it is a fraction: the bound is best · (1 - threshold).",
    section="When the loss stands still",
)
def absolute_threshold(losses, lr, factor, patience, threshold=1e-4):
    best, bad, rates = math.inf, 0, []
    for loss in losses:
        if loss < best - threshold:
            best, bad = loss, 0
        else:
            bad += 1
        if bad > patience:
            lr, bad = lr * factor, 0
        rates.append(lr)
    return rates


# --- train_scheduled


def _train(model, loader, optimizer, scheduler, epochs, per, *, first=False, swapped=False, step=True, clear=True):
    if per not in ("batch", "epoch"):
        raise ValueError(per)
    by_batch = (per == "batch") != swapped
    rates = []
    for _ in range(epochs):
        if first and not by_batch and step:
            scheduler.step()
        for X, y in loader:
            loss = ((y - model(X)) ** 2).mean()
            if clear:
                optimizer.zero_grad()
            loss.backward()
            if first and by_batch and step:
                scheduler.step()
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if not first and by_batch and step:
                scheduler.step()
        if not first and not by_batch and step:
            scheduler.step()
    return rates


@misconception(
    "train_scheduled",
    says="The scheduler makes its step before the optimizer does, so the first rate of the schedule is never used. In the "
    "lesson the optimizer goes first.",
    section="Same loop, one more line",
)
def scheduler_first(model, loader, optimizer, scheduler, epochs, per):
    return _train(model, loader, optimizer, scheduler, epochs, per, first=True)


@misconception(
    "train_scheduled",
    says='"batch" and "epoch" are mixed up. In the lesson "batch" makes a step of the scheduler after every update, and "epoch" '
    "one after every walk through the loader.",
    section="Same loop, one more line",
)
def batch_and_epoch_swapped(model, loader, optimizer, scheduler, epochs, per):
    return _train(model, loader, optimizer, scheduler, epochs, per, swapped=True)


@misconception(
    "train_scheduled",
    says='The scheduler makes a step after every batch, also where `per` is "epoch". Look at `per` before you call it.',
    section="Same loop, one more line",
)
def by_batch_whatever_per_says(model, loader, optimizer, scheduler, epochs, per):
    return _train(model, loader, optimizer, scheduler, epochs, "batch" if per == "epoch" else per)


@misconception(
    "train_scheduled",
    says="The scheduler's `step` is never called, so the rate stays what it was. Making a scheduler changes nothing by itself.",
    section="Same loop, one more line",
)
def never_stepped(model, loader, optimizer, scheduler, epochs, per):
    return _train(model, loader, optimizer, scheduler, epochs, per, step=False)


@misconception(
    "train_scheduled",
    says="The rate is noted after the scheduler's step, so it is the one of the next update. Note it where the optimizer uses "
    "it.",
    section="Same loop, one more line",
)
def noted_after_the_step(model, loader, optimizer, scheduler, epochs, per):
    if per not in ("batch", "epoch"):
        raise ValueError(per)
    rates = []
    for _ in range(epochs):
        batches = len(loader)
        for i, (X, y) in enumerate(loader, start=1):
            loss = ((y - model(X)) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if per == "batch" or i == batches:
                scheduler.step()
            rates.append(optimizer.param_groups[0]["lr"])
    return rates


@misconception(
    "train_scheduled",
    says="One rate an epoch is noted. The lesson wants the rate of every update, so one a batch.",
    section="Same loop, one more line",
)
def one_rate_an_epoch(model, loader, optimizer, scheduler, epochs, per):
    rates = _train(model, loader, optimizer, scheduler, epochs, per)
    return rates[:: len(loader)]


@misconception(
    "train_scheduled",
    says="The gradients are never cleared, so each update uses the sum of all so far. The lesson clears them for every batch.",
    section="Same loop, one more line",
)
def gradients_never_cleared(model, loader, optimizer, scheduler, epochs, per):
    return _train(model, loader, optimizer, scheduler, epochs, per, clear=False)


@misconception(
    "train_scheduled",
    says='Any other word for `per` is taken for "epoch" in silence. The lesson raises a ValueError.',
    section="Same loop, one more line",
)
def any_word_accepted(model, loader, optimizer, scheduler, epochs, per):
    return _train(model, loader, optimizer, scheduler, epochs, "batch" if per == "batch" else "epoch")


# --- save_state


@misconception(
    "save_state",
    says="The scheduler is left out. Without it a training that goes on begins its schedule anew.",
    section="Stopping in the middle",
)
def scheduler_left_out(optimizer, scheduler):
    return copy.deepcopy({"optimizer": optimizer.state_dict()})


@misconception(
    "save_state",
    says="The state is no copy: the optimizer's memory in it is the optimizer's own, and changes when training goes on. The "
    "lesson makes a deep copy.",
    section="Stopping in the middle",
)
def state_is_an_alias(optimizer, scheduler):
    return {"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}


@misconception(
    "save_state",
    says="The optimizer's memory (velocities, moments) is left out: only its options are kept. The lesson copies all of "
    "`state_dict()`.",
    section="Stopping in the middle",
)
def options_alone(optimizer, scheduler):
    groups = copy.deepcopy(optimizer.state_dict())
    groups["state"] = {}
    return {"optimizer": groups, "scheduler": copy.deepcopy(scheduler.state_dict())}


@misconception(
    "save_state",
    says="The scheduler's part is no copy: it holds the scheduler's own lists, which change with it. The lesson copies both "
    "parts deeply.",
    section="Stopping in the middle",
)
def schedulers_part_not_copied(optimizer, scheduler):
    return {"optimizer": copy.deepcopy(optimizer.state_dict()), "scheduler": scheduler.state_dict()}


# --- load_state


@misconception(
    "load_state",
    says="Only the optimizer is brought back. The scheduler has to be, too, or it goes on from where it happens to be.",
    section="Stopping in the middle",
)
def scheduler_not_loaded(optimizer, scheduler, state):
    optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))


@misconception(
    "load_state",
    says="The schedule starts again at step 0. In the lesson the scheduler goes on from the step at which it was saved: load "
    "its own state dict.",
    section="Stopping in the middle",
)
def restarts_at_zero(optimizer, scheduler, state):
    optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))
    scheduler.load_state_dict(copy.deepcopy(state["scheduler"]))
    scheduler.last_epoch = 0


@misconception(
    "load_state",
    says="Only the scheduler is brought back. The optimizer's rates and its memory (such as velocities) have to be, too.",
    section="Stopping in the middle",
)
def optimizer_not_loaded(optimizer, scheduler, state):
    scheduler.load_state_dict(copy.deepcopy(state["scheduler"]))


@misconception(
    "load_state",
    says="What is loaded is no copy: the optimizer goes on working with the state's own tensors and spoils it for the next "
    "time. The lesson copies the state first.",
    section="Stopping in the middle",
)
def loaded_without_a_copy(optimizer, scheduler, state):
    optimizer.load_state_dict(state["optimizer"])
    scheduler.load_state_dict(state["scheduler"])


# --- lr_range_test


def _range(model, loader, rates, *, restore=True, restart=True, always_first=False, after=False, stop=True):
    before = copy.deepcopy(model.state_dict())
    optimizer = torch.optim.SGD(model.parameters(), lr=rates[0])
    seen, losses, batches = [], [], iter(loader)
    for rate in rates:
        if always_first:
            batches = iter(loader)
        batch = next(batches, None)
        if batch is None:
            if not restart:
                break
            batches = iter(loader)
            batch = next(batches)
        X, y = batch
        loss = ((y - model(X)) ** 2).mean()
        if stop and not math.isfinite(loss.item()):
            seen.append(rate)
            losses.append(loss.item())
            break
        optimizer.zero_grad()
        loss.backward()
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        if after:
            with torch.no_grad():
                loss = ((y - model(X)) ** 2).mean()
        seen.append(rate)
        losses.append(loss.item())
    if restore:
        model.load_state_dict(before)
    return seen, losses


def _geometric(low, high, steps):
    return [low * (high / low) ** (i / (steps - 1)) for i in range(steps)]


@misconception(
    "lr_range_test",
    says="The model is left as the test has trained it, perhaps ruined by huge rates. The lesson puts its weights back.",
    section="Where to begin: the range test",
)
def model_left_trained(model, loader, low, high, steps):
    return _range(model, loader, _geometric(low, high, steps), restore=False)


@misconception(
    "lr_range_test",
    says="Only the parameters are put back. Buffers, such as the running mean of batch normalization, belong to the model too; "
    "a copy of `state_dict()` has both.",
    section="Where to begin: the range test",
)
def parameters_restored_without_buffers(model, loader, low, high, steps):
    before = [parameter.detach().clone() for parameter in model.parameters()]
    found = _range(model, loader, _geometric(low, high, steps), restore=False)
    with torch.no_grad():
        for parameter, old in zip(model.parameters(), before, strict=True):
            parameter.copy_(old)
    return found


@misconception(
    "lr_range_test",
    says="The rates grow by equal amounts. In the lesson each is the same multiple of the one before, a geometric row.",
    section="Where to begin: the range test",
)
def rates_grow_linearly(model, loader, low, high, steps):
    return _range(model, loader, [low + (high - low) * i / (steps - 1) for i in range(steps)])


@misconception(
    "lr_range_test",
    says="The test stops when the loader is at its end. In the lesson it walks through the loader anew until there were "
    "`steps` updates.",
    section="Where to begin: the range test",
)
def stops_with_the_loader(model, loader, low, high, steps):
    return _range(model, loader, _geometric(low, high, steps), restart=False)


@misconception(
    "lr_range_test",
    says="The last rate is never reached: with `steps` rates there are steps - 1 gaps between them. The lesson's row has both "
    "ends.",
    section="Where to begin: the range test",
)
def high_never_reached(model, loader, low, high, steps):
    return _range(model, loader, [low * (high / low) ** (i / steps) for i in range(steps)])


@misconception(
    "lr_range_test",
    says="Every update uses the loader's first batch. In the lesson the batches come one after the other.",
    section="Where to begin: the range test",
)
def always_the_first_batch(model, loader, low, high, steps):
    return _range(model, loader, _geometric(low, high, steps), always_first=True)


@misconception(
    "lr_range_test",
    says="The losses are taken after the updates. The lesson takes each batch's loss before its own update.",
    section="Where to begin: the range test",
)
def losses_after_the_updates(model, loader, low, high, steps):
    return _range(model, loader, _geometric(low, high, steps), after=True)


@misconception(
    "lr_range_test",
    says="The test goes on after a loss that is infinite or NaN. In the lesson that loss is noted, and the test ends there.",
    section="Where to begin: the range test",
)
def goes_on_after_infinity(model, loader, low, high, steps):
    return _range(model, loader, _geometric(low, high, steps), stop=False)


@misconception(
    "lr_range_test",
    says="The test runs in training mode whatever the model's mode was. The lesson leaves the mode alone.",
    section="Where to begin: the range test",
)
def run_in_training_mode(model, loader, low, high, steps):
    training = model.training
    model.train()
    found = _range(model, loader, _geometric(low, high, steps))
    model.train(training)
    return found


@misconception(
    "lr_range_test",
    says="Only an infinite loss ends the test. In the lesson a loss of NaN, which is not finite either, ends it as well.",
    section="Where to begin: the range test",
)
def nan_does_not_end_it(model, loader, low, high, steps):
    before = copy.deepcopy(model.state_dict())
    seen, losses = _range(model, loader, _geometric(low, high, steps), stop=False)
    model.load_state_dict(before)
    end = next((i + 1 for i, loss in enumerate(losses) if math.isinf(loss)), steps)
    return seen[:end], losses[:end]


# --- plot_range_test


def _drawn(x, y, *, log=True, labels=True):
    fig, ax = plt.subplots()
    ax.plot(x, y)
    if log:
        ax.set_xscale("log")
    if labels:
        ax.set_xlabel("learning rate")
        ax.set_ylabel("loss")
    return fig


@misconception(
    "plot_range_test",
    says="The rates are on a linear axis, where all but the last few lie on one spot. The lesson's x axis is logarithmic.",
    section="Where to begin: the range test",
)
def linear_axis(rates, losses):
    return _drawn(rates, losses, log=False)


@misconception(
    "plot_range_test",
    says="Rates and losses are swapped. In the lesson the rates go along x and the losses along y.",
    section="Where to begin: the range test",
)
def axes_swapped(rates, losses):
    fig = _drawn(losses, rates)
    fig.axes[0].set(xlabel="loss", ylabel="learning rate")
    return fig


@misconception(
    "plot_range_test",
    says="`plt.show()` is called inside. The lesson returns the figure and leaves showing it to whoever called.",
    section="Where to begin: the range test",
)
def shown_inside(rates, losses):
    fig = _drawn(rates, losses)
    plt.show()
    return fig


@misconception(
    "plot_range_test",
    says="The axes have no labels. The lesson labels both: the learning rate along x and the loss along y.",
    section="Where to begin: the range test",
)
def no_labels(rates, losses):
    return _drawn(rates, losses, labels=False)


@misconception(
    "plot_range_test",
    says="The losses are drawn over the number of the update. The lesson draws them over the rates.",
    section="Where to begin: the range test",
)
def drawn_over_the_updates(rates, losses):
    return _drawn(range(1, len(losses) + 1), losses)


@misconception(
    "plot_range_test",
    says="What is not finite is taken out of the lists that were given, so the caller has lost it. The lesson leaves both lists "
    "as they are.",
    section="Where to begin: the range test",
)
def popped_from_the_lists(rates, losses):
    while len(losses) > 1 and not math.isfinite(losses[-1]):
        rates.pop()
        losses.pop()
    return _drawn(rates, losses)
