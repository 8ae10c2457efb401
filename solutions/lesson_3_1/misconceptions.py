"""The wrong answers that students really hand in for lesson 3.1.

Those of the optimizers are subclasses of the reference with one wrong method, each complete, so that it also works where
another class borrows it (AdamW borrows Adam's `move`).
"""

import matplotlib.pyplot as plt
import torch

from autograder.worker.misconception import misconception
from solutions.lesson_3_1.exercises import SGD, Adam, AdamW, RMSProp, bias_correction, rosenbrock


def asked(closure):
    """Return the closure's loss, or None without one."""
    if closure is None:
        return None
    with torch.enable_grad():
        return closure()


def with_gradients(optimizer):
    """Yield each parameter that has a gradient, with its group."""
    for group in optimizer.param_groups:
        for p in group["params"]:
            if p.grad is not None:
                yield group, p


def averaged(memory, gradient, betas):
    """Update both moments of Adam in a parameter's memory and return them."""
    memory["mean"] = betas[0] * memory.get("mean", 0.0) + (1 - betas[0]) * gradient
    memory["square"] = betas[1] * memory.get("square", 0.0) + (1 - betas[1]) * gradient**2
    return memory["mean"], memory["square"]


def corrected(memory, gradient, betas, step):
    """Update both moments and return them corrected for a step."""
    mean, square = averaged(memory, gradient, betas)
    return bias_correction(mean, betas[0], step), bias_correction(square, betas[1], step)


# --- SGD


@misconception(
    "SGD",
    says="The new gradient is multiplied by 1 - momentum, as in a running mean. The lesson's velocity is "
    "momentum * v + g: the gradient goes in whole.",
    section="Momentum",
)
class velocity_is_a_running_mean(SGD):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group, p in with_gradients(self):
            share, state = group["momentum"], self.state[p]
            g = p.grad + group["weight_decay"] * p
            state["v"] = share * state.get("v", 0.0) + (1 - share) * g
            p -= group["lr"] * (g + share * state["v"] if group["nesterov"] else state["v"])
        return loss


@misconception(
    "SGD",
    says="All parameters share one velocity, so each is pushed by the gradients of the others. The lesson keeps a velocity "
    "for every parameter, in `self.state[p]`.",
    section="What an optimizer remembers",
)
class one_velocity_for_all(SGD):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group, p in with_gradients(self):
            g = p.grad + group["weight_decay"] * p
            self.velocity = group["momentum"] * getattr(self, "velocity", 0.0) + g
            p -= group["lr"] * (g + group["momentum"] * self.velocity if group["nesterov"] else self.velocity)
        return loss


@misconception(
    "SGD",
    says="`nesterov` changes nothing. With it the lesson's step is lr * (g + momentum * v) with the new velocity; with the "
    "old one, g + momentum * v is just the new velocity itself.",
    section="Nesterov's look ahead",
)
class nesterov_ignored(SGD):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group, p in with_gradients(self):
            g = p.grad + group["weight_decay"] * p
            self.state[p]["v"] = group["momentum"] * self.state[p].get("v", 0.0) + g
            p -= group["lr"] * self.state[p]["v"]
        return loss


@misconception(
    "SGD",
    says="The decay is taken off the parameter apart from the velocity. In the lesson's SGD the decay joins the gradient "
    "before the velocity is updated.",
    section="Momentum",
)
class decay_kept_out_of_the_velocity(SGD):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group, p in with_gradients(self):
            state = self.state[p]
            state["v"] = group["momentum"] * state.get("v", 0.0) + p.grad
            change = p.grad + group["momentum"] * state["v"] if group["nesterov"] else state["v"]
            p -= group["lr"] * (change + group["weight_decay"] * p)
        return loss


