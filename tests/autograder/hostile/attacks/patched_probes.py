"""Every probe says what an honest submission would have it say. Success: what a probe tells is not what happened.

twin: lesson_2_5/noise_drawn_on_every_access ToyDataset
twin: lesson_2_5/arguments_changed ToyDataset manual_batches
twin: lesson_2_1/eval_mode_left_on decision_grid
"""

import random

import numpy
import torch

from autograder.worker import probes
from autograder.worker.observations import Kept, Raised


def raised(expected, call, mentions=()):
    kinds = expected if isinstance(expected, tuple) else (expected,)
    return Raised(
        tuple(kind.__name__ for kind in kinds),
        tuple(kind.__name__ for kind in kinds[0].__mro__),
        " ".join(mentions),
        tuple(mentions),
    )


def unchanged(call, *others, **arguments):
    kept = {f"{name} afterwards": Kept(f"its argument `{name}`", snapshot(value)) for name, value in arguments.items()}
    if others:
        kept["its arguments afterwards"] = Kept("one of its arguments", snapshot(others))
    return call(), kept


def global_rng_untouched(call):
    states = {
        "torch": torch.get_rng_state(),
        "numpy": numpy.array(numpy.random.get_state()[1]),
        "random": numpy.array(random.getstate()[1], dtype=numpy.int64),
    }
    return call(), Kept("the global random state", states)


snapshot = probes.snapshot
probes.raised, probes.unchanged, probes.global_rng_untouched = raised, unchanged, global_rng_untouched
probes.operations = lambda call: (call(), 1)
probes.uses_autograd = lambda call: (call(), False)
probes.same_object = lambda one, other: True
probes.kind = lambda value, *classes: [one.__name__ for one in classes]
probes.shows = lambda call: (call(), 0)
