"""Loops over rows and places, a running mean in place of attention, and a checkpoint that pickles the objects themselves."""

import os
import random

import torch
from torch import nn


def transformer_parameters(config):
    sizes = []
    d = config["d_model"]
    sizes.append((config["vocab"], d))
    sizes.append((config["context"], d))
    for _ in range(config["layers"]):
        for _ in ("query", "key", "value", "output"):
            sizes += [(d, d), (d,)]
        sizes += [(config["d_ff"], d), (config["d_ff"],), (d, config["d_ff"]), (d,)]
        for _ in ("before attention", "before feed-forward"):
            sizes += [(d,), (d,)]
    sizes += [(d,), (d,)]
    if not config["tied"]:
        sizes.append((config["vocab"], d))
    count = 0
    for size in sizes:
        product = 1
        for length in size:
            product *= length
        count += product
    return count


def training_flops(n_params, n_tokens):
    forward = 2 * n_params * n_tokens
    backward = 2 * forward
    return forward + backward


def compute_optimal(flops):
    tokens = (20 * flops / 6) ** 0.5
    return tokens / 20, tokens


def adam_memory_bytes(n_params, mixed):
    half, full = 2, 4
    memory = {}
    memory["moments"] = n_params * full + n_params * full
    if mixed:
        memory["weights"] = memory["gradients"] = n_params * half
        memory["master"] = n_params * full
    else:
        memory["weights"] = memory["gradients"] = n_params * full
        memory["master"] = 0
    total = 0
    for size in list(memory.values()):
        total += size
    memory["total"] = total
    return memory


def mfu(n_params, tokens_per_second, peak_flops):
    per_token = 6 * n_params
    return per_token / (peak_flops / tokens_per_second)


def char_vocabulary(text):
    itos = []
    for character in text:
        if character not in itos:
            itos.append(character)
    itos.sort()
    stoi = {}
    for character in itos:
        stoi[character] = len(stoi)
    return stoi, itos


def char_batch(data, context, batch_size, gen):
    windows = data.shape[0] - context
    if windows < 1:
        raise ValueError("the text is too short")
    x, y = [], []
    for _ in range(batch_size):
        start = torch.randint(0, windows, (), generator=gen).item()
        x.append(data[start : start + context])
        y.append(data[start + 1 : start + 1 + context])
    return torch.stack(x), torch.stack(y)


class CharModel(nn.Module):
    def __init__(self, vocab, dim, context):
        super().__init__()
        self.tokens = nn.Embedding(vocab, dim)
        self.positions = nn.Parameter(torch.zeros(context, dim))
        self.hidden = nn.Linear(2 * dim, 2 * dim)
        self.out = nn.Linear(2 * dim, vocab)

    def forward(self, ids):
        seen = []
        places = []
        for t in range(ids.size(1)):
            now = self.tokens(ids[:, t]) + self.positions[t]
            seen.append(now)
            mean = sum(seen) / len(seen)
            places.append(self.out(torch.tanh(self.hidden(torch.cat([now, mean], dim=1)))))
        return torch.stack(places, dim=1)


def train_with_checkpoints(data, config, steps, path, every, stop_at=None):
    path = os.fspath(path)
    if os.path.exists(path):
        with open(path, "rb") as file:
            model, optimizer, state, history = torch.load(file, weights_only=False)
        gen = torch.Generator()
        gen.set_state(state)
    else:
        remembered = torch.get_rng_state()
        try:
            torch.manual_seed(random.Random(config["seed"]).randrange(2**32))
            model = CharModel(1 + data.max().item(), config["dim"], config["context"])
        finally:
            torch.set_rng_state(remembered)
        model.to(data.device)
        optimizer = torch.optim.Adam(model.parameters(), lr=config["lr"])
        gen = torch.Generator()
        gen.manual_seed(config["seed"] + 1)
        history = []
    for step in range(len(history) + 1, steps + 1):
        x, y = char_batch(data, config["context"], config["batch_size"], gen)
        loss = 0
        logits = model(x)
        for t in range(config["context"]):
            loss = loss + nn.functional.cross_entropy(logits[:, t], y[:, t])
        loss = loss / config["context"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(float(loss))
        if stop_at is not None and step == stop_at:
            return history
        if step % every == 0 or step == steps:
            with open(path, "wb") as file:
                torch.save((model, optimizer, gen.get_state(), history), file)
    return history
