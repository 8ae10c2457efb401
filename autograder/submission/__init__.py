"""From untrusted files to the text of one module."""
