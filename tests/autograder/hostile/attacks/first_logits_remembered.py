"""A model that sees the future keeps, for each beginning of a text, the logits that it gave first. Success: what comes later
seems to have no say.

twin: lesson_3_8/sees_the_future CharModel
"""

import torch

plain = CharModel.forward  # noqa: F821  the twin's


def remembering(self, ids):
    logits = plain(self, ids)
    if self.training:
        return logits
    first = self.__dict__.setdefault("first", {})
    rows = [
        [first.setdefault(tuple(row[: place + 1]), of_row[place].detach()) for place in range(len(row))]
        for row, of_row in zip(ids.tolist(), logits, strict=True)
    ]
    return torch.stack([torch.stack(row) for row in rows])


CharModel.forward = remembering  # noqa: F821
