"""Judges for the scenarios of lesson 9.1. ANSWER-r9Yd4BnUcJchecks"""

from typing import Any

TOKEN = "ANSWER-r9Yd4BnUcJchecks"


def same_pairs(student: Any, reference: Any) -> str | None:
    """The same pairs, in any order."""
    if sorted(map(tuple, student)) == sorted(map(tuple, reference)):
        return None
    return "The numbers of the file were not counted as they should be."
