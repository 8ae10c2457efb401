"""A frozen module gets a class of its own, the backbone's features are computed only once, and one pass serves both loops."""

import copy
import math

import torch
from torch import nn


def freeze(module):
    if not getattr(module, "is_frozen", False):
        kind = type(module)

        def train(self, mode=True):
            return kind.train(self, False)

        module.__class__ = type("Frozen" + kind.__name__, (kind,), {"train": train, "is_frozen": True})
    for parameter in module.parameters():
        parameter.requires_grad = False
    return module.train()


def last_linear(model):
    linear = [(name, part) for name, part in model.named_modules() if isinstance(part, nn.Linear)]
    return linear[-1] if linear else ("", None)


def replace_head(model, n_classes):
    name, old = last_linear(model)
    if not name:
        raise ValueError("nothing to replace")
    new = nn.Linear(old.in_features, n_classes).to(old.weight)
    holder = model
    *path, last = name.split(".")
    for step in path:
        holder = getattr(holder, step)
    setattr(holder, last, new)
    return model


def parameter_groups(model, lr_backbone, lr_head):
    head = list(last_linear(model)[1].parameters())
    groups = []
    for is_head, lr in ((False, lr_backbone), (True, lr_head)):
        chosen = [p for p in model.parameters() if p.requires_grad and any(p is q for q in head) == is_head]
        groups += [{"params": chosen, "lr": lr}] * bool(chosen)
    return groups


def fine_tune(model, X, y, n_classes, epochs, lr, seed):
    tuned = freeze(copy.deepcopy(model))
    before = torch.get_rng_state()
    try:
        torch.manual_seed(1000 + seed)
        replace_head(tuned, n_classes)
    finally:
        torch.set_rng_state(before)
    head = last_linear(tuned)[1]
    # The model ends in its head, and the backbone stands still: what comes into the head is the same in all epochs.
    caught = []
    handle = head.register_forward_pre_hook(lambda _, inputs: caught.append(inputs[0]))
    with torch.no_grad():
        tuned(X)
    handle.remove()
    optimizer = torch.optim.Adam(head.parameters(), lr=lr)
    for _ in range(epochs):
        head.zero_grad()
        (-head(caught[0]).log_softmax(dim=1).gather(1, y[:, None])).mean().backward()
        optimizer.step()
    return tuned


class Autoencoder(nn.Module):
    def __init__(self, input_dim, code_dim):
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(input_dim, 16) / input_dim**0.5)
        self.w2 = nn.Parameter(torch.randn(16, code_dim) / 4)
        self.w3 = nn.Parameter(torch.randn(code_dim, 16) / code_dim**0.5)
        self.w4 = nn.Parameter(torch.randn(16, input_dim) / 4)
        self.b1, self.b3 = nn.Parameter(torch.zeros(16)), nn.Parameter(torch.zeros(16))
        self.b2, self.b4 = nn.Parameter(torch.zeros(code_dim)), nn.Parameter(torch.zeros(input_dim))

    def encode(self, x):
        return torch.tanh(x @ self.w1 + self.b1) @ self.w2 + self.b2

    def decode(self, code):
        return torch.tanh(code @ self.w3 + self.b3) @ self.w4 + self.b4

    def forward(self, x):
        return self.decode(self.encode(x))


def masked_reconstruction_loss(x, x_hat, mask):
    zero = torch.zeros((), dtype=x.dtype, device=x.device)
    errors = torch.where(mask, x, zero) - torch.where(mask, x_hat, zero)
    return errors.pow(2).sum() / mask.sum().clamp(min=1)


class Trainer:
    def __init__(self, model, optimizer, loss_fn, scheduler=None, max_norm=None, patience=None):
        self.model = model
        self.optimizer = optimizer
        self.loss_fn = loss_fn
        self.scheduler = scheduler
        self.max_norm = max_norm
        self.patience = patience

    def _go_through(self, loader, learning):
        device = next(self.model.parameters()).device
        self.model.train(learning)
        losses = []
        with torch.set_grad_enabled(learning):
            for x, y in loader:
                x, y = x.to(device), y.to(device)
                loss = self.loss_fn(y, self.model(x))
                if learning:
                    self._step(loss)
                losses += [loss.item()] * len(x)
        return math.fsum(losses) / len(losses)

    def _step(self, loss):
        loss.backward()
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        if self.max_norm is not None:
            norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in gradients]))
            for gradient in gradients:
                gradient.mul_((self.max_norm / norm).clamp(max=1.0))
        self.optimizer.step()
        self.optimizer.zero_grad()

    def fit(self, train, validation, epochs):
        losses, snapshots = [], []
        self.optimizer.zero_grad()
        for _ in range(epochs):
            losses.append((self._go_through(train, True), self.evaluate(validation)))
            snapshots.append(copy.deepcopy(self.model).state_dict() if self.patience else None)
            if self.scheduler is not None:
                self.scheduler.step()
            if self.patience and len(losses) - 1 - self._best(losses) >= self.patience:
                break
        if self.patience and self._best(losses) >= 0:
            self.model.load_state_dict(snapshots[self._best(losses)])
        return {"train": [a for a, _ in losses], "validation": [b for _, b in losses]}

    @staticmethod
    def _best(losses):
        """Return the place of the lowest finite validation loss, the first of equal ones; -1 where there is none."""
        finite = [(loss, place) for place, (_, loss) in enumerate(losses) if math.isfinite(loss)]
        return min(finite)[1] if finite else -1

    def evaluate(self, loader):
        modes = {name: part.training for name, part in self.model.named_modules()}
        loss = self._go_through(loader, False)
        for name, part in self.model.named_modules():
            part.training = modes[name]
        return loss

    def save(self, path):
        state = {"weights": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}
        state["scheduler"] = {} if self.scheduler is None else self.scheduler.state_dict()
        torch.save(state, str(path))

    def load(self, path):
        state = torch.load(str(path), map_location="cpu")
        self.model.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.scheduler is not None:
            self.scheduler.load_state_dict(state["scheduler"])


def quiz():
    return {number + 1: letter for number, letter in enumerate(list("cadbacbdbc"))}
