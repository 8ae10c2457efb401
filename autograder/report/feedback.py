"""Word a report for its student, in Markdown: exercise by exercise the points, and for the first failure what and why.

Nothing here gives a hidden value away, and no text that a student's code produced is passed on.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autograder.course.lesson import Lesson
from autograder.grading import disclosure
from autograder.grading.call_arguments import Signatures
from autograder.grading.results import ExerciseScore, Reason, Report, ReportStatus, Verdict, VerdictKind
from autograder.report.report import as_json
from autograder.report.schema import ExerciseRow, LinesRow, LoadingRow, ReboundRow, ReportRow
from autograder.sandbox import decode
from autograder.util.safe_text import code_span, printable, spaces_told_apart
from autograder.util.safe_text import name as visible
from autograder.util.wording import feedback as wording

LABEL = 17
MAX_WIDTH = 100
MAX_SENTENCES = 10


def with_feedback(report: Report, signatures: Signatures) -> ReportRow:
    """Return a report as JSON in which each exercise has its lines of feedback, so that pages can be written from it alone."""
    row = as_json(report)
    for entry, scored in zip(row["exercises"], report.exercises, strict=True):
        entry["feedback"] = exercise_lines(scored, signatures, report.lesson.name)[1:]
    return row


def page(lesson: Lesson, row: ReportRow) -> str:
    """Return a student's page from a report as JSON, an instructor's own decisions included."""
    lines = [
        f"# Lesson {lesson.number} · {lesson.title}",
        "",
        wording.submission(code_span(visible(row["submission"]))),
        "",
    ]
    if row["status"] != ReportStatus.GRADED:
        lines += [*_not_graded(row), ""]
    if row["score"] is not None:
        lines += [f"**{wording.points(row['score'], row['max_score'])}**", ""]
    if row.get("note"):
        lines += [_one_line(row["note"]), ""]
    told = loading_sentences(row)
    if told:
        lines += [*(f"- {words}" for words in told), ""]
    if not row["exercises"]:
        return "\n".join(lines)
    not_run = [device for device, state in row["devices"].items() if state == "not run"]
    if not_run:
        lines += [wording.not_run(not_run), ""]
    return "\n".join([*lines, "```text", *_exercises(lesson, row["exercises"]), "```"]) + "\n"


def _exercises(lesson: Lesson, entries: Sequence[ExerciseRow]) -> Iterator[str]:
    """Yield the lines on all exercises; those of a numbered one stand below its subtotal, a little to the right."""
    groups = subtotals(lesson, entries)
    begins = {group.names[0]: group for group in groups}
    inside = {name for group in groups for name in group.names}
    last = ""
    for entry in entries:
        lines = exercise_block(entry)
        if len(lines) > 1:
            lines.append("")
        if entry["name"] in inside:
            lines = [f"  {line}".rstrip() for line in lines]
        if entry["name"] in begins:
            group = begins[entry["name"]]
            lines = [_points(group.heading, group.points, group.max_points), *lines]
            if last:
                lines = ["", *lines]
        yield from lines
        last = lines[-1]


@dataclass(frozen=True)
class Subtotal:
    """What a numbered exercise of the page earned.

    Attributes:
        heading: its number and title.
        names: its functions and classes.
        points: what they earned.
        max_points: what they could earn; 0 where none of them could run.
    """

    heading: str
    names: tuple[str, ...]
    points: float
    max_points: float


def subtotals(lesson: Lesson, entries: Sequence[ExerciseRow]) -> tuple[Subtotal, ...]:
    """Return what the page's numbered exercises earned, by a report's entries; none where the lesson numbers none.

    A report may be older than the manifest: what it does not have counts for nothing.
    """
    found = []
    for group in lesson.groups:
        own = [entry for entry in entries if entry["name"] in group.names]
        points, most = (round(sum(entry[key] for entry in own), 2) for key in ("points", "max_points"))
        if own:
            found.append(Subtotal(group.heading, tuple(entry["name"] for entry in own), points, most))
    return tuple(found)


def exercise_block(entry: ExerciseRow) -> list[str]:
    """Return the lines on one exercise from its part of a report as JSON, an instructor's own decision included."""
    block = [_title(entry["name"], entry["points"], entry["max_points"], bonus=entry["bonus"])]
    if entry.get("override"):
        block.append(_line(wording.POINTS, wording.set_by_instructor(_one_line(entry["override"]["reason"]))))
    return block + list(entry.get("feedback", []))


