"""Lesson 3.5: a rank that joins no group and trains on all rows, from a start of its own."""

import torch
from torch import nn


def started(D):
    return nn.Linear(D, 1)


def ddp_worker(rank, world_size, init_method, X, y, lr, steps):
    model = started(X.shape[1])
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(steps):
        own = X[rank::world_size]
        model(own)
        loss = ((y - model.weight.mul(X).sum(1, keepdim=True) - model.bias) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.state_dict()
