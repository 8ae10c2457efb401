"""Wrong solutions of lesson 2.4 that students really hand in. Each is laid over the reference, one at a time."""

import math

import matplotlib.pyplot as plt
import torch
from torch import nn

from autograder.worker.misconception import misconception
from solutions.lesson_2_4.exercises import leaky_relu, look_up

ACTIVATIONS = "Five activations"
SLOPES = "Five slopes"
SOFTMAX = "Softmax: logits become probabilities"
NEURONS = "Dead neurons and saturated neurons"
DEPTH = "Slopes multiply"
OUTPUT = "What comes after the last layer"
FAIR = "A fair comparison"
PICTURE = "A picture of a curve and its slope"


def phi(z):
    return torch.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


def below(z):
    return (1 + torch.erf(z / math.sqrt(2))) / 2


# --- activations


@misconception(
    "leaky_relu",
    says="The small slope is on the positive side. Elements above 0 stay as they are; those below are made small.",
    section=ACTIVATIONS,
)
def slope_on_the_positive_side(z, slope=0.01):
    return torch.where(z > 0, slope * z, z)


@misconception(
    "leaky_relu",
    says="The slope is always 0.01. Use the argument `slope`; 0.01 is only its default.",
    section=ACTIVATIONS,
)
def slope_always_a_hundredth(z, slope=0.01):
    return torch.where(z > 0, z, 0.01 * z)


@misconception(
    "leaky_relu",
    says="Below 0 the slope itself comes back. The value there is slope times z.",
    section=ACTIVATIONS,
)
def slope_for_value(z, slope=0.01):
    return torch.where(z > 0, z, torch.full_like(z, slope))


@misconception(
    "gelu",
    says="This is the approximation of GELU with tanh, off by up to 0.0005. The exact one is z · Φ(z), with `erf`.",
    section=ACTIVATIONS,
)
def tanh_approximation(z):
    return z * (1 + torch.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))) / 2


@misconception(
    "gelu",
    says="This is the approximation z · torch.sigmoid(1.702z), off by up to 0.02. The exact GELU is z · Φ(z), with `erf`.",
    section=ACTIVATIONS,
)
def sigmoid_approximation(z):
    return z * torch.sigmoid(1.702 * z)


@misconception(
    "gelu",
    says="The √2 inside `erf` is missing. Φ(z) is (1 + erf(z / √2)) / 2.",
    section=ACTIVATIONS,
)
def root_of_two_missing(z):
    return z * (1 + torch.erf(z)) / 2


@misconception(
    "gelu",
    says="This is Φ(z), a probability between 0 and 1. GELU multiplies z by it.",
    section=ACTIVATIONS,
)
def probability_alone(z):
    return below(z)


# --- derivatives


@misconception(
    "relu_derivative",
    says="At exactly 0 the slope is 1 here. The lesson takes 0 there, as PyTorch does: ask z > 0, not z >= 0.",
    section=SLOPES,
)
def one_at_zero(z):
    return (z >= 0).to(z.dtype)


@misconception(
    "relu_derivative",
    says="This is ReLU itself. Its slope is 1 wherever z is above 0, however large z is.",
    section=SLOPES,
)
def value_for_slope(z):
    return torch.relu(z)


@misconception(
    "relu_derivative",
    says="Truth values come back. Turn them into numbers of z's dtype, or products with them go wrong.",
    section=SLOPES,
)
def truth_values(z):
    return z > 0


@misconception(
    "leaky_relu_derivative",
    says="Below 0 the slope is 0 here: that is plain ReLU's. The leaky one has `slope` there.",
    section=SLOPES,
)
def no_leak(z, slope=0.01):
    return (z > 0).to(z.dtype)


@misconception(
    "leaky_relu_derivative",
    says="At exactly 0 the slope is 1 here. The lesson takes `slope` there: ask z > 0, not z >= 0.",
    section=SLOPES,
)
def leaky_one_at_zero(z, slope=0.01):
    return torch.where(z >= 0, torch.ones_like(z), torch.full_like(z, slope))


@misconception(
    "leaky_relu_derivative",
    says="This is leaky ReLU itself. Its slope is 1 above 0 and `slope` elsewhere, whatever the size of z.",
    section=SLOPES,
)
def leaky_value_for_slope(z, slope=0.01):
    return leaky_relu(z, slope)


