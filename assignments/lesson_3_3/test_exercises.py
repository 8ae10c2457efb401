"""The visible tests of lesson 3.3: the worked examples of its page."""

import math
from itertools import pairwise

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.figure import Figure
from torch import nn

from assignments.expect import as_float, expect, expect_raises, expect_that
from assignments.lesson_3_3.exercises import (
    activation_stats,
    fans,
    gain,
    init_model_,
    kaiming_normal_,
    kaiming_uniform_,
    orthogonal_,
    plot_variance,
    symmetry_demo,
    variance_by_depth,
    xavier_normal_,
    xavier_uniform_,
)


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open."""
    yield
    plt.close("all")


def seeded(seed=0):
    """A generator of its own."""
    return torch.Generator().manual_seed(seed)


def global_state():
    """The state of PyTorch's global generator."""
    return torch.get_rng_state().tolist()


def expect_near(call, found, wanted, next_step):
    """Expect a measured number to be within 3 per cent of what it should be."""
    expect_that(abs(found / wanted - 1) < 0.03, call, round(found, 4), f"about {wanted:.4f}", next_step)


def little_model():
    """The model of "Looking inside with hooks"."""
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.ReLU())
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[1.0, 0.0], [0.0, -1.0]]))
    return model


def test_fans_of_a_linear_layer_and_of_a_convolution():
    """The page's three weights."""
    step = "A weight is (out, in, *kernel). The places of the kernel multiply both fans."
    for shape, expected in (((3, 5), (5, 3)), ((8, 3, 5, 5), (75, 200)), ((4, 2, 3), (6, 12))):
        expect(f"fans(torch.zeros{shape})", fans(torch.zeros(shape)), expected, step)


def test_fans_refuses_a_bias():
    """A bias has no fans."""
    step = "Raise a ValueError when there are fewer than two dimensions."
    expect_raises(ValueError, "fans(torch.zeros(3))", lambda: fans(torch.zeros(3)), step)


def test_gain_knows_five_activations():
    """The page's table."""
    table = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "leaky_relu": math.sqrt(2 / 1.0001)}
    for name, expected in table.items():
        expect(f'gain("{name}")', as_float(gain(name)), expected, "Compare with the table of gains.")
    expect('gain("leaky_relu", 1.0)', as_float(gain("leaky_relu", 1.0)), 1.0, "Square the slope, and take the root.")
    expect_raises(ValueError, 'gain("swish")', lambda: gain("swish"), "Raise a ValueError for other names.")


def test_xavier_uniform_stays_between_its_bounds():
    """A (3, 5) weight: between -0.866 and 0.866, and twice that with gain 2."""
    for factor in (1.0, 2.0):
        generator = seeded()
        drawn = torch.stack([xavier_uniform_(torch.zeros(3, 5), factor, generator) for _ in range(500)])
        call = f"xavier_uniform_(w, {factor}, gen)"
        bound = factor * math.sqrt(6 / 8)
        step = "The bound is √3 times the standard deviation gain · √(2 / (fan_in + fan_out))."
        expect_near(f"the largest of 7,500 numbers of {call}", drawn.max().item(), bound, step)
        expect_near(f"the smallest of 7,500 numbers of {call}", drawn.min().item(), -bound, step)
        expect_near(
            f"the standard deviation of 7,500 numbers of {call}", drawn.std().item(), bound / math.sqrt(3), step
        )


def test_xavier_uniform_fills_a_parameter_in_place():
    """The layer's own weight is filled and returned."""
    w = nn.Parameter(torch.full((3, 5), 9.0))
    call = "xavier_uniform_(w)"
    result = xavier_uniform_(w)
    expect_that(result is w, call, result, "the very tensor w", "Write into w, and return w.")
    step = "Fill under torch.no_grad()."
    expect_that(w.is_leaf and w.requires_grad, call, w, "still a leaf that requires gradients", step)
    expect_that(bool((w.detach().abs() < 1).all()), f"w after {call}", w, "numbers between -0.866 and 0.866", step)


