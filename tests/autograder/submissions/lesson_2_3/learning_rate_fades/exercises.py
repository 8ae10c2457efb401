"""Lesson 2.3, my solutions."""

import math

import torch
from torch import nn


def layer_parameters(n_in, n_out):
    weights = n_in * n_out
    biases = n_out
    return weights + biases


def init_params(sizes, generator):
    params = []
    for i in range(len(sizes) - 1):
        n_in, n_out = sizes[i], sizes[i + 1]
        std = math.sqrt(2 / (n_in + n_out))  # Xavier
        W = std * torch.randn(n_out, n_in, generator=generator, device=generator.device)
        params.append((W, torch.zeros(n_out, device=generator.device)))
    return params


def forward(X, params):
    cache = [X]
    h = X
    for W, b in params[:-1]:
        h = torch.tanh(h @ W.T + b)
        cache.append(h)
    W, b = params[-1]
    y_hat = h @ W.T + b
    cache.append(y_hat)
    return y_hat, cache


def backward(y, cache, params):
    n, o = y.shape
    dz = 2 / (n * o) * (cache[-1] - y)
    grads = []
    for i in reversed(range(len(params))):
        W = params[i][0]
        grads.insert(0, (dz.T @ cache[i], dz.sum(dim=0)))
        dh = dz @ W
        dz = dh * (1 - cache[i] ** 2)
    return grads


def train(X, y, params, lr, epochs):
    history = []
    for epoch in range(epochs):
        y_hat, cache = forward(X, params)
        loss = torch.mean((y_hat - y) ** 2)
        history.append(loss.item())
        grads = backward(y, cache, params)
        new = []
        for i in range(len(params)):
            W, b = params[i]
            dW, db = grads[i]
            new.append((W - lr * dW, b - lr * db))
        params = new
        lr = lr * 0.999  # smaller and smaller steps
    return params, history


class LayerWithActivation(nn.Module):
    def __init__(self, in_features, out_features, activation):
        super().__init__()
        self.fc = nn.Linear(in_features, out_features)
        self.act = activation

    def forward(self, x):
        return self.act(self.fc(x))


class CustomLayer(nn.Module):
    def __init__(self, in_features, out_features, p):
        super().__init__()
        self.fc = nn.Linear(in_features, out_features)
        self.bn = nn.BatchNorm1d(out_features)
        self.drop = nn.Dropout(p)

    def forward(self, x):
        x = self.bn(self.fc(x))
        x = torch.relu(x)
        return self.drop(x)


def build_network(sizes):
    layers = []
    for i in range(len(sizes) - 1):
        layers.append(nn.Linear(sizes[i], sizes[i + 1]))
        layers.append(nn.ReLU())
    return nn.Sequential(*layers[:-1])


def trace_shapes(model, x):
    seen = []
    handles = []

    def make_hook(name):
        def hook(module, inputs, output):
            seen.append((name, tuple(output.shape)))

        return hook

    for name, module in model.named_modules():
        if len(list(module.children())) == 0:
            handles.append(module.register_forward_hook(make_hook(name)))
    try:
        model(x)
    finally:
        for h in handles:
            h.remove()
    return seen
