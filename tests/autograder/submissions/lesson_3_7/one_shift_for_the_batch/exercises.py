"""Lesson 3.7: one crop for all images."""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.transforms import v2


class EarlyStopping:
    def __init__(self, patience, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.lowest = float("inf")
        self.waiting = 0
        self.checkpoint = None

    def step(self, loss, model):
        improved = loss < self.lowest - self.min_delta
        if improved:
            self.lowest = loss
            self.waiting = 0
            self.checkpoint = copy.deepcopy(model.state_dict())
        else:
            self.waiting += 1
        return self.waiting >= self.patience

    def restore(self, model):
        if self.checkpoint is not None:
            model.load_state_dict(self.checkpoint)


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
    h, w = images.shape[-2:]
    padded = F.pad(images, (4, 4, 4, 4))
    top = torch.randint(0, 9, (1,), generator=gen).item()
    left = torch.randint(0, 9, (1,), generator=gen).item()
    return padded[:, :, top : top + h, left : left + w].clone()


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
