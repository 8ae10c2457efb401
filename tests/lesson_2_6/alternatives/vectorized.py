"""Broadcasting, masks and einsum; ridge regression as least squares with added rows."""

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


def polynomial_features(x, degree):
    if degree < 1:
        raise ValueError(f"{degree=}")
    return x.unsqueeze(1).expand(-1, degree).cumprod(dim=1)


def train_validation_split(X, y, fraction, generator):
    if not (0.0 < fraction < 1.0 and len(X) >= 2):
        raise ValueError("cannot split")
    k = int(np.clip(np.ceil(len(X) * fraction), 1, len(X) - 1))
    ranks = torch.rand(len(X), generator=generator, device=X.device, dtype=torch.float64).argsort()
    mask = torch.zeros(len(X), dtype=torch.bool, device=X.device)
    mask[ranks[:k]] = True
    return X[~mask], y[~mask], X[mask], y[mask]


def l2_penalty(model):
    weights = [p for name, p in model.named_parameters() if name.split(".")[-1] == "weight"]
    if not weights:
        return torch.zeros(1, requires_grad=True).sum()
    return torch.cat([w.flatten() for w in weights]).pow(2).sum()


def weight_decay_step(params, grads, lr, decay):
    return [(1 - lr * decay) * p.detach() - lr * g for p, g in zip(params, grads)]


def dropout(x, p, training, generator):
    if not 0.0 <= p <= 1.0:
        raise ValueError("p has to be between 0 and 1")
    if not training:
        return x
    keep = torch.full(x.shape, 1.0 - p, dtype=x.dtype, device=x.device)
    mask = torch.bernoulli(keep, generator=generator)
    scale = 0.0 if p == 1 else 1.0 / (1.0 - p)
    return x * mask * scale


def fit_ridge(X, y, strength):
    n, d = X.shape
    top = torch.cat([X, X.new_ones(n, 1)], dim=1)
    bottom = torch.cat([strength**0.5 * torch.eye(d, dtype=X.dtype, device=X.device), X.new_zeros(d, 1)], dim=1)
    rows, targets = torch.cat([top, bottom]), torch.cat([y, y.new_zeros(d, 1)])
    theta = torch.linalg.lstsq(rows, targets).solution.flatten()
    return theta[:d], theta[d]


def penalized_epoch(model, X, y, lr, strength, batch_size):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    loader = DataLoader(TensorDataset(X, y), batch_size=batch_size, shuffle=False)
    losses, sizes = [], []
    for inputs, targets in loader:
        mse = F.mse_loss(model(inputs), targets)
        optimizer.zero_grad()
        (mse + strength * l2_penalty(model)).backward()
        optimizer.step()
        losses.append(mse.item())
        sizes.append(len(inputs))
    return float(np.average(losses, weights=sizes))


def overfit_gap(history):
    train, validation = np.array(history["train"]), np.array(history["validation"])
    if train.size == 0 or train.shape != validation.shape:
        raise ValueError("two lists of the same length are needed")
    return float(validation[-1] - train[-1]), int(np.argmin(validation))


def plot_learning_curves(history):
    fig = plt.figure(figsize=(6, 4))
    axes = fig.add_subplot()
    epochs = np.arange(1, len(history["train"]) + 1)
    axes.semilogy(epochs, history["validation"], color="black", linestyle="--", marker="s", label="VALIDATION set")
    axes.semilogy(epochs, history["train"], color="black", marker="o", label="TRAINING set")
    best = int(np.argmin(history["validation"]))
    axes.axvline(epochs[best], color="grey", label="best epoch")
    axes.set(xlabel="epoch", ylabel="mean squared error")
    fig.legend()
    return fig
