"""Hidden scenarios of `adam_memory_bytes`."""

import pytest


@pytest.mark.exercise("adam_memory_bytes")
@pytest.mark.parametrize("mixed", [False, True], ids=["float32", "mixed"])
@pytest.mark.parametrize("n_params", [0, 1, 1000, 7_000_000_000])
def test_bytes(lesson, n_params, mixed):
    """Every part and their sum, as ints."""
    memory = lesson.adam_memory_bytes(n_params, mixed)
    return {name: memory[name] for name in sorted(memory)}
