"""Rows' gradients in one table, `split`, `torch.func`, and all trials drawn in a single call."""

import torch
from torch.func import grad


def _loss(theta, X, y):
    w, b = theta
    return (X @ w + b - y).pow(2).mean()


def batch_step(X, y, w, b, lr):
    """The bias as the weight of a column of ones."""
    A = torch.hstack([torch.ones_like(X[:, :1]), X])
    theta = torch.hstack([b, w])
    theta = theta - 2 * lr * (A * (A @ theta - y)[:, None]).mean(0)
    return theta[1:], theta[0]


def sgd_epoch(X, y, w, b, lr, order):
    """Stochastic gradient descent is mini-batch gradient descent with batches of one."""
    return minibatch_epoch(X, y, w, b, lr, order, batch_size=1)


def minibatch_epoch(X, y, w, b, lr, order, batch_size):
    """Cut the order with `split`, differentiate with `torch.func.grad`."""
    for rows in torch.as_tensor(order, device=X.device).split(batch_size):
        dw, db = grad(_loss)((w, b), X[rows], y[rows])
        w, b = torch.sub(w, dw, alpha=lr), torch.sub(b, db, alpha=lr)
    return w, b


def updates_per_epoch(n_samples, batch_size):
    """Whole batches, and one more if something is left."""
    if n_samples <= 0 or batch_size <= 0:
        raise ValueError(f"{n_samples=} {batch_size=}")
    whole, left = divmod(n_samples, batch_size)
    return whole + (1 if left else 0)


def gradient_noise(X, y, w, b, batch_size, trials, generator):
    """Sort random numbers: the places of the smallest ones are a random choice of rows, for all trials at once."""
    errors = torch.mv(X, w).add(b).sub(y)
    table = 2 * torch.cat([X * errors[:, None], errors[:, None]], dim=1)  # (N, D + 1)
    keys = torch.rand(trials, X.shape[0], generator=generator, device=X.device)
    rows = keys.argsort(dim=1)[:, :batch_size]  # (trials, batch_size)
    deviations = table[rows].mean(dim=1).var(dim=0).sqrt()
    return deviations[:-1], deviations[-1]