@misconception(
    "SGD",
    says="All groups are updated with the options given to the optimizer. The lesson reads `group[...]` in every step, so "
    "that each group has its own, and a rate that is changed later counts.",
    section="The parts of an optimizer",
)
class same_options_for_every_group(SGD):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for _, p in with_gradients(self):
            options, state = self.defaults, self.state[p]
            g = p.grad + options["weight_decay"] * p
            state["v"] = options["momentum"] * state.get("v", 0.0) + g
            p -= options["lr"] * (g + options["momentum"] * state["v"] if options["nesterov"] else state["v"])
        return loss


@misconception(
    "SGD",
    says="A parameter whose gradient is None still rolls on by its velocity, as if the gradient were 0. The lesson leaves "
    "it out of the step altogether.",
    section="The parts of an optimizer",
)
class none_taken_for_zero(SGD):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group in self.param_groups:
            for p in group["params"]:
                g = (torch.zeros_like(p) if p.grad is None else p.grad) + group["weight_decay"] * p
                self.state[p]["v"] = group["momentum"] * self.state[p].get("v", 0.0) + g
                v = self.state[p]["v"]
                p -= group["lr"] * (g + group["momentum"] * v if group["nesterov"] else v)
        return loss


@misconception(
    "SGD",
    says="The velocities are kept in an attribute, so `state_dict` does not know them and a loaded optimizer starts from "
    "rest. The lesson keeps them in `self.state[p]`.",
    section="What an optimizer remembers",
)
class velocity_not_saved(SGD):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        kept = self.__dict__.setdefault("velocities", {})
        for group, p in with_gradients(self):
            g = p.grad + group["weight_decay"] * p
            kept[p] = group["momentum"] * kept.get(p, 0.0) + g
            p -= group["lr"] * (g + group["momentum"] * kept[p] if group["nesterov"] else kept[p])
        return loss


@misconception(
    "SGD",
    says="The first velocity is the gradient tensor itself, not a copy: when the gradient is overwritten, the velocity "
    "changes with it. Keep `p.grad.clone()`, or a new tensor.",
    section="What an optimizer remembers",
)
class velocity_is_the_gradients_tensor(SGD):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group, p in with_gradients(self):
            g = p.grad + group["weight_decay"] * p if group["weight_decay"] else p.grad
            state = self.state[p]
            state["v"] = group["momentum"] * state["v"] + g if "v" in state else g
            p -= group["lr"] * (g + group["momentum"] * state["v"] if group["nesterov"] else state["v"])
        return loss


@misconception(
    "SGD",
    says="`step` does not return the closure's loss. The lesson returns what the closure returned.",
    section="The parts of an optimizer",
)
class loss_not_returned(SGD):
    @torch.no_grad()
    def step(self, closure=None):
        SGD.step(self, closure)


@misconception(
    "SGD",
    says="The decay is added to `.grad` itself, so the caller finds another gradient there afterwards. The lesson leaves "
    "`.grad` as it is: `g = p.grad + weight_decay * p` makes a new tensor.",
    section="The parts of an optimizer",
)
class decay_added_in_place(SGD):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group, p in with_gradients(self):
            if group["weight_decay"]:
                p.grad.add_(p, alpha=group["weight_decay"])
            state = self.state[p]
            state["v"] = group["momentum"] * state.get("v", 0.0) + p.grad
            p -= group["lr"] * (p.grad + group["momentum"] * state["v"] if group["nesterov"] else state["v"])
        return loss


# --- RMSProp


@misconception(
    "RMSProp",
    says="eps is added inside the root, √(s + eps). The lesson adds it to the root, √s + eps.",
    section="Dividing by the usual size",
)
class eps_inside_the_root(RMSProp):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group, p in with_gradients(self):
            state = self.state[p]
            state["s"] = group["alpha"] * state.get("s", 0.0) + (1 - group["alpha"]) * p.grad**2
            p -= group["lr"] * p.grad / (state["s"] + group["eps"]).sqrt()
        return loss


