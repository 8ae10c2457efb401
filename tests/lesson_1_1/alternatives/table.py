"""A table with x and ones as columns, both parameters as one column; changes in place, but only its own copies."""

import torch


def _table(x):
    return torch.stack((x, torch.ones_like(x)), dim=1)


def predict(x, w, b):
    return (_table(x) * torch.stack((w, b))).sum(dim=1)


def loss(y, y_hat):
    squares = torch.pow(torch.sub(y_hat, y), 2)
    return torch.sum(squares) / squares.size(0)


def gradients(x, y, w, b):
    table = _table(x)
    errors = (table * torch.stack((w, b))).sum(dim=1) - y
    both = (table * errors.unsqueeze(1)).sum(dim=0) * 2 / len(y)
    return tuple(both.unbind())


def update(param, grad, lr):
    moved = param.detach().clone()
    moved -= grad * lr
    return moved


def training_loop(x, y, w, b, lr, steps):
    w, b = w.clone(), b.clone()
    history = torch.zeros(steps, dtype=x.dtype, device=x.device)
    for step in range(steps):
        history[step] = loss(y, predict(x, w, b))
        dw, db = gradients(x, y, w, b)
        w.sub_(dw, alpha=lr)
        b.sub_(db, alpha=lr)
    return w, b, list(history)