def loading_sentences(row: ReportRow) -> list[str]:
    """Return what a student reads on how the module was loaded.

    That is what was left out, what raised, which definition counts, and what of the student's own modules came along.
    """
    loading = row.get("loading", {})
    left_out = [_lines(one) for one in loading.get("left_out", [])]
    told = []
    if loading.get("gave_up") and row["status"] == ReportStatus.GRADED:
        told.append(_definitions_only(loading, left_out))
    elif left_out:
        told.append(wording.took_long(left_out))
    told += [failure["said"] for failure in row.get("cells", []) if failure.get("said")]
    told += [_rebound(one) for one in loading.get("rebound", [])]
    return told + _helpers(row)


def _definitions_only(loading: LoadingRow, left_out: Sequence[str]) -> str:
    return wording.definitions_only(loading["gave_up"], f"{loading['seconds']:g}", left_out)


def _lines(place: LinesRow) -> str:
    return wording.lines(place["first"], place["last"], code_span(place["cell"]) if place["cell"] else "")


def _rebound(one: ReboundRow) -> str:
    cell = code_span(one["cell"]) if one["cell"] else ""
    place = wording.lines(one["line"], one["line"], cell)
    return wording.rebound(code_span(one["name"]), place, counts=one["counts"])


def _helpers(row: ReportRow) -> list[str]:
    """Return what a student reads about their own modules beside the graded one."""
    names = ", ".join(map(code_span, row.get("helpers", {})))
    came = [wording.together(names)] if names and row["exercises"] else []
    return [*came, *map(printable, row.get("helper_notes", []))]


def _not_graded(row: ReportRow) -> list[str]:
    if row["status"] == ReportStatus.GRADER_ERROR:
        return [wording.GRADER_FAILED]
    if row["status"] == ReportStatus.FAILED_TO_IMPORT:
        return [wording.NOT_IMPORTED, "", _one_line(row["reason"])]
    return [_one_line(row["reason"])]


def _title(name: str, points: float, max_points: float, *, bonus: bool) -> str:
    return _points(wording.bonus(name) if bonus else name, points, max_points)


def _points(shown: str, points: float, max_points: float) -> str:
    return f"{shown:<60}{wording.points(points, max_points) if max_points else wording.NOT_RUN}"


def _one_line(text: str) -> str:
    """Return text on one line; in a code span, what only looks like a space is shown by its number."""
    shown = re.sub(r"`[^`\n]*`", lambda span: spaces_told_apart(span[0]), printable(text, 400))
    return " ".join(shown.split())


def exercise_lines(scored: ExerciseScore, signatures: Signatures, lesson: str) -> list[str]:
    """Return the lines on one exercise."""
    lines = [_title(scored.exercise.name, scored.points, scored.max_points, bonus=scored.exercise.bonus)]
    if scored.max_points == 0:
        return lines
    failed = [verdict for verdict in scored.verdicts if verdict.verdict == VerdictKind.FAILED]
    if any(verdict.verdict == VerdictKind.GRADER_ERROR for verdict in scored.verdicts):
        lines.append(_line(*wording.GRADER_FAILED_HERE))
    if not failed:
        return lines
    diagnosis = scored.diagnosis
    if diagnosis.follows:
        return [*lines, _line(wording.FOLLOWS_FROM, wording.follows(diagnosis.follows))]
    first = _most_telling(failed)
    if first.call is not None and first.reason not in (Reason.NOT_WRITTEN, Reason.MISSING, Reason.NOT_IMPORTED):
        lines += _asked(first.call, signatures)
    returned = first.mismatch is not None and not first.mismatch.says
    lines.append(_line(wording.IT_RETURNED if returned else wording.WHAT_HAPPENED, _told(first)))
    if first.reason == Reason.OFF_LIMITS:
        lines.append(_line(wording.WHY, scored.exercise.off_limits_reason))
    if first.reason == Reason.CHECK:
        # Each question of a quiz has a sentence of its own.
        more = dict.fromkeys(_told(verdict) for verdict in (first, *failed) if verdict.reason == Reason.CHECK)
        lines += [_line(wording.AND, words) for words in disclosure.few_numbers(list(more)[: MAX_SENTENCES + 1])[1:]]
    ran = [verdict for verdict in scored.verdicts if verdict.verdict != VerdictKind.NOT_RUN]
    others = [verdict for verdict in failed if verdict is not first]
    if others:
        lines.append(_line(wording.IN_ALL, wording.scenarios_failed(len(failed), len(ran))))
    return [*lines, *_when(scored), *_must_hold(first, failed), *_diagnosed(scored), *_read_again(scored, lesson)]


