"""The probes turn behaviour into plain data; torch and matplotlib themselves are the oracle."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import pytest
import torch
import torch.distributed

from autograder.worker import probes

mpl.use("agg")


def failing(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def test_an_expected_exception_is_told_with_what_it_mentions() -> None:
    told = probes.raised(ValueError, failing(ValueError("shapes (2,) and (3,)")), mentions=["(2,)", "(4,)"])
    assert told == {"raised": True, "mentions": {"(2,)": True, "(4,)": False}}


def test_a_subclass_counts_and_another_type_does_not() -> None:
    assert probes.raised(LookupError, failing(KeyError("x")))["raised"]
    assert probes.raised(ValueError, failing(KeyError("x"))) == {"raised": False, "instead": "KeyError"}
    assert probes.raised(ValueError, lambda: None) == {"raised": False, "instead": None}


def test_not_written_never_counts() -> None:
    assert not probes.raised(Exception, failing(NotImplementedError()))["raised"]
    assert not probes.raised(NotImplementedError, failing(NotImplementedError()))["raised"]


def test_operations_are_counted() -> None:
    x = torch.ones(3)
    assert probes.operations(lambda: x + x)[1] == 1
    assert probes.operations(lambda: sum((x for _ in range(5)), x))[1] >= 5


@pytest.mark.parametrize(
    "differentiate",
    [
        lambda w: (w * w).backward(),
        lambda w: torch.autograd.grad(w * w, w),
        lambda w: torch.autograd.backward(w * w),
        lambda w: torch.func.grad(lambda v: v * v)(w),
        lambda w: torch.func.jacrev(lambda v: v * v)(w),
        lambda w: torch.func.jvp(lambda v: v * v, (w,), (w,)),
        lambda w: torch.autograd.functional.jacobian(lambda v: v * v, w),
    ],
)
def test_every_automatic_way_is_noticed(differentiate: Callable[[torch.Tensor], Any]) -> None:
    w = torch.tensor(2.0, requires_grad=True)
    assert probes.uses_autograd(lambda: differentiate(w))[1]


def test_a_formula_is_no_autograd() -> None:
    w = torch.tensor(2.0, requires_grad=True)
    assert not probes.uses_autograd(lambda: 2 * w.detach())[1]


def test_a_changed_argument_is_noticed() -> None:
    x = torch.ones(2)
    assert probes.unchanged(lambda: x + 1, x)[1]
    assert not probes.unchanged(lambda: x.add_(1), x)[1]
    assert not probes.unchanged(lambda: x.requires_grad_(), x)[1]


def test_a_draw_from_a_global_generator_is_noticed() -> None:
    own = torch.Generator()
    assert probes.global_rng_untouched(lambda: torch.rand(1, generator=own))[1]
    assert not probes.global_rng_untouched(lambda: torch.rand(1))[1]
    assert not probes.global_rng_untouched(lambda: torch.manual_seed(3))[1]


def test_parameters_are_told_without_names() -> None:
    layer = torch.nn.Linear(3, 2)
    layer.bias.requires_grad = False
    assert probes.parameters(layer) == [
        {"shape": (2, 3), "dtype": "float32", "requires_grad": True},
        {"shape": (2,), "dtype": "float32", "requires_grad": False},
    ]


def test_a_figure_becomes_data_and_is_closed() -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.plot([0, 1], [2, 3], label="a line")
    axes.scatter([4], [5])
    axes.imshow([[1.0, 2.0]])
    axes.set(xlabel="w", ylabel="b", title="t", xscale="linear")
    axes.legend()
    told = probes.figure(figure)["axes"][0]
    assert (told["xlabel"], told["ylabel"], told["title"], told["legend"]) == ("w", "b", "t", ["a line"])
    assert told["lines"][0]["xy"].tolist() == [[0, 2], [1, 3]]
    assert told["collections"][0]["offsets"].tolist() == [[4, 5]]
    assert told["images"][0]["data"].tolist() == [[1.0, 2.0]]
    assert plt.get_fignums() == []


def test_a_surface_becomes_its_vertices() -> None:
    import matplotlib.pyplot as plt

    figure = plt.figure()
    axes: Any = figure.add_subplot(projection="3d")
    a, b = torch.meshgrid(torch.linspace(0, 1, 4), torch.linspace(0, 2, 4), indexing="ij")
    axes.plot_surface(a.numpy(), b.numpy(), (a + b).numpy())
    vertices = torch.from_numpy(probes.figure(figure)["axes"][0]["collections"][0]["vertices"])
    assert vertices.shape[1] == 3
    assert torch.allclose(vertices[:, 2], vertices[:, 0] + vertices[:, 1])


def test_what_is_no_figure_is_said() -> None:
    assert probes.figure(3) == {"type": "int"}


def test_calls_of_show_are_counted() -> None:
    import matplotlib.pyplot as plt

    assert probes.shows(lambda: plt.show())[1] == 1
    assert probes.shows(lambda: None)[1] == 0


def summed(rank: int, meeting: str) -> dict[str, Any]:
    torch.distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=3)
    total = torch.tensor([float(rank + 1)])
    torch.distributed.all_reduce(total)
    torch.distributed.destroy_process_group()
    return {"rank": rank, "total": total}


def failing_last(rank: int, meeting: str) -> None:
    if rank == 2:
        raise ValueError("no shard for me")
    summed(rank, meeting)


def test_ranks_meet_and_answer_in_their_order() -> None:
    told = probes.ranks(3, summed)
    assert [each["rank"] for each in told] == [0, 1, 2]
    assert [each["total"].item() for each in told] == [6.0, 6.0, 6.0]


def test_a_rank_that_raises_ends_the_others_that_wait_for_it() -> None:
    with pytest.raises(ValueError, match=r"rank 2, line .*: no shard for me"):
        probes.ranks(3, failing_last)


def test_a_rank_that_is_not_written_says_so() -> None:
    with pytest.raises(NotImplementedError):
        probes.ranks(2, lambda *_: failing(NotImplementedError())())


def test_ranks_that_never_end_are_ended() -> None:
    with pytest.raises(RuntimeError, match=r"within 0\.3 seconds"):
        probes.ranks(2, lambda *_: time.sleep(60), seconds=0.3)


def test_a_rank_that_dies_is_told() -> None:
    with pytest.raises(RuntimeError, match="rank 0 ended before it had answered"):
        probes.ranks(1, lambda *_: os._exit(3))
