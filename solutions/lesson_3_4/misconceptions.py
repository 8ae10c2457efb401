"""Lesson 3.4: the wrong answers that students really give.

A wrong forward function laid over the reference keeps a right cache, and so the backward function is judged by itself. Put
inside the reference, where the grader asks what would follow from the mistake, it keeps the cache that the mistake makes.
"""

from __future__ import annotations

import sys

import matplotlib.pyplot as plt
import torch
from torch import nn

from autograder.worker.misconception import misconception
from solutions.lesson_3_4.exercises import (
    ResidualBlock,
    batch_norm,
    depth_experiment,
    gradient_norms,
    layer_norm,
)

NORMS = "Measuring the gradients"
BATCH = "Batch normalization, forward"
RUNNING = "The running statistics"
BATCH_BACK = "Batch normalization, backward"
LAYER = "Layer normalization, forward"
LAYER_BACK = "Layer normalization, backward"
RESIDUAL = "A way around: the residual block"
CLIP = "Clipping the gradient"
EXPERIMENT = "The depth experiment"
PLOT = "Drawing ratios"

# --- gradient_norms


@misconception(
    "gradient_norms",
    says="These are the norms squared: the root is missing. The lesson takes the root of the sum of the squares.",
    section=NORMS,
)
def root_forgotten(model):
    return {name: norm**2 for name, norm in gradient_norms(model).items()}


@misconception(
    "gradient_norms",
    says="A parameter without a gradient stops the function: its `.grad` is None, and None has no norm. "
    "The lesson gives such a parameter the norm 0.0.",
    section=NORMS,
)
def none_is_not_expected(model):
    return {name: float(parameter.grad.norm()) for name, parameter in model.named_parameters()}


@misconception(
    "gradient_norms",
    says="These are the norms of the weights themselves. The lesson asks for the norms of their gradients, in `.grad`.",
    section=NORMS,
)
def norm_of_the_weights(model):
    return {name: float(parameter.detach().norm()) for name, parameter in model.named_parameters()}


@misconception(
    "gradient_norms",
    says="A gradient of None is replaced by zeros in the model itself. The lesson changes nothing there: only the norm is 0.0.",
    section=NORMS,
)
def none_replaced_in_the_model(model):
    for parameter in model.parameters():
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    return gradient_norms(model)


@misconception(
    "gradient_norms",
    says="These are sums of absolute values. The norm is the root of the sum of the squares.",
    section=NORMS,
)
def absolute_values_added(model):
    return {
        name: 0.0 if parameter.grad is None else float(parameter.grad.abs().sum())
        for name, parameter in model.named_parameters()
    }


@misconception(
    "gradient_norms",
    says="Parameters without a gradient are left out. The lesson lists them, too, with the norm 0.0.",
    section=NORMS,
)
def none_left_out(model):
    return {name: float(p.grad.norm()) for name, p in model.named_parameters() if p.grad is not None}


# --- batch_norm


def _cache(forward, right, wrong):
    """Return the cache that a wrong forward function hands on: the wrong one if it is inside the reference."""
    inside = getattr(sys.modules[forward.__module__], forward.__name__) is not forward
    return wrong if inside else right


def _by_columns(x, gamma, beta, s):
    x_hat = (x - x.mean(dim=0)) / s
    return gamma * x_hat + beta, (x_hat, 1 / s, gamma)


def _by_rows(x, gamma, beta, s):
    x_hat = (x - x.mean(dim=1, keepdim=True)) / s
    return gamma * x_hat + beta, (x_hat, 1 / s, gamma)


def _moved(old, new, momentum):
    return (1 - momentum) * old + momentum * new


@misconception(
    "batch_norm",
    says="The two variances are swapped. The lesson normalizes with the biased one (divided by N) and moves the running "
    "variance towards the unbiased one (divided by N - 1).",
    section=RUNNING,
)
def variances_swapped(x, gamma, beta, running, training, momentum=0.1, eps=1e-5):
    y, after, cache = batch_norm(x, gamma, beta, running, training, momentum, eps)
    if training:
        y, wrong = _by_columns(x, gamma, beta, (x.var(dim=0) + eps).sqrt())
        cache = _cache(batch_norm, cache, wrong)
        after = after[0], _moved(running[1], x.var(dim=0, correction=0), momentum)
    return y, after, cache


