"""Rosters in every shape that spreadsheets save, and what lateness costs, by clocks that an instructor named."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autograder import late, roster
from autograder.errors import UserError
from autograder.late import LateError
from autograder.roster import RosterError

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
    assert {name: student.name for name, student in matched.items()} == {"hw1-ann-lee": "Two", "hw1-Lee": "One"}


def test_a_name_in_the_submission_column_goes_first(tmp_path: Path) -> None:
    found = read(tmp_path, "submission,github,name\nhw1-lee|hw1-lee-again,,One\n,lee,Two\n")
    assert {name: s.name for name, s in found.match(["hw1-lee"]).items()} == {"hw1-lee": "One"}
    assert {name: s.name for name, s in found.match(["hw1-lee-again"]).items()} == {"hw1-lee-again": "One"}


def test_a_formula_in_a_folder_name_is_matched_as_it_stands_in_scores(tmp_path: Path) -> None:
    assert list(read(tmp_path, "submission,name\n'=1+1,One\n").match(["=1+1"])) == ["=1+1"]


BAD_ROSTERS = {
    "the same submission twice": (f"{HEADER}ada,A,1,\nbob,B,2,\nada,C,3,\n", "line 4: line 2 has the submission 'ada'"),
    "the same GitHub name twice": ("github\nAda\nada\n", "line 3: line 2 has the github name 'ada'"),
    "a comma in a name without quotes": (f"{HEADER}ada,Lovelace, Ada,1,\n", "line 2: 5 values where 4 belong"),
    "no column that says whose": ("name,id\nAda,1\n", "needs a column `submission`"),
    "a column twice": ("submission,id,identifier\nada,1,2\n", "column `id` is there twice"),
    "a row of nobody": (f"{HEADER},Ada,1,\n", "line 2: neither"),
    "no table": ('submission,name\n"ada,Ada\n', "not a table"),
    "nothing": ("", "needs a column `submission`"),
}


@pytest.mark.parametrize("name", BAD_ROSTERS)
def test_a_bad_roster_is_one_sentence_that_names_the_line(tmp_path: Path, name: str) -> None:
    text, words = BAD_ROSTERS[name]
    with pytest.raises(RosterError, match=words.replace("(", r"\(")):
        read(tmp_path, text)


def test_a_roster_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(RosterError, match="could not be read"):
        roster.read(tmp_path / "nowhere.csv")


def test_two_submissions_of_one_student_are_not_guessed_about(tmp_path: Path) -> None:
    found = read(tmp_path, "submission,name\nada|ada-2,Ada\n")
    with pytest.raises(RosterError, match=r"'ada' and 'ada-2' both belong to Ada \(line 2"):
        found.match(["ada", "ada-2"])


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
    policy = late.Policy(DUE, late.parse_rule(rule), "roster")
    found = late.judge(policy, points, DUE + after)
    assert found.penalty == penalty
    assert found.why


def test_in_time_costs_nothing_and_an_unknown_time_is_said() -> None:
    policy = late.Policy(DUE, late.parse_rule("10% a day"), "git")
    assert late.judge(policy, 80.0, DUE) == late.Lateness(DUE, 0.0, "")
    unknown = late.judge(policy, 80.0, None)
    assert unknown.penalty == 0
    assert "not known (by git)" in unknown.why


@pytest.mark.parametrize("rule", ["10%", "ten percent a day", "10% a day at most 50%", "-5 points a day", "10% a week"])
def test_an_unknown_rule_is_told_what_rules_look_like(rule: str) -> None:
    with pytest.raises(LateError, match="10% a day, at most 50%"):
        late.parse_rule(rule)


@pytest.mark.parametrize("due", ["2026-10-01T23:59", "tomorrow", "2026-13-01T00:00+00:00"])
def test_a_due_date_says_its_zone(due: str) -> None:
    with pytest.raises(LateError, match="2026-10-01T23:59"):
        late.parse_due(due)


def test_a_folder_keeps_its_due_date_until_it_is_taken_back(tmp_path: Path) -> None:
    assert late.settle(tmp_path, None, None, None) is None
    with pytest.raises(LateError, match="--due"):
        late.settle(tmp_path, None, "10% a day", None)
    first = late.settle(tmp_path, "2026-10-01T23:59+00:00", "10% a day", None)
    late.record(tmp_path, first)
    assert first == late.settle(tmp_path, None, None, None) == late.Policy(DUE, late.parse_rule("10% a day"), "roster")
    later = late.settle(tmp_path, None, None, "git")
    assert later == late.Policy(DUE, late.parse_rule("10% a day"), "git")
    late.record(tmp_path, late.settle(tmp_path, "none", None, None))
    assert late.settle(tmp_path, None, None, None) is None


def test_a_broken_record_is_said(tmp_path: Path) -> None:
    (tmp_path / late.RECORD).write_text("[]", encoding="utf-8")
    with pytest.raises(LateError, match="not a record of a due date"):
        late.settle(tmp_path, None, None, None)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-10-02 01:59:00.123456 UTC\n", DUE + timedelta(hours=2)),
        ("2026-10-02 01:59:00 Europe/Berlin", DUE),
        ("2026-10-02 01:59:00 +0200", DUE),
        ("2026-10-01 23:59:00", DUE),
        ("2026-10-02 01:59:00 Mars/Olympus", None),
        ("2026-99-02 01:59:00 UTC", None),
        ("whenever", None),
    ],
)
def test_nbgraders_timestamp_is_read(tmp_path: Path, text: str, moment: datetime | None) -> None:
    (tmp_path / "lesson_9_1").mkdir()
    (tmp_path / "lesson_9_1" / "timestamp.txt").write_text(text, encoding="utf-8")
    assert late.handed_in(tmp_path, "lesson_9_1", "nbgrader", "") == moment


def test_no_time_is_ever_taken_from_a_files_date(tmp_path: Path) -> None:
    (tmp_path / "exercises.py").write_text("", encoding="utf-8")
    assert [late.handed_in(tmp_path, "lesson_9_1", source, "") for source in late.SOURCES] == [None, None, None]


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
    assert late.committed(tmp_path) == DUE
    subprocess.run(["git", "pack-refs", "--all"], cwd=tmp_path, check=True)
    subprocess.run(["git", "gc", "-q"], cwd=tmp_path, check=True)
    assert late.committed(tmp_path) == DUE


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
        assert late.committed(tmp_path) == wanted


def test_a_submissions_own_git_settings_run_nothing(tmp_path: Path) -> None:
    commit(tmp_path, "2026-10-01T23:59:00Z")
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n", encoding="utf-8")
    trap.chmod(0o755)
    settings = f"[core]\n\tfsmonitor = {trap}\n\tpager = {trap}\n\tsshCommand = {trap}\n[gpg]\n\tprogram = {trap}\n"
    settings += "[log]\n\tshowSignature = true\n"
    with open(tmp_path / ".git" / "config", "a", encoding="utf-8") as file:
        file.write(settings)
    assert late.committed(tmp_path) == DUE
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("head", ["ref: refs/heads/../../../../etc/passwd", "ref: refs/heads/none", "--help", "0" * 40])
def test_a_made_up_head_gives_no_time(tmp_path: Path, head: str) -> None:
    commit(tmp_path, "2026-10-01T23:59:00Z")
    (tmp_path / ".git" / "HEAD").write_text(head, encoding="utf-8")
    assert late.committed(tmp_path) is None


def test_the_sentences_are_for_the_command_line() -> None:
    assert issubclass(LateError, UserError)
    assert issubclass(RosterError, UserError)