@misconception(
    "RMSProp",
    says="The gradient is divided by the mean square itself. The lesson divides by its root, which has the size of a "
    "gradient.",
    section="Dividing by the usual size",
)
class root_forgotten(RMSProp):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group, p in with_gradients(self):
            state = self.state[p]
            state["s"] = group["alpha"] * state.get("s", 0.0) + (1 - group["alpha"]) * p.grad**2
            p -= group["lr"] * p.grad / (state["s"] + group["eps"])
        return loss


@misconception(
    "RMSProp",
    says="The squares are summed up and nothing is forgotten, so the steps only get smaller. The lesson keeps a running "
    "mean: alpha of the old one, and 1 - alpha of the new square.",
    section="Dividing by the usual size",
)
class squares_summed(RMSProp):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group, p in with_gradients(self):
            self.state[p]["s"] = self.state[p].get("s", 0.0) + p.grad**2
            p -= group["lr"] * p.grad / (self.state[p]["s"].sqrt() + group["eps"])
        return loss


@misconception(
    "RMSProp",
    says="alpha and 1 - alpha are swapped, so the newest square counts nearly alone. In the lesson alpha is the share of "
    "the old mean square that is kept.",
    section="Dividing by the usual size",
)
class alpha_swapped(RMSProp):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group, p in with_gradients(self):
            state = self.state[p]
            state["s"] = (1 - group["alpha"]) * state.get("s", 0.0) + group["alpha"] * p.grad**2
            p -= group["lr"] * p.grad / (state["s"].sqrt() + group["eps"])
        return loss


@misconception(
    "RMSProp",
    says="Each tensor has a single mean square, over all its elements. The lesson keeps one for every element.",
    section="Dividing by the usual size",
)
class one_size_for_a_whole_tensor(RMSProp):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group, p in with_gradients(self):
            state = self.state[p]
            state["s"] = group["alpha"] * state.get("s", 0.0) + (1 - group["alpha"]) * p.grad.square().mean()
            p -= group["lr"] * p.grad / (state["s"].sqrt() + group["eps"])
        return loss


@misconception(
    "RMSProp",
    says="The gradient is divided by the mean square as it was before this gradient. The lesson updates the mean square "
    "first.",
    section="Dividing by the usual size",
)
class old_mean_square(RMSProp):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group, p in with_gradients(self):
            old = self.state[p].get("s", torch.zeros_like(p))
            self.state[p]["s"] = group["alpha"] * old + (1 - group["alpha"]) * p.grad**2
            p -= group["lr"] * p.grad / (old.sqrt() + group["eps"])
        return loss


# --- bias_correction


@misconception(
    "bias_correction",
    says="The moment is multiplied by 1 - beta**step, which makes it even smaller. The lesson divides by it.",
    section="Correcting the bias",
)
def multiplied(moment, beta, step):
    if step < 1:
        raise ValueError
    return moment * (1 - beta**step)


@misconception(
    "bias_correction",
    says="beta is multiplied by the step. The lesson raises it to the power of the step: beta**step.",
    section="Correcting the bias",
)
def beta_times_step(moment, beta, step):
    if step < 1:
        raise ValueError
    return moment / (1 - beta * step)


@misconception(
    "bias_correction",
    says="The moment is changed in place, so the running mean itself is spoiled for all later steps. The lesson returns a "
    "new tensor.",
    section="Correcting the bias",
)
def corrected_in_place(moment, beta, step):
    if step < 1:
        raise ValueError
    return moment.div_(1 - beta**step)


@misconception(
    "bias_correction",
    says="The moment is divided by 1 - beta at every step. That is right for the first step alone; the lesson divides by "
    "1 - beta**step.",
    section="Correcting the bias",
)
def step_forgotten(moment, beta, step):
    if step < 1:
        raise ValueError
    return moment / (1 - beta)


@misconception(
    "bias_correction",
    says="A step under 1 is let through, which divides by 0 or turns the sign. The lesson counts from 1 and raises a "
    "ValueError for less.",
    section="Correcting the bias",
)
def step_zero_let_through(moment, beta, step):
    share = 1 - beta**step if beta or step >= 0 else 0.0
    return moment / share


