"""Hidden scenarios of `Autoencoder`."""

import pytest
import torch

from autograder.worker import probes


def made(lesson, device, input_dim, code_dim, dtype=torch.float32):
    """Return an autoencoder on a device, in a dtype."""
    return lesson.Autoencoder(input_dim, code_dim).to(device, dtype)


def drawn(rng, low, high):
    """Return a whole number from low to high."""
    return int(torch.randint(low, high + 1, (1,), generator=rng))


def taught(lesson, rng, device, d, c):
    """Return an autoencoder that was trained a little, and rows between 0 and 1 whose columns have drawn means.

    It learns through its code, so that what it rebuilds of the rows tells at least which rows they are.
    """
    model = made(lesson, device, d, c)
    means = 0.15 + 0.7 * torch.rand(d, generator=rng)
    x = (means + 0.02 * torch.randn(8, d, generator=rng)).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    for _ in range(120):
        loss = (model.decode(model.encode(x)) - x).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model, x


@pytest.mark.exercise("Autoencoder")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("case", ["wide", "one row", "square"])
def test_shapes(lesson, device, rng, dtype, case):
    """Codes are (N, C), what is rebuilt is (N, D), in the model's dtype and on its device."""
    n, d, c = drawn(rng, 5, 40), drawn(rng, 21, 40), drawn(rng, 1, 20)
    if case == "one row":
        n = 1
    if case == "square":
        n = c = d
    model = made(lesson, device, d, c, dtype)
    x = torch.randn(n, d, generator=rng, dtype=dtype).to(device)
    z = torch.randn(n, c, generator=rng, dtype=dtype).to(device)
    return {
        "encode": probes.form(model.encode(x)),
        "decode": probes.form(model.decode(z)),
        "the model's output": probes.form(model(x)),
    }


@pytest.mark.exercise("Autoencoder")
@pytest.mark.check("forward_decodes_the_code")
def test_forward_is_decode_of_encode(lesson, device, rng):
    """Calling the model gives what decoding the code gives, and nothing more; in both modes, each time."""
    model, x = taught(lesson, rng, device, 6, 2)
    outputs = {}
    for name, mode in {"training mode": True, "eval mode": False, "training mode again": True}.items():
        model.train(mode)
        outputs[name] = {"forward": model(x).detach(), "rebuilt": model.decode(model.encode(x)).detach()}
    return {"modes": outputs, "x": x}


@pytest.mark.exercise("Autoencoder")
@pytest.mark.check("each_row_for_itself")
def test_each_row_for_itself(lesson, device, rng):
    """A row's code and its rebuilt values do not depend on the other rows."""
    model, x = taught(lesson, rng, device, 5, 2)
    codes = model.train().encode(x).detach()
    return {
        "codes": codes,
        "the code of one row": model.encode(x[2:3]).detach(),
        "rebuilt": model.decode(codes).detach(),
        "rebuilt of one code": model.decode(codes[4:5]).detach(),
        "x": x,
    }


@pytest.mark.exercise("Autoencoder")
@pytest.mark.check("no_parameters_are_shared")
def test_encoder_and_decoder_share_no_parameters(lesson, device, rng):
    """No parameter gets a gradient from both; each of the two has some that do."""
    model, x = taught(lesson, rng, device, 4, 2)
    z = model.encode(x).detach()
    gradients = {}
    for name, output in {"encode": model.encode(x), "decode": model.decode(z)}.items():
        found = torch.autograd.grad(output.square().sum(), list(model.parameters()), allow_unused=True)
        gradients[name] = list(found)
    return {"gradients": gradients, "rebuilt": model.decode(z).detach(), "x": x}


@pytest.mark.exercise("Autoencoder")
@pytest.mark.check("beats_the_mean")
@pytest.mark.weight(2)
@pytest.mark.parametrize("shift", [0.0, 2.0], ids=["around 0", "beside 0"])
def test_it_learns_what_two_numbers_describe(lesson, device, rng, shift):
    """On data that two hidden numbers describe, the error after training is under half of that of always predicting the mean."""
    directions = torch.linalg.qr(torch.randn(8, 2, generator=rng))[0]
    x = 3 * torch.randn(64, 2, generator=rng) @ directions.T + shift
    model, x = made(lesson, device, 8, 2), x.to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(400):
        loss = (model(x) - x).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {"rebuilt": model(x).detach(), "code": model.encode(x).detach(), "x": x}


@pytest.mark.exercise("Autoencoder")
@pytest.mark.check("far_from_zero")
def test_rebuilt_values_may_be_anything(lesson, device, rng):
    """The last layer is linear, so rebuilt values of either sign, far from 0, can come out; its bias alone could do it."""
    model = made(lesson, device, 6, 2)
    signs = 2.0 * torch.randint(0, 2, (1, 6), generator=rng) - 1
    target = (signs * (4 + 2 * torch.rand(1, 6, generator=rng))).to(device)
    z = torch.randn(1, 2, generator=rng).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    for _ in range(300):
        loss = (model.decode(z) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {"decoded": model.decode(z).detach(), "target": target}
