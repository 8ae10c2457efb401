"""Raw parameters, formulas written out, autograd.grad for the steps, pcolormesh for the field."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn import datasets
from torch import nn


def generate_moons(n_samples, noise, seed):
    points, classes = datasets.make_moons(n_samples=n_samples, shuffle=False, noise=noise, random_state=seed)
    X = torch.from_numpy(points.astype(np.float32))
    y = torch.from_numpy(classes[:, None].astype(np.float32))
    return X, y


def relu(z):
    return torch.where(z > 0, z, torch.zeros_like(z))


def sigmoid(z):
    # with |z| the exponential is never above 1
    small = torch.exp(-z.abs())
    return torch.where(z >= 0, 1 / (1 + small), small / (1 + small))


def tanh(z):
    small = torch.exp(-2 * torch.abs(z))
    return torch.sign(z) * (1 - small) / (1 + small)


def collapse_linear(W1, b1, W2, b2):
    W = torch.einsum("oh,hd->od", W2, W1)
    b = b2 + torch.einsum("oh,h->o", W2, b1)
    return W, b


class LinearModel(nn.Module):
    def __init__(self, input_dim):
        super().__init__()
        self.slope = nn.Parameter(torch.randn(1, input_dim) * 0.1)
        self.offset = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        z = X @ self.slope.T + self.offset
        return 1 / (1 + torch.exp(-z))


class MLP(nn.Module):
    def __init__(self, input_dim, hidden_dim, output_dim, activation):
        super().__init__()
        self.W1 = nn.Parameter(torch.randn(hidden_dim, input_dim) / input_dim**0.5)
        self.b1 = nn.Parameter(torch.zeros(hidden_dim))
        self.W2 = nn.Parameter(torch.randn(output_dim, hidden_dim) / hidden_dim**0.5)
        self.b2 = nn.Parameter(torch.zeros(output_dim))
        self.phi = activation

    def forward(self, X):
        h = self.phi(X @ self.W1.T + self.b1)
        return torch.special.expit(h @ self.W2.T + self.b2)


def count_parameters(model):
    seen = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            seen[id(parameter)] = parameter.numel()
    return sum(seen.values())


def train_classifier(model, X, y, epochs, lr):
    parameters = list(model.parameters())
    losses = []
    for _ in range(epochs):
        p = model(X)
        loss = -(y * torch.log(p + 1e-7) + (1 - y) * torch.log(1 - p + 1e-7)).mean()
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= lr * gradient
        losses.append(float(loss))
    return losses


def accuracy(probs, y):
    return 1 - (torch.where(probs > 0.5, 1.0, 0.0) - y).abs().mean()


def decision_grid(model, X, resolution):
    lowest, highest = X.amin(0), X.amax(0)
    steps = torch.arange(resolution, device=X.device, dtype=X.dtype) / (resolution - 1)
    axes = [lowest[i] - 0.5 + steps * (highest[i] - lowest[i] + 1) for i in (0, 1)]
    A, B = torch.meshgrid(axes[0], axes[1], indexing="xy")
    mode = model.training
    try:
        model.eval()
        with torch.inference_mode():
            P = model(torch.cat([A.reshape(-1, 1), B.reshape(-1, 1)], 1)).view(resolution, resolution)
    finally:
        model.train(mode)
    return A, B, P


def plot_decision_boundary(model, X, y, resolution=100):
    A, B, P = [values.cpu().numpy() for values in decision_grid(model, X, resolution)]
    figure = plt.figure(figsize=(5, 4))
    axes = figure.add_subplot()
    mesh = axes.pcolormesh(A, B, P, shading="nearest", vmin=0, vmax=1)
    figure.colorbar(mesh, label="probability of class 1")
    zeros = y.flatten() == 0
    for rows, colour, name in ((zeros, "white", "class 0"), (~zeros, "black", "class 1")):
        points = X[rows].cpu()
        axes.scatter(*points.T, c=colour, edgecolors="grey", label=name)
    axes.legend()
    axes.set(xlabel="$x_0$", ylabel="$x_1$", title="what the model thinks")
    return figure
