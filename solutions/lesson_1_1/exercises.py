# %%
"""Lesson 1.1: what is a training loop?

One feature, one weight `w`, one bias `b`: the model is `y_hat = w * x + b`.

Details: the inputs `x` and the targets `y` are tensors of shape `(N,)` with N ≥ 1; `w` and `b` are 0-D, one number each.
All of them have the same dtype (float32 or float64) and live on the same device. Your functions work in that dtype and
on that device, and they change no argument in place.
"""

import torch


# %%
def predict(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return the model's predictions: `w * x + b`, one for each input.

    Example: `x = [0, 1, 2, 3]`, `w = 2` and `b = 0.5` give `[0.5, 2.5, 4.5, 6.5]`.

    Details:
        x: the inputs, `(N,)` with N ≥ 1.
        w, b: the weight and the bias, 0-D.

    The result is a new tensor `(N,)` of x's dtype on x's device, also for N = 1.
    """
    # BEGIN SOLUTION Multiply each input by the weight and add the bias.
    return w * x + b
    # END SOLUTION


# %%
def loss(y: torch.Tensor, y_hat: torch.Tensor) -> torch.Tensor:
    """Return the mean squared error: the mean over the N samples of the squares of `y_hat - y`.

    Example: `y = [1, 3, 5, 7]` and `y_hat = [0, 1, 2, 3]` give `7.5`.

    Details:
        y: the targets, `(N,)` with N ≥ 1.
        y_hat: the predictions, `(N,)`.

    The result is a 0-D tensor of y's dtype on y's device (no Python float), and 0 where every prediction is right.
    Off limits: `torch.nn.functional.mse_loss` and `torch.nn.MSELoss`. `sum`, `mean` and a Python loop are fine.
    """
    # BEGIN SOLUTION Square each error, then take the mean.
    return ((y_hat - y) ** 2).mean()
    # END SOLUTION


# %%
def gradients(x: torch.Tensor, y: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return `(dw, db)`: the two derivatives of `loss(y, predict(x, w, b))` at `(w, b)`, by the formulas of the page.

    Example: `x = [0, 1, 2, 3]`, `y = [1, 3, 5, 7]`, `w = 1` and `b = 0` give `(-10, -5)`.

    Details:
        x: the inputs, `(N,)` with N ≥ 1.
        y: the targets, `(N,)`.
        w, b: the weight and the bias, 0-D.

    Each derivative is a 0-D tensor of x's dtype on x's device, positive where the loss grows as the parameter grows.
    The loss is a mean: no ½ in front, and no sum.
    Off limits: whatever in PyTorch differentiates for you, such as `Tensor.backward`, `torch.autograd` (`grad`,
    `backward`, `functional`, `forward_ad`) and `torch.func` (`grad`, `vjp`, `jacrev`, …). Nudging `w` or `b` is not
    enough either: where errors of a million nearly cancel, it has no right digits left. The formulas have 7 of them.
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

    Example: `param = 1`, `grad = -10` and `lr = 0.1` give `2`.

    Details:
        param: the parameter, of any shape: 0-D as `w` and `b` are, a row, a table. It stays as it was.
        grad: the derivatives of the loss, of the same shape and dtype.
        lr: the learning rate, a Python float of 0 or more.

    The result is a new tensor of param's shape and dtype on param's device. It is new also where nothing moves, because
    `lr` or the gradient is 0: whoever changes `param` afterwards does not change the result.
    """
    # BEGIN SOLUTION Go against the gradient.
    return param - lr * grad
    # END SOLUTION


# %%
def training_loop(
    x: torch.Tensor, y: torch.Tensor, w: torch.Tensor, b: torch.Tensor, lr: float, steps: int
) -> tuple[torch.Tensor, torch.Tensor, list[float | torch.Tensor]]:
    """Run gradient descent for exactly `steps` steps; return `(w, b, history)`, with each loss taken *before* its step.

    Example: the bean plant of the page, with `w = 1`, `b = 0`, `lr = 0.1` and `steps = 3`, gives `w = 2.165`,
    `b = 0.635` and the history `[7.5, 0.25, 0.05875]`.

    Details:
        x: the inputs, `(N,)` with N ≥ 1.
        y: the targets, `(N,)`.
        w, b: the weight and the bias to start from, 0-D. They stay as they were.
        lr: the learning rate, a Python float of 0 or more.
        steps: how many steps, an int of 0 or more.

    Each step moves `w` and `b` with the derivatives of the place where the step began. The loop never stops early: not
    where the loss is 0, not where it no longer falls, and not where it grows.
    `w` and `b` come back as 0-D tensors of x's dtype on x's device. `history` is a list of `steps` losses, floats or
    0-D tensors: the first belongs to the start, the loss after the last step is not in it. For 0 steps it is empty, and
    `w` and `b` are those given.
    You may call your own functions, or write everything out. What is off limits in `loss` and `gradients` is off limits
    here too, also inside a function that you call: `torch.nn.functional.mse_loss`, `torch.nn.MSELoss`,
    `Tensor.backward`, `torch.autograd`, `torch.func`.
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
