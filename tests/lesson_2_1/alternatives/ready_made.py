"""Short: PyTorch's own layers, optimizer and losses wherever they are allowed; the field in two colours."""

import matplotlib.pyplot as plt
import torch
import torch.nn as nn
from sklearn.datasets import make_moons


def generate_moons(n_samples, noise, seed):
    X, y = (torch.as_tensor(part).float() for part in make_moons(n_samples, noise=noise, random_state=seed))
    return X, y.reshape(-1, 1)


def relu(z):
    return torch.maximum(z, z.new_zeros(()))


def sigmoid(z):
    return torch.reciprocal(1 + (-z).exp())


def tanh(z):
    return 1 - 2 / (1 + (2 * z).exp())


def collapse_linear(W1, b1, W2, b2):
    # what the two layers do to nothing is the bias; what they add for each feature alone is the weights
    def both(X):
        return (X @ W1.T + b1) @ W2.T + b2

    b = both(torch.zeros(1, W1.shape[1], dtype=W1.dtype, device=W1.device))[0]
    W = (both(torch.eye(W1.shape[1], dtype=W1.dtype, device=W1.device)) - b).T
    return W.contiguous(), b


class LinearModel(nn.Linear):
    def __init__(self, input_dim):
        super().__init__(input_dim, 1)

    def forward(self, X):
        return torch.sigmoid(super().forward(X))


class MLP(nn.Module):
    def __init__(self, input_dim, hidden_dim, output_dim, activation):
        super().__init__()
        self.output = nn.Linear(hidden_dim, output_dim)
        self.hidden = nn.Linear(input_dim, hidden_dim)
        self.act = activation

    def forward(self, X):
        return self.output(self.act(self.hidden(X))).sigmoid()


def count_parameters(model):
    return sum(map(torch.numel, filter(lambda p: p.requires_grad, model.parameters())))


def train_classifier(model, X, y, epochs, lr):
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr)
    history = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy(model(X), y)
        loss.backward()
        optimizer.step()
        history += [loss.detach().cpu().item()]
    return history


def accuracy(probs, y):
    return torch.mean((torch.round(probs) == y).double())  # round takes exactly 0.5 to 0


def decision_grid(model, X, resolution):
    (a0, b0), (a1, b1) = X.min(0).values.tolist(), X.max(0).values.tolist()
    kind = {"dtype": X.dtype, "device": X.device}
    a = torch.linspace(a0 - 0.5, a1 + 0.5, resolution, **kind)
    b = torch.linspace(b0 - 0.5, b1 + 0.5, resolution, **kind)
    points = torch.cartesian_prod(a, b)
    training = model.training
    model.eval()
    with torch.no_grad():
        probs = model(points)
    model.train(training)
    return tuple(column.reshape(resolution, resolution) for column in (*points.T, probs[:, 0]))


def plot_decision_boundary(model, X, y, resolution=100):
    A, B, P = (part.detach().cpu() for part in decision_grid(model, X, resolution))
    fig, ax = plt.subplots(layout="constrained")
    ax.contourf(A, B, P, levels=[0, 0.5, 1], colors=["lightblue", "moccasin"])
    ax.contour(A, B, P, levels=[0.5], colors="black")
    colours = ["tab:blue" if label == 0 else "tab:orange" for label in y.flatten().tolist()]
    points = X.detach().cpu()
    ax.scatter(points[:, 0], points[:, 1], c=colours, edgecolors="black", s=20)
    plt.xlabel("feature 0")
    plt.ylabel("feature 1")
    return fig
