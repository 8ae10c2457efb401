"""Look into a zip that a student made, within bounds: nothing is unpacked onto the disk, and only what is asked for is read.

It is refused as a whole where its parts say that it was made to harm: paths that lead out of it, more parts than a student's
work has. Of a part, no more is ever decompressed than its reader allows.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import IO

MAX_BYTES = 64 << 20
MAX_PARTS = 20_000
# An archive within one is read into memory first.
MAX_INNER_BYTES = 16 << 20
# What the standard library reads into memory to list the parts.
MAX_DIRECTORY_BYTES = 4 << 20
_END = struct.Struct("<4s4H2LH")
_END_MARK, _LARGE_MARK = b"PK\5\6", b"PK\6\7"
_MAX_COMMENT_LENGTH = 1 << 16
# Others need memory that the archive itself says the amount of.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class ArchiveError(Exception):
    """Why an archive, or a part of one, is not read: a predicate, for a sentence that begins with its name."""


class Archive:
    """A zip that is open for reading.

    Args:
        file: its bytes; whoever opened it closes it.

    Raises:
        ArchiveError: it is none, or not to be read.
    """

    def __init__(self, file: IO[bytes]) -> None:
        _require_small(file)
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, struct.error, OSError, ValueError, NotImplementedError) as error:
            raise ArchiveError("is not a zip that can be opened; make it again") from error
        parts = self._zip.infolist()
        if len(parts) > MAX_PARTS:
            raise ArchiveError(f"has more than {MAX_PARTS} parts")
        # Of two parts with one name the later counts, as for every program that unpacks.
        self._parts = {_place(part.filename): part for part in parts if not part.is_dir()}

    @property
    def places(self) -> list[str]:
        """The parts' paths, without folders."""
        return list(self._parts)

    def read(self, place: str, limit: int) -> bytes:
        """Return a part, of which no more than `limit` bytes and one are decompressed.

        Raises:
            FileNotFoundError: there is no such part.
            ArchiveError: it cannot be read.
        """
        part = self._parts.get(place)
        if part is None:
            raise FileNotFoundError(place)
        if part.flag_bits & 1:
            raise ArchiveError("is protected by a password; hand it in without one")
        kind = stat.S_IFMT(part.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise ArchiveError("is a link, not a file")
        if part.compress_type not in _METHODS:
            raise ArchiveError("is compressed in an unusual way; make the zip again with your system's own program")
        try:
            with self._zip.open(part) as opened:
                return opened.read(limit + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError) as error:
            raise ArchiveError("is damaged; make the zip again") from error

    def inner(self, place: str) -> Archive:
        """Return an archive that is a part of this one.

        Raises:
            ArchiveError: it is none, or not to be read.
        """
        data = self.read(place, MAX_INNER_BYTES)
        if len(data) > MAX_INNER_BYTES:
            raise ArchiveError(f"is larger than {MAX_INNER_BYTES >> 20} MiB")
        return Archive(io.BytesIO(data))


def _place(name: str) -> str:
    """Return a part's path, with the slashes of Windows made ours.

    Raises:
        ArchiveError: it leads out of the archive.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or (path.parts and path.parts[0].endswith(":")):
        raise ArchiveError("holds paths that lead out of it; make it again, of plain files")
    return str(path)


def _require_small(file: IO[bytes]) -> None:
    """See that the archive, and the list of its parts, are of a size that an honest one has.

    Raises:
        ArchiveError: they are not.
    """
    size = file.seek(0, io.SEEK_END)
    if size > MAX_BYTES:
        raise ArchiveError(f"is larger than {MAX_BYTES >> 20} MiB; hand in the module alone")
    file.seek(max(0, size - _MAX_COMMENT_LENGTH - _END.size))
    tail = file.read()
    file.seek(0)
    # The library looks for the end's record at the very end first, then for the last mark there is.
    start = len(tail) - _END.size
    if start < 0 or not (tail.startswith(_END_MARK, start) and tail.endswith(b"\0\0")):
        start = tail.rfind(_END_MARK)
    if start < 0 or len(tail) < start + _END.size:
        raise ArchiveError("is not a zip that can be opened; make it again")
    directory = _END.unpack_from(tail, start)[5]
    # A second record, for archives beyond 4 GB or 65,535 parts, would take the first one's place.
    if directory > MAX_DIRECTORY_BYTES or tail[max(0, start - 20) : start].startswith(_LARGE_MARK):
        raise ArchiveError(f"has more than {MAX_PARTS} parts; hand in the module alone")
