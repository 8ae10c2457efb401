"""Wrong solutions of lesson 1.1 that students really hand in. Each is laid over the reference, one at a time."""

from autograder.worker.misconception import misconception
from solutions.lesson_1_1.exercises import gradients, loss, predict, update

PREDICTION = "The prediction"
LOSS = "The loss"
UPHILL = "Which way is uphill?"
STEP = "One step downhill"
LOOP = "Again and again"
MISTAKES = "The usual mistakes"


@misconception(
    "predict",
    says="The bias is left out: w * x comes back. The lesson's model is w * x + b.",
    section=PREDICTION,
)
def bias_left_out(x, w, b):
    return w * x


@misconception(
    "predict",
    says="The bias is multiplied. It is added: the model is w * x + b.",
    section=PREDICTION,
)
def multiplied_by_b(x, w, b):
    return w * x * b


@misconception(
    "predict",
    says="Weight and bias have changed places: this is b * x + w. The weight w is multiplied by x, the bias b is added.",
    section=PREDICTION,
)
def weight_and_bias_swapped(x, w, b):
    return b * x + w


@misconception(
    "predict",
    says="The predictions are added up into one number. There is one prediction for each input, so keep the shape of x.",
    section=PREDICTION,
)
def predictions_added_up(x, w, b):
    return (w * x + b).sum()


@misconception(
    "loss",
    says="This is the sum of the squared errors. The lesson takes their mean: divide the sum by N.",
    section=LOSS,
)
def sum_for_mean(y, y_hat):
    return ((y_hat - y) ** 2).sum()


@misconception(
    "loss",
    says="These are absolute errors. The lesson squares each error, so that an error of 3 counts 9.",
    section=LOSS,
)
def absolute_error(y, y_hat):
    return (y_hat - y).abs().mean()


@misconception(
    "loss",
    says="The loss is halved. Some books put ½ in front to make the derivative shorter; this lesson does not.",
    section=LOSS,
)
def halved(y, y_hat):
    return ((y_hat - y) ** 2).mean() / 2


@misconception(
    "loss",
    says="A square root is taken at the end. The loss is the mean of the squares itself.",
    section=LOSS,
)
def root_of_the_mean(y, y_hat):
    return ((y_hat - y) ** 2).mean().sqrt()


@misconception(
    "loss",
    says="The errors are averaged before they are squared, so that too high and too low cancel. "
    "Square each error first, then take the mean.",
    section=LOSS,
)
def averaged_before_squaring(y, y_hat):
    return (y_hat - y).mean() ** 2


@misconception(
    "loss",
    says="A Python float comes back, perhaps because of `.item()` or `float()`. The loss should stay a 0-D tensor.",
    section="Tensors: numbers in boxes",
)
def python_float_returned(y, y_hat):
    return ((y_hat - y) ** 2).mean().item()


@misconception(
    "gradients",
    says="Both derivatives have the wrong sign, as if the error were target minus prediction. "
    "With error = y_hat - y, they are the means of 2 * error * x and of 2 * error.",
    section=UPHILL,
)
def sign_flipped(x, y, w, b):
    errors = y - predict(x, w, b)
    return 2 * (errors * x).mean(), 2 * errors.mean()


@misconception(
    "gradients",
    says="The factor 2 is missing. It comes from the square: the derivative of e² is 2e.",
    section=UPHILL,
)
def factor_two_lost(x, y, w, b):
    errors = predict(x, w, b) - y
    return (errors * x).mean(), errors.mean()


@misconception(
    "gradients",
    says="dw is right, but db is a sum. The loss is a mean, so both derivatives are means: divide by N in both.",
    section=UPHILL,
)
def mean_lost_in_db(x, y, w, b):
    errors = predict(x, w, b) - y
    return 2 * (errors * x).mean(), 2 * errors.sum()


@misconception(
    "gradients",
    says="Both derivatives are sums. The loss is a mean over the samples, so divide by N in both.",
    section=UPHILL,
)
def mean_lost_in_both(x, y, w, b):
    errors = predict(x, w, b) - y
    return 2 * (errors * x).sum(), 2 * errors.sum()


@misconception(
    "gradients",
    says="x is missing in dw. When w moves, a prediction moves x times as far, so each error is multiplied by its x "
    "before the mean.",
    section=UPHILL,
)
def x_forgotten_in_dw(x, y, w, b):
    errors = predict(x, w, b) - y
    return 2 * errors.mean(), 2 * errors.mean()


@misconception(
    "gradients",
    says="For dw, the mean of the errors is multiplied by the mean of x. Multiply each error by its own x first, "
    "and take the mean of these products.",
    section=UPHILL,
)
def means_multiplied(x, y, w, b):
    errors = predict(x, w, b) - y
    return 2 * errors.mean() * x.mean(), 2 * errors.mean()


