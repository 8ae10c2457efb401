"""The bias as the weight of one more feature throughout; decompositions; the history as a tensor's list."""

import torch
from torch.nn import functional


def _augment(X):
    return functional.pad(X, (0, 1), value=1)  # ones last: nobody outside sees it


def _join(w, b):
    return torch.cat((w, b.reshape(1)))


def predict(X, w, b):
    return torch.mv(_augment(X), _join(w, b))


def mse(y, y_hat):
    if y.size() != y_hat.size():
        raise ValueError("cannot compare " + str(list(y_hat.size())) + " with " + str(list(y.size())))
    return torch.linalg.vector_norm(y - y_hat) ** 2 / y.numel()


def mse_gradients(X, y, w, b):
    A = _augment(X)
    slope = (A @ _join(w, b) - y) @ A * (2 / A.shape[0])
    return slope[:-1], slope[-1]


def fit(X, y, lr, steps):
    A = _augment(X)
    theta = torch.zeros(A.shape[1], dtype=A.dtype, device=A.device)
    losses = torch.empty(steps, dtype=A.dtype)
    for step in range(steps):
        residual = y - A.matmul(theta)
        losses[step] = residual.dot(residual) / len(y)
        theta = theta + lr * 2 * A.T.matmul(residual) / len(y)
    return theta[:-1], theta[-1], losses.tolist()


def normal_equation(X, y):
    q, r = torch.linalg.qr(_augment(X))
    theta = torch.linalg.solve_triangular(r, (q.T @ y).unsqueeze(1), upper=True).squeeze(1)
    return theta[:-1].clone(), theta[-1].clone()


def standardize(X):
    std, mean = torch.std_mean(X, dim=0)
    divisor = std.masked_fill(std == 0, 1)
    return X.sub(mean).div(divisor), mean, divisor
