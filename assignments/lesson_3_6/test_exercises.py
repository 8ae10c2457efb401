"""The visible tests of lesson 3.6: the worked examples of the page."""

import math
import threading

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.figure import Figure
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn

from assignments.expect import expect, expect_raises, expect_that
from assignments.lesson_3_6.exercises import (
    AverageMeter,
    Logger,
    confusion_matrix,
    diagnose,
    find_nan,
    overfit_one_batch,
    plot_dashboard,
    precision_recall,
)


@pytest.fixture(autouse=True)
def no_figures_are_left():
    """Close what a test has drawn."""
    yield
    plt.close("all")


def test_AverageMeter_weighs_a_batch_by_its_samples():
    meter = AverageMeter()
    for value, n in [(2.0, 10), (2.0, 10), (8.0, 2)]:
        meter.update(value, n)
    call = "the average of a meter after update(2, 10), update(2, 10), update(8, 2)"
    expect(call, meter.average, 56 / 22, "A value counts n times: 20 + 20 + 16, divided by 22 samples.")


def test_AverageMeter_is_empty_at_first_and_after_a_reset():
    meter = AverageMeter()
    expect("AverageMeter().average", meter.average, 0.0, "An empty meter has the average 0.0.")
    meter.update(6.0, 3)
    meter.reset()
    expect("the average after update(6, 3) and reset()", meter.average, 0.0, "Forget the sum and the count.")
    meter.update(1.0)
    expect("the average after reset() and update(1)", meter.average, 1.0, "What came before a reset counts no more.")


def test_AverageMeter_makes_plain_numbers_of_losses():
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    meter = AverageMeter()
    meter.update((w**2).sum(), 4)
    expect(
        "the average after update(a loss of 5, with its graph, 4)",
        meter.average,
        5.0,
        "Make a plain number of a tensor at once: `value.item()`.",
    )


def test_AverageMeter_takes_half_precision_and_others_beside_it():
    """200 times 1,000 is too much for float16; a second meter has nothing to do with the first."""
    meter, other = AverageMeter(), AverageMeter()
    meter.update(torch.tensor(200.0, dtype=torch.float16), 1000)
    step = "Make a plain number of the value before you multiply."
    expect("the average after update(a float16 tensor of 200, 1000)", meter.average, 200.0, step)
    expect("the average of another meter", other.average, 0.0, "Make sum and count in `__init__`, for each meter.")


def test_confusion_matrix_has_the_truth_in_its_rows():
    y, y_hat = torch.tensor([0, 0, 0, 1, 1, 2]), torch.tensor([0, 0, 1, 1, 1, 0])
    expect(
        "confusion_matrix(y = 0 0 0 1 1 2, y_hat = 0 0 1 1 1 0, 3)",
        confusion_matrix(y, y_hat, 3),
        torch.tensor([[2, 1, 0], [0, 2, 0], [1, 0, 0]]),
        "Row: the true class; column: the predicted one. Count every sample, in int64.",
    )


def test_confusion_matrix_keeps_classes_that_do_not_occur():
    y = torch.tensor([0, 2])
    matrix = confusion_matrix(y, y.clone(), 4)
    kind = (tuple(matrix.shape), matrix.dtype)
    call = "shape and dtype of confusion_matrix(y = 0 2, y_hat = 0 2, 4)"
    expect(call, kind, ((4, 4), torch.int64), "The matrix is always (n_classes, n_classes), and counts in int64.")
    expect(
        "confusion_matrix(y = 0 2, y_hat = 0 2, 4)",
        matrix,
        torch.diag(torch.tensor([1, 0, 1, 0])),
        "A class that does not occur has a row and a column of zeros.",
    )


def test_precision_recall_goes_by_columns_and_by_rows():
    matrix = torch.tensor([[2, 1, 0], [0, 2, 0], [1, 0, 0]])
    result = precision_recall(matrix)
    call = "precision_recall(the matrix of the page)"
    expect_that(isinstance(result, tuple) and len(result) == 2, call, result, "a tuple of two", "Return both.")
    precision, recall = result
    next_step = "Precision divides by a column's sum, recall by a row's; 0/0 becomes 0."
    expect(f"{call}: precision", precision, torch.tensor([2 / 3, 2 / 3, 0.0]), next_step)
    expect(f"{call}: recall", recall, torch.tensor([2 / 3, 1.0, 0.0]), next_step)


