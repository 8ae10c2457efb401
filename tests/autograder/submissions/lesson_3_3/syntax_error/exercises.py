"""Lesson 3.3, my solutions."""

import math

import matplotlib.pyplot as plt
import torch
from torch import nn


def draw_uniform(w, gen):
    return torch.rand(w.shape, generator=gen, dtype=w.dtype).to(w.device)


def draw_normal(w, gen):
    return torch.randn(w.shape, generator=gen, dtype=w.dtype).to(w.device)


def fans(weight):
    if weight.dim() < 2:
        raise ValueError("weight needs at least 2 dims")
    kernel = 1
    for size in weight.shape[2:]:
        kernel *= size
    return weight.shape[1] * kernel, weight.shape[0] * kernel


def gain(name, slope=0.01)
    if name in ("linear", "sigmoid"):
        return 1.0
    if name == "tanh":
        return 5 / 3
    if name == "relu":
        return math.sqrt(2)
    if name == "leaky_relu":
        return math.sqrt(2 / (1 + slope**2))
    raise ValueError("unknown activation " + name)


def xavier_uniform_(w, gain=1.0, gen=None):
    n_in, n_out = fans(w)
    std = gain * math.sqrt(2 / (n_in + n_out))
    bound = math.sqrt(3) * std
    with torch.no_grad():
        w.copy_(draw_uniform(w, gen) * 2 * bound - bound)
    return w


def xavier_normal_(w, gain=1.0, gen=None):
    n_in, n_out = fans(w)
    std = gain * math.sqrt(2 / (n_in + n_out))
    with torch.no_grad():
        w.copy_(draw_normal(w, gen) * std)
    return w


def kaiming_uniform_(w, mode="fan_in", name="relu", gen=None):
    n_in, n_out = fans(w)
    if mode == "fan_in":
        fan = n_in
    elif mode == "fan_out":
        fan = n_out
    else:
        raise ValueError(mode)
    bound = math.sqrt(3) * gain(name) / math.sqrt(fan)
    with torch.no_grad():
        w.copy_(draw_uniform(w, gen) * 2 * bound - bound)
    return w


def kaiming_normal_(w, mode="fan_in", name="relu", gen=None):
    n_in, n_out = fans(w)
    if mode == "fan_in":
        fan = n_in
    elif mode == "fan_out":
        fan = n_out
    else:
        raise ValueError(mode)
    std = gain(name) / math.sqrt(fan)
    with torch.no_grad():
        w.copy_(draw_normal(w, gen) * std)
    return w


def orthogonal_(w, gain=1.0, gen=None):
    a = draw_normal(w, gen).flatten(1)
    if a.shape[0] >= a.shape[1]:
        q = torch.linalg.qr(a)[0]
    else:
        q = torch.linalg.qr(a.T)[0].T
    with torch.no_grad():
        w.copy_((gain * q).reshape(w.shape))
    return w


def init_model_(model, name, gen=None):
    for layer in model.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            if name == "relu":
                kaiming_uniform_(layer.weight, gen=gen)
            else:
                xavier_uniform_(layer.weight, gen=gen)
            if layer.bias is not None:
                with torch.no_grad():
                    layer.bias.fill_(0)
    return model


def activation_stats(model, x):
    stats = []
    handles = []
    modes = {m: m.training for m in model.modules()}
    for name, module in model.named_modules():
        if len(list(module.children())) == 0:

            def hook(module, inputs, output, name=name):
                stats.append((name, output.mean().item(), output.std(unbiased=False).item()))

            handles.append(module.register_forward_hook(hook))
    model.eval()
    try:
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in modes.items():
            module.training = mode
    return stats


def demo_data():
    t = torch.linspace(0, 6, 16)
    X = torch.stack([torch.sin(t), torch.cos(2 * t)], dim=1)
    y = X[:, :1] + X[:, :1] * X[:, 1:]
    return X, y


def symmetry_demo(init, steps=50, seed=0):
    gen = torch.Generator().manual_seed(seed)
    X, y = demo_data()
    W1 = torch.zeros(4, 2)
    b1 = torch.zeros(4)
    W2 = torch.zeros(1, 4)
    b2 = torch.zeros(1)
    if init == "constant":
        W1 += 0.5
        W2 += 0.5
    elif init == "random":
        xavier_uniform_(W1, gen=gen)
        xavier_uniform_(W2, gen=gen)
    elif init != "zeros":
        raise ValueError("unknown init")
    params = [W1, b1, W2, b2]
    for p in params:
        p.requires_grad = True
    optimizer = torch.optim.SGD(params, lr=0.1)
    for _ in range(steps):
        y_hat = torch.tanh(X @ W1.T + b1) @ W2.T + b2
        loss = ((y_hat - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return W1.detach()


def variance_by_depth(name, depth, width, seed):
    if name not in ["linear", "relu", "small"]:
        raise ValueError("unknown network")
    gen = torch.Generator().manual_seed(seed)
    h = torch.randn(256, width, generator=gen)
    out = []
    for _ in range(depth):
        W = torch.zeros(width, width)
        if name == "linear":
            xavier_uniform_(W, gen=gen)
            h = h @ W.T
        elif name == "relu":
            kaiming_uniform_(W, gen=gen)
            h = torch.relu(h @ W.T)
        else:
            W = 0.01 * draw_normal(W, gen)
            h = torch.tanh(h @ W.T)
        out.append(h.var().item())
    return out


def plot_variance(results):
    fig, ax = plt.subplots()
    for name, values in results.items():
        ax.plot(range(1, len(values) + 1), values, label=name)
    ax.set_yscale("log")
    ax.set_xlabel("layer")
    ax.set_ylabel("variance")
    ax.legend()
    return fig
