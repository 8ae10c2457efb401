"""Find submissions that are alike beyond what stub, solution and the class's usual way explain: a reason to look, no verdict.

Code is compared by copydetect (winnowing: Schleimer, Wilkerson and Aiken 2003). Rare mistakes that have no name are
shared by few who did not work together. Code is read as text; nothing is run.
"""

from __future__ import annotations

import io
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from autograder.overview import reading
from autograder.overview.overview import LessonOverview
from autograder.overview.pages import Renderer
from autograder.util.errors import UserError
from autograder.util.files import write_whole
from autograder.util.safe_text import printable, told_apart

try:
    import copydetect
except ImportError as error:
    raise UserError(
        "--similar needs copydetect, which is not installed: `uv sync --group similarity` installs it."
    ) from error

# How many letters of code, names made alike, a fingerprint is of.
LENGTH = 30
# What so many of a class have is how one writes it.
USUAL_SHARE, USUAL_LEAST = 0.1, 4
MIN_ALIKE = 0.4
MIN_OVERLAP = 120
MAX_PAIRS = 60
MAX_SHOWN = 30_000


@dataclass(frozen=True)
class Pair:
    """Two submissions to look at.

    Attributes:
        lesson: the lesson's number.
        names: how they are called.
        texts: their modules.
        alike: which share of the smaller one's own code is in the other, too.
        mistakes: the mistakes without a name that they share.
        weight: how much speaks for a look.
    """

    lesson: str
    names: tuple[str, str]
    texts: tuple[str, str]
    alike: float
    mistakes: tuple[str, ...]
    weight: float


def write(lessons: Sequence[LessonOverview], out: Path, renderer: Renderer) -> None:
    """Write `similar.html`."""
    found = sorted((pair for one in lessons for pair in pairs(one)), key=lambda pair: -pair.weight)
    write_whole(out / "similar.html", renderer.similar(pairs=found[:MAX_PAIRS], more=len(found) > MAX_PAIRS))


def pairs(one: LessonOverview) -> list[Pair]:
    """Return the pairs of a lesson that are worth a look."""
    texts = dict(_texts(one))
    shown = told_apart(texts)
    mistakes = _shared_mistakes(one)
    alternatives = sorted((one.lesson.tests / "alternatives").glob("*.py"))
    alike = _alike(texts, [one.lesson.stub, one.lesson.reference, *alternatives])
    found = []
    for pair in alike.keys() | mistakes.keys():
        first, second = sorted(pair)
        if first not in texts or second not in texts:
            continue
        shared = mistakes.get(pair, {})
        weight = alike.get(pair, 0.0) + sum(shared.values())
        if alike.get(pair, 0.0) >= MIN_ALIKE or weight >= 1:
            both = (printable(texts[first], MAX_SHOWN), printable(texts[second], MAX_SHOWN))
            names = (shown[first], shown[second])
            found.append(Pair(one.lesson.number, names, both, alike.get(pair, 0.0), tuple(shared), weight))
    return found


def _texts(one: LessonOverview) -> Iterable[tuple[str, str]]:
    for name in reading.file_names(one.folder):
        found = reading.read(one.folder, name)
        if not isinstance(found, str) and found.kept.text and found.entry.exercises:
            yield found.entry.submission, found.kept.text


def _shared_mistakes(one: LessonOverview) -> dict[frozenset[str], dict[str, float]]:
    """Return pairs with the mistakes that both have; what few have weighs more."""
    found: dict[frozenset[str], dict[str, float]] = defaultdict(dict)
    size = max(one.numbers.graded, 2)
    for cluster in one.unnamed:
        if len(cluster.submissions) <= max(USUAL_LEAST, USUAL_SHARE * size):
            weight = math.log(size / len(cluster.submissions)) / math.log(size)
            for pair in combinations(cluster.submissions, 2):
                found[frozenset(pair)][cluster.id] = weight
    return found


def _alike(texts: dict[str, str], boilerplate: Sequence[Path]) -> dict[frozenset[str], float]:
    """Return which share of the smaller one's code two submissions have in common, where that is more than a little."""
    given: set[Any] = set()
    for path in boilerplate:
        given |= set(_fingerprint(path.read_text(encoding="utf-8"), ()).hashes)
    first = {name: set(_fingerprint(text, ()).hashes) - given for name, text in texts.items()}
    counts = Counter(one for hashes in first.values() for one in hashes)
    most = max(USUAL_LEAST, USUAL_SHARE * len(texts))
    given |= {one for one, count in counts.items() if count > most}
    prints = {name: _fingerprint(text, sorted(given)) for name, text in texts.items()}
    having: dict[Any, list[str]] = defaultdict(list)
    for name, hashes in first.items():
        for one in hashes - given:
            having[one].append(name)
    shared = Counter(frozenset(pair) for names in having.values() for pair in combinations(names, 2))
    found = {}
    for pair, count in shared.items():
        if count >= MIN_OVERLAP // LENGTH:
            one, other = (prints[name] for name in sorted(pair))
            overlap, shares, _ = copydetect.compare_files(one, other)
            if overlap >= MIN_OVERLAP:
                found[pair] = float(min(1.0, max(shares)))
    return found


def _fingerprint(text: str, boilerplate: Sequence[Any]) -> Any:
    import numpy as np

    return copydetect.CodeFingerprint(
        "exercises.py",
        LENGTH,
        1,
        np.array(boilerplate) if len(boilerplate) else [],
        language="python",
        fp=io.StringIO(text),
    )
