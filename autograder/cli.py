"""The command line: reads arguments, calls one function, prints; turns every `UserError` into one sentence."""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from autograder.course import lesson as lessons
from autograder.gradebook import formats, late_policy
from autograder.student import commands as student
from autograder.util import arguments
from autograder.util.errors import GradingAborted, UserError

if TYPE_CHECKING:
    from autograder.gradebook import export
    from autograder.gradebook.roster import Roster
    from autograder.sandbox.template import Template


STOPPED = "\nautograder: stopped. What was graded is kept; the same command continues where this one stopped."


def main(given: Sequence[str] | None = None) -> int:
    """Run the command line; return 0 when it did its work, 1 when the grader failed somewhere, 2 on bad usage."""
    options = _parser().parse_args(given)
    try:
        options.start = _start(options.course_folder)
        return int(options.run(options))
    except UserError as error:
        print(f"autograder: {error}", file=sys.stderr)
        return 2
    except GradingAborted as error:
        print(f"autograder: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(STOPPED, file=sys.stderr)
        return 130


# The environment variable that says which course is meant, where no option does.
COURSE = "AUTOGRADER_COURSE"


def _start(given: Path | None) -> Path:
    """Return the folder in or above which the course lies.

    Raises:
        UserError: the one that was named is no folder.
    """
    named = given if given is not None else Path(os.environ.get(COURSE) or ".")
    try:
        start = named.expanduser().resolve()
        found = start.is_dir()
    except (OSError, RuntimeError, ValueError):
        found = False
    if not found:
        source = "--course" if given is not None else COURSE
        raise UserError(f"There is no folder {named}, which {source} names. Give the folder that has assignments/.")
    return start


# What `add_subparsers` returns has no public name.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograder", description="Grade the lessons of Learn the Training Loop with PyTorch."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the versions of the grader and Python")
    parser.add_argument(
        "--course",
        dest="course_folder",
        type=Path,
        metavar="DIR",
        help=f"work on the course in this folder, wherever you are (default: ${COURSE}, else the folder you are in)",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    for add in (
        _add_grade,
        _add_new,
        _add_check,
        _add_audit,
        _add_stubs,
        _add_answers,
        _add_release,
        _add_notebooks,
        _add_mistakes,
        _add_figures,
        _add_doctor,
        _add_overview,
        _add_misconceptions,
    ):
        add(commands)
    student.add(commands)
    return parser


def _add_grade(commands: Commands) -> None:
    grade = commands.add_parser(
        "grade", help="grade a folder of submissions", description="Grade a folder of submissions."
    )
    grade.add_argument("lesson", metavar="LESSON", help="such as lesson_2_5 or 2.5")
    grade.add_argument(
        "submissions", metavar="SUBMISSIONS", type=Path, help="a folder with one folder (or file) per student"
    )
    grade.add_argument(
        "--out", type=Path, metavar="DIR", help="where results go (default: grades-LESSON beside SUBMISSIONS)"
    )
    grade.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="grade this submission alone; may be repeated"
    )
    grade.add_argument(
        "--moved", action="store_true", help="the out folder belongs to these submissions, which have been moved since"
    )
    grade.add_argument("--regrade", action="store_true", help="grade again what is finished and unchanged")
    grade.add_argument(
        "--device",
        type=arguments.devices,
        default=("cpu",),
        metavar="LIST",
        help="cpu, cuda, or a list: cpu,cuda; cpu,fake_cuda shows mistakes with devices on any machine",
    )
    grade.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help="the seed of the inputs (default: drawn once, then kept in the out folder)",
    )
    grade.add_argument("--workers", type=_count, metavar="N", help="processes at a time (default: one per core)")
    grade.add_argument(
        "--dask",
        default="",
        metavar="ADDRESS",
        help="let a Dask cluster grade: its scheduler's address, such as tcp://127.0.0.1:8786",
    )
    grade.add_argument(
        "--allow-unsafe",
        action="store_true",
        help="grade below the guarantee level `isolated`: only code that you trust",
    )
    grade.add_argument(
        "--dry-run", action="store_true", help="grade, say which scores would change and why, and write nothing"
    )
    grade.add_argument("--no-overview", action="store_true", help="make no index.html, and no page for each student")
    _add_grade_books(grade)
    grade.set_defaults(run=_grade)


