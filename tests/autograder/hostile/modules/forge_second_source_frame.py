"""Sends a second account of what its syntax tree shows, with nothing off limits in it. Success: mean_of, which uses
torch.mean, keeps points.

expected: double<=30 mean_of=0 count<=30
"""

import fcntl
import json
import os
import stat
import struct
import sys

import torch

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


put(frame({"kind": "source", "off_limits": {}}))


def mean_of(x):
    return torch.mean(x)


def double(x):
    return x * 2


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
