"""The wrong answers that students really hand in for lesson 1.6.

Four of the exercises are parts of one class, so their misconceptions are subclasses of the reference with one wrong part.
Each is wrong in its own exercise alone: a wrong step, for example, still writes down the right losses for the history.
"""

import torch

from autograder.worker.misconception import misconception
from solutions.lesson_1_6.exercises import LinearRegression

# --- predict


@misconception(
    "predict",
    target="LinearRegression",
    says="The bias is left out. The model is Xw + b, and b is added to every prediction.",
    section="The model in one line",
)
class bias_left_out(LinearRegression):
    def predict(self, X):
        return X @ self.w


@misconception(
    "predict",
    target="LinearRegression",
    says="The table is turned before the product. The samples are its rows, so `X @ w` gives one prediction a sample; "
    "`X.T @ w` runs only where N is D, and mixes the samples.",
    section="The model in one line",
)
class table_turned(LinearRegression):
    def predict(self, X):
        return X.T @ self.w + self.b


@misconception(
    "predict",
    target="LinearRegression",
    says="The predictions stand in a column, `(N, 1)`. The lesson keeps them flat, `(N,)`, like the targets; a column "
    "against flat targets would be broadcast to `(N, N)`.",
    section="The model in one line",
)
class column_of_predictions(LinearRegression):
    def predict(self, X):
        return X @ self.w.unsqueeze(1) + self.b


@misconception(
    "predict",
    target="LinearRegression",
    says="The features are multiplied by their weights, but not added up. A prediction is one number a sample: use `@`.",
    section="The model in one line",
)
class products_not_added_up(LinearRegression):
    def predict(self, X):
        return X * self.w + self.b


# --- fit


class _Fit(LinearRegression):
    """The reference's fit, cut into the pieces that can go wrong."""

    def fit(self, X, y):
        self._start(X)
        self.notes = []
        orders = self._orders(len(X))
        for _ in range(self.epochs):
            batches = []
            for rows in next(orders).to(X.device).split(self.batch_size):
                errors = X[rows] @ self.w + self.b - y[rows]
                batches.append((errors.square().mean().item(), len(rows)))
                length = self.lr * self._share(len(rows))
                self.w, self.b = (
                    self.w - length * 2 / len(rows) * X[rows].T @ errors,
                    self.b - length * 2 / len(rows) * errors.sum(),
                )
            self.notes.append(batches)
        return self

    def _start(self, X):
        self.w, self.b = X.new_zeros(X.shape[1]), X.new_zeros(())

    def _orders(self, n):
        generator = torch.Generator().manual_seed(self.seed)
        while True:
            yield torch.randperm(n, generator=generator)

    def _share(self, size):
        """What a batch's step is multiplied by: 1, if all is well."""
        return 1


@misconception(
    "fit",
    target="LinearRegression",
    says="The last batch makes no update where it is smaller than the others. An epoch uses every row, so the smaller "
    "last batch makes an update as well.",
    section="The whole loop",
)
class last_batch_skipped(_Fit):
    def _share(self, size):
        return 1 if size == self.batch_size else 0


@misconception(
    "fit",
    target="LinearRegression",
    says="A second call of `fit` goes on from where the first one ended. The lesson starts every fit from zeros.",
    section="The whole loop",
)
class goes_on_from_the_last_fit(_Fit):
    def _start(self, X):
        if not hasattr(self, "w") or self.w.shape != (X.shape[1],):
            super()._start(X)


@misconception(
    "fit",
    target="LinearRegression",
    says="One random order is drawn, and all the epochs use it again. The lesson draws a new order in every epoch.",
    section="The whole loop",
)
class one_order_for_all_epochs(_Fit):
    def _orders(self, n):
        order = torch.randperm(n, generator=torch.Generator().manual_seed(self.seed))
        while True:
            yield order


@misconception(
    "fit",
    target="LinearRegression",
    says="The rows are taken as they lie in the table. The lesson mixes them: every epoch has a new random order.",
    section="The whole loop",
)
class never_shuffled(_Fit):
    def _orders(self, n):
        while True:
            yield torch.arange(n)


