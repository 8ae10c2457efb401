"""The comparison: what counts as equal, and how a mismatch is located without giving a value away."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from autograder.grading.compare import compare
from autograder.sandbox.decode import Opaque, TensorValue


def tensor(values: Any, dtype: torch.dtype = torch.float32, device: str = "cpu", kind: str = "Tensor") -> TensorValue:
    return TensorValue(torch.tensor(values, dtype=dtype), device, requires_grad=False, kind=kind, complex="")


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 2.5, "text", [1, (2.0, None)], {"a": [1], 2: "b"}, math.nan, math.inf, Opaque("Odd")],
    ids=repr,
)
def test_equal_values_are_equal(value: Any) -> None:
    assert compare(value, value, "cpu") is None


def test_a_tensor_within_tolerance_is_equal() -> None:
    assert compare(tensor([1.0, 100.0]), tensor([1.00005, 100.005]), "cpu") is None
    assert compare(tensor([1.0], torch.float64), tensor([1.00005], torch.float64), "cpu") is not None


def test_a_scenario_may_tighten_the_tolerance() -> None:
    assert compare(tensor([1.0]), tensor([1.00005]), "cpu", (1e-6, 1e-7)) is not None


def test_nan_equals_nan_in_place() -> None:
    assert compare(tensor([math.nan, 1.0]), tensor([math.nan, 1.0]), "cpu") is None
    assert compare(tensor([1.0, math.nan]), tensor([math.nan, 1.0]), "cpu") is not None


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (tensor([1.0]), tensor([1.0], torch.float64)),
        (tensor([1.0]), tensor([[1.0]])),
        (tensor([1.0]), tensor([1.0], device="cuda")),
        (tensor([1.0], kind="ndarray"), tensor([1.0])),
        (tensor([1]), tensor([1], torch.int64)),
        (1, 1.0),
        (True, 1),
        ((1, 2), [1, 2]),
        ([1], [1, 2]),
        ({"a": 1}, {"b": 1}),
        (None, tensor([1.0])),
        (Opaque("Liar"), tensor([1.0])),
        (Opaque("Liar"), 3),
    ],
)
def test_another_type_shape_dtype_or_device_is_a_mismatch(value: Any, wanted: Any) -> None:
    found = compare(value, wanted, "cpu")
    assert found is not None
    assert found.wanted


def test_a_mismatch_is_located_by_path_and_index() -> None:
    value = {"grads": [tensor([1.0]), tensor([[1.0, 2.0], [3.0, 4.0]])]}
    wanted = {"grads": [tensor([1.0]), tensor([[1.0, 2.0], [9.0, 8.0]])]}
    found = compare(value, wanted, "cpu")
    assert found is not None
    assert found.path == "['grads'][1]"
    assert found.where == "2 of 4 values differ, the first at [1, 0]"
    assert found.largest == 6.0


def test_a_mismatch_gives_no_wanted_value_away() -> None:
    found = compare([1.25, tensor([5.0])], [98765.0, tensor([43210.0])], "cpu")
    assert found is not None
    assert "98765" not in found.sentence()
    found = compare(tensor([5.0]), tensor([43210.0]), "cpu")
    assert found is not None
    assert "43210" not in found.sentence()


def test_imaginary_parts_count() -> None:
    def complex_tensor(value: complex) -> TensorValue:
        return TensorValue(torch.view_as_real(torch.tensor([value])), "cpu", False, "Tensor", "complex64")

    assert compare(complex_tensor(1 + 2j), complex_tensor(1 + 2j), "cpu") is None
    assert compare(complex_tensor(1 + 2j), complex_tensor(1 + 3j), "cpu") is not None
