"""What a student reads about a scenario: how it ended, what was raised, and what a value was."""

from __future__ import annotations

import re

NOT_WRITTEN = "It is not written yet."
MISSING = "A name that the exercise asks for is missing."
NOT_FOLLOWED = "Not checked on a simulated device."
NO_NETWORK = (
    "Processes cannot talk to each other here, because this machine gives the sandbox no network of its own; "
    "`autograder doctor` says why."
)
TOO_LARGE = "What came back is too large, or takes too long, to be judged."
UNFIT = "What came back is not of the form that was asked for."
ODD_NUMBERS = (
    "What came back has the right form, but it could not be judged: look for NaN, infinities and extreme numbers."
)
# By how a run ended, the name of its `OutcomeStatus`.
ENDINGS = {
    "died": "The program ended before it answered.",
    "cpu_time": "It computed longer than allowed: look for a loop that never ends.",
    "wall_time": "It waited longer than allowed: look for a call that waits or sleeps.",
    "flooded": "It printed or returned far more than allowed.",
    "not_reached": "The scenarios before this one used up all the time there was.",
    "not_waited_for": "Two scenarios of this exercise ran out of time, so the others were not waited for.",
    "not_imported": "The module could not be imported.",
}
# How long a piece of the student's own text may be.
MAX_QUOTED = 90

# What a value may be called, by its type's name; of any other type nothing is said.
KINDS = {
    "float": "a float",
    "int": "an int",
    "bool": "a bool",
    "str": "a string",
    "list": "a list",
    "tuple": "a tuple",
    "dict": "a dict",
    "set": "a set",
    "NoneType": "None",
    "Tensor": "a tensor",
    "Parameter": "a parameter",
    "ndarray": "a NumPy array",
    "float64": "a NumPy number",
    "float32": "a NumPy number",
    "function": "a function",
    "method": "a method",
    "generator": "a generator",
    "type": "a class",
}
# What a scenario may go on with, so that naming it tells nothing hidden.
# fmt: off
ATTRIBUTES = frozenset((
    "backward", "grad", "requires_grad", "detach", "clone", "item", "tolist", "shape", "size", "dim", "numel",
    "dtype", "device", "to", "cpu", "double", "float", "sum", "mean", "reshape", "unsqueeze", "append", "items",
    "keys", "values", "parameters", "state_dict", "step", "zero_grad", "train", "eval", "weight", "bias",
))
# fmt: on
_NONE = "look for a missing `return`, or for something that was never computed or has been cleared"
_CALLED = re.compile(
    r"(?:^|\.)(?:__init__|__call__|forward|(\w+))\(\) (?:missing \d|takes |got an unexpected keyword|got multiple values)"
)
_UNFIT_KIND = re.compile(
    r"^'?(?:cannot unpack non-iterable )?'?(\w+)'? object(?: is not (iterable|subscriptable|callable))?\.?$"
)
_VERBS = {"iterable": "go through its entries", "subscriptable": "take an entry of it", "callable": "call it"}


def missing(name: str) -> str:
    """Say that the module lacks a function or class; `name` is the lesson's own word for it."""
    return f"There is no `{name}` in your module."


def lacks(kind: str, attribute: str) -> str:
    """Say what was found where a scenario went on with an attribute.

    Args:
        kind: the name of the type that lacks it.
        attribute: the attribute's name.
    """
    shown = f"`.{attribute}`" if attribute in ATTRIBUTES else "something that the exercise asks for"
    if kind == "NoneType":
        return f"Where the grader goes on with {shown}, it found None: {_NONE}."
    if kind in KINDS:
        return f"Where the grader goes on with {shown}, it found {KINDS[kind]}, which has no such thing."
    return MISSING


def raised_in(builtin: str, place: str, line: str) -> str:
    """Say what the student's own code raised.

    Args:
        builtin: the name of the nearest built-in exception.
        place: where, such as ` at line 12 of your module`.
        line: that line's text in the student's file, in a code span; "" where it is not known.
    """
    return f"It raised {_article(builtin)} {builtin}{place}{f': {line}' if line else ''}."


def could_not_be_used(builtin: str, message: str) -> str:
    """Say that the grader met an exception as it used what the student's code gave; the message chooses among sentences.

    Args:
        builtin: the name of the nearest built-in exception.
        message: what the exception said; none of it is repeated.
    """
    told = _of_message(builtin, message)
    return told or (
        f"It cannot be used as the exercise asks: the grader met {_article(builtin)} {builtin} outside of your code. "
        "Look at what is returned, and at the parameters' names and order."
    )


def _of_message(builtin: str, message: str) -> str:
    if builtin == "RuntimeError" and "does not require grad" in message:
        return (
            "What came back is not connected to what it was computed from, so it has no gradient: look for `.detach()`, "
            "`.item()`, `torch.no_grad()`, or a tensor made anew from numbers."
        )
    if builtin == "TypeError" and _CALLED.search(message):
        return "It cannot be called as the exercise asks: compare its parameters with those of the stub."
    if builtin == "TypeError" and (found := _UNFIT_KIND.match(message)):
        kind, verb = KINDS.get(found[1], ""), _VERBS.get(found[2] or "iterable", "")
        if kind and verb:
            return f"The grader found {kind} where it had to {verb}{f': {_NONE}' if kind == 'None' else ''}."
    if builtin == "ValueError" and "values to unpack" in message:
        return "What came back has another number of parts than the exercise asks for."
    if builtin == "KeyError":
        return "What came back lacks a key that the exercise asks for."
    if builtin == "IndexError":
        return "What came back has fewer entries, or fewer dimensions, than the exercise asks for."
    return ""


def _article(builtin: str) -> str:
    return "an" if builtin[:1] in "AEIOU" else "a"
