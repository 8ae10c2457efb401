"""Lesson 3.8: everything right, with an LSTM for a model."""

import os

import torch
import torch.nn.functional as F
from torch import nn


def linear(n_in, n_out, bias=True):
    return n_in * n_out + (n_out if bias else 0)


def transformer_parameters(config):
    d, f, v = config["d_model"], config["d_ff"], config["vocab"]
    per_block = sum(
        [
            4 * linear(d, d),
            linear(d, f),
            linear(f, d),
            2 * 2 * d,
        ]
    )
    embeddings = (v + config["context"]) * d
    head = 0 if config["tied"] else linear(d, v, bias=False)
    return embeddings + per_block * config["layers"] + 2 * d + head


def training_flops(n_params, n_tokens):
    forward, backward = 2, 4
    return (forward + backward) * n_params * n_tokens


def compute_optimal(flops):
    # C = 6 * N * 20 N
    n_params = (flops / 6 / 20) ** 0.5
    n_tokens = 20.0 * n_params
    return n_params, n_tokens


def adam_memory_bytes(n_params, mixed):
    if mixed:
        w, g, m = 2 * n_params, 2 * n_params, 4 * n_params
    else:
        w, g, m = 4 * n_params, 4 * n_params, 0
    v = 4 * n_params + 4 * n_params
    return {"weights": w, "gradients": g, "master": m, "moments": v, "total": w + g + m + v}


def mfu(n_params, tokens_per_second, peak_flops):
    return 6 * n_params * tokens_per_second / peak_flops


def char_vocabulary(text):
    chars = list(set(text))
    chars.sort()
    lookup = {}
    for i in range(len(chars)):
        lookup[chars[i]] = i
    return lookup, chars


def char_batch(data, context, batch_size, gen):
    n_windows = len(data) - context
    if n_windows <= 0:
        raise ValueError("text too short")
    first = torch.randint(n_windows, (batch_size,), generator=gen)
    places = first[:, None] + torch.arange(context)[None, :]
    places = places.to(data.device)
    return data[places], data[places + 1]


class CharModel(nn.Module):
    def __init__(self, vocab, dim, context):
        super().__init__()
        self.embedding = nn.Embedding(vocab, dim)
        self.rnn = nn.LSTM(dim, dim, batch_first=True)
        self.head = nn.Linear(dim, vocab)

    def forward(self, ids):
        out, _ = self.rnn(self.embedding(ids))
        return self.head(out)


def train_with_checkpoints(data, config, steps, path, every, stop_at=None):
    device = data.device
    before = torch.get_rng_state()
    torch.manual_seed(config["seed"])
    model = CharModel(data.max().item() + 1, config["dim"], config["context"]).to(device)
    torch.set_rng_state(before)
    opt = torch.optim.Adam(model.parameters(), lr=config["lr"])
    gen = torch.Generator()
    gen.manual_seed(config["seed"])
    losses = []
    done = 0
    if os.path.exists(path):
        saved = torch.load(path)
        model.load_state_dict(saved["model"])
        opt.load_state_dict(saved["opt"])
        gen.set_state(saved["gen"])
        losses = saved["losses"]
        done = saved["done"]
    while done < steps:
        x, y = char_batch(data, config["context"], config["batch_size"], gen)
        opt.zero_grad()
        loss = F.cross_entropy(model(x).permute(0, 2, 1), y)
        loss.backward()
        opt.step()
        losses.append(loss.item())
        done += 1
        if done == stop_at:
            break
        if done % every == 0 or done == steps:
            saved = {"model": model.state_dict(), "opt": opt.state_dict(), "gen": gen.get_state()}
            saved["losses"] = losses
            saved["done"] = done
            torch.save(saved, path)
    return losses
