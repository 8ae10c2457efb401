import matplotlib.pyplot as plt
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset
from torchvision import datasets, transforms


class ToyDataset(Dataset):
    def __init__(self, n_samples, seed):
        # own generator, so that nobody else's random numbers change
        rng = torch.Generator().manual_seed(seed)
        self.data = []
        for i in range(n_samples):
            x = -2 + 4 * i / (n_samples - 1)
            z = torch.randn(1, generator=rng)
            self.data.append((torch.tensor([x]), 3 * x + 1 + 0.5 * z))

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        return self.data[index]


def make_loader(dataset, batch_size, shuffle, seed):
    rng = torch.Generator().manual_seed(seed) if shuffle else None
    return DataLoader(dataset, batch_size, shuffle, generator=rng)


def manual_batches(X, y, batch_size, order):
    X_shuffled = X[order]
    y_shuffled = y[order]
    for i in range(0, len(X), batch_size):
        yield X_shuffled[i : i + batch_size], y_shuffled[i : i + batch_size]


def train(loader, model, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        total, n = 0, 0
        for x, y in loader:
            loss = F.mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss * len(x)
            n += len(x)
        history.append(total / n)
    return history


def compare_batch_sizes(dataset, sizes, epochs, lr, seed):
    losses = {}
    for size in sizes:
        torch.manual_seed(seed)  # the same weights for each size
        model = nn.Linear(1, 1)
        losses[size] = train(make_loader(dataset, size, True, seed), model, lr, epochs)
    return losses


class StandardizedToyDataset(Dataset):
    def __init__(self, n_samples, seed):
        toy = ToyDataset(n_samples, seed)
        samples = [toy[i] for i in range(n_samples)]
        x = torch.stack([s[0] for s in samples])
        self.x_mean, self.x_std = x.mean().item(), x.std().item()
        self.x = (x - self.x_mean) / self.x_std
        self.y = torch.stack([s[1] for s in samples])

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index], self.y[index]

    def inverse(self, x):
        return self.x_mean + x * self.x_std


def digits_loader(root, train, batch_size):
    t = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    ds = datasets.MNIST(root, train=False, transform=t)
    return DataLoader(ds, batch_size=batch_size, shuffle=train)


def to_device(batch, device):
    if isinstance(batch, torch.Tensor):
        return batch.clone().to(device)  # do not change the caller's tensor
    if isinstance(batch, (tuple, list)):
        return type(batch)([to_device(part, device) for part in batch])
    if isinstance(batch, dict):
        return {key: to_device(value, device) for key, value in batch.items()}
    return batch


def plot_batch(images, labels):
    fig = plt.figure(figsize=(10, 5))
    pictures = images.detach().cpu().numpy() * 0.5 + 0.5
    for i in range(8):
        ax = fig.add_subplot(2, 4, i + 1)
        ax.set_axis_off()
        if i < len(pictures):
            ax.imshow(pictures[i][0], cmap="gray_r", vmin=0, vmax=1)
            ax.set_title("label %d" % labels[i])
    return fig
