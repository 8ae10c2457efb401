"""Submissions that attack the grader gain nothing, read nothing, and leave nothing behind."""

from __future__ import annotations

import ast
import contextlib
import ctypes
import json
import os
import platform
import re
import socket
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.sandbox.template import Template
from autograder.sandbox.errors import SandboxError
from autograder.submission.submission import SubmissionStatus
from autograder.course import lesson as lessons
from autograder.sandbox import sandbox
from autograder.submission import submission
from autograder.grading.lesson_grader import OFFICIAL, ORDER, Grading
from autograder.util.errors import UserError
from tests.autograder.sandboxes import feedback
from autograder.report.report import as_json, write, write_scores
from autograder.grading.results import Report
from autograder.sandbox.jobs import Deadlines
from autograder.submission.submission import Submission

HERE = Path(__file__).parent
COURSE = HERE / "course"
LESSON = "lesson_9_1"
MODULES = sorted((HERE / "modules").glob("*.py"))
# What no submission may print, return or name: the texts of the solution, of the misconceptions and of the checks, and the
# grader's own environment and files.
ANSWERS = (
    "ANSWER-7f3kq9zWcXsolutions",
    "ANSWER-Qm2vT8hLpEmisconceptions",
    "ANSWER-r9Yd4BnUcJchecks",
    "ANSWER-b6Ks0XfGvHenvironment",
    "ANSWER-w8Tj3PqCyNdescriptor",
)
# A scenario's text lies beside the student's code, but must not be carried into the feedback.
SCENARIO = "SCENARIO-5hWx1GzRoA"
# What modules spell by shapes, lengths, lines and names: no page may have it.
SPELLED = ("83, 67", "81550", "2954767", "to_devic")
FULL = "double=30 mean_of=40 count=30"
CLASSES = (
    "leave",  # leaving early
    "judge",  # patched judges
    "object",  # objects that equal everything
    "hunt",  # hunting answers
    "forge",  # forged frames, reports and result files
    "survive",  # survivors
    "flood",  # floods and bombs
    "parser",  # the same, for the parser
    "loop",  # loops
    "file",  # odd files
    "name",  # odd names
    "odd",  # odd values
    "network",
    "tamper",
    "global",  # global state
    "mutate",  # mutated inputs
    "limits",  # off-limits functions
)

# The names under which modules write to /tmp.
IN_TMP = (
    *("hostile_note", "hostile_pickle", "hostile_0", "hostile_large", "hostile_gone", "hostile_cache"),
    *("hostile_results.json", "hostile_scores.csv", "results.json", "grading.json", "reports", ".report.json"),
    *("conftest.py", "pytest.ini", "torch.py", "json.py", "sitecustomize.py", "torchinductor_student", "inner"),
)

HONEST = '''
"""An honest submission."""


def double(x):
    return x + x


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    return [[item, items.count(item)] for item in dict.fromkeys(items)]
'''

# Attacks that succeed today, each with the reason; an entry that is no longer true fails its test.
KNOWN: dict[str, str] = {}
# What only the cgroup of the level `full` bounds.
BOUNDED_BY_A_CGROUP = {"flood_memory_across_a_process_tree"}


@dataclass(frozen=True)
class Case:
    """A hostile submission: how it is made in a folder of its own, and what it may get."""

    name: str
    expected: str
    make: Callable[[Path], Path]


def module_case(path: Path) -> Case:
    """Return the case that a file of `modules/` stands for; its docstring says what it may get."""
    text = path.read_text(encoding="utf-8")
    said = re.search(r"^expected: (.+)$", ast.get_docstring(ast.parse(text)) or "", re.MULTILINE)
    assert said is not None, f"{path.name} does not say what it may get"

    def make(folder: Path) -> Path:
        return put(folder, text)

    return Case(path.stem, said[1], make)


def put(folder: Path, text: str | bytes = HONEST, place: str = "exercises.py") -> Path:
    """Write a module into a submission's folder and return the folder."""
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


# ---------------------------------------------------------------------------------------------- attacks made of files


