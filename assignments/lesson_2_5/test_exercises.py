"""Visible tests of lesson 2.5: the worked examples of its page (`uv run pytest assignments/lesson_2_5`)."""

import struct

import matplotlib

matplotlib.use("Agg")  # draw into memory, open no window

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.figure import Figure
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from assignments.expect import as_float, expect, expect_raises, expect_that
from assignments.lesson_2_5.exercises import (
    StandardizedToyDataset,
    ToyDataset,
    compare_batch_sizes,
    digits_loader,
    make_loader,
    manual_batches,
    plot_batch,
    to_device,
    train,
)


@pytest.fixture(autouse=True)
def _close_figures():
    show = plt.show
    yield
    plt.show = show
    plt.close("all")


def numbered(n):
    """Return a dataset whose sample i has the feature i and the target 100 + i."""
    x = torch.arange(float(n)).unsqueeze(1)
    return TensorDataset(x, x + 100)


def one_epoch(loader):
    """Return the sample numbers in the order in which one epoch serves them."""
    return [int(value) for x, _ in loader for value in x.flatten()]


def test_ToyDataset_spaces_its_features_evenly():
    dataset = ToyDataset(5, 0)
    expect("len(ToyDataset(5, 0))", len(dataset), 5, "Return the number of samples from `__len__`.")
    for i, x in enumerate([-2.0, -1.0, 0.0, 1.0, 2.0]):
        expect(
            f"ToyDataset(5, 0)[{i}][0]",
            dataset[i][0],
            torch.tensor([x]),
            "Space x evenly from -2 to 2, both ends included, and give each sample the shape (1,).",
        )


def test_ToyDataset_has_targets_near_the_line_that_stay_the_same():
    dataset = ToyDataset(200, 0)
    for name, part in zip("xy", dataset[3], strict=True):
        fine = isinstance(part, torch.Tensor) and part.shape == (1,) and part.dtype == torch.float32
        step = "A sample is a tuple of two float32 tensors of shape (1,)."
        expect_that(fine, f"{name} of ToyDataset(200, 0)[3]", part, "a float32 tensor of shape (1,)", step)
    noise = torch.stack([dataset[i][1] - (3 * dataset[i][0] + 1) for i in range(200)])
    expect_that(
        0.35 < as_float(noise.std()) < 0.65,
        "y - (3x + 1) over the samples of ToyDataset(200, 0)",
        f"a standard deviation of {as_float(noise.std()):.3f}",
        "a standard deviation near 0.5",
        "The targets are 3x + 1 + 0.5 * z, each z a standard normal number.",
    )
    expect(
        "ToyDataset(200, 0)[3], read a second time",
        dataset[3],
        dataset[3],
        "Draw the noise once, in `__init__`, and keep it.",
    )


def test_ToyDataset_draws_from_a_generator_of_its_own():
    state = torch.get_rng_state()
    one, same, other = ToyDataset(5, 1), ToyDataset(5, 1), ToyDataset(5, 2)
    kept = torch.equal(torch.get_rng_state(), state)
    step = "Make a torch.Generator, seed it, and hand it to torch.randn; torch.manual_seed changes the global one."
    expect_that(kept, "the global generator's state after ToyDataset(5, 1)", "another state", "the state before", step)
    expect("ToyDataset(5, 1)[2], made again", same[2], one[2], "The seed fixes the noise.")
    different = not torch.equal(one[2][1], other[2][1])
    expect_that(different, "the targets of ToyDataset(5, 2)", other[2][1], "others than with seed 1", "Use the seed.")


def test_ToyDataset_refuses_an_index_past_the_end():
    dataset = ToyDataset(5, 0)
    expect("ToyDataset(5, 0)[-1][0]", dataset[-1][0], torch.tensor([2.0]), "-1 is the last sample, as in a list.")
    expect_raises(
        IndexError,
        "ToyDataset(5, 0)[5]",
        lambda: dataset[5],
        "A loop over the dataset ends at that error; see the page.",
    )


def test_make_loader_keeps_the_short_last_batch():
    loader = make_loader(numbered(10), 4, shuffle=False, seed=0)
    expect(
        "the batch sizes of make_loader(ten samples, 4, shuffle=False, seed=0)",
        [len(x) for x, _ in loader],
        [4, 4, 2],
        "The last batch has what is left over. Is something dropped?",
    )
    expect(
        "the samples of make_loader(ten samples, 4, shuffle=False, seed=0)",
        one_epoch(loader),
        list(range(10)),
        "Without shuffle the samples come in the dataset's own order.",
    )


