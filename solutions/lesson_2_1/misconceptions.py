"""The wrong answers that students really hand in for lesson 2.1. Each is laid over the reference, one at a time."""

import copy

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import make_moons
from torch import nn

from autograder.worker.misconception import misconception
from solutions.lesson_2_1.exercises import MLP, LinearModel, decision_grid, plot_decision_boundary

MOONS = "Two moons"
BENDS = "Three bends: ReLU, sigmoid and tanh"
ONE_LAYER = "Two linear layers are one"
PROBABILITY = "From a logit to a probability"
HIDDEN = "A network with one hidden layer"
MODULE = "A network in PyTorch"
COUNTING = "Counting parameters"
TRAINING = "Training a classifier"
OPTIMIZER = "The optimizer"
RIGHT = "How often is it right?"
LOOKING = "Looking at what a model thinks"

# --- generate_moons


@misconception(
    "generate_moons",
    says="Both tensors are float64, as NumPy's arrays are. The lesson makes them float32, which is what a layer's weights "
    "are.",
    section=MOONS,
)
def float64_kept(n_samples, noise, seed):
    points, classes = make_moons(n_samples, noise=noise, random_state=seed)
    return torch.tensor(points), torch.tensor(classes, dtype=torch.float64).unsqueeze(1)


@misconception(
    "generate_moons",
    says="The classes come as `(N,)`. From this lesson on targets are columns, `(N, 1)`, like the predictions.",
    section=MOONS,
)
def classes_not_a_column(n_samples, noise, seed):
    points, classes = make_moons(n_samples, noise=noise, random_state=seed)
    return torch.tensor(points, dtype=torch.float32), torch.tensor(classes, dtype=torch.float32)


@misconception(
    "generate_moons",
    says="The seed is never used, so every call gives other noise. The lesson hands it to `make_moons` as "
    "`random_state`.",
    section=MOONS,
)
def seed_ignored(n_samples, noise, seed):
    points, classes = make_moons(n_samples, noise=noise)
    return torch.tensor(points, dtype=torch.float32), torch.tensor(classes, dtype=torch.float32).unsqueeze(1)


@misconception(
    "generate_moons",
    says="The classes are whole numbers (int64). The lesson makes them float32, because they are compared with "
    "probabilities in the loss.",
    section=MOONS,
)
def classes_as_integers(n_samples, noise, seed):
    points, classes = make_moons(n_samples, noise=noise, random_state=seed)
    return torch.tensor(points, dtype=torch.float32), torch.tensor(classes, dtype=torch.int64).unsqueeze(1)


@misconception(
    "generate_moons",
    says="The noise is never used, so all the points lie exactly on the moons. The lesson hands it to `make_moons` as "
    "`noise`.",
    section=MOONS,
)
def noise_ignored(n_samples, noise, seed):
    points, classes = make_moons(n_samples, random_state=seed)
    return torch.tensor(points, dtype=torch.float32), torch.tensor(classes, dtype=torch.float32).unsqueeze(1)


# --- relu


@misconception(
    "relu",
    says="Only the largest number of the whole tensor comes back. ReLU looks at each element alone and keeps the shape.",
    section=BENDS,
)
def largest_of_all(z):
    return z.max().clamp(min=0)


@misconception(
    "relu",
    says="Below 0 a hundredth of the number comes through. That is the leaky ReLU; in this lesson ReLU gives 0 there.",
    section=BENDS,
)
def leaky(z):
    return torch.where(z > 0, z, 0.01 * z)


@misconception(
    "relu",
    says="The numbers below 0 lose their sign. ReLU replaces them by 0.",
    section=BENDS,
)
def absolute_value(z):
    return z.abs()


@misconception(
    "relu",
    says="The zeros are written into the tensor that was given. The lesson leaves arguments alone and returns a new tensor.",
    section=BENDS,
)
def relu_in_place(z):
    z[z < 0] = 0
    return z


# --- sigmoid


@misconception(
    "sigmoid",
    says="The form is `e^z / (1 + e^z)`. For large z both parts are infinite, and infinity divided by infinity is NaN. "
    "In `1 / (1 + e^-z)` the exponential may be infinite and the result is still a number.",
    section=BENDS,
)
def sigmoid_overflows(z):
    return torch.exp(z) / (1 + torch.exp(z))


@misconception(
    "sigmoid",
    says="The minus sign in the exponent is lost, so the curve falls from 1 to 0. The lesson's sigmoid is "
    "`1 / (1 + e^-z)`, which rises.",
    section=BENDS,
)
def sigmoid_falls(z):
    return 1 / (1 + torch.exp(z))


