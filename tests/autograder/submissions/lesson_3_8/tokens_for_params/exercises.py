"""Lesson 3.8: gives 20 parameters to each token, which is the wrong way round."""

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
    tokens = math.sqrt(flops / 120)
    return 20 * tokens, tokens


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
    achieved = training_flops(n_params, tokens_per_second)
    return achieved / peak_flops


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
        self.emb = nn.Embedding(vocab, dim)
        self.pos = nn.Embedding(context, dim)
        self.q = nn.Linear(dim, dim, bias=False)
        self.k = nn.Linear(dim, dim, bias=False)
        self.v = nn.Linear(dim, dim, bias=False)
        self.mlp = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, 2 * dim), nn.ReLU(), nn.Linear(2 * dim, vocab))

    def forward(self, ids):
        T = ids.shape[1]
        x = self.emb(ids) + self.pos(torch.arange(T, device=ids.device))
        att = self.q(x) @ self.k(x).transpose(-2, -1) / x.shape[-1] ** 0.5
        mask = torch.tril(torch.ones(T, T, device=ids.device))
        att = att.masked_fill(mask == 0, float("-inf"))
        x = x + torch.softmax(att, dim=-1) @ self.v(x)
        return self.mlp(x)


def train_with_checkpoints(data, config, steps, path, every, stop_at=None):
    path = Path(path)
    vocab = int(data.max()) + 1
    with torch.random.fork_rng():
        torch.manual_seed(config["seed"])
        model = CharModel(vocab, config["dim"], config["context"])
    model.to(data.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=config["lr"])
    gen = torch.Generator().manual_seed(config["seed"])
    history = []
    if path.exists():
        checkpoint = torch.load(path)
        model.load_state_dict(checkpoint["model"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        gen.set_state(checkpoint["gen"])
        history = checkpoint["history"]
    for step in range(len(history) + 1, steps + 1):
        x, y = char_batch(data, config["context"], config["batch_size"], gen)
        logits = model(x)
        loss = nn.functional.cross_entropy(logits.reshape(-1, vocab), y.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(loss.item())
        if step == stop_at:
            return history
        if step % every == 0 or step == steps:
            torch.save(
                {
                    "model": model.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "gen": gen.get_state(),
                    "history": history,
                },
                path,
            )
    return history
