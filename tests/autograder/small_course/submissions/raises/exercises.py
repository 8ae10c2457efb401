def double(x):
    return [1, 2, 3][9]


def average(values):
    while True:
        pass
