"""Other ways: normal numbers from uniform ones, a rotation from a symmetric matrix, hooks that wrap `forward`'s output late."""

import itertools
import math
from collections.abc import Iterator

import matplotlib
import numpy as np
import torch
from matplotlib.figure import Figure
from torch import nn


def _unit(shape: torch.Size, gen: torch.Generator | None, dtype: torch.dtype) -> torch.Tensor:
    """Even numbers above 0 and at most 1."""
    return 1 - torch.rand(shape, generator=gen, dtype=dtype)


def _normal(shape: torch.Size, gen: torch.Generator | None, dtype: torch.dtype) -> torch.Tensor:
    """Box and Muller."""
    radius = torch.sqrt(-2 * torch.log(_unit(shape, gen, dtype)))
    return radius * torch.cos(2 * math.pi * _unit(shape, gen, dtype))


def fans(weight: torch.Tensor) -> tuple[int, int]:
    match tuple(weight.shape):
        case (out, inputs, *kernel):
            places = int(np.prod(kernel)) if kernel else 1
            return inputs * places, out * places
    raise ValueError("fewer than two dimensions")


def gain(name: str, slope: float = 0.01) -> float:
    kept = {"linear": 1.0, "sigmoid": 1.0, "tanh": 0.36, "relu": 0.5, "leaky_relu": 0.5 + 0.5 * slope**2}
    if name not in kept:
        raise ValueError(f"{name!r} is none of {sorted(kept)}")
    return kept[name] ** -0.5


def _write(w: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
    w.detach()[...] = numbers.to(device=w.device, dtype=w.dtype)
    return w


def xavier_uniform_(w, gain=1.0, gen=None):
    bound = gain * math.sqrt(6 / sum(fans(w)))
    return _write(w, bound - 2 * bound * _unit(w.shape, gen, w.dtype))


def xavier_normal_(w, gain=1.0, gen=None):
    return _write(w, gain * _normal(w.shape, gen, w.dtype) / math.sqrt(sum(fans(w)) / 2))


def kaiming_uniform_(w, mode="fan_in", name="relu", gen=None):
    if mode not in {"fan_in", "fan_out"}:
        raise ValueError(mode)
    bound = gain(name) * math.sqrt(3 / fans(w)[mode == "fan_out"])
    return _write(w, bound - 2 * bound * _unit(w.shape, gen, w.dtype))


def kaiming_normal_(w, mode="fan_in", name="relu", gen=None):
    if mode not in {"fan_in", "fan_out"}:
        raise ValueError(mode)
    return _write(w, gain(name) * _normal(w.shape, gen, w.dtype) / math.sqrt(fans(w)[mode == "fan_out"]))


def orthogonal_(w, gain=1.0, gen=None):
    rows, columns = w.flatten(1).shape
    size = max(rows, columns)
    random = torch.randn(size, size, generator=gen, dtype=torch.float64)
    _, vectors = torch.linalg.eigh(random + random.T)
    signs = 2 * torch.randint(0, 2, (size,), generator=gen) - 1
    return _write(w, gain * (vectors * signs)[:rows, :columns].reshape(w.shape))


def _layers(model: nn.Module) -> Iterator[nn.Module]:
    return (module for module in model.modules() if isinstance(module, (nn.Linear, nn.Conv2d)))


def init_model_(model, name, gen=None):
    for layer in _layers(model):
        fan_in, fan_out = fans(layer.weight)
        variance = 2 / fan_in if name == "relu" else 2 / (fan_in + fan_out)
        _write(layer.weight, variance**0.5 * _normal(layer.weight.shape, gen, layer.weight.dtype))
        for bias in filter(lambda b: b is not None, [layer.bias]):
            bias.data = torch.zeros_like(bias.data)
    return model


def activation_stats(model, x):
    stats, handles, modes = [], [], [module.training for module in model.modules()]
    try:
        for name, module in model.named_modules():
            if len(list(module.modules())) == 1:

                def note(_module, _given, output, *, name=name):
                    numbers = np.array(output.detach().cpu().flatten().tolist(), dtype=np.float64)
                    stats.append((name, float(numbers.mean()), float(numbers.std())))

                handles.append(module.register_forward_hook(note))
        model.eval()
        model(x)
        return stats
    finally:
        for module, mode in zip(model.modules(), modes, strict=True):
            module.training = mode
        for handle in handles:
            handle.remove()


def demo_data():
    t = torch.linspace(0, 6, 16)
    X = torch.stack([torch.sin(t), torch.cos(2 * t)], dim=1)
    y = X[:, :1] + X[:, :1] * X[:, 1:]
    return X, y


def symmetry_demo(init, steps=50, seed=0):
    X, y = demo_data()
    gen = torch.Generator().manual_seed(seed)
    shapes = {"W1": (4, 2), "b1": (4,), "W2": (1, 4), "b2": (1,)}
    params = {name: torch.zeros(shape) for name, shape in shapes.items()}
    for name in ("W1", "W2"):
        if init == "constant":
            params[name] += 0.5
        elif init == "random":
            xavier_uniform_(params[name], 1.0, gen)
        elif init != "zeros":
            raise ValueError(init)

    def loss(params):
        hidden = torch.tanh(nn.functional.linear(X, params["W1"], params["b1"]))
        return (nn.functional.linear(hidden, params["W2"], params["b2"]) - y).square().mean()

    for _ in range(steps):
        gradients = torch.func.grad(loss)(params)
        params = {name: params[name] - 0.1 * gradients[name] for name in params}
    return params["W1"]


def variance_by_depth(name, depth, width, seed):
    if name not in ("linear", "relu", "small"):
        raise ValueError(name)
    gen = torch.Generator().manual_seed(seed)
    deviation = {"linear": width**-0.5, "relu": (2 / width) ** 0.5, "small": 0.01}[name]
    activation = {"linear": lambda z: z, "relu": torch.relu, "small": torch.tanh}[name]
    h = torch.randn(256, width, generator=gen)
    weights = (deviation * torch.randn(width, width, generator=gen) for _ in range(depth))
    layers = itertools.islice(itertools.accumulate(weights, lambda h, W: activation(h @ W.T), initial=h), 1, None)
    return [h.var().item() for h in layers]


def plot_variance(results: dict[str, list[float]]) -> Figure:
    figure = Figure(layout="constrained")
    ax = figure.subplots()
    colours = matplotlib.colormaps["tab10"].colors
    for (name, variances), colour in zip(results.items(), colours, strict=False):
        ax.semilogy(np.arange(len(variances)) + 1, variances, color=colour, marker=".", label=name)
    ax.legend()
    ax.set(xlabel="layer", ylabel="variance", title="from layer to layer")
    return figure
