"""Lesson 1.6 with the bias kept among the weights, behind two properties; orders from NumPy."""

import numpy as np
import torch


class LinearRegression:
    def __init__(self, lr=0.1, epochs=100, batch_size=16, seed=0):
        self.settings = (lr, epochs, batch_size, seed)
        self.theta = {}
        self.sums = np.zeros(0)
        self.count = 1

    @property
    def w(self):
        return self.theta["w"]

    @w.setter
    def w(self, value):
        self.theta["w"] = value

    @property
    def b(self):
        return self.theta["b"]

    @b.setter
    def b(self, value):
        self.theta["b"] = value

    @property
    def history(self):
        return (self.sums / self.count).tolist()

    def predict(self, X):
        return (X * self.w).sum(dim=1).add(self.b)

    def fit(self, X, y):
        lr, epochs, batch_size, seed = self.settings
        A = torch.cat([torch.ones_like(X[:, :1]), X], dim=1)
        theta = A.new_zeros(A.shape[1])
        draw = np.random.default_rng(seed)
        self.sums, self.count = np.zeros(epochs), len(y)
        for epoch in range(epochs):
            left = list(draw.permutation(len(y)))
            while left:
                rows, left = torch.tensor(left[:batch_size], device=X.device), left[batch_size:]
                miss = A[rows] @ theta - y[rows]
                self.sums[epoch] += float(miss @ miss)
                theta = theta - lr * 2 * (miss @ A[rows]) / len(rows)
        self.theta = {"b": theta[0], "w": theta[1:]}
        return self

    def score(self, X, y):
        miss = self.predict(X) - y
        away = y - y.sum() / len(y)
        return ((away @ away - miss @ miss) / (away @ away)).item()


def quiz():
    answers = {}
    for letter, numbers in {"A": (5, 10), "B": (2, 4, 8), "C": (1, 6, 9), "D": (3, 7)}.items():
        for number in numbers:
            answers[number] = letter.lower()
    return answers
