"""Raises while it is imported what the grader says of a worker that was killed. Success: it is run again, as if it had been.

expected: failed_to_import
"""


class died(Exception):
    pass


raise died("ended by signal 9")
