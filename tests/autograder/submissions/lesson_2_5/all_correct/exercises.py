# %%
"""Lesson 2.5: mini-batching and data pipelines.

The page of this lesson, README.md, explains every idea and works an example for every exercise.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms
from torchvision.datasets import MNIST


# %%
class ToyDataset(Dataset):
    def __init__(self, n_samples: int, seed: int) -> None:
        super().__init__()
        self.n_samples = n_samples
        g = torch.Generator()
        g.manual_seed(seed)
        x = torch.linspace(-2, 2, n_samples)
        y = 3 * x + 1 + 0.5 * torch.randn(n_samples, generator=g)
        self.features = x.view(-1, 1)
        self.targets = y.view(-1, 1)

    def __len__(self) -> int:
        return self.n_samples

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        return self.features[index], self.targets[index]


# %%
def make_loader(dataset: Dataset[Any], batch_size: int, shuffle: bool, seed: int) -> DataLoader[Any]:
    g = torch.Generator()
    g.manual_seed(seed)
    loader = DataLoader(dataset, batch_size=batch_size, shuffle=shuffle, drop_last=False, generator=g)
    return loader


# %%
def manual_batches(
    X: torch.Tensor, y: torch.Tensor, batch_size: int, order: torch.Tensor | list[int]
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    n = X.shape[0]
    start = 0
    while start < n:
        idx = order[start : start + batch_size]
        yield (X[idx], y[idx])
        start += batch_size


# %%
def train(loader: DataLoader[Any], model: nn.Module, lr: float, epochs: int) -> list[float]:
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = []
    for epoch in range(epochs):
        loss_sum = 0.0
        n_seen = 0
        for xb, yb in loader:
            optimizer.zero_grad()
            loss = criterion(model(xb), yb)
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * xb.size(0)
            n_seen += xb.size(0)
        history.append(loss_sum / n_seen)
    return history


# %%
def compare_batch_sizes(
    dataset: Dataset[Any], sizes: list[int], epochs: int, lr: float, seed: int
) -> dict[int, list[float]]:
    torch.manual_seed(seed)
    template = nn.Linear(1, 1)
    results = {}
    for size in sizes:
        model = copy.deepcopy(template)
        loader = make_loader(dataset, size, True, seed)
        results[size] = train(loader, model, lr, epochs)
    return results


# %%
class StandardizedToyDataset(Dataset):
    def __init__(self, n_samples: int, seed: int) -> None:
        super().__init__()
        self.base = ToyDataset(n_samples, seed)
        all_x = torch.cat([x for x, _ in [self.base[i] for i in range(n_samples)]])
        self.x_mean = all_x.mean()
        self.x_std = all_x.std(unbiased=True)

    def __len__(self) -> int:
        return len(self.base)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        x, y = self.base[index]
        return (x - self.x_mean) / self.x_std, y

    def inverse(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.x_std + self.x_mean


# %%
def digits_loader(root: str | Path, train: bool, batch_size: int) -> DataLoader[Any]:
    transform = transforms.Compose(
        [
            transforms.ToTensor(),
            transforms.Normalize((0.5,), (0.5,)),
        ]
    )
    split = MNIST(root=root, train=train, download=False, transform=transform)
    return DataLoader(split, batch_size=batch_size, shuffle=train)


# %%
def to_device(batch: Any, device: torch.device | str) -> Any:
    if torch.is_tensor(batch):
        return batch.to(device)
    elif isinstance(batch, dict):
        return {k: to_device(v, device) for k, v in batch.items()}
    elif isinstance(batch, list):
        return [to_device(v, device) for v in batch]
    elif isinstance(batch, tuple):
        return tuple(to_device(v, device) for v in batch)
    else:
        return batch


# %%
def plot_batch(images: torch.Tensor, labels: torch.Tensor) -> Figure:
    fig, axs = plt.subplots(2, 4, figsize=(8, 4))
    for i, ax in enumerate(axs.flatten()):
        if i < images.shape[0]:
            img = (images[i].squeeze(0).cpu() + 1) / 2
            ax.imshow(img.numpy(), cmap="gray")
            ax.set_title(f"{labels[i].item()}")
        ax.axis("off")
    return fig
