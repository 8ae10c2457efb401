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

from autograder.course import lesson as lessons
from autograder.course.lesson import Lesson
from autograder.gradebook import export, formats, late_policy, roster, tables
from autograder.gradebook.formats import Request, Scores
from autograder.gradebook.formats.classroom50 import IDENTITY, whole
from autograder.report import overrides
from autograder.report.results_folder import ResultsFolder
from autograder.util.errors import UserError
from tests.autograder.helpers import COURSE, Command

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
    return export.gather(small_lesson, out, roster.read(out.parent / "roster.csv"), None)


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
        formats.load("canvas").write(replace(gathered, roster=roster.Roster()), Request(tmp_path))


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
    formats.load("moodle").write(scores, Request(folder, worksheet=path))
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


FLAT = "_assignsubmission_file_"
ENDS = ["", "exercises", "exercises (1)", "exercises-2", "my solution", "lösung [v2], final", "exercises.py.py", "x\ny"]


@pytest.mark.parametrize("end", ENDS)
def test_a_flat_download_is_known_by_its_number_whatever_the_student_called_the_file(
    gathered: Scores, tmp_path: Path, end: str
) -> None:
    row = replace(gathered.rows[0], submission=f"Löwe, Zoë_8{FLAT}{end}", students=())
    found = moodle(replace(gathered, rows=(row,), roster=roster.Roster()), tmp_path, WORKSHEET)
    assert [one["Grade"] for one in found] == ["", "55.00", "100.00", "70.00"]


def test_a_file_that_is_named_like_anothers_download_gets_its_own_student_the_points(
    gathered: Scores, tmp_path: Path
) -> None:
    rows = tuple(replace(row, students=()) for row in gathered.rows if row.status == "graded")
    forged = replace(rows[0], submission=f"Löwe, Zoë_8{FLAT}x_101{FLAT}y")
    scores = replace(gathered, rows=(forged,), roster=roster.Roster())
    assert [one["Grade"] for one in moodle(scores, tmp_path, WORKSHEET)] == ["", "55.00", "100.00", "70.00"]
    nobody = replace(scores, rows=(replace(forged, submission=f"Who_8{FLAT}x_101{FLAT}y"),))
    assert [one["Grade"] for one in moodle(nobody, tmp_path, WORKSHEET)] == ["", "55.00", "", "70.00"]


@pytest.mark.parametrize(
    "text", ["Löwe, Zoë_8_assignsubmission_onlinetext_", "Löwe, Zoë_8_assignsubmission_afterwards"]
)
def test_a_students_file_and_online_text_are_one_student(gathered: Scores, tmp_path: Path, text: str) -> None:
    by_name = {row.submission: replace(row, students=()) for row in gathered.rows}
    file = replace(by_name["all_correct"], submission=f"Löwe, Zoë_8{FLAT}")
    beside = replace(by_name["nothing"], submission=text)
    scores = replace(gathered, rows=(beside, file), roster=roster.Roster())
    assert [one["Grade"] for one in moodle(scores, tmp_path, WORKSHEET)] == ["", "55.00", "100.00", "70.00"]
    path = tmp_path / "worksheet.csv"
    notes = formats.load("moodle").write(scores, Request(tmp_path, worksheet=path)).notes
    assert notes == (f"{file.submission} is what counts of Participant 8.",)
    neither = replace(scores, rows=(beside, replace(beside, submission=file.submission)))
    assert [one["Grade"] for one in moodle(neither, tmp_path, WORKSHEET)] == ["", "55.00", "0.00", "70.00"]


def as_excel_saves_it(between: str, *, comma: bool = True) -> str:
    """The worksheet with another separator, decimal commas, quoted dates and the line ends of Windows."""
    rows = list(csv.reader(io.StringIO(WORKSHEET, newline="")))
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=between, lineterminator="\r\n").writerows(
        [cell.replace(".00", ",00") if comma else cell for cell in row] for row in rows
    )
    return file.getvalue()


EXCEL = {
    "semicolons, cp1252": (as_excel_saves_it(";"), "cp1252", "cp1252"),
    "semicolons, UTF-8": (as_excel_saves_it(";"), "utf-8-sig", "choose semicolon"),
    "commas, cp1252": (as_excel_saves_it(","), "cp1252", "upload it as that"),
    "tabs, UTF-16": (as_excel_saves_it("\t"), "utf-16", "choose tab"),
    "its own first line": (f"sep=;\r\n{as_excel_saves_it(';')}", "cp1252", "choose semicolon"),
    "empty cells left off": (as_excel_saves_it(";").replace(";-;\r\n", ";-\r\n"), "cp1252", "choose semicolon"),
    "empty rows at its end": (as_excel_saves_it(";") + ";;;;;;;;;\r\n", "cp1252", "choose semicolon"),
}


