"""A warm process that runs a lesson's visible tests whenever it is told to, each time in a fork of itself.

`python -m autograder.student.runner LESSON [SECONDS] [--once]`. In: a line `run`, or `stop`; at the end of the input it ends.
Out: a JSON object a line. `{"warm": true}` comes first. For each run come `{"run": n}`; for each test `{"begins": test}` and
`{"test", "outcome", "words", "unwritten"}`; `{"trouble": words}` where the lesson cannot be imported; and at last
`{"end": n, "died": words}`. A run that is told to begin ends the one that goes on. With `--once` (for systems without `fork`)
it runs the tests once, in itself.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import sys
import time
import warnings
from pathlib import Path
from typing import Any, TextIO

# How long one test may take before the run is ended.
LIMIT = 30.0
MAX_WORDS = 20_000
ENDLESS = "did not finish"


class Reporter:
    """A plugin of pytest's that writes what becomes of each test to a stream."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def tell(self, **said: Any) -> None:
        """Write one line."""
        self._out.write(json.dumps(said) + "\n")
        self._out.flush()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Say which test begins."""
        self.tell(begins=nodeid.rpartition("::")[2])

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Say what became of it."""
        if report.when == "call" or not report.passed:
            words = "" if report.passed else report.longreprtext[:MAX_WORDS]
            test = report.nodeid.rpartition("::")[2]
            unwritten = getattr(report, "unwritten", "")
            self.tell(test=test, outcome=report.outcome, words=words, unwritten=unwritten)

    def pytest_collectreport(self, report: Any) -> None:
        """Say why nothing can be run."""
        if report.failed:
            self.tell(trouble=report.longreprtext[:MAX_WORDS])


def run_tests(folder: Path, out: TextIO) -> None:
    """Run a lesson's visible tests here and write what becomes of them."""
    import pytest

    # What a student prints goes nowhere; on this stream it would be taken for a result.
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    options = ["-q", "-p", "no:cacheprovider", "--no-header", "--rootdir", str(Path.cwd()), "--tb=short"]
    # These two search the whole memory for what was left open, which in a fork means to copy it.
    options += ["-p", "no:unraisableexception", "-p", "no:threadexception"]
    pytest.main([*options, str(folder / "test_exercises.py")], plugins=[Reporter(out)])


def warm_up(folder: Path) -> None:
    """Import what the lesson's tests import, but nothing of the student's, and take the slow first steps once."""
    warnings.simplefilter("ignore")
    os.environ.setdefault("MPLBACKEND", "agg")
    # Plugins that happen to be installed would be looked for at each run.
    os.environ.setdefault("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    importlib.import_module("pytest")
    for name in ("autograder.student.progress", "_pytest.assertion.rewrite", "_pytest.tmpdir", "_pytest.terminal"):
        importlib.import_module(name)
    found: dict[str, None] = {}
    for path in (folder / "test_exercises.py", folder / "exercises.py", folder.parent / "expect.py"):
        with contextlib.suppress(OSError, SyntaxError, ValueError):
            found |= dict.fromkeys(_imports(ast.parse(path.read_bytes())))
    own = {path.stem for path in folder.glob("*.py")} | {"assignments"}
    for name in found:
        if name.partition(".")[0] not in own:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)  # threads do not live on in a fork
        # The first optimizer imports a part of PyTorch that takes longer than all the rest.
        with contextlib.suppress(Exception):
            torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    gc.collect()
    gc.freeze()  # so that a fork's collector leaves alone what it shares with this process


def _imports(tree: ast.Module) -> list[str]:
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


class Server:
    """Forks for each run, and passes on what the fork writes."""

    def __init__(self, folder: Path, limit: float) -> None:
        self._folder, self._limit = folder, limit
        self._selector = selectors.DefaultSelector()
        self._child, self._pipe, self._number = 0, -1, 0
        self._buffer, self._orders = b"", b""
        self._heard, self._test = 0.0, ""

    def serve(self) -> None:
        """Do what the input says until it ends."""
        self._tell(warm=True)
        self._selector.register(0, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select(timeout=0.2 if self._child else None):
                if key.fd == 0:
                    if not self._obey():
                        self._stop()
                        return
                elif key.fd == self._pipe:
                    self._pass_on()
            if self._child and time.monotonic() - self._heard > self._limit:
                self._end(f"`{self._test or 'exercises.py'}` {ENDLESS} in {self._limit:g} seconds")

    def _obey(self) -> bool:
        data = os.read(0, 4096)
        *orders, self._orders = (self._orders + data).split(b"\n")
        if orders:  # of several, the newest
            self._stop()
            if orders[-1] == b"run":
                self._start()
        return bool(data)

    def _start(self) -> None:
        self._number += 1
        self._heard, self._test, self._buffer = time.monotonic(), "", b""
        reading, writing = os.pipe()
        self._tell(run=self._number)
        child = os.fork()
        if child == 0:
            self._be_the_run(reading, writing)
        os.close(writing)
        self._child, self._pipe = child, reading
        self._selector.register(reading, selectors.EVENT_READ)

    def _be_the_run(self, reading: int, writing: int) -> None:
        status = 1
        try:
            os.setsid()  # so that what it starts ends with it
            os.close(reading)
            with open(os.devnull, "rb") as nothing:
                os.dup2(nothing.fileno(), 0)
            with open(writing, "w", encoding="utf-8") as out:
                run_tests(self._folder, out)
            status = 0
        finally:
            os._exit(status)  # nothing of the parent's is to be tidied up here

    def _pass_on(self) -> None:
        data = os.read(self._pipe, 1 << 16)
        self._heard = time.monotonic()
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            with contextlib.suppress(ValueError):
                self._test = json.loads(line).get("begins", self._test)
                sys.stdout.write(line.decode("utf-8", "replace") + "\n")
        sys.stdout.flush()
        if not data:
            self._end("")

    def _end(self, died: str) -> None:
        """Forget a run that is over, or end it; say how it died."""
        if died:
            self._kill()
        status = self._forget()
        if not died and os.WIFSIGNALED(status):
            name = signal.Signals(os.WTERMSIG(status)).name
            died = f"`{self._test or 'exercises.py'}` ended Python itself ({name})"
        elif not died and os.WEXITSTATUS(status):
            died = f"`{self._test or 'exercises.py'}` ended Python itself (exit status {os.WEXITSTATUS(status)})"
        self._tell(end=self._number, died=died)

    def _stop(self) -> None:
        if self._child:
            self._kill()
            self._forget()

    def _kill(self) -> None:
        for kill in (os.killpg, os.kill):  # in its first moment it leads no group yet
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(self._child, signal.SIGKILL)

    def _forget(self) -> int:
        self._selector.unregister(self._pipe)
        os.close(self._pipe)
        _, status = os.waitpid(self._child, 0)
        self._child, self._pipe = 0, -1
        return status

    def _tell(self, **said: Any) -> None:
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


def main(arguments: list[str]) -> None:
    """Serve, or run once."""
    folder = Path("assignments", arguments[0]).absolute()
    limit = float(arguments[1]) if len(arguments) > 1 else LIMIT
    # As `python -m pytest` does: the tests import `assignments` from here, whatever the settings say.
    sys.path.insert(0, str(Path.cwd()))
    warm_up(folder)
    if "--once" in arguments:
        with open(os.dup(1), "w", encoding="utf-8") as out:
            reporter = Reporter(out)
            reporter.tell(run=1)
            run_tests(folder, out)
            reporter.tell(end=1, died="")
        return
    # A terminal's Ctrl-C is for the process that watches; it ends this one by closing its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Server(folder, limit).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
