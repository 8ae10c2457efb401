"""Huge pages for the zygote's heap: what is asked for is there afterwards, with its contents."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from autograder.worker import huge_pages
from tests.autograder.helpers import ROOT

PROGRAM = """
from autograder.worker.huge_pages import collapse

def huge():
    lines = open("/proc/self/smaps_rollup").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("AnonHugePages"))

held = [bytes([number % 256]) * 4000 for number in range(20_000)]
before = huge()
collapse()
assert all(held[number] == bytes([number % 256]) * 4000 for number in range(20_000))
print(huge() - before)
"""


def _kernel() -> tuple[int, ...]:
    return tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])


@pytest.mark.skipif(sys.platform != "linux" or _kernel() < (6, 1), reason="madvise collapses pages from Linux 6.1 on")
def test_a_heap_that_is_collapsed_lies_in_huge_pages_and_holds_what_it_held() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) >= 40 << 10


def test_only_own_writable_memory_is_chosen_and_only_whole_pages() -> None:
    lines = [
        "7f0000100000-7f0000900000 rw-p 00000000 00:00 0 ",
        "7f0001000000-7f0001100000 rw-p 00000000 00:00 0 ",
        "7f0002000000-7f0002400000 r--p 00000000 00:00 0 ",
        "7f0003000000-7f0003400000 rw-s 00000000 00:05 0 ",
        "7f0004000000-7f0004400000 rw-p 00000000 08:01 77 /usr/lib/libtorch.so",
        "55d000000000-55d000400000 rw-p 00000000 00:00 0 [heap]",
    ]
    assert list(huge_pages._own_memory("\n".join(lines))) == [
        (0x7F0000200000, 0x7F0000800000),
        (0x55D000000000, 0x55D000400000),
    ]
