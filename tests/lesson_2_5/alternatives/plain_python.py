"""Lists, loops and custom classes, the way that somebody comes to it from plain Python."""

import random

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, Sampler
from torchvision import datasets, transforms


class ToyDataset(Dataset):
    def __init__(self, n_samples, seed):
        super().__init__()
        noise = np.random.default_rng(seed).standard_normal(n_samples)
        xs = np.linspace(-2, 2, n_samples)
        ys = 3 * xs + 1 + 0.5 * noise
        self.samples = [
            (torch.tensor([x], dtype=torch.float32), torch.tensor([y], dtype=torch.float32))
            for x, y in zip(xs, ys, strict=True)
        ]

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        return self.samples[index]


class ShuffledEveryEpoch(Sampler):
    def __init__(self, n, seed):
        self.n = n
        self.rng = random.Random(seed)

    def __len__(self):
        return self.n

    def __iter__(self):
        order = list(range(self.n))
        self.rng.shuffle(order)
        return iter(order)


def make_loader(dataset, batch_size, shuffle, seed):
    if not shuffle:
        return DataLoader(dataset, batch_size=batch_size, shuffle=False)
    return DataLoader(dataset, batch_size=batch_size, sampler=ShuffledEveryEpoch(len(dataset), seed))


def manual_batches(X, y, batch_size, order):
    xs, ys = [], []
    for i in order:
        xs.append(X[int(i)])
        ys.append(y[int(i)])
        if len(xs) == batch_size:
            yield torch.stack(xs), torch.stack(ys)
            xs, ys = [], []
    if xs:
        yield torch.stack(xs), torch.stack(ys)


def train(loader, model, lr, epochs):
    loss_fn = nn.MSELoss()
    history = []
    for _ in range(epochs):
        losses, sizes = [], []
        for x, y in loader:
            model.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.sub_(parameter.grad, alpha=lr)
            losses.append(loss.item())
            sizes.append(len(y))
        history.append(sum(a * b for a, b in zip(losses, sizes, strict=True)) / sum(sizes))
    return history


def compare_batch_sizes(dataset, sizes, epochs, lr, seed):
    def fresh():
        model = nn.Linear(1, 1)
        nn.init.zeros_(model.weight)
        nn.init.zeros_(model.bias)
        return model

    return {size: train(make_loader(dataset, size, True, seed), fresh(), lr, epochs) for size in sizes}


class StandardizedToyDataset(Dataset):
    def __init__(self, n_samples, seed):
        toy = ToyDataset(n_samples, seed)
        x = torch.cat([sample[0] for sample in toy.samples])
        self.x_std, self.x_mean = torch.std_mean(x)
        self.samples = [((x - self.x_mean) / self.x_std, y) for x, y in toy.samples]

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        return self.samples[index]

    def inverse(self, x):
        return self.x_mean + self.x_std * x


def digits_loader(root, train, batch_size):
    dataset = datasets.MNIST(
        root=root,
        train=train,
        download=False,
        transform=transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]),
    )
    if train:
        return DataLoader(dataset, batch_size=batch_size, shuffle=True, generator=torch.Generator().manual_seed(0))
    return DataLoader(dataset, batch_size=batch_size)


def to_device(batch, device):
    if type(batch) is tuple:
        return tuple([to_device(part, device) for part in batch])
    if type(batch) is list:
        moved = []
        for part in batch:
            moved.append(to_device(part, device))
        return moved
    if type(batch) is dict:
        moved = {}
        for key in batch:
            moved[key] = to_device(batch[key], device)
        return moved
    return batch.to(device) if torch.is_tensor(batch) else batch


def plot_batch(images, labels):
    fig, axs = plt.subplots(nrows=2, ncols=4, figsize=(8, 4.5), layout="constrained")
    pictures = ((images + 1) / 2 * 255).round().to(torch.uint8).squeeze(1).cpu().numpy()
    for row in range(2):
        for column in range(4):
            ax = axs[row, column]
            ax.axis("off")
            k = 4 * row + column
            if k < len(pictures):
                ax.imshow(pictures[k], cmap="viridis", vmin=0, vmax=255)
                ax.set_title(int(labels[k]))
    return fig
