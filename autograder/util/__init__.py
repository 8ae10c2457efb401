"""What everything may use: errors, files, text that is safe to show."""
