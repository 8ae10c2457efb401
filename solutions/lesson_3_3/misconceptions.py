"""Lesson 3.3: the wrong answers that students really give."""

from __future__ import annotations

import math

import matplotlib.pyplot as plt
import torch
from torch import nn

from autograder.worker.misconception import misconception
from solutions.lesson_3_3.exercises import (
    demo_data,
    draw_normal,
    draw_uniform,
    fans,
    gain,
    kaiming_normal_,
    kaiming_uniform_,
    xavier_normal_,
    xavier_uniform_,
)

# --- fans


def _refuse(weight):
    if weight.dim() < 2:
        raise ValueError("a weight needs two dimensions or more")


@misconception(
    "fans",
    says="The two fans are swapped. A weight is `(out, in)`, so its second size is the fan-in and its first the fan-out.",
    section="Fans",
)
def fans_swapped(weight):
    fan_in, fan_out = fans(weight)
    return fan_out, fan_in


@misconception(
    "fans",
    says="The kernel of a convolution is left out. The lesson multiplies both fans by the number of places in the kernel.",
    section="Fans",
)
def kernel_forgotten(weight):
    _refuse(weight)
    return weight.shape[1], weight.shape[0]


@misconception(
    "fans",
    says="The bias is counted as one more input. The lesson counts weights alone: biases start at 0 and add no noise.",
    section="Fans",
)
def bias_counted(weight):
    fan_in, fan_out = fans(weight)
    return fan_in + 1, fan_out


@misconception(
    "fans",
    says="Only the fan-in is multiplied by the places of the kernel. The lesson multiplies both fans by them.",
    section="Fans",
)
def kernel_for_the_inputs_only(weight):
    fan_in, _ = fans(weight)
    return fan_in, weight.shape[0]


# --- gain


def _known(name):
    if name not in ("linear", "sigmoid", "tanh", "relu", "leaky_relu"):
        raise ValueError("no gain is known")


@misconception(
    "gain",
    says="The root is missing: ReLU's gain is √2, not 2. The 2 repairs the variance, and weights are multiplied by its root.",
    section="Gain",
)
def two_for_its_root(name, slope=0.01):
    _known(name)
    return {"relu": 2.0, "leaky_relu": 2 / (1 + slope**2)}.get(name, gain(name))


@misconception(
    "gain",
    says="ReLU gets the gain 2, the factor of the variance. Weights are multiplied by its root: √2.",
    section="Gain",
)
def two_for_relu_alone(name, slope=0.01):
    return 2.0 if name == "relu" else gain(name, slope)


@misconception(
    "gain",
    says="The slope of leaky ReLU is not squared. A number that is multiplied by the slope has its *square* multiplied by the "
    "slope squared, so the lesson divides by 1 + slope².",
    section="Gain",
)
def slope_unsquared(name, slope=0.01):
    return math.sqrt(2 / (1 + slope)) if name == "leaky_relu" else gain(name)


@misconception(
    "gain",
    says="Every activation gets the gain 1. The lesson has 5/3 for tanh, √2 for ReLU and √(2 / (1 + slope²)) for leaky ReLU.",
    section="Gain",
)
def always_one(name, slope=0.01):
    _known(name)
    return 1.0


@misconception(
    "gain",
    says="The slope is ignored: leaky ReLU always gets the same gain. In the lesson it is √(2 / (1 + slope²)).",
    section="Gain",
)
def slope_ignored(name, slope=0.01):
    return gain("relu" if name == "leaky_relu" else name)


# --- the four initializers


def _fill(w, numbers):
    with torch.no_grad():
        return w.copy_(numbers)


def _even(w, bound, gen):
    return _fill(w, bound * (2 * draw_uniform(w, gen) - 1))


def _bell(w, deviation, gen):
    return _fill(w, deviation * draw_normal(w, gen))


def _xavier(w, gain):
    fan_in, fan_out = fans(w)
    return gain * math.sqrt(2 / (fan_in + fan_out))


def _kaiming(w, mode, name):
    if mode not in ("fan_in", "fan_out"):
        raise ValueError("mode should be fan_in or fan_out")
    fan_in, fan_out = fans(w)
    return gain(name) / math.sqrt(fan_in if mode == "fan_in" else fan_out)