@misconception(
    "batch_norm",
    says="The batch is normalized with the unbiased variance (divided by N - 1), which is what `var` gives if you do not "
    "tell it otherwise. The lesson divides by N there, and by N - 1 in the running variance alone.",
    section=BATCH,
)
def unbiased_everywhere(x, gamma, beta, running, training, momentum=0.1, eps=1e-5):
    y, after, cache = batch_norm(x, gamma, beta, running, training, momentum, eps)
    if training:
        y, wrong = _by_columns(x, gamma, beta, (x.var(dim=0) + eps).sqrt())
        cache = _cache(batch_norm, cache, wrong)
    return y, after, cache


@misconception(
    "batch_norm",
    says="The running variance moves towards the biased variance (divided by N). The lesson moves it towards the unbiased "
    "one (divided by N - 1).",
    section=RUNNING,
)
def biased_everywhere(x, gamma, beta, running, training, momentum=0.1, eps=1e-5):
    y, after, cache = batch_norm(x, gamma, beta, running, training, momentum, eps)
    if training:
        after = after[0], _moved(running[1], x.var(dim=0, correction=0), momentum)
    return y, after, cache


@misconception(
    "batch_norm",
    says="The running statistics move in evaluation, too. The lesson moves them in training alone.",
    section=RUNNING,
)
def updated_in_evaluation(x, gamma, beta, running, training, momentum=0.1, eps=1e-5):
    y, after, cache = batch_norm(x, gamma, beta, running, training, momentum, eps)
    if not training:
        spread = x.var(dim=0) if len(x) > 1 else torch.zeros_like(running[1])
        after = _moved(running[0], x.mean(dim=0), momentum), _moved(running[1], spread, momentum)
    return y, after, cache


@misconception(
    "batch_norm",
    says="In evaluation the batch's own mean and variance are used. The lesson uses the running ones there, so that a row's "
    "result does not depend on its companions.",
    section=RUNNING,
)
def batch_statistics_in_evaluation(x, gamma, beta, running, training, momentum=0.1, eps=1e-5):
    y, after, cache = batch_norm(x, gamma, beta, running, training, momentum, eps)
    if not training:
        y = gamma * (x - x.mean(dim=0)) / (x.var(dim=0, correction=0) + eps).sqrt() + beta
    return y, after, cache


@misconception(
    "batch_norm",
    says="The momentum is the wrong way round: momentum * old + (1 - momentum) * batch. In the lesson the momentum belongs to "
    "the batch: (1 - momentum) * old + momentum * batch.",
    section=RUNNING,
)
def momentum_reversed(x, gamma, beta, running, training, momentum=0.1, eps=1e-5):
    y, _, cache = batch_norm(x, gamma, beta, running, training, momentum, eps)
    _, after, _ = batch_norm(x, gamma, beta, running, training, 1 - momentum, eps)
    return y, after, cache


@misconception(
    "batch_norm",
    says="eps is added to the standard deviation, outside the root. The lesson adds it to the variance, inside the root.",
    section=BATCH,
)
def eps_outside_the_root_of_a_batch(x, gamma, beta, running, training, momentum=0.1, eps=1e-5):
    _, after, cache = batch_norm(x, gamma, beta, running, training, momentum, eps)
    if not training:
        return gamma * (x - running[0]) / (running[1].sqrt() + eps) + beta, after, cache
    y, wrong = _by_columns(x, gamma, beta, x.var(dim=0, correction=0).sqrt() + eps)
    return y, after, _cache(batch_norm, cache, wrong)


@misconception(
    "batch_norm",
    says="One row is accepted in training, and its running variance becomes NaN or nonsense. The lesson raises a ValueError.",
    section=BATCH,
)
def one_row_accepted(x, gamma, beta, running, training, momentum=0.1, eps=1e-5):
    if training and len(x) == 1:
        after = _moved(running[0], x[0], momentum), _moved(running[1], x.var(dim=0), momentum)
        return torch.zeros_like(x) + beta, after, None
    return batch_norm(x, gamma, beta, running, training, momentum, eps)


