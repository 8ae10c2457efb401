"""Is a lesson sound, and is its suite strong and fair?"""
