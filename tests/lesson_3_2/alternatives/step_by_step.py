"""Schedules as loops and running products, training with plain functions, states through a file in memory."""

import io
import math

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR


def step_decay(step, lr, size, gamma):
    for k in range(1, step + 1):
        if k % size == 0:
            lr = lr * gamma
    return float(lr)


def exponential_decay(step, lr, gamma):
    for _ in range(step):
        lr *= gamma
    return float(lr)


def cosine(step, lr, total, floor=0.0):
    if step >= total:
        return float(floor)
    angle = math.pi * step / total
    return lr * math.cos(angle / 2) ** 2 + floor * math.sin(angle / 2) ** 2


def linear_warmup_cosine(step, lr, warmup, total, floor=0.0):
    rate = 0.0
    for _ in range(min(step + 1, warmup)):
        rate += lr / warmup
    if step >= warmup:
        rate = cosine(step - warmup, lr, total - warmup, floor)
    return rate


def one_cycle(step, peak, total, pct=0.3, div=25.0, final_div=1e4):
    first = peak / div
    last = first / final_div
    top = float(pct * total) - 1
    if step >= total - 1:
        return last
    if step <= top:
        begin, end, gone = first, peak, step / top
    else:
        begin, end, gone = peak, last, (step - top) / (total - 1 - top)
    return end + (begin - end) / 2 * (math.cos(math.pi * gone) + 1)


def as_lambda_lr(optimizer, schedule):
    first = float(optimizer.param_groups[0]["lr"])
    factors = []
    for _ in optimizer.param_groups:
        factors.append(lambda k: schedule(k) / first)
    return LambdaLR(optimizer, lr_lambda=factors)


def reduce_on_plateau(losses, lr, factor, patience, threshold=1e-4):
    rates = []
    best = float("inf")
    waited = 0
    for loss in losses:
        waited += 1
        if loss < (1.0 - threshold) * best:
            best = loss
            waited = 0
        if waited == patience + 1:
            lr *= factor
            waited = 0
        rates.append(float(lr))
    return rates


def train_scheduled(model, loader, optimizer, scheduler, epochs, per):
    by_batch = {"batch": True, "epoch": False}
    if per not in by_batch:
        raise ValueError("per is batch or epoch")
    measure = nn.MSELoss()
    rates = []
    model.train()
    for _ in range(epochs):
        for inputs, targets in loader:
            optimizer.zero_grad(set_to_none=False)
            measure(model(inputs), targets).backward()
            optimizer.step()
            rates.append(float(optimizer.param_groups[0]["lr"]))
            if by_batch[per]:
                scheduler.step()
        if not by_batch[per]:
            scheduler.step()
    return rates


def _copied(state):
    if isinstance(state, torch.Tensor):
        return state.detach().clone()
    if isinstance(state, dict):
        return {key: _copied(value) for key, value in state.items()}
    if isinstance(state, list | tuple):
        return type(state)(_copied(value) for value in state)
    return state


def save_state(optimizer, scheduler):
    return {"scheduler": _copied(scheduler.state_dict()), "optimizer": _copied(optimizer.state_dict())}


def load_state(optimizer, scheduler, state):
    scheduler.load_state_dict(_copied(state["scheduler"]))
    optimizer.load_state_dict(_copied(state["optimizer"]))


def lr_range_test(model, loader, low, high, steps):
    kept = io.BytesIO()
    torch.save(model.state_dict(), kept)
    planned = [float(rate) for rate in np.geomspace(low, high, steps)]
    rates, losses = [], []
    ended = False
    while len(rates) < steps and not ended:
        for inputs, targets in loader:
            if len(rates) == steps:
                break
            rate = planned[len(rates)]
            loss = nn.functional.mse_loss(model(inputs), targets)
            rates.append(rate)
            losses.append(float(loss))
            if math.isnan(losses[-1]) or math.isinf(losses[-1]):
                ended = True
                break
            gradients = torch.autograd.grad(loss, list(model.parameters()))
            with torch.no_grad():
                for parameter, gradient in zip(model.parameters(), gradients):
                    parameter -= rate * gradient
    kept.seek(0)
    model.load_state_dict(torch.load(kept, weights_only=True))
    return rates, losses


def plot_range_test(rates, losses):
    fig, ax = plt.subplots()
    ax.loglog(rates, losses, marker="o")
    ax.set(xlabel="rate", ylabel="loss")
    return fig