def _add_audit(commands: Commands) -> None:
    audit = commands.add_parser(
        "audit",
        help="measure whether a lesson is sound and its suite strong",
        description="Measure whether a lesson is sound and its hidden suite strong: the reference has full points on many seeds, "
        "the stub none, every misconception is caught and named, mutants of the reference are killed. Exit status 1 when "
        "anything falls short.",
    )
    audit.add_argument("lessons", nargs="*", metavar="LESSON", help="default: all")
    audit.add_argument("--seeds", type=_count, default=5, metavar="N", help="how many seeds to try (default: 5)")
    audit.add_argument("--workers", type=_count, metavar="N", help="processes at a time (default: one per core)")
    audit.add_argument("--json", type=Path, metavar="FILE", help="write what was measured to this file, too")
    audit.set_defaults(run=_audit)


def _add_new(commands: Commands) -> None:
    new = commands.add_parser(
        "new",
        help="make a new lesson: a skeleton to fill in",
        description="Make a new lesson: page, manifest, reference, misconceptions, visible and hidden tests of one small "
        "exercise, in which nothing is wrong. Every place to fill in is marked FILL IN; `autograder check` lists them. In an "
        "empty folder a course begins.",
    )
    new.add_argument("lesson", metavar="LESSON", help="such as lesson_4_1 or 4.1")
    new.add_argument("title", metavar="TITLE", help="in quotes")
    new.set_defaults(run=_new)


def _add_check(commands: Commands) -> None:
    check = commands.add_parser(
        "check",
        help="say all that is wrong with a lesson's files, in seconds",
        description="Say everything that is wrong with a lesson's files at once, each fault with its file and line. Nothing is "
        "run; whether the hidden suite is strong is what `autograder audit` measures. Exit status 1 when anything is wrong.",
    )
    check.add_argument("lessons", nargs="*", metavar="LESSON", help="default: all")
    check.set_defaults(run=_check)


def _add_stubs(commands: Commands) -> None:
    stubs = commands.add_parser(
        "stubs", help="make the stubs from the solutions", description="Make students' stubs from the solutions."
    )
    stubs.add_argument("lessons", nargs="*", metavar="LESSON", help="default: all")
    stubs.add_argument(
        "--check", action="store_true", help="write nothing; say which stubs are stale, and exit 1 if any is"
    )
    stubs.set_defaults(run=_stubs)


def _add_answers(commands: Commands) -> None:
    answers = commands.add_parser(
        "answers",
        help="make a lesson's answers, to read before they go out",
        description="Make a lesson's answers from reference, alternatives and misconceptions: solutions/LESSON/answers.md, to "
        "read. Students get them by `autograder release OUT --answers LESSON`, and in no other way.",
    )
    answers.add_argument("lessons", nargs="*", metavar="LESSON", help="default: all")
    answers.set_defaults(run=_answers)


def _add_release(commands: Commands) -> None:
    release = commands.add_parser(
        "release",
        help="make what students and other systems get",
        description="Make the students' repository, or bring one that was handed out up to date: work that a student has begun "
        "is never overwritten. Or make what another system grades a lesson with.",
    )
    release.add_argument(
        "out", metavar="OUT", type=Path, help="the students' repository: a folder; or the file to write"
    )
    release.add_argument(
        "lesson", nargs="*", metavar="LESSON", help="lessons to add; default: none to a release, all to a new folder"
    )
    release.add_argument("--lessons", nargs="+", default=[], metavar="LESSON", help="the same")
    release.add_argument(
        "--answers",
        nargs="+",
        default=[],
        metavar="LESSON",
        help="let the answers of these lessons go out, after the due date; they stay out",
    )
    kind = release.add_mutually_exclusive_group()
    kind.add_argument(
        "--gradescope",
        action="store_true",
        help="write the zip with which Gradescope grades LESSON; it holds the answers, so upload it to Gradescope alone",
    )
    kind.add_argument(
        "--classroom50", action="store_true", help="write the autograder.py with which Classroom 50 grades LESSON"
    )
    release.add_argument(
        "--late-penalty", default="", metavar="RULE", help="with --gradescope: what lateness costs, by its due date"
    )
    release.set_defaults(run=_release)