def test_make_loader_shuffles_anew_every_epoch_by_its_seed():
    call = "make_loader(thirty samples, 4, shuffle=True, seed=7)"
    loader = make_loader(numbered(30), 4, shuffle=True, seed=7)
    first, second = one_epoch(loader), one_epoch(loader)
    expect(f"one epoch of {call}, sorted", sorted(first), list(range(30)), "Every sample comes once an epoch.")
    expect_that(
        first != second, f"two epochs of {call}", (first, second), "two different orders", "Shuffle every epoch anew."
    )
    again = make_loader(numbered(30), 4, shuffle=True, seed=7)
    expect(
        f"the first epoch of {call}, made again",
        one_epoch(again),
        first,
        "The seed alone fixes the orders: give the loader a generator of its own.",
    )
    torch.manual_seed(1)
    one_epoch(again)
    first = torch.rand(1)
    torch.manual_seed(2)
    one_epoch(again)
    step = (
        "Never call torch.manual_seed: whoever uses random numbers elsewhere would get the same ones again and again."
    )
    other = torch.rand(1)
    expect_that(not torch.equal(first, other), "a global random number after an epoch", other, "not a seeded one", step)
    state = torch.get_rng_state()
    make_loader(numbered(30), 4, shuffle=True, seed=7)
    kept = torch.equal(torch.get_rng_state(), state)
    expect_that(kept, f"the global generator's state after {call}", "another state", "the state before", step)


def test_manual_batches_follow_the_order():
    X = torch.tensor([[0.0, 0], [1, 10], [2, 20], [3, 30], [4, 40]])
    y = torch.tensor([[0.0], [100], [200], [300], [400]])
    batches = list(manual_batches(X, y, 2, [3, 0, 4, 1, 2]))
    call = "list(manual_batches(X, y, 2, [3, 0, 4, 1, 2]))"
    expect(f"len({call})", len(batches), 3, "Five rows, two to a batch: the third batch has one row.")
    expect(
        f"{call}[0]",
        tuple(batches[0]),
        (torch.tensor([[3.0, 30], [0, 0]]), torch.tensor([[300.0], [0]])),
        "The first batch has the rows order[0] and order[1], of X and of y alike.",
    )
    expect(
        f"{call}[2]",
        tuple(batches[2]),
        (torch.tensor([[2.0, 20]]), torch.tensor([[200.0]])),
        "The last batch has the row that is left over, and it is still (1, 2) and (1, 1).",
    )
    sizes = [len(rows) for rows, _ in manual_batches(X[:4], y[:4], 2, torch.tensor([1, 0, 3, 2]))]
    call = "the batch sizes of manual_batches(X, y, 2, order) for four rows"
    expect(call, sizes, [2, 2], "Four rows make two batches; an empty one does not follow.")


def test_train_weighs_the_short_last_batch_by_its_samples():
    x = torch.tensor([[1.0], [-1.0], [2.0]])
    y = torch.tensor([[2.0], [0.0], [3.0]])
    model = nn.Linear(1, 1)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    history = train(DataLoader(TensorDataset(x, y), batch_size=2), model, 0.1, 1)
    call = "train(the three samples of the page, w = b = 0, lr=0.1, epochs=1)"
    expect(
        f"w and b after {call}",
        [model.weight.item(), model.bias.item()],
        [1.16, 0.68],
        "One update a batch: zero_grad, backward, step. The table of the page has every number.",
    )
    expect(
        call,
        history,
        [9.76 / 3],
        "A list of floats. Two samples had the loss 2 and one had 5.76; 3.88 would be the mean of the batches.",
    )


def test_compare_batch_sizes_starts_from_the_same_model():
    dataset = TensorDataset(torch.zeros(4, 1), torch.full((4, 1), 4.0))
    still = compare_batch_sizes(dataset, [4, 2], 2, 0.0, 0)
    call = "compare_batch_sizes(four samples, [4, 2], epochs=2, lr={}, seed=0)"
    expect(
        f"list({call.format(0.0)})", list(still), [4, 2], "Return a dict with one key a size, in the order of `sizes`."
    )
    expect(
        f"{call.format(0.0)}[2]",
        still[2],
        [still[4][0], still[4][0]],
        "Nothing moves with lr=0, so all losses are alike. Does every size start from the same weight and bias?",
    )
    losses = compare_batch_sizes(dataset, [4, 2], 2, 0.25, 0)
    expect(
        f"the losses of {call.format(0.25)}, as shares of the first",
        [losses[size][epoch] / losses[4][0] for size, epoch in [(4, 0), (4, 1), (2, 0), (2, 1)]],
        [1.0, 0.25, 0.625, 0.0390625],
        'Compare with the table in "A fair comparison of batch sizes".',
    )


