"""The wrong answers that students really hand in for lesson 1.4."""

import math

import matplotlib.pyplot as plt
import torch

from autograder.worker.misconception import misconception
from solutions.lesson_1_4.exercises import grid_minimum, plot_descent_path, plot_loss_surface

# --- create_data


@misconception(
    "create_data",
    says="The noise is drawn from the uniform distribution (`torch.rand`), which is never negative and has no tails. "
    "The lesson draws it from the standard normal distribution (`torch.randn`).",
    section="Data with a known answer",
)
def uniform_noise(n_samples, generator):
    x = torch.linspace(-3, 3, n_samples, device=generator.device)
    return x, 2 * x + 1 + 0.5 * torch.rand(n_samples, generator=generator, device=generator.device)


@misconception(
    "create_data",
    says="The noise has variance 0.5, because the draw is multiplied by the square root of 0.5. In the lesson 0.5 is "
    "the standard deviation: the draw is multiplied by 0.5 itself.",
    section="Data with a known answer",
)
def noise_variance_half(n_samples, generator):
    x = torch.linspace(-3, 3, n_samples, device=generator.device)
    return x, 2 * x + 1 + math.sqrt(0.5) * torch.randn(n_samples, generator=generator, device=generator.device)


@misconception(
    "create_data",
    says="The inputs x are drawn at random between -3 and 3. The lesson spaces them evenly, both ends included; only "
    "the noise is random.",
    section="Data with a known answer",
)
def x_drawn_at_random(n_samples, generator):
    x = 6 * torch.rand(n_samples, generator=generator, device=generator.device) - 3
    return x, 2 * x + 1 + 0.5 * torch.randn(n_samples, generator=generator, device=generator.device)


@misconception(
    "create_data",
    says="The noise comes from PyTorch's global generator, so the seed of `generator` decides nothing. The lesson "
    "hands the generator to the draw, with `generator=generator`.",
    section="Data with a known answer",
)
def generator_ignored(n_samples, generator):
    x = torch.linspace(-3, 3, n_samples, device=generator.device)
    return x, 2 * x + 1 + 0.5 * torch.randn(n_samples, device=generator.device)


# --- loss_grid


@misconception(
    "loss_grid",
    says='The grid is made with `indexing="xy"`, which puts w along the columns. The lesson uses `indexing="ij"`: '
    "w changes from row to row, b from column to column.",
    section="A grid of candidates",
)
def xy_indexing(x, y, w_range, b_range):
    W, B = torch.meshgrid(w_range, b_range, indexing="xy")
    y_hat = W.unsqueeze(-1) * x + B.unsqueeze(-1)
    return W, B, ((y - y_hat) ** 2).mean(dim=-1)


@misconception(
    "loss_grid",
    says="The squared errors are averaged over the first dimension, which is the grid of weights. The samples are the "
    "last dimension, and the mean belongs there.",
    section="A grid of candidates",
)
def grid_summed_over_the_wrong_axis(x, y, w_range, b_range):
    W, B = torch.meshgrid(w_range, b_range, indexing="ij")
    y_hat = W.unsqueeze(-1) * x + B.unsqueeze(-1)
    return W, B, ((y - y_hat) ** 2).mean(dim=0)


@misconception(
    "loss_grid",
    says="The values are right, but they are computed in a loop, so the number of operations grows with the grid or "
    "with the samples. The lesson lets broadcasting compute all pairs and all samples at once.",
    section="A grid of candidates",
)
def looped(x, y, w_range, b_range):
    W, B = torch.meshgrid(w_range, b_range, indexing="ij")
    L = torch.zeros_like(W)
    for i, w in enumerate(w_range):
        for j, b in enumerate(b_range):
            L[i, j] = ((y - (w * x + b)) ** 2).mean()
    return W, B, L


@misconception(
    "loss_grid",
    says="The squared errors are added up. The lesson's loss is their mean, so that it does not grow with the number "
    "of samples.",
    section="A grid of candidates",
)
def sum_instead_of_mean(x, y, w_range, b_range):
    W, B = torch.meshgrid(w_range, b_range, indexing="ij")
    y_hat = W.unsqueeze(-1) * x + B.unsqueeze(-1)
    return W, B, ((y - y_hat) ** 2).sum(dim=-1)


# --- loss_curve


@misconception(
    "loss_curve",
    says="The values of `w_range` are used as biases, and b as the weight. In this slice the weight varies and the "
    "bias stays fixed.",
    section="One slice of the landscape",
)
def b_varied(x, y, w_range, b):
    return ((y - (b * x + w_range.unsqueeze(1))) ** 2).mean(dim=1)


