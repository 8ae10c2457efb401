"""The schema of a report as a JSON Schema document: made from the typed rows, kept in the package for whoever reads reports.

    python -m autograder.report.json_schema

writes it anew.
"""

from __future__ import annotations

import json
import types
from enum import StrEnum
from pathlib import Path
from typing import Any, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from autograder.grading.results import Reason, ReportStatus, VerdictKind
from autograder.report.schema import SCHEMA, ReportRow

FILE = Path(__file__).parent / "report_v1.schema.json"
# Words of which there is a list.
WORDS: dict[tuple[str, str], type[StrEnum]] = {
    ("ReportRow", "status"): ReportStatus,
    ("ScenarioRow", "verdict"): VerdictKind,
    ("ScenarioRow", "reason"): Reason,
}
# What is on its way to a file of its own.
NOT_WRITTEN = ("kept",)
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def document() -> dict[str, Any]:
    """Return the schema of a report."""
    found: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        "title": "What autograder grade writes for a submission",
    }
    found |= _row(ReportRow)
    found["properties"]["schema"] = {"const": SCHEMA}
    return found


def _row(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    properties, required = {}, []
    for name, hint in hints.items():
        if name in NOT_WRITTEN:
            continue
        if get_origin(hint) is NotRequired:
            (hint,) = get_args(hint)
        elif kind.__total__:
            required.append(name)
        words = WORDS.get((kind.__name__, name))
        properties[name] = {"enum": [str(word) for word in words]} if words else _of(hint)
    said = (kind.__doc__ or "").partition("\n")[0]
    row = {"type": "object", "description": said, "properties": properties, "additionalProperties": False}
    return {**row, "required": required} if required else row


def _of(hint: Any) -> dict[str, Any]:
    if is_typeddict(hint):
        return _row(hint)
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_of(part) for part in parts]}
    if origin is list:
        return {"type": "array", "items": _of(parts[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(parts[1])}
    return {"type": PLAIN[hint]} if hint in PLAIN else {}


def text() -> str:
    """Return the schema as its file has it."""
    return json.dumps(document(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
