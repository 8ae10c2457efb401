"""Hidden scenarios of `adam_memory_bytes`."""

import pytest
import torch


@pytest.mark.exercise("adam_memory_bytes")
@pytest.mark.parametrize("mixed", [False, True], ids=["float32", "mixed"])
@pytest.mark.parametrize("n_params", [0, 1, 1000, 7_000_000_000])
def test_bytes(lesson, rng, n_params, mixed):
    """Each part is its bytes for one parameter times the number of parameters, an int, and the total is their sum."""
    more = n_params + int(torch.randint(1, 100_000, (), generator=rng))
    return {
        "so many parameters": lesson.adam_memory_bytes(n_params, mixed),
        "some more of them": lesson.adam_memory_bytes(more, mixed),
    }
