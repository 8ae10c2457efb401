"""Lesson 1.3 with one helper for all"""

import torch


def batch_step(X, y, w, b, lr):
    err = X @ w + b - y
    dw = 2 * X.T @ err
    db = 2 * err.sum()
    return w - lr * dw, b - lr * db


def sgd_epoch(X, y, w, b, lr, order):
    for i in order:
        # a batch with one row
        w, b = batch_step(X[i].reshape(1, -1), y[i].reshape(1), w, b, lr)
    return w, b


def minibatch_epoch(X, y, w, b, lr, order, batch_size):
    for s in range(0, len(order), batch_size):
        idx = order[s : s + batch_size]
        w, b = batch_step(X[idx], y[idx], w, b, lr)
    return w, b


def updates_per_epoch(n_samples: int, batch_size: int) -> int:
    if n_samples < 1:
        raise ValueError("need at least one sample")
    if batch_size < 1:
        raise ValueError("need at least one row in a batch")
    full, rest = divmod(n_samples, batch_size)
    if rest > 0:
        return full + 1
    return full


def my_grads(X, y, w, b):
    err = X @ w + b - y
    n = X.shape[0]
    dw = (2.0 / n) * (X.T @ err)
    db = (2.0 / n) * torch.sum(err)
    return dw, db


def gradient_noise(X, y, w, b, batch_size, trials, generator):
    all_dw = []
    all_db = []
    for t in range(trials):
        perm = torch.randperm(X.shape[0], generator=generator, device=X.device)
        idx = perm[:batch_size]
        dw, db = my_grads(X[idx], y[idx], w, b)
        all_dw.append(dw)
        all_db.append(db)
    return torch.stack(all_dw).std(0), torch.stack(all_db).std(0)
