"""Teaches a generator preferences, or to forget a concept: adapters for any pipeline of a known family."""
