"""Chooses the pieces of words that stay: those that the fourteen languages need, and every letter of their scripts.

How often a piece is needed is counted on the word lists of the PyPI package wordfreq (Speer, 2022), weighted by the
frequencies that it gives. A word whose piece is gone falls into smaller ones.
"""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from training.prompt_languages.source import FRAME, Source

LANGUAGES = ("ar", "de", "en", "es", "fr", "hi", "it", "ja", "ko", "pl", "pt", "ru", "tr", "zh")
WORDS = 120_000  # of a language
MIN_SHARE = 1e-5  # of all pieces of one language
CAPITALS = dict.fromkeys(("en", "es", "fr", "it", "pl", "pt", "ru", "tr"), 0.15) | {"de": 0.4}
UNSPACED, INSIDE = ("ja", "zh"), 3.0  # words stand after a space seldom there
_SCRIPTS = ("LATIN", "CYRILLIC", "ARABIC", "DEVANAGARI", "HIRAGANA", "KATAKANA", "HANGUL SYLLABLE")
SPACE = "▁"


def tokenizer(source: Source, numbers: Sequence[int]) -> Any:
    """Returns a tokenizer of these pieces, by the source's numbers. The frame gets the numbers 0 to 3."""
    from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
    from tokenizers.models import Unigram

    table = [(name, 0.0) for name in FRAME] + [(source.pieces[number], source.scores[number]) for number in numbers]
    made = Tokenizer(Unigram(table, unk_id=FRAME.index("<unk>")))
    made.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="always")
    return made


def kept(source: Source, work: Path) -> list[int]:
    """Returns the numbers of the pieces that stay, as `chosen` found them once; they are written below `work`."""
    path = work / "pieces.json"
    if not path.exists():
        path.write_text(json.dumps(chosen(source)))
    found: list[int] = json.loads(path.read_text())
    return found


def chosen(source: Source) -> list[int]:
    """Returns the numbers of the pieces that stay, in order, without the frame."""
    whole = range(len(FRAME), len(source.pieces) - 1)  # the last is the mask
    made = tokenizer(source, whole)
    shares: dict[int, float] = defaultdict(float)
    for language in LANGUAGES:
        counts = _counts(made, language)
        total = sum(counts.values())
        for number, count in counts.items():
            shares[number] = max(shares[number], count / total)
    often = {number for number, share in shares.items() if share > MIN_SHARE}
    single = {number for number, share in shares.items() if len(source.pieces[number].strip(SPACE)) <= 1}
    letters = {number for number in whole if _letter(source.pieces[number])}
    return sorted(often | single | letters)


def _counts(made: Any, language: str) -> dict[int, float]:
    from wordfreq import get_frequency_dict

    found = get_frequency_dict(language, wordlist="best")
    words = sorted(found, key=lambda word: -found[word])[:WORDS]
    weights = [found[word] for word in words]
    counts: dict[int, float] = defaultdict(float)
    _add(counts, made, words, weights)
    if language in CAPITALS:
        _add(counts, made, [word.capitalize() for word in words], [w * CAPITALS[language] for w in weights])
    if language in UNSPACED:
        _add(counts, made, [f"。{word}" for word in words], [weight * INSIDE for weight in weights])
    return counts


def _add(counts: dict[int, float], made: Any, words: Sequence[str], weights: Iterable[float]) -> None:
    for encoding, weight in zip(made.encode_batch(list(words)), weights, strict=True):
        for number in encoding.ids:
            counts[number] += weight


def _letter(piece: str) -> bool:
    if len(piece) != 1:
        return False
    name = unicodedata.name(piece, "")
    return piece.isascii() or name.startswith(_SCRIPTS) or unicodedata.category(piece)[0] in "PNSZ"
