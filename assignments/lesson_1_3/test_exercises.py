"""Visible tests of lesson 1.3: the worked examples of its page (`uv run pytest assignments/lesson_1_3`)."""

import pytest
import torch

from assignments.expect import expect, expect_raises, expect_that
from assignments.lesson_1_3.exercises import batch_step, gradient_noise, minibatch_epoch, sgd_epoch, updates_per_epoch

LR = 0.25


def samples(dtype=torch.float32):
    """The three samples of the page, and the start: new tensors each time, so that no test can spoil another."""
    X = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], dtype=dtype)
    y = torch.tensor([6.0, 9.0, 9.0], dtype=dtype)
    return X, y, torch.zeros(2, dtype=dtype), torch.zeros((), dtype=dtype)


def pair(w, b, dtype=torch.float32):
    return torch.tensor(w, dtype=dtype), torch.tensor(b, dtype=dtype)


def expect_pair(call, result, expected, next_step):
    expect_that(
        isinstance(result, (tuple, list)) and len(result) == 2, call, result, "two tensors, w and b", "Return `w, b`."
    )
    expect(f"w of {call}", result[0], expected[0], next_step)
    expect(f"b of {call}", result[1], expected[1], next_step)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_batch_step_averages_over_all_rows(dtype):
    expect_pair(
        "batch_step(X, y, w, b, lr=0.25)",
        batch_step(*samples(dtype), LR),
        pair([2.5, 3.0], 4.0, dtype),
        'Compare with "All the rows at once": the gradients are (-10, -12) and -16, and the step goes against them.',
    )


def test_batch_step_leaves_its_arguments_alone():
    X, y, w, b = samples()
    batch_step(X, y, w, b, LR)
    for name, now, before in zip(("X", "y", "w", "b"), (X, y, w, b), samples(), strict=True):
        expect(
            f"{name} after batch_step(X, y, w, b, lr=0.25)", now, before, "Make new tensors: `w = w - …`, not `w -= …`."
        )
        expect_that(
            not now.requires_grad,
            f"{name} after batch_step(X, y, w, b, lr=0.25)",
            now,
            "a tensor that does not require gradients, as before",
            "Switch `requires_grad` on for a copy of your own, not for the caller's tensor.",
        )


@pytest.mark.parametrize(("order", "w", "b"), [([2, 0, 1], [3.0, 5.25], 3.75), ([0, 1, 2], [1.5, 1.5], 4.5)])
def test_sgd_epoch_updates_after_every_row_in_the_given_order(order, w, b):
    expect_pair(
        f"sgd_epoch(X, y, w, b, lr=0.25, order={order})",
        sgd_epoch(*samples(), LR, order),
        pair(w, b),
        'Go through the table in "One row at a time", update by update.',
    )


def test_sgd_epoch_takes_a_tensor_as_order():
    expect_pair(
        "sgd_epoch(X, y, w, b, lr=0.25, order=torch.tensor([2, 0, 1]))",
        sgd_epoch(*samples(), LR, torch.tensor([2, 0, 1])),
        pair([3.0, 5.25], 3.75),
        "The order may be a list or a tensor; the result is the same.",
    )


@pytest.mark.parametrize(
    ("order", "w", "b"),
    [([0, 1, 2], [2.25, 3.0], 4.5), (torch.tensor([2, 0, 1]), [3.75, 3.75], 5.25)],
    ids=["list", "tensor"],
)
def test_minibatch_epoch_averages_the_smaller_last_batch_over_its_own_rows(order, w, b):
    expect_pair(
        f"minibatch_epoch(X, y, w, b, lr=0.25, order={order}, batch_size=2)",
        minibatch_epoch(*samples(), LR, order, 2),
        pair(w, b),
        'There are two batches, of two rows and of one; see "A few rows at a time".',
    )


def test_minibatch_epoch_with_a_large_batch_size_is_one_step_on_all_rows():
    expect_pair(
        "minibatch_epoch(X, y, w, b, lr=0.25, order=[2, 0, 1], batch_size=10)",
        minibatch_epoch(*samples(), LR, [2, 0, 1], 10),
        pair([2.5, 3.0], 4.0),
        "All three rows are one batch; divide by 3, and not by 10.",
    )


