"""What one student handed in, as paths and bytes: a folder, files that belong together, or a zip; no link is followed.

It says what is there and reads what it is asked for, within bounds.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from autograder.submission.archives import Archive, ArchiveError
from autograder.submission.source_text import Refused
from autograder.util.safe_text import named

# What systems and tools leave beside a student's own files.
CLUTTER = {
    "__MACOSX",
    "__pycache__",
    "$RECYCLE.BIN",
    "@eaDir",
    "desktop.ini",
    "ehthumbs.db",
    "lost+found",
    "node_modules",
    "site-packages",
    "System Volume Information",
    "Thumbs.db",
}
# How far a student's folders are looked through.
MAX_DEPTH = 6
MAX_FILES = 5_000
ZIP = re.compile(r"\.zip\s*$", re.IGNORECASE)


class Tree(Protocol):
    """What a student handed in."""

    def places(self) -> list[str]:
        """Return the paths of the plain files, less clutter."""

    def read(self, place: str, limit: int) -> bytes:
        """Return a file's bytes, of a longer one `limit` and one more.

        Raises:
            FileNotFoundError: there is no such file.
            Refused: it is no plain file, or cannot be read.
        """


class Folder:
    """A folder of the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def places(self) -> list[str]:
        """Return the paths of the plain files, less clutter, as many as are looked at."""
        found: list[str] = []
        waiting = [("", 0)]
        while waiting and len(found) < MAX_FILES:
            folder, depth = waiting.pop(0)
            with contextlib.suppress(OSError), os.scandir(self._path / folder) as entries:
                inside = sorted(entries, key=lambda entry: entry.name)
                if any(entry.name == "pyvenv.cfg" for entry in inside):
                    continue
                for entry in inside:
                    if is_clutter(entry.name):
                        continue
                    if entry.is_file(follow_symlinks=False):
                        found.append(f"{folder}{entry.name}")
                    elif entry.is_dir(follow_symlinks=False) and depth < MAX_DEPTH:
                        waiting.append((f"{folder}{entry.name}/", depth + 1))
        return found

    def read(self, place: str, limit: int) -> bytes:
        """Return a file's bytes."""
        return _read(self._path, place, limit)


class Files:
    """Files of the disk that lie among others', by the names that their student gave them."""

    def __init__(self, folder: Path, names: Mapping[str, str]) -> None:
        self._folder = folder
        self._names = names

    def places(self) -> list[str]:
        """Return the files' names."""
        return list(self._names)

    def read(self, place: str, limit: int) -> bytes:
        """Return a file's bytes."""
        if place not in self._names:
            raise FileNotFoundError(place)
        return _read(self._folder, self._names[place], limit)


class Zip:
    """A zip, or one within another."""

    def __init__(self, archive: Archive, name: str) -> None:
        self._archive = archive
        self._name = name

    def places(self) -> list[str]:
        """Return the paths of the parts, less clutter."""
        return [
            place
            for place in self._archive.places
            if place.count("/") <= MAX_DEPTH and not any(map(is_clutter, place.split("/")))
        ]

    def read(self, place: str, limit: int) -> bytes:
        """Return a part's bytes."""
        with _worded(f"{place} in {self._name}"):
            return self._archive.read(place, limit)

    def inner(self, place: str) -> Zip:
        """Return a zip that is a part of this one.

        Raises:
            Refused: it cannot be opened.
        """
        with _worded(f"{place} in {self._name}"):
            return Zip(self._archive.inner(place), place)


@contextlib.contextmanager
def zipped(folder: Path, place: str) -> Iterator[Zip]:
    """Yield a zip that lies on the disk.

    Raises:
        Refused: it cannot be opened.
    """
    with open(_descriptor(folder, place), "rb") as file:
        with _worded(place):
            archive = Archive(file)
        yield Zip(archive, place)


@contextlib.contextmanager
def _worded(place: str) -> Iterator[None]:
    try:
        yield
    except ArchiveError as error:
        raise Refused(f"{place} {error}.") from error


def is_clutter(name: str) -> bool:
    """Return whether no student means a file or folder of this name."""
    return name.startswith((".", "~$")) or name in CLUTTER or name == "Icon\r"


def _read(folder: Path, place: str, limit: int) -> bytes:
    with open(_descriptor(folder, place), "rb") as file:
        return file.read(limit + 1)


def _descriptor(folder: Path, place: str) -> int:
    """Open a plain file below a folder.

    Raises:
        FileNotFoundError: there is none.
        Refused: it is something else.
    """
    descriptor = _open(folder, place)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Refused(f"{named(place)} is not a regular file.")
    return descriptor


def _open(folder: Path, place: str) -> int:
    """Open a file below a folder, no part of its path being a link, without waiting for a writer on a fifo."""
    *parents, name = place.split("/")
    current = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parents:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=current)
            os.close(current)
            current = inner
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=current)
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise
        above = [folder.joinpath(*parents[: depth + 1]) for depth in range(len(parents))]
        if isinstance(error, NotADirectoryError) and not any(part.is_symlink() for part in above):
            raise FileNotFoundError(place) from error
        raise Refused(f"{named(place)} could not be opened as a plain file: {error.strerror}.") from error
    finally:
        os.close(current)
