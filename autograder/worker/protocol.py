"""What the two sides of the process wall say to each other. Imports nothing but the standard library, so both can share it.

A sandbox sends a zygote its `Configuration` once, and hands each worker a `WorkerRequest` as JSON, in a file of which the
zygote knows the descriptor alone; once the module is loaded, a `HiddenRequest` behind it, in the same file. A worker answers
with frames: a HEADER, the lengths of two parts; a JSON object, which has a `FrameKind`; and tensors, which `encode.py` writes
and `sandbox/decode.py` reads and trusts none of.
"""

from __future__ import annotations

import struct
from enum import StrEnum
from typing import TypedDict

# The lengths of a frame's JSON and of its tensors.
HEADER = struct.Struct(">II")


class FrameKind(StrEnum):
    """What a frame says. They come in this order; each has `cpu`, the worker's CPU seconds so far."""

    # The worker is locked down and has its request: what ends it before that, the text did not do.
    READY = "ready"
    # What compiler and syntax tree show, before any of the text has run.
    SOURCE = "source"
    # Instead of it, and then no more: reading the text failed by our own fault.
    BROKEN = "broken"
    # The libraries that the text names are imported.
    LIBRARIES = "libraries"
    # Whether the module imports, and what of it raised, was left out or bound again.
    LOADED = "loaded"
    # One for each run. After one that is `dirty` no more come: its scenario left a state that cannot be put back.
    OUTCOME = "outcome"


class Configuration(TypedDict):
    """What a zygote is to be.

    Attributes:
        jail: how to lock down: "namespaces"; "restricted", by Landlock and seccomp alone; or "none", a plain child.
        data: the folder that a view shows at `jail.DATA`.
        folders: absolute paths that can be read.
        hidden: folders of which a view shows nothing else.
        devices: device files below /dev.
        plots: whether scenarios draw.
        imports: modules to import besides.
    """

    jail: str
    data: str
    folders: list[str]
    hidden: list[str]
    devices: list[str]
    plots: bool
    imports: list[str]


class Warmth(TypedDict):
    """What a template imports and tries once.

    Attributes:
        plots: whether scenarios draw.
        imports: modules to import besides.
    """

    plots: bool
    imports: list[str]


class ModuleRequest(TypedDict):
    """A module under test.

    Attributes:
        name: the dotted name that it is loaded under.
        filename: what tracebacks call it.
        text: its source.
        folder: the folder that a student's module lies in; "" for any other.
        helpers: a student's own modules beside it, by their paths (`companions.py`).
        exercises: the names of the lesson's functions and classes, where the module is a student's; it is then loaded as
            `submitted.py` says.
        definitions_only: whether to leave out what the exercises do not need.
    """

    name: str
    filename: str
    text: str
    folder: str
    helpers: dict[str, str]
    exercises: list[str]
    definitions_only: bool


class OverlayRequest(ModuleRequest):
    """A misconception laid over the view; with `inside`, put into the module, so that its other functions call it too."""

    function: str
    exercise: str
    inside: bool


class WorkerRequest(TypedDict):
    """What a worker is to load.

    Attributes:
        module: what is under test.
        overlay: a misconception over it, or None.
        off_limits: exercise to dotted names.
    """

    module: ModuleRequest
    overlay: OverlayRequest | None
    off_limits: dict[str, list[str]]


class HiddenRequest(TypedDict):
    """What a worker is to run once the module is loaded, and what that must not know before.

    Attributes:
        suite: file name to text, of the files that are run.
        code: the same, compiled by the parent's like interpreter: marshalled, in base64.
        runs: each a key, and the file, function, index and device of a scenario.
        seed: the batch's seed.
        data: the path of the data folder.
        frame_bytes: the most bytes of tensors that one frame carries.
    """

    suite: dict[str, str]
    code: dict[str, str]
    runs: list[tuple[int, str, str, int, str]]
    seed: int
    data: str
    frame_bytes: int
