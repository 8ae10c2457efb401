"""Lesson 2.5: the wrong answers that students really give."""

from __future__ import annotations

import copy

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset
from torchvision import transforms
from torchvision.datasets import MNIST

from autograder.worker.misconception import misconception
from solutions.lesson_2_5.exercises import StandardizedToyDataset, ToyDataset, make_loader, train


@misconception(
    "ToyDataset",
    says="The noise is drawn anew whenever a sample is read, so the same sample has another target in every epoch. "
    "The lesson draws all noise once, in `__init__`, and keeps it.",
    section="A Dataset answers two questions",
)
class noise_drawn_on_every_access(ToyDataset):
    def __init__(self, n_samples, seed):
        super().__init__(n_samples, seed)
        self.generator = torch.Generator().manual_seed(seed)

    def __getitem__(self, index):
        x = self.x[index]
        return x, 3 * x + 1 + 0.5 * torch.randn(1, generator=self.generator)


@misconception(
    "ToyDataset",
    says="A sample is two plain numbers. The lesson gives two float32 tensors of shape (1,), so that a batch of them "
    "is a column.",
    section="A Dataset answers two questions",
)
class numbers_for_tensors(ToyDataset):
    def __getitem__(self, index):
        return self.x[index].item(), self.y[index].item()


@misconception(
    "ToyDataset",
    says="An index past the end wraps around to the beginning. The lesson raises an IndexError there: "
    "that is how a loop over the dataset knows where to stop.",
    section="A Dataset answers two questions",
)
class index_wraps_around(ToyDataset):
    def __getitem__(self, index):
        return super().__getitem__(index % len(self))


@misconception(
    "ToyDataset",
    says="The noise has variance 0.5. The lesson multiplies standard normal numbers by 0.5, which gives the *standard "
    "deviation* 0.5.",
    section="A Dataset answers two questions",
)
class noise_of_variance_one_half(ToyDataset):
    def __init__(self, n_samples, seed):
        super().__init__(n_samples, seed)
        line = 3 * self.x + 1
        self.y = line + 2**0.5 * (self.y - line)


@misconception(
    "ToyDataset",
    says="`torch.manual_seed` re-seeds PyTorch's global generator, and with it every other random draw of the program. "
    "The lesson draws from a `torch.Generator` of the dataset's own.",
    section="A Dataset answers two questions",
)
class toy_seeds_globally(Dataset):
    def __init__(self, n_samples, seed):
        torch.manual_seed(seed)
        self.x = torch.linspace(-2, 2, n_samples).unsqueeze(1)
        self.y = 3 * self.x + 1 + 0.5 * torch.randn(n_samples, 1)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index], self.y[index]


@misconception(
    "make_loader",
    says="The short batch at the end is dropped (`drop_last=True`), so some samples are never seen. The lesson keeps "
    "it.",
    section="The DataLoader",
)
def short_batch_dropped(dataset, batch_size, shuffle, seed):
    generator = torch.Generator().manual_seed(seed)
    return DataLoader(dataset, batch_size=batch_size, shuffle=shuffle, generator=generator, drop_last=True)


@misconception(
    "make_loader",
    says="The samples are mixed once, and then every epoch has that same order. The lesson mixes them anew for every "
    "epoch.",
    section="The DataLoader",
)
def same_order_in_every_epoch(dataset, batch_size, shuffle, seed):
    if shuffle:
        order = torch.randperm(len(dataset), generator=torch.Generator().manual_seed(seed))
        dataset = Subset(dataset, order.tolist())
    return DataLoader(dataset, batch_size=batch_size)


@misconception(
    "make_loader",
    says="`torch.manual_seed` seeds the one generator that the whole program shares, so any other random draw changes "
    "the order. The lesson hands the DataLoader a `torch.Generator` of its own.",
    section="The DataLoader",
)
def loader_seeds_globally(dataset, batch_size, shuffle, seed):
    torch.manual_seed(seed)
    return DataLoader(dataset, batch_size=batch_size, shuffle=shuffle)


