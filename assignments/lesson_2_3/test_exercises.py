"""The visible tests of lesson 2.3: the worked examples of its page."""

import math

import torch
from torch import nn

from assignments.expect import as_float, expect, expect_that
from assignments.lesson_2_3.exercises import (
    CustomLayer,
    LayerWithActivation,
    backward,
    build_network,
    forward,
    init_params,
    layer_parameters,
    trace_shapes,
    train,
)


def example():
    """The page's two samples with their targets, and its network of the sizes [1, 2, 1]."""
    X, y = torch.tensor([[1.0], [-1.0]]), torch.tensor([[-0.4], [-1.5]])
    first = torch.tensor([[math.log(2)], [math.log(3) / 2]]), torch.tensor([0.0, math.log(3) / 2])
    second = torch.tensor([[2.0, -1.0]]), torch.tensor([0.2])
    return X, y, [first, second]


def photo():
    """The page's cache: the batch, the cards and the guesses."""
    return [torch.tensor([[1.0], [-1.0]]), torch.tensor([[0.6, 0.8], [-0.6, 0.0]]), torch.tensor([[0.6], [-1.0]])]


def digits_chain():
    """The chain of the sizes [784, 256, 128, 10]."""
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))


def test_layer_parameters_counts_weights_and_biases():
    """From 10 to 5 there are 55, from 3 to 4 there are 16."""
    step = "Every pair of an input and a neuron has a weight, and every neuron has one bias."
    expect("layer_parameters(10, 5)", layer_parameters(10, 5), 55, step)
    expect("layer_parameters(3, 4)", layer_parameters(3, 4), 16, step)


def test_init_params_gives_a_pair_for_every_layer():
    """Four sizes make three layers."""
    params = init_params([1, 16, 16, 1], torch.Generator().manual_seed(0))
    call = "init_params([1, 16, 16, 1], generator)"
    shapes = [(tuple(W.shape), tuple(b.shape)) for W, b in params]
    wanted = [((16, 1), (16,)), ((16, 16), (16,)), ((1, 16), (1,))]
    expect(f"the shapes of {call}", shapes, wanted, "W is (n_out, n_in): one row a neuron. b is (n_out,).")
    step = "Biases start at zero: torch.zeros(n_out)."
    expect(f"the biases of {call}", [b for _, b in params], [torch.zeros(16), torch.zeros(16), torch.zeros(1)], step)


def test_init_params_scales_the_weights():
    """From 100 inputs the deviation lies between 0.04 and 0.25, and the seed decides the weights."""
    (W, _), *_ = init_params([100, 80, 5], torch.Generator().manual_seed(0))
    (again, _), *_ = init_params([100, 80, 5], torch.Generator().manual_seed(0))
    call, step = "init_params([100, 80, 5], generator)[0][0].std()", "Scale the draws by 1 / sqrt(n_in)."
    deviation = W.std().item()
    expect_that(0.04 <= deviation <= 0.25, call, deviation, "between 0.4 / sqrt(100) and 2.5 / sqrt(100)", step)
    call, step = "torch.equal of two results of the same seed", "Hand `generator` to the function that draws."
    expect(call, torch.equal(W, again), True, step)


def test_init_params_draws_every_weight_on_its_own():
    """The weights average to about 0, no row or column is all alike, and every call draws anew."""
    source = torch.Generator().manual_seed(1)
    torch.manual_seed(2)
    wanted = torch.rand(1)
    torch.manual_seed(2)
    (W, _), *_ = init_params([200, 100, 5], source)
    expect("torch.rand(1) after init_params", torch.rand(1), wanted, "Draw from `generator`, not from PyTorch's own.")
    call = "W of init_params([200, 100, 5], generator)"
    mean = W.mean().item()
    step = "Numbers from 0 to 1 are all positive: draw around 0, as torch.randn does."
    expect_that(abs(mean) < 0.01, f"{call}.mean()", mean, "about 0", step)
    alike = min(W.std(dim=0).mean().item(), W.std(dim=1).mean().item()) / W.std().item()
    step = "Draw a tensor of the shape (n_out, n_in), a number for each weight."
    expect_that(alike > 0.8, f"the deviation in a row or column of {call}, over that of all", alike, "about 1", step)
    (again, _), *_ = init_params([200, 100, 5], source)
    step = "Use the generator as it comes: do not seed it."
    expect(f"{call}, equal in a second call", torch.equal(W, again), False, step)


