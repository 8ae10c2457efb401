"""The tensors' own methods (`uniform_`, `normal_`), singular values, `torch.optim` and `nn.Linear` in a fork of the dice."""

import math

import matplotlib.pyplot as plt
import torch
from torch import nn

GAINS = {"linear": 1, "sigmoid": 1, "tanh": 5 / 3, "relu": 2**0.5}


def draw_uniform(w, gen):
    return torch.rand(w.shape, generator=gen, dtype=w.dtype).to(w.device)


def draw_normal(w, gen):
    return torch.randn(w.shape, generator=gen, dtype=w.dtype).to(w.device)


def fans(weight):
    if weight.ndim < 2:
        raise ValueError("no fans")
    out, inputs = weight.size(0), weight.size(1)
    return weight.numel() // out, weight.numel() // inputs


def gain(name, slope=0.01):
    if name == "leaky_relu":
        return (2 / (1 + slope * slope)) ** 0.5
    try:
        return GAINS[name]
    except KeyError:
        raise ValueError(name) from None


def _copied(w, numbers):
    w.data.copy_(numbers)
    return w


def _even(w, deviation, gen):
    bound = deviation * 3**0.5
    return _copied(w, torch.empty(w.shape, dtype=w.dtype).uniform_(-bound, bound, generator=gen))


def _bell(w, deviation, gen):
    return _copied(w, torch.empty(w.shape, dtype=w.dtype).normal_(0, deviation, generator=gen))


def xavier_uniform_(w, gain=1.0, gen=None):
    return _even(w, gain * (2 / sum(fans(w))) ** 0.5, gen)


def xavier_normal_(w, gain=1.0, gen=None):
    return _bell(w, gain * (2 / sum(fans(w))) ** 0.5, gen)


def _fan(w, mode):
    return fans(w)[["fan_in", "fan_out"].index(mode)]  # a ValueError, if it is neither


def kaiming_uniform_(w, mode="fan_in", name="relu", gen=None):
    return _even(w, gain(name) / _fan(w, mode) ** 0.5, gen)


def kaiming_normal_(w, mode="fan_in", name="relu", gen=None):
    return _bell(w, gain(name) / _fan(w, mode) ** 0.5, gen)


def orthogonal_(w, gain=1.0, gen=None):
    rows = w.shape[0]
    random = torch.randn(rows, w.numel() // rows, dtype=w.dtype, generator=gen)
    left, _, right = torch.linalg.svd(random, full_matrices=False)
    return _copied(w, (gain * left @ right).view(w.shape))


def init_model_(model, name, gen=None):
    def fill(module):
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            if name == "relu":
                kaiming_uniform_(module.weight, gen=gen)
            else:
                xavier_uniform_(module.weight, gen=gen)
            if module.bias is not None:
                module.bias.data.fill_(0)

    return model.apply(fill)


def activation_stats(model, x):
    names = {module: name for name, module in reversed(list(model.named_modules()))}
    stats, before = [], {module: module.training for module in model.modules()}

    def note(module, given, output):
        values = output.detach().clone()
        mean = values.mean()
        stats.append((names[module], float(mean), float(((values - mean) ** 2).mean().sqrt())))

    handles = [module.register_forward_hook(note) for module in names if next(module.children(), None) is None]
    model.train(False)
    try:
        model(x)
    finally:
        while handles:
            handles.pop().remove()
        for module, mode in before.items():
            module.training = mode
    return stats


def demo_data():
    t = torch.linspace(0, 6, 16)
    X = torch.stack([torch.sin(t), torch.cos(2 * t)], dim=1)
    y = X[:, :1] + X[:, :1] * X[:, 1:]
    return X, y


def symmetry_demo(init, steps=50, seed=0):
    if init not in {"zeros", "constant", "random"}:
        raise ValueError(f"unknown start {init}")
    X, y = demo_data()
    with torch.random.fork_rng(devices=[]):
        model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
        torch.manual_seed(seed)
        for layer in (model[2], model[0]):
            layer.bias.data.zero_()
            if init == "random":
                xavier_uniform_(layer.weight)
            else:
                layer.weight.data.fill_(0.5 if init == "constant" else 0.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(X), y).backward()
        optimizer.step()
    return model[0].weight.detach().clone()


def variance_by_depth(name, depth, width, seed):
    if name not in {"linear", "relu", "small"}:
        raise ValueError(name)
    gen = torch.Generator().manual_seed(seed)
    weights = [torch.zeros(width, width) for _ in range(depth)]
    for W in weights:
        if name == "linear":
            xavier_uniform_(W, gen=gen)
        elif name == "relu":
            kaiming_uniform_(W, gen=gen)
        else:
            _bell(W, 0.01, gen)
    h = torch.randn(256, width, generator=gen)
    result = []
    for W in weights:
        h = h @ W.t()
        if name == "relu":
            h = h.clamp(min=0)
        if name == "small":
            h = h.tanh()
        result.append(float(h.var(correction=0)))
    return result


def plot_variance(results):
    fig = plt.figure()
    ax = fig.add_subplot()
    for name in results:
        ax.plot(results[name], label=f"network: {name}")
    ax.set(yscale="log", xlabel="layers so far", ylabel="variance of what it says")
    ax.legend(title="start")
    return fig


assert math.isclose(gain("relu"), math.sqrt(2))
