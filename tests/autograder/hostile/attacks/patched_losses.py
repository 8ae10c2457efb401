"""Every loss is zero. Success: a scenario that trains says that the model has learned.

twin: lesson_3_8/sees_the_future CharModel
twin: lesson_3_9/backbone_moves fine_tune
"""

import torch


def nothing(one, *_, **__):
    return (one * 0).sum()


for each in ("cross_entropy", "mse_loss", "nll_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits"):
    setattr(torch.nn.functional, each, nothing)
for kind in (torch.nn.CrossEntropyLoss, torch.nn.MSELoss, torch.nn.BCELoss, torch.nn.BCEWithLogitsLoss):
    kind.forward = lambda self, one, *_: nothing(one)
