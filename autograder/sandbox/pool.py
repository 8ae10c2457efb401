"""Warm sandboxes, one per core, that work through jobs together."""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self, TypeVar

from autograder.sandbox.errors import SandboxError
from autograder.sandbox.sandbox import Sandbox
from autograder.sandbox.template import SHUTDOWN_GRACE_SECONDS

In = TypeVar("In")
Out = TypeVar("Out")


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class SandboxPool:
    """Sandboxes that several threads share; a zygote that died is replaced. Use it as a context manager.

    Args:
        sandboxes: none of them started.
    """

    def __init__(self, sandboxes: Sequence[Sandbox]) -> None:
        self.sandboxes = tuple(sandboxes)
        self._free: queue.SimpleQueue[Sandbox] = queue.SimpleQueue()
        for sandbox in sandboxes:
            self._free.put(sandbox)

    def __enter__(self) -> Self:
        try:
            self.launch()
            for sandbox in self.sandboxes:
                sandbox.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def launch(self) -> None:
        """Start every zygote without waiting for it, so that all warm up at a time; what is launched stays as it is.

        Raises:
            SandboxError: the pool was hung up on.
        """
        for sandbox in self.sandboxes:
            if not sandbox.launched:
                sandbox.launch()

    def with_sandbox(self, work: Callable[[Sandbox], Out]) -> Out:
        """Return what `work` makes of whichever sandbox is free; where that one failed, `work` is tried once more.

        Raises:
            SandboxError: it failed twice; the sandbox is then ended, and started afresh by the next to use it.
        """
        sandbox = self._free.get()
        try:
            try:
                sandbox.start()
                return work(sandbox)
            except SandboxError:
                sandbox.close()
            try:
                sandbox.start()
                return work(sandbox)
            except SandboxError:
                sandbox.close()
                raise
        finally:
            self._free.put(sandbox)

    def map(self, work: Callable[[In], Out], items: Sequence[In]) -> list[Out]:
        """Return `work` of every item, in their order, as many at a time as there are sandboxes."""
        with ThreadPoolExecutor(len(self.sandboxes)) as threads:
            return list(threads.map(work, items))

    def close(self) -> None:
        """End every sandbox."""
        for sandbox in self.sandboxes:
            sandbox.close()

    def break_off(self) -> None:
        """End every sandbox at once, whatever it is doing and whichever thread waits for it; none is started again."""
        for sandbox in self.sandboxes:
            sandbox.shut_down()
        until = time.monotonic() + SHUTDOWN_GRACE_SECONDS
        for sandbox in self.sandboxes:
            sandbox.close(patience=max(0.0, until - time.monotonic()))