@misconception(
    "batch_norm",
    says="The variance is the mean of the squares minus the square of the mean. Where the mean is large both are nearly the "
    "same huge number, and rounding eats the difference. The lesson subtracts the mean first and squares then.",
    section=BATCH,
)
def difference_of_squares(x, gamma, beta, running, training, momentum=0.1, eps=1e-5):
    y, after, cache = batch_norm(x, gamma, beta, running, training, momentum, eps)
    if training:
        spread = ((x**2).mean(dim=0) - x.mean(dim=0) ** 2).clamp(min=0)
        y, wrong = _by_columns(x, gamma, beta, (spread + eps).sqrt())
        cache = _cache(batch_norm, cache, wrong)
        after = after[0], _moved(running[1], spread * len(x) / (len(x) - 1), momentum)
    return y, after, cache


@misconception(
    "batch_norm",
    says="The running statistics that were given are changed in place. The lesson returns new ones and leaves those as they "
    "were.",
    section=RUNNING,
)
def running_changed_in_place(x, gamma, beta, running, training, momentum=0.1, eps=1e-5):
    y, after, cache = batch_norm(x, gamma, beta, running, training, momentum, eps)
    for old, new in zip(running, after, strict=True):
        old.copy_(new)
    return y, running, cache


# --- batch_norm_backward


@misconception(
    "batch_norm_backward",
    says="The mean is treated as a constant: the gradient through it is missing in dx. Each x moves the mean of its "
    "column, so the mean of dx_hat is taken off.",
    section=BATCH_BACK,
)
def mean_taken_for_constant(dy, cache):
    x_hat, inverse_std, gamma = cache
    dx_hat = dy * gamma
    dx = inverse_std * (dx_hat - x_hat * (dx_hat * x_hat).mean(dim=0))
    return dx, (dy * x_hat).sum(dim=0), dy.sum(dim=0)


@misconception(
    "batch_norm_backward",
    says="The variance is treated as a constant: the gradient through it is missing in dx. Each x moves the variance of "
    "its column, so x_hat times the mean of dx_hat * x_hat is taken off.",
    section=BATCH_BACK,
)
def variance_taken_for_constant(dy, cache):
    x_hat, inverse_std, gamma = cache
    dx_hat = dy * gamma
    return inverse_std * (dx_hat - dx_hat.mean(dim=0)), (dy * x_hat).sum(dim=0), dy.sum(dim=0)


@misconception(
    "batch_norm_backward",
    says="Mean and variance are both treated as constants, so dx is only dy * gamma / std. Each x moves both, and the "
    "gradient through them is taken off.",
    section=BATCH_BACK,
)
def both_taken_for_constants(dy, cache):
    x_hat, inverse_std, gamma = cache
    return inverse_std * gamma * dy, (dy * x_hat).sum(dim=0), dy.sum(dim=0)


@misconception(
    "batch_norm_backward",
    says="gamma is lost in the backward pass. The gradient passes it first: dx_hat = dy * gamma.",
    section=BATCH_BACK,
)
def gamma_lost(dy, cache):
    x_hat, inverse_std, _ = cache
    dx = inverse_std * (dy - dy.mean(dim=0) - x_hat * (dy * x_hat).mean(dim=0))
    return dx, (dy * x_hat).sum(dim=0), dy.sum(dim=0)


@misconception(
    "batch_norm_backward",
    says="dgamma and dbeta are averaged over the rows. Every row's gradient counts in full: the lesson adds them up.",
    section=BATCH_BACK,
)
def averaged_over_the_rows(dy, cache):
    x_hat, inverse_std, gamma = cache
    dx_hat = dy * gamma
    dx = inverse_std * (dx_hat - dx_hat.mean(dim=0) - x_hat * (dx_hat * x_hat).mean(dim=0))
    return dx, (dy * x_hat).mean(dim=0), dy.mean(dim=0)


