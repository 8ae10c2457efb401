"""One number at a time where that is possible, and the network's layers as plain tensors."""

from math import exp, pi, sqrt

import matplotlib.pyplot as plt
import torch


def _each(function, z):
    """Apply a function of one 0-D tensor to every element."""
    return torch.stack([function(one) for one in z.reshape(-1)]).reshape(z.shape)


def relu(z):
    return _each(lambda one: one if one > 0 else one * 0, z)


def leaky_relu(z, slope=0.01):
    return _each(lambda one: one if one > 0 else one * slope, z)


def _sigmoid(one):
    return 1 / (1 + (-one).exp()) if one > 0 else one.exp() / (1 + one.exp())


def sigmoid(z):
    return _each(_sigmoid, z)


def tanh(z):
    return _each(lambda one: 1 - 2 * _sigmoid(-2 * one), z)


def gelu(z):
    return _each(lambda one: one * 0.5 * (1 + torch.special.erf(one / sqrt(2))), z)


def _numbers(function, z):
    """Apply a function of one Python number to every element."""
    values = [function(one) for one in z.reshape(-1).tolist()]
    return torch.tensor(values, dtype=z.dtype, device=z.device).reshape(z.shape)


def relu_derivative(z):
    return _numbers(lambda one: 1.0 if one > 0 else 0.0, z)


def leaky_relu_derivative(z, slope=0.01):
    return _numbers(lambda one: 1.0 if one > 0 else slope, z)


def sigmoid_derivative(z):
    return _numbers(lambda one: exp(-abs(one)) / (1 + exp(-abs(one))) ** 2, z)


def tanh_derivative(z):
    return _numbers(lambda one: 4 * exp(-2 * abs(one)) / (1 + exp(-2 * abs(one))) ** 2, z)


def gelu_derivative(z):
    first = 0.5 * (1 + torch.erf(z / sqrt(2)))
    second = _numbers(lambda one: one * exp(-one * one / 2) / sqrt(2 * pi), z)
    return first + second


def softmax(z):
    if z.dim() > 1:
        return torch.stack([softmax(part) for part in z])
    weights = [torch.exp(one - max(z)) for one in z]
    return torch.stack([weight / sum(weights) for weight in weights])


def dead_fraction(activations):
    columns = activations.T.tolist()
    return sum(not any(column) for column in columns) / len(columns)


def saturation(activations, limit):
    sizes = [abs(one) for one in activations.flatten().tolist()]
    return len([size for size in sizes if size > limit]) / len(sizes)


def gradient_by_depth(activation, depth, width, generator):
    h = torch.randn(64, width, generator=generator, device=generator.device)
    stops = []
    for _ in range(depth):
        W = torch.randn(width, width, generator=generator, device=generator.device).div(sqrt(width))
        W.requires_grad = True
        h = activation(h @ W.T)
        stops.append(W)
    loss = (h * h).sum() / h.numel()
    loss.backward()
    return [W.grad.norm().item() for W in stops]


def pick_output_activation(task):
    try:
        return dict(binary="sigmoid", multiclass="softmax", regression="none")[task]
    except KeyError:
        raise ValueError(task) from None


def _activation(name, z):
    if name == "identity":
        return z
    if name == "leaky_relu":
        return torch.where(z > 0, z, z / 100)
    if name == "gelu":
        return z * (1 + torch.erf(z / sqrt(2))) / 2
    return getattr(torch, name)(z)


def compare_activations(X, y, names, epochs):
    result = {}
    for name in names:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            first = torch.nn.Linear(X.shape[-1], 32)
            last = torch.nn.Linear(32, y.shape[-1])
        tensors = [p.detach().to(X.device, X.dtype).requires_grad_() for p in (*first.parameters(), *last.parameters())]
        adam = torch.optim.Adam(tensors, lr=0.01)
        result[name] = [_epoch(name, tensors, adam, X, y) for _ in range(epochs)]
    return result


def _epoch(name, tensors, adam, X, y):
    W1, b1, W2, b2 = tensors
    y_hat = _activation(name, X.mm(W1.t()) + b1).mm(W2.t()) + b2
    loss = torch.mean(torch.pow(y - y_hat, 2))
    for tensor in tensors:
        tensor.grad = None
    loss.backward()
    adam.step()
    return loss.item()


def plot_activation(name):
    z = torch.linspace(-4, 4, 81)
    slope = {
        "relu": relu_derivative,
        "leaky_relu": leaky_relu_derivative,
        "sigmoid": sigmoid_derivative,
        "tanh": tanh_derivative,
        "gelu": gelu_derivative,
    }[name](z)
    fig = plt.figure(figsize=(6, 4))
    plt.plot(z.numpy(), _activation(name, z).numpy(), label="activation")
    plt.plot(z.numpy(), slope.numpy(), "--", label="derivative")
    plt.xlabel("z")
    plt.ylabel("f(z), f'(z)")
    plt.legend()
    return fig
