"""Each optimizer written out in full, without sharing; state in lists of flat steps; logarithm of the heights drawn."""

import matplotlib.pyplot as plt
import torch


class SGD(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
        defaults = {"lr": lr, "momentum": momentum, "nesterov": nesterov, "weight_decay": weight_decay}
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            lr, mu = group["lr"], group["momentum"]
            for p in group["params"]:
                if p.grad is not None:
                    g = p.grad.clone()
                    if group["weight_decay"] > 0:
                        g += group["weight_decay"] * p
                    if mu == 0:
                        p.copy_(p - lr * g)
                        continue
                    if p not in self.state:
                        self.state[p] = {"velocity": torch.zeros_like(p)}
                    v = self.state[p]["velocity"]
                    v *= mu
                    v += g
                    if group["nesterov"]:
                        p.copy_(p - lr * (g + mu * v))
                    else:
                        p.copy_(p - lr * v)
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
                if p.grad is not None:
                    s = self.state[p]["s"] if p in self.state else torch.zeros_like(p)
                    s = group["alpha"] * s + (1 - group["alpha"]) * p.grad.square()
                    self.state[p] = {"s": s}
                    p.sub_(p.grad.div(s.sqrt() + group["eps"]), alpha=group["lr"])
        return loss


def bias_correction(moment, beta, step):
    if step <= 0:
        raise ValueError("the first step is 1")
    kept = 1.0
    for _ in range(step):
        kept *= beta
    return moment * (1 / (1 - kept))


class Adam(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                g = p.grad + group["weight_decay"] * p
                state = self.state[p]
                state["t"] = state.get("t", 0) + 1
                state["m"] = g * (1 - b1) if state["t"] == 1 else state["m"] * b1 + g * (1 - b1)
                state["v"] = g * g * (1 - b2) if state["t"] == 1 else state["v"] * b2 + g * g * (1 - b2)
                m_hat = state["m"] / (1 - b1 ** state["t"])
                v_hat = state["v"] / (1 - b2 ** state["t"])
                p.add_(-group["lr"] * m_hat / (torch.sqrt(v_hat) + group["eps"]))
        return loss


class AdamW(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, {"lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                state["t"] = state.get("t", 0) + 1
                state["m"] = b1 * state.get("m", torch.zeros_like(p)) + (1 - b1) * p.grad
                state["v"] = b2 * state.get("v", torch.zeros_like(p)) + (1 - b2) * p.grad**2
                m_hat = state["m"] / (1 - b1 ** state["t"])
                v_hat = state["v"] / (1 - b2 ** state["t"])
                old = p.clone()
                p.sub_(group["lr"] * (m_hat / (v_hat**0.5 + group["eps"]) + group["weight_decay"] * old))
        return loss


def rosenbrock(p):
    away = 1 - p[0]
    aside = p[1] - p[0] * p[0]
    return away * away + 100 * aside * aside


def optimize(name, start, steps, lr):
    x = start.detach().clone()
    x.requires_grad_(True)
    choices = {
        "sgd": SGD([x], lr=lr),
        "momentum": SGD([x], lr=lr, momentum=0.9),
        "nesterov": torch.optim.SGD([x], lr=lr, momentum=0.9, nesterov=True),
        "rmsprop": RMSProp([x], lr=lr),
        "adam": Adam([x], lr=lr),
        "adamw": torch.optim.AdamW([x], lr=lr),
    }
    if name not in choices:
        raise ValueError(name)

    def closure():
        choices[name].zero_grad()
        loss = rosenbrock(x)
        loss.backward()
        return loss

    path = [x.detach().clone().unsqueeze(0)]
    for _ in range(steps):
        choices[name].step(closure)
        path.append(x.detach().clone().unsqueeze(0))
    return torch.cat(path)


def plot_paths(paths):
    fig, ax = plt.subplots()
    x = torch.linspace(-2.5, 2.5, 251)
    y = torch.linspace(-1.5, 3.5, 251)
    Y, X = torch.meshgrid(y, x, indexing="ij")
    heights = torch.log10((1 - X) ** 2 + 100 * (Y - X**2) ** 2 + 1e-9)
    ax.contourf(X.numpy(), Y.numpy(), heights.numpy(), levels=[-3, -2, -1, 0, 1, 2, 3, 4], cmap="Greys")
    styles = ["-", "--", ":", "-."]
    for k, name in enumerate(paths):
        ax.plot(paths[name][:, 0].cpu(), paths[name][:, 1].cpu(), styles[k % 4], color="black", label=f"by {name}")
    ax.plot(1, 1, marker="o", color="red", label="minimum", linestyle="none")
    ax.set_xlabel("x")
    ax.set_ylabel("y")
    fig.legend()
    return fig
