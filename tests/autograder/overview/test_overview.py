"""`autograder overview` and `misconceptions draft`, as an instructor uses them, on a small class that is graded once."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from autograder.overview import overview, reading
from autograder.overview.reading import OverviewError
from autograder.report import json_schema
from autograder.report.results_folder import read_reports
from autograder.util.safe_text import file_name
from tests.autograder.helpers import COURSE, Command, hand_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LESSON = "lesson_9_1"
# The same mistake, which has no name, in two styles.
PLUS_ONE = "def double(x):\n    return 2 * x + 1\n"
PLUS_ONE_TOO = "def double(x):\n    more = x + 1\n    return more + x  # the same\n"
MARKUP = "<b onclick=alert(1)>bold & 'quoted'"
FORMULA = "=1+2"
BACKWARDS = "abc\u202edcba"
CHROMIUM = shutil.which("chromium") or ""


@dataclass(frozen=True)
class Graded:
    """A course, the grades of its class, and what was printed."""

    course: Path
    grades: Path
    said: str


def grade(command: Command, course: Path, *more: str) -> str:
    done = command("autograder.cli", "grade", LESSON, "submissions", "--seed", "7", *more, cwd=course)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Graded:
    course = tmp_path_factory.mktemp("overview") / "course"
    shutil.copytree(COURSE, course)
    unknown = {"plus_one": PLUS_ONE, "plus_one_too": PLUS_ONE_TOO, MARKUP: PLUS_ONE_TOO}
    hand_in(course / "submissions", unknown | {FORMULA: PLUS_ONE, BACKWARDS: "def double(x):\n    return x - 1\n"})
    said = grade(command, course, "--roster", str(_roster(course)))
    return Graded(course, course / f"grades-{LESSON}", said)


def _roster(course: Path) -> Path:
    path = course.parent / "roster.csv"
    path.write_text("submission,name\nplus_one,Plus One\nnobody_here,<i>Absent</i>\n", encoding="utf-8")
    return path


@pytest.fixture
def copied(graded: Graded, tmp_path: Path) -> Path:
    """A copy of the grades, to be spoiled."""
    out = tmp_path / "grades"
    shutil.copytree(graded.grades, out)
    return out


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_grading_ends_with_five_lines_and_the_page(graded: Graded) -> None:
    lines = graded.said.rstrip().splitlines()[-5:]
    assert lines[0].startswith("9 graded, mean ")
    assert lines[1] == "Named mistakes: 1 \u00d7 short_batch_lost, 1 \u00d7 squared."
    assert lines[2].startswith("1 on the roster without a submission, no due date; ")
    assert lines[3].startswith("4 share a mistake that has no name (1 such mistakes).")
    assert "autograder misconceptions draft lesson_9_1 --from" in lines[3]
    assert lines[4] == f"The overview is {graded.grades.resolve() / 'index.html'}."


def test_a_mistake_is_clustered_by_outputs_and_not_by_code(graded: Graded) -> None:
    (folder,) = reading.folders(graded.course, [graded.grades])
    (cluster,) = overview.gather(folder).unnamed
    assert set(cluster.submissions) == {"plus_one", "plus_one_too", MARKUP, FORMULA}
    assert cluster.code == PLUS_ONE.strip()


def test_reports_of_another_seed_are_not_clustered_with_these(graded: Graded, copied: Path) -> None:
    for name in ("plus_one", MARKUP, FORMULA):
        path = copied / "reports" / f"{file_name(name)}.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "seed": 8 + len(name)}), encoding="utf-8")
    (folder,) = reading.folders(graded.course, [copied])
    assert overview.gather(folder).unnamed == ()


def test_what_is_kept_is_the_submissions_own_and_only_where_it_failed(graded: Graded) -> None:
    kept = json.loads((graded.grades / "outputs" / "plus_one.json").read_text())
    report = json.loads((graded.grades / "reports" / "plus_one.json").read_text())
    failed = {
        f"{part['name']} on {part['device']}"
        for one in report["exercises"]
        for part in one["scenarios"]
        if part["verdict"] == "failed"
    }
    assert set(kept["outputs"]) == failed
    assert kept["text"] == PLUS_ONE
    assert "kept" not in report


def test_the_summary_has_a_row_for_everything_counted_and_no_formula(graded: Graded) -> None:
    found = rows(graded.grades / "summary.csv")
    assert [row["students"] for row in found if row["what"] == "unnamed mistake"] == ["4"]
    assert {row["name"] for row in found if row["what"] == "misconception"} == {"squared", "short_batch_lost"}
    assert {row["name"] for row in found if row["what"] == "exercise"} == {"double", "batch_sizes", "average"}
    text = (graded.grades / "summary.csv").read_text(encoding="utf-8")
    assert not any(cell.startswith(("=", "+", "@")) for line in text.splitlines() for cell in line.split(","))


def test_every_report_fits_the_schema_in_the_package(graded: Graded) -> None:
    schema = json.loads(json_schema.FILE.read_text(encoding="utf-8"))
    assert json_schema.FILE.read_text(encoding="utf-8") == json_schema.text(), "python -m autograder.report.json_schema"
    found = list(read_reports(graded.grades))
    assert len(found) == 12
    for row in found:
        jsonschema.validate(row, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**found[0], "status": "lost"}, schema)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"schema": "autograder/report/v0"', "damaged or half-written"),
        ('{"schema": "autograder/report/v0", "lesson": "x"}', "it has the schema autograder/report/v0"),
        ('{"schema": "autograder/report/v1", "lesson": "lesson_9_2"}', "it is of lesson_9_2"),
        ('{"schema": "autograder/report/v1", "lesson": "lesson_9_1", "submission": "x"}', "another submission's"),
        ('{"schema": "autograder/report/v1", "lesson": "lesson_9_1", "submission": "squares"}', "damaged"),
        ("[]", "damaged"),
        ("[" * 100_000, "damaged"),
    ],
)
def test_a_report_that_cannot_be_used_is_left_out_with_a_sentence(
    graded: Graded, copied: Path, content: str, words: str
) -> None:
    (copied / "reports" / "squares.json").write_text(content, encoding="utf-8")
    made = overview.make(graded.course, [copied])
    (note,) = made.notes
    assert "squares.json is left out" in note
    assert words in note
    assert made.lines[0].startswith("8 graded")


def test_folders_that_are_none_and_two_of_one_lesson_are_refused(graded: Graded, copied: Path, tmp_path: Path) -> None:
    with pytest.raises(OverviewError, match=r"is not a grading folder"):
        overview.make(graded.course, [tmp_path])
    with pytest.raises(OverviewError, match="both grades of lesson_9_1"):
        overview.make(graded.course, [graded.grades, copied])
    settings = json.loads((copied / "grading.json").read_text())
    (copied / "grading.json").write_text(json.dumps({**settings, "lesson": "lesson_8_8"}))
    with pytest.raises(OverviewError, match="no lesson of the course"):
        overview.make(graded.course, [copied])


def test_a_folder_without_reports_says_what_to_do(graded: Graded, copied: Path) -> None:
    shutil.rmtree(copied / "reports")
    with pytest.raises(OverviewError, match="Run `autograder grade`"):
        overview.make(graded.course, [copied])


def test_a_page_of_a_student_who_is_gone_is_taken_away_and_a_strangers_file_is_not(
    graded: Graded, copied: Path
) -> None:
    (copied / "students" / "mine.html").write_text("my own", encoding="utf-8")
    (copied / "reports" / "squares.json").unlink()
    overview.make(graded.course, [copied])
    assert not (copied / "students" / "squares.html").exists()
    assert (copied / "students" / "mine.html").exists()


def test_a_class_of_one_has_a_page(graded: Graded, copied: Path) -> None:
    for path in (copied / "reports").glob("*.json"):
        if path.name != "all_correct.json":
            path.unlink()
    made = overview.make(graded.course, [copied])
    assert made.lines[0] == "1 graded, mean 100.0, median 100.0."


# The last of this file that touches the class: it accepts a draft and grades again.
def test_a_drafted_misconception_is_named_in_the_next_run(graded: Graded, command: Command, tmp_path: Path) -> None:
    course = tmp_path / "course"
    shutil.copytree(graded.course, course)
    draft = (
        "autograder.cli",
        "misconceptions",
        "draft",
        LESSON,
        "--from",
        f"grades-{LESSON}",
        "--name",
        "one_too_many",
    )
    done = command(*draft, cwd=course)
    assert done.returncode == 0, done.stderr
    assert "Caught: 4 submissions fail" in done.stdout
    assert command(*draft, cwd=course).returncode == 2
    text = (course / f"grades-{LESSON}" / "drafts" / "one_too_many.py").read_text(encoding="utf-8")
    assert "def one_too_many(x):" in text
    known = course / "solutions" / LESSON / "misconceptions.py"
    known.write_text(known.read_text(encoding="utf-8") + "\n\n" + text.replace("TODO: what", "What"), encoding="utf-8")
    (course / "submissions" / "squares" / "exercises.py").write_text(
        "def double(x):\n    return 2 * x\n", encoding="utf-8"
    )

    before = {path: path.read_bytes() for path in (course / f"grades-{LESSON}").rglob("*") if path.is_file()}
    said = grade(command, course, "--dry-run")
    assert "This was a dry run: nothing was written." in said
    assert "squares: 6 to " in said
    assert before == {path: path.read_bytes() for path in (course / f"grades-{LESSON}").rglob("*") if path.is_file()}

    said = grade(command, course)
    assert "4 \u00d7 one_too_many" in said
    assert "squares: 6 to " in said
    (changed,) = [row for row in rows(course / f"grades-{LESSON}" / "changes.csv") if row["submission"] == "squares"]
    assert changed["why"] == "its module changed"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("there is no chromium on this machine")
    from playwright.sync_api import sync_playwright

    root = ["--no-sandbox"] if hasattr(os, "getuid") and os.getuid() == 0 else []
    with sync_playwright() as play:
        yield play.chromium.launch(executable_path=CHROMIUM, args=root)


@pytest.fixture
def page(browser: Browser, graded: Graded) -> Iterator[Page]:
    """The class's page, which must ask for nothing and complain of nothing."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((graded.grades / "index.html").as_uri())
    yield page
    page.close()
    assert all(url.startswith("file:") for url in asked)
    assert said == []


