"""The checks of lesson 3.5: what graphs keep, and what mixed precision leaves alone. Each returns None, or a sentence."""

from autograder.grading.equality import close, same

# --- accumulate_gradients


def one_graph_at_a_time(student, reference):
    """Each batch went in alone; as the last one did, the graphs of those before had been used."""
    if not same(student["rows in each call"], reference["rows in each call"]):
        return "The batches should go through the model one after the other, each of them once."
    last = student["what graphs kept, as each batch goes in"][-1]
    if last["kept so far"] - last["used so far"] < last["kept so far"] / 2:
        return None
    return "Graphs are waiting as the last batch goes in: back-propagate each batch before the next one."


# --- autocast_step

# A step with the rate of these scenarios moves no weight by as much; any two models lie further apart.
NEAR = 0.1


def asked_for_the_device(student, reference):
    """Autocast was asked for X's kind of device alone, in a step of the model that was given."""
    what = "devices that autocast was asked for"
    for name in (what, f"{what} with X on another one"):
        if not same(student[name], reference[name]):
            return "Autocast should be switched on for the kind of device that X lives on, `X.device.type`, and for no other."
    if close(student["weights"], reference["weights"], atol=NEAR):
        return None
    return "The step should be made with the model that was given."


def weights_stay_float32(student, reference):
    """Weights and gradients are float32; the parameters are those that there were, and have moved."""
    for name in ("weights", "gradients"):
        for tensor, wanted in zip(student[name], reference[name], strict=True):
            if tensor is None:
                return "A parameter has no gradient after the step."
            if tensor.dtype != wanted.dtype:
                return f"The {name} should be float32 after the step: the model itself is not converted."
    if not close(student["weights"], reference["weights"], atol=NEAR):
        return "The step should be made with the model that was given."
    if not same(student["the parameters that there were before"], student["weights"]):
        return "The model has other parameters than before: let the optimizer change those that there are."
    if not same(student["requires_grad"], reference["requires_grad"]):
        return "It changed which parameters require gradients."
    if same(student["weights"], reference["weights before"]):
        return "The weights should move in the step."
    return None
