"""Everything in plain steps: loops over parameters and images, slices, and Jöhnk's way to a Beta number."""

import math

import torch
from torch import nn


class EarlyStopping:
    def __init__(self, patience, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best = None
        self.waited = 0
        self.tensors = None

    def step(self, loss, model):
        limit = math.inf if self.best is None else self.best - self.min_delta
        if loss < limit:
            self.best, self.waited = loss, 0
            self.tensors = [t.detach().clone() for t in (*model.parameters(), *model.buffers())]
            return False
        self.waited = self.waited + 1
        return self.waited >= self.patience

    def restore(self, model):
        if self.tensors is None:
            return
        with torch.no_grad():
            for now, then in zip((*model.parameters(), *model.buffers()), self.tensors):
                now.copy_(then)


def label_smoothing_loss(logits, y, smoothing):
    total = 0
    n, c = logits.shape
    for row, label in zip(logits, y.tolist()):
        log_p = row - torch.logsumexp(row, dim=0)
        loss = 0
        for k in range(c):
            share = smoothing / c + (1 - smoothing if k == label else 0)
            loss = loss - share * log_p[k]
        total = total + loss
    return total / n


def beta(alpha, gen):
    # Jöhnk: take two powers of uniform numbers until their sum is at most 1.
    while True:
        u, v = torch.rand(2, generator=gen, dtype=torch.float64).tolist()
        a, b = u ** (1 / alpha), v ** (1 / alpha)
        if 0 < a + b <= 1:
            return a / (a + b)


def mixup(x, y, alpha, gen):
    if not alpha:
        return x.clone(), y.clone(), 1.0
    order = torch.randperm(x.shape[0], generator=gen).tolist()
    lam = beta(alpha, gen)
    mixed_x, mixed_y = torch.empty_like(x), torch.empty_like(y)
    for i, j in enumerate(order):
        mixed_x[i] = lam * x[i] + (1 - lam) * x[j]
        mixed_y[i] = lam * y[i] + (1 - lam) * y[j]
    return mixed_x, mixed_y, lam


def augment(images, gen):
    n, c, h, w = images.shape
    border = torch.zeros(n, c, h + 8, w + 8, dtype=images.dtype, device=images.device)
    border[:, :, 4 : 4 + h, 4 : 4 + w] = images
    result = torch.empty_like(images)
    for i in range(n):
        top = int(torch.randint(0, 9, (1,), generator=gen))
        left = int(torch.randint(0, 9, (1,), generator=gen))
        result[i] = border[i, :, top : top + h, left : left + w]
    return result


@torch.no_grad()
def ema_update_(ema, model, decay):
    theirs = dict(model.named_parameters())
    for name, mine in ema.named_parameters():
        mine.copy_(decay * mine + (1 - decay) * theirs[name])
    theirs = dict(model.named_buffers())
    for name, mine in ema.named_buffers():
        mine.copy_(theirs[name])


def norm_noise(norm, X, batch_size, trials, gen):
    import copy

    norm: nn.Module = copy.deepcopy(norm)
    norm.train()
    rows = []
    with torch.no_grad():
        for _ in range(trials):
            picked = (torch.randperm(len(X) - 1, generator=gen) + 1)[: batch_size - 1].tolist()
            rows.append(norm(torch.stack([X[j] for j in [*picked, 0]]))[-1])
    total = 0.0
    for feature in zip(*(row.tolist() for row in rows)):
        mean = sum(feature) / trials
        total += math.sqrt(sum((value - mean) ** 2 for value in feature) / trials)
    return total / len(rows[0])
