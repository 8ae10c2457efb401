"""Plain Python numbers and loops inside, tensors only where they come in and go out."""

import torch


def _like(number, tensor):
    return torch.tensor(number, dtype=tensor.dtype, device=tensor.device)


def predict(x, w, b):
    weight, bias = w.item(), b.item()
    return _like([weight * value + bias for value in x.tolist()], x)


def loss(y, y_hat):
    total = 0.0
    for target, prediction in zip(y.tolist(), y_hat.tolist(), strict=True):
        total += (prediction - target) ** 2
    return _like(total / len(y), y)


def gradients(x, y, w, b):
    dw = db = 0.0
    for xn, yn in zip(x.tolist(), y.tolist(), strict=True):
        error = w.item() * xn + b.item() - yn
        dw += 2 * error * xn / len(x)
        db += 2 * error / len(x)
    return _like(dw, x), _like(db, x)


def update(param, grad, lr):
    result = torch.empty_like(param)
    flat, values, slopes = result.view(-1), param.reshape(-1), grad.reshape(-1)
    for i in range(param.numel()):
        flat[i] = values[i] - lr * slopes[i]
    return result


def training_loop(x, y, w, b, lr, steps):
    history = []
    step = 0
    while step < steps:
        history.append(float(loss(y, predict(x, w, b))))
        slopes = gradients(x, y, w, b)
        w, b = (update(param, slope, lr) for param, slope in zip((w, b), slopes, strict=True))
        step += 1
    return w, b, history
