"""What a student reads about a text that did not run as a whole: what a line has against it, and what to do.

Patterns stand beside sentences where what Python's compiler or a line says chooses among them. What begins in lower case follows
the place and a colon.
"""

from __future__ import annotations

# What ended a worker before it had said that the module is imported; the module's definitions were then tried alone.
ENDINGS = {
    "died": "It ended Python while it was loaded",
    "cpu_time": "It computed for longer than allowed while it was loaded",
    "wall_time": "It waited for longer than allowed while it was loaded",
    "flooded": "It put out more than allowed while it was loaded",
}
NOT_EVEN_ALONE = (
    "and its imports and definitions alone do not load, either: look at what they run, also in modules of your own."
)
TRIAL = 'What is only a trial belongs below `if __name__ == "__main__":`.'

# Where it was.
AS_IMPORTED = "While it was imported"


def in_cell(cell: str) -> str:
    """Name a cell of a notebook, of which no line is known."""
    return f"The cell {cell}"


def in_module(module: str) -> str:
    """Name a module of the student's own, of which no line is known."""
    return f"Your {module}"


def at_line(line: int, own: str, *, module: str, cell: str) -> str:
    """Name a line.

    Args:
        line: its number.
        own: its own text, in a code span; "" for none.
        module: the student's own module that it is of; "" for the graded text.
        cell: the cell that it is of; "" for none.
    """
    within = f" of {module}" if module else f" of the cell {cell}" if cell else ""
    return f"Line {line}{within}" + (f", {own}" if own else "")


# What was lost with a statement that raised.
STATEMENT_LEFT_OUT = "That statement was left out, and all that it would have defined."


def nothing_run(*, cell: bool) -> str:
    """Say that a cell, or a module, could not be read, and so nothing of it ran."""
    return f"Nothing of {'this cell' if cell else 'it'} was run."


def follows(name: str) -> str:
    """Say that a name is missing because of an earlier statement; "" where it is not told."""
    return f"{name or 'a name'} is not there, because what would have defined it was left out before."


# A text that is no program at all.
HTML = (
    "It is a web page (HTML), not Python: download the file itself (on GitHub, with the button Raw), and hand that in."
)
RTF = "It is a word processor's document (RTF), not Python: save it as plain text."
PDF = "It is a PDF, not Python: hand in the file that you ran."


def conflict(begin: int, end: int) -> str:
    """Say that a merge was not finished in these lines."""
    return (
        f"Lines {begin} to {end} hold both sides of a merge that was not finished: keep one side, and delete the lines that "
        "begin with `<<<<<<<`, `=======` and `>>>>>>>`."
    )


def mark(line: int, shown: str) -> str:
    """Say that a line is a mark that a merge left."""
    return f"Line {line} is a mark that a merge left ({shown}): delete it."


# A line that came along from somewhere else.
_COMMANDS = (
    r"pip3? (?:un)?install|conda (?:un)?install|mamba install|apt(?:-get)? install|uv (?:run|pip|add|sync)|cd [\w./~-]+$|"
    r"git (?:clone|pull|push|add|commit|checkout|status|init)|python3? (?:-m|[\w./-]+\.py)"
)
PASTED = (
    (
        r"\s*(?:```|~~~)",
        "this marks the beginning or the end of code in a chat or on a page; delete it, and its partner.",
    ),
    (
        r"\s*(?:>>>|\.\.\.)(?: |$)",
        "`>>>` and `...` are the prompt of Python's shell, not part of the code; delete them.",
    ),
    (r"\s*(?:In|Out) ?\[\d*\]:", "`In [1]:` is Jupyter's prompt, not part of the code; delete it."),
    (r"\s*(?:%%?[A-Za-z]|!\s*[A-Za-z])", "this is a command for a notebook; in a module, delete it."),
    (rf"\s*(?:\$ *)?(?:{_COMMANDS})", "this is a command for a terminal, not Python; delete it."),
    (
        r"@@ -\d|(?:---|\+\+\+) [ab]/|diff --git ",
        "this is part of a list of changes (a diff), not Python; delete it.",
    ),
)


