"""Run one module through scenarios and send a frame for each. Runs inside the worker, after the lockdown.

`protocol.py` says what a request holds and in which order frames come. Scenarios and seed come when the parent has heard that
the module is loaded: so nothing that a module does while it is loaded, and nothing that is told of its loading, can hold what is
hidden.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import inspect
import marshal
import random
import resource
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Collection
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import numpy as np
import torch

from autograder.worker import (
    companions,
    fake_device,
    libraries,
    off_limits,
    own_code,
    parts,
    scenarios,
    statements,
    submitted,
    syntax,
)
from autograder.worker.devices import SIMULATED
from autograder.worker.encode import Encoder, frame
from autograder.worker.loading import load
from autograder.worker.own_code import OwnCode
from autograder.worker.parts import Kind
from autograder.worker.protocol import FrameKind, HiddenRequest, ModuleRequest, OverlayRequest, WorkerRequest
from autograder.worker.ranks import NoLoopbackError
from autograder.worker.shared_state import SharedState

MAX_CALLS = 50
MAX_NOTES = 50
MAX_MESSAGE_LENGTH = 2_000


def run(request: WorkerRequest, hidden: Callable[[], HiddenRequest], send: Callable[[bytes], None]) -> None:
    """Carry out a request.

    Args:
        request: its first part.
        hidden: waits for the second part and returns it.
        send: takes the bytes of a frame.
    """
    send(frame({"kind": FrameKind.READY, "cpu": _cpu()}))
    source = request["module"]
    handed_in = bool(source["exercises"]) or parts.is_notebook(source["text"])
    try:
        # What nothing that comes later can change: this is read before the module runs, and of the whole text.
        parsed = statements.parse(source["text"]) if handed_in else None
        code, wrong = _compiled(source, parsed)
        own = _companions(source)
        findings = _source_findings(request, parsed, own)
        named = libraries.named(_own_code(source, parsed))
    except Exception:  # noqa: BLE001  nothing of the text has run: whatever this is, it is ours
        send(frame({"kind": FrameKind.BROKEN, "trace": traceback.format_exc()[-MAX_MESSAGE_LENGTH:], "cpu": _cpu()}))
        return
    send(frame({"kind": FrameKind.SOURCE, "off_limits": findings, "syntax": wrong, "cpu": _cpu()}))
    libraries.take(named, {source["name"].partition(".")[0]})
    send(frame({"kind": FrameKind.LIBRARIES, "cpu": _cpu()}))
    if own is not None:
        companions.serve(own)
    running, probes = own_code.running(), own_code.probes()
    notes: dict[str, Any] = {}
    try:
        if parsed is None:
            module = _load(source, code)
        else:
            module, notes = _load_submitted(source, parsed)
        overlay = _overlay(request["overlay"])
        if request["overlay"] is not None and request["overlay"]["inside"]:
            # The misconception's own module is loaded by now and keeps the functions that it imported.
            vars(module).update(overlay)
    except BaseException as error:  # noqa: BLE001  a module may leave by SystemExit as well
        described = describe(error, source["filename"], source["helpers"])
        send(frame({"kind": FrameKind.LOADED, "error": described, "cpu": _cpu()}))
        return
    send(frame({"kind": FrameKind.LOADED, "error": None, **notes, "cpu": _cpu()}))
    secret = hidden()
    shared = SharedState()
    suites: dict[str, tuple[ModuleType, dict[tuple[str, int], scenarios.Scenario]]] = {}
    for key, file, function, index, device in secret["runs"]:
        running.put_back()
        if file not in suites:
            suites[file] = _suite(secret, file)
        suite, expanded = suites[file]
        scenario = expanded[function, index]
        view = LessonProxy(module, overlay, probes)
        encoder = Encoder(secret["frame_bytes"])
        head = _outcome(request, secret, suite, file, scenario, view, device, encoder)
        # What cannot be put back would cost the next scenario its points: that one gets a fresh worker.
        dirty = not shared.restore()
        send(
            frame(
                {"kind": FrameKind.OUTCOME, "run": key, **head, "calls": view.calls, "dirty": dirty, "cpu": _cpu()},
                encoder,
            )
        )
        if dirty:
            return


def _suite(secret: HiddenRequest, file: str) -> tuple[ModuleType, dict[tuple[str, int], scenarios.Scenario]]:
    """Return a scenario file as a module, and its scenarios by function and combination."""
    code = marshal.loads(base64.b64decode(secret["code"][file]))
    module = load(secret["suite"][file], f"scenarios.{file.removesuffix('.py')}", file, code)
    return module, {(scenario.function, scenario.index): scenario for scenario in scenarios.expand(module)}


def _companions(source: ModuleRequest) -> companions.Companions | None:
    if not source["folder"]:
        return None
    return companions.Companions(source["folder"], source["helpers"], source["name"])


def _source_findings(
    request: WorkerRequest, parsed: list[statements.Parsed] | None, own: companions.Companions | None
) -> dict[str, list[str]]:
    names = {exercise: found for exercise, found in request["off_limits"].items() if found}
    if not names:
        return {}
    if parsed is not None:
        return off_limits.in_tree(statements.whole(parsed), names, own)
    return off_limits.in_source(request["module"]["text"], names, own)


def _compiled(
    source: ModuleRequest, parsed: list[statements.Parsed] | None
) -> tuple[CodeType | None, list[dict[str, Any]]]:
    """Return the code of a module that is loaded whole, None for any other; and what the compiler has against the texts."""
    if parsed is None:
        code, wrong = syntax.compiled(source["text"], source["filename"])
    else:
        saved = parts.is_notebook(source["text"])
        refused = statements.refused(parsed, source["filename"], in_notebook=saved)
        code, wrong = None, syntax.of_statements(refused)
    return code, wrong + syntax.problems(source["helpers"])


def _own_code(source: ModuleRequest, parsed: list[statements.Parsed] | None) -> list[ast.Module]:
    """Return the syntax trees of what somebody wrote: not the page's own cells, whose libraries a warm zygote has."""
    trees = [] if parsed is None else [one.tree for one in parsed if one.part.kind is not Kind.PAGE]
    for text in [*([source["text"]] if parsed is None else []), *source["helpers"].values()]:
        with contextlib.suppress(*syntax.REFUSALS):  # who loads it says so
            trees.append(ast.parse(text))
    return trees


