"""What PyTorch has ready where that is allowed: ndtr, logsumexp, modules, torch.func, copies of one start."""

import copy

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.distributions import Normal


def relu(z):
    return torch.maximum(z, torch.zeros_like(z))


def leaky_relu(z, slope=0.01):
    return torch.clamp(z, min=0) + slope * torch.clamp(z, max=0)


def sigmoid(z):
    return torch.exp(z - torch.logaddexp(z, torch.zeros_like(z)))


def tanh(z):
    bounded = z.clamp(-20, 20)
    return torch.sinh(bounded) / torch.cosh(bounded)


def gelu(z):
    return z * torch.special.ndtr(z)


def relu_derivative(z):
    return torch.heaviside(z, torch.zeros_like(z))


def leaky_relu_derivative(z, slope=0.01):
    return slope + (1 - slope) * relu_derivative(z)


def sigmoid_derivative(z):
    return torch.sigmoid(z) * torch.sigmoid(-z)


def tanh_derivative(z):
    return 1 - torch.tanh(z).square()


def gelu_derivative(z):
    normal = Normal(torch.zeros_like(z), torch.ones_like(z))
    return normal.cdf(z) + z * normal.log_prob(z).exp()


def softmax(z):
    return torch.exp(z - torch.logsumexp(z, dim=-1, keepdim=True))


def dead_fraction(activations):
    return 1.0 - torch.count_nonzero(activations, dim=0).bool().float().mean()


def saturation(activations, limit):
    return torch.gt(activations.abs(), limit).to(torch.float64).mean().item()


def gradient_by_depth(activation, depth, width, generator):
    where = {"generator": generator, "device": generator.device}
    X = torch.normal(0.0, 1.0, (64, width), **where)
    weights = torch.normal(0.0, 1.0, (depth, width, width), **where) / torch.tensor(float(width)).sqrt().item()

    def loss(weights):
        outputs = X
        for W in weights:
            outputs = activation(nn.functional.linear(outputs, W))
        return nn.functional.mse_loss(outputs, torch.zeros_like(outputs))

    gradients = torch.func.grad(loss)(weights)
    return torch.linalg.matrix_norm(gradients).tolist()


def pick_output_activation(task):
    match task:
        case "binary":
            return "sigmoid"
        case "multiclass":
            return "softmax"
        case "regression":
            return "none"
        case _:
            raise ValueError(f"unknown task {task}")


MODULES = {
    "identity": nn.Identity,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
}


def compare_activations(X, y, names, epochs):
    torch.manual_seed(0)
    hidden = nn.Linear(X.shape[1], 32)
    output = nn.Linear(32, y.shape[1])
    start = nn.Sequential(hidden, nn.Identity(), output).to(X.device, X.dtype)
    histories = {}
    for name in names:
        model = copy.deepcopy(start)
        model[1] = MODULES[name]()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        histories[name] = []
        for _ in range(epochs):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(X), y)
            loss.backward()
            optimizer.step()
            histories[name].append(loss.item())
    return histories


def plot_activation(name):
    z = torch.from_numpy(np.linspace(-6, 6, 1000)).requires_grad_()
    value = MODULES[name]()(z)
    (slope,) = torch.autograd.grad(value.sum(), z)
    fig = plt.figure()
    axes = fig.add_subplot()
    first, second = axes.plot(z.detach(), torch.stack([value, slope], dim=1).detach())
    axes.axhline(0, color="grey")
    axes.axvline(0, color="grey")
    axes.legend([first, second], ["value", "slope"])
    axes.set_xlabel("pre-activation")
    axes.set_ylabel(name)
    return fig
