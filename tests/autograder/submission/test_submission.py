"""Finding a submission's one module, in whatever layout, and refusing what is no plain text file, with the reason."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from autograder.course.lesson import Lesson
from autograder.submission import submission
from autograder.util.errors import UserError
from autograder.worker import statements, submitted

CODE = "def double(x):\n    return 2 * x\n"


def put(folder: Path, place: str, text: str | bytes = CODE) -> Path:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


@pytest.mark.parametrize("place", ["assignments/lesson_9_1/exercises.py", "lesson_9_1/exercises.py", "exercises.py"])
def test_each_layout_is_found(tmp_path: Path, small_lesson: Lesson, place: str) -> None:
    found = submission.read(put(tmp_path / "a_student", place), small_lesson)
    assert (found.name, found.status, found.place, found.text) == ("a_student", "found", place, CODE)


def test_the_deeper_place_comes_first(tmp_path: Path, small_lesson: Lesson) -> None:
    put(tmp_path, "assignments/lesson_9_1/exercises.py", "deep = 1\n")
    assert submission.read(put(tmp_path, "exercises.py"), small_lesson).text == "deep = 1\n"


def test_a_lone_file_is_a_submission(tmp_path: Path, small_lesson: Lesson) -> None:
    put(tmp_path, "a_student.py")
    assert [entry.name for entry in submission.discover(tmp_path, small_lesson)] == ["a_student.py"]
    found = submission.read(tmp_path / "a_student.py", small_lesson)
    assert (found.name, found.status, found.text) == ("a_student", "found", CODE)


def test_a_single_students_folder_is_one_submission(tmp_path: Path, small_lesson: Lesson) -> None:
    put(tmp_path, "lesson_9_1/exercises.py")
    assert submission.discover(tmp_path, small_lesson) == [tmp_path]


def test_clutter_is_no_submission(tmp_path: Path, small_lesson: Lesson) -> None:
    for name in (".git", "__MACOSX", "__pycache__", "a_student"):
        (tmp_path / name).mkdir()
    put(tmp_path, ".DS_Store")
    put(tmp_path, "roster.csv")
    assert [entry.name for entry in submission.discover(tmp_path, small_lesson)] == ["a_student"]


@pytest.mark.parametrize("name", ["gone", "empty"])
def test_no_submissions_is_said(tmp_path: Path, small_lesson: Lesson, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="folder"):
        submission.discover(tmp_path / name, small_lesson)


def test_the_untouched_stub_counts_as_absent(tmp_path: Path, small_lesson: Lesson) -> None:
    stub = small_lesson.stub.read_text()
    assert submission.read(put(tmp_path, "exercises.py", stub), small_lesson).status == "not_found"
    assert (
        submission.read(put(tmp_path, "exercises.py", stub.replace("\n", "\r\n")), small_lesson).status == "not_found"
    )
    assert submission.read(put(tmp_path, "exercises.py", stub + "x = 1\n"), small_lesson).status == "found"


def test_nothing_there_is_not_found(tmp_path: Path, small_lesson: Lesson) -> None:
    found = submission.read(put(tmp_path, "notes.txt"), small_lesson)
    assert found.status == "not_found"
    assert "lesson_9_1" in found.reason


NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": ["not code"]},
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": ["%matplotlib inline\n", "!ls\n", "x = 1"]},
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": "def f():\n    return x"},
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def test_a_notebooks_code_is_one_module(tmp_path: Path, small_lesson: Lesson) -> None:
    found = submission.read(put(tmp_path, "lesson_9_1/lesson_9_1.ipynb", json.dumps(NOTEBOOK)), small_lesson)
    assert found.status == "found"
    loaded = submitted.load(found.text, statements.parse(found.text), "a_notebook", "a_notebook.py", ("f",))
    assert loaded.raised == []
    assert (loaded.module.x, loaded.module.f()) == (1, 1)
    assert "not code" not in found.text


def test_of_module_and_notebook_the_one_with_more_exercises_written_counts(
    tmp_path: Path, small_lesson: Lesson
) -> None:
    put(tmp_path, "exercises.py")
    found = submission.read(put(tmp_path, "lesson_9_1/lesson_9_1.ipynb", json.dumps(NOTEBOOK)), small_lesson)
    assert (found.status, found.place) == ("found", "exercises.py")
    assert "lesson_9_1/lesson_9_1.ipynb: 1 of 3 exercises are written in the one, 0 in the other" in found.note


BAD = {
    "null bytes": (b"x = 1\0", "null bytes"),
    "UTF-16": ("x = 'é'\n".encode("utf-16"), "UTF-8|null"),
    "Latin-1": ("x = 'é'\n".encode("latin-1"), "UTF-8"),
    "huge": (b"#" * ((1 << 20) + 1), "larger than 1 MiB"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_text_is_refused(tmp_path: Path, small_lesson: Lesson, name: str) -> None:
    data, words = BAD[name]
    found = submission.read(put(tmp_path, "exercises.py", data), small_lesson)
    assert found.status == "refused"
    assert any(word in found.reason for word in words.split("|")), found.reason


def test_a_byte_order_mark_is_read_past_as_python_does(tmp_path: Path, small_lesson: Lesson) -> None:
    assert submission.read(put(tmp_path, "exercises.py", b"\xef\xbb\xbfx = 1\n"), small_lesson).text == "x = 1\n"


def test_a_broken_notebook_is_refused(tmp_path: Path, small_lesson: Lesson) -> None:
    found = submission.read(put(tmp_path, "lesson_9_1.ipynb", "{"), small_lesson)
    assert found.status == "refused"
    assert "JupyterLab" in found.reason


@pytest.mark.parametrize("linked", ["file", "folder", "entry"])
def test_a_symbolic_link_is_refused(tmp_path: Path, small_lesson: Lesson, linked: str) -> None:
    secret = put(tmp_path / "elsewhere", "lesson_9_1/exercises.py", "secret = 1\n")
    entry = tmp_path / "a_student"
    if linked == "entry":
        entry.symlink_to(secret)
    else:
        entry.mkdir()
    if linked == "folder":
        (entry / "lesson_9_1").symlink_to(secret / "lesson_9_1")
    if linked == "file":
        (entry / "exercises.py").symlink_to(secret / "lesson_9_1" / "exercises.py")
    found = submission.read(entry, small_lesson)
    assert found.status == "refused"
    assert found.text == ""


def test_a_fifo_does_not_hold_the_grader_up(tmp_path: Path, small_lesson: Lesson) -> None:
    os.mkfifo(tmp_path / "exercises.py")
    assert submission.read(tmp_path, small_lesson).status == "refused"


def test_a_folder_in_the_modules_place_is_refused(tmp_path: Path, small_lesson: Lesson) -> None:
    (tmp_path / "exercises.py").mkdir()
    assert submission.read(tmp_path, small_lesson).status == "refused"


GERMAN = '"""Lösungen von Jürgen."""\nx = 1\n'
JAPANESE = '"""解答です。"""\nx = 1\n'
ENCODINGS = {
    **dict.fromkeys(("latin-1", "iso-8859-15", "cp1252", "mac-roman", "utf-8", "UTF8"), GERMAN),
    **dict.fromkeys(("shift_jis", "euc-jp", "iso2022_jp"), JAPANESE),
    "gbk": '"""解答。"""\nx = 1\n',
    "big5": '"""解答。"""\nx = 1\n',
    "euc_kr": '"""해답"""\nx = 1\n',
    "koi8-r": '"""Решения"""\nx = 1\n',
    "cp1251": '"""Решения"""\nx = 1\n',
}


@pytest.mark.parametrize("first", ["# -*- coding: {} -*-\n", "#!/usr/bin/python\n# vim: set fileencoding={} :\n"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_declared_encoding_is_read_as_python_reads_it(
    tmp_path: Path, small_lesson: Lesson, encoding: str, first: str
) -> None:
    text = first.format(encoding) + ENCODINGS[encoding]
    data = text.encode(encoding)
    namespace: dict[str, object] = {}
    exec(compile(data, "exercises.py", "exec"), namespace)
    found = submission.read(put(tmp_path, "exercises.py", data.replace(b"\n", b"\r\n")), small_lesson)
    assert (found.status, found.text) == ("found", text)
    assert namespace["__doc__"] == ENCODINGS[encoding].split('"""')[1]


