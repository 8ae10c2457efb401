"""Counting with indices, results filled in place into fresh lists and clones; chains that inherit from nn.Sequential."""

from collections import OrderedDict

import torch
from torch import nn


def layer_parameters(n_in, n_out):
    count = 0
    for _ in range(n_out):
        count += n_in  # the neuron's weights
        count += 1  # and its bias
    return count


def init_params(sizes, generator):
    params = []
    for i in range(1, len(sizes)):
        bound = (3 / sizes[i - 1]) ** 0.5
        W = torch.zeros(sizes[i], sizes[i - 1], dtype=torch.float32, device=generator.device)
        W.uniform_(-bound, bound, generator=generator)
        params.append((W, torch.zeros(sizes[i], dtype=torch.float32, device=generator.device)))
    return params


def forward(X, params):
    L = len(params)
    cache = [None] * (L + 1)
    cache[0] = X
    for i in range(L):
        W, b = params[i]
        cache[i + 1] = torch.matmul(cache[i], W.transpose(0, 1)) + b
        if i < L - 1:
            cache[i + 1].tanh_()
    return cache[L], cache


def backward(y, cache, params):
    L = len(params)
    grads = [None] * L
    blame = (cache[L] - y) / y.shape[0] / y.shape[1] * 2
    for i in range(L - 1, -1, -1):
        if i < L - 1:
            blame = torch.mm(blame, params[i + 1][0])
            blame = blame - blame * cache[i + 1] ** 2
        grads[i] = (torch.mm(blame.t(), cache[i]), blame.sum(0))
    return grads


def train(X, y, params, lr, epochs):
    ours = [(W.clone(), b.clone()) for W, b in params]
    history = []
    epoch = 0
    while epoch < epochs:
        y_hat, cache = forward(X, ours)
        history.append(((y - y_hat) ** 2).sum() / y.numel())
        grads = backward(y, cache, ours)
        for i in range(len(ours)):
            ours[i][0].sub_(lr * grads[i][0])
            ours[i][1].sub_(lr * grads[i][1])
        epoch += 1
    return ours, history


class LayerWithActivation(nn.Module):
    def __init__(self, in_features, out_features, activation):
        super().__init__()
        self.parts = nn.ModuleList([nn.Linear(in_features, out_features)])
        self.activation = activation

    def forward(self, x):
        for part in self.parts:
            x = part(x)
        return self.activation(x)


class CustomLayer(nn.Sequential):
    def __init__(self, in_features, out_features, p):
        super().__init__(
            nn.Linear(in_features, out_features), nn.BatchNorm1d(out_features), nn.ReLU(inplace=True), nn.Dropout(p)
        )


def build_network(sizes):
    modules = OrderedDict()
    for i in range(len(sizes) - 1):
        modules[f"linear{i}"] = nn.Linear(sizes[i], sizes[i + 1])
        if i != len(sizes) - 2:
            modules[f"relu{i}"] = nn.ReLU()
    return nn.Sequential(modules)


def trace_shapes(model, x):
    trace = []
    handles = []
    for name, module in model.named_modules():
        if len(list(module.children())) == 0:

            def hook(module, inputs, output, name=name):
                trace.append((name, tuple(output.size())))

            handles.append(module.register_forward_hook(hook))
    try:
        model(x)
    except Exception:
        for handle in handles:
            handle.remove()
        raise
    for handle in handles:
        handle.remove()
    return trace
