"""The checks of lesson 3.7: what is random is judged by what may come of the reference's inputs, and worded for the student.

What was drawn at random is never compared. Where something is counted, the bounds are at least five deviations wide. Each
check sees first that the result was made of its own scenario's inputs.
"""

import itertools
import math

import torch
from torch.nn import functional

from autograder.grading.equality import close, same

NOT_OF_X = "The blended x is not made of the rows of this x: each row is a blend of itself and a partner."
NOT_OF_THE_IMAGES = "The pixels are not those of the images that were given."
NOT_OF_THE_NORM = (
    "The noise of batch normalization should grow with the scale of its features: with the same companions, a larger "
    "scale scatters more."
)
NOT_A_NUMBER = "The noise should be a number, a Python float."


def _first_of_all(check, student, reference):
    """Return the first sentence that a check has for one of several cases."""
    return next((said for name in reference if (said := check(student[name], reference[name]))), None)


# --- mixup


def blended_alike(student, reference):
    """The result is a tuple; there is one permutation with which x and y are blended with lam."""
    result, x, y = student["result"], reference["x"], reference["y"]
    if not (isinstance(result, tuple) and len(result) == 3):
        return "mixup should return a tuple of three: the blended x, the blended y, and lam."
    x_mixed, y_mixed, lam = result
    if not isinstance(lam, float) or not 0 <= lam <= 1:
        return "lam should be a Python float from 0 to 1."
    for name, mixed, tensor in (("x", x_mixed, x), ("y", y_mixed, y)):
        if not isinstance(mixed, torch.Tensor) or mixed.shape != tensor.shape or mixed.dtype != tensor.dtype:
            return f"The blended {name} should be a tensor of the shape and dtype of {name}."
    partner, far = _partners(x, x_mixed, lam)
    if far:
        return "Each row of x should be lam of itself and 1 - lam of a partner."
    if sorted(partner.tolist()) != list(range(len(x))):
        return "Every row should be the partner of exactly one row."
    if not torch.allclose(y_mixed.double(), _blend(y, lam, partner), rtol=1e-4, atol=1e-4):
        return "Each row of y should be lam of itself and 1 - lam of the partner that x has there."
    return None


def each_blended_alike(student, reference):
    """The same for several batches."""
    return _first_of_all(blended_alike, student, reference)


def blended_and_kept(student, reference):
    """The same, and the arguments are afterwards what they were before."""
    for name in ("x", "y"):
        if not same(student[f"{name} afterwards"], reference[f"{name} afterwards"]):
            return f"It changed its argument `{name}`."
    return blended_alike(student, reference)


def labels_add_up(student, reference):
    """Each blended label adds up to 1, and has its own class in it with a weight of lam, 1 - lam or 1."""
    for name, wanted in reference.items():
        came, y = student[name]["result"], wanted["y"]
        y_mixed = came[1] if isinstance(came, (tuple, list)) and len(came) == 3 else None
        if not isinstance(y_mixed, torch.Tensor) or y_mixed.shape != y.shape or y_mixed.dtype != y.dtype:
            return "The blended y should be a tensor of the shape and dtype of y."
        if not close(y_mixed.sum(dim=1), y.sum(dim=1)):
            return "Each blended label should add up to 1."
        lam = came[2] if isinstance(came[2], float) else math.nan
        own = (y_mixed * y).sum(dim=1).double()
        weights = torch.tensor([lam, 1 - lam, 1.0], dtype=torch.float64)
        if bool((((own.unsqueeze(1) - weights).abs()) > 1e-4).all(dim=1).any()):
            return "Each blended label should keep lam of its own class."
    return None


def lam_is_beta(student, reference):
    """Mean and variance of lam are those of Beta(alpha, alpha), and each lam is the one of its blend."""
    lam, alpha = student["lam"], reference["alpha"]
    if not _blends_of(reference["x"], student["the blended x"], lam):
        return NOT_OF_X
    if len(set(lam.tolist())) <= 500:
        return "lam should be drawn anew for each batch."
    if not abs(float(lam.mean()) - 0.5) < 0.1:
        return "lam should be 0.5 on average, as a draw from Beta(alpha, alpha) is."
    if not 0.75 < float(((lam - 0.5) ** 2).mean()) * 4 * (2 * alpha + 1) < 1.3:
        return "lam does not scatter as Beta(alpha, alpha) does for this alpha."
    return None