@misconception(
    "bias_correction",
    says="Step 0 is let through, which divides by 0. The lesson counts from 1: a ValueError is raised for 0 as well.",
    section="Correcting the bias",
)
def only_negative_steps_refused(moment, beta, step):
    if step < 0:
        raise ValueError
    return moment / (1 - beta**step)


# --- Adam


@misconception(
    "Adam",
    says="The moments are not corrected. They begin at 0, so the lesson divides them by 1 - beta**step before it steps.",
    section="Adam",
)
class correction_missing(Adam):
    def move(self, p, gradient, group):
        mean, square = averaged(self.state[p], gradient, group["betas"])
        p -= group["lr"] * mean / (square.sqrt() + group["eps"])


@misconception(
    "Adam",
    says="One count of steps serves all parameters. In the lesson each parameter counts its own steps: one without a "
    "gradient is not counted.",
    section="What an optimizer remembers",
)
class one_count_for_all(Adam):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        first = self.state[self.param_groups[0]["params"][0]]
        first["calls"] = first.get("calls", 0) + 1
        for group, p in with_gradients(self):
            gradient = p.grad + group["weight_decay"] * p
            mean, square = corrected(self.state[p], gradient, group["betas"], first["calls"])
            p -= group["lr"] * mean / (square.sqrt() + group["eps"])
        return loss


@misconception(
    "Adam",
    says="The count goes up with every parameter that is moved, not with every step. In the lesson each parameter counts "
    "its own steps.",
    section="What an optimizer remembers",
)
class parameters_counted_for_steps(Adam):
    def move(self, p, gradient, group):
        self.count = getattr(self, "count", 0) + 1
        mean, square = corrected(self.state[p], gradient, group["betas"], self.count)
        p -= group["lr"] * mean / (square.sqrt() + group["eps"])


@misconception(
    "Adam",
    says="The count of steps stays at 1, as if it counted epochs. The lesson counts every step, that is, every batch.",
    section="Correcting the bias",
)
class counted_by_epoch(Adam):
    def move(self, p, gradient, group):
        mean, square = corrected(self.state[p], gradient, group["betas"], 1)
        p -= group["lr"] * mean / (square.sqrt() + group["eps"])


@misconception(
    "Adam",
    says="The count of steps is kept in an attribute, so `state_dict` does not know it and a loaded optimizer counts from 1 "
    "again. The lesson keeps it in `self.state[p]`.",
    section="What an optimizer remembers",
)
class count_not_saved(Adam):
    def move(self, p, gradient, group):
        counts = self.__dict__.setdefault("counts", {})
        counts[p] = counts.get(p, 0) + 1
        mean, square = corrected(self.state[p], gradient, group["betas"], counts[p])
        p -= group["lr"] * mean / (square.sqrt() + group["eps"])


@misconception(
    "Adam",
    says="One count of steps, in an attribute of the class, serves all parameters: one without a gradient is counted on, and "
    "`state_dict` does not know the count. In the lesson each parameter counts its own steps, in `self.state[p]`.",
    section="What an optimizer remembers",
)
class one_count_in_an_attribute(Adam):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        self.t = self.__dict__.get("t", 0) + 1
        for group, p in with_gradients(self):
            gradient = p.grad + group["weight_decay"] * p
            mean, square = corrected(self.state[p], gradient, group["betas"], self.t)
            p -= group["lr"] * mean / (square.sqrt() + group["eps"])
        return loss


@misconception(
    "Adam",
    says="The decay is added to `.grad` itself, so the caller finds another gradient there afterwards. The lesson leaves "
    "`.grad` as it is: `p.grad + weight_decay * p` makes a new tensor.",
    section="The parts of an optimizer",
)
class adams_decay_added_in_place(Adam):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group, p in with_gradients(self):
            if group["weight_decay"]:
                p.grad.add_(p, alpha=group["weight_decay"])
            Adam.move(self, p, p.grad, group)
        return loss


