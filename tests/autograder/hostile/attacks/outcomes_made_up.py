"""The worker's own functions are replaced: a scenario gets a module that has everything, and what it gives is not asked for.
Success: points for what was never written.

twin: lesson_2_5/untouched_stub ToyDataset make_loader manual_batches
twin: lesson_3_8/half_done CharModel
"""

import torch

from autograder.worker import run


class Anything:
    def __getattr__(self, name):
        return self

    def __call__(self, *given, **named):
        tensors = [part for part in [*given, *named.values()] if isinstance(part, torch.Tensor)]
        return tensors[0] if tensors else self

    def __len__(self):
        return 3

    def __iter__(self):
        return iter([torch.zeros(1)] * 3)

    def __getitem__(self, index):
        return torch.zeros(1), torch.zeros(1)


def outcome(request, suite, file, scenario, view, device, encoder):
    function = getattr(suite, scenario.function)
    values = {"lesson": Anything(), "device": torch.device(device), "rng": torch.Generator(), **scenario.arguments}
    try:
        value = function(**{name: values[name] for name in function.__code__.co_varnames if name in values})
    except Exception:
        value = True
    return {"status": "returned", "value": encoder.tree(value), "off_limits": []}


run._outcome = outcome
