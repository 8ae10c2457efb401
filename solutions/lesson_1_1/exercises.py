# %%
"""Lesson 1.1: what is a training loop?

One feature, one weight `w`, one bias `b`: the model is `y_hat = w * x + b`. The inputs `x` and the targets `y` are
tensors of shape `(N,)`, with N of 1 or more. `w` and `b` are 0-D tensors: one number each. All of them have the same
dtype (float32 or float64) and live on the same device. Your functions work in that dtype and on that device, and they
change no argument in place.
"""

import torch


# %%
def predict(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return the model's predictions: `w * x + b`, one for each input.

    Args:
        x: the inputs, `(N,)` with N ≥ 1.
        w: the weight, 0-D.
        b: the bias, 0-D.

    Returns:
        The predictions, a new tensor `(N,)` of x's dtype on x's device, also for N = 1.
    """
    # BEGIN SOLUTION Multiply each input by the weight and add the bias.
    return w * x + b
    # END SOLUTION


# %%
def loss(y: torch.Tensor, y_hat: torch.Tensor) -> torch.Tensor:
    """Return the mean squared error: the mean over the N samples of the squares of `y_hat - y`.

    Off limits: PyTorch's own `torch.nn.functional.mse_loss` and `torch.nn.MSELoss`. Subtracting, squaring, `sum` and
    `mean` are all fine, and so is a Python loop.

    Args:
        y: the targets, `(N,)` with N ≥ 1.
        y_hat: the predictions, `(N,)`.

    Returns:
        One number, a 0-D tensor of y's dtype on y's device (no Python float). It is 0 where every prediction is right.
    """
    # BEGIN SOLUTION Square each error, then take the mean.
    return ((y_hat - y) ** 2).mean()
    # END SOLUTION


# %%
def gradients(x: torch.Tensor, y: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the two derivatives of the loss at `(w, b)`, by the formulas of the page.

    The loss is `loss(y, predict(x, w, b))`, the mean of the squared errors: no ½ in front, and no sum.

    Off limits: everything in PyTorch that differentiates for you, such as `Tensor.backward`, `torch.autograd` (`grad`,
    `backward`, `functional`, `forward_ad`) and `torch.func` (`grad`, `vjp`, `jacrev`, …). Finite differences (nudging
    `w` or `b` and looking how much the loss moves) are not the exercise either. No program can know them by their name,
    so the tests know them by their rounding: some tests, in float64, have errors of a million and more that nearly
    cancel, and ask for 7 digits of the derivatives. The formulas have them, in whatever way you write them down.

    Args:
        x: the inputs, `(N,)` with N ≥ 1.
        y: the targets, `(N,)`.
        w: the weight, 0-D.
        b: the bias, 0-D.

    Returns:
        `(dw, db)`: the derivative with respect to `w` and the one with respect to `b`, each a 0-D tensor of x's dtype
        on x's device. They are positive where the loss grows as the parameter grows.
    """
    # BEGIN SOLUTION Find the errors, then take the two means of the page.
    errors = predict(x, w, b) - y
    dw = 2 * (errors * x).mean()
    db = 2 * errors.mean()
    return dw, db
    # END SOLUTION


# %%
def update(param: torch.Tensor, grad: torch.Tensor, lr: float) -> torch.Tensor:
    """Return the parameter after one step of gradient descent: `lr` times the gradient, downhill.

    Args:
        param: the parameter, of any shape: 0-D as `w` and `b` are, a row, a table. It stays as it was.
        grad: the derivatives of the loss, one for each number of `param`, of the same shape and dtype.
        lr: the learning rate, a Python float of 0 or more.

    Returns:
        A new tensor of param's shape and dtype on param's device. It is new also where nothing moves (`lr` is 0, or the
        gradient is): whoever changes `param` afterwards does not change the result.
    """
    # BEGIN SOLUTION Go against the gradient.
    return param - lr * grad
    # END SOLUTION


# %%
def training_loop(
    x: torch.Tensor, y: torch.Tensor, w: torch.Tensor, b: torch.Tensor, lr: float, steps: int
) -> tuple[torch.Tensor, torch.Tensor, list[float | torch.Tensor]]:
    """Run gradient descent for exactly `steps` steps, and return where it ends and the losses on the way.

    Each step predicts, measures the loss and writes it down, finds both derivatives at the present `(w, b)`, and then
    moves `w` and `b`, both with the derivatives that belong to the place where the step began.

    The loop never stops early: not where the loss is 0, not where it no longer falls, and not where it grows.

    You may call your own `predict`, `loss`, `gradients` and `update`, or write everything out. What is off limits in
    `loss` and in `gradients` is off limits here too, also where a function that you call uses it.

    Args:
        x: the inputs, `(N,)` with N ≥ 1.
        y: the targets, `(N,)`.
        w: the weight to start from, 0-D. It stays as it was.
        b: the bias to start from, 0-D. It stays as it was.
        lr: the learning rate, a Python float of 0 or more.
        steps: how many steps, an int of 0 or more.

    Returns:
        `(w, b, history)`: the weight and the bias after the last step, 0-D tensors of x's dtype on x's device (for 0
        steps, those given), and a list of `steps` losses, each taken *before* its step. So the first one belongs to the
        start, the loss after the last step is not in it, and for 0 steps the list is empty. The losses may be Python
        floats or 0-D tensors, as you like.
    """
    # BEGIN SOLUTION Repeat: predict, write down the loss, find both derivatives, move both parameters.
    history: list[float | torch.Tensor] = []
    for _ in range(steps):
        y_hat = predict(x, w, b)
        history.append(loss(y, y_hat).item())
        dw, db = gradients(x, y, w, b)
        w = update(w, dw, lr)
        b = update(b, db, lr)
    return w, b, history
    # END SOLUTION
