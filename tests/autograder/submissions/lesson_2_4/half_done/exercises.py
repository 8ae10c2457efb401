"""Lesson 2.4, my solutions."""

import math

import matplotlib.pyplot as plt
import torch
from torch import nn


def leaky_relu(z, slope=0.01):
    below = slope * z
    return torch.maximum(z, below)


def gelu(z):
    phi = 0.5 * (1 + torch.erf(z / math.sqrt(2)))
    return z * phi


def relu_derivative(z):
    mask = z > 0
    return mask.to(dtype=z.dtype)


def leaky_relu_derivative(z, slope=0.01):
    mask = (z > 0).to(z.dtype)
    return mask + slope * (1 - mask)


def sigmoid_derivative(z):
    s = torch.sigmoid(z)
    return s - s * s


def tanh_derivative(z):
    t = torch.tanh(z)
    return (1 - t) * (1 + t)


def gelu_derivative(z):
    # TODO
    raise NotImplementedError("gelu_derivative is not written yet")


def softmax(z):
    biggest, _ = z.max(dim=-1, keepdim=True)
    e = torch.exp(z - biggest)
    return e / torch.sum(e, dim=-1, keepdim=True)


def dead_fraction(activations):
    zeros = activations == 0
    dead = zeros.all(dim=0)
    return dead.sum().item() / activations.shape[1]


def saturation(activations, limit):
    outside = torch.abs(activations) > limit
    return outside.float().mean().item()


def gradient_by_depth(activation, depth, width, generator):
    # TODO
    raise NotImplementedError("gradient_by_depth is not written yet")


def pick_output_activation(task):
    answers = {"regression": "none", "binary": "sigmoid", "multiclass": "softmax"}
    if task in answers:
        return answers[task]
    raise ValueError("unknown task: " + task)


def look_up(name):
    table = {
        "identity": (lambda z: z, torch.ones_like),
        "relu": (torch.relu, relu_derivative),
        "leaky_relu": (leaky_relu, leaky_relu_derivative),
        "sigmoid": (torch.sigmoid, sigmoid_derivative),
        "tanh": (torch.tanh, tanh_derivative),
        "gelu": (gelu, gelu_derivative),
    }
    return table[name]


def compare_activations(X, y, names, epochs):
    # TODO
    raise NotImplementedError("compare_activations is not written yet")


def plot_activation(name):
    # TODO
    raise NotImplementedError("plot_activation is not written yet")
