"""Lesson 3.6: only steps with progress count."""

import math

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.utils.tensorboard import SummaryWriter


class AverageMeter:
    def __init__(self):
        self.weighted_sum = 0.0
        self.samples = 0

    def update(self, value, n=1):
        if torch.is_tensor(value):
            value = value.item()
        self.weighted_sum += n * value
        self.samples += n

    @property
    def average(self):
        if self.samples == 0:
            return 0.0
        return self.weighted_sum / self.samples

    def reset(self):
        self.weighted_sum = 0.0
        self.samples = 0


def confusion_matrix(y, y_hat, n_classes):
    matrix = torch.zeros(n_classes, n_classes, dtype=torch.int64, device=y.device)
    for truth, guess in zip(y, y_hat):
        matrix[truth, guess] += 1
    return matrix


def precision_recall(matrix):
    hits = matrix.diagonal().float()
    called = matrix.sum(dim=0).float()
    there = matrix.sum(dim=1).float()
    precision = torch.where(called > 0, hits / called, torch.zeros_like(hits))
    recall = torch.where(there > 0, hits / there, torch.zeros_like(hits))
    return precision, recall


def overfit_one_batch(model, batch, steps, lr):
    inputs, labels = batch
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    criterion = nn.CrossEntropyLoss()
    model.train()
    losses = []
    while len(losses) < steps:
        optimizer.zero_grad()
        loss = criterion(model(inputs), labels)
        if losses and loss.item() == losses[-1]:
            continue  # no progress, so this one does not count
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def diagnose(history):
    train = history["train"]
    val = history["validation"]
    if len(train) < 4:
        raise ValueError("give me at least 4 epochs")
    for loss in train + val:
        if math.isnan(loss) or math.isinf(loss):
            return "diverging"
    if train[-1] > train[0]:
        return "diverging"
    if val[-1] > 1.1 * min(val):
        return "overfitting"
    middle = train[len(train) // 2]
    if middle - train[-1] < 0.01 * middle:
        return "plateau"
    return "healthy"


def find_nan(model, batch):
    bad = []
    hooks = []

    def make_hook(name):
        def hook(module, inputs, output):
            if not torch.isfinite(output).all():
                bad.append(name)

        return hook

    for name, module in model.named_modules():
        if not list(module.children()):
            hooks.append(module.register_forward_hook(make_hook(name)))
    try:
        model(batch[0])
    finally:
        for hook in hooks:
            hook.remove()
    if bad:
        return bad[0]
    return None


class Logger:
    def __init__(self, folder):
        self.writer = SummaryWriter(str(folder))

    def scalar(self, tag, value, step):
        self.writer.add_scalar(tag, value, step)

    def close(self):
        self.writer.close()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()


def plot_dashboard(history):
    val = history["validation"]
    best = val.index(min(val))
    fig, axes = plt.subplots(2, 1, figsize=(6, 6))
    axes[0].plot(history["train"], "-", label="train loss")
    axes[0].plot(val, "--", label="validation loss")
    axes[0].set_ylabel("loss")
    axes[0].legend()
    axes[1].plot(history["accuracy"])
    axes[1].set_ylabel("accuracy")
    for ax in axes:
        ax.set_xlabel("epoch")
        ax.axvline(best, color="black")
    return fig
