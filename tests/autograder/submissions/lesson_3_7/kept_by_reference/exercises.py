"""Lesson 3.7: the best state is remembered, but not copied."""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.transforms import v2


class EarlyStopping:
    def __init__(self, patience, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best_loss, self.best_weights = float("inf"), None
        self.bad = 0

    def step(self, loss, model):
        if loss < self.best_loss - self.min_delta:
            self.best_loss, self.best_weights, self.bad = loss, model.state_dict(), 0
        else:
            self.bad += 1
        return self.bad >= self.patience

    def restore(self, model):
        if self.best_weights is not None:
            model.load_state_dict(self.best_weights)


def label_smoothing_loss(logits, y, smoothing):
    log_probs = F.log_softmax(logits, dim=-1)
    hard = F.nll_loss(log_probs, y)
    uniform = -log_probs.mean()
    return (1 - smoothing) * hard + smoothing * uniform


def mixup(x, y, alpha, gen):
    if alpha == 0:
        return x, y, 1.0
    numpy_gen = np.random.default_rng(torch.randint(0, 2**60, (1,), generator=gen).item())
    lam = float(numpy_gen.beta(alpha, alpha))
    perm = torch.randperm(x.shape[0], generator=gen).to(x.device)
    new_x = lam * x + (1 - lam) * x[perm]
    new_y = lam * y + (1 - lam) * y[perm]
    return new_x, new_y, lam


def augment(images, gen):
    n, _, h, w = images.shape
    out = []
    for i in range(n):
        padded = v2.functional.pad(images[i], [4, 4, 4, 4])
        top, left = torch.randint(0, 9, (2,), generator=gen).tolist()
        out.append(v2.functional.crop(padded, top, left, h, w))
    return torch.stack(out)


@torch.no_grad()
def ema_update_(ema, model, decay):
    for e, m in zip(ema.parameters(), model.parameters()):
        e.copy_(decay * e + (1 - decay) * m)
    for e, m in zip(ema.buffers(), model.buffers()):
        e.copy_(m)


def norm_noise(norm, X, batch_size, trials, gen):
    probe: nn.Module = copy.deepcopy(norm)
    probe.train()
    seen = []
    for _ in range(trials):
        companions = torch.randperm(X.shape[0] - 1, generator=gen)[: batch_size - 1] + 1
        rows = [0] + companions.tolist()
        with torch.no_grad():
            seen.append(probe(X[rows])[0])
    return torch.stack(seen).std(dim=0).mean().item()
