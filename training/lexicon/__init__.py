"""How the vendored word lists under presets/lexicon/ were made."""
