"""The visible tests of lesson 3.7: the worked examples of its page."""

import math

import torch
from torch import nn

from assignments.expect import expect, expect_that
from assignments.lesson_3_7.exercises import (
    EarlyStopping,
    augment,
    ema_update_,
    label_smoothing_loss,
    mixup,
    norm_noise,
)


def seeded(seed=0):
    """A generator of its own."""
    return torch.Generator().manual_seed(seed)


def filled(layer, value):
    """The layer with this value in every parameter and buffer."""
    with torch.no_grad():
        for tensor in (*layer.parameters(), *layer.buffers()):
            tensor.fill_(value)
    return layer


def page_losses():
    """The validation losses of "Stopping in time"."""
    return [4.0, 3.0, 2.75, 2.25, 2.5, 2.0]


def page_scores():
    """The scores and classes of "Label smoothing"."""
    return torch.tensor([[math.log(2), 0.0, 0.0]] * 2), torch.tensor([0, 1])


def test_EarlyStopping_stops_at_the_second_bad_epoch_in_a_row():
    """Patience 2 and min_delta 0.5: False five times, then True."""
    stopper, model = EarlyStopping(2, 0.5), nn.Linear(1, 1)
    said = [stopper.step(loss, model) for loss in page_losses()]
    step = "Compare each loss with best - min_delta. Only a better epoch changes best, and sets the count to 0."
    expect(f"step for the losses {page_losses()}", said, [False, False, False, False, False, True], step)


def test_EarlyStopping_counts_bad_epochs_in_a_row():
    """A better epoch sets the count to 0; an equal loss, or one that only falls again, is not better; the best may be 0."""
    model = nn.Linear(1, 1)
    stopper, losses = EarlyStopping(2), (4.0, 4.0, 3.0, 3.5, 3.25, 1.0)
    said = [stopper.step(loss, model) for loss in losses]
    step = "Compare with the best loss, not with the one before, and count only bad epochs in a row."
    expect(f"step for the losses {losses} with a patience of 2", said, [False, False, False, False, True, False], step)
    stopper, losses = EarlyStopping(2), (1.0, 0.0, 0.5, 0.25)
    said = [stopper.step(loss, model) for loss in losses]
    expect(f"step for the losses {losses}", said, [False, False, False, True], "0 is a loss like any other.")
    stopper, losses = EarlyStopping(1, 0.5), (2.0, 2.25)
    said = [stopper.step(loss, model) for loss in losses]
    expect(f"step for {losses} with a min_delta of 0.5", said, [False, True], "Better is `loss < best - min_delta`.")


def test_EarlyStopping_counts_nan_as_bad():
    """NaN, then a loss, then NaN twice."""
    stopper, model = EarlyStopping(2), nn.Linear(1, 1)
    said = [stopper.step(loss, model) for loss in (math.nan, 1.0, math.nan, math.nan)]
    step = "A NaN is never better: ask `loss < …`, and count everything else."
    expect("step for the losses nan, 1, nan, nan with a patience of 2", said, [False, False, False, True], step)


def test_EarlyStopping_restores_the_best_state():
    """The state of epoch 3 comes back, buffers included, though the model was trained on."""
    stopper, model = EarlyStopping(2, 0.5), nn.BatchNorm1d(2)
    for epoch, loss in enumerate(page_losses()):
        stopper.step(loss, filled(model, float(epoch)))
    stopper.restore(model)
    step = "Keep a real copy of the state when an epoch is better, by `copy.deepcopy`."
    expect("the weight after restore(model)", model.weight.detach(), torch.tensor([3.0, 3.0]), step)
    step = "Buffers belong to the state: `load_state_dict` takes them along."
    expect("the running mean after restore(model)", model.running_mean, torch.tensor([3.0, 3.0]), step)


def test_EarlyStopping_has_nothing_to_restore_at_first():
    """Before any step, the model stays as it is."""
    model = filled(nn.Linear(1, 1), 5.0)
    EarlyStopping(3).restore(model)
    step = "Before there was a better epoch, leave the model alone."
    expect("the weight after restore(model) without a step", model.weight.detach(), torch.tensor([[5.0]]), step)


def test_label_smoothing_loss_of_the_page():
    """1.0744 with smoothing 0.3, and 1.0397 without."""
    logits, y = page_scores()
    step = "Each class gets smoothing / C, the right one 1 - smoothing more. Sum over the classes, mean over the rows."
    expect("label_smoothing_loss(logits, y, 0.3)", label_smoothing_loss(logits, y, 0.3), torch.tensor(1.0744), step)
    step = "Without smoothing it is plain cross-entropy."
    expect("label_smoothing_loss(logits, y, 0.0)", label_smoothing_loss(logits, y, 0.0), torch.tensor(1.0397), step)


def test_label_smoothing_loss_stays_finite():
    """A score of 1,000 for the wrong class: with smoothing 0.5 the loss is 750."""
    logits, y = torch.tensor([[1000.0, 0.0]]), torch.tensor([1])
    step = "Use log-softmax: a logarithm that is taken after softmax becomes infinite."
    expect("label_smoothing_loss(logits, y, 0.5)", label_smoothing_loss(logits, y, 0.5), torch.tensor(750.0), step)


