"""Dot products, and the derivatives multiplied out into means; nothing calls anything else; a history of 0-D tensors."""

import torch


def predict(x, w, b):
    return torch.addcmul(b.expand_as(x), x, w)


def loss(y, y_hat):
    error = y - y_hat
    return torch.dot(error, error) / error.numel()


def gradients(x, y, w, b):
    n = x.shape[0]
    mean_x, mean_y = x.sum() / n, y.sum() / n
    mean_xx, mean_xy = torch.dot(x, x) / n, torch.dot(x, y) / n
    return 2 * (w * mean_xx + b * mean_x - mean_xy), 2 * (w * mean_x + b - mean_y)


def update(param, grad, lr):
    return torch.sub(param, grad, alpha=lr)


def training_loop(x, y, w, b, lr, steps):
    losses = []
    place = w, b
    for _ in range(steps):
        weight, bias = place
        difference = x.mul(weight).add(bias).sub(y)
        losses.append(difference.square().mean())
        place = weight - lr * 2 * difference.mul(x).mean(), bias - lr * 2 * difference.mean()
    return place[0], place[1], losses
