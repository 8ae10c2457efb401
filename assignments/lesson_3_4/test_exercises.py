"""The visible tests of lesson 3.4: the worked examples of its page."""

import matplotlib.pyplot as plt
import pytest
import torch
from torch import nn

from assignments.expect import expect, expect_raises, expect_that
from assignments.lesson_3_4.exercises import (
    ResidualBlock,
    batch_norm,
    batch_norm_backward,
    clip_by_global_norm_,
    depth_experiment,
    gradient_norms,
    layer_norm,
    layer_norm_backward,
    plot_depth,
)


@pytest.fixture(autouse=True)
def close_figures():
    """Close what a test has drawn."""
    yield
    plt.close("all")


def column(*numbers):
    """One column of a batch."""
    return torch.tensor(numbers).unsqueeze(1)


def the_column():
    """The page's column with gamma 2, beta 1 and running statistics 0 and 1."""
    return column(1.0, 1.0, 5.0, 5.0), torch.tensor([2.0]), torch.tensor([1.0]), (torch.zeros(1), torch.ones(1))


def the_row():
    """The page's row with its gamma and beta."""
    return torch.tensor([[1.0, 1, 5, 5]]), torch.tensor([2.0, 1, 3, 1]), torch.tensor([0.0, 0, 0, 1])


def there_and_back(forward, backward, arguments, dy):
    """Call a forward function and hand its cache to the backward one; if the forward one is not written, say what else is not."""
    cache, unwritten = None, None
    try:
        cache = forward(*arguments)[-1]
    except NotImplementedError as error:
        unwritten = error
    if unwritten is not None:
        try:
            backward(dy, None)
        except NotImplementedError:
            raise
        except Exception:  # noqa: BLE001  without a cache it may stumble over anything
            pass
        raise unwritten
    return backward(dy, cache)


def test_gradient_norms_by_name():
    """A weight with the gradient ((2, -1), (0, 2)) has the norm 3, and a bias without gradient has 0."""
    model = nn.Linear(2, 2)
    model.weight.grad = torch.tensor([[2.0, -1.0], [0.0, 2.0]])
    step = (
        "Square all entries of a gradient, add up, take the root, and make it a float. Where `.grad` is None it is 0.0."
    )
    expect("gradient_norms(model)", sorted(gradient_norms(model).items()), [("bias", 0.0), ("weight", 3.0)], step)
    expect_that(model.bias.grad is None, "the bias's `.grad` afterwards", model.bias.grad, "None", "Change nothing.")


def test_batch_norm_in_training():
    """The column (1, 1, 5, 5) becomes (-1, -1, 3, 3)."""
    y, _, _ = batch_norm(*the_column(), True)
    step = "Take the column's mean off, divide by the root of the biased variance (plus eps), then scale and shift."
    expect("batch_norm(x, gamma, beta, running, True)[0]", y, column(-1.0, -1.0, 3.0, 3.0), step)


def test_batch_norm_moves_the_running_statistics():
    """The running mean goes from 0 to 0.3, the running variance from 1 to 0.9 + 0.1 * 16/3."""
    x, gamma, beta, running = the_column()
    _, (mean, variance), _ = batch_norm(x, gamma, beta, running, True)
    step = "(1 - momentum) * old + momentum * batch. The running variance takes the unbiased variance, 16 / 3."
    expect("running mean", mean, torch.tensor([0.3]), step)
    expect("running variance", variance, torch.tensor([0.9 + 1.6 / 3]), step)
    expect(
        "the running mean that was given", running[0], torch.zeros(1), "Return new tensors; leave the given ones alone."
    )


def test_batch_norm_in_evaluation():
    """With the running statistics 0.3 and 1.4333 the number 5 becomes 2 * 3.926 + 1, and nothing moves."""
    _, gamma, beta, _ = the_column()
    running = torch.tensor([0.3]), torch.tensor([1.4333])
    y, after, _ = batch_norm(column(5.0), gamma, beta, running, False)
    step = "In evaluation the running mean and variance take the place of the batch's, and stay as they are."
    expect("batch_norm(x, gamma, beta, running, False)[0]", y, column(2 * 4.7 / 1.43331**0.5 + 1), step)
    expect("running mean", after[0], torch.tensor([0.3]), step)


