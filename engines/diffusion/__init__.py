"""Draws with diffusers pipelines: models are fetched, placed, loaded, sampled from and steered."""