def test_forward_predicts_and_keeps_the_cards():
    """The two guesses are 0.6 and -1; the cache has the batch, the cards and the guesses."""
    X, _, params = example()
    y_hat, cache = forward(X, params)
    step = "Each layer is h @ W.T + b, with tanh after every layer but the last."
    expect("forward(X, params)[0]", y_hat, photo()[-1], step)
    step = "The cache is a list: X first, then what came out of each tanh, then the predictions."
    expect("forward(X, params)[1]", cache, photo(), step)


def test_backward_walks_back_through_both_layers():
    """The gradients of the page, first layer first."""
    _, y, params = example()
    grads = [tuple(pair) for pair in backward(y, photo(), params)]
    first = torch.tensor([[0.64], [0.14]]), torch.tensor([1.92, -0.86])
    second = torch.tensor([[0.3, 0.8]]), torch.tensor([1.5])
    step = "The last layer is linear, so its dZ is 2(y_hat - y) / (N·O). Its dW is dZ.T @ h, its db the column sums."
    expect("backward(y, cache, params)[-1]", grads[-1], second, step)
    step = "Hand the blame on, dZ @ W, and send it through tanh: times 1 - h², with h from the cache."
    expect("backward(y, cache, params)[0]", grads[0], first, step)


def test_backward_divides_by_all_elements():
    """One linear layer with two outputs, in float64: the mean is over four elements."""
    X = torch.tensor([[1.0], [2.0]]).double()
    params = [(torch.tensor([[1.0], [-1.0]]).double(), torch.zeros(2).double())]
    cache, y = [X, torch.tensor([[1.0, -1.0], [2.0, -2.0]]).double()], torch.tensor([[0.0, -1.0], [2.0, -4.0]]).double()
    grads = [tuple(pair) for pair in backward(y, cache, params)]
    # The errors are [[1, 0], [0, 2]], and 2 / (N·O) is 1/2.
    wanted = torch.tensor([[0.5], [2.0]]).double(), torch.tensor([0.5, 1.0]).double()
    step = "The loss is the mean over N·O elements, 4 here; the sums over the samples need no further mean."
    expect("backward(y, cache, params)", grads, [wanted], step)
    step = "Change nothing in place: neither the tensors nor the list `cache` (no `pop`)."
    expect("the length of cache after backward", len(cache), 2, step)
    expect("y_hat in cache after backward", cache[-1], torch.tensor([[1.0, -1.0], [2.0, -2.0]]).double(), step)


def test_train_writes_the_loss_down_before_each_step():
    """The history is 0.625 and 0.0746, and one step gives the page's new weights."""
    X, y, params = example()
    new, history = train(X, y, params, 0.1, 1)
    step = "Take the loss before the step: it belongs to the params that made the predictions."
    expect("train(X, y, params, 0.1, 1)[1]", [as_float(loss) for loss in history], [0.625], step)
    step = "Work out all gradients first. Then every W becomes W - lr * dW, every b becomes b - lr * db."
    second = torch.tensor([[1.97, -1.08]]), torch.tensor([0.05])
    expect("train(X, y, params, 0.1, 1)[0][1]", tuple(new[1]), second, step)
    W, b = example()[2][0]
    first = W - 0.1 * torch.tensor([[0.64], [0.14]]), b - 0.1 * torch.tensor([1.92, -0.86])
    expect("train(X, y, params, 0.1, 1)[0][0]", tuple(new[0]), first, step)
    _, history = train(X, y, params, 0.1, 2)
    step = "Each step needs a forward and a backward pass of its own, with the newest weights."
    expect("train(X, y, params, 0.1, 2)[1]", [as_float(loss) for loss in history], [0.625, 0.0745596], step)


