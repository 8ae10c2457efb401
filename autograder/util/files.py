"""Write files so that nobody reads half of one, and read files that a student may have put there."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path

# Windows has neither links without privileges nor pipes among its files, and no names for them here.
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_plain(path: Path, most: int, *, follow: bool = False) -> bytes:
    """Read a plain file of bounded size: no device, no folder, and no pipe whose writer would be waited for.

    Args:
        path: the file.
        most: the bytes that it may have.
        follow: whether a link is followed; what it leads to must be a plain file all the same.

    Raises:
        OSError: it is not there, is something else or is larger; `strerror` says which.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _NO_WAIT | (0 if follow else _NO_LINK))
    except OSError as error:
        if error.errno == errno.ELOOP and path.is_symlink():
            raise OSError(errno.ELOOP, "it is a link, not a plain file", str(path)) from error
        raise
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a plain file", str(path))
        with open(descriptor, "rb", closefd=False) as file:
            data = file.read(most + 1)
    finally:
        os.close(descriptor)
    if len(data) > most:
        size = f"{most >> 20} MiB" if most >> 20 else f"{most >> 10} KiB"
        raise OSError(errno.EFBIG, f"it is larger than {size}", str(path))
    return data


def write_whole(path: Path, content: str | bytes, mode: int = 0o600, *, sync: bool = True) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part.

    Args:
        path: the file; what is a link is replaced and not followed.
        content: bytes, or text that is written as UTF-8, with escapes for what UTF-8 cannot hold.
        mode: the file's permissions.
        sync: whether it must be on the disk before this returns; what can be made again at any time need not be.

    Raises:
        OSError: it cannot be written; the old file is as it was.
    """
    data = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
