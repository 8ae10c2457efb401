"""My answers to lesson 2.5."""
import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset, RandomSampler
from torchvision.datasets import MNIST
from torchvision.transforms import Compose, Normalize, ToTensor


class ToyDataset(Dataset):
    def __init__(self, n_samples, seed):
        rng = np.random.default_rng(seed)
        self.x = np.linspace(-2, 2, n_samples, dtype=np.float32)
        noise = rng.normal(0, 0.5, size=n_samples)
        self.y = (3 * self.x + 1 + noise).astype(np.float32)

    def __len__(self):
        return self.x.shape[0]

    def __getitem__(self, index):
        # numpy raises the IndexError for me
        return torch.tensor([self.x[index]]), torch.tensor([self.y[index]])


def make_loader(dataset, batch_size, shuffle, seed):
    if not shuffle:
        return DataLoader(dataset, batch_size=batch_size)
    rng = torch.Generator()
    rng.manual_seed(seed)
    return DataLoader(dataset, batch_size=batch_size, sampler=RandomSampler(dataset, generator=rng))


def manual_batches(X, y, batch_size, order):
    n_batches = -(-len(X) // batch_size)  # rounds up
    for k in range(n_batches):
        rows = torch.as_tensor(order[k * batch_size : (k + 1) * batch_size], device=X.device)
        yield X.index_select(0, rows), y.index_select(0, rows)


def train(loader, model, lr, epochs):
    opt = optim.SGD(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        losses, weights = [], []
        for inputs, targets in loader
            loss = ((model(inputs) - targets) ** 2).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
            losses.append(loss.item())
            weights.append(len(inputs))
        history.append(float(np.average(losses, weights=weights)))
    return history


def compare_batch_sizes(dataset, sizes, epochs, lr, seed):
    def run(size):
        model = nn.Linear(1, 1)
        with torch.no_grad():
            model.weight.fill_(0.1)
            model.bias.fill_(0.0)
        return train(make_loader(dataset, size, True, seed), model, lr, epochs)

    return {size: run(size) for size in sizes}


class StandardizedToyDataset(ToyDataset):
    def __init__(self, n_samples, seed):
        super().__init__(n_samples, seed)
        self.x_mean = float(self.x.mean())
        self.x_std = float(self.x.std(ddof=1))

    def __getitem__(self, index):
        x, y = super().__getitem__(index)
        return (x - self.x_mean) / self.x_std, y

    def inverse(self, x):
        return x * self.x_std + self.x_mean


def digits_loader(root, train, batch_size):
    digits = MNIST(root, train, transform=Compose([ToTensor(), Normalize(mean=(0.5,), std=(0.5,))]))
    return DataLoader(digits, batch_size, shuffle=train)


def to_device(batch, device):
    match batch:
        case torch.Tensor():
            return batch.to(device)
        case list():
            return [to_device(b, device) for b in batch]
        case tuple():
            return tuple(to_device(b, device) for b in batch)
        case dict():
            return dict((k, to_device(b, device)) for k, b in batch.items())
    return batch


def plot_batch(images, labels):
    fig, axes = plt.subplots(nrows=2, ncols=4)
    for ax in axes.ravel():
        ax.axis("off")
    for ax, image, label in zip(axes.ravel(), images.cpu(), labels.tolist()):
        ax.imshow(image.permute(1, 2, 0).numpy(), cmap="gray", vmin=-1, vmax=1)
        ax.set_title(label)
    fig.tight_layout()
    return fig
