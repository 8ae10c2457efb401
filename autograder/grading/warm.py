"""The template that lessons' zygotes are forked from. Imports no torch: a command launches it before anything else."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.course import library_imports
from autograder.course.lesson import Lesson
from autograder.sandbox.template import Template


def template_for(chosen: Sequence[Lesson]) -> Template:
    """Return what is to be forked into the zygotes for some lessons of a course, not yet launched."""
    imports = sorted({name for lesson in chosen for name in library_imports.imports(lesson)})
    return Template(plots=any(map(library_imports.draws, chosen)), imports=imports)
