"""Moments as people write them, with a time zone, and days of the calendar between two.

Python subtracts and compares two moments of one zone by what its clocks show, as if they were never set back or forward. What
counts here is time that has passed, so everything is compared in UTC.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from autograder.util.errors import UserError

DAY = timedelta(days=1)
EXAMPLES = "2026-10-01T23:59+02:00 or 2026-10-01 23:59 Europe/Berlin"
# A date and time, perhaps an offset, and behind a blank or in brackets the name of a zone.
ZONED = re.compile(r"(.*?\d)(?:\s*\[([^\[\]]{1,60})\]|\s+([A-Za-z][\w/+ -]{0,59}))", re.ASCII)
OFFSET = re.compile(r"(.*\d)\s+([+-]\d\d:?\d\d)", re.ASCII)
# Names of zones that are another one on each machine, or none.
NO_ZONES = {"localtime", "posixrules", "factory"}
# Far enough from the ends of the calendar that nothing computed with a moment leaves it.
YEARS = range(1971, 2300)


class MomentError(UserError):
    """A text that is no moment; the sentence says what would be."""


@dataclass(frozen=True)
class Moment:
    """A moment, in the zone that it was written in; and a sentence where clocks that are set make its text doubtful."""

    when: datetime
    note: str = ""


def parse(text: str, *, later: bool) -> Moment:
    """Read a moment such as `2026-10-01T23:59+02:00`, `2026-10-01 23:59 Europe/Berlin` or `2026-10-01T23:59[Europe/Berlin]`.

    Args:
        text: the moment; its seconds may be left out, its zone may not.
        later: which is meant where clocks are set back and show a time twice, or forward and skip it: the later or the earlier.

    Raises:
        MomentError: it is none.
    """
    plain = " ".join(text.split())
    zoned = ZONED.fullmatch(plain)
    zone = _zone(zoned.group(2) or zoned.group(3)) if zoned is not None else None
    shown = _clock(zoned.group(1) if zoned is not None else plain, text)
    if shown.year not in YEARS:
        raise MomentError(f"{text!r} lies in a year in which nothing can be due.")
    if zone is None and shown.tzinfo is None:
        raise MomentError(f"{text!r} does not say its time zone; write it as {EXAMPLES}.")
    if zone is None:
        return Moment(shown)
    if shown.tzinfo is None:
        return _in_zone(shown, zone, later=later)
    there = shown.astimezone(zone)
    if there.utcoffset() != shown.utcoffset():
        raise MomentError(
            f"{text!r} says two things: {zone} is at {there.isoformat()[-6:]} then. Leave one of them out."
        )
    return Moment(there)


def _clock(words: str, text: str) -> datetime:
    """Return the date and time, with its offset where it says one."""
    try:
        date.fromisoformat(words)
    except ValueError:
        pass
    else:
        raise MomentError(f"{text!r} does not say the time of day; write it as {EXAMPLES}.")
    apart = OFFSET.fullmatch(words)
    try:
        return datetime.fromisoformat("".join(apart.groups()) if apart is not None else words)
    except ValueError:
        raise MomentError(f"{text!r} is not a date and time; write it as {EXAMPLES}.") from None


def _zone(name: str) -> tzinfo:
    """Return a time zone by its name, in capitals or not, with a blank or a line in `New_York`."""
    name = name.replace(" ", "_")
    if name.upper() in ("UTC", "GMT", "Z"):
        return UTC
    try:
        return _known_zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    known = {zone.casefold(): zone for zone in available_timezones() if zone.casefold() not in NO_ZONES}
    if name.casefold() in known:
        return ZoneInfo(known[name.casefold()])
    if not known:
        raise MomentError(
            f"This machine has no list of time zones, so {name!r} means nothing to it. Add one with `uv pip install tzdata`, or "
            "write the offset from UTC, as in 2026-10-01T23:59+02:00."
        )
    # Abbreviations such as EDT look alike and are hours apart.
    close = [] if name.isupper() else difflib.get_close_matches(name, known.values(), n=1, cutoff=0.6)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise MomentError(f"{name!r} is not a time zone.{hint} Write the moment as {EXAMPLES}.")


def _known_zone(name: str) -> tzinfo:
    if name.casefold() in NO_ZONES:
        raise ZoneInfoNotFoundError(name)
    return ZoneInfo(name)


def _in_zone(clock: datetime, zone: tzinfo, *, later: bool) -> Moment:
    """Return the moment at which a zone's clocks show this; they may show it twice, or never."""
    # The first reading keeps the offset from before the clocks are set, the second takes the one from after.
    readings = [clock.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    when = (max if later else min)(readings).astimezone(zone)
    if readings[0] == readings[1]:
        return Moment(when)
    shown = clock.isoformat(" ", "minutes")
    if readings[0] < readings[1]:
        which = "later" if later else "earlier"
        note = f"{shown} comes twice in {zone}, as its clocks are set back; the {which} one was taken"
    else:
        note = f"{shown} does not come in {zone}, as its clocks are set forward"
    return Moment(when, f"{note}: {when.isoformat(' ', 'minutes')}.")


def written(moment: datetime) -> str:
    """Return a moment as a text that `parse` reads as the very same."""
    zone = moment.tzinfo
    return f"{moment.isoformat()}[{zone.key}]" if isinstance(zone, ZoneInfo) else moment.isoformat()


def between(one: datetime, other: datetime) -> timedelta:
    """Return the time that passes from one moment to the other."""
    return other.astimezone(UTC) - one.astimezone(UTC)


def days_begun(start: datetime, end: datetime) -> int:
    """Return how many days of the calendar of `start`'s zone have begun at `end`: one until its clocks show the same again.

    A day on which clocks are set has 23 or 25 hours.
    """
    days = 1 + max(0, between(start, end) // DAY)
    while days > 1 and between(_days_on(start, days - 1), end) <= timedelta():
        days -= 1
    while between(_days_on(start, days), end) > timedelta():
        days += 1
    return days


def _days_on(start: datetime, days: int) -> datetime:
    zone = start.tzinfo
    assert zone is not None, "every moment has its zone"
    return _in_zone(start.replace(tzinfo=None, fold=0) + days * DAY, zone, later=True).when


def spelt(start: datetime, end: datetime) -> str:
    """Return the time from one moment to a later one in words, to the minute; what is less counts as one."""
    days = days_begun(start, end)
    if between(_days_on(start, days), end) < timedelta():
        days -= 1
    rest = between(_days_on(start, days) if days else start, end)
    minutes = max(0 if days else 1, rest // timedelta(minutes=1))
    parts = ((days, "day"), (minutes // 60, "hour"), (minutes % 60, "minute"))
    return " ".join(f"{count} {unit}{'s' if count > 1 else ''}" for count, unit in parts if count)