def _load(source: ModuleRequest, code: CodeType | None = None) -> ModuleType:
    return load(source["text"], source["name"], source["filename"], code)


def _load_submitted(source: ModuleRequest, parsed: list[statements.Parsed]) -> tuple[ModuleType, dict[str, Any]]:
    """Return a student's module, and what is to be said about how it was loaded."""
    filename, helpers = source["filename"], source["helpers"]
    loaded = submitted.load(
        source["text"],
        parsed,
        source["name"],
        filename,
        source["exercises"],
        definitions_only=source["definitions_only"],
    )
    notes = {
        "cells": [
            [one.part, one.whole, one.follows, describe(one.error, filename, helpers)]
            for one in loaded.raised[:MAX_NOTES]
        ],
        "left_out": [list(lines) for lines in loaded.left_out[:MAX_NOTES]],
        "rebound": [[one.name, one.line, one.counts] for one in loaded.rebound[:MAX_NOTES]],
    }
    return loaded.module, notes


def _overlay(source: OverlayRequest | None) -> dict[str, Any]:
    if source is None:
        return {}
    return {source["exercise"]: getattr(_load(source), source["function"])}


def _outcome(
    request: WorkerRequest,
    secret: HiddenRequest,
    suite: ModuleType,
    file: str,
    scenario: scenarios.Scenario,
    view: LessonProxy,
    device: str,
    encoder: Encoder,
) -> dict[str, Any]:
    """Run one scenario and return the head of its frame."""
    if not available(device):
        return {"status": "no_device"}
    generator = scenarios.generator(secret["seed"], file, scenario.name)
    _reset(generator.initial_seed(), device)
    fixtures = {
        "lesson": view,
        "device": torch.device(device),
        "rng": generator,
        "data": Path(secret["data"]),
        **scenario.arguments,
    }
    function = getattr(suite, scenario.function)
    wanted = inspect.signature(function).parameters
    if "tmp_path" in wanted:
        fixtures["tmp_path"] = Path(tempfile.mkdtemp())
    used: list[str] = []
    source = request["module"]
    try:
        trap = off_limits.trapped(
            scenario.exercise, request["off_limits"], source["filename"], used, source["helpers"].keys()
        )
        with trap, fake_device.pretending() if device == SIMULATED else contextlib.nullcontext():
            value = function(**{name: fixtures[name] for name in wanted})
        return {"status": "returned", "value": encoder.tree(value), "off_limits": sorted(set(used))}
    except NoLoopbackError:
        return {"status": "no_network"}
    except BaseException as error:  # noqa: BLE001  SystemExit and KeyboardInterrupt in a call are the student's too
        encoder.tensors.clear()
        described = describe(error, source["filename"], source["helpers"])
        return {"status": "raised", "error": described, "off_limits": sorted(set(used))}


