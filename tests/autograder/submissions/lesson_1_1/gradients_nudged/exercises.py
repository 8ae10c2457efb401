"""Lesson 1.1, my solutions."""

import torch


def predict(x, w, b):
    return x * w + b


def loss(y, y_hat):
    errors = y_hat - y
    return torch.mean(errors**2)


def gradients(x, y, w, b):
    eps = 1e-4
    here = loss(y, predict(x, w, b))
    dw = (loss(y, predict(x, w + eps, b)) - here) / eps
    db = (loss(y, predict(x, w, b + eps)) - here) / eps
    return dw, db


def update(param, grad, lr):
    step = lr * grad
    return param - step


def training_loop(x, y, w, b, lr, steps):
    history = []
    for i in range(steps):
        y_hat = predict(x, w, b)
        history.append(loss(y, y_hat))
        dw, db = gradients(x, y, w, b)
        w = update(w, dw, lr)
        b = update(b, db, lr)
    return w, b, history
