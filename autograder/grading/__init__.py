"""From outputs to verdicts, points and a diagnosis."""