def names(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('#table tbody th bdi')].map(one => one.textContent)"
    )
    return found


def test_sorting_turns_round_and_blank_scores_come_last(page: Page) -> None:
    score = "[...document.querySelectorAll('#table tbody tr')].map(row => parseFloat(row.cells[1].textContent))"
    page.click("button[data-sort='1']")
    down: list[Any] = page.evaluate(score)
    assert down == sorted(down, reverse=True)
    page.click("button[data-sort='1']")
    assert page.evaluate(score) == sorted(down)
    assert page.get_attribute("th:has(button[data-sort='1'])", "aria-sort") == "ascending"


def test_search_and_filters_narrow_the_table(page: Page) -> None:
    page.fill("#search", "PLUS")
    assert names(page) == ["plus_one", "plus_one_too"]
    assert page.inner_text("#count") == "2 of 12 students"
    page.fill("#search", "")
    page.select_option("#status", "not_found")
    assert set(names(page)) == {"nothing", "untouched_stub"}
    page.select_option("#status", "")
    page.select_option("#lost", label="double")
    assert "squares" in names(page)
    assert "all_correct" not in names(page)


def test_a_mistakes_students_can_be_shown_and_all_again(page: Page) -> None:
    page.click("#unnamed ~ article button[data-show]")
    assert len(names(page)) == 4
    page.click("#clear")
    assert len(names(page)) == 12


