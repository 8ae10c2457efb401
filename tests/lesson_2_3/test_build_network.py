"""Hidden scenarios of `build_network`."""

import pytest
import torch
from torch import nn

from autograder.worker import probes


def normal(rng, device, dtype, *shape):
    return torch.randn(shape, generator=rng, dtype=torch.float64).to(device, dtype)


def fill(model, rng, device, dtype):
    """Give the linear layers known weights, in their order."""
    model = model.to(device, dtype)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.Linear):
                module.weight.copy_(normal(rng, device, dtype, *module.weight.shape))
                module.bias.copy_(normal(rng, device, dtype, *module.bias.shape))
    return model


@pytest.mark.exercise("build_network")
@pytest.mark.weight(2)
@pytest.mark.check("chain_is_flat")
@pytest.mark.parametrize(
    ("layers", "largest"), [(3, 300), (2, 30), (5, 20)], ids=["three layers", "two layers", "five layers"]
)
def test_a_flat_chain_of_linear_layers_with_relu_between(lesson, rng, layers, largest):
    """One nn.Sequential of 2L - 1 modules; every linear layer has a bias; the list of sizes stays as it was."""
    sizes = (1 + torch.randperm(largest, generator=rng)[: layers + 1]).tolist()
    model, kept = probes.unchanged(lambda: lesson.build_network(sizes), sizes=sizes)
    return {
        "classes of the network": [kind.__name__ for kind in type(model).__mro__],
        "modules": [type(module).__name__ for module in model.children()],
        "parameters": probes.parameters(model),
        **kept,
    }


@pytest.mark.exercise("build_network")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("sizes", [[3, 8, 6, 4], [5, 5, 5]], ids=["several", "square"])
def test_what_the_network_computes(lesson, device, rng, dtype, sizes):
    """ReLU comes between the linear layers and not after the last, so predictions may be negative."""
    model = fill(lesson.build_network(sizes), rng, device, dtype)
    return model(normal(rng, device, dtype, 9, sizes[0]))


@pytest.mark.exercise("build_network")
@pytest.mark.parametrize("sizes", [[3, 2], [1, 1]], ids=["three to two", "one to one"])
def test_a_single_layer(lesson, device, rng, sizes):
    """Two sizes give a chain of one linear layer, without a ReLU."""
    model = fill(lesson.build_network(sizes), rng, device, torch.float32)
    out = model(normal(rng, device, torch.float32, 4, sizes[0]))
    return {"modules": [type(module).__name__ for module in model], "out": out}


@pytest.mark.exercise("build_network")
def test_layers_of_one_size_have_their_own_parameters(lesson, rng):
    """Equal sizes do not make layers share parameters."""
    size = int(torch.randint(3, 60, (1,), generator=rng))
    return {"parameters": probes.parameters(lesson.build_network([size, size, size, size]))}
