"""Frames: what an honest worker sends comes back whole, and nothing that a hostile one sends does harm."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from autograder.sandbox import decode
from autograder.worker.encode import Encoder, frame
from autograder.worker.protocol import HEADER


def there_and_back(value: Any) -> Any:
    encoder = Encoder(1 << 20)
    data = frame({"kind": "outcome", "value": encoder.tree(value)}, encoder)
    text, rest = decode.lengths(data[: HEADER.size])
    body = data[HEADER.size :]
    head, tensors = decode.parse(body[:text], body[text : text + rest])
    return decode.value(head["value"], tensors)


@pytest.mark.parametrize(
    "value", [None, True, 0, -5, 2.5, "é", [1, [2]], (1, (2,)), {"a": 1, 2: (3,), None: []}, {(1, 2): 3}], ids=repr
)
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    assert there_and_back(value) == value


ODD = {
    "expanded": torch.ones(3, 1).expand(3, 4),
    "transposed": torch.arange(6.0).view(2, 3).T,
    "sparse": torch.eye(3).to_sparse(),
    "grad": torch.ones(2, requires_grad=True) * 2,
    "parameter": torch.nn.Parameter(torch.ones(2)),
    "empty": torch.zeros(0, 3),
    "scalar": torch.tensor(3.5, dtype=torch.float64),
    "bool": torch.tensor([True, False]),
    "bfloat16": torch.ones(2, dtype=torch.bfloat16),
    "negated": torch._neg_view(torch.ones(2)),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_tensors_come_back_as_plain_ones(name: str) -> None:
    original = ODD[name]
    back = there_and_back(original)
    assert isinstance(back, decode.TensorValue)
    assert back.tensor.dtype == original.dtype
    assert torch.equal(back.tensor, original.detach().to_dense() if name == "sparse" else original.detach())


def test_complex_numbers_keep_both_parts() -> None:
    original = torch.tensor([1 + 2j, 3 - 4j])
    assert torch.equal(decode.plain(there_and_back(original)), original)
    assert torch.equal(decode.plain(there_and_back(original.conj())), original.conj())


def test_a_shared_tensor_may_come_twice() -> None:
    shared = torch.arange(3.0)
    back = there_and_back([shared, shared[1:], shared])
    assert [part.tensor.tolist() for part in back] == [[0, 1, 2], [1, 2], [0, 1, 2]]


def test_arrays_are_arrays() -> None:
    back = there_and_back(np.arange(3)[::-1])
    assert back.kind == "ndarray"
    assert back.tensor.tolist() == [2, 1, 0]


def test_what_is_no_data_is_named() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]  # as hostile as can be

    assert there_and_back(Odd()) == decode.Opaque("Odd")
    assert there_and_back(torch.ones(2, device="meta")) == decode.Opaque("a tensor without data (meta)", cut=True)


def test_a_class_cannot_pass_for_another() -> None:
    class Spoof:
        @property  # type: ignore[misc]  # a lie
        def __class__(self) -> type:
            return float

    assert there_and_back(Spoof()) == decode.Opaque("Spoof")


def test_too_much_is_cut_off() -> None:
    assert there_and_back(torch.zeros(1 << 20)) == decode.Opaque("a tensor that is too large", cut=True)
    assert there_and_back("x" * 100_000) == decode.Opaque("a text that is too long", cut=True)
    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    assert "nested too deeply" in repr(there_and_back(deep))
    endless: list[Any] = []
    endless.append(endless)
    assert "nested too deeply" in repr(there_and_back(endless))


HOSTILE = {
    "not JSON": (b"{", b""),
    "no object": (b"[]", b""),
    "no kind": (b"{}", b""),
    "deep": (b"[" * 100_000, b""),
    "no safetensors": (b'{"kind": "outcome"}', b"\xff" * 100),
    "a huge header": (b'{"kind": "outcome"}', (1 << 62).to_bytes(8, "little") + b"{}"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_malformed_frame_is_a_frame_error(name: str) -> None:
    with pytest.raises(decode.FrameError):
        decode.parse(*HOSTILE[name])


def test_a_frame_beyond_its_bounds_is_refused_before_it_is_read() -> None:
    with pytest.raises(decode.FrameError):
        decode.lengths(HEADER.pack(1 << 31, 0))
    with pytest.raises(decode.FrameError):
        decode.lengths(HEADER.pack(10, (1 << 32) - 1))


TREES: dict[str, Any] = {
    "an object": {"a": 1},
    "an unknown tag": ["pickle", "gASV"],
    "a tag alone": ["list"],
    "a list that is none": ["list", 3],
    "a tensor that is not there": ["tensor", "9", {}],
    "a tensor without its notes": ["tensor", "0", None],
    "a key that cannot be one": ["dict", [[["dict", []], 1]]],
    "a pair that is none": ["dict", [[1]]],
    "a type that is no text": ["object", 7],
}


@pytest.mark.parametrize("name", TREES)
def test_a_malformed_tree_is_a_frame_error(name: str) -> None:
    with pytest.raises(decode.FrameError):
        decode.value(json.loads(json.dumps(TREES[name])), {"0": torch.ones(1)})


def test_a_tree_that_is_too_deep_is_a_frame_error() -> None:
    tree: Any = 1
    for _ in range(200):
        tree = ["list", [tree]]
    with pytest.raises(decode.FrameError):
        decode.value(tree, {})
