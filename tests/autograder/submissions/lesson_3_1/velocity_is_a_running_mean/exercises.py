"""Lesson 3.1. Momentum as an average, as I learned it elsewhere."""

import matplotlib.pyplot as plt
import torch


class SGD(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
        super().__init__(params, {"lr": lr, "momentum": momentum, "nesterov": nesterov, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            mu = group["momentum"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                g = p.grad + group["weight_decay"] * p
                memory = self.state[p]
                if "v" in memory:
                    memory["v"] = mu * memory["v"] + (1 - mu) * g
                else:
                    memory["v"] = (1 - mu) * g
                if group["nesterov"]:
                    p -= group["lr"] * (g + mu * memory["v"])
                else:
                    p -= group["lr"] * memory["v"]
        return loss


class RMSProp(torch.optim.Optimizer):
    def __init__(self, params, lr=0.01, alpha=0.99, eps=1e-8):
        super().__init__(params, {"lr": lr, "alpha": alpha, "eps": eps})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                memory = self.state[p]
                if "s" not in memory:
                    memory["s"] = torch.zeros_like(p)
                memory["s"] = group["alpha"] * memory["s"] + (1 - group["alpha"]) * p.grad**2
                p -= group["lr"] * p.grad / (memory["s"] + group["eps"])
        return loss


def bias_correction(moment, beta, step):
    if step < 1:
        raise ValueError("steps count from 1")
    return moment / (1 - beta**step)


class Adam(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    def move(self, p, gradient, group):
        b1, b2 = group["betas"]
        memory = self.state[p]
        if len(memory) == 0:
            memory["t"] = 0
            memory["m"] = torch.zeros_like(p)
            memory["v"] = torch.zeros_like(p)
        memory["t"] += 1
        memory["m"] = b1 * memory["m"] + (1 - b1) * gradient
        memory["v"] = b2 * memory["v"] + (1 - b2) * gradient**2
        m = bias_correction(memory["m"], b1, memory["t"])
        v = bias_correction(memory["v"], b2, memory["t"])
        p -= group["lr"] * m / (v.sqrt() + group["eps"])

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self.move(p, p.grad + group["weight_decay"] * p, group)
        return loss


class AdamW(Adam):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p *= 1 - group["lr"] * group["weight_decay"]
                    self.move(p, p.grad, group)
        return loss


def rosenbrock(p):
    x, y = p[0], p[1]
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def optimize(name, start, steps, lr):
    p = start.detach().clone().requires_grad_(True)
    if name == "sgd":
        optimizer = torch.optim.SGD([p], lr=lr)
    elif name == "momentum":
        optimizer = torch.optim.SGD([p], lr=lr, momentum=0.9)
    elif name == "nesterov":
        optimizer = torch.optim.SGD([p], lr=lr, momentum=0.9, nesterov=True)
    elif name == "rmsprop":
        optimizer = torch.optim.RMSprop([p], lr=lr)
    elif name == "adam":
        optimizer = torch.optim.Adam([p], lr=lr)
    elif name == "adamw":
        optimizer = torch.optim.AdamW([p], lr=lr)
    else:
        raise ValueError("no such optimizer: " + name)
    path = [p.detach().clone()]
    for _ in range(steps):
        optimizer.zero_grad()
        rosenbrock(p).backward()
        optimizer.step()
        path.append(p.detach().clone())
    return torch.stack(path)


def plot_paths(paths):
    fig, ax = plt.subplots(figsize=(7, 6))
    x = torch.linspace(-2, 2, 160)
    y = torch.linspace(-1, 3, 160)
    X, Y = torch.meshgrid(x, y, indexing="xy")
    Z = (1 - X) ** 2 + 100 * (Y - X**2) ** 2
    ax.contour(X, Y, Z, levels=torch.logspace(-2, 4, 13).tolist(), cmap="Greys")
    for name, path in paths.items():
        path = path.cpu()
        ax.plot(path[:, 0], path[:, 1], label=name)
    ax.scatter([1], [1], marker="*", color="red", s=120)
    ax.set_xlabel("x")
    ax.set_ylabel("y")
    ax.legend()
    return fig
