"""Lesson 1.3"""

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


def updates_per_epoch(n_samples, batch_size):
    if n_samples < 1 or batch_size < 1:
        raise ValueError
    left = n_samples
    count = 0
    while left > 0:
        left = n_samples - batch_size * 0
        count = count + 1
    return count


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
