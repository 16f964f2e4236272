"""Finds hard line 1.2: a named or identifiable real person in a sexual or nude picture (decision 0004)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import Field

from safety.config import ConfigModel
from safety.prompt.child_safety import CERTAIN, FILE
from safety.prompt.lexicon import Lexicon, Score, Term, Terms
from safety.prompt.matcher import TermMatcher
from safety.prompt.proximity import WordDistance, outside
from safety.records import Finding, Prompt, Span
from safety.text import Normalised, normalise, plain

# Words between a well-known name and the wording; other names only right beside it: a name in a prompt is more often
# an artist's.
REACH_KNOWN, REACH_OTHER = 10, 1

# The second name is looked ahead for, so that "photo of Ann Lee" is not used up by "photo of".
_NAME = re.compile(r"(?<![^\W_])([^\W\d_]{2,})(?=((?:[ \-][^\W\d_]\.?)? ([^\W\d_]['’]?[^\W\d_]+))(?![^\W_]))")
_CREDIT_REACH = 40  # characters before a name in which "by", "after" may stand


class PersonWords(ConfigModel):
    """Holds the table `person` of presets/hardlines.toml."""

    # From this score on a term of lexicon/sexual.toml counts: "sexy" with a name is enough.
    sexual_from: Score
    # Stand before the name of an artist: "nude by ...".
    credit: Terms
    # Cross the line by themselves.
    nudification: Terms = Field(alias="naked_made")
    # People whom the writer knows.
    relation: Terms
    artists: Terms
    fictional: Terms
    # Common given names.
    given_names: Terms = Field(alias="given")
    no_surname: Terms


class IntimateImageryCheck:
    """Finds real people, by name or as "my neighbour", next to sexual or nude wording.

    `figures` are names of well-known people. Credits to artists do not count.
    """

    name = "intimate imagery"
    live = True

    def __init__(self, words: PersonWords, figures: Iterable[str], lexicon: Lexicon) -> None:
        kinds = ("nudification", "relation", "artists", "fictional")
        others = ((term, kind) for kind in kinds for term in getattr(words, kind))
        self._matcher = TermMatcher([*others, *((name, "figures") for name in figures)])
        self._given_names, self._no_surname = frozenset(words.given_names), frozenset(words.no_surname)
        credits = "|".join(re.escape(credit) for credit in sorted(words.credit, key=len, reverse=True))
        self._credit = re.compile(rf"(?:^|[^\w])(?:{credits})[\s:,]+$", re.IGNORECASE)
        self._sexual_from = words.sexual_from
        self._lexicon = lexicon

    def detect(self, prompt: Prompt) -> Iterator[Finding]:
        """Yields at most one finding, without evidence or span: they would show a way round the line."""
        text = normalise(prompt.text)
        spans: dict[str, list[Span]] = {}
        for match in self._matcher.find(text):
            spans.setdefault(match.meaning, []).append(match.span)
        if spans.get("nudification") or self._person_near_wording(text, spans):
            yield Finding(self.name, "intimate_imagery", CERTAIN)

    def names_public_figure(self, text: str) -> bool:
        """Tells whether a text names one of the well-known people."""
        return any(match.meaning == "figures" for match in self._matcher.find(normalise(text)))

    def names_anybody(self, text: str) -> bool:
        """Tells whether a text has a name in it, real or of a story; credits to artists do not count."""
        kinds = {match.meaning for match in self._matcher.find(normalise(text))}
        return not kinds.isdisjoint(("figures", "fictional")) or any(True for _ in self._names(text))

    def _person_near_wording(self, text: Normalised, spans: dict[str, list[Span]]) -> bool:
        wording = sorted({match.span for match in self._lexicon.find(text.typed) if self._intimate(match.meaning)})
        if not wording:
            return False
        distance = WordDistance(text.typed)
        known = spans.get("figures", []) + spans.get("relation", [])
        others = outside(self._names(text.typed), spans.get("artists", []) + spans.get("fictional", []) + wording)
        return distance.any_near(known, wording, REACH_KNOWN) or distance.any_near(others, wording, REACH_OTHER)

    def _intimate(self, term: Term) -> bool:
        return term.category == "nudity" or (term.category == "sexual" and term.score >= self._sexual_from)

    def _names(self, typed: str) -> Iterator[Span]:
        """Yields capitalised pairs with a common given name, unless a credit stands before them."""
        for match in _NAME.finditer(typed):
            first, last = match[1], match[3]
            if not (first[0].isupper() and last[0].isupper()) or plain(first) not in self._given_names:
                continue
            before = typed[max(0, match.start() - _CREDIT_REACH) : match.start()]
            if plain(last) not in self._no_surname and not self._credit.search(before):
                yield Span(match.start(), match.end(2))


def load_intimate_imagery(presets: Path, figures: Iterable[str], lexicon: Lexicon) -> IntimateImageryCheck:
    """Reads the table `person` of `hardlines.toml` in the presets. Raises PresetError."""
    return IntimateImageryCheck(PersonWords.load(presets / FILE, "person"), figures, lexicon)
