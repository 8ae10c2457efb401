"""Make text that a student chose harmless where it is shown: terminals, spreadsheets, Markdown, file names."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from urllib.parse import quote

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
MAX_FILE_NAME_LENGTH = 120
# Of Unicode's categories: control, format, surrogate, private and unassigned characters, separators of lines and paragraphs.
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
# Letters and marks that draw nothing.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_OVERLOOKED = re.compile(r"\A +| +\Z|(?<= ) +")


def printable(text: str, longest: int = 2_000) -> str:
    """Return text in which control, format and surrogate characters (terminal escapes, text that runs backwards) are numbers."""
    if len(text) <= longest and text.isprintable():  # most text is; a look at each letter costs a hundred times as much
        return text
    kept = (
        _number(char) if char != "\n" and unicodedata.category(char) in _INVISIBLE else char for char in text[:longest]
    )
    return "".join(kept) + ("…" if len(text) > longest else "")


def name(text: str, longest: int = 400) -> str:
    """Return a name in which everything can be seen: what is invisible, or a space that one would overlook, by its number.

    Different names stay different, up to the greatest length, but for letters that look alike.
    """
    shown = "".join(map(_seen, text[:longest]))
    shown = _OVERLOOKED.sub(lambda found: r"\u0020" * len(found[0]), shown)
    return shown + ("…" if len(text) > longest else "")


def spaces_told_apart(text: str) -> str:
    """Return text in which every space that is no plain one stands by its number."""
    return "".join(_number(char) if char.isspace() and char not in " \t\n" else char for char in text)


def told_apart(names: Iterable[str]) -> dict[str, str]:
    """Return how names are shown side by side: as `name` does, those that would look alike by the numbers of their letters."""
    shown = {one: name(one) for one in names}
    alike = Counter(unicodedata.normalize("NFKC", one) for one in shown.values())
    return {
        one: plain
        if alike[unicodedata.normalize("NFKC", plain)] == 1
        else plain.encode("ascii", "backslashreplace").decode()
        for one, plain in shown.items()
    }


def _seen(char: str) -> str:
    invisible = unicodedata.category(char) in _INVISIBLE or (char.isspace() and char != " ") or _BLANK.fullmatch(char)
    return _number(char) if invisible or char == "\\" else char


def _number(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 1 << 16 else f"\\U{ord(char):08x}"


def cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    clean = printable(text).replace("\n", " ")
    return f"'{clean}" if clean.startswith(FORMULA_STARTS) else clean


def code_span(text: str) -> str:
    """Return text as a Markdown code span that nothing in the text can end."""
    clean = printable(text).replace("\n", " ")
    longest = max((len(run) for run in re.findall("`+", clean)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {clean} {fence}" if longest else f"`{clean}`"


def named(name: str) -> str:
    """Return a file's name for a sentence: as it is where it is plain, as a code span where it might be more than a name."""
    return name if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]*", name) else code_span(name)


def file_name(name: str) -> str:
    """Return a file name for a submission's reports: the name itself where it is plain, percent-encoded where it is not.

    Different names give different files, on file systems that ignore case too if the names differ in more than case: only
    what is cut short has the greatest length, and ends in a hash of the whole.
    """
    plain = quote(name, safe=" ()[]{},;=+@!~'&$", errors="surrogateescape")
    plain = f"%2E{plain[1:]}" if plain.startswith(".") else plain
    if len(plain) < MAX_FILE_NAME_LENGTH:
        return plain
    return f"{plain[: MAX_FILE_NAME_LENGTH - 17]}-{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"
