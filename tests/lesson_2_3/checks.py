"""The checks of lesson 2.3, where values may differ: random weights, dropout, how low a loss gets, and a chain's modules.

Each returns None, or the sentence for the student. What is wanted is taken from the reference's run.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from autograder.grading.equality import close, same

# --- init_params


def weights_are_scaled(student: Any, reference: Any) -> str | None:
    """Shape, a deviation in proportion to 1/√n_in, mean 0, and entries that are drawn one by one."""
    found, wanted = student["weights"], reference["weights"]
    if not isinstance(found, list) or len(found) != len(wanted):
        return "There should be as many layers as sizes, less one."
    for number, (W, other) in enumerate(zip(found, wanted, strict=True), start=1):
        sentence = _of_one_layer(W, other)
        if sentence:
            return f"layer {number}: {sentence}"
    return None


def _of_one_layer(W: Any, wanted: torch.Tensor) -> str | None:
    """Return what is wrong with weights that are random: the docstring's bounds, with room for chance."""
    if not isinstance(W, torch.Tensor) or W.shape != wanted.shape:
        return "W should be (n_out, n_in)."
    if W.dtype != wanted.dtype:
        return "W should be float32."
    W = W.double()
    if not bool(W.isfinite().all()):
        return "W holds a NaN or an infinity."
    deviation = float(W.std())
    share = deviation * math.sqrt(W.shape[1])
    if share < 0.4 * 0.93:
        return "the standard deviation of W is below 0.4 / sqrt(n_in)."
    if share > 2.5 * 1.07:
        return "the standard deviation of W is above 2.5 / sqrt(n_in)."
    # Six standard errors: less than one correct draw in a hundred million is further off.
    if abs(float(W.mean())) > 6 * deviation / math.sqrt(W.numel()):
        return "the weights do not average to about 0."
    if min(float(W.std(dim=0).mean()), float(W.std(dim=1).mean())) < 0.8 * deviation:
        return "the weights of a row (or of a column) are much alike; every weight should be drawn on its own."
    return None


def layers_differ(student: Any, reference: Any) -> str | None:
    """Two layers of the same size have as many weights as they should, but not the same ones."""
    found, wanted = student["weights"], reference["weights"]
    problem = _not_so_many(found, wanted)
    if problem:
        return problem
    return "Two layers of the same size have the same weights; draw them anew." if same(*found) else None


def _not_so_many(found: Any, wanted: list[torch.Tensor]) -> str | None:
    """Return the sentence for another number of layers, or of weights in one; their shapes are asked for elsewhere."""
    if not isinstance(found, list) or len(found) != len(wanted):
        return "There should be as many layers as sizes, less one."
    for W, other in zip(found, wanted, strict=True):
        if not isinstance(W, torch.Tensor) or W.numel() != other.numel():
            return "W should be (n_out, n_in)."
    return None


def the_generator_alone_decides(student: Any, reference: Any) -> str | None:
    """Equal seeds give equal weights, all else gives others, and the global states stay as they were."""
    calls = ("first", "second call", "the same seed again", "another seed")
    problem = next((told for call in calls if (told := _not_so_many(student[call], reference[call]))), None)
    if problem:
        return problem
    first = student["first"]
    if not same(first, student["the same seed again"]):
        return "With the same seed the weights should be the same: draw from `generator` alone."
    if same(first[0], student["another seed"][0]):
        return "With another seed the weights should be others: draw from `generator`, and do not seed it."
    if same(first[0], student["second call"][0]):
        return "A second call with the same generator should give other weights: do not seed it."
    if not same(student["the global generator"], reference["the global generator"]):
        return "The global generator was used or seeded: draw from `generator` alone."
    return None


# --- train


def sine_is_learned(student: Any, reference: Any) -> str | None:
    """The loss of the returned params lies under the bound, they come from the start, and the history is whole."""
    found, wanted = student["params and history"], reference["params and history"]
    if not isinstance(found, tuple):
        return "The tuple (params, history) should come back."
    params, history = found
    if _shapes(params) != _shapes(wanted[0]):
        return "The params that come back should have the form of those that were given."
    epochs = len(wanted[1])
    if not isinstance(history, torch.Tensor) or history.shape != (epochs,):
        return f"The history should have {epochs} losses, one an epoch."
    h = reference["X"]
    for W, b in params[:-1]:
        h = torch.tanh(h @ W.T + b)
    W, b = params[-1]
    if not float(((h @ W.T + b - reference["y"]) ** 2).mean()) <= 0.05:
        return f"After {epochs} epochs the returned params' loss on the sine is not at most 0.05."
    if _cosine(params[1][0], reference["start"][1][0]) < 0.6:
        return "The params that come back have nothing to do with those that were given: start from these."
    return None


def _shapes(params: Any) -> list[Any]:
    if not isinstance(params, list) or not all(isinstance(pair, tuple) for pair in params):
        return []
    return [[(part.shape, part.dtype) if isinstance(part, torch.Tensor) else None for part in pair] for pair in params]


def _cosine(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one * other).sum() / (one.norm() * other.norm()))


# --- CustomLayer


def training_drops_and_scales(student: Any, reference: Any) -> str | None:
    """Of what ReLU lets through, about the share p is 0, element by element and anew in every call; the rest is scaled."""
    for kind, count in reference["parts"].items():
        if student["parts"][kind] != count:
            return f"The layer has no {kind} among its modules, and it should have one."
    first, second = student["first call"], student["second call"]
    plain, p = reference["without dropout"], reference["p"]
    if not all(isinstance(out, torch.Tensor) and out.shape == plain.shape for out in (first, second)):
        return "The output should be (N, out_features)."
    zero = first == 0
    if not close(first, torch.where(zero, 0.0, plain / (1 - p)), rtol=1e-5, atol=1e-9):
        return "In train mode what is not dropped should be the output of ReLU, divided by 1 - p."
    alive = plain > 0  # about half of the 10,000 elements
    dropped = alive & zero
    if not abs(float(dropped.sum() / alive.sum()) - p) < 0.06:
        return "In train mode about the share p should be dropped."
    # Of each feature's some 100 elements a share is dropped, never all or none of them.
    counts = alive.sum(dim=0)
    by_feature = (dropped.sum(dim=0) / counts.clamp(min=1))[counts >= 60]
    if not bool(((by_feature > 0) & (by_feature < 1)).all()):
        return "Whole features are dropped or kept: each element should be dropped on its own."
    if not bool((zero != (second == 0)).any()):
        return "Every call drops the same elements: draw anew in every call."
    return None


# --- build_network


def chain_is_flat(student: Any, reference: Any) -> str | None:
    """One nn.Sequential with the right modules and parameters; the list of sizes stays as it was."""
    if "Sequential" not in student["classes of the network"]:
        return "An nn.Sequential should come back."
    if student["modules"] != reference["modules"]:
        return "The chain should hold nn.Linear and nn.ReLU in turn, from the first nn.Linear to the last, and nothing else."
    if not same(student["parameters"], reference["parameters"]):
        return "Every nn.Linear should lead from one of the sizes to the next and have a bias, all float32 and trained."
    if not same(student["sizes afterwards"], reference["sizes afterwards"]):
        return "It changed its argument `sizes`."
    return None
