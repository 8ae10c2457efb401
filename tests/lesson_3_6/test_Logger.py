"""Hidden scenarios of `Logger`. What it wrote is read back by TensorBoard's own reader.

So that nothing rests on how fast the writer's thread is, its records stay in memory until somebody flushes or closes the
file: that is what a disk is free to do, too.
"""

import inspect
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import writer

from autograder.worker import probes

RecordWriter = inspect.getmodule(writer.EventFileWriter).RecordWriter


def on_a_lazy_disk(use):
    """Return `use()`'s result, with a RecordWriter that keeps its records until it is flushed or closed."""
    originals = {name: getattr(RecordWriter, name) for name in ("write", "flush", "close")}
    waiting = {}

    def write(self, data):
        waiting.setdefault(id(self), []).append(data)

    def bring(self):
        for data in waiting.pop(id(self), []):
            originals["write"](self, data)

    def flush(self):
        bring(self)
        originals["flush"](self)

    def close(self):
        bring(self)
        originals["close"](self)

    RecordWriter.write, RecordWriter.flush, RecordWriter.close = write, flush, close
    try:
        return use()
    finally:
        for name, original in originals.items():
            setattr(RecordWriter, name, original)


def read(folder):
    """Return for each tag the steps and values that TensorBoard finds; nothing where there is no log."""
    if not Path(folder).is_dir() or not any(Path(folder).iterdir()):
        return {}
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    return {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in sorted(events.Tags()["scalars"])}


def numbers(rng, n):
    return (4 * torch.rand(n, generator=rng, dtype=torch.float64) - 2).tolist()


def filled(lesson, folder, curves):
    """Write some curves, tag to pairs of step and value, one after the other; close, and return what is on disk."""

    def use():
        log = lesson.Logger(folder)
        for tag, pairs in curves.items():
            for step, value in pairs:
                log.scalar(tag, value, step)
        log.close()
        return read(folder)

    return on_a_lazy_disk(use)


@pytest.mark.exercise("Logger")
@pytest.mark.weight(2)
def test_tags_steps_and_values(lesson, rng, tmp_path):
    """After `close` everything is on disk: each tag with its own steps and values."""
    curves = {tag: list(enumerate(numbers(rng, 6))) for tag in ("loss/train", "loss/validation", "accuracy")}
    return filled(lesson, tmp_path / "run", curves)


@pytest.mark.exercise("Logger")
@pytest.mark.weight(2)
def test_steps_are_those_that_were_given(lesson, rng, tmp_path):
    """Steps may start anywhere and leave gaps, in each tag others."""
    a, b = numbers(rng, 4), numbers(rng, 3)
    curves = {
        "rate": list(zip([7, 8, 30, 1_000_000], a, strict=True)),
        "norm": list(zip([0, 10, 20], b, strict=True)),
    }
    return filled(lesson, tmp_path / "run", curves)


@pytest.mark.exercise("Logger")
def test_tags_that_take_turns(lesson, rng, tmp_path):
    """Tags may take turns, as in a training loop."""
    values = numbers(rng, 8)

    def use():
        log = lesson.Logger(tmp_path / "run")
        for epoch in range(4):
            log.scalar("train", values[epoch], epoch)
            log.scalar("validation", values[4 + epoch], epoch)
        log.close()
        return read(tmp_path / "run")

    return on_a_lazy_disk(use)


@pytest.mark.exercise("Logger")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tensors_are_numbers_too(lesson, device, rng, tmp_path, dtype):
    """A value may be a 0-D tensor on any device, with or without a graph."""
    w = torch.rand(3, generator=rng, dtype=dtype).to(device).requires_grad_()
    loss = (w**2).sum()
    return filled(lesson, tmp_path / "run", {"loss": [(0, loss), (1, loss.detach()), (2, 3)]})


@pytest.mark.exercise("Logger")
@pytest.mark.weight(2)
def test_with_closes_at_the_end(lesson, rng, tmp_path):
    """What `with` binds is a logger; after the block everything is on disk."""
    values, folder = numbers(rng, 5), tmp_path / "run"

    def use():
        with lesson.Logger(folder) as log:
            for step, value in enumerate(values):
                log.scalar("loss", value, step)
        return read(folder)

    return on_a_lazy_disk(use)


@pytest.mark.exercise("Logger")
@pytest.mark.weight(2)
def test_with_closes_after_an_exception(lesson, rng, tmp_path):
    """When the block ends with an exception, that goes on to the caller, and everything is on disk all the same."""
    values, folder = numbers(rng, 3), tmp_path / "run"

    def crash():
        with lesson.Logger(folder) as log:
            for step, value in enumerate(values):
                log.scalar("loss", value, step)
            raise RuntimeError("the loss exploded")

    def use():
        return {"the exception": probes.raised(RuntimeError, crash, ["exploded"]), "log": read(folder)}

    return on_a_lazy_disk(use)


@pytest.mark.exercise("Logger")
def test_closing_twice_does_no_harm(lesson, rng, tmp_path):
    """`with` binds the logger itself; `close` may be called again, also by the end of the block."""
    values, folder = numbers(rng, 2), tmp_path / "run"

    def use():
        logger = lesson.Logger(folder)
        with logger as log:
            for step, value in enumerate(values):
                log.scalar("loss", value, step)
            log.close()
        log.close()
        return {"log": read(folder), "`with` binds the logger itself": probes.same_object(log, logger)}

    return on_a_lazy_disk(use)


@pytest.mark.exercise("Logger")
@pytest.mark.parametrize("kind", ["text", "path"])
def test_folder_is_made(lesson, rng, tmp_path, kind):
    """The folder may be a text or a Path, and is made if need be, with the folders above it."""
    folder = tmp_path / "runs" / "lesson" / "first"
    curves = {"loss": list(enumerate(numbers(rng, 3)))}
    return filled(lesson, str(folder) if kind == "text" else folder, curves)


@pytest.mark.exercise("Logger")
def test_two_loggers_at_the_same_time(lesson, rng, tmp_path):
    """Loggers of two folders have nothing to do with each other."""
    values = numbers(rng, 4)

    def use():
        first, second = lesson.Logger(tmp_path / "a"), lesson.Logger(tmp_path / "b")
        first.scalar("loss", values[0], 0)
        second.scalar("loss", values[1], 0)
        first.scalar("loss", values[2], 1)
        first.close()
        second.scalar("rate", values[3], 5)
        second.close()
        return {"the first log": read(tmp_path / "a"), "the second log": read(tmp_path / "b")}

    return on_a_lazy_disk(use)


@pytest.mark.exercise("Logger")
def test_a_long_log(lesson, rng, tmp_path):
    """Nothing is lost of a long curve."""
    return filled(lesson, tmp_path / "run", {"loss": list(enumerate(numbers(rng, 300)))})
