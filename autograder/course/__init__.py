"""What a lesson is: its folders, its manifest, its hidden suite, its docstrings."""
