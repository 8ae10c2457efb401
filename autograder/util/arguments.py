"""Read arguments that several command lines have: `autograder` and the pytest plugin. Imports nothing that costs time."""

from __future__ import annotations

import argparse


def devices(text: str) -> tuple[str, ...]:
    """Return the devices of a list such as `cpu,cuda`, each once.

    Raises:
        argparse.ArgumentTypeError: one is no device, or is there twice, or there is none.
    """
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for device in found:
        # The last is named in worker/fake_device.py, which would cost the import of torch.
        if device.partition(":")[0] not in ("cpu", "cuda", "mps", "xpu", "fake_cuda"):
            raise argparse.ArgumentTypeError(
                f"{device!r} is no device; use cpu, cuda, mps, xpu or fake_cuda, or a list such as cpu,cuda"
            )
    if not found or len(set(found)) != len(found):
        raise argparse.ArgumentTypeError("give each device once, such as cpu,cuda")
    return found