@misconception(
    "Adam",
    says="The betas are swapped. The first one belongs to the mean of the gradients, the second one to the mean of their "
    "squares.",
    section="Adam",
)
class betas_swapped(Adam):
    def move(self, p, gradient, group):
        memory = self.state[p]
        memory["step"] = memory.get("step", 0) + 1
        mean, square = corrected(memory, gradient, group["betas"][::-1], memory["step"])
        p -= group["lr"] * mean / (square.sqrt() + group["eps"])


@misconception(
    "Adam",
    says="eps is added inside the root. The lesson adds it to the root of the corrected second moment.",
    section="Adam",
)
class adams_eps_inside_the_root(Adam):
    def move(self, p, gradient, group):
        memory = self.state[p]
        memory["step"] = memory.get("step", 0) + 1
        mean, square = corrected(memory, gradient, group["betas"], memory["step"])
        p -= group["lr"] * mean / (square + group["eps"]).sqrt()


@misconception(
    "Adam",
    says="The decay is taken off the parameter and does not enter the moments: that is AdamW. In the lesson's Adam the "
    "decay joins the gradient.",
    section="Decoupled decay",
)
class adam_with_decoupled_decay(Adam):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group, p in with_gradients(self):
            p -= group["lr"] * group["weight_decay"] * p
            self.move(p, p.grad, group)
        return loss


# --- AdamW


@misconception(
    "AdamW",
    says="The decay is added to the gradient, as in Adam, so the division by the root undoes much of it. The lesson's AdamW "
    "shrinks the parameter itself.",
    section="Decoupled decay",
)
class decay_added_to_the_gradient(AdamW):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group, p in with_gradients(self):
            Adam.move(self, p, p.grad + group["weight_decay"] * p, group)
        return loss


@misconception(
    "AdamW",
    says="The decay is not multiplied by the learning rate. The lesson takes lr * weight_decay * p off.",
    section="Decoupled decay",
)
class decay_not_times_the_rate(AdamW):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group, p in with_gradients(self):
            p -= group["weight_decay"] * p
            Adam.move(self, p, p.grad, group)
        return loss


@misconception(
    "AdamW",
    says="The parameter grows by lr * weight_decay * p. Decay means shrinking: the lesson takes that off.",
    section="Decoupled decay",
)
class decay_that_grows(AdamW):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group, p in with_gradients(self):
            p += group["lr"] * group["weight_decay"] * p
            Adam.move(self, p, p.grad, group)
        return loss


@misconception(
    "AdamW",
    says="The parameter shrinks after Adam's step, so the step shrinks, too. The lesson shrinks it first.",
    section="Decoupled decay",
)
class decay_after_the_step(AdamW):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group, p in with_gradients(self):
            Adam.move(self, p, p.grad, group)
            p -= group["lr"] * group["weight_decay"] * p
        return loss


@misconception(
    "AdamW",
    says="Parameters without a gradient decay as well. The lesson leaves them out of the step altogether.",
    section="The parts of an optimizer",
)
class decay_without_a_gradient(AdamW):
    @torch.no_grad()
    def step(self, closure=None):
        loss = asked(closure)
        for group in self.param_groups:
            for p in group["params"]:
                p -= group["lr"] * group["weight_decay"] * p
        for group, p in with_gradients(self):
            Adam.move(self, p, p.grad, group)
        return loss


@misconception(
    "AdamW",
    says="The decay is 0 unless one is given, as in Adam. AdamW's default is 0.01.",
    section="Decoupled decay",
)
class no_decay_by_default(AdamW):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        AdamW.__init__(self, params, lr, betas, eps, weight_decay)


# --- rosenbrock


@misconception(
    "rosenbrock",
    says="The second bracket is not squared. The lesson has 100 * (y - x²)², so that the floor of the valley is its lowest "
    "place.",
    section="A valley to walk in",
)
def outer_square_lost(p):
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2)


@misconception(
    "rosenbrock",
    says="x is not squared inside the second bracket. The lesson has y - x², so that the valley bends.",
    section="A valley to walk in",
)
def inner_square_lost(p):
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0]) ** 2


