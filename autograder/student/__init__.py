"""What a student works with: results on every save, where they stand, hints, the stub back. Knows no answers and no grade."""
