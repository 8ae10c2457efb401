"""Run a function in several processes at once, as the ranks of a distributed training run.

The processes are forked: PyTorch is loaded already, so a rank starts within milliseconds. They may talk over the loopback
interface, which the worker's own network namespace has and nobody else sees.
"""

from __future__ import annotations

import builtins
import io
import os
import signal
import socket
import tempfile
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any

import torch

from autograder.worker import processes

# How often somebody looks whether the ranks only wait.
LOOK_SECONDS = 0.25


class NoLoopbackError(OSError):
    """There is no loopback interface that these processes may use: the machine gives the sandbox no network of its own."""


def ranks(world_size: int, call: Callable[[int, str], Any], seconds: float = 20.0) -> list[Any]:
    """Return the results of `call(rank, init_method)`, which `world_size` processes carry out at the same time.

    Args:
        world_size: the number of processes, at least 1.
        call: what each does, given its rank (from 0) and a `file://` URL at which they may meet. What it returns may be any
            nesting of dict, list, tensor on the CPU, number, string, bool and None.
        seconds: how long they may wait, all together: while one of them computes, or would if the machine let it, is no waiting.

    Returns:
        The results in the order of the ranks.

    Raises:
        NoLoopbackError: such processes could not talk here.
        Exception: a process raised; its exception's nearest built-in class is raised here, the message says which rank.
        RuntimeError: a process ended early, or they took too long.
    """
    _require_loopback()
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    with tempfile.TemporaryDirectory() as folder:
        return _together(world_size, call, f"file://{folder}/meeting", seconds)


def _together(world_size: int, call: Callable[[int, str], Any], meeting: str, seconds: float) -> list[Any]:
    children: dict[Connection, tuple[int, int]] = {}
    results: dict[int, Any] = {}
    try:
        for rank in range(world_size):
            here, there = Pipe(duplex=False)
            child = os.fork()
            if child == 0:
                _be(there, call, rank, meeting)
            there.close()
            children[here] = rank, child
        waited = 0.0
        while children:
            ready = wait(list(children), LOOK_SECONDS)
            if not ready and not _any_computes():
                waited += LOOK_SECONDS
            if waited > seconds:
                raise RuntimeError(f"the ranks did not come to an end within {seconds:g} seconds")
            for connection in [each for each in children if each in ready]:
                rank, child = children[connection]
                results[rank] = _result(connection, rank)
                del children[connection]
                os.waitpid(child, 0)
    finally:
        for connection, (_, child) in children.items():
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            connection.close()
    return [results[rank] for rank in range(world_size)]


def _any_computes() -> bool:
    """Return whether a process below this one computes, or would if the machine let it."""
    try:
        return processes.any_runnable(processes.below(os.getpid()))
    except OSError:
        return False  # there is no /proc to be seen: then the clock alone tells


def _be(there: Connection, call: Callable[[int, str], Any], rank: int, meeting: str) -> None:
    """Carry out one rank's part and send its result, or what it raised; never returns."""
    try:
        _keep_process_groups()
        buffer = io.BytesIO()
        torch.save({"value": call(rank, meeting)}, buffer)
        there.send_bytes(buffer.getvalue())
    except BaseException as error:  # noqa: BLE001  whatever it was, the caller is told
        kinds = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
        steps = traceback.extract_tb(error.__traceback__)
        place = f", line {steps[-1].lineno} of {os.path.basename(steps[-1].filename)}" if steps else ""
        there.send_bytes(f"{kinds[0]}:rank {rank}{place}: {error}".encode("utf-8", "replace"))
    finally:
        os._exit(0)


def _keep_process_groups() -> None:
    """Let no process group of this process ever be freed.

    PyTorch 2.13 may hang as it frees one of which a `DistributedDataParallel` is the last holder: the destructor waits for a
    thread that needs the interpreter's lock. No solution is wrong for that, and this process ends without freeing anything.
    """
    from torch.distributed import distributed_c10d

    make = getattr(distributed_c10d, "_new_process_group_helper", None)
    if make is None:
        return
    groups: list[Any] = []

    def keeping(*arguments: Any, **named: Any) -> Any:
        groups.append(make(*arguments, **named))
        return groups[-1]

    distributed_c10d._new_process_group_helper = keeping


def _result(connection: Connection, rank: int) -> Any:
    try:
        data = connection.recv_bytes()
    except EOFError:
        raise RuntimeError(f"rank {rank} ended before it had answered") from None
    finally:
        connection.close()
    if data.startswith(b"PK"):
        return torch.load(io.BytesIO(data), weights_only=True)["value"]
    kind, _, message = data.decode("utf-8", "replace").partition(":")
    raise vars(builtins)[kind](message)


def _require_loopback() -> None:
    try:
        with (
            socket.create_server(("127.0.0.1", 0)) as server,
            socket.create_connection(server.getsockname(), timeout=1),
        ):
            pass
    except OSError as error:
        raise NoLoopbackError(*error.args) from error