# A character that Python does not know; each follows its own name or code.
def no_break_space(code: str, column: str) -> str:
    """Say that a line holds a no-break space."""
    return f"it holds a no-break space ({code}{column}), which looks like a space but is not one; write a plain space there."


def other_space(name: str, code: str, column: str) -> str:
    """Say that a line holds a space of another kind."""
    return f"it holds a space of another kind ({name}, {code}{column}); write a plain space there."


def unseen(name: str, code: str, column: str) -> str:
    """Say that a line holds a character that nobody sees."""
    return f"it holds a character that cannot be seen ({name}, {code}{column}); delete it, or type the line again."


def in_column(column: int) -> str:
    """Say where in its line a character stands."""
    return f", character {column} of the line"


BYTE_ORDER_MARK = "byte-order mark"
NAMELESS = "a character without a name"
# What follows a character that can be seen.
A_QUOTE = "is a typographic quote; write a straight one, `'` or `\"`."
A_DASH = "is a dash; write a plain minus sign, `-`."
CANNOT_STAND = "cannot stand there; delete it, or put it between quotes if it is part of a string."


def looks_like(plain: str) -> str:
    """Say what to write for a character that only looks like it."""
    return f"is not what it looks like; write {plain}."


# What the compiler says: its words, and ours with what they name.
NESTED = "the code is nested too deeply for Python; split it over several lines."
NOT_PYTHON = "this is not Python (invalid syntax); look at this line and the end of the one above it."
MIXED = "tabs and spaces are mixed at the beginning of lines; indent with spaces alone, four per level."
OF_THE_COMPILER = (
    (
        r"Missing parentheses in call to '(print|exec)'",
        "{0} without parentheses is Python 2; in Python 3 they are needed, as in `print(x)`.",
    ),
    (
        r"multiple exception types must be parenthesized",
        "`except A, b:` is Python 2; write `except A as b:`, or `except (A, B):` for two kinds.",
    ),
    (r"'(.)' was never closed", "the bracket {0} that opens there is never closed; close it."),
    (r"unmatched '(.)'", "{0} closes a bracket that was never opened; delete it, or open one."),
    (
        r"closing parenthesis '(.)' does not match opening parenthesis '(.)'",
        "{0} closes where {1} is open; close that one first, or change one of them.",
    ),
    (r"unexpected EOF", "the code ends in the middle of a statement; look for a bracket that is never closed."),
    (
        r"unterminated triple-quoted",
        "the string in three quotes that begins there never ends; close it with three quotes.",
    ),
    (r"unterminated .*string", "the string that begins there does not end in its line; close it there."),
    (
        r"expected an indented block",
        "the line above it needs an indented block below; indent this line, or write an indented `pass` in between.",
    ),
    (r"unindent does not match", "its indentation matches none of the blocks above it; line it up with one of them."),
    (r"unexpected indent", "it is indented where no block begins; line it up with the code around it."),
    (r"inconsistent use of tabs", MIXED),
    (r"expected ':'", "Python expects a colon there; write `:`."),
    (
        r"unicodeescape",
        "a backslash in a string means something special to Python; write `r` before the quotes, as in `r'C:\\Users'`.",
    ),
    (
        r"'(return|await|yield|async for|async with)' outside",
        "{0} may only stand inside a function; indent it, or delete it.",
    ),
)


def python_says(message: str, *, indentation: bool) -> str:
    """Pass the compiler's words on, where there are none of ours."""
    return f"Python says {message}{'; look at the spaces at its beginning' if indentation else ''}."


# What was raised as the text ran.
KINDS = {
    "FileNotFoundError": ", because the file or folder that it asks for is not there (only Python files of yours come along)",
    "NotImplementedError": ", because what it calls is not written yet",
    "ZeroDivisionError": ", because it divides by zero",
    "RecursionError": ", because a function calls itself without end",
}


def raises_itself(kind: str) -> str:
    """Say that the line is a `raise`; the kind has its article."""
    return f"it raises {kind} itself."


def raised(kind: str, builtin: str) -> str:
    """Say what a line raised, and why where the kind tells."""
    return f"it raised {kind}{KINDS.get(builtin, '')}."


def does_not_hold(kind: str) -> str:
    """Say that an assertion failed."""
    return f"what it asserts does not hold (it raised {kind})."


