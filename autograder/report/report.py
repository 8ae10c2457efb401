"""Frozen results and how they are written: a JSON report, a student's feedback, the table of scores."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import cast

from autograder.course.lesson import Lesson
from autograder.grading import kept_outputs
from autograder.grading.results import Diagnosis, Report, ReportStatus, Verdict
from autograder.report.schema import SCHEMA, DiagnosisRow, KeptRow, LoadingRow, ReportRow, ScenarioRow
from autograder.util.files import write_whole
from autograder.util.safe_text import cell, file_name, told_apart


def as_json(report: Report) -> ReportRow:
    """Return a report as plain data, by the schema `autograder/report/v1`."""
    around = report.provenance
    loading = {key: list(part) if isinstance(part, tuple) else part for key, part in asdict(report.loading).items()}
    cells = loading.pop("cells")
    return {
        "schema": SCHEMA,
        "lesson": report.lesson.name,
        "submission": report.submission,
        "status": report.status,
        "reason": report.reason,
        "place": report.place,
        "note": report.note,
        "score": report.score,
        "max_score": report.max_score,
        "exercises": [
            {
                "name": scored.exercise.name,
                "points": scored.points,
                "max_points": scored.max_points,
                "bonus": scored.exercise.bonus,
                "forgeable": scored.exercise.forgeable,
                "diagnosis": _diagnosis(scored.diagnosis),
                "scenarios": [_scenario(verdict) for verdict in scored.verdicts],
            }
            for scored in report.exercises
        ],
        "cells": cells,
        "loading": cast("LoadingRow", loading),
        "log": report.log,
        "private": report.instructor_message,
        "disturbed": str(report.disturbed),
        "cpu_seconds": round(report.cpu, 4),
        "helpers": report.helpers,
        "helper_notes": list(report.helper_notes),
        "module_sha256": report.module,
        "suite_sha256": around.suite,
        "reference_sha256": around.reference,
        "seed": around.seed,
        "devices": around.devices,
        "guarantee": around.guarantee,
        "versions": around.versions,
    }


def _diagnosis(diagnosis: Diagnosis) -> DiagnosisRow:
    return {
        "looks_like": [
            {"name": one.name, "says": one.says, "section": one.section} for one in diagnosis.misconceptions
        ],
        "described": diagnosis.described,
        "follows_from": diagnosis.follows,
        "mend_first": list(diagnosis.first),
    }


def _scenario(verdict: Verdict) -> ScenarioRow:
    mismatch = verdict.mismatch
    return {
        "name": verdict.placed.name,
        "device": verdict.device,
        "weight": verdict.placed.scenario.weight,
        "verdict": verdict.verdict,
        "reason": verdict.reason,
        "told": verdict.student_message,
        "private": verdict.instructor_message,
        "at": mismatch.path if mismatch else "",
        "follows_from": verdict.follows,
        "cpu_seconds": round(verdict.cpu, 4),
    }


def write(row: ReportRow, feedback: str, out: Path) -> None:
    """Write a report and its feedback, the feedback first: where the report is, all is."""
    kept = row.get("kept")
    if kept is not None:
        write_whole(kept_path(out, row["submission"]), json.dumps(kept) + "\n")
        row = cast("ReportRow", {key: value for key, value in row.items() if key != "kept"})
    write_whole(feedback_path(out, row["submission"]), feedback)
    # ASCII alone: what a student's code printed may steer a terminal, or turn a line of text round.
    write_whole(report_path(out, row["submission"]), json.dumps(row, indent=1) + "\n")


def with_kept(row: ReportRow, report: Report, text: str) -> ReportRow:
    """Return a report as JSON with what is kept beside it: a module's text, and its wrong outputs in brief."""
    kept: KeptRow = {
        "schema": kept_outputs.SCHEMA,
        "submission": report.submission,
        "module_sha256": report.module,
        "text": text[: kept_outputs.MAX_TEXT_LENGTH],
        "outputs": report.outputs,
    }
    return {**row, "kept": kept}


def kept_path(out: Path, submission: str) -> Path:
    """Return where a submission's text and wrong outputs lie in a grading folder."""
    return out / "outputs" / f"{file_name(submission)}.json"


def report_path(out: Path, submission: str) -> Path:
    """Return where a submission's report lies in a grading folder."""
    return out / "reports" / f"{file_name(submission)}.json"


def feedback_path(out: Path, submission: str) -> Path:
    """Return where a submission's feedback lies in a grading folder."""
    return out / "feedback" / f"{file_name(submission)}.md"


def write_scores(lesson: Lesson, rows: Iterable[ReportRow], path: Path) -> None:
    """Write `scores.csv` from JSON reports: submission, score, max_score, status, then a column of points for each exercise."""
    names = [exercise.name for exercise in lesson.exercises]
    lines = [["submission", "score", "max_score", "status", *names]]
    listed = list(rows)
    shown_names = told_apart(row["submission"] for row in listed)
    for row in listed:
        points = {exercise["name"]: exercise["points"] for exercise in row["exercises"]}
        blank = "" if row["status"] == ReportStatus.GRADER_ERROR else "0"
        score = "" if row["score"] is None else f"{row['score']:g}"
        shown = [f"{points[name]:g}" if name in points and row["score"] is not None else blank for name in names]
        lines.append([cell(shown_names[row["submission"]]), score, f"{row['max_score']:g}", row["status"], *shown])
    write_whole(path, _csv(lines))


def _csv(lines: Sequence[Sequence[str]]) -> str:
    with tempfile.SpooledTemporaryFile(mode="w+", encoding="utf-8", errors="backslashreplace", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
        file.seek(0)
        return str(file.read())
