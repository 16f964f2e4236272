"""What a person reads, as data: presets/locales/*.toml, one file a language, and help for each country.

A decision is made without words. `Messages.render` says it in a language; what a language lacks is said in English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Protocol

from safety.config import ADVICE, parse, read_toml
from safety.errors import PresetError, RequestError
from safety.messages.helplines import Helplines, load_helplines
from safety.messages.offences import CATEGORY, Offence, load_offences
from safety.messages.schema import CategoryMessages, Locale, ModeMessages, ModeProfile, StageMessages, VerdictMessages
from safety.records import CONTEXT, UNCHECKED, Decision, Reason, Stage, Verdict

ENGLISH = "en"
GENERAL = "general"
HOME = {"ja": "JP"}  # countries of languages that browsers mostly name without one
UNSPACED = "\u3000"  # from here on, scripts such as the Japanese put no spaces between words
STAGE_OF = {"P": Stage.PROMPT, "I": Stage.PICTURE, "T": Stage.TEXT}


@dataclass(frozen=True, slots=True)
class RenderedReason:
    """A reason in one language: title, the facts in a sentence, the clause with its number, and where to find help.

    `help` is "" for a category that has none. `exact`: the sentence is about the subcategory, not the whole category.
    """

    reason: Reason
    title: str
    text: str
    clause: str
    help: str = ""
    exact: bool = False


@dataclass(frozen=True)
class Messages:
    """One language, for a reader in one country ("" where it is not known). `modes`: names from the mode files."""

    tag: str
    country: str
    locale: Locale
    help: Helplines
    modes: Mapping[str, ModeProfile]
    offences: Mapping[str, Offence]

    def render(self, decision: Decision) -> tuple[RenderedReason, ...]:
        """Returns the reasons of a decision in this language, in the same order."""
        return tuple(self._rendered(reason, decision.mode) for reason in decision.reasons)

    def _rendered(self, reason: Reason, mode: str) -> RenderedReason:
        if reason.category == UNCHECKED:
            unchecked = self.locale.unchecked
            title, text = unchecked.text_of(reason.subcategory, reason.check, reason.evidence)
            return RenderedReason(reason, title, text, f"{reason.clause}: {unchecked.clause}")
        if reason.category == CONTEXT:
            context = self.locale.context
            text = context.text.format(mode=self.mode(mode).title, general=self.mode(GENERAL).title)
            return RenderedReason(reason, context.title, text, f"{reason.clause}: {context.clause}")
        category = self.locale.category[reason.category]
        text = category.at(STAGE_OF[reason.code[0]], reason.subcategory).replace("{evidence}", reason.evidence)
        title, rule = category.heading_of(reason.subcategory)
        clause = f"{reason.clause}: {rule}"
        exact = reason.subcategory in self._aspects(reason.category)
        return RenderedReason(reason, title, text, clause, self.help_text(reason.category), exact)

    def advice(self, decision: Decision) -> str:
        """How to ask instead of what a prompt was refused for; "" where it was not, and behind a hard line."""
        if decision.verdict is not Verdict.BLOCK or decision.stage is not Stage.PROMPT:
            return ""
        blocking = [one for one in decision.reasons if one.verdict is decision.verdict and one.category != UNCHECKED]
        # What is said of a kind of harm fits better than what is said of all.
        exact_first = sorted(blocking, key=lambda one: one.subcategory not in self._aspects(one.category))
        advice = (self.locale.category[one.category].advice_for(one.subcategory) for one in exact_first)
        return next(filter(None, advice), "")

    def _aspects(self, category: str) -> Mapping[str, StageMessages]:
        return self.locale.category[category].subcategories

    def modes_to_offer(self, decision: Decision, prompt: str = "") -> tuple[str, ...]:
        """The modes that ask for less and suit the work; none where somebody may need help, who is not told how to
        go on.
        """
        if self.may_need_help(decision):
            return ()
        named = {name for name, mode in self.modes.items() if mode.words and _word_of(mode.words).search(prompt)}
        if named:
            return tuple(name for name in decision.modes_that_allow if name in named)
        stopping = {reason.category for reason in decision.reasons if reason.verdict is decision.verdict}
        return tuple(name for name in decision.modes_that_allow if self._is_about(name, stopping))

    def _is_about(self, mode: str, categories: Set[str]) -> bool:
        known = self.modes.get(mode)
        return known is None or not known.subjects or categories <= set(known.subjects)

    def would_pass(self, decision: Decision, modes: Sequence[str]) -> tuple[str, ...]:
        """A sentence for the modes that would let it pass, and one for those that would ask for a confirmation."""
        said = self.locale.statement
        free = [name for name in modes if name not in decision.modes_that_ask]
        asking = [name for name in modes if name in decision.modes_that_ask]
        sentences = ((said.passing, free), (said.passing_asks, asking))
        return tuple(text.format(modes=self.either(names)) for text, names in sentences if names)

    def may_need_help(self, decision: Decision) -> bool:
        """Whether there are services for any of the reasons."""
        return any(self.help.near(reason.category, "") for reason in decision.reasons)

    def either(self, modes: Sequence[str]) -> str:
        """The titles of modes, by name, as a choice: "Art or Medical"."""
        return f" {self.locale.page.either} ".join(self.mode(name).title for name in modes)

    def mode(self, name: str) -> ModeMessages:
        """Title and description of a mode; of one that an operator added, as its file has them."""
        return self.locale.mode.get(name) or self.modes.get(name) or ModeMessages(title=name, description="")

    def verdict(self, stage: Stage, verdict: Verdict) -> VerdictMessages:
        return self.locale.verdict[Stage.PROMPT if stage is Stage.PROMPT else Stage.PICTURE][verdict.name]

    def check(self, name: str) -> str:
        return self.locale.check.get(name, name)

    def offence(self, category: str, stage: Stage) -> str:
        """That asking for such a picture may be an offence, by the law of the reader's country where it is known.

        "" for another category, and for a picture: nobody may have asked for what a model has made of a prompt.
        """
        if category != CATEGORY or stage is not Stage.PROMPT:
            return ""
        known = self.offences.get(self.country)
        said = self.locale.offence
        return str(getattr(said, known.what)).format(law=known.law) if known else said.elsewhere

    def help_text(self, category: str) -> str:
        """One paragraph: that there is help, where in the reader's country, where in the world. "" where none is."""
        sentence = self.locale.category[category].help
        lines = [each.line(self.locale.help) for each in self.help.near(category, self.country)]
        return " ".join([sentence, "; ".join(lines) + "."]) if sentence and lines else sentence


