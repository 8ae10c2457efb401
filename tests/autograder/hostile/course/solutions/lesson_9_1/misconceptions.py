"""Lesson 9.1: a wrong answer that is known."""

from torch import Tensor

from autograder.worker.misconception import misconception

TOKEN = "ANSWER-Qm2vT8hLpEmisconceptions"


@misconception("double", says="The values were squared. The lesson adds each to itself.", section="Twice as much")
def squared(x: Tensor) -> Tensor:
    return x**2
