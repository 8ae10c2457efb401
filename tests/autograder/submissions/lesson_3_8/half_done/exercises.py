"""Lesson 3.8: the counting is done, the model and the run are not."""

import math
from pathlib import Path

import torch
from torch import nn


def transformer_parameters(config):
    d = config["d_model"]
    f = config["d_ff"]
    attention = 4 * (d * d + d)
    mlp = (d * f + f) + (f * d + d)
    norms = 2 * (d + d)
    total = config["vocab"] * d + config["context"] * d
    total += config["layers"] * (attention + mlp + norms)
    total += 2 * d
    if not config["tied"]:
        total += d * config["vocab"]
    return total


def training_flops(n_params, n_tokens):
    return 6 * n_params * n_tokens


def compute_optimal(flops):
    n = math.sqrt(flops / 120)
    return n, 20 * n


def adam_memory_bytes(n_params, mixed):
    small = 2 if mixed else 4
    result = {
        "weights": small * n_params,
        "gradients": small * n_params,
        "master": 4 * n_params if mixed else 0,
        "moments": 8 * n_params,
    }
    result["total"] = sum(result.values())
    return result


def mfu(n_params, tokens_per_second, peak_flops):
    # TODO
    raise NotImplementedError("mfu is still to do")


def char_vocabulary(text):
    itos = sorted(set(text))
    stoi = {c: i for i, c in enumerate(itos)}
    return stoi, itos


def char_batch(data, context, batch_size, gen):
    if data.shape[0] <= context:
        raise ValueError("the text is shorter than one window and its last target")
    starts = torch.randint(0, data.shape[0] - context, (batch_size,), generator=gen).tolist()
    x = torch.stack([data[s : s + context] for s in starts])
    y = torch.stack([data[s + 1 : s + context + 1] for s in starts])
    return x, y


class CharModel(nn.Module):
    def __init__(self, vocab, dim, context):
        super().__init__()
        # TODO
        raise NotImplementedError("CharModel is still to do")

    def forward(self, ids):
        # TODO
        raise NotImplementedError("CharModel is still to do")


def train_with_checkpoints(data, config, steps, path, every, stop_at=None):
    # TODO
    raise NotImplementedError("train_with_checkpoints is still to do")
