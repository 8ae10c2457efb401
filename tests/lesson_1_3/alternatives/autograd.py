"""PyTorch finds every gradient: `backward`, `torch.autograd.grad` and `torch.optim`; results may require gradients."""

import numpy as np
import torch
from torch import nn


def batch_step(X, y, w, b, lr):
    """`backward` on copies of the parameters."""
    w = w.clone().requires_grad_(True)
    b = b.clone().requires_grad_(True)
    loss = nn.functional.mse_loss(X @ w + b, y)
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    return w, b


def sgd_epoch(X, y, w, b, lr, order):
    """An optimizer on two parameters."""
    w, b = nn.Parameter(w.clone()), nn.Parameter(b.clone())
    optimizer = torch.optim.SGD([w, b], lr=lr)
    for i in order:
        optimizer.zero_grad()
        ((torch.dot(X[i], w) + b - y[i]) ** 2).backward()
        optimizer.step()
    return w.detach(), b.detach()


def minibatch_epoch(X, y, w, b, lr, order, batch_size):
    """Shuffle the data once, then slice them; `torch.autograd.grad`."""
    order = torch.as_tensor(order, device=X.device)
    X, y = X[order], y[order]
    for start in range(0, X.shape[0], batch_size):
        theta = torch.cat([w, b.reshape(1)]).detach().requires_grad_()
        error = X[start : start + batch_size] @ theta[:-1] + theta[-1] - y[start : start + batch_size]
        (slope,) = torch.autograd.grad(error.square().mean(), theta)
        theta = theta.detach() - lr * slope
        w, b = theta[:-1], theta[-1]
    return w, b


def updates_per_epoch(n_samples, batch_size):
    """NumPy's ceiling, as an int."""
    if n_samples < 1:
        raise ValueError("no samples")
    if batch_size < 1:
        raise ValueError("empty batches")
    return int(np.ceil(n_samples / batch_size))


def gradient_noise(X, y, w, b, batch_size, trials, generator):
    """Choose the rows with `torch.multinomial`, and let autograd differentiate at detached copies."""
    even = torch.ones(len(y), device=X.device)
    results = torch.empty(trials, len(w) + 1, dtype=X.dtype, device=X.device)
    for t in range(trials):
        rows = torch.multinomial(even, batch_size, replacement=False, generator=generator)
        w_, b_ = w.detach().clone().requires_grad_(), b.detach().clone().requires_grad_()
        loss = ((y[rows] - X[rows] @ w_ - b_) ** 2).sum() / len(rows)
        loss.backward()
        results[t, :-1] = w_.grad
        results[t, -1] = b_.grad
    std = torch.std(results, 0)
    return std[:-1], std[-1]
