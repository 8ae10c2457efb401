"""A student's own modules beside the graded one: which of them a text imports, and the hook that serves them.

Files are known by their path in a tree that is the same however the work was handed in: the graded module's folder is
`folder` (`assignments/lesson_1_1`). A module beside it can be imported as it can in a terminal or in Jupyter (`helpers`,
`.helpers`, `assignments.lesson_1_1.helpers`, `lesson_1_1.helpers`), and is loaded once whatever it is called.

The hook is the last that Python asks, so nothing of a student's shadows what is installed. `imports` reads words alone and
parses nothing: the grader uses it, too.
"""

from __future__ import annotations

import importlib
import linecache
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

# How far a bracket in an import is followed, in words and signs.
MAX_IMPORT_LENGTH = 2_000
_TOKEN = re.compile(r"\w+|[^\w\s]|\n")
_BEGINS = ("\n", ";", ":", "")


@dataclass(frozen=True)
class Import:
    """An import: `from ..name import names` has two levels. For `import name` there are no names."""

    level: int
    name: str
    names: tuple[str, ...] = ()


def imports(text: str) -> Iterator[Import]:
    """Yield what a text imports, by its words: what stands in a docstring counts as well, which costs a look at a folder."""
    if "import" not in text:
        return
    tokens = _TOKEN.findall(text.replace("\\\n", " "))
    at, before = 0, ""
    while at < len(tokens):
        token = tokens[at]
        if token in ("import", "from") and before in _BEGINS:
            words = _statement(tokens, at + 1)
            yield from _plain(words) if token == "import" else _from(words)
            # A word further on may begin a statement of its own where this was none.
            at += 1
        elif token in ("import_module", "__import__"):
            yield from _called(tokens[at + 1 : at + 40])
        before = token
        at += 1


def _statement(tokens: Sequence[str], at: int) -> list[str]:
    """Return the words of an import up to its end: the line's, unless a bracket is open."""
    words: list[str] = []
    depth = 0
    for token in tokens[at : at + MAX_IMPORT_LENGTH]:
        if token == "(":
            depth += 1
        elif token == ")" or (token in ("\n", ";", "#") and not depth):
            break
        elif token != "\n":
            words.append(token)
    return words


def _plain(words: Sequence[str]) -> Iterator[Import]:
    for part in " ".join(words).split(","):
        name = part.partition(" as ")[0].replace(" ", "")
        if _is_dotted(name):
            yield Import(0, name)


def _from(words: Sequence[str]) -> Iterator[Import]:
    if "import" not in words:
        return
    middle = words.index("import")
    path = "".join(words[:middle])
    name = path.lstrip(".")
    if name and not _is_dotted(name):
        return
    parts = [part.split() for part in " ".join(words[middle + 1 :]).split(",")]
    names = tuple(part[0] for part in parts if part and part[0].isidentifier())
    yield Import(len(path) - len(name), name, names)


def _called(words: Sequence[str]) -> Iterator[Import]:
    """Yield what `import_module("a.b")` imports."""
    if len(words) > 3 and words[0] == "(" and words[1] in ("'", '"') and words[1] in words[2:]:
        name = "".join(words[2 : words.index(words[1], 2)])
        if _is_dotted(name):
            yield Import(0, name)


def _is_dotted(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))


def installed(name: str) -> bool:
    """Return whether a module of this name, by its first part, is Python's own or an installed library's."""
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names or top in sys.builtin_module_names or top == "autograder":
        return True
    try:
        return PathFinder.find_spec(top, _libraries()) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def _libraries() -> list[str]:
    """Return where libraries are installed: of the path, nothing that is a course's own folder."""
    return [entry for entry in sys.path if re.search(r"(?:site|dist)-packages", entry)]


def bases(name: str, folder: str) -> list[tuple[str, ...]]:
    """Return the paths in the tree, as their parts, at which a module may be that is imported by an absolute name."""
    own = tuple(folder.split("/"))
    parts = tuple(name.split("."))
    found = [own + parts, parts]
    return [*found, own + parts[1:]] if parts[0] == own[-1] else found


class Companions(MetaPathFinder):
    """A student's own modules, by their paths in the tree.

    Args:
        folder: the graded module's folder in the tree, such as "assignments/lesson_1_1".
        files: path to text.
        main: the name under which the graded module is loaded.
    """

    def __init__(self, folder: str, files: Mapping[str, str], main: str) -> None:
        self.folder = folder
        self.files = files
        self.main = main

    @property
    def package(self) -> str:
        """The package that the graded module is in."""
        return self.folder.replace("/", ".")

    def path(self, name: str) -> str | None:
        """Return the path of the module that an absolute name stands for; "" for the graded one, None for anything else."""
        found = self._at(bases(name, self.folder))
        return None if found is None or installed(name) else found

    def _at(self, places: Sequence[tuple[str, ...]]) -> str | None:
        """Return the first of these places at which there is a module."""
        itself = (*self.folder.split("/"), "exercises")
        for parts in places:
            base = "/".join(parts)
            for path in (f"{base}/__init__.py", f"{base}.py"):
                if path in self.files:
                    return path
            if parts == itself:
                return ""
        return None

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002  the protocol's
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Return how to load a module of the student's own, or None where there is none of this name."""
        found = self.path(fullname)
        if found == "":
            return ModuleSpec(fullname, _Alias(self.main))
        if found is not None:
            own = dotted(found)
            if own != fullname:
                return ModuleSpec(fullname, _Alias(own))
            package = found.endswith("/__init__.py")
            return ModuleSpec(fullname, _Text(self.files[found], found), origin=found, is_package=package)
        if self._is_folder(fullname):
            return ModuleSpec(fullname, _Text("", f"{fullname}.py"), is_package=True)
        return None

    def _is_folder(self, name: str) -> bool:
        if f"{self.package}.".startswith(f"{name}."):
            return True
        folders = ["/".join(parts) + "/" for parts in bases(name, self.folder)]
        return any(path.startswith(folder) for path in self.files for folder in folders)


def serve(companions: Companions) -> None:
    """Let a student's own modules be imported from now on, after all that is installed."""
    top = companions.folder.partition("/")[0]
    if f"{top}/__init__.py" not in companions.files:
        # Where no jail hides it, the course's own folder of this name would be found.
        package = ModuleType(top)
        package.__path__ = []
        sys.modules[top] = package
    sys.meta_path.append(companions)


def dotted(path: str) -> str:
    """Return the name under which a file of the tree is loaded."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def package_of(name: str, among: Collection[object]) -> str:
    """Return the package that a module is to be in, by the hook that serves its companions, or "" where there is none."""
    return next((hook.package for hook in among if isinstance(hook, Companions) and hook.main == name), "")


class _Text(Loader):
    """Loads a module from its text."""

    def __init__(self, text: str, path: str) -> None:
        self._text = text
        self._path = path

    def exec_module(self, module: ModuleType) -> None:
        """Run the text as the module."""
        module.__file__ = self._path
        linecache.cache[self._path] = (len(self._text), None, self._text.splitlines(keepends=True), self._path)
        exec(compile(self._text, self._path, "exec", dont_inherit=True), module.__dict__)


class _Alias(Loader):
    """Gives a module that is loaded under its own name a second one."""

    def __init__(self, own: str) -> None:
        self._own = own

    def exec_module(self, module: ModuleType) -> None:
        """Put the module itself in the place of the new one."""
        sys.modules[module.__name__] = importlib.import_module(self._own)