def _add_notebooks(commands: Commands) -> None:
    notebooks = commands.add_parser(
        "notebooks",
        help="make the notebooks from page and solutions",
        description="Make students' notebooks from page, solutions and visible tests, by nbgrader's generate_assignment.",
    )
    notebooks.add_argument("lessons", nargs="*", metavar="LESSON", help="default: all")
    notebooks.add_argument(
        "--check", action="store_true", help="write nothing; say which notebooks are stale, and exit 1 if any is"
    )
    notebooks.add_argument(
        "--course",
        type=Path,
        metavar="DIR",
        help="instead, make a course folder for nbgrader there: its settings, and the source notebooks with their solutions",
    )
    notebooks.set_defaults(run=_notebooks)


def _add_mistakes(commands: Commands) -> None:
    mistakes = commands.add_parser(
        "mistakes",
        help="let visible tests name the mistakes that are known",
        description="Run the visible tests on the misconceptions, and keep what each gives where a test fails: with that, the "
        "visible tests name a mistake at the student's seat.",
    )
    mistakes.add_argument("lessons", nargs="*", metavar="LESSON", help="default: all")
    mistakes.add_argument(
        "--check", action="store_true", help="write nothing; say which files are stale, and exit 1 if any is"
    )
    mistakes.set_defaults(run=_mistakes)


def _add_figures(commands: Commands) -> None:
    figures = commands.add_parser(
        "figures", help="make the pages' figures", description="Run the pages' demonstrations and keep their figures."
    )
    figures.add_argument("lessons", nargs="*", metavar="LESSON", help="default: all")
    figures.set_defaults(run=_figures)


def _add_doctor(commands: Commands) -> None:
    doctor = commands.add_parser(
        "doctor", help="say what this machine guarantees", description="Say what this machine guarantees."
    )
    doctor.set_defaults(run=_doctor)


def _add_overview(commands: Commands) -> None:
    overview = commands.add_parser(
        "overview",
        help="show what a class got wrong",
        description="Show what a class got wrong: a page to open in a browser, a page for each student, and summary.csv. "
        "`autograder grade` makes it for its own folder; several folders, one for each lesson, make a map of the course.",
    )
    overview.add_argument(
        "grades", nargs="+", type=Path, metavar="GRADES", help="a folder that `autograder grade` wrote"
    )
    overview.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where it goes (default: GRADES; for several, `overview` beside the first)",
    )
    overview.add_argument("--roster", type=Path, metavar="FILE", help="the roster, to see who has not handed in")
    overview.add_argument(
        "--similar",
        action="store_true",
        help="look for submissions that are alike beyond what the stub and the solution explain",
    )
    overview.set_defaults(run=_overview)


def _add_misconceptions(commands: Commands) -> None:
    known = commands.add_parser(
        "misconceptions",
        help="draft a misconception from what a class got wrong",
        description="`draft LESSON --from GRADES`, with `--mistake ID` and `--name NAME`, drafts a misconception from a "
        "mistake that several students share.",
    )
    parts = known.add_subparsers(title="commands", required=True, metavar="COMMAND")
    draft = parts.add_parser(
        "draft",
        help="draft one from a mistake that several students share",
        description="Write a draft of a misconception, with the shortest code of those who share a mistake that has no name, and "
        "say what is known of it. Nothing is run.",
    )
    draft.add_argument("lesson", metavar="LESSON", help="such as lesson_2_5 or 2.5")
    draft.add_argument(
        "--from",
        dest="grades",
        type=Path,
        required=True,
        metavar="GRADES",
        help="the grading folder",
    )
    draft.add_argument(
        "--mistake", default="", metavar="ID", help="as the overview calls it (default: the most frequent)"
    )
    draft.add_argument("--name", default="", metavar="NAME", help="what to call it, such as short_batch_dropped")
    draft.set_defaults(run=_draft)


