"""Few, large operations: gathers instead of loops, `lerp`, and a borrowed global generator that is put back."""

import copy

import torch
import torch.nn.functional as F
from torch.distributions import Beta
from torch.func import functional_call


class EarlyStopping:
    def __init__(self, patience, min_delta=0.0):
        self._settings = patience, min_delta
        self._losses = []
        self._kept = {}
        self._best, self._at = float("inf"), 0

    def step(self, loss, model):
        patience, min_delta = self._settings
        self._losses.append(loss)
        if self._best - loss > min_delta:
            self._best, self._at = loss, len(self._losses)
            self._kept = {name: value.clone() for name, value in model.state_dict().items()}
        return len(self._losses) - self._at >= patience

    def restore(self, model):
        model.load_state_dict(self._kept or model.state_dict())


def label_smoothing_loss(logits, y, smoothing):
    log_p = logits - logits.logsumexp(1, keepdim=True)
    right = log_p.gather(1, y[:, None])[:, 0]
    return -torch.lerp(right, log_p.mean(1), smoothing).mean()


def mixup(x, y, alpha, gen):
    if alpha == 0:
        return x, y, 1.0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**31, (1,), generator=gen)))
        lam = Beta(torch.tensor(float(alpha), dtype=torch.float64), float(alpha)).sample().item()
    j = torch.randperm(len(x), generator=gen).to(x.device)
    return x[j] + lam * (x - x[j]), y[j] + lam * (y - y[j]), lam


def augment(images, gen):
    n, c, h, w = images.shape
    bordered = F.pad(images, (4, 4, 4, 4))
    top, left = torch.randint(9, (2, n, 1), generator=gen).to(images.device)
    rows = (top + torch.arange(h, device=images.device))[:, None, :, None]
    columns = (left + torch.arange(w, device=images.device))[:, None, None, :]
    image = torch.arange(n, device=images.device)[:, None, None, None]
    channel = torch.arange(c, device=images.device)[None, :, None, None]
    return bordered[image, channel, rows, columns]


def ema_update_(ema, model, decay):
    with torch.no_grad():
        for mine, theirs in zip(ema.parameters(), model.parameters()):
            mine.lerp_(theirs, 1 - decay)
        for mine, theirs in zip(ema.buffers(), model.buffers()):
            mine.copy_(theirs)


def norm_noise(norm, X, batch_size, trials, gen):
    layer = copy.deepcopy(norm)
    layer.train()
    keys = torch.rand(trials, len(X), generator=gen, dtype=torch.float64)
    keys[:, 0] = -1  # the first row is always among the smallest
    batches = keys.argsort(dim=1)[:, :batch_size].to(X.device)
    with torch.no_grad():
        tensors = {**dict(layer.named_parameters()), **dict(layer.named_buffers())}
        outputs = [functional_call(layer, tensors, (X[batch],))[0] for batch in batches]
    return float(torch.stack(outputs).std(0, unbiased=False).mean())
