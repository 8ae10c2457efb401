"""Hidden scenarios of `init_model_`.

The models are made here, when the file is read, and copied in the scenarios: layers are made with the help of
`torch.nn.init`, which is off limits while a scenario runs.
"""

import copy

import pytest
import torch
from torch import nn

from autograder.worker import probes

# Layers at different depths, among modules that are none of `init_model_`'s business; those of the large ones have 28,000 weights or more.
LARGE = nn.ModuleDict(
    {
        "conv": nn.Conv2d(24, 30, (5, 8)),
        "norm": nn.BatchNorm2d(30),
        "body": nn.Sequential(
            nn.Sequential(nn.Linear(400, 80), nn.LayerNorm(80)), nn.Dropout(), nn.Linear(110, 300, bias=False)
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
LINEAR, CONV, TINY = nn.Linear(200, 230), nn.Conv2d(50, 30, (6, 5)), nn.Linear(6, 8)


def seed_from(rng):
    return int(torch.randint(1, 1_000_000, (1,), generator=rng))


def make(seed):
    return torch.Generator().manual_seed(seed)


def layers(model):
    return {name: m for name, m in model.named_modules() if isinstance(m, nn.Linear | nn.Conv2d)}


def weights(model):
    return {name: layer.weight.detach().clone() for name, layer in layers(model).items()}


def fresh(model, device, rng, dtype=torch.float32):
    """Return a copy with somewhat larger layers, so that no deviation is fixed, and all numbers away from 0 and from 1."""
    model = copy.deepcopy(model)
    for layer in layers(model).values():
        shape = [int(torch.randint(n, n + n // 10 + 2, (1,), generator=rng)) for n in layer.weight.shape]
        layer.weight = nn.Parameter(torch.empty(shape))
        if layer.bias is not None:
            layer.bias = nn.Parameter(torch.empty(shape[0]))
        if isinstance(layer, nn.Linear):
            layer.out_features, layer.in_features = shape
        else:
            layer.out_channels, layer.in_channels, *kernel = shape
            layer.kernel_size = tuple(kernel)
    with torch.no_grad():
        for tensor in [*model.parameters(), *model.buffers()]:
            if tensor.is_floating_point():
                tensor.copy_(torch.randn(tensor.shape, generator=rng) + 5)
    return model.to(device, dtype)


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
    return weights(model)


@pytest.mark.exercise("init_model_")
@pytest.mark.weight(2)
@pytest.mark.check("deviations_are_right")
@pytest.mark.parametrize(("model", "name"), [(LINEAR, "relu"), (CONV, "linear")], ids=["linear", "convolution"])
def test_a_model_that_is_a_layer(lesson, device, rng, model, name):
    """The model may be a layer itself."""
    model = fresh(model, device, rng)
    lesson.init_model_(model, name, gen=make(seed_from(rng)))
    return weights(model)


@pytest.mark.exercise("init_model_")
@pytest.mark.weight(4)
@pytest.mark.check("layers_are_filled")
@pytest.mark.parametrize("name", ["relu", "tanh"])
def test_biases_become_zero(lesson, device, rng, name):
    """Each bias of these layers is 0 afterwards; a layer without one stays without; weights are filled."""
    model = fresh(SMALL, device, rng)
    before = weights(model)
    lesson.init_model_(model, name, make(seed_from(rng)))
    biases = {where: None if layer.bias is None else layer.bias.detach() for where, layer in layers(model).items()}
    return {"biases": biases, "weights": weights(model), "weights before": before}


@pytest.mark.exercise("init_model_")
@pytest.mark.weight(8)
def test_everything_else_stays(lesson, device, rng):
    """Norms, embeddings, `nn.Conv1d`, slopes, the model's own parameters and all buffers are left as they were."""
    model = fresh(SMALL, device, rng)
    mine = tuple(f"{where}." for where in layers(model))
    found = {}
    for name in ("relu", "tanh"):
        lesson.init_model_(model, name, make(seed_from(rng)))
        others = {key: value for key, value in model.state_dict().items() if not key.startswith(mine)}
        found[f"all else, with {name!r}"] = probes.kept(
            "something that belongs to no linear or 2-D convolution layer", others
        )
    return found


@pytest.mark.exercise("init_model_")
@pytest.mark.check("model_is_as_it_was")
def test_the_model_comes_back_in_its_state(lesson, device, rng):
    """The model itself is returned; parameters are the same objects, modes, `requires_grad` and `.grad` are as before."""
    model = fresh(SMALL, device, rng)
    model.eval()
    model["boxes"].train()
    model["conv"].requires_grad_(False)
    first = model["boxes"][0][1].weight
    first.grad = torch.randn(first.shape, generator=rng).to(device)
    objects, before = list(model.parameters()), model["conv"].weight.detach().clone()
    result = lesson.init_model_(model, "relu", make(seed_from(rng)))
    return {
        "it came back itself": probes.same_object(result, model),
        "its parameters are the same objects": [
            probes.same_object(old, new) for old, new in zip(objects, model.parameters(), strict=False)
        ],
        "modes": [module.training for module in model.modules()],
        "requires_grad": [[p.requires_grad, p.is_leaf] for p in model.parameters()],
        ".grad": first.grad,
        "weights": {"conv": model["conv"].weight},
        "weights before": {"conv": before},
    }


@pytest.mark.exercise("init_model_")
@pytest.mark.weight(2)
@pytest.mark.check("generator_decides")
@pytest.mark.parametrize("name", ["relu", "tanh"])
def test_gen_or_the_global_generator_decides(lesson, device, rng, name):
    """With `gen` its seed fixes all and global states stay; without it `torch.manual_seed` fixes all. Layers differ."""
    seed = seed_from(rng)
    model = fresh(TINY, device, rng)

    def filled(gen=None):
        lesson.init_model_(model, name, gen)
        return model.weight.detach().clone()

    gen = make(seed)
    torch.manual_seed(seed + 2)
    first, untouched = probes.global_rng_untouched(lambda: filled(gen))
    found = {"first": first, "second": filled(gen), "the global generator": untouched}
    torch.manual_seed(seed + 3)
    found |= {"same seed": filled(make(seed)), "another seed": filled(make(seed + 1)), "no gen": filled()}
    torch.manual_seed(seed + 3)
    found |= {"no gen, same global seed": filled(), "no gen, second": filled()}
    twins = nn.Sequential(copy.deepcopy(model), copy.deepcopy(model))
    lesson.init_model_(twins, name, make(seed))
    return found | {"one of two layers": twins[0].weight, "the other layer": twins[1].weight}