def test_hostile_names_are_text_and_nothing_else(page: Page) -> None:
    shown = names(page)
    assert MARKUP in shown
    assert r"abc\u202edcba" in shown
    assert page.query_selector("[onclick]") is None
    assert page.query_selector("#table b") is None
    assert "<i>Absent</i>" in (page.text_content("main") or "")


def test_a_students_page_has_feedback_verdicts_and_the_marked_module(page: Page) -> None:
    page.click(f"#table a:has-text({json.dumps('plus_one_too')})")
    assert page.inner_text("h1") == "plus_one_too"
    assert "You were asked" in page.inner_text("main")
    assert "more = x + 1" in page.inner_text("mark")
    page.go_back()
    page.click(f"#table a:has-text({json.dumps('bold & ')})")
    assert page.inner_text("h1") == MARKUP


def test_the_policy_stops_a_script_and_a_request_that_are_not_the_pages_own(browser: Browser, graded: Graded) -> None:
    page = browser.new_page()
    page.goto((graded.grades / "index.html").as_uri())
    policy = page.get_attribute("meta[http-equiv]", "content") or ""
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    blocked = page.evaluate(
        """() => new Promise((resolve) => {
            const found = [];
            document.addEventListener("securitypolicyviolation", (event) => {
                found.push(event.effectiveDirective);
                if (found.length === 2) resolve(found);
            });
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            new Image().src = "https://example.org/x.png";
            setTimeout(() => resolve(found), 3000);
        })"""
    )
    assert sorted(blocked) == ["img-src", "script-src-elem"]
    assert page.evaluate("window.ran") is None
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_hangs_over_the_edge_of_a_phone_and_text_can_be_read(
    browser: Browser, graded: Graded, scheme: Any
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    for path in (graded.grades / "index.html", graded.grades / "students" / "plus_one.html"):
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert (page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 28)") == (
            scheme == "dark"
        )
    page.close()


def test_two_whose_code_is_alike_are_shown_side_by_side_and_others_are_not(graded: Graded, tmp_path: Path) -> None:
    body = "    total = 0 * x\n    for place, value in enumerate(range({n})):\n        total = total + x * value - place * x\n    {end}\n"
    longer = "".join(
        f"    if total.sum() > {n}:\n        total = total * {n} - x.abs().sum() + {n}\n" for n in range(9)
    )
    mine = "def double(x):\n" + body.format(n=5, end="total = total + 2 * x") + longer + "    return total\n"
    theirs = mine.replace("total", "result").replace("place", "i")
    out = tmp_path / "grades"
    shutil.copytree(graded.grades, out)
    for name, text in {"plus_one": mine, "plus_one_too": theirs}.items():
        path = out / "outputs" / f"{name}.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "text": text}), encoding="utf-8")
    overview.make(graded.course, [out], similar=True)
    told = (out / "similar.html").read_text(encoding="utf-8")
    assert told.count("<article") == 1
    assert "<bdi>plus_one</bdi> and <bdi>plus_one_too</bdi>" in told
    assert "no finding" in told
    assert not (graded.grades / "similar.html").exists()