@misconception(
    "sigmoid_derivative",
    says="z(1 - z) takes z for the sigmoid's output. Here z is the input: compute s = torch.sigmoid(z) first, then s(1 - s).",
    section=SLOPES,
)
def taken_at_the_output(z):
    return z * (1 - z)


@misconception(
    "sigmoid_derivative",
    says="1 - s² is tanh's formula. The slope of the sigmoid s is s(1 - s).",
    section=SLOPES,
)
def formula_of_tanh(z):
    return 1 - torch.sigmoid(z) ** 2


@misconception(
    "sigmoid_derivative",
    says="e^-z / (1 + e^-z)² is infinity divided by infinity at -1000, which is NaN. s(1 - s) stays finite.",
    section=SLOPES,
)
def sigmoid_derivative_overflows(z):
    return torch.exp(-z) / (1 + torch.exp(-z)) ** 2


@misconception(
    "tanh_derivative",
    says="1 - z² takes z for tanh's output. Here z is the input: compute t = torch.tanh(z) first, then 1 - t².",
    section=SLOPES,
)
def tanh_taken_at_the_output(z):
    return 1 - z**2


@misconception(
    "tanh_derivative",
    says="The square is missing: the slope of t = torch.tanh(z) is 1 - t², not 1 - t.",
    section=SLOPES,
)
def square_missing(z):
    return 1 - torch.tanh(z)


@misconception(
    "tanh_derivative",
    says="t(1 - t) is the sigmoid's formula. The slope of t = torch.tanh(z) is 1 - t².",
    section=SLOPES,
)
def formula_of_the_sigmoid(z):
    return torch.tanh(z) * (1 - torch.tanh(z))


@misconception(
    "gelu_derivative",
    says="The second term of the product rule is lost. GELU is z times Φ(z), so its slope is Φ(z) + z · φ(z).",
    section=SLOPES,
)
def second_term_lost(z):
    return below(z)


@misconception(
    "gelu_derivative",
    says="The factor z of the second term is missing: the slope is Φ(z) + z · φ(z), not Φ(z) + φ(z).",
    section=SLOPES,
)
def factor_z_missing(z):
    return below(z) + phi(z)


@misconception(
    "gelu_derivative",
    says="The bell curve is not divided by √(2π): φ(z) = e^(-z²/2) / √(2π).",
    section=SLOPES,
)
def bell_not_scaled(z):
    return below(z) + z * torch.exp(-(z**2) / 2)


# --- softmax


@misconception(
    "softmax",
    says="The probabilities add up to 1 along the first dimension. The logits of one sample lie along the last: use dim=-1.",
    section=SOFTMAX,
)
def wrong_axis(z):
    weights = torch.exp(z - z.max(dim=0, keepdim=True).values)
    return weights / weights.sum(dim=0, keepdim=True)


@misconception(
    "softmax",
    says="e^1000 overflows and gives NaN. Take each row's largest logit away first; the probabilities stay the same.",
    section=SOFTMAX,
)
def softmax_overflows(z):
    weights = torch.exp(z)
    return weights / weights.sum(dim=-1, keepdim=True)


@misconception(
    "softmax",
    says="Everything is divided by the sum over all rows. Each row is a sample of its own and adds up to 1.",
    section=SOFTMAX,
)
def one_sum_for_all(z):
    weights = torch.exp(z - z.max())
    return weights / weights.sum()


@misconception(
    "softmax",
    says="The largest logit of the whole batch is taken away, and rows far below it end as 0/0. Take each row's own.",
    section=SOFTMAX,
)
def one_maximum_for_all(z):
    weights = torch.exp(z - z.max())
    return weights / weights.sum(dim=-1, keepdim=True)


# --- neurons


@misconception(
    "dead_fraction",
    says="Every single zero is counted. A neuron is dead only if it is 0 for all samples: ask each column as a whole.",
    section=NEURONS,
)
def counted_by_element(activations):
    return float((activations == 0).float().mean())


@misconception(
    "dead_fraction",
    says="Samples are counted for which all neurons are 0. Neurons are columns: ask each column over its samples (dim=0).",
    section=NEURONS,
)
def counted_by_sample(activations):
    return float((activations == 0).all(dim=1).float().mean())