def test_train_leaves_the_start_alone():
    """The params that were given are the same afterwards."""
    X, y, params = example()
    train(X, y, params, 0.1, 3)
    step = "Make new tensors, W - lr * dW. `W -= lr * dW` writes into the caller's."
    expect("params after train(X, y, params, 0.1, 3)", params, example()[2], step)


def test_train_learns_a_sine():
    """After 2,000 steps the loss is 0.05 at most."""
    X = torch.linspace(-math.pi, math.pi, 64).unsqueeze(1)
    draws = torch.Generator().manual_seed(0)
    params = [
        (torch.randn(n_out, n_in, generator=draws) / n_in**0.5, torch.zeros(n_out))
        for n_in, n_out in ((1, 16), (16, 16), (16, 1))
    ]
    _, history = train(X, torch.sin(X), params, 0.1, 2000)
    call, step = "train(X, sin(X), params, 0.1, 2000)[1][-1]", "Are all layers updated in every step, downhill?"
    expect_that(as_float(history[-1]) <= 0.05, call, as_float(history[-1]), "at most 0.05", step)


def test_LayerWithActivation_goes_through_the_linear_part_first():
    """With weight 2, bias 1 and tanh the sample 1 gives tanh(3)."""
    layer = LayerWithActivation(1, 1, torch.tanh)
    shapes = sorted(tuple(parameter.shape) for parameter in layer.parameters())
    step = "Keep one nn.Linear as an attribute, made in __init__."
    expect("the shapes of LayerWithActivation(1, 1, torch.tanh)'s parameters", shapes, [(1,), (1, 1)], step)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.fill_(2.0 if parameter.dim() == 2 else 1.0)
    step = "First the linear layer, then the activation."
    expect("layer(torch.tensor([[1.0]]))", layer(torch.tensor([[1.0]])), torch.tensor([[0.9950548]]), step)


def test_CustomLayer_has_its_parameters():
    """From 100 to 50 there are 5,150."""
    count = sum(parameter.numel() for parameter in CustomLayer(100, 50, 0.5).parameters())
    step = "The linear layer has 5,050. The normalization comes after it, so it has 50 columns and 100 parameters."
    expect("the number of parameters of CustomLayer(100, 50, 0.5)", count, 5150, step)


def test_CustomLayer_is_deterministic_in_evaluation_mode():
    """Two calls agree in eval mode, and differ in train mode."""
    layer = CustomLayer(100, 50, 0.5)
    x = torch.randn(8, 100, generator=torch.Generator().manual_seed(0))
    layer.eval()
    step = "nn.Dropout knows the mode; nn.functional.dropout must be told: training=self.training."
    expect("layer.eval()(x) twice, equal", torch.equal(layer(x), layer(x)), True, step)
    layer.train()
    step = "In train mode dropout rolls its dice anew in every call."
    expect("layer.train()(x) twice, equal", torch.equal(layer(x), layer(x)), False, step)
    lowest = layer.eval()(x).min().item()
    expect_that(lowest >= 0, "layer.eval()(x).min()", lowest, "0 or more", "Is there a ReLU after the normalization?")


def test_CustomLayer_drops_the_share_p_and_scales_the_rest():
    """With p = 0.25 about 5 of 8 outputs are 0 (half by ReLU, a quarter of the rest by dropout); the mean stays."""
    torch.manual_seed(0)
    out = CustomLayer(3, 50, 0.25)(torch.randn(400, 3))
    share, mean = (out == 0).float().mean().item(), out.mean().item()
    call = "CustomLayer(3, 50, 0.25)(x) in train mode"
    step = "p is the probability that an element is dropped; `nn.Dropout(p)` has the same p."
    expect_that(0.57 < share < 0.68, f"the share of zeros in {call}", share, "about 0.62", step)
    step = "What is kept is divided by 1 - p, so that the mean stays about 0.4; nn.Dropout does that by itself."
    expect_that(0.36 < mean < 0.44, f"the mean of {call}", mean, "about 0.4", step)


