"""The worker's own functions as they were before any student code ran, to be put back: probes, the encoder, the runner itself.

A scenario looks at what came back through these. A submission that replaces one of them, or the code in it, would have its own
say in that; so they are put back before each scenario, and probes after each call of a function of the submission's. Who goes
further (into the running frames, or below PyTorch) is not stopped by this: what is judged is data, and what can be had without
knowing an answer is measured by the audit.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from types import FunctionType, ModuleType
from typing import Any

# What a probe is made of, and what runs and encodes a scenario. No more: this is done for each scenario, and each call.
PROBES = ("probes", "observations")
RUNNING = ("run", "encode", "scenarios", "shared_state", "ranks", *PROBES)
_CODE = attrgetter("__code__")


@dataclass(frozen=True)
class _Names:
    """The names of a module or of a class, `owner`, and what they stood for."""

    owner: Any
    space: Mapping[str, Any]
    before: dict[str, Any]
    numbers: tuple[int, ...]

    def put_back(self) -> None:
        # Told apart by identity: an equality would run a student's code.
        if tuple(map(id, map(self.space.get, self.before))) != self.numbers:
            for name, value in self.before.items():
                if self.space.get(name) is not value:
                    with contextlib.suppress(AttributeError, TypeError):  # what cannot be set, nobody has changed
                        setattr(self.owner, name, value)


class OwnCode:
    """Some of the worker's modules at one moment.

    Args:
        names: the modules; those that have not been imported are passed over.
    """

    def __init__(self, names: Iterable[str]) -> None:
        package = __name__.rpartition(".")[0]
        modules = [one for name in names if isinstance(one := sys.modules.get(f"{package}.{name}"), ModuleType)]
        parts = [part for module in modules for part in vars(module).values() if _is_of(part, module)]
        classes = [part for part in parts if isinstance(part, type)]
        self._names = [*map(_names, modules), *map(_names, classes)]
        self._functions = [one for one in (*parts, *_methods(classes)) if isinstance(one, FunctionType)]
        self._codes = [*map(_CODE, self._functions)]

    def put_back(self) -> None:
        """Put all of it back."""
        for one in self._names:
            one.put_back()
        if [*map(_CODE, self._functions)] != self._codes:
            for function, code in zip(self._functions, self._codes, strict=True):
                function.__code__ = code


def _names(owner: Any) -> _Names:
    before = dict(vars(owner))
    return _Names(owner, vars(owner), before, tuple(map(id, before.values())))


def _is_of(part: Any, module: ModuleType) -> bool:
    return isinstance(part, FunctionType | type) and part.__module__ == module.__name__


def _methods(classes: Iterable[type]) -> Iterator[Any]:
    for kind in classes:
        yield from vars(kind).values()


def running() -> OwnCode:
    """Return what runs and encodes scenarios, as it is."""
    return OwnCode(RUNNING)


def probes() -> OwnCode:
    """Return what probes are made of, as it is."""
    return OwnCode(PROBES)