@misconception(
    "fit",
    target="LinearRegression",
    says="Every batch is divided by `batch_size`, also where it has fewer rows. A batch is averaged over the rows that "
    "it really has.",
    section="The whole loop",
)
class divided_by_batch_size(_Fit):
    def _share(self, size):
        return size / self.batch_size


@misconception(
    "fit",
    target="LinearRegression",
    says="The gradients of a batch's rows are added up. The loss is a mean over the batch's rows, so its gradient is "
    "divided by their number.",
    section="The whole loop",
)
class rows_added_up(_Fit):
    def _share(self, size):
        return size


@misconception(
    "fit",
    target="LinearRegression",
    says="The seed is given to PyTorch's global random numbers, which belong to the whole program. The lesson makes a "
    "generator of its own, and leaves the global ones alone.",
    section="The same numbers again",
)
class global_seed_set(_Fit):
    def _orders(self, n):
        torch.manual_seed(self.seed)
        while True:
            yield torch.randperm(n)


@misconception(
    "fit",
    target="LinearRegression",
    says="The seed is not used, so every fit has other orders. Make a generator with the seed, and draw from it: then the "
    "same seed gives the same result.",
    section="The same numbers again",
)
class seed_not_used(_Fit):
    def _orders(self, n):
        while True:
            yield torch.randperm(n)


@misconception(
    "fit",
    target="LinearRegression",
    says="`fit` returns nothing. The lesson returns the model itself, `return self`, so that calls can be chained.",
    section="A class keeps things together",
)
class returns_nothing(LinearRegression):
    def fit(self, X, y):
        super().fit(X, y)


# --- history


@misconception(
    "history",
    target="LinearRegression",
    says="The batches' means are averaged, so that the rows of a smaller last batch count more than the others. The "
    "lesson takes the mean over all the samples.",
    section="A history you can trust",
)
class mean_of_batch_means(LinearRegression):
    @property
    def history(self):
        return [sum(loss for loss, _ in batches) / len(batches) for batches in self.notes]


@misconception(
    "history",
    target="LinearRegression",
    says="Each batch's loss is taken after its update. The lesson takes it before, with the w and b that the update "
    "starts from.",
    section="A history you can trust",
)
class loss_after_the_update(_Fit):
    def fit(self, X, y):
        late = []
        self._start(X)
        orders = self._orders(len(X))
        for _ in range(self.epochs):
            batches = []
            for rows in next(orders).to(X.device).split(self.batch_size):
                errors = X[rows] @ self.w + self.b - y[rows]
                self.w, self.b = (
                    self.w - self.lr * 2 / len(rows) * X[rows].T @ errors,
                    self.b - self.lr * 2 / len(rows) * errors.sum(),
                )
                batches.append(((X[rows] @ self.w + self.b - y[rows]).square().mean().item(), len(rows)))
            late.append(batches)
        self.notes = late
        return self


@misconception(
    "history",
    target="LinearRegression",
    says="There is one entry for each batch. The history has one number for each epoch: the mean over all its samples.",
    section="A history you can trust",
)
class one_entry_a_batch(LinearRegression):
    @property
    def history(self):
        return [loss for batches in self.notes for loss, _ in batches]


@misconception(
    "history",
    target="LinearRegression",
    says="Each epoch shows the loss of its last batch alone. The lesson takes the mean over all the samples of the epoch.",
    section="A history you can trust",
)
class last_batch_alone(LinearRegression):
    @property
    def history(self):
        return [batches[-1][0] for batches in self.notes]


@misconception(
    "history",
    target="LinearRegression",
    says="The losses of an epoch are added up. The lesson divides by the number of samples: a mean, which does not grow "
    "with the table.",
    section="A history you can trust",
)
class losses_added_up(LinearRegression):
    @property
    def history(self):
        return [sum(loss * size for loss, size in batches) for batches in self.notes]


@misconception(
    "history",
    target="LinearRegression",
    says="The losses of an earlier fit are still in the list. Every fit starts with an empty history.",
    section="A history you can trust",
)
class history_never_emptied(LinearRegression):
    def fit(self, X, y):
        earlier = self.notes
        super().fit(X, y)
        self.notes = earlier + self.notes
        return self