@misconception(
    "make_loader",
    says="The samples are mixed also when `shuffle` is False. The lesson then serves them in the dataset's own order.",
    section="The DataLoader",
)
def always_shuffled(dataset, batch_size, shuffle, seed):
    return make_loader(dataset, batch_size, True, seed)


@misconception(
    "make_loader",
    says="The samples come in the dataset's own order also when `shuffle` is True. The lesson then mixes them in "
    "every epoch.",
    section="The DataLoader",
)
def never_shuffled(dataset, batch_size, shuffle, seed):
    return make_loader(dataset, batch_size, False, seed)


@misconception(
    "manual_batches",
    says="The short batch at the end is lost: only whole batches are cut. The lesson also yields the rows that are "
    "left over.",
    section="Cutting batches by hand",
)
def last_batch_lost(X, y, batch_size, order):
    for i in range(len(X) // batch_size):
        rows = order[i * batch_size : (i + 1) * batch_size]
        yield X[rows], y[rows]


@misconception(
    "manual_batches",
    says="Only the rows of X are put in the new order; the targets stay where they were, so features and targets "
    "no longer belong together. The lesson takes both with the same row numbers.",
    section="Cutting batches by hand",
)
def targets_left_behind(X, y, batch_size, order):
    for start in range(0, len(X), batch_size):
        yield X[order[start : start + batch_size]], y[start : start + batch_size]


@misconception(
    "manual_batches",
    says="The order is not used: the rows come as they lie in X. The lesson's first batch holds the rows order[0], "
    "order[1], and so on.",
    section="Cutting batches by hand",
)
def order_ignored(X, y, batch_size, order):
    for start in range(0, len(X), batch_size):
        yield X[start : start + batch_size], y[start : start + batch_size]


@misconception(
    "manual_batches",
    says="One batch too many: where the batch size divides the number of rows, an empty batch comes last. "
    "The lesson counts ceil(N / B) batches, not floor(N / B) + 1.",
    section="Cutting batches by hand",
)
def empty_batch_at_the_end(X, y, batch_size, order):
    for i in range(len(X) // batch_size + 1):
        rows = order[i * batch_size : (i + 1) * batch_size]
        yield X[rows], y[rows]


@misconception(
    "train",
    says="The losses of the batches are averaged as if all batches were equally large, so a short last batch counts "
    "too much. The lesson weighs each batch's loss by its number of samples.",
    section="The loss of an epoch",
)
def mean_of_batch_means(loader, model, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        total = 0.0
        for X, y in loader:
            loss = nn.functional.mse_loss(model(X), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        history.append(total / len(loader))
    return history


@misconception(
    "train",
    says="The history holds tensors, and each of them keeps the whole graph of its epoch in memory. "
    "The lesson takes the plain number out with `.item()`.",
    section="The loss of an epoch",
)
def loss_tensors_kept(loader, model, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        total, count = 0.0, 0
        for X, y in loader:
            loss = nn.functional.mse_loss(model(X), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total = total + loss * len(X)
            count += len(X)
        history.append(total / count)
    return history


@misconception(
    "train",
    says="The gradients are never cleared, so each update uses the sum of all gradients so far. "
    "The lesson calls `zero_grad` before every `backward`.",
    section="The loss of an epoch",
)
def gradients_never_cleared(loader, model, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        total, count = 0.0, 0
        for X, y in loader:
            loss = nn.functional.mse_loss(model(X), y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(X)
            count += len(X)
        history.append(total / count)
    return history


@misconception(
    "train",
    says="The model is updated once an epoch, with the gradients of all batches together. The lesson updates it after "
    "every batch.",
    section="The loss of an epoch",
)
def one_update_an_epoch(loader, model, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        total, count = 0.0, 0
        optimizer.zero_grad()
        for X, y in loader:
            loss = nn.functional.mse_loss(model(X), y)
            loss.backward()
            total += loss.item() * len(X)
            count += len(X)
        optimizer.step()
        history.append(total / count)
    return history


@misconception(
    "train",
    says="The loss is measured after the batch's update. The lesson keeps the loss that each batch had *before* its "
    "own update.",
    section="The loss of an epoch",
)
def loss_after_the_update(loader, model, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        total, count = 0.0, 0
        for X, y in loader:
            optimizer.zero_grad()
            nn.functional.mse_loss(model(X), y).backward()
            optimizer.step()
            total += nn.functional.mse_loss(model(X), y).item() * len(X)
            count += len(X)
        history.append(total / count)
    return history


@misconception(
    "train",
    says="The history holds the loss of each epoch's last batch alone. The lesson takes the mean over all samples of "
    "the epoch.",
    section="The loss of an epoch",
)
def last_batch_alone(loader, model, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        for X, y in loader:
            loss = nn.functional.mse_loss(model(X), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        history.append(loss.item())
    return history


@misconception(
    "compare_batch_sizes",
    says="All sizes train one and the same model, so each goes on where the one before it stopped. "
    "The lesson gives every size a fresh copy of the start.",
    section="A fair comparison of batch sizes",
)
def one_model_for_all_sizes(dataset, sizes, epochs, lr, seed):
    torch.manual_seed(seed)
    model = nn.Linear(1, 1)
    return {size: train(make_loader(dataset, size, True, seed), model, lr, epochs) for size in sizes}


@misconception(
    "compare_batch_sizes",
    says="Every size has a new model with new random weights, so the sizes start from different places. "
    "The lesson starts all of them from the same weight and bias.",
    section="A fair comparison of batch sizes",
)
def another_start_for_each_size(dataset, sizes, epochs, lr, seed):
    torch.manual_seed(seed)
    return {size: train(make_loader(dataset, size, True, seed), nn.Linear(1, 1), lr, epochs) for size in sizes}


@misconception(
    "compare_batch_sizes",
    says="The learning rate is multiplied by the batch size. The lesson trains every size with the same `lr`, so that "
    "the size alone differs.",
    section="A fair comparison of batch sizes",
)
def learning_rate_scaled(dataset, sizes, epochs, lr, seed):
    torch.manual_seed(seed)
    start = nn.Linear(1, 1)
    return {
        size: train(make_loader(dataset, size, True, seed), copy.deepcopy(start), lr * size / max(sizes), epochs)
        for size in sizes
    }


@misconception(
    "compare_batch_sizes",
    says="The samples come in the dataset's own order in every epoch. The lesson makes each size's loader with "
    "`shuffle=True`.",
    section="A fair comparison of batch sizes",
)
def sizes_never_shuffled(dataset, sizes, epochs, lr, seed):
    torch.manual_seed(seed)
    start = nn.Linear(1, 1)
    return {
        size: train(make_loader(dataset, size, shuffle=False, seed=seed), copy.deepcopy(start), lr, epochs)
        for size in sizes
    }


@misconception(
    "StandardizedToyDataset",
    says="The targets are standardized too. The lesson standardizes the features alone: the targets are what is to be "
    "predicted, as they are.",
    section="Standardizing inside the dataset",
)
class targets_standardized_too(StandardizedToyDataset):
    def __getitem__(self, index):
        x, y = super().__getitem__(index)
        targets = torch.stack([self.toy[i][1] for i in range(len(self))])
        return x, (y - targets.mean()) / targets.std()


@misconception(
    "StandardizedToyDataset",
    says="Mean and standard deviation are those of the first batch alone. The lesson takes them over all samples of the "
    "dataset.",
    section="Standardizing inside the dataset",
)
class statistics_of_one_batch(StandardizedToyDataset):
    def __init__(self, n_samples, seed):
        super().__init__(n_samples, seed)
        first = torch.stack([self.toy[i][0] for i in range(min(16, n_samples))])
        self.x_mean = first.mean()
        self.x_std = first.std()


@misconception(
    "StandardizedToyDataset",
    says="The squares are divided by n. The lesson divides them by n - 1, which is what `torch.std` gives.",
    section="Standardizing inside the dataset",
)
class deviation_divided_by_n(StandardizedToyDataset):
    def __init__(self, n_samples, seed):
        super().__init__(n_samples, seed)
        self.x_std = torch.stack([self.toy[i][0] for i in range(n_samples)]).std(unbiased=False)


@misconception(
    "StandardizedToyDataset",
    says="`inverse` standardizes once more. The lesson undoes it: times the standard deviation, then plus the mean.",
    section="Standardizing inside the dataset",
)
class inverse_standardizes_again(StandardizedToyDataset):
    def inverse(self, x):
        return (x - self.x_mean) / self.x_std


def _digits(root, train, batch_size, steps, shuffle, **options):
    dataset = MNIST(root, train=train, transform=transforms.Compose(steps), **options)
    return DataLoader(dataset, batch_size=batch_size, shuffle=shuffle)


@misconception(
    "digits_loader",
    says="The images are normalized twice, and so lie between -3 and 1. The lesson has one `Normalize` after "
    "`ToTensor`: from -1 to 1.",
    section="Images from IDX files",
)
def normalized_twice(root, train, batch_size):
    once = transforms.Normalize((0.5,), (0.5,))
    return _digits(root, train, batch_size, [transforms.ToTensor(), once, once], train)


@misconception(
    "digits_loader",
    says="The images are not normalized: they lie between 0 and 1. The lesson has `Normalize((0.5,), (0.5,))` after "
    "`ToTensor`.",
    section="Images from IDX files",
)
def never_normalized(root, train, batch_size):
    return _digits(root, train, batch_size, [transforms.ToTensor()], train)


@misconception(
    "digits_loader",
    says="The labels are floats. The lesson leaves them the whole numbers (int64) that torchvision gives: they name "
    "classes, they measure nothing.",
    section="Images from IDX files",
)
def labels_made_floats(root, train, batch_size):
    steps = [transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]
    return _digits(root, train, batch_size, steps, train, target_transform=float)


@misconception(
    "digits_loader",
    says="The test split is used to train: the flag `train` does not reach `MNIST`. The lesson reads the training "
    "split when `train` is True.",
    section="Images from IDX files",
)
def test_split_used_to_train(root, train, batch_size):
    steps = [transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]
    return _digits(root, False, batch_size, steps, train)


@misconception(
    "digits_loader",
    says="`download=True` fetches files over the network when some are missing. The lesson never downloads: it raises "
    "torchvision's error.",
    section="Images from IDX files",
)
def downloads_what_is_missing(root, train, batch_size):
    steps = [transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]
    return _digits(root, train, batch_size, steps, train, download=True)


@misconception(
    "digits_loader",
    says="The test split is shuffled as well. The lesson shuffles only when `train` is True; the test images come in "
    "file order.",
    section="Images from IDX files",
)
def test_split_shuffled(root, train, batch_size):
    steps = [transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]
    return _digits(root, train, batch_size, steps, True)


@misconception(
    "to_device",
    says="Only tuples are looked into: lists and dicts come back with their tensors where they were. "
    "The lesson goes into all three, however they are nested.",
    section="Moving a batch to a device",
)
def only_tuples(batch, device):
    if isinstance(batch, torch.Tensor):
        return batch.to(device)
    if isinstance(batch, tuple):
        return tuple(only_tuples(part, device) for part in batch)
    return batch


@misconception(
    "to_device",
    says="A tensor that is on the device already is copied. The lesson returns that same tensor, which is what "
    "`tensor.to(device)` does.",
    section="Moving a batch to a device",
)
def copies_what_is_there(batch, device):
    if isinstance(batch, torch.Tensor):
        return batch.to(device, copy=True)
    if isinstance(batch, (tuple, list)):
        return type(batch)(copies_what_is_there(part, device) for part in batch)
    if isinstance(batch, dict):
        return {key: copies_what_is_there(part, device) for key, part in batch.items()}
    return batch


@misconception(
    "to_device",
    says="Lists come back as tuples. The lesson keeps the nesting as it is: a list for a list, a tuple for a tuple.",
    section="Moving a batch to a device",
)
def lists_become_tuples(batch, device):
    if isinstance(batch, torch.Tensor):
        return batch.to(device)
    if isinstance(batch, (tuple, list)):
        return tuple(lists_become_tuples(part, device) for part in batch)
    if isinstance(batch, dict):
        return {key: lists_become_tuples(part, device) for key, part in batch.items()}
    return batch


@misconception(
    "to_device",
    says="Only the first level is moved: a tensor inside a list inside a tuple stays behind. The lesson calls "
    "`to_device` on every part.",
    section="Moving a batch to a device",
)
def first_level_alone(batch, device):
    def move(part):
        return part.to(device) if isinstance(part, torch.Tensor) else part

    if isinstance(batch, (tuple, list)):
        return type(batch)(move(part) for part in batch)
    if isinstance(batch, dict):
        return {key: move(part) for key, part in batch.items()}
    return move(batch)


@misconception(
    "plot_batch",
    says="The normalized images are drawn on a scale from 0 to 1, so everything below 0 is cut off to black. "
    "The lesson shifts them back first: image * 0.5 + 0.5.",
    section="Looking at a batch",
)
def negative_levels_clipped(images, labels):
    figure, axes = plt.subplots(2, 4)
    for i, ax in enumerate(axes.flat):
        ax.axis("off")
        if i < len(images):
            ax.imshow(images[i, 0].cpu(), cmap="gray", vmin=0, vmax=1)
            ax.set_title(str(int(labels[i])))
    return figure


@misconception(
    "plot_batch",
    says="The axis lines are still there: ticks and frames around the pictures. The lesson switches them off on all "
    "eight axes.",
    section="Looking at a batch",
)
def axis_lines_left_on(images, labels):
    figure, axes = plt.subplots(2, 4)
    for ax, image, label in zip(axes.flat, images, labels, strict=False):
        ax.imshow(image[0].cpu() * 0.5 + 0.5, cmap="gray", vmin=0, vmax=1)
        ax.set_title(str(int(label)))
    return figure


@misconception(
    "plot_batch",
    says="The title is the tensor's own text, such as tensor(7). The lesson takes the whole number out first, with "
    "`int` or `.item()`.",
    section="Looking at a batch",
)
def title_is_a_tensor(images, labels):
    figure, axes = plt.subplots(2, 4)
    for i, ax in enumerate(axes.flat):
        ax.axis("off")
        if i < len(images):
            ax.imshow(images[i, 0].cpu() * 0.5 + 0.5, cmap="gray", vmin=0, vmax=1)
            ax.set_title(str(labels[i].cpu()))
    return figure


@misconception(
    "plot_batch",
    says="`plt.show()` is called inside the function. The lesson returns the figure and leaves it to the caller to "
    "show or save it.",
    section="Looking at a batch",
)
def shown_inside(images, labels):
    figure, axes = plt.subplots(2, 4)
    for i, ax in enumerate(axes.flat):
        ax.axis("off")
        if i < len(images):
            ax.imshow(images[i, 0].cpu() * 0.5 + 0.5, cmap="gray", vmin=0, vmax=1)
            ax.set_title(str(int(labels[i])))
    plt.show()
    return figure


@misconception(
    "plot_batch",
    says="Black and white are exchanged: the image is multiplied by -0.5. The lesson undoes the normalization with "
    "image * 0.5 + 0.5.",
    section="Looking at a batch",
)
def black_and_white_exchanged(images, labels):
    figure, axes = plt.subplots(2, 4)
    for i, ax in enumerate(axes.flat):
        ax.axis("off")
        if i < len(images):
            ax.imshow(images[i, 0].cpu() * -0.5 + 0.5, cmap="gray", vmin=0, vmax=1)
            ax.set_title(str(int(labels[i])))
    return figure
