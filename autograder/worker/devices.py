"""The devices that a scenario can run on, by their names.

It imports nothing, so that a command line can tell a device from a typing error before torch is there.
"""

from __future__ import annotations

# On it a machine without an accelerator sees what an accelerator would: see `fake_device.py`.
SIMULATED = "fake_cuda"
# What a machine may have.
REAL = ("cpu", "cuda", "mps", "xpu")
# Where a tensor that comes back may say that it lives: torch knows more than scenarios run on.
OF_TENSORS = (*REAL, "hpu", "xla", "mtia", "vulkan", SIMULATED)


def parse_devices(text: str) -> tuple[str, ...]:
    """Return the devices of a list such as `cpu,cuda`, each once.

    Raises:
        ValueError: one is no device, or is there twice, or there is none.
    """
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for device in found:
        if device.partition(":")[0] not in (*REAL, SIMULATED):
            names = f"{', '.join(REAL)} or {SIMULATED}"
            raise ValueError(f"{device!r} is not a device; use {names}, or a list such as cpu,cuda")
    if not found or len(set(found)) != len(found):
        raise ValueError("give each device once, such as cpu,cuda")
    return found


def computes_on_cpu(device: str) -> bool:
    """Return whether the numbers of a device's tensors are computed on the CPU."""
    return device.startswith("cpu") or device == SIMULATED
