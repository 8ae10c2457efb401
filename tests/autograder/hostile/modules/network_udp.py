"""Sends datagrams, a broadcast and a multicast to others than itself (its own loopback is its own). Success: one is sent.

expected: double=30 mean_of=40 count=30
"""

import socket


def tried(what, function):
    try:
        print("SUCCEEDED:", what, function())
    except Exception:
        pass


for address in ("192.0.2.1", "255.255.255.255", "224.0.0.251"):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        tried("sent", lambda: sender.sendto(b"answers, please", (address, 53)))


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
