"""Lesson 2.5: judge what may differ between correct solutions: noise, orders, starts and figures.

Each returns None, or the sentence for the student. What went in (samples, images, labels) is taken from the reference's run.
"""

from __future__ import annotations

import math
import re
from typing import Any

import torch

from autograder.grading.equality import close, difference, same

PICTURES = 8
FARTHEST = 4.0  # eight standard deviations of the noise


# --- the two datasets


def noise_is_normal(student: Any, reference: Any) -> str | None:
    """The residuals `y - (3x + 1)` of many samples: mean 0, deviation 0.5, normal, unrelated to x.

    The bounds are at least five standard errors wide.
    """
    n = len(reference)
    if not isinstance(student, torch.Tensor) or student.shape != reference.shape:
        return "There should be one target for each sample."
    residual = _residuals(student)
    if not bool(torch.isfinite(residual).all()):
        return "Some of the targets are not finite."
    if abs(float(residual.mean())) > 2.5 / math.sqrt(n):
        return "The mean of y - (3x + 1) over many samples is not about 0, as that of the noise should be."
    x = torch.linspace(-2, 2, n, dtype=torch.float64)
    if abs(float((residual * x).mean() / (x * x).mean())) > 2.5 / math.sqrt(n):
        return "y - (3x + 1) still rises or falls with x; it should be noise alone."
    if abs(float(residual.std()) - 0.5) > 2.0 / math.sqrt(n):
        return "The standard deviation of y - (3x + 1) over many samples is not about 0.5."
    if abs(float((residual.abs() < 0.5).double().mean()) - 0.6827) > 2.5 / math.sqrt(n):
        return "The noise is not normal: about 68 % of it should lie within one standard deviation."
    if abs(float((residual[1:] * residual[:-1]).mean() / residual.var())) > 5.5 / math.sqrt(n):
        return "The noise of neighbouring samples is related; each sample should have noise of its own."
    return None


def samples_stay_the_same(student: Any, reference: Any) -> str | None:
    """Each sample has its x and lies near the line, and is the same when it is read again, from the last to the first."""
    samples, again = _samples(student["forwards"]), _samples(student["backwards"])
    wanted = _samples(reference["forwards"])
    problem = _sample_problem(samples, wanted)
    if problem or samples is None:
        return problem
    if again is None or not torch.equal(samples, again.flip(0)):
        return "A sample that is read again has other numbers: draw the noise once, and keep it."
    return None


def seed_fixes_the_noise(student: Any, reference: Any) -> str | None:
    """The seed fixes the targets, and the global generator has no part in them."""
    first, again, other = (student[name] for name in ("targets", "with the same seed", "with another seed"))
    if not all(_near_the_line(one, reference["targets"]) for one in (first, again, other)):
        return "The targets do not lie near the line 3x + 1."
    problem = _global_problem(student, reference)
    if problem:
        return problem
    if not torch.equal(first, again):
        return "The same seed should give the same targets, whatever the state of the global generator."
    if float(((first - other).abs() > 1e-6).double().mean()) < 0.9:
        return "Another seed should give other noise."
    return None


def negative_indices_count_from_the_end(student: Any, reference: Any) -> str | None:
    """The indices -len to -1 give the samples that 0 to len - 1 give."""
    samples, again = _samples(student["from 0 to len - 1"]), _samples(student["from -len to -1"])
    problem = _sample_problem(samples, _samples(reference["from 0 to len - 1"]))
    if problem or samples is None:
        return problem
    if again is None or not torch.equal(samples, again):
        return "The indices from -len to -1 should give the same samples as those from 0 to len - 1: -1 is the last."
    return None


def samples_are_those_of_a_dataset(student: Any, reference: Any) -> str | None:
    """The global generator is left alone, and negative indices count from the end."""
    return _global_problem(student, reference) or negative_indices_count_from_the_end(student, reference)


