"""Loops and plain Python, one element at a time where that is possible."""

import math

import matplotlib.pyplot as plt
import torch
from torch import nn


def polynomial_features(x, degree):
    if degree <= 0:
        raise ValueError("degree must be positive")
    table = x.new_empty((x.shape[0], degree))
    for i in range(x.shape[0]):
        power = x[i]
        for j in range(degree):
            table[i, j] = power
            power = power * x[i]
    return table


def train_validation_split(X, y, fraction, generator):
    n = X.shape[0]
    if fraction <= 0 or fraction >= 1:
        raise ValueError("fraction must lie between 0 and 1")
    if n < 2:
        raise ValueError("at least two rows are needed")
    k = max(1, min(n - 1, math.floor(n * fraction)))
    deck = torch.randperm(n, generator=generator, device=X.device).tolist()
    out = set(deck[:k])
    stay = [i for i in range(n) if i not in out]
    out = sorted(out)
    return X[stay], y[stay], X[out], y[out]


def l2_penalty(model):
    def walk(module):
        own = []
        if isinstance(module, (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)):
            own.append(module.weight)
        for child in module.children():
            own += walk(child)
        return own

    total = None
    for weight in walk(model):
        for row in weight:
            squares = (row * row).sum()
            total = squares if total is None else total + squares
    if total is None:
        return torch.tensor(0.0, dtype=torch.float64)
    return total


def weight_decay_step(params, grads, lr, decay):
    result = []
    with torch.no_grad():
        for i in range(len(params)):
            step = grads[i] + decay * params[i]
            result.append(params[i] - lr * step)
    return result


def dropout(x, p, training, generator):
    if p < 0 or p > 1:
        raise ValueError("p must be a probability")
    if not training or p == 0:
        return x.clone()
    flat = x.reshape(-1)
    factors = []
    for _ in range(flat.numel()):
        draw = torch.rand(1, generator=generator, device=x.device, dtype=torch.float64)
        factors.append((draw > p).to(x.dtype) / (1 - p) if p < 1 else torch.zeros(1, dtype=x.dtype, device=x.device))
    return (flat * torch.cat(factors)).reshape(x.shape)


def fit_ridge(X, y, strength):
    # The normal equation with a column of ones, whose place on the diagonal gets no penalty.
    n, d = X.shape
    A = torch.cat([torch.ones(n, 1, dtype=X.dtype, device=X.device), X], dim=1)
    diagonal = torch.full((d + 1,), float(strength), dtype=X.dtype, device=X.device)
    diagonal[0] = 0
    theta = torch.linalg.inv(A.T @ A + torch.diag(diagonal)) @ A.T @ y
    return theta[1:, 0], theta[0, 0]


def penalized_epoch(model, X, y, lr, strength, batch_size):
    n = X.shape[0]
    sum_of_losses = 0.0
    start = 0
    while start < n:
        stop = min(start + batch_size, n)
        for parameter in model.parameters():
            parameter.grad = None
        errors = model(X[start:stop]) - y[start:stop]
        mse = (errors**2).sum() / errors.numel()
        loss = mse + strength * l2_penalty(model)
        loss.backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.sub_(lr * parameter.grad)
        sum_of_losses += float(mse.detach()) * (stop - start)
        start = stop
    return sum_of_losses / n


def overfit_gap(history):
    train = history["train"]
    validation = history["validation"]
    if len(train) == 0 or len(validation) == 0:
        raise ValueError("no epochs")
    if len(train) != len(validation):
        raise ValueError("lists of different lengths")
    best = 0
    for epoch in range(len(validation)):
        if validation[epoch] < validation[best]:
            best = epoch
    return (validation[-1] - train[-1], best)


def plot_learning_curves(history):
    figure = plt.figure()
    plt.plot(history["train"])
    plt.plot(history["validation"])
    plt.xlabel("Epoch")
    plt.ylabel("MSE")
    plt.title("Learning curves")
    plt.legend(["Training loss", "Validation loss"])
    plt.grid(True)
    return figure
