"""While it is imported, sends the frame that says how the import went wrong, with HTML and a link for the exception's
name. Success: the markup stands in the feedback.

expected: failed_to_import
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


name = "<script>alert(1)</script>[click](http://example.invalid)\n# Full points"
put(
    frame(
        {
            "kind": "loaded",
            "error": {"type": name, "builtin": name, "line": None, "source": "", "message": ""},
            "cpu": 0,
        }
    )
)
os._exit(0)
