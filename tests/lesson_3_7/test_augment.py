"""Hidden scenarios of `augment`. Where a piece was cut out is random; the checks look for it among all 81."""

import pytest
import torch

from autograder.worker import probes


def pictures(rng, device, n, c, height, width, dtype=torch.float32):
    """Return images without a 0 in them, all of whose pixels differ within a channel: some of 1 to 250."""
    size = height * width
    order = torch.stack([torch.randperm(250, generator=rng)[:size] for _ in range(n * c)]) + 1
    return order.reshape(n, c, height, width).to(device, dtype)


def seeded(rng):
    return torch.Generator().manual_seed(int(torch.randint(1, 1_000_000, (1,), generator=rng)))


def shifted(lesson, images, generator):
    """Return what comes back, and the images as they were before."""
    before = images.clone()
    return {"result": lesson.augment(images, generator), "images": before}


@pytest.mark.exercise("augment")
@pytest.mark.weight(3)
@pytest.mark.check("each_is_a_piece_with_zeros")
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
    return shifted(lesson, pictures(rng, device, *size, dtype), seeded(rng))


@pytest.mark.exercise("augment")
@pytest.mark.check("all_are_pieces")
def test_one_image_and_small_ones(lesson, device, rng):
    """A batch may have one image, and images may be smaller than the border."""
    sizes = ((1, 1, 8, 8), (1, 3, 2, 5), (5, 2, 1, 1))
    batches = {f"images {size}": pictures(rng, device, *size) for size in sizes}
    return {name: shifted(lesson, images, seeded(rng)) for name, images in batches.items()}


@pytest.mark.exercise("augment")
def test_black_images_stay_black(lesson, device, rng):
    """Of images of zeros every piece is zeros: of the same shape and dtype, on the same device."""
    n, c, height, width = (int(size) for size in torch.randint(1, 10, (4,), generator=rng))
    return lesson.augment(torch.zeros(n, c, height, width, dtype=torch.float64, device=device), seeded(rng))


@pytest.mark.exercise("augment")
@pytest.mark.check("a_new_tensor")
def test_images_stay_as_they_were(lesson, device, rng):
    """The images are not changed, and a new tensor comes back."""
    images = pictures(rng, device, 4, 1, 7, 7)
    generator = seeded(rng)
    found, kept = probes.unchanged(lambda: shifted(lesson, images, generator), images=images)
    result = found["result"].clone()
    found["result"] += 1
    return {
        "result": result,
        "images": found["images"],
        **kept,
        "images after the result was written to": images.clone(),
    }


@pytest.mark.exercise("augment")
@pytest.mark.weight(3)
@pytest.mark.check("every_piece_is_as_likely")
def test_every_piece_comes(lesson, device, rng):
    """All pieces come, and each top and each left side about as often as any other."""
    images = torch.zeros(2000, 1, 9, 9, dtype=torch.uint8)
    images[:, 0, 4, 4] = torch.randint(1, 256, (2000,), generator=rng, dtype=torch.uint8)
    points = images[:, 0, 4, 4].clone()
    return {"result": lesson.augment(images.to(device), seeded(rng)), "the points in the middle": points}


@pytest.mark.exercise("augment")
@pytest.mark.weight(2)
@pytest.mark.check("generator_decides_the_pieces")
def test_generator_alone_decides(lesson, device, rng):
    """The same seed gives the same pieces, another seed or a second call others; the global generators play no part."""
    images = pictures(rng, device, 30, 1, 9, 9)
    seed = int(torch.randint(1, 1_000_000, (1,), generator=rng))

    def first(seed):
        return lesson.augment(images, torch.Generator().manual_seed(seed))

    one, untouched = probes.global_rng_untouched(lambda: first(seed))
    generator = torch.Generator().manual_seed(seed)
    again, second = lesson.augment(images, generator), lesson.augment(images, generator)
    calls = {"first": one, "the same seed again": again, "second": second, "another seed": first(seed + 1)}
    return {"calls": calls, "images": images, "the global random state": untouched}


@pytest.mark.exercise("augment")
@pytest.mark.check("equal_images_part")
def test_equal_images_are_shifted_apart(lesson, device, rng):
    """Each image has its own piece: of equal images there are many different results."""
    images = pictures(rng, device, 1, 2, 9, 9).repeat(40, 1, 1, 1)
    return shifted(lesson, images, seeded(rng))