def statistics_and_inverse_are_right(student: Any, reference: Any) -> str | None:
    """`x_mean` and `x_std` are numbers, as floats or tensors of one element; `inverse` is compared with the reference's."""
    for name in ("x_mean", "x_std"):
        found, wanted = _number(student[name]), _number(reference[name])
        if found is None:
            return f"`{name}` should be a float, or a tensor with one element."
        if not close(torch.tensor(found), torch.tensor(wanted)):
            return f"`{name}` is not that of the features before they were standardized."
    if not same(student["x afterwards"], reference["x afterwards"]):
        return "`inverse` changed its argument `x`."
    labels = [name for name in reference if name.startswith("inverse")]
    return next((found for name in labels if (found := difference(student[name], reference[name], name))), None)


def noise_is_the_toy_datasets(student: Any, reference: Any) -> str | None:
    """The noise is that of the submission's own toy dataset, up to a factor, where that one can be used."""
    wanted = reference["targets"]
    targets, other = student["targets"], student["with another seed"]
    if not all(_columns([one], wanted) for one in (targets, other)):
        return "There should be one finite target for each sample."
    toy = student["of the toy dataset"]
    if _columns(toy, wanted) and len(toy) == 3:
        kept = torch.equal(toy[0], toy[1]) and torch.equal(toy[0], toy[2])
        # A toy dataset that changes from read to read, or has no noise, is another exercise's matter.
        if kept and float(_residuals(toy[0]).std()) > 0 and not _alike(targets, toy[0]):
            return "The targets are not those of `ToyDataset` with the same size and seed."
    if _alike(targets, other):
        return "Another seed should give other targets."
    return None


def _residuals(targets: torch.Tensor) -> torch.Tensor:
    """Return the targets without the line on which they lie: the noise, `(n,)`."""
    return targets.double().flatten() - (3 * torch.linspace(-2, 2, len(targets), dtype=torch.float64) + 1)


def _columns(targets: Any, wanted: torch.Tensor) -> bool:
    """Return whether these are all finite columns of targets, of the size that is wanted."""
    return isinstance(targets, list) and all(
        isinstance(one, torch.Tensor) and one.shape == wanted.shape and bool(torch.isfinite(one).all())
        for one in targets
    )


def _near_the_line(targets: Any, wanted: torch.Tensor) -> bool:
    return _columns([targets], wanted) and bool((_residuals(targets).abs() < FARTHEST).all())


