"""Grade books: one grading of the small course, and every format read back by what reads it."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder import exports, gradebooks, overrides, roster
from autograder import lesson as lessons
from autograder.errors import UserError
from autograder.exports import Request, Scores
from autograder.exports.classroom50 import IDENTITY, whole
from autograder.grades import Grades
from autograder.lesson import Lesson
from tests.autograder.conftest import COURSE, Command

jsonschema = pytest.importorskip("jsonschema")

ROSTER = """\
submission;name;id;sis_id;email;github;submitted;excused
all_correct;"=HYPERLINK(""x""), Ada";101;s1;ada@example.org;ada;2026-10-02T12:00+02:00;
squares;Löwe, Zoë;102;s2;zoe@example.org;zoe;2026-10-01T12:00+02:00;
prints_much;@sum;103;s3;sum@example.org;sum;;
raises;Ill Student;105;s5;ill@example.org;ill;;yes
absent;Nobody There;104;s4;nobody@example.org;nobody;;
"""
STRANGERS = ["both_worked_on", "nothing", "untouched_stub"]
WORKSHEET = """\
Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Last modified (submission),\
Last modified (grade),Feedback comments
Participant 101,"=HYPERLINK(""x""), Ada",ada@example.org,Submitted,,100.00,Yes,"Friday, 2 October 2026, 12:00 PM",-,
Participant 7,Somebody Else,else@example.org,Submitted,55.00,100.00,Yes,-,"Friday, 2 October 2026, 1:00 PM",Well done.
Participant 8,"Löwe, Zoë",ZOE@example.org,Submitted,,100.00,Yes,-,-,
Participant 9,Sum,sum@example.org,Submitted,70.00,100.00,No,-,-,Locked.
"""
OPTIONS = ["--due", "2026-10-01T23:59+02:00", "--late-penalty", "10% a day, at most 50%"]
FORMATS = ["canvas", "moodle", "classroom", "classroom50", "gradescope"]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, command: Command) -> tuple[Path, str]:
    """The samples graded and exported once: the grading folder, and what was printed."""
    course = tmp_path_factory.mktemp("exported") / "course"
    shutil.copytree(COURSE, course)
    (course / "roster.csv").write_bytes(ROSTER.encode("cp1252"))
    (course / "worksheet.csv").write_text(f"\N{ZERO WIDTH NO-BREAK SPACE}{WORKSHEET}", encoding="utf-8")
    given = ["--roster", "roster.csv", "--moodle-worksheet", "worksheet.csv", "--title", "Lesson 9.1 (77)", *OPTIONS]
    wanted = [word for name in FORMATS for word in ("--export", name)]
    done = command(
        "autograder.cli",
        "grade",
        "lesson_9_1",
        "submissions",
        "--out",
        "out",
        "--seed",
        "7",
        *given,
        *wanted,
        cwd=course,
    )
    assert done.returncode == 0, done.stderr
    return course / "out", done.stdout


@pytest.fixture(scope="module")
def gathered(graded: tuple[Path, str], small_lesson: Lesson) -> Scores:
    """The same grades as frozen values, without a due date."""
    out = graded[0]
    return gradebooks.gather(small_lesson, out, roster.read(out.parent / "roster.csv"), None)


def table(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""), strict=True))


def test_scores_keep_their_columns_and_lateness_has_its_own(graded: tuple[Path, str]) -> None:
    out = graded[0]
    assert table(out / "scores.csv")[:2] == [
        ["submission", "score", "max_score", "status", "double", "batch_sizes", "average"],
        ["all_correct", "100", "100", "graded", "50", "30", "20"],
    ]
    rows = {row[0]: row[1:] for row in table(out / "late.csv")}
    assert rows["submission"] == ["submitted", "due", "raw_score", "late_penalty", "score", "why"]
    assert rows["all_correct"][2:5] == ["100", "10", "90"]
    assert "12 hours 1 minute after" in rows["all_correct"][5]
    assert rows["squares"][2:6] == ["6", "0", "6", ""]
    assert rows["prints_much"][0] == ""
    assert "not known" in rows["prints_much"][5]


def test_the_student_reads_what_lateness_cost(graded: tuple[Path, str]) -> None:
    feedback = graded[0] / "feedback"
    text = (feedback / "all_correct.md").read_text(encoding="utf-8")
    assert "**100 of 100 points**" in text
    assert "the rule is 10% a day, at most 50%: 10 points were taken off" in text
    assert "**90 of 100 points count.**" in text
    assert "## Late" not in (feedback / "squares.md").read_text(encoding="utf-8")


def test_nobody_is_dropped_for_having_no_partner(graded: tuple[Path, str]) -> None:
    rows = table(graded[0] / "unmatched.csv")[1:]
    assert [row[1] for row in rows] == [*STRANGERS, "Nobody There"]
    assert f"Submissions of nobody in the roster: {', '.join(STRANGERS)}." in graded[1]
    assert "Students without a submission: Nobody There." in graded[1]
    assert "was read as cp1252" in graded[1]


def test_canvas_gets_everybody_with_two_decimals(graded: tuple[Path, str]) -> None:
    rows = table(graded[0] / "exports" / "canvas.csv")
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lesson 9.1 (77)"]
    assert rows[1][0].strip() == "Points Possible"
    assert rows[1][5] == "100.00"
    assert [(row[1], row[2], row[5]) for row in rows[2:]] == [
        ("101", "s1", "90.00"),
        ("102", "s2", "6.00"),
        ("103", "s3", "50.00"),
        ("105", "s5", "EX"),
        ("104", "s4", ""),
    ]


def test_no_cell_of_ours_is_a_formula(graded: tuple[Path, str]) -> None:
    for path in (
        graded[0] / "exports" / "canvas.csv",
        graded[0] / "exports" / "classroom.csv",
        graded[0] / "unmatched.csv",
    ):
        cells = [cell for row in table(path) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    names = [row[0] for row in table(graded[0] / "exports" / "canvas.csv")]
    assert '\'=HYPERLINK("x"), Ada' in names
    assert "'@sum" in names


def test_canvas_without_ids_is_refused(gathered: Scores, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--roster FILE with a column `id`"):
        exports.load("canvas").write(replace(gathered, roster=roster.Roster()), Request(tmp_path))


def test_moodles_worksheet_comes_back_filled_and_otherwise_as_it_was(graded: tuple[Path, str]) -> None:
    path = graded[0] / "exports" / "moodle.csv"
    before = list(csv.DictReader(io.StringIO(WORKSHEET, newline="")))
    text = path.read_text(encoding="utf-8")
    assert text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}")
    after = list(csv.DictReader(io.StringIO(text[1:], newline=""), strict=True))
    assert list(after[0]) == list(before[0])
    assert [row["Grade"] for row in after] == ["90.00", "55.00", "6.00", "70.00"]
    assert after[1] == before[1]
    assert after[3] == before[3]
    changed = {key for old, new in zip(before, after, strict=True) for key in old if old[key] != new[key]}
    assert changed == {"Grade", "Feedback comments", "Full name"}
    assert after[0]["Full name"] == "'" + before[0]["Full name"]
    comments = after[2]["Feedback comments"]
    assert comments.startswith("<pre># Lesson 9.1")
    assert "<" not in comments.removeprefix("<pre>").removesuffix("</pre>")
    assert "the grade cannot be changed" in graded[1]
    assert "Not in the worksheet: both_worked_on, nothing, raises, untouched_stub." in " ".join(graded[1].split())


def moodle(scores: Scores, folder: Path, text: str) -> list[dict[str, str]]:
    path = folder / "worksheet.csv"
    path.write_text(text, encoding="utf-8")
    exports.load("moodle").write(scores, Request(folder, worksheet=path))
    written = (folder / "moodle.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(written, newline=""), delimiter=";" if ";" in text.split("\n")[0] else ","))


def test_moodles_own_folders_need_no_roster(gathered: Scores, tmp_path: Path) -> None:
    row = replace(gathered.rows[0], submission="Löwe, Zoë_8_assignsubmission_file_", students=())
    found = moodle(replace(gathered, rows=(row,), roster=roster.Roster()), tmp_path, WORKSHEET)
    assert [one["Grade"] for one in found] == ["", "55.00", "100.00", "70.00"]


def test_a_universitys_id_is_not_taken_for_a_participants_number(gathered: Scores, tmp_path: Path) -> None:
    student = roster.Student(("all_correct",), id="7", name="Not Somebody Else", line=2)
    found = moodle(replace(gathered, rows=(replace(gathered.rows[0], students=(student,)),)), tmp_path, WORKSHEET)
    assert [one["Grade"] for one in found] == ["", "55.00", "", "70.00"]
    student = replace(student, id="Participant 7")
    found = moodle(replace(gathered, rows=(replace(gathered.rows[0], students=(student,)),)), tmp_path, WORKSHEET)
    assert [one["Grade"] for one in found] == ["", "100.00", "", "70.00"]


def test_a_worksheet_with_semicolons_keeps_them(gathered: Scores, tmp_path: Path) -> None:
    found = moodle(gathered, tmp_path, "Identifier;Email address;Grade;Extra\nParticipant 1;ada@example.org;;a,b\n")
    assert found == [
        {"Identifier": "Participant 1", "Email address": "ada@example.org", "Grade": "100.00", "Extra": "a,b"}
    ]


BAD_WORKSHEETS = {
    "another table": ("Name,Points\nAda,1\n", "no column `Identifier`"),
    "a row cut short": (WORKSHEET + "Participant 12,Ann\n", "longer or shorter"),
    "another maximum": (WORKSHEET.replace(",100.00,", ",10.00,"), "the maximum grade is 10.00 in Moodle"),
}


@pytest.mark.parametrize("name", BAD_WORKSHEETS)
def test_a_worksheet_that_does_not_fit_is_refused(gathered: Scores, tmp_path: Path, name: str) -> None:
    text, words = BAD_WORKSHEETS[name]
    with pytest.raises(UserError, match=words):
        moodle(gathered, tmp_path, text)
    assert not (tmp_path / "moodle.csv").exists()


def test_two_submissions_for_one_row_are_not_guessed_about(gathered: Scores, tmp_path: Path) -> None:
    worked = [row for row in gathered.rows if row.status == "graded"][:2]
    one, other = (replace(row, submission=f"{row.submission}_8_assignsubmission_file_") for row in worked)
    with pytest.raises(UserError, match="both belong to Participant 8"):
        moodle(replace(gathered, rows=(one, other)), tmp_path, WORKSHEET)


def test_classrooms_table_has_its_columns(graded: tuple[Path, str]) -> None:
    rows = list(csv.DictReader(io.StringIO((graded[0] / "exports" / "classroom.csv").read_text(encoding="utf-8"))))
    assert list(rows[0])[:2] == ["assignment_name", "assignment_url"]
    assert list(rows[0])[-3:] == ["submission_timestamp", "points_awarded", "points_available"]
    first = rows[0]
    assert (first["github_username"], first["points_awarded"], first["points_available"]) == ("ada", "90", "100")
    assert first["submission_timestamp"] == "2026-10-02 10:00:00 UTC"
    assert len(rows) == 7


VISIBILITY = {"enum": ["visible", "hidden", "after_due_date", "after_published"]}
FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
TEXT, NUMBER = {"type": "string"}, {"type": "number"}
GRADESCOPE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["tests"],
    "properties": {
        "score": NUMBER,
        "execution_time": NUMBER,
        "output": TEXT,
        "output_format": FORMAT,
        "test_output_format": FORMAT,
        "test_name_format": FORMAT,
        "visibility": VISIBILITY,
        "stdout_visibility": VISIBILITY,
        "extra_data": {"type": "object"},
        "leaderboard": {"type": "array"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "score": NUMBER,
                    "max_score": NUMBER,
                    "status": {"enum": ["passed", "failed"]},
                    "name": TEXT,
                    "name_format": FORMAT,
                    "number": TEXT,
                    "output": TEXT,
                    "output_format": FORMAT,
                    "tags": {"type": "array", "items": TEXT},
                    "visibility": VISIBILITY,
                    "extra_data": {"type": "object"},
                },
            },
        },
    },
}


def read_json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_gradescopes_results_fit_its_schema(graded: tuple[Path, str]) -> None:
    files = sorted((graded[0] / "exports" / "gradescope").iterdir())
    assert len(files) == 7
    for path in files:
        jsonschema.validate(read_json(path), GRADESCOPE)
    late, partial = (
        read_json(graded[0] / "exports" / "gradescope" / f"{name}.json") for name in ("all_correct", "squares")
    )
    assert late["score"] == 90
    assert sum(test["score"] for test in late["tests"]) == 100
    assert "10 points were taken off" in late["output"]
    assert [(test["score"], test["max_score"], test["status"]) for test in partial["tests"]] == [
        (0, 50, "failed"),
        (6, 30, "failed"),
        (0, 20, "failed"),
    ]
    assert "It squares. The lesson doubles." in partial["tests"][0]["output"]


CLASSROOM50 = {
    "type": "object",
    "required": [*IDENTITY, "schema", "assignment_type", "datetime", "score", "max-score", "tests"],
    "properties": {
        "schema": {"const": "classroom50/result/v1"},
        "assignment_type": {"enum": ["individual", "group"]},
        "datetime": {"type": "string", "pattern": r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)?$"},
        "score": {"type": "integer"},
        "max-score": {"type": "integer"},
        "tests": {
            "type": "array",
            "items": {
                "required": ["test-name", "passed", "score", "max-score"],
                "properties": {
                    "test-name": TEXT,
                    "passed": {"type": "boolean"},
                    "score": {"type": "integer"},
                    "max-score": {"type": "integer"},
                },
            },
        },
    },
}


def test_classroom50s_results_fit_its_schema_and_add_up(graded: tuple[Path, str]) -> None:
    files = sorted((graded[0] / "exports" / "classroom50").glob("*/result.json"))
    assert len(files) == 7
    for path in files:
        found = read_json(path)
        jsonschema.validate(found, CLASSROOM50)
        assert found["score"] == sum(test["score"] for test in found["tests"])
        assert found["max-score"] == sum(test["max-score"] for test in found["tests"]) == 100
        assert path.with_name("release-body.md").read_text(encoding="utf-8").startswith("# Lesson 9.1")
    late = read_json(graded[0] / "exports" / "classroom50" / "all_correct" / "result.json")
    assert late["score"] == 90
    assert [test["score"] for test in late["tests"]] == [45, 27, 18]
    assert late["datetime"] == "2026-10-02T10:00:00Z"


@pytest.mark.parametrize(
    ("parts", "rounded"),
    [
        ([3.33, 3.33, 3.34], [3, 3, 4]),
        ([0.0, 0.0], [0, 0]),
        ([0.5], [1]),
        ([6.67, 6.67, 0.0], [7, 6, 0]),
        ([10.0, 20.0], [10, 20]),
    ],
)
def test_whole_scores_add_up_to_the_rounded_sum(parts: list[float], rounded: list[int]) -> None:
    assert whole(parts) == rounded


@pytest.mark.parametrize("name", ["gradescope", "classroom50"])
def test_a_submission_that_the_grader_failed_on_is_no_zero(gathered: Scores, tmp_path: Path, name: str) -> None:
    row = gathered.rows[0]
    failed = replace(row, status="grader_error", score=None, raw=None)
    written = exports.load(name).write(replace(gathered, rows=(failed,)), Request(tmp_path))
    assert written.paths == ()
    assert "The grader failed on all_correct" in written.notes[0]


def test_a_grader_failure_is_a_blank_in_every_table(gathered: Scores, tmp_path: Path) -> None:
    failed = replace(gathered.rows[0], status="grader_error", score=None, raw=None)
    scores = replace(gathered, rows=(failed,))
    exports.load("canvas").write(scores, Request(tmp_path))
    exports.load("classroom").write(scores, Request(tmp_path))
    assert table(tmp_path / "canvas.csv")[2][5] == ""
    assert table(tmp_path / "classroom.csv")[1][8] == ""
    assert moodle(scores, tmp_path, WORKSHEET)[0]["Grade"] == ""


def test_every_format_has_its_module() -> None:
    for module in exports.MODULES.values():
        assert importlib.util.find_spec(module) is not None


def test_an_instructors_decision_counts_before_lateness(graded: tuple[Path, str], tmp_path: Path) -> None:
    course = Path(shutil.copytree(graded[0].parent, tmp_path / "course"))
    lesson, out = lessons.load(course, "lesson_9_1"), course / "out"
    reports = {path.name: path.read_bytes() for path in (out / "reports").iterdir()}
    decision = "submission,exercise,points,reason\nall_correct,double,25,Copied from the board.\n"
    (out / "overrides.csv").write_text(decision, encoding="utf-8")
    with Grades(out, lesson, None) as grades:
        grades.decide(overrides.read(out / "overrides.csv", lesson, grades.rows))
    wishes = gradebooks.Wishes(("gradescope",), roster.read(course / "roster.csv"))
    # The due date and the rule are the folder's own by now.
    gradebooks.deliver(lesson, course / "submissions", out, wishes)
    found = read_json(out / "exports" / "gradescope" / "all_correct.json")
    assert (found["score"], found["extra_data"]["late_penalty"]) == (67.5, 7.5)
    assert "set by your instructor: Copied from the board." in found["tests"][0]["output"]
    gradebooks.deliver(lesson, course / "submissions", out, replace(wishes, formats=(), due="none"))
    assert not (out / "late.csv").exists()
    assert "## Late" not in (out / "feedback" / "all_correct.md").read_text(encoding="utf-8")
    unchanged = {path.name for path in (out / "reports").iterdir() if path.read_bytes() == reports[path.name]}
    assert unchanged == reports.keys() - {"all_correct.json"}


BAD_USAGE = {
    "an unknown format": (("--export", "excel"), "invalid choice: 'excel'"),
    "a due date without a zone": (("--due", "2026-10-01T23:59"), "does not say its time zone"),
    "a rule without a date": (("--late-penalty", "10% a day"), "add --due"),
    "a rule that is none": (("--due", "2026-10-01T23:59Z", "--late-penalty", "a lot"), "is no rule"),
    "a roster that is not there": (("--roster", "nowhere.csv"), "could not be read"),
    "a time in the roster that is none": (("--roster", "times.csv"), "Line 2 of the roster, column `submitted`"),
}


@pytest.mark.parametrize("name", BAD_USAGE)
def test_bad_usage_is_said_before_anything_is_graded(
    course: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from autograder import cli

    options, words = BAD_USAGE[name]
    (course / "times.csv").write_text("submission,submitted\nall_correct,yesterday\n", encoding="utf-8")
    monkeypatch.chdir(course)
    try:
        status = cli.main(["grade", "lesson_9_1", "submissions", *options])
    except SystemExit as leaving:
        status = int(str(leaving.code))
    assert status == 2
    assert words in capsys.readouterr().err
    assert not (course / "grades-lesson_9_1").exists()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--export", "moodle"], "give --moodle-worksheet FILE"),
        (["--export", "moodle", "--moodle-worksheet", "nowhere.csv"], "nowhere.csv could not be read"),
        (["--export", "nbgrader"], "needs --gradebook FILE"),
        (["--export", "nbgrader", "--gradebook", "lesson.txt"], "is no grade book"),
    ],
)
def test_a_file_that_an_export_needs_is_asked_for_before_anything_is_graded(
    course: Path, command: Command, given: list[str], told: str
) -> None:
    (course / "lesson.txt").write_text("not a data base, whatever its name may say\n" * 10, encoding="utf-8")
    done = command("autograder.cli", "grade", "lesson_9_1", "submissions", "--out", "out", *given, cwd=course)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())
    assert not (course / "out").exists()
