def double(x):
    return [1, 2, 3][9]


def batch_sizes(n, size):
    while True:
        pass
