"""Lesson 1.3 exercises"""

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
    new_w, new_b = w.clone(), b.clone()
    for i in order:
        err = (X[i] * w).sum() + b - y[i]
        new_w -= lr * 2 * err * X[i]
        new_b -= lr * 2 * err
    return new_w, new_b


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
    all_dw = []
    all_db = []
    for t in range(trials):
        perm = torch.randperm(X.shape[0], generator=generator, device=X.device)
        idx = perm[:batch_size]
        dw, db = my_grads(X[idx], y[idx], w, b)
        all_dw.append(dw)
        all_db.append(db)
    return torch.stack(all_dw).std(0), torch.stack(all_db).std(0)
