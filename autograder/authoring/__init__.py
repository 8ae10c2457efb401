"""What is derived from a lesson's reference, page and visible tests."""