def test_mixup_blends_samples_and_labels_alike():
    """Two rows with labels of their own: both results are the same blend of lam and 1 - lam."""
    x, y = torch.tensor([[0.0, 0.0], [4.0, 8.0]]), torch.eye(2)
    gen, call = seeded(), "mixup(x, y, 4.0, gen)"
    for _ in range(8):  # sooner or later the partners are swapped
        x_mixed, y_mixed, lam = mixup(x, y, 4.0, gen)
        expect_that(
            isinstance(lam, float) and 0 <= lam <= 1, f"lam of {call}", lam, "a float from 0 to 1", "Use float()."
        )
        swapped = not torch.allclose(x_mixed, x, atol=1e-5)  # or each row is its own partner
        blend = torch.tensor([[lam, 1 - lam], [1 - lam, lam]]) if swapped else torch.eye(2)
        step = "Each row keeps lam of itself, and gets 1 - lam of its partner."
        expect(f"x of {call}", x_mixed, blend @ x, step)
        expect(f"y of {call}", y_mixed, blend @ y, "Blend the labels with the same lam and the same partners.")


def test_mixup_gives_every_row_one_partner():
    """With x equal to y the two results are equal; each row is a partner once, and not always its neighbour's."""
    x, seen = torch.eye(5), set()
    for seed in range(6):
        x_mixed, y_mixed, _ = mixup(x, x, 4.0, seeded(seed))
        expect("y of mixup(x, x, 4.0, gen)", y_mixed, x_mixed, "Use one lam and one permutation for both.")
        expect("the sums of its columns", x_mixed.sum(dim=0), torch.ones(5), "Draw partners by `torch.randperm`.")
        seen.add(tuple((x_mixed - x_mixed.diag().diag()).argmax(dim=1).tolist()))
    expect_that(len(seen) > 1, "the partners in 6 batches", sorted(seen), "not always the same", "Draw them each time.")


def test_mixup_draws_lam_from_beta():
    """For alpha 0.1 lam is mostly near 0 or near 1, and either is as likely."""
    x, gen = torch.eye(2), seeded(1)
    lams = torch.tensor([float(mixup(x, x, 0.1, gen)[2]) for _ in range(100)])
    step = "Draw lam from Beta(alpha, alpha)."
    mean, near = round(lams.mean().item(), 3), round(torch.minimum(lams, 1 - lams).mean().item(), 3)
    expect_that(0.3 < mean < 0.7, "the mean of 100 lams for alpha 0.1", mean, "about 0.5", step)
    expect_that(near < 0.15, "their mean distance from the nearer one of 0 and 1", near, "about 0.05", step)


def test_mixup_with_alpha_zero_changes_nothing():
    """lam is 1.0, and x and y keep their values."""
    x, y = torch.tensor([[0.0, 0.0], [4.0, 8.0]]), torch.eye(2)
    step = "Treat alpha 0 before you draw."
    expect("mixup(x, y, 0.0, gen)", mixup(x, y, 0.0, seeded()), (x, y, 1.0), step)


def test_mixup_obeys_its_generator():
    """The same seed gives the same lam, a second call another."""
    x, y = torch.arange(12.0).reshape(6, 2), torch.eye(6)
    gen = seeded(3)
    first, same, second = mixup(x, y, 1.0, seeded(3)), mixup(x, y, 1.0, gen), mixup(x, y, 1.0, gen)
    expect("mixup(x, y, 1.0, gen) with the same seed", same, first, "Draw everything from `gen`.")
    expect_that(second[2] != first[2], "lam of a second call", second[2], "another number", "Draw lam in each call.")


def test_augment_moves_each_image_by_itself():
    """A single 1 in the middle of each of 50 images moves to many places, and stays in the image."""
    images = torch.zeros(50, 1, 9, 9)
    images[:, :, 4, 4] = 1
    moved = augment(images, seeded())
    call = "augment(images, gen)"
    step = "Cut a piece of the old size out of the image with its border."
    expect(f"the shape of {call}", tuple(moved.shape), (50, 1, 9, 9), step)
    step = "With a border of 4 and 9 places along each side, the middle never leaves the image."
    expect(f"the sum of each image of {call}", moved.sum(dim=(1, 2, 3)), torch.ones(50), step)
    places = len(set(moved.flatten(1).argmax(dim=1).tolist()))
    step = "Draw a top and a left side for each image."
    expect_that(places > 20, f"in how many places the 1 lies in {call}", places, "more than 20", step)


