"""A program in a real terminal of some size: what is on its screen, and keys pressed."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path

CLEARED = re.compile(r"\x1b\[2J|\x1b\[H\x1b\[2J")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


class Terminal:
    """`autograder` in a pseudo-terminal. Use it as a context manager."""

    def __init__(self, folder: Path, arguments: Sequence[str], columns: int = 80, rows: int = 50) -> None:
        self._main, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        env = {name: value for name, value in os.environ.items() if name not in ("CI", "COLUMNS", "LINES", "NO_COLOR")}
        command = [sys.executable, "-m", "autograder.cli", *arguments]
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env={**env, "TERM": "xterm-256color", "DISPLAY": "", "PYTHONPATH": str(Path(__file__).parents[3])},
            start_new_session=True,
        )
        os.close(inner)
        self.text = ""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        os.close(self._main)

    def press(self, key: str) -> None:
        """Press a key; the screen before it is forgotten."""
        self.text = ""
        os.write(self._main, key.encode())

    def forget(self) -> None:
        """Forget what the screen said until now."""
        self.text = ""

    @property
    def screen(self) -> str:
        """What was drawn since the screen was cleared last."""
        return ESCAPE.sub("", CLEARED.split(self.text)[-1])

    def wait_for(self, words: str, seconds: float = 60, *, settle: bool = True) -> str:
        """Wait until the screen has some words (and, to `settle`, until nothing more is drawn), and return it."""
        end = time.monotonic() + seconds
        while words not in self.screen:
            if time.monotonic() > end:
                raise AssertionError(f"{words!r} did not appear; the screen says:\n{self.screen}")
            if not self._read(0.2) and self.process.poll() is not None and words not in self.screen:
                raise AssertionError(f"it left with {self.process.returncode}; the screen says:\n{self.screen}")
        while settle and self._read(0.05):
            pass
        return self.screen

    def _read(self, seconds: float) -> bool:
        if not select.select([self._main], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._main, 1 << 16)
        except OSError:  # its other end is closed
            return False
        self.text += data.decode("utf-8", "replace")
        return bool(data)
