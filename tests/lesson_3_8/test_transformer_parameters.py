"""Hidden scenarios of `transformer_parameters`."""

import pytest
import torch

from autograder.worker import probes

GPT2 = {"vocab": 50257, "d_model": 768, "layers": 12, "d_ff": 3072, "context": 1024, "tied": True}
LOWEST = {"vocab": 200, "d_model": 6, "layers": 2, "d_ff": 100, "context": 30}
HIGHEST = {"vocab": 900, "d_model": 20, "layers": 9, "d_ff": 190, "context": 90}


def small(rng, **fixed):
    """Return the config of a small model of drawn sizes, whose inner width is more than four times its width."""
    drawn = {name: int(torch.randint(low, HIGHEST[name], (), generator=rng)) for name, low in LOWEST.items()}
    return drawn | {"tied": False} | fixed


@pytest.mark.exercise("transformer_parameters")
@pytest.mark.weight(2)
def test_gpt_2(lesson, rng):
    """GPT-2 has as many parameters as the docstring says; a smaller model with a tied head is counted in the same way."""
    config = small(rng, tied=True)
    like_it = config | {"d_ff": 4 * config["d_model"]}
    return {"GPT-2": lesson.transformer_parameters(GPT2), "a small model": lesson.transformer_parameters(like_it)}


@pytest.mark.exercise("transformer_parameters")
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("four_times", [True, False], ids=["four times", "another width"])
def test_small_models(lesson, rng, tied, four_times):
    """The inner width is `d_ff` and need not be four times the width; a head that is not tied has weights of its own."""
    config = small(rng, tied=tied)
    return lesson.transformer_parameters(config | ({"d_ff": 4 * config["d_model"]} if four_times else {}))


@pytest.mark.exercise("transformer_parameters")
def test_without_blocks(lesson, rng):
    """Without blocks there are both tables, the last layer norm and the head, and nothing else."""
    return lesson.transformer_parameters(small(rng, layers=0))


@pytest.mark.exercise("transformer_parameters")
@pytest.mark.parametrize("name", ["vocab", "d_model", "layers", "d_ff", "context"])
def test_what_one_more_adds(lesson, rng, name):
    """One more token, place, block or unit of width adds the parameters that it brings; the config is not changed."""
    config = small(rng)
    before, kept = probes.unchanged(lambda: lesson.transformer_parameters(config), config=config)
    more = lesson.transformer_parameters(config | {name: config[name] + 1})
    return {"the number": before, "the number with one more": more, **kept}
