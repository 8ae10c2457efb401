import matplotlib.pyplot as plt
import torch
from sklearn.datasets import make_moons
from torch import nn


def generate_moons(n_samples, noise, seed):
    X, y = make_moons(n_samples=n_samples, noise=noise, random_state=seed)
    X = torch.from_numpy(X).float()
    y = torch.from_numpy(y).float().view(-1, 1)
    return X, y


def relu(z):
    return torch.where(z > 0, z, torch.zeros_like(z))


def sigmoid(z):
    # e^-z may be inf, but 1 / inf is 0
    return 1.0 / (1.0 + torch.exp(-z))


def tanh(z):
    return 2.0 * sigmoid(2.0 * z) - 1.0


def collapse_linear(W1, b1, W2, b2):
    W = torch.matmul(W2, W1)  # (O, H) @ (H, D)
    b = torch.matmul(W2, b1) + b2
    return W, b


class LinearModel(nn.Module):
    def __init__(self, input_dim):
        super().__init__()
        self.fc = nn.Linear(input_dim, 1)

    def forward(self, X):
        return torch.sigmoid(self.fc(X))


class MLP(nn.Module):
    def __init__(self, input_dim, hidden_dim, output_dim, activation):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hidden_dim)
        self.activation = activation
        self.fc2 = nn.Linear(hidden_dim, output_dim)

    def forward(self, X):
        h = self.fc1(X)
        h = self.activation(h)
        out = self.fc2(h)
        return torch.sigmoid(out)


def count_parameters(model):
    n = 0
    for p in model.parameters():
        if p.requires_grad:
            n += p.numel()
    return n


def train_classifier(model, X, y, epochs, lr):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    bce = nn.BCELoss()
    losses = []
    for epoch in range(epochs):
        opt.zero_grad()
        p = model(X)
        loss = bce(p, y)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses


def accuracy(probs, y):
    classes = (probs > 0.5).float()
    correct = (classes == y).sum().item()
    return correct / len(y)


def decision_grid(model, X, resolution):
    a_min, a_max = X[:, 0].min().item() - 0.5, X[:, 0].max().item() + 0.5
    b_min, b_max = X[:, 1].min().item() - 0.5, X[:, 1].max().item() + 0.5
    a = torch.linspace(a_min, a_max, resolution, dtype=X.dtype, device=X.device)
    b = torch.linspace(b_min, b_max, resolution, dtype=X.dtype, device=X.device)
    A, B = torch.meshgrid(a, b, indexing="xy")
    grid = torch.stack([A.reshape(-1), B.reshape(-1)], dim=1)
    model.eval()
    with torch.no_grad():
        P = model(grid).reshape(resolution, resolution)
    return A, B, P


def plot_decision_boundary(model, X, y, resolution=100):
    A, B, P = decision_grid(model, X, resolution)
    fig, ax = plt.subplots(figsize=(6, 5))
    filled = ax.contourf(A.cpu(), B.cpu(), P.cpu(), levels=20, cmap="coolwarm")
    fig.colorbar(filled, ax=ax)
    for c, marker in [(0, "o"), (1, "^")]:
        mask = (y[:, 0] == c).cpu()
        ax.scatter(X.cpu()[mask, 0], X.cpu()[mask, 1], marker=marker, edgecolors="k", label=f"class {c}")
    ax.set_xlabel("x0")
    ax.set_ylabel("x1")
    ax.legend()
    return fig