@misconception(
    "sigmoid",
    says="The result is rounded to the classes 0 and 1. The sigmoid gives a probability, any number between the two.",
    section=BENDS,
)
def sigmoid_rounded(z):
    return torch.round(1 / (1 + torch.exp(-z)))


# --- tanh


@misconception(
    "tanh",
    says="The form is `(e^z - e^-z) / (e^z + e^-z)`. For large z infinity is divided by infinity, which is NaN. The lesson "
    "writes tanh as a stretched sigmoid, where nothing of the kind happens.",
    section=BENDS,
)
def tanh_overflows(z):
    return (torch.exp(z) - torch.exp(-z)) / (torch.exp(z) + torch.exp(-z))


@misconception(
    "tanh",
    says="This is `2 · sigmoid(z) - 1`, which runs from -1 to 1 but is only half as steep. tanh is `2 · sigmoid(2z) - 1`.",
    section=BENDS,
)
def tanh_half_as_steep(z):
    return 2 / (1 + torch.exp(-z)) - 1


@misconception(
    "tanh",
    says="This is the sigmoid of 2z, which runs from 0 to 1. tanh runs from -1 to 1: stretch by 2, then subtract 1.",
    section=BENDS,
)
def tanh_not_stretched(z):
    return 1 / (1 + torch.exp(-2 * z))


# --- collapse_linear


@misconception(
    "collapse_linear",
    says="The product is `W1 @ W2`. The shapes fit only by chance, if they fit at all: the second layer acts last and "
    "stands on the left, `W2 @ W1`.",
    section=ONE_LAYER,
)
def product_in_the_wrong_order(W1, b1, W2, b2):
    return W1 @ W2, W2 @ b1 + b2


@misconception(
    "collapse_linear",
    says="The first layer's biases are lost. They go through the second layer like everything else, `W2 @ b1`, "
    "and then b2 is added.",
    section=ONE_LAYER,
)
def b1_lost(W1, b1, W2, b2):
    return W2 @ W1, b2.clone()


@misconception(
    "collapse_linear",
    says="The two biases are simply added. The first layer's biases have to go through the second layer's weights: "
    "`W2 @ b1 + b2`.",
    section=ONE_LAYER,
)
def biases_added(W1, b1, W2, b2):
    return W2 @ W1, b1 + b2


@misconception(
    "collapse_linear",
    says="The weights come back transposed, `(D, O)`. Weights have one row a neuron, so the result is `(O, D)`.",
    section=ONE_LAYER,
)
def collapsed_transposed(W1, b1, W2, b2):
    return (W2 @ W1).T, W2 @ b1 + b2


# --- LinearModel


@misconception(
    "LinearModel",
    says="The logit comes back as it is, any number at all. The lesson sends it through a sigmoid, which makes it a "
    "probability.",
    section=PROBABILITY,
)
class sigmoid_missing(LinearModel):
    def forward(self, X):
        return self.linear(X)


@misconception(
    "LinearModel",
    says="The probabilities come back as `(N,)`. The lesson keeps them a column, `(N, 1)`, like the targets.",
    section=PROBABILITY,
)
class probabilities_not_a_column(LinearModel):
    def forward(self, X):
        return super().forward(X).squeeze(1)


@misconception(
    "LinearModel",
    says="The neuron has no bias, so its line always goes through the origin. The lesson's model has two parameter "
    "tensors, weights and bias.",
    section=PROBABILITY,
)
class linear_without_bias(LinearModel):
    def __init__(self, input_dim):
        super().__init__(input_dim)
        self.linear = nn.Linear(input_dim, 1, bias=False)


@misconception(
    "LinearModel",
    says="The sigmoid is applied twice. The second one squeezes probabilities, and what comes out is never below 0.5.",
    section=PROBABILITY,
)
class linear_squashed_twice(LinearModel):
    def forward(self, X):
        return torch.sigmoid(super().forward(X))


# --- MLP


@misconception(
    "MLP",
    says="The activation comes after the output layer too, before the sigmoid. In the lesson the sigmoid alone is there: "
    "the activation belongs between the two layers.",
    section=HIDDEN,
)
class activation_after_the_output(MLP):
    def forward(self, X):
        return torch.sigmoid(self.activation(self.fc2(self.activation(self.fc1(X)))))


@misconception(
    "MLP",
    says="The activation is never called, so the two layers are one linear layer in disguise. It belongs between them.",
    section=HIDDEN,
)
class activation_left_out(MLP):
    def forward(self, X):
        return torch.sigmoid(self.fc2(self.fc1(X)))