@misconception(
    "batch_norm_backward",
    says="In the backward pass the gradient is divided by the standard deviation from N - 1. The batch was normalized with that "
    "from N, so the gradient is divided by it, too.",
    section=BATCH_BACK,
)
def unbiased_on_the_way_back(dy, cache):
    x_hat, inverse_std, gamma = cache
    variance = (x_hat / inverse_std).square().mean(dim=0)
    wider = (1 / inverse_std**2 + variance / (len(dy) - 1)).sqrt()
    dx_hat = dy * gamma
    dx = (dx_hat - dx_hat.mean(dim=0) - x_hat * (dx_hat * x_hat).mean(dim=0)) / wider
    return dx, (dy * x_hat).sum(dim=0), dy.sum(dim=0)


# --- layer_norm


@misconception(
    "layer_norm",
    says="Each column is normalized over the batch. That is batch normalization; the lesson normalizes each row over its "
    "features here.",
    section=LAYER,
)
def normalized_over_the_batch(x, gamma, beta, eps=1e-5):
    _, cache = layer_norm(x, gamma, beta, eps)
    y, wrong = _by_columns(x, gamma, beta, (x.var(dim=0, correction=0) + eps).sqrt())
    return y, _cache(layer_norm, cache, wrong)


@misconception(
    "layer_norm",
    says="The variance is the unbiased one (divided by D - 1), which is what `var` and `std` give if you do not tell them "
    "otherwise. The lesson divides by D.",
    section=LAYER,
)
def unbiased_variance(x, gamma, beta, eps=1e-5):
    _, cache = layer_norm(x, gamma, beta, eps)
    y, wrong = _by_rows(x, gamma, beta, (x.var(dim=1, keepdim=True) + eps).sqrt())
    return y, _cache(layer_norm, cache, wrong)


@misconception(
    "layer_norm",
    says="eps is added to the standard deviation, outside the root. The lesson adds it to the variance, inside the root.",
    section=LAYER,
)
def eps_outside_the_root(x, gamma, beta, eps=1e-5):
    _, cache = layer_norm(x, gamma, beta, eps)
    y, wrong = _by_rows(x, gamma, beta, x.var(dim=1, keepdim=True, correction=0).sqrt() + eps)
    return y, _cache(layer_norm, cache, wrong)


@misconception(
    "layer_norm",
    says="gamma and beta are left out: the plain normalized rows come back. The lesson returns gamma * x_hat + beta.",
    section=LAYER,
)
def gamma_and_beta_left_out(x, gamma, beta, eps=1e-5):
    _, cache = layer_norm(x, gamma, beta, eps)
    return cache[0], cache


# --- layer_norm_backward


@misconception(
    "layer_norm_backward",
    says="The means in dx are taken over the batch, as for batch normalization. Here each row was normalized by itself, so they "
    "are means along each row.",
    section=LAYER_BACK,
)
def means_over_the_batch(dy, cache):
    x_hat, inverse_std, gamma = cache
    dx_hat = dy * gamma
    dx = inverse_std * (dx_hat - dx_hat.mean(dim=0) - x_hat * (dx_hat * x_hat).mean(dim=0))
    return dx, (dy * x_hat).sum(dim=0), dy.sum(dim=0)


@misconception(
    "layer_norm_backward",
    says="gamma is multiplied last. It differs from feature to feature and the means run over the features, so it belongs "
    "inside them: dx_hat = dy * gamma comes first.",
    section=LAYER_BACK,
)
def gamma_multiplied_last(dy, cache):
    x_hat, inverse_std, gamma = cache
    inner = dy - dy.mean(dim=1, keepdim=True) - x_hat * (dy * x_hat).mean(dim=1, keepdim=True)
    return gamma * inverse_std * inner, (dy * x_hat).sum(dim=0), dy.sum(dim=0)


@misconception(
    "layer_norm_backward",
    says="dgamma and dbeta are summed over the features, so there is one number a row. gamma and beta have one number a "
    "feature: the sums run over the rows.",
    section=LAYER_BACK,
)
def summed_over_the_features(dy, cache):
    x_hat, inverse_std, gamma = cache
    dx_hat = dy * gamma
    through_variance = x_hat * (dx_hat * x_hat).mean(dim=1, keepdim=True)
    dx = inverse_std * (dx_hat - dx_hat.mean(dim=1, keepdim=True) - through_variance)
    return dx, (dy * x_hat).sum(dim=1), dy.sum(dim=1)


