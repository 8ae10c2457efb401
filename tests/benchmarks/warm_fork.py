"""The floor: a warm process that forks a child a submission, with no protection and no comparison. `cost.py` runs it.

`python -m tests.benchmarks.warm_fork COURSE LESSON SEED FOLDER` warms up exactly as the grader's zygote does and runs each
module through `autograder.worker.run`; the frames go to /dev/null. It prints how many scenarios returned a value.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from autograder.worker import warmup


def main(course: Path, lesson: str, seed: int, folder: Path) -> int:
    """Run every submission of a folder, one child each; return how many of their scenarios returned."""
    suite = {path.name: path.read_text(encoding="utf-8") for path in sorted((course / "tests" / lesson).glob("test_*.py"))}
    warmup.warm_up(plots=any("matplotlib" in text or "probes.figure" in text for text in suite.values()))
    runs = _runs(suite)
    from autograder.worker.zygote import freeze

    freeze()
    returned = 0
    for place in sorted(folder.iterdir()):
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                text = (place / "exercises.py").read_text(encoding="utf-8")
                os.write(tell, str(_run(text, suite, runs, seed, course / "datasets")).encode())
            finally:
                os._exit(0)
        os.close(tell)
        returned += int(os.read(told, 32) or b"0")
        os.close(told)
        os.waitpid(child, 0)
    return returned


def _runs(suite: dict[str, str]) -> list[list[Any]]:
    """Return what is to be run, listed in a child so that the warm process loads nothing of the lesson's."""
    import json

    told, tell = os.pipe()
    if os.fork() == 0:
        from autograder.worker.loading import load
        from autograder.worker.scenarios import expand

        runs = [
            [file, found.function, found.index]
            for file, text in suite.items()
            for found in expand(load(text, f"scenarios.{file.removesuffix('.py')}", file))
        ]
        with open(tell, "w") as pipe:
            json.dump(runs, pipe)
        os._exit(0)
    os.close(tell)
    with open(told) as pipe:
        found = json.load(pipe)
    os.wait()
    return [[number, *run, "cpu"] for number, run in enumerate(found)]


def _run(text: str, suite: dict[str, str], runs: list[list[Any]], seed: int, data: Path) -> int:
    from autograder.worker.run import run

    returned = 0
    with open(os.devnull, "wb", buffering=0) as nowhere:

        def send(frame: bytes) -> None:
            nonlocal returned
            returned += b'"status":"returned"' in frame
            nowhere.write(frame)

        request = {
            "module": {"name": "exercises", "filename": "exercises.py", "text": text},
            "overlay": None,
            "suite": suite,
            "runs": runs,
            "seed": seed,
            "data": str(data),
            "off_limits": {},
            "frame_bytes": 32 << 20,
        }
        run(request, send)
    return returned


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])))
