"""Let a worker's forked processes share locks and tensors without a name, where it has neither `/dev/shm` nor sockets.

multiprocessing's semaphores and PyTorch's shared memory are files of `/dev/shm`, which the whole machine uses, and a tensor's
descriptor travels through a socket that is found by its path. At the level `restricted` a worker has none of these. So that a
DataLoader with workers runs there all the same, semaphores lie in memory that is inherited, and a tensor in a queue is copied.
"""

from __future__ import annotations

import ctypes
import importlib
import mmap
import multiprocessing.heap
from multiprocessing.reduction import ForkingPickler
from typing import Any

import torch
import torch.multiprocessing.reductions


def without_names() -> None:
    """Make multiprocessing and PyTorch share in this process, and in all that are forked from it, without names."""
    semaphores: Any = importlib.import_module("_multiprocessing")
    semaphores.SemLock = type("NamelessSemaphore", (semaphores.SemLock,), {"__new__": _new_semaphore})
    # Otherwise a shared array goes to /dev/shm; with none to choose, it goes to the temporary folder.
    arena: Any = multiprocessing.heap.Arena
    arena._dir_candidates = []
    storage: Any = torch.UntypedStorage
    storage._new_shared = classmethod(_new_shared)
    tensor: Any = torch.Tensor
    tensor.share_memory_ = _share_memory
    ForkingPickler.register(torch.UntypedStorage, _reduce_storage)


def _new_semaphore(kind: Any, recursive: int, value: int, maxvalue: int, _name: str, unlink: bool) -> Any:
    """Make a semaphore that forked processes inherit; it stands in for a named one's constructor."""
    if not unlink:
        raise PermissionError("here only processes that are forked can share a semaphore")
    memory = mmap.mmap(-1, mmap.PAGESIZE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.sem_init(ctypes.c_void_p(address), 1, ctypes.c_uint(value)) == -1:
        raise OSError(ctypes.get_errno(), "sem_init")
    semaphore = kind._rebuild(address, recursive, maxvalue, None)
    semaphore.memory = memory  # the semaphore's own, as long as it lives
    return semaphore


def _new_shared(kind: type[torch.UntypedStorage], size: int, *, device: Any = "cpu") -> torch.UntypedStorage:
    return kind(size, device=device) if torch.device(device).type != "cpu" or size == 0 else _inherited(size)


def _inherited(size: int) -> torch.UntypedStorage:
    """Return a storage in memory that processes forked from now on share."""
    return torch.frombuffer(mmap.mmap(-1, size), dtype=torch.uint8).untyped_storage()


def _share_memory(tensor: torch.Tensor) -> torch.Tensor:
    """Stand in for `Tensor.share_memory_`."""
    storage = tensor.untyped_storage()
    if storage.device.type == "cpu" and storage.nbytes():
        shared = _inherited(storage.nbytes())
        shared.copy_(storage)
        with torch.no_grad():
            tensor.set_(shared, tensor.storage_offset(), tensor.size(), tensor.stride())
    return tensor


def _reduce_storage(storage: torch.UntypedStorage) -> tuple[Any, ...]:
    if storage.device.type != "cpu":
        return torch.multiprocessing.reductions.reduce_storage(storage)  # type: ignore[no-any-return]  # PyTorch's has no types
    return _rebuild_storage, (torch.empty(0, dtype=torch.uint8).set_(storage).numpy().tobytes(),)


def _rebuild_storage(data: bytes) -> torch.UntypedStorage:
    if not data:
        return torch.UntypedStorage(0)
    return torch.frombuffer(bytearray(data), dtype=torch.uint8).untyped_storage()
