"""Opens raw and packet sockets, and asks the kernel for the machine's links and routes. Success: a raw socket, or a link
that is not its own loopback.

expected: double=30 mean_of=40 count=30
"""

import socket


def tried(what, function):
    try:
        print("SUCCEEDED:", what, function())
    except Exception:
        pass


tried("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
tried("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
links = [name for _, name in socket.if_nameindex()] if hasattr(socket, "if_nameindex") else []
if set(links) - {"lo", "sit0", "tunl0", "ip6tnl0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "ip6gre0"}:
    print("SUCCEEDED: links", links)


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
