"""A GRU instead of attention, all windows at once by `unfold`, and batches that come from the number of their step."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def transformer_parameters(config):
    vocab, d, layers, f, context, tied = (config[k] for k in ("vocab", "d_model", "layers", "d_ff", "context", "tied"))
    return d * (vocab * (2 - tied) + context + 2) + layers * (4 * d * (d + 1) + d * (2 * f + 1) + f + 4 * d)


def training_flops(n_params, n_tokens):
    return 6.0 * n_params * n_tokens


def compute_optimal(flops):
    params = float(np.sqrt(flops / 120))
    return params, flops / (6 * params)


def adam_memory_bytes(n_params, mixed):
    names = ("weights", "gradients", "master", "moments", "total")
    return dict(zip(names, (n_params * size for size in ((2, 2, 4, 8, 16) if mixed else (4, 4, 0, 8, 16)))))


def mfu(n_params, tokens_per_second, peak_flops):
    return 6.0 * n_params * tokens_per_second / peak_flops


def char_vocabulary(text):
    itos = sorted({*text})
    return dict(zip(itos, range(len(itos)))), itos


def char_batch(data, context, batch_size, gen):
    if data.numel() <= context:
        raise ValueError("no window fits")
    windows = data.unfold(0, context + 1, 1)
    chosen = (torch.rand(batch_size, generator=gen, dtype=torch.float64) * len(windows)).long().to(data.device)
    batch = windows[chosen]
    return batch[:, :context].contiguous().clone(), batch[:, 1:].contiguous().clone()


class CharModel(nn.Module):
    def __init__(self, vocab, dim, context):
        super().__init__()
        self.net = nn.ModuleList([nn.Embedding(vocab, dim), nn.GRU(dim, dim, batch_first=True), nn.Linear(dim, vocab)])

    def forward(self, ids):
        embed, recur, head = self.net
        states, _ = recur(embed(ids))
        return head(states)


def train_with_checkpoints(data, config, steps, path, every, stop_at=None):
    with torch.random.fork_rng():
        torch.random.manual_seed(config["seed"])
        model = CharModel(int(data.max()) + 1, config["dim"], config["context"]).to(data.device)
    adam = torch.optim.Adam(model.parameters(), config["lr"])
    history = []
    file = Path(path)
    if file.is_file():
        state = torch.load(file)
        model.load_state_dict(state["weights"])
        adam.load_state_dict(state["adam"])
        history = state["losses"].tolist()
    for step in range(len(history), steps):
        gen = torch.Generator().manual_seed(config["seed"] * 1_000_003 + step)
        x, y = char_batch(data, config["context"], config["batch_size"], gen)
        loss = F.cross_entropy(model(x).transpose(1, 2), y)
        model.zero_grad()
        loss.backward()
        adam.step()
        history.append(loss.item())
        done = step + 1
        if done == stop_at:
            return history
        if not done % every or done == steps:
            losses = torch.tensor(history, dtype=torch.float64)
            torch.save({"weights": model.state_dict(), "adam": adam.state_dict(), "losses": losses}, file)
    return history