@misconception(
    "gradients",
    says="The two derivatives come back in the wrong order. The derivative with respect to w is the first.",
    section=UPHILL,
)
def db_first(x, y, w, b):
    errors = predict(x, w, b) - y
    return 2 * errors.mean(), 2 * (errors * x).mean()


@misconception(
    "gradients",
    says="The derivatives are estimated by nudging w and b, which loses digits to rounding. "
    "Work out the formulas instead: they need no nudge.",
    section="Why not simply nudge?",
)
def nudged(x, y, w, b):
    h = 1e-3

    def cost(w, b):
        return loss(y, predict(x, w, b))

    return (cost(w + h, b) - cost(w - h, b)) / (2 * h), (cost(w, b + h) - cost(w, b - h)) / (2 * h)


@misconception(
    "update",
    says="The step goes uphill. The gradient points to where the loss grows, so subtract lr times the gradient.",
    section=STEP,
)
def ascent(param, grad, lr):
    return param + lr * grad


@misconception(
    "update",
    says="`param` itself is changed in place (by `-=`, for example). Make a new tensor: param - lr * grad.",
    section=MISTAKES,
)
def changed_in_place(param, grad, lr):
    param -= lr * grad
    return param


@misconception(
    "update",
    says="The learning rate is not used: the whole gradient is subtracted. Multiply it by lr first.",
    section=STEP,
)
def learning_rate_forgotten(param, grad, lr):
    return param - grad


@misconception(
    "update",
    says="Only the step comes back. The result is where the parameter lands: param minus the step.",
    section=STEP,
)
def step_alone_returned(param, grad, lr):
    return -lr * grad


@misconception(
    "training_loop",
    says="Each loss is taken after its step, so the loss of the start is missing. Write the loss down, then step.",
    section=LOOP,
)
def loss_after_the_step(x, y, w, b, lr, steps):
    history = []
    for _ in range(steps):
        dw, db = gradients(x, y, w, b)
        w, b = update(w, dw, lr), update(b, db, lr)
        history.append(loss(y, predict(x, w, b)).item())
    return w, b, history


@misconception(
    "training_loop",
    says="w moves first, and the derivative for b is taken at the new w. Both belong to the place where the step began: "
    "find both, then move both.",
    section=MISTAKES,
)
def b_moved_with_the_new_w(x, y, w, b, lr, steps):
    history = []
    for _ in range(steps):
        history.append(loss(y, predict(x, w, b)).item())
        w = update(w, gradients(x, y, w, b)[0], lr)
        b = update(b, gradients(x, y, w, b)[1], lr)
    return w, b, history


@misconception(
    "training_loop",
    says="The history has one loss too many: the one after the last step. It has one loss for each step, taken before it.",
    section=LOOP,
)
def history_off_by_one(x, y, w, b, lr, steps):
    history = [loss(y, predict(x, w, b)).item()]
    for _ in range(steps):
        dw, db = gradients(x, y, w, b)
        w, b = update(w, dw, lr), update(b, db, lr)
        history.append(loss(y, predict(x, w, b)).item())
    return w, b, history


@misconception(
    "training_loop",
    says="One step too few is made: the loop should go round `steps` times, and range(1, steps) has only steps - 1 numbers.",
    section=LOOP,
)
def one_step_too_few(x, y, w, b, lr, steps):
    history = []
    for _ in range(1, steps):
        history.append(loss(y, predict(x, w, b)).item())
        dw, db = gradients(x, y, w, b)
        w, b = update(w, dw, lr), update(b, db, lr)
    return w, b, history


@misconception(
    "training_loop",
    says="The derivatives are found once, before the loop. They change with every step, so find them anew each time.",
    section=LOOP,
)
def gradients_found_once(x, y, w, b, lr, steps):
    dw, db = gradients(x, y, w, b)
    history = []
    for _ in range(steps):
        history.append(loss(y, predict(x, w, b)).item())
        w, b = update(w, dw, lr), update(b, db, lr)
    return w, b, history


@misconception(
    "training_loop",
    says="The loop stops as soon as the loss no longer falls. In this lesson it makes all its steps, whatever the loss does.",
    section=LOOP,
)
def stopped_early(x, y, w, b, lr, steps):
    history = []
    for _ in range(steps):
        now = loss(y, predict(x, w, b)).item()
        if history and now >= history[-1]:
            break
        history.append(now)
        dw, db = gradients(x, y, w, b)
        w, b = update(w, dw, lr), update(b, db, lr)
    return w, b, history


@misconception(
    "training_loop",
    says="The w and b of the caller are changed in place (by `-=`, for example). Give the name a new tensor instead: "
    "w = w - lr * dw.",
    section=MISTAKES,
)
def start_changed_in_place(x, y, w, b, lr, steps):
    history = []
    for _ in range(steps):
        history.append(loss(y, predict(x, w, b)).item())
        dw, db = gradients(x, y, w, b)
        w -= lr * dw
        b -= lr * db
    return w, b, history
