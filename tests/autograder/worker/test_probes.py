"""The probes turn behaviour into plain data; torch and matplotlib themselves are the oracle."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
import torch
import torch.distributed

from autograder.grading.compare import compare
from autograder.sandbox import decode
from autograder.worker import probes
from autograder.worker.encode import Encoder

mpl.use("agg")


def failing(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def raised_as_it_should(wanted: type[Exception], came: Exception | None, mentions: tuple[str, ...] = ()) -> bool:
    def reference() -> None:
        raise wanted(" ".join(mentions))

    call = (lambda: None) if came is None else failing(came)
    return compare(probes.raised(wanted, call, mentions), probes.raised(wanted, reference, mentions), "cpu") is None


def test_an_expected_exception_counts_where_it_mentions_what_it_should() -> None:
    error = ValueError("shapes (2,) and (3,)")
    assert raised_as_it_should(ValueError, error, ("(2,)",))
    assert not raised_as_it_should(ValueError, error, ("(2,)", "(4,)"))


def test_a_subclass_counts_and_another_type_or_nothing_does_not() -> None:
    assert raised_as_it_should(LookupError, KeyError("x"))
    assert not raised_as_it_should(ValueError, KeyError("x"))
    assert not raised_as_it_should(ValueError, None)


def test_not_written_never_counts() -> None:
    assert not raised_as_it_should(RuntimeError, NotImplementedError())
    assert not raised_as_it_should(Exception, NotImplementedError())


def test_what_was_raised_instead_is_told() -> None:
    wanted = probes.raised(ValueError, failing(ValueError()))
    other, nothing = (
        compare(probes.raised(ValueError, call), wanted, "cpu") for call in (failing(KeyError()), lambda: None)
    )
    assert other is not None
    assert other.sentence() == "It should raise a ValueError; it raised a KeyError."
    assert nothing is not None
    assert nothing.sentence() == "It should raise a ValueError; it raised nothing."


def test_two_wrong_answers_are_alike_where_they_raise_alike() -> None:
    wrong = probes.raised(ValueError, failing(KeyError()))
    assert compare(probes.raised(ValueError, failing(KeyError("another"))), wrong, "cpu") is None
    assert compare(probes.raised(ValueError, failing(TypeError())), wrong, "cpu") is not None
    assert compare(probes.raised(ValueError, failing(ValueError())), wrong, "cpu") is not None


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


def carried(value: Any) -> Any:
    """Return a value as the grader gets it: written into a frame, and read from it."""
    encoder = Encoder(1 << 20)
    head, tensors = json.loads(json.dumps(encoder.tree(value))), encoder.tensors
    return decode.value(head, dict(tensors))


def told_of(came: Callable[[], Any], wanted: Callable[[], Any]) -> str:
    """Return what a student reads where `came()` is held against `wanted()`; "" where they agree."""
    found = compare(carried(came()), carried(wanted()), "cpu")
    return "" if found is None else found.sentence()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda x: x.add_(1),
        lambda x: x.requires_grad_(),
        lambda x: setattr(x, "grad", torch.ones(2)),
        lambda x: x.resize_(1),
    ],
)
def test_a_changed_argument_is_named(spoil: Callable[[torch.Tensor], Any]) -> None:
    def after(call: Callable[[torch.Tensor], Any]) -> Any:
        x = torch.ones(2)
        return probes.unchanged(lambda: call(x), x=x)[1]

    assert told_of(lambda: after(spoil), lambda: after(lambda x: x + 1)) == "It changed its argument `x`."
    assert told_of(lambda: after(lambda x: x + 2), lambda: after(lambda x: x + 1)) == ""


def test_a_changed_model_optimizer_or_generator_is_noticed() -> None:
    def state(change: Callable[[Any, Any, Any], Any]) -> Any:
        model = torch.nn.BatchNorm1d(2)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        generator = torch.Generator().manual_seed(1)
        change(model, optimizer, generator)
        return probes.kept("something", [model, optimizer, generator])

    def left_alone(*_: Any) -> None:
        return None

    assert told_of(lambda: state(left_alone), lambda: state(left_alone)) == ""
    changes: list[Callable[[Any, Any, Any], Any]] = [
        lambda model, *_: model.eval(),
        lambda model, *_: model(torch.ones(3, 2)),
        lambda model, *_: model.weight.requires_grad_(False),
        lambda _, optimizer, __: optimizer.param_groups[0].update(lr=0.2),
        lambda _, __, generator: torch.rand(1, generator=generator),
    ]
    for change in changes:
        assert told_of(lambda change=change: state(change), lambda: state(left_alone)) == "It changed something."  # type: ignore[misc]  # a default binds the loop's variable


def test_a_draw_from_a_global_generator_is_noticed() -> None:
    own = torch.Generator()

    def after(call: Callable[[], Any]) -> Any:
        torch.manual_seed(7)
        random.seed(7)
        np.random.seed(7)
        return probes.global_rng_untouched(call)[1]

    def quiet() -> Any:
        return after(lambda: torch.rand(1, generator=own))

    assert told_of(quiet, quiet) == ""
    draws: list[Callable[[], Any]] = [
        lambda: torch.rand(1),
        lambda: torch.manual_seed(3),
        random.random,
        np.random.rand,
    ]
    for draw in draws:
        assert told_of(lambda draw=draw: after(draw), quiet) == "It changed the global random state."  # type: ignore[misc]  # a default binds the loop's variable


def test_of_a_form_only_types_shapes_and_dtypes_count() -> None:
    def form(value: Any) -> Callable[[], Any]:
        return lambda: probes.form(value)

    wanted = form({"a": [torch.zeros(2, 3), 1.0]})
    assert told_of(form({"a": [torch.ones(2, 3), 2.0]}), wanted) == ""
    assert told_of(form({"a": [torch.ones(3, 2), 2.0]}), wanted) == "float32 (3, 2); wanted: float32 (2, 3)"
    assert told_of(form({"a": [torch.ones(2, 3).double(), 2.0]}), wanted) == "float64 (2, 3); wanted: float32 (2, 3)"
    assert told_of(form({"a": [torch.ones(2, 3), 2]}), wanted) == "an int; wanted: a float"


def test_the_same_object_and_kinds_are_told() -> None:
    x = torch.ones(1)
    assert probes.same_object(x, x)
    assert not probes.same_object(x, x.clone())
    assert probes.kind(torch.nn.Linear(1, 1), torch.nn.Module, torch.nn.Conv2d) == ["Module"]


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
