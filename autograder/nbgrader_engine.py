"""The address that instructors' `nbgrader_config.py` files name, which nobody rewrites: see `integrations/nbgrader_plugin.py`."""

from autograder.integrations.nbgrader_plugin import configure

__all__ = ["configure"]
