"""Cut a submission's text into its parts: the cells of a notebook, or a module as one part. Nothing of it is parsed here.

`autograder/submission/submission.py` writes a notebook's text: a first line that begins with HEAD, then each cell behind
a line with its kind and its name. A script that was saved from a notebook is one part of such a text, without a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

HEAD = "# %% notebook"


class Kind(StrEnum):
    """Whose a part is; the value begins the line that stands before it.

    OWN is the student's. A STUB was handed out for a solution and nothing was written into it: what it defines counts where
    nobody else defines it, wherever it stands. Of a PAGE, which was handed out, only the imports count. EDITED was handed out as
    well, and a student has written into it: what is left of it is theirs, and may lean on something that does not run.
    """

    OWN = "# %% cell:"
    STUB = "# %% stub:"
    PAGE = "# %% page:"
    EDITED = "# %% edited:"


@dataclass(frozen=True)
class Part:
    """A cell: its name, the number of its first line in the whole text, whose it is, and its source."""

    name: str
    first: int
    kind: Kind
    source: str


def is_notebook(text: str) -> bool:
    """Return whether a module's text is that of a notebook, or of a script that was saved from one."""
    return text.startswith(HEAD)


def split(text: str) -> list[Part]:
    """Return the parts of a text; a module is one, without a name."""
    if not is_notebook(text):
        return [Part("", 1, Kind.OWN, text)]
    lines = text.split("\n")
    starts = [(n, kind) for n, line in enumerate(lines) for kind in Kind if line.startswith(kind)]
    ends = [n for n, _ in starts[1:]] + [len(lines)]
    return [
        Part(lines[start].removeprefix(kind).strip(), start + 2, kind, "\n".join(lines[start + 1 : end]))
        for (start, kind), end in zip(starts, ends, strict=True)
    ]


def joined(parts: list[tuple[Kind, str, str]]) -> str:
    """Return the text of a notebook's parts, each a kind, a name and a source."""
    lines = [HEAD]
    for kind, name, source in parts:
        lines += [f"{kind} {name}", source, ""]
    return "\n".join(lines)
