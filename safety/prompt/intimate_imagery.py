"""Hard line 1.2: a named or identifiable real person in a sexual or nude picture (decision 0004)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from safety.config import ConfigModel, parse, read_toml
from safety.prompt.child_safety import CERTAIN, FILE
from safety.prompt.matcher import TermMatcher
from safety.prompt.proximity import WordDistance, outside
from safety.prompt.public_figures import read_public_figures
from safety.prompt.vocabulary import Lexicon, Term
from safety.records import Finding, Prompt, Span
from safety.text import Normalised, normalise, plain

SEXUAL = 0.45  # from this score on a term of lexicon/sexual.toml counts: "sexy" with a name is enough
REACH_KNOWN = 10  # words between a well-known name and the wording
REACH_OTHER = 1  # other names only right beside it: a name in a prompt is more often an artist's

# The second name is looked ahead for, so that "photo of Ann Lee" is not used up by "photo of".
_NAME = re.compile(r"(?<![^\W_])([^\W\d_]{2,})(?=((?:[ \-][^\W\d_]\.?)? ([^\W\d_]['’]?[^\W\d_]+))(?![^\W_]))")
_CREDIT_REACH = 40  # characters before a name in which "by", "after" may stand

Terms = Annotated[tuple[str, ...], Field(min_length=1)]


class PersonWords(ConfigModel):
    """Table `person` of presets/hardlines.toml."""

    credit: Terms  # before the name of an artist: "nude by ..."
    naked_made: Terms  # cross the line by themselves
    relation: Terms  # people the writer knows
    artists: Terms
    fictional: Terms
    given: Terms  # common given names
    no_surname: Terms


class IntimateImageryCheck:
    """Real people, by name or as "my neighbour", next to sexual or nude wording; credits to artists do not count."""

    name = "intimate imagery"
    live = True

    def __init__(self, words: PersonWords, figures: Iterable[str], vocabulary: Lexicon) -> None:
        kinds = ("naked_made", "relation", "artists", "fictional")
        others = ((term, kind) for kind in kinds for term in getattr(words, kind))
        self._scanner = TermMatcher([*others, *((name, "figures") for name in figures)])
        self._given, self._no_surname = frozenset(words.given), frozenset(words.no_surname)
        credits = "|".join(re.escape(credit) for credit in sorted(words.credit, key=len, reverse=True))
        self._credit = re.compile(rf"(?:^|[^\w])(?:{credits})[\s:,]+$", re.IGNORECASE)
        self._vocabulary = vocabulary

    def detect(self, prompt: Prompt) -> Iterator[Finding]:
        """At most one finding, without evidence or span."""
        text = normalise(prompt.text)
        spans: dict[str, list[Span]] = {}
        for hit in self._scanner.find(text):
            spans.setdefault(hit.meaning, []).append(hit.span)
        if spans.get("naked_made") or self._named(text, spans):
            yield Finding(self.name, "intimate_imagery", CERTAIN)

    def names_public_figure(self, text: str) -> bool:
        """Whether a text names one of the well-known people."""
        return any(hit.meaning == "figures" for hit in self._scanner.find(normalise(text)))

    def names_somebody(self, text: str) -> bool:
        """Whether a text has a name in it, real or of a story; credits to artists do not count."""
        known = any(hit.meaning in ("figures", "fictional") for hit in self._scanner.find(normalise(text)))
        return known or any(True for _ in self._names(text))

    def _named(self, text: Normalised, spans: dict[str, list[Span]]) -> bool:
        wording = sorted({hit.span for hit in self._vocabulary.find(text.typed) if _intimate(hit.meaning)})
        if not wording:
            return False
        words = WordDistance(text.typed)
        known = spans.get("figures", []) + spans.get("relation", [])
        others = outside(self._names(text.typed), spans.get("artists", []) + spans.get("fictional", []) + wording)
        return words.any_near(known, wording, REACH_KNOWN) or words.any_near(others, wording, REACH_OTHER)

    def _names(self, typed: str) -> Iterator[Span]:
        """Capitalised pairs with a common given name, unless a credit stands before them."""
        for match in _NAME.finditer(typed):
            first, last = match[1], match[3]
            if not (first[0].isupper() and last[0].isupper()) or plain(first) not in self._given:
                continue
            before = typed[max(0, match.start() - _CREDIT_REACH) : match.start()]
            if plain(last) not in self._no_surname and not self._credit.search(before):
                yield Span(match.start(), match.end(2))


def load_intimate_imagery(folder: Path, vocabulary: Lexicon) -> IntimateImageryCheck:
    """Reads the table `person` of `hardlines.toml`, and `people.toml`. Raises PresetError."""
    path = folder / FILE
    words = parse(PersonWords, read_toml(path).get("person"), path)
    return IntimateImageryCheck(words, read_public_figures(folder).figures.names(), vocabulary)


def _intimate(term: Term) -> bool:
    return term.category == "nudity" or (term.category == "sexual" and term.score >= SEXUAL)
