"""Lesson 1.6 in loops over rows, with helpers outside the class and the orders from `random`."""

import random

import torch


def _one(row, w, b):
    total = b
    for d in range(len(row)):
        total = total + row[d] * w[d]
    return total


class LinearRegression:
    def __init__(self, lr=0.1, epochs=100, batch_size=16, seed=0):
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.seed = seed
        self.losses = []

    def predict(self, X):
        return torch.stack([_one(row, self.w, self.b) for row in X])

    def fit(self, X, y):
        w, b = X[0] * 0, X[0, 0] * 0
        self.losses = []
        dice = random.Random(self.seed)
        rows = list(range(len(X)))
        for _ in range(self.epochs):
            dice.shuffle(rows)
            total, dw, db, size = 0.0, 0 * w, 0 * b, 0
            for place, row in enumerate(rows):
                error = _one(X[row], w, b) - y[row]
                total += float(error) ** 2
                dw, db, size = dw + 2 * error * X[row], db + 2 * error, size + 1
                if size == self.batch_size or place == len(rows) - 1:
                    w, b = w - self.lr * dw / size, b - self.lr * db / size
                    dw, db, size = 0 * w, 0 * b, 0
            self.losses.append(total / len(rows))
        self.w, self.b = w, b
        return self

    @property
    def history(self):
        return list(self.losses)

    def score(self, X, y):
        mine, lazy = 0.0, 0.0
        for guess, truth in zip(self.predict(X).tolist(), y.tolist()):
            mine += (guess - truth) ** 2
            lazy += (float(y.double().mean()) - truth) ** 2
        return 1 - mine / lazy


def quiz():
    return {1: "C", 2: "B", 3: "D", 4: "B", 5: "A", 6: "C", 7: "D", 8: "B", 9: "C", 10: "A"}
