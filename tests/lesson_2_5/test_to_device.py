"""Hidden scenarios of `to_device`. The device "meta" is another one everywhere, so moving shows without a GPU too."""

import pytest
import torch


def describe(batch):
    """Say what a batch is made of: where each tensor lies, its dtype and shape, in the same containers."""
    if isinstance(batch, torch.Tensor):
        return f"{batch.device.type} {batch.dtype} {tuple(batch.shape)}"
    if isinstance(batch, tuple):
        return tuple(describe(part) for part in batch)
    if isinstance(batch, list):
        return [describe(part) for part in batch]
    if isinstance(batch, dict):
        return {key: describe(part) for key, part in batch.items()}
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


def nested(rng, device):
    """Return a batch of many kinds, nested."""

    def draw(*shape):
        return torch.randn(*shape, generator=rng).to(device)

    return {
        "image": draw(2, 1, 3, 3),
        "targets": [draw(2).double(), (torch.arange(3, device=device), {"mask": draw(4) > 0})],
        7: (draw(()), [[draw(1, 2)], []], ()),
        "empty": {},
    }


@pytest.mark.exercise("to_device")
@pytest.mark.parametrize("kind", ["tensor", "tuple", "list", "dict"])
def test_flat_batches_are_moved(lesson, device, rng, kind):
    """A tensor, a tuple, a list and a dict of tensors: every tensor is moved, and the container stays what it is."""
    x, y = torch.randn(3, 2, generator=rng).to(device), torch.arange(3, device=device)
    batch = {"tensor": x, "tuple": (x, y), "list": [x, y], "dict": {"y": y, "x": x}}[kind]
    moved = lesson.to_device(batch, torch.device("meta"))
    return describe(moved), list(moved) if kind == "dict" else None


@pytest.mark.exercise("to_device")
def test_nested_batches_are_moved_and_the_batch_itself_is_not_changed(lesson, device, rng):
    """Any nesting is moved, empty containers included; the batch that was given stays as it was."""
    batch = nested(rng, device)
    moved = lesson.to_device(batch, "meta")
    return {"moved": describe(moved), "given": describe(batch)}


@pytest.mark.exercise("to_device")
def test_values_arrive_on_the_device(lesson, device, rng):
    """Tensors from the CPU arrive on the device with dtype, shape and values as they were."""
    return lesson.to_device(nested(rng, torch.device("cpu")), device)


@pytest.mark.exercise("to_device")
@pytest.mark.parametrize("by_name", [True, False])
def test_what_is_there_already_is_the_same_object(lesson, device, rng, by_name):
    """A tensor that is on the device already is not copied: it is the same object."""
    batch = nested(rng, device)
    there = lesson.to_device(batch, str(device) if by_name else device)
    single = torch.randn(3, generator=rng).to(device)
    pairs = zip(leaves(there), leaves(batch), strict=True)
    return [a is b for a, b in pairs], lesson.to_device(single, device) is single


@pytest.mark.exercise("to_device")
def test_what_is_no_tensor_stays_as_it_is(lesson, device, rng):
    """A string, a number and None stay as they are, at any depth."""
    x = torch.randn(2, generator=rng).to(device)
    batch = ("seven", [3, 0.5, None, {"file": "a.png", "x": x, "ok": True}])
    return describe(lesson.to_device(batch, "meta")), lesson.to_device("name", device), lesson.to_device(None, device)
