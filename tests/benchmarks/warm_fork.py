"""The floor: a warm process that forks a child for each submission, with no protection and no comparison. `cost.py` runs it.

`python -m tests.benchmarks.warm_fork COURSE LESSON SEED FOLDER` warms up exactly as the grader's zygote does and runs each
module through `autograder.worker.run`; the frames go to /dev/null. It prints how many scenarios returned a value.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from autograder.worker import warmup
from autograder.worker.protocol import HiddenRequest, WorkerRequest
from autograder.worker.zygote import freeze


def main(course: Path, lesson: str, seed: int, folder: Path) -> int:
    """Run every submission of a folder, one child each; return how many of their scenarios returned."""
    request, hidden = json.loads(_in_a_child(lambda: _request(course, lesson, seed)))
    warmup.warm_up(plots=any("matplotlib" in text or "probes.figure" in text for text in hidden["suite"].values()))
    freeze()
    returned = 0
    # The worker makes its temporary folders where the zygote says, and clears nothing away: the jail's scratch space does.
    tempfile.tempdir = str(folder.parent)
    for place in sorted(folder.iterdir()):
        returned += int(_in_a_child(lambda module=place / "exercises.py": _run(request, hidden, module)))
    return returned


def _in_a_child(work: Any) -> str:
    """Return what `work()` returned in a forked child, as text; nothing else of the child is left."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with open(tell, "w", encoding="utf-8") as pipe:
                pipe.write(str(work()))
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(tell)
    with open(told, encoding="utf-8") as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return text


def _request(course: Path, lesson: str, seed: int) -> str:
    """Return a worker's request in its two parts, as the grader itself words it.

    Called in a child: the warm process loads what a zygote does.
    """
    from autograder.course import lesson as lessons
    from autograder.grading.lesson_grader import Grading
    from autograder.sandbox.jobs import Source
    from autograder.sandbox.sandbox import Sandbox

    # Neither is begun: no process starts.
    grading = Grading(lessons.load(course, lesson), ("cpu",), seed, unsafe=True)
    job = grading.job(Source("exercises", "exercises.py", ""))
    sandbox = Sandbox(course, level="none")
    with sandbox._request(job) as file:
        return f"[{file.read().decode()}, {sandbox._hidden(job, job.runs).decode()}]"


def _run(request: WorkerRequest, hidden: HiddenRequest, module: Path) -> int:
    """Run a module through the scenarios; return how many returned a value."""
    from autograder.worker.run import run

    request["module"]["text"] = module.read_text(encoding="utf-8")
    returned = 0
    with open(os.devnull, "wb", buffering=0) as nowhere:

        def send(frame: bytes) -> None:
            nonlocal returned
            returned += b'"status":"returned"' in frame
            nowhere.write(frame)

        run(request, lambda: hidden, send)
    return returned


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])))
