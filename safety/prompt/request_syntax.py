"""Takes apart what a request asks for and what it leaves out, wherever that was typed.

Generators know "Negative prompt: ..." (AUTOMATIC1111), "--no ..." and "word::-1" (Midjourney), "(word:-1.5)". Most
models know none of it and would draw the words: so what is judged as left out is also drawn as left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WEIGHT = r"-\s?(?=[\d.]*[1-9])(?:\d+\.?\d*|\.\d+)"
# A weight of nothing leaves out as well; "(1:0)" is a score.
_NONE = r"(?<=\D[:\s])0(?:\.0{0,3})?"
# Behind a negative prompt AUTOMATIC1111 writes its settings.
_SETTINGS = r"(?=[\s,.;]steps\s?:\s?\d|$)"
_LEFT_OUT = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        rf"(?<![^\W_])neg(?:ative)?[\s_-]?prompts?\s?[:=]\s*(?P<words>.*?){_SETTINGS}",
        # Only where a part of the text begins: "a photographic negative: ..." is a picture of one.
        rf"[\n#;|.,]\s*negatives?\s?:\s*(?P<words>.*?){_SETTINGS}",
        r"(?:^|[\n#;|.,])\s*(?:avoid|exclude|excluding|unwanted|undesired content|uc)\s?:\s*(?P<words>.*?)"
        r"(?=[\n;|]|\.\s|$)",
        r"(?<!\S)(?:--|—)(?:no|neg|negative)[\s=:]\s*(?P<words>.*?)(?=\s(?:--|—)[a-z]|$)",
        rf"[(\[{{](?P<words>[^()\[\]{{}}]{{1,300}}):\s?(?:{_WEIGHT}|{_NONE})\s?[)\]}}]",
        rf"(?:^|(?<=[\s,|]))(?P<words>[^\s,|:][^,|:]{{0,80}})::\s?{_WEIGHT}(?![\d.])",
    )
)


@dataclass(frozen=True, slots=True)
class SplitRequest:
    """Holds what a request asks for and what it leaves out.

    `wanted` is as long as the prompt that was typed: spaces stand for what was taken out of it.
    """

    wanted: str
    left_out: str


def split_request(prompt: str, negative_prompt: str = "") -> SplitRequest:
    """Returns a prompt without what it leaves out, and the negative prompt with that.

    What the negative prompt gives a negative weight is left out of what is left out: it is wanted.
    """
    wanted, left_out = _taken_apart(prompt)
    not_wanted, wanted_after_all = _taken_apart(negative_prompt)
    return SplitRequest(
        ", ".join([wanted, *wanted_after_all]), ", ".join(filter(None, (not_wanted.strip(), *left_out)))
    )


def prompts_to_draw(prompt: str, negative_prompt: str = "") -> tuple[str, str]:
    """Returns the prompt and the negative prompt for a generator: it would draw the words that leave something out."""
    split = split_request(prompt, negative_prompt)
    return " ".join(split.wanted.split()) if split.wanted != prompt else prompt, split.left_out


def _taken_apart(text: str) -> tuple[str, list[str]]:
    """Returns the text with spaces for its parts of negative weight, and these."""
    left_out: list[str] = []
    for pattern in _LEFT_OUT:
        for start, end, words in list(_matches(pattern, text)):
            left_out.append(words)
            text = text[:start] + " " * (end - start) + text[end:]
    return text, [words for words in left_out if words]


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int, str]]:
    for match in pattern.finditer(text):
        yield match.start(), match.end(), match["words"].strip()