def test_compare_batch_sizes_shuffles_anew_every_epoch():
    dataset = TensorDataset(torch.zeros(10, 1), torch.arange(10.0).unsqueeze(1) ** 2)
    losses = compare_batch_sizes(dataset, [1], 4, 0.5, 3)[1]
    step = "Make each size's loader with shuffle=True: here the losses depend on the order, which is a new one every epoch."
    call = "compare_batch_sizes(ten samples, [1], epochs=4, lr=0.5, seed=3)[1]"
    expect_that(len({round(loss, 2) for loss in losses[1:]}) > 1, call, losses, "other losses in every epoch", step)


def test_StandardizedToyDataset_has_standardized_features_and_a_way_back():
    dataset = StandardizedToyDataset(5, 0)
    features = torch.stack([dataset[i][0] for i in range(5)])
    expect(
        "the features of StandardizedToyDataset(5, 0)",
        features,
        torch.tensor([[-1.264911], [-0.632456], [0.0], [0.632456], [1.264911]]),
        "Subtract the mean, divide by the unbiased deviation 1.5811, both over all five samples.",
    )
    expect("float(dataset.x_std)", as_float(dataset.x_std), 1.5811388, "The deviation before standardizing: torch.std.")
    expect(
        "dataset.inverse(torch.tensor([1.264911]))",
        dataset.inverse(torch.tensor([1.264911])),
        torch.tensor([2.0]),
        "Undo the steps in reverse: times the deviation, plus the mean.",
    )


def test_StandardizedToyDataset_takes_its_statistics_over_all_samples():
    dataset = StandardizedToyDataset(101, 0)
    features = torch.stack([dataset[i][0] for i in range(101)])
    step = "Take mean and deviation over all features of the dataset, however many there are."
    expect("the mean of the features of StandardizedToyDataset(101, 0)", features.mean(), torch.tensor(0.0), step)
    expect("their standard deviation", features.std(), torch.tensor(1.0), step)


def test_StandardizedToyDataset_leaves_the_targets_alone():
    toy, standardized = ToyDataset(6, 3), StandardizedToyDataset(6, 3)
    expect(
        "StandardizedToyDataset(6, 3)[4][1]",
        standardized[4][1],
        toy[4][1],
        "The targets are those of ToyDataset(6, 3), unchanged.",
    )


def write_idx(path, array):
    """Write bytes in the IDX format: the magic number, the sizes, the data."""
    path.write_bytes(struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.numpy().tobytes())


def write_digits(root):
    """Write the four files of a tiny MNIST: 4 training images of byte 255, 6 test images of byte 51."""
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, n, byte in [("train", 4, 255), ("t10k", 6, 51)]:
        write_idx(raw / f"{name}-images-idx3-ubyte", torch.full((n, 28, 28), byte, dtype=torch.uint8))
        write_idx(raw / f"{name}-labels-idx1-ubyte", torch.arange(n, dtype=torch.uint8))
    return raw


def test_digits_loader_normalizes_once_and_keeps_the_labels(tmp_path):
    write_digits(tmp_path)
    images, labels = next(iter(digits_loader(tmp_path, train=False, batch_size=4)))
    call = "the first batch of digits_loader(root, train=False, batch_size=4)"
    expect(f"{call}: labels", labels, torch.tensor([0, 1, 2, 3]), "The test split comes in file order, labels int64.")
    expect(f"{call}: images.shape", tuple(images.shape), (4, 1, 28, 28), "Let ToTensor make the images.")
    expect(f"{call}: a pixel of byte 51", images[0, 0, 0, 0], torch.tensor(-0.6), "ToTensor, then Normalize, once.")


def test_digits_loader_serves_the_training_split(tmp_path):
    write_digits(tmp_path)
    batches = list(digits_loader(tmp_path, train=True, batch_size=3))
    call = "digits_loader(root, train=True, batch_size=3)"
    expect(
        f"the labels of {call}, sorted",
        sorted(int(label) for _, labels in batches for label in labels),
        [0, 1, 2, 3],
        "The training split of this test has four images, and the last short batch is kept. Did you pass `train` on?",
    )
    expect(f"a pixel of byte 255 in {call}", batches[0][0][0, 0, 0, 0], torch.tensor(1.0), "255 becomes 1.")


