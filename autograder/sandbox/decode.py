"""Read a worker's frames. Every byte may come from a hostile process: bounds first, then types, then nothing is executed.

`autograder/worker/encode.py` says what an honest frame looks like.
"""

from __future__ import annotations

import builtins
import json
from dataclasses import dataclass
from typing import Any

import safetensors.torch
import torch

from autograder.worker import devices
from autograder.worker.observations import Form, Kept, Raised
from autograder.worker.protocol import HEADER

# Of one frame; and of all frames of a submission, since all are kept until it is judged.
MAX_TEXT, MAX_DATA = 4 << 20, 32 << 20
MAX_TEXT_IN_ALL, MAX_DATA_IN_ALL = 16 << 20, 128 << 20
MAX_WORD_LENGTH = 10_000


# How a worker ends, by the parent's own account; a student may call an exception so, too.
OF_THE_PARENT = ("died", "cpu_time", "wall_time", "flooded", "starved")
COMPLEX = ("complex32", "complex64", "complex128")
EXCEPTIONS = {
    name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, BaseException)
}


class FrameError(ValueError):
    """A frame that an honest worker would not have sent."""


@dataclass(frozen=True)
class TensorValue:
    """A tensor that came back, on the CPU whatever its home.

    Attributes:
        tensor: the data; a complex tensor's real and imaginary parts lie in a last dimension of two.
        device: where it lived: "cpu", "cuda", …
        requires_grad: as it was.
        kind: "Tensor", "Parameter", a subclass's name, or "ndarray" for a numpy array.
        complex: the complex dtype's name, or "" for real data.
    """

    tensor: torch.Tensor
    device: str
    requires_grad: bool
    kind: str
    complex: str


@dataclass(frozen=True)
class Opaque:
    """Something that is not data: an object, by its type's name, or a part that was cut off, with the reason."""

    type: str
    cut: bool = False


@dataclass(frozen=True)
class RunError:
    """An exception in a worker.

    Attributes:
        type: its type's name, which a student chose and so is for the instructor only.
        builtin: the nearest built-in exception's name.
        line: the deepest line of the module under test in its traceback, or None.
        message: what it said; for the instructor only.
        cell: the cell of a notebook that the line is counted from; "" where the line is the module's. The grader fills it in.
        ended: what ended the worker, where the parent saw that instead of an exception: "died", "cpu_time", "wall_time" or
            "flooded". A worker's own word never stands here.
        signal: the signal that ended the worker, as the parent saw it; 0 for none, and for an exception.
        file: the student's own module that the line is of, by its path in the tree; "" for the module under test.
        lacks: of an AttributeError, the type's name of what lacks the attribute and the attribute's, as the worker says; "" for
            anything else.
        text: the line's own text in the student's file. The grader fills it in.
    """

    type: str
    builtin: str
    line: int | None
    message: str
    cell: str = ""
    ended: str = ""
    signal: int = 0
    file: str = ""
    lacks: tuple[str, str] = ("", "")
    text: str = ""

    @property
    def words(self) -> str:
        """What it was, for the instructor; what only the parent sees of a worker cannot be said by an exception's name."""
        said = f"{self.type}: {self.message}"
        return f"exception {said}" if not self.ended and self.type in OF_THE_PARENT else said


@dataclass(frozen=True)
class SyntaxProblem:
    """What Python's compiler had against a text, before anything of a student's had run.

    Attributes:
        file: the student's own module, by its path in the tree; "" for the module under test.
        line: the line, or None where it gave none.
        kind: "SyntaxError", "IndentationError", …
        message: the compiler's words.
    """

    file: str
    line: int | None
    kind: str
    message: str


@dataclass(frozen=True)
class CellError:
    """What a statement of a submission raised: `number` counts the parts of its text, and the line is of that text.

    `whole` says that it was the part itself that could not be read, so that nothing of it ran; `follows`, that a name was missing
    which an earlier such statement would have bound.
    """

    number: int
    error: RunError
    whole: bool = False
    follows: bool = False


@dataclass(frozen=True)
class Rebound:
    """An exercise that had a definition and was bound again in this line of the text; `counts`: by a definition, too."""

    name: str
    line: int
    counts: bool


