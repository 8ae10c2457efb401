"""Plain loops over rows and features, sums built up by hand, `while` for the batches."""

import torch


def batch_step(X, y, w, b, lr):
    """Add up the rows' gradients one by one."""
    n, d = X.shape
    dw, db = torch.zeros_like(w), torch.zeros_like(b)
    for i in range(n):
        error = b - y[i]
        for j in range(d):
            error = error + w[j] * X[i, j]
        for j in range(d):
            dw[j] += 2 * error * X[i, j]
        db += 2 * error
    return w - lr * (dw / n), b - lr * (db / n)


def sgd_epoch(X, y, w, b, lr, order):
    """Work on copies, in place."""
    w, b = w.clone(), b.clone()
    for k in range(len(order)):
        i = int(order[k])
        error = (X[i] * w).sum() + b - y[i]
        w -= lr * 2 * error * X[i]
        b -= lr * 2 * error
    return w, b


def minibatch_epoch(X, y, w, b, lr, order, batch_size):
    """Take rows off the front of a list until it is empty."""
    waiting = [int(i) for i in order]
    while waiting:
        batch, waiting = waiting[:batch_size], waiting[batch_size:]
        dw, db = torch.zeros_like(w), torch.zeros_like(b)
        for i in batch:
            error = torch.dot(X[i], w) + b - y[i]
            dw = dw + 2 * error * X[i] / len(batch)
            db = db + 2 * error / len(batch)
        w, b = w - lr * dw, b - lr * db
    return w, b


def updates_per_epoch(n_samples, batch_size):
    """Count."""
    if min(n_samples, batch_size) < 1:
        raise ValueError
    count = 0
    while n_samples > 0:
        n_samples -= batch_size
        count += 1
    return count


def gradient_noise(X, y, w, b, batch_size, trials, generator):
    """Draw row numbers until enough of them are different; the deviation from its definition."""
    n = X.shape[0]
    gradients = []
    for _ in range(trials):
        rows = []
        while len(rows) < batch_size:
            row = torch.randint(0, n, (1,), generator=generator, device=X.device).item()
            if row not in rows:
                rows.append(row)
        dw, db = 0, 0
        for row in rows:
            error = (w * X[row]).sum() + b - y[row]
            dw = dw + 2 * error * X[row]
            db = db + 2 * error
        gradients.append((dw / batch_size, db / batch_size))
    mean_dw = sum(dw for dw, _ in gradients) / trials
    mean_db = sum(db for _, db in gradients) / trials
    var_dw = sum((dw - mean_dw) ** 2 for dw, _ in gradients) / (trials - 1)
    var_db = sum((db - mean_db) ** 2 for _, db in gradients) / (trials - 1)
    return torch.sqrt(var_dw), var_db**0.5
