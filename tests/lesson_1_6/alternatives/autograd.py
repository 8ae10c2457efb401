"""Lesson 1.6 with autograd and an optimizer; the losses are kept sample by sample."""

import torch


class LinearRegression:
    def __init__(self, lr=0.1, epochs=100, batch_size=16, seed=0):
        self.lr, self.epochs, self.batch_size, self.seed = lr, epochs, batch_size, seed
        self.w = self.b = None
        self.history = []

    def predict(self, X):
        return torch.einsum("nd,d->n", X, self.w) + self.b

    def fit(self, X, y):
        self.w = torch.zeros(X.shape[1], dtype=X.dtype, device=X.device, requires_grad=True)
        self.b = torch.zeros((), dtype=X.dtype, device=X.device, requires_grad=True)
        self.history = []
        optimizer = torch.optim.SGD([self.w, self.b], lr=self.lr)
        generator = torch.Generator(device=X.device).manual_seed(self.seed + 1)
        for _ in range(self.epochs):
            seen = torch.zeros_like(y)
            order = torch.rand(len(y), generator=generator, device=X.device).argsort()
            for start in range(0, len(y), self.batch_size):
                rows = order[start : start + self.batch_size]
                squares = (self.predict(X[rows]) - y[rows]) ** 2
                seen[rows] = squares.detach()
                optimizer.zero_grad()
                squares.mean().backward()
                optimizer.step()
            self.history.append(seen.mean())
        return self

    def score(self, X, y):
        with torch.no_grad():
            return 1 - torch.mean((y - self.predict(X)) ** 2) / torch.var(y, correction=0)


def quiz():
    return dict(zip(range(1, 11), "CBDBACDBCA"))
