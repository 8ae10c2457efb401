"""Reads command lines, environments, memory maps and roots of every process in /proc. Success: a process outside its own
is there, or a token is printed.

expected: double=30 mean_of=40 count=30
"""

import os

print(os.listdir("/proc"))
for number in [name for name in os.listdir("/proc") if name.isdigit()]:
    if int(number) != os.getpid():
        print("SUCCEEDED: sees process", number)
    for part in ("cmdline", "environ", "maps"):
        try:
            with open(f"/proc/{number}/{part}", "rb") as file:
                print(part, file.read(1 << 14))
        except OSError:
            pass
    for part in ("root", "cwd"):
        try:
            print(part, os.listdir(f"/proc/{number}/{part}/"))
        except OSError:
            pass
if os.getppid():
    print("SUCCEEDED: has a parent", os.getppid())


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
