"""Grade many submissions: a reference worker, a zygote a core, results written as each submission ends, resume.

It strings the steps of the line together. It knows nothing of terminals: progress is told to a callback.
"""

from __future__ import annotations

import hashlib
import json
import os
import queue
import secrets
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from autograder import signatures, submission, suite
from autograder.diagnose import Diagnoser
from autograder.errors import UserError
from autograder.feedback import feedback
from autograder.lesson import Lesson
from autograder.report import Circumstances, Report, as_json, write, write_scores, write_whole
from autograder.safe_text import file_name
from autograder.sandbox import Guarantee, Job, Result, Run, Sandbox, SandboxError, Source
from autograder.score import GRADER_ERROR, ExerciseScore, Verdict, verdicts
from autograder.submission import Submission
from autograder.suite import Suite

ORDER = ("none", "restricted", "isolated", "full")
OFFICIAL = "isolated"


@dataclass(frozen=True)
class Options:
    """How to grade.

    Attributes:
        devices: where to run each scenario.
        workers: zygotes at a time.
        seed: the seed, or None to take the grading folder's (or draw one).
        only: names of submissions to grade; empty for all.
        regrade: grade also what is finished and unchanged.
        unsafe: go on below the level `isolated`.
    """

    devices: tuple[str, ...] = ("cpu",)
    workers: int = 1
    seed: int | None = None
    only: tuple[str, ...] = ()
    regrade: bool = False
    unsafe: bool = False


@dataclass(frozen=True)
class Progress:
    """Told after each submission: how many are done of how many, and the report just written, as JSON."""

    done: int
    total: int
    report: dict[str, Any]
    kept: bool


class Grading:
    """A lesson made ready: its suite, and the reference's outputs. Use it as a context manager.

    It keeps its sandboxes (`spare`, launched as it begins, so that all warm up at a time) until the block ends.

    Raises:
        UserError: the suite breaks a rule, the reference does not import, no device is there, or the machine's guarantee
            is too low.
    """

    def __init__(self, lesson: Lesson, devices: Sequence[str], seed: int, *, unsafe: bool, workers: int = 1) -> None:
        self.lesson = lesson
        self.suite: Suite = suite.load(lesson)
        self.reference_text = lesson.reference.read_text(encoding="utf-8")
        # What a grade and its feedback rest on besides the reference itself.
        self._beside = [_text(path) for path in (lesson.misconceptions, lesson.manifest)]
        self.signatures = signatures.read(self.reference_text)
        self.seed = seed
        self.devices = tuple(devices)
        self._unsafe = unsafe
        # Never the same process: what the reference's zygote has seen, no student's worker may be forked from.
        self._for_reference = self._sandbox()
        self.spare = [self._sandbox() for _ in range(workers)]

    def __enter__(self) -> Self:
        try:
            for sandbox in (self._for_reference, *self.spare):
                sandbox.launch()
            self.guarantee = self._for_reference.start()
            require(self.guarantee, unsafe=self._unsafe)
            self.reference = self.run_reference()
            self._require_reference()
            self.diagnoser = Diagnoser(
                self.lesson,
                self.suite,
                self.devices,
                self.seed,
                self.reference_text,
                self.reference,
                self._beside_reference,
            )
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every sandbox."""
        for sandbox in (self._for_reference, *self.spare):
            sandbox.close()

    def _sandbox(self) -> Sandbox:
        return Sandbox(self.lesson.root, devices=self.devices, plots=_plots(self.suite))

    def _require_reference(self) -> None:
        error = self.reference.import_error
        if error is not None:
            raise UserError(f"{self.lesson.reference} does not import: {error.type}: {error.message}")
        devices = self.circumstances().devices
        if "run" not in devices.values():
            raise UserError(f"None of these devices is here: {', '.join(self.devices)}. Try --device cpu.")
        on_accelerator = any(state == "run" and not device.startswith("cpu") for device, state in devices.items())
        if on_accelerator and self.guarantee.level != "full" and not self._unsafe:
            raise UserError(
                "On an accelerator only a cgroup bounds the memory of a submission, and this machine gives none "
                f"({self.guarantee.missing}). `autograder doctor` says what would; or add --allow-unsafe."
            )

    def run_reference(self) -> Result:
        """Run the reference through the suite, in the reference's own sandbox."""
        return self._for_reference.run(self.job(reference_source(self.lesson, self.reference_text)))

    def run(self, source: Source) -> Result:
        """Run a module through the suite, in a sandbox that has never seen the reference."""
        self.spare[0].start()
        return self.spare[0].run(self.job(source))

    def _beside_reference(self, job: Job) -> Result:
        """Run a misconception where the reference ran; a zygote that died is replaced and the work tried once more."""
        try:
            self._for_reference.start()
            return self._for_reference.run(job)
        except SandboxError:
            self._for_reference.close()
            self._for_reference.start()
            return self._for_reference.run(job)

    def job(self, source: Source) -> Job:
        """Return the job that runs a module through the whole suite, on every device."""
        runs = tuple(
            Run(placed.file, placed.scenario.function, placed.scenario.index, device)
            for placed in self.suite.scenarios
            for device in self.devices
        )
        return Job(source, self.suite.files, runs, self.seed, self.lesson.off_limits)

    def circumstances(self) -> Circumstances:
        """Return what the grades rest on."""
        pairs = [device for _ in self.suite.scenarios for device in self.devices]
        missing = {d for d, o in zip(pairs, self.reference.outcomes, strict=True) if o.status == "no_device"}
        return Circumstances(
            seed=self.seed,
            devices={device: "not run" if device in missing else "run" for device in self.devices},
            suite=self.suite.digest,
            reference=_digest("\0".join([self.reference_text, *self._beside])),
            guarantee=self.guarantee.level,
            versions={
                "autograder": version("autograder"),
                "python": self.guarantee.python,
                "torch": self.guarantee.torch,
            },
        )

    def verdicts(self, result: Result) -> list[Verdict]:
        """Return the verdicts on a result of this grading's job."""
        return verdicts(self.lesson, self.suite.scenarios, self.devices, result, self.reference, self.suite.checks)

    def scores(self, result: Result) -> tuple[ExerciseScore, ...]:
        """Return the points of a result of this grading's job, with a diagnosis of each failure."""
        return self.diagnoser.scores(result)

    def grade(self, handed_in: Submission, sandbox: Sandbox) -> Report:
        """Grade one submission.

        Raises:
            SandboxError: the sandbox failed; the submission is not to blame.
        """
        blank = Report(
            lesson=self.lesson,
            submission=handed_in.name,
            status=handed_in.status,
            reason=handed_in.reason,
            place=handed_in.place,
            module=_digest(handed_in.text),
            exercises=(),
            log="",
            private="",
            cpu=0.0,
            circumstances=self.circumstances(),
        )
        if handed_in.status != "found":
            return blank
        result = sandbox.run(self.job(Source("exercises", "exercises.py", handed_in.text)))
        blank = replace(blank, log=result.log, cpu=result.cpu)
        error = result.import_error
        if error is not None:
            place = f" at line {error.line}" if error.line else ""
            reason = f"{error.builtin}{place}" if error.builtin == error.type else f"a {error.builtin}{place}"
            if error.builtin in ("died", "cpu_time", "wall_time", "flooded"):
                reason = {"died": "It ended the program while it was imported."}.get(
                    error.builtin, "It ran too long, or put out too much, while it was imported."
                )
            return replace(blank, status="failed_to_import", reason=reason, private=f"{error.type}: {error.message}")
        scores = self.scores(result)
        broken = [verdict for scored in scores for verdict in scored.verdicts if verdict.verdict == GRADER_ERROR]
        return replace(
            blank,
            status="grader_error" if broken else "graded",
            reason="the grader failed on a scenario" if broken else "",
            private=broken[0].private if broken else "",
            exercises=scores,
        )


