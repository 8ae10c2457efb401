"""Lesson 2.6."""

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
    if not 0 <= p <= 1:
        raise ValueError("p must be between 0 and 1")
    if not training:
        return x
    draws = torch.rand(x.shape, generator=generator, device=x.device)
    return torch.where(draws < p, torch.zeros_like(x), x)


def fit_ridge(X, y, strength):
    mean_x = X.mean(dim=0)
    mean_y = y.mean()
    Xc = X - mean_x
    yc = (y - mean_y)[:, 0]
    identity = torch.eye(X.shape[1], dtype=X.dtype, device=X.device)
    w = torch.linalg.solve(Xc.T @ Xc + strength * identity, Xc.T @ yc)
    b = mean_y - (mean_x * w).sum()
    return w, b


def penalized_epoch(model, X, y, lr, strength, batch_size):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    total = 0.0
    for i in range(0, len(X), batch_size):
        xb = X[i : i + batch_size]
        yb = y[i : i + batch_size]
        mse = nn.functional.mse_loss(model(xb), yb)
        loss = mse + strength * l2_penalty(model)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += mse.item() * len(xb)
    return total / len(X)


def overfit_gap(history):
    train, val = history["train"], history["validation"]
    if not train or not val or len(train) != len(val):
        raise ValueError("the lists must have the same length")
    best = train.index(min(train))
    return val[-1] - train[-1], best


def plot_learning_curves(history):
    fig, ax = plt.subplots(figsize=(6, 4))
    ax.plot(history["train"], label="train")
    ax.plot(history["validation"], label="validation")
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss")
    ax.legend()
    return fig
