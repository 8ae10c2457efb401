"""Built from PyTorch's own parts: TensorDataset, batch samplers, optimizers, pytrees, subfigures."""

import copy

import matplotlib.pyplot as plt
import torch
from torch import Tensor, nn, optim
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, SequentialSampler, TensorDataset, default_collate
from torchvision import datasets
from torchvision.transforms import v2


class ToyDataset(TensorDataset):
    def __init__(self, n_samples: int, seed: int) -> None:
        x = torch.linspace(-2.0, 2.0, steps=n_samples)[:, None]
        z = torch.normal(0.0, 1.0, x.shape, generator=torch.Generator().manual_seed(seed))
        super().__init__(x, torch.addcmul(3 * x + 1, z, torch.tensor(0.5)))


def make_loader(dataset, batch_size: int, shuffle: bool, seed: int) -> DataLoader:
    generator = torch.Generator()
    generator.manual_seed(seed)
    order = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
    return DataLoader(dataset, batch_sampler=BatchSampler(order, batch_size, drop_last=False), generator=generator)


def manual_batches(X: Tensor, y: Tensor, batch_size: int, order):
    X, y = X[order], y[order]
    yield from zip(X.split(batch_size), y.split(batch_size), strict=True)


def train(loader: DataLoader, model: nn.Module, lr: float, epochs: int) -> list[float]:
    criterion = nn.MSELoss(reduction="sum")
    optimizer = optim.SGD(model.parameters(), lr)

    def one_epoch() -> float:
        squares, elements = 0.0, 0
        for X, y in loader:
            optimizer.zero_grad(set_to_none=False)
            total = criterion(model(X), y)
            (total / y.numel()).backward()
            optimizer.step()
            squares += total.detach().item()
            elements += y.numel()
        return squares / elements

    return [one_epoch() for _ in range(epochs)]


def compare_batch_sizes(dataset, sizes: list[int], epochs: int, lr: float, seed: int) -> dict[int, list[float]]:
    torch.manual_seed(seed)
    first = nn.Linear(1, 1)
    start = copy.deepcopy(first.state_dict())
    losses = {}
    for size in sizes:
        model = nn.Linear(1, 1)
        model.load_state_dict(start)
        losses[size] = train(make_loader(dataset, size, True, seed), model, lr, epochs)
    return losses


class StandardizedToyDataset(TensorDataset):
    def __init__(self, n_samples: int, seed: int) -> None:
        x, y = ToyDataset(n_samples, seed).tensors
        self.x_mean = x.mean(dim=0)
        self.x_std = x.std(dim=0, correction=1)
        super().__init__((x - self.x_mean) / self.x_std, y)

    def inverse(self, x: Tensor) -> Tensor:
        return torch.addcmul(self.x_mean, x, self.x_std)


def digits_loader(root, train: bool, batch_size: int) -> DataLoader:
    steps = v2.Compose(
        [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(mean=[0.5], std=[0.5]), v2.ToPureTensor()]
    )
    dataset = datasets.MNIST(root, train=train, transform=steps)
    return DataLoader(dataset, batch_size, shuffle=bool(train), collate_fn=default_collate, drop_last=False)


def to_device(batch, device):
    return torch.utils._pytree.tree_map_only(Tensor, lambda tensor: tensor.to(device), batch)


def plot_batch(images: Tensor, labels: Tensor) -> plt.Figure:
    fig = plt.figure()
    grid = fig.subplot_mosaic([[0, 1, 2, 3], [4, 5, 6, 7]])
    with torch.no_grad():
        rgb = images.mul(0.5).add(0.5).expand(-1, 3, -1, -1).movedim(1, -1).cpu()
    for ax in grid.values():
        ax.axis(False)
    for spot, picture, label in zip(grid.values(), rgb, labels.tolist(), strict=False):
        spot.imshow(picture.numpy())
        spot.set_title(f"class: {label}")
    return fig
