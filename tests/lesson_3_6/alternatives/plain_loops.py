"""Loops over samples and lists, plain gradient descent by hand, no cleverness."""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import log_softmax
from torch.utils.tensorboard import SummaryWriter


class AverageMeter:
    def __init__(self):
        self.values = []
        self.weights = []

    def update(self, value, n=1):
        if isinstance(value, torch.Tensor):
            value = value.detach().cpu().item()
        self.values.append(value)
        self.weights.append(n)

    @property
    def average(self):
        if not self.values:
            return 0.0
        total = 0.0
        for value, n in zip(self.values, self.weights):
            total += value * n
        return total / sum(self.weights)

    def reset(self):
        self.values.clear()
        self.weights.clear()


def confusion_matrix(y, y_hat, n_classes):
    rows = [[0] * n_classes for _ in range(n_classes)]
    for truth, prediction in zip(y.tolist(), y_hat.tolist()):
        rows[truth][prediction] += 1
    return torch.tensor(rows, dtype=torch.int64, device=y.device)


def precision_recall(matrix):
    n_classes = len(matrix)
    precision = torch.zeros(n_classes, dtype=torch.float32, device=matrix.device)
    recall = torch.zeros(n_classes, dtype=torch.float32, device=matrix.device)
    for c in range(n_classes):
        found = matrix[c, c].item()
        called = sum(matrix[i, c].item() for i in range(n_classes))
        there = sum(matrix[c, j].item() for j in range(n_classes))
        if called > 0:
            precision[c] = found / called
        if there > 0:
            recall[c] = found / there
    return precision, recall


def overfit_one_batch(model, batch, steps, lr):
    X, y = batch
    model.train()
    history = []
    for _ in range(steps):
        chosen = log_softmax(model(X), dim=1).gather(1, y.unsqueeze(1))
        loss = -chosen.mean()
        grads = torch.autograd.grad(loss, list(model.parameters()))
        with torch.no_grad():
            for parameter, grad in zip(model.parameters(), grads):
                parameter -= lr * grad
        history.append(loss.item())
    return history


def finite(number):
    return number == number and abs(number) != float("inf")


def diagnose(history):
    train = history["train"]
    validation = history["validation"]
    if len(train) < 4:
        raise ValueError("too few epochs")
    for losses in (train, validation):
        for loss in losses:
            if not finite(loss):
                return "diverging"
    if train[0] < train[-1]:
        return "diverging"
    lowest = sorted(validation)[0]
    if validation[-1] / lowest > 1.1:
        return "overfitting"
    then = train[len(train) // 2]
    if (then - train[-1]) / then < 0.01:
        return "plateau"
    return "healthy"


def find_nan(model, batch):
    outputs = []
    handles = []

    def note(name):
        def hook(module, inputs, output):
            good = (output == output) & (output.abs() != float("inf"))
            outputs.append((name, bool(good.all())))

        return hook

    for name, module in model.named_modules():
        if len(list(module.children())) == 0:
            handles.append(module.register_forward_hook(note(name)))
    try:
        with torch.no_grad():
            model(batch[0])
    finally:
        for handle in handles:
            handle.remove()
    for name, good in outputs:
        if not good:
            return name
    return None


class Logger:
    def __init__(self, folder):
        self.writer = SummaryWriter(log_dir=str(folder))

    def scalar(self, tag, value, step):
        if isinstance(value, torch.Tensor):
            value = value.item()
        self.writer.add_scalar(tag, value, global_step=step)
        self.writer.flush()

    def close(self):
        self.writer.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        self.close()
        return False


def plot_dashboard(history):
    epochs = list(range(len(history["train"])))
    best = 0
    for epoch in epochs:
        if history["validation"][epoch] < history["validation"][best]:
            best = epoch
    figure = plt.figure(figsize=(6, 7))
    top = figure.add_subplot(2, 1, 1)
    bottom = figure.add_subplot(2, 1, 2)
    top.semilogy(epochs, history["train"], "b-", label="Training loss")
    top.semilogy(epochs, history["validation"], "r--", label="Validation loss")
    top.scatter([best], [history["validation"][best]], color="black")
    top.set_xlabel("epoch")
    top.set_ylabel("loss")
    top.legend(loc="upper right")
    bottom.plot(epochs, history["accuracy"], "g.-")
    bottom.scatter([best], [history["accuracy"][best]], color="black")
    bottom.set_title("Accuracy on the validation samples")
    bottom.set_xlabel("epoch")
    bottom.set_ylabel("share that is right")
    return figure
