"""Masks and small steps: fresh tensors filled in place, `backward`, and Adam written out."""

import math

import matplotlib.pyplot as plt
import torch


def relu(z):
    return z * (z > 0)


def leaky_relu(z, slope=0.01):
    factor = torch.full_like(z, slope)
    factor[z > 0] = 1
    return z * factor


def sigmoid(z):
    small = torch.exp(-z.abs())
    positive = 1 / (1 + small)
    return torch.where(z >= 0, positive, small / (1 + small))


def tanh(z):
    small = torch.exp(-2 * z.abs())
    size = (1 - small) / (1 + small)
    return torch.where(z >= 0, size, -size)


def _below(z):
    return torch.erfc(-z / 2**0.5) * 0.5


def gelu(z):
    return _below(z) * z


def relu_derivative(z):
    slopes = torch.zeros_like(z)
    slopes[z > 0] = 1
    return slopes


def leaky_relu_derivative(z, slope=0.01):
    slopes = torch.ones_like(z)
    slopes[z <= 0] = slope
    return slopes


def sigmoid_derivative(z):
    small = torch.exp(-z.abs())
    return small / (1 + small) ** 2


def tanh_derivative(z):
    small = torch.exp(-2 * z.abs())
    return 4 * small / (1 + small) ** 2


def gelu_derivative(z):
    bell = torch.exp(-0.5 * z * z) * (1 / math.sqrt(2 * math.pi))
    return torch.add(_below(z), bell * z)


def softmax(z):
    rows = z.reshape(-1, z.shape[-1])
    shares = torch.empty_like(rows)
    for i, row in enumerate(rows):
        weights = (row - row.max()).exp()
        shares[i] = weights / weights.sum()
    return shares.reshape(z.shape)


def dead_fraction(activations):
    alive = activations.abs().amax(dim=0) > 0
    return 1 - alive.sum().item() / alive.numel()


def saturation(activations, limit):
    over = (activations > limit) | (activations < -limit)
    return over.sum() / activations.numel()


def gradient_by_depth(activation, depth, width, generator):
    layers = [
        (torch.randn((width, width), generator=generator, device=generator.device) * width**-0.5).requires_grad_(True)
        for _ in range(depth)
    ]
    signal = torch.randn((64, width), generator=generator, device=generator.device)
    for matrix in layers:
        signal = activation(torch.matmul(signal, matrix))
    signal.pow(2).mean().backward()
    return [math.sqrt(matrix.grad.pow(2).sum().item()) for matrix in layers]


def pick_output_activation(task):
    if task == "binary":
        return "sigmoid"
    if task == "multiclass":
        return "softmax"
    if task == "regression":
        return "none"
    raise ValueError("no such task: " + task)


def _identity(z):
    return z


TABLE = {
    "identity": _identity,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "gelu": gelu,
}


def _history(activation, start, X, y, epochs):
    params = [value.clone().requires_grad_() for value in start]
    first = [torch.zeros_like(p) for p in params]
    second = [torch.zeros_like(p) for p in params]
    losses = []
    for step in range(1, epochs + 1):
        W1, b1, W2, b2 = params
        loss = (activation(X @ W1.T + b1) @ W2.T + b2 - y).square().mean()
        losses.append(float(loss.detach()))
        grads = torch.autograd.grad(loss, params)
        with torch.no_grad():
            for i, grad in enumerate(grads):
                first[i] = 0.9 * first[i] + 0.1 * grad
                second[i] = 0.999 * second[i] + 0.001 * grad**2
                mean = first[i] / (1 - 0.9**step)
                square = second[i] / (1 - 0.999**step)
                params[i] -= 0.01 * mean / (square.sqrt() + 1e-8)
    return losses


def compare_activations(X, y, names, epochs):
    torch.manual_seed(0)
    layers = torch.nn.Linear(X.size(1), 32), torch.nn.Linear(32, y.size(1))
    start = [p.detach().to(X) for layer in layers for p in layer.parameters()]
    return {name: _history(TABLE[name], start, X, y, epochs) for name in names}


def plot_activation(name):
    slopes = {
        "relu": relu_derivative,
        "leaky_relu": leaky_relu_derivative,
        "sigmoid": sigmoid_derivative,
        "tanh": tanh_derivative,
        "gelu": gelu_derivative,
    }
    z = torch.arange(-80, 81) / 20
    fig, (above, below) = plt.subplots(2, 1, sharex=True)
    above.plot(z, TABLE[name](z), "k")
    above.set(title=name, xlabel="z", ylabel="activation")
    below.plot(z, slopes[name](z), "r", drawstyle="steps-mid")
    below.set(xlabel="z", ylabel="slope")
    return fig
