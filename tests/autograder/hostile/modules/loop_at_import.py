"""Never ends while it is imported. Success: the worker lives beyond its deadline.

expected: failed_to_import
"""

while True:
    pass
