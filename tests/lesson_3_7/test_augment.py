"""Hidden scenarios of `augment`. Where a piece was cut out is random; the scenarios find it, and tell what fits."""

import pytest
import torch
from torch.nn import functional

from autograder.worker import probes


def pictures(rng, device, n, c, height, width, dtype=torch.float32):
    """Return images without a 0 in them, all of whose pixels differ within a channel."""
    size = height * width
    order = torch.stack([torch.randperm(size, generator=rng) for _ in range(n * c)]) + 1
    return order.reshape(n, c, height, width).to(device, dtype)


def seeded(rng):
    return torch.Generator().manual_seed(int(torch.randint(1, 1_000_000, (1,), generator=rng)))


def found(images, result):
    """Return what can be told of a result: above all whether each image is one of the 81 pieces of its own."""
    facts = {"shape, dtype and device": torch.zeros_like(result)}
    if result.shape == images.shape:
        height, width = images.shape[2:]
        bordered = functional.pad(images.cpu().double(), (4, 4, 4, 4))
        pieces = torch.stack([bordered[:, :, t : t + height, s : s + width] for t in range(9) for s in range(9)], dim=1)
        same = (pieces == result.cpu().double().unsqueeze(1)).flatten(2).all(dim=2)
        facts["each is a piece of its image with a border of zeros"] = bool(same.any(dim=1).all())
    return facts


@pytest.mark.exercise("augment")
@pytest.mark.weight(3)
@pytest.mark.parametrize(
    ("size", "dtype"),
    [
        ((12, 1, 6, 6), torch.float32),
        ((10, 3, 5, 9), torch.float64),
        ((9, 2, 12, 7), torch.uint8),
    ],
)
def test_each_image_is_shifted_within_zeros(lesson, device, rng, size, dtype):
    """Each image is a piece, of its own size, of itself with four zeros around; all channels are cut alike."""
    images = pictures(rng, device, *size, dtype)
    result = lesson.augment(images, seeded(rng))
    channels = [channel[channel > 0].tolist() for channel in result.cpu().flatten(0, 1)]
    return {
        **found(images, result),
        "zeros come in": bool((result == 0).any()),
        "no pixel comes twice": all(len(set(pixels)) == len(pixels) for pixels in channels),
    }


@pytest.mark.exercise("augment")
def test_one_image_and_small_ones(lesson, device, rng):
    """A batch may have one image, and images may be smaller than the border."""
    sizes = ((1, 1, 8, 8), (1, 3, 2, 5), (5, 2, 1, 1))
    batches = [pictures(rng, device, *size) for size in sizes]
    return [found(images, lesson.augment(images, seeded(rng))) for images in batches]


@pytest.mark.exercise("augment")
def test_images_stay_as_they_were(lesson, device, rng):
    """The images are not changed, and a new tensor comes back."""
    images = pictures(rng, device, 4, 1, 7, 7)
    generator = seeded(rng)
    result, kept = probes.unchanged(lambda: lesson.augment(images, generator), images=images)
    before = images.clone()
    facts = found(images, result)
    result += 1
    return facts, kept, torch.equal(images, before)


@pytest.mark.exercise("augment")
@pytest.mark.weight(3)
@pytest.mark.check("every_piece_is_as_likely")
def test_every_piece_comes(lesson, device, rng):
    """Of 2,000 images of 9 by 9 all 81 pieces come, and each top and each left side about as often as any other."""
    images = torch.zeros(2000, 1, 9, 9, device=device)
    images[:, :, 4, 4] = 1
    result = lesson.augment(images, seeded(rng))
    one = result.cpu().reshape(len(result), -1)
    places = one.argmax(dim=1)
    rows, columns = places // result.shape[-1], places % result.shape[-1]
    sides = [torch.bincount(side, minlength=9) for side in (rows, columns)]
    return {
        "shape": tuple(result.shape),
        "one point an image": bool((one.sum(dim=1) == 1).all()),
        "rows": len(set(rows.tolist())),
        "columns": len(set(columns.tolist())),
        "pieces": len(set(zip(rows.tolist(), columns.tolist(), strict=True))),
        "even": all(int(side.min()) > 130 and int(side.max()) < 320 for side in sides),
    }


@pytest.mark.exercise("augment")
@pytest.mark.weight(2)
def test_generator_alone_decides(lesson, device, rng):
    """The same seed gives the same pieces, another seed or a second call others; the global generators play no part."""
    images = pictures(rng, device, 30, 1, 9, 9)
    seed = int(torch.randint(1, 1_000_000, (1,), generator=rng))

    def first(seed):
        return lesson.augment(images, torch.Generator().manual_seed(seed))

    one, untouched = probes.global_rng_untouched(lambda: first(seed))
    generator = torch.Generator().manual_seed(seed)
    same, second = lesson.augment(images, generator), lesson.augment(images, generator)
    return {
        "same seed, same pieces": torch.equal(one, same),
        "another seed, other pieces": not torch.equal(one, first(seed + 1)),
        "second call, other pieces": not torch.equal(one, second),
        "global generators untouched": untouched,
    }


@pytest.mark.exercise("augment")
def test_equal_images_are_shifted_apart(lesson, device, rng):
    """Each image has its own piece: of 40 equal images there are many different results."""
    images = pictures(rng, device, 1, 2, 9, 9).repeat(40, 1, 1, 1)
    result = lesson.augment(images, seeded(rng))
    different = {tuple(image.flatten().tolist()) for image in result.cpu()}
    return {"shape": tuple(result.shape), "at least 15 different": len(different) >= 15}
