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
        pred = (model(X) > 0).float()
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
    raise NotImplementedError("ablation is not written yet; read An ablation")


def plot_boundaries(models, X, y):
    raise NotImplementedError("plot_boundaries is not written yet; read Boundaries")


def quiz():
    raise NotImplementedError("quiz is not written yet; read The quiz")
