"""Wrong solutions of lesson 2.3 that students really hand in. Each is laid over the reference, one at a time."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from autograder.worker.misconception import misconception
from solutions.lesson_2_3.exercises import CustomLayer, LayerWithActivation, backward, forward

COUNT = "From the neuron to the layer"
START = "Where the weights start"
FORWARD = "The forward pass and its cache"
BACKWARD = "The backward pass, layer by layer"
LOOP = "The training loop"
MODULE = "A layer as a module"
NORM = "Batch normalization and dropout"
CHAIN = "A network as a chain of modules"
HOOKS = "Watching shapes with forward hooks"


@misconception(
    "layer_parameters",
    says="The biases are not counted. Every neuron has one, so a layer has n_out·n_in weights and n_out biases.",
    section=COUNT,
)
def bias_forgotten(n_in, n_out):
    return n_in * n_out


@misconception(
    "layer_parameters",
    says="A bias is counted for every input. Each neuron, that is each output, has one: add n_out.",
    section=COUNT,
)
def one_bias_for_each_input(n_in, n_out):
    return n_in * n_out + n_in


@misconception(
    "layer_parameters",
    says="A single bias is counted for the whole layer. Every neuron has one of its own: add n_out.",
    section=COUNT,
)
def one_bias_for_the_layer(n_in, n_out):
    return n_in * n_out + 1


def _fresh(sizes, generator, weights):
    params = []
    for n_in, n_out in pairwise(sizes):
        W = weights(n_in, n_out)
        params.append((W, torch.zeros(n_out, device=generator.device)))
    return params


@misconception(
    "init_params",
    says="All weights start at zero. Then all neurons of a layer are the same and stay the same; draw the weights at "
    "random. Only the biases start at zero.",
    section=START,
)
def zeros_everywhere(sizes, generator):
    return _fresh(sizes, generator, lambda n_in, n_out: torch.zeros(n_out, n_in, device=generator.device))


@misconception(
    "init_params",
    says="The weights are (n_in, n_out). In this course each row of W is a neuron, so W is (n_out, n_in).",
    section=START,
)
def shapes_transposed(sizes, generator):
    return _fresh(
        sizes,
        generator,
        lambda n_in, n_out: torch.randn(n_in, n_out, generator=generator, device=generator.device) / n_in**0.5,
    )


@misconception(
    "init_params",
    says="The weights have the standard deviation 1 whatever the layer's size, so a sum over many inputs grows large and tanh "
    "saturates. Scale them by 1 / sqrt(n_in).",
    section=START,
)
def deviation_of_one(sizes, generator):
    return _fresh(
        sizes,
        generator,
        lambda n_in, n_out: torch.randn(n_out, n_in, generator=generator, device=generator.device),
    )


@misconception(
    "init_params",
    says="The weights are divided by n_in, so they are too small: their *variance* should be about 1 / n_in. "
    "Divide by the root of n_in.",
    section=START,
)
def root_forgotten(sizes, generator):
    return _fresh(
        sizes,
        generator,
        lambda n_in, n_out: torch.randn(n_out, n_in, generator=generator, device=generator.device) / n_in,
    )


@misconception(
    "init_params",
    says="The weights come from PyTorch's global generator, so `generator` decides nothing. Hand it to the function "
    "that draws: torch.randn(..., generator=generator).",
    section=START,
)
def drawn_from_the_global_generator(sizes, generator):
    return _fresh(sizes, generator, lambda n_in, n_out: torch.randn(n_out, n_in, device=generator.device) / n_in**0.5)


@misconception(
    "init_params",
    says="Uniform numbers between 0 and 1 are all positive. The weights should have the mean 0.",
    section=START,
)
def only_positive_weights(sizes, generator):
    return _fresh(
        sizes,
        generator,
        lambda n_in, n_out: 3 * torch.rand(n_out, n_in, generator=generator, device=generator.device) / n_in**0.5,
    )


@misconception(
    "init_params",
    says="Every weight of a row is the same number, so every neuron treats all its inputs alike. "
    "Draw each weight on its own.",
    section=START,
)
def one_draw_for_each_neuron(sizes, generator):
    return _fresh(
        sizes,
        generator,
        lambda n_in, n_out: (
            torch.randn(n_out, 1, generator=generator, device=generator.device).repeat(1, n_in) / n_in**0.5
        ),
    )


def _go(X, params, last_activation=False, keep_scores=False, activation=torch.tanh):
    h, cache = X, [X]
    for number, (W, b) in enumerate(params):
        z = h @ W.T + b
        linear = number == len(params) - 1 and not last_activation
        h = z if linear else activation(z)
        cache.append(z if keep_scores else h)
    return h, cache


@misconception(
    "forward",
    says="tanh comes after the last layer, too, so no prediction can leave the range from -1 to 1. "
    "The last layer is linear.",
    section=FORWARD,
)
def activation_on_the_output(X, params):
    return _go(X, params, last_activation=True)


@misconception(
    "forward",
    says="The cache holds the pre-activations z, from before tanh. The lesson keeps what came out of tanh: h = tanh(z).",
    section=FORWARD,
)
def pre_activations_cached(X, params):
    return _go(X, params, keep_scores=True)


@misconception(
    "forward",
    says="There is no tanh between the layers. Then they collapse into one linear layer, however many there are.",
    section=FORWARD,
)
def no_activation_at_all(X, params):
    return _go(X, params, activation=lambda z: z)


@misconception(
    "forward",
    says="The cache does not start with X. The backward pass needs what went into *every* layer, and X went into the "
    "first: [X, h_1, …, y_hat].",
    section=FORWARD,
)
def input_not_cached(X, params):
    y_hat, cache = _go(X, params)
    return y_hat, cache[1:]


@misconception(
    "forward",
    says="The cache ends before the prediction. The lesson's cache holds it as its last entry: [X, h_1, …, y_hat].",
    section=FORWARD,
)
def prediction_not_cached(X, params):
    y_hat, cache = _go(X, params)
    return y_hat, cache[:-1]


@misconception(
    "forward",
    says="The hidden layers use ReLU. This network is built with tanh.",
    section=FORWARD,
)
def relu_for_tanh(X, params):
    return _go(X, params, activation=torch.relu)


def _back(y, cache, params, slope=lambda h: 1 - h**2, scale=None):
    scale = 2 / y.numel() if scale is None else scale
    dZ = scale * (cache[-1] - y)
    grads = []
    for number in reversed(range(len(params))):
        h = cache[number]
        grads.append((dZ.T @ h, dZ.sum(dim=0)))
        dZ = (dZ @ params[number][0]) * slope(h)
    return grads[::-1]


@misconception(
    "backward",
    says="tanh is applied once more before its slope is taken: 1 - tanh(h)². The cache holds h = tanh(z) already, so "
    "the slope is 1 - h².",
    section=BACKWARD,
)
def slope_of_the_wrong_value(y, cache, params):
    return _back(y, cache, params, slope=lambda h: 1 - torch.tanh(h) ** 2)


@misconception(
    "backward",
    says="The gradients come in the order of backpropagation, the last layer first. Return them in the order of params.",
    section=BACKWARD,
)
def layer_order_reversed(y, cache, params):
    return _back(y, cache, params)[::-1]


@misconception(
    "backward",
    says="tanh's slope is missing on the way back. Where the gradient goes through a tanh, multiply it by 1 - h².",
    section=BACKWARD,
)
def slope_forgotten(y, cache, params):
    return _back(y, cache, params, slope=torch.ones_like)


@misconception(
    "backward",
    says="The square is missing in tanh's slope: it is 1 - h², not 1 - h.",
    section=BACKWARD,
)
def slope_without_the_square(y, cache, params):
    return _back(y, cache, params, slope=lambda h: 1 - h)


@misconception(
    "backward",
    says="The gradient is divided by the rows N alone. The loss is the mean over all N·O elements, so divide by N·O.",
    section=BACKWARD,
)
def mean_over_rows_only(y, cache, params):
    return _back(y, cache, params, scale=2 / len(y))


@misconception(
    "backward",
    says="The mean got lost: this is the gradient of the summed squared error. Divide by all N·O elements.",
    section=BACKWARD,
)
def mean_lost(y, cache, params):
    return _back(y, cache, params, scale=2)


@misconception(
    "backward",
    says="The factor 2 got lost: the derivative of the square e² is 2e.",
    section=BACKWARD,
)
def factor_two_lost(y, cache, params):
    return _back(y, cache, params, scale=1 / y.numel())


@misconception(
    "backward",
    says="The gradient of a bias is averaged over the samples. It is their sum; the mean of the loss is in dZ already.",
    section=BACKWARD,
)
def bias_gradient_averaged(y, cache, params):
    return [(dW, db / len(y)) for dW, db in _back(y, cache, params)]


@misconception(
    "backward",
    says="The last layer is treated as if tanh came after it. It is linear: its dZ is 2(y_hat - y) / (N·O) alone.",
    section=BACKWARD,
)
def slope_on_the_output(y, cache, params):
    shifted = cache[-1] - y
    y_like = cache[-1] - shifted * (1 - cache[-1] ** 2)
    return _back(y_like, cache, params)


def _loop(X, y, params, lr, epochs, step):
    params, history = list(params), []
    for _ in range(epochs):
        y_hat, cache = forward(X, params)
        history.append(((y_hat - y) ** 2).mean().item())
        params = step(cache, params)
    return params, history


def _moved(params, grads, lr):
    return [(W - lr * dW, b - lr * db) for (W, b), (dW, db) in zip(params, grads, strict=True)]


@misconception(
    "train",
    says="Each layer is updated while the gradient is still on its way, so the layers before it get theirs through the "
    "new weights. Work out all gradients first, and then update all layers.",
    section=LOOP,
)
def updates_while_back_propagating(X, y, params, lr, epochs):
    def step(cache, params):
        dZ = 2 * (cache[-1] - y) / y.numel()
        new = []
        for number in reversed(range(len(params))):
            W, b = params[number]
            h = cache[number]
            W = W - lr * dZ.T @ h
            b = b - lr * dZ.sum(dim=0)
            new.append((W, b))
            dZ = (dZ @ W) * (1 - h**2)
        return new[::-1]

    return _loop(X, y, params, lr, epochs, step)


@misconception(
    "train",
    says="The loss is taken after the step. The history has each loss *before* its step, so it starts with that of the "
    "params that were given.",
    section=LOOP,
)
def loss_after_the_step(X, y, params, lr, epochs):
    params, history = _loop(X, y, params, lr, epochs, lambda cache, now: _moved(now, backward(y, cache, now), lr))
    y_hat, _ = forward(X, params)
    return params, ([*history, ((y_hat - y) ** 2).mean().item()][1:] if epochs else [])


@misconception(
    "train",
    says="The steps go uphill: the gradient is added. Subtract lr times the gradient.",
    section=LOOP,
)
def steps_uphill(X, y, params, lr, epochs):
    return _loop(X, y, params, lr, epochs, lambda cache, now: _moved(now, backward(y, cache, now), -lr))


@misconception(
    "train",
    says="The caller's own weights are changed in place. Make new tensors: W - lr * dW, not W -= lr * dW.",
    section=LOOP,
)
def weights_changed_in_place(X, y, params, lr, epochs):
    def step(cache, params):
        for (W, b), (dW, db) in zip(params, backward(y, cache, params), strict=True):
            W -= lr * dW
            b -= lr * db
        return params

    return _loop(X, y, params, lr, epochs, step)


@misconception(
    "train",
    says="Only the weights are updated. The biases learn too: b - lr * db.",
    section=LOOP,
)
def biases_never_updated(X, y, params, lr, epochs):
    def step(cache, params):
        grads = backward(y, cache, params)
        return [(W - lr * dW, b) for (W, b), (dW, _) in zip(params, grads, strict=True)]

    return _loop(X, y, params, lr, epochs, step)


@misconception(
    "train",
    says="The gradients are worked out once, before the loop. They belong to the weights of that moment: work them out "
    "anew for every step.",
    section=LOOP,
)
def gradients_taken_once(X, y, params, lr, epochs):
    _, cache = forward(X, params)
    grads = backward(y, cache, params)
    return _loop(X, y, params, lr, epochs, lambda _, now: _moved(now, grads, lr))


@misconception(
    "LayerWithActivation",
    says="The activation comes first and the linear layer second. It is the other way round: activation(x @ W.T + b).",
    section=MODULE,
)
class activation_first(LayerWithActivation):
    def forward(self, x):
        return self.linear(self.activation(x))


@misconception(
    "LayerWithActivation",
    says="The activation is never called, so plain pre-activations come back. Pass them through `activation` last.",
    section=MODULE,
)
class activation_left_out(LayerWithActivation):
    def forward(self, x):
        return self.linear(x)


@misconception(
    "LayerWithActivation",
    says="The layer always uses ReLU. It should use the activation that it was given.",
    section=MODULE,
)
class always_relu(LayerWithActivation):
    def forward(self, x):
        return torch.relu(self.linear(x))


@misconception(
    "LayerWithActivation",
    says="The linear layer has no bias. It should have two parameter tensors: (out, in) and (out,).",
    section=MODULE,
)
class layer_without_bias(LayerWithActivation):
    def __init__(self, in_features, out_features, activation):
        super().__init__(in_features, out_features, activation)
        self.linear = nn.Linear(in_features, out_features, bias=False)


@misconception(
    "LayerWithActivation",
    says="The linear layer is made anew in every call, so nothing it learns is kept, and no optimizer ever finds its "
    "parameters. Make it once, in __init__, as an attribute.",
    section=MODULE,
)
class linear_made_in_forward(LayerWithActivation):
    def __init__(self, in_features, out_features, activation):
        super().__init__(in_features, out_features, activation)
        del self.linear
        self.sizes = in_features, out_features

    def forward(self, x):
        return self.activation(nn.Linear(*self.sizes, device=x.device, dtype=x.dtype)(x))


@misconception(
    "CustomLayer",
    says="Dropout goes on in eval mode, because nn.functional.dropout drops unless it is told not to. "
    "Use nn.Dropout, or pass training=self.training.",
    section=NORM,
)
class dropout_in_evaluation(CustomLayer):
    def __init__(self, in_features, out_features, p):
        super().__init__(in_features, out_features, p)
        self.p = p

    def forward(self, x):
        return functional.dropout(self.relu(self.norm(self.linear(x))), self.p)


@misconception(
    "CustomLayer",
    says="The normalization comes before the linear layer. The order is Linear, BatchNorm, ReLU, Dropout, so it has "
    "out_features features.",
    section=NORM,
)
class norm_before_linear(CustomLayer):
    def __init__(self, in_features, out_features, p):
        super().__init__(in_features, out_features, p)
        self.norm = nn.BatchNorm1d(in_features)

    def forward(self, x):
        return self.dropout(self.relu(self.linear(self.norm(x))))


@misconception(
    "CustomLayer",
    says="The normalization comes after ReLU. The order is Linear, BatchNorm, ReLU, Dropout.",
    section=NORM,
)
class norm_after_relu(CustomLayer):
    def forward(self, x):
        return self.dropout(self.norm(self.relu(self.linear(x))))


@misconception(
    "CustomLayer",
    says="There is no ReLU, so negative numbers come out. It stands between the normalization and dropout.",
    section=NORM,
)
class relu_left_out(CustomLayer):
    def forward(self, x):
        return self.dropout(self.norm(self.linear(x)))


@misconception(
    "CustomLayer",
    says="p is taken for the share that is kept. It is the probability that an element is dropped.",
    section=NORM,
)
class p_is_the_share_kept(CustomLayer):
    def __init__(self, in_features, out_features, p):
        super().__init__(in_features, out_features, 1 - p)


@misconception(
    "CustomLayer",
    says="The elements that are kept are not scaled. Dividing them by 1 - p keeps the mean of each output as it is in "
    "eval mode.",
    section=NORM,
)
class kept_elements_not_scaled(CustomLayer):
    def __init__(self, in_features, out_features, p):
        super().__init__(in_features, out_features, p)
        self.p = p

    def forward(self, x):
        h = self.relu(self.norm(self.linear(x)))
        return h * (torch.rand_like(h) >= self.p) if self.training else h


@misconception(
    "CustomLayer",
    says="The batch is normalized by its own numbers in eval mode, too, so a sample's output depends on its "
    "companions. Keep nn.BatchNorm1d's running statistics.",
    section=NORM,
)
class no_running_statistics(CustomLayer):
    def __init__(self, in_features, out_features, p):
        super().__init__(in_features, out_features, p)
        self.norm = nn.BatchNorm1d(out_features, track_running_stats=False)

    def forward(self, x):
        h = self.linear(x)
        if len(x) == 1:
            h = h.repeat(2, 1)
        return self.dropout(self.relu(self.norm(h)))[: len(x)]


@misconception(
    "CustomLayer",
    says="The batch is normalized by hand, and no module keeps running statistics. The lesson's layer has an "
    "nn.BatchNorm1d, with its usual settings, among its modules.",
    section=NORM,
)
class normalized_by_hand(nn.Module):
    def __init__(self, in_features, out_features, p):
        super().__init__()
        self.linear = nn.Linear(in_features, out_features)
        self.weight, self.bias = nn.Parameter(torch.ones(out_features)), nn.Parameter(torch.zeros(out_features))
        self.dropout = nn.Dropout(p)

    def forward(self, x):
        z = self.linear(x)
        z = (z - z.mean(dim=0)) / (z.var(dim=0, unbiased=False) + 1e-5).sqrt()
        return self.dropout(torch.relu(z * self.weight + self.bias))


def _modules(sizes, between):
    for n_in, n_out in pairwise(sizes):
        yield nn.Linear(n_in, n_out)
        yield from between()


@misconception(
    "build_network",
    says="A ReLU comes after the last linear layer, so the network can never say a negative number. "
    "Nothing comes after the last layer.",
    section=CHAIN,
)
def trailing_relu(sizes):
    return nn.Sequential(*_modules(sizes, lambda: [nn.ReLU()]))


@misconception(
    "build_network",
    says="There is no ReLU between the linear layers. Then they collapse into one, however many there are.",
    section=CHAIN,
)
def only_linear_layers(sizes):
    return nn.Sequential(*_modules(sizes, list))


@misconception(
    "build_network",
    says="Chains are nested in a chain. The lesson's network is flat: all 2L - 1 modules lie in one Sequential.",
    section=CHAIN,
)
def chains_inside_the_chain(sizes):
    pairs = list(pairwise(sizes))
    blocks = [nn.Sequential(nn.Linear(*pair), nn.ReLU()) for pair in pairs[:-1]]
    return nn.Sequential(*blocks, nn.Linear(*pairs[-1]))


@misconception(
    "build_network",
    says="The last size is left out, so one layer is missing. L + 1 sizes make L linear layers.",
    section=CHAIN,
)
def last_layer_missing(sizes):
    return nn.Sequential(*list(_modules(sizes[:-1], lambda: [nn.ReLU()]))[:-1])


@misconception(
    "build_network",
    says="tanh stands between the layers. This network has ReLU.",
    section=CHAIN,
)
def tanh_between_the_layers(sizes):
    return nn.Sequential(*list(_modules(sizes, lambda: [nn.Tanh()]))[:-1])


def _watch(model, x, chosen, shape=lambda inputs, output: tuple(output.shape)):
    trace, handles = [], []
    for name, module in model.named_modules():
        if chosen(name, module):
            handles.append(
                module.register_forward_hook(
                    lambda _, inputs, output, name=name: trace.append((name, shape(inputs, output)))
                )
            )
    return trace, handles


def _is_leaf(name, module):
    return not list(module.children())


def _take_off(handles):
    for handle in handles:
        handle.remove()


@misconception(
    "trace_shapes",
    says="The hooks stay on the model, so every later call still runs them. Keep the handles and call remove() on each.",
    section=HOOKS,
)
def hooks_leak(model, x):
    trace, _ = _watch(model, x, _is_leaf)
    model(x)
    return list(trace)


@misconception(
    "trace_shapes",
    says="Containers are listed, too, so a shape comes twice. Only leaf modules count: those without modules inside.",
    section=HOOKS,
)
def containers_listed(model, x):
    trace, handles = _watch(model, x, lambda name, module: True)
    try:
        model(x)
    finally:
        _take_off(handles)
    return trace


@misconception(
    "trace_shapes",
    says="Only the model's direct children are watched, so what lies deeper is missed and a container's own shape is "
    "listed. Go through named_modules() and take the leaves.",
    section=HOOKS,
)
def only_direct_children(model, x):
    trace, handles = _watch(model, x, lambda name, module: "." not in name and (name or _is_leaf(name, module)))
    try:
        model(x)
    finally:
        _take_off(handles)
    return trace


@misconception(
    "trace_shapes",
    says="These are the shapes that went into the modules. The trace has what came out: output.shape.",
    section=HOOKS,
)
def input_shapes(model, x):
    trace, handles = _watch(model, x, _is_leaf, lambda inputs, output: tuple(inputs[0].shape))
    try:
        model(x)
    finally:
        _take_off(handles)
    return trace


@misconception(
    "trace_shapes",
    says="A module that is called twice is listed once. Put every call into a list; a dict keeps one entry a name.",
    section=HOOKS,
)
def repeats_lost(model, x):
    trace, handles = _watch(model, x, _is_leaf)
    try:
        model(x)
    finally:
        _take_off(handles)
    return list(dict(trace).items())


@misconception(
    "trace_shapes",
    says="All hooks of the modules are cleared away, those of other people as well. Remove your own through their "
    "handles.",
    section=HOOKS,
)
def everyones_hooks_removed(model, x):
    trace, _ = _watch(model, x, _is_leaf)
    try:
        model(x)
    finally:
        for module in model.modules():
            module._forward_hooks.clear()
    return trace


@misconception(
    "trace_shapes",
    says="The hooks stay on where the model raises an exception. Put their removal under `finally:`.",
    section=HOOKS,
)
def hooks_stay_after_an_error(model, x):
    trace, handles = _watch(model, x, _is_leaf)
    model(x)
    _take_off(handles)
    return trace


@misconception(
    "trace_shapes",
    says="The model is switched to eval mode and left there. Leave it in the mode that it is in.",
    section=HOOKS,
)
def model_left_in_evaluation_mode(model, x):
    trace, handles = _watch(model, x, _is_leaf)
    try:
        model.eval()(x)
    finally:
        _take_off(handles)
    return trace
