"""Imports the solution, the checks and the grader's other modules by each name that they have. Success: an import works,
or a token is printed.

expected: double=30 mean_of=40 count=30
"""

import importlib

for name in (
    "solutions",
    "solutions.lesson_9_1.exercises",
    "solutions.lesson_9_1.misconceptions",
    "tests.lesson_9_1.checks",
    "checks",
    "checks.lesson_9_1",
    "autograder.grading.compare",
    "autograder.grading.score",
    "autograder.report.report",
    "autograder.batch.run",
    "autograder.sandbox.sandbox",
    "autograder.course.suite",
    "autograder.course.lesson",
):
    try:
        module = importlib.import_module(name)
    except ImportError:
        continue
    print("SUCCEEDED: imported", name, vars(module).get("TOKEN"))


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