@misconception(
    "rosenbrock",
    says="x and y are swapped. The first number of the point is x, the second is y.",
    section="A valley to walk in",
)
def x_and_y_swapped(p):
    return (1 - p[1]) ** 2 + 100 * (p[0] - p[1] ** 2) ** 2


@misconception(
    "rosenbrock",
    says="The point is turned into plain numbers, so no gradient can flow back. The lesson calculates with the tensor "
    "itself.",
    section="A valley to walk in",
)
def detached(p):
    x, y = p.tolist()
    return torch.tensor((1 - x) ** 2 + 100 * (y - x**2) ** 2, dtype=p.dtype, device=p.device)


# --- optimize


def walked(name, p, steps, lr, *, clear=True):
    """Walk p down Rosenbrock's function, and return a list of the points after each step."""
    makers = {
        "sgd": lambda params: SGD(params, lr),
        "momentum": lambda params: SGD(params, lr, momentum=0.9),
        "nesterov": lambda params: SGD(params, lr, momentum=0.9, nesterov=True),
        "rmsprop": lambda params: RMSProp(params, lr),
        "adam": lambda params: Adam(params, lr),
        "adamw": lambda params: AdamW(params, lr),
    }
    if name not in makers:
        raise ValueError(name)
    optimizer, path = makers[name]([p]), []
    for _ in range(steps):
        if clear:
            optimizer.zero_grad()
        rosenbrock(p).backward()
        optimizer.step()
        path.append(p.detach().clone())
    return path


@misconception(
    "optimize",
    says="The start is missing: the path begins after the first step. The lesson's row 0 is the start, so that there are "
    "steps + 1 rows.",
    section="Walking the valley",
)
def start_missing(name, start, steps, lr):
    path = walked(name, start.detach().clone().requires_grad_(), steps, lr)
    return torch.stack(path) if path else start.new_zeros(0, 2)


@misconception(
    "optimize",
    says="All rows are the last point. What was noted is the one tensor that the optimizer moves; the lesson notes a copy, "
    "`p.detach().clone()`.",
    section="Walking the valley",
)
def rows_are_aliases(name, start, steps, lr):
    p = start.detach().clone().requires_grad_()
    path = walked(name, p, steps, lr)
    return torch.stack([p.detach()] * (len(path) + 1))


@misconception(
    "optimize",
    says="The walk moves `start` itself, which belongs to the caller. The lesson walks with a copy.",
    section="Walking the valley",
)
def start_moved(name, start, steps, lr):
    first = start.detach().clone()
    return torch.stack([first, *walked(name, start.detach().requires_grad_(), steps, lr)])


@misconception(
    "optimize",
    says="The gradients are not cleared, so each step uses the sum of all gradients so far. The lesson calls `zero_grad` "
    "before every `backward`.",
    section="Walking the valley",
)
def never_zeroed(name, start, steps, lr):
    p = start.detach().clone().requires_grad_()
    return torch.stack([start.detach().clone(), *walked(name, p, steps, lr, clear=False)])


@misconception(
    "optimize",
    says='"momentum" and "nesterov" walk the same path. With "nesterov" the lesson has `nesterov=True`, beside the momentum '
    "of 0.9.",
    section="Walking the valley",
)
def nesterov_is_momentum(name, start, steps, lr):
    p = start.detach().clone().requires_grad_()
    name = "momentum" if name == "nesterov" else name
    return torch.stack([start.detach().clone(), *walked(name, p, steps, lr)])


@misconception(
    "optimize",
    says="Any other name walks as plain gradient descent. The lesson raises a ValueError for a name that it does not know.",
    section="Walking the valley",
)
def unknown_names_are_sgd(name, start, steps, lr):
    known = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw")
    p = start.detach().clone().requires_grad_()
    return torch.stack([start.detach().clone(), *walked(name if name in known else "sgd", p, steps, lr)])


