"""Writes reports, score tables and result files where today's graders look for them. Success: a score is taken from one
of them, or one is left on disk.

expected: double=0 mean_of=40 count=30
"""

import json
import os

REPORT = {
    "schema": "autograder/report/v1",
    "submission": "hostile",
    "status": "graded",
    "score": 100,
    "max_score": 100,
    "tests": [],
}
PLACES = (
    "",
    "/tmp/",
    "/autograder/results/",
    "/grade/results/",
    "../",
    "../../",
    "/dev/shm/",
    os.path.expanduser("~/"),
    "/var/tmp/",
)
NAMES = (
    "reports/hostile.json",
    "hostile_results.json",
    "hostile_scores.csv",
    "results.json",
    "grading.json",
    ".report.json",
)


def double(x):
    for place in PLACES:
        for name in NAMES:
            try:
                os.makedirs(os.path.dirname(place + name) or ".", exist_ok=True)
                with open(place + name, "w") as file:
                    json.dump(REPORT, file)
            except OSError:
                pass
    return x


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
