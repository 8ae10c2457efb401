"""Fetches by urllib, by PyTorch's hub and by torchvision's downloads. Success: something is fetched.

expected: double=30 mean_of=40 count=30
"""

import urllib.request

import torch
from torchvision.datasets.utils import download_url


def tried(what, function):
    try:
        print("SUCCEEDED:", what, function())
    except Exception:
        pass


ADDRESS = "http://192.0.2.1/answers"
tried("urllib", lambda: urllib.request.urlopen(ADDRESS, timeout=0.1).read())
tried("hub", lambda: torch.hub.load_state_dict_from_url(ADDRESS, progress=False))
tried("torchvision", lambda: download_url(ADDRESS, "/tmp"))


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