@misconception(
    "MLP",
    says="The hidden layer is used twice, once after the other. The lesson's network has one hidden layer and uses it once.",
    section=MODULE,
)
class one_layer_used_twice(MLP):
    def forward(self, X):
        hidden = self.activation(self.fc1(X))
        return torch.sigmoid(self.fc2(self.activation(self.fc1(hidden))))


@misconception(
    "MLP",
    says="The layers lie in a plain list, where PyTorch does not see them: `parameters()` finds nothing, and nothing is "
    "trained. Give each layer an attribute of its own, or use `nn.Sequential` or `nn.ModuleList`.",
    section=MODULE,
)
class plain_list_hides_parameters(nn.Module):
    def __init__(self, input_dim, hidden_dim, output_dim, activation):
        super().__init__()
        self.layers = [nn.Linear(input_dim, hidden_dim), nn.Linear(hidden_dim, output_dim)]
        self.activation = activation

    def forward(self, X):
        return torch.sigmoid(self.layers[1](self.activation(self.layers[0](X))))


@misconception(
    "MLP",
    says="The sigmoid at the end is missing, so logits come back. The lesson's network ends in a sigmoid.",
    section=HIDDEN,
)
class output_without_sigmoid(MLP):
    def forward(self, X):
        return self.fc2(self.activation(self.fc1(X)))


@misconception(
    "MLP",
    says="A softmax stands at the end, which makes each row add up to 1 (and turns a single output into 1 always). The "
    "lesson's network ends in a sigmoid, element by element.",
    section=HIDDEN,
)
class softmax_at_the_end(MLP):
    def forward(self, X):
        return torch.softmax(self.fc2(self.activation(self.fc1(X))), dim=1)


@misconception(
    "MLP",
    says="There are two hidden layers. `hidden_dim` is how many neurons the one hidden layer has; the lesson's network has "
    "two linear layers in all.",
    section=HIDDEN,
)
class one_hidden_layer_too_many(MLP):
    def __init__(self, input_dim, hidden_dim, output_dim, activation):
        super().__init__(input_dim, hidden_dim, output_dim, activation)
        self.middle = nn.Linear(hidden_dim, hidden_dim)

    def forward(self, X):
        hidden = self.activation(self.fc1(X))
        return torch.sigmoid(self.fc2(self.activation(self.middle(hidden))))


# --- count_parameters


@misconception(
    "count_parameters",
    says="Frozen parameters are counted too. The lesson counts what can be trained: tensors with `requires_grad=True`.",
    section=COUNTING,
)
def frozen_ones_counted(model):
    return sum(p.numel() for p in model.parameters())


@misconception(
    "count_parameters",
    says="The tensors are counted, not the numbers in them. A `(16, 2)` weight is 32 parameters; `numel()` tells.",
    section=COUNTING,
)
def tensors_counted(model):
    return sum(1 for p in model.parameters() if p.requires_grad)


@misconception(
    "count_parameters",
    says="A parameter that is used in two places is counted twice. It is one parameter and counts once, as "
    "`model.parameters()` has it.",
    section=COUNTING,
)
def shared_ones_counted_twice(model):
    return sum(p.numel() for _, p in model.named_parameters(remove_duplicate=False) if p.requires_grad)


@misconception(
    "count_parameters",
    says="Only the weights are counted. Biases are parameters as well.",
    section=COUNTING,
)
def biases_forgotten(model):
    return sum(p.numel() for p in model.parameters() if p.requires_grad and p.dim() > 1)


# --- train_classifier


def _steps(model, X, y, epochs, optimizer, loss_of, clear=True):
    history = []
    for _ in range(epochs):
        loss = loss_of(model, X, y)
        history.append(loss.item())
        if clear:
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return history


def _bce(model, X, y):
    return nn.functional.binary_cross_entropy(model(X), y)


@misconception(
    "train_classifier",
    says="The gradients are never cleared. `backward` adds to what is in `.grad`, so each step repeats all the old ones.",
    section=OPTIMIZER,
)
def zero_grad_missing(model, X, y, epochs, lr):
    return _steps(model, X, y, epochs, torch.optim.SGD(model.parameters(), lr=lr), _bce, clear=False)


@misconception(
    "train_classifier",
    says="The optimizer holds the parameters of another model (a copy, say), so the model that was given never moves. Make "
    "it from `model.parameters()`.",
    section=OPTIMIZER,
)
def optimizer_of_other_parameters(model, X, y, epochs, lr):
    optimizer = torch.optim.SGD(copy.deepcopy(model).parameters(), lr=lr)
    return _steps(model, X, y, epochs, optimizer, _bce)