def eight_rows():
    """Return 8 rows in two groups far apart, and a model that knows nothing yet."""
    y = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1])
    X = 4 * y.unsqueeze(1) - 2 + torch.tensor([[0.3, 0.0], [0.0, 0.3], [-0.3, 0.0], [0.0, -0.3]]).repeat(2, 1)
    model = nn.Linear(2, 2)
    with torch.no_grad():
        model.weight.fill_(0.1)
        model.bias.zero_()
    return model, (X, y)


def test_overfit_one_batch_learns_it_by_heart():
    model, batch = eight_rows()
    history = overfit_one_batch(model, batch, 200, 0.1)
    call = "overfit_one_batch(nn.Linear(2, 2), 8 rows in two groups, 200, 0.1)"
    expect(f"len({call})", len(history), 200, "One loss for each step.")
    expect(f"{call}[0]", history[0], math.log(2), "Before the first update both scores are equal, so the loss is ln 2.")
    expect_that(
        history[-1] < history[0] / 10,
        f"{call}[-1]",
        history[-1],
        f"less than a tenth of the first loss, {history[0]:.3f}",
        "Clear the gradients in each step, and give the cross-entropy the scores as they are.",
    )


def test_overfit_one_batch_learns_in_training_mode():
    model, batch = eight_rows()
    model.eval()
    modes = []
    model.register_forward_hook(lambda module, *_: modes.append(module.training))
    overfit_one_batch(model, batch, 3, 0.1)
    expect_that(
        bool(modes) and all(modes),
        "overfit_one_batch(a model in evaluation mode, batch, 3, 0.1)",
        f"steps with model.training = {modes}",
        "True in every step",
        "Call `model.train()` before the loop.",
    )


def test_overfit_one_batch_gives_the_whole_batch_in_every_step():
    """The model gets the 8 rows as they are each time, and what lies in `.grad` is one step's gradient."""
    model, (X, y) = eight_rows()
    (wanted,) = torch.autograd.grad(nn.functional.cross_entropy(model(X), y), [model.weight])
    seen = []
    model.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].clone()))
    overfit_one_batch(model, (X, y), 3, 1e-6)
    call = "overfit_one_batch(model, batch, 3, 1e-6)"
    expect_that(len(seen) >= 3, f"how often {call} calls the model", len(seen), "once in every step", "Call model(X).")
    for rows in seen:
        expect(f"what the model gets in a step of {call}", rows, X, "Give it the whole batch, as it is.")
    if model.weight.grad is not None and model.weight.grad.any():
        step = "Clear the gradients before every `backward`, also in the first step."
        expect(f"the gradient in `.grad` after {call}", model.weight.grad, wanted, step)


HISTORIES = [
    ([2.0, 1.0, 0.8, 0.7, 0.65, 0.6], [2.1, 1.2, 1.0, 0.95, 0.92, 0.93], "healthy"),
    ([2.0, 1.0, 0.8, 0.7, 0.65, 0.6], [2.1, 1.2, 0.9, 1.0, 1.1, 1.2], "overfitting"),
    ([2.0, 1.5, 1.2, 1.0, 0.997, 0.995], [2.1, 1.6, 1.3, 1.1, 1.1, 1.1], "plateau"),
    ([2.0, 1.0, 0.5, 1.5, 3.0, 4.0], [2.1, 1.2, 0.9, 1.8, 3.5, 4.5], "diverging"),
    ([2.0, 1.0, math.nan, 0.7, 0.65, 0.6], [2.1, 1.2, 1.0, 0.95, 0.92, 0.93], "diverging"),
    ([2.0, 1.0, math.inf, 0.7, 0.65, 0.6], [2.1, 1.2, 1.0, 0.95, 0.92, 0.93], "diverging"),
    ([2.0, 1.0, 0.8, 0.7, 0.65, 0.6], [2.1, 1.2, 1.0, math.nan, 0.92, 0.93], "diverging"),
    ([2.0, 1.5, 1.2, 1.0, 0.999, 0.998], [2.1, 1.6, 1.1, 1.2, 1.3, 1.4], "overfitting"),
    ([2.0, 1.0, 0.8, 0.7, 0.6, 0.6], [2.1, 1.2, 1.0, 0.95, 0.92, 0.93], "healthy"),
    ([0.02, 0.01, 0.008, 0.007, 0.0065, 0.006], [0.02, 0.012, 0.01, 0.01, 0.01, 0.01], "healthy"),
]


