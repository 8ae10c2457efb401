"""What `run_autograder` runs in Gradescope's container, in the course's folder.

It grades the one submission there is, by `autograder grade`, and puts `results.json` where Gradescope looks for it. Where the
grader fails it leaves none, so that Gradescope tells of a failure and not of a zero.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder import cli

SUBMISSION = "submission"
# The same inputs for everybody, and for a submission that is graded again.
SEED = "0"


def main(arguments: Sequence[str] | None = None) -> int:
    """Grade the submission; return the status of `autograder grade`."""
    parser = argparse.ArgumentParser(
        prog="python -m autograder.integrations.gradescope_runner", description=main.__doc__
    )
    parser.add_argument("lesson", metavar="LESSON")
    parser.add_argument("--late-penalty", metavar="RULE", help="what lateness costs")
    parser.add_argument(
        "--root",
        type=Path,
        default=Path("/autograder"),
        metavar="DIR",
        help="Gradescope's folder (default: /autograder)",
    )
    options = parser.parse_args(arguments)
    root: Path = options.root.resolve()
    results = root / "results" / "results.json"
    results.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "grades"
        command = ["grade", options.lesson, str(root), "--only", SUBMISSION, "--out", str(out), "--seed", SEED]
        command += ["--workers", "1", "--allow-unsafe", "--export", "gradescope"]
        command += _lateness(root / "submission_metadata.json", Path(folder) / "roster.csv", options.late_penalty)
        status = cli.main(command)
        made = out / "exports" / "gradescope" / f"{SUBMISSION}.json"
        if made.is_file():
            results.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(made, results)
    return status


def _lateness(metadata: Path, roster: Path, rule: str | None) -> list[str]:
    """Return the options that say when it was due and when it was handed in, both by Gradescope's clock."""
    if rule is None:
        return []
    told: dict[str, Any] = json.loads(metadata.read_text(encoding="utf-8"))
    with open(roster, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["submission", "submitted"], [SUBMISSION, told["created_at"]]])
    due = told["assignment"].get("due_date")
    return ["--roster", str(roster), "--due", due, "--late-penalty", rule] if due else []


if __name__ == "__main__":
    sys.exit(main())
