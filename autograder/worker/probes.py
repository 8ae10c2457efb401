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

from autograder.worker.observations import Form, Kept, Raised
from autograder.worker.ranks import ranks as ranks

# A figure's outlines beyond this many points tell nothing more, and would fill the frame that carries them.
MAX_POINTS = 20_000
MAX_MESSAGE_LENGTH = 2_000
# Seen beside student code, and no data that could be held against the reference's: who wants to can forge these.
FORGEABLE = ("operations", "uses_autograd", "shows", "same_object", "kind")


def raised(
    expected: type[BaseException] | tuple[type[BaseException], ...],
    call: Callable[[], Any],
    mentions: Sequence[str] = (),
) -> Raised:
    """Return what happened when `call()` was made; whether it is what was wanted, the grader says.

    Args:
        expected: the exception, or exceptions, that a correct solution raises; subclasses count. `NotImplementedError`
            never counts, for it says that an exercise was not written.
        call: what to try.
        mentions: pieces of text that the message should have.
    """
    wanted = expected if isinstance(expected, tuple) else (expected,)
    kinds: tuple[str, ...] = ()
    message = ""
    try:
        call()
    except Exception as error:  # noqa: BLE001  whatever a student's code raises is the finding
        kinds = tuple(kind.__name__ for kind in type(error).__mro__)
        message = str(error)[:MAX_MESSAGE_LENGTH]
    return Raised(tuple(kind.__name__ for kind in wanted), kinds, message, tuple(mentions))


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


def unchanged(call: Callable[[], Any], *others: Any, **arguments: Any) -> tuple[Any, dict[str, Kept]]:
    """Return `call()`'s result, and the given arguments as they were after it, by name.

    Args:
        call: what to do.
        others: things whose names say nothing to a student; they are called "one of its arguments".
        arguments: what the call is given, by the parameters' names: tensors, arrays, modules, optimizers, generators, and
            lists, tuples and dicts of such.
    """
    result = call()
    kept = {f"{name} afterwards": Kept(f"its argument `{name}`", snapshot(value)) for name, value in arguments.items()}
    if others:
        kept["its arguments afterwards"] = Kept("one of its arguments", snapshot(others))
    return result, kept


def kept(what: str, value: Any) -> Kept:
    """Return something as it is now, which the call before should have left as it was.

    Args:
        what: what it is, so that "It changed …" can be said of it, such as "the model's mode".
        value: the thing itself.
    """
    return Kept(what, snapshot(value))


def snapshot(value: Any) -> Any:
    """Return the state of a thing as plain data that shares nothing with it: of a tensor its values, gradient and flags."""
    if isinstance(value, torch.Tensor):
        grad = None if value.grad is None else value.grad.detach().clone()
        return {"values": value.detach().clone(), "requires_grad": value.requires_grad, "grad": grad}
    if isinstance(value, torch.nn.Module):
        state = {**dict(value.named_parameters()), **dict(value.named_buffers())}
        modes = {name: module.training for name, module in value.named_modules()}
        return {"parameters and buffers": snapshot(state), "training": modes}
    if isinstance(value, torch.optim.Optimizer):
        return snapshot(value.state_dict())
    if isinstance(value, torch.Generator):
        return value.get_state()
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {key: snapshot(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [snapshot(part) for part in value]
    return value if isinstance(value, (bool, int, float, str, type(None))) else type(value).__name__


def global_rng_untouched(call: Callable[[], Any]) -> tuple[Any, Kept]:
    """Return `call()`'s result, and the global random states of torch, numpy and `random` as they were after it."""
    import random

    result = call()
    of_numpy = np.random.get_state()
    of_random = random.getstate()
    states = {
        "torch": torch.get_rng_state(),
        "numpy": np.array(of_numpy[1]),  # type: ignore[index]  # numpy's legacy state is a tuple here
        "random": np.array(of_random[1], dtype=np.int64),
    }
    return result, Kept("the global random state", states)


def form(value: Any) -> Form:
    """Return a value of which only types, shapes and dtypes count."""
    return Form(value)


def same_object(one: Any, other: Any) -> bool:
    """Return whether two names stand for one and the same object; seen beside student code, so forgeable."""
    return one is other


def kind(value: Any, *classes: type) -> list[str]:
    """Return the names of those classes that a thing is an instance of; seen beside student code, so forgeable."""
    return [one.__name__ for one in classes if isinstance(value, one)]


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
        "vertices": _vertices(collection)[:MAX_POINTS],
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
