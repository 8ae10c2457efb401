"""Turn what a scenario returned into a frame: lengths, JSON, safetensors. Never a pickle, never an object of a student's class.

The frame is read by `autograder/sandbox/decode.py`, which trusts none of it. The JSON holds None, bool, int, float and str as
themselves and everything else as a list whose first entry is a tag:

    ["list", [...]]  ["tuple", [...]]  ["dict", [[key, value], ...]]
    ["tensor", name, {"device", "requires_grad", "class", "layout", "complex"}]   the data lie under `name`
    ["array", name]     a numpy array or scalar
    ["raised", {"expected", "kinds", "message", "mentions"}]  ["kept", what, state]  ["form", value]   what a probe saw
    ["object", type]    anything else, by its type's name; ["cut", reason] where a bound was passed
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import safetensors.torch
import torch

from autograder.worker.observations import Form, Kept, Raised
from autograder.worker.protocol import HEADER

MAX_DEPTH = 40
MAX_NODES = 200_000
MAX_TEXT_LENGTH = 10_000

_TENSORS = tuple(
    getattr(torch, name)
    for name in [
        "float64",
        "float32",
        "float16",
        "bfloat16",
        "int64",
        "int32",
        "int16",
        "int8",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "bool",
        "float8_e4m3fn",
        "float8_e5m2",
    ]
)


class Encoder:
    """Collects one value's tensors while it walks the value; made afresh for each frame."""

    def __init__(self, most_bytes: int) -> None:
        self.tensors: dict[str, torch.Tensor] = {}
        self._left = most_bytes
        self._nodes = 0

    def tree(self, value: Any, depth: int = 0) -> Any:
        """Return the JSON tree of a value, keeping its tensors aside. Types are asked by `type`, which no class can fake."""
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            return ["cut", "nested too deeply" if depth > MAX_DEPTH else "too many parts"]
        kind = type(value)
        if value is None or kind in (bool, float):
            return value
        if kind is int:
            return value if -(2**63) <= value < 2**64 else ["cut", "an integer beyond 64 bits"]
        if kind is str:
            text = value.encode("utf-8", "replace").decode()
            return text if len(text) <= MAX_TEXT_LENGTH else ["cut", "a text that is too long"]
        if issubclass(kind, torch.Tensor):
            return self._tensor(value)
        if issubclass(kind, (np.ndarray, np.generic)):
            return self._array(value)
        if issubclass(kind, list):
            return ["list", [self.tree(part, depth + 1) for part in list.__iter__(value)]]
        if issubclass(kind, tuple):
            return ["tuple", [self.tree(part, depth + 1) for part in tuple.__iter__(value)]]
        if issubclass(kind, dict):
            pairs = list(dict.items(value))
            return ["dict", [[self.tree(key, depth + 1), self.tree(part, depth + 1)] for key, part in pairs]]
        if kind is Raised:
            seen = {
                "expected": value.expected,
                "kinds": value.kinds,
                "message": value.message,
                "mentions": value.mentions,
            }
            return ["raised", {key: self.tree(part, depth + 1) for key, part in seen.items()}]
        if kind is Kept:
            return ["kept", value.what, self.tree(value.value, depth + 1)]
        if kind is Form:
            return ["form", self.tree(value.value, depth + 1)]
        if issubclass(kind, torch.dtype) or issubclass(kind, torch.device):
            return ["object", str(value)]
        return ["object", kind.__name__[:100]]

    def _tensor(self, value: torch.Tensor) -> Any:
        with torch.no_grad(), torch._C.DisableTorchFunctionSubclass():
            about = {
                "device": value.device.type,
                "requires_grad": value.requires_grad,
                "class": type(value).__name__[:100],
                "layout": str(value.layout).removeprefix("torch."),
                "complex": False,
            }
            if value.device.type == "meta":
                return ["cut", "a tensor without data (meta)"]
            plain = value.detach()
            if plain.is_quantized:
                plain, about["layout"] = plain.dequantize(), "quantized"
            if plain.layout is not torch.strided:
                plain = plain.to_dense()
            if plain.is_complex():
                about["complex"] = str(plain.dtype).removeprefix("torch.")
                plain = torch.view_as_real(plain.resolve_conj())
            plain = plain.resolve_neg()
            if plain.dtype not in _TENSORS:
                return ["cut", f"a tensor of dtype {plain.dtype}"]
            name = self._keep(plain)
        return ["cut", "a tensor that is too large"] if name is None else ["tensor", name, about]

    def _array(self, value: Any) -> Any:
        plain = np.ascontiguousarray(np.asarray(value))
        if plain.dtype.kind not in "fiub":
            return ["cut", f"an array of dtype {plain.dtype}"]
        name = self._keep(torch.from_numpy(plain.astype(plain.dtype.newbyteorder("="))).reshape(np.shape(value)))
        return ["cut", "an array that is too large"] if name is None else ["array", name]

    def _keep(self, tensor: torch.Tensor) -> str | None:
        size = tensor.numel() * tensor.element_size()
        if size > self._left:
            return None
        self._left -= size
        name = str(len(self.tensors))
        # safetensors refuses views of shared memory, expanded and non-contiguous tensors: a clone is none of these.
        self.tensors[name] = torch.Tensor.clone(tensor.cpu(), memory_format=torch.contiguous_format)
        return name


def frame(head: dict[str, Any], encoder: Encoder | None = None) -> bytes:
    """Return the bytes of one frame."""
    text = json.dumps(head, separators=(",", ":")).encode()
    data = safetensors.torch.save(encoder.tensors) if encoder is not None and encoder.tensors else b""
    return HEADER.pack(len(text), len(data)) + text + data