def test_xavier_uniform_obeys_its_generator():
    """The same seed gives the same numbers, and a second call goes on."""
    generator = seeded(3)
    first = xavier_uniform_(torch.zeros(3, 5), gen=generator)
    second = xavier_uniform_(torch.zeros(3, 5), gen=generator)
    same = xavier_uniform_(torch.zeros(3, 5), gen=seeded(3))
    expect("xavier_uniform_(w, gen=gen) with the same seed", same, first, "Draw from `gen`.")
    expect("whether a second call differs", not torch.equal(first, second), True, "Do not seed the generator.")


def test_xavier_normal_has_the_right_standard_deviation():
    """A (300, 500) weight has the standard deviation 0.05."""
    w = xavier_normal_(torch.zeros(300, 500), gen=seeded())
    step = "Multiply standard normal numbers by gain · √(2 / (fan_in + fan_out))."
    expect_near("the standard deviation of xavier_normal_(torch.zeros(300, 500), gen=gen)", w.std().item(), 0.05, step)
    large = w.abs().max().item()
    step = "Normal numbers have no bound: among 150,000 some are four times as large."
    expect_that(large > 0.17, "the largest of these numbers", large, "more than 0.17", step)


def test_xavier_normal_obeys_its_gain():
    """With gain 2 the (300, 500) weight has the standard deviation 0.1."""
    w = xavier_normal_(torch.zeros(300, 500), 2.0, seeded())
    call = "the standard deviation of xavier_normal_(torch.zeros(300, 500), 2.0, gen)"
    expect_near(call, w.std().item(), 0.1, "The gain multiplies the standard deviation.")


def test_kaiming_uniform_chooses_its_fan():
    """A (2, 8) weight: 0.866 with fan_in, 1.7321 with fan_out."""
    for mode, bound in (("fan_in", math.sqrt(3) / 2), ("fan_out", math.sqrt(3))):
        generator = seeded()
        drawn = torch.stack([kaiming_uniform_(torch.zeros(2, 8), mode, gen=generator) for _ in range(500)])
        step = "The bound is √3 · gain / √fan. Of a (2, 8) weight the fan_in is 8 and the fan_out 2."
        call = f'kaiming_uniform_(w, "{mode}", gen=gen)'
        expect_near(f"the largest of 8,000 numbers of {call}", drawn.max().item(), bound, step)
    step = "Raise a ValueError for another mode."
    expect_raises(ValueError, 'kaiming_uniform_(w, "in")', lambda: kaiming_uniform_(torch.zeros(2, 8), "in"), step)


def test_kaiming_normal_has_the_right_standard_deviation():
    """A (300, 800) weight has the standard deviation 0.05."""
    w = kaiming_normal_(torch.zeros(300, 800), gen=seeded())
    step = "Multiply standard normal numbers by gain(name) / √fan."
    expect_near("the standard deviation of kaiming_normal_(torch.zeros(300, 800), gen=gen)", w.std().item(), 0.05, step)


def test_kaiming_normal_chooses_its_fan():
    """Of a (300, 800) weight the fan_out is 300."""
    w = kaiming_normal_(torch.zeros(300, 800), "fan_out", gen=seeded())
    call = 'the standard deviation of kaiming_normal_(torch.zeros(300, 800), "fan_out", gen=gen)'
    expect_near(call, w.std().item(), math.sqrt(2 / 300), 'With mode="fan_out" divide by the fan_out, here 300.')
    step = "Raise a ValueError for another mode."
    expect_raises(ValueError, 'kaiming_normal_(w, "out")', lambda: kaiming_normal_(torch.zeros(2, 8), "out"), step)


def test_kaiming_normal_takes_the_gain_of_its_activation():
    """From one seed the numbers for leaky ReLU are 0.99995 times those for ReLU, for tanh 1.1785 times."""
    drawn = {
        name: kaiming_normal_(torch.zeros(30, 40), name=name, gen=seeded()) for name in ("relu", "leaky_relu", "tanh")
    }
    for name, ratio in (("leaky_relu", 0.99995), ("tanh", 1.1785)):
        found = (drawn[name].std() / drawn["relu"].std()).item()
        call = f'the standard deviation for name="{name}" over that for "relu", with the same seed'
        step = "Multiply by gain(name). Leaky ReLU has the slope 0.01 here."
        expect_that(abs(found - ratio) < 0.0005, call, round(found, 5), f"about {ratio}", step)