class NamedCategory(Protocol):
    """Names what is said of a category that an operator has added (`safety.policy.added_category`)."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def sentence(self) -> str: ...

    @property
    def check(self) -> str: ...


@dataclass(frozen=True)
class Catalogue:
    """All languages of a presets folder by tag ("en", "de")."""

    locales: Mapping[str, Locale]
    help: Helplines
    modes: Mapping[str, ModeProfile]
    default: str = ENGLISH
    offences: Mapping[str, Offence] = field(default_factory=dict)

    def messages(self, tag: str = "") -> Messages:
        """Returns the texts for "de" or "de-AT", the second part a country. Raises RequestError."""
        name, _, country = (tag or self.default).replace("_", "-").partition("-")
        if name.lower() not in self.locales:
            known = ", ".join(self.locales)
            sentence = f"There are no texts in the language {tag[:40]!r}."
            raise RequestError(sentence, f"Choose one of: {known}.", "language")
        locale = self.locales[name.lower()]
        return Messages(name.lower(), country.upper(), locale, self.help, self.modes, self.offences)

    def with_categories(self, added: Sequence[NamedCategory]) -> Catalogue:
        """Returns all languages with what each says of further categories, and of the checks that find them."""
        return replace(self, locales={tag: _with_categories(one, added) for tag, one in self.locales.items()})

    def nearest(self, header: str) -> str:
        """The tag that suits an Accept-Language header (RFC 9110) best: a known language, the first country named.

        Browsers in any language add en-US with a weight, which says no country.
        """
        parts = [part.strip() for part in header.split(",")]
        wanted = [part.partition(";")[0].strip() for part in parts]
        placed = [tag for tag, part in zip(wanted, parts, strict=True) if not part.lower().startswith("en-us;")]
        countries = [tag.split("-")[-1].upper() for tag in placed if len(tag.split("-")[-1]) == 2 and "-" in tag]
        known = [tag.split("-")[0].lower() for tag in wanted if tag.split("-")[0].lower() in self.locales]
        language = (known or [self.default.partition("-")[0]])[0]
        country = (countries or [HOME.get(language, "")])[0]
        return f"{language}-{country}" if country else language


def load_catalogue(folder: Path, modes: Mapping[str, ModeProfile], default: str = "") -> Catalogue:
    """Reads locales/*.toml, help.toml and offences.toml of a folder. Raises PresetError that names file and key."""
    english = read_toml(folder / "locales" / f"{ENGLISH}.toml")
    locales: dict[str, Locale] = {}
    for path in sorted((folder / "locales").glob("*.toml"), key=lambda path: (path.stem != ENGLISH, path.stem)):
        table = read_toml(path)
        _same_names(english, table, path)
        locales[path.stem] = parse(Locale, _over(english, table), path)
    catalogue = Catalogue(locales, load_helplines(folder), modes, default or ENGLISH, load_offences(folder))
    try:
        catalogue.messages()
    except RequestError as error:
        raise PresetError(str(error), f"Set SAFELIGHT_LANGUAGE to one of: {', '.join(locales)}.") from None
    return catalogue


def _with_categories(locale: Locale, added: Sequence[NamedCategory]) -> Locale:
    said = locale.added
    categories = {one.name: said.category(one.title, one.sentence) for one in added}
    checks = {one.check: said.check.replace("{title}", one.title) for one in added}
    return locale.model_copy(
        update={"category": {**locale.category, **categories}, "check": {**locale.check, **checks}}
    )


@cache
def _word_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """Finds any of the words, whole; those of scripts without spaces wherever they stand."""
    spaced = [re.escape(word) for word in words if max(word) < UNSPACED]
    unspaced = [re.escape(word) for word in words if max(word) >= UNSPACED]
    return re.compile("|".join([rf"(?<!\w)(?:{'|'.join(spaced)})(?!\w)", *unspaced]), re.IGNORECASE)


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`below` with whatever `above` says in its place, table by table."""
    merged = dict(below)
    for key, value in above.items():
        merged[key] = _over(below.get(key, {}), value) if isinstance(value, dict) else value
    return merged


def _same_names(english: Mapping[str, Any], table: Mapping[str, Any], path: Path, inside: str = "") -> None:
    """What stands in braces must be what the program knows: the names that the English text uses."""
    for key, value in table.items():
        first = english.get(key)
        if isinstance(value, dict) and isinstance(first, dict):
            _same_names(first, value, path, f"{inside}{key}.")
        elif isinstance(value, str) and isinstance(first, str) and not _names(value, path) <= _names(first, path):
            raise PresetError(f"{path}: {inside}{key}: there is no such name as in {value!r}", ADVICE)


def _names(text: str, path: Path) -> set[str]:
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise PresetError(f"{path}: {text!r}: {error}", ADVICE) from None


__all__ = [
    "Catalogue", "CategoryMessages", "Messages", "ModeMessages", "RenderedReason", "StageMessages", "load_catalogue",
]  # fmt: skip
