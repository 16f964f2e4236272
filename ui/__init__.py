"""The page and the command line: they read what a person asks for, call the studio once and show its answer."""
