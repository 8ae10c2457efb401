import math

import matplotlib.pyplot as plt
import torch
import torch.nn as nn

HIDDEN = 32
LEARNING_RATE = 2.0
EPOCHS = 20
BATCH_SIZE = 50
STRENGTH = 0.0005


def standardize_with(X_train, X_test):
    mu = X_train.mean(0)
    if X_train.shape[0] == 1:
        sigma = torch.ones_like(mu)
    else:
        sigma = X_train.std(0)
        sigma = torch.where(sigma == 0, torch.ones_like(sigma), sigma)
    train = (X_train - mu) / sigma
    test = (X_test - mu) / sigma
    return train, test


class OnRawRows(nn.Module):
    def __init__(self, model, X_train):
        super().__init__()
        self.model = model
        self.register_buffer("X_train", X_train)

    def forward(self, X):
        return self.model(standardize_with(self.X_train, X)[1])


def make_network(input_dim, hidden, activation, seed):
    torch.manual_seed(seed)
    fc1 = nn.Linear(input_dim, hidden)
    fc2 = nn.Linear(hidden, 1)
    layers = [fc1]
    if activation:
        layers.append(nn.ReLU())
    layers.append(fc2)
    return nn.Sequential(*layers)


def train_network(model, X, y, lr, epochs, batch_size, strength, generator):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    loss_fn = nn.BCEWithLogitsLoss()
    if batch_size is None:
        batch_size = len(X)
    history = []
    for epoch in range(epochs):
        perm = torch.randperm(len(X), generator=generator)
        total = 0.0
        for i in range(0, len(X), batch_size):
            idx = perm[i : i + batch_size].to(X.device)
            loss = loss_fn(model(X[idx]), y[idx])
            l2 = 0.0
            for name, p in model.named_parameters():
                if "weight" in name:
                    l2 = l2 + (p**2).sum()
            opt.zero_grad()
            (loss + strength * l2).backward()
            opt.step()
            total += loss.item() * len(idx)
        history.append(total / len(X))
    return history


def error_rate(model, X, y):
    was = model.training
    model.eval()
    with torch.no_grad():
        pred = (model(X) > 0.5).float()
    model.train(was)
    return (pred != y).float().mean().item()


def _split(X, seed):
    perm = torch.randperm(len(X), generator=torch.Generator().manual_seed(seed)).to(X.device)
    k = len(X) // 4
    return perm[:k], perm[k:]


def compare_models(X, y, seed):
    test, train = _split(X, seed)
    Z, _ = standardize_with(X[train], X[test])
    out = {"test_index": test}
    torch.manual_seed(seed)
    linear = nn.Linear(X.shape[1], 1)
    network = make_network(X.shape[1], HIDDEN, True, seed)
    for name, model in [("linear", linear), ("network", network)]:
        model.to(X.device, X.dtype)
        gen = torch.Generator().manual_seed(seed)
        history = train_network(model, Z, y[train], LEARNING_RATE, EPOCHS, BATCH_SIZE, STRENGTH, gen)
        raw = OnRawRows(model, X[train])
        out[name] = {
            "model": raw,
            "parameters": sum(p.numel() for p in raw.parameters()),
            "train_error": error_rate(raw, X[train], y[train]),
            "test_error": error_rate(raw, X[test], y[test]),
            "history": history,
        }
    return out


def ablation(X, y, seed):
    test, train = _split(X, seed)
    Z, _ = standardize_with(X[train], X[test])
    out = {"test_index": test}
    for name in ["full", "no_activation", "no_batching", "no_regularization"]:
        model = make_network(X.shape[1], HIDDEN, name != "no_activation", seed)
        model.to(X.device, X.dtype)
        start = [p.detach().clone() for p in model.parameters()]
        size = len(train) if name == "no_batching" else BATCH_SIZE
        strength = 0.0 if name == "no_regularization" else STRENGTH
        gen = torch.Generator().manual_seed(seed)
        train_network(model, Z, y[train], LEARNING_RATE, EPOCHS, size, strength, gen)
        raw = OnRawRows(model, X[train])
        out[name] = {
            "model": raw,
            "start": start,
            "updates": EPOCHS * math.ceil(len(train) / size),
            "train_error": error_rate(raw, X[train], y[train]),
            "test_error": error_rate(raw, X[test], y[test]),
        }
    return out


def plot_boundaries(models, X, y):
    xs = X.cpu()
    x0, x1 = xs[:, 0].min().item() - 0.5, xs[:, 0].max().item() + 0.5
    y0, y1 = xs[:, 1].min().item() - 0.5, xs[:, 1].max().item() + 0.5
    A, B = torch.meshgrid(torch.linspace(x0, x1, 80), torch.linspace(y0, y1, 80), indexing="xy")
    grid = torch.stack([A.reshape(-1), B.reshape(-1)], 1).to(X)
    fig, axes = plt.subplots(1, len(models), squeeze=False)
    for ax, name in zip(axes[0], models):
        model = models[name]
        was = model.training
        model.eval()
        with torch.no_grad():
            p = torch.sigmoid(model(grid)).reshape(80, 80).cpu()
        model.train(was)
        ax.contourf(A, B, p, levels=20, vmin=0, vmax=1, cmap="coolwarm")
        ax.scatter(xs[:, 0], xs[:, 1], c=y.cpu().flatten(), cmap="coolwarm", edgecolors="k")
        ax.set_title(name)
        ax.set_xlim(x0, x1)
        ax.set_ylim(y0, y1)
    return fig


def quiz():
    return {1: "B", 2: "D", 3: "A", 4: "C", 5: "B", 6: "D", 7: "A", 8: "C", 9: "B", 10: "C"}
