"""Lesson 2.6, up to dropout; the rest at the weekend."""

import matplotlib.pyplot as plt
import torch
from torch import nn


def polynomial_features(x, degree):
    if degree < 1:
        raise ValueError("degree must be 1 or more")
    columns = [x]
    while len(columns) < degree:
        columns.append(columns[-1] * x)
    return torch.stack(columns, dim=-1)


def train_validation_split(X, y, fraction, generator):
    n = len(X)
    if n < 2:
        raise ValueError("need at least two rows")
    if not 0 < fraction < 1:
        raise ValueError("fraction must be between 0 and 1")
    n_val = int(fraction * n)
    if n_val < 1:
        n_val = 1
    perm = torch.randperm(n, generator=generator, device=X.device)
    val, train = perm[:n_val], perm[n_val:]
    return X[train], y[train], X[val], y[val]


def l2_penalty(model):
    total = torch.tensor(0.0)
    for module in model.modules():
        if isinstance(module, (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)):
            total = total + (module.weight**2).sum()
    return total


def weight_decay_step(params, grads, lr, decay):
    new = []
    for p, g in zip(params, grads):
        new.append(p - lr * g - lr * decay * p)
    return new


def dropout(x, p, training, generator):
    if p < 0 or p > 1:
        raise ValueError(f"p is {p}")
    if not training:
        return x
    if p == 1:
        return x * 0
    mask = (torch.rand(x.shape, generator=generator, device=x.device) > p).to(x.dtype)
    return mask * x / (1 - p)


def fit_ridge(X, y, strength):
    # TODO: take the means off and solve
    raise NotImplementedError("fit_ridge is not written yet")


def penalized_epoch(model, X, y, lr, strength, batch_size):
    # TODO: the training loop with the penalty
    raise NotImplementedError("penalized_epoch is not written yet")


def overfit_gap(history):
    # TODO: look at the last epoch
    raise NotImplementedError("overfit_gap is not written yet")


def plot_learning_curves(history):
    # TODO: draw both curves
    raise NotImplementedError("plot_learning_curves is not written yet")
