"""Measurements of the running server."""
