"""Take along a student's own modules that the graded one imports: their text, within bounds, and nothing of an installed name.

Which module imports which is read by its words (`autograder/worker/companions.py`); no text of a submission is parsed here.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from autograder.submission.source_text import Refused
from autograder.worker import companions
from autograder.worker.companions import Import

MAX_FILES, MAX_BYTES, MAX_NAMES = 20, 1 << 20, 300
# Folders between the graded module, or the submission's own folder, and a helper.
MAX_DEPTH = 4


@dataclass(frozen=True)
class Helpers:
    """What came along.

    Attributes:
        texts: the modules' texts by their paths inside the submission.
        notes: a sentence on what did not come along, by the name that it was imported by.
    """

    texts: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


def gather(text: str, place: str, lesson: str, read: Callable[[str], str]) -> Helpers:
    """Return the student's own modules that a graded text imports, directly or through one another.

    Args:
        text: the graded text.
        place: its path inside the submission.
        lesson: the lesson's name.
        read: returns the text of a file by its path inside the submission; it raises `FileNotFoundError` where there is none,
            and `Refused` or `OSError` where it is not to be read.
    """
    gathering = _Gathering(place, lesson, read)
    waiting = [(gathering.tree_path(place), text)]
    while waiting:
        waiting += gathering.follow(*waiting.pop(0))
    return Helpers(gathering.texts, gathering.notes)


def folder_of(lesson: str) -> str:
    """Return the graded module's folder in the tree that a worker knows."""
    return f"assignments/{lesson}"


def hashes(texts: dict[str, str]) -> dict[str, str]:
    """Return a hash over each helper's text."""
    return {path: hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for path, text in texts.items()}


class Tree:
    """Where files lie: inside a submission, and in the tree that a worker knows."""

    def __init__(self, place: str, lesson: str) -> None:
        self._own = posixpath.dirname(place)
        self.folder = folder_of(lesson)

    def tree_path(self, place: str) -> str:
        """Return a file's path in the tree from its path inside the submission."""
        if not self._own:
            return f"{self.folder}/{place}"
        if place.startswith(f"{self._own}/"):
            return f"{self.folder}/{place.removeprefix(f'{self._own}/')}"
        return place

    def place(self, path: str) -> str:
        """Return the reverse: where inside the submission a file of the tree would lie."""
        if path.startswith(f"{self.folder}/"):
            return posixpath.join(self._own, path.removeprefix(f"{self.folder}/"))
        above = posixpath.dirname(self.folder)
        if self._own and path.startswith(f"{above}/"):
            return posixpath.join(posixpath.dirname(self._own), path.removeprefix(f"{above}/"))
        return path


class _Gathering(Tree):
    """What has come along so far."""

    def __init__(self, place: str, lesson: str, read: Callable[[str], str]) -> None:
        super().__init__(place, lesson)
        self._graded = {place, self.place(f"{self.folder}/exercises.py")} if place.endswith(".py") else {place}
        self._read = read
        self._asked: set[str] = set()
        self.texts: dict[str, str] = {}
        self.notes: dict[str, str] = {}

    def follow(self, path: str, text: str) -> Iterator[tuple[str, str]]:
        """Yield the modules that one of the tree imports and that are new, as path and text."""
        for one in companions.imports(text):
            for key, candidates in self._meant(one, path):
                if key in self._asked:
                    continue
                if len(self._asked) >= MAX_NAMES:
                    self.notes[""] = f"It imports more than {MAX_NAMES} modules; the last ones were not looked for."
                    return
                self._asked.add(key)
                if candidates:
                    yield from self._found(key, candidates)
                else:
                    self._shadows(key)

    def _meant(self, one: Import, path: str) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
        """Yield what an import may mean, by name, each with the places in the tree to look at: none for what is installed."""
        if not one.level and companions.installed(one.name):
            yield one.name.partition(".")[0], []
            return
        own = posixpath.dirname(path).split("/")
        if one.level > len(own):
            return  # beyond the top, as Python will say
        above = tuple(own[: len(own) - one.level + 1])
        for name in [one.name, *(f"{one.name}.{name}".lstrip(".") for name in one.names)]:
            if one.level:
                yield f"{'/'.join(above)}:{name}", [above + tuple(filter(None, name.split(".")))]
            else:
                yield name, companions.bases(name, self.folder)

    def _shadows(self, top: str) -> None:
        place = self.place(f"{self.folder}/{top}.py")
        if place not in self._graded and self._is_there(place):
            self.notes[top] = (
                f"Your own {place} was not used: `import {top}` means the installed `{top}` here. If you meant your file, "
                "give it another name."
            )

    def _is_there(self, place: str) -> bool:
        try:
            self._read(place)
        except FileNotFoundError:
            return False
        except (Refused, OSError):
            return True
        return True

    def _found(self, key: str, candidates: list[tuple[str, ...]]) -> Iterator[tuple[str, str]]:
        """Yield a module at the first place that has it, with the packages that it lies in."""
        for parts in candidates:
            for path in ("/".join((*parts, "__init__.py")), "/".join(parts) + ".py"):
                place = self.place(path)
                if place in self.texts or place in self._graded:
                    return
                text = self._taken(key.rpartition(":")[2], place)
                if text is not None:
                    yield from self._packages(parts)
                    yield self.tree_path(place), text
                    return

    def _packages(self, parts: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        for size in range(1, len(parts)):
            place = self.place("/".join((*parts[:size], "__init__.py")))
            if place not in self.texts:
                text = self._taken(".".join(parts[:size]), place)
                if text is not None:
                    yield self.tree_path(place), text

    def _taken(self, name: str, place: str) -> str | None:
        """Return a helper's text and take it along, or note why not; None where there is nothing to take."""
        try:
            text = self._read(place)
        except FileNotFoundError:
            return None
        except Refused as reason:
            self.notes[name] = f"{reason} So it did not come along."
            return None
        except OSError as error:
            self.notes[name] = f"{place} could not be read ({error.strerror}), so it did not come along."
            return None
        bound = self._bound(place, text)
        if bound:
            self.notes[name] = f"{place} did not come along: {bound}"
            return None
        self.texts[place] = text
        return text

    def _bound(self, place: str, text: str) -> str:
        if self.tree_path(place).removeprefix(f"{self.folder}/").count("/") > MAX_DEPTH:
            return f"it lies more than {MAX_DEPTH} folders deep. Put it nearer to the graded file."
        if len(self.texts) >= MAX_FILES:
            return f"at most {MAX_FILES} modules of your own do. Join some of them."
        if sum(map(len, self.texts.values())) + len(text) > MAX_BYTES:
            return f"your own modules may have {MAX_BYTES >> 20} MiB together. Hand in code alone, no data."
        return ""
