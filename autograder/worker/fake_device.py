"""A device that is not there: tensors that say they live on `fake_cuda`, while their numbers lie on the CPU.

On it a machine without an accelerator sees what an accelerator would: an operation on tensors of two devices raises, and so
does `numpy()` of a tensor that is not on the CPU. The numbers are computed on the CPU as always, so `item`, modules,
optimizers, DataLoaders and backward go on working, and what comes back can be compared.

It rests on what torch calls experimental, a backend written in Python; `register` says whether this torch has that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from autograder.worker.devices import SIMULATED

# By these names the grader knows the exceptions that only a device can explain.
MISTAKES = ("MixedDevicesError", "NotOnCpuError")

_CPU = torch.device("cpu")
_COPIES = (torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default, torch.ops.aten._foreach_copy_.default)
# Their indices may lie on the CPU, whatever the device of what is indexed.
_INDEXED = ("aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_", "aten::_unsafe_index")
# Elsewhere a 0-D tensor of the CPU goes with every device, as a number does; here it does not.
_JOINED = ("aten::cat", "aten::stack")


class MixedDevicesError(RuntimeError):
    """An operation was given tensors, or a tensor and a generator, of two devices."""


class NotOnCpuError(TypeError):
    """Something that reads memory, such as `numpy()`, was asked of a tensor that is not on the CPU."""


class FakeCudaTensor(torch.Tensor):
    """A tensor that says it lives on `fake_cuda`; `held` is the one on the CPU that has its numbers."""

    held: torch.Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]  # as torch's own subclasses do

    @staticmethod
    def __new__(cls, held: torch.Tensor) -> FakeCudaTensor:
        """Make the shell that stands for `held`, with its shape, strides and dtype."""
        shell: FakeCudaTensor = torch.Tensor._make_wrapper_subclass(
            cls,
            held.size(),
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            layout=held.layout,
            device=torch.device(SIMULATED, 0),
        )
        shell.held = held
        return shell

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # type: ignore[override]  # static there
        """Run an operation of which at least one tensor is on `fake_cuda`."""
        return _run(func, args, kwargs or {})

    @property
    def data(self) -> torch.Tensor:
        """The tensor without its history, in the same memory."""
        return torch.Tensor.data.__get__(self)  # type: ignore[attr-defined,no-any-return]  # C++ gives that attribute

    @data.setter
    def data(self, other: torch.Tensor) -> None:
        if not isinstance(other, FakeCudaTensor):
            raise MixedDevicesError(_mixed("data", _CPU))
        torch.Tensor.data.__set__(self, other)  # type: ignore[attr-defined]  # as above
        self.held = other.held

    def tolist(self) -> Any:
        """Return the numbers as lists; that copies them from the device, so it works everywhere."""
        return self.held.tolist()

    def numpy(self, *, force: bool = False) -> Any:
        """Refuse, as a tensor on an accelerator does, unless told to copy."""
        if force:
            return self.detach().cpu().numpy()
        raise NotOnCpuError(
            f"can't convert {SIMULATED}:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."
        )

    def __dlpack__(self, **_: Any) -> Any:
        raise NotOnCpuError(f"the memory of a tensor on {SIMULATED}:0 cannot be lent")

    def __format__(self, spec: str) -> str:
        return format(self.held, spec)

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]  # its argument has no name there
        return f"{self.held!r} on {SIMULATED}:0"


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Run an operation on the CPU and put the results where they belong."""
    given = [*_tensors(args), *_tensors(tuple(kwargs.values()))]
    _refuse_mixed(func, args, given)
    out = func(*_on_cpu(args), **{key: _on_cpu(value) for key, value in kwargs.items()})
    schema = func._schema
    if not schema.returns:
        return None
    if schema.is_mutable:
        written = [
            kwargs[argument.name] for argument in schema.arguments if argument.is_out and argument.name in kwargs
        ]
        if written or schema.name.endswith("_"):
            written = written or [args[0]]
            for tensor in written:
                _reshape(tensor)
            return written[0] if len(written) == 1 else tuple(written)
    asked = kwargs.get("device") or next((part for part in args if isinstance(part, torch.device)), None)
    there = any(isinstance(tensor, FakeCudaTensor) for tensor in given) if asked is None else asked.type == SIMULATED
    return _on_fake(out) if there else out


def _reshape(tensor: torch.Tensor) -> None:
    """Give a shell the shape of what it stands for, which an operation such as `t_` or `resize_` may have changed."""
    if isinstance(tensor, FakeCudaTensor) and (tensor.shape, tensor.stride()) != (
        tensor.held.shape,
        tensor.held.stride(),
    ):
        torch.Tensor.data.__set__(tensor, FakeCudaTensor(tensor.held))  # type: ignore[attr-defined]  # given by C++


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif type(value) in (list, tuple):
        for part in value:
            yield from _tensors(part)


