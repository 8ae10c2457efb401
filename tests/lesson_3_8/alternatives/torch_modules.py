"""PyTorch's own transformer and sampler, a trainer object, and a run whose draws come from the global generator."""

import io
import pickle
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import RandomSampler


def transformer_parameters(config):
    d = config["d_model"]
    with torch.device("meta"):
        block = nn.TransformerEncoderLayer(d, 1, config["d_ff"])
        rest = nn.ModuleList([nn.Embedding(config["vocab"], d), nn.Embedding(config["context"], d), nn.LayerNorm(d)])
        if not config["tied"]:
            rest.append(nn.Linear(d, config["vocab"], bias=False))
    in_block, outside = (sum(p.numel() for p in part.parameters()) for part in (block, rest))
    return outside + config["layers"] * in_block


def training_flops(n_params, n_tokens):
    return (2 + 4) * (n_params * n_tokens)


def compute_optimal(flops):
    low, high = 0.0, max(1.0, float(flops))
    for _ in range(400):
        middle = (low + high) / 2
        if training_flops(middle, 20 * middle) < flops:
            low = middle
        else:
            high = middle
    return high, 20 * high


@dataclass
class Memory:
    weights: int
    gradients: int
    master: int
    moments: int
    total: int = field(init=False)

    def __post_init__(self):
        self.total = self.weights + self.gradients + self.master + self.moments


def adam_memory_bytes(n_params, mixed):
    stored = torch.bfloat16 if mixed else torch.float32
    master = torch.float32.itemsize if mixed else 0
    return vars(
        Memory(
            n_params * stored.itemsize,
            n_params * stored.itemsize,
            n_params * master,
            2 * n_params * torch.float32.itemsize,
        )
    )


def mfu(n_params, tokens_per_second, peak_flops):
    seconds = training_flops(n_params, tokens_per_second) / peak_flops
    return float(seconds)


def char_vocabulary(text):
    numbered = list(enumerate(sorted(frozenset(text))))
    return {c: i for i, c in numbered}, list(map(itemgetter(1), numbered))


def char_batch(data, context, batch_size, gen):
    n = len(data) - context
    if n <= 0:
        raise ValueError(f"a text of {len(data)} with a context of {context}")
    starts = RandomSampler(range(n), replacement=True, num_samples=batch_size, generator=gen)
    rows = torch.stack([data.narrow(0, start, context + 1) for start in starts])
    return rows.narrow(1, 0, context).clone(), rows.narrow(1, 1, context).clone()


class CharModel(nn.Module):
    def __init__(self, vocab, dim, context):
        super().__init__()
        heads = 2 if dim % 2 == 0 else 1
        layer = partial(nn.TransformerEncoderLayer, dropout=0.0, batch_first=True, norm_first=True)
        self.register_buffer("places", torch.arange(context))
        self.wte, self.wpe = nn.Embedding(vocab, dim), nn.Embedding(context, dim)
        self.blocks = nn.TransformerEncoder(
            layer(dim, heads, 4 * dim), 2, norm=nn.LayerNorm(dim), enable_nested_tensor=False
        )
        self.head = nn.Linear(dim, vocab, bias=False)
        nn.init.zeros_(self.head.weight)

    def forward(self, ids):
        h = self.wte(ids) + self.wpe(self.places[: ids.size(1)])
        mask = torch.full((ids.size(1), ids.size(1)), -torch.inf, dtype=h.dtype).triu(1).to(h.device)
        return self.head(self.blocks(h, mask=mask))


class Run:
    def __init__(self, data, config):
        self.data, self.config, self.losses = data, config, []
        torch.manual_seed(config["seed"])
        self.model = CharModel(int(data.max()) + 1, config["dim"], config["context"]).to(data.device)
        self.adam = torch.optim.Adam(self.model.parameters(), lr=config["lr"])

    def step(self):
        x, y = char_batch(self.data, self.config["context"], self.config["batch_size"], torch.default_generator)
        log_p = self.model(x).log_softmax(-1)
        loss = -log_p.gather(-1, y.unsqueeze(-1)).mean()
        for parameter in self.model.parameters():
            parameter.grad = None
        for parameter, grad in zip(self.model.parameters(), torch.autograd.grad(loss, list(self.model.parameters()))):
            parameter.grad = grad
        self.adam.step()
        self.losses.append(loss.item())

    def save(self, path):
        memory = io.BytesIO()
        torch.save([self.model.state_dict(), self.adam.state_dict(), torch.get_rng_state()], memory)
        Path(path).write_bytes(pickle.dumps({"tensors": memory.getvalue(), "losses": self.losses}))

    def load(self, path):
        saved = pickle.loads(Path(path).read_bytes())
        model, adam, state = torch.load(io.BytesIO(saved["tensors"]))
        self.model.load_state_dict(model)
        self.adam.load_state_dict(adam)
        torch.set_rng_state(state)
        self.losses = saved["losses"]


def train_with_checkpoints(data, config, steps, path, every, stop_at=None):
    with torch.random.fork_rng():
        run = Run(data, config)
        if Path(path).exists():
            run.load(path)
        while (done := len(run.losses)) < steps:
            run.step()
            done += 1
            if done == stop_at:
                break
            if done == steps or done % every == 0:
                run.save(path)
        return run.losses