@pytest.mark.parametrize("name", EXCEL)
def test_a_worksheet_that_excel_saved_is_filled_and_can_be_uploaded(
    gathered: Scores, tmp_path: Path, name: str
) -> None:
    text, encoding, told = EXCEL[name]
    path = tmp_path / "worksheet.csv"
    path.write_bytes(text.encode(encoding))
    written = formats.load("moodle").write(gathered, Request(tmp_path, worksheet=path))
    assert told in " ".join(written.notes)
    made = (tmp_path / "moodle.csv").read_bytes().decode("utf-8-sig")
    between = tables.delimiter(made.partition("\r\n")[0])
    rows = list(csv.DictReader(io.StringIO(made, newline=""), delimiter=between, strict=True))
    assert made.count("\r\n") >= 5
    assert [row["Grade"] for row in rows] == ["100.00", "55,00", "6.00", "70,00"]
    assert rows[2]["Full name"] == "Löwe, Zoë"
    assert rows[0]["Last modified (submission)"] == "Friday, 2 October 2026, 12:00 PM"


GERMAN = "Teilnehmernummer;Vollständiger Name;E-Mail-Adresse;Status;Bewertung;Bestwertung\nTeilnehmer/in1001;Ada;a@x.y;;;100,00\n"


def test_a_worksheet_in_another_language_is_said_to_be_one(gathered: Scores, tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"begins with `Teilnehmernummer`\. Moodle names .* Set your language there to English"
    ):
        moodle(gathered, tmp_path, GERMAN)


def test_a_workbook_is_no_worksheet(gathered: Scores, tmp_path: Path) -> None:
    path = tmp_path / "worksheet.csv"
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(UserError, match="is a workbook, not a table in text"):
        formats.load("moodle").write(gathered, Request(tmp_path, worksheet=path))


PAIRS = """\
submission,name,id,login,email,github,due
all_correct,Ada,101,ada,ada@example.org,ada-x,
all_correct,Zoe,102,zoe,zoe@example.org,zoe-x,2026-10-03 23:59 Europe/Berlin
squares,Sum,103,sum,sum@example.org,sum-x,none
prints_much,Else,104,else,else@example.org,,2026-09-01T12:00+02:00
,Cid,105,,,,
"""


def together(folder: Path, lesson: Lesson, out: Path, due: str = "", submitted: str = "") -> Scores:
    """The grades with the roster of pairs, and a due date where one is given."""
    header, *rows = PAIRS.splitlines()
    lines = [f"{header},submitted", *(f"{row},{submitted}" for row in rows)]
    (folder / "roster.csv").write_text("\n".join(lines), encoding="utf-8")
    policy = (
        late_policy.Policy(late_policy.parse_due(due).when, late_policy.parse_rule("10% a day"), "roster")
        if due
        else None
    )
    return export.gather(lesson, out, roster.read(folder / "roster.csv"), policy)


@pytest.fixture
def pairs(graded: tuple[Path, str], small_lesson: Lesson, tmp_path: Path) -> Scores:
    """The grades, `all_correct` by two students."""
    return together(tmp_path, small_lesson, graded[0])


def test_each_of_a_pair_gets_the_grade_in_canvas(pairs: Scores, tmp_path: Path) -> None:
    formats.load("canvas").write(pairs, Request(tmp_path))
    assert [(row[0], row[5]) for row in table(tmp_path / "canvas.csv")[2:]] == [
        ("Ada", "100.00"),
        ("Zoe", "100.00"),
        ("Sum", "6.00"),
        ("Else", "50.00"),
        ("Cid", ""),
    ]


def test_each_of_a_pair_gets_the_grade_in_moodle(pairs: Scores, tmp_path: Path) -> None:
    assert [row["Grade"] for row in moodle(pairs, tmp_path, WORKSHEET)] == ["100.00", "50.00", "100.00", "70.00"]
    row = next(row for row in pairs.rows if row.submission == "all_correct")
    for number in ("101", "8"):
        download = replace(pairs, rows=(replace(row, submission=f"Group one_{number}{FLAT}"),))
        assert [one["Grade"] for one in moodle(download, tmp_path, WORKSHEET)] == ["100.00", "55.00", "100.00", "70.00"]


def test_each_of_a_pair_gets_the_grade_in_classrooms_tables(pairs: Scores, tmp_path: Path) -> None:
    written = formats.load("classroom").write(pairs, Request(tmp_path))
    rows = [row for row in table(tmp_path / "classroom.csv") if row[5] == "all_correct"]
    assert [(row[3], row[4], row[8]) for row in rows] == [("ada-x", "101", "100"), ("zoe-x", "102", "100")]
    assert "prints_much" in written.notes[0]
    assert "all_correct" not in written.notes[0]
    formats.load("classroom50").write(pairs, Request(tmp_path))
    kinds = {name: read_json(tmp_path / "classroom50" / name / "result.json") for name in ("all_correct", "squares")}
    assert [found["assignment_type"] for found in kinds.values()] == ["group", "individual"]