def _on_cpu(value: Any) -> Any:
    """Return arguments with the numbers themselves for each tensor on `fake_cuda`, and the CPU for the device."""
    if isinstance(value, FakeCudaTensor):
        return value.held
    if type(value) in (list, tuple):
        return type(value)(_on_cpu(part) for part in value)
    return _CPU if isinstance(value, torch.device) and value.type == SIMULATED else value


def _on_fake(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value if isinstance(value, FakeCudaTensor) else FakeCudaTensor(value)
    return type(value)(_on_fake(part) for part in value) if type(value) in (list, tuple) else value


def _refuse_mixed(func: Any, args: Any, given: list[torch.Tensor]) -> None:
    """Raise where an accelerator would: for tensors of two devices, with the exceptions that PyTorch makes."""
    others = [tensor for tensor in given if not isinstance(tensor, FakeCudaTensor)]
    if not others or len(others) == len(given) or func in _COPIES:
        return
    name = func._schema.name
    ours_first = bool(args) and isinstance(args[0], FakeCudaTensor)
    numbers = all(tensor.dim() == 0 and tensor.device == _CPU for tensor in others) and name not in _JOINED
    if numbers and (ours_first or not func._schema.is_mutable):
        return
    if ours_first and name in _INDEXED and all(isinstance(value, FakeCudaTensor) for value in _tensors(args[2:])):
        return
    raise MixedDevicesError(_mixed(name.removeprefix("aten::"), others[0].device))


def _mixed(name: str, other: torch.device) -> str:
    return f"Expected all tensors to be on the same device, but found at least two devices, {SIMULATED}:0 and {other}! ({name})"


class _Generators(TorchFunctionMode):
    """Refuses a draw on one device from a generator of another."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        generator = (kwargs or {}).get("generator")
        if generator is not None:
            own = args[0].device if args and isinstance(args[0], torch.Tensor) else torch.get_default_device()
            kind = torch.device(kwargs.get("device") or own).type
            if generator.device.type != kind:
                raise MixedDevicesError(
                    f"Expected a '{kind}' device type for generator but found '{generator.device.type}'"
                )
        return func(*args, **(kwargs or {}))


def _generator_class(original: Any) -> Any:
    """Return a class of generators that can also be made for `fake_cuda`; they draw on the CPU."""

    class Kind(type(original)):  # type: ignore[misc]  # the class of a class of C++
        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, original)

    class Generator(original, metaclass=Kind):  # type: ignore[misc]  # as above
        def __new__(cls, device: Any = "cpu") -> Any:
            kind = torch.device(device)
            made = super().__new__(cls, _CPU if kind.type == SIMULATED else kind)
            made.lives = torch.device(SIMULATED, 0) if kind.type == SIMULATED else kind
            return made

        def __init__(self, device: Any = "cpu") -> None:
            pass

        @property
        def device(self) -> torch.device:
            return self.lives  # type: ignore[no-any-return]  # set when it was made

    return Generator


def register() -> bool:
    """Make torch know the device, once a process; return whether this torch can."""
    if torch._C._get_privateuse1_backend_name() == SIMULATED:
        return True
    try:
        from torch.utils.backend_registration import _setup_privateuseone_for_python_backend as set_up

        hooks = torch._C._acc.PrivateUse1Hooks
    except (ImportError, AttributeError):
        return False

    class Backend:
        """What torch asks of `torch.fake_cuda`. It is there only while somebody pretends."""

        pretending = False
        library = torch.library.Library("_", "IMPL")

        def is_available(self) -> bool:
            return self.pretending

        def device_count(self) -> int:
            return int(self.pretending)

        def is_initialized(self) -> bool:
            return True

        def current_device(self) -> int:
            return 0

        def _is_in_bad_fork(self) -> bool:
            return False

        def manual_seed_all(self, seed: int) -> None:
            """Draws are made on the CPU, whose generator is seeded anyway."""

    backend = Backend()

    class Hooks(hooks):  # type: ignore[misc,valid-type]  # a class of C++
        def is_available(self) -> bool:
            return backend.pretending

        def is_built(self) -> bool:
            return True

        def has_primary_context(self, _: int) -> bool:
            return True

    set_up(SIMULATED, backend_module=backend, hook=Hooks())
    # New tensors: their operations have no tensor yet that would lead them to the class above.
    backend.library.fallback(lambda func, *args, **kwargs: _run(func, args, kwargs), "PrivateUse1")
    return True


@contextmanager
def pretending() -> Iterator[None]:
    """Let the device be there for a while; `register` has been called."""
    backend = getattr(torch, SIMULATED)
    original = torch.Generator
    backend.pretending = True
    torch.Generator = _generator_class(original)  # type: ignore[misc]  # and is put back below
    # `torch.tensor` makes its tensor on the CPU and then moves it in a way that is seen here.
    torch._C._set_only_lift_cpu_tensors(True)
    try:
        # One thread: the zygote's warm-up settled before any fork that no device has a thread of its own for backward.
        with torch.autograd.set_multithreading_enabled(False), _Generators():
            yield
    finally:
        torch._C._set_only_lift_cpu_tensors(False)
        torch.Generator = original  # type: ignore[misc]  # as it was
        backend.pretending = False
