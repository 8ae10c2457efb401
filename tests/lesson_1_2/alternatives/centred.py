"""einsum, means instead of sums, automatic gradients in `fit`, and a regression on centred columns."""

import torch


def predict(X, w, b):
    return torch.einsum("nd,d->n", X, w).add(b)


def mse(y, y_hat):
    if tuple(y.shape) == tuple(y_hat.shape):
        return (y * y - 2 * y * y_hat + y_hat * y_hat).mean()
    raise ValueError("y is " + str(tuple(y.shape)) + " and y_hat is " + str(tuple(y_hat.shape)) + ", which differ")


def mse_gradients(X, y, w, b):
    errors = torch.einsum("nd,d->n", X, w) + b - y
    return 2 * torch.mean(X * errors[:, None], dim=0), 2 * torch.mean(errors)


def fit(X, y, lr, steps):
    w = torch.zeros_like(X[0]).requires_grad_()
    b = torch.zeros_like(y[0]).requires_grad_()
    optimizer = torch.optim.SGD([w, b], lr=lr)
    history = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(X @ w + b, y)
        loss.backward()
        optimizer.step()
        history.append(loss.detach())
    return w.detach(), b.detach(), history


def normal_equation(X, y):
    X_mean, y_mean = X.mean(0), y.mean()
    w = torch.linalg.pinv(X - X_mean) @ (y - y_mean)
    return w, y_mean - torch.dot(X_mean, w)


def standardize(X):
    mean = X.sum(0) / X.size(0)
    centred = X - mean
    std = (centred.square().sum(0) / (X.size(0) - 1)).sqrt()
    return torch.nan_to_num(centred / std, nan=0.0), mean, std