def test_each_of_a_pair_gets_the_grade_in_nbgraders_book(pairs: Scores, tmp_path: Path) -> None:
    from autograder.gradebook.formats import nbgrader

    path = tmp_path / "gradebook.db"
    with nbgrader.opened(path) as book:
        book.update_or_create_student("zoe@example.org")
    written = nbgrader.write(pairs, Request(tmp_path, gradebook=path))
    assert "all_correct: written for ada, zoe@example.org as well." in written.notes
    with nbgrader.opened(path) as book:
        scores = {
            name: book.find_submission("lesson_9_1", name).score
            for name in ("all_correct", "ada", "zoe@example.org", "squares")
        }
    assert scores == {"all_correct": 100, "ada": 100, "zoe@example.org": 100, "squares": 6}


DUE = "2026-10-01T23:59+02:00"


def test_an_extension_counts_over_the_due_date_and_for_a_pair_the_latest(
    graded: tuple[Path, str], small_lesson: Lesson, tmp_path: Path
) -> None:
    found = {row.submission: row for row in together(tmp_path, small_lesson, graded[0], DUE, "2026-10-03T21:00Z").rows}
    pair, free, early = (found[name] for name in ("all_correct", "squares", "prints_much"))
    assert (pair.score, pair.late, pair.due) == (100, "", late_policy.parse_due("2026-10-03 23:59 Europe/Berlin").when)
    assert (free.score, free.late, free.due) == (6, "", None)
    assert (early.score, early.penalty) == (0, 50)
    assert "after 2026-09-01 12:00+02:00" in early.late
    after = {row.submission: row for row in together(tmp_path, small_lesson, graded[0], DUE, "2026-10-03T22:00Z").rows}
    assert after["all_correct"].penalty == 10
    assert "1 minute after 2026-10-03 23:59+02:00" in after["all_correct"].feedback


def test_what_is_to_be_known_of_dates_is_said(graded: tuple[Path, str], small_lesson: Lesson, tmp_path: Path) -> None:
    out = Path(shutil.copytree(graded[0], tmp_path / "out"))
    (out / "late.json").unlink()
    text = PAIRS.replace("2026-10-03 23:59", "2026-10-25 02:30")
    (tmp_path / "roster.csv").write_text(text, encoding="utf-8")
    wishes = export.ExportOptions(roster=roster.read(tmp_path / "roster.csv"))
    submissions = graded[0].parent / "submissions"
    unused = export.export_grades(small_lesson, submissions, out, wishes).notes
    assert any("column `due` was not used" in note for note in unused)
    used = export.export_grades(
        small_lesson, submissions, out, replace(wishes, due="2026-03-29 02:30 Europe/Berlin")
    ).notes
    assert any(note.startswith("--due: 2026-03-29 02:30 does not come in Europe/Berlin") for note in used)
    assert any(note.startswith("Line 3 of the roster, column `due`: 2026-10-25 02:30 comes twice") for note in used)
    assert not any("was not used" in note for note in used)
    rows = {row[0]: row[2] for row in table(out / "late.csv")}
    assert (rows["squares"], rows["all_correct"], rows["raises"]) == (
        "none",
        "2026-10-25 02:30+01:00",
        "2026-03-29 03:30+02:00",
    )


def test_canvass_own_export_is_a_roster_that_canvas_takes_back(
    graded: tuple[Path, str], small_lesson: Lesson, tmp_path: Path
) -> None:
    book = """\
Student,ID,SIS User ID,SIS Login ID,Section,"Lesson 9.1 (77)",Final Score
,,,,,Manual Posting,(read only)
    Points Possible,,,,,100.00,(read only)
"Correct, All",41,S41,ada,A,,
"Squared, Root",42,S42,squares,A,,
"Raised, Never",43,raises,rai,B,,
"Student, Test",99,,t99,A,,
"""
    (tmp_path / "roster.csv").write_text(book, encoding="utf-8")
    scores = export.gather(small_lesson, graded[0], roster.read(tmp_path / "roster.csv"), None)
    formats.load("canvas").write(scores, Request(tmp_path))
    assert [(row[0], row[1], row[5]) for row in table(tmp_path / "canvas.csv")[2:]] == [
        ("Correct, All", "41", "100.00"),
        ("Squared, Root", "42", "6.00"),
        ("Raised, Never", "43", "0.00"),
    ]


