"""Everything by hand: gradients through `torch.autograd.grad`, and the standardizing folded into the first layer's numbers."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

RATE, EPOCHS, ROWS, PULL, WIDTH = 2.5, 20, 60, 3e-4, 40


def yardstick(X):
    n = X.shape[0]
    centre = X.sum(0) / n
    if n == 1:
        return centre, torch.ones_like(centre)
    spread = (((X - centre) ** 2).sum(0) / (n - 1)).sqrt()
    spread[spread == 0] = 1
    return centre, spread


def standardize_with(X_train, X_test):
    centre, spread = yardstick(X_train)
    return (X_train - centre) / spread, (X_test - centre) / spread


class Net(nn.Module):
    def __init__(self, d, h, bend):
        super().__init__()
        self.out = nn.Linear(h, 1)
        self.hidden = nn.Linear(d, h)
        self.bend = bend

    def forward(self, X):
        h = self.hidden(X)
        return self.out(h.tanh() if self.bend else h)


def make_network(input_dim, hidden, activation, seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Net(input_dim, hidden, activation)


def train_network(model, X, y, lr, epochs, batch_size, strength, generator):
    n, history = len(X), []
    size = n if batch_size is None else batch_size
    parameters = list(model.parameters())
    for _ in range(epochs):
        order = torch.rand(n, generator=generator, dtype=torch.float64).argsort().tolist()
        losses = []
        for start in range(0, n, size):
            rows = order[start : start + size]
            z, t = model(X[rows]), y[rows]
            each = z.clamp(min=0) - z * t + torch.log1p(torch.exp(-z.abs()))
            losses += each.detach().flatten().tolist()
            goal = each.mean()
            for module in model.modules():
                if isinstance(module, nn.Linear):
                    goal = goal + strength * (module.weight**2).sum()
            with torch.no_grad():
                for parameter, slope in zip(parameters, torch.autograd.grad(goal, parameters), strict=True):
                    parameter -= lr * slope
        history.append(sum(losses) / n)
    return history


@torch.no_grad()
def error_rate(model, X, y):
    mode = model.training
    model.train(False)
    try:
        said = (model(X) > 0).to(y.dtype)
    finally:
        model.train(mode)
    return (said - y).abs().sum().item() / len(y)


def fold(layer, X_train):
    """Let a first layer that expects standardized rows expect raw ones."""
    centre, spread = yardstick(X_train)
    with torch.no_grad():
        layer.weight /= spread
        layer.bias -= layer.weight @ centre


def halves(n, seed):
    shuffled = np.random.default_rng(seed).permutation(n)
    return torch.from_numpy(shuffled[: n // 4].copy()), torch.from_numpy(shuffled[n // 4 :].copy())


def compare_models(X, y, seed):
    test, train = (part.to(X.device) for part in halves(len(X), seed))
    answer = {"test_index": test}
    for name in ("linear", "network"):
        torch.manual_seed(seed + 1)
        if name == "linear":
            model = first = nn.Linear(X.shape[1], 1)
        else:
            model = make_network(X.shape[1], WIDTH, True, seed)
            first = model.hidden
        model = model.to(device=X.device, dtype=X.dtype)
        dice = torch.Generator().manual_seed(seed)
        history = train_network(model, standardize_with(X[train], X[test])[0], y[train], RATE, EPOCHS, ROWS, PULL, dice)
        fold(first, X[train])
        answer[name] = dict(
            model=model,
            parameters=sum(p.numel() for p in model.parameters()),
            history=history,
            train_error=error_rate(model, X[train], y[train]),
            test_error=error_rate(model, X[test], y[test]),
        )
    return answer


def ablation(X, y, seed):
    test, train = (part.to(X.device) for part in halves(len(X), seed))
    Z = standardize_with(X[train], X[test])[0]
    answer = {"test_index": test}

    def run(bend=True, rows=ROWS, pull=PULL):
        model = make_network(X.shape[1], WIDTH, bend, seed).to(device=X.device, dtype=X.dtype)
        start = [p.detach().clone() for p in model.parameters()]
        train_network(model, Z, y[train], RATE, EPOCHS, rows, pull, torch.Generator().manual_seed(seed))
        fold(model.hidden, X[train])
        batches = 1 if rows is None else -(-len(train) // rows)
        return dict(
            model=model,
            start=start,
            updates=EPOCHS * batches,
            train_error=error_rate(model, X[train], y[train]),
            test_error=error_rate(model, X[test], y[test]),
        )

    answer["full"] = run()
    answer["no_activation"] = run(bend=False)
    answer["no_batching"] = run(rows=None)
    answer["no_regularization"] = run(pull=0.0)
    return answer


def plot_boundaries(models, X, y):
    points, labels = X.cpu().numpy(), y.cpu().numpy().ravel()
    (x0, y0), (x1, y1) = points.min(0) - 0.2, points.max(0) + 0.2
    U, V = np.meshgrid(np.linspace(x0, x1, 90), np.linspace(y0, y1, 90))
    rows = torch.tensor(np.stack([U.ravel(), V.ravel()], 1), dtype=X.dtype, device=X.device)
    fig = plt.figure(figsize=(4 * len(models), 4))
    for k, name in enumerate(models, start=1):
        ax = fig.add_subplot(1, len(models), k)
        mode = models[name].training
        models[name].eval()
        with torch.no_grad():
            Z = models[name](rows).cpu().numpy().reshape(U.shape)
        models[name].train(mode)
        drawn = ax.contourf(U, V, Z, levels=30, cmap="coolwarm")
        fig.colorbar(drawn, ax=ax)
        ax.plot(*points[labels == 0].T, "wo", mec="k")
        ax.plot(*points[labels == 1].T, "k^")
        ax.set_title(f"model: {name}")
        ax.axis([x0, x1, y0, y1])
    return fig


def quiz():
    return {n: letter for n, letter in enumerate("bdacbdacbc", start=1)}
