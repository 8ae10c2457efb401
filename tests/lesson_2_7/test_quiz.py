"""Hidden scenarios of `quiz`: one a question; the check knows what is wrong with each option."""

import pytest


@pytest.mark.exercise("quiz")
@pytest.mark.check("answer")
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
def test_question(lesson, number):
    """The letter that stands for this question."""
    answers = lesson.quiz()
    if not isinstance(answers, dict):
        return {"question": number, "returned": answers}
    others = [key for key in (0, str(number)) if key in answers]
    return {"question": number, "answer": answers.get(number), "other keys": others}
