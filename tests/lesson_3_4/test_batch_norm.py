"""Hidden scenarios of `batch_norm`. The cache is the student's, and is not looked at."""

import pytest
import torch

from autograder.worker import probes


def problem(rng, device, dtype, n, d):
    """Return a batch whose columns differ in place and size, and gamma, beta, running statistics."""

    def normal(*shape):
        return torch.randn(shape, generator=rng, dtype=torch.float64)

    x = normal(n, d) * (0.5 + torch.rand(d, generator=rng, dtype=torch.float64)) + 3 * normal(d)
    gamma, beta = 1.5 + 0.4 * normal(d), normal(d)
    running = normal(d), 0.5 + normal(d) ** 2
    x, gamma, beta, mean, variance = (t.to(device, dtype) for t in (x, gamma, beta, *running))
    return x, gamma, beta, (mean, variance)


def outputs(result):
    """Return y and the running statistics under their names; what is no such tuple stands in the place of y, or of the mean."""
    y, running, _ = result if isinstance(result, (list, tuple)) and len(result) == 3 else (result, None, None)
    mean, variance = running if isinstance(running, (list, tuple)) and len(running) == 2 else (running, None)
    return {"y": y, "running mean": mean, "running variance": variance}


@pytest.mark.exercise("batch_norm")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("n", "d"), [(7, 3), (4, 4)])
def test_training(lesson, device, rng, dtype, n, d):
    """In training the batch's statistics normalize each column (biased), and move the running ones (unbiased)."""
    result = lesson.batch_norm(*problem(rng, device, dtype, n, d), True)
    both = result[:2] if isinstance(result, (list, tuple)) else result
    return {**outputs(result), "y and running": probes.form(both)}


@pytest.mark.exercise("batch_norm")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("n", "dtype"), [(6, torch.float32), (5, torch.float64)])
def test_evaluation(lesson, device, rng, n, dtype):
    """Otherwise the running statistics normalize, and stay as they are."""
    return outputs(lesson.batch_norm(*problem(rng, device, dtype, n, 5), False))


@pytest.mark.exercise("batch_norm")
@pytest.mark.weight(2)
def test_a_training_run(lesson, device, rng):
    """The running statistics of one batch go into the next, short last batch included, and serve in evaluation."""
    _, gamma, beta, running = problem(rng, device, torch.float64, 2, 3)
    found = {}
    for number, n in enumerate((8, 8, 8, 3, 8, 2), start=1):
        x = problem(rng, device, torch.float64, n, 3)[0]
        found[f"batch {number}"] = outputs(lesson.batch_norm(x, gamma, beta, running, True, 0.2))
        running = tuple(found[f"batch {number}"][name] for name in ("running mean", "running variance"))
    x = problem(rng, device, torch.float64, 4, 3)[0]
    return {**found, "evaluation": outputs(lesson.batch_norm(x, gamma, beta, running, False, 0.2))}


@pytest.mark.exercise("batch_norm")
def test_momentum_and_eps(lesson, device, rng):
    """`momentum` is the share of the batch, from 0 to 1; `eps` is added to the variance, inside the root, in both modes."""
    given = problem(rng, device, torch.float64, 6, 4)
    found = {
        f"momentum {m}, in training": outputs(lesson.batch_norm(*given, True, momentum=m, eps=0.5))
        for m in (0.0, 0.3, 1.0)
    }
    return {**found, "in evaluation": outputs(lesson.batch_norm(*given, False, eps=0.5))}


@pytest.mark.exercise("batch_norm")
def test_two_rows_and_constant_columns(lesson, device, rng):
    """Two rows are enough to train on; a constant column becomes beta."""
    pair = problem(rng, device, torch.float64, 2, 4)
    constant = problem(rng, device, torch.float32, 4, 3)
    constant[0][:, 1] = 2.5
    batches = {"two rows": pair, "a constant column": constant}
    return {name: outputs(lesson.batch_norm(*given, True)) for name, given in batches.items()}


@pytest.mark.exercise("batch_norm")
def test_a_mean_far_larger_than_the_deviation(lesson, device, rng):
    """Columns whose mean is far larger than their deviation keep their digits: the mean is taken off before squaring."""
    _, gamma, beta, running = problem(rng, device, torch.float32, 8, 3)
    x = 4096 + torch.randint(-96, 97, (8, 3), generator=rng) / 64  # exact in float32, and so are sums of eight
    x[0], x[1] = 4094.5, 4097.75
    return outputs(lesson.batch_norm(x.to(device, torch.float32), gamma, beta, running, True))


@pytest.mark.exercise("batch_norm")
def test_one_row(lesson, device, rng):
    """One row raises a ValueError in training, and is normalized like any other otherwise."""
    given = problem(rng, device, torch.float32, 1, 4)
    refused = probes.raised(ValueError, lambda: lesson.batch_norm(*given, True))
    return {"in training": refused, "in evaluation": outputs(lesson.batch_norm(*given, False))}


@pytest.mark.exercise("batch_norm")
def test_a_row_does_not_depend_on_its_companions_in_evaluation(lesson, device, rng):
    """In evaluation a row gives the same alone as among others."""
    x, gamma, beta, running = problem(rng, device, torch.float64, 5, 3)
    batches = {"among others": x, "alone": x[2:3]}
    return {name: outputs(lesson.batch_norm(rows, gamma, beta, running, False)) for name, rows in batches.items()}


@pytest.mark.exercise("batch_norm")
@pytest.mark.parametrize("training", [True, False])
def test_arguments_stay(lesson, device, rng, training):
    """No argument changes; in training the running statistics are new tensors that share no memory with those given."""
    x, gamma, beta, running = problem(rng, device, torch.float32, 6, 2)
    result, kept = probes.unchanged(
        lambda: lesson.batch_norm(x, gamma, beta, running, training), x=x, gamma=gamma, beta=beta, running=running
    )
    tensors = {name: value for name, value in outputs(result).items() if isinstance(value, torch.Tensor)}
    found = {**outputs(result), **{name: value.clone() for name, value in tensors.items()}, **kept}
    if training:
        for name in tensors.keys() - {"y"}:
            tensors[name] += 1  # what shares memory moves along
        what = "its argument `running` when what came back was changed: they share memory"
        found["running then"] = probes.kept(what, running)
    return found
