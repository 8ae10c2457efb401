"""Prints without end while it is imported. Success: the grader's memory or disk fills.

expected: double=0 mean_of=0 count=0
"""

while True:
    print("flood " * 10_000)
