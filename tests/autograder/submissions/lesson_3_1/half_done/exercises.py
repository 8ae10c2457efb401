"""Lesson 3.1. Adam and everything behind it comes tomorrow."""

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
                    memory["v"] = mu * memory["v"] + g
                else:
                    memory["v"] = g.clone()
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
                p -= group["lr"] * p.grad / (memory["s"].sqrt() + group["eps"])
        return loss


def bias_correction(moment, beta, step):
    if step < 1:
        raise ValueError("steps count from 1")
    return moment / (1 - beta**step)


class Adam(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        # TODO: Call the __init__ of Optimizer with the parameters and a dict of the options.
        raise NotImplementedError('Adam is not written yet: read "Adam" in assignments/lesson_3_1/README.md')


class AdamW(Adam):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        # TODO: Call Adam's __init__ with the same arguments.
        raise NotImplementedError(
            'AdamW is not written yet: read "Decoupled decay" in assignments/lesson_3_1/README.md'
        )


def rosenbrock(p):
    x, y = p[0], p[1]
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def optimize(name, start, steps, lr):
    # TODO
    raise NotImplementedError(
        'optimize is not written yet: read "Walking the valley" in assignments/lesson_3_1/README.md'
    )


def plot_paths(paths):
    # TODO
    raise NotImplementedError(
        'plot_paths is not written yet: read "Drawing the walks" in assignments/lesson_3_1/README.md'
    )
