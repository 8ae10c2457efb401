"""`--dask`: a scheduler and two workers on this machine give the same scores as this machine alone, one being killed in mid-batch."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from autograder.batch import run as batch
from autograder.batch.backend import Options
from autograder.batch.local_backend import LocalBackend
from autograder.batch.run import Progress
from autograder.course.lesson import Lesson
from autograder.grading.lesson_grader import Grading
from autograder.util.errors import UserError
from tests.autograder.helpers import COURSE, ROOT, Command, hand_in
from tests.benchmarks import crash

pytest.importorskip("distributed", reason="Dask is not installed: uv sync --group cluster")

SIZE = 24


class Cluster:
    """A scheduler and two workers, each a process of its own."""

    def __init__(self, place: Path, certificates: Sequence[str] = ()) -> None:
        self._place = place
        self._certificates = certificates
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        self.address = f"{'tls' if certificates else 'tcp'}://127.0.0.1:{port}"
        worker = ("worker", self.address, "--nthreads", "1", "--no-nanny")
        scheduler = ("scheduler", "--port", port, *(("--protocol", "tls") if certificates else ()))
        self.processes = [self._start(*scheduler), self._start(*worker), self._start(*worker)]
        until = time.monotonic() + 120
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", int(port)), timeout=1):
                return
            time.sleep(0.1)
        self.end()
        raise AssertionError("the scheduler did not start")

    def _start(self, what: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", what, "--host", "127.0.0.1", "--no-dashboard", *arguments]
        command += self._certificates
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, cwd=self._place, env=environment, **quiet)  # type: ignore[call-overload, no-any-return]  # two keywords

    def end(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    (tmp_path / "cluster").mkdir()
    started = Cluster(tmp_path / "cluster")
    yield started
    started.end()


def _soon(true: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether `true` comes to hold within `seconds`."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    return True


def test_a_worker_killed_in_mid_batch_changes_no_score(
    cluster: Cluster, small_lesson: Lesson, small_grading: Grading, tmp_path: Path
) -> None:
    samples = [COURSE / "submissions" / name / "exercises.py" for name in ("all_correct", "squares", "prints_much")]
    texts = [path.read_text(encoding="utf-8") for path in samples]
    folder = hand_in(tmp_path / "in", {f"student_{n:02}": f"{texts[n % len(texts)]}\n# {n}\n" for n in range(SIZE)})
    killed: list[dict[int, int]] = []

    def kill_a_worker(step: Progress) -> None:
        busy = [process for process in cluster.processes[1:] if len(crash.below(process.pid)) >= 4]
        if step.done >= SIZE // 4 and not killed and busy:
            killed.append(crash.below(busy[0].pid))
            busy[0].send_signal(signal.SIGKILL)

    options = Options(seed=0, dask=cluster.address)
    there = batch.grade_all(small_lesson, folder, tmp_path / "there", options, kill_a_worker)
    here = batch.grade_all(
        small_lesson,
        folder,
        tmp_path / "here",
        Options(seed=0),
        lambda _: None,
        lambda _seed, _most: LocalBackend(small_grading),
    )
    assert killed
    assert [row["status"] for row in there.rows] == [row["status"] for row in here.rows]
    assert (tmp_path / "there" / "scores.csv").read_bytes() == (tmp_path / "here" / "scores.csv").read_bytes()
    for path in (tmp_path / "here" / "feedback").iterdir():
        assert path.read_bytes() == (tmp_path / "there" / "feedback" / path.name).read_bytes()
    # Neither the killed worker's zygotes nor, now that the batch is over, those of the other are left. A zygote that
    # was still importing torch when its parent died hears of it only when it is done.
    assert _soon(lambda: not [pid for pid in killed[0] if Path(f"/proc/{pid}").exists()])
    assert _soon(lambda: not [p for p in cluster.processes[1:] if p.poll() is None and crash.below(p.pid)])
    again = batch.grade_all(
        small_lesson, folder, tmp_path / "here", Options(seed=0, dask=cluster.address), lambda _: None
    )
    assert again.kept == SIZE


def test_an_address_where_nobody_answers_is_one_sentence_within_seconds(tmp_path: Path, command: Command) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        started = time.monotonic()
        grade = ("autograder.cli", "grade", "lesson_9_1", "submissions", "--out", tmp_path / "out", "--dask", address)
        done = command(*grade, cwd=COURSE)
    assert time.monotonic() - started < 60
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1].startswith(f"autograder: No Dask scheduler answers at {address}.")
    assert "Traceback" not in done.stderr


def _certificates(folder: Path) -> dict[str, str]:
    """Make an authority, a key and a certificate that it signed; return their files by what dask calls them."""
    folder.mkdir()
    for words in (
        "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=authority -keyout ca.key -out ca.pem",
        "req -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -keyout key.pem -out cert.csr",
        "x509 -req -in cert.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 -out cert.pem",
    ):
        subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)
    return {"ca-file": f"{folder}/ca.pem", "cert": f"{folder}/cert.pem", "key": f"{folder}/key.pem"}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")
def test_a_cluster_with_certificates_grades_for_those_who_have_one(small_lesson: Lesson, tmp_path: Path) -> None:
    import dask

    files = _certificates(tmp_path / "certificates")
    (tmp_path / "cluster").mkdir()
    cluster = Cluster(tmp_path / "cluster", [part for name, path in files.items() for part in (f"--tls-{name}", path)])
    folder = hand_in(tmp_path / "in", {"student": (COURSE / "submissions/all_correct/exercises.py").read_text()})
    options = Options(seed=0, dask=cluster.address)
    try:
        with pytest.raises(UserError, match="wants certificates"):
            batch.grade_all(small_lesson, folder, tmp_path / "without", options, lambda _: None)
        tls = {f"distributed.comm.tls.client.{part}": files[part] for part in ("cert", "key")}
        # As the variables in autograder/docs/grading.md do.
        with dask.config.set({"distributed.comm.tls.ca-file": files["ca-file"], **tls}):
            there = batch.grade_all(small_lesson, folder, tmp_path / "there", options, lambda _: None)
    finally:
        cluster.end()
    assert [(row["status"], row["score"]) for row in there.rows] == [("graded", 100)]