@dataclass(frozen=True)
class Loading:
    """How a student's module was loaded.

    Attributes:
        cells: what its statements raised.
        left_out: the first and the last line of each statement that was not run.
        rebound: exercises that were bound again after their definition.
    """

    cells: tuple[CellError, ...] = ()
    left_out: tuple[tuple[int, int], ...] = ()
    rebound: tuple[Rebound, ...] = ()


@dataclass(frozen=True)
class Call:
    """How a function of the module under test was called: `given` pairs a keyword ("" for a place) with a few words."""

    name: str
    given: tuple[tuple[str, str], ...]


def parse(text: bytes, data: bytes) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Return a frame's head and its tensors by name.

    Raises:
        FrameError: it is not a frame.
    """
    try:
        head = json.loads(text)
        tensors = safetensors.torch.load(data) if data else {}
    except Exception as error:
        raise FrameError(f"a malformed frame: {type(error).__name__}") from error
    if type(head) is not dict or type(head.get("kind")) is not str:
        raise FrameError("a frame without a kind")
    return head, tensors


def lengths(header: bytes) -> tuple[int, int]:
    """Return the lengths of a frame's two parts from its header.

    Raises:
        FrameError: one is beyond its bound.
    """
    text, data = HEADER.unpack(header)
    if text > MAX_TEXT or data > MAX_DATA:
        raise FrameError(f"a frame of {text + data} bytes")
    return text, data


def value(tree: Any, tensors: dict[str, torch.Tensor], depth: int = 0) -> Any:
    """Return the plain value that a JSON tree stands for.

    Raises:
        FrameError: the tree is not one that an honest worker sends.
    """
    if depth > 50:
        raise FrameError("a tree that is nested too deeply")
    if tree is None or type(tree) in (bool, int, float, str):
        return tree
    if type(tree) is not list or len(tree) < 2 or type(tree[0]) is not str:
        raise FrameError("a tree without a tag")
    tag, body = tree[0], tree[1]
    try:
        if tag == "list":
            return [value(part, tensors, depth + 1) for part in body]
        if tag == "tuple":
            return tuple(value(part, tensors, depth + 1) for part in body)
        if tag == "dict":
            return {_key(value(key, tensors, depth + 1)): value(part, tensors, depth + 1) for key, part in body}
        if tag == "tensor":
            return _tensor(tensors[body], tree[2])
        if tag == "array":
            return TensorValue(tensors[body], "cpu", requires_grad=False, kind="ndarray", complex="")
        if tag == "raised":
            return _raised({key: value(part, tensors, depth + 1) for key, part in body.items()})
        if tag == "kept":
            return Kept(word(body), value(tree[2], tensors, depth + 1))
        if tag == "form":
            return Form(value(body, tensors, depth + 1))
        if tag in ("object", "cut"):
            return Opaque(word(body), cut=tag == "cut")
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise FrameError(f"a malformed {tag[:20]}") from error
    raise FrameError("an unknown tag")


def _raised(body: dict[str, Any]) -> Raised:
    expected, kinds, mentions = (tuple(word(name) for name in body[key]) for key in ("expected", "kinds", "mentions"))
    return Raised(expected, kinds, word(body["message"]), mentions)


def _key(key: Any) -> Any:
    """Return a dict's key as something that can be one."""
    if isinstance(key, list):
        return tuple(key)
    return key


def _tensor(tensor: torch.Tensor, about: dict[str, Any]) -> TensorValue:
    kind = about["complex"] or ""
    if about["device"] not in devices.OF_TENSORS or (kind and kind not in COMPLEX):
        raise FrameError("a tensor of an unknown device or kind")
    requires_grad = about["requires_grad"] is True
    return TensorValue(tensor, about["device"], requires_grad, kind=word(about["class"]), complex=kind)


def word(text: Any) -> str:
    """Return a text within its bound.

    Raises:
        FrameError: it is not a text.
    """
    if type(text) is not str:
        raise FrameError("a text was wanted")
    return text[:MAX_WORD_LENGTH]


def error(body: Any) -> RunError | None:
    """Return the exception that a head describes, or None where there was none.

    Raises:
        FrameError: the description is malformed.
    """
    if body is None:
        return None
    try:
        line = body["line"]
        return RunError(
            type=word(body["type"]),
            # A class can be made that says it is built in under any name, so only real names pass.
            builtin=body["builtin"] if body["builtin"] in EXCEPTIONS else "Exception",
            line=line if type(line) is int and 0 < line < 10**7 else None,
            message=word(body["message"]),
            file=word(body["file"]) if "file" in body else "",
            lacks=_pair(body["lacks"]) if "lacks" in body else ("", ""),
        )
    except (KeyError, TypeError) as mistake:
        raise FrameError("a malformed error") from mistake


