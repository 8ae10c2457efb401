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
    # TODO
    raise NotImplementedError('train_classifier is not written yet: read "Training a classifier" in assignments/lesson_2_1/README.md')


def accuracy(probs, y):
    # TODO
    raise NotImplementedError('accuracy is not written yet: read "How often is it right?" in assignments/lesson_2_1/README.md')


def decision_grid(model, X, resolution):
    # TODO
    raise NotImplementedError('decision_grid is not written yet: read "Looking at what a model thinks" in assignments/lesson_2_1/README.md')


def plot_decision_boundary(model, X, y, resolution=100):
    # TODO
    raise NotImplementedError('plot_decision_boundary is not written yet: read "Looking at what a model thinks" in assignments/lesson_2_1/README.md')
