"""Everything as PyTorch's own source has it: in-place methods, buffers made at the first step, one class for both Adams."""

import math

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.colors import LogNorm
from torch.optim import Optimizer


def _call(closure):
    if closure is None:
        return None
    with torch.enable_grad():
        return closure()


class SGD(Optimizer):
    def __init__(self, params, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
        super().__init__(params, dict(lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self, closure=None):
        loss = _call(closure)
        for group in self.param_groups:
            momentum = group["momentum"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                d_p = p.grad
                if group["weight_decay"] != 0:
                    d_p = d_p.add(p, alpha=group["weight_decay"])
                if momentum != 0:
                    state = self.state[p]
                    if "momentum_buffer" not in state:
                        state["momentum_buffer"] = d_p.clone()
                    else:
                        state["momentum_buffer"].mul_(momentum).add_(d_p)
                    buf = state["momentum_buffer"]
                    d_p = d_p.add(buf, alpha=momentum) if group["nesterov"] else buf
                p.add_(d_p, alpha=-group["lr"])
        return loss


class RMSProp(Optimizer):
    def __init__(self, params, lr=0.01, alpha=0.99, eps=1e-8):
        super().__init__(params, dict(lr=lr, alpha=alpha, eps=eps))

    @torch.no_grad()
    def step(self, closure=None):
        loss = _call(closure)
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if len(state) == 0:
                    state["square_avg"] = torch.zeros_like(p)
                state["square_avg"].mul_(group["alpha"]).addcmul_(p.grad, p.grad, value=1 - group["alpha"])
                p.addcdiv_(p.grad, state["square_avg"].sqrt().add_(group["eps"]), value=-group["lr"])
        return loss


def bias_correction(moment, beta, step):
    if step < 1:
        raise ValueError("step counts from 1")
    return moment.div(1.0 - math.pow(beta, step))


class Adam(Optimizer):
    decoupled = False

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self, closure=None):
        loss = _call(closure)
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                grad = p.grad
                if self.decoupled:
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                else:
                    grad = grad.add(p, alpha=group["weight_decay"])
                state = self.state[p]
                if not state:
                    state["step"] = torch.tensor(0.0)
                    state["exp_avg"] = torch.zeros_like(p)
                    state["exp_avg_sq"] = torch.zeros_like(p)
                state["step"] += 1
                state["exp_avg"].lerp_(grad, 1 - beta1)
                state["exp_avg_sq"].mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
                step = state["step"].item()
                scale = math.sqrt(1 - beta2**step)
                denominator = (state["exp_avg_sq"].sqrt() / scale).add_(group["eps"])
                p.addcdiv_(state["exp_avg"], denominator, value=-group["lr"] / (1 - beta1**step))
        return loss


class AdamW(Adam):
    decoupled = True

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps, weight_decay)


def rosenbrock(p):
    x, y = p.unbind()
    return torch.square(1 - x) + 100 * torch.square(y - torch.square(x))


def optimize(name, start, steps, lr):
    point = start.clone().detach()
    point.requires_grad = True
    if name == "sgd":
        opt = torch.optim.SGD([point], lr=lr)
    elif name == "momentum":
        opt = torch.optim.SGD([point], lr=lr, momentum=0.9)
    elif name == "nesterov":
        opt = torch.optim.SGD([point], lr=lr, momentum=0.9, nesterov=True)
    elif name == "rmsprop":
        opt = torch.optim.RMSprop([point], lr=lr)
    elif name == "adam":
        opt = torch.optim.Adam([point], lr=lr)
    elif name == "adamw":
        opt = torch.optim.AdamW([point], lr=lr)
    else:
        raise ValueError(name)
    path = torch.empty(steps + 1, 2, dtype=start.dtype, device=start.device)
    path[0] = start.detach()
    for k in range(steps):
        opt.zero_grad(set_to_none=False)
        rosenbrock(point).backward()
        opt.step()
        path[k + 1] = point.detach()
    return path


def plot_paths(paths):
    fig = plt.figure(figsize=(7, 6))
    ax = fig.add_subplot()
    xs, ys = np.linspace(-2.2, 2.2, 300), np.linspace(-1.2, 3.2, 300)
    X, Y = np.meshgrid(xs, ys)
    Z = (1 - X) ** 2 + 100 * (Y - X**2) ** 2
    filled = ax.contourf(X, Y, Z, levels=np.logspace(-2, 4, 13), norm=LogNorm(), cmap="Blues")
    fig.colorbar(filled)
    for k, (name, path) in enumerate(paths.items()):
        points = path.detach().cpu().numpy()
        ax.plot(points[:, 0], points[:, 1], marker="o", markersize=2, color=f"C{k}", label=name)
    ax.scatter([1], [1], marker="x", color="black", zorder=5, label="minimum")
    ax.set(xlabel="first", ylabel="second", title="paths")
    ax.legend(loc="upper left")
    return fig
