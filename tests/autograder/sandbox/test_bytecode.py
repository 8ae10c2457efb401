"""What a zygote imports is compiled once for an environment, wherever that belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.sandbox import bytecode
from autograder.sandbox.sandbox import Sandbox
from tests.autograder.helpers import COURSE
from tests.autograder.sandboxes import seen

IS_COMPILED = """
import importlib.util, torch.optim
return [os.path.exists(importlib.util.cache_from_source(module.__file__)) for module in (torch, torch.optim)]
"""


def test_an_environment_that_cannot_be_written_to_is_compiled_into_the_users_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(bytecode, "_usual_is_writable", lambda: False)
    with Sandbox(COURSE, plots=False) as sandbox:
        assert seen(sandbox, f"return str(sys.pycache_prefix).startswith({str(tmp_path)!r})") is True
        assert seen(sandbox, IS_COMPILED) == [True, True]
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.pyc")}
    assert len(before) > 500
    # No second time.
    monkeypatch.setattr(bytecode, "_compile", lambda *_: pytest.fail("it was compiled already"))
    assert bytecode.ready(plots=False, imports=()).prefix.startswith(str(tmp_path))


def test_an_environment_of_ones_own_is_compiled_where_python_looks(sandbox: Sandbox) -> None:
    if not bytecode._usual_is_writable():
        pytest.skip("this environment belongs to somebody else")
    assert seen(sandbox, "return sys.pycache_prefix") is None
    assert seen(sandbox, IS_COMPILED) == [True, True]


def test_where_nothing_can_be_written_zygotes_compile_for_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert bytecode.ready(plots=False, imports=()) == bytecode.Bytecode()


def test_another_environment_and_other_imports_are_compiled_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made: list[object] = []
    monkeypatch.setattr(bytecode, "_compile", lambda _, wanted: made.append(wanted))
    for imports in (["numpy"], ["numpy"], ["numpy", "sklearn"]):
        bytecode.ready(plots=True, imports=imports)
    assert made == [{"plots": True, "imports": ["numpy"]}, {"plots": True, "imports": ["numpy", "sklearn"]}]
