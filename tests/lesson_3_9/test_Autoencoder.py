"""Hidden scenarios of `Autoencoder`."""

import pytest
import torch
from torch import nn


def made(lesson, device, input_dim, code_dim, dtype=torch.float32):
    """Return an autoencoder on a device, in a dtype."""
    return lesson.Autoencoder(input_dim, code_dim).to(device, dtype)


@pytest.mark.exercise("Autoencoder")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("n", "d", "c"), [(5, 7, 2), (1, 4, 1), (3, 3, 3)], ids=["wide", "one row", "square"])
def test_shapes(lesson, device, rng, dtype, n, d, c):
    """Codes are (N, C), what is rebuilt is (N, D), in the model's dtype and on its device."""
    model = made(lesson, device, d, c, dtype)
    x = torch.randn(n, d, generator=rng, dtype=dtype).to(device)
    z = torch.randn(n, c, generator=rng, dtype=dtype).to(device)
    results = model.encode(x), model.decode(z), model(x)
    return isinstance(model, nn.Module), [torch.zeros_like(result) for result in results]


@pytest.mark.exercise("Autoencoder")
def test_forward_is_decode_of_encode(lesson, device, rng):
    """Calling the model gives what decoding the code gives, and nothing more; in both modes, each time."""
    model = made(lesson, device, 6, 2)
    x = 3 * torch.randn(8, 6, generator=rng).to(device)
    gaps = []
    for mode in (True, False, True):
        model.train(mode)
        gaps.append(bool(torch.allclose(model(x), model.decode(model.encode(x)), atol=1e-6)))
    return gaps


@pytest.mark.exercise("Autoencoder")
def test_each_row_for_itself(lesson, device, rng):
    """A row's code and its rebuilt values do not depend on the other rows."""
    model = made(lesson, device, 5, 2).train()
    x = torch.randn(6, 5, generator=rng).to(device)
    z = torch.randn(6, 2, generator=rng).to(device)
    return (
        bool(torch.allclose(model.encode(x)[2:3], model.encode(x[2:3]), atol=1e-5)),
        bool(torch.allclose(model.decode(z)[4:5], model.decode(z[4:5]), atol=1e-5)),
    )


@pytest.mark.exercise("Autoencoder")
def test_encoder_and_decoder_share_no_parameters(lesson, device, rng):
    """No parameter gets a gradient from both; every one gets one from the whole."""
    model = made(lesson, device, 4, 2)
    x = torch.randn(20, 4, generator=rng).to(device)
    z = torch.randn(20, 2, generator=rng).to(device)
    used = []
    for output in (model.encode(x), model.decode(z)):
        gradients = torch.autograd.grad(output.square().sum(), list(model.parameters()), allow_unused=True)
        used.append({place for place, gradient in enumerate(gradients) if gradient is not None})
    return not used[0] & used[1], bool(used[0]) and bool(used[1])


@pytest.mark.exercise("Autoencoder")
@pytest.mark.check("beats_the_mean")
@pytest.mark.weight(2)
@pytest.mark.parametrize("shift", [0.0, 2.0], ids=["around 0", "beside 0"])
def test_it_learns_what_two_numbers_describe(lesson, device, rng, shift):
    """On data with two hidden numbers the error after training is under half of that of predicting the mean."""
    directions = torch.linalg.qr(torch.randn(8, 2, generator=rng))[0]
    x = 3 * torch.randn(64, 2, generator=rng) @ directions.T + shift
    model, x = made(lesson, device, 8, 2), x.to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(400):
        loss = (model(x) - x).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    baseline = (x - x.mean(dim=0)).square().mean()
    error = (model(x).detach() - x).square().mean()
    return {"error": float(error / baseline), "code": tuple(model.encode(x).shape)}


@pytest.mark.exercise("Autoencoder")
def test_rebuilt_values_may_be_anything(lesson, device, rng):
    """The last layer is linear, so rebuilt values of either sign, far from 0, can come out; its bias alone could do it."""
    model = made(lesson, device, 3, 2)
    target = torch.tensor([[-6.0, 5.0, 0.5]]).to(device)
    z = torch.randn(1, 2, generator=rng).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    for _ in range(300):
        loss = (model.decode(z) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return bool((model.decode(z) - target).abs().max() < 2)