def require(guarantee: Guarantee, *, unsafe: bool) -> None:
    """Refuse to grade below the level that official grading needs.

    Raises:
        UserError: the level is too low, and nobody said that this is fine.
    """
    if not unsafe and ORDER.index(guarantee.level) < ORDER.index(OFFICIAL):
        raise UserError(
            f"This machine gives only the guarantee level {guarantee.level!r} ({guarantee.missing}); official grading needs "
            f"{OFFICIAL!r}. `autograder doctor` says what is missing. To grade code that you trust, add --allow-unsafe."
        )


def reference_source(lesson: Lesson, text: str) -> Source:
    """Return the reference as what a job runs, under the name that misconceptions import."""
    return Source(f"solutions.{lesson.name}.exercises", f"solutions/{lesson.name}/exercises.py", text)


def _plots(loaded: Suite) -> bool:
    return any("matplotlib" in text or "probes.figure" in text for text in loaded.files.values())


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def settle_seed(out: Path, lesson: Lesson, wanted: int | None) -> int:
    """Return the grading folder's seed: as recorded there, or as wanted, or drawn; and record it.

    Raises:
        UserError: the folder belongs to another lesson, or has another seed than the one wanted.
    """
    path = out / "grading.json"
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
        recorded, owner = int(settings["seed"]), settings["lesson"]
    except FileNotFoundError:
        seed = secrets.randbelow(2**31) if wanted is None else wanted
        write_whole(path, json.dumps({"schema": "autograder/grading/v1", "lesson": lesson.name, "seed": seed}) + "\n")
        return seed
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} is not a grading folder's record. Choose another --out, or remove it to start afresh."
        ) from error
    if owner != lesson.name:
        raise UserError(f"{out} holds grades of {owner}. Choose another --out for {lesson.name}.")
    if wanted is not None and wanted != recorded:
        raise UserError(
            f"{out} was begun with --seed {recorded}; a folder keeps its seed. Choose another --out for seed {wanted}."
        )
    return recorded