def _pair(body: Any) -> tuple[str, str]:
    if type(body) is not list or len(body) != 2:
        raise FrameError("a malformed error")
    return word(body[0]), word(body[1])


def syntax_problems(body: Any) -> tuple[SyntaxProblem, ...]:
    """Return what the compiler said, as a head lists it; nothing where it lists nothing.

    Raises:
        FrameError: the list is malformed.
    """
    found = []
    for part in body if type(body) is list else ():
        if type(part) is not dict:
            raise FrameError("a malformed list of what does not compile")
        line = part.get("line")
        kind = word(part.get("kind"))
        found.append(
            SyntaxProblem(
                file=word(part.get("file")),
                line=line if type(line) is int and 0 < line < 10**7 else None,
                kind=kind if kind in EXCEPTIONS else "SyntaxError",
                message=word(part.get("message")),
            )
        )
    return tuple(found)


def loading(head: dict[str, Any]) -> Loading:
    """Return how a student's module was loaded, as a head says.

    Raises:
        FrameError: a list of it is malformed.
    """
    return Loading(
        tuple(_cell_error(part) for part in _list(head.get("cells"), 4)),
        tuple((_line(first), _line(last)) for first, last in _list(head.get("left_out"), 2)),
        tuple(Rebound(word(name), _line(line), counts is True) for name, line, counts in _list(head.get("rebound"), 3)),
    )


def _list(body: Any, size: int) -> list[list[Any]]:
    """Return a list of lists of this size; an empty one for anything that is no list at all."""
    parts = body if type(body) is list else []
    if not all(type(part) is list and len(part) == size for part in parts):
        raise FrameError("a malformed list")
    return parts


def _cell_error(part: list[Any]) -> CellError:
    raised = error(part[3])
    if type(part[0]) is not int or raised is None:
        raise FrameError("a malformed cell")
    return CellError(part[0], raised, whole=part[1] is True, follows=part[2] is True)


def _line(number: Any) -> int:
    if type(number) is not int or not 0 < number < 10**7:
        raise FrameError("a line that is none")
    return number


def calls(body: Any) -> tuple[Call, ...]:
    """Return the calls that a head lists.

    Raises:
        FrameError: the list is malformed.
    """
    try:
        return tuple(
            Call(word(call["name"]), tuple((word(key), word(text)) for key, text in call["given"])) for call in body
        )
    except (KeyError, TypeError, ValueError) as mistake:
        raise FrameError("a malformed list of calls") from mistake


def names(body: Any) -> tuple[str, ...]:
    """Return a list of texts as a tuple.

    Raises:
        FrameError: it is none.
    """
    if type(body) is not list:
        raise FrameError("a list was wanted")
    return tuple(word(part) for part in body)


def seconds(body: Any) -> float:
    """Return a number of seconds; anything else is none."""
    return float(body) if type(body) in (int, float) and 0 <= body < 10**6 else 0.0


def as_expected(came: Raised, wanted: Raised | None = None) -> bool:
    """Return whether what was raised is what should be: `NotImplementedError` says that an exercise is not written."""
    expected = (wanted or came).expected
    return "NotImplementedError" not in came.kinds and bool(set(expected) & set(came.kinds))


def plain(part: Any) -> Any:
    """Return a value as checks see it: tensors for tensors and arrays, text for what is no data."""
    if isinstance(part, TensorValue):
        return torch.view_as_complex(part.tensor) if part.complex else part.tensor
    if isinstance(part, Opaque):
        return f"<{part.type}>"
    if isinstance(part, list):
        return [plain(item) for item in part]
    if isinstance(part, tuple):
        return tuple(plain(item) for item in part)
    if isinstance(part, dict):
        return {key: plain(item) for key, item in part.items()}
    if isinstance(part, (Kept, Form)):
        return plain(part.value)
    if isinstance(part, Raised):
        return {"raised": as_expected(part), "kinds": list(part.kinds), "message": part.message}
    return part
