"""Checks run beside the grader, under bounds; what breaks there costs one scenario and is told as what it is."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from autograder.course.suite import SuiteScenario
from autograder.grading import checking
from autograder.grading.checking import BoundCheck, CheckBroke
from autograder.grading.results import VerdictKind
from autograder.grading.verdicts import judge
from autograder.sandbox.decode import TensorValue
from autograder.sandbox.jobs import Outcome, OutcomeStatus
from autograder.worker.scenarios import Scenario

SOURCE = """
import os, time
import torch

def same(student, reference):
    return None if torch.equal(student, reference) else f"{student} is not {reference}"

def pair(student, reference):
    return None if student["x"][0] == reference["x"][0] else "the first of x differs"

def swells(student, reference):
    return str((student.reshape(-1, 1) - student.reshape(1, -1)).double().sum())

def spins(student, reference):
    while student.numel() > 1:
        pass

def dies(student, reference):
    if student.numel() > 1:
        os._exit(3)

def broken(student, reference):
    raise KeyError("x")

def where(student, reference):
    return str(os.getpid())

def killed(student, reference):
    # Is killed so many times, as an operator or the kernel would do it, and then answers.
    with open(student["tries"], "a+") as file:
        file.write(".")
        file.flush()
        file.seek(0)
        if len(file.read()) <= student["kills"]:
            os.kill(os.getpid() if student["who"] == "itself" else os.getppid(), student["signal"])
            time.sleep(0.2 if student["who"] == "itself" else 0)
            if student["who"] == "both":
                os.kill(os.getpid(), student["signal"])
    return "it answers"
"""


@pytest.fixture(scope="module")
def checks() -> Iterator[dict[str, BoundCheck]]:
    space: dict[str, Any] = {}
    exec(SOURCE, space)
    names = ("same", "pair", "swells", "spins", "dies", "broken", "where", "killed")
    made = checking.bound({name: space[name] for name in names}, SOURCE)
    checking.start(made)
    yield made
    checking.close(made)


def tensor(values: torch.Tensor) -> TensorValue:
    return TensorValue(values, "cpu", requires_grad=False, kind="Tensor", complex="")


def judged(check: BoundCheck, came: Any, wanted: Any) -> tuple[str, str]:
    scenario = Scenario("test_x", 0, "test_x", "x", 1.0, check.name, None, {})
    verdict = judge(
        SuiteScenario("test_x.py", scenario),
        "cpu",
        Outcome(OutcomeStatus.RETURNED, came),
        Outcome(OutcomeStatus.RETURNED, wanted),
        check,
    )
    return verdict.verdict, verdict.student_message


def test_values_arrive_as_they_are(checks: dict[str, BoundCheck]) -> None:
    values = {"x": [torch.tensor([1, 2]), (1.5, None, True)], 3: "text"}
    assert checks["same"](torch.tensor([1 + 2j]), torch.tensor([1 + 2j])) is None
    assert checks["broken"].runner.ask("same", torch.ones(2), torch.ones(2)) is None
    with pytest.raises(CheckBroke, match="Boolean value"):
        checks["pair"](values, {"x": [torch.tensor([1, 3])]})


def test_a_check_runs_in_another_process(checks: dict[str, BoundCheck]) -> None:
    assert checks["where"].runner.ask("where", 1, 1) != str(os.getpid())


def test_what_a_check_says_of_students_words_is_masked(checks: dict[str, BoundCheck]) -> None:
    assert checks["same"].runner.ask("same", torch.ones(1), torch.zeros(1)) is not None
    said = checks["same"](torch.ones(1), torch.zeros(1))
    assert said is not None
    assert "is not" in said


@pytest.mark.parametrize(
    ("name", "came", "told"),
    [
        ("swells", torch.ones(60_000), "What came back is too large, or takes too long, to be judged."),
        ("spins", torch.ones(2), "What came back is too large, or takes too long, to be judged."),
        ("dies", torch.ones(2), "What came back is too large, or takes too long, to be judged."),
    ],
)
def test_a_check_that_passes_its_bounds_costs_its_scenario_alone(
    checks: dict[str, BoundCheck], name: str, came: torch.Tensor, told: str
) -> None:
    assert judged(checks[name], tensor(came), tensor(torch.ones(1))) == (VerdictKind.FAILED, told)
    assert judged(checks["same"], tensor(torch.ones(1)), tensor(torch.ones(1))) == (VerdictKind.PASSED, "")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGALRM])
@pytest.mark.parametrize("who", ["itself", "both", "the one that watches it"])
def test_a_check_that_is_ended_from_outside_is_asked_again(
    checks: dict[str, BoundCheck], tmp_path: Path, number: int, who: str
) -> None:
    asked = {"tries": str(tmp_path / "tries"), "kills": 2, "signal": int(number), "who": who}
    assert checks["killed"].runner.ask("killed", asked, 1) == "it answers"
    assert judged(checks["same"], tensor(torch.ones(1)), tensor(torch.ones(1))) == (VerdictKind.PASSED, "")


def test_a_check_that_is_ended_from_outside_every_time_is_the_graders_trouble(
    checks: dict[str, BoundCheck], tmp_path: Path
) -> None:
    asked = {"tries": str(tmp_path / "tries"), "kills": 99, "signal": int(signal.SIGKILL), "who": "itself"}
    with pytest.raises(OSError, match=r"ended from outside 3 times: .*\(-9\)"):
        checks["killed"].runner.ask("killed", asked, 1)
    assert len((tmp_path / "tries").read_text()) == checking.TRIES


def test_what_a_check_stumbles_over_is_told_by_its_form(checks: dict[str, BoundCheck]) -> None:
    wanted = {"x": [1.0]}
    assert judged(checks["pair"], {"y": 1}, wanted) == (
        VerdictKind.FAILED,
        "What came back is not of the form that was asked for.",
    )
    assert judged(checks["pair"], {"x": [1.0]}, wanted) == (VerdictKind.PASSED, "")


def test_a_check_that_breaks_on_the_reference_is_the_graders_trouble(checks: dict[str, BoundCheck]) -> None:
    assert judged(checks["broken"], 1, 1)[0] == VerdictKind.GRADER_ERROR


def test_several_threads_get_their_own_answers(checks: dict[str, BoundCheck]) -> None:
    wrong = []

    def ask(number: int) -> None:
        for _ in range(20):
            if checks["same"](torch.tensor([number]), torch.tensor([number])) is not None:
                wrong.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_closed_process_leaves_nothing_and_starts_again() -> None:
    space: dict[str, Any] = {}
    exec(SOURCE, space)
    made = checking.bound({"where": space["where"]}, SOURCE)
    pid = int(made["where"].runner.ask("where", 1, 1) or 0)
    checking.close(made)
    assert not Path(f"/proc/{pid}").exists()
    assert made["where"].runner.ask("where", 1, 1) != str(pid)
    checking.close(made)
