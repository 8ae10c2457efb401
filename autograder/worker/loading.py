"""Turn a text into a real module: in `sys.modules`, and known to `linecache`, so that dataclasses and tracebacks work."""

from __future__ import annotations

import linecache
import sys
from types import CodeType, ModuleType

from autograder.worker import companions


def load(text: str, name: str, filename: str, code: CodeType | None = None) -> ModuleType:
    """Execute `text` as the module `name` and return it; whatever it raises comes through.

    Args:
        text: the source.
        name: the module's dotted name; its parent packages are made up, empty, where they are missing.
        filename: what tracebacks call the file. No such file need exist.
        code: the text, compiled already under this file name.
    """
    parent = ""
    for part in name.split(".")[:-1]:
        parent = f"{parent}.{part}" if parent else part
        if parent not in sys.modules:
            package = ModuleType(parent)
            package.__path__ = []
            sys.modules[parent] = package
    code = code or compile(text, filename, "exec", dont_inherit=True)
    module = ModuleType(name)
    module.__file__ = filename
    own_package = companions.package_of(name, sys.meta_path)
    if own_package:
        module.__package__ = own_package
    # No modification time: linecache then never looks for the file, which is not there.
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    sys.modules[name] = module
    exec(code, module.__dict__)
    return module
