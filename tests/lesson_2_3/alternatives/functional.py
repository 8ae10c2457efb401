"""Library functions and recursion: functional.linear, xavier, einsum, raw parameters, an exit stack of hooks."""

from contextlib import ExitStack
from functools import partial

import torch
from torch import nn
from torch.nn import functional


def layer_parameters(n_in, n_out):
    return (n_in + 1) * n_out


def init_params(sizes, generator):
    if len(sizes) < 2:
        return []
    W = torch.empty(sizes[1], sizes[0], device=generator.device)
    nn.init.xavier_normal_(W, generator=generator)
    return [(W, torch.zeros(sizes[1], device=generator.device)), *init_params(sizes[1:], generator)]


def forward(X, params):
    (W, b), *rest = params
    z = functional.linear(X, W, b)
    if not rest:
        return z, [X.clone(), z]
    y_hat, cache = forward(functional.tanh(z), rest)
    return y_hat, [X, *cache]


def _walk(dZ, cache, params):
    if not params:
        return []
    (W, _), h = params[-1], cache[-1]
    own = torch.einsum("no,ni->oi", dZ, h), torch.einsum("no->o", dZ)
    blame = torch.einsum("no,oi,ni->ni", dZ, W, 1 - h * h)
    return [*_walk(blame, cache[:-1], params[:-1]), own]


def backward(y, cache, params):
    n, o = y.shape
    return _walk((cache[-1] - y) * 2 / (n * o), cache[:-1], params)


def train(X, y, params, lr, epochs):
    if epochs == 0:
        return list(params), []
    history = []
    for _ in range(epochs):
        y_hat, cache = forward(X, params)
        history.append(float(functional.mse_loss(y_hat, y)))
        grads = backward(y, cache, params)
        params = [
            tuple(torch.sub(old, grad, alpha=lr) for old, grad in zip(pair, slopes, strict=True))
            for pair, slopes in zip(params, grads, strict=True)
        ]
    return params, history


class LayerWithActivation(nn.Module):
    def __init__(self, in_features, out_features, activation):
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(out_features))
        self.table = nn.Parameter(torch.randn(out_features, in_features) / in_features**0.5)
        self.phi = activation

    def forward(self, x):
        return self.phi(functional.linear(x, self.table, self.shift))


class CustomLayer(nn.Module):
    def __init__(self, in_features, out_features, p):
        super().__init__()
        self.scale = nn.BatchNorm1d(out_features)
        self.mix = nn.Linear(in_features, out_features)
        self.p = p

    def forward(self, x):
        return functional.dropout(functional.relu(self.scale(self.mix(x))), self.p, self.training)


def build_network(sizes):
    if len(sizes) == 2:
        return nn.Sequential(nn.Linear(*sizes))
    return nn.Sequential(nn.Linear(sizes[0], sizes[1]), nn.ReLU(inplace=True), *build_network(sizes[1:]))


def _note(trace, name, _module, _inputs, output):
    trace.append((name, output.shape))


def trace_shapes(model, x):
    trace = []
    with ExitStack() as stack:
        for name, module in model.named_modules():
            if not any(True for _ in module.children()):
                handle = module.register_forward_hook(partial(_note, trace, name))
                stack.callback(handle.remove)
        with torch.no_grad():
            model(x)
    return trace
