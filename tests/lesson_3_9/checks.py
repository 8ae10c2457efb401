"""The checks of lesson 3.9: what must hold after training, random choices, the quiz. Each returns None, or a sentence."""

import math

# --- replace_head


def fresh_every_time(student, reference):
    """Two heads differ; their weights have the bound and the deviation of a fresh linear layer with 100 inputs.

    4,000 uniform draws from ±0.1 have the deviation 0.0577, known to about one per cent.
    """
    if student["shape"] != reference["shape"]:
        return "The new head's weight should have a row for each class and a column for each input of the old head."
    if student["same"]:
        return "Two new heads have the same weights: draw fresh ones each time."
    if not student["largest"] <= 0.1001 or not 0.05 < student["deviation"] < 0.065:
        return "The weights are not those of a fresh linear layer: let `nn.Linear` draw them."
    return None


# --- fine_tune


def beats_scratch(student, reference):
    """The reference's accuracy is about 1.0; networks from scratch have 0.82 on average, so the bound is 0.1 above or so."""
    if student["classes"] != reference["classes"]:
        return "The fine-tuned model should give a column of logits for each class."
    wanted = reference["accuracy"] - 0.1
    if student["accuracy"] < wanted:
        return (
            f"With 20 labels it is right on {student['accuracy']:.0%} of new rows; on what the backbone knows already, more than "
            f"{wanted:.0%} can be had."
        )
    return None


def loss_falls(student, reference):
    """The loss of the trained head is under 0.9 of the fresh one's; correct solutions are under 0.7, whatever their fresh head."""
    fresh, trained = student
    if not (math.isfinite(fresh) and math.isfinite(trained)):
        return "The loss should be a finite number."
    if trained > 0.9 * fresh:
        return "After 60 epochs the loss on the rows it learned from has hardly fallen: the head should learn."
    return None


def one_step_of_adam(student, reference):
    """From the fresh head on, own steps and the student's end at the same weights."""
    if len(student) != len(reference):
        return "The head should have a weight and a bias."
    if max(student) > 1e-6:
        return "An epoch should be one step of Adam with the given rate on the mean cross-entropy of all rows."
    return None


# --- Autoencoder


def beats_the_mean(student, reference):
    """The error is under half of that of the mean; the reference's is under 0.1."""
    if student["code"] != reference["code"]:
        return "The code should have `code_dim` numbers for each row."
    if not student["error"] < 0.5:
        return (
            f"After training, the squared error is {student['error']:.2f} times that of always predicting the mean; it should be "
            "under half of it."
        )
    return None


# --- Trainer


def digits_are_learned(student, reference):
    """More than 95 per cent of the test images are right; the reference has about 97."""
    if not student["accuracy"] > 0.95:
        return f"Of the test images {student['accuracy']:.1%} are right; the loop should reach more than 95 %."
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
    "3A": "A rate of 0 would waste the first step. The warm-up is lr · (step + 1) / warmup.",
    "3B": "0.8 is the rate at the end of the warm-up; at step 0 it has come a quarter of the way.",
    "3C": "For 0.16, the 4 steps were cut into 5 parts: it is 0.8 · 1 / 4.",
    "4A": "That is the variance. The deviation is its square root.",
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
    number = reference["question"]
    if not student["dictionary"]:
        return "quiz should return a dictionary, from the number of each question to a letter."
    given = student["answer"]
    if given is None and student["texts for numbers"]:
        return f'Question {number} has no answer under the int {number}; the numbers are ints and not texts such as "{number}".'
    if student["counted from 0"]:
        return f"Question {number}: the questions are counted from 1 to 10, and your dictionary starts with a 0."
    if given is None:
        return f"Question {number} has no answer yet. A guess costs nothing."
    letter = given.strip().upper() if isinstance(given, str) else ""
    if letter not in ("A", "B", "C", "D"):
        return f'Question {number} should be answered by one letter: "A", "B", "C" or "D".'
    if letter == reference["answer"]:
        return None
    return f"Question {number}, your answer {letter}: {_WRONG[f'{number}{letter}']} Read {_SECTIONS[number]}."