def test_batch_norm_has_eps_inside_the_root_and_takes_the_mean_off_first():
    """With eps 5 the standard deviation is 3; the column (8190, 8192, 8194, 8192) has the variance 2, also in float32."""
    x, gamma, beta, running = the_column()
    y, _, _ = batch_norm(x, gamma, beta, running, True, eps=5.0)
    step = "eps is added to the variance, inside the root: sqrt(4 + 5) = 3."
    expect("batch_norm(…, True, eps=5.0)[0]", y, column(-1 / 3, -1 / 3, 7 / 3, 7 / 3), step)
    y, _, _ = batch_norm(column(8190.0, 8192.0, 8194.0, 8192.0), gamma, beta, running, True)
    wanted = column(1 - 8**0.5, 1.0, 1 + 8**0.5, 1.0)
    expect("batch_norm of a column around 8192", y, wanted, "Subtract the mean before you square.")


def test_batch_norm_in_evaluation_looks_at_each_row_alone():
    """Also with companions a row gets what it gets alone."""
    _, gamma, beta, _ = the_column()
    running = torch.tensor([1.0]), torch.tensor([4.0])
    y, after, _ = batch_norm(column(5.0, 1.0), gamma, beta, running, False)
    step = "In evaluation neither mean nor variance of the batch plays a part, and nothing moves."
    expect("batch_norm(((5), (1)), gamma, beta, (1, 4), False)[0]", y, column(5.0, 1.0), step)
    expect("running mean and variance", torch.cat(after), torch.tensor([1.0, 4.0]), step)


def test_batch_norm_refuses_to_train_on_one_row():
    """One row has no variance."""
    _, gamma, beta, running = the_column()
    call = "batch_norm(one_row, gamma, beta, running, True)"
    step = "Raise a ValueError when training is True and there is just one row."
    expect_raises(ValueError, call, lambda: batch_norm(column(5.0), gamma, beta, running, True), step)


def test_batch_norm_backward_by_hand():
    """The gradient (1, 0, 0, 3) becomes dx = (0.5, -0.5, -1.5, 1.5), dgamma = 2, dbeta = 4."""
    dy = column(1.0, 0.0, 0.0, 3.0)
    dx, dgamma, dbeta = there_and_back(batch_norm, batch_norm_backward, (*the_column(), True), dy)
    expect("dgamma", dgamma, torch.tensor([2.0]), "Add dy * x_hat up over the rows.")
    expect("dbeta", dbeta, torch.tensor([4.0]), "Add dy up over the rows.")
    step = "dx_hat = gamma * dy; take off its mean, and x_hat times the mean of dx_hat * x_hat; divide by the standard deviation."
    expect("dx", dx, column(0.5, -0.5, -1.5, 1.5), step)


def test_layer_norm_normalizes_a_row():
    """The row (1, 1, 5, 5) becomes (-2, -1, 3, 2)."""
    y, _ = layer_norm(*the_row())
    step = "Mean and biased variance are those of the row; keepdim=True keeps them lined up with it."
    expect("layer_norm(x, gamma, beta)[0]", y, torch.tensor([[-2.0, -1, 3, 2]]), step)


def test_layer_norm_has_eps_inside_the_root():
    """With eps 5 the standard deviation of the row is 3."""
    y, _ = layer_norm(*the_row(), eps=5.0)
    step = "eps is added to the variance, inside the root: sqrt(4 + 5) = 3."
    expect("layer_norm(x, gamma, beta, eps=5.0)[0]", y, torch.tensor([[-4 / 3, -2 / 3, 2, 5 / 3]]), step)


def test_layer_norm_backward_by_hand():
    """The gradient (1, 0, 2, 0) becomes dx = (0.5, -0.5, 1.5, -1.5)."""
    dy = torch.tensor([[1.0, 0, 2, 0]])
    dx, dgamma, dbeta = there_and_back(layer_norm, layer_norm_backward, the_row(), dy)
    expect("dgamma", dgamma, torch.tensor([-1.0, 0, 2, 0]), "Add dy * x_hat up over the rows: one number a feature.")
    expect("dbeta", dbeta, dy[0], "Add dy up over the rows: one number a feature.")
    step = "gamma * dy comes first, then its two means along the row are taken off."
    expect("dx", dx, torch.tensor([[0.5, -0.5, 1.5, -1.5]]), step)


def linear_layers(block):
    """The two linear layers of a block, in their order."""
    layers = [module for module in block.modules() if isinstance(module, nn.Linear)]
    expect(
        "number of nn.Linear in ResidualBlock(2)", len(layers), 2, "Make two nn.Linear(dim, dim), the inner one first."
    )
    return layers


