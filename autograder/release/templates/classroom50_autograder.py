"""Classroom 50's grader for @LESSON@, on a self-hosted runner that holds the course. Made by `autograder release --classroom50`.

The runner calls it with the student's checkout as working directory. Anybody can read this file, so it knows no answers: it
calls the grader on the runner, and adds who and what was handed in. It exits 0 when it ran to its end, whatever the score.

On the runner, AUTOGRADER_COURSE names the course's folder (default: /opt/course). AUTOGRADER_COMMAND may say how to call its
grader, as in `sudo -n -u grader /opt/course/.venv/bin/autograder`; autograder/docs/handing_out.md says why that is wise.
"""

import datetime
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LESSON = "@LESSON@"
IDENTITY = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "assignment_type": "ASSIGNMENT_TYPE",
    "owner": "OWNER",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
    "review": "REVIEW_URL",
}
MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def main() -> int:
    """Grade the checkout; write result.json and release-body.md into it."""
    checkout = Path.cwd()
    course = os.environ.get("AUTOGRADER_COURSE", "/opt/course")
    command = shlex.split(os.environ.get("AUTOGRADER_COMMAND", f"{shlex.quote(course)}/.venv/bin/autograder"))
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o1777)  # another user may be the one that writes there
        out = Path(folder) / "grades"
        wanted = ["grade", LESSON, str(checkout.parent), "--only", checkout.name, "--out", str(out), "--seed", "0"]
        done = subprocess.run([*command, *wanted, "--export", "classroom50"], cwd=course, check=False)
        made = next((out / "exports" / "classroom50").glob("*/result.json"), None)
        if done.returncode or made is None:
            print("::error::The grader failed; no score was recorded. See its output above.", file=sys.stderr)
            return 1
        result = json.loads(made.read_text(encoding="utf-8"))
        shutil.copyfile(made.with_name("release-body.md"), "release-body.md")
    result |= {field: os.environ.get(name) or result[field] for field, name in IDENTITY.items()}
    result["owner"] = result["owner"] or os.environ.get("USERNAME", "")
    result["review"] = result["review"] or result["commit"]
    result["datetime"] = committed() or result["datetime"]
    result["graded_at"] = datetime.datetime.now(datetime.UTC).strftime(MOMENT)
    Path("result.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0


def committed() -> str:
    """Return when the checked-out commit was made: the submission's instant, the same however often it is graded."""
    asked = ["git", "log", "-1", "--format=%ct"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode:
        return ""
    return datetime.datetime.fromtimestamp(int(done.stdout), datetime.UTC).strftime(MOMENT)


if __name__ == "__main__":
    sys.exit(main())