@pytest.mark.parametrize(("n_samples", "batch_size", "updates"), [(7, 3, 3), (6, 3, 2), (7, 7, 1), (7, 1, 7)])
def test_updates_per_epoch_counts_a_smaller_last_batch(n_samples, batch_size, updates):
    expect(
        f"updates_per_epoch({n_samples}, {batch_size})",
        updates_per_epoch(n_samples, batch_size),
        updates,
        'Round up, and return an int; see "Updates an epoch".',
    )


@pytest.mark.parametrize(("n_samples", "batch_size"), [(0, 3), (7, 0)])
def test_updates_per_epoch_refuses_numbers_below_one(n_samples, batch_size):
    expect_raises(
        ValueError,
        f"updates_per_epoch({n_samples}, {batch_size})",
        lambda: updates_per_epoch(n_samples, batch_size),
        "There is no epoch without rows, and no batch without rows: raise a ValueError.",
    )


def noise(batch_size, trials, seed=0):
    """Return the noise at the start, after a look at its form."""
    call = f"gradient_noise(X, y, w, b, batch_size={batch_size}, trials={trials}, generator=generator)"
    result = gradient_noise(*samples(), batch_size, trials, torch.Generator().manual_seed(seed))
    expect_that(
        isinstance(result, (tuple, list))
        and len(result) == 2
        and all(isinstance(part, torch.Tensor) for part in result)
        and [tuple(part.shape) for part in result] == [(2,), ()],
        call,
        result,
        "two tensors, of shape (2,) and ()",
        "Stack the gradients of the trials, and take the deviation over the trials alone.",
    )
    return call, torch.cat([result[0], result[1].reshape(1)])


def test_gradient_noise_of_batches_of_two_is_near_the_noise_on_the_page():
    call, found = noise(2, 2000)
    wanted = torch.tensor([14.0, 18.0, 2.0]).sqrt()
    expect_that(
        bool(((found - wanted).abs() < 0.15 * wanted).all()),
        f"std_dw and std_db of {call}",
        found,
        "about 3.74, 4.24 and 1.41",
        'Different rows, a new batch in each trial, the mean over the batch; see "The noise of a gradient estimate".',
    )


def test_gradient_noise_of_all_the_rows_is_zero():
    call, found = noise(3, 20)
    expect_that(
        bool((found.abs() < 0.001).all()),
        f"std_dw and std_db of {call}",
        found,
        "0, up to rounding",
        "A batch of all the rows must hold each of them once, so all trials give the same gradient.",
    )


def test_gradient_noise_of_two_trials_is_the_deviation_of_two_batches():
    X, y, w, b = samples()
    db = 2 * (X @ w + b - y)  # the gradient of each row alone
    possible = {round(abs(float(one - other)) / 2**0.5, 3) for one in db for other in db}
    results = [noise(1, 2, seed)[1] for seed in range(30)]
    found = [round(float(result[-1]), 3) for result in results]
    call = "std_db of gradient_noise(X, y, w, b, batch_size=1, trials=2, generator=generator) for 30 seeds"
    step = "Draw two batches and take their deviation, with the squares divided by trials - 1."
    strange = [value for value in found if not any(abs(value - one) < 0.01 for one in possible)]
    expect_that(not strange, call, found, f"numbers among {sorted(possible)} alone", step)
    step = "Each trial draws from all the rows again, so two trials may well draw the same row."
    alike = sum(bool((result.abs() < 0.001).all()) for result in results)
    call = "how many of 30 seeds gave no noise at all with batch_size=1 and trials=2"
    expect_that(alike > 0, call, alike, "about 10, where both trials drew the same row", step)


def test_gradient_noise_is_fixed_by_the_generator():
    call, first = noise(2, 7, seed=1)
    torch.manual_seed(5)  # must not matter
    _, again = noise(2, 7, seed=1)
    expect(f"{call} with the same seed again", again, first, "Draw from `generator` alone.")