def test_digits_loader_refuses_missing_files(tmp_path):
    (write_digits(tmp_path) / "train-labels-idx1-ubyte").unlink()

    def read():
        try:
            return digits_loader(tmp_path, train=True, batch_size=2)
        except FileNotFoundError as error:  # as good as torchvision's own
            raise RuntimeError from error

    expect_raises(
        RuntimeError,
        "digits_loader(a folder without the training labels, train=True, batch_size=2)",
        read,
        "torchvision's MNIST raises this by itself; do not download.",
    )


def test_to_device_goes_into_every_container():
    x, y = torch.arange(3.0), torch.tensor([7])
    moved = to_device({"x": x, "rest": [y, (x, "a.png")]}, "meta")
    call = 'to_device({"x": x, "rest": [y, (x, "a.png")]}, "meta")'
    expect_that(
        isinstance(moved, dict) and list(moved) == ["x", "rest"] and moved["x"].device.type == "meta",
        call,
        moved,
        "a dict with the same keys, its x on the device meta",
        "Move the values of a dict, and keep its keys.",
    )
    rest = moved["rest"]
    expect_that(
        isinstance(rest, list)
        and rest[0].device.type == "meta"
        and isinstance(rest[1], tuple)
        and rest[1][0].device.type == "meta"
        and rest[1][1] == "a.png",
        f'{call}["rest"]',
        rest,
        "a list with y on meta, and a tuple of x on meta and the text as it was",
        "Call `to_device` on every part; leave what is no tensor and no container alone.",
    )


def test_to_device_does_not_copy_what_is_there():
    x = torch.arange(3.0)
    expect_that(
        to_device((x,), "cpu")[0] is x,
        'to_device((x,), "cpu")[0] is x, for an x on the CPU',
        False,
        "True: the same object",
        "`tensor.to(device)` returns the tensor itself when it is there already.",
    )


def test_plot_batch_has_eight_axes_with_labels_as_titles():
    images = torch.linspace(-1, 1, 3 * 28 * 28).reshape(3, 1, 28, 28)
    shown = []
    plt.show = lambda *_, **__: shown.append("plt.show()")
    figure = plot_batch(images, torch.tensor([7, 0, 4]))
    call = "plot_batch(three images, labels 7, 0, 4)"
    expect_that(not shown, f"what was shown by {call}", shown, "nothing", "Return the figure; do not show it.")
    expect_that(isinstance(figure, Figure), call, figure, "a matplotlib Figure", "Return the figure; do not show it.")
    expect(f"len({call}.axes)", len(figure.axes), 8, "Two rows of four, also when there are fewer images.")
    titles = [ax.get_title() for ax in figure.axes]
    expect_that(
        all(str(label) in title and "tensor" not in title for label, title in zip([7, 0, 4], titles, strict=False))
        and titles[3:] == [""] * 5,
        f"the titles of {call}",
        titles,
        "titles with 7, 0 and 4, then five empty ones",
        "Set the title of each used axes to its label, as a whole number.",
    )
    expect(
        f"which axes of {call} show their lines",
        [ax.axison for ax in figure.axes],
        [False] * 8,
        'Switch the lines off on all eight: ax.axis("off").',
    )


def test_plot_batch_does_not_clip_dark_pixels():
    images = torch.linspace(-1, 1, 28 * 28).reshape(1, 1, 28, 28)
    figure = plot_batch(images, torch.tensor([5]))
    drawn = figure.axes[0].images
    expect("len(plot_batch(one image, label 5).axes[0].images)", len(drawn), 1, "Draw each image with `imshow`.")
    data, (low, high) = drawn[0].get_array(), drawn[0].get_clim()
    expect_that(
        data.ndim == 3 or (low <= data.min() + 1e-3 and data.max() - 1e-3 <= high),
        "plot_batch(one image from -1 to 1, label 5)",
        f"grey levels from {data.min():.2f} to {data.max():.2f} on a scale from {low:.2f} to {high:.2f}",
        "a scale that holds all grey levels",
        "Undo the normalization before you draw: times 0.5, plus 0.5.",
    )
    rising = data.ndim == 3 or drawn[0].get_cmap().name.endswith("_r") or data[-1, -1] > data[0, 0]
    step = "Multiply by 0.5, not by -0.5, or black and white are exchanged."
    what = "the first and the last grey level of an image that rises from -1 to 1"
    expect_that(rising, what, (float(data[0].min()), float(data[-1].max())), "the last one is larger", step)