def test_a_students_second_folder_with_nothing_in_it_stands_aside(
    graded: tuple[Path, str], small_lesson: Lesson, tmp_path: Path
) -> None:
    def gathered_as(names: str) -> Scores:
        (tmp_path / "roster.csv").write_text(f"submission,name,id\n{names},Ada,1\n", encoding="utf-8")
        return export.gather(small_lesson, graded[0], roster.read(tmp_path / "roster.csv"), None)

    scores = gathered_as("nothing|all_correct|untouched_stub")
    assert scores.notes == ("all_correct is what counts of Ada; there is nothing to grade in nothing, untouched_stub.",)
    beside = {row.submission: row.beside for row in scores.rows if row.beside}
    assert beside == {"nothing": "all_correct", "untouched_stub": "all_correct"}
    formats.load("canvas").write(scores, Request(tmp_path))
    assert table(tmp_path / "canvas.csv")[2][5] == "100.00"
    with pytest.raises(UserError, match=r"'all_correct' and 'squares' both belong to Ada \(line 2 of the roster\)"):
        gathered_as("squares|all_correct")


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
    written = formats.load(name).write(replace(gathered, rows=(failed,)), Request(tmp_path))
    assert written.paths == ()
    assert "The grader failed on all_correct" in written.notes[0]


def test_a_grader_failure_is_a_blank_in_every_table(gathered: Scores, tmp_path: Path) -> None:
    failed = replace(gathered.rows[0], status="grader_error", score=None, raw=None)
    scores = replace(gathered, rows=(failed,))
    formats.load("canvas").write(scores, Request(tmp_path))
    formats.load("classroom").write(scores, Request(tmp_path))
    assert table(tmp_path / "canvas.csv")[2][5] == ""
    assert table(tmp_path / "classroom.csv")[1][8] == ""
    assert moodle(scores, tmp_path, WORKSHEET)[0]["Grade"] == ""


def test_every_format_has_its_module() -> None:
    for module in formats.MODULES.values():
        assert importlib.util.find_spec(module) is not None


def test_an_instructors_decision_counts_before_lateness(graded: tuple[Path, str], tmp_path: Path) -> None:
    course = Path(shutil.copytree(graded[0].parent, tmp_path / "course"))
    lesson, out = lessons.load(course, "lesson_9_1"), course / "out"
    reports = {path.name: path.read_bytes() for path in (out / "reports").iterdir()}
    decision = "submission,exercise,points,reason\nall_correct,double,25,Copied from the board.\n"
    (out / "overrides.csv").write_text(decision, encoding="utf-8")
    with ResultsFolder(out, lesson, None) as grades:
        grades.decide(overrides.read(out / "overrides.csv", lesson, grades.rows))
    wishes = export.ExportOptions(("gradescope",), roster.read(course / "roster.csv"))
    # The due date and the rule are the folder's own by now.
    export.export_grades(lesson, course / "submissions", out, wishes)
    found = read_json(out / "exports" / "gradescope" / "all_correct.json")
    assert (found["score"], found["extra_data"]["late_penalty"]) == (67.5, 7.5)
    assert "set by your instructor: Copied from the board." in found["tests"][0]["output"]
    export.export_grades(lesson, course / "submissions", out, replace(wishes, formats=(), due="none"))
    assert not (out / "late.csv").exists()
    assert "## Late" not in (out / "feedback" / "all_correct.md").read_text(encoding="utf-8")
    unchanged = {path.name for path in (out / "reports").iterdir() if path.read_bytes() == reports[path.name]}
    assert unchanged == reports.keys() - {"all_correct.json"}


BAD_USAGE = {
    "an unknown format": (("--export", "excel"), "invalid choice: 'excel'"),
    "a due date without a zone": (("--due", "2026-10-01T23:59"), "does not say its time zone"),
    "a rule without a date": (("--late-penalty", "10% a day"), "add --due"),
    "a rule that is none": (("--due", "2026-10-01T23:59Z", "--late-penalty", "a lot"), "is not a rule"),
    "a roster that is not there": (("--roster", "nowhere.csv"), "could not be read"),
    "a time in the roster that is none": (("--roster", "times.csv"), "Line 2 of the roster, column `submitted`"),
    "an extension that is none": (
        ("--roster", "dues.csv"),
        "Line 2 of the roster, column `due`: '2026-10-01' does not say",
    ),
    "a zone that is none": (("--due", "2026-10-01 20:00 Europa/Berlin"), "Did you mean Europe/Berlin?"),
}


@pytest.mark.parametrize("name", BAD_USAGE)
def test_bad_usage_is_said_before_anything_is_graded(
    course: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from autograder import cli

    options, words = BAD_USAGE[name]
    (course / "dues.csv").write_text("submission,due\nall_correct,2026-10-01\n", encoding="utf-8")
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
        (["--export", "nbgrader", "--gradebook", "lesson.txt"], "is not a grade book"),
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
