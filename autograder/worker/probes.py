"""What scenarios may use to turn behaviour into plain data: exceptions, operation counts, parameters, ranks, figures.

Everything here runs beside a student's code and so could be forged by it: a probe reports, it never judges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from autograder.worker.ranks import ranks as ranks

# A figure's outlines beyond this many points tell nothing more, and would fill the frame that carries them.
MOST_POINTS = 20_000


def raised(
    expected: type[BaseException] | tuple[type[BaseException], ...],
    call: Callable[[], Any],
    mentions: Sequence[str] = (),
) -> dict[str, Any]:
    """Return what happened when `call()` was made, as a value.

    Args:
        expected: the exception, or exceptions, that a correct solution raises; subclasses count. `NotImplementedError`
            never counts, for it says that an exercise was not written.
        call: what to try.
        mentions: pieces of text that the message should have.

    Returns:
        `{"raised": True, "mentions": {text: bool}}` for an expected exception, otherwise `{"raised": False, "instead": …}`
        with the type's name of what was raised, or None where nothing was.
    """
    try:
        call()
    except NotImplementedError:
        return {"raised": False, "instead": "NotImplementedError"}
    except expected as error:
        message = str(error)
        return {"raised": True, "mentions": {text: text in message for text in mentions}}
    except Exception as error:  # noqa: BLE001  whatever a student's code raises is the finding
        return {"raised": False, "instead": type(error).__name__}
    return {"raised": False, "instead": None}


class _Counter(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += 1
        return func(*args, **(kwargs or {}))


def operations(call: Callable[[], Any]) -> tuple[Any, int]:
    """Return `call()`'s result and the number of tensor operations that PyTorch dispatched for it (a loop shows)."""
    counter = _Counter()
    with counter:
        result = call()
    return result, counter.count


@contextmanager
def _noticed(owner: Any, name: str, seen: list[str]) -> Iterator[None]:
    original = getattr(owner, name)

    def noticing(*args: Any, **kwargs: Any) -> Any:
        seen.append(name)
        return original(*args, **kwargs)

    setattr(owner, name, noticing)
    try:
        yield
    finally:
        setattr(owner, name, original)


def uses_autograd(call: Callable[[], Any]) -> tuple[Any, bool]:
    """Return `call()`'s result, and whether PyTorch differentiated for it (`backward`, `autograd.grad`, `torch.func`)."""
    import torch.autograd.forward_ad as forward

    seen: list[str] = []
    with (
        _noticed(torch.autograd, "_engine_run_backward", seen),
        _noticed(torch.autograd.graph, "_engine_run_backward", seen),
        _noticed(forward, "make_dual", seen),
    ):
        result = call()
    return result, bool(seen)


def unchanged(call: Callable[[], Any], *tensors: torch.Tensor) -> tuple[Any, bool]:
    """Return `call()`'s result, and whether the given tensors kept values, dtype, `requires_grad` and `grad`."""
    before = [_state(tensor) for tensor in tensors]
    result = call()
    after = [_state(tensor) for tensor in tensors]
    return result, all(_same_state(a, b) for a, b in zip(before, after, strict=True))


def _state(tensor: torch.Tensor) -> tuple[torch.Tensor, bool, torch.Tensor | None]:
    grad = None if tensor.grad is None else tensor.grad.detach().clone()
    return tensor.detach().clone(), tensor.requires_grad, grad


def _same_state(a: tuple[torch.Tensor, bool, Any], b: tuple[torch.Tensor, bool, Any]) -> bool:
    def same(x: Any, y: Any) -> bool:
        if x is None or y is None:
            return x is y
        return x.dtype == y.dtype and x.shape == y.shape and bool(torch.equal(x, y))

    return same(a[0], b[0]) and a[1] == b[1] and same(a[2], b[2])


def global_rng_untouched(call: Callable[[], Any]) -> tuple[Any, bool]:
    """Return `call()`'s result, and whether the global random states of torch, numpy and `random` stayed where they were."""
    import random

    def states() -> tuple[bytes, bytes, Any]:
        return bytes(torch.get_rng_state().tolist()), np.random.get_state()[1].tobytes(), random.getstate()  # type: ignore[index]  # numpy's legacy state is a tuple here

    before = states()
    result = call()
    return result, states() == before


def parameters(module: torch.nn.Module) -> list[dict[str, Any]]:
    """Return shape, dtype and `requires_grad` of a module's parameters, in their order, without their names."""
    return [
        {
            "shape": tuple(parameter.shape),
            "dtype": str(parameter.dtype).removeprefix("torch."),
            "requires_grad": parameter.requires_grad,
        }
        for parameter in module.parameters()
    ]


