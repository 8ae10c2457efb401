"""Lesson 1.2, my solutions."""

import torch


def predict(X, w, b):
    return torch.matmul(X, w)


def mse(y, y_hat):
    if y.shape != y_hat.shape:
        raise ValueError(f"shapes differ: y {tuple(y.shape)}, y_hat {tuple(y_hat.shape)}")
    diff = y - y_hat
    return torch.mean(diff**2)


def mse_gradients(X, y, w, b):
    n = X.shape[0]
    e = torch.matmul(X, w) + b - y
    dw = torch.matmul(X.T, e) * 2 / n
    db = torch.sum(e) * 2 / n
    return dw, db


def fit(X, y, lr, steps):
    n, d = X.shape
    w = torch.zeros(d, dtype=X.dtype, device=X.device)
    b = torch.zeros((), dtype=X.dtype, device=X.device)
    history = []
    for i in range(steps):
        e = torch.matmul(X, w) + b - y
        history.append(torch.mean(e**2))
        dw = torch.matmul(X.T, e) * 2 / n
        db = torch.sum(e) * 2 / n
        w = w - lr * dw
        b = b - lr * db
    return w, b, history


def normal_equation(X, y):
    w = torch.linalg.inv(X.T @ X) @ (X.T @ y)
    return w, torch.zeros((), dtype=X.dtype, device=X.device)


def standardize(X):
    mean = torch.mean(X, dim=0)
    std = torch.std(X, dim=0)
    safe = torch.where(std == 0, torch.ones_like(std), std)
    return (X - mean) / safe, mean, std