@pytest.mark.parametrize("case", HISTORIES)
def test_diagnose_reads_a_history(case):
    train, validation, word = case
    expect(
        f"diagnose(train {train}, validation {validation})",
        diagnose({"train": train, "validation": validation}),
        word,
        "Ask the questions in the order of the page; NaN answers False to every comparison.",
    )


def test_diagnose_refuses_a_short_history():
    history = {"train": [2.0, 1.0, 0.5], "validation": [2.0, 1.0, 0.5]}
    expect_raises(ValueError, "diagnose(3 epochs)", lambda: diagnose(history), "4 epochs are the least.")


def exponential():
    """Return a module without modules inside that computes the exponential."""
    module = nn.Module()
    module.forward = torch.exp
    return module


def test_diagnose_at_the_edges_of_its_questions():
    """What is equal is not above; half of 5 epochs, rounded down, is 2; 1.1 multiplies the lowest validation loss."""
    cases = [
        ([1.0, 0.5, 0.6, 1.0], [1.0, 1.0, 1.0, 1.0], "plateau", "The last training loss has to be above the first."),
        ([2.0, 1.5, 1.0, 0.95, 0.95], [1.0] * 5, "healthy", "With 5 epochs, n // 2 is 2: compare with epoch 2."),
        ([0.5, 0.3, 0.2, 0.1], [0.3, 0.2, 0.2, 0.25], "overfitting", "Multiply the lowest validation loss by 1.1."),
    ]
    for train, validation, word, step in cases:
        history = {"train": train, "validation": validation}
        expect(f"diagnose({history})", diagnose(history), word, step)


def chain():
    """Return the chain of the page: 2 becomes 100, then infinity, then 1, then 3."""
    model = nn.Sequential(nn.Linear(1, 1, bias=False), exponential(), nn.Tanh(), nn.Linear(1, 1, bias=False))
    with torch.no_grad():
        model[0].weight.fill_(50.0)
        model[3].weight.fill_(3.0)
    return model


def test_find_nan_names_the_first_leaf_that_is_not_finite():
    model, batch = chain(), (torch.tensor([[2.0]]), torch.tensor([0]))
    call = "find_nan(the chain of the page, X = 2)"
    expect(call, find_nan(model, batch), "1", "Infinity counts, also when a later leaf hides it.")
    hooks = sum(len(module._forward_hooks) for module in model.modules())
    expect(f"hooks on the model after {call}", hooks, 0, "Remove your hooks in a `finally` block.")


def test_find_nan_counts_large_numbers_as_finite_and_leaves_the_mode():
    """Two numbers of 3e38 are finite, though their sum is not; dropout stays in its mode."""
    model = nn.Sequential(nn.Linear(1, 2, bias=False), nn.Dropout(0.0))
    with torch.no_grad():
        model[0].weight.fill_(3e38)
    modes = []
    model[1].register_forward_hook(lambda module, *_: modes.append(module.training))
    found = find_nan(model, (torch.tensor([[1.0]]), torch.tensor([0])))
    expect_that(
        found is None, "find_nan(a model with outputs of 3e38)", found, "None", "Ask every element, not the sum."
    )
    expect("whether dropout was in training mode", modes, [True], "Call the model once, in the mode in which it is.")