def partners_are_a_random_permutation(student, reference):
    """The partners of each batch are a permutation, and over many batches all of them come."""
    x, lam = reference["x"], student["lam"]
    if not _blends_of(x, student["the blended x"], lam):
        return NOT_OF_X
    mixed = [_partners(x, part, float(one)) for part, one in zip(student["the blended x"], lam, strict=True)]
    seen = {tuple(partner.tolist()) for partner, _ in mixed}
    if any(far for _, far in mixed) or any(sorted(partner) != list(range(len(x))) for partner in seen):
        return "In each batch every row should be the partner of exactly one row, with lam for the row itself."
    if len(seen) < math.factorial(len(x)):
        return "Some permutations never come: every one should be as likely as any other."
    counts = functional.one_hot(torch.stack([partner for partner, _ in mixed]), len(x)).sum(dim=0)
    if bool(((counts - len(lam) / len(x)).abs() >= 70).any()):
        return "Some rows prefer a partner: every permutation should be as likely as any other."
    return None


def generator_decides_the_blend(student, reference):
    """The same seed gives the same blend; a second call and another seed give other ones."""
    x, calls = reference["x"], student["calls"]
    for result in calls.values():
        whole = isinstance(result, tuple) and len(result) == 3 and isinstance(result[2], float)
        if not whole or not all(isinstance(part, torch.Tensor) for part in result[:2]):
            return "mixup should return a tuple of three: the blended x, the blended y, and lam."
        if result[0].shape != x.shape or not _blends_of(x, result[0].unsqueeze(0), torch.tensor([result[2]])):
            return NOT_OF_X
    first, second = calls["first"], calls["second"]
    if not same(first, calls["the same seed again"]):
        return "With the same seed the blend should be the same again: draw from `gen` alone."
    if calls["another seed"][2] == first[2]:
        return "Another seed should give another lam: draw from `gen`, and do not seed it."
    if second[2] == first[2]:
        return "A second call on the same generator should draw another lam: do not seed it."
    (one, _), (other, _) = _partners(x, first[0], first[2]), _partners(x, second[0], second[2])
    if torch.equal(one, other):
        return "A second call on the same generator should draw other partners."
    return _global_state(student, reference)


def _blend(tensor, lam, partner):
    tensor = tensor.double()
    return lam * tensor + (1 - lam) * tensor[partner]


def _partners(x, mixed, lam):
    """Return for each row the partner that fits best, and whether one of them does not fit at all."""
    x, mixed = (part.double().reshape(len(x), -1) for part in (x, mixed))
    possible = lam * x.unsqueeze(1) + (1 - lam) * x.unsqueeze(0)  # (row, partner, number)
    gaps = (mixed.unsqueeze(1) - possible).abs().amax(dim=2).nan_to_num(nan=math.inf)
    return gaps.argmin(dim=1), bool((gaps.amin(dim=1) > 1e-4 * (1 + x.abs().max())).any())


def _blends_of(x, mixed, lam):
    """Return whether the rows of each batch are blends of x's, be it with lam for themselves or for their partner."""
    if not isinstance(mixed, torch.Tensor) or mixed.shape != (len(lam), *x.shape):
        return False
    return not any(
        _partners(x, part, one)[1] and _partners(x, part, 1 - one)[1]
        for part, one in zip(mixed, lam.tolist(), strict=True)
    )


# --- augment


def each_is_a_piece(student, reference):
    """Each image is one of the 81 pieces, of its own size, of itself with a border of zeros."""
    result, images = student["result"], reference["images"]
    if not isinstance(result, torch.Tensor) or result.shape != images.shape:
        return "The images should keep their number, channels, height and width."
    if result.dtype != images.dtype:
        return "The images should keep their dtype."
    height, width = images.shape[2:]
    bordered = functional.pad(images.double(), (4, 4, 4, 4))
    fits = torch.zeros(len(images), dtype=torch.bool)
    for top in range(9):
        for left in range(9):
            piece = bordered[:, :, top : top + height, left : left + width]
            fits |= (piece == result.double()).flatten(1).all(dim=1)
    if bool(fits.all()):
        return None
    return "Each image should be a piece of itself with four zeros around it on every side, all channels cut alike."


def each_is_a_piece_with_zeros(student, reference):
    """The same; and where there are many images, some of them have zeros in them."""
    problem = each_is_a_piece(student, reference)
    if problem is None and not bool((student["result"] == 0).any()):
        return "No image was shifted: a shift brings zeros in."
    return problem