WIDE = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")


@pytest.mark.parametrize("place", ["exercises.py", "lesson_9_1.ipynb"])
@pytest.mark.parametrize("text", [GERMAN, JAPANESE, json.dumps(NOTEBOOK)], ids=["german", "japanese", "notebook"])
@pytest.mark.parametrize("encoding", WIDE)
def test_two_and_four_bytes_a_character_are_to_be_saved_as_utf_8(
    tmp_path: Path, small_lesson: Lesson, encoding: str, text: str, place: str
) -> None:
    found = submission.read(put(tmp_path, place, text.encode(encoding)), small_lesson)
    name = encoding[:6].upper()
    assert (found.status, found.reason) == (
        "refused",
        f"{place} is saved as {name}, which Python does not read; save it as UTF-8.",
    )


UNREADABLE = {
    "rot13": "declares the encoding rot-13, which is not a text encoding",
    "zlib": "declares the encoding zlib, which is not a text encoding",
    "base64": "which is not a text encoding",
    "klingon": "declares an encoding that Python does not know (klingon)",
    "utf-16": "declares the encoding utf-16, in which Python code is not written",
    "utf-7": "declares the encoding utf-7, in which Python code is not written",
    "punycode": "in which Python code is not written",
    "unicode_escape": "in which Python code is not written",
    "ascii": "is not ascii text (byte 16), as its first lines declare it to be (ascii)",
    "euc-jp": "as its first lines declare it to be (euc-jp)",
}


@pytest.mark.parametrize("encoding", UNREADABLE)
def test_a_declared_encoding_that_is_none_is_refused_by_name(
    tmp_path: Path, small_lesson: Lesson, encoding: str
) -> None:
    data = f"# coding: {encoding}\n".encode() + "é\u00ff".encode("latin-1")
    found = submission.read(put(tmp_path, "exercises.py", data), small_lesson)
    assert found.status == "refused"
    assert UNREADABLE[encoding] in found.reason
    assert found.reason.endswith("save it as UTF-8.")


def test_a_mark_and_a_declaration_that_disagree_are_refused(tmp_path: Path, small_lesson: Lesson) -> None:
    found = submission.read(put(tmp_path, "exercises.py", b"\xef\xbb\xbf# coding: latin-1\nx = 1\n"), small_lesson)
    assert "take that line out" in found.reason


def test_a_notebook_under_a_modules_name_is_said_to_be_one(tmp_path: Path, small_lesson: Lesson) -> None:
    found = submission.read(put(tmp_path, "exercises.py", json.dumps(NOTEBOOK, indent=1)), small_lesson)
    assert found.status == "refused"
    assert "holds a whole notebook (JSON) under the name of a module" in found.reason
