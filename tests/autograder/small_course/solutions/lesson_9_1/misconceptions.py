from solutions.lesson_9_1.exercises import double

from autograder.worker.misconception import misconception


@misconception("double", says="It squares. The lesson doubles.", section="Doubling")
def squared(x):
    return x * x


@misconception("double", says="It doubles twice. Once is enough.", section="Doubling")
def doubled_twice(x):
    return double(double(x))


@misconception("batch_sizes", says="The short batch is lost. Every sample counts.", section="Short batches")
def short_batch_lost(n, size):
    return [size] * (n // size)


@misconception("batch_sizes", says="The sizes are floats. A size is a whole number.", section="Short batches")
def floats(n, size):
    return [float(min(size, n - start)) for start in range(0, n, size)]


@misconception("average", says="It sums. The mean divides by the number of elements.", section="Averaging")
def summed(x):
    return x.sum()


@misconception("average", says="It averages each column. The mean is over all elements.", section="Averaging")
def by_column(x):
    return x.sum(dim=0) / len(x)
