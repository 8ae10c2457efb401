"""Write files so that nobody ever reads half of one. Knows nothing of what is in them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, content: str | bytes, mode: int = 0o600) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part.

    Args:
        path: the file; what is a link is replaced and not followed.
        content: bytes, or text that is written as UTF-8, with escapes for what UTF-8 cannot hold.
        mode: the file's permissions.

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
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
