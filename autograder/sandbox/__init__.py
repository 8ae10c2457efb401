"""The trusted side of the process wall."""
