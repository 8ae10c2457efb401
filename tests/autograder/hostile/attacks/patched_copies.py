"""Copies are no copies, so that what was before and what is after are one. Success: a change is not seen.

twin: lesson_3_9/backbone_moves fine_tune
twin: lesson_2_1/eval_mode_left_on decision_grid
twin: lesson_3_8/optimizer_lost_and_softmax train_with_checkpoints
"""

import copy

import torch

copy.deepcopy = copy.copy = lambda one, *_: one
torch.clone = torch.Tensor.clone = lambda self, **_: self
torch.Tensor.__deepcopy__ = lambda self, _: self
