"""Lesson 2.2, my solutions."""

import math

import torch


def neuron(x, w, b, activation):
    score = torch.sum(x * w) + b
    return activation(score)


def layer(x, W, b, activation):
    scores = torch.matmul(W, x) + b
    return activation(scores)


def add_bias_column(X):
    n = X.shape[0]
    ones = torch.ones(n, 1, dtype=X.dtype, device=X.device)
    return torch.cat((ones, X), dim=1)


def batched_forward(X, W_aug):
    scores = add_bias_column(X) @ W_aug.T
    return torch.relu(scores)


def squared_errors(y, y_hat):
    diff = y - y_hat
    return diff**2


def total_loss(y, y_hat):
    return torch.sum(squared_errors(y, y_hat))


def mse(y, y_hat):
    return torch.mean(squared_errors(y, y_hat))


def backward(X, W_aug, y):
    # forward first
    Xa = add_bias_column(X)
    scores = Xa @ W_aug.T
    # then the three stops
    grad = (torch.relu(scores) - y) * 2 / y.numel()
    grad = torch.where(scores > 0, grad, torch.zeros_like(grad))
    return grad.T @ Xa


def numerical_check(X, W_aug, y, dW):
    if dW.shape != W_aug.shape:
        return False
    if not torch.isfinite(dW).all():
        return False
    X, y, dW = X.double(), y.double(), dW.double()
    W = W_aug.detach().double().clone()

    def f(weights):
        return mse(y, batched_forward(X, weights))

    Wg = W.clone().requires_grad_(True)
    f(Wg).backward()

    eps = 1e-6
    slopes = torch.zeros_like(W)
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            plus, minus = W.clone(), W.clone()
            plus[i, j] += eps
            minus[i, j] -= eps
            slopes[i, j] = (f(plus) - f(minus)) / (2 * eps)

    def close(g):
        return torch.norm(dW - g) <= 1e-5 * (torch.norm(dW) + torch.norm(g))

    return bool(close(Wg.grad)) and bool(close(slopes))
