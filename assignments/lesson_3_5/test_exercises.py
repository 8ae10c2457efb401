"""The visible tests of lesson 3.5: the worked examples of its page."""

import contextlib
import multiprocessing
import os
import re
import socket
from concurrent.futures import FIRST_EXCEPTION, BrokenExecutor, ProcessPoolExecutor, wait

import pytest
import torch
import torch.distributed as dist
from torch import nn

from assignments.expect import expect, expect_raises, expect_that
from assignments.lesson_3_5.exercises import (
    accumulate_gradients,
    all_reduce_mean,
    autocast_step,
    data_parallel_step,
    ddp_worker,
    ring_all_reduce_bytes,
    scaling_efficiency,
    shard,
)

# How long two processes may take to start, and how long they may then take for a run.
START_SECONDS = 900
SECONDS = 120


def page_rows():
    """The three rows of "The mean of the gradients"."""
    return torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([[1.0], [2.0], [6.0]])


def page_model(w=1.0, b=0.0):
    """The model y = w·x + b."""
    model = nn.Linear(1, 1)
    with torch.no_grad():
        model.weight.fill_(w)
        model.bias.fill_(b)
    return model


def mse(y, y_hat):
    """The mean of the squared errors."""
    return ((y - y_hat) ** 2).mean()


def url(path):
    """Where processes meet: a file, by its URL."""
    return "file:///" + path.as_posix().lstrip("/")


def run_here(meeting, X, y, lr, steps):
    """What ddp_worker returns as the one process of a group, in this very process."""
    names = {name for _, name in socket.if_nameindex()}
    loopback = next((name for name in ("lo", "lo0") if name in names), None)
    if loopback:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", loopback)  # this machine only
    try:
        result = ddp_worker(0, 1, url(meeting), X, y, lr, steps)
        step = "Call dist.destroy_process_group() at the end, or nobody here can join a group again."
        expect("dist.is_initialized() after ddp_worker", dist.is_initialized(), False, step)
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()
    return result


@contextlib.contextmanager
def without_stderr():
    """Processes that start meanwhile have no standard error: when one ends, the other would only complain."""
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def run_two(folder, X, y, lr, runs):
    """What two processes return, each with random numbers of its own; `runs` are numbers of steps, one run after the other."""
    context = multiprocessing.get_context("spawn")
    states = [torch.Generator().manual_seed(10 + rank).get_state() for rank in range(2)]
    others = multiprocessing.active_children()
    pools = [ProcessPoolExecutor(1, context, torch.random.set_rng_state, (state,)) for state in states]
    try:
        # Each first imports torch and your module, which may take long on a busy machine: nobody's fault, so no clock runs.
        with without_stderr():
            starting = [pool.submit(callable, ddp_worker) for pool in pools]
        together(starting, "starting", START_SECONDS)
        found = []
        for run, steps in enumerate(runs):
            calls = [(rank, 2, url(folder / f"run-{run}"), X, y, lr, steps) for rank in range(2)]
            running = [pool.submit(ddp_worker, *call) for pool, call in zip(pools, calls, strict=True)]
            found.append(together(running, f"ddp_worker(rank, 2, init_method, X, y, {lr}, {steps})", SECONDS))
    finally:
        for child in multiprocessing.active_children():
            if child not in others:
                child.kill()
        for pool in pools:
            pool.shutdown()
    return found


def together(running, call, seconds):
    """What two processes return; where one of them raises, ends or goes on without end, say what was seen of both."""
    done, waiting = wait(running, timeout=seconds, return_when=FIRST_EXCEPTION)
    trouble = next((future.exception() for future in done if future.exception() is not None), None)
    if isinstance(trouble, NotImplementedError):
        trouble.__cause__ = None  # the other process's traceback, as text
        raise trouble
    if trouble is None and not waiting:
        return [future.result() for future in running]
    if trouble is not None:
        goes_on, step = "was still running", "Look at what was raised: the other rank may only wait for this one."
    elif call == "starting":
        goes_on = f"did not start within {seconds} seconds"
        step = "Run the tests again when the machine has less to do; this says nothing about your code."
    else:
        goes_on = f"has not returned after {seconds} seconds"
        step = "Let all ranks make the same calls, in the same order; `del` a wrapper before the group is destroyed."
    seen = "; ".join(f"rank {rank} {seen_of(future, goes_on)}" for rank, future in enumerate(running))
    pytest.fail(f"{call}, on two processes\n  seen       {seen}\n  next step  {step}", pytrace=False)


