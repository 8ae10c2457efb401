"""Tensor operations wherever there is a choice, and closures for small things."""

import math
from contextlib import ExitStack

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.tensorboard import SummaryWriter


class AverageMeter:
    """Keeps the running average itself, and moves it a little with each update."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.average, self._n = 0.0, 0

    def update(self, value, n=1) -> None:
        value = float(torch.as_tensor(value).detach())
        self._n += n
        self.average += (value - self.average) * n / self._n


def confusion_matrix(y, y_hat, n_classes):
    truth, prediction = F.one_hot(y, n_classes), F.one_hot(y_hat, n_classes)
    return torch.einsum("ni,nj->ij", truth.double(), prediction.double()).long()


def precision_recall(matrix):
    right = matrix.diag().float()
    shares = [torch.nan_to_num(right / matrix.sum(dim).float(), nan=0.0) for dim in (0, 1)]
    return shares[0], shares[1]


def overfit_one_batch(model, batch, steps, lr):
    optimizer = torch.optim.SGD(model.train().parameters(), lr=lr, momentum=0.9)
    optimizer.zero_grad()
    criterion = nn.CrossEntropyLoss()

    def step():
        loss = criterion(model(batch[0]), batch[1])
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)
        return float(loss.detach())

    return [step() for _ in range(steps)]


def diagnose(history):
    train, validation = (torch.tensor(history[name], dtype=torch.float64) for name in ("train", "validation"))
    n = len(train)
    if n < 4:
        raise ValueError(f"{n} epochs")
    answers = {
        "diverging": not torch.cat([train, validation]).isfinite().all() or bool(train[-1] > train[0]),
        "overfitting": bool(validation[-1] - 1.1 * validation.min() > 1e-9),
        "plateau": bool(train[-1] - 0.99 * train[n // 2] > 1e-9),
        "healthy": True,
    }
    return next(word for word, holds in answers.items() if holds)


def find_nan(model, batch):
    names = {module: name for name, module in reversed(list(model.named_modules()))}
    found = []

    def look(module, _, output):
        if not found and not math.isfinite(output.detach().double().abs().sum().item()):
            found.append(names[module])

    with ExitStack() as stack:
        for module in names:
            if next(module.children(), None) is None:
                stack.callback(module.register_forward_hook(look).remove)
        model(batch[0])
    return found[0] if found else None


class Logger(SummaryWriter):
    """A SummaryWriter is a context manager already."""

    def __init__(self, folder):
        super().__init__(folder)

    def scalar(self, tag, value, step):
        self.add_scalar(tag, torch.as_tensor(value).detach().cpu(), step)


def plot_dashboard(history):
    best = int(torch.tensor(history["validation"]).argmin())
    figure, axes = plt.subplots(1, 2, figsize=(8, 3), sharex=True)
    for name, style in (("train", "o-"), ("validation", "s-")):
        axes[0].plot(history[name], style, label=f"{name} loss")
    axes[1].plot(history["accuracy"])
    low, high = axes[1].get_ylim()
    axes[0].plot([best], [history["validation"][best]], "k*", markersize=12, label="best epoch")
    axes[1].vlines(best, low, high, colors="black")
    axes[0].legend()
    for ax, label in zip(axes, ("cross-entropy", "Accuracy"), strict=True):
        ax.set(xlabel="epoch", ylabel=label)
    return figure
