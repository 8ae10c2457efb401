"""Many small helpers; ridge regression through the singular values, the update through autograd's own function."""

import matplotlib
import torch
from matplotlib.figure import Figure
from torch import nn


def _require(condition, message):
    if not condition:
        raise ValueError(message)


def polynomial_features(x: torch.Tensor, degree: int) -> torch.Tensor:
    _require(degree >= 1, "the degree starts at 1")
    exponents = torch.arange(1, degree + 1, device=x.device)
    return x[:, None] ** exponents


def _shuffled(n, generator, device):
    """Fisher and Yates, by hand."""
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        j = int(torch.randint(0, i + 1, (1,), generator=generator, device=device))
        order[i], order[j] = order[j], order[i]
    return torch.tensor(order, device=device)


def train_validation_split(X, y, fraction, generator):
    n = X.size(0)
    _require(n > 1, "one row cannot be split")
    _require(0 < fraction < 1, "the fraction is a share")
    stay = min(n - 1, max(1, n - round(n * fraction)))
    train, validation = _shuffled(n, generator, X.device).split([stay, n - stay])
    return (
        X.index_select(0, train),
        y.index_select(0, train),
        X.index_select(0, validation),
        y.index_select(0, validation),
    )


def l2_penalty(model: nn.Module) -> torch.Tensor:
    penalty = torch.zeros(())
    for module in model.modules():
        weight = getattr(module, "weight", None)
        if isinstance(weight, nn.Parameter):
            penalty = penalty.to(weight) + torch.linalg.vector_norm(weight) ** 2
    return penalty


def weight_decay_step(params, grads, lr, decay):
    def step(p, g):
        return p.detach().clone().mul_(1 - lr * decay).sub_(g, alpha=lr)

    return list(map(step, params, grads))


def dropout(x, p, training, generator):
    _require(0 <= p <= 1, "p is a probability")
    if not training:
        return x * 1
    draws = torch.empty(x.shape, device=x.device).uniform_(generator=generator)
    return torch.where(draws < p, torch.zeros_like(x), x / (1 - p) if p < 1 else x)


def fit_ridge(X, y, strength):
    center, level = X.mean(0, keepdim=True), y.mean()
    U, S, Vh = torch.linalg.svd(X - center, full_matrices=False)
    shrink = torch.where(S > 1e-6 * S.max() + 1e-30, S / (S**2 + strength), torch.zeros_like(S))
    w = Vh.T @ (shrink * (U.T @ (y - level)).squeeze(1))
    return w, level - (center @ w).squeeze(0)


def penalized_epoch(model, X, y, lr, strength, batch_size):
    parameters = list(model.parameters())
    total = X.new_zeros(())
    for rows, targets in zip(X.split(batch_size), y.split(batch_size)):
        mse = torch.mean(torch.square(targets - model(rows)))
        gradients = torch.autograd.grad(mse + strength * l2_penalty(model), parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients):
                parameter.copy_(parameter - lr * gradient)
        total = total + mse.detach() * rows.size(0)
    return (total / X.size(0)).item()


def overfit_gap(history):
    pairs = list(zip(history["train"], history["validation"]))
    _require(pairs and len(pairs) == len(history["train"]) == len(history["validation"]), "equal lengths, please")
    best_epoch = min(range(len(pairs)), key=lambda epoch: pairs[epoch][1])
    last_train, last_validation = pairs[-1]
    return last_validation - last_train, best_epoch


def plot_learning_curves(history):
    figure = Figure()
    axes = figure.subplots()
    colours = matplotlib.colormaps["viridis"]([0.1, 0.8])
    for colour, (name, losses) in zip(colours, history.items()):
        axes.plot(range(len(losses)), losses, color=colour, marker=".", label=f"{name} loss")
    axes.set_xlabel("epoch (from 0)")
    axes.set_ylabel("loss")
    axes.legend(loc="upper right")
    return figure