def seen_of(future, goes_on):
    """What is known of a process: that it goes on, what it raised and on which line of exercises.py, or that it returned."""
    if not future.done():
        return goes_on
    error = future.exception()
    if error is None:
        return "has returned"
    if isinstance(error, BrokenExecutor):
        return "has ended without a word: its process was killed, or it left Python"
    lines = re.findall(r'exercises\.py", line (\d+)', str(error.__cause__))
    return f"raised {type(error).__name__}: {error}" + (f" (line {lines[-1]} of exercises.py)" if lines else "")


def test_shard_cuts_rows_as_evenly_as_it_can():
    """Seven rows on three ranks, and two rows on three ranks."""
    rows = torch.arange(7)
    wanted = [torch.tensor([0, 1, 2]), torch.tensor([3, 4]), torch.tensor([5, 6])]
    step = "Every row belongs to one rank; the rows that are left over go to the first ranks, one each."
    for rank in range(3):
        expect(f"shard(torch.arange(7), 3, {rank})", shard(rows, 3, rank), wanted[rank], step)
    step = "With fewer rows than ranks the last ranks get no rows."
    expect("shard(torch.arange(2), 3, 2)", shard(torch.arange(2), 3, 2), torch.arange(0), step)


def test_shard_goes_into_nested_batches():
    """A dict with a tuple and a list in it."""
    X, y = torch.arange(8.0).reshape(4, 2), torch.arange(4)
    step = "Cut every tensor; a tuple stays a tuple, a list a list, a dict a dict."
    call = 'shard({"pair": (X, y), "more": [y]}, 2, 1)'
    result = shard({"pair": (X, y), "more": [y]}, 2, 1)
    expect_that(isinstance(result, dict), call, result, "a dict", step)
    expect(f'{call}["pair"]', result["pair"], (X[2:], y[2:]), step)
    expect(f'{call}["more"]', result["more"], [y[2:]], step)


def test_shard_refuses_a_rank_that_does_not_exist():
    """Ranks go from 0 to world_size - 1."""
    for rank in (-1, 3):
        step = "Raise a ValueError unless 0 <= rank < world_size."
        expect_raises(ValueError, f"shard(rows, 3, {rank})", lambda r=rank: shard(torch.arange(6), 3, r), step)


def test_all_reduce_mean_weighs_by_sizes():
    """Two rows against one: -6 and -4; without sizes -8.5 and -5."""
    grads = [[torch.tensor([-1.0]), torch.tensor(-2.0)], [torch.tensor([-16.0]), torch.tensor(-8.0)]]
    step = "Multiply each rank's gradients by its rows, add up, and divide by the number of all rows."
    expect(
        "all_reduce_mean(grads, [2, 1])",
        all_reduce_mean(grads, [2, 1]),
        [torch.tensor([-6.0]), torch.tensor(-4.0)],
        step,
    )
    step = "Without sizes it is the plain mean over the ranks."
    expect("all_reduce_mean(grads)", all_reduce_mean(grads), [torch.tensor([-8.5]), torch.tensor(-5.0)], step)
    expect(
        "grads[0][0] afterwards", grads[0][0], torch.tensor([-1.0]), "Make new tensors and leave the old ones alone."
    )


def test_all_reduce_mean_leaves_empty_ranks_out():
    """0 times NaN is NaN, so a rank of size 0 must not be multiplied in."""
    grads = [[torch.tensor([3.0])], [torch.tensor([float("nan")])]]
    step = "Leave ranks of size 0 out of the sum."
    expect("all_reduce_mean(grads, [2, 0])", all_reduce_mean(grads, [2, 0]), [torch.tensor([3.0])], step)
    (mean,) = all_reduce_mean(grads, [2, 1])
    step = "A NaN of a rank with rows stays, so that somebody sees it."
    expect_that(bool(mean.isnan().all()), "all_reduce_mean(grads, [2, 1])", mean, "NaN", step)


@pytest.mark.parametrize("world_size", [1, 2, 5])
def test_data_parallel_step_is_the_step_of_the_whole_batch(world_size):
    """The loss is 6; w becomes 1.6 and b becomes 0.4, on any number of workers."""
    X, y = page_rows()
    model = page_model()
    call = f"data_parallel_step(model, mse, X, y, {world_size}, 0.1)"
    step = "Weigh each shard's loss by its rows, and leave empty shards out."
    expect(call, data_parallel_step(model, mse, X, y, world_size, 0.1), 6.0, step)
    step = "Average the gradients with the shards' sizes, then take one step, lr times the mean."
    expect(f"the weight after {call}", model.weight.detach(), torch.tensor([[1.6]]), step)
    expect(f"the bias after {call}", model.bias.detach(), torch.tensor([0.4]), step)


