"""The grader of "Learn the Training Loop with PyTorch".

A submission is turned into outputs in a process that knows no answers; outputs are compared in a process that runs no
submission. README.md in this folder is a map of it.
"""
