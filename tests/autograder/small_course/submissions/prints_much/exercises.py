print("\x1b[31mred\x1b[0m =1+1 <b>bold</b>")


def double(x):
    print("x" * 200_000)
    return 2 * x


def batch_sizes(n, size):
    raise NotImplementedError("not yet")


def average(x):
    return (x.sum() / x.numel()).double()
