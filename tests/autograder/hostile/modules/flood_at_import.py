"""Prints without end while it is imported. Success: the grader's memory or disk fills.

expected: failed_to_import
"""

while True:
    print("flood " * 10_000)
