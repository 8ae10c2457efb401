"""Biases as a column of the weights inside, outer products of samples, a hook on all modules at once."""

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook


def layer_parameters(n_in, n_out):
    return sum(p.numel() for p in nn.Linear(n_in, n_out).parameters())


def init_params(sizes, generator):
    where = {"generator": generator, "device": generator.device}
    return [
        (torch.randn(n_out, n_in, **where) * (2 / n_in) ** 0.5, torch.zeros(n_out, device=generator.device))
        for n_in, n_out in zip(sizes, sizes[1:], strict=False)
    ]


def _with_ones(H):
    return torch.cat([torch.ones_like(H[:, :1]), H], dim=1)


def _joined(params):
    return [torch.cat([b.unsqueeze(1), W], dim=1) for W, b in params]


def _scores(H, W_aug):
    return _with_ones(H).matmul(W_aug.T)


def forward(X, params):
    tables = _joined(params)
    cache = [X]
    for table in tables[:-1]:
        e = torch.exp(-2 * _scores(cache[-1], table).abs())
        size = (1 - e) / (1 + e)
        cache.append(torch.copysign(size, _scores(cache[-1], table)))
    cache.append(_scores(cache[-1], tables[-1]))
    return cache[-1].clone(), cache


def backward(y, cache, params):
    blame = 2 * (cache[-1] - y) / torch.tensor(y.shape).prod().item()
    result = []
    for (W, _), h in zip(reversed(params), reversed(cache[:-1]), strict=True):
        joint = (blame.unsqueeze(2) * _with_ones(h).unsqueeze(1)).sum(dim=0)
        result.insert(0, (joint[:, 1:], joint[:, 0]))
        blame = (blame @ W) * (1 + h) * (1 - h)
    return result


def train(X, y, params, lr, epochs):
    history = []
    for _ in range(epochs):
        _, cache = forward(X, params)
        history.append(torch.nn.functional.mse_loss(cache[-1], y).item())
        old = params
        params = []
        for (W, b), (dW, db) in zip(old, backward(y, cache, old), strict=True):
            params.append((W - lr * dW, b - lr * db))
    return [(W.clone(), b.clone()) for W, b in params], history


class LayerWithActivation(nn.Linear):
    def __init__(self, in_features, out_features, activation):
        super().__init__(in_features, out_features)
        self.activation = activation

    def forward(self, x):
        return self.activation(super().forward(x))


class CustomLayer(nn.Module):
    def __init__(self, in_features, out_features, p):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(in_features, out_features), nn.BatchNorm1d(out_features))
        self.p = p

    def forward(self, x):
        h = self.body(x).clamp(min=0)
        if self.training and self.p:
            keep = torch.rand_like(h) >= self.p
            h = h * keep / (1 - self.p)
        return h


def build_network(sizes):
    chain = nn.Sequential()
    for i, n_out in enumerate(sizes[1:]):
        if i > 0:
            chain.append(nn.ReLU())
        chain.append(nn.Linear(sizes[i], n_out))
    return chain


def trace_shapes(model, x):
    names = {module: name for name, module in model.named_modules() if not list(module.children())}
    trace = []

    def hook(module, inputs, output):
        if module in names:
            trace.append((names[module], tuple(output.shape)))

    handle = register_module_forward_hook(hook)
    try:
        model(x)
    finally:
        handle.remove()
    return trace