@misconception(
    "layer_norm_backward",
    says="Mean and variance of the row are treated as constants, so dx is only dy * gamma / std. Each x moves both, and "
    "the gradient through them is taken off.",
    section=LAYER_BACK,
)
def row_statistics_taken_for_constants(dy, cache):
    x_hat, inverse_std, gamma = cache
    return inverse_std * gamma * dy, (dy * x_hat).sum(dim=0), dy.sum(dim=0)


# --- ResidualBlock


@misconception(
    "ResidualBlock",
    says="There is a ReLU after the sum, so nothing negative comes through and the block is never the identity. In the lesson "
    "nothing comes after the sum.",
    section=RESIDUAL,
)
class activation_last(ResidualBlock):
    def forward(self, x):
        return torch.relu(super().forward(x))


@misconception(
    "ResidualBlock",
    says="x is added before the ReLU, inside the correction. In the lesson x goes around both layers and is added last.",
    section=RESIDUAL,
)
class skip_before_the_activation(ResidualBlock):
    def forward(self, x):
        return self.second(torch.relu(x + self.first(x)))


@misconception(
    "ResidualBlock",
    says="One linear layer is used twice. The lesson has two, each with weights and biases of its own.",
    section=RESIDUAL,
)
class one_layer_twice(ResidualBlock):
    def __init__(self, dim):
        super().__init__(dim)
        self.second = self.first


@misconception(
    "ResidualBlock",
    says="The first layer is called twice, and the second one never. The lesson's correction goes through both of them.",
    section=RESIDUAL,
)
class first_layer_called_twice(ResidualBlock):
    def forward(self, x):
        return x + self.first(torch.relu(self.first(x)))


@misconception(
    "ResidualBlock",
    says="There is no ReLU between the two layers, so together they are one linear layer. The lesson has a ReLU between them.",
    section=RESIDUAL,
)
class relu_left_out(ResidualBlock):
    def forward(self, x):
        return x + self.second(self.first(x))


@misconception(
    "ResidualBlock",
    says="x is never added: these are just two layers. The lesson returns x plus their correction.",
    section=RESIDUAL,
)
class skip_left_out(ResidualBlock):
    def forward(self, x):
        return self.second(torch.relu(self.first(x)))


# --- clip_by_global_norm_


def _gradients(params):
    return [parameter.grad for parameter in params if parameter.grad is not None]


def _global(gradients):
    return torch.stack([gradient.norm() for gradient in gradients]).norm() if gradients else torch.zeros(())


@misconception(
    "clip_by_global_norm_",
    says="Each gradient is clipped by itself, which turns the direction of the step. The lesson measures all of them together "
    "and multiplies all by one factor.",
    section=CLIP,
)
def each_clipped_by_itself(params, max_norm):
    gradients = _gradients(params)
    norm = _global(gradients)
    for gradient in gradients:
        gradient.mul_((max_norm / (gradient.norm() + 1e-6)).clamp(max=1.0))
    return norm


@misconception(
    "clip_by_global_norm_",
    says="Small gradients are scaled up to max_norm. The lesson only shrinks: where the norm is at most max_norm, nothing "
    "changes.",
    section=CLIP,
)
def scaled_up_as_well(params, max_norm):
    gradients = _gradients(params)
    norm = _global(gradients)
    for gradient in gradients:
        gradient.mul_(max_norm / (norm + 1e-6))
    return norm


