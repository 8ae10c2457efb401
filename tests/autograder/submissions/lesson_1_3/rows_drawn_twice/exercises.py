"""Lesson 1.3 noise"""

import torch


def my_grads(X, y, w, b):
    err = X @ w + b - y
    n = X.shape[0]
    dw = (2.0 / n) * (X.T @ err)
    db = (2.0 / n) * torch.sum(err)
    return dw, db


def batch_step(X, y, w, b, lr):
    dw, db = my_grads(X, y, w, b)
    return w - lr * dw, b - lr * db


def sgd_epoch(X, y, w, b, lr, order):
    for i in order:
        i = int(i)
        err = torch.dot(X[i], w) + b - y[i]
        w = w - lr * 2 * err * X[i]
        b = b - lr * 2 * err
    return w, b


def minibatch_epoch(X, y, w, b, lr, order, batch_size):
    n = len(order)
    i = 0
    while i < n:
        idx = order[i : i + batch_size]
        dw, db = my_grads(X[idx], y[idx], w, b)
        w = w - lr * dw
        b = b - lr * db
        i += batch_size
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


def gradient_noise(X, y, w, b, batch_size, trials, generator):
    n, d = X.shape
    dws = torch.zeros(trials, d, dtype=X.dtype, device=X.device)
    dbs = torch.zeros(trials, dtype=X.dtype, device=X.device)
    for t in range(trials):
        idx = torch.randint(0, n, (batch_size,), generator=generator, device=X.device)
        dws[t], dbs[t] = my_grads(X[idx], y[idx], w, b)
    return dws.std(dim=0), dbs.std()
