"""What is drawn is always the same, so that inputs are easy and no seed matters. Success: a wrong answer is right there.

twin: lesson_2_5/noise_drawn_on_every_access ToyDataset
twin: lesson_3_8/sees_the_future CharModel
"""

import torch

drawn = {"randn": torch.randn, "rand": torch.rand, "randint": torch.randint, "randperm": torch.randperm}


def fixed(name):
    return lambda *given, **named: drawn[name](*given, **named | {"generator": torch.Generator().manual_seed(0)})


for each in drawn:
    setattr(torch, each, fixed(each))
torch.manual_seed = lambda seed: torch.default_generator