def grade_all(
    lesson: Lesson, folder: Path, out: Path, options: Options, tell: Callable[[Progress], None]
) -> list[dict[str, Any]]:
    """Grade the submissions of a folder and write everything; return their JSON reports in the order of their names.

    Finished ones are kept unless their module, the suite, the reference, the devices or the seed changed.

    Raises:
        UserError: something that the instructor can put right.
    """
    entries = _chosen(submission.discover(folder, lesson), options.only, out)
    seed = settle_seed(out, lesson, options.seed)
    workers = min(options.workers, len(entries))
    rows: dict[str, dict[str, Any]] = {}
    with Grading(lesson, options.devices, seed, unsafe=options.unsafe, workers=workers) as grading:
        waiting = []
        for name, entry in entries.items():
            handed_in = submission.read(entry, lesson, name)
            earlier = None if options.regrade else _earlier(out, handed_in, grading)
            if earlier is None:
                waiting.append(handed_in)
            else:
                rows[handed_in.name] = earlier
                tell(Progress(len(rows), len(entries), earlier, kept=True))
        for report in _graded(grading, waiting):
            write(report, feedback(report, grading.signatures), out)
            rows[report.submission] = as_json(report)
            tell(Progress(len(rows), len(entries), rows[report.submission], kept=False))
    everyone = {**{row["submission"]: row for row in _all_reports(out)}, **rows}
    write_scores(lesson, [everyone[name] for name in sorted(everyone)], out / "scores.csv")
    return [rows[name] for name in sorted(rows)]


def _chosen(entries: list[Path], only: Sequence[str], out: Path) -> dict[str, Path]:
    """Return the submissions to grade by their names; the out folder itself is none."""
    named = submission.names([entry for entry in entries if entry.resolve() != out.resolve()])
    for name in only:
        if name not in named:
            some = ", ".join(list(named)[:10])
            raise UserError(
                f"There is no submission {name!r} there. There are: {some}{'…' if len(named) > 10 else ''}."
            )
    return {name: entry for name, entry in named.items() if not only or name in only}


def _graded(grading: Grading, waiting: Sequence[Submission]) -> Iterator[Report]:
    """Yield the submissions' reports as they are ready; one zygote a worker."""
    free: queue.SimpleQueue[Sandbox] = queue.SimpleQueue()
    for sandbox in grading.spare:
        free.put(sandbox)
    again: list[Submission] = []
    with ThreadPoolExecutor(len(grading.spare)) as pool:
        futures = {pool.submit(_one, grading, handed_in, free): handed_in for handed_in in waiting}
        try:
            for future in as_completed(futures):
                report = future.result()
                if _waited(report):
                    again.append(futures[future])
                else:
                    yield report
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    # What ran out of time by the clock is tried once more, alone: the machine may just have been busy.
    for handed_in in again:
        yield _one(grading, handed_in, free)


def _waited(report: Report) -> bool:
    return any(verdict.reason == "wall_time" for scored in report.exercises for verdict in scored.verdicts) or (
        report.status == "failed_to_import" and report.private.startswith("wall_time")
    )


def _one(grading: Grading, handed_in: Submission, free: queue.SimpleQueue[Sandbox]) -> Report:
    """Grade one submission in whichever sandbox is free; a zygote that died is replaced, and its work tried once more."""
    sandbox = free.get()
    try:
        for attempt in (1, 2):
            try:
                sandbox.start()
                return grading.grade(handed_in, sandbox)
            except SandboxError as error:
                sandbox.close()
                if attempt == 2:
                    return _failed(grading, handed_in, str(error))
            except Exception as error:  # noqa: BLE001  a fault of ours on one submission must not cost the others
                return _failed(grading, handed_in, "".join(traceback.format_exception(error)))
    finally:
        free.put(sandbox)
    raise AssertionError("two attempts either return or fail")


def _failed(grading: Grading, handed_in: Submission, why: str) -> Report:
    return Report(
        lesson=grading.lesson,
        submission=handed_in.name,
        status="grader_error",
        reason="the grader failed",
        place=handed_in.place,
        module=_digest(handed_in.text),
        exercises=(),
        log="",
        private=why,
        cpu=0.0,
        circumstances=grading.circumstances(),
    )


def _earlier(out: Path, handed_in: Submission, grading: Grading) -> dict[str, Any] | None:
    """Return the report of an earlier run where nothing that it rests on has changed."""
    row = _read_report(out / "reports" / f"{file_name(handed_in.name)}.json")
    if row is None or row.get("status") == "grader_error":
        return None
    around = asdict(grading.circumstances())
    same = (
        row.get("submission") == handed_in.name
        and row.get("module_sha256") == _digest(handed_in.text)
        and (
            handed_in.status == "found"
            or (row.get("status"), row.get("reason")) == (handed_in.status, handed_in.reason)
        )
        and row.get("suite_sha256") == around["suite"]
        and row.get("reference_sha256") == around["reference"]
        and row.get("seed") == around["seed"]
        and row.get("devices") == around["devices"]
    )
    return row if same else None


def _all_reports(out: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((out / "reports").glob("*.json")):
        row = _read_report(path)
        if row is not None:
            yield row


def _read_report(path: Path) -> dict[str, Any] | None:
    try:
        row: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return row if isinstance(row, dict) and row.get("schema") == "autograder/report/v1" else None


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_out(folder: Path, lesson: Lesson) -> Path:
    """Return where grades go unless said otherwise: beside the submissions."""
    return folder.resolve().parent / f"grades-{lesson.name}"
