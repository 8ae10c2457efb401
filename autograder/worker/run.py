"""Run one module through scenarios and send a frame for each. Runs inside the worker, after the lockdown.

The request is a JSON object:

    lesson      its name
    module      {"name", "filename", "text", "exercises", "definitions_only"}: what is under test; with the names of the lesson's
                functions and classes it is a student's, and loaded as `submitted.py` says
    overlay     None, or {"name", "filename", "text", "function", "exercise", "inside"}: a misconception laid over the view,
                or with `inside` put into the module, so that the module's other functions call it too
    suite       file name to text, of the files that are run
    code        the same, compiled by the parent's like interpreter: marshalled, in base64
    runs        a list of [key, file, function, index, device]
    seed        the batch's seed
    data        the path of the data folder
    off_limits  exercise to dotted names
    frame_bytes the most bytes of tensors that one frame carries

Frames, in this order: `source` (what the syntax tree shows, before any of the text has run), `loaded` (whether the module
imports, and what of it raised, was left out or bound again), then one `outcome` a run. It knows no expected value.
"""

from __future__ import annotations

import base64
import contextlib
import inspect
import linecache
import marshal
import random
import resource
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from autograder.worker import fake_device, off_limits, parts, scenarios, statements, submitted
from autograder.worker.encode import Encoder, frame
from autograder.worker.loading import load
from autograder.worker.ranks import NoLoopbackError

MOST_CALLS = 50
MOST_NOTES = 50
LONGEST_MESSAGE = 2_000


def run(request: dict[str, Any], send: Callable[[bytes], None]) -> None:
    """Carry out a request."""
    source = request["module"]
    handed_in = bool(source.get("exercises")) or parts.is_notebook(source["text"])
    parsed = statements.parse(source["text"]) if handed_in else None
    # What nothing that comes later can change: this is read before the module runs, and of the whole text.
    send(frame({"kind": "source", "off_limits": _source_findings(request, parsed)}))
    notes: dict[str, Any] = {}
    try:
        if parsed is None:
            module = _load(source)
        else:
            module, notes = _load_submitted(source, parsed)
        overlay = _overlay(request["overlay"])
        if request["overlay"] is not None and request["overlay"]["inside"]:
            # The misconception's own module is loaded by now and keeps the functions that it imported.
            vars(module).update(overlay)
    except BaseException as error:  # noqa: BLE001  a module may leave by SystemExit as well
        send(frame({"kind": "loaded", "error": describe(error, request["module"]["filename"]), "cpu": _cpu()}))
        return
    send(frame({"kind": "loaded", "error": None, **notes, "cpu": _cpu()}))
    suites: dict[str, tuple[ModuleType, dict[tuple[str, int], scenarios.Scenario]]] = {}
    for key, file, function, index, device in request["runs"]:
        if file not in suites:
            suites[file] = _suite(request, file)
        suite, expanded = suites[file]
        scenario = expanded[function, index]
        view = View(module, overlay)
        encoder = Encoder(request["frame_bytes"])
        head = _outcome(request, suite, file, scenario, view, device, encoder)
        send(frame({"kind": "outcome", "run": key, **head, "calls": view.calls, "cpu": _cpu()}, encoder))


def _suite(request: dict[str, Any], file: str) -> tuple[ModuleType, dict[tuple[str, int], scenarios.Scenario]]:
    """Return a scenario file as a module, and its scenarios by function and combination."""
    code = marshal.loads(base64.b64decode(request["code"][file]))
    module = load(request["suite"][file], f"scenarios.{file.removesuffix('.py')}", file, code)
    return module, {(scenario.function, scenario.index): scenario for scenario in scenarios.expand(module)}


def _source_findings(request: dict[str, Any], parsed: list[statements.Parsed] | None) -> dict[str, list[str]]:
    names = {exercise: found for exercise, found in request["off_limits"].items() if found}
    if not names:
        return {}
    if parsed is not None:
        return off_limits.in_tree(statements.whole(parsed), names)
    return off_limits.in_source(request["module"]["text"], names)


def _load(source: dict[str, Any]) -> ModuleType:
    return load(source["text"], source["name"], source["filename"])


def _load_submitted(source: dict[str, Any], parsed: list[statements.Parsed]) -> tuple[ModuleType, dict[str, Any]]:
    """Return a student's module, and what is to be told of how it was loaded."""
    filename, names = source["filename"], source.get("exercises", ())
    loaded = submitted.load(
        source["text"], parsed, source["name"], filename, names, definitions_only=bool(source.get("definitions_only"))
    )
    notes = {
        "cells": [[one.part, one.whole, describe(one.error, filename)] for one in loaded.raised[:MOST_NOTES]],
        "left_out": [list(lines) for lines in loaded.left_out[:MOST_NOTES]],
        "rebound": [[one.name, one.line, one.counts] for one in loaded.rebound[:MOST_NOTES]],
    }
    return loaded.module, notes