def test_ResidualBlock_adds_a_correction():
    """With the page's weights (1, -2) becomes (4, -1)."""
    block = ResidualBlock(2)
    first, second = linear_layers(block)
    with torch.no_grad():
        first.weight.copy_(torch.eye(2))
        first.bias.zero_()
        second.weight.copy_(torch.tensor([[3.0, 0.0], [0.0, 5.0]]))
        second.bias.copy_(torch.tensor([0.0, 1.0]))
    step = "Return x plus second(relu(first(x))), and nothing after the sum."
    result = block(torch.tensor([[1.0, -2.0]]))
    expect("block(x)", result.detach(), torch.tensor([[4.0, -1.0]]), step)


def test_ResidualBlock_can_do_nothing():
    """With W2 and b2 at 0 the block hands on x untouched."""
    block = ResidualBlock(2)
    with torch.no_grad():
        for parameter in linear_layers(block)[1].parameters():
            parameter.zero_()
    x = torch.tensor([[1.0, -2.0]])
    expect("block(x)", block(x).detach(), x, "Nothing comes after the sum, no ReLU either.")


def two_parameters():
    """Two parameters with the gradients 3 and 4."""
    params = [nn.Parameter(torch.zeros(1)) for _ in range(2)]
    params[0].grad, params[1].grad = torch.tensor([3.0]), torch.tensor([4.0])
    return params


def test_clip_by_global_norm_shrinks_all_by_one_factor():
    """The gradients 3 and 4 become 0.6 and 0.8, and the norm before, 5, comes back."""
    params = two_parameters()
    norm = clip_by_global_norm_((parameter for parameter in params), 1.0)
    expect("clip_by_global_norm_(params, 1.0)", norm, torch.tensor(5.0), "Return the norm of all gradients before.")
    step = "Multiply every gradient, in place, by max_norm / norm. (If nothing happened: params may be a generator.)"
    expect("the gradients", torch.cat([p.grad for p in params]), torch.tensor([0.6, 0.8]), step)


def test_clip_by_global_norm_never_makes_larger():
    """With max_norm 10 nothing changes."""
    params = two_parameters()
    norm = clip_by_global_norm_(params, 10.0)
    expect("clip_by_global_norm_(params, 10.0)", norm, torch.tensor(5.0), "Return the norm of all gradients before.")
    step = "Where the norm is at most max_norm, leave the gradients alone."
    expect("the gradients", torch.cat([p.grad for p in params]), torch.tensor([3.0, 4.0]), step)


def test_clip_by_global_norm_skips_parameters_without_a_gradient():
    """A `.grad` of None stays None, and large entries keep their direction."""
    params = [*two_parameters(), nn.Parameter(torch.zeros(1))]
    norm = clip_by_global_norm_(params, 3.5)
    expect("clip_by_global_norm_(params, 3.5)", norm, torch.tensor(5.0), "Skip the parameters whose `.grad` is None.")
    step = "One factor, 3.5 / 5, multiplies all gradients."
    expect("the gradients", torch.cat([p.grad for p in params[:2]]), torch.tensor([2.1, 2.8]), step)
    expect_that(params[2].grad is None, "the last `.grad`", params[2].grad, "None", "Leave it as it is.")


def test_depth_experiment_with_one_layer():
    """With one layer the first gradient is the last."""
    step = "Divide the first weight's gradient norm by the last one's; with one layer they are the same."
    ratios = depth_experiment([1], False, None, 0)
    expect("depth_experiment([1], False, None, 0).items()", list(ratios.items()), [(1, 1.0)], step)


def test_depth_experiment_shows_what_vanishes():
    """Ten plain layers leave about a millionth; with batch normalization about 1 is left."""
    plain = depth_experiment([10], False, None, 0)[10]
    step = "Sigmoid after every layer, weights divided by 4, the first norm over the last."
    expect_that(1e-9 < plain < 1e-4, "depth_experiment([10], False, None, 0)[10]", plain, "around 0.000001", step)
    plain = depth_experiment([2, 10], False, None, 0)[10]
    step = "Draw new weights for each depth, so that gradients of another depth are not in their `.grad`."
    expect_that(1e-9 < plain < 1e-4, "depth_experiment([2, 10], False, None, 0)[10]", plain, "around 0.000001", step)
    normal = depth_experiment([10], False, "batch", 0)[10]
    step = "Normalize the pre-activations before the sigmoid, in training mode."
    expect_that(0.3 < normal < 5, 'depth_experiment([10], False, "batch", 0)[10]', normal, "around 1", step)


