"""Plain loops and small steps; imshow for the field, lines with markers for the samples."""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import make_moons
from torch import nn
from torch.nn import functional as F


def generate_moons(n_samples, noise, seed):
    data = make_moons(n_samples, noise=noise, random_state=seed)
    X = torch.tensor([[float(a), float(b)] for a, b in data[0]])
    y = torch.tensor([[float(label)] for label in data[1]])
    return X, y


def relu(z):
    return z * (z > 0)


def sigmoid(z):
    z = torch.clamp(z, -40, 40)
    return torch.exp(z) / (torch.exp(z) + 1)


def tanh(z):
    z = torch.clamp(z, -40, 40)
    up, down = torch.exp(z), torch.exp(-z)
    return (up - down) / (up + down)


def collapse_linear(W1, b1, W2, b2):
    out_dim, in_dim = len(W2), W1.shape[1]
    W = torch.zeros(out_dim, in_dim, dtype=W1.dtype, device=W1.device)
    b = torch.zeros(out_dim, dtype=W1.dtype, device=W1.device)
    for o in range(out_dim):
        for d in range(in_dim):
            W[o, d] = sum(W2[o, h] * W1[h, d] for h in range(len(W1)))
        b[o] = b2[o] + sum(W2[o, h] * b1[h] for h in range(len(W1)))
    return W, b


class LinearModel(nn.Module):
    def __init__(self, input_dim):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(input_dim, 1), nn.Sigmoid())

    def forward(self, X):
        return self.layers(X)


class MLP(nn.Module):
    def __init__(self, input_dim, hidden_dim, output_dim, activation):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(input_dim, hidden_dim), nn.Linear(hidden_dim, output_dim)])
        self.activation = activation

    def forward(self, X):
        for number, layer in enumerate(self.layers):
            X = layer(X)
            X = self.activation(X) if number == 0 else F.sigmoid(X)
        return X


def count_parameters(model):
    total = 0
    for parameter in set(model.parameters()):
        if not parameter.requires_grad:
            continue
        size = 1
        for length in parameter.shape:
            size *= length
        total += size
    return total


def train_classifier(model, X, y, epochs, lr):
    criterion = nn.BCELoss()
    history = []
    while len(history) < epochs:
        model.zero_grad()
        loss = criterion(model(X), y)
        loss.backward()
        for parameter in model.parameters():
            parameter.data = parameter.data - lr * parameter.grad
        history.append(loss.item())
    return history


def accuracy(probs, y):
    right = 0
    for p, label in zip(probs.flatten().tolist(), y.flatten().tolist(), strict=True):
        says = 1.0 if p > 0.5 else 0.0
        right += says == label
    return right / len(y)


@torch.no_grad()
def decision_grid(model, X, resolution):
    was_training = model.training
    model.eval()
    spans = []
    for feature in X.T:
        spans.append(
            torch.linspace(
                feature.min().item() - 0.5, feature.max().item() + 0.5, resolution, device=X.device, dtype=X.dtype
            )
        )
    A = torch.empty(resolution, resolution, dtype=X.dtype, device=X.device)
    B, P = torch.empty_like(A), torch.empty_like(A)
    for i in range(resolution):
        A[i] = spans[0][i]
        B[i] = spans[1]
        P[i] = model(torch.stack([A[i], B[i]], dim=1)).squeeze(1)
    if was_training:
        model.train()
    return A, B, P


def plot_decision_boundary(model, X, y, resolution=100):
    A, B, P = decision_grid(model, X, resolution)
    X, y = X.cpu(), y.cpu()
    fig, ax = plt.subplots()
    extent = [float(A.min()), float(A.max()), float(B.min()), float(B.max())]
    ax.imshow(P.T.cpu().numpy(), origin="lower", extent=extent, aspect="auto", cmap="coolwarm")
    for label, marker in enumerate("ox"):
        chosen = [row for row, target in zip(X.tolist(), y.flatten().tolist(), strict=True) if target == label]
        ax.plot([a for a, _ in chosen], [b for _, b in chosen], marker, color="black", label=f"class {label}")
    ax.legend()
    ax.set_xlabel("first feature")
    ax.set_ylabel("second feature")
    return fig
