import torch


class LinearRegression:
    def __init__(self, lr: float = 0.1, epochs: int = 100, batch_size: int = 16, seed: int = 0):
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.seed = seed
        self.notes = []

    def predict(self, X):
        return torch.matmul(X, self.w) + self.b

    def fit(self, X, y):
        n, d = X.shape
        self.w = torch.zeros(d, dtype=X.dtype, device=X.device)
        self.b = torch.zeros((), dtype=X.dtype, device=X.device)
        self.notes = []
        gen = torch.Generator()
        gen.manual_seed(self.seed)
        for epoch in range(self.epochs):
            perm = torch.randperm(n, generator=gen).tolist()
            total = 0.0
            for i in range(0, n, self.batch_size):
                idx = perm[i : i + self.batch_size]
                Xb, yb = X[idx], y[idx]
                e = self.predict(Xb) - yb
                total += (e**2).sum().item()
                dw = 2 * (Xb.T @ e) / self.batch_size
                db = 2 * e.sum() / self.batch_size
                self.w = self.w - self.lr * dw
                self.b = self.b - self.lr * db
            self.notes.append(total / n)
        return self

    @property
    def history(self):
        return self.notes

    def score(self, X, y):
        res = ((y - self.predict(X)) ** 2).sum()
        tot = ((y - y.mean()) ** 2).sum()
        return (1 - res / tot).item()


def quiz():
    return {1: "C", 2: "B", 3: "D", 4: "B", 5: "A", 6: "C", 7: "D", 8: "B", 9: "C", 10: "A"}
