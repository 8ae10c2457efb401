"""Let a Dask cluster grade: submissions go out as text, reports come back as text; nothing else travels.

The cluster's workers are machines of the instructor's: each has this package and the course, makes the lesson ready itself
and runs its own zygotes. A worker that is lost loses nothing: the scheduler gives what it had to another.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, wait
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from autograder.batch.backend import Options
from autograder.batch.local_backend import LocalBackend
from autograder.course import lesson as lessons
from autograder.course import suite
from autograder.course.lesson import Lesson
from autograder.grading.lesson_grader import Grading, content_hashes
from autograder.grading.results import Provenance
from autograder.report.schema import ReportRow
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.jobs import Deadlines
from autograder.submission.submission import Submission
from autograder.util.errors import GradingAborted, UserError

try:
    from distributed import Client, WorkerPlugin, get_worker
except ImportError as error:
    raise UserError("--dask needs Dask, which is not installed: `uv sync --group cluster` installs it.") from error

if TYPE_CHECKING:
    from distributed import Worker

# Where the course lies on a worker, if not where it lies here.
COURSE = "AUTOGRADER_COURSE"
ANSWER_SECONDS = 10
# A cluster may lose its workers for a while: they are started again, or a queue gives others.
ALONE_SECONDS = 60.0
LOOK_SECONDS = 5.0


class GraderPlugin(WorkerPlugin):
    """On a worker: a lesson made ready, with a zygote for each of the worker's threads. Dask brings it there and ends it.

    Args:
        work: what to make ready, as JSON.
    """

    def __init__(self, work: str) -> None:
        self._work = work

    def setup(self, worker: Worker) -> None:
        """Get ready to make ready: the lesson itself waits for the first submission."""
        self._threads = worker.state.nthreads
        self._lock = threading.Lock()
        self._stack = contextlib.ExitStack()
        self._grading: Grading | None = None
        self._here: LocalBackend | None = None

    def teardown(self, worker: Worker) -> None:  # noqa: ARG002  Dask passes it
        """End the zygotes."""
        if self._grading is not None:
            self._grading.break_off()
        self._stack.close()

    def here(self) -> LocalBackend:
        """Return this machine as a grader, made ready once.

        Raises:
            UserError: it cannot be.
        """
        with self._lock:
            if self._here is None:
                self._here = self._made_ready()
            return self._here

    def _made_ready(self) -> LocalBackend:
        work = json.loads(self._work)
        root = Path(os.environ.get(COURSE) or work["course"])
        if not (root / "assignments").is_dir():
            raise UserError(
                f"there is no course in {root}; copy it there, or set {COURSE} on the worker to where it is."
            )
        lesson = lessons.load(root, work["lesson"])
        grading = Grading(
            lesson,
            work["devices"],
            work["seed"],
            unsafe=work["unsafe"],
            workers=self._threads,
            deadlines=Deadlines(**work["deadlines"]),
        )
        if list(grading.content) != work["content"]:
            raise UserError(f"{root} holds another version of {lesson.name}; update it to the version that is here.")
        with contextlib.ExitStack() as stack:
            stack.enter_context(grading)
            here = stack.enter_context(LocalBackend(grading))
            self._stack = stack.pop_all()
        self._grading = grading
        return here


def provenance(station: str) -> str:
    """On a worker: return what its grades rest on, as JSON."""
    return _answer(station, lambda here: asdict(here.provenance))


def grade(station: str, handed_in: str, last: bool) -> str:
    """On a worker: grade a submission given as JSON; return its report as JSON."""
    return _answer(station, lambda here: here.grade(Submission(**json.loads(handed_in)), last=last))


def _answer(station: str, ask: Callable[[LocalBackend], object]) -> str:
    worker = get_worker()
    plugin = worker.plugins[station]
    assert isinstance(plugin, GraderPlugin), "nobody else has plugins of this name"
    try:
        return json.dumps({"answer": ask(plugin.here())})
    except (UserError, SandboxError) as error:
        return json.dumps({"refused": f"The worker {worker.address} cannot grade: {error}"})


class DaskBackend:
    """Grades on a cluster. Use it as a context manager.

    Args:
        lesson: the lesson.
        seed: the seed.
        options: how to grade, the scheduler's address among it.

    Raises:
        UserError: nobody answers at the address, there are no workers, or they cannot grade.
    """

    def __init__(self, lesson: Lesson, seed: int, options: Options) -> None:
        self._address = options.dask
        self._work = json.dumps(
            {
                "course": str(lesson.root.resolve()),
                "lesson": lesson.name,
                "devices": options.devices,
                "seed": seed,
                "unsafe": options.unsafe,
                "deadlines": asdict(options.deadlines),
                "content": content_hashes(lesson, suite.load(lesson)),
            }
        )
        # The same command finds the same station again, so one that was killed leaves none behind for good.
        self._station = f"autograder-{hashlib.sha256(self._work.encode()).hexdigest()[:16]}"
        self._stack = contextlib.ExitStack()
        self._looked = self._seen = time.monotonic()
        self.max_in_flight = 1

    def __enter__(self) -> Self:
        with self._stack as stack:
            # What Dask logs about connections that break off is said here in a sentence.
            logging.getLogger("distributed").setLevel(logging.CRITICAL)
            self._client = self._connected()
            stack.callback(_briefly, lambda: self._client.close(timeout=1))
            self._client.register_plugin(GraderPlugin(self._work), name=self._station)
            stack.callback(_briefly, lambda: self._client.unregister_worker_plugin(self._station))
            self._executor = self._client.get_executor(pure=False)
            first = self._executor.submit(provenance, self._station)
            while not wait([first], timeout=1).done:
                self.check_alive()
            self.provenance = Provenance(**self._answer(first))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def submit(self, handed_in: Submission, *, last: bool = False) -> Future[str]:
        """Hand in a submission."""
        done: Future[str] = self._executor.submit(grade, self._station, json.dumps(asdict(handed_in)), last)
        return done

    def row(self, done: Future[str]) -> ReportRow:
        """Return the report that a future has.

        Raises:
            UserError: a worker cannot grade.
            Halted: the cluster is gone.
        """
        row: ReportRow = self._answer(done)
        return row

    def _answer(self, done: Future[str]) -> Any:
        """Return what a worker answered."""
        try:
            answer: dict[str, Any] = json.loads(done.result())
        except CancelledError as error:
            raise self._gone() from error
        if "refused" in answer:
            raise UserError(answer["refused"])
        return answer["answer"]

    def check_alive(self) -> None:
        """See whether there are workers still, and how many submissions they can take.

        Raises:
            Halted: the cluster is gone, or has had no worker for a while.
        """
        now = time.monotonic()
        if now < self._looked + LOOK_SECONDS:
            return
        self._looked = now
        if self._client.status != "running":
            raise self._gone()
        if self._count():
            self._seen = now
        elif now > self._seen + ALONE_SECONDS:
            raise GradingAborted(
                f"The cluster at {self._address} has had no worker for a minute. What was graded is kept; start workers with "
                f"`dask worker {self._address}`, and the same command continues from there."
            )

    def _connected(self) -> Client:
        """Return a client of a cluster that has workers.

        Raises:
            UserError: there is none.
        """
        try:
            client = Client(self._address, timeout=ANSWER_SECONDS, set_as_default=False)
        except TypeError as error:
            # What Dask raises where it is to speak TLS and was told of no certificates.
            raise UserError(
                f"The scheduler at {self._address} wants certificates: set DASK_DISTRIBUTED__COMM__TLS__CA_FILE, …__CLIENT__CERT "
                'and …__CLIENT__KEY, as autograder/docs/grading.md says under "More than one machine".'
            ) from error
        except (OSError, ValueError, ImportError) as error:
            raise UserError(
                f"No Dask scheduler answers at {self._address}. Start one with `dask scheduler`, which prints its address."
            ) from error
        self._client = client
        until = time.monotonic() + ANSWER_SECONDS
        while not self._count():
            if time.monotonic() > until:
                client.close(timeout=1)
                raise UserError(
                    f"The Dask scheduler at {self._address} has no workers. Start some with `dask worker {self._address}`."
                )
            time.sleep(0.2)
        return client

    def _count(self) -> int:
        """Return how many threads the workers have; leave room for some submissions for each."""
        try:
            threads = int(sum(self._client.nthreads().values()))
        except OSError as error:
            raise self._gone() from error
        self.max_in_flight = max(1, 3 * threads)
        return threads

    def _gone(self) -> GradingAborted:
        return GradingAborted(
            f"The Dask scheduler at {self._address} does not answer any more. What was graded is kept; start the cluster again, "
            "and the same command continues from there."
        )


def _briefly(end: Callable[[], object]) -> None:
    """End something on a cluster that may be gone: wait for it, but not for long, and let it fail."""

    def quietly() -> None:
        with contextlib.suppress(Exception):
            end()

    thread = threading.Thread(target=quietly, daemon=True)
    thread.start()
    thread.join(timeout=1)
