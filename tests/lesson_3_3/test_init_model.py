"""Hidden scenarios of `init_model_`.

The models are made here, when the file is read, and copied in the scenarios: layers are made with the help of
`torch.nn.init`, which is off limits while a scenario runs.
"""

import copy

import pytest
import torch
from torch import nn

from autograder.worker import probes

# Large layers, at different depths, among modules that are none of `init_model_`'s business.
LARGE = nn.ModuleDict(
    {
        "conv": nn.Conv2d(64, 32, (5, 9)),
        "norm": nn.BatchNorm2d(32),
        "body": nn.Sequential(
            nn.Sequential(nn.Linear(100, 1000), nn.LayerNorm(1000)), nn.Dropout(), nn.Linear(500, 300, bias=False)
        ),
    }
)
SMALL = nn.ModuleDict(
    {
        "conv": nn.Conv2d(2, 3, 2),
        "flat": nn.Conv2d(3, 4, 3, bias=False),
        "norms": nn.Sequential(nn.BatchNorm2d(3), nn.LayerNorm(4), nn.GroupNorm(2, 4)),
        "words": nn.Embedding(5, 3),
        "time": nn.Conv1d(3, 4, 2),
        "slope": nn.PReLU(),
        "boxes": nn.Sequential(nn.Sequential(nn.Sequential(nn.Linear(3, 2)), nn.Linear(2, 4))),
    }
)
SMALL.own = nn.Parameter(torch.zeros(3, 4))
LINEAR, CONV = nn.Linear(300, 350), nn.Conv2d(60, 40, (7, 6))


def seed_from(rng):
    return int(torch.randint(1, 1_000_000, (1,), generator=rng))


def make(seed):
    return torch.Generator().manual_seed(seed)


def fresh(model, device, rng, dtype=torch.float32):
    """Return a copy whose parameters and buffers are all away from 0 and from 1."""
    model = copy.deepcopy(model)
    with torch.no_grad():
        for tensor in [*model.parameters(), *model.buffers()]:
            if tensor.is_floating_point():
                tensor.copy_(torch.randn(tensor.shape, generator=rng) + 5)
    return model.to(device, dtype)


def layers(model):
    return {name: m for name, m in model.named_modules() if isinstance(m, nn.Linear | nn.Conv2d)}


def moments(weight):
    """Return the weight's deviation, in bfloat16 since that is compared coarsely, and whether its mean is near 0."""
    values = weight.detach().double().cpu()
    deviation = float(values.std(correction=0))
    return {
        "deviation": torch.tensor(deviation * values.numel() ** 0.5 / 8, dtype=torch.bfloat16),
        "mean is near 0": abs(float(values.mean())) <= 6 * deviation / values.numel() ** 0.5,
    }


@pytest.mark.exercise("init_model_")
@pytest.mark.weight(3)
@pytest.mark.check("deviations_are_right")
@pytest.mark.parametrize(
    ("name", "dtype"),
    [("relu", torch.float32), ("tanh", torch.float32), ("leaky_relu", torch.float32), ("sigmoid", torch.float64)],
    ids=["relu", "tanh", "leaky_relu", "sigmoid"],
)
def test_weights_of_all_layers(lesson, device, rng, name, dtype):
    """Kaiming for ReLU and Xavier with the gain 1 for all else, in layers at any depth."""
    model = fresh(LARGE, device, rng, dtype)
    lesson.init_model_(model, name, make(seed_from(rng)))
    return {where: moments(layer.weight) for where, layer in layers(model).items()}


@pytest.mark.exercise("init_model_")
@pytest.mark.weight(2)
@pytest.mark.check("deviations_are_right")
@pytest.mark.parametrize(("model", "name"), [(LINEAR, "relu"), (CONV, "linear")], ids=["linear", "convolution"])
def test_a_model_that_is_a_layer(lesson, device, rng, model, name):
    """The model may be a layer itself."""
    model = fresh(model, device, rng)
    lesson.init_model_(model, name, gen=make(seed_from(rng)))
    return {"": moments(model.weight)}


