"""Filters training data: looks at every row once, decides, writes what is kept, and says who was removed."""