def test_find_nan_takes_its_hooks_off_after_an_exception():
    """When the model raises, the exception goes on, and no hook stays."""
    model, batch = nn.Sequential(nn.Linear(2, 2), nn.Linear(3, 2)), (torch.ones(1, 2), torch.tensor([0]))
    call = "find_nan(a model whose shapes do not fit)"
    expect_raises(RuntimeError, call, lambda: find_nan(model, batch), "Let the exception go on.")
    hooks = sum(len(module._forward_hooks) for module in model.modules())
    expect(f"hooks on the model after {call}", hooks, 0, "Remove your hooks in a `finally` block.")


def test_find_nan_names_the_first_call_of_a_leaf_at_any_depth():
    """One infinite number in a leaf within a container is enough; what comes after it is not to blame."""
    inner = nn.Sequential(nn.Linear(1, 2), nn.Tanh())
    model = nn.Sequential(nn.Linear(1, 1), inner, nn.Linear(2, 2))
    with torch.no_grad():
        inner[0].bias[1] = math.nan
    batch = (torch.tensor([[0.5]]), torch.tensor([0]))
    step = "Note the leaves in the order of their calls; their names are those of `model.named_modules()`."
    expect("find_nan(a NaN in one number of the leaf 1.0)", find_nan(model, batch), "1.0", step)
    model = nn.Module()
    model.late, model.early = exponential(), nn.Linear(1, 1)
    nn.init.constant_(model.early.bias, math.inf)
    model.forward = lambda x: model.late(model.early(x))
    expect("find_nan(a model that calls `late` after `early`)", find_nan(model, batch), "early", step)
    leaf = nn.Linear(1, 1)
    nn.init.constant_(leaf.bias, math.nan)
    expect('find_nan(a single layer with a NaN: its name is "")', find_nan(leaf, batch), "", "An empty name is a name.")


def test_find_nan_names_nothing_in_a_sound_model():
    batch = (torch.tensor([[0.1]]), torch.tensor([0]))
    expect_that(
        find_nan(chain(), batch) is None,
        "find_nan(the chain of the page, X = 0.1)",
        find_nan(chain(), batch),
        "None",
        "0.1 becomes 5, and the exponential of 5 is finite.",
    )


def read(folder):
    """Return what TensorBoard's reader finds: tag to pairs of step and value."""
    events = EventAccumulator(str(folder))
    events.Reload()
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def helpers_at_work():
    """Return how many of TensorBoard's helpers in the background still wait for numbers: one for each open log."""
    return sum(type(thread).__name__ == "_AsyncWriterThread" for thread in threading.enumerate())


def test_Logger_has_its_log_on_disk_after_close(tmp_path):
    log = Logger(tmp_path / "run")
    log.scalar("loss/train", 0.5, 3)
    log.scalar("loss/train", 0.25, 4)
    log.scalar("accuracy", 0.75, 3)
    log.close()
    expect(
        "what TensorBoard reads after three calls of scalar and close()",
        read(tmp_path / "run"),
        {"loss/train": [(3, 0.5), (4, 0.25)], "accuracy": [(3, 0.75)]},
        "Hand tag, value and step on, and close the writer.",
    )


def test_Logger_is_what_with_binds(tmp_path):
    """Inside of the block stands the logger itself."""
    helpers, log = helpers_at_work(), Logger(tmp_path / "run")
    with log as bound:
        step = "`__enter__` returns the logger: `return self`."
        expect_that(bound is log, "what `with log as bound` binds", type(bound).__name__, "the logger itself", step)
        bound.scalar("loss", 0.25, 2)
    left = helpers_at_work() - helpers
    expect("how many logs are open after the block", left, 0, "Close in `__exit__`.")
    log.close()
    expect("what TensorBoard reads afterwards", read(tmp_path / "run"), {"loss": [(2, 0.25)]}, "Close in `__exit__`.")


def test_Logger_closes_its_log_also_after_an_exception(tmp_path):
    def crash():
        with Logger(tmp_path / "run") as log:
            log.scalar("loss", 0.5, 0)
            raise RuntimeError("the training crashed")

    helpers = helpers_at_work()
    step = "The exception of the block goes on where `__exit__` returns nothing."
    expect_raises(RuntimeError, "a with block that raises a RuntimeError", crash, step)
    expect("what TensorBoard reads after it", read(tmp_path / "run"), {"loss": [(0, 0.5)]}, "Close in `__exit__`.")
    step = "`__exit__` closes the log in any case."
    expect("how many logs are open after that exception", helpers_at_work() - helpers, 0, step)


