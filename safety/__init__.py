"""The safety layer: checks find, the policy judges. Needs no page and no generator."""
