"""The child side: everything that runs in a process that also runs a student's code.

It imports the standard library, torch and its neighbours, and nothing else of this project; it knows no expected value, no
point and no report. `__main__` is the entry point and states the contract with the parent.
"""