def test_kaiming_normal_draws_in_the_weights_dtype():
    """A float64 weight gets numbers with all of its digits."""
    w = kaiming_normal_(torch.zeros(4, 5, dtype=torch.float64), gen=seeded())
    call = "kaiming_normal_(w, gen=gen) for a float64 weight"
    expect_that(w.dtype == torch.float64, call, w, "a float64 tensor", "Fill w itself.")
    rounded = bool((w == w.float().double()).all())
    step = "Draw in w's own dtype, as draw_normal does."
    expect_that(not rounded, call, w, "numbers that are not rounded to float32", step)


def test_orthogonal_makes_right_angles():
    """Rows of a wide weight, columns of a tall one."""
    w = orthogonal_(torch.zeros(2, 3), gen=seeded())
    step = "A wide weight has orthonormal rows: turn the matrix before qr, and turn the result back."
    expect("w @ w.T after orthogonal_(w) of (2, 3)", w @ w.T, torch.eye(2), step)
    w = orthogonal_(torch.zeros(3, 2), 2.0, seeded())
    step = "A tall weight has orthonormal columns, times the gain."
    expect("w.T @ w after orthogonal_(w, 2.0) of (3, 2)", w.T @ w, 4 * torch.eye(2), step)


def test_orthogonal_is_random():
    """Another seed gives another matrix, the same seed the same."""
    first, same, other = (orthogonal_(torch.zeros(3, 3), gen=seeded(seed)) for seed in (1, 1, 2))
    expect("orthogonal_(w, gen=gen) with the same seed", same, first, "Draw from `gen`.")
    call = "orthogonal_(w, gen=gen) with another seed"
    expect_that(not torch.allclose(first, other), call, other, "another matrix", "Start from random numbers.")


def test_init_model_fills_layers_and_leaves_the_norm():
    """New weights and zero biases for linear layers; the batch norm stays."""
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Sequential(nn.Linear(3, 1)))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(9.0)
    call = 'init_model_(model, "relu", gen)'
    result = init_model_(model, "relu", seeded())
    expect_that(result is model, call, result, "the very model", "Return the model.")
    for name, layer in (("model[0]", model[0]), ("model[3][0]", model[3][0])):
        step = "Walk through model.modules() and fill each nn.Linear and nn.Conv2d."
        filled = bool((layer.weight != 9).all())
        expect_that(filled, f"{name}.weight after {call}", layer.weight.detach(), "new random numbers", step)
        bias = layer.bias.detach()
        expect(f"{name}.bias after {call}", bias, torch.zeros_like(bias), "Biases start at 0.")
    kept = model[1].weight.detach()
    expect(f"the batch norm's weight after {call}", kept, torch.full((3,), 9.0), "Leave other modules alone.")


def test_init_model_chooses_kaiming_for_relu_and_xavier_for_the_rest():
    """An nn.Linear(300, 200): 0.0816 for ReLU, and 0.0632 for every other activation."""
    for name, wanted in (("relu", math.sqrt(2 / 300)), ("tanh", math.sqrt(2 / 500)), ("linear", math.sqrt(2 / 500))):
        layer = nn.Linear(300, 200)
        init_model_(layer, name, seeded())
        step = "Kaiming (fan_in) if the name is relu; for every other name Xavier, with the gain 1."
        call = f'the standard deviation of the weight after init_model_(nn.Linear(300, 200), "{name}", gen)'
        expect_near(call, layer.weight.std().item(), wanted, step)