def _overlay(source: dict[str, Any] | None) -> dict[str, Any]:
    if source is None:
        return {}
    return {source["exercise"]: getattr(_load(source), source["function"])}


def _outcome(
    request: dict[str, Any],
    suite: ModuleType,
    file: str,
    scenario: scenarios.Scenario,
    view: View,
    device: str,
    encoder: Encoder,
) -> dict[str, Any]:
    """Run one scenario and return the head of its frame."""
    if not available(device):
        return {"status": "no_device"}
    generator = scenarios.generator(request["seed"], file, scenario.name)
    _reset(generator.initial_seed(), device)
    fixtures = {
        "lesson": view,
        "device": torch.device(device),
        "rng": generator,
        "data": Path(request["data"]),
        **scenario.arguments,
    }
    function = getattr(suite, scenario.function)
    wanted = inspect.signature(function).parameters
    if "tmp_path" in wanted:
        fixtures["tmp_path"] = Path(tempfile.mkdtemp())
    used: list[str] = []
    try:
        trap = off_limits.trapped(scenario.exercise, request["off_limits"], request["module"]["filename"], used)
        with trap, fake_device.pretending() if device == fake_device.NAME else contextlib.nullcontext():
            value = function(**{name: fixtures[name] for name in wanted})
        return {"status": "returned", "value": encoder.tree(value), "off_limits": sorted(set(used))}
    except NoLoopbackError:
        return {"status": "no_network"}
    except BaseException as error:  # noqa: BLE001  SystemExit and KeyboardInterrupt in a call are the student's too
        encoder.tensors.clear()
        described = describe(error, request["module"]["filename"])
        return {"status": "raised", "error": described, "off_limits": sorted(set(used))}


def available(device: str) -> bool:
    """Return whether a device is there; only asked in a worker, because asking may start the device."""
    if device == fake_device.NAME:
        return fake_device.register()
    kind = torch.device(device).type
    if kind == "cpu":
        return True
    if kind == "cuda":
        return torch.cuda.is_available()
    return torch.accelerator.is_available() and torch.accelerator.current_accelerator().type == kind  # type: ignore[union-attr]  # there is one, by the first half


def _reset(seed: int, device: str) -> None:
    """Put back what scenarios share: seeds, defaults, grad mode, determinism, figures."""
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
    if torch.device(device).type in ("cpu", fake_device.NAME):
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


def describe(error: BaseException, filename: str) -> dict[str, Any]:
    """Return an exception's type, its line in the module under test and, for the instructor, its message.

    An exception's own methods may lie, raise or never end; the deadline covers the last.
    """
    line = None
    for step in traceback.extract_tb(error.__traceback__):
        if step.filename == filename:
            line = step.lineno
    if isinstance(error, SyntaxError) and type(error.lineno) is int and error.filename == filename:
        line = error.lineno
    try:
        message = str(error)[:LONGEST_MESSAGE].encode("utf-8", "replace").decode()
    except BaseException as second:  # noqa: BLE001  the message is the attack
        message = f"(its message could not be read: {type(second).__name__})"
    kinds = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
    return {
        "type": type(error).__name__[:100],
        "builtin": kinds[0],
        "line": line,
        "source": linecache.getline(filename, line).strip()[:200] if line else "",
        "message": message,
    }


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in used)


class View:
    """What a scenario gets as `lesson`: the module under test, with a misconception laid over it if there is one.

    It notes how each function was called, in words that hold no data: the reference's notes word a student's feedback.
    """

    def __init__(self, module: ModuleType, overlay: dict[str, Any]) -> None:
        self._module = module
        self._overlay = overlay
        self.calls: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        target = self._overlay[name] if name in self._overlay else getattr(self._module, name)
        return Noted(target, name, self.calls) if callable(target) else target


class Noted:
    """A function or class of the module under test that notes its calls; `isinstance` still works with it."""

    def __init__(self, target: Any, name: str, calls: list[dict[str, Any]]) -> None:
        self.__dict__.update(_target=target, _name=name, _calls=calls, __wrapped__=target)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Note the call, then make it."""
        if len(self._calls) < MOST_CALLS:
            given = [["", brief(value)] for value in args] + [[key, brief(value)] for key, value in kwargs.items()]
            self._calls.append({"name": self._name, "given": given})
        return self._target(*args, **kwargs)

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, self._target)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)


def brief(value: Any) -> str:
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
