"""Rosters in every shape that spreadsheets save, and what lateness costs, by clocks that an instructor named."""

from __future__ import annotations

import os
import re
import subprocess
import unicodedata
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autograder.gradebook import late_policy, roster
from autograder.gradebook.late_policy import LateError
from autograder.gradebook.roster import RosterError
from autograder.util.errors import UserError
from autograder.util.safe_text import told_apart

HEADER = "submission,name,id,email\n"


def read(folder: Path, text: str, encoding: str = "utf-8") -> roster.Roster:
    path = folder / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return roster.read(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_names_survive_encodings_and_delimiters(tmp_path: Path, encoding: str, between: str) -> None:
    lines = [["submission", "name", "id"], ["ada", '"Löwe, Zoë ""Z"""', "7"]]
    found = read(tmp_path, "\r\n".join(between.join(line) for line in lines) + "\r\n", encoding)
    assert [(s.submissions, s.name, s.id) for s in found.students] == [(("ada",), 'Löwe, Zoë "Z"', "7")]
    assert ("cp1252" in "".join(found.notes)) == (encoding == "cp1252")


def test_columns_of_other_systems_are_known(tmp_path: Path) -> None:
    text = "Student,SIS User ID,SIS Login ID,github_username,Email address\nAda,s1,ada1,Ada-L,a@example.org\n"
    student = read(tmp_path, text).students[0]
    assert (student.name, student.sis_id, student.login, student.github) == ("Ada", "s1", "ada1", "Ada-L")
    assert student.email == "a@example.org"


def test_a_cloned_folder_is_known_by_the_longest_name_on_github(tmp_path: Path) -> None:
    found = read(tmp_path, "github,name\nlee,One\nann-lee,Two\n")
    matched = found.match(["hw1-ann-lee", "hw1-Lee", "hw1-nobody"])
    assert {name: [one.name for one in students] for name, students in matched.items()} == {
        "hw1-ann-lee": ["Two"],
        "hw1-Lee": ["One"],
    }


def test_a_name_in_the_submission_column_goes_first(tmp_path: Path) -> None:
    found = read(tmp_path, "submission,github,name\nhw1-lee|hw1-lee-again,,One\n,lee,Two\n")
    for name in ("hw1-lee", "hw1-lee-again"):
        assert [student.name for student in found.match([name])[name]] == ["One"]


def test_a_formula_in_a_folder_name_is_matched_as_it_stands_in_scores(tmp_path: Path) -> None:
    assert list(read(tmp_path, "submission,name\n'=1+1,One\n").match(["=1+1"])) == ["=1+1"]


@pytest.mark.parametrize("twin", [" ada", "ada ", "ad\u200ba", "zoe\u0308"])
def test_of_two_names_that_look_alike_each_has_its_own_row_and_the_other_is_nobodys(tmp_path: Path, twin: str) -> None:
    plain = unicodedata.normalize("NFC", twin).strip().replace("\u200b", "")
    found = read(tmp_path, f"submission,name\n{plain},One\n")
    assert shown(found, twin, plain) == {plain: ["One"]}
    assert shown(found, plain, twin) == {plain: ["One"]}
    names = told_apart([plain, twin])
    both = read(tmp_path, f"submission,name\n{names[plain]},One\n{names[twin]},Two\n")
    assert shown(both, twin, plain) == {plain: ["One"], twin: ["Two"]}


@pytest.mark.parametrize("name", [" ada", "ada ", "zoe\u0308"])
def test_a_space_or_an_accent_in_two_characters_keeps_nobody_from_his_row(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, f"submission,name\n{unicodedata.normalize('NFC', name).strip()},One\n")
    assert shown(found, name) == {name: ["One"]}


IDS = "submission,name,id,sis_id,login,email\n"
BAD_ROSTERS = {
    "the same submission and nobody else": ("submission\nada\nbob\nada\n", "line 4: line 2 has the submission 'ada'"),
    "the same submission and name": (f'{HEADER}ada,A B,1,\nada,"B, A",,\n', "line 3: line 2 has the submission 'ada'"),
    "the same GitHub name twice": ("github\nAda\nada\n", "line 3: line 2 has the github name 'ada'"),
    "the same id twice": (f"{IDS}ada,A,1\nbob,B,1\n", "line 3: line 2 has the id '1'"),
    "the same id twice, once as a fraction": (f"{IDS}ada,A,1\nbob,B,1.0\n", "line 3: line 2 has the id '1'"),
    "the same sis_id twice": (f"{IDS}ada,A,1,S\n\nbob,B,2,s\n", "line 4: line 2 has the sis_id 's'"),
    "the same login twice": (f"{IDS}ada,A,1,,x\nbob,B,2,,x\n", "line 3: line 2 has the login 'x'"),
    "the same address twice": (f"{IDS}ada,A,1,,,a@x.y\nada,B,2,,,A@x.y\n", "line 3: line 2 has the email 'a@x.y'"),
    "an id that a spreadsheet shortened": (
        f"{IDS}ada,A,7\nbob,B,1.23457E+11\n",
        "line 3: a spreadsheet has shortened the id",
    ),
    "two that a German one shortened": (
        "submission;id\nada;1,23457E+11\nbob;1,23457E+11\n",
        "line 2: a spreadsheet has shortened the id to '1,23457E",
    ),
    "a login that was shortened": (f"{IDS}ada,A,7,,2e+10\n", "shortened the login to '2e"),
    "a folder that was shortened": ("submission,name\n1.2E+10,A\n", "shortened the submission"),
    "a comma in a name without quotes": (f"{HEADER}ada,Lovelace, Ada,1,\n", "line 2: 5 values where 4 belong"),
    "no column that says whose": ("section,grade\nA,1\n", "needs a column `submission`"),
    "a column twice": ("submission,id,identifier\nada,1,2\n", "column `id` is there twice"),
    "a row of nobody": ("submission,name,section\n,,A\n", "line 2: nothing says who this is"),
    "the line below Excel's own": ("sep=;\ngithub;name\nada;A\nada;B\n", "line 4: line 3 has the github name"),
    "no table": ('submission,name\n"ada,Ada\n', "not a table"),
    "nothing": ("", "needs a column `submission`"),
    "null bytes": ("submission\0,name\n", "holds null bytes"),
    "a web page": ("<html><table><tr><td>submission</td></tr></table></html>", "is a web page or XML"),
}


@pytest.mark.parametrize("name", BAD_ROSTERS)
def test_a_bad_roster_is_one_sentence_that_names_the_line(tmp_path: Path, name: str) -> None:
    text, words = BAD_ROSTERS[name]
    with pytest.raises(RosterError, match=re.escape(words)):
        read(tmp_path, text)


def test_a_roster_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(RosterError, match="could not be read"):
        roster.read(tmp_path / "nowhere.csv")


def test_a_pair_shares_a_folder_and_its_rows_stay_apart(tmp_path: Path) -> None:
    found = read(tmp_path, "submission,name,id\ngroup1,Ada,1\ngroup1,Eve,5\nben,Ben,\ngroup1,Sam,\n")
    assert shown(found, "group1", "ben", "cid") == {"group1": ["Ada", "Eve", "Sam"], "ben": ["Ben"]}
    same_name = read(tmp_path, "submission,name,email\ng,Ada,a@x.y\ng,Ada,b@x.y\n")
    assert shown(same_name, "g") == {"g": ["Ada", "Ada"]}


def shown(found: roster.Roster, *submissions: str) -> dict[str, list[str]]:
    """Return the names of each submission's students."""
    return {name: [one.shown for one in students] for name, students in found.match(submissions).items()}


def test_classrooms_roster_is_taken_with_students_who_have_no_account_yet(tmp_path: Path) -> None:
    found = read(tmp_path, "identifier,github_username,github_id,name\na@x.y,Ada,1,\nb@x.y,,,\nc@x.y,,,Cid\n")
    assert [student.shown for student in found.students] == ["Ada", "b@x.y", "Cid"]
    assert shown(found, "hw-ada", "hw-ben") == {"hw-ada": ["Ada"]}


CANVAS_BOOK = """\
Student,ID,SIS User ID,SIS Login ID,Root Account,Section,"Lesson 1.1; a start; with; marks (77)",Due (78),Final Score
,,,,,,Manual Posting,,(read only)
    Points Possible,,,,,,100.00,10.00,(read only)
"Example, Ada",41,S41,ada,x,A,,1,
"Example, Ben",42,S42,ben@x.y,x,A and B,,,
"Exämple-Sample, Cid",43,007,,x,B,EX,,
"Student, Test",99,,t99,x,A,,,
"""


def test_canvass_export_of_its_grade_book_is_a_roster_as_it_is(tmp_path: Path) -> None:
    found = read(tmp_path, CANVAS_BOOK, "utf-8-sig")
    assert [(s.name, s.id, s.sis_id, s.login, s.section, s.due, s.line) for s in found.students] == [
        ("Example, Ada", "41", "S41", "ada", "A", "", 4),
        ("Example, Ben", "42", "S42", "ben@x.y", "A and B", "", 5),
        ("Exämple-Sample, Cid", "43", "007", "", "B", "", 6),
    ]
    assert found.notes == ("Line 7 of the roster is Canvas's test student; it was left out.",)


FOLDERS = {
    "an id": ("41", "Example, Ada"),
    "an id of the university": ("s42", "Example, Ben"),
    "with its noughts": ("007", "Exämple-Sample, Cid"),
    "a login": ("Ada", "Example, Ada"),
    "a login that is an address": ("ben@x.y", "Example, Ben"),
    "a name as it is": ("Example, Ada", "Example, Ada"),
    "a name the other way round": ("Ben Example", "Example, Ben"),
    "a name without blanks": ("cid_exämple_sample", "Exämple-Sample, Cid"),
    "a name as macOS writes it": ("Cid Exa\N{COMBINING DIAERESIS}mple-Sample", "Exämple-Sample, Cid"),
    "Canvas's own download": ("exampleada_41_9001_exercises-2", "Example, Ada"),
    "Canvas's own download, late": ("exampleben_LATE_42_9002_my_41_1_file", "Example, Ben"),
    "Moodle's own download": ("Ada Example_1001_assignsubmission_file_x_41_1", "Example, Ada"),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_is_found_by_what_canvas_says_of_its_student(tmp_path: Path, name: str) -> None:
    folder, student = FOLDERS[name]
    found = read(tmp_path, CANVAS_BOOK)
    assert shown(found, folder) == {folder: [student]}
    assert shown(found, "99", "Points Possible", "x", "exampleada", "S") == {}


def test_a_word_that_stands_for_two_students_stands_for_neither(tmp_path: Path) -> None:
    found = read(tmp_path, 'name,id,login\nAda Example,7,eve\n"Ada, Example",eve,ada\nBen,8,ben\n')
    assert shown(found, "Ada Example", "eve", "7", "ada", "Ben") == {
        "7": ["Ada Example"],
        "ada": ["Ada, Example"],
        "Ben": ["Ben"],
    }


def test_moodles_worksheet_is_a_roster_as_it_is(tmp_path: Path) -> None:
    text = "Identifier,Full name,Email address,Status\nParticipant 7,Ada,a@x.y,\nParticipant 8,Ada,b@x.y,\n"
    found = read(tmp_path, text).match(["Ada_8_assignsubmission_file_my solution (1)", "Ada_9_assignsubmission_file_"])
    assert {name: [one.email for one in students] for name, students in found.items()} == {
        "Ada_8_assignsubmission_file_my solution (1)": ["b@x.y"]
    }


@pytest.mark.parametrize("first", ["sep=;\r\n", '"sep=;"\r\n', "SEP=;\n"])
def test_excels_line_about_its_separator_is_read(tmp_path: Path, first: str) -> None:
    found = read(tmp_path, f"{first}submission;name\r\nada;Ada, Countess\r\n")
    assert [(s.submissions, s.name, s.line) for s in found.students] == [(("ada",), "Ada, Countess", 3)]


def test_cells_that_a_spreadsheet_left_off_are_empty(tmp_path: Path) -> None:
    assert [(s.name, s.email) for s in read(tmp_path, f"{HEADER}ada,Ada\nben,Ben,2,b@x.y\n").students] == [
        ("Ada", ""),
        ("Ben", "b@x.y"),
    ]


def workbooks(folder: Path) -> dict[str, Path]:
    """Workbooks of four kinds, by what they begin with."""
    with zipfile.ZipFile(folder / "roster.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    for name in ("roster.ods", "roster.csv"):
        (folder / name).write_bytes((folder / "roster.xlsx").read_bytes())
    (folder / "roster.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500))
    (folder / "roster.numbers").mkdir()
    return {path.name: path for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["roster.xlsx", "roster.xls", "roster.ods", "roster.csv", "roster.numbers"])
def test_a_workbook_is_called_one_whatever_its_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(RosterError, match=rf"{name} is a workbook, not a table in text\. .* save the sheet as CSV"):
        roster.read(workbooks(tmp_path)[name])


@pytest.mark.parametrize("kind", ["pipe", "device", "link to a device", "folder"])
def test_a_roster_that_is_no_plain_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "roster.csv"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path = Path("/dev/zero")
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(RosterError, match="could not be read: it is not a plain file"):
        roster.read(path)


def test_a_link_to_a_roster_is_followed_for_the_instructor_named_it(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("submission\nada\n", encoding="utf-8")
    (tmp_path / "roster.csv").symlink_to("real.csv")
    assert [student.shown for student in roster.read(tmp_path / "roster.csv").students] == ["ada"]


DUE = datetime(2026, 10, 1, 23, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "points", "after", "penalty"),
    [
        ("10% a day", 80.0, timedelta(minutes=1), 8.0),
        ("10% a day", 80.0, timedelta(days=1), 8.0),
        ("10% a day", 80.0, timedelta(days=1, seconds=1), 16.0),
        ("10% a day", 80.0, timedelta(days=30), 80.0),
        ("10% a day, at most 50%", 80.0, timedelta(days=30), 40.0),
        ("2 points an hour, at most 20 points", 80.0, timedelta(hours=3), 6.0),
        ("2 points an hour, at most 20 points", 80.0, timedelta(days=3), 20.0),
        ("5 points a day", 3.0, timedelta(hours=1), 3.0),
        ("10% a day, at most 50%, after 15 minutes", 80.0, timedelta(minutes=15), 0.0),
        ("10% a day, after 15 minutes", 80.0, timedelta(minutes=16), 8.0),
        ("12.5% a day", 33.33, timedelta(minutes=1), 4.17),
    ],
)
def test_a_rule_takes_off_what_it_says(rule: str, points: float, after: timedelta, penalty: float) -> None:
    policy = late_policy.Policy(DUE, late_policy.parse_rule(rule), "roster")
    found = late_policy.judge(policy, points, DUE + after)
    assert found.penalty == penalty
    assert found.why


def test_in_time_costs_nothing_and_an_unknown_time_is_said() -> None:
    policy = late_policy.Policy(DUE, late_policy.parse_rule("10% a day"), "git")
    assert late_policy.judge(policy, 80.0, DUE) == late_policy.Lateness(DUE, 0.0, "")
    unknown = late_policy.judge(policy, 80.0, None)
    assert unknown.penalty == 0
    assert "not known (by git)" in unknown.why


@pytest.mark.parametrize("rule", ["10%", "ten percent a day", "10% a day at most 50%", "-5 points a day", "10% a week"])
def test_an_unknown_rule_is_told_what_rules_look_like(rule: str) -> None:
    with pytest.raises(LateError, match="10% a day, at most 50%"):
        late_policy.parse_rule(rule)


ZONED = {
    "2026-10-31 20:00 Europe/Berlin": "2026-10-31T19:00+00:00",
    "2026-10-24T20:00 europe/berlin": "2026-10-24T18:00+00:00",
    "2026-10-31T20:00[Europe/Berlin]": "2026-10-31T19:00+00:00",
    "2026-10-31T20:00+01:00[Europe/Berlin]": "2026-10-31T19:00+00:00",
    "2026-10-31 20:00:30 America/New York": "2026-11-01T00:00:30+00:00",
    "2026-10-31 20:00 UTC": "2026-10-31T20:00+00:00",
    "2026-10-31 20:00 +0530": "2026-10-31T14:30+00:00",
    "2026-10-31T20:00Z": "2026-10-31T20:00+00:00",
    "2026-10-25 02:30 Europe/Berlin": "2026-10-25T01:30+00:00",
    "2026-03-29 02:30 Europe/Berlin": "2026-03-29T01:30+00:00",
}


@pytest.mark.parametrize("text", ZONED)
def test_a_moment_is_read_in_its_zone_and_recorded_as_the_same(text: str, tmp_path: Path) -> None:
    policy = late_policy.settle(tmp_path, text, "10% a day", None)
    assert policy is not None
    assert policy.due.astimezone(UTC) == datetime.fromisoformat(ZONED[text])
    late_policy.record(tmp_path, policy)
    again = late_policy.settle(tmp_path, None, None, None)
    assert again is not None
    assert (again.due.astimezone(UTC), str(again.due.tzinfo)) == (policy.due.astimezone(UTC), str(policy.due.tzinfo))


def test_a_time_that_clocks_show_twice_or_never_is_kind_and_said() -> None:
    twice, never = "2026-10-25 02:30 Europe/Berlin", "2026-03-29 02:30 Europe/Berlin"
    assert (
        "comes twice in Europe/Berlin, as its clocks are set back; the later one" in late_policy.parse_due(twice).note
    )
    assert "does not come in Europe/Berlin, as its clocks are set forward" in late_policy.parse_due(never).note
    for text in (twice, never):
        assert late_policy.parse_due(text).when.astimezone(UTC) - late_policy.parse_submitted(text).when.astimezone(
            UTC
        ) == timedelta(hours=1)
    assert late_policy.parse_due("2026-10-31 20:00 Europe/Berlin").note == ""


BAD_DATES = {
    "2026-10-01T23:59": "does not say its time zone; write it as 2026-10-01T23:59+02:00 or",
    "2026-10-01": "does not say the time of day",
    "2026-10-01 Europe/Berlin": "does not say the time of day",
    "tomorrow": "is not a date and time",
    "31.10.2026 20:00 Europe/Berlin": "is not a date and time",
    "2026-13-01T00:00+00:00": "is not a date and time",
    "0001-01-01T00:00+14:00": "lies in a year in which nothing can be due",
    "2026-10-31 20:00 Berlin": "'Berlin' is not a time zone. Did you mean Europe/Berlin?",
    "2026-10-31 20:00 EDT": "'EDT' is not a time zone. Write",
    "2026-10-31 20:00 Europe": "'Europe' is not a time zone",
    "2026-10-31 20:00 localtime": "'localtime' is not a time zone. Write",
    "2026-10-31T20:00+02:00[Europe/Berlin]": "says two things: Europe/Berlin is at +01:00 then",
    "2026-10-31T20:00[../../etc/passwd]": "is not a time zone",
}


@pytest.mark.parametrize("due", BAD_DATES)
def test_a_date_that_says_too_little_is_told_what_to_write(due: str) -> None:
    with pytest.raises(LateError, match=re.escape(BAD_DATES[due])):
        late_policy.parse_due(due)


@pytest.mark.parametrize(
    ("due", "submitted", "days", "words"),
    [
        ("2026-10-24 20:00", "2026-10-25 19:59", 1, "24 hours 59 minutes"),
        ("2026-10-24 20:00", "2026-10-25 20:00", 1, "1 day"),
        ("2026-10-24 20:00", "2026-10-25 20:01", 2, "1 day 1 minute"),
        ("2026-03-28 20:00", "2026-03-29 19:59", 1, "22 hours 59 minutes"),
        ("2026-03-28 20:00", "2026-03-29 20:00", 1, "1 day"),
        ("2026-03-28 20:00", "2026-03-29 20:01", 2, "1 day 1 minute"),
        ("2026-03-28 02:30", "2026-03-29 03:30", 1, "1 day"),
        ("2026-10-24 20:00", "2026-11-24 20:00", 31, "31 days"),
        ("2026-10-24 20:00", "2026-11-24 21:01", 32, "31 days 1 hour 1 minute"),
    ],
)
def test_a_day_is_one_of_the_calendar_when_clocks_are_set(due: str, submitted: str, days: int, words: str) -> None:
    policy = late_policy.Policy(
        late_policy.parse_due(f"{due} Europe/Berlin").when, late_policy.parse_rule("1 point a day"), "roster"
    )
    there = late_policy.parse_submitted(f"{submitted} Europe/Berlin").when
    for when in (there, there.astimezone(UTC)):
        found = late_policy.judge(policy, 80.0, when)
        assert found.penalty == days
        assert found.why.startswith(f"Handed in {words} after {due}")


def test_hours_are_hours_whatever_the_clocks_show() -> None:
    due = late_policy.parse_due("2026-10-25 01:30 Europe/Berlin").when
    policy = late_policy.Policy(due, late_policy.parse_rule("1 point an hour"), "roster")
    # From half past two, the first time, to a quarter to three, the second.
    assert late_policy.judge(policy, 80.0, datetime(2026, 10, 25, 1, 45, tzinfo=UTC)).penalty == 3
    assert (
        late_policy.judge(policy, 80.0, late_policy.parse_submitted("2026-10-25 01:30 Europe/Berlin").when).penalty == 0
    )


def test_a_folder_keeps_its_due_date_until_it_is_taken_back(tmp_path: Path) -> None:
    assert late_policy.settle(tmp_path, None, None, None) is None
    with pytest.raises(LateError, match="--due"):
        late_policy.settle(tmp_path, None, "10% a day", None)
    first = late_policy.settle(tmp_path, "2026-10-01T23:59+00:00", "10% a day", None)
    late_policy.record(tmp_path, first)
    assert (
        first
        == late_policy.settle(tmp_path, None, None, None)
        == late_policy.Policy(DUE, late_policy.parse_rule("10% a day"), "roster")
    )
    later = late_policy.settle(tmp_path, None, None, "git")
    assert later == late_policy.Policy(DUE, late_policy.parse_rule("10% a day"), "git")
    late_policy.record(tmp_path, late_policy.settle(tmp_path, "none", None, None))
    assert late_policy.settle(tmp_path, None, None, None) is None


def test_a_broken_record_is_said(tmp_path: Path) -> None:
    path = tmp_path / late_policy.RECORD
    for text in (
        "[]",
        "[" * 20_000,
        '{"due": "' + "x" * late_policy.MAX_RECORD_LENGTH + '", "rule": "", "source": ""}',
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(LateError, match="not a record of a due date"):
            late_policy.settle(tmp_path, None, None, None)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(LateError, match="not a record of a due date"):
        late_policy.settle(tmp_path, None, None, None)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-10-02 01:59:00.123456 UTC\n", DUE + timedelta(hours=2)),
        ("2026-10-02 01:59:00 Europe/Berlin", DUE),
        ("2026-10-02 01:59:00 +0200", DUE),
        ("2026-10-01 23:59:00", DUE),
        ("2026-10-02 01:59:00 Mars/Olympus", None),
        ("2026-99-02 01:59:00 UTC", None),
        ("9999-12-31 23:59:59 UTC", None),
        ("0001-01-01 00:00:00 +1400", None),
        ("2026-10-02 01:59:00 Europe", None),
        ("2026-10-02 01:59:00 ../../etc/passwd", None),
        ("whenever", None),
    ],
)
def test_nbgraders_timestamp_is_read(tmp_path: Path, text: str, moment: datetime | None) -> None:
    (tmp_path / "lesson_9_1").mkdir()
    (tmp_path / "lesson_9_1" / "timestamp.txt").write_text(text, encoding="utf-8")
    assert late_policy.handed_in(tmp_path, "lesson_9_1", "nbgrader", "") == moment


def test_no_time_is_ever_taken_from_a_files_date(tmp_path: Path) -> None:
    (tmp_path / "exercises.py").write_text("", encoding="utf-8")
    assert [late_policy.handed_in(tmp_path, "lesson_9_1", source, "") for source in late_policy.SOURCES] == [
        None,
        None,
        None,
    ]


def commit(folder: Path, moment: str) -> None:
    who = {
        "GIT_COMMITTER_DATE": moment,
        "GIT_AUTHOR_DATE": "2001-01-01T00:00:00Z",
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
    }
    for words in (
        ["init", "-q"],
        [
            "-c",
            "user.name=x",
            "-c",
            "user.email=x@example.org",
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            "x\n\ncommitter y> 1 +0000",
        ],
    ):
        subprocess.run(["git", *words], cwd=folder, check=True, env=who)


def test_git_says_when_the_checked_out_commit_was_made(tmp_path: Path) -> None:
    commit(tmp_path, "2026-10-01T23:59:00Z")
    assert late_policy.committed(tmp_path) == DUE
    subprocess.run(["git", "pack-refs", "--all"], cwd=tmp_path, check=True)
    subprocess.run(["git", "gc", "-q"], cwd=tmp_path, check=True)
    assert late_policy.committed(tmp_path) == DUE


def test_a_commit_that_unfolds_to_more_than_it_should_is_not_read(tmp_path: Path) -> None:
    commit(tmp_path, "2026-10-01T23:59:00Z")
    header = subprocess.run(["git", "cat-file", "commit", "HEAD"], cwd=tmp_path, check=True, capture_output=True).stdout
    for size, wanted in ((30_000, DUE), (300 << 20, None)):
        made = subprocess.run(
            ["git", "hash-object", "-t", "commit", "-w", "--stdin"],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            input=header + b"x" * size,
        )
        (tmp_path / ".git" / "HEAD").write_bytes(made.stdout)
        assert late_policy.committed(tmp_path) == wanted


@pytest.mark.parametrize("kind", ["pipe", "link to a device", "folder"])
@pytest.mark.parametrize("name", ["timestamp.txt", ".git/HEAD", ".git/packed-refs"])
def test_what_a_student_put_where_a_time_is_looked_for_holds_nobody_up(tmp_path: Path, name: str, kind: str) -> None:
    commit(tmp_path, "2026-10-01T23:59:00Z")
    place = tmp_path / name
    place.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    else:
        place.symlink_to("/dev/zero")
    expected = {"timestamp.txt": None, ".git/HEAD": None, ".git/packed-refs": DUE}
    source = "git" if ".git" in name else "nbgrader"
    assert late_policy.handed_in(tmp_path, "lesson_9_1", source, "") == expected[name]


def test_a_submissions_own_git_settings_run_nothing(tmp_path: Path) -> None:
    commit(tmp_path, "2026-10-01T23:59:00Z")
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n", encoding="utf-8")
    trap.chmod(0o755)
    settings = f"[core]\n\tfsmonitor = {trap}\n\tpager = {trap}\n\tsshCommand = {trap}\n[gpg]\n\tprogram = {trap}\n"
    settings += "[log]\n\tshowSignature = true\n"
    with open(tmp_path / ".git" / "config", "a", encoding="utf-8") as file:
        file.write(settings)
    assert late_policy.committed(tmp_path) == DUE
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("head", ["ref: refs/heads/../../../../etc/passwd", "ref: refs/heads/none", "--help", "0" * 40])
def test_a_made_up_head_gives_no_time(tmp_path: Path, head: str) -> None:
    commit(tmp_path, "2026-10-01T23:59:00Z")
    (tmp_path / ".git" / "HEAD").write_text(head, encoding="utf-8")
    assert late_policy.committed(tmp_path) is None


def test_the_sentences_are_for_the_command_line() -> None:
    assert issubclass(LateError, UserError)
    assert issubclass(RosterError, UserError)