def test_data_parallel_step_leaves_frozen_parameters_and_old_gradients_out():
    """With a frozen weight the bias alone moves, to 0.4, whatever lay in `.grad`, and the model keeps its mode."""
    X, y = page_rows()
    model = page_model().eval()
    model.weight.requires_grad_(False)
    model.bias.grad = torch.tensor([100.0])
    call = "data_parallel_step(model, mse, X, y, 2, 0.1) with a frozen weight"
    loss = data_parallel_step(model, mse, X, y, 2, 0.1)
    expect(call, loss, 6.0, "The loss is that of the whole batch before the update.")
    step = "Only parameters that require a gradient are updated: skip those whose `.grad` is None."
    expect(f"the weight after {call}", model.weight.detach(), torch.tensor([[1.0]]), step)
    step = "Clear old gradients before each shard's `backward`."
    expect(f"the bias after {call}", model.bias.detach(), torch.tensor([0.4]), step)
    expect_that(not model.training, f"the mode after {call}", model.training, "False", "Leave the mode as it is.")


def test_data_parallel_step_shows_the_model_one_shard_at_a_time():
    """Two rows, then one."""
    X, y = page_rows()
    model, seen = page_model(), []
    model.register_forward_pre_hook(lambda _, args: seen.append(len(args[0])))
    data_parallel_step(model, mse, X, y, 2, 0.1)
    step = "Cut the batch with shard, and call model(x) on each shard."
    expect("how many rows the model got in each call", sorted(rows for rows in seen if rows), [1, 2], step)


def test_ddp_worker_trains_alone(tmp_path):
    """A group of one process ends at w = 2.5 and b = 0.5."""
    X, y = page_rows()
    call = "ddp_worker(0, 1, init_method, X, y, 0.2, 200)"
    result = run_here(tmp_path / "meeting", X, y, 0.2, 200)
    expect(f"the names in {call}", sorted(result), ["bias", "weight"], "Return the state_dict of the nn.Linear itself.")
    step = "Take plain SGD steps on the mean squared error of all rows."
    expect(f"{call}: weight", result["weight"].detach(), torch.tensor([[2.5]]), step)
    expect(f"{call}: bias", result["bias"].detach(), torch.tensor([0.5]), step)


def test_ddp_worker_trains_one_model_on_two_processes(tmp_path):
    """Both ranks start from what rank 0 drew, and end at w = 2.5 and b = 0.5."""
    X, y = page_rows()
    run_here(tmp_path / "meeting", X, y, 0.2, 0)  # alone first: that tells quickly if something is missing
    if ddp_worker.__module__ == "__main__":
        return  # in a notebook: another process cannot find your function
    at_first, at_last = run_two(tmp_path, X, y, 0.2, [0, 200])
    torch.manual_seed(10)  # as rank 0 did
    start = nn.Linear(1, 1)
    for rank in range(2):
        call = f"ddp_worker({rank}, 2, init_method, X, y, 0.2, 0)"
        step = "Make nn.Linear(D, 1) once, without seeding, and broadcast rank 0's parameters to all."
        expect(f"{call}: weight", at_first[rank]["weight"].detach(), start.weight.detach(), step)
        expect(f"{call}: bias", at_first[rank]["bias"].detach(), start.bias.detach(), step)
        call = f"ddp_worker({rank}, 2, init_method, X, y, 0.2, 200)"
        step = "all_reduce adds up. Put in what makes the sum the gradient of the mean over all rows."
        expect(f"{call}: weight", at_last[rank]["weight"].detach(), torch.tensor([[2.5]]), step)
        expect(f"{call}: bias", at_last[rank]["bias"].detach(), torch.tensor([0.5]), step)


def test_accumulate_gradients_gives_the_whole_batchs_gradient():
    """The loss is 6, the gradients -6 and -4, whatever lay in .grad before."""
    X, y = page_rows()
    model = page_model()
    model.weight.grad = torch.tensor([[100.0]])
    call = "accumulate_gradients(model, mse, [(X[:2], y[:2]), (X[2:], y[2:])])"
    step = "Each batch's loss counts by its fraction of all the rows: 2/3 and 1/3 here."
    expect(call, accumulate_gradients(model, mse, [(X[:2], y[:2]), (X[2:], y[2:])]), 6.0, step)
    step = "Clear the gradients once, at the start; then let backward add up the parts."
    expect("model.weight.grad", model.weight.grad, torch.tensor([[-6.0]]), step)
    expect("model.bias.grad", model.bias.grad, torch.tensor([-4.0]), step)
    expect("the weight afterwards", model.weight.detach(), torch.tensor([[1.0]]), "Do not take a step.")


