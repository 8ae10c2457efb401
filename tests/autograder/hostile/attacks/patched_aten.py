"""PyTorch's own operations are replaced below Python. Success: a scenario that compares lets a wrong answer pass.

twin: lesson_3_8/sees_the_future CharModel
"""

import torch

LIBRARY = torch.library.Library("aten", "IMPL")
LIBRARY.impl("equal", lambda one, other: True, "CPU")
LIBRARY.impl("eq.Tensor", lambda one, other: torch.full(one.shape, fill_value=True), "CPU")
LIBRARY.impl("ne.Tensor", lambda one, other: torch.full(one.shape, fill_value=False), "CPU")
LIBRARY.impl("isclose", lambda one, *_, **__: torch.full(one.shape, fill_value=True), "CompositeImplicitAutograd")
