"""The checks of lesson 1.2: what the message of a refusal says. Each returns None, or the sentence for the student."""


def both_shapes_are_named(student, reference):
    """Every refusal is a ValueError whose message has both shapes, each as a tuple or as a list."""
    for case, wanted in reference.items():
        came = student[case]["raised"]
        if not came["raised"]:
            return f"`{case}`: two unequal shapes should be refused with a ValueError."
        if not all(str(shape) in came["message"] or str(list(shape)) in came["message"] for shape in wanted["shapes"]):
            return "The message of the ValueError does not name both shapes."
    return None
