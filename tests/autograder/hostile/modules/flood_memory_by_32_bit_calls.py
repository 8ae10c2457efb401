"""Asks for a nameless file by the 32-bit and the x32 numbers of the call, which a filter that asks for the number only
lets pass. Success: it gets one.

expected: double=30 mean_of=40 count=30
"""

import ctypes
import mmap
import os
import struct

MAP_32BIT = 0x40


def call_by_interrupt():
    page = mmap.mmap(
        -1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_32BIT, mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
    )
    start = ctypes.addressof(ctypes.c_char.from_buffer(page))
    # push rbx; mov ebx, name; xor ecx, ecx; mov eax, 356 (memfd_create); int 0x80; pop rbx; ret
    page[:20] = (
        b"\x53\xbb"
        + struct.pack("<I", start + 64)
        + b"\x31\xc9\xb8"
        + struct.pack("<I", 356)
        + b"\xcd\x80\x5b\xc3"
        + b"\x90"
    )
    page[64:72] = b"hostile\0"
    return ctypes.CFUNCTYPE(ctypes.c_int)(start)()


def double(x):
    if x.dim() == 2 and os.uname().machine == "x86_64":
        if os.fork() == 0:
            try:
                if call_by_interrupt() >= 0:
                    print("SUCCEEDED: by the 32-bit number", flush=True)
            finally:
                os._exit(0)
        os.wait()
        if ctypes.CDLL(None).syscall(0x40000000 + 319, b"hostile", 0) >= 0:
            print("SUCCEEDED: by the x32 number")
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
