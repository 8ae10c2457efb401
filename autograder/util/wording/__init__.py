"""Sentences of the grader's own that a student reads, a module per subject: to be reviewed, tested and translated.

A lesson's checks and misconceptions have their own. Nothing here repeats what a student's code said: a value enters a sentence
only as one of the words that stand here, or as a piece of the student's own text.
"""