@misconception(
    "optimize",
    says="The walk ends before all its steps are made, where the height has become small. The lesson makes `steps` steps, "
    "however low the walk has come.",
    section="Walking the valley",
)
def ends_when_it_is_low(name, start, steps, lr):
    p = start.detach().clone().requires_grad_()
    path = torch.stack([start.detach().clone(), *walked(name, p, steps, lr)])
    low = [row for row, point in enumerate(path[1:], start=1) if float(rosenbrock(point)) < 1e-6]
    return path[: low[0] + 1] if low else path


# --- plot_paths


def contoured(levels):
    """Return a new figure with contours, and its axes."""
    fig, ax = plt.subplots()
    X, Y = torch.meshgrid(torch.linspace(-2, 2, 120), torch.linspace(-1, 3, 120), indexing="xy")
    ax.contour(X, Y, (1 - X) ** 2 + 100 * (Y - X**2) ** 2, levels=levels)
    ax.set(xlabel="x", ylabel="y")
    return fig, ax


LOGARITHMIC = [0.1, 1, 10, 100, 1000, 10000]


@misconception(
    "plot_paths",
    says="There is no legend. The lesson gives each line its name as a label and calls `legend()`.",
    section="Drawing the walks",
)
def no_legend(paths):
    fig, ax = contoured(LOGARITHMIC)
    for name, path in paths.items():
        ax.plot(*path.cpu().T, label=name)
    ax.plot(1, 1, "k*")
    return fig


@misconception(
    "plot_paths",
    says="The paths are mirrored: y runs to the right. Column 0 of a path is x and goes along the x-axis.",
    section="Drawing the walks",
)
def paths_mirrored(paths):
    fig, ax = contoured(LOGARITHMIC)
    for name, path in paths.items():
        ax.plot(*path.cpu().flip(1).T, label=name)
    ax.plot(1, 1, "k*")
    ax.legend()
    return fig


@misconception(
    "plot_paths",
    says="The minimum is not marked. The lesson puts a marker at (1, 1), so that one sees how far each walk still is.",
    section="Drawing the walks",
)
def minimum_absent(paths):
    fig, ax = contoured(LOGARITHMIC)
    for name, path in paths.items():
        ax.plot(*path.cpu().T, label=name)
    ax.legend()
    return fig


@misconception(
    "plot_paths",
    says="The levels are evenly spaced, so the whole valley lies inside the lowest one. The lesson's levels are logarithmic: "
    "each is the same multiple of the one before.",
    section="Drawing the walks",
)
def evenly_spaced_levels(paths):
    fig, ax = contoured(torch.linspace(0.5, 2500, 12).tolist())
    for name, path in paths.items():
        ax.plot(*path.cpu().T, label=name)
    ax.plot(1, 1, "k*")
    ax.legend()
    return fig


@misconception(
    "plot_paths",
    says='The contours are mirrored: with `indexing="ij"` the grid\'s rows are x, and the heights are turned against it. '
    "Evaluate the function on the very grids that you hand to `contour`.",
    section="Drawing the walks",
)
def contours_mirrored(paths):
    fig, ax = plt.subplots()
    x, y = torch.linspace(-2, 2, 120), torch.linspace(-1, 3, 120)
    X, Y = torch.meshgrid(x, y, indexing="ij")
    ax.contour(x, y, (1 - X) ** 2 + 100 * (Y - X**2) ** 2, levels=LOGARITHMIC)
    ax.set(xlabel="x", ylabel="y")
    for name, path in paths.items():
        ax.plot(*path.cpu().T, label=name)
    ax.plot(1, 1, "k*")
    ax.legend()
    return fig


@misconception(
    "plot_paths",
    says="`plt.show()` is called inside. The lesson returns the figure and leaves showing to whoever called.",
    section="Drawing the walks",
)
def shown_inside(paths):
    fig, ax = contoured(LOGARITHMIC)
    for name, path in paths.items():
        ax.plot(*path.cpu().T, label=name)
    ax.plot(1, 1, "k*")
    ax.legend()
    plt.show()
    return fig
