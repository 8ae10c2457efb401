"""The checks of lesson 3.7: each compares two results and words the first difference for the student.

What was drawn at random is never compared. Where the scenarios count, the bounds are at least five deviations wide.
"""


def _first(student, reference, sentences):
    for key, sentence in sentences.items():
        if student[key] != reference[key]:
            return sentence
    return None


def lam_is_beta(student, reference):
    """Mean and variance of lam lie in the same drawers as the reference's."""
    return _first(
        student,
        reference,
        {
            "different": "lam should be drawn anew for each batch.",
            "mean": "lam should be 0.5 on average, as a draw from Beta(alpha, alpha) is.",
            "spread": "lam does not scatter as Beta(alpha, alpha) does for this alpha.",
        },
    )


def partners_are_a_random_permutation(student, reference):
    """The partners of each batch are a permutation, and over many batches all of them come."""
    return _first(
        student,
        reference,
        {
            "permutations": "In each batch every row should be the partner of exactly one row, with lam for the row itself.",
            "how many": "Some permutations never come: every one should be as likely as any other.",
            "even": "Some rows prefer a partner: every permutation should be as likely as any other.",
        },
    )


def every_piece_is_as_likely(student, reference):
    """All 81 pieces come, and each side about as often as any other."""
    return _first(
        student,
        reference,
        {
            "shape": "The images should keep their number, channels, height and width.",
            "one point an image": "The point in the middle of an image should stay in it, and come once, whatever the shift.",
            "rows": "Some tops never come: over many images there should be nine, 0 to 8.",
            "columns": "Some left sides never come: over many images there should be nine, 0 to 8.",
            "pieces": "Top and left side should be drawn independently, so that all 81 pieces come.",
            "even": "Some shifts come much more often than others: all nine should be equally likely.",
        },
    )


def noise_is_about_right(student, reference):
    """The noise is within a quarter of the reference's; its own error is about 3 per cent."""
    if 0.75 < student / reference < 1.34:
        return None
    if student == 0:
        return "Nothing scatters: draw new companions in each trial, and use training mode."
    return "The noise of batch normalization differs: average the deviations of X[0]'s outputs, not variances or sums."


def companions_are_as_likely(student, reference):
    """Each other row is a companion about as often as any other."""
    return _first(
        student,
        reference,
        {
            "together": "Each trial should have X[0] and different companions, `batch_size` rows in all.",
            "even": "Some rows are companions more often than others: every choice should be equally likely.",
            "pairs": "Some rows never share a batch: every choice of companions should be equally likely.",
        },
    )
