"""Row by row: each row of a weight is drawn on its own; Gram and Schmidt by hand; hooks for all modules at once."""

import contextlib
from math import sqrt

import torch
from matplotlib import pyplot
from torch import nn
from torch.nn.modules.module import register_module_forward_hook


def fans(weight):
    shape = list(weight.shape)
    if len(shape) < 2:
        raise ValueError("two dimensions, please")
    fan_out, fan_in = shape[0], shape[1]
    for size in shape[2:]:
        fan_in *= size
        fan_out *= size
    return (fan_in, fan_out)


def gain(name, slope=0.01):
    match name:
        case "linear" | "sigmoid":
            return 1
        case "tanh":
            return 5.0 / 3.0
        case "relu":
            return gain("leaky_relu", 0.0)
        case "leaky_relu":
            return sqrt(2) / sqrt(1 + slope**2)
    raise ValueError(f"what is {name}?")


@torch.no_grad()
def _rows(w, draw):
    for row in w:
        row.copy_(draw(row.shape))
    return w


def _even(w, bound, gen):
    return _rows(w, lambda shape: torch.rand(shape, generator=gen, dtype=torch.float64) * 2 * bound - bound)


def _bell(w, deviation, gen):
    return _rows(w, lambda shape: torch.randn(shape, generator=gen, dtype=torch.float64) * deviation)


def xavier_uniform_(w, gain=1.0, gen=None):
    fan_in, fan_out = fans(w)
    return _even(w, gain * sqrt(6.0 / (fan_in + fan_out)), gen)


def xavier_normal_(w, gain=1.0, gen=None):
    fan_in, fan_out = fans(w)
    return _bell(w, gain * sqrt(2.0 / (fan_in + fan_out)), gen)


def _kaiming(w, mode, name):
    if mode == "fan_in":
        fan = fans(w)[0]
    elif mode == "fan_out":
        fan = fans(w)[1]
    else:
        raise ValueError(mode)
    return gain(name) / sqrt(fan)


def kaiming_uniform_(w, mode="fan_in", name="relu", gen=None):
    return _even(w, sqrt(3) * _kaiming(w, mode, name), gen)


def kaiming_normal_(w, mode="fan_in", name="relu", gen=None):
    return _bell(w, _kaiming(w, mode, name), gen)


def orthogonal_(w, gain=1.0, gen=None):
    random = torch.randn(w.shape, generator=gen, dtype=torch.float64).flatten(1)
    tall = random.shape[0] > random.shape[1]
    rows = []
    for row in random.T if tall else random:
        for _ in range(2):  # twice is enough
            for other in rows:
                row = row - (row @ other) * other
        rows.append(row / row.norm())
    matrix = torch.stack(rows, dim=1 if tall else 0)
    with torch.no_grad():
        w.copy_(gain * matrix.reshape(w.shape))
    return w


def init_model_(model, name, gen=None):
    if isinstance(model, (nn.Linear, nn.Conv2d)):
        fill = kaiming_normal_ if name == "relu" else xavier_normal_
        fill(model.weight, gen=gen)
        if model.bias is not None:
            with torch.no_grad():
                model.bias -= model.bias
    for child in model.children():
        init_model_(child, name, gen)
    return model


@contextlib.contextmanager
def _evaluating(model):
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


def activation_stats(model, x):
    found = []
    names = dict((id(module), name) for name, module in model.named_modules())

    def note(module, _, output):
        if id(module) in names and not module._modules:
            values = output.detach().double()
            found.append((names[id(module)], values.mean().item(), values.var(unbiased=False).sqrt().item()))

    with _evaluating(model):
        handle = register_module_forward_hook(note)
        try:
            with torch.inference_mode():
                model(x)
        finally:
            handle.remove()
    return found


def demo_data():
    t = torch.linspace(0, 6, 16)
    X = torch.stack([torch.sin(t), torch.cos(2 * t)], dim=1)
    y = X[:, :1] + X[:, :1] * X[:, 1:]
    return X, y


def symmetry_demo(init, steps=50, seed=0):
    """By hand, as in lesson 2.3."""
    X, y = demo_data()
    W1, W2 = torch.empty(4, 2), torch.empty(1, 4)
    b1, b2 = torch.zeros(4), torch.zeros(1)
    generator = torch.Generator()
    generator.manual_seed(seed)
    fills = {
        "zeros": lambda W: W.zero_(),
        "constant": lambda W: W.fill_(0.5),
        "random": lambda W: xavier_normal_(W, gen=generator),
    }
    if init not in fills:
        raise ValueError(init)
    fills[init](W1)
    fills[init](W2)
    for _ in range(steps):
        h = torch.tanh(X @ W1.T + b1)
        blame = 2 * (h @ W2.T + b2 - y) / len(X)
        dW2, db2 = blame.T @ h, blame.sum(0)
        blame = (blame @ W2) * (1 - h * h)
        dW1, db1 = blame.T @ X, blame.sum(0)
        W1, b1, W2, b2 = W1 - 0.1 * dW1, b1 - 0.1 * db1, W2 - 0.1 * dW2, b2 - 0.1 * db2
    return W1


def variance_by_depth(name, depth, width, seed):
    generator = torch.Generator()
    generator.manual_seed(seed)
    h = torch.randn((256, width), generator=generator)
    layers = {
        "linear": lambda h: h @ xavier_normal_(torch.zeros(width, width), gen=generator),
        "relu": lambda h: nn.functional.relu(h @ kaiming_uniform_(torch.zeros(width, width), gen=generator).T),
        "small": lambda h: torch.tanh(0.01 * h @ torch.randn(width, width, generator=generator)),
    }
    if name not in layers:
        raise ValueError(name)
    variances = []
    while len(variances) < depth:
        h = layers[name](h)
        variances.append(((h**2).mean() - h.mean() ** 2).item())
    return variances


def plot_variance(results):
    fig, ax = pyplot.subplots(figsize=(5, 3))
    for number, (name, values) in enumerate(results.items()):
        ax.plot(list(range(len(values))), values, "-o", color=f"C{number}", label=name.upper() and name)
    ax.set_yscale("log")
    ax.set_title("how it goes on")
    ax.set_xlabel("layer, from 0")
    ax.set_ylabel("variance")
    fig.legend()
    return fig