def all_are_pieces(student, reference):
    """The same for several batches."""
    return _first_of_all(each_is_a_piece, student, reference)


def a_new_tensor(student, reference):
    """The same; the images stay as they were, also when the result is written to."""
    problem = each_is_a_piece(student, reference)
    if problem:
        return problem
    if not same(student["images afterwards"], reference["images afterwards"]):
        return "It changed its argument `images`."
    name = "images after the result was written to"
    if not same(student[name], reference[name]):
        return "The result is not a new tensor: whoever writes to it changes `images`."
    return None


def every_piece_is_as_likely(student, reference):
    """All 81 pieces come, and each side about as often as any other."""
    result, points = student["result"], reference["the points in the middle"]
    if not isinstance(result, torch.Tensor) or result.shape != (len(points), 1, 9, 9):
        return "The images should keep their number, channels, height and width."
    pixels = result.flatten(1)
    if not bool(((pixels != 0).sum(dim=1) == 1).all()) or not same(pixels.amax(dim=1), points):
        return "The point in the middle of an image should stay in it, and come once, whatever the shift."
    places = pixels.argmax(dim=1)
    rows, columns = places // 9, places % 9
    for found, name in ((rows, "tops"), (columns, "left sides")):
        if len(found.unique()) < 9:
            return f"Some {name} never come: over many images there should be nine, 0 to 8."
    if len(places.unique()) < 81:
        return "Top and left side should be drawn independently, so that all 81 pieces come."
    sides = torch.stack([torch.bincount(side, minlength=9) for side in (rows, columns)])
    if int(sides.min()) <= 130 or int(sides.max()) >= 320:
        return "Some shifts come much more often than others: all nine should be equally likely."
    return None


def generator_decides_the_pieces(student, reference):
    """The same seed gives the same pieces; a second call and another seed give other ones."""
    images, calls = reference["images"], student["calls"]
    if not all(_of_these(images, result) for result in calls.values()):
        return NOT_OF_THE_IMAGES
    if not same(calls["first"], calls["the same seed again"]):
        return "With the same seed the pieces should be the same again: draw from `gen` alone."
    if same(calls["first"], calls["another seed"]):
        return "Another seed should give other pieces: draw from `gen`, and do not seed it."
    if same(calls["first"], calls["second"]):
        return "A second call on the same generator should give other pieces: do not seed it."
    return _global_state(student, reference)


def equal_images_part(student, reference):
    """Of 40 equal images there are at least 15 different results."""
    result, images = student["result"], reference["images"]
    if not _of_these(images, result):
        return NOT_OF_THE_IMAGES
    if result.shape != images.shape:
        return "The images should keep their number, channels, height and width."
    if len(result.flatten(1).unique(dim=0)) < 15:
        return "Equal images have too few different results: draw a shift for each image."
    return None


def _of_these(images, result):
    """Return whether a result holds a batch of images without other pixels than each one's own and zeros."""
    if not isinstance(result, torch.Tensor) or result.shape[:2] != images.shape[:2] or not bool((result != 0).any()):
        return False
    own = functional.one_hot(images.flatten(2).long(), 256).amax(dim=2).bool()  # (image, channel, value)
    own[:, :, 0] = True
    values = result.flatten(2).double()
    if not bool(((values >= 0) & (values <= 255)).all()):
        return False
    return bool(own.gather(2, values.long()).all())


# --- norm_noise


def noise_of_two_rows(student, reference):
    """The noise is the mean of the scales; over 400 trials it is less than a tenth off."""
    return _about(_number(student["noise"]), sum(reference["scales"]) / len(reference["scales"]), 0.9, 1.05)


def noise_is_about_right(student, reference):
    """The noise of each layer is within a quarter of the reference's; its own error is about 4 per cent."""
    for name, wanted in reference.items():
        problem = _about(_number(student[name]), wanted, 0.75, 1.34)
        if problem:
            return problem
    return None


def no_noise(student, reference):
    """Where companions do not matter the noise is 0, a Python float; where they do, it grows with the scale."""
    (other,) = (name for name in reference if name != "no noise")
    problem = _grows(student[other], reference[other])
    if problem:
        return problem
    if not isinstance(student["no noise"], float):
        return NOT_A_NUMBER
    if not close(student["no noise"], reference["no noise"]):
        return "Where the companions change nothing, or are always the same, there should be no noise."
    return None