def figure(fig: Any) -> dict[str, Any]:
    """Return a matplotlib figure as plain data, and close it.

    Returns:
        `{"type": "Figure", "suptitle": str, "axes": [...]}`; for each axes in the order of their creation
        `title, xlabel, ylabel, zlabel` (str), `xscale, yscale` (str), `xlim, ylim, zlim` (pairs of floats; zlim None in 2-D),
        `projection` ("rectilinear", "3d", …), `visible` and `axis_on` (bool), `colorbar` (bool: these axes are one),
        `legend` (list of str), `texts` (list of str),
        `lines` (each `label` str, `xy` float64 `(n, 2)` or, in 3-D, `(n, 3)`, `linestyle`, `marker` str),
        `images` (each `data` array, `clim` pair, `cmap` str, `origin` str) and
        `collections` (each `kind` str such as "PathCollection", "QuadContourSet", "QuadMesh", "Poly3DCollection", `label` str,
        `offsets` float64 `(n, 2)` or `(n, 3)`: scattered points, `vertices` float64 `(m, 2)` or `(m, 3)`: outlines, at most
        20,000 of them, `levels` list of floats or None, `filled` bool, `values` float64 `(k,)` or None: the mapped array).
        Anything that is no figure gives `{"type": its type's name}`.
    """
    from matplotlib.figure import Figure

    if not isinstance(fig, Figure):
        return {"type": type(fig).__name__}
    import matplotlib.pyplot as plt

    title = fig.get_suptitle()
    axes = [_axes(ax) for ax in fig.axes]
    plt.close(fig)
    return {"type": "Figure", "suptitle": title, "axes": axes}


def shows(call: Callable[[], Any]) -> tuple[Any, int]:
    """Return `call()`'s result and how often it called `plt.show()` (or a figure's own `show`)."""
    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure

    seen: list[str] = []

    def noticing(*_: Any, **__: Any) -> None:
        seen.append("show")

    originals = plt.show, Figure.show
    plt.show, Figure.show = noticing, noticing  # type: ignore[method-assign]  # a probe stands in for the real one
    try:
        result = call()
    finally:
        plt.show, Figure.show = originals  # type: ignore[method-assign]  # and is taken away again
    return result, len(seen)


def _axes(ax: Any) -> dict[str, Any]:
    solid = ax.name == "3d"
    legend = ax.get_legend()
    return {
        "title": ax.get_title(),
        "xlabel": ax.get_xlabel(),
        "ylabel": ax.get_ylabel(),
        "zlabel": ax.get_zlabel() if solid else "",
        "xscale": ax.get_xscale(),
        "yscale": ax.get_yscale(),
        "xlim": _pair(ax.get_xlim()),
        "ylim": _pair(ax.get_ylim()),
        "zlim": _pair(ax.get_zlim()) if solid else None,
        "projection": ax.name,
        "visible": bool(ax.get_visible()),
        "axis_on": bool(ax.axison),
        "colorbar": ax.get_label() == "<colorbar>",
        "legend": [text.get_text() for text in legend.get_texts()] if legend else [],
        "texts": [text.get_text() for text in ax.texts],
        "lines": [_line(line, solid) for line in ax.lines],
        "images": [_image(image) for image in ax.images],
        "collections": [_collection(collection) for collection in ax.collections],
    }


def _pair(limits: Any) -> tuple[float, float]:
    return float(limits[0]), float(limits[1])


def _line(line: Any, solid: bool) -> dict[str, Any]:
    coordinates = line.get_data_3d() if solid and hasattr(line, "get_data_3d") else line.get_data(orig=False)
    return {
        "label": str(line.get_label()),
        "xy": np.column_stack([np.asarray(part, dtype=np.float64).ravel() for part in coordinates]),
        "linestyle": str(line.get_linestyle()),
        "marker": str(line.get_marker()),
    }


def _image(image: Any) -> dict[str, Any]:
    low, high = image.get_clim()
    return {
        "data": np.ma.filled(np.ma.asarray(image.get_array()), np.nan)
        if np.ma.asarray(image.get_array()).dtype.kind == "f"
        else np.asarray(image.get_array()),
        "clim": (None if low is None else float(low), None if high is None else float(high)),
        "cmap": image.get_cmap().name,
        "origin": str(image.origin),
    }


def _collection(collection: Any) -> dict[str, Any]:
    values = collection.get_array()
    levels = getattr(collection, "levels", None)
    return {
        "kind": type(collection).__name__,
        "label": str(collection.get_label()),
        "offsets": _offsets(collection),
        "vertices": _vertices(collection)[:MOST_POINTS],
        "levels": None if levels is None else [float(level) for level in levels],
        "filled": bool(getattr(collection, "filled", False)),
        "values": None if values is None else np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan).ravel(),
    }


def _offsets(collection: Any) -> Any:
    spread = getattr(collection, "_offsets3d", None)
    if spread is not None:
        return np.column_stack([np.ma.filled(np.ma.asarray(part, dtype=np.float64), np.nan) for part in spread])
    return np.ma.filled(np.ma.asarray(collection.get_offsets(), dtype=np.float64), np.nan).reshape(-1, 2)


def _vertices(collection: Any) -> Any:
    solid = getattr(collection, "_faces", None)  # Poly3DCollection keeps its polygons in data coordinates here
    if solid is not None:
        return np.asarray(np.ma.filled(np.ma.asarray(solid, dtype=np.float64), np.nan)).reshape(-1, 3)
    segments = getattr(collection, "_segments3d", None)
    if segments is not None and len(segments):
        return np.concatenate([np.asarray(segment, dtype=np.float64).reshape(-1, 3) for segment in segments])
    coordinates = getattr(collection, "_coordinates", None)  # QuadMesh
    if coordinates is not None:
        return np.asarray(coordinates, dtype=np.float64).reshape(-1, 2)
    outlines = [np.asarray(path.vertices, dtype=np.float64) for path in collection.get_paths()]
    return np.concatenate(outlines) if outlines else np.zeros((0, 2))