def file_link_to_the_solution(folder: Path) -> Path:
    """A link in the module's place, to have the solution graded. Success: points."""
    folder.mkdir()
    (folder / "exercises.py").symlink_to(COURSE / "solutions" / LESSON / "exercises.py")
    return folder


def file_linked_folder(folder: Path) -> Path:
    """A link for the lesson's folder, to the folder of the solutions. Success: points."""
    (folder / "assignments").mkdir(parents=True)
    (folder / "assignments" / LESSON).symlink_to(COURSE / "solutions" / LESSON)
    return folder


def file_linked_submission(folder: Path) -> Path:
    """A link for the whole submission. Success: points."""
    folder.symlink_to(COURSE / "solutions" / LESSON)
    return folder


def file_fifo(folder: Path) -> Path:
    """A pipe in the module's place, for which no writer comes. Success: the grader waits."""
    folder.mkdir()
    os.mkfifo(folder / "exercises.py")
    return folder


def file_socket(folder: Path) -> Path:
    """A socket in the module's place. Success: the grader stumbles."""
    folder.mkdir()
    inside = os.getcwd()
    os.chdir(folder)  # a socket's path is short
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("exercises.py")
    finally:
        os.chdir(inside)
    return folder


def file_folder(folder: Path) -> Path:
    """A folder in the module's place. Success: the grader stumbles, or gives more than the one module in it earns."""
    return put(folder, place="exercises.py/__init__.py")


def file_huge(folder: Path) -> Path:
    """A module of two gigabytes that take no room. Success: the grader's memory fills."""
    put(folder)
    with (folder / "exercises.py").open("r+b") as file:
        file.truncate(2 << 30)
    return folder


def file_null_bytes(folder: Path) -> Path:
    """Null bytes, after which another program might read something else. Success: points."""
    return put(folder, HONEST.encode() + b"\0# the end")


def file_byte_order_mark(folder: Path) -> Path:
    """What some editors put first; this one is no attack, and loses nothing."""
    return put(folder, b"\xef\xbb\xbf" + HONEST.encode())


def file_utf_16(folder: Path) -> Path:
    """Another coding, which a syntax checker may not see through. Success: points."""
    return put(folder, HONEST.encode("utf-16"))


def file_coding_cookie(folder: Path) -> Path:
    """A comment that asks for another coding, in which a comment is code. Success: it is read in it."""
    return put(folder, "# coding: utf-7\n# +AAo-raise SystemExit\n" + HONEST)


def file_look_alike(folder: Path) -> Path:
    """Names that look like the module's: a Cyrillic letter, a capital, a blank, a hidden direction mark. Success: more than one of these,
    which are all the same, earns."""
    for name in ("ex\N{CYRILLIC SMALL LETTER IE}rcises.py", "Exercises.py", "exercises.py ", "exercises\u202e.py"):
        put(folder, place=name)
    return folder


def file_two_answers(folder: Path) -> Path:
    """A module and a notebook that say the same. Success: more than one of them earns."""
    put(folder, HONEST)
    return put(folder, json.dumps({"cells": [{"cell_type": "code", "source": [HONEST]}]}), f"{LESSON}.ipynb")


def file_notebook_that_is_deep(folder: Path) -> Path:
    """A notebook of lists nested a million times. Success: the grader's stack overflows."""
    return put(folder, "[" * 1_000_000, f"{LESSON}.ipynb")


def file_notebook_of_odd_parts(folder: Path) -> Path:
    """A notebook whose cells are no cells. Success: the grader stumbles."""
    return put(folder, json.dumps({"cells": [1, None, {"cell_type": "code", "source": {"x": 1}}]}), f"{LESSON}.ipynb")


def file_test_configuration(folder: Path) -> Path:
    """Files that a test runner would take up from the module's folder. Success: any effect; the module is honest."""
    hook = "import os\nos._exit(0)\n"
    for name in ("conftest.py", "sitecustomize.py", "usercustomize.py", "__init__.py", "test_double.py", "checks.py"):
        put(folder, hook, name)
    put(folder, "[pytest]\naddopts = --collect-only\n", "pytest.ini")
    put(folder, 'title = "x"\n', "lesson.toml")
    put(folder, "import os; os._exit(0)\n", "hostile.pth")
    return put(folder)


