"""Transformations of a prompt by code, for measuring: those of training, and others that training never sees."""

from __future__ import annotations

import base64
import codecs
import random

from training.prompt_classifier.attacks import DISGUISES, Attack

PIECE = 3  # letters, at most, of a word that is cut in many places


def cut_often(text: str, rng: random.Random) -> str:
    """About every second longer word in pieces of two or three letters."""
    return " ".join(_pieces(word, rng) if len(word) > 4 and rng.random() < 0.5 else word for word in text.split())


def _pieces(word: str, rng: random.Random) -> str:
    pieces = []
    while word:
        size = rng.randint(2, PIECE)
        pieces.append(word[:size])
        word = word[size:]
    return " ".join(pieces)


def reversed_text(text: str, rng: random.Random) -> str:
    """The whole text backwards."""
    return text[::-1]


def reversed_words(text: str, rng: random.Random) -> str:
    """Longer words backwards, in their places."""
    return " ".join(word[::-1] if len(word) > 3 else word for word in text.split())


def in_base64(text: str, rng: random.Random) -> str:
    return base64.b64encode(text.encode("utf-8", "replace")).decode()


def in_hex(text: str, rng: random.Random) -> str:
    return text.encode("utf-8", "replace").hex()


def rot13(text: str, rng: random.Random) -> str:
    return codecs.encode(text, "rot13")


def zero_width(text: str, rng: random.Random) -> str:
    """A zero-width space inside every longer word."""
    return " ".join(f"{word[:2]}\u200b{word[2:]}" if len(word) > 3 else word for word in text.split())


def tags(text: str, rng: random.Random) -> str:
    """All of it in tag characters, which are drawn as nothing, behind a harmless beginning."""
    return "a cat " + "".join(chr(0xE0000 + ord(char)) for char in text if 0x20 <= ord(char) < 0x7F)


def all_of_them() -> dict[str, Attack]:
    """Name -> transformation, the identity first."""
    more = (cut_often, reversed_text, reversed_words, in_base64, in_hex, rot13, zero_width, tags)
    return {"as typed": lambda text, rng: text, **DISGUISES, **{each.__name__: each for each in more}}