@pytest.mark.exercise("init_model_")
@pytest.mark.weight(2)
@pytest.mark.parametrize("name", ["relu", "tanh"])
def test_biases_become_zero(lesson, device, rng, name):
    """Each bias of these layers is 0 afterwards; a layer without one stays without; weights are filled."""
    model = fresh(SMALL, device, rng)
    before = {where: layer.weight.detach().clone() for where, layer in layers(model).items()}
    lesson.init_model_(model, name, make(seed_from(rng)))
    found = layers(model)
    return {
        "biases": {where: None if layer.bias is None else layer.bias.detach() for where, layer in found.items()},
        "weights": {where: bool((layer.weight != before[where]).all()) for where, layer in found.items()},
    }


@pytest.mark.exercise("init_model_")
@pytest.mark.weight(2)
def test_everything_else_stays(lesson, device, rng):
    """Norms, embeddings, `nn.Conv1d`, slopes, the model's own parameters and all buffers are left as they were."""
    model = fresh(SMALL, device, rng)
    mine = tuple(f"{where}." for where in layers(model))
    found = []
    for name in ("relu", "tanh"):
        lesson.init_model_(model, name, make(seed_from(rng)))
        found.append({key: v.detach().clone() for key, v in model.state_dict().items() if not key.startswith(mine)})
    return found


@pytest.mark.exercise("init_model_")
def test_the_model_comes_back_in_its_state(lesson, device, rng):
    """The model itself is returned; parameters are the same objects, modes, `requires_grad` and `.grad` are as before."""
    model = fresh(SMALL, device, rng)
    model.eval()
    model["boxes"].train()
    model["conv"].requires_grad_(False)
    first = model["boxes"][0][1].weight
    first.grad = torch.randn(first.shape, generator=rng).to(device)
    objects, grad = [id(p) for p in model.parameters()], first.grad.clone()
    result = lesson.init_model_(model, "relu", make(seed_from(rng)))
    return {
        "itself": result is model,
        "objects": objects == [id(p) for p in model.parameters()],
        "modes": [module.training for module in model.modules()],
        "requires_grad": [p.requires_grad and p.is_leaf for p in model.parameters()],
        "frozen": [p.requires_grad for p in model["conv"].parameters()],
        "grad": torch.equal(first.grad, grad),
        "filled": bool((model["conv"].weight.detach().abs() < 4).all()),
    }


@pytest.mark.exercise("init_model_")
@pytest.mark.weight(2)
@pytest.mark.parametrize("name", ["relu", "tanh"])
def test_gen_or_the_global_generator_decides(lesson, device, rng, name):
    """With `gen` its seed fixes all and global states stay; without it `torch.manual_seed` fixes all. Layers differ."""
    seed = seed_from(rng)
    model = fresh(LINEAR, device, rng)

    def filled(gen=None):
        lesson.init_model_(model, name, gen)
        return model.weight.detach().clone()

    gen = make(seed)
    torch.manual_seed(seed + 2)
    first, untouched = probes.global_rng_untouched(lambda: filled(gen))
    second = filled(gen)
    torch.manual_seed(seed + 3)
    again, other, free = filled(make(seed)), filled(make(seed + 1)), filled()
    torch.manual_seed(seed + 3)
    free_again = filled()
    twins = nn.Sequential(copy.deepcopy(model), copy.deepcopy(model))
    lesson.init_model_(twins, name, make(seed))
    return {
        "same seed, same numbers": torch.equal(first, again),
        "another seed, the same numbers": torch.equal(first, other),
        "second call, the same numbers": torch.equal(first, second),
        "global states untouched": untouched,
        "no gen, same global seed, same numbers": torch.equal(free, free_again),
        "no gen, second call, the same numbers": torch.equal(free, filled()),
        "two layers, the same numbers": torch.equal(twins[0].weight, twins[1].weight),
    }
