"""What PyTorch and torchvision offer, where it is not off limits."""

import copy
from copy import deepcopy

import torch
from torch import nn
from torchvision.transforms import v2


class EarlyStopping:
    def __init__(self, patience: int, min_delta: float = 0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.best_loss = float("inf")
        self.count = 0
        self.best_model = None

    def is_better(self, loss):
        return bool(loss < self.best_loss - self.min_delta)

    def step(self, loss, model):
        if self.is_better(loss):
            self.best_loss, self.count, self.best_model = loss, 0, deepcopy(model)
        else:
            self.count += 1
        return self.count >= self.patience

    def restore(self, model):
        if self.best_model:
            model.load_state_dict(self.best_model.state_dict())


def label_smoothing_loss(logits, y, smoothing):
    c = logits.size(1)
    labels = torch.full_like(logits, smoothing / c).scatter_add(
        1, y.unsqueeze(1), torch.full_like(logits[:, :1], 1 - smoothing)
    )
    return nn.functional.cross_entropy(logits, labels)


def mixup(x, y, alpha, gen):
    if alpha == 0:
        return x, y, 1.0
    a, b = torch._standard_gamma(torch.full((2,), float(alpha), dtype=torch.float64), generator=gen).tolist()
    lam = a / (a + b) if a + b > 0 else 0.5
    partner = torch.randperm(x.size(0), generator=gen)
    other_x, other_y = x[partner.to(x.device)], y[partner.to(y.device)]
    return x.mul(lam).add(other_x, alpha=1 - lam), y.mul(lam).add(other_y, alpha=1 - lam), lam


def augment(images, gen):
    # The random class draws from the global generator: lend it a seed of gen's, and put everything back.
    crop = v2.RandomCrop(images.shape[-2:], padding=4)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**62, (1,), generator=gen)))
        return torch.stack([crop(image) for image in images])


def ema_update_(ema, model, decay):
    mine = [p.detach() for p in ema.parameters()]
    theirs = [p.detach() for p in model.parameters()]
    if mine:
        torch._foreach_lerp_(mine, theirs, 1 - decay)
    for a, b in zip(ema.buffers(), model.buffers()):
        a.detach().copy_(b.detach())


def norm_noise(norm, X, batch_size, trials, gen):
    module = copy.deepcopy(norm)
    module.train(True)
    kept = torch.zeros(trials, X.shape[1], dtype=X.dtype, device=X.device)
    everyone = torch.ones(len(X) - 1)
    for t in range(trials):
        companions = torch.multinomial(everyone, batch_size - 1, replacement=False, generator=gen) + 1
        batch = torch.cat((X[companions.to(X.device)], X[0:1]))
        kept[t] = module(batch).detach()[batch_size - 1]
    return kept.var(0).sqrt().mean().item()
