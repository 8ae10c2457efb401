"""Every idea has a small function of its own; the log is written without SummaryWriter."""

from __future__ import annotations

import math
from contextlib import contextmanager
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter


def as_number(value) -> float:
    return float(value.detach()) if isinstance(value, torch.Tensor) else float(value)


class AverageMeter:
    __slots__ = ("_n", "_sum")

    def __init__(self):
        self._sum = self._n = 0

    def update(self, value, n=1):
        self._sum, self._n = self._sum + n * as_number(value), self._n + n

    def reset(self):
        self.__init__()

    @property
    def average(self):
        try:
            return self._sum / self._n
        except ZeroDivisionError:
            return 0.0


def confusion_matrix(y, y_hat, n_classes):
    counts = np.zeros((n_classes, n_classes), dtype=np.int64)
    np.add.at(counts, (y.cpu().numpy(), y_hat.cpu().numpy()), 1)
    return torch.from_numpy(counts).to(y.device)


def share(top, bottom):
    top, bottom = top.to(torch.float32), bottom.to(torch.float32)
    return torch.where(bottom > 0, top / torch.where(bottom > 0, bottom, torch.ones_like(bottom)), 0 * top)


def precision_recall(matrix):
    right = torch.diagonal(matrix)
    return share(right, matrix.sum(0)), share(right, matrix.T.sum(0))


def one_step(model, optimizer, X, y):
    for parameter in model.parameters():
        parameter.grad = None
    loss = torch.nn.functional.cross_entropy(model(X), y)
    loss.backward()
    optimizer.step()
    return loss.item()


def overfit_one_batch(model, batch, steps, lr):
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.0)
    for module in model.modules():
        module.train()
    return [one_step(model, optimizer, *batch) for _ in range(steps)]


def blew_up(train, validation):
    return any(not math.isfinite(loss) for losses in (train, validation) for loss in losses) or train[0] < train[-1]


def learned_by_heart(train, validation):
    return 1.1 * min(validation) < validation[-1]


def stands_still(train, validation):
    return not train[-1] <= 0.99 * train[len(train) // 2]


def diagnose(history):
    lists = history["train"], history["validation"]
    if min(map(len, lists)) <= 3:
        raise ValueError("at least four epochs are needed")
    if blew_up(*lists):
        return "diverging"
    if learned_by_heart(*lists):
        return "overfitting"
    return "plateau" if stands_still(*lists) else "healthy"


@contextmanager
def hooked(modules, hook):
    handles = [module.register_forward_hook(hook(name)) for name, module in modules]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def find_nan(model, batch):
    first = []

    def hook(name):
        def look(_module, _inputs, output):
            if not first and (output.isnan() | output.isinf()).any():
                first.append(name)

        return look

    leaves = [(name, module) for name, module in model.named_modules() if not any(True for _ in module.children())]
    with hooked(leaves, hook):
        model(batch[0])
    return None if not first else first[0]


class Logger:
    def __init__(self, folder):
        Path(folder).mkdir(parents=True, exist_ok=True)
        self.file = EventFileWriter(str(folder))

    def scalar(self, tag, value, step):
        summary = Summary(value=[Summary.Value(tag=tag, simple_value=as_number(value))])
        self.file.add_event(Event(step=step, summary=summary))

    def close(self):
        if self.file is not None:
            self.file.close()
            self.file = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def panel(ax, curves, best, ylabel):
    for label, numbers in curves.items():
        ax.plot(np.arange(len(numbers)), numbers, label=label)
    ax.axvline(best, linestyle="--", color="k", label="best")
    ax.set_xlabel("epochs")
    ax.set_ylabel(ylabel)
    ax.legend()


def plot_dashboard(history):
    best = int(np.argmin(history["validation"]))
    figure, (left, right) = plt.subplots(ncols=2, layout="constrained")
    panel(right, {name: history[name] for name in ("validation", "train")}, best, "loss")
    panel(left, {"accuracy": history["accuracy"]}, best, "accuracy")
    return figure