def test_activation_stats_measures_outputs():
    """The page's two lines."""
    x = torch.tensor([[1.0, 2.0], [3.0, -4.0]])
    expected = [("0", 1.5, math.sqrt(21 / 4)), ("1", 2.0, math.sqrt(10 / 4))]
    step = "Take each leaf's output; the standard deviation divides by n (correction=0). Return Python floats."
    expect("activation_stats(model, x)", activation_stats(little_model(), x), expected, step)


def test_activation_stats_measures_at_the_moment_of_the_call():
    """A ReLU that writes over its input changes nothing of what the linear layer said."""
    model = little_model()
    model[1] = nn.ReLU(inplace=True)
    expected = [("0", 1.5, math.sqrt(21 / 4)), ("1", 2.0, math.sqrt(10 / 4))]
    found = activation_stats(model, torch.tensor([[1.0, 2.0], [3.0, -4.0]]))
    step = "Take mean and standard deviation in the hook, before the next module runs."
    expect("activation_stats(model, x) with nn.ReLU(inplace=True)", found, expected, step)


def test_activation_stats_measures_in_eval_mode():
    """Dropout lets everything through, and every module has its own mode again afterwards."""
    model = nn.Sequential(nn.Dropout(0.5), nn.Sequential(nn.Dropout(0.5)))
    model[1].eval()
    step = "Call `model.eval()` before the measurement: there dropout lets all through."
    expected = [("0", 1.0, 0.0), ("1.0", 1.0, 0.0)]
    expect(
        "activation_stats(model, x) with dropout, x all ones", activation_stats(model, torch.ones(9, 9)), expected, step
    )
    modes = [model.training, model[0].training, model[1].training, model[1][0].training]
    step = "Note the mode of every module before, and give each one its own back."
    expect("the modes after activation_stats", modes, [True, True, False, False], step)


def test_activation_stats_tidies_up_after_an_exception():
    """The shapes do not fit: the RuntimeError goes on, the hooks are gone, the mode is back."""
    model = little_model()
    step = "Let the model's exception go on to the caller."
    expect_raises(
        RuntimeError,
        "activation_stats(model, x) with an x that does not fit",
        lambda: activation_stats(model, torch.ones(1, 3)),
        step,
    )
    hooks = sum(len(module._forward_hooks) for module in model.modules())
    step = "Tidy up in `finally`."
    expect("hooks on the model after that exception", hooks, 0, step)
    expect("model.training after that exception", model.training, True, step)


def test_activation_stats_leaves_no_trace():
    """Hooks are gone, and the mode is back."""
    model = little_model()
    activation_stats(model, torch.ones(1, 2))
    hooks = sum(len(module._forward_hooks) for module in model.modules())
    expect("hooks on the model after activation_stats", hooks, 0, "Call `remove()` on every handle.")
    step = "Note each module's mode before, and give it back after."
    expect("model.training after activation_stats", model.training, True, step)


def test_symmetry_demo_makes_twins():
    """Four equal rows from constants; zeros do not move; random rows differ."""
    step = "Train for 50 steps with the learning rate 0.1, and return the first layer's weights."
    expected = torch.tensor([[0.5944, 0.2061]] * 4)
    found = symmetry_demo("constant").detach()
    wanted = "four rows of about 0.5944, 0.2061"
    close = found.shape == (4, 2) and bool(torch.allclose(found, expected, atol=1e-3))
    expect_that(close, 'symmetry_demo("constant")', found, wanted, step)
    step = "From zeros no gradient reaches the first layer."
    expect('symmetry_demo("zeros")', symmetry_demo("zeros").detach(), torch.zeros(4, 2), step)
    found = symmetry_demo("random").detach()
    different = len({tuple(row) for row in found.tolist()})
    expect('the number of different rows of symmetry_demo("random")', different, 4, "Fill both weights by Xavier.")


def test_symmetry_demo_leaves_the_global_generator_alone():
    """The random start comes from a generator of its own."""
    torch.rand(1)
    before = global_state()
    symmetry_demo("random", steps=1)
    step = "Draw from torch.Generator().manual_seed(seed), and do not make an nn.Linear."
    call = 'whether the global generator is as before after symmetry_demo("random")'
    expect(call, global_state() == before, True, step)


