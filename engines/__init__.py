"""Engines draw pictures. They know no policy: the studio calls them after the prompt has passed."""
