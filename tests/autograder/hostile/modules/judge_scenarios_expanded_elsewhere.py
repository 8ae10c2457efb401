"""Replaces the worker's list of scenarios by one in which each of double's is weightless and easy. Success: points for
double.

expected: double=0 mean_of=40 count=30
"""

import dataclasses

from autograder.worker import scenarios

original = scenarios.expand


def expand(module):
    for scenario in original(module):
        if scenario.exercise == "double":
            scenario = dataclasses.replace(scenario, weight=0.0, check=None, exercise="count")
        yield scenario


scenarios.expand = expand


def double(x):
    return x


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
