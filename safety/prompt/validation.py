"""Tells whether a prompt can be judged at all."""

from __future__ import annotations

import unicodedata

from safety.text.characters import is_drawn

MAX_PROMPT = 10_000  # characters; the longest rows of public prompt sets have about 7,000


def prompt_problem(text: str) -> str:
    """Returns what keeps a prompt from being judged, as a sentence that names the fix; "" if nothing does."""
    # A program may hand over what it got from elsewhere: None or bytes are not passed on, and not an exception either.
    if not isinstance(text, str):
        return f"The prompt is {type(text).__name__} and no text. Give it as a string."
    # Fillers and lone accents are printable by their class, and drawn as nothing.
    if not any(char.isprintable() and is_drawn(char) for char in text):
        return "The prompt is empty. Write what the picture should show."
    if len(text) > MAX_PROMPT:
        return f"The prompt has {len(text):,} characters. Shorten it to at most {MAX_PROMPT:,}."
    if any(unicodedata.category(char) == "Cs" or char in "\x00\ufffe\uffff" for char in text):
        return "The prompt holds bytes that are no text. Type or paste it as plain text."
    return ""
