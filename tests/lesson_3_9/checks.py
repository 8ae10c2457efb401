"""The checks of lesson 3.9: what must hold after training, random choices, the quiz. Each returns None, or a sentence.

What a result must follow from (rows, labels, what goes into a head) is taken from the reference's run.
"""

import torch
from torch.nn import functional

from autograder.grading.equality import close, difference, same

# --- replace_head


def a_new_head(student, reference):
    """The output is the new head's, of what the body gives; the head is of the wanted form; the model itself comes back."""
    for name in ("in_features and out_features", "requires_grad"):
        problem = difference(student[name], reference[name], name)
        if problem:
            return problem
    head, output = student["head"], student["output"]
    if list(head) != ["weight", "bias"]:
        return "The new head should have a weight and a bias."
    for name, wanted in reference["head"].items():
        if head[name].shape != wanted.shape or head[name].dtype != wanted.dtype:
            return f"The new head's {name} should have an entry for each class, and the dtype of the old head."
    wanted = functional.linear(reference["into the head"], head["weight"], head["bias"])
    if not close(output, wanted):
        return "The model's output should be what the new head makes of what the old one would have been given."
    if not same(student["written to"]["returned"], student["written to"]["given"]):
        return "What comes back should be the model that was given, and not a copy of it."
    return None


def fresh_every_time(student, reference):
    """Two heads differ; their weights have the bound and the deviation of a fresh linear layer.

    3,200 uniform draws or more from ±1/√n have the deviation 1/√(3n), known to about one per cent.
    """
    weights = list(student.values())
    shape = next(iter(reference.values())).shape
    if any(weight.shape != shape for weight in weights):
        return "The new head's weight should have a row for each class and a column for each input of the old head."
    if any(bool((weight == 5.0).all()) for weight in weights):
        return "The new head has weights of the old one: make a fresh linear layer."
    if same(*weights):
        return "Two new heads have the same weights: draw fresh ones each time."
    bound = shape[1] ** -0.5
    for weight in weights:
        if not float(weight.abs().max()) <= 1.001 * bound or not 0.5 * bound < float(weight.std()) < 0.65 * bound:
            return "The weights are not those of a fresh linear layer: let `nn.Linear` draw them."
    return None


# --- fine_tune

NO_HEAD = (
    "The new head should be a linear layer with a bias, with the inputs of the old one and an output for each class."
)
NO_LOGITS = "The fine-tuned model should give a column of logits for each class."


def beats_scratch(student, reference):
    """The reference's accuracy is about 1.0; networks from scratch have 0.82 on average, so the bound is 0.1 above or so."""
    logits, y = student["logits"], reference["y"]
    if not _like(logits, reference["logits"]):
        return NO_LOGITS
    accuracy = float((logits.argmax(dim=1) == y).float().mean())
    best = float((reference["logits"].argmax(dim=1) == y).float().mean())
    if accuracy < best - 0.1:
        return (
            f"With few labels it is right on {accuracy:.1%} of new rows; with what the backbone knows already, "
            f"{best:.1%} can be had."
        )
    return None


def loss_falls(student, reference):
    """The loss of the trained head is under 0.9 of the fresh one's; correct solutions are under 0.7, whatever their fresh head."""
    losses = []
    for name in ("fresh", "trained"):
        if not _like(student[name], reference[name]):
            return NO_LOGITS
        losses.append(functional.cross_entropy(student[name], reference["y"]))
    fresh, trained = losses
    if not bool(fresh.isfinite() & trained.isfinite()):
        return "The loss should be a finite number."
    if bool(trained > 0.9 * fresh):
        return "After 60 epochs the loss on the rows it learned from has hardly fallen: the head should learn."
    return None


