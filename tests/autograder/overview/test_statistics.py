"""The numbers of an overview, held against scipy and against examples by hand."""

from __future__ import annotations

import random

import pytest
from scipy import stats

from autograder.overview.reading import Entry, ExerciseResult
from autograder.overview.statistics import Mark, histogram, of_class, point_biserial


def entry(name: str, *points: tuple[float, float]) -> Entry:
    exercises = tuple(
        ExerciseResult(f"e{n}", got, most, () if got >= most else (f"t{n} on cpu",), 4, (), "", comparable=True)
        for n, (got, most) in enumerate(points)
    )
    return Entry(
        "lesson_1_1", name, "graded", sum(p for p, _ in points), sum(m for _, m in points), exercises, (0, "", "")
    )


def a_class(*columns: list[float]) -> list[Entry]:
    return [entry(f"s{n}", *((value, 10.0) for value in row)) for n, row in enumerate(zip(*columns, strict=True))]


@pytest.mark.parametrize("seed", range(5))
def test_discrimination_is_scipys_point_biserial_correlation(seed: int) -> None:
    chance = random.Random(seed)
    solved = [chance.random() < 0.6 for _ in range(50)]
    rest = [chance.uniform(0, 90) + 5 * hit for hit in solved]
    wanted = stats.pointbiserialr(solved, rest).statistic
    assert point_biserial(solved, rest) == pytest.approx(wanted, abs=1e-12)


def test_discrimination_leaves_the_exercise_itself_out_of_the_score() -> None:
    first, second = [10.0, 10.0, 0.0, 0.0], [9.0, 7.0, 3.0, 5.0]
    found = of_class(a_class(first, second), ["e0", "e1"]).exercises[0]
    assert found.discrimination == pytest.approx(stats.pointbiserialr([1, 1, 0, 0], second).statistic)
    # By hand: means 8 and 4, standard deviation of 9, 7, 3, 5 the root of 5, and half of each kind.
    assert found.discrimination == pytest.approx(4 / 5**0.5 * 0.5)


def test_difficulty_and_points_lost_by_hand() -> None:
    found = of_class(a_class([10.0, 5.0, 0.0, 10.0]), ["e0"])
    (one,) = found.exercises
    assert (one.mean, one.difficulty, one.solved, one.lost) == (6.25, 0.625, 2, 15.0)
    assert (found.mean, found.median) == (6.25, 7.5)
    assert found.deviation == pytest.approx(4.787, abs=1e-3)
    assert [(part.name, part.failed, part.of) for part in one.scenarios] == [("t0 on cpu", 2, 4)]


@pytest.mark.parametrize(("points", "mark"), [(10.0, Mark.EVERYBODY), (0.0, Mark.NOBODY)])
def test_where_all_have_the_same_there_is_no_correlation(points: float, mark: Mark) -> None:
    found = of_class(a_class([points] * 12, [float(n % 10) for n in range(12)]), ["e0", "e1"]).exercises[0]
    assert (found.discrimination, found.mark) == (None, mark)


def test_a_class_of_one_and_an_empty_one_have_numbers_or_none() -> None:
    alone = of_class(a_class([10.0], [5.0]), ["e0", "e1"])
    assert (alone.mean, alone.median, alone.deviation) == (15.0, 15.0, None)
    empty = of_class([], ["e0"])
    assert (empty.mean, empty.median, empty.hardest, sum(empty.histogram)) == (None, None, None, 0)


def test_an_exercise_that_the_best_fail_is_marked() -> None:
    strange = [0.0] * 6 + [10.0] * 14
    rest = [float(20 - n) / 2 for n in range(20)]
    found = of_class(a_class(strange, rest), ["e0", "e1"]).exercises[0]
    assert found.mark == Mark.BEST_FAIL
    assert found.discrimination is not None
    assert found.discrimination < 0


def test_an_exercise_that_separates_nothing_is_marked_and_a_good_one_is_not() -> None:
    rest = [float(n) / 2 for n in range(20)]
    turns = [10.0 if n % 2 else 0.0 for n in range(20)]
    good = [10.0 if n > 8 else 0.0 for n in range(20)]
    found = of_class(a_class(turns, rest, good), ["e0", "e1", "e2"])
    assert of_class(a_class(turns, rest), ["e0", "e1"]).exercises[0].mark == Mark.SEPARATES_NOTHING
    assert found.exercises[2].mark == Mark.NONE


def test_a_histogram_counts_full_points_and_a_bonus_in_the_last_tenth() -> None:
    assert histogram([0.0, 0.05, 0.1, 0.3, 0.7, 0.999, 1.0, 1.1]) == (2, 1, 0, 1, 0, 0, 0, 1, 0, 3)
