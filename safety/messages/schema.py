"""The form of one language's file, presets/locales/*.toml: a missing or unknown key is an error that names it."""

from __future__ import annotations

from pydantic import Field

from safety.config import ConfigModel
from safety.records import Stage


class StageMessages(ConfigModel):
    """The facts in one plain sentence, by what was judged.

    `advice`: how to ask instead, where a prompt was refused and no other wording of it is found. `title` and `clause`
    of a subcategory stand in the place of its category's, where those would tell something else than what happened.
    """

    prompt: str
    picture: str
    text: str
    advice: str = ""
    title: str = ""
    clause: str = ""


class CategoryMessages(StageMessages):
    """One category. `subcategories` say it more exactly; `help` says that there is help (presets/help.toml)."""

    title: str
    clause: str
    help: str = ""
    subcategories: dict[str, StageMessages] = Field(default={}, alias="aspects")

    def at(self, stage: Stage, subcategory: str) -> str:
        return str(getattr(self.subcategories.get(subcategory, self), stage.value))

    def heading_of(self, subcategory: str) -> tuple[str, str]:
        """Title and clause; of the category where the subcategory has none of its own."""
        exact = self.subcategories.get(subcategory, self)
        return exact.title or self.title, exact.clause or self.clause

    def advice_for(self, subcategory: str) -> str:
        """How to ask instead; of the category where the subcategory has no advice of its own."""
        return self.subcategories.get(subcategory, self).advice or self.advice


class VerdictMessages(ConfigModel):
    """What was decided, and what remains possible."""

    title: str
    possible: str


class ModeMessages(ConfigModel):
    """How a mode is called, and what it is for."""

    title: str
    description: str


class ModeProfile(ModeMessages):
    """Which works a mode is offered to.

    Those that name it, with one of its `words` in the prompt; where a work names no mode at all, those that are stopped
    for nothing but its `subjects`, which are categories. A mode without both is offered to all.
    """

    words: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()


class AddedMessages(StageMessages):
    """What is said of a category that an operator has added. {title}, {sentence}; {evidence} are the nearest examples.

    `check` names what finds it.
    """

    clause: str
    check: str

    def category(self, title: str, sentence: str) -> CategoryMessages:
        """Returns the messages of one category; {evidence} stays, to be filled in for each reason."""
        filled = {
            name: str(getattr(self, name)).replace("{title}", title).replace("{sentence}", sentence)
            for name in ("prompt", "picture", "text", "clause")
        }
        return CategoryMessages.model_validate({"title": title, **filled})


class UncheckedMessages(ConfigModel):
    """What is said where a check could not look. {check}, {why}, {category}."""

    clause: str
    title_nobody: str
    nobody: str
    title_skipped: str
    skipped: str
    title_unruled: str
    unruled: str

    def text_of(self, kind: str, check: str, why: str) -> tuple[str, str]:
        """Title and text. A sentence of our own about what was asked for ("problem") is given as it is."""
        if kind == "problem":
            return self.title_skipped, why
        text = str(getattr(self, kind)).format(check=check, why=why, category=why)
        return str(getattr(self, f"title_{kind}")), text


class Context(ConfigModel):
    """What is said where wording does not fit the mode. {mode}, {general}."""

    title: str
    clause: str
    text: str


class StatementMessages(ConfigModel):
    """Labels and sentences of the statement of reasons."""

    heading: str
    case: str
    time: str
    what: str
    stage_prompt: str
    stage_picture: str
    stage_text: str
    verdict: str
    possible: str
    why: str
    policy: str
    mode: str
    mode_person: str
    mode_operator: str
    evidence: str
    quotes: str
    evidence_whole: str
    region: str
    signal: str
    reached_note: str
    reached_warn: str
    reached_block: str
    reached_hard_block: str
    model: str
    passing: str
    passing_asks: str
    not_passing: str
    locked: str
    suggestions: str
    advice: str
    automatic: str
    appeal: str
    appeal_until: str
    appeal_picture: str
    appeal_how: str
    appeal_reviewed: str
    appeal_operator: str
    appeal_warn: str
    appeal_hard: str
    stored: str
    stored_record: str
    stored_hard: str
    stored_text_no: str
    stored_text_yes: str
    stored_client: str
    stored_appeal: str
    stored_picture_no: str
    stored_picture_held: str
    lasting_days: str
    lasting_ever: str
    print: str

    def lasting(self, days: float) -> str:
        """How long something is kept; 0 days is for ever (presets/retention.toml)."""
        return self.lasting_days.format(days=f"{days:g}") if days else self.lasting_ever


class PageMessages(ConfigModel):
    """Short words beside a judgement. {mode}. `either` stands between the last two of a choice."""

    scores: str
    either: str
    use_mode: str


class HelpMessages(ConfigModel):
    """How help is named. {phone}, {text}."""

    heading: str
    call: str
    text: str
    child: str
    worried: str
    report: str
    world: str
    others: str


class OffenceMessages(ConfigModel):
    """That a picture may be an offence: by a law of the reader's country, {law}, or `elsewhere`."""

    asking: str
    making: str
    sharing: str
    elsewhere: str


class Locale(ConfigModel):
    """One language. `mode` is empty where the names in the mode files are in this language."""

    language: str
    category: dict[str, CategoryMessages]
    added: AddedMessages
    unchecked: UncheckedMessages
    context: Context
    verdict: dict[Stage, dict[str, VerdictMessages]]
    check: dict[str, str]
    statement: StatementMessages
    help: HelpMessages
    offence: OffenceMessages
    page: PageMessages
    mode: dict[str, ModeMessages] = {}
