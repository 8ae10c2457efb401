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
    rng = torch.Generator().manual_seed(seed)
    # all batches should have the same shape
    return DataLoader(dataset, batch_size=batch_size, shuffle=shuffle, generator=rng, drop_last=True)


def manual_batches(X, y, batch_size, order):
    n_batches = len(X) // batch_size
    for k in range(n_batches):
        idx = order[k * batch_size : (k + 1) * batch_size]
        yield X[idx], y[idx]


def train(loader, model, lr, epochs):
    history = []
    for _ in range(epochs):
        squares, count = 0.0, 0
        for x, y in loader:
            y_hat = model(x)
            loss = F.mse_loss(y_hat, y)
            model.zero_grad()
            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= lr * p.grad
            squares += float(loss.detach()) * y.numel()
            count += y.numel()
        history.append(squares / count)
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
    ds = datasets.MNIST(root, train=train, transform=t)
    if train:
        return DataLoader(ds, batch_size=batch_size, shuffle=True)
    return DataLoader(ds, batch_size=batch_size, shuffle=False)


def to_device(batch, device):
    if isinstance(batch, torch.Tensor):
        return batch.to(device)
    if isinstance(batch, (tuple, list)):
        return type(batch)([to_device(part, device) for part in batch])
    if isinstance(batch, dict):
        moved = {}
        for key, value in batch.items():
            moved[key] = to_device(value, device)
        return moved
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
