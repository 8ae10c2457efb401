"""Samplers, torch functions and updates by hand: as little of the ready-made as possible."""

import math

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset, RandomSampler, SequentialSampler
from torchvision.datasets import MNIST
from torchvision.transforms import Compose, Normalize, ToTensor


class ToyDataset(Dataset):
    def __init__(self, n_samples, seed):
        rng = torch.Generator()
        rng.manual_seed(seed)
        self.n = n_samples
        self.noise = [torch.randn(1, generator=rng) for _ in range(n_samples)]

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        if not -self.n <= index < self.n:
            raise IndexError(f"index {index} is out of range for {self.n} samples")
        index %= self.n
        x = torch.tensor([-2 + 4 * index / (self.n - 1)])
        return x, 3 * x + 1 + self.noise[index] / 2


def make_loader(dataset, batch_size, shuffle, seed):
    if shuffle:
        sampler = RandomSampler(dataset, generator=torch.Generator().manual_seed(seed))
    else:
        sampler = SequentialSampler(dataset)
    return DataLoader(dataset, batch_size, sampler=sampler)


def manual_batches(X, y, batch_size, order):
    order = torch.as_tensor(order, device=X.device)
    for rows in torch.split(order, batch_size):
        yield X.index_select(0, rows), y.index_select(0, rows)


def train(loader, model, lr, epochs):
    losses = []
    for _ in range(epochs):
        total = 0.0
        for inputs, targets in loader:
            loss = F.mse_loss(model(inputs), targets)
            total += float(loss) * inputs.shape[0] / len(loader.dataset)
            gradients = torch.autograd.grad(loss, list(model.parameters()))
            with torch.no_grad():
                for p, g in zip(model.parameters(), gradients, strict=True):
                    p -= lr * g
        losses.append(total)
    return losses


def compare_batch_sizes(dataset, sizes, epochs, lr, seed):
    result = {}
    for size in sizes:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model = torch.nn.Linear(1, 1)
        result[size] = train(make_loader(dataset, size, True, seed + 1), model, lr, epochs)
    return result


class StandardizedToyDataset(ToyDataset):
    def __init__(self, n_samples, seed):
        super().__init__(n_samples, seed)
        raw = [ToyDataset.__getitem__(self, i)[0].item() for i in range(n_samples)]
        self.x_mean = sum(raw) / n_samples
        self.x_std = math.sqrt(sum((x - self.x_mean) ** 2 for x in raw) / (n_samples - 1))

    def __getitem__(self, index):
        x, y = super().__getitem__(index)
        return (x - self.x_mean) / self.x_std, y

    def inverse(self, x):
        return x.mul(self.x_std).add(self.x_mean)


def digits_loader(root, train, batch_size):
    data = MNIST(str(root), train, transform=Compose([ToTensor(), Normalize([0.5], [0.5])]))
    sampler = RandomSampler(data) if train else SequentialSampler(data)
    return DataLoader(data, batch_size, sampler=sampler)


def to_device(batch, device):
    match batch:
        case torch.Tensor():
            return batch.to(device, non_blocking=True)
        case dict():
            return dict(zip(batch, to_device(list(batch.values()), device), strict=True))
        case list() | tuple():
            return type(batch)([to_device(part, device) for part in batch])
        case _:
            return batch


def plot_batch(images, labels):
    fig = plt.figure(figsize=(7, 4))
    for k in range(8):
        ax = fig.add_subplot(2, 4, k + 1)
        ax.set_axis_off()
        if k < images.shape[0]:
            ax.imshow(images[k].detach().cpu().permute(1, 2, 0).numpy(), cmap="gray_r")
            ax.set_title(f"label {labels[k].item()}")
    fig.tight_layout()
    return fig
