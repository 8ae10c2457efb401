"""What leaves the repository."""