@misconception(
    "xavier_uniform_",
    says="The wanted standard deviation is used as the bound. Even numbers from -bound to bound have bound / √3, so the "
    "lesson's bound is √3 times as large.",
    section="Xavier",
)
def deviation_as_bound(w, gain=1.0, gen=None):
    return _even(w, _xavier(w, gain), gen)


@misconception(
    "xavier_uniform_",
    says="Only the fan-in is used. Xavier is a compromise of both directions: it divides by fan_in + fan_out.",
    section="Xavier",
)
def one_fan(w, gain=1.0, gen=None):
    return _even(w, gain * math.sqrt(3 / fans(w)[0]), gen)


@misconception(
    "xavier_uniform_",
    says="The root is missing in the bound: it is gain · 6 / (fan_in + fan_out) here, and the root of 6 / (fan_in + fan_out) "
    "times the gain in the lesson.",
    section="Xavier",
)
def root_forgotten_in_the_bound(w, gain=1.0, gen=None):
    fan_in, fan_out = fans(w)
    return _even(w, gain * 6 / (fan_in + fan_out), gen)


@misconception(
    "xavier_uniform_",
    says="The gain is ignored. In the lesson it multiplies the standard deviation, and so the bound.",
    section="Xavier",
)
def gain_ignored(w, gain=1.0, gen=None):
    return _even(w, math.sqrt(3) * _xavier(w, 1.0), gen)


@misconception(
    "xavier_uniform_",
    says="The numbers go from 0 to the bound. The lesson draws from -bound to bound, so that they are 0 on average.",
    section="Xavier",
)
def positive_only(w, gain=1.0, gen=None):
    return _fill(w, math.sqrt(3) * _xavier(w, gain) * draw_uniform(w, gen))


@misconception(
    "xavier_uniform_",
    says="A new tensor is returned and the old one stays as it was. The underscore at the end of the name promises to fill the "
    "tensor that is given.",
    section="Filling in place",
)
def new_tensor_returned(w, gain=1.0, gen=None):
    return math.sqrt(3) * _xavier(w, gain) * (2 * draw_uniform(w, gen) - 1)


@misconception(
    "xavier_uniform_",
    says="The numbers come from the global generator, whatever `gen` is. The lesson draws from `gen` where one is given.",
    section="Filling in place",
)
def generator_ignored(w, gain=1.0, gen=None):
    return _even(w, math.sqrt(3) * _xavier(w, gain), None)


@misconception(
    "xavier_uniform_",
    says="The tensor is filled while autograd watches, and PyTorch refuses that for a parameter. The lesson fills under "
    "`torch.no_grad()`.",
    section="Filling in place",
)
def autograd_watches(w, gain=1.0, gen=None):
    return w.copy_(math.sqrt(3) * _xavier(w, gain) * (2 * draw_uniform(w, gen) - 1))


@misconception(
    "xavier_normal_",
    says="Only the fan-in is used. Xavier is a compromise of both directions: it divides by fan_in + fan_out.",
    section="Xavier",
)
def one_fan_normal(w, gain=1.0, gen=None):
    return _bell(w, gain / math.sqrt(fans(w)[0]), gen)


@misconception(
    "xavier_normal_",
    says="The gain is ignored. In the lesson it multiplies the standard deviation.",
    section="Xavier",
)
def gain_ignored_normal(w, gain=1.0, gen=None):
    return _bell(w, _xavier(w, 1.0), gen)


@misconception(
    "xavier_normal_",
    says="The root is missing: standard normal numbers are multiplied by the variance, not by its root.",
    section="Xavier",
)
def root_forgotten(w, gain=1.0, gen=None):
    return _bell(w, _xavier(w, gain) ** 2, gen)


@misconception(
    "xavier_normal_",
    says="The standard deviation is √3 times too large. That factor belongs to the bound of even numbers.",
    section="Xavier",
)
def root_three_for_the_normal(w, gain=1.0, gen=None):
    return _bell(w, math.sqrt(3) * _xavier(w, gain), gen)


@misconception(
    "kaiming_uniform_",
    says="The mode is ignored: it is always the fan-in. With `fan_out` the lesson divides by the fan-out.",
    section="Kaiming",
)
def mode_ignored(w, mode="fan_in", name="relu", gen=None):
    deviation = _kaiming(w, mode, name)
    return _even(w, math.sqrt(3) * (_kaiming(w, "fan_in", name) if deviation else 0.0), gen)


