"""A base class of its own goes over groups and closures; each optimizer only says how one parameter moves, by `.data`."""

import copy

import matplotlib.pyplot as plt
import torch


class _Base(torch.optim.Optimizer):
    def __init__(self, params, **options):
        super().__init__(params, defaults=options)

    def step(self, closure=None):
        result = closure() if closure else None
        for group in self.param_groups:
            for p in filter(lambda q: q.grad is not None, group["params"]):
                self.update(p, p.grad.detach(), self.state[p], group)
        return result


class SGD(_Base):
    def __init__(self, params, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
        super().__init__(params, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay)

    def update(self, p, g, state, o):
        g = g + o["weight_decay"] * p.data
        state["velocity"] = g.clone() if "velocity" not in state else state["velocity"] * o["momentum"] + g
        p.data -= o["lr"] * (g + o["momentum"] * state["velocity"] if o["nesterov"] else state["velocity"])


class RMSProp(_Base):
    def __init__(self, params, lr=0.01, alpha=0.99, eps=1e-8):
        super().__init__(params, lr=lr, alpha=alpha, eps=eps)

    def update(self, p, g, state, o):
        old = state.setdefault("s", torch.zeros_like(g))
        state["s"] = old + (1 - o["alpha"]) * (g * g - old)
        p.data = p.data - o["lr"] * g / (state["s"] ** 0.5 + o["eps"])


def bias_correction(moment, beta, step):
    if not step >= 1:
        raise ValueError(f"step {step}")
    return torch.true_divide(moment, 1 - beta**step)


class Adam(_Base):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def update(self, p, g, state, o):
        self.move(p, g + o["weight_decay"] * p.data, state, o)

    def move(self, p, g, state, o):
        t, m, v = state.get("all", (0, torch.zeros_like(g), torch.zeros_like(g)))
        b1, b2 = o["betas"]
        state["all"] = t, m, v = t + 1, b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        p.data -= o["lr"] * bias_correction(m, b1, t) / (bias_correction(v, b2, t).sqrt() + o["eps"])


class AdamW(Adam):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def update(self, p, g, state, o):
        p.data = p.data * (1 - o["lr"] * o["weight_decay"])
        self.move(p, g, state, o)


def rosenbrock(p):
    return (1 - p[0]).pow(2) + 100 * (p[1] - p[0].pow(2)).pow(2)


KINDS = {
    "sgd": (SGD, {}),
    "momentum": (SGD, {"momentum": 0.9}),
    "nesterov": (SGD, {"momentum": 0.9, "nesterov": True}),
    "rmsprop": (RMSProp, {}),
    "adam": (Adam, {}),
    "adamw": (AdamW, {}),
}


def optimize(name, start, steps, lr):
    try:
        kind, options = KINDS[name]
    except KeyError as error:
        raise ValueError(f"unknown optimizer {name}") from error
    p = torch.nn.Parameter(start.detach().clone())
    optimizer = kind([p], lr=lr, **options)
    rows = [copy.deepcopy(p.data)]
    while len(rows) <= steps:
        (p.grad,) = torch.autograd.grad(rosenbrock(p), p)
        optimizer.step()
        rows.append(copy.deepcopy(p.data))
    return torch.stack(rows)


def plot_paths(paths):
    fig, ax = plt.subplots(figsize=(6, 6))
    x, y = torch.linspace(-2, 2, 101), torch.linspace(-1, 3, 101)
    X, Y = torch.meshgrid(x, y, indexing="ij")
    heights = (1 - X) ** 2 + 100 * (Y - X**2) ** 2
    ax.contour(x, y, heights.T, levels=[0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000], cmap="viridis")
    drawn = [ax.plot(*path.T.tolist(), linewidth=1)[0] for path in paths.values()]
    ax.legend(drawn, list(paths))
    ax.plot([1.0], [1.0], "r*", markersize=15)
    ax.set_xlabel("x")
    ax.set_ylabel("y")
    return fig
