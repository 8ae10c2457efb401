"""Sends a check complex tensors that are none, and dicts where it wants pairs. Success: the check raises through the
grader, or points for count.

expected: double=15 mean_of=40 count=15
"""

import fcntl
import json
import os
import stat
import struct
import sys

HEADER = struct.Struct(">II")


def result_pipe():
    for descriptor in range(3, 256):
        try:
            kind = os.fstat(descriptor).st_mode
        except OSError:
            continue
        writable = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY
        if stat.S_ISFIFO(kind) and writable:
            return descriptor
    raise LookupError("no pipe for results")


def turn():
    """The number of the run that we are in, from the worker's own variables."""
    step = sys._getframe()
    while step is not None:
        if "key" in step.f_locals and "request" in step.f_locals:
            return step.f_locals["key"]
        step = step.f_back
    return 2


def put(data):
    descriptor = result_pipe()
    while data:
        data = data[os.write(descriptor, data) :]


def frame(head, tensors=b""):
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return HEADER.pack(len(text), len(tensors)) + text + tensors


def count(items):
    if len(items) == 16:
        header = json.dumps({"0": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
        data = struct.pack("<Q", len(header)) + header + b"1234"
        tensor = ["tensor", "0", {"device": "cpu", "requires_grad": 1, "class": "Tensor", "complex": "complex64"}]
        value = ["list", [tensor, ["dict", [[1, tensor]]], None]]
        put(
            frame(
                {"kind": "outcome", "run": turn(), "status": "returned", "value": value, "calls": [], "off_limits": []},
                data,
            )
        )
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    if len(items) == 16:
        os._exit(0)
    return [[item, number] for item, number in found.items()]


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()
