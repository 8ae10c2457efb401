"""Plain Python loops over rows, columns and numbers; Gauss's elimination for the normal equation."""

import math

import torch


def predict(X, w, b):
    rows = []
    for row in X:
        total = b.clone()
        for feature, weight in zip(row, w, strict=True):
            total = total + feature * weight
        rows.append(total)
    return torch.stack(rows)


def mse(y, y_hat):
    if y.ndim != y_hat.ndim or any(a != b for a, b in zip(y.shape, y_hat.shape, strict=True)):
        raise ValueError(f"{y.shape} is not {y_hat.shape}")
    total, count = torch.zeros((), dtype=y.dtype, device=y.device), 0
    for target, prediction in zip(y.flatten(), y_hat.flatten(), strict=True):
        total += (prediction - target) ** 2
        count += 1
    return total / count


def mse_gradients(X, y, w, b):
    N, D = X.shape
    dw, db = torch.zeros_like(w), torch.zeros_like(b)
    for n in range(N):
        error = b - y[n]
        for d in range(D):
            error = error + X[n, d] * w[d]
        for d in range(D):
            dw[d] += 2 * error * X[n, d] / N
        db += 2 * error / N
    return dw, db


def fit(X, y, lr, steps):
    w = torch.zeros(X.shape[1], dtype=X.dtype, device=X.device)
    b = torch.zeros((), dtype=X.dtype, device=X.device)
    losses = []
    while len(losses) < steps:
        losses.append(mse(y, predict(X, w, b)))
        dw, db = mse_gradients(X, y, w, b)
        w -= lr * dw
        b -= lr * db
    return w, b, losses


def normal_equation(X, y):
    rows = [[1.0, *row] for row in X.double().tolist()]
    targets = y.double().tolist()
    size = len(rows[0])
    left = [[math.fsum(row[i] * row[j] for row in rows) for j in range(size)] for i in range(size)]
    right = [math.fsum(row[i] * t for row, t in zip(rows, targets, strict=True)) for i in range(size)]
    for i in range(size):
        pivot = max(range(i, size), key=lambda k: abs(left[k][i]))
        left[i], left[pivot] = left[pivot], left[i]
        right[i], right[pivot] = right[pivot], right[i]
        for k in range(i + 1, size):
            factor = left[k][i] / left[i][i]
            left[k] = [a - factor * c for a, c in zip(left[k], left[i], strict=True)]
            right[k] -= factor * right[i]
    answer = [0.0] * size
    for i in reversed(range(size)):
        known = math.fsum(left[i][j] * answer[j] for j in range(i + 1, size))
        answer[i] = (right[i] - known) / left[i][i]
    return X.new_tensor(answer[1:]), X.new_tensor(answer[0])


def standardize(X):
    X_std = torch.zeros_like(X)
    means, deviations = [], []
    for d in range(X.shape[1]):
        column = X[:, d]
        mean = sum(column) / len(column)
        deviation = torch.sqrt(((column - mean) ** 2).sum() / (len(column) - 1))
        if deviation != 0:
            X_std[:, d] = (column - mean) / deviation
        means.append(mean)
        deviations.append(deviation)
    return X_std, torch.stack(means), torch.stack(deviations)
