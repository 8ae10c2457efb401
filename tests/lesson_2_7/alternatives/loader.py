"""With PyTorch's own tools: a DataLoader, parameter groups with weight decay, `nn.BCEWithLogitsLoss`, shared axes."""

import copy
import math

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SETTINGS = {"lr": 2.0, "epochs": 20, "batch_size": 50, "strength": 0.0005}


def standardize_with(X_train, X_test):
    mean = X_train.mean(0, keepdim=True)
    std = X_train.std(0, keepdim=True, correction=min(1, len(X_train) - 1))
    std = std.masked_fill(std == 0, 1.0)
    return (X_train - mean).div(std), (X_test - mean).div(std)


class Scaled(nn.Module):
    def __init__(self, rows, inner):
        super().__init__()
        self.register_buffer("rows", rows.clone())
        self.inner = inner

    def forward(self, X):
        _, Z = standardize_with(self.rows, X)
        return self.inner(Z)


def make_network(input_dim, hidden, activation, seed):
    torch.manual_seed(seed)
    layers = [nn.Linear(input_dim, hidden), nn.ReLU() if activation else nn.Identity(), nn.Linear(hidden, 1)]
    return nn.Sequential(*layers)


def train_network(model, X, y, lr, epochs, batch_size, strength, generator):
    groups = [
        {"params": [p for n, p in model.named_parameters() if n.endswith("weight")], "weight_decay": 2 * strength},
        {"params": [p for n, p in model.named_parameters() if n.endswith("bias")], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.SGD(groups, lr=lr)
    loader = DataLoader(
        TensorDataset(X.cpu(), y.cpu()), batch_size=batch_size or len(X), shuffle=True, generator=generator
    )
    summed = nn.BCEWithLogitsLoss(reduction="sum")
    losses = []
    for _ in range(epochs):
        epoch = 0.0
        for xb, yb in loader:
            optimizer.zero_grad()
            loss = summed(model(xb.to(X.device)), yb.to(y.device))
            epoch += float(loss.detach())
            (loss / len(xb)).backward()
            optimizer.step()
        losses.append(epoch / len(X))
    return losses


def error_rate(model, X, y):
    before = model.training
    with torch.inference_mode():
        predicted = model.eval()(X).squeeze(1) > 0
    model.train(before)
    return 1 - (predicted == y.squeeze(1).bool()).float().mean().item()


def divide(X, y, seed):
    shuffled = torch.randperm(len(X), generator=torch.Generator().manual_seed(seed + 17)).to(X.device)
    test, train = shuffled.split([len(X) // 4, len(X) - len(X) // 4])
    return test, train


def report(model, X, y, test, train, **more):
    return {
        "model": model,
        "train_error": error_rate(model, X[train], y[train]),
        "test_error": error_rate(model, X[test], y[test]),
        **more,
    }


def compare_models(X, y, seed):
    test, train = divide(X, y, seed)
    Z, _ = standardize_with(X[train], X[test])
    network = make_network(X.shape[1], 32, True, seed)
    linear = nn.Sequential(nn.Linear(X.shape[1], 1))
    out = {"test_index": test}
    for name, model in (("network", network), ("linear", linear)):
        model = model.to(X)
        history = train_network(model, Z, y[train], generator=torch.Generator().manual_seed(seed), **SETTINGS)
        count = sum(math.prod(p.shape) for p in model.parameters())
        out[name] = report(Scaled(X[train], model), X, y, test, train, parameters=count, history=history)
    return out


def ablation(X, y, seed):
    test, train = divide(X, y, seed)
    Z, _ = standardize_with(X[train], X[test])
    original = make_network(X.shape[1], 32, True, seed).to(X)
    out = {"test_index": test}
    for name, change in {
        "full": {},
        "no_activation": {},
        "no_batching": {"batch_size": None},
        "no_regularization": {"strength": 0.0},
    }.items():
        model = copy.deepcopy(original)
        if name == "no_activation":
            model[1] = nn.Identity()
        settings = SETTINGS | change
        train_network(model, Z, y[train], generator=torch.Generator().manual_seed(seed), **settings)
        an_epoch = math.ceil(len(train) / (settings["batch_size"] or len(train)))
        out[name] = report(
            Scaled(X[train], model),
            X,
            y,
            test,
            train,
            start=[p.detach().clone() for p in original.parameters()],
            updates=settings["epochs"] * an_epoch,
        )
    return out


def plot_boundaries(models, X, y):
    fig, axes = plt.subplots(len(models), 1, sharex=True, sharey=True)
    axes = [axes] if len(models) == 1 else list(axes)
    P, c = X.detach().cpu(), y.detach().cpu().squeeze(1)
    left, bottom = (P.amin(0) - 1).tolist()
    right, top = (P.amax(0) + 1).tolist()
    for ax, (name, model) in zip(axes, models.items(), strict=True):
        u, v = torch.linspace(left, right, 101), torch.linspace(bottom, top, 101)
        grid = torch.cartesian_prod((u[1:] + u[:-1]) / 2, (v[1:] + v[:-1]) / 2).to(X)
        before = model.training
        model.eval()
        with torch.no_grad():
            said = (model(grid) > 0).float().reshape(100, 100).cpu()
        model.train(before)
        ax.imshow(said.T, origin="lower", extent=(left, right, bottom, top), aspect="auto", cmap="PiYG", alpha=0.5)
        for label, marker in ((0, "o"), (1, "s")):
            ax.scatter(P[c == label, 0], P[c == label, 1], marker=marker)
        ax.set_title(f"{name} ({sum(p.numel() for p in model.parameters())} parameters)")
    return fig


def quiz():
    return dict(zip(range(1, 11), "B D A C B D A C B C".split(), strict=True))