def test_variance_by_depth_sees_a_small_start_die():
    """About 0.01 and 0.0001 with 100 features."""
    found = variance_by_depth("small", 2, 100, 0)
    call = 'variance_by_depth("small", 2, 100, 0)'
    near = len(found) == 2 and 0.008 < found[0] < 0.012 and 0.00007 < found[1] < 0.00014
    step = "Multiply by 0.01 times normal weights, apply tanh, then take the variance. One number a layer."
    expect_that(near, call, found, "about [0.01, 0.0001]", step)
    expect(f"the same call again: {call}", variance_by_depth("small", 2, 100, 0), found, "The seed fixes all.")


def test_variance_by_depth_measures_after_the_activation():
    """Behind Kaiming and ReLU the variance is near 0.68: before ReLU it would be 2."""
    found = variance_by_depth("relu", 1, 300, 0)
    call = 'variance_by_depth("relu", 1, 300, 0)'
    step = "Kaiming has the gain of ReLU; take the variance of what ReLU hands on."
    expect_that(len(found) == 1 and 0.6 < found[0] < 0.77, call, found, "about [0.68]", step)


def test_variance_by_depth_draws_new_weights_for_each_layer():
    """With one feature, each layer multiplies the variance by the square of its own weight."""
    found = variance_by_depth("linear", 4, 1, 5)
    factors = [round(b / a, 4) for a, b in pairwise(found)]
    call = 'the factors from layer to layer of variance_by_depth("linear", 4, 1, 5)'
    expect_that(len(set(factors)) == 3, call, factors, "three different numbers", "Each layer has weights of its own.")


def test_variance_by_depth_draws_from_its_seed_alone():
    """Another seed gives other numbers, and the global generator stays."""
    torch.rand(1)
    before = global_state()
    first, other = (variance_by_depth("linear", 2, 20, seed) for seed in (1, 2))
    call = 'variance_by_depth("linear", 2, 20, 2)'
    expect_that(first != other, call, other, "other numbers than with the seed 1", "Seed your generator with `seed`.")
    step = "Draw from torch.Generator().manual_seed(seed) alone."
    expect(f"whether the global generator is as before after {call}", global_state() == before, True, step)


def test_plot_variance_draws_on_a_logarithmic_axis():
    """Two lines, a log axis, a legend and labels."""
    results = {"relu": [0.7, 0.6], "small": [0.01, 0.0001]}
    figure = plot_variance(results)
    call = "plot_variance(results)"
    expect_that(isinstance(figure, Figure), call, figure, "a matplotlib Figure", "Return the figure.")
    drawn = [[float(v) for v in line.get_ydata()] for ax in figure.axes for line in ax.lines]
    for name, variances in results.items():
        step = f'Draw the variances of "{name}" as a line.'
        expect_that(variances in drawn, f"the heights of the lines of {call}", drawn, f"{variances} among them", step)
    scales = [ax.get_yscale() for ax in figure.axes]
    expect_that("log" in scales, f"the y scale of {call}", scales, "log", "Try `semilogy`.")
    legends = [legend for ax in figure.axes for legend in (ax.get_legend(), *figure.legends) if legend is not None]
    words = " ".join(text.get_text() for legend in legends for text in legend.get_texts())
    step = "Give each line a label, and call `legend()`."
    expect_that("relu" in words and "small" in words, f"the legend of {call}", words, "relu, small", step)
    labels = [(ax.get_xlabel(), ax.get_ylabel()) for ax in figure.axes]
    expect_that(any(all(pair) for pair in labels), f"the labels of {call}", labels, "both axes named", "Name both.")


def test_plot_variance_does_not_show():
    """Whoever calls may show the figure."""
    shown, show = [], plt.show
    plt.show = lambda *_, **__: shown.append("shown")
    try:
        plot_variance({"relu": [0.7, 0.6]})
    finally:
        plt.show = show
    expect("how often plot_variance(results) called plt.show()", len(shown), 0, "Return the figure without showing it.")