def available(device: str) -> bool:
    """Return whether a device is there; only asked in a worker, because asking may start the device."""
    if device == SIMULATED:
        return fake_device.register()
    kind = torch.device(device).type
    if kind == "cpu":
        return True
    if kind == "cuda":
        return torch.cuda.is_available()
    return torch.accelerator.is_available() and torch.accelerator.current_accelerator().type == kind  # type: ignore[union-attr]  # there is one, by the first half


def _reset(seed: int, device: str) -> None:
    """Set what each scenario begins with: seeds, default dtype and grad mode, determinism, no figures."""
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
    if torch.device(device).type in ("cpu", SIMULATED):
        # torch.manual_seed also queues a call, with its stack trace, for every kind of device that is not asked for.
        torch.default_generator.manual_seed(seed)
    else:
        torch.manual_seed(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)
    warnings.simplefilter("ignore")
    if torch.device(device).type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.use_deterministic_algorithms(True, warn_only=True)
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")


def describe(error: BaseException, filename: str, helpers: Collection[str] = ()) -> dict[str, Any]:
    """Return an exception's type, its line in the module under test and, for the instructor, its message.

    Where helpers are given (paths of a student's own modules), the line may be one of theirs: the deepest counts.

    An exception's own methods may lie, raise or never end; the deadline covers the last.
    """
    line, file = None, filename
    for step in traceback.extract_tb(error.__traceback__):
        if step.filename == filename or step.filename in helpers:
            line, file = step.lineno, step.filename
    of_text = isinstance(error, SyntaxError) and type(error.lineno) is int and type(error.filename) is str
    if of_text and (error.filename == filename or error.filename in helpers):  # type: ignore[attr-defined]
        line, file = error.lineno, error.filename  # type: ignore[attr-defined]
    try:
        message = str(error)[:MAX_MESSAGE_LENGTH].encode("utf-8", "replace").decode()
    except BaseException as second:  # noqa: BLE001  the message is the attack
        message = f"(its message could not be read: {type(second).__name__})"
    kinds = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
    lacks = _lacks(error)
    return {
        "type": type(error).__name__[:100],
        "builtin": kinds[0],
        "line": line,
        "message": message,
        "file": "" if file == filename else file,
        **({"lacks": lacks} if lacks else {}),
    }


def _lacks(error: BaseException) -> list[str]:
    """Return the type's name of what lacks an attribute, and the attribute's; nothing of any other exception."""
    if type(error) is not AttributeError or type(error.name) is not str:
        return []
    return [type(error.obj).__name__[:100], error.name[:100]]


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in used)


class LessonProxy:
    """What a scenario gets as `lesson`: the module under test, with a misconception laid over it if there is one.

    It notes how each function was called, in words that hold no data: the reference's notes word a student's feedback.
    """

    def __init__(self, module: ModuleType, overlay: dict[str, Any], probes: OwnCode) -> None:
        self._module = module
        self._overlay = overlay
        self._probes = probes
        self.calls: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        target = self._overlay[name] if name in self._overlay else getattr(self._module, name)
        return RecordedCallable(target, name, self.calls, self._probes) if callable(target) else target


class RecordedCallable:
    """A function or class of the module under test that notes its calls; `isinstance` still works with it."""

    def __init__(self, target: Any, name: str, calls: list[dict[str, Any]], probes: OwnCode) -> None:
        self.__dict__.update(_target=target, _name=name, _calls=calls, _probes=probes, __wrapped__=target)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Note the call, then make it; afterwards probes are what they were."""
        if len(self._calls) < MAX_CALLS:
            given = [["", summarize(value)] for value in args] + [
                [key, summarize(value)] for key, value in kwargs.items()
            ]
            self._calls.append({"name": self._name, "given": given})
        try:
            return self._target(*args, **kwargs)
        finally:
            self._probes.put_back()

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, self._target)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)


def summarize(value: Any) -> str:
    """Return a few words on an argument: dtype and shape of a tensor, the value of a plain number, otherwise its kind."""
    kind = type(value)
    if issubclass(kind, torch.Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
    if value is None or kind in (bool, int, float):
        return repr(value)
    if kind is str:
        return repr(value[:40])
    if kind in (list, tuple, dict):
        return f"{kind.__name__} of {len(value)}"
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__)[:40]
    return kind.__name__[:40]
