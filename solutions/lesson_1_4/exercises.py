# %%
"""Lesson 1.4: visualizing the loss landscape.

One feature, one weight w, one bias b: the model is y_hat = w * x + b and its loss is the mean squared error. The page
beside this file explains every step. `x` and `y` have shape (N,), with N of 1 or more. Work on the device and in the
dtype of what you are given, and change no argument in place.
"""

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure


# %%
def create_data(n_samples: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Return samples of the line y = 2x + 1 with Gaussian noise of standard deviation 0.5.

    Example: for 5 samples, `x` is `[-3, -1.5, 0, 1.5, 3]`, and `y` is near `[-5, -2, 1, 4, 7]`.

    Details:
    The inputs are `n_samples` evenly spaced numbers from -3 to 3, both ends included. The targets are
    y = 2x + 1 + 0.5 * noise, with a noise of its own for every sample, from the standard normal distribution.

    Use any standard normal draw, as long as it takes its numbers from `generator` and from nothing else: the same
    seed gives the same data, another seed other data, a second call on the same generator new noise, and PyTorch's
    global generator stays as it was. The exact numbers are not graded, only their distribution.

    Args:
        n_samples: how many samples, 2 or more.
        generator: the source of the randomness.

    Returns:
        `(x, y)`, both float32, of shape (n_samples,), on the generator's device.
    """
    # BEGIN SOLUTION Space x evenly, draw the noise from the generator, and put the line and the noise together.
    x = torch.linspace(-3, 3, n_samples, device=generator.device)
    noise = torch.randn(n_samples, generator=generator, device=generator.device)
    return x, 2 * x + 1 + 0.5 * noise
    # END SOLUTION


# %%
def loss_grid(
    x: torch.Tensor, y: torch.Tensor, w_range: torch.Tensor, b_range: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the mean squared error of y_hat = w * x + b at every pair of a w and a b.

    Example: `x = [0, 2]`, `y = [1, 3]`, `w_range = [0, 1]` and `b_range = [0, 1, 2]` give
    `L = [[5, 2, 1], [1, 0, 1]]`.

    Details:
    `W[i, j]` is `w_range[i]` and `B[i, j]` is `b_range[j]`, as `torch.meshgrid(..., indexing="ij")` gives them;
    `L[i, j]` is the mean over the N samples of the squared errors of that pair. The ranges may hold any numbers, in
    any order, and may have one value each.

    Write it with tensor operations. Their number must grow neither with the grid nor with the samples: no loop, no
    comprehension, and no value read out of a tensor on the way (`item`, `tolist`, `numpy`). A version with loops gives
    the right values and keeps most of the points, but not all of them.

    Args:
        x: inputs, shape (N,).
        y: targets, shape (N,).
        w_range: the weights to try, shape (n_w,), of x's dtype.
        b_range: the biases to try, shape (n_b,), of x's dtype.

    Returns:
        `(W, B, L)`, each of shape (n_w, n_b), of x's dtype and on its device.
    """
    # BEGIN SOLUTION Make the grid, predict for every pair and every sample at once, and average over the samples.
    W, B = torch.meshgrid(w_range, b_range, indexing="ij")
    y_hat = W.unsqueeze(-1) * x + B.unsqueeze(-1)  # (n_w, n_b, 1) against (N,) gives (n_w, n_b, N)
    return W, B, ((y_hat - y) ** 2).mean(dim=-1)
    # END SOLUTION


# %%
def loss_curve(x: torch.Tensor, y: torch.Tensor, w_range: torch.Tensor, b: float | torch.Tensor) -> torch.Tensor:
    """Return a slice of the landscape: the mean squared error at every w, with b held fixed.

    Example: `x = [0, 2]`, `y = [1, 3]`, `w_range = [0, 1, 2]` and `b = 1.0` give `[2, 0, 2]`.

    Args:
        x: inputs, shape (N,).
        y: targets, shape (N,).
        w_range: the weights to try, shape (n_w,), of x's dtype; any numbers, in any order.
        b: the one bias, a float or a 0-D tensor of x's dtype.

    Returns:
        Shape (n_w,), of x's dtype and on its device: element i is the loss of y_hat = w_range[i] * x + b. Loops are
        allowed here.
    """
    # BEGIN SOLUTION Compute the loss of each w with the same b. A slice is a grid that has a single bias.
    b_range = x.new_zeros(1) + b
    _, _, L = loss_grid(x, y, w_range, b_range)  # (n_w, 1)
    return L.squeeze(1)
    # END SOLUTION


# %%
def grid_minimum(W: torch.Tensor, B: torch.Tensor, L: torch.Tensor) -> tuple[float, float, float]:
    """Return the lowest point of a grid: its weight, its bias and its loss.

    Example: `W = [[1, 1], [2, 2]]`, `B = [[5, 6], [5, 6]]` and `L = [[4, 3], [0, 7]]` give `(2, 5, 0)`.

    Details:
    Where several points share the lowest loss, the first in row order counts: the smallest row index, and within that
    row the smallest column index. The grid need not be square, may be a single point, and may be made of transposed
    tensors (`table.T`).

    Args:
        W: the weights, shape (n_w, n_b).
        B: the biases, shape (n_w, n_b).
        L: the losses, shape (n_w, n_b), all finite.

    Returns:
        `(w, b, loss)`, three numbers: floats or 0-D tensors, as you like.
    """
    # BEGIN SOLUTION Find the position of the lowest loss, and look up w, b and the loss there.
    row, column = divmod(int(L.argmin()), L.shape[1])  # argmin counts through the flattened grid
    return W[row, column].item(), B[row, column].item(), L[row, column].item()
    # END SOLUTION


# %%
def gradient_descent_steps(
    x: torch.Tensor, y: torch.Tensor, w_start: float, b_start: float, lr: float, steps: int
) -> list[tuple[float, float]]:
    """Return the path of plain gradient descent on the mean squared error of y_hat = w * x + b.

    Example: `x = [0, 2]`, `y = [1, 3]`, from `(0, 0)` with `lr = 0.1` and 2 steps, give
    `[(0.0, 0.0), (0.6, 0.4), (0.88, 0.6)]`.

    Details:
    Each step moves w and b at the same time: both gradients are taken at the point where the step starts. Compute in
    x's dtype.

    The gradients come from one of PyTorch's automatic ways: `backward`, `torch.autograd.grad`, `torch.func` or
    `backward` with `torch.optim`. Some of the points are for that; a formula for the gradient, or finite differences,
    give the right path but not these points. `x` and `y` do not require gradients and must not when you return.

    Args:
        x: inputs, shape (N,).
        y: targets, shape (N,).
        w_start: the weight to start from.
        b_start: the bias to start from.
        lr: the learning rate.
        steps: how many steps, 0 or more.

    Returns:
        A list of `steps + 1` tuples `(w, b)` of Python floats: the start first, then the point after each step. For
        0 steps it is `[(w_start, b_start)]`.
    """
    # BEGIN SOLUTION Note the start. Then, in each step, compute the loss, get its gradients, step, note the point.
    w = x.new_tensor(w_start).requires_grad_()  # x's dtype and device
    b = x.new_tensor(b_start).requires_grad_()
    path = [(w.item(), b.item())]
    for _ in range(steps):
        loss = ((w * x + b - y) ** 2).mean()
        dw, db = torch.autograd.grad(loss, (w, b))
        with torch.no_grad():
            w -= lr * dw
            b -= lr * db
        path.append((w.item(), b.item()))
    return path
    # END SOLUTION


# %%
def plot_loss_surface(W: torch.Tensor, B: torch.Tensor, L: torch.Tensor) -> Figure:
    """Return a new figure with the landscape as a surface in three dimensions.

    The figure has 3-D axes with w along x, b along y and the loss as the height, drawn by `plot_surface` or
    `plot_trisurf` from the points of the grid. All three axes are labelled: the x label holds a letter w, the y label
    a letter b, the z label says what the height is. Colours, titles, the view and everything else are yours. Do not
    call `plt.show()`: whoever calls the function decides what happens to the figure.

    Args:
        W: the weights, shape (n_w, n_b), on any device.
        B: the biases, shape (n_w, n_b).
        L: the losses, shape (n_w, n_b).

    Returns:
        The matplotlib `Figure`; every call makes a new one.
    """
    # BEGIN SOLUTION Make 3-D axes, draw the surface, label the three axes, return the figure.
    w, b, loss = (values.cpu().numpy() for values in (W, B, L))
    fig = plt.figure()
    ax = fig.add_subplot(projection="3d")
    ax.plot_surface(w, b, loss)
    ax.set_xlabel("weight w")
    ax.set_ylabel("bias b")
    ax.set_zlabel("loss")
    return fig
    # END SOLUTION


# %%
def plot_descent_path(W: torch.Tensor, B: torch.Tensor, L: torch.Tensor, path: list[tuple[float, float]]) -> Figure:
    """Return a new figure with the landscape seen from above and a descent path on it.

    - The landscape is a filled contour (`contourf` or `tricontourf`) of `L` itself, with w along x and b along y.
      The levels and the colours are yours.
    - The path goes through all its points, in their order, by `plot`, `scatter` or both. Arrows alone (`quiver`,
      `annotate`) are not enough: the points are read from lines and scattered points.
    - The start and the end are marked: each has a visible marker that is drawn by itself, apart from the rest of the
      path, by a `plot` or `scatter` of that one point, or of these two. How they look is yours.
    - Both axes are labelled: the x label holds a letter w, the y label a letter b.
    - Do not call `plt.show()`.

    Args:
        W: the weights, shape (n_w, n_b), on any device.
        B: the biases, shape (n_w, n_b).
        L: the losses, shape (n_w, n_b).
        path: pairs `(w, b)` of floats, one or more. With a single pair the start is the end, and one marker will do.

    Returns:
        The matplotlib `Figure`; every call makes a new one.
    """
    # BEGIN SOLUTION Draw the filled contour, the path, a marker for its start and for its end, and label the axes.
    w, b, loss = (values.cpu().numpy() for values in (W, B, L))
    fig, ax = plt.subplots()
    ax.contourf(w, b, loss)
    ax.plot([w for w, _ in path], [b for _, b in path], "w-")
    ax.plot(*path[0], "wo")  # the start: a white circle
    ax.plot(*path[-1], "r*")  # the end: a red star
    ax.set_xlabel("weight w")
    ax.set_ylabel("bias b")
    return fig
    # END SOLUTION


# %%
def descent_frames(W: torch.Tensor, B: torch.Tensor, L: torch.Tensor, path: list[tuple[float, float]]) -> list[Figure]:
    """Return the frames of an animation of the descent: `len(path)` figures, each with one point more.

    Example: a path of three pairs gives three figures, with one, two and three points.

    Details:
    Frame i is drawn as `plot_descent_path` draws `path[: i + 1]`: the filled contour and the path up to its point i.
    Points that come later are not drawn, nor kept hidden in the figure. Every frame is a `Figure` of its own. Do not
    call `plt.show()`.

    Args:
        W: the weights, shape (n_w, n_b), on any device.
        B: the biases, shape (n_w, n_b).
        L: the losses, shape (n_w, n_b).
        path: pairs `(w, b)` of floats, one or more.

    Returns:
        A list of `len(path)` different figures, in the order of the path.
    """
    # BEGIN SOLUTION Draw a new figure for every point, with the path up to that point.
    return [plot_descent_path(W, B, L, path[: i + 1]) for i in range(len(path))]
    # END SOLUTION