def test_CustomLayer_treats_a_sample_alone_as_in_a_batch():
    """In eval mode the running statistics count, not the companions."""
    torch.manual_seed(0)
    layer, x = CustomLayer(3, 5, 0.25), torch.randn(6, 3)
    layer(x)
    layer.eval()
    step = "Use an nn.BatchNorm1d with its usual settings: it keeps running statistics for eval mode."
    expect("layer.eval()(x[:1])", layer(x[:1]).detach(), layer(x)[:1].detach(), step)
    norms = sum(isinstance(module, nn.BatchNorm1d) for module in layer.modules())
    expect("the number of nn.BatchNorm1d modules in CustomLayer(3, 5, 0.25)", norms, 1, step)


def test_build_network_makes_a_flat_chain():
    """Three linear layers have two ReLUs between them."""
    model = build_network([784, 256, 128, 10])
    kinds = [type(module).__name__ for module in model]
    wanted = ["Linear", "ReLU", "Linear", "ReLU", "Linear"]
    call = "the modules of build_network([784, 256, 128, 10])"
    expect(call, kinds, wanted, "2L - 1 modules in one nn.Sequential: a ReLU in each gap, none at the end.")
    step = "Neighbouring sizes make a layer: nn.Linear(784, 256), nn.Linear(256, 128), nn.Linear(128, 10)."
    shape = tuple(model(torch.zeros(32, 784)).shape)
    expect("the shape of build_network([784, 256, 128, 10])(x), x (32, 784)", shape, (32, 10), step)


def test_trace_shapes_follows_the_digits():
    """The trace of the chain on a batch of 32 pictures."""
    trace = [(name, tuple(shape)) for name, shape in trace_shapes(digits_chain(), torch.zeros(32, 784))]
    wanted = [("0", (32, 256)), ("1", (32, 256)), ("2", (32, 128)), ("3", (32, 128)), ("4", (32, 10))]
    step = "Put a forward hook on every module of named_modules() that has no modules inside; note output.shape."
    expect("trace_shapes(model, x)", trace, wanted, step)


def test_trace_shapes_takes_its_hooks_off():
    """Afterwards no module has a hook, whether the call went well or not."""
    model = digits_chain()
    trace_shapes(model, torch.zeros(2, 784))
    hooks = sum(len(module._forward_hooks) for module in model.modules())
    step = "register_forward_hook returns a handle. Keep it, and call its remove() when you are done."
    expect("the number of hooks after trace_shapes(model, x)", hooks, 0, step)
    raised = False
    try:
        trace_shapes(model, torch.zeros(2, 3))
    except RuntimeError as error:
        raised = not isinstance(error, NotImplementedError)
    step = "Put the removal under `finally:`, and let the exception go on to the caller."
    expect("trace_shapes(model, x of a wrong shape) raises a RuntimeError", raised, True, step)
    hooks = sum(len(module._forward_hooks) for module in model.modules())
    expect("the number of hooks after that error", hooks, 0, step)


def test_trace_shapes_finds_leaves_at_any_depth_and_every_call():
    """A chain in a chain with one tanh that is called twice; other people's hooks and the mode stay."""
    tanh = nn.Tanh()
    model = nn.Sequential(nn.Sequential(nn.Linear(3, 4), tanh), nn.Linear(4, 2), tanh)
    calls = []
    model[1].register_forward_hook(lambda *_: calls.append("hook"))
    trace = [(name, tuple(shape)) for name, shape in trace_shapes(model, torch.zeros(5, 3))]
    wanted = [("0.0", (5, 4)), ("0.1", (5, 4)), ("1", (5, 2)), ("0.1", (5, 2))]
    step = "named_modules() goes to every depth; leaves have no modules inside. Append an entry in every call."
    expect("trace_shapes(model, x) with a chain in a chain", trace, wanted, step)
    expect("model.training after trace_shapes(model, x)", model.training, True, "Leave the mode as it is.")
    model(torch.zeros(5, 3))
    step = "Remove your own hooks through their handles; somebody else's hook stays, and is called once a call."
    expect("the calls of a hook that was there before", calls, ["hook", "hook"], step)