@misconception(
    "dead_fraction",
    says="A neuron with negative numbers is counted as dead. Dead means exactly 0 for every sample.",
    section=NEURONS,
)
def negative_counted_as_dead(activations):
    return float((activations <= 0).all(dim=0).float().mean())


@misconception(
    "dead_fraction",
    says="This is how many neurons are dead. The lesson asks for their fraction: divide by the number of neurons.",
    section=NEURONS,
)
def number_of_dead_neurons(activations):
    return float((activations == 0).all(dim=0).sum())


@misconception(
    "saturation",
    says="Only large positive elements are counted. An element near -1 is just as stuck: compare absolute values.",
    section=NEURONS,
)
def sign_ignored(activations, limit):
    return float((activations > limit).float().mean())


@misconception(
    "saturation",
    says="This is how many elements are above the limit. The lesson asks for their fraction: divide by how many there are.",
    section=NEURONS,
)
def count_for_fraction(activations, limit):
    return float((activations.abs() > limit).sum())


@misconception(
    "saturation",
    says="Elements whose size is exactly the limit are counted, too. The lesson counts only those above it.",
    section=NEURONS,
)
def limit_counted(activations, limit):
    return float((activations.abs() >= limit).float().mean())


# --- depth


def _deep(activation, depth, width, generator, scale=None):
    """Return weights, outputs of all layers and the loss of the lesson's deep network."""
    device = generator.device
    h = torch.randn(64, width, generator=generator, device=device)
    weights, outputs = [], []
    for _ in range(depth):
        W = torch.randn(width, width, generator=generator, device=device) / (scale or math.sqrt(width))
        weights.append(W.requires_grad_())
        h = activation(h @ W.T)
        outputs.append(h)
    return weights, outputs, (h**2).mean()


def _norms(tensors):
    return [float(tensor.norm()) for tensor in tensors]


@misconception(
    "gradient_by_depth",
    says="The last layer comes first in the list. The lesson starts with the layer next to the data.",
    section=DEPTH,
)
def last_layer_first(activation, depth, width, generator):
    weights, _, loss = _deep(activation, depth, width, generator)
    return _norms(torch.autograd.grad(loss, weights))[::-1]


@misconception(
    "gradient_by_depth",
    says="These are the norms of what the layers hand on. The lesson asks for the norms of the weights' gradients.",
    section=DEPTH,
)
def norms_of_activations(activation, depth, width, generator):
    return _norms(_deep(activation, depth, width, generator)[1])


@misconception(
    "gradient_by_depth",
    says="These are the norms of the weights themselves. The lesson asks for the norms of their gradients.",
    section=DEPTH,
)
def norms_of_weights(activation, depth, width, generator):
    return _norms(_deep(activation, depth, width, generator)[0])


@misconception(
    "gradient_by_depth",
    says="The weights are not divided by √width, so the pre-activations grow with the width and the neurons saturate.",
    section=DEPTH,
)
def weights_not_scaled(activation, depth, width, generator):
    weights, _, loss = _deep(activation, depth, width, generator, scale=1.0)
    return _norms(torch.autograd.grad(loss, weights))


@misconception(
    "gradient_by_depth",
    says="The loss is the sum of the squares. The lesson takes their mean.",
    section=DEPTH,
)
def sum_of_squares(activation, depth, width, generator):
    weights, outputs, _ = _deep(activation, depth, width, generator)
    return _norms(torch.autograd.grad((outputs[-1] ** 2).sum(), weights))


# --- output


@misconception(
    "pick_output_activation",
    says="For one of several classes the sigmoid is taken. Its outputs need not add up to 1; softmax's do.",
    section=OUTPUT,
)
def sigmoid_for_multiclass(task):
    if task not in ("binary", "multiclass", "regression"):
        raise ValueError(task)
    return "none" if task == "regression" else "sigmoid"


@misconception(
    "pick_output_activation",
    says="An unknown task gets an answer. The lesson raises a ValueError, so that a slip of the pen is noticed.",
    section=OUTPUT,
)
def unknown_task_answered(task):
    return {"binary": "sigmoid", "multiclass": "softmax"}.get(task, "none")


