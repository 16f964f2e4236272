"""Measures the filter of training data."""