def dashboard():
    """Return the figure of a history whose best epoch is 2."""
    return plot_dashboard(
        {
            "train": [2.0, 1.1, 0.8, 0.6, 0.5],
            "validation": [2.1, 1.2, 0.9, 1.0, 1.1],
            "accuracy": [0.1, 0.6, 0.7, 0.75, 0.72],
        }
    )


def heights(ax):
    """Return what the lines of an axes have along y."""
    return [[round(float(y), 4) for y in line.get_ydata()] for line in ax.lines]


def test_plot_dashboard_has_two_panels():
    figure = dashboard()
    call = "plot_dashboard(a history of 5 epochs)"
    expect_that(isinstance(figure, Figure), call, figure, "a matplotlib Figure", "Return the figure; do not show it.")
    losses = [ax for ax in figure.axes if [2.1, 1.2, 0.9, 1.0, 1.1] in heights(ax)]
    accuracy = [ax for ax in figure.axes if [0.1, 0.6, 0.7, 0.75, 0.72] in heights(ax)]
    expect_that(
        bool(losses) and bool(accuracy) and losses[0] is not accuracy[0],
        call,
        [heights(ax) for ax in figure.axes],
        "the validation loss in one panel, the accuracy in another",
        "`plt.subplots(1, 2)` makes two panels.",
    )
    legend = losses[0].get_legend()
    texts = [text.get_text() for text in legend.get_texts()] if legend else []
    expect_that(
        all(any(name in text.lower() for text in texts) for name in ("train", "validation")),
        f"the legend of the losses in {call}",
        texts,
        'entries with the words "train" and "validation"',
        "Give each line a label, and call `legend()`.",
    )


def test_plot_dashboard_marks_the_best_epoch_in_both_panels():
    figure = dashboard()
    for name, curve in (("losses", [2.1, 1.2, 0.9, 1.0, 1.1]), ("accuracy", [0.1, 0.6, 0.7, 0.75, 0.72])):
        panels = [ax for ax in figure.axes if curve in heights(ax)]
        places = [{float(x) for x in line.get_xdata()} for ax in panels for line in ax.lines]
        for ax in panels:
            for drawn in ax.collections:
                ends = drawn.get_segments() if hasattr(drawn, "get_segments") else [[p] for p in drawn.get_offsets()]
                places += [{float(x) for x, _ in points} for points in ends]
        expect_that(
            {2.0} in places,
            f"the marks in the panel of the {name}",
            sorted(place.pop() for place in places if len(place) == 1),
            "a vertical line or a point at x = 2",
            "The lowest validation loss is 0.9, at epoch 2, counted from 0.",
        )


def test_plot_dashboard_marks_the_first_of_equal_epochs_and_shows_nothing():
    """The epochs 1 and 3 share the lowest validation loss; the figure is returned, and not shown."""
    shown, show = [], plt.show
    plt.show = lambda *_, **__: shown.append(1)
    try:
        history = {"train": [2.0, 1.0, 0.9, 0.8], "validation": [2.1, 1.5, 1.6, 1.5], "accuracy": [0.1, 0.5, 0.6, 0.4]}
        figure = plot_dashboard(history)
    finally:
        plt.show = show
    expect("how often plot_dashboard calls plt.show()", len(shown), 0, "Leave that to whoever called.")
    places = {tuple(round(side, 3) for side in ax.get_position().bounds) for ax in figure.axes}
    expect_that(
        len(places) > 1, "the places of the panels", sorted(places), "two different ones", "`plt.subplots(1, 2)`."
    )
    marks = [{float(x) for x in line.get_xdata()} for ax in figure.axes for line in ax.lines]
    step = "`list.index` finds the first of several."
    expect_that({3.0} not in marks, "the marks", [mark.pop() for mark in marks if len(mark) == 1], "none at 3", step)
