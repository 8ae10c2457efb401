"""Writes to the worker's own code, to the packages and to the interpreter, for the next submission to run. Success: a
write works.

expected: double=30 mean_of=40 count=30
"""

import os
import sys

import autograder.worker
import torch

for module in (autograder.worker, torch, os):
    folder = os.path.dirname(module.__file__)
    for name in ("hostile.py", "__init__.py", "sitecustomize.py", "__pycache__/hostile.pyc"):
        try:
            with open(os.path.join(folder, name), "a"):
                print("SUCCEEDED: opened for writing", folder, name)
        except OSError:
            pass
for path in (sys.prefix, sys.base_prefix, *sys.path):
    if os.path.isdir(path) and os.access(path, os.W_OK):
        print("SUCCEEDED: may write to", path)


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