@misconception(
    "kaiming_uniform_",
    says="The gain is missing. Kaiming is made for ReLU, which throws half of the numbers away: here it is gain / √fan.",
    section="Kaiming",
)
def gain_missing(w, mode="fan_in", name="relu", gen=None):
    return _even(w, math.sqrt(3) * _kaiming(w, mode, "linear"), gen)


@misconception(
    "kaiming_uniform_",
    says="The variance stands where the standard deviation belongs: gain / √fan, and √3 times that as bound.",
    section="Kaiming",
)
def variance_for_deviation(w, mode="fan_in", name="relu", gen=None):
    return _even(w, math.sqrt(3) * _kaiming(w, mode, name) ** 2, gen)


@misconception(
    "kaiming_uniform_",
    says="The gain is divided by the fan, not by its root. The lesson's standard deviation is gain / √fan.",
    section="Kaiming",
)
def fan_without_its_root(w, mode="fan_in", name="relu", gen=None):
    return _even(w, math.sqrt(3) * _kaiming(w, mode, name) ** 2 / gain(name), gen)


@misconception(
    "kaiming_uniform_",
    says="The wanted standard deviation is used as the bound. Even numbers from -bound to bound have bound / √3, so the "
    "lesson's bound is √3 times as large.",
    section="Xavier",
)
def kaiming_without_root_three(w, mode="fan_in", name="relu", gen=None):
    return _even(w, _kaiming(w, mode, name), gen)


@misconception(
    "kaiming_normal_",
    says="The mode is ignored: it is always the fan-in. With `fan_out` the lesson divides by the fan-out.",
    section="Kaiming",
)
def mode_ignored_normal(w, mode="fan_in", name="relu", gen=None):
    deviation = _kaiming(w, mode, name)
    return _bell(w, _kaiming(w, "fan_in", name) if deviation else 0.0, gen)


@misconception(
    "kaiming_normal_",
    says="The gain is missing. Kaiming is made for ReLU, which throws half of the numbers away: here it is gain / √fan.",
    section="Kaiming",
)
def gain_missing_normal(w, mode="fan_in", name="relu", gen=None):
    return _bell(w, _kaiming(w, mode, "linear"), gen)


@misconception(
    "kaiming_normal_",
    says="The variance stands where the standard deviation belongs. The lesson takes the root: gain / √fan.",
    section="Kaiming",
)
def variance_for_deviation_normal(w, mode="fan_in", name="relu", gen=None):
    return _bell(w, _kaiming(w, mode, name) ** 2, gen)


@misconception(
    "kaiming_normal_",
    says="The gain is divided by the fan, not by its root. The lesson's standard deviation is gain / √fan.",
    section="Kaiming",
)
def fan_without_its_root_normal(w, mode="fan_in", name="relu", gen=None):
    return _bell(w, _kaiming(w, mode, name) ** 2 / gain(name), gen)


@misconception(
    "kaiming_normal_",
    says="Leaky ReLU has the slope 0.2 here, as in many networks. "
    "The lesson's has 0.01, so that its gain is nearly that of ReLU.",
    section="Kaiming",
)
def slope_of_a_fifth_normal(w, mode="fan_in", name="relu", gen=None):
    scale = gain("leaky_relu", 0.2) / gain("leaky_relu") if name == "leaky_relu" else 1.0
    return _bell(w, scale * _kaiming(w, mode, name), gen)


@misconception(
    "kaiming_normal_",
    says="The numbers are drawn and scaled in float32 whatever the weight's dtype is. The lesson draws them in the weight's own "
    "dtype, as `draw_normal` does.",
    section="Kaiming",
)
def drawn_in_float32(w, mode="fan_in", name="relu", gen=None):
    deviation = _kaiming(w, mode, name)
    with torch.no_grad():
        return w.copy_(deviation * torch.randn(w.shape, generator=gen))


# --- orthogonal_


def _orthonormal(w, gen):
    random = draw_normal(w, gen).flatten(1)
    wide = random.shape[0] < random.shape[1]
    q, _ = torch.linalg.qr(random.T if wide else random)
    return (q.T if wide else q).reshape(w.shape)


@misconception(
    "orthogonal_",
    says="The matrix is turned round also when it has more rows than columns, and then it does not fit. `qr` makes orthonormal "
    "columns of a matrix that is not wide: the lesson turns only a wide one.",
    section="Orthogonal weights",
)
def not_transposed_when_tall(w, gain=1.0, gen=None):
    random = draw_normal(w, gen).flatten(1)
    q, _ = torch.linalg.qr(random.T)
    return _fill(w, gain * q.T.reshape(w.shape))


