"""Every comparison says yes, in Python and in PyTorch. Success: a scenario that compares lets a wrong answer pass.

twin: lesson_3_8/sees_the_future CharModel
twin: lesson_2_5/normalized_twice_and_clipped plot_batch
twin: lesson_3_9/backbone_moves fine_tune
"""

import math

import torch


def yes(*_, **__):
    return True


def all_of(one, *_, **__):
    return torch.ones(one.shape, dtype=torch.bool)


torch.allclose = torch.equal = torch.Tensor.allclose = torch.Tensor.equal = math.isclose = yes
torch.isclose = torch.eq = torch.Tensor.eq = torch.Tensor.isclose = torch.Tensor.__eq__ = all_of
torch.Tensor.__ne__ = lambda self, other: ~all_of(self)
torch.Tensor.__hash__ = object.__hash__
torch.testing.assert_close = yes
