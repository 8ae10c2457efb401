"""Hidden scenarios of `to_device`. The device "meta" is another one everywhere, so moving shows without a GPU too."""

import pytest
import torch


def describe(batch):
    """Say what a batch is made of: where each tensor lies, its dtype and shape, in the same containers."""
    if isinstance(batch, torch.Tensor):
        return {"device": batch.device.type, "dtype": str(batch.dtype), "shape": tuple(batch.shape)}
    if isinstance(batch, tuple):
        return tuple(describe(part) for part in batch)
    if isinstance(batch, list):
        return [describe(part) for part in batch]
    if isinstance(batch, dict):
        return {"keys in order": list(batch), "parts": {key: describe(part) for key, part in batch.items()}}
    return batch


def leaves(batch):
    """Return the tensors of a batch."""
    if isinstance(batch, torch.Tensor):
        return [batch]
    if isinstance(batch, (tuple, list)):
        return [leaf for part in batch for leaf in leaves(part)]
    if isinstance(batch, dict):
        return [leaf for part in batch.values() for leaf in leaves(part)]
    return []


def numbers(rng, n):
    """Return n drawn numbers from 1 to 20."""
    return torch.randint(1, 21, (n,), generator=rng).tolist()


def nested(rng, device):
    """Return a batch of many kinds, nested, of drawn sizes."""
    a, b, c = numbers(rng, 3)

    def draw(*shape):
        return torch.randn(*shape, generator=rng).to(device)

    return {
        "image": draw(2, 1, 3, a),
        "targets": [draw(2).double(), (torch.arange(b, device=device), {"mask": draw(c) > 0})],
        7: (draw(()), [[draw(1, 2)], []], ()),
        "empty": {},
    }


@pytest.mark.exercise("to_device")
@pytest.mark.parametrize("kind", ["tensor", "tuple", "list", "dict"])
def test_flat_batches_are_moved(lesson, device, rng, kind):
    """A tensor, a tuple, a list and a dict of tensors: every tensor is moved, and the container stays what it is."""
    n, d = numbers(rng, 2)
    x, y = torch.randn(n, d, generator=rng).to(device), torch.arange(n, device=device)
    batch = {"tensor": x, "tuple": (x, y), "list": [x, y], "dict": {"y": y, "x": x}}[kind]
    return describe(lesson.to_device(batch, torch.device("meta")))


@pytest.mark.exercise("to_device")
def test_nested_batches_are_moved_and_the_batch_itself_is_not_changed(lesson, device, rng):
    """Any nesting is moved, empty containers included; the batch that was given stays as it was."""
    batch = nested(rng, device)
    moved = lesson.to_device(batch, "meta")
    return {"moved": describe(moved), "the batch that was given": describe(batch)}


@pytest.mark.exercise("to_device")
def test_values_arrive_on_the_device(lesson, device, rng):
    """Tensors from the CPU arrive on the device with dtype, shape and values as they were."""
    return lesson.to_device(nested(rng, torch.device("cpu")), device)


@pytest.mark.exercise("to_device")
@pytest.mark.check("the_same_tensors")
@pytest.mark.parametrize("by_name", [True, False])
def test_what_is_there_already_is_the_same_object(lesson, device, rng, by_name):
    """A tensor that is on the device already is not copied: it is the same object, so that a mark on one is on both."""
    batch = [nested(rng, device), torch.randn(3, generator=rng).to(device)]
    there = [lesson.to_device(part, str(device) if by_name else device) for part in batch]
    given = leaves(batch)
    for tensor, mark in zip(given, numbers(rng, len(given)), strict=True):
        tensor.mark = mark
    return {"marks": [getattr(tensor, "mark", 0) for tensor in leaves(there)]}


@pytest.mark.exercise("to_device")
def test_what_is_no_tensor_stays_as_it_is(lesson, device, rng):
    """A string, a number and None stay as they are, at any depth."""
    n, whole, half = numbers(rng, 3)
    x = torch.randn(n, generator=rng).to(device)
    batch = ("seven", [whole, half / 2, None, {"file": f"{whole}.png", "x": x, "ok": True}])
    return {
        "nested": describe(lesson.to_device(batch, "meta")),
        "a string": lesson.to_device("name", device),
        "None": lesson.to_device(None, device),
    }
