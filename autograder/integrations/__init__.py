"""Entry points that other programs call."""