def _alike(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Return whether two columns have the same noise, up to a factor."""
    return float(torch.corrcoef(torch.stack([_residuals(a), _residuals(b)]))[0, 1]) > 0.999


def _samples(samples: Any) -> torch.Tensor | None:
    """Return samples as numbers, `(n, 2)`; None where one is no pair of numbers."""
    rows = []
    for sample in samples if isinstance(samples, list) else []:
        pair = [_number(part) for part in sample] if isinstance(sample, (tuple, list)) else []
        if len(pair) != 2 or None in pair:
            return None
        rows.append(pair)
    return torch.tensor(rows, dtype=torch.float64) if rows else None


def _sample_problem(samples: torch.Tensor | None, wanted: torch.Tensor | None) -> str | None:
    """Return the sentence for samples whose features are not the reference's, or whose targets are far from any noise."""
    if samples is None or wanted is None or samples.shape != wanted.shape:
        return "A sample should be the tuple `(x, y)`, each with one number."
    if not torch.allclose(samples[:, 0], wanted[:, 0], rtol=1e-4, atol=1e-5):
        return "The features are not those that this dataset should have."
    if not bool(((samples[:, 1] - wanted[:, 1]).abs() < 2 * FARTHEST).all()):
        return "The targets do not lie near the line 3x + 1."
    return None


def _global_problem(student: Any, reference: Any) -> str | None:
    labels = [name for name in reference if name.startswith("global") and "epoch" not in name]
    if all(same(student[name], reference[name]) for name in labels):
        return None
    return "It changed the global random state."


def _number(value: Any) -> float | None:
    """Return a number that came as a float, an int, or a tensor of one element; None for anything else."""
    if isinstance(value, torch.Tensor) and value.numel() == 1 and not value.is_complex():
        return float(value)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


# --- loaders


def batches_are_full_but_the_last(student: Any, reference: Any) -> str | None:
    """All batches have the size that was asked for, except the last, and nothing is lost."""
    wanted = [len(x) for x, _ in reference["epoch"]]
    found = _batches(student["epoch"])
    if found is None:
        return "Each batch should be a pair of tensors: the features and the targets, one row for each sample."
    if len(found) < len(wanted):
        return "There are too few batches: the last one, with what is left over, should be kept."
    if [len(x) for x, _ in found] != wanted:
        return "Every batch should have `batch_size` samples, except the last, which has what is left over."
    return _all_served(found, reference["samples"])


def every_sample_once(student: Any, reference: Any) -> str | None:
    """Every epoch serves every sample once, each with its own target."""
    return _epochs(student["epochs"], reference)[1]


def every_epoch_has_a_new_order(student: Any, reference: Any) -> str | None:
    """All orders differ from each other and from the dataset's own, and so do the members of the first batches."""
    orders, problem = _epochs(student["epochs"], reference)
    if problem:
        return problem
    if list(range(len(reference["samples"][0]))) in orders:
        return "With `shuffle` the samples should be mixed, and not come in the dataset's own order."
    if len({tuple(order) for order in orders}) < len(orders):
        return "With `shuffle` every epoch should have a new order."
    if len({frozenset(order[:8]) for order in orders}) < len(orders):
        return "The same samples are in a batch together in every epoch: mix the samples, not the batches."
    return None


def same_seed_same_orders(student: Any, reference: Any) -> str | None:
    """Two loaders of the same seed have the same orders, epoch by epoch."""
    one, problem = _epochs(student["one loader"], reference)
    other, also = _epochs(student["another loader"], reference)
    if problem or also:
        return problem or also
    if one != other:
        return "Two loaders with the same seed should go through the same orders: `seed` alone should fix them."
    return None


def other_seeds_other_orders(student: Any, reference: Any) -> str | None:
    """Loaders of different seeds have different orders."""
    orders, problem = _epochs(student["epochs"], reference)
    if problem:
        return problem
    if len({tuple(order) for order in orders}) < len(orders):
        return "Another seed should give another order."
    return None


def global_generator_is_never_seeded(student: Any, reference: Any) -> str | None:
    """The global generator is left alone when the loader is made, and not seeded when it is walked through."""
    problem = _global_problem(student, reference) or _epochs(student["epochs"], reference)[1]
    if problem:
        return problem
    first, second = student["global random numbers after an epoch"]
    if same(first, second):
        return "Walking through the loader seeds the global generator: give the loader a generator of its own."
    return None


def training_split_is_shuffled(student: Any, reference: Any) -> str | None:
    """Both epochs serve the whole split, normalized, in new orders."""
    wanted = _batches(reference["first epoch"])
    images, labels = (torch.cat(parts) for parts in zip(*wanted or [], strict=True))
    in_file_order = images[:, 0, 0, 0].argsort()
    orders = []
    for name in ("first epoch", "second epoch"):
        found = _batches(student[name])
        if found is None:
            return "Each batch should be the pair of images and labels."
        if len(found) != len(wanted or []) or [len(y) for _, y in found] != [len(y) for _, y in wanted or []]:
            return "The training split should come whole, in batches of `batch_size`; the last may be shorter."
        if found[0][0].shape[1:] != images.shape[1:]:
            return "The images should have the shape `(B, 1, 28, 28)`."
        these, named = torch.cat([x for x, _ in found]), torch.cat([y for _, y in found])
        order = these[:, 0, 0, 0].argsort()
        problem = difference(these[order], images[in_file_order], "images, in file order")
        problem = problem or difference(named[order], labels[in_file_order], "labels, in file order")
        if problem:
            return problem
        orders.append(order.tolist())
    if list(range(len(images))) in orders:
        return "The training split should come in a random order, not in file order."
    if orders[0] == orders[1]:
        return "The training split should come in a new random order in every epoch."
    return None


def _batches(batches: Any) -> list[tuple[torch.Tensor, torch.Tensor]] | None:
    """Return batches that are pairs of tensors with as many rows each, at least one; None where they are not."""
    if not isinstance(batches, list) or not batches:
        return None
    for batch in batches:
        if not isinstance(batch, (tuple, list)) or len(batch) != 2:
            return None
        if not all(isinstance(part, torch.Tensor) and part.dim() for part in batch) or len(batch[0]) != len(batch[1]):
            return None
    kinds = {(x.shape[1:], y.shape[1:], x.dtype, y.dtype) for x, y in batches}
    return [(x, y) for x, y in batches] if len(kinds) == 1 else None


def _epochs(epochs: Any, reference: Any) -> tuple[list[list[int]], str | None]:
    """Return the order of each epoch as sample numbers, and the sentence for an epoch that is not all samples, once."""
    orders = []
    for epoch in epochs:
        found = _batches(epoch)
        if found is None:
            return [], "Each batch should be a pair of tensors: the features and the targets, one row for each sample."
        problem = _all_served(found, reference["samples"])
        if problem:
            return [], problem
        served = torch.cat([x for x, _ in found])
        orders.append((served == reference["samples"][0].T).double().argmax(dim=1).tolist())
    return orders, None


def _all_served(found: list[tuple[torch.Tensor, torch.Tensor]], samples: Any) -> str | None:
    """Return the sentence for batches that are not the samples, each once and with its own target, in any order."""
    X, y = samples
    if any(a.shape[1:] != X.shape[1:] or b.shape[1:] != y.shape[1:] for a, b in found):
        return "Samples of shape `(1,)` should become batches of shape `(B, 1)`."
    served, targets = (torch.cat(parts) for parts in zip(*found, strict=True))
    if not same(served.flatten().sort().values, X.flatten().sort().values):
        return "An epoch should serve every sample of the dataset once."
    if not same(targets[served.flatten().argsort()], y[X.flatten().argsort()]):
        return "Each sample should come with its own target."
    return None


# --- compare_batch_sizes


def losses_shrink_at_the_rate(student: Any, reference: Any) -> str | None:
    """As multiples of the first size's first loss, the losses are the reference's, wherever the start was."""
    problem = _losses_problem(student, reference)
    if problem:
        return problem
    found, wanted = _relative(student), _relative(reference)
    for size in wanted:
        if not close(found[size], wanted[size], rtol=2e-4, atol=1e-6):
            return "The losses of a size should shrink by one update for each of its own batches, at the rate `lr`."
    return None


def all_sizes_start_alike(student: Any, reference: Any) -> str | None:
    """Without learning all losses are the same, and moved targets change them as they change a mean of squares."""
    means = []
    for name in ("losses", "with higher targets", "with lower targets"):
        problem = _losses_problem(student[name], reference[name])
        if problem:
            return problem
        relative = _relative(student[name])
        if not all(close(one, torch.ones_like(one), rtol=1e-4) for one in relative.values()):
            return "With a learning rate of 0 all losses should be the same: let every size start from the same model."
        means.append(_values(student[name])[0][0])
    # Of mean((r + h)²) and mean((r - h)²) the sum is more than twice mean(r²) by 2h², whatever the errors r are.
    middle, higher, lower = means
    wanted = 2 * reference["shift"] ** 2
    if abs(higher + lower - 2 * middle - wanted) > 0.01 * wanted:
        return "With a learning rate of 0 the losses should be those of one and the same start, which `seed` fixes."
    return None


def a_size_has_its_own_losses(student: Any, reference: Any) -> str | None:
    """The losses are lists of floats, and the same whether a size is trained alone or with others."""
    together, alone = student["together"], student["alone"]
    problem = _losses_problem(together, reference["together"])
    for size, wanted in reference["alone"].items():
        problem = problem or _losses_problem(alone[size], wanted)
    if problem:
        return problem
    if not all(isinstance(loss, float) for losses in together.values() for loss in losses):
        return "Each value should be a list of Python floats."
    values = torch.tensor(_values(together))
    if bool((values - values[0, 0]).abs().max() <= 1e-4 * values.abs().max()):
        return "The losses are all the same: training should change them."
    for size in together:
        if not close(
            torch.tensor(_values(alone[size])[0]), torch.tensor(_values({size: together[size]})[0]), rtol=1e-4
        ):
            return "A size alone should have the same losses as together with others, and again in every call."
    return None


def sizes_are_shuffled_anew(student: Any, reference: Any) -> str | None:
    """The losses of batches of one, which tell the order, are others in every epoch, and not those of the own order."""
    for name in ("losses", "losses of another seed"):
        problem = _losses_problem(student[name], reference[name])
        if problem:
            return problem
    targets = reference["targets"].flatten().double()
    in_order = float((targets - targets.roll(1)).square().mean())
    # The first epoch depends on the start as well.
    later, others = (_values(student[name])[0][1:] for name in ("losses", "losses of another seed"))
    if all(math.isclose(loss, in_order, rel_tol=1e-3) for loss in later):
        return (
            "The samples come in the dataset's own order in every epoch: make each size's loader with `shuffle=True`."
        )
    if all(math.isclose(loss, later[0], rel_tol=1e-4) for loss in later):
        return "The order is the same in every epoch: shuffle anew in every epoch."
    if all(math.isclose(a, b, rel_tol=1e-4) for a, b in zip(later, others, strict=True)):
        return "Another seed should give other orders."
    return None


def _losses_problem(losses: Any, wanted: Any) -> str | None:
    """Return the sentence for what is no dict of the sizes with a list of finite losses, one an epoch, for each."""
    if not isinstance(losses, dict) or list(losses) != list(wanted):
        return "It should return a dict with the sizes as keys, in the order of `sizes`."
    for size, those in wanted.items():
        found = [_number(loss) for loss in losses[size]] if isinstance(losses[size], list) else []
        if len(found) != len(those) or not all(one is not None and math.isfinite(one) for one in found):
            return "Each value should be a list of finite losses, one an epoch."
    return None


def _values(losses: Any) -> list[list[float]]:
    return [[_number(loss) or 0.0 for loss in those] for those in losses.values()]


def _relative(losses: Any) -> dict[int, torch.Tensor]:
    """Return losses as multiples of the first: what is left when the start does not matter."""
    values = _values(losses)
    return {size: torch.tensor(those) / values[0][0] for size, those in zip(losses, values, strict=True)}


# --- to_device


def the_same_tensors(student: Any, reference: Any) -> str | None:
    """What was marked on the tensors that were given is on those that came back."""
    if len(student["marks"]) != len(reference["marks"]):
        return "As many tensors should come back as were given."
    if student["marks"] != reference["marks"]:
        return "A tensor that is on the device already should come back itself, and not as a copy."
    return None


# --- plot_batch


def grid_of_eight(student: Any, reference: Any) -> str | None:
    """Eight axes in two rows of four, all without axis lines; nothing drawn on the spare ones."""
    axes, problem = _in_reading_order(student, reference)
    if axes is None:
        return problem
    for number, ax in enumerate(axes, start=1):
        if ax["visible"] and ax["axis_on"]:
            return f"axes {number} still has its axis lines; every axes should be switched off, the empty ones too"
    for number, ax in enumerate(axes, start=1):
        if number > len(reference["labels"]) and (ax["images"] or ax["title"]):
            return f"axes {number} should stay empty: the batch has fewer images than that"
    return None


def labels_are_titles(student: Any, reference: Any) -> str | None:
    """The title of each used axes holds its label as a whole number; nothing was shown, no argument changed."""
    axes, problem = _in_reading_order(student, reference)
    if axes is None:
        return problem
    if student["shown"]:
        return "plt.show() was called; return the figure and leave it to the caller to show it"
    for name, wanted in reference["arguments"].items():
        if not same(student["arguments"][name], wanted):
            return f"It changed its argument `{name.removesuffix(' afterwards')}`."
    for number, (ax, label) in enumerate(zip(axes, reference["labels"].tolist(), strict=False), start=1):
        if "tensor" in ax["title"] or re.findall(r"[\d.]+", ax["title"]) != [str(label)]:
            return f"the title of axes {number} should hold the label of its image as a whole number, and no other"
    return None


def pictures_are_whole(student: Any, reference: Any) -> str | None:
    """Each axes shows its own image, upright, all grey levels on the colour scale."""
    axes, problem = _in_reading_order(student, reference)
    if axes is None:
        return problem
    images = reference["images"].double()
    for number, (ax, image) in enumerate(zip(axes, images, strict=False), start=1):
        if len(ax["images"]) != 1:
            return f"axes {number} should have one image, drawn with imshow"
        sentence = _shows(ax["images"][0], image[0])
        if sentence:
            return f"axes {number} {sentence}"
    return None


def _shows(drawn: dict[str, Any], image: torch.Tensor) -> str | None:
    in_colour = torch.as_tensor(drawn["data"]).ndim == 3
    data = _grey(drawn)
    if data.shape != image.shape:
        return "shows a picture of another size than its image"
    if drawn["origin"] == "lower":
        data = data.flip(0)
    # What is drawn must be the image times a number plus a number: shifted and stretched, but nothing cut off.
    a, b = data - data.mean(), image - image.mean()
    factor = (a * b).sum() / (b * b).sum()
    spread = float(data.max() - data.min())
    if not spread > 0 or float((a - factor * b).abs().max()) > 0.02 * spread:
        return "does not show its image: grey levels are cut off, or the image is another one or turned"
    if in_colour:
        low, high = (0.0, 1.0) if torch.as_tensor(drawn["data"]).is_floating_point() else (0.0, 255.0)
    else:
        low, high = drawn["clim"]
    if float(data.min()) < low - 0.02 * spread or float(data.max()) > high + 0.02 * spread:
        return "has grey levels outside its colour scale: they are cut off"
    if bool(factor < 0) and (in_colour or not _runs_from_light_to_dark(drawn["cmap"])):
        return "has black and white exchanged: larger values should be further up the colour scale"
    # The ends of the colour scale, as values of the image, which lie between -1 and 1.
    shift = data.mean() - factor * image.mean()
    ends = sorted(float((end - shift) / factor) for end in (low, high))
    if ends[0] < -1.1 or ends[1] > 1.1:
        return "has a colour scale that covers more than the range of the image, so the picture is pale or dark"
    return None


def _runs_from_light_to_dark(colours: str) -> bool:
    """Return whether a colour scale has its dark end at the top, so that data that run the other way are shown as they were."""
    return colours.endswith("_r") != (colours in ("Greys", "binary", "gist_yarg", "gist_yerg"))


def _grey(drawn: dict[str, Any]) -> torch.Tensor:
    data = torch.as_tensor(drawn["data"]).double()
    return data[..., 0] if data.ndim == 3 else data


def _recognized(drawn: dict[str, Any], image: torch.Tensor) -> bool:
    """Return whether a picture is this image at all: upright or turned, with all of its grey levels or only some."""
    data = _grey(drawn)
    for turned in (torch.rot90(data, k) for k in range(4)):
        for way in (turned, turned.flip(0)):
            if way.shape == image.shape:
                both = torch.stack([way.flatten(), image.flatten()])
                if bool(torch.isfinite(both).all()) and abs(float(torch.corrcoef(both)[0, 1])) > 0.7:
                    return True
    return False


def _in_reading_order(student: Any, reference: Any) -> tuple[list[dict[str, Any]] | None, str]:
    """Return the eight axes, left to right and top to bottom, or None and what is wrong."""
    figure = student["figure"]
    if figure["type"] != "Figure":
        return None, "a matplotlib Figure should come back"
    pictures = [picture for ax in figure["axes"] for picture in ax["images"][:1]][: 2 * PICTURES]
    images = reference["images"][:PICTURES, 0].double()
    seen = sum(any(_recognized(picture, image) for picture in pictures) for image in images)
    if 2 * seen < len(images):
        return None, "fewer than half of the images of this batch are drawn with imshow"
    if len(figure["axes"]) != PICTURES:
        return None, "the figure should always have eight axes, also for other numbers of images"
    cells = _cells(student["centres"])
    if sorted(cells) != [(row, column) for row in range(2) for column in range(4)]:
        return None, "the axes do not form two rows of four"
    return [ax for _, ax in sorted(zip(cells, figure["axes"], strict=True), key=lambda pair: pair[0])], ""


def _cells(centres: Any) -> list[tuple[int, int]]:
    """Return (row, column) of each axes, counted from the upper left."""
    places = [(round(down, 2), round(right, 2)) for down, right in centres]
    rows, columns = sorted({down for down, _ in places}), sorted({right for _, right in places})
    return [(rows.index(down), columns.index(right)) for down, right in places]
