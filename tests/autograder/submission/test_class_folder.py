"""Nothing that was handed in disappears: renamed files, copies, zips, Moodle's downloads, sections, what is no submission."""

from __future__ import annotations

import io
import json
import struct
import unicodedata
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from autograder import console
from autograder.course.lesson import Lesson
from autograder.grading.lesson_grader import unrun
from autograder.grading.results import Provenance, ReportStatus
from autograder.report import feedback
from autograder.report.report import as_json
from autograder.submission import archives, class_folder, submission
from autograder.submission.submission import Submission, SubmissionStatus
from autograder.util.errors import UserError

CODE = "def double(x):\n    return 2 * x\n"
MORE = f"{CODE}\n\ndef average(x):\n    return x.sum() / x.numel()\n"
HERE = "lesson_9_1"


def notebook(*sources: str, kind: str = "code") -> str:
    cells = [{"cell_type": kind, "id": f"c{n}", "metadata": {}, "source": source} for n, source in enumerate(sources)]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def zipped(files: dict[str, str | bytes], **options: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data, **options)
    return made.getvalue()


def hand_in(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for place, data in files.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    return folder


def one(folder: Path, lesson: Lesson, files: Mapping[str, str | bytes]) -> Submission:
    return submission.read(hand_in(folder / "a_student", files), lesson)


TAKEN: dict[str, tuple[dict[str, str | bytes], str]] = {
    "a browser's number": ({"exercises (1).py": CODE}, "exercises (1).py"),
    "Canvas's number": ({"exercises-2.py": CODE}, "exercises-2.py"),
    "Jupyter's copy": ({"exercises-Copy1.py": CODE}, "exercises-Copy1.py"),
    "a copy": ({"Copy of exercises.py": CODE}, "Copy of exercises.py"),
    "a copy in another language": ({"Kopie von exercises.py": CODE}, "Kopie von exercises.py"),
    "final": ({"exercises_final.py": CODE}, "exercises_final.py"),
    "a capital": ({"Exercises.py": CODE}, "Exercises.py"),
    "an ending in capitals": ({"exercises.PY": CODE}, "exercises.PY"),
    "a text's ending": ({"exercises.py.txt": CODE}, "exercises.py.txt"),
    "only a text's ending": ({"exercises.txt": CODE}, "exercises.txt"),
    "the student's own name": ({"ada_lesson_9_1.py": CODE}, "ada_lesson_9_1.py"),
    "any name": ({"solution.py": CODE}, "solution.py"),
    "any name, and not importable": ({"solution.py": f"{CODE}x = (\n"}, "solution.py"),
    "a notebook of any name": ({"Untitled.ipynb": notebook(CODE)}, "Untitled.ipynb"),
    "a notebook's copy": ({f"{HERE} (1).ipynb": notebook(CODE)}, f"{HERE} (1).ipynb"),
    "a notebook with a text's ending": ({f"{HERE}.ipynb.json": notebook(CODE)}, f"{HERE}.ipynb.json"),
    "one folder deeper": ({"homework/exercises.py": CODE}, "homework/exercises.py"),
    "GitHub's download": (
        {
            f"students-main/assignments/{HERE}/exercises.py": CODE,
            "students-main/assignments/lesson_9_2/exercises.py": CODE,
            "students-main/assignments/lesson_9_2/lesson_9_2.ipynb": notebook(MORE),
            f"students-main/assignments/{HERE}/test_exercises.py": "def test_double():\n    pass\n",
            "students-main/autograder/double.py": CODE,
        },
        f"students-main/assignments/{HERE}/exercises.py",
    ),
    "a zip": ({"work.zip": zipped({"exercises.py": CODE})}, "work.zip/exercises.py"),
    "a zip with a folder in it": (
        {f"{HERE}.zip": zipped({f"x/{HERE}/exercises.py": CODE, "__MACOSX/x/._exercises.py": b"\0"})},
        f"{HERE}.zip/x/{HERE}/exercises.py",
    ),
    "a copy beside it that says the same": ({"exercises (1).py": CODE, "exercises (2).py": CODE}, "exercises (1).py"),
    "another lesson's beside it": (
        {"exercises-1.py": CODE, "lesson_9_2.py": MORE, "lesson-9-2/a.py": MORE},
        "exercises-1.py",
    ),
    "another lesson's docstring": ({"a.py": f'"""Lesson 9.2: more.\n"""\n{MORE}', "b.py": CODE}, "b.py"),
    "a module that imports another": ({"main.py": f"from mine import average\n{CODE}", "mine.py": MORE}, "main.py"),
    "tests and notes beside it": ({"my.py": CODE, "test_my.py": CODE, "notes.txt": CODE, "a.pdf": b"%PDF"}, "my.py"),
    "Jupyter's checkpoints": ({"my.py": CODE, ".ipynb_checkpoints/my-checkpoint.py": MORE}, "my.py"),
    "what was tried out by the name that is wanted": ({"exercises.py": CODE, "exercises (1).py": MORE}, "exercises.py"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_the_only_candidate_is_taken_whatever_it_is_called(tmp_path: Path, small_lesson: Lesson, name: str) -> None:
    files, place = TAKEN[name]
    found = one(tmp_path, small_lesson, files)
    assert (found.status, found.place) == ("found", place), found.reason
    assert "def double" in found.text
    assert place == "exercises.py" or place in found.note


def test_the_stub_beside_the_students_copy_does_not_stand_in_its_way(tmp_path: Path, small_lesson: Lesson) -> None:
    found = one(tmp_path, small_lesson, {"exercises.py": small_lesson.stub.read_text(), "exercises-Copy1.py": CODE})
    assert (found.status, found.place) == ("found", "exercises-Copy1.py")


AMBIGUOUS: dict[str, dict[str, str | bytes]] = {
    "two copies": {"exercises (1).py": CODE, "exercises (2).py": MORE},
    "two of any name": {"a.py": CODE, "b.py": MORE},
    "two folders": {"v1/exercises.py": CODE, "v2/exercises.py": MORE},
    "two in a zip": {"work.zip": zipped({"a.py": CODE, "b.py": MORE})},
    "two zips": {"a.zip": zipped({"exercises.py": CODE}), "b.zip": zipped({"exercises.py": MORE})},
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_several_candidates_are_named(tmp_path: Path, small_lesson: Lesson, name: str) -> None:
    found = one(tmp_path, small_lesson, AMBIGUOUS[name])
    assert found.status == "refused"
    names = [place.rpartition("/")[2] for place in AMBIGUOUS[name]] if "zip" not in name else ["zip"]
    assert all(place in found.reason for place in names)
    assert f"Hand in one of them alone, as exercises.py or {HERE}.ipynb" in found.reason


BOTH: dict[str, tuple[str, str, str, str]] = {
    "more in the notebook": (
        CODE,
        notebook(MORE),
        f"{HERE}.ipynb",
        "2 of 3 exercises are written in the one, 1 in the other",
    ),
    "more in the module": (
        MORE,
        notebook(CODE),
        "exercises.py",
        "2 of 3 exercises are written in the one, 1 in the other",
    ),
    "a tie": (CODE, notebook("double = lambda x: x + x"), "exercises.py", "each has 1 of 3 exercises written"),
    "a module that is empty": (
        "",
        notebook(CODE),
        f"{HERE}.ipynb",
        "1 of 3 exercises are written in the one, 0 in the other",
    ),
    "a module that does not parse": ("def double(x:\n  return 2*x", notebook(CODE), "exercises.py", "each has 1 of 3"),
    "a notebook that is broken": (CODE, "{", "exercises.py", "beside it, The notebook is not valid JSON"),
}


@pytest.mark.parametrize("name", BOTH)
def test_of_both_the_one_with_more_written_counts_and_it_is_said(
    tmp_path: Path, small_lesson: Lesson, name: str
) -> None:
    module, cells, place, words = BOTH[name]
    found = one(tmp_path, small_lesson, {"exercises.py": module, f"{HERE}.ipynb": cells})
    assert (found.status, found.place) == ("found", place)
    assert words in found.note


@pytest.mark.parametrize("change", ["# Ada, 12345\n{}", "{}\n\n\n", "{}# done?\n", "{}\nimport math\n"])
def test_a_stub_that_was_only_touched_leaves_the_notebook_to_count(
    tmp_path: Path, small_lesson: Lesson, change: str
) -> None:
    stub = change.format(small_lesson.stub.read_text())
    found = one(tmp_path, small_lesson, {f"assignments/{HERE}/exercises.py": stub, f"{HERE}.ipynb": notebook(CODE)})
    assert (found.status, found.place) == ("found", f"{HERE}.ipynb")
    assert f"and not assignments/{HERE}/exercises.py: 1 of 3" in found.note


def test_the_stub_as_it_was_handed_out_is_not_worth_a_word(tmp_path: Path, small_lesson: Lesson) -> None:
    stub = small_lesson.stub.read_text()
    found = one(tmp_path, small_lesson, {"exercises.py": stub, f"{HERE}.ipynb": notebook(CODE)})
    assert (found.place, found.note) == (f"{HERE}.ipynb", "")


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_an_exercise_in_a_cell_that_does_not_run_is_named(tmp_path: Path, small_lesson: Lesson, kind: str) -> None:
    cells = json.loads(notebook(CODE))
    cells["cells"] += json.loads(notebook("def average(x):\n    return x.mean()", kind=kind))["cells"]
    found = one(tmp_path, small_lesson, {f"{HERE}.ipynb": json.dumps(cells)})
    assert found.status == "found"
    assert (
        found.note
        == f"`average` stands in a {kind.replace('markd', 'Markd')} cell, which does not run: make it a code cell again."
    )


@pytest.mark.parametrize("source", [5, None, [1], {"a": 1}])
def test_a_cell_that_jupyter_did_not_write_raises_nothing(tmp_path: Path, small_lesson: Lesson, source: object) -> None:
    cells = json.loads(notebook(CODE))
    cells["cells"].append({"cell_type": "markdown", "source": source})
    assert one(tmp_path, small_lesson, {f"{HERE}.ipynb": json.dumps(cells)}).status == "found"


def test_words_about_an_exercise_are_no_exercise(tmp_path: Path, small_lesson: Lesson) -> None:
    words = json.loads(notebook("```python\ndef average(x):\n    ...\n```", "average = what it is", kind="markdown"))
    cells = json.loads(notebook(CODE))
    cells["cells"] += words["cells"][:1]
    assert one(tmp_path, small_lesson, {f"{HERE}.ipynb": json.dumps(cells)}).note == ""


# Zips that were made to harm.


def bomb() -> bytes:
    return zipped({"exercises.py": b"#" * (200 << 20)})


def locked() -> bytes:
    data = bytearray(zipped({"exercises.py": CODE}))
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(mark) + offset] |= 1
    return bytes(data)


def with_link() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        link = zipfile.ZipInfo("exercises.py")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return made.getvalue()


def damaged() -> bytes:
    data = bytearray(zipped({"exercises.py": CODE * 50}))
    data[45:60] = b"\xff" * 15
    return bytes(data)


def of_unusual_make() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("exercises.py", CODE)
    return made.getvalue()


def with_a_long_list() -> bytes:
    data = bytearray(zipped({"exercises.py": CODE}))
    struct.pack_into("<L", data, data.rindex(b"PK\5\6") + 12, 100 << 20)
    return bytes(data)


HARMFUL = {
    "an expansion": (bomb(), "exercises.py is larger than 1 MiB"),
    "a path out": (zipped({"../exercises.py": CODE}), "paths that lead out"),
    "a path from the root": (zipped({"/etc/exercises.py": CODE}), "paths that lead out"),
    "a path of Windows": (zipped({"C:\\x\\exercises.py": CODE}), "paths that lead out"),
    "a password": (locked(), "protected by a password"),
    "a link": (with_link(), "is a link"),
    "too many parts": (zipped({f"{n}.py": "" for n in range(archives.MAX_PARTS + 1)}), "more than 20000 parts"),
    "a list that is too long": (with_a_long_list(), "more than 20000 parts"),
    "damage": (damaged(), "damaged"),
    "an unusual compression": (of_unusual_make(), "unusual way"),
    "no zip": (b"PK\3\4 nothing", "not a zip that can be opened"),
    "nothing at all": (b"", "not a zip that can be opened"),
    "null bytes": (zipped({"exercises.py": b"\0"}), "null bytes"),
}


@pytest.mark.parametrize("name", HARMFUL)
@pytest.mark.parametrize("place", ["folder", "entry"])
def test_a_zip_that_could_harm_is_refused_with_the_reason(
    tmp_path: Path, small_lesson: Lesson, name: str, place: str
) -> None:
    data, words = HARMFUL[name]
    entry = hand_in(tmp_path / "ada", {"work.zip": data})
    found = submission.read(entry if place == "folder" else entry / "work.zip", small_lesson)
    assert found.status == "refused"
    assert words in found.reason
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["ada", "work.zip"]


def test_a_zip_in_a_zip_is_opened_and_no_deeper(tmp_path: Path, small_lesson: Lesson) -> None:
    inner = zipped({"exercises.py": CODE})
    found = submission.read(hand_in(tmp_path, {"ada.zip": zipped({"work.zip": inner})}) / "ada.zip", small_lesson)
    assert (found.name, found.status, found.place) == ("ada", "found", "work.zip/exercises.py")
    deep = zipped({"work.zip": zipped({"more.zip": inner})})
    assert submission.read(hand_in(tmp_path, {"ben.zip": deep}) / "ben.zip", small_lesson).status == "not_found"


def test_a_zip_beside_work_is_not_opened(tmp_path: Path, small_lesson: Lesson) -> None:
    found = one(tmp_path, small_lesson, {"exercises.py": CODE, "backup.zip": b"no zip"})
    assert (found.status, found.text) == ("found", CODE)


@pytest.mark.parametrize("name", ["ada.rar", "ada.7z", "ada.tar.gz", "ada.pdf", "ada.docx", "ada.txt", "ada"])
def test_what_cannot_be_read_has_a_row_that_says_what_to_do(tmp_path: Path, small_lesson: Lesson, name: str) -> None:
    hand_in(tmp_path, {name: b"\x01 nothing", "ben/exercises.py": CODE})
    named = class_folder.names(class_folder.survey(tmp_path, small_lesson).entries)
    assert len(named) == 2
    found = next(submission.read(entry, small_lesson, name) for name, entry in named.items() if name != "ben")
    assert found.status == "refused"
    assert f"Hand in exercises.py or {HERE}.ipynb itself" in found.reason


def test_every_entry_has_a_row_or_a_line(tmp_path: Path, small_lesson: Lesson) -> None:
    files = ["x.py", "x.ipynb", "x.py.py", "Ben.PY", "cid.zip", "dee.pdf", "eve.txt", "fay.IPYNB", "gus.py.txt"]
    lines = ["roster.csv", "README.md", "setup.toml", ".hidden.py", "data.db"]
    clutter = [".git", "__MACOSX", ".DS_Store", "Thumbs.db", "._x.py", "submission_metadata.yml"]
    hand_in(tmp_path, dict.fromkeys([*files, *lines, *clutter], "") | {"ada/exercises.py": CODE})
    hand_in(tmp_path / "grades-lesson_9_2", {"grading.json": "{}"})
    survey = class_folder.survey(tmp_path, small_lesson)
    named = class_folder.names(survey.entries)
    assert {entry.name for entry in named.values()} == {"ada", *files}
    assert {"x.py", "x.ipynb", "x.py.py", "Ben", "cid", "gus"} <= set(named)
    assert {line.partition(" was not graded")[0] for line in survey.aside} == {*lines, "grades-lesson_9_2"}


def test_names_never_collide(tmp_path: Path, small_lesson: Lesson) -> None:
    names = [
        "a.py",
        "a.ipynb",
        "a.py.py",
        "a.py.py.py",
        "a.zip",
        "a.PY",
        "a.rar",
        " a.py",
        unicodedata.normalize("NFD", "é.py"),
        "é.py",
    ]
    hand_in(tmp_path, dict.fromkeys(names, "") | {"a/exercises.py": CODE})
    entries = class_folder.survey(tmp_path, small_lesson).entries
    named = class_folder.names(entries)
    assert sorted(entry.name for entry in named.values()) == sorted([*names, "a"])
    assert named["a"] == tmp_path / "a"


def test_a_module_lying_about_does_not_make_a_class_one_student(tmp_path: Path, small_lesson: Lesson) -> None:
    hand_in(tmp_path, {"exercises.py": CODE, "ada/exercises.py": CODE, "ben/exercises.py": CODE})
    assert [entry.name for entry in class_folder.survey(tmp_path, small_lesson).entries] == [
        "ada",
        "ben",
        "exercises.py",
    ]


def test_scratch_files_beside_the_stub_are_not_taken_for_it(tmp_path: Path, small_lesson: Lesson) -> None:
    stub = small_lesson.stub.read_text()
    files = {"exercises.py": stub, "scratch.py": "x = 1\n", "Untitled.ipynb": notebook("x = 1")}
    found = one(tmp_path, small_lesson, files)
    assert (found.status, found.place) == ("not_found", "exercises.py")
    del files["exercises.py"]
    found = one(tmp_path / "without", small_lesson, files)
    assert found.status == "not_found"
    assert "none of its exercises in Untitled.ipynb, scratch.py" in found.reason


def test_a_lessons_folder_among_others_is_taken_and_the_others_are_told(tmp_path: Path, small_lesson: Lesson) -> None:
    for number, lesson in enumerate(("lesson-9-1", "lesson-9-2")):
        for student in ("ada", "ben"):
            hand_in(tmp_path, {f"{lesson}-submissions/{lesson}-{student}/exercises.py": CODE * (number + 1)})
    survey = class_folder.survey(tmp_path, small_lesson)
    assert list(class_folder.names(survey.entries)) == ["lesson-9-1-ada", "lesson-9-1-ben"]
    assert "lesson-9-2-submissions was not graded" in survey.aside[0]


def test_a_students_own_folder_has_its_name_from_within_too(
    tmp_path: Path, small_lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(hand_in(tmp_path / "ada", {"exercises.py": CODE}))
    assert list(class_folder.names(class_folder.survey(Path(), small_lesson).entries)) == ["ada"]


SYSTEMS: dict[str, dict[str, str | bytes]] = {
    "gh classroom clone": {f"{HERE}-submissions/{HERE}-ada/assignments/{HERE}/exercises.py": CODE},
    "Classroom 50": {f"fall-{HERE}-ada/assignments/{HERE}/{HERE}.ipynb": notebook(CODE)},
    "nbgrader's submitted": {f"ada/{HERE}/{HERE}.ipynb": notebook(CODE), f"ada/{HERE}/timestamp.txt": "2026-10-01 UTC"},
    "Gradescope's export": {"submission_123/exercises.py": CODE, "submission_metadata.yml": "x: 1"},
    "Moodle's folders": {"Ada Example_1001_assignsubmission_file_/exercises.py": CODE},
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_other_systems_trees_are_recognized(tmp_path: Path, small_lesson: Lesson, name: str) -> None:
    folder = hand_in(tmp_path / "tree", dict(SYSTEMS[name]))
    folder = folder / f"{HERE}-submissions" if name == "gh classroom clone" else folder
    survey = class_folder.survey(folder, small_lesson)
    (entry,) = survey.entries
    assert submission.read(entry, small_lesson).status == "found"
    assert survey.aside == ()


def test_moodles_flat_download_is_a_submission_a_student(tmp_path: Path, small_lesson: Lesson) -> None:
    before = {
        "Ada Example_1001": "exercises.py",
        "Ben Example_1002": "exercises (1).py",
        "Cid Exämple_1003": "exercises-2.py",
        "Dee_Ex_1004": "my_solution 3.py",
        "Eve Example_1005": "work.zip",
        "Fay Example_1006": "report.pdf",
    }
    for who, file in before.items():
        data = zipped({"exercises.py": CODE}) if file.endswith("zip") else CODE
        hand_in(tmp_path, {f"{who}_assignsubmission_file_{file}": data})
    named = class_folder.names(class_folder.survey(tmp_path, small_lesson).entries)
    assert sorted(named) == sorted(f"{who}_assignsubmission_file" for who in before)
    statuses = {name[:3]: submission.read(entry, small_lesson, name).status for name, entry in named.items()}
    assert statuses == dict.fromkeys(["Ada", "Ben", "Cid", "Dee", "Eve"], "found") | {"Fay": "refused"}


def test_several_files_of_one_student_in_moodles_flat_download_are_one_submission(
    tmp_path: Path, small_lesson: Lesson
) -> None:
    start = "Ada Example_1001_assignsubmission_file_"
    hand_in(
        tmp_path, {f"{start}a note.pdf": b"%PDF", f"{start}exercises.py": CODE, f"{start}{HERE}.ipynb": notebook(MORE)}
    )
    hand_in(tmp_path, {"Ben Example_1002_assignsubmission_file_exercises.py": MORE})
    survey = class_folder.survey(tmp_path, small_lesson)
    found = [submission.read(entry, small_lesson) for entry in survey.entries]
    assert [(one.name[:3], one.place) for one in found] == [("Ada", f"{HERE}.ipynb"), ("Ben", "exercises.py")]


@pytest.mark.parametrize("flat", [False, True])
def test_online_text_beside_a_file_is_the_same_students(tmp_path: Path, small_lesson: Lesson, flat: bool) -> None:
    gap = "" if flat else "/"
    hand_in(
        tmp_path,
        {
            f"Ada_1001_assignsubmission_file_{gap}exercises.py": CODE,
            f"Ada_1001_assignsubmission_onlinetext_{gap}onlinetext.html": "<p>Here it is",
            f"Ben_1002_assignsubmission_onlinetext_{gap}onlinetext.html": "<p>I could not",
        },
    )
    survey = class_folder.survey(tmp_path, small_lesson)
    rows = {
        name: submission.read(entry, small_lesson, name) for name, entry in class_folder.names(survey.entries).items()
    }
    assert [(name[:3], row.status == "found") for name, row in rows.items()] == [("Ada", True), ("Ben", False)]
    assert len(survey.aside) == 1
    assert "Ada_1001_assignsubmission_onlinetext_" in survey.aside[0]


def test_folders_of_submissions_are_graded_by_section(tmp_path: Path, small_lesson: Lesson) -> None:
    for place in ("monday/group1", "monday/group2", "tuesday/group1", "tuesday/group3"):
        hand_in(tmp_path, {f"{place}/exercises.py": CODE})
    hand_in(tmp_path, {"late.py": CODE})
    survey = class_folder.survey(tmp_path, small_lesson)
    named = class_folder.names(survey.entries)
    assert {"monday/group1", "monday/group2", "tuesday/group1", "tuesday/group3"} < set(named)
    assert len(named) == 5
    assert "monday, tuesday" in survey.aside[0]


def test_a_student_with_two_folders_does_not_make_a_section(tmp_path: Path, small_lesson: Lesson) -> None:
    hand_in(tmp_path, {"ada/v1/exercises.py": CODE, "ada/v2/exercises.py": MORE, "ben/exercises.py": CODE})
    assert sorted(class_folder.names(class_folder.survey(tmp_path, small_lesson).entries)) == ["ada", "ben"]


def test_a_folder_of_tables_alone_says_what_it_holds(tmp_path: Path, small_lesson: Lesson) -> None:
    with pytest.raises(UserError, match=r"holds no submissions.*roster\.csv was not graded"):
        class_folder.survey(hand_in(tmp_path / "class", {"roster.csv": "a"}), small_lesson)


def test_table_and_feedback_say_which_file_counted(small_lesson: Lesson) -> None:
    around = Provenance(1, {"cpu": "run"}, "", "", "isolated", {})
    handed_in = Submission(
        "ada", SubmissionStatus.FOUND, "", "exercises.py", CODE, "exercises.py was graded, and not a `b`."
    )
    row = as_json(unrun(small_lesson, handed_in, around, status=ReportStatus.GRADED))
    assert "exercises.py was graded, and not a `b`." in feedback.page(small_lesson, row)
    assert console.ending(row) == "exercises.py was graded, and not a `b`."
    assert console.ending({**row, "reason": "Why?"}) == "Why?; exercises.py was graded, and not a `b`."