@misconception(
    "loss_curve",
    says="The squared errors of the samples are added up. The lesson's loss is their mean.",
    section="One slice of the landscape",
)
def sum_over_the_samples(x, y, w_range, b):
    return ((y - (w_range.unsqueeze(1) * x + b)) ** 2).sum(dim=1)


@misconception(
    "loss_curve",
    says="The bias is left out of the prediction, which is the slice at b = 0. The lesson cuts the landscape at the b "
    "that it is given.",
    section="One slice of the landscape",
)
def b_left_out(x, y, w_range, b):
    return ((y - w_range.unsqueeze(1) * x) ** 2).mean(dim=1)


# --- grid_minimum


@misconception(
    "grid_minimum",
    says="The number that `argmin` gives is used as a row. It counts through the whole grid, row after row, so it has "
    "to be split into a row and a column first.",
    section="The lowest point of the grid",
)
def argmin_used_as_a_row(W, B, L):
    row = int(L.argmin())
    return float(W[row, 0]), float(B[row, 0]), float(L[row, 0])


@misconception(
    "grid_minimum",
    says="The weight and the bias come back in each other's place. The lesson returns w first, then b, then the loss.",
    section="The lowest point of the grid",
)
def w_and_b_swapped(W, B, L):
    w, b, loss = grid_minimum(W, B, L)
    return b, w, loss


@misconception(
    "grid_minimum",
    says="Where several points share the lowest loss, the last of them is returned. The lesson takes the first one in "
    "row order.",
    section="The lowest point of the grid",
)
def last_of_ties(W, B, L):
    row, column = (L == L.min()).nonzero()[-1].tolist()
    return float(W[row, column]), float(B[row, column]), float(L[row, column])


# --- gradient_descent_steps


@misconception(
    "gradient_descent_steps",
    says="The gradients are never set back to zero. `backward` adds to what is in `.grad`, so from the second step on "
    "each step also repeats all the old ones.",
    section="Walking downhill with autograd",
)
def gradients_accumulate(x, y, w_start, b_start, lr, steps):
    w = torch.tensor(w_start, dtype=x.dtype, device=x.device, requires_grad=True)
    b = torch.tensor(b_start, dtype=x.dtype, device=x.device, requires_grad=True)
    path = [(w.item(), b.item())]
    for _ in range(steps):
        ((y - (w * x + b)) ** 2).mean().backward()
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
        path.append((w.item(), b.item()))
    return path


@misconception(
    "gradient_descent_steps",
    says="The path starts after the first step. In the lesson the starting point comes first, so that there are "
    "steps + 1 points.",
    section="Walking downhill with autograd",
)
def start_missing(x, y, w_start, b_start, lr, steps):
    return _descend(x, y, w_start, b_start, lr, steps)[1:]


@misconception(
    "gradient_descent_steps",
    says="The gradient for b is taken after w has moved. In one step of gradient descent both gradients belong to the "
    "same point, the one where the step starts.",
    section="Walking downhill with autograd",
)
def w_and_b_updated_in_turn(x, y, w_start, b_start, lr, steps):
    w = torch.tensor(w_start, dtype=x.dtype, device=x.device, requires_grad=True)
    b = torch.tensor(b_start, dtype=x.dtype, device=x.device, requires_grad=True)
    path = [(w.item(), b.item())]
    for _ in range(steps):
        for parameter in (w, b):
            loss = ((y - (w * x + b)) ** 2).mean()
            (gradient,) = torch.autograd.grad(loss, parameter)
            with torch.no_grad():
                parameter -= lr * gradient
        path.append((w.item(), b.item()))
    return path


@misconception(
    "gradient_descent_steps",
    says="The path is right, but PyTorch did not compute the gradients: a formula or finite differences did. This "
    "exercise wants one of PyTorch's automatic ways, such as `backward`.",
    section="Walking downhill with autograd",
)
def gradient_by_formula(x, y, w_start, b_start, lr, steps):
    w = torch.tensor(w_start, dtype=x.dtype, device=x.device)
    b = torch.tensor(b_start, dtype=x.dtype, device=x.device)
    path = [(w.item(), b.item())]
    for _ in range(steps):
        error = w * x + b - y
        w, b = w - lr * 2 * (error * x).mean(), b - lr * 2 * error.mean()
        path.append((w.item(), b.item()))
    return path