@misconception(
    "pick_output_activation",
    says="Regression gets an activation. Its targets may be any number, so nothing comes after the last layer.",
    section=OUTPUT,
)
def activation_for_regression(task):
    if task not in ("binary", "multiclass", "regression"):
        raise ValueError(task)
    return {"binary": "sigmoid", "multiclass": "softmax", "regression": "tanh"}[task]


# --- comparison


def _start(X, y):
    return nn.ModuleList([nn.Linear(X.shape[1], 32), nn.Linear(32, y.shape[1])]).to(X.device, X.dtype)


def _train(model, activation, X, y, epochs, lr=0.01, after=False):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        loss = ((model[1](activation(model[0](X))) - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if after:
            loss = ((model[1](activation(model[0](X))) - y) ** 2).mean()
        history.append(loss.item())
    return history


@misconception(
    "compare_activations",
    says="One model is trained on and on, so later names start where earlier ones stopped. Make a new start for each.",
    section=FAIR,
)
def model_shared(X, y, names, epochs):
    torch.manual_seed(0)
    model = _start(X, y)
    return {name: _train(model, look_up(name)[0], X, y, epochs) for name in names}


@misconception(
    "compare_activations",
    says="The seed is set once, before the first model, so that each model starts with other numbers. "
    "Set it before each model.",
    section=FAIR,
)
def start_differs(X, y, names, epochs):
    torch.manual_seed(0)
    return {name: _train(_start(X, y), look_up(name)[0], X, y, epochs) for name in names}


@misconception(
    "compare_activations",
    says="Each loss is taken after its update. The lesson notes it before, so that the first one is that of the start.",
    section=FAIR,
)
def loss_after_the_step(X, y, names, epochs):
    histories = {}
    for name in names:
        torch.manual_seed(0)
        histories[name] = _train(_start(X, y), look_up(name)[0], X, y, epochs, after=True)
    return histories


@misconception(
    "compare_activations",
    says="Adam runs at its default learning rate, 0.001. The lesson sets it to 0.01.",
    section=FAIR,
)
def default_learning_rate(X, y, names, epochs):
    histories = {}
    for name in names:
        torch.manual_seed(0)
        histories[name] = _train(_start(X, y), look_up(name)[0], X, y, epochs, lr=0.001)
    return histories


@misconception(
    "compare_activations",
    says="The activation is applied to the output, too. After the last layer comes nothing: this is a regression.",
    section=OUTPUT,
)
def activation_at_the_end(X, y, names, epochs):
    histories = {}
    for name in names:
        torch.manual_seed(0)
        activation, start = look_up(name)[0], _start(X, y)
        model = [start[0], nn.Sequential(start[1], _Wrapped(activation))]
        histories[name] = _train(nn.ModuleList(model), activation, X, y, epochs)
    return histories


class _Wrapped(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, z):
        return self.function(z)


# --- plot


def _draw(name, curves=("activation", "derivative"), low=-5, labels=True, legend=True):
    activation, derivative = look_up(name)
    z = torch.linspace(low, 5, 201)
    fig, ax = plt.subplots()
    if "activation" in curves:
        ax.plot(z, activation(z), label=name)
    if "derivative" in curves:
        ax.plot(z, derivative(z), label="derivative")
    if labels:
        ax.set(xlabel="z", ylabel="value")
    if legend:
        ax.legend()
    return fig


@misconception(
    "plot_activation",
    says="The derivative is missing. Draw two curves: the activation and its slope.",
    section=PICTURE,
)
def derivative_missing(name):
    return _draw(name, curves=("activation",))


@misconception(
    "plot_activation",
    says="The figure is shown inside the function. Return it, and leave `plt.show()` to whoever called.",
    section=PICTURE,
)
def shown_inside(name):
    fig = _draw(name)
    plt.show()
    return fig


@misconception(
    "plot_activation",
    says="The axes have no labels. Say what lies along the x axis and along the y axis.",
    section=PICTURE,
)
def no_labels(name):
    return _draw(name, labels=False)


@misconception(
    "plot_activation",
    says="Two curves share a panel and nothing says which is which. Give each a label and call `legend()`.",
    section=PICTURE,
)
def no_legend(name):
    return _draw(name, legend=False)


@misconception(
    "plot_activation",
    says="Only the right half is drawn. What activations do below 0 is half of the story: go from -4 to 4.",
    section=PICTURE,
)
def right_half_only(name):
    return _draw(name, low=0)
