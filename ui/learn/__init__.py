"""Lessons on the page: every number in a panel is computed by the code that runs the studio."""
