"""Lesson 3.2."""

import copy
import math

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR


def step_decay(step, lr, size, gamma):
    n = step // size
    return lr * gamma**n


def exponential_decay(step, lr, gamma):
    return lr * gamma**step


def cosine(step, lr, total, floor=0.0):
    if step > total:
        return floor
    return floor + 0.5 * (lr - floor) * (1 + math.cos(math.pi * step / total))


def linear_warmup_cosine(step, lr, warmup, total, floor=0.0):
    if step < warmup:
        return lr * (step + 1) / warmup
    return cosine(step - warmup, lr, total - warmup, floor)


def one_cycle(step, peak, total, pct=0.3, div=25.0, final_div=1e4):
    start = peak / div
    end = start / final_div
    top = pct * total - 1
    if step >= total - 1:
        return end
    if step <= top:
        s = step / top
        return start + (peak - start) * (1 - math.cos(math.pi * s)) / 2
    s = (step - top) / (total - 1 - top)
    return peak + (end - peak) * (1 - math.cos(math.pi * s)) / 2


def as_lambda_lr(optimizer, schedule):
    first_lr = optimizer.param_groups[0]["lr"]
    return LambdaLR(optimizer, lr_lambda=lambda step: schedule(step) / first_lr)


def reduce_on_plateau(losses, lr, factor, patience, threshold=1e-4):
    best = float("inf")
    bad_epochs = 0
    out = []
    for l in losses:
        if l < best * (1 - threshold):
            best = l
            bad_epochs = 0
        else:
            bad_epochs += 1
            if bad_epochs >= patience:
                lr = lr * factor
                bad_epochs = 0
        out.append(lr)
    return out


def train_scheduled(model, loader, optimizer, scheduler, epochs, per):
    if per != "batch" and per != "epoch":
        raise ValueError("per must be batch or epoch")
    loss_fn = nn.MSELoss()
    lrs = []
    for epoch in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            lrs.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if per == "batch":
                scheduler.step()
        if per == "epoch":
            scheduler.step()
    return lrs


def save_state(optimizer, scheduler):
    return {
        "optimizer": copy.deepcopy(optimizer.state_dict()),
        "scheduler": copy.deepcopy(scheduler.state_dict()),
    }


def load_state(optimizer, scheduler, state):
    optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))
    scheduler.load_state_dict(copy.deepcopy(state["scheduler"]))


def lr_range_test(model, loader, low, high, steps):
    start = copy.deepcopy(model.state_dict())
    opt = torch.optim.SGD(model.parameters(), lr=low)
    rates = []
    losses = []
    it = iter(loader)
    while len(rates) < steps:
        try:
            x, y = next(it)
        except StopIteration:
            it = iter(loader)
            x, y = next(it)
        lr = low + (high - low) * len(rates) / (steps - 1)
        opt.param_groups[0]["lr"] = lr
        loss = nn.functional.mse_loss(model(x), y)
        rates.append(lr)
        losses.append(loss.item())
        if math.isnan(losses[-1]) or math.isinf(losses[-1]):
            break
        opt.zero_grad()
        loss.backward()
        opt.step()
    model.load_state_dict(start)
    return rates, losses


def plot_range_test(rates, losses):
    fig, ax = plt.subplots(figsize=(6, 4))
    ax.plot(rates, losses)
    ax.set_xlabel("learning rate")
    ax.set_ylabel("loss")
    return fig
