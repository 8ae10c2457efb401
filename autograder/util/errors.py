"""The errors that the command line turns into a sentence."""


class UserError(Exception):
    """Something that whoever typed the command can put right; the message says what happened and what to do."""


class GradingAborted(Exception):
    """The grader cannot go on; what it had finished is kept, and the message says how to go on from there."""
