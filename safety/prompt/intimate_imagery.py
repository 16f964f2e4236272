"""Finds hard line 1.2: a named or identifiable real person in a sexual or nude picture (decision 0004).

A lighter word beside such a person ("seductive") is a finding of its own, which asks for a confirmation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from safety.prompt.absent_clothes import AbsentClothes
from safety.prompt.child_safety import CERTAIN
from safety.prompt.full_names import FullNames, artists_of
from safety.prompt.hard_line_words import FILE, HardLineWords
from safety.prompt.identified_people import IdentifiedPeople
from safety.prompt.lexicon import Lexicon, Term
from safety.prompt.matcher import TermMatcher
from safety.prompt.protected_works import ARTISTS
from safety.prompt.protected_works import FOLDER as ARTISTS_FOLDER
from safety.prompt.proximity import WordDistance, merged, outside
from safety.prompt.similar_names import SimilarNames
from safety.records import Finding, Prompt, Span
from safety.text import Normalised, normalise

# Words between a well-known name and the wording; other names only right beside it: a name in a prompt is more often
# an artist's.
REACH_KNOWN, REACH_OTHER = 10, 1
REACH_PRONOUN = 60  # where "she is" stands before the wording
_PRONOUN = re.compile(
    r"(?<![^\W_])(?:she|he|they)(?:['’](?:s|re)|\s(?:is|are|was|were|being|stands|lies|sits|poses))"
    r"\s(?:(?:now|all|fully|completely|totally|entirely|quite)\s)?$",
    re.IGNORECASE,
)
_BEFORE = 40  # characters in which that stands
SUGGESTIVE = 0.45  # the score of a real person in light sexual wording: asked about in every mode, refused in none


class IntimateImageryCheck:
    """Finds real people, by name or as "my neighbour", next to sexual or nude wording.

    `figures` are names of well-known people. Credits to artists do not count.
    """

    name = "intimate imagery"
    live = True

    def __init__(
        self, words: HardLineWords, figures: Sequence[str], no_sitters: Iterable[str], lexicon: Lexicon
    ) -> None:
        person = words.person
        kinds = ("nudification", "artists", "fictional", "undressing")
        others = [(term, kind) for kind in kinds for term in getattr(person, kind)]
        others += [(term, "light") for term in words.wording.light]
        more_wording = ((term, "wording") for term in (*words.wording.nude, *words.wording.sexual))
        self._matcher = TermMatcher([*others, *more_wording, *((name, "figures") for name in figures)])
        self._similar = SimilarNames(figures, person.given_names)
        self._names = FullNames(person.given_names, person.no_surname, (*no_sitters, *person.artists), person.credit)
        self._identified = IdentifiedPeople(words.identified)
        self._absent_clothes = AbsentClothes(words.absent)
        self._sexual_from, self._nude_from = person.sexual_from, person.nude_from
        self._suggestive_from = person.suggestive_from
        self._lexicon = lexicon

    def detect(self, prompt: Prompt) -> Iterator[Finding]:
        """Yields at most one finding; of the line, without evidence or span: they would show a way round it."""
        text = normalise(prompt.text)
        spans: dict[str, list[Span]] = {}
        for match in self._matcher.find(text):
            spans.setdefault(match.meaning, []).append(match.span)
        edited = any(True for _ in self._absent_clothes.taken_out_of_picture(text))
        terms = {match.span for match in self._lexicon.find(text.typed) if self._intimate(match.meaning)}
        wording = sorted(terms.union(spans.get("wording", [])))
        wording_of_real = sorted({*wording, *spans.get("undressing", []), *self._absent_clothes.find(text)})
        if spans.get("nudification") or edited or self._person_near(text, spans, wording, wording_of_real):
            yield Finding(self.name, "intimate_imagery", CERTAIN)
            return
        lexicon = {match.span for match in self._lexicon.find(text.typed) if self._suggestive(match.meaning)}
        light = sorted(lexicon.union(spans.get("light", [])))
        # "Sex with" two words that nobody knows may be of somebody real, or of a story.
        partners = outside(self._names.partners(text, wording), spans.get("fictional", []))
        if partners:
            light = sorted({*light, *wording})
        if partners or self._person_near(text, spans, light, light):
            words = ", ".join(dict.fromkeys(prompt.text[span.start : span.end] for span in light))
            yield Finding(self.name, "sexual", SUGGESTIVE, words, spans=tuple(merged(light)))

    def names_public_figure(self, text: str) -> bool:
        """Tells whether a text names one of the well-known people."""
        return any(match.meaning == "figures" for match in self._matcher.find(normalise(text)))

    def names_anybody(self, text: str) -> bool:
        """Tells whether a text has a name in it, real or of a story; credits to artists do not count."""
        kinds = {match.meaning for match in self._matcher.find(normalise(text))}
        return not kinds.isdisjoint(("figures", "fictional")) or any(
            True for _ in self._names.capitalised(normalise(text))
        )

    def _person_near(
        self, text: Normalised, spans: dict[str, list[Span]], wording: list[Span], wording_of_real: list[Span]
    ) -> bool:
        """Tells whether a person stands near wording; `wording_of_real` says something only of real people."""
        if not wording_of_real:
            return False
        distance = WordDistance(text.typed)
        real = {*spans.get("figures", []), *self._similar.find(text), *self._identified.find(text)}
        made_up = spans.get("artists", []) + spans.get("fictional", []) + wording
        others = outside(self._names.capitalised(text), made_up)
        in_place = outside(self._names.in_place(text, wording_of_real), made_up)
        return (
            distance.any_near(real, wording_of_real, REACH_KNOWN)
            or distance.any_near(real, _said_of_one(text, wording), REACH_PRONOUN)
            or distance.any_near(others, wording_of_real, REACH_OTHER)
            or bool(in_place)
        )

    def _intimate(self, term: Term) -> bool:
        least = {"nudity": self._nude_from, "sexual": self._sexual_from}.get(term.category)
        return least is not None and term.score >= least

    def _suggestive(self, term: Term) -> bool:
        return term.category == "sexual" and self._suggestive_from <= term.score < self._sexual_from


def _said_of_one(text: Normalised, wording: Iterable[Span]) -> list[Span]:
    """Returns the wording that is said of somebody named before: "she is nude"."""
    return [span for span in wording if _PRONOUN.search(text.typed[max(0, span.start - _BEFORE) : span.start])]


def load_intimate_imagery(
    presets: Path, figures: Iterable[str], characters: Iterable[str], lexicon: Lexicon
) -> IntimateImageryCheck:
    """Reads `hardlines.toml` in the presets, and which artists are no sitters. `characters` are no people.

    Raises PresetError.
    """
    no_sitters = (*artists_of(presets / ARTISTS_FOLDER / ARTISTS), *characters)
    return IntimateImageryCheck(HardLineWords.load(presets / FILE), tuple(figures), no_sitters, lexicon)