@misconception(
    "orthogonal_",
    says="The gain is lost. In the lesson the orthonormal matrix is multiplied by it.",
    section="Orthogonal weights",
)
def gain_lost(w, gain=1.0, gen=None):
    return _fill(w, _orthonormal(w, gen))


@misconception(
    "orthogonal_",
    says="The rows (or columns) have the right length, but they are not at right angles. Scaling random rows is not enough: "
    "the lesson makes them orthogonal, with `qr` for example.",
    section="Orthogonal weights",
)
def only_scaled(w, gain=1.0, gen=None):
    random = draw_normal(w, gen).flatten(1)
    wide = random.shape[0] <= random.shape[1]
    return _fill(w, (gain * random / random.norm(dim=1 if wide else 0, keepdim=True)).reshape(w.shape))


@misconception(
    "orthogonal_",
    says="It is the same matrix every time, with ones on the diagonal. The lesson starts from random numbers.",
    section="Orthogonal weights",
)
def identity_for_orthogonal(w, gain=1.0, gen=None):
    rows, columns = w.flatten(1).shape
    return _fill(w, gain * torch.eye(rows, columns, dtype=w.dtype, device=w.device).reshape(w.shape))


# --- init_model_


def _layers(modules):
    return [module for module in modules if isinstance(module, nn.Linear | nn.Conv2d)]


def _fill_layer(layer, name, gen):
    kaiming_normal_(layer.weight, gen=gen) if name == "relu" else xavier_normal_(layer.weight, gen=gen)
    if layer.bias is not None:
        _fill(layer.bias, torch.zeros_like(layer.bias))


@misconception(
    "init_model_",
    says="The biases keep the random numbers that they were made with. The lesson sets them to 0.",
    section="A whole model",
)
def biases_random(model, name, gen=None):
    for layer in _layers(model.modules()):
        kaiming_normal_(layer.weight, gen=gen) if name == "relu" else xavier_normal_(layer.weight, gen=gen)
    return model


@misconception(
    "init_model_",
    says="Only the layers at the top of the model are filled. Layers lie in boxes within boxes: `model.modules()` opens all "
    "of them, `model.children()` only the outermost.",
    section="A whole model",
)
def children_only(model, name, gen=None):
    for layer in _layers([model, *model.children()]):
        _fill_layer(layer, name, gen)
    return model


@misconception(
    "init_model_",
    says="Norms and other modules are refilled, too. The lesson fills `nn.Linear` and `nn.Conv2d`, and leaves all else as it is.",
    section="A whole model",
)
def norms_refilled(model, name, gen=None):
    for parameter in model.parameters():
        if parameter.dim() < 2:
            _fill(parameter, torch.zeros_like(parameter))
        else:
            kaiming_normal_(parameter, gen=gen) if name == "relu" else xavier_normal_(parameter, gen=gen)
    return model


@misconception(
    "init_model_",
    says="Every model gets Xavier. The lesson uses Kaiming where the activation is ReLU.",
    section="A whole model",
)
def xavier_for_all(model, name, gen=None):
    for layer in _layers(model.modules()):
        _fill_layer(layer, "tanh", gen)
    return model


@misconception(
    "init_model_",
    says="Every model gets Kaiming with the gain of its activation. The lesson uses Kaiming for ReLU alone, and Xavier with the "
    "gain 1 elsewhere.",
    section="A whole model",
)
def kaiming_for_all(model, name, gen=None):
    for layer in _layers(model.modules()):
        _fill_layer(layer, name, gen)
        kaiming_normal_(layer.weight, name=name, gen=gen)
    return model


@misconception(
    "init_model_",
    says="Xavier gets the activation's gain here. In this exercise the lesson leaves it at 1.",
    section="A whole model",
)
def xavier_with_a_gain(model, name, gen=None):
    for layer in _layers(model.modules()):
        _fill_layer(layer, name, gen)
        if name != "relu":
            xavier_normal_(layer.weight, gain(name), gen)
    return model


# --- activation_stats


