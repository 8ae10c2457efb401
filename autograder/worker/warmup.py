"""Do once, in the zygote, what would otherwise cost every worker its first second. Runs nothing of any lesson's."""

from __future__ import annotations

import contextlib
import importlib
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path


def warm_up(*, plots: bool, imports: Sequence[str] = ()) -> None:
    """Import what scenarios use and take each lazy path once, on one thread and on no device but the CPU.

    Args:
        plots: whether scenarios draw.
        imports: modules of libraries that the lesson imports besides; one that is not there, or does not import, is for the
            worker to complain of.
    """
    warnings.simplefilter("ignore")
    import numpy
    import pytest
    import torch

    torch.set_num_threads(1)
    import torch.func
    import torch.nn.functional
    import torch.utils.data
    import torchvision.datasets
    import torchvision.transforms.v2

    from autograder.worker import encode, probes, run, scenarios

    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))
    data = torch.utils.data.TensorDataset(torch.zeros(4, 2), torch.zeros(4, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loader = torch.utils.data.DataLoader(data, batch_size=2, shuffle=True, generator=torch.Generator().manual_seed(0))
    for x, y in loader:
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
    torch.func.grad(lambda w: (w**2).sum())(torch.ones(2))
    # It reads the source of Python's own library, which at level `restricted` may lie where only root may read.
    with contextlib.suppress(OSError):
        torch.func.jacfwd(lambda w: w**2)(torch.ones(2))
    probes.operations(lambda: torch.ones(2) + 1)
    encoder = encode.Encoder(1 << 20)
    encode.frame({"value": encoder.tree([torch.ones(2), numpy.ones(2), 1.0])}, encoder)
    torchvision.transforms.ToTensor()(numpy.zeros((2, 2, 1), dtype=numpy.uint8))
    scenarios.generator(0, "", "")
    with tempfile.TemporaryDirectory() as folder:
        torch.save(torch.zeros(1), Path(folder) / "x.pt")
    run.summarize(torch.zeros(1))
    pytest.mark.exercise("warm")
    for name in imports:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if plots:
        _draw_once()


def _draw_once() -> None:
    """Draw what lessons draw: this loads the fonts (a second, the first time) and matplotlib's lazy modules."""
    import matplotlib.pyplot as plt
    import torch

    from autograder.worker import probes

    figure = plt.figure()
    flat, solid = figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2, projection="3d")
    a, b = torch.meshgrid(torch.linspace(0, 1, 4), torch.linspace(0, 1, 4), indexing="ij")
    figure.colorbar(flat.contourf(a, b, a + b), ax=flat)
    flat.plot([0, 1], [0, 1], marker="o", label="line")
    flat.scatter([0], [0])
    flat.imshow(a)
    flat.legend()
    flat.set_title("title")
    solid.plot_surface(a.numpy(), b.numpy(), (a + b).numpy(), cmap="viridis")
    figure.tight_layout()
    probes.figure(figure)
