"""Late submissions: when was it due, when was it handed in, what does that cost.

How moments are written and what a day is, `moments.py` says.

A time is never taken from a file's date, which unpacking and copying change. It comes from where the instructor says:

- `roster`: the roster's column `submitted`, the instructor's own word;
- `nbgrader`: the file `timestamp.txt` that `nbgrader submit` and `collect` leave beside the notebook;
- `git`: the committer's time of the commit that is checked out.

The last two were written on the student's machine and are as good as its clock and its owner's honesty.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from autograder.gradebook import moments
from autograder.gradebook.moments import DAY, Moment, MomentError
from autograder.util.errors import UserError
from autograder.util.files import read_plain, write_whole

SCHEMA = "autograder/late/v1"
RECORD = "late.json"
SOURCES = ("roster", "nbgrader", "git")
# Bytes of a commit with its message.
MAX_COMMIT_LENGTH = 64 << 10
AMOUNT = r"(\d+(?:\.\d+)?)\s*(%|points?)"
RULE = re.compile(
    rf"{AMOUNT} an? (day|hour)(?:, at most {AMOUNT})?(?:, after (\d+) (minute|hour)s?)?", re.IGNORECASE | re.ASCII
)
TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?\s*(\S.*)?", re.ASCII)
MAX_TIMESTAMP_LENGTH = 100
MAX_RECORD_LENGTH = 1 << 16
# What a roster's column `due` says of a student who has no due date.
NO_DUE_DATE = "none"


class LateError(UserError):
    """A due date, a rule or a time that cannot be understood; the sentence says what would be."""


@dataclass(frozen=True)
class Amount:
    """Points, or a share of the points that a submission earned."""

    number: float
    percent: bool

    def of(self, points: float) -> float:
        """Return the points that this is, of so many earned."""
        return points * self.number / 100 if self.percent else self.number


@dataclass(frozen=True)
class Rule:
    """What lateness costs: so much for each period begun, perhaps at most so much, perhaps after a time of grace."""

    text: str
    amount: Amount
    period: timedelta
    most: Amount | None
    grace: timedelta

    def penalty(self, points: float, due: datetime, submitted: datetime) -> float:
        """Return the points to take off, never more than were earned; a day is one of the calendar, in the due date's zone."""
        late = moments.between(due, submitted)
        if late <= self.grace:
            return 0.0
        begun = moments.days_begun(due, submitted) if self.period == DAY else -(-late // self.period)
        taken = begun * self.amount.of(points)
        if self.most is not None:
            taken = min(taken, self.most.of(points))
        return round(min(taken, points), 2)


@dataclass(frozen=True)
class Policy:
    """When a lesson is due, what lateness costs, and where the times come from; as a grading folder records it.

    Attributes:
        due: the moment it is due, in its time zone.
        rule: what lateness costs; None where it is only shown.
        source: one of `SOURCES`.
    """

    due: datetime
    rule: Rule | None
    source: str


@dataclass(frozen=True)
class Lateness:
    """What a policy says of one submission.

    Attributes:
        submitted: when it was handed in; None where nobody knows.
        penalty: the points taken off.
        why: the reason, in a sentence; "" where it was in time.
    """

    submitted: datetime | None
    penalty: float
    why: str


def parse_due(text: str) -> Moment:
    """Read a due date, which must say its time zone; of a time that comes twice, as clocks are set back, the later is meant.

    Raises:
        LateError: it is no such date.
    """
    return _moment(text, later=True)


def parse_submitted(text: str) -> Moment:
    """Read when something was handed in, which must say its time zone; of a time that comes twice the earlier is meant.

    Raises:
        LateError: it is no such date.
    """
    return _moment(text, later=False)


def _moment(text: str, *, later: bool) -> Moment:
    try:
        return moments.parse(text, later=later)
    except MomentError as error:
        raise LateError(str(error)) from error


def parse_rule(text: str) -> Rule:
    """Read a rule such as `10% a day, at most 50%` or `2 points an hour, at most 20 points, after 15 minutes`.

    Raises:
        LateError: it is none.
    """
    found = RULE.fullmatch(" ".join(text.split()))
    if found is None:
        raise LateError(
            f"{text!r} is not a rule for late submissions. Rules are `10% a day`, `10% a day, at most 50%` and "
            "`2 points an hour, at most 20 points, after 15 minutes`."
        )
    number, unit, period, most, most_unit, grace, grace_unit = found.groups()
    return Rule(
        text=found.group(),
        amount=Amount(float(number), unit == "%"),
        period=timedelta(**{f"{period.lower()}s": 1}),
        most=Amount(float(most), most_unit == "%") if most else None,
        grace=timedelta(**{f"{grace_unit.lower()}s": int(grace)}) if grace else timedelta(),
    )


def settle(out: Path, due: str | None, rule: str | None, source: str | None) -> Policy | None:
    """Return the policy for a grading folder: what is told now, and what is not told as the folder has it recorded.

    Args:
        out: the grading folder.
        due: the date as typed; "none" takes the policy back.
        rule: the rule as typed.
        source: one of `SOURCES`.

    Raises:
        LateError: a rule or a source without a due date, or something that cannot be understood.
    """
    if due == "none":
        return None
    recorded = _recorded(out / RECORD)
    settings = recorded or {"due": "", "rule": "", "source": "roster"}
    settings |= {key: told for key, told in (("due", due), ("rule", rule), ("source", source)) if told is not None}
    if settings["due"]:
        known = parse_rule(settings["rule"]) if settings["rule"] else None
        return Policy(parse_due(settings["due"]).when, known, settings["source"])
    if rule is None and source is None:
        return None
    raise LateError("A rule for late submissions needs to know when they were due: add --due.")


def record(out: Path, policy: Policy | None) -> None:
    """Record a grading folder's policy, or that it has none."""
    if policy is None:
        (out / RECORD).unlink(missing_ok=True)
        return
    rule = policy.rule.text if policy.rule is not None else ""
    settings = {"schema": SCHEMA, "due": moments.written(policy.due), "rule": rule, "source": policy.source}
    write_whole(out / RECORD, json.dumps(settings) + "\n")


def _recorded(path: Path) -> dict[str, str]:
    try:
        settings = json.loads(read_plain(path, MAX_RECORD_LENGTH))
        return {key: str(settings[key]) for key in ("due", "rule", "source")}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise LateError(f"{path} is not a record of a due date. Remove it, and give --due again.") from error


def judge(policy: Policy, points: float | None, submitted: datetime | None) -> Lateness:
    """Return what lateness costs a submission with so many points; nothing where the time is not known."""
    if submitted is None:
        return Lateness(None, 0.0, f"When it was handed in is not known (by {policy.source}); nothing was taken off.")
    if moments.between(policy.due, submitted) <= timedelta():
        return Lateness(submitted, 0.0, "")
    penalty = policy.rule.penalty(points, policy.due, submitted) if policy.rule and points is not None else 0.0
    by = f"Handed in {moments.spelt(policy.due, submitted)} after {shown(policy.due)}"
    rule = f"; the rule is {policy.rule.text}" if policy.rule is not None else ""
    return Lateness(
        submitted, penalty, f"{by}{rule}: {f'{penalty:g} points were' if penalty else 'nothing was'} taken off."
    )


def shown(moment: datetime) -> str:
    """Return a moment as tables and messages write it."""
    return moment.isoformat(" ", "minutes")


def handed_in(entry: Path | None, lesson: str, source: str, said: str) -> datetime | None:
    """Return when a submission was handed in, or None where that source does not say.

    Args:
        entry: the submission's folder, where it is still there.
        lesson: the lesson's name; nbgrader's tree has a folder of that name in each submission.
        source: one of `SOURCES`.
        said: what the roster says.

    Raises:
        LateError: the roster's time cannot be understood.
    """
    if source == "roster":
        return parse_submitted(said).when if said else None
    if entry is None or not entry.is_dir():
        return None
    return committed(entry) if source == "git" else _stamped(entry, lesson)


def _stamped(entry: Path, lesson: str) -> datetime | None:
    """Return the time in nbgrader's `timestamp.txt`, which a student may have written; where it says no zone, UTC is meant."""
    for path in (entry / lesson / "timestamp.txt", entry / "timestamp.txt"):
        found = None if path.parent.is_symlink() else TIMESTAMP.fullmatch(_beginning(path, MAX_TIMESTAMP_LENGTH))
        if found is not None:
            day, time, zone = found.groups()
            try:
                return parse_submitted(f"{day} {time} {zone or 'UTC'}").when
            except LateError:
                return None
    return None


def committed(entry: Path) -> datetime | None:
    """Return the committer's time of the commit that is checked out in a folder, or None.

    The folder's own git settings may name programs to run, so git never sees them: it gets the folder's objects alone.
    """
    repository = entry / ".git"
    if repository.is_symlink() or not repository.is_dir():
        return None
    commit = _head(repository)
    if commit is None:
        return None
    with tempfile.TemporaryDirectory() as empty:
        clean = {"PATH": os.environ.get("PATH", ""), "HOME": empty, "GIT_CONFIG_NOSYSTEM": "1", "GIT_DIR": empty}
        objects = {"GIT_OBJECT_DIRECTORY": str((repository / "objects").resolve()), "GIT_NO_LAZY_FETCH": "1"}
        try:
            subprocess.run(["git", "init", "-q", "--bare", empty], env=clean, check=True, capture_output=True)
            # A commit may be made to unfold to gigabytes: its size is asked first, and so much is read and no more.
            size = _git_output(["cat-file", "-s", commit], clean | objects).strip()
            if not size.isdigit() or len(size) > 9 or int(size) > MAX_COMMIT_LENGTH:
                return None
            text = _git_output(["cat-file", "commit", commit], clean | objects)
        except (OSError, subprocess.SubprocessError):
            return None
    found = re.search(rb"^committer .*> (\d{1,11}) [+-]\d{4}$", text.partition(b"\n\n")[0], re.MULTILINE)
    return datetime.fromtimestamp(int(found.group(1)), UTC) if found else None


def _git_output(arguments: list[str], environment: dict[str, str]) -> bytes:
    """Return how the output of a git command begins; it gets little memory, and ten seconds."""
    limited = environment | {"GIT_ALLOC_LIMIT": str(64 << 20)}
    with subprocess.Popen(
        ["git", *arguments], env=limited, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        end = threading.Timer(10, process.kill)
        end.start()
        try:
            assert process.stdout is not None, "it was asked for"
            return process.stdout.read(MAX_COMMIT_LENGTH)
        finally:
            end.cancel()
            process.kill()


def _head(repository: Path) -> str | None:
    """Return the name of the commit that HEAD stands for."""
    head = _beginning(repository / "HEAD")
    if not head.startswith("ref: "):
        return _commit(head)
    reference = head.removeprefix("ref: ")
    if not re.fullmatch(r"refs(/[\w.@+-]+)+", reference) or ".." in reference:
        return None
    loose = _commit(_beginning(repository / reference))
    packed = [line.partition(" ") for line in _beginning(repository / "packed-refs", 1 << 20).split("\n")]
    return loose or next((_commit(name) for name, _, what in packed if what == reference), None)


def _commit(text: str) -> str | None:
    return text if re.fullmatch(r"[0-9a-f]{40,64}", text) else None


def _beginning(path: Path, most: int = 4096) -> str:
    """Return how a file begins, "" where there is none. No link is followed, and no writer waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    try:
        return os.read(descriptor, most).decode("utf-8", "replace").strip()
    except OSError:
        return ""
    finally:
        os.close(descriptor)