def file_shadowing_modules(folder: Path) -> Path:
    """Modules named like those that the grader imports. Success: one is imported; the module is honest."""
    for name in ("torch", "json", "numpy", "pytest", "safetensors", "autograder", "solutions", "exercises"):
        put(folder, "import os\nos._exit(0)\n", f"{name}/__init__.py")
    return put(folder, "import json\nimport torch\n" + HONEST)


def file_compiled(folder: Path) -> Path:
    """Bytecode beside the module, which Python would rather load. Success: it is loaded; the module is honest."""
    put(folder, b"\0" * 64, "__pycache__/exercises.cpython-311.pyc")
    put(folder, b"\0" * 64, "exercises.pyc")
    return put(folder)


# -------------------------------------------------------------------------------------- attacks by a submission's name


def named(name: str | bytes) -> Callable[[Path], Path]:
    """Return what makes an honest submission of this name."""

    def make(folder: Path) -> Path:
        return put(folder / os.fsdecode(name))

    return make


# ------------------------------------------------------------------------------------------------ attacks on the parser


def text_of(text: str) -> Callable[[Path], Path]:
    """Return what makes a submission of this text."""

    def make(folder: Path) -> Path:
        return put(folder, text)

    return make


REFUSED, NOT_FOUND, NOT_IMPORTED = "refused", "not_found", "failed_to_import"

MADE = [
    Case(make.__name__, expected, make)
    for make, expected in (
        (file_link_to_the_solution, REFUSED),
        (file_linked_folder, REFUSED),
        (file_linked_submission, REFUSED),
        (file_fifo, REFUSED),
        (file_socket, REFUSED),
        (file_folder, FULL),
        (file_huge, REFUSED),
        (file_null_bytes, REFUSED),
        (file_byte_order_mark, FULL),
        (file_utf_16, REFUSED),
        (file_coding_cookie, REFUSED),
        (file_look_alike, FULL),
        (file_two_answers, FULL),
        (file_notebook_that_is_deep, REFUSED),
        (file_notebook_of_odd_parts, REFUSED),
        (file_test_configuration, FULL),
        (file_shadowing_modules, FULL),
        (file_compiled, FULL),
    )
]
NAMED = [
    Case("name_formula", FULL, named("=HYPERLINK('http:evil','100')")),
    Case("name_formula_after_a_sign", FULL, named("@SUM(1+1)*cmd|' C'!A0")),
    Case("name_markup", FULL, named("<script>alert(1)<script> ``` [x](javascript:1)")),
    Case("name_terminal_escape", FULL, named("a\x1b[2J\x1b]0;owned\x07\x7f\x9b31m\u202eb")),
    Case("name_of_lines", FULL, named("alice\nbob,100,100,graded\r\ncarol")),
    Case("name_not_utf_8", FULL, named(b"caf\xe9\xff")),
    Case("name_very_long", FULL, named("n" * 250)),
    Case("name_percent_encoded", FULL, named("..%2F..%2Fscores")),
]
PARSED = [
    Case("parser_parentheses", NOT_IMPORTED, text_of("(" * 100_000 + ")" * 100_000)),
    Case("parser_unary_operators", NOT_IMPORTED, text_of("x = " + "-" * 300_000 + "1\n" + HONEST)),
    Case("parser_attributes", NOT_IMPORTED, text_of("x" + ".a" * 300_000 + "\n" + HONEST)),
    Case("parser_lambdas", NOT_IMPORTED, text_of("x = " + "lambda: " * 100_000 + "1\n" + HONEST)),
    Case("parser_indentation", NOT_IMPORTED, text_of("".join(" " * i + "if 1:\n" for i in range(1_200)) + HONEST)),
    Case("parser_constants", NOT_IMPORTED, text_of("x = ((10**9)**(10**9))**(10**9)\n" + HONEST)),
]
CASES = [*map(module_case, MODULES), *MADE, *NAMED, *PARSED]


