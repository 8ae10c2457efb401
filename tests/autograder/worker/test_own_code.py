"""What a submission replaced in the worker's own functions is put back, however it was replaced."""

from __future__ import annotations

from typing import Any

import pytest

from autograder.worker import encode, observations, own_code, probes, run
from autograder.worker.own_code import OwnCode


class Liar:
    """Equals everything."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]  # as hostile as can be

    def __call__(self, *_: Any) -> str:
        return "a lie"


@pytest.fixture
def running() -> OwnCode:
    return own_code.running()


def test_a_function_that_was_replaced_is_put_back(running: OwnCode, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = probes.same_object
    monkeypatch.setattr(probes, "same_object", Liar())
    running.put_back()
    assert probes.same_object is honest
    assert not probes.same_object(1, 2)


def test_code_that_was_replaced_in_a_function_is_put_back(running: OwnCode) -> None:
    honest = probes.same_object.__code__
    probes.same_object.__code__ = (lambda *_: True).__code__
    assert probes.same_object(1, 2)
    running.put_back()
    assert probes.same_object.__code__ is honest
    assert not probes.same_object(1, 2)


def test_a_method_that_was_replaced_is_put_back(running: OwnCode, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = encode.Encoder.tree
    monkeypatch.setattr(encode.Encoder, "tree", lambda *_: "a lie")
    running.put_back()
    assert encode.Encoder.tree is honest
    assert encode.Encoder(0).tree(1) == 1


def test_a_name_that_was_removed_is_put_back(running: OwnCode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(probes, "kind")
    monkeypatch.delattr(observations.Kept, "__init__")
    running.put_back()
    assert probes.kind(1, int) == ["int"]
    assert observations.Kept("x", 1).value == 1


def test_the_runner_itself_is_put_back(running: OwnCode, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = run._outcome
    monkeypatch.setattr(run, "_outcome", Liar())
    running.put_back()
    assert run._outcome is honest


def test_probes_are_put_back_after_a_call_of_a_submissions_function(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = probes.snapshot

    def changing(x: list[int]) -> list[int]:
        monkeypatch.setattr(probes, "snapshot", Liar())
        x.append(1)
        return x

    lesson = run.LessonProxy(_module(changing), {}, own_code.probes())
    x: list[int] = []
    _, kept = probes.unchanged(lambda: lesson.changing(x), x=x)
    assert probes.snapshot is honest
    assert kept["x afterwards"].value == [1]


def _module(function: Any) -> Any:
    module = type(run)("exercises")
    vars(module)[function.__name__] = function
    return module
