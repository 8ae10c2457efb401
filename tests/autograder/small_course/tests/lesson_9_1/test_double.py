import pytest
import torch


@pytest.mark.exercise("double")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(3,), (2, 3)])
def test_every_element_is_doubled(lesson, device, rng, dtype, shape):
    """The result is 2 * x, in x's shape and dtype."""
    return lesson.double(torch.randn(shape, generator=rng).to(device, dtype))


@pytest.mark.exercise("double")
@pytest.mark.weight(4)
def test_the_argument_stays(lesson, device, rng):
    """The result is a new tensor."""
    x = torch.randn(2, generator=rng).to(device)
    return {"result": lesson.double(x), "argument": x}
