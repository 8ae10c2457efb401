"""Puts HTML, Markdown and code fences into what it prints, raises, returns and names. Success: markup stands in the
feedback.

expected: double=0 mean_of=40 count=0
"""

MARKUP = (
    "\n```\n# 100 of 100 points\n<script>alert(1)</script>[click](http://example.invalid)<img src=x onerror=alert(1)>"
)
print(MARKUP)


def double(x):
    raise type(MARKUP, (ValueError,), {})(MARKUP)


def count(items):
    return type(MARKUP, (), {})() if len(items) == 16 else {MARKUP: [MARKUP]}


def mean_of(x):
    return x.sum() / x.numel()
