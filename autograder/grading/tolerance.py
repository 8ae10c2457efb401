"""How far a correct answer may be off: the one table, by dtype and device. rtol and atol are set together."""

from __future__ import annotations

import torch

from autograder.worker.devices import computes_on_cpu

# Each row: what two correct ways of computing the same thing differ by, with room to spare. A mistake is far beyond it.
_CPU = {
    torch.float64: (1e-6, 1e-8),
    torch.float32: (1e-4, 1e-5),
    torch.float16: (1e-2, 1e-3),
    torch.bfloat16: (2e-2, 1e-2),
}
# An accelerator adds in another order, and so rounds differently; TF32 is off.
_ACCELERATOR = {
    torch.float64: (1e-6, 1e-8),
    torch.float32: (3e-4, 3e-5),
    torch.float16: (2e-2, 2e-3),
    torch.bfloat16: (4e-2, 2e-2),
}


def tolerance(dtype: torch.dtype, device: str) -> tuple[float, float]:
    """Return `(rtol, atol)` for values of a dtype that were computed on a device; (0, 0) for integers and booleans.

    A Python float counts as float32, since it may come from a float32 computation.
    """
    table = _CPU if computes_on_cpu(device) else _ACCELERATOR
    return table.get(dtype, (0.0, 0.0))