def one_step_of_adam(student, reference):
    """From the fresh head on, own steps of Adam and the student's end at the same weights."""
    heads, features, y = student["heads"], reference["features"], reference["y"]
    if not all(_is_a_head(heads[name], wanted) for name, wanted in reference["heads"].items()):
        return NO_HEAD
    if same(heads["after 0 epochs"], heads["after 3 epochs"]):
        return "After 3 epochs the head is what it was before them: it is never trained."
    for epochs in (1, 3):
        own = [part.clone().requires_grad_() for part in heads["after 0 epochs"]]
        optimizer = torch.optim.Adam(own, lr=0.05)
        for _ in range(epochs):
            loss = functional.cross_entropy(functional.linear(features, *own), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if not close(heads[f"after {epochs} epochs"], [part.detach() for part in own], atol=1e-6):
            return "An epoch should be one step of Adam with the given learning rate on the mean cross-entropy of all rows."
    return None


def the_seed_decides(student, reference):
    """The same seed gives the same head, another one another, and the global random state stays."""
    for name, wanted in reference["models"].items():
        came = student["models"][name]
        if not _is_a_head(came["head"], wanted["head"]):
            return NO_HEAD
        if not _from_the_backbone(came, reference["features"]):
            return "The copy's backbone should give what the pretrained model's gives."
    models = student["models"]
    if not same(models["one seed"]["head"], models["the same seed again"]["head"]):
        return "With the same seed the new head should be the same again, whatever the global random state is."
    if same(models["one seed"]["head"], models["another seed"]["head"]):
        return "Another seed should give another head."
    for name, wanted in reference["models"].items():
        if not same(models[name]["the global random state"], wanted["the global random state"]):
            return "It changed the global random state: put it back where it was."
    return None


def learned_one_row(student, reference):
    """The single row gets its own class."""
    if not _like(student["logits"], reference["logits"]):
        return NO_LOGITS
    if not _is_a_head(student["head"], reference["head"]):
        return NO_HEAD
    if not _from_the_backbone(student, reference["features"]):
        return "The copy's backbone should give what the pretrained model's gives, also for a single row."
    if int(student["logits"].argmax()) != int(reference["y"]):
        return "After 30 epochs on a single row the model should give this row its class."
    return None


def _like(value, wanted):
    return isinstance(value, torch.Tensor) and value.shape == wanted.shape and value.dtype == wanted.dtype


def _is_a_head(values, wanted):
    """Return whether the parameters of a head are a weight and a bias of the wanted form."""
    return len(values) == len(wanted) and all(_like(value, other) for value, other in zip(values, wanted, strict=True))


def _from_the_backbone(came, features):
    """Return whether the logits are what the head makes of the pretrained features."""
    return close(came["logits"], functional.linear(features, *came["head"]))


# --- Autoencoder


def forward_decodes_the_code(student, reference):
    """In each mode the model's output is the decoded code."""
    for name in reference["modes"]:
        came = student["modes"][name]
        if not _learned(came["rebuilt"], reference["x"]):
            return NOT_LEARNED
        if not close(came["forward"], came["rebuilt"], rtol=1e-5, atol=1e-6):
            return "Calling the model should give what `decode` makes of the code, and nothing else, in both modes."
    return None


def each_row_for_itself(student, reference):
    """A row alone has the code, and a code alone the rebuilt values, that it has among others."""
    if not _learned(student["rebuilt"], reference["x"]):
        return NOT_LEARNED
    if not close(student["the code of one row"], student["codes"][2:3], rtol=1e-5, atol=1e-5):
        return "The code of a row should be the same whether other rows are there or not."
    if not close(student["rebuilt of one code"], student["rebuilt"][4:5], rtol=1e-5, atol=1e-5):
        return "What is rebuilt from a code should be the same whether other codes are there or not."
    return None


def no_parameters_are_shared(student, reference):
    """No parameter has a gradient from both, and both have some."""
    if not _learned(student["rebuilt"], reference["x"]):
        return NOT_LEARNED
    of_encode, of_decode = student["gradients"]["encode"], student["gradients"]["decode"]
    if any(one is not None and other is not None for one, other in zip(of_encode, of_decode, strict=True)):
        return "`encode` and `decode` should share no parameters."
    if not all(any(part is not None for part in gradients) for gradients in (of_encode, of_decode)):
        return "`encode` and `decode` should each have parameters."
    return None


def beats_the_mean(student, reference):
    """The error is under half of that of the mean; the reference's is under 0.1."""
    x = reference["x"]
    if not _like(student["code"], reference["code"]):
        return "The code should have `code_dim` numbers for each row."
    if not _like(student["rebuilt"], x):
        return "What is rebuilt should have the shape of the input."
    error = float((student["rebuilt"] - x).square().mean() / (x - x.mean(dim=0)).square().mean())
    if not error < 0.5:
        return (
            f"After training, the squared error is {error:.2f} times that of always predicting the mean; it should be "
            "under half of it."
        )
    return None


def far_from_zero(student, reference):
    """After training each rebuilt value is within 2 of its target, which lies 4 or more from 0."""
    decoded, target = student["decoded"], reference["target"]
    if _like(decoded, target) and bool(((decoded - target).abs() < 2).all()):
        return None
    return "After training, rebuilt values should reach targets of either sign far from 0: let `decode` end in a linear layer."


NOT_LEARNED = (
    "After a short training on some rows, what is decoded from their codes should be somewhere near these rows."
)


def _learned(rebuilt, x):
    """Return whether the rebuilt rows are nearer to the rows than half of what their own columns' means differ by."""
    return _like(rebuilt, x) and bool((rebuilt - x).square().mean() < 0.5 * (x - x.mean()).square().mean())


# --- Trainer


def two_lists_of_floats(student, reference):
    """A history has two lists with a float for each epoch; the first loss is that of the untrained model."""
    for fit, wanted in reference.items():
        history = student[fit]
        if not isinstance(history, dict) or history.keys() != wanted.keys():
            return 'fit should return a dictionary with two lists, under "train" and "validation".'
        for losses in history.values():
            if not isinstance(losses, list) or not all(type(loss) is float for loss in losses):
                return "The history should hold two lists of Python floats."
            if len(losses) != len(wanted["train"]):
                return "Each list of the history should have one loss for each epoch of its own fit."
    fit = next(iter(reference))
    if not close(student[fit]["train"][0], reference[fit]["train"][0]):
        return (
            "With all rows in one batch, the first training loss should be that of the model before the first update."
        )
    return None


def digits_are_learned(student, reference):
    """More than 95 per cent of the test images are right; the reference has about 97."""
    if not _like(student["logits"], reference["logits"]):
        return "After a fit the model should still give a logit for each class."
    accuracy = float((student["logits"].argmax(dim=1) == reference["y"]).float().mean())
    if not accuracy > 0.95:
        return f"Of the test images {accuracy:.1%} are right; the loop should reach more than 95 %."
    return None


# --- quiz

# Where to read again, for each question.
_SECTIONS = {
    1: '"Momentum", lesson 3.1',
    2: '"Correcting the bias", lesson 3.1',
    3: '"Warm up first", lesson 3.2',
    4: '"Kaiming", lesson 3.3',
    5: '"Clipping the gradient", lesson 3.4',
    6: '"The mean of the gradients", lesson 3.5',
    7: '"A diagnosis in one word", lesson 3.6',
    8: '"Keeping the best state", lesson 3.7',
    9: '"Counting operations", lesson 3.8',
    10: '"Freezing the backbone", lesson 3.9',
}
# What is wrong with an option, for each question and letter that is not right.
_WRONG = {
    "1A": "Momentum remembers: the velocity still has 0.9 of the first gradient in it.",
    "1B": "The factor 0.9 belongs to the old velocity, and the new gradient is added whole: 0.9 · 2 + 1.",
    "1D": "Older gradients fade: each step multiplies what is left of them by 0.9.",
    "2B": "The moment is too small already, for it began at 0: it is divided by 1 - 0.9, not multiplied.",
    "2C": "The bias here is a statistician's word for a value that is too small on average; it has nothing to do with a "
    "layer's bias.",
    "2D": "It is strongest in the first step, where the moment has had the least time to grow.",
    "3A": "A learning rate of 0 would waste the first step. The warm-up is lr · (step + 1) / warmup.",
    "3B": "0.8 is the learning rate at the end of the warm-up; at step 0 it has come a quarter of the way.",
    "3C": "For 0.16, the 4 steps were cut into 5 parts: it is 0.8 · 1 / 4.",
    "4A": "That is the variance. The standard deviation is its square root.",
    "4C": "The ReLU lets through half of the signal's power, and the factor of 2 makes up for it.",
    "4D": "The more inputs there are, the smaller the weights must be, not the larger.",
    "5B": "That clips each tensor by itself, and turns the direction of the step. The global norm is one number for "
    "all.",
    "5C": "Norms are not added: the global norm is the root of 9 + 16.",
    "5D": "That clips by value, which is something else. The norm scales all elements alike.",
    "6A": "That would be right for shards of the same size. A row of the smaller shard would count for more than one of "
    "the larger.",
    "6B": "The sum is twice as long as the mean, or so: the loss of the whole batch is a mean over its 5 rows.",
    "6D": "The weights are swapped: who has more rows has more to say.",
    "7A": "If training diverged, the training loss would rise, too.",
    "7C": "On a plateau the training loss hardly moves; here it falls.",
    "7D": "The training loss says how well the model knows what it has seen. What counts is how it does on new samples.",
    "8A": "It does hold the weights: the very tensors that the model trains.",
    "8B": "It works at any time; but what is loaded here is what the model has already.",
    "8C": "The optimizer has no part in which weights the model has at the end.",
    "9A": "That counts 2 operations a parameter and token: the forward pass alone. The backward pass takes twice as "
    "many again, 6 in all.",
    "9C": "That is parameters times tokens; each pair takes about 6 operations.",
    "9D": "That is parameters plus tokens; every token meets every parameter, so they are multiplied.",
    "10A": "An optimizer moves no parameter whose gradient is None, and those that require no gradients have none.",
    "10B": "Gradients are kept only where they are required, so there the backbone has none.",
    "10D": "Dropout changes no weights; it only hides outputs, and in evaluation mode not even those.",
}


def answer(student, reference):
    """Return what is wrong with the option that was chosen; never which one is right."""
    number, answers = reference["question"], student["answers"]
    if not isinstance(answers, dict):
        return "quiz should return a dictionary, from the number of each question to a letter."
    given = answers.get(number)
    if given is None and str(number) in answers:
        return f'Question {number} has no answer under the int {number}; the numbers are ints and not texts such as "{number}".'
    if 0 in answers:
        return f"Question {number}: the questions are counted from 1 to 10, and your dictionary starts with a 0."
    if given is None:
        return f"Question {number} has no answer yet. A guess costs nothing."
    letter = given.strip().upper() if isinstance(given, str) else ""
    if letter not in ("A", "B", "C", "D"):
        return f'Question {number} should be answered by one letter: "A", "B", "C" or "D".'
    if letter == reference["answers"][number]:
        return None
    return f"Question {number}, your answer {letter}: {_WRONG[f'{number}{letter}']} Read {_SECTIONS[number]}."