def no_gpu(kind: str) -> str:
    """Say what a line raised that asks for a GPU."""
    return f"it raised {kind}; there may be no GPU where work is graded, so do not ask for one."


def not_writable(kind: str) -> str:
    """Say what a line raised that writes."""
    return f"it raised {kind}; the place may not be there, or not be writable, where work is graded, so write nothing."


def ends_the_program(what: str, *, module: bool) -> str:
    """Say that a line ends the program; in a module it may stand below the guard."""
    rest = ', or put it below `if __name__ == "__main__":`.' if module else "."
    return f"{what or 'this'} ends the program there, before anything can be graded; delete it{rest}"


INPUT = "`input()` waits for someone to type, and nobody is there when work is graded; write the value instead."
BREAKPOINT = "a breakpoint waits for someone to type, and nobody is there when work is graded; delete it."
DOWNLOAD = "there is no network where work is graded, so nothing can be downloaded; leave it out."

# Modules.
BEYOND_THE_FOLDER = "an import that begins with dots goes beyond your own folder there; import by the module's name."
IMPORTED_NAME = "a name that it imports is not there; check its spelling."
NOT_INSTALLED = "something that it needs is not installed where work is graded; do without it."


def circle(module: str, name: str) -> str:
    """Say that a module imports itself by way of another."""
    return f"`{module}` imports what imports `{module}` itself, so that `{name}` is not there yet; move it to a file of its own."


def has_no(module: str, name: str) -> str:
    """Say that a module lacks a name that is imported from it."""
    return f"`{module}` has no `{name}`; check the spelling of both."


def left_at_home(path: str) -> str:
    """Say that a module of the student's own did not come along."""
    return f"there is no `{path}.py`, and no folder `{path}`, beside it in what you handed in; hand that in, too."


def of_a_service(name: str, service: str) -> str:
    """Say that a module is there in a service alone."""
    return f"`{name}` is there in {service} alone, and not where work is graded; leave it out."


def not_along(name: str, note: str) -> str:
    """Say that a module did not come along, and what the search for it has noted."""
    return f"`{name}` is not there. {note}"


def no_submodule(package: str, name: str) -> str:
    """Say that a package lacks a module."""
    return f"`{package}` has no module `{name}`; check its spelling."


def not_there(name: str) -> str:
    """Say that a module of Python's own is not there."""
    return f"`{name}` is not there where work is graded; do without it."


def no_package(name: str) -> str:
    """Say that a package is not installed, or a module was not handed in."""
    return (
        f"the package `{name}` is not installed where work is graded; do without it. If it is a module of your own, hand in "
        f"`{name}.py`, too, in the same folder."
    )


# Names.
SOME_NAME = "a name is not defined there; define or import it above, or check its spelling."


def used_before(name: str) -> str:
    """Say that a function uses a name before it has a value."""
    return f"`{name}` is used there before the function gives it a value; give it one first."


def import_it(name: str, line: str) -> str:
    """Say which import a well-known name needs."""
    return f"the name `{name}` is not defined there; write `{line}` at the top."


def in_python(name: str, other: str) -> str:
    """Say what a name of another language, or of Python 2, is in Python."""
    return f"the name `{name}` is not defined there; in Python it is `{other}`."


def of_jupyter(name: str) -> str:
    """Say that a name is there in Jupyter alone."""
    return f"`{name}` is Jupyter's own, and not there where work is graded; leave it out."


def defined_later(name: str, line: int) -> str:
    """Say that a name is defined below."""
    return f"`{name}` is used there, and only line {line} defines it; move that above."


def not_defined(name: str) -> str:
    """Say that a name is not defined, of which nothing more is known."""
    return f"the name `{name}` is not defined there; define or import it above, or check its spelling."


def strange_letter(letter: str, name: str) -> str:
    """Say that a letter of a name is not a common one."""
    return f" Its `{letter}` is {name or 'no common letter'}."


def no_attribute(module: str, name: str) -> str:
    """Say that a module, or where it is "" something else, has no such attribute."""
    return f"{f'`{module}`' if module else 'what stands before the dot'} has no `{name}`; check its spelling."