@pytest.fixture(scope="module")
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give this process a temporary folder that nobody else writes to."""
    folder = tmp_path_factory.mktemp("own")
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    yield folder
    tempfile.tempdir = before


def join_new_session_keyring() -> None:
    """Give this process a session keyring, as a login does: its children inherit it."""
    number = {"x86_64": 250, "aarch64": 219}.get(platform.machine())
    if number is not None:
        join = 1
        ctypes.CDLL(None).syscall(number, join, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def grading(own_folder: Path, template: Template) -> Iterator[Grading]:
    """Yield the sample lesson made ready, with one zygote for all submissions and short deadlines."""
    join_new_session_keyring()
    os.environ["HOSTILE_TOKEN"] = "ANSWER-b6Ks0XfGvHenvironment"
    with contextlib.ExitStack() as stack:
        stack.callback(os.environ.pop, "HOSTILE_TOKEN")
        open_file = stack.enter_context(tempfile.TemporaryFile())
        open_file.write(b"ANSWER-w8Tj3PqCyNdescriptor")
        open_file.flush()
        os.set_inheritable(open_file.fileno(), True)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(sandbox, "MEMORY_IN_ALL", 3 << 29)  # so that what takes all memory has it all soon
        grading = stack.enter_context(
            Grading(lessons.load(COURSE, LESSON), ["cpu"], 20, unsafe=True, template=template)
        )
        level = grading.guarantee
        if ORDER.index(level.level) < ORDER.index(OFFICIAL):
            pytest.skip(f"this machine gives no sandbox of the level {OFFICIAL}: {level.missing}")
        grading.spare[0].deadlines = Deadlines(scenario_cpu=1, scenario_wall=4, submission_cpu=8)
        grading.spare[0].start()
        yield grading


def below(root: int) -> set[tuple[int, str]]:
    """Return the processes below one, each by its number and the moment of its start."""
    parents: dict[int, tuple[int, str]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = (int(fields[1]), fields[19])
    found = {root}
    while True:
        more = {pid for pid, (parent, _) in parents.items() if parent in found} - found
        if not more:
            return {(pid, parents[pid][1]) for pid in found - {root}}
        found |= more


def left_on_disk(own_folder: Path) -> set[str]:
    """Return what lies where a hostile submission could have left something."""
    marked = re.compile(r"hostile_|conftest|pytest\.ini|torch\.py|json\.py|sitecustomize|results\.json")
    shared = (Path("/var/tmp"), Path("/dev/shm"), Path.cwd(), COURSE)
    names = {str(path) for folder in shared if folder.is_dir() for path in folder.iterdir() if marked.match(path.name)}
    # Others may keep a great many files there, so it is asked by name.
    names |= {name for name in IN_TMP if os.path.lexists(f"/tmp/{name}")}
    return (
        names | {str(path) for path in own_folder.iterdir()} | {str(path) for path in (COURSE / "datasets").iterdir()}
    )


def assert_points(report: Report, expected: str) -> None:
    """Check a report's status and points against a docstring's `expected` line."""
    if "=" not in expected:
        assert report.status == expected, report.reason
        assert report.score == 0
        return
    assert report.status == "graded", f"{report.reason} {report.instructor_message}"
    points = {scored.exercise.name: scored.points for scored in report.exercises}
    for part in expected.split():
        name, relation, wanted = re.split(r"(<=|=)", part)
        within = points[name] <= float(wanted) if relation == "<=" else points[name] == float(wanted)
        assert within, f"{part}, but it got {points[name]:g}: {report.log[:500]}"


def raw(text: str, allowed: str = "\n") -> set[str]:
    """Return the control and format characters of a text, and halves of characters."""
    return {repr(char) for char in text if char not in allowed and unicodedata.category(char) in ("Cc", "Cf", "Cs")}


def assert_harmless(report: Report, grading: Grading, out: Path) -> None:
    """Check that what is written of a report gives nothing away and holds nothing that acts where it is read."""
    page = feedback(report, grading.signatures)
    write(as_json(report), page, out)
    write_scores(grading.lesson, [as_json(report)], out / "scores.csv")
    (page_path,) = (out / "feedback").iterdir()
    (report_path,) = (out / "reports").iterdir()
    page, table, record = (path.read_bytes().decode("utf-8") for path in (page_path, out / "scores.csv", report_path))
    assert json.loads(record)["status"] == report.status
    for token in ANSWERS:
        for form in (token, token[::-1]):
            assert form not in page + table + record + report.log + report.instructor_message
    success = re.search(r"^SUCCEEDED.*", report.log, re.MULTILINE)
    assert success is None, success[0][:300]
    assert SCENARIO not in page + table
    assert not [word for word in SPELLED if word in page + table]
    assert not raw(page)
    assert not raw(table)
    assert not raw(record)
    lines = page.splitlines()
    outside = "\n".join(lines[: lines.index("```text")]) if "```text" in lines else page
    assert [line for line in lines if line.startswith("```")] in ([], ["```text", "```"]), "the code fence was left"
    assert "<" not in re.sub(r"(`+) ?.*? ?\1(?!`)", "", outside), "markup stands outside of a code span"
    assert "](" not in re.sub(r"(`+) ?.*? ?\1(?!`)", "", outside), "a link stands outside of a code span"
    assert not re.search(r'(^|,)"?[=+@\t\r-](?!\d)', table, re.MULTILINE), "a cell begins a formula"
    assert len(table.splitlines()) == 2


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_hostile_submission_gains_nothing(
    case: Case, grading: Grading, tmp_path: Path, own_folder: Path, request: pytest.FixtureRequest
) -> None:
    """It gets what its honest part is worth; nothing leaks; the next submission is graded as ever; nothing is left."""
    reason = KNOWN.get(case.name)
    if case.name in BOUNDED_BY_A_CGROUP and grading.guarantee.level != "full":
        reason = "the memory of a process tree is bounded at the level `full` only"
    if reason is not None:
        request.applymarker(pytest.mark.xfail(strict=True, reason=reason))
    zygote = grading.spare[0]
    zygote.start()  # in case the module before this one ended it
    processes, files = below(os.getpid()), left_on_disk(own_folder)
    handed_in = submission.read(case.make(tmp_path / "submission"), grading.lesson)
    try:
        report = grading.grade(handed_in, zygote)
        assert_points(report, case.expected)
        assert_harmless(report, grading, tmp_path / "out")
    finally:
        try:
            honest = grading.grade(
                Submission("honest", SubmissionStatus.FOUND, place="exercises.py", text=HONEST), zygote
            )
        except SandboxError:
            zygote.close()  # so that the next test has another
            raise
    assert honest.score == 100, "an honest submission lost points after it"
    assert below(os.getpid()) == processes, "a process was left, or the zygote is another"
    assert left_on_disk(own_folder) == files, "a file was left"


def test_folders_in_place_of_modules_use_up_no_descriptors(grading: Grading, tmp_path: Path) -> None:
    """A hundred submissions like that would otherwise keep the next honest one from being opened."""
    folder = file_folder(tmp_path / "submission")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        submission.read(folder, grading.lesson)
    assert len(os.listdir("/proc/self/fd")) == before


def test_two_entries_of_one_name_are_told_apart_or_refused(grading: Grading, tmp_path: Path) -> None:
    """`alice/` and `alice.py` would otherwise be written to one report, and one of the two be lost."""
    put(tmp_path / "class" / "alice")
    put(tmp_path / "class", place="alice.py")
    try:
        entries = submission.discover(tmp_path / "class", grading.lesson)
    except UserError:
        return
    named = submission.names(entries)
    assert sorted(named.values()) == sorted(entries)
    assert [submission.read(entry, grading.lesson, name).name for name, entry in named.items()] == list(named)


def test_every_class_of_attack_has_modules() -> None:
    """At least 60 modules, and at least two attacks of each class."""
    counted = Counter(case.name.partition("_")[0] for case in CASES)
    print(f"{len(MODULES)} hostile modules, {len(CASES)} attacks:", dict(counted))
    assert len(MODULES) >= 60
    assert set(counted) == set(CLASSES)
    assert min(counted.values()) >= 2


def test_known_gaps_name_attacks() -> None:
    """An entry of `KNOWN` that no attack has any more is removed."""
    assert set(KNOWN) | BOUNDED_BY_A_CGROUP <= {case.name for case in CASES}