@misconception(
    "history",
    target="LinearRegression",
    says="The loss of the whole table is measured once, after the epoch. The lesson takes each sample's squared error "
    "just before its own batch's update, while the epoch runs.",
    section="A history you can trust",
)
class whole_table_after_the_epoch(LinearRegression):
    def fit(self, X, y):
        model = LinearRegression(self.lr, 0, self.batch_size, self.seed)
        losses = []
        for epochs in range(self.epochs + 1):
            model.epochs = epochs
            model.fit(X, y)
            losses.append([((X @ model.w + model.b - y).square().mean().item(), len(X))])
        self.w, self.b, self.notes = model.w, model.b, losses[1:]
        return self


# --- score


@misconception(
    "score",
    target="LinearRegression",
    says="A negative score is raised to 0. R² is negative where the model is worse than the mean, and it should say so.",
    section="How good is it?",
)
class never_negative(LinearRegression):
    def score(self, X, y):
        return max(0.0, float(super().score(X, y)))


@misconception(
    "score",
    target="LinearRegression",
    says="The mean squared error is returned. R² compares it with the spread of the targets, and has no unit.",
    section="How good is it?",
)
class mean_squared_error_returned(LinearRegression):
    def score(self, X, y):
        return float((X @ self.w + self.b - y).square().mean())


@misconception(
    "score",
    target="LinearRegression",
    says="The squared errors are compared with the squares of the targets. The lesson compares them with the squared "
    "distances of the targets from their mean.",
    section="How good is it?",
)
class spread_around_zero(LinearRegression):
    def score(self, X, y):
        return 1 - float((X @ self.w + self.b - y).square().sum() / y.square().sum())


@misconception(
    "score",
    target="LinearRegression",
    says="The distances are taken from the mean of the predictions. The lesson takes them from the mean of the targets.",
    section="How good is it?",
)
class mean_of_the_predictions(LinearRegression):
    def score(self, X, y):
        y_hat = X @ self.w + self.b
        return 1 - float((y_hat - y).square().sum() / (y - y_hat.mean()).square().sum())


@misconception(
    "score",
    target="LinearRegression",
    says="The 1 and its minus sign are missing: this is the share that is left over. R² is 1 minus that share.",
    section="How good is it?",
)
class share_left_over(LinearRegression):
    def score(self, X, y):
        return 1 - float(super().score(X, y))


@misconception(
    "score",
    target="LinearRegression",
    says="This is the square of the correlation, which does not notice predictions that are all too high, or all twice "
    "as large. R² is 1 minus the squared errors divided by the spread of the targets.",
    section="How good is it?",
)
class squared_correlation(LinearRegression):
    def score(self, X, y):
        y_hat = X @ self.w + self.b
        return float(torch.corrcoef(torch.stack([y, y_hat]))[0, 1] ** 2)


@misconception(
    "score",
    target="LinearRegression",
    says="The mean of the squared errors divides by N, and the unbiased variance of the targets divides by N - 1. "
    "Divide both by the same number, or use two sums.",
    section="How good is it?",
)
class mean_over_unbiased_variance(LinearRegression):
    def score(self, X, y):
        return 1 - float((X @ self.w + self.b - y).square().mean() / y.var())


# --- quiz


@misconception(
    "quiz",
    says="Every answer is an A. Read the questions once more: the letters differ.",
    section="The quiz",
)
def always_the_same_letter():
    return dict.fromkeys(range(1, 11), "A")


@misconception(
    "quiz",
    says="The questions are counted from 0, so that each answer belongs to the question before its own. The page counts "
    "them from 1 to 10.",
    section="The quiz",
)
def counted_from_zero():
    return dict(enumerate("CBDBACDBCA"))


@misconception(
    "quiz",
    says='The numbers of the questions are texts, such as "1". The keys of the dictionary are the ints 1 to 10.',
    section="The quiz",
)
def numbers_as_text():
    return {str(number): letter for number, letter in enumerate("CBDBACDBCA", start=1)}


@misconception(
    "quiz",
    says="The answers are a list. The lesson asks for a dictionary, from the number of a question to a letter.",
    section="The quiz",
)
def answers_in_a_list():
    return list("CBDBACDBCA")
