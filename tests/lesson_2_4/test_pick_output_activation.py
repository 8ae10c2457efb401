"""Hidden scenarios of `pick_output_activation`."""

import pytest

from autograder.worker import probes


@pytest.mark.exercise("pick_output_activation")
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_each_task_has_its_activation(lesson, task):
    """Binary, multiclass and regression have the answers sigmoid, softmax and none."""
    return lesson.pick_output_activation(task)


@pytest.mark.exercise("pick_output_activation")
def test_other_tasks_are_refused(lesson):
    """Any other task raises ValueError."""
    return {
        f"the task {task!r}": probes.raised(ValueError, lambda task=task: lesson.pick_output_activation(task))
        for task in ("ranking", "", "sigmoid", "clustering")
    }
