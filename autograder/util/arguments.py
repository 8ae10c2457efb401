"""Read arguments that several command lines have: `autograder` and the pytest plugin."""

from __future__ import annotations

import argparse

from autograder.worker.devices import parse_devices


def devices(text: str) -> tuple[str, ...]:
    """Return the devices of a list such as `cpu,cuda`, each once.

    Raises:
        argparse.ArgumentTypeError: one is no device, or is there twice, or there is none.
    """
    try:
        return parse_devices(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