def _stats(model, x, note, leaves=None, evaluate=True, remove=True, restore=True, training=None):
    """The lesson's way, with one part exchanged: what is noted, for which modules, and what is put back."""
    stats = []
    modes = [(module, module.training) for module in model.modules()]
    if leaves is None:
        leaves = [(name, module) for name, module in model.named_modules() if not list(module.children())]

    def noting(name):
        return lambda _, given, output: stats.append((name, *note(given[0], output)))

    handles = [module.register_forward_hook(noting(name)) for name, module in leaves]
    try:
        if evaluate:
            model.eval()
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles if remove else []:
            handle.remove()
        for module, mode in modes if restore else []:
            module.training = mode
        if training is not None:
            model.train(training)
    return stats


def _moments(_, output):
    return output.mean().item(), output.std(correction=0).item()


@misconception(
    "activation_stats",
    says="These are the numbers that went *into* each module. The lesson measures what came out: a hook is called with the "
    "module, its inputs and its output.",
    section="Looking inside with hooks",
)
def inputs_for_outputs(model, x):
    return _stats(model, x, lambda given, _: _moments(None, given))


@misconception(
    "activation_stats",
    says="The hooks are left behind on the model and go on measuring. The lesson removes each of them in the end, also after an "
    "exception.",
    section="Looking inside with hooks",
)
def hooks_leak(model, x):
    return _stats(model, x, _moments, remove=False)


@misconception(
    "activation_stats",
    says="The model is left in evaluation mode. The lesson gives each module the mode back that it had before.",
    section="Looking inside with hooks",
)
def mode_left(model, x):
    return _stats(model, x, _moments, restore=False)


@misconception(
    "activation_stats",
    says="All modules end in the mode of the model. Some may have been in another: the lesson gives each one its own mode back.",
    section="Looking inside with hooks",
)
def one_mode_for_all(model, x):
    return _stats(model, x, _moments, training=model.training)


@misconception(
    "activation_stats",
    says="The model is measured in the mode that it happens to be in. The lesson measures in evaluation mode, where dropout "
    "drops nothing and batch norms stay as they are.",
    section="Looking inside with hooks",
)
def measured_in_training(model, x):
    return _stats(model, x, _moments, evaluate=False)


@misconception(
    "activation_stats",
    says="The standard deviation is the unbiased one, from n - 1. The lesson takes that of the population, which divides by n.",
    section="Looking inside with hooks",
)
def unbiased_deviation(model, x):
    return _stats(model, x, lambda _, output: (output.mean().item(), output.std().item()))


@misconception(
    "activation_stats",
    says="Containers are listed, too. The lesson lists leaves alone, the modules without modules inside.",
    section="Looking inside with hooks",
)
def containers_listed(model, x):
    return _stats(model, x, _moments, leaves=list(model.named_modules()))


# --- symmetry_demo


def _trained(init, steps, seed, lr=0.1):
    gen = torch.Generator().manual_seed(seed)
    X, y = demo_data()
    W1, b1, W2, b2 = torch.zeros(4, 2), torch.zeros(4), torch.zeros(1, 4), torch.zeros(1)
    if init not in ("zeros", "constant", "random"):
        raise ValueError("init should be zeros, constant or random")
    for W in (W1, W2):
        if init == "constant":
            W.fill_(0.5)
        elif init == "random":
            xavier_uniform_(W, gen=gen)
    params = [p.requires_grad_() for p in (W1, b1, W2, b2)]
    for _ in range(steps):
        loss = ((y - torch.tanh(X @ W1.T + b1) @ W2.T - b2) ** 2).mean()
        gradients = torch.autograd.grad(loss, params)
        with torch.no_grad():
            for p, gradient in zip(params, gradients, strict=True):
                p -= lr * gradient
    return W1.detach(), W2.detach()


@misconception(
    "symmetry_demo",
    says="The weights of the output layer came back. The lesson looks at the first layer, `(4, 2)`: one row a hidden unit.",
    section="Why not zeros",
)
def output_layer_returned(init, steps=50, seed=0):
    return _trained(init, steps, seed)[1]


@misconception(
    "symmetry_demo",
    says="Some noise was added to a start that should have none. That breaks the very symmetry that the lesson wants to show: "
    "from zeros or constants all rows stay equal.",
    section="Why not zeros",
)
def noise_added(init, steps=50, seed=0):
    W1 = _trained(init, steps, seed)[0]
    return W1 + 0.001 * torch.randn(4, 2, generator=torch.Generator().manual_seed(seed))


