"""Plain Python loops over numbers, in the order of the page's tables."""

import math

import torch


def neuron(x, w, b, activation):
    z = b.clone()
    for feature, weight in zip(x, w, strict=True):
        z = z + feature * weight
    return activation(z)


def layer(x, W, b, activation):
    return torch.stack([neuron(x, row, bias, activation) for row, bias in zip(W, b, strict=True)])


def add_bias_column(X):
    samples, features = X.shape
    result = torch.empty(samples, features + 1, dtype=X.dtype, device=X.device)
    for n in range(samples):
        result[n, 0] = 1
        for d in range(features):
            result[n, d + 1] = X[n, d]
    return result


def batched_forward(X, W_aug):
    result = torch.empty(len(X), len(W_aug), dtype=X.dtype, device=X.device)
    for n, x in enumerate(X):
        for h, w in enumerate(W_aug):
            z = w[0] + (w[1:] * x).sum()
            result[n, h] = z if z > 0 else 0
    return result


def squared_errors(y, y_hat):
    return (y - y_hat).square()


def total_loss(y, y_hat):
    total = torch.zeros((), dtype=y.dtype, device=y.device)
    for error in (y_hat - y).flatten():
        total = total + error * error
    return total


def mse(y, y_hat):
    return total_loss(y, y_hat) / max(y.numel(), 1)


def backward(X, W_aug, y):
    dW = torch.zeros_like(W_aug)
    for n in range(y.shape[0]):
        for h in range(y.shape[1]):
            row = torch.cat([torch.ones(1, dtype=X.dtype, device=X.device), X[n]])
            z = torch.dot(row, W_aug[h])
            if z <= 0:
                continue
            dW[h] += 2 * (z - y[n, h]) * row / y.numel()
    return dW


def numerical_check(X, W_aug, y, dW):
    if tuple(dW.shape) != tuple(W_aug.shape) or not torch.isfinite(dW).all():
        return False
    X, y, dW, W = X.double(), y.double(), dW.double(), W_aug.detach().double().clone()

    def loss(weights):
        scores = X @ weights[:, 1:].T + weights[:, 0]
        return torch.where(scores > 0, scores, torch.zeros_like(scores)).sub(y).pow(2).mean()

    leaf = W.clone().requires_grad_(True)
    loss(leaf).backward()

    nudged = torch.zeros_like(W)
    eps = 1e-6
    for h in range(len(W)):
        for d in range(W.shape[1]):
            old = W[h, d].item()
            W[h, d] = old + eps
            up = loss(W).item()
            W[h, d] = old - eps
            down = loss(W).item()
            W[h, d] = old
            nudged[h, d] = (up - down) / (2 * eps)

    for other in (leaf.grad, nudged):
        distance = math.sqrt(((dW - other) ** 2).sum().item())
        if distance > 1e-5 * (math.sqrt((dW**2).sum().item()) + math.sqrt((other**2).sum().item())):
            return False
    return True
