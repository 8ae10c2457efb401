"""From a folder of results to other systems."""
