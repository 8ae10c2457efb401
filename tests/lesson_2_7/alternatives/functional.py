"""Loops over columns and rows, initializers of its own, shuffling with NumPy-free Python lists, probabilities drawn in bands."""

import math

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

LR, EPOCHS, BATCH, STRENGTH, HIDDEN = 1.5, 25, 60, 0.0003, 30


def standardize_with(X_train, X_test):
    Z_train, Z_test = torch.empty_like(X_train), torch.empty_like(X_test)
    for d in range(X_train.shape[1]):
        column = X_train[:, d]
        mean = column.mean()
        constant = len(column) == 1 or bool((column == column[0]).all())
        by = torch.ones_like(mean) if constant else column.std()
        Z_train[:, d] = (column - mean) / by
        Z_test[:, d] = (X_test[:, d] - mean) / by
    return Z_train, Z_test


class TwoLayers(nn.Module):
    def __init__(self, d, h, bend, generator):
        super().__init__()
        self.W1 = nn.Parameter(torch.randn(h, d, generator=generator) * math.sqrt(1 / d))
        self.b1 = nn.Parameter(torch.zeros(h))
        self.W2 = nn.Parameter(torch.randn(1, h, generator=generator) * math.sqrt(1 / h))
        self.b2 = nn.Parameter(torch.zeros(1))
        self.bend = bend

    def forward(self, X):
        scores = F.linear(X, self.W1, self.b1)
        return F.linear(F.relu(scores) if self.bend else scores, self.W2, self.b2)


def make_network(input_dim, hidden, activation, seed):
    return TwoLayers(input_dim, hidden, activation, torch.Generator().manual_seed(seed))


def train_network(model, X, y, lr, epochs, batch_size, strength, generator):
    N = X.shape[0]
    B = min(N, batch_size if batch_size is not None else N)
    history = []
    for _ in range(epochs):
        order = torch.randperm(N, generator=generator)
        X_mixed, y_mixed = X[order.to(X.device)], y[order.to(y.device)]
        weighted = []
        for k in range(math.ceil(N / B)):
            xb, yb = X_mixed[k * B : (k + 1) * B], y_mixed[k * B : (k + 1) * B]
            loss = F.binary_cross_entropy_with_logits(model(xb), yb)
            penalty = sum(p.pow(2).sum() for p in model.parameters() if p.ndim > 1)
            model.zero_grad()
            (loss + strength * penalty).backward()
            with torch.no_grad():
                for p in model.parameters():
                    p.sub_(lr * p.grad)
            weighted.append(loss.item() * xb.shape[0])
        history.append(math.fsum(weighted) / N)
    return history


def error_rate(model, X, y):
    training = model.training
    model.eval()
    wrong = 0
    with torch.no_grad():
        for logit, target in zip(model(X).flatten().tolist(), y.flatten().tolist(), strict=True):
            wrong += (1 if logit > 0 else 0) != int(target)
    model.train(training)
    return wrong / X.shape[0]


class Raw(nn.Module):
    def __init__(self, X_train, model):
        super().__init__()
        mean = X_train.mean(dim=0)
        _, unit = standardize_with(X_train, (mean + 1).unsqueeze(0))
        self.register_buffer("mean", mean)
        self.register_buffer("factor", unit.squeeze(0))
        self.model = model

    def forward(self, X):
        return self.model((X - self.mean) * self.factor)


class Split:
    def __init__(self, X, y, seed):
        order = torch.randperm(len(X), generator=torch.Generator().manual_seed(3 * seed + 1))
        self.index = order[-(len(X) // 4) :].to(X.device)
        rest = order[: -(len(X) // 4)].to(X.device)
        self.X, self.y, self.X_test, self.y_test = X[rest], y[rest], X[self.index], y[self.index]
        self.Z = standardize_with(self.X, self.X_test)[0]

    def train(self, model, seed, batch=BATCH, strength=STRENGTH):
        dice = torch.Generator().manual_seed(seed)
        return train_network(model, self.Z, self.y, LR, EPOCHS, batch, strength, dice)

    def measure(self, model):
        model = Raw(self.X, model)
        return {
            "model": model,
            "train_error": error_rate(model, self.X, self.y),
            "test_error": error_rate(model, self.X_test, self.y_test),
        }


def compare_models(X, y, seed):
    split = Split(X, y, seed)

    def line():
        torch.manual_seed(seed)
        return nn.Linear(X.shape[1], 1)

    result = {"test_index": split.index}
    for name, make in (("linear", line), ("network", lambda: make_network(X.shape[1], HIDDEN, True, seed))):
        model = make().to(X.device).to(X.dtype)
        history = split.train(model, seed)
        result[name] = split.measure(model) | {
            "history": history,
            "parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        }
    return result


def ablation(X, y, seed):
    split = Split(X, y, seed)
    result = {"test_index": split.index}
    for name in ("no_regularization", "no_batching", "no_activation", "full"):
        model = make_network(X.shape[1], HIDDEN, name != "no_activation", seed).to(X.device).to(X.dtype)
        start = [p.data.clone() for p in model.parameters()]
        batch = len(split.X) if name == "no_batching" else BATCH
        split.train(model, seed, batch, 0.0 if name == "no_regularization" else STRENGTH)
        updates = EPOCHS * math.ceil(len(split.X) / batch)
        result[name] = split.measure(model) | {"start": start, "updates": updates}
    return result


def plot_boundaries(models, X, y):
    X, y, where = X.cpu(), y.cpu()[:, 0], X.device
    low, high = X.min(0).values, X.max(0).values
    margin = 0.1 * (high - low)
    u, v = (torch.linspace(float(low[d] - margin[d]), float(high[d] + margin[d]), 70).to(X.dtype) for d in (0, 1))
    fig, axes = plt.subplots(1, len(models))
    for ax, name in zip([axes] if len(models) == 1 else axes, models, strict=True):
        model = models[name]
        was, _ = model.training, model.eval()
        P = torch.stack([torch.sigmoid(model(torch.stack([torch.full_like(v, x), v], 1).to(where))) for x in u])
        model.train(was)
        P = P.detach().cpu().squeeze(-1).T
        ax.contourf(u, v, P, levels=[i / 20 for i in range(21)], cmap="viridis", extend="both")
        ax.contour(u, v, P, levels=[0.5], colors="white")
        ax.scatter(X[:, 0], X[:, 1], c=["gold" if t == 1 else "black" for t in y.tolist()], edgecolors="white")
        ax.set_title(name)
        ax.set_xlim(float(u[0]), float(u[-1]))
        ax.set_ylim(float(v[0]), float(v[-1]))
    return fig


def quiz():
    answers = {1: "B", 2: "D", 3: "A", 4: "C", 5: "B"}
    answers.update({6: "D", 7: "A", 8: "C", 9: "B", 10: "C"})
    return answers