@misconception(
    "train_classifier",
    says="The model's probabilities are squashed by a second sigmoid (`binary_cross_entropy_with_logits` has one inside). "
    "The lesson's models end in a sigmoid already, so the loss is `binary_cross_entropy`.",
    section=OPTIMIZER,
)
def squashed_twice(model, X, y, epochs, lr):
    def loss_of(model, X, y):
        return nn.functional.binary_cross_entropy_with_logits(model(X), y)

    return _steps(model, X, y, epochs, torch.optim.SGD(model.parameters(), lr=lr), loss_of)


@misconception(
    "train_classifier",
    says="The loss is the mean squared error. The lesson trains classifiers on the binary cross-entropy.",
    section=TRAINING,
)
def squared_error_for_cross_entropy(model, X, y, epochs, lr):
    def loss_of(model, X, y):
        return nn.functional.mse_loss(model(X), y)

    return _steps(model, X, y, epochs, torch.optim.SGD(model.parameters(), lr=lr), loss_of)


@misconception(
    "train_classifier",
    says="Each loss is taken after its update. The lesson notes the loss that led to the update, so the first one is that of "
    "the untrained model.",
    section=TRAINING,
)
def loss_after_the_step(model, X, y, epochs, lr):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        optimizer.zero_grad()
        _bce(model, X, y).backward()
        optimizer.step()
        history.append(_bce(model, X, y).item())
    return history


@misconception(
    "train_classifier",
    says="The losses of the rows are added up. The lesson's loss is their mean, and so are its steps.",
    section=TRAINING,
)
def cross_entropy_summed(model, X, y, epochs, lr):
    def loss_of(model, X, y):
        return nn.functional.binary_cross_entropy(model(X), y, reduction="sum")

    return _steps(model, X, y, epochs, torch.optim.SGD(model.parameters(), lr=lr), loss_of)


@misconception(
    "train_classifier",
    says="The optimizer is Adam, which takes other steps. The lesson asks for plain gradient descent: each parameter moves by "
    "`-lr * gradient`.",
    section=TRAINING,
)
def adam_for_plain_descent(model, X, y, epochs, lr):
    return _steps(model, X, y, epochs, torch.optim.Adam(model.parameters(), lr=lr), _bce)


@misconception(
    "train_classifier",
    says="The history holds tensors, and each of them keeps a whole calculation alive. The lesson keeps plain floats: "
    "`loss.item()`.",
    section=TRAINING,
)
def tensors_in_the_history(model, X, y, epochs, lr):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        loss = _bce(model, X, y)
        history.append(loss)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return history


# --- accuracy


@misconception(
    "accuracy",
    says="A row of N predictions is compared with a column of N targets, which makes a table of N times N comparisons. "
    "Keep both of the shape `(N, 1)`, or flatten both.",
    section=RIGHT,
)
def broadcast_to_a_table(probs, y):
    return float(((probs.squeeze(1) > 0.5).to(y.dtype) == y).float().mean())


@misconception(
    "accuracy",
    says="The right answers are counted, not divided by how many rows there are. Accuracy is a fraction from 0 to 1.",
    section=RIGHT,
)
def right_ones_counted(probs, y):
    return float(((probs > 0.5) == (y == 1)).sum())


@misconception(
    "accuracy",
    says="The result is in percent. The lesson's accuracy is a fraction from 0 to 1.",
    section=RIGHT,
)
def in_percent(probs, y):
    return 100 * float(((probs > 0.5) == (y == 1)).float().mean())


@misconception(
    "accuracy",
    says="The threshold is 0, as if these were logits: every probability is above 0, so everything is class 1. For "
    "probabilities the threshold is 0.5.",
    section=RIGHT,
)
def threshold_of_scores(probs, y):
    return float(((probs > 0) == (y == 1)).float().mean())


@misconception(
    "accuracy",
    says="A probability of exactly 0.5 is taken for class 1. In the lesson only what is above 0.5 is class 1.",
    section=RIGHT,
)
def half_is_class_1(probs, y):
    return float(((probs >= 0.5) == (y == 1)).float().mean())


# --- decision_grid


def _grid(X, resolution, margin=0.5):
    low, high = X.min(dim=0).values - margin, X.max(dim=0).values + margin
    a, b = (torch.linspace(low[d], high[d], resolution, dtype=X.dtype, device=X.device) for d in range(2))
    return torch.meshgrid(a, b, indexing="ij")


@misconception(
    "decision_grid",
    says="The model is left in eval mode. The lesson puts it back into the mode in which it was.",
    section=LOOKING,
)
def eval_mode_left_on(model, X, resolution):
    found = decision_grid(model, X, resolution)
    model.eval()
    return found