@misconception(
    "clip_by_global_norm_",
    says="The norm after the clipping comes back. The lesson returns the norm before it, so that you see how large the gradients "
    "really were.",
    section=CLIP,
)
def norm_measured_after(params, max_norm):
    gradients = _gradients(params)
    factor = (max_norm / (_global(gradients) + 1e-6)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(factor)
    return _global(gradients)


@misconception(
    "clip_by_global_norm_",
    says="A parameter without a gradient stops the function: its `.grad` is None. The lesson skips it.",
    section=CLIP,
)
def none_stops_the_clipping(params, max_norm):
    gradients = [parameter.grad for parameter in params]
    norm = _global([gradient.flatten() for gradient in gradients])
    for gradient in gradients:
        gradient.mul_((max_norm / (norm + 1e-6)).clamp(max=1.0))
    return norm


@misconception(
    "clip_by_global_norm_",
    says="`params` is gone through twice, but a generator such as model.parameters() is empty the second time, so nothing is "
    "clipped. Make a list of it first.",
    section=CLIP,
)
def generator_used_up(params, max_norm):
    norm = _global(_gradients(params))
    for parameter in params:
        if parameter.grad is not None:
            parameter.grad.mul_((max_norm / (norm + 1e-6)).clamp(max=1.0))
    return norm


@misconception(
    "clip_by_global_norm_",
    says="The norms of the gradients are added up. The lesson adds their squares and takes the root, as for one long list.",
    section=CLIP,
)
def norms_added_up(params, max_norm):
    gradients = _gradients(params)
    norm = sum((gradient.norm() for gradient in gradients), torch.zeros(()))
    for gradient in gradients:
        gradient.mul_((max_norm / (norm + 1e-6)).clamp(max=1.0))
    return norm


@misconception(
    "clip_by_global_norm_",
    says="Every entry is cut off at max_norm by itself. The lesson keeps the direction: one factor multiplies all entries.",
    section=CLIP,
)
def entries_cut_off(params, max_norm):
    gradients = _gradients(params)
    norm = _global(gradients)
    for gradient in gradients:
        gradient.clamp_(-max_norm, max_norm)
    return norm


# --- depth_experiment


def _ratios(depths, norm, seed, hand_on, training):
    """The lesson's experiment, with one part exchanged: what a layer hands on, or the mode of batch normalization."""
    depth_experiment([], False, norm, seed)
    generator = torch.Generator().manual_seed(seed)
    ones, zeros, ratios = torch.ones(16), torch.zeros(16), {}
    for depth in depths:
        h = torch.randn(64, 16, generator=generator)
        weights = nn.ParameterList(torch.randn(16, 16, generator=generator) / 4 for _ in range(depth))
        for W in weights:
            z = h @ W.T
            if norm == "batch":
                z = batch_norm(z, ones, zeros, (zeros, ones), training)[0]
            elif norm == "layer":
                z = layer_norm(z, ones, zeros)[0]
            h = hand_on(h, z)
        (h**2).mean().backward()
        norms = [float(W.grad.norm()) for W in weights]
        ratios[depth] = norms[0] / norms[-1]
    return ratios


@misconception(
    "depth_experiment",
    says="The ratio is upside down: the last gradient over the first. The lesson divides the first by the last.",
    section=EXPERIMENT,
)
def ratio_inverted(depths, residual, norm, seed):
    return {depth: 1 / ratio for depth, ratio in depth_experiment(depths, residual, norm, seed).items()}


@misconception(
    "depth_experiment",
    says="One network serves all depths, so all ratios are the same. The lesson makes a network of its own for each depth.",
    section=EXPERIMENT,
)
def one_network_for_all(depths, residual, norm, seed):
    if not depths:
        return depth_experiment(depths, residual, norm, seed)
    (ratio,) = depth_experiment([max(depths)], residual, norm, seed).values()
    return dict.fromkeys(depths, ratio)


@misconception(
    "depth_experiment",
    says="`torch.manual_seed` re-seeds the global generator, and with it every other random draw of the program. The lesson "
    "draws from a `torch.Generator` of its own.",
    section=EXPERIMENT,
)
def seeded_globally(depths, residual, norm, seed):
    torch.manual_seed(seed)
    torch.randn(64, 16)
    return depth_experiment(depths, residual, norm, seed)


@misconception(
    "depth_experiment",
    says="The layers hand on the sigmoid alone, whatever `residual` says. Where it is True, they hand on h plus the sigmoid.",
    section=EXPERIMENT,
)
def residual_ignored(depths, residual, norm, seed):
    return depth_experiment(depths, False, norm, seed)


@misconception(
    "depth_experiment",
    says="With `residual` the layer's input is added before the sigmoid. The lesson adds it after: h + sigmoid(z).",
    section=EXPERIMENT,
)
def added_before_the_sigmoid(depths, residual, norm, seed):
    return _ratios(depths, norm, seed, lambda h, z: torch.sigmoid(h + z) if residual else torch.sigmoid(z), True)


@misconception(
    "depth_experiment",
    says="Batch normalization is in evaluation mode, where it hardly changes anything. The lesson uses training mode, with the "
    "batch's own mean and variance.",
    section=EXPERIMENT,
)
def batch_norm_in_evaluation(depths, residual, norm, seed):
    return _ratios(depths, norm, seed, lambda h, z: h + torch.sigmoid(z) if residual else torch.sigmoid(z), False)


@misconception(
    "depth_experiment",
    says="All layers share one weight, so the first gradient is the last one too and every ratio is 1. The lesson gives each "
    "layer weights of its own.",
    section=EXPERIMENT,
)
def one_weight_for_all_layers(depths, residual, norm, seed):
    return depth_experiment([], residual, norm, seed) | dict.fromkeys(depths, 1.0)


@misconception(
    "depth_experiment",
    says="`seed` has no say: every seed gives the same numbers. The lesson seeds its generator with `seed`.",
    section=EXPERIMENT,
)
def seed_ignored(depths, residual, norm, seed):
    return depth_experiment(depths, residual, norm, 0)


@misconception(
    "depth_experiment",
    says="The gradient norms of all depths add up, for the same weights are used again without clearing `.grad`. The lesson "
    "gives each depth weights of its own.",
    section=EXPERIMENT,
)
def gradients_pile_up(depths, residual, norm, seed):
    depth_experiment([], residual, norm, seed)
    generator = torch.Generator().manual_seed(seed)
    batch = torch.randn(64, 16, generator=generator)
    weights = nn.ParameterList(torch.randn(16, 16, generator=generator) / 4 for _ in range(max(depths, default=0)))
    ones, zeros = torch.ones(16), torch.zeros(16)
    ratios = {}
    for depth in depths:
        h = batch
        for W in list(weights)[:depth]:
            z = h @ W.T
            if norm == "batch":
                z = batch_norm(z, ones, zeros, (zeros, ones), training=True)[0]
            elif norm == "layer":
                z = layer_norm(z, ones, zeros)[0]
            h = h + torch.sigmoid(z) if residual else torch.sigmoid(z)
        (h**2).mean().backward()
        ratios[depth] = float(weights[0].grad.norm() / weights[depth - 1].grad.norm())
    return ratios


# --- plot_depth


def _draw(results, *, log=True, legend=True):
    fig, ax = plt.subplots()
    for name, ratios in results.items():
        depths = sorted(ratios)
        ax.plot(depths, [ratios[depth] for depth in depths], marker="o", label=name)
    if log:
        ax.set_yscale("log")
    ax.set_xlabel("number of layers")
    ax.set_ylabel("first gradient over last")
    if legend:
        ax.legend()
    return fig


@misconception(
    "plot_depth",
    says="The y axis is linear, so everything small looks like zero. The lesson draws ratios on a logarithmic axis.",
    section=PLOT,
)
def linear_axis(results):
    return _draw(results, log=False)


@misconception(
    "plot_depth",
    says="There is no legend, so nobody can tell which line is which. Give each line its name as label and call `legend()`.",
    section=PLOT,
)
def legend_left_out(results):
    return _draw(results, legend=False)


@misconception(
    "plot_depth",
    says="The names are on the wrong lines: they stand in another order than the lines. Give each line its own name as "
    "label.",
    section=PLOT,
)
def names_on_the_wrong_lines(results):
    fig = _draw(results, legend=False)
    for line, name in zip(fig.axes[0].lines, sorted(results, reverse=True), strict=True):
        line.set_label(name)
    fig.axes[0].legend()
    return fig


@misconception(
    "plot_depth",
    says="The logarithms of the ratios are drawn on a linear axis. The lesson draws the ratios themselves and makes the axis "
    "logarithmic.",
    section=PLOT,
)
def logarithms_drawn(results):
    logs = {
        name: {depth: torch.tensor(ratio).log10().item() for depth, ratio in ratios.items()}
        for name, ratios in results.items()
    }
    return _draw(logs, log=False)


@misconception(
    "plot_depth",
    says="The figure is shown inside the function. Return it, and leave `plt.show()` to whoever called.",
    section=PLOT,
)
def shown_inside(results):
    fig = _draw(results)
    plt.show()
    return fig
