"""One helper for every half cosine, a deep copy of the model for the range test, itertools for the batches."""

import copy
import itertools
import math

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch.optim import lr_scheduler


def glide(begin, end, share):
    share = max(0.0, min(1.0, share))
    return begin + (end - begin) * (1 - math.cos(math.pi * share)) / 2


def step_decay(step, lr, size, gamma):
    stairs, _ = divmod(step, size)
    return float(lr * math.pow(gamma, stairs))


def exponential_decay(step, lr, gamma):
    return lr * math.exp(step * math.log(gamma))


def cosine(step, lr, total, floor=0.0):
    return glide(lr, floor, step / total)


def linear_warmup_cosine(step, lr, warmup, total, floor=0.0):
    return lr * ((step + 1) / warmup) if step < warmup else glide(lr, floor, (step - warmup) / (total - warmup))


def one_cycle(step, peak, total, pct=0.3, div=25.0, final_div=1e4):
    top, end = pct * total - 1, total - 1
    up = glide(peak / div, peak, step / top)
    return up if step < top else glide(peak, peak / (div * final_div), (step - top) / (end - top))


def as_lambda_lr(optimizer, schedule):
    groups = optimizer.param_groups

    class Factor:
        def __init__(self, base):
            self.base = base

        def __call__(self, step):
            return schedule(step) / self.base

    return lr_scheduler.LambdaLR(optimizer, Factor(groups[0]["lr"]))


def reduce_on_plateau(losses, lr, factor, patience, threshold=1e-4):
    best, left, reductions, rates = math.inf, patience, 0, []
    for loss in losses:
        improved = loss < best - threshold * best if best < math.inf else loss < math.inf
        if improved:
            best, left = loss, patience
        elif left == 0:
            reductions, left = reductions + 1, patience
        else:
            left -= 1
        rates.append(lr * factor**reductions)
    return rates


def train_scheduled(model, loader, optimizer, scheduler, epochs, per):
    if per == "batch":
        after_batch, after_epoch = scheduler.step, lambda: None
    elif per == "epoch":
        after_batch, after_epoch = lambda: None, scheduler.step
    else:
        raise ValueError(f"{per!r}")

    def update(inputs, targets):
        rate = optimizer.param_groups[0]["lr"]

        def closure():
            optimizer.zero_grad()
            loss = F.mse_loss(model(inputs), targets)
            loss.backward()
            return loss

        optimizer.step(closure)
        after_batch()
        return rate

    rates = []
    for _ in range(epochs):
        rates += [update(inputs, targets) for inputs, targets in loader]
        after_epoch()
    return rates


def save_state(optimizer, scheduler):
    return {
        name: copy.deepcopy(part.state_dict()) for name, part in [("optimizer", optimizer), ("scheduler", scheduler)]
    }


def load_state(optimizer, scheduler, state):
    for name, part in [("optimizer", optimizer), ("scheduler", scheduler)]:
        part.load_state_dict(copy.deepcopy(state[name]))


def lr_range_test(model, loader, low, high, steps):
    guinea_pig = copy.deepcopy(model)
    endless = itertools.chain.from_iterable(itertools.repeat(loader))
    ratio = math.log(high / low) / (steps - 1)
    found = []
    for i, (inputs, targets) in zip(range(steps), endless):
        rate = low * math.exp(ratio * i)
        loss = F.mse_loss(guinea_pig(inputs), targets)
        found.append((rate, loss.item()))
        if not math.isfinite(loss.item()):
            break
        guinea_pig.zero_grad()
        loss.backward()
        torch.optim.SGD(guinea_pig.parameters(), lr=rate).step()
    return [rate for rate, _ in found], [loss for _, loss in found]


def plot_range_test(rates, losses):
    shown = [(rate, loss) for rate, loss in zip(rates, losses) if math.isfinite(loss)]
    fig, (ax, notes) = plt.subplots(1, 2)
    notes.axis("off")
    ax.semilogx([rate for rate, _ in shown], [loss for _, loss in shown], "-", color="black")
    ax.axvline(rates[0], color="grey")
    ax.set_title("range test")
    ax.set_xlabel("learning rate (log)")
    ax.set_ylabel("MSE")
    return fig
