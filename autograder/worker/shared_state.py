"""What the scenarios of one worker share, and how it is put back between them: modes, defaults, hooks, settings, signals.

An `autocast` that one exercise enters and never leaves would otherwise cost the next ones their points. What a module sets
while it is imported stays; modes, defaults and hooks of PyTorch do not, for no lesson asks for them.
"""

from __future__ import annotations

import contextlib
import decimal
import gc
import os
import signal
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

_SIGNALS = [number for number in signal.valid_signals() if number not in (signal.SIGKILL, signal.SIGSTOP)]
_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
_MAX_POPPED = 1_000


class SharedState:
    """The state of this process at one moment, to be put back later."""

    def __init__(self) -> None:
        self._settings: list[Callable[[], object]] = [
            *_python_settings(),
            *_numpy_settings(),
            *_torch_settings(),
        ]
        self._figures = _figure_settings()

    def restore(self) -> bool:
        """Put back what can be; return whether nothing was left that cannot."""
        _pop_modes()
        for put_back in self._settings:
            with contextlib.suppress(Exception):  # what was made unusable on purpose is that module's own loss
                put_back()
        self._figures = self._figures or _figure_settings()
        if self._figures is not None:
            with contextlib.suppress(Exception):
                self._figures()
        return not torch.is_inference_mode_enabled() and not _modes_left()


def _folder() -> str:
    """Return the folder that this process is in; the topmost one where its own was removed."""
    try:
        return os.getcwd()
    except OSError:
        return "/"


def _python_settings() -> list[Callable[[], object]]:
    environment, folder, limit = dict(os.environ), _folder(), sys.getrecursionlimit()
    filters, shown, path = list(warnings.filters), warnings.showwarning, list(sys.path)
    streams = sys.stdin, sys.stdout, sys.stderr
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    collecting, thresholds = gc.isenabled(), gc.get_threshold()
    context, mask = decimal.getcontext().copy(), os.umask(0o022)
    os.umask(mask)

    def put_back_environment() -> None:
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)

    def put_back_folder() -> None:
        os.chdir(folder)
        os.umask(mask)

    def put_back_warnings() -> None:
        warnings.filters[:] = filters  # type: ignore[index]  # it is a list, whatever its type says
        warnings.showwarning = shown
        warnings.simplefilter("ignore")

    def put_back_system() -> None:
        sys.setrecursionlimit(limit)
        sys.settrace(None)
        sys.setprofile(None)
        sys.stdin, sys.stdout, sys.stderr = streams
        sys.path[:] = path
        decimal.setcontext(context.copy())

    def put_back_collector() -> None:
        (gc.enable if collecting else gc.disable)()
        gc.set_threshold(*thresholds)
        gc.set_debug(0)

    def put_back_signals() -> None:
        for timer in _TIMERS:
            signal.setitimer(timer, 0)
        for number, handler in handlers.items():
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())

    return [
        *(put_back_environment, put_back_folder, put_back_warnings, put_back_system, put_back_collector),
        *(put_back_signals, *_locale_settings()),
    ]


def _locale_settings() -> list[Callable[[], object]]:
    import locale

    before = locale.setlocale(locale.LC_ALL)
    return [lambda: locale.setlocale(locale.LC_ALL, before)]


def _numpy_settings() -> list[Callable[[], object]]:
    printing, errors, call = np.get_printoptions(), np.geterr(), np.geterrcall()
    return [
        lambda: np.set_printoptions(**printing),
        lambda: np.seterr(**errors),
        lambda: np.seterrcall(call),
    ]


def _figure_settings() -> Callable[[], object] | None:
    """Return what puts matplotlib's settings back, once it has been imported."""
    matplotlib: Any = sys.modules.get("matplotlib")
    if matplotlib is None:
        return None
    before = dict(matplotlib.rcParams)

    def put_back() -> None:
        if dict(matplotlib.rcParams) != before:
            dict.update(matplotlib.rcParams, before)

    return put_back


def _torch_settings() -> list[Callable[[], object]]:
    from torch import _tensor_str

    printing = dict(vars(_tensor_str.PRINT_OPTS))
    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    flags = [
        (owner, name, getattr(owner, name))
        for owner, names in (
            (torch.backends.cuda.matmul, ("allow_tf32",)),
            (torch.backends.cudnn, ("allow_tf32", "deterministic", "benchmark", "enabled")),
            (torch.backends.mkldnn, ("enabled",)),
            (torch.utils.deterministic, ("fill_uninitialized_memory",)),
        )
        for name in names
    ]
    hooks = _hook_tables()
    registered = [(table, dict(table)) for table in hooks]

    def put_back_hooks() -> None:
        for table, before in registered:
            if dict(table) != before:
                table.clear()
                table.update(before)
        torch.nn.modules.module._global_is_full_backward_hook = None
        torch._C._autograd._saved_tensors_hooks_enable()
        for _ in range(_MAX_POPPED):
            if torch._C._autograd._top_saved_tensors_default_hooks(True) is None:
                break
            torch._C._autograd._pop_saved_tensors_default_hooks()

    def put_back_flags() -> None:
        # First, for it sets some of the flags, and may not be asked for while they contradict it.
        torch.set_float32_matmul_precision(precision)
        for owner, name, value in flags:
            if getattr(owner, name) != value:
                setattr(owner, name, value)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(False)
        torch.set_flush_denormal(False)
        torch.set_warn_always(False)

    return [
        _leave_autocast,
        _put_back_defaults,
        put_back_hooks,
        put_back_flags,
        lambda: vars(_tensor_str.PRINT_OPTS).update(printing),
    ]


def _hook_tables() -> list[dict[Any, Any]]:
    """Return the tables of hooks that hold for every module or optimizer."""
    from torch.optim import optimizer

    owners = (torch.nn.modules.module, optimizer)
    return [
        table
        for owner in owners
        for name, table in vars(owner).items()
        if name.startswith("_global_") and isinstance(table, dict)
    ]


def _put_back_defaults() -> None:
    torch.set_grad_enabled(True)
    torch.set_default_device(None)
    if torch.get_default_dtype() != torch.float32 or torch.empty(0).device.type != "cpu":
        torch.set_default_tensor_type(torch.FloatTensor)
    torch.autograd.set_detect_anomaly(False)
    torch._C._set_multithreading_enabled(True)


def _leave_autocast() -> None:
    for device in ("cpu", "cuda"):
        if torch.is_autocast_enabled(device):
            torch.set_autocast_enabled(device, False)
    torch.set_autocast_dtype("cpu", torch.bfloat16)
    torch.set_autocast_dtype("cuda", torch.float16)
    torch.set_autocast_cache_enabled(True)
    torch.autocast_increment_nesting()
    for _ in range(_MAX_POPPED):
        if torch.autocast_decrement_nesting() <= 0:
            break
    torch.clear_autocast_cache()


def _pop_modes() -> None:
    """Take the modes that were entered and never left off their stacks."""
    from torch.utils import _python_dispatch

    with contextlib.suppress(Exception):
        for _ in range(_MAX_POPPED):
            if not torch._C._len_torch_function_stack():
                break
            torch._C._pop_torch_function_stack()
    with contextlib.suppress(Exception):
        for _ in range(_MAX_POPPED):
            if not torch._C._len_torch_dispatch_stack():
                break
            _python_dispatch._pop_mode()


def _modes_left() -> bool:
    return bool(torch._C._len_torch_function_stack() or torch._C._len_torch_dispatch_stack())