def test_augment_brings_zeros_in():
    """A single 1 in the corner is shifted out of some of 60 images, and never comes twice; all nine shifts come."""
    images = torch.zeros(60, 2, 3, 3)
    images[:, :, 0, 0] = 1
    sums = sorted(set(augment(images, seeded(1)).sum(dim=(2, 3)).flatten().tolist()))
    step = "The border is made of four zeros on each side, and what leaves the image is lost."
    expect("the sums of the channels of augment(images, gen)", sums, [0.0, 1.0], step)
    images = torch.zeros(300, 1, 9, 9)
    images[:, :, 4, 4] = 1
    lines = augment(images, seeded(1)).amax(dim=(1, 3)).argmax(dim=1).unique().tolist()
    expect("the rows in which the 1 comes to lie", lines, list(range(9)), "`torch.randint(9, …)` gives 0 to 8.")


def test_augment_obeys_its_generator():
    """The same seed gives the same pieces."""
    images = torch.rand(5, 3, 6, 7)
    step = "Draw from `gen` alone: `v2.RandomCrop` draws from the global generator."
    expect("augment(images, gen) with the same seed", augment(images, seeded(2)), augment(images, seeded(2)), step)


def test_ema_update_follows_the_model():
    """2 becomes 2.2 and then 2.38; the model keeps its 4."""
    ema, model = filled(nn.Linear(1, 1), 2.0), filled(nn.Linear(1, 1), 4.0)
    call = "ema_update_(ema, model, 0.9)"
    for wanted in (2.2, 2.38):
        ema_update_(ema, model, 0.9)
        step = "The average keeps `decay` of itself, and gets `1 - decay` of the model."
        expect(f"the average's weight after {call}", ema.weight.detach(), torch.tensor([[wanted]]), step)
    expect(f"the model's weight after {call}", model.weight.detach(), torch.tensor([[4.0]]), "Write into `ema` alone.")


def test_ema_update_copies_buffers_and_keeps_no_graph():
    """The running mean is the model's, and the average's weight needs no gradient."""
    ema, model = filled(nn.BatchNorm1d(1), 2.0).requires_grad_(False), filled(nn.BatchNorm1d(1), 4.0)
    ema_update_(ema, model, 0.9)
    call = "ema_update_(ema, model, 0.9)"
    expect(f"the running mean after {call}", ema.running_mean, torch.tensor([4.0]), "Copy the buffers.")
    step = "Work inside of `torch.no_grad()`."
    expect(f"requires_grad of the average's weight after {call}", ema.weight.requires_grad, False, step)
    expect(f"the average trains after {call}", ema.training, True, "Leave the mode of both as it is.")
    with torch.no_grad():
        model.running_mean.fill_(9.0)
    expect(
        "the average's running mean when the model's moves", ema.running_mean, torch.tensor([4.0]), "Copy, by `copy_`."
    )
    ema, model = (nn.Sequential(nn.Sequential(filled(nn.Linear(1, 1), value))) for value in (2.0, 4.0))
    ema_update_(ema, model, 0.5)
    step = "`parameters()` finds those at any depth."
    expect("the average of a layer within a layer", ema[0][0].weight.detach(), torch.tensor([[3.0]]), step)


def test_norm_noise_of_the_page():
    """Batches of two give a noise of about 1, batches of all three none, and layer normalization none."""
    X = torch.tensor([[0.0], [2.0], [-4.0]])
    value = norm_noise(nn.BatchNorm1d(1), X, 2, 300, seeded())
    step = "Follow the output for X[0] over the trials; the batches run in training mode, with new companions each."
    expect_that(0.9 < value < 1.1, "norm_noise(nn.BatchNorm1d(1), X, 2, 300, gen)", value, "about 1", step)
    step = "The companions are different rows, so batches of three are always the same."
    expect("norm_noise(nn.BatchNorm1d(1), X, 3, 20, gen)", norm_noise(nn.BatchNorm1d(1), X, 3, 20, seeded()), 0.0, step)
    wide = torch.cat([X, 1 - 2 * X], dim=1)
    value = norm_noise(nn.LayerNorm(2), wide, 2, 20, seeded())
    expect("norm_noise(nn.LayerNorm(2), X, 2, 20, gen)", value, 0.0, "Layer normalization looks at one row alone.")


def test_norm_noise_is_a_mean_of_deviations():
    """Two features with the scales 3 and 5: their deviations are about 3 and 5, so the noise is about 4."""
    norm = nn.BatchNorm1d(2)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([3.0, 5.0]))
    X = torch.tensor([[0.0, 0.0], [2.0, 3.0], [-4.0, -1.0]])
    value = norm_noise(norm.eval(), X, 2, 300, seeded())
    step = "Take the standard deviation of each feature over the trials, and the mean of the features."
    expect_that(3.6 < value < 4.4, "norm_noise of two features with the scales 3 and 5", value, "about 4", step)
    expect_that(not norm.training, "the module's mode afterwards", norm.training, "False", "Work with a deep copy.")


def test_norm_noise_leaves_the_module_alone():
    """The running mean stays at 0."""
    norm = nn.BatchNorm1d(1)
    norm_noise(norm, torch.tensor([[0.0], [2.0], [-4.0]]), 2, 5, seeded())
    step = "Work with a deep copy: in training mode each call moves the running statistics."
    expect("the running mean after norm_noise", norm.running_mean, torch.zeros(1), step)