@misconception(
    "decision_grid",
    says="Afterwards the model is always in train mode. If it was in eval mode before, it should be in eval mode again.",
    section=LOOKING,
)
def train_mode_always(model, X, resolution):
    found = decision_grid(model, X, resolution)
    model.train()
    return found


@misconception(
    "decision_grid",
    says="The model is asked in train mode, so dropout throws some of its numbers away. Call `model.eval()` first, "
    "and put the old mode back at the end.",
    section=LOOKING,
)
def asked_in_train_mode(model, X, resolution):
    A, B = _grid(X, resolution)
    with torch.no_grad():
        P = model(torch.stack([A.flatten(), B.flatten()], dim=1)).reshape(A.shape)
    return A, B, P


@misconception(
    "decision_grid",
    says="Gradients are on while the model works, so PyTorch keeps a graph for thousands of points that nobody will "
    "differentiate. Put the call into `with torch.no_grad():`.",
    section=LOOKING,
)
def gradients_left_on(model, X, resolution):
    A, B = _grid(X, resolution)
    was_training = model.training
    model.eval()
    P = model(torch.stack([A.flatten(), B.flatten()], dim=1)).reshape(A.shape)
    model.train(was_training)
    return A, B, P


@misconception(
    "decision_grid",
    says="The grid ends at the outermost samples. The lesson adds a margin of 0.5 on each side.",
    section=LOOKING,
)
def margin_forgotten(model, X, resolution):
    A, B = _grid(X, resolution, margin=0.0)
    was_training = model.training
    model.eval()
    with torch.no_grad():
        P = model(torch.stack([A.flatten(), B.flatten()], dim=1)).reshape(A.shape)
    model.train(was_training)
    return A, B, P


@misconception(
    "decision_grid",
    says="P is transposed against A and B, so that `P[i, j]` belongs to another point than `(A[i, j], B[i, j])`. Flatten and "
    "reshape all of them in the same order.",
    section=LOOKING,
)
def grid_transposed(model, X, resolution):
    A, B, P = decision_grid(model, X, resolution)
    return A, B, P.T


# --- plot_decision_boundary


def _draw(model, X, y, resolution, one_colour=False, rows=None, swapped=False):
    A, B, P = (values.cpu() for values in decision_grid(model, X, resolution))
    points, classes = X.detach().cpu(), y.cpu().flatten()
    fig, ax = plt.subplots()
    ax.contourf(A, B, P.T if swapped else P)
    for value, colour in ((0, "tab:blue"), (1, "tab:blue" if one_colour else "tab:red")):
        if rows is None or value in rows:
            chosen = points[classes == value]
            ax.scatter(chosen[:, 0], chosen[:, 1], color=colour)
    ax.set(xlabel="feature 0", ylabel="feature 1")
    return fig


@misconception(
    "plot_decision_boundary",
    says="Only the samples of class 1 are drawn. The lesson draws all the samples, and tells the two classes apart.",
    section=LOOKING,
)
def one_class_missing(model, X, y, resolution=100):
    return _draw(model, X, y, resolution, rows=(1,))


@misconception(
    "plot_decision_boundary",
    says="All the samples look the same, so nobody can see which class they are of. Give each class a colour or a marker of its "
    "own.",
    section=LOOKING,
)
def classes_look_alike(model, X, y, resolution=100):
    return _draw(model, X, y, resolution, one_colour=True)


@misconception(
    "plot_decision_boundary",
    says="The field is transposed: the colours under a point belong to another one. Feature 0 runs along x and feature 1 "
    "along y, for the field and for the samples.",
    section=LOOKING,
)
def field_transposed(model, X, y, resolution=100):
    return _draw(model, X, y, resolution, swapped=True)


@misconception(
    "plot_decision_boundary",
    says="`plt.show()` is called inside the function. Only return the figure: whoever called decides whether to show it, "
    "save it or close it.",
    section=LOOKING,
)
def boundary_shown(model, X, y, resolution=100):
    fig = plot_decision_boundary(model, X, y, resolution)
    plt.show()
    return fig


@misconception(
    "plot_decision_boundary",
    says="Afterwards the model is always in train mode. If it was in eval mode before, it should be in eval mode again.",
    section=LOOKING,
)
def boundary_leaves_train_mode(model, X, y, resolution=100):
    fig = plot_decision_boundary(model, X, y, resolution)
    model.train()
    return fig


@misconception(
    "plot_decision_boundary",
    says="The axes have no labels. Say which feature runs along x, and which along y.",
    section=LOOKING,
)
def boundary_without_labels(model, X, y, resolution=100):
    fig = plot_decision_boundary(model, X, y, resolution)
    fig.axes[0].set(xlabel="", ylabel="")
    return fig
