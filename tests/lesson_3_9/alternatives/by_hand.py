"""Everything in plain steps: recursion over children, sums in loops, clipping by hand, and the best weights as a list of clones."""

import torch
from torch import nn


def freeze(module):
    for part in module.modules():
        for parameter in part.parameters(recurse=False):
            parameter.requires_grad = False
        part.training = False
        part.train = lambda mode=True, part=part: part
    return module


def places(model):
    # Where every linear layer inside stands: the module that holds it, and its name there, in the order of modules().
    found = []
    for name, child in model.named_children():
        if isinstance(child, nn.Linear):
            found.append((model, name))
        found.extend(places(child))
    return found


def replace_head(model, n_classes):
    found = places(model)
    if len(found) == 0:
        raise ValueError("no nn.Linear inside the model")
    holder, name = found[-1]
    old = getattr(holder, name)
    new = nn.Linear(old.in_features, n_classes)
    new = new.to(device=old.weight.device, dtype=old.weight.dtype)
    holder._modules[name] = new
    return model


def parameter_groups(model, lr_backbone, lr_head):
    head = None
    for part in model.modules():
        if isinstance(part, nn.Linear):
            head = part
    of_backbone, of_head = [], []
    for parameter in model.parameters():
        if not parameter.requires_grad:
            continue
        if any(parameter is other for other in head.parameters()):
            of_head.append(parameter)
        else:
            of_backbone.append(parameter)
    groups = []
    if of_backbone:
        groups.append({"params": of_backbone, "lr": lr_backbone})
    if of_head:
        groups.append({"params": of_head, "lr": lr_head})
    return groups


def fine_tune(model, X, y, n_classes, epochs, lr, seed):
    import copy

    tuned = copy.deepcopy(model)
    freeze(tuned)
    state = torch.get_rng_state()
    torch.manual_seed(seed)
    tuned = replace_head(tuned, n_classes)
    torch.set_rng_state(state)
    head = [part for part in tuned.modules() if isinstance(part, nn.Linear)][-1]
    optimizer = torch.optim.Adam([head.weight, head.bias], lr=lr)
    rows = torch.arange(len(y), device=y.device)
    for epoch in range(epochs):
        optimizer.zero_grad()
        logits = tuned(X)
        log_p = logits - torch.logsumexp(logits, dim=1, keepdim=True)
        loss = -log_p[rows, y].mean()
        loss.backward()
        optimizer.step()
    return tuned


class Autoencoder(nn.Module):
    """One linear layer each way is enough for what two numbers describe linearly."""

    def __init__(self, input_dim, code_dim):
        super().__init__()
        self.down = nn.Linear(input_dim, code_dim)
        self.up = nn.Linear(code_dim, input_dim)

    def encode(self, x):
        return self.down(x)

    def decode(self, code):
        return self.up(code)

    def forward(self, x):
        return self.up(self.down(x))


def masked_reconstruction_loss(x, x_hat, mask):
    count = int(mask.sum())
    if count == 0:
        return torch.tensor(0.0, dtype=x.dtype, device=x.device)
    difference = x.masked_select(mask) - x_hat.masked_select(mask)
    return (difference * difference).sum() / count


class Trainer:
    def __init__(self, model, optimizer, loss_fn, scheduler=None, max_norm=None, patience=None):
        self.model = model
        self.optimizer = optimizer
        self.loss_fn = loss_fn
        self.scheduler = scheduler
        self.max_norm = max_norm
        self.patience = patience

    def where(self):
        for parameter in self.model.parameters():
            return parameter.device

    def clip(self):
        squares = 0.0
        for parameter in self.model.parameters():
            if parameter.grad is not None:
                squares += float((parameter.grad * parameter.grad).sum())
        norm = squares**0.5
        if norm > self.max_norm:
            for parameter in self.model.parameters():
                if parameter.grad is not None:
                    parameter.grad = parameter.grad * (self.max_norm / norm)

    def fit(self, train, validation, epochs):
        train_losses, validation_losses = [], []
        lowest, best, bad = None, None, 0
        for epoch in range(epochs):
            self.model.train()
            summed, samples = 0.0, 0
            for x, y in train:
                x = x.to(self.where())
                y = y.to(self.where())
                self.optimizer.zero_grad()
                y_hat = self.model(x)
                loss = self.loss_fn(y, y_hat)
                loss.backward()
                if self.max_norm is not None:
                    self.clip()
                self.optimizer.step()
                summed += float(loss.detach()) * x.shape[0]
                samples += x.shape[0]
            train_losses.append(summed / samples)
            checked = self.evaluate(validation)
            validation_losses.append(checked)
            if self.scheduler is not None:
                self.scheduler.step()
            if self.patience is None:
                continue
            a_number = checked == checked and checked != float("inf")
            if a_number and (lowest is None or checked < lowest):
                lowest, bad = checked, 0
                best = [t.detach().clone() for t in [*self.model.parameters(), *self.model.buffers()]]
            else:
                bad += 1
                if bad >= self.patience:
                    break
        if best is not None:
            with torch.no_grad():
                for now, then in zip([*self.model.parameters(), *self.model.buffers()], best):
                    now.copy_(then)
        return {"train": train_losses, "validation": validation_losses}

    def evaluate(self, loader):
        parts = list(self.model.modules())
        modes = [part.training for part in parts]
        self.model.eval()
        summed, samples = 0.0, 0
        for x, y in loader:
            with torch.no_grad():
                x, y = x.to(self.where()), y.to(self.where())
                summed += float(self.loss_fn(y, self.model(x))) * y.shape[0]
            samples += y.shape[0]
        for part, mode in zip(parts, modes):
            part.training = mode
        return summed / samples

    def save(self, path):
        everything = [self.model.state_dict(), self.optimizer.state_dict()]
        everything.append(self.scheduler.state_dict() if self.scheduler else None)
        torch.save(everything, path)

    def load(self, path):
        of_model, of_optimizer, of_scheduler = torch.load(path, map_location=self.where())
        self.model.load_state_dict(of_model)
        self.optimizer.load_state_dict(of_optimizer)
        if self.scheduler:
            self.scheduler.load_state_dict(of_scheduler)


def quiz():
    answers = {}
    answers[1] = "C"
    answers[2] = "A"
    answers[3] = "D"
    answers[4] = "B"
    answers[5] = "A"
    answers[6] = "C"
    answers[7] = "B"
    answers[8] = "D"
    answers[9] = "B"
    answers[10] = "C"
    return answers
