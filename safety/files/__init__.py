"""Bytes from outside: taken apart with bounds, and read in worker processes that are ended past their limits."""