@misconception(
    "symmetry_demo",
    says="The start came back: the network was not trained. The lesson makes `steps` updates first.",
    section="Why not zeros",
)
def not_trained(init, steps=50, seed=0):
    return _trained(init, 0, seed)[0]


@misconception(
    "symmetry_demo",
    says="`torch.manual_seed` reseeds the one generator of the whole program. The lesson draws from a generator of its own, and "
    "the global one ends as it was.",
    section="Why not zeros",
)
def global_seed(init, steps=50, seed=0):
    torch.manual_seed(seed)
    return _trained(init, steps, seed)[0]


# --- variance_by_depth


def _variances(name, depth, width, seed, reuse=False, before=False, kaiming="relu"):
    if name not in ("linear", "relu", "small"):
        raise ValueError("name should be linear, relu or small")
    gen = torch.Generator().manual_seed(seed)
    h = torch.randn(256, width, generator=gen)
    variances, W = [], None
    for _ in range(depth):
        if W is None or not reuse:
            W = torch.empty(width, width)
            if name == "linear":
                xavier_uniform_(W, gen=gen)
            elif name == "relu":
                kaiming_uniform_(W, name=kaiming, gen=gen)
            else:
                W = 0.01 * draw_normal(W, gen)
        z = h @ W.T
        h = {"linear": z, "relu": torch.relu(z), "small": torch.tanh(z)}[name]
        variances.append((z if before else h).var().item())
    return variances


@misconception(
    "variance_by_depth",
    says="The variance is taken before the activation. The lesson takes it after, of what the layer hands on.",
    section="Variance from layer to layer",
)
def before_activation(name, depth, width, seed):
    return _variances(name, depth, width, seed, before=True)


@misconception(
    "variance_by_depth",
    says="All layers share one weight. In the lesson each layer draws its own.",
    section="Variance from layer to layer",
)
def one_weight_reused(name, depth, width, seed):
    return _variances(name, depth, width, seed, reuse=True)


@misconception(
    "variance_by_depth",
    says="The seed is ignored: every seed gives the same numbers. The lesson seeds its generator with it.",
    section="Variance from layer to layer",
)
def seed_ignored(name, depth, width, seed):
    return _variances(name, depth, width, 0)


@misconception(
    "variance_by_depth",
    says="`torch.manual_seed` reseeds the one generator of the whole program. The lesson draws from a generator of its own, and "
    "the global one ends as it was.",
    section="Variance from layer to layer",
)
def global_seed_for_variances(name, depth, width, seed):
    torch.manual_seed(seed)
    return _variances(name, depth, width, seed)


@misconception(
    "variance_by_depth",
    says="The ReLU network's weights lack the gain √2, so each layer loses half of what arrives. The lesson fills them with "
    "Kaiming.",
    section="Variance from layer to layer",
)
def relu_without_gain(name, depth, width, seed):
    return _variances(name, depth, width, seed, kaiming="linear")


# --- plot_variance


def _drawn(results, scale="log", change=lambda v: v):
    fig, ax = plt.subplots()
    for name, variances in results.items():
        ax.plot(range(1, len(variances) + 1), [change(v) for v in variances], label=name)
    ax.set_yscale(scale)
    ax.set_xlabel("layer")
    ax.set_ylabel("variance")
    return fig, ax


@misconception(
    "plot_variance",
    says="The y axis is linear. Variances shrink by factors, so the lesson draws them on a logarithmic axis.",
    section="A picture of variances",
)
def linear_axis(results):
    fig, ax = _drawn(results, scale="linear")
    ax.legend()
    return fig


@misconception(
    "plot_variance",
    says="The logarithms are drawn. The lesson draws the variances themselves and makes the axis logarithmic.",
    section="A picture of variances",
)
def logarithms_drawn(results):
    fig, ax = _drawn(results, scale="linear", change=math.log10)
    ax.legend()
    return fig


@misconception(
    "plot_variance",
    says="There is no legend, so nobody can tell the lines apart. Labels become visible when `ax.legend()` is called.",
    section="A picture of variances",
)
def no_legend(results):
    return _drawn(results)[0]


@misconception(
    "plot_variance",
    says="`plt.show()` is called inside. The lesson returns the figure and leaves showing it to whoever called.",
    section="A picture of variances",
)
def shown_inside(results):
    fig, ax = _drawn(results)
    ax.legend()
    plt.show()
    return fig
