"""What `nbgrader generate_assignment` calls of ours: solutions cleared, with each exercise's own sentence in their place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions

from autograder.authoring.stubs import OwnTodo


def configure(config: Any, root: Path | str) -> None:
    """Put our way of clearing solutions in the place of nbgrader's.

    Args:
        config: nbgrader's, by `get_config()`.
        root: the course's repository.
    """
    steps = GenerateAssignment().preprocessors
    config.GenerateAssignment.preprocessors = [OwnTodo if step is ClearSolutions else step for step in steps]
    config.OwnTodo.root = str(root)