class _Version(argparse.Action):
    """Print the versions, and leave."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        print(f"autograder {_version()}, Python {platform.python_version()}")
        parser.exit()


def _version() -> str:
    """Return the version of whatever is installed with this command: the course, or a student's repository."""
    for name in ("autograder", "learn-the-training-loop"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            return metadata.version(name)
    return "of unknown version (it is not installed)"


def _add_grade_books(grade: argparse.ArgumentParser) -> None:
    books = grade.add_argument_group("grade books", "What other systems get; written to `exports/` in the out folder.")
    books.add_argument(
        "--export",
        action="append",
        default=[],
        choices=sorted(formats.MODULES),
        metavar="FORMAT",
        help=f"{', '.join(sorted(formats.MODULES))}; may be repeated",
    )
    books.add_argument(
        "--roster",
        type=Path,
        metavar="FILE",
        help="a CSV file that says whose folder is whose, or Canvas's export of its grade book; autograder/docs/gradebooks.md "
        "has its columns",
    )
    books.add_argument(
        "--moodle-worksheet", type=Path, metavar="FILE", help="the grading worksheet from Moodle, for `--export moodle`"
    )
    books.add_argument(
        "--gradebook", type=Path, metavar="FILE", help="nbgrader's gradebook.db, for `--export nbgrader`"
    )
    books.add_argument(
        "--title", default="", metavar="TEXT", help="the assignment's name in Canvas, such as `Lesson 2.5 (1234)`"
    )
    books.add_argument(
        "--due",
        metavar="DATE",
        help="when the lesson was due, such as `2026-10-01 23:59 Europe/Berlin` or 2026-10-01T23:59+02:00; kept in the out "
        "folder until `--due none`; a roster's column `due` extends it for a student",
    )
    books.add_argument(
        "--late-penalty",
        metavar="RULE",
        help="what lateness costs, such as `10%% a day, at most 50%%, after 15 minutes`",
    )
    books.add_argument(
        "--times",
        choices=late_policy.SOURCES,
        help="where submission times come from: the roster's column `submitted` (default), nbgrader's timestamp.txt, "
        "or the commit that is checked out",
    )


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("give a whole number, 1 or more")
    return int(text)


def _lesson(options: argparse.Namespace) -> lessons.Lesson:
    return lessons.load(lessons.find_root(options.start), options.lesson)


@contextlib.contextmanager
def _importing(template: Template | None) -> Iterator[None]:
    """End at once on a Ctrl-C meanwhile: nothing is written yet, and some libraries swallow one as they are imported."""

    def interrupt(*_: object) -> None:
        if template is not None:
            template.close()
        print(STOPPED, file=sys.stderr, flush=True)
        os._exit(130)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _grade(options: argparse.Namespace) -> int:
    lesson = _lesson(options)  # before what costs seconds to import: a name that is wrong is told at once
    if not options.submissions.exists():
        raise UserError(f"There is no folder {options.submissions}. Give the folder that holds the submissions.")
    from autograder.grading import warm

    with contextlib.ExitStack() as stack:
        # It warms up while this process imports what it needs itself.
        template = None if options.dask else stack.enter_context(warm.template_for([lesson]))
        return _graded(options, lesson, template)


def _graded(options: argparse.Namespace, lesson: lessons.Lesson, template: Template | None) -> int:
    with _importing(template):
        from autograder import console
        from autograder.batch import backend
        from autograder.batch import run as batch
        from autograder.gradebook import export
        from autograder.grading.results import ReportStatus
        from autograder.sandbox import pool

    out = options.out or batch.default_out(options.submissions, lesson)
    wishes = _wishes(options)
    if options.dry_run and wishes.formats:
        raise UserError("--dry-run writes nothing, so it does not go with --export; leave one of them out.")
    wishes.check(out)
    choices = backend.Options(
        devices=options.device,
        workers=options.workers or pool.cores(),
        seed=options.seed,
        only=tuple(options.only),
        regrade=options.regrade,
        unsafe=options.allow_unsafe,
        dask=options.dask,
        moved=options.moved,
        template=template,
    )
    grade = batch.rehearse if options.dry_run else batch.grade_all
    with console.progress() as tell:
        summary = grade(lesson, options.submissions, out, choices, tell)
    console.scores(lesson, summary, out, dry_run=options.dry_run)
    if options.dry_run:
        return 1 if any(row["status"] == ReportStatus.GRADER_ERROR for row in summary.rows) else 0
    console.delivered(export.export_grades(lesson, options.submissions, out, wishes))
    if not options.no_overview and summary.rows:
        _overview_of_grades(lesson, out, wishes.roster)
    return 1 if any(row["status"] == ReportStatus.GRADER_ERROR for row in summary.rows) else 0


def _overview_of_grades(lesson: lessons.Lesson, out: Path, known: Roster | None) -> None:
    """Make the overview of what was graded; where that fails, the grades are there all the same."""
    from autograder import console
    from autograder.overview import overview

    try:
        console.overviewed(overview.make(lesson.root, [out], out, known))
    except (UserError, OSError) as error:
        print(f"autograder: no overview was made: {error}", file=sys.stderr)


def _draft(options: argparse.Namespace) -> int:
    lesson = _lesson(options)
    from autograder.overview import drafts

    made = drafts.draft(lesson, options.grades, options.mistake, options.name)
    print(made.text)
    for line in made.verdict:
        print(line)
    print(f"wrote {made.path}")
    return 0


def _overview(options: argparse.Namespace) -> int:
    root = lessons.find_root(options.start)
    from autograder import console
    from autograder.gradebook import roster
    from autograder.overview import overview

    known = roster.read(options.roster) if options.roster is not None else None
    try:
        console.overviewed(overview.make(root, options.grades, options.out, known, similar=options.similar))
    except OSError as error:
        raise UserError(f"The overview could not be written: {error.strerror}. Choose another --out.") from error
    return 0


def _wishes(options: argparse.Namespace) -> export.ExportOptions:
    from autograder.gradebook import export, roster

    return export.ExportOptions(
        formats=tuple(dict.fromkeys(options.export)),
        roster=roster.read(options.roster) if options.roster is not None else None,
        due=options.due,
        rule=options.late_penalty,
        source=options.times,
        worksheet=options.moodle_worksheet,
        gradebook=options.gradebook,
        title=options.title,
    )


def _audit(options: argparse.Namespace) -> int:
    chosen = _each(options)
    from autograder.grading import warm

    with warm.template_for(chosen) as template:
        return _audited(options, chosen, template)


def _audited(options: argparse.Namespace, chosen: list[lessons.Lesson], template: Template) -> int:
    with _importing(template):
        import json

        from autograder import console
        from autograder.audit import audit, subject
        from autograder.util.files import write_whole

    found = []
    with (
        console.working() as tell,
        subject.Bench(chosen[0].root, options.workers or 0, template=template) as bench,
    ):
        for lesson in chosen:
            found.append(audit.audit(lesson, bench, options.seeds, console.prefixed(lesson.name, tell)))
    if options.json is not None:
        write_whole(options.json, json.dumps(audit.as_json(found), indent=1, ensure_ascii=False) + "\n")
    console.audits(found)
    return 0 if all(one.sound for one in found) else 1


def _new(options: argparse.Namespace) -> int:
    from autograder.authoring import new

    root = new.root_for(options.start)
    made = new.make(root, options.lesson, options.title)
    for path in made:
        print(f"wrote {path}")
    name = made[0].parent.name
    print(
        f"Fill in what `autograder check {name}` lists; then `autograder mistakes {name}`, `autograder audit {name}`."
    )
    return 0


def _check(options: argparse.Namespace) -> int:
    root = lessons.find_root(options.start)
    chosen = list(dict.fromkeys(lessons.find_folders(root, options.lessons)))
    from autograder.authoring import check

    wrong = 0
    for name in chosen:
        found = check.check(root, name)
        wrong += len(found.faults)
        for fault in found.faults:
            print(fault.told(root, Path.cwd()))
        for place in found.to_fill_in:
            print(f"to do: {place.told(root, Path.cwd())}")
        count = f"{len(found.faults)} fault{'s' * (len(found.faults) != 1)}" if found.faults else "nothing is wrong"
        left = f", {len(found.to_fill_in)} places to fill in" if found.to_fill_in else ""
        print(f"{name}: {count}{left}", flush=True)
    return 1 if wrong else 0


def _stubs(options: argparse.Namespace) -> int:
    chosen = _each(options)
    from autograder.authoring import stubs as authoring

    stale = 0
    for lesson in chosen:
        text = authoring.stub(lesson)
        if lesson.stub.is_file() and lesson.stub.read_text(encoding="utf-8") == text:
            continue
        if options.check:
            print(f"{lesson.stub} is stale: run `autograder stubs {lesson.name}`.")
            stale += 1
        else:
            lesson.stub.write_text(text, encoding="utf-8")
            print(f"wrote {lesson.stub}")
    return 1 if stale else 0


def _answers(options: argparse.Namespace) -> int:
    chosen = _each(options)
    from autograder.authoring import answers

    for lesson in chosen:
        path = answers.path_of(lesson)
        path.write_text(answers.text(lesson), encoding="utf-8")
        print(f"wrote {path}")
    return 0


def _release(options: argparse.Namespace) -> int:
    root = lessons.find_root(options.start)
    chosen = list(dict.fromkeys(lessons.find_all(root, [*options.lesson, *options.lessons])))
    if options.late_penalty and not options.gradescope:
        raise UserError("--late-penalty goes with --gradescope; elsewhere, give it to `autograder grade`.")
    if options.answers and (options.gradescope or options.classroom50):
        raise UserError("--answers goes with the students' repository alone; leave it out here.")
    if options.gradescope or options.classroom50:
        if len(chosen) != 1:
            raise UserError(f"Give one lesson, as in: autograder release {options.out} lesson_2_5 and the same option.")
        from autograder.release import platform_bundles

        lesson = lessons.load(root, chosen[0])
        made = (
            platform_bundles.gradescope(lesson, options.out, options.late_penalty)
            if options.gradescope
            else platform_bundles.classroom50(lesson, options.out)
        )
        print(f"wrote {made}")
        return 0
    from autograder import console
    from autograder.release import student_repository as releases

    answered = lessons.find_all(root, options.answers)
    did = releases.release(root, options.out, chosen, answered)
    console.released(did, options.out)
    for told in did.repeated:
        print(f"note: {told} Those who read these answers know that line.")
    return 0


def _notebooks(options: argparse.Namespace) -> int:
    chosen = _each(options)
    from autograder.authoring import notebooks

    if options.course is not None:
        if options.check:
            raise UserError("--check is about the notebooks of assignments/; leave it out with --course.")
        for path in notebooks.write_course(chosen, options.course):
            print(f"wrote {path}")
        return 0
    stale = 0
    texts = notebooks.released(chosen)
    for lesson in chosen:
        path = lesson.assignment / f"{lesson.name}.ipynb"
        if path.is_file() and path.read_bytes() == texts[lesson.name].encode():
            continue
        if options.check:
            print(f"{path} is stale: run `autograder notebooks {lesson.name}`.")
            stale += 1
        else:
            path.write_bytes(texts[lesson.name].encode())
            print(f"wrote {path}")
    return 1 if stale else 0


def _mistakes(options: argparse.Namespace) -> int:
    chosen = _each(options)
    from autograder.authoring import known_mistakes

    stale = 0
    for lesson in chosen:
        path = lesson.assignment / known_mistakes.FILE
        if options.check:
            if not known_mistakes.is_fresh(lesson):
                print(f"{path} is stale: run `autograder mistakes {lesson.name}`.", flush=True)
                stale += 1
            continue
        found = known_mistakes.find(lesson)
        path.write_text(known_mistakes.text(found, known_mistakes.made_from(lesson)), encoding="utf-8")
        print(
            f"wrote {path}: {len(found.named)} of {len(found.caught)} that a visible test fails are named", flush=True
        )
    return 1 if stale else 0


def _figures(options: argparse.Namespace) -> int:
    chosen = _each(options)
    from autograder.authoring import stubs as authoring

    for lesson in chosen:
        for path in authoring.make_figures(lesson):
            print(f"wrote {path}")
    return 0


def _each(options: argparse.Namespace) -> list[lessons.Lesson]:
    root = lessons.find_root(options.start)
    return [
        lessons.load(root, name)
        for name in dict.fromkeys(lessons.find_all(root, options.lessons)) or lessons.names(root)
    ]


def _doctor(options: argparse.Namespace) -> int:
    root = lessons.find_root(options.start)
    from autograder.sandbox import doctor

    for line in doctor.examine(root):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
