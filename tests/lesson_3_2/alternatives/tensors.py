"""Schedules by torch in double precision, a scheduler that counts for the range test, numpy in between."""

import copy
from math import inf, isfinite, pi

import numpy as np
import torch
from matplotlib.figure import Figure
from torch.optim.lr_scheduler import LambdaLR


def _table(values, step):
    """A whole trajectory, of which the last value stays."""
    return float(values[min(step, len(values) - 1)])


def step_decay(step, lr, size, gamma):
    return float(torch.tensor(lr, dtype=torch.float64) * torch.tensor(gamma, dtype=torch.float64) ** int(step / size))


def exponential_decay(step, lr, gamma):
    return float(np.float64(lr) * np.power(np.float64(gamma), step))


def cosine(step, lr, total, floor=0.0):
    t = torch.arange(total + 1, dtype=torch.float64)
    return _table(floor + 0.5 * (lr - floor) * (1 + torch.cos(pi * t / total)), step)


def linear_warmup_cosine(step, lr, warmup, total, floor=0.0):
    rise = lr * np.arange(1, warmup + 1) / max(warmup, 1)
    fall = [cosine(k, lr, total - warmup, floor) for k in range(total - warmup + 1)]
    return _table(np.concatenate([rise, fall]), step)


def one_cycle(step, peak, total, pct=0.3, div=25.0, final_div=1e4):
    t = np.arange(total, dtype=np.float64)
    m = pct * total - 1
    low, end = peak / div, peak / div / final_div
    rise = peak + (low - peak) * (1 + np.cos(pi * t / m)) / 2
    fall = end + (peak - end) * (1 + np.cos(pi * (t - m) / (total - 1 - m))) / 2
    values = np.where(t <= m, rise, fall)
    values[-1] = end
    return _table(values, step)


def as_lambda_lr(optimizer, schedule):
    base, *_ = [group["lr"] for group in optimizer.param_groups]

    def factor(step):
        return schedule(step) / base

    return LambdaLR(optimizer, lr_lambda=factor, last_epoch=-1)


def reduce_on_plateau(losses, lr, factor, patience, threshold=1e-4):
    rates, state = [], {"best": inf, "bad": 0, "lr": lr}
    for loss in np.asarray(losses, dtype=np.float64):
        good = bool(loss < state["best"] * (1 - threshold))
        state["best"] = float(loss) if good else state["best"]
        state["bad"] = 0 if good else state["bad"] + 1
        if state["bad"] > patience:
            state["lr"], state["bad"] = state["lr"] * factor, 0
        rates.append(state["lr"])
    return rates


def train_scheduled(model, loader, optimizer, scheduler, epochs, per):
    if not (per == "batch" or per == "epoch"):
        raise ValueError("unknown: " + str(per))
    rates = []
    for epoch in range(epochs):
        batches = list(loader)
        for number, (X, y) in enumerate(batches):
            rates.append(scheduler.get_last_lr()[0])
            model.zero_grad()
            error = y - model(X)
            (error.pow(2).sum() / error.numel()).backward()
            optimizer.step()
            if per == "batch" or number == len(batches) - 1:
                scheduler.step()
    return rates


def save_state(optimizer, scheduler):
    state = dict(optimizer=optimizer.state_dict(), scheduler=scheduler.state_dict())
    return copy.deepcopy(state)


def load_state(optimizer, scheduler, state):
    mine = copy.deepcopy(state)
    scheduler.load_state_dict(mine["scheduler"])
    optimizer.load_state_dict(mine["optimizer"])


def lr_range_test(model, loader, low, high, steps):
    before = [tensor.detach().clone() for tensor in (*model.parameters(), *model.buffers())]
    optimizer = torch.optim.SGD(model.parameters(), lr=low)
    growing = LambdaLR(optimizer, lambda k: (high / low) ** (k / (steps - 1)))
    rates, losses = [], []
    walk = iter(loader)
    while len(rates) < steps:
        try:
            X, y = next(walk)
        except StopIteration:
            walk = iter(loader)
            continue
        loss = (model(X) - y).square().mean()
        rates.append(growing.get_last_lr()[0])
        losses.append(loss.item())
        if not isfinite(losses[-1]):
            break
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        growing.step()
    with torch.no_grad():
        for tensor, old in zip((*model.parameters(), *model.buffers()), before):
            tensor.copy_(old)
    return rates, losses


def plot_range_test(rates, losses):
    fig = Figure(figsize=(5, 3))
    axes = fig.add_subplot()
    axes.plot(np.array(rates), np.array(losses), "s--", label="loss")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlabel("LEARNING RATE")
    axes.set_ylabel("LOSS")
    axes.legend()
    return fig