def test_accumulate_gradients_leaves_frozen_parameters_alone():
    """With a frozen weight the bias alone has a gradient; each batch is alone in the model, and its graph is gone."""
    X, y = page_rows()
    model = page_model()
    model.weight.requires_grad_(False)
    seen = []
    model.register_forward_pre_hook(lambda _, args: seen.append((len(args[0]), model.bias.grad is None)))
    accumulate_gradients(model, mse, [(X[:2], y[:2]), (X[2:], y[2:])])
    step = "Call `backward` for each batch before the next one goes in."
    expect("rows of each call, and whether there was no gradient yet", seen, [(2, True), (1, False)], step)
    expect_that(model.weight.grad is None, "the frozen weight's `.grad`", model.weight.grad, "None", "Skip it.")
    step = "Each row weighs the same, also in a short batch."
    expect("model.bias.grad with a frozen weight", model.bias.grad, torch.tensor([-4.0]), step)


def test_autocast_step_computes_coarsely_and_keeps_exact_weights():
    """The loss is 1 and not 1.006; the weight becomes 0.401 in float32."""
    model = page_model(w=1.001)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    call = "autocast_step(model, mse, X, y, optimizer)"
    step = "Run model and loss inside of torch.autocast(X.device.type, dtype=dtype)."
    expect(call, autocast_step(model, mse, torch.tensor([[3.0]]), torch.tensor([[2.0]]), optimizer), 1.0, step)
    step = "Back-propagate and step as always. Do not convert the model."
    expect(f"the weight after {call}", model.weight.detach(), torch.tensor([[0.401]]), step)
    expect(f"the bias after {call}", model.bias.detach(), torch.tensor([-0.2]), step)


def test_autocast_step_clears_old_gradients_and_leaves_autocast_off():
    """Old gradients play no part; the loss is taken inside of autocast, which is off again afterwards."""
    model, during = page_model(w=1.001), []
    model.weight.grad = torch.tensor([[100.0]])

    def loss_fn(y, y_hat):
        during.append(y_hat.dtype if torch.is_autocast_enabled("cpu") else "autocast is off")
        return mse(y, y_hat)

    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    autocast_step(model, loss_fn, torch.tensor([[3.0]]), torch.tensor([[2.0]]), optimizer, dtype=torch.float16)
    expect("what loss_fn got, inside of autocast", during, [torch.float16], "Hand `dtype` on, and call loss_fn inside.")
    expect("autocast is on afterwards", torch.is_autocast_enabled("cpu"), False, "Use `with`, so that it ends.")
    near = abs(model.weight.item() - 0.401) < 0.01
    expect_that(near, "the weight afterwards", model.weight.item(), "about 0.401", "Clear the old gradients.")


@pytest.mark.parametrize(("n", "size", "wanted"), [(4, 1000, 1500.0), (8, 497_759_232, 871_078_656.0), (1, 1000, 0.0)])
def test_ring_all_reduce_bytes_counts_what_each_worker_sends(n, size, wanted):
    """The page's numbers."""
    step = "2 (n - 1) steps, each with an n-th of the data."
    expect(f"ring_all_reduce_bytes({n}, {size})", ring_all_reduce_bytes(n, size), wanted, step)


def test_scaling_efficiency_compares_with_one_worker():
    """The page's table, and the ImageNet run in servers."""
    step = "Divide the time of one worker by n times the time of n workers."
    call = "scaling_efficiency({1: 100, 2: 52, 4: 31.25, 8: 25})"
    result = scaling_efficiency({1: 100, 2: 52, 4: 31.25, 8: 25})
    expect(f"list of {call}", list(result), [1, 2, 4, 8], "Keep the keys and their order.")
    expect(f"the values of {call}", list(result.values()), [1.0, 100 / 104, 0.8, 0.5], step)
    call = "scaling_efficiency({1: 10, 2: 4})[2]"
    expect(call, scaling_efficiency({1: 10, 2: 4})[2], 1.25, "Above 1 happens: return it as it is.")
    call = "scaling_efficiency({1: 29, 32: 1})[32]"
    expect(call, scaling_efficiency({1: 29, 32: 1})[32], 0.90625, step)


def test_scaling_efficiency_needs_the_time_of_one_worker():
    """Without it there is nothing to compare with."""
    for times in ({2: 5.0, 4: 3.0}, {}):
        step = "Raise a ValueError where there is no entry for 1."
        expect_raises(ValueError, f"scaling_efficiency({times})", lambda t=times: scaling_efficiency(t), step)
