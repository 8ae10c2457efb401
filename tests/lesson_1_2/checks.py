"""The checks of lesson 1.2: what became of unequal shapes. Each returns None, or the sentence for the student."""


def unequal_shapes_are_refused(student, reference):
    """Every pair of unequal shapes raised a ValueError."""
    if len(student) != len(reference):
        return "What came back is not of the form that was asked for."
    for happened in student:
        if happened["raised"] is True:
            continue
        if happened["instead"] is None:
            return "Two unequal shapes were not refused; a ValueError was wanted."
        return "Two unequal shapes raised another error than a ValueError."
    return None


def both_shapes_are_named(student, reference):
    """Every refusal was a ValueError whose message had both shapes."""
    problem = unequal_shapes_are_refused([pair["happened"] for pair in student], reference)
    if problem:
        return problem
    if all(pair["named"] == [True, True] for pair in student):
        return None
    return "The message of the ValueError does not name both shapes."
