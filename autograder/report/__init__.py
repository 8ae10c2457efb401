"""Results, as files and as words for a student."""
