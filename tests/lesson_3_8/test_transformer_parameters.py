"""Hidden scenarios of `transformer_parameters`."""

import pytest

GPT2 = {"vocab": 50257, "d_model": 768, "layers": 12, "d_ff": 3072, "context": 1024, "tied": True}
SMALL = {"vocab": 11, "d_model": 6, "layers": 2, "d_ff": 15, "context": 5, "tied": False}


@pytest.mark.exercise("transformer_parameters")
@pytest.mark.weight(2)
def test_gpt_2(lesson):
    """The model of the docstring."""
    return lesson.transformer_parameters(GPT2)


@pytest.mark.exercise("transformer_parameters")
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("d_ff", [24, 15], ids=["four times", "another width"])
def test_small_models(lesson, tied, d_ff):
    """The inner width need not be four times the width; a head that is not tied has weights of its own."""
    return lesson.transformer_parameters(SMALL | {"tied": tied, "d_ff": d_ff})


@pytest.mark.exercise("transformer_parameters")
def test_without_blocks(lesson):
    """Without blocks there are the tables, the final norm and the head."""
    return lesson.transformer_parameters(SMALL | {"layers": 0})


@pytest.mark.exercise("transformer_parameters")
@pytest.mark.parametrize("name", ["vocab", "d_model", "layers", "d_ff", "context"])
def test_what_one_more_adds(lesson, name):
    """One more of anything adds what it holds; the config is not changed."""
    config = dict(SMALL)
    before = lesson.transformer_parameters(config)
    more = lesson.transformer_parameters(config | {name: config[name] + 1})
    return more - before, isinstance(before, int), config == SMALL