def batches_in_training_mode(student, reference):
    """The module is called once a trial, in training mode, with X[0] and different companions."""
    modes, X = student["training mode in each call"], reference["X"]
    batches = [_rows(batch, X) for batch in student["batches"]]
    if len(batches) != len(reference["batches"]):
        return "The module should be called once in each trial, with one batch."
    if None in batches:
        return "The batches should be made of rows of X."
    if not all(modes):
        return "The module should be in training mode when it is called."
    if any(len(rows) != len(reference["batches"][0]) for rows in batches):
        return "Each batch should have `batch_size` rows, X[0] included."
    if any(rows.count(0) != 1 for rows in batches):
        return "Each batch should have X[0] in it, once."
    if any(len(set(rows)) != len(rows) for rows in batches):
        return "The companions in a batch should be different rows."
    if len({tuple(sorted(rows)) for rows in batches}) <= 5:
        return "The companions should be drawn anew in each trial."
    return None


def companions_are_as_likely(student, reference):
    """Each other row is a companion about as often as any other."""
    X, trials = reference["X"], len(reference["batches"])
    batches = [_rows(torch.tensor(batch, dtype=X.dtype).unsqueeze(-1), X) for batch in student["batches"]]
    if None in batches:
        return "The batches should be made of rows of X."
    if len(batches) != trials or any(len(rows) != 3 or len({0, *rows}) != 3 for rows in batches):
        return "Each trial should have X[0] and different companions, `batch_size` rows in all."
    together = functional.one_hot(torch.tensor(batches), len(X)).sum(dim=1)  # (trial, row)
    counts = together.sum(dim=0)[1:]
    if int(counts.min()) <= 130 or int(counts.max()) >= 270:
        return "Some rows are companions more often than others: every choice should be equally likely."
    if not bool((together.T @ together > 0).all()):
        return "Some rows never share a batch: every choice of companions should be equally likely."
    return None


def noise_and_kept(student, reference):
    """Module and samples are afterwards what they were before; and there is noise."""
    for name in ("norm", "X"):
        if not same(student[f"{name} afterwards"], reference[f"{name} afterwards"]):
            return f"It changed its argument `{name}`."
    return _grows(student["noise"], reference["noise"])


def generator_decides_the_noise(student, reference):
    """The same seed gives the same noise; a second call and another seed give other noise."""
    problem = _grows(student["layers of other scales"], reference["layers of other scales"])
    if problem:
        return problem
    calls = student["calls"]
    if not same(calls["first"], calls["the same seed again"]):
        return "With the same seed the noise should be the same again: draw from `gen` alone."
    if same(calls["first"], calls["another seed"]):
        return "Another seed should give other noise: draw from `gen`, and do not seed it."
    if same(calls["first"], calls["second"]):
        return "A second call on the same generator should give other noise: do not seed it."
    return _global_state(student, reference)


def _number(value):
    """Return a noise as a float; a tensor with one number counts, for its type is another scenario's matter."""
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        return float(value)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _about(noise, wanted, low, high):
    if noise is None:
        return NOT_A_NUMBER
    if low < noise / wanted < high:
        return None
    if noise == 0:
        return "Nothing scatters: draw new companions in each trial, and use training mode."
    return "The noise of batch normalization differs: average the deviations of X[0]'s outputs, not variances or sums."


def _grows(student, reference):
    """Return a sentence unless the noise is larger for each larger scale."""
    noise = [_number(value) for value in student["noise"]]
    if None in noise:
        return NOT_A_NUMBER
    by_scale = [value for _, value in sorted(zip(reference["scales"], noise, strict=True))]
    grows = all(0 < less < more for less, more in itertools.pairwise(by_scale))
    return None if grows else NOT_OF_THE_NORM


def _rows(batch, X):
    """Return the numbers of X's rows that a batch is made of; None where one of them is no row of X."""
    if not isinstance(batch, torch.Tensor) or batch.dim() != 2 or batch.shape[1] != X.shape[1]:
        return None
    equal = (batch.unsqueeze(1) == X).all(dim=2)  # (row of the batch, row of X)
    return equal.int().argmax(dim=1).tolist() if bool(equal.any(dim=1).all()) else None


# --- all


def _global_state(student, reference):
    if not same(student["the global random state"], reference["the global random state"]):
        return "The global random numbers have moved: draw from `gen` alone."
    return None
