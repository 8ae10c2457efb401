"""What a student reads on a page of feedback besides the verdicts: its labels, and how the text was loaded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autograder.util.wording.loading import TRIAL

# Labels of lines.
POINTS = "Points"
FOLLOWS_FROM = "Follows from"
YOU_WERE_ASKED = "You were asked"
WITH = "with"
IT_RETURNED = "It returned"
WHAT_HAPPENED = "What happened"
WHY = "Why"
AND = "and"
IN_ALL = "In all"
IT_FAILS = "It fails"
WHAT_MUST_HOLD = "What must hold"
THIS_LOOKS_LIKE = "This looks like"
OR_LIKE = "or like"
THAT_IS = "That is"
FIX_FIRST = "Fix first"
READ_AGAIN = "Read again"

NOT_RUN = "not run"
NOT_IMPORTED = "Your module could not be imported, so nothing in it could be run."
GRADER_FAILED = (
    "The grader itself failed on this submission. That is not your fault and costs nothing; your instructor knows."
)
# A label and its sentence.
GRADER_FAILED_HERE = ("The grader", "failed on a part of this exercise, which costs you nothing.")
_GAVE_UP = {
    "wall_time": "Loading all of your code took too long",
    "flooded": "Your code put out too much while it was loaded",
}


def submission(name: str) -> str:
    """Say whose page it is."""
    return f"Submission: {name}"


def points(earned: float, most: float) -> str:
    """Return points and how many there are."""
    return f"{earned:g} of {most:g} points"


def bonus(name: str) -> str:
    """Mark an exercise whose points come on top."""
    return f"{name} (bonus)"


def not_run(devices: Sequence[str]) -> str:
    """Say which devices are not there."""
    return f"Not run, because this machine has none: {', '.join(devices)}. That costs no points."


def set_by_instructor(reason: str) -> str:
    """Say that an instructor has decided on the points."""
    return f"set by your instructor: {reason}"


def follows(exercise: str) -> str:
    """Say that another exercise costs this one its points."""
    return f"`{exercise}`: fix that one, and this one should pass, too. No points are lost here."


def called(exercises: Sequence[str]) -> str:
    """Say which other exercises to fix first."""
    names = " and ".join(f"`{name}`" for name in exercises)
    return f"{names}, which yours calls: this failure may only follow."


def scenarios_failed(failed: int, ran: int) -> str:
    """Say how many scenarios failed."""
    return f"{failed} of {ran} hidden scenarios failed"


def exactly_where(condition: str, failed: int, passed: int) -> str:
    """Say which condition tells the failed scenarios from those that passed."""
    return f"exactly where {condition} ({failed} of {failed}); it passes otherwise ({passed} of {passed})"


def sections(titles: Iterable[str], page: str) -> str:
    """Say which sections of a page to read again."""
    named = " and ".join(f'"{title}"' for title in titles)
    return f"{named} in {page}"


def at(path: str) -> str:
    """Say where in a returned value something is."""
    return f"at {path}"


def took_long(left_out: Sequence[str]) -> str:
    """Say which lines were left out because nothing needs them."""
    return f"No exercise needs this and it took long, so it was left out: {', '.join(left_out)}."


def definitions_only(gave_up: str, seconds: str, left_out: Sequence[str]) -> str:
    """Say that only a module's definitions were loaded, and why.

    Args:
        gave_up: how loading all of it ended, the name of an `OutcomeStatus`.
        seconds: how much computing time it had.
        left_out: the lines that were not run.
    """
    why = f"Loading all of your code took more than {seconds} seconds of computing time"
    if gave_up != "cpu_time":
        why = _GAVE_UP.get(gave_up, "Your code ended Python while it was loaded")
    told = f"{why}, so only its imports, functions and classes were loaded, and the assignments that these need."
    if left_out:
        told += f" Left out: {', '.join(left_out)}."
    return f"{told} {TRIAL}"


def lines(first: int, last: int, cell: str) -> str:
    """Name lines, in a notebook with their cell."""
    named = f"line {first}" if first == last else f"lines {first} to {last}"
    return f"{named} of the cell {cell}" if cell else named


def rebound(name: str, place: str, *, counts: bool) -> str:
    """Say which of an exercise's definitions was graded."""
    if counts:
        return f"{name} is defined more than once; the definition in {place} is the one that was graded."
    return f"In {place} the name {name} stands for something else; what was graded is the definition before that."


def together(names: str) -> str:
    """Say which of the student's own modules came along."""
    return f"Graded together with your own {names}."