def _descend(x, y, w_start, b_start, lr, steps):
    w = torch.tensor(w_start, dtype=x.dtype, device=x.device, requires_grad=True)
    b = torch.tensor(b_start, dtype=x.dtype, device=x.device, requires_grad=True)
    path = [(w.item(), b.item())]
    for _ in range(steps):
        dw, db = torch.autograd.grad(((y - (w * x + b)) ** 2).mean(), (w, b))
        with torch.no_grad():
            w -= lr * dw
            b -= lr * db
        path.append((w.item(), b.item()))
    return path


# --- plot_loss_surface


@misconception(
    "plot_loss_surface",
    says="The surface has b along the x axis and w along the y axis. The lesson puts w along x and b along y.",
    section="Drawing the landscape",
)
def surface_axes_swapped(W, B, L):
    return plot_loss_surface(B, W, L)


@misconception(
    "plot_loss_surface",
    says="The axes have no labels, so a reader cannot tell which one is the weight. Name all three of them.",
    section="Drawing the landscape",
)
def surface_without_labels(W, B, L):
    fig = plt.figure()
    fig.add_subplot(projection="3d").plot_surface(W.cpu().numpy(), B.cpu().numpy(), L.cpu().numpy())
    return fig


@misconception(
    "plot_loss_surface",
    says="`plt.show()` is called inside the function. Only return the figure: whoever called decides whether to show "
    "it, save it or close it.",
    section="Drawing the landscape",
)
def surface_shown(W, B, L):
    fig = plot_loss_surface(W, B, L)
    plt.show()
    return fig


# --- plot_descent_path


@misconception(
    "plot_descent_path",
    says="The contour and the path have b along the x axis and w along the y axis. The lesson puts w along x and b "
    "along y.",
    section="Drawing the walk",
)
def contour_axes_swapped(W, B, L, path):
    return plot_descent_path(B, W, L, [(b, w) for w, b in path])


@misconception(
    "plot_descent_path",
    says="The contour is right, but each point of the path is drawn at (b, w). Its first number is the weight, which "
    "belongs on the x axis.",
    section="Drawing the walk",
)
def path_points_swapped(W, B, L, path):
    return plot_descent_path(W, B, L, [(b, w) for w, b in path])


@misconception(
    "plot_descent_path",
    says="The axes have no labels, so a reader cannot tell the weight from the bias. Name both of them.",
    section="Drawing the walk",
)
def path_without_labels(W, B, L, path):
    fig = plot_descent_path(W, B, L, path)
    fig.axes[0].set(xlabel="", ylabel="")
    return fig


@misconception(
    "plot_descent_path",
    says="`plt.show()` is called inside the function. Only return the figure: whoever called decides whether to show "
    "it, save it or close it.",
    section="Drawing the walk",
)
def path_shown(W, B, L, path):
    fig = plot_descent_path(W, B, L, path)
    plt.show()
    return fig


@misconception(
    "plot_descent_path",
    says="The path is drawn, but nothing tells where it starts and where it ends. The lesson gives the first and the "
    "last point a marker of their own.",
    section="Drawing the walk",
)
def start_and_end_unmarked(W, B, L, path):
    fig, ax = plt.subplots()
    ax.contourf(W.cpu().numpy(), B.cpu().numpy(), L.cpu().numpy())
    ax.plot([w for w, _ in path], [b for _, b in path], "o-")
    ax.set(xlabel="weight w", ylabel="bias b")
    return fig


# --- descent_frames


@misconception(
    "descent_frames",
    says="All the frames are one figure that is redrawn, so in the end they all show the last picture. Make a new "
    "figure for every frame.",
    section="One frame a step",
)
def one_figure_redrawn(W, B, L, path):
    fig, ax = plt.subplots()
    frames = []
    for i in range(len(path)):
        ax.clear()
        ax.contourf(W.cpu().numpy(), B.cpu().numpy(), L.cpu().numpy())
        ax.plot([w for w, _ in path[: i + 1]], [b for _, b in path[: i + 1]], "o-")
        frames.append(fig)
    return frames


@misconception(
    "descent_frames",
    says="Every frame draws the whole path, so nothing moves. Frame i draws the points up to number i, "
    "`path[: i + 1]`.",
    section="One frame a step",
)
def whole_path_in_every_frame(W, B, L, path):
    return [plot_descent_path(W, B, L, path) for _ in path]


@misconception(
    "descent_frames",
    says="Every frame draws its own point alone, so the way there is lost. Frame i draws all the points up to number "
    "i, `path[: i + 1]`.",
    section="One frame a step",
)
def only_the_current_point(W, B, L, path):
    return [plot_descent_path(W, B, L, [point]) for point in path]
