"""Lesson 2.2, my solutions."""

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
    # TODO
    raise NotImplementedError("mse is not written yet")


def backward(X, W_aug, y):
    # TODO
    raise NotImplementedError("backward is not written yet")


def numerical_check(X, W_aug, y, dW):
    # TODO
    raise NotImplementedError("numerical_check is not written yet")