def test_depth_experiment_draws_from_its_own_seed():
    """The same seed gives the same ratios, another seed others, each depth its own; the global state stays."""
    before, call = torch.get_rng_state(), "depth_experiment([2, 6], True, None, seed)"
    one, again, other = (depth_experiment([2, 6], True, None, seed) for seed in (4, 4, 5))
    expect(f"{call} with the seed 4, again", again, one, "Draw from a `torch.Generator` that is seeded with `seed`.")
    expect_that(other != one, f"{call} with the seed 5", other, "other ratios", "Give the generator `seed`.")
    step = "Every depth has a network of its own, and every layer a weight of its own."
    expect_that(one[2] > 1.5 * one[6], call, one, "about 0.5 for 2 layers, and far less for 6", step)
    same = torch.equal(torch.get_rng_state(), before)
    expect("the global random state has stayed", same, True, "Make a generator of your own.")


def test_depth_experiment_adds_what_it_is_given():
    """With residual connections far more is left, and unknown norms are refused."""
    ratio = depth_experiment([10], True, None, 0)[10]
    step = "With residual=True a layer hands on h + sigmoid(z)."
    expect_that(0.01 < ratio < 0.3, "depth_experiment([10], True, None, 0)[10]", ratio, "around 0.07", step)
    step = "Raise a ValueError unless norm is 'batch', 'layer' or None."
    expect_raises(
        ValueError, 'depth_experiment([2], True, "no", 0)', lambda: depth_experiment([2], True, "no", 0), step
    )


def test_plot_depth_draws_a_line_for_each_name():
    """Two networks are two lines on a logarithmic axis, with a legend."""
    call = 'plot_depth({"plain": {2: 0.06, 10: 1e-6}, "batch": {2: 1.0, 10: 1.2}})'
    fig = plot_depth({"plain": {2: 0.06, 10: 1e-6}, "batch": {2: 1.0, 10: 1.2}})
    expect_that(isinstance(fig, plt.Figure), call, fig, "a matplotlib Figure", "Return the figure; do not show it.")
    ax = fig.axes[0]
    expect("its y axis", ax.get_yscale(), "log", 'Use semilogy, or ax.set_yscale("log").')
    lines = [list(map(float, line.get_ydata())) for line in ax.lines]
    step = "Draw one line for each name: depths along x, ratios along y."
    expect_that(
        [0.06, 1e-6] in lines and [1.0, 1.2] in lines, call, lines, "a line through each network's ratios", step
    )
    labels = {line.get_label(): list(map(float, line.get_ydata())) for line in ax.lines}
    step = "Give each line its own name as label."
    expect_that(
        labels.get("plain", [0.06, 1e-6]) == [0.06, 1e-6], call, labels, 'the ratios of "plain" under "plain"', step
    )
    legend = ax.get_legend()
    names = [text.get_text() for text in legend.get_texts()] if legend else []
    step = "Give each line its name as label, and call ax.legend()."
    expect_that({"plain", "batch"} <= set(names), "its legend", names, "the names plain and batch", step)


def test_plot_depth_gives_each_line_its_own_name():
    """A legend's entry looks like the line that it names, whatever the order of names and depths."""
    results = {"batch": {2: 1.0, 10: 1.2}, "plain": {10: 1e-6, 2: 0.06}}
    ax = plot_depth(results).axes[0]

    def look(line):
        return str(line.get_color()), line.get_linestyle(), str(line.get_marker())

    heights = {look(line): [float(y) for y in line.get_ydata()] for line in ax.lines}
    legend = ax.get_legend()
    entries = zip(legend.get_texts(), legend.get_lines(), strict=True) if legend else []
    named = {text.get_text(): heights.get(look(line)) for text, line in entries}
    step = "Label each line where it is drawn, with the depths in order: `semilogy(…, label=name)`."
    expect("which ratios each name of the legend stands for", named, {"batch": [1.0, 1.2], "plain": [0.06, 1e-6]}, step)


def test_plot_depth_does_not_show():
    """Whoever calls may show the figure."""
    shown, show = [], plt.show
    plt.show = lambda *_, **__: shown.append("plt.show()")
    try:
        plot_depth({"plain": {2: 0.06, 10: 1e-6}})
    finally:
        plt.show = show
    expect("how often plot_depth(results) called plt.show()", len(shown), 0, "Return the figure without showing it.")