def _when(scored: ExerciseScore) -> list[str]:
    found = scored.diagnosis.condition
    if found is None:
        return []
    return [_line(wording.IT_FAILS, wording.exactly_where(found.words, found.failed, found.passed))]


# How many sentences on what must hold are shown.
MAX_CASES = 3
# Where nothing was judged there is no case to speak of.
UNJUDGED = (Reason.NOT_WRITTEN, Reason.NOT_IMPORTED, Reason.NOT_REACHED, Reason.NOT_WAITED_FOR, Reason.OFF_LIMITS)


def _must_hold(first: Verdict, failed: Sequence[Verdict]) -> list[str]:
    """Return what the failed scenarios are about, in the suite's own sentences, the one shown above first."""
    told = dict.fromkeys(
        verdict.placed.scenario.says
        for verdict in (first, *failed)
        if verdict.reason not in UNJUDGED and verdict.placed.scenario.says
    )
    labels = [wording.WHAT_MUST_HOLD, *[wording.AND] * (MAX_CASES - 1)]
    return [_line(label, _one_line(says)) for label, says in zip(labels, told, strict=False)]


def _diagnosed(scored: ExerciseScore) -> list[str]:
    """Return what the failure looks like: each misconception that fits, or how the values differ, and what to fix first."""
    diagnosis = scored.diagnosis
    lines = [_line(wording.THIS_LOOKS_LIKE, one.says) for one in diagnosis.misconceptions[:1]]
    lines += [_line(wording.OR_LIKE, one.says) for one in diagnosis.misconceptions[1:]]
    if diagnosis.described:
        lines.append(_line(wording.THAT_IS, f"{diagnosis.described}."))
    if diagnosis.first:
        lines.append(_line(wording.FIX_FIRST, wording.called(diagnosis.first)))
    return lines


def _read_again(scored: ExerciseScore, lesson: str) -> list[str]:
    sections = [one.section for one in scored.diagnosis.misconceptions] or [scored.exercise.section]
    return [_line(wording.READ_AGAIN, wording.sections(dict.fromkeys(sections), f"assignments/{lesson}/README.md"))]


def _most_telling(failed: Sequence[Verdict]) -> Verdict:
    """Return the failure to show: a difference in shape or dtype before one in values, which may only follow from it."""
    order = ("off_limits", "missing", "not_written")
    for reason in order:
        for verdict in failed:
            if verdict.reason == reason:
                return verdict
    for verdict in failed:
        if verdict.mismatch is not None and verdict.mismatch.wanted:
            return verdict
    return failed[0]


def _told(verdict: Verdict) -> str:
    place = place_in_words(verdict.mismatch.path) if verdict.mismatch is not None and verdict.mismatch.path else ""
    return f"{place}{_one_line(verdict.student_message)}"


_LABEL = re.compile(r"\[(['\"])([^'\"\\]+)\1\]")


def place_in_words(path: str) -> str:
    """Return where in a returned value something is: the scenario's own labels as they are, anything else as one would index.

    >>> place_in_words("['w after the step'][2]")
    '`w after the step`, at [2]: '
    """
    labels = []
    while (found := _LABEL.match(path)) is not None:
        labels.append(found.group(2))
        path = path[found.end() :]
    if not labels:
        return f"{wording.at(path)}: "
    shown = ", ".join(f"`{label}`" for label in labels)
    return f"{shown}, {wording.at(path)}: " if path else f"{shown}: "


def _asked(call: decode.Call, signatures: Signatures) -> list[str]:
    names = signatures.bind(call)
    shown = ", ".join(name for name, _ in names)
    given = ", ".join(f"{name} {words}" for name, words in names)
    asked = f"{call.name}({shown})"
    if len(asked) + len(given) <= MAX_WIDTH:
        return [_line(wording.YOU_WERE_ASKED, f"{asked}   {given}".rstrip())]
    return [_line(wording.YOU_WERE_ASKED, asked), _line(wording.WITH, given)]


def _line(label: str, text: str) -> str:
    return f"  {label:<{LABEL}}{inspect.cleandoc(text)}"
