"""The policy in force as a page to read and to print, made from presets/ alone. Imports no gradio."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from safety.messages.catalogue import Messages
from safety.policy.model import Category, Policy
from safety.policy.thresholds import Thresholds
from safety.records import Stage, Verdict
from safety.resources import ASSETS
from safety.review.retention import RetentionRules
from studio.examples import Sides
from ui.html.markup import joined
from ui.texts import Texts

STYLES = (ASSETS / "review.css", ASSETS / "policy.css")
READ = "read"  # the limits of the model that reads prompts, which meets every prompt
ZONES = ((Verdict.ALLOW, "allow"), (Verdict.NOTE, "note"), (Verdict.WARN, "warn"), (Verdict.BLOCK, "block"))
SHOWN_STAGES = (Stage.PROMPT, Stage.PICTURE)


@dataclass(frozen=True)
class PolicyPage:
    """Holds what the page is made from. `languages`: name and tag of each; `keeps_prompts`: the operator's choice."""

    policy: Policy
    messages: Messages
    texts: Texts
    sides: Mapping[str, Sides]
    retention: RetentionRules
    languages: list[tuple[str, str]]
    keeps_prompts: bool = False
    has_reviewers: bool = False
    takes_feedback: bool = False

    def render(self) -> str:
        """Returns the whole page."""
        said, tag = self.texts, self.messages.tag
        links = joined(
            Markup('<a href="?language={}" hreflang="{}" lang="{}"{}>{}</a>').format(
                other,
                other,
                other,
                Markup(' aria-current="true"') if name == self.messages.locale.language else "",
                name,
            )
            for name, other in self.languages
        )
        body = joined(
            [
                Markup('<h1>{}</h1><p>{}</p><p class="state">{} <code>{}</code></p>').format(
                    said["policy.title"],
                    said["policy.intro"],
                    said.say("policy.version", version=self.policy.version),
                    self.policy.digest[:16],
                ),
                self._hard_lines(),
                self._modes(),
                self._section("categories", self._categories()),
                self._section("recorded", _list(self._recorded())),
                self._section("appeal", _list(self._appeal())),
            ]
        )
        return Markup(
            '<!doctype html><html lang="{}"><head><meta charset="utf-8"><title>{} - Safelight</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><style>{}</style></head>'
            '<body class="policy"><header><a href="./">Safelight</a><nav aria-label="{}">{}</nav></header>'
            "<main>{}</main></body></html>"
        ).format(tag, said["policy.title"], _styles(), said["policy.languages"], links, body)

    def _section(self, name: str, body: Markup) -> Markup:
        return Markup('<section id="{}"><h2>{}</h2>{}</section>').format(name, self.texts[f"policy.{name}"], body)

    def _hard_lines(self) -> Markup:
        hard = (self._category(name, category) for name, category in self._of(hard=True))
        intro = Markup("<p>{}</p>").format(self.texts["policy.hard_intro"])
        return self._section("hard_lines", intro + joined(hard))

    def _modes(self) -> Markup:
        rows = joined(
            Markup("<dt>{}</dt><dd>{}</dd>").format(
                self.messages.mode(name).title, self.messages.mode(name).description
            )
            for name in self._mode_names()
        )
        locked = Markup("<p>{}</p>").format(self.texts["policy.locked"]) if self.policy.locked_mode else ""
        return self._section("modes", Markup("<dl>{}</dl>{}").format(rows, locked))

    def _categories(self) -> Markup:
        key = joined(
            Markup('<span class="zone {}">{}</span>').format(name, self.texts[f"policy.zone_{name}"])
            for _, name in ZONES
        )
        intro = Markup('<p>{}</p><p class="key">{}</p>').format(self.texts["policy.chart"], key)
        return intro + joined(self._category(name, category) for name, category in self._of(hard=False))

    def _of(self, hard: bool) -> Iterator[tuple[str, Category]]:
        return ((name, category) for name, category in self.policy.category.items() if category.hard is hard)

    def _mode_names(self) -> list[str]:
        names = sorted(self.policy.mode, key=lambda name: (name != "general", name))
        return [self.policy.locked_mode] if self.policy.locked_mode else names

    def _category(self, name: str, category: Category) -> Markup:
        texts, sides = self.messages.locale.category[name], self.sides[name]
        return Markup('<article class="card" id="{}"><h3>{} <code>{}</code></h3><p>{}</p>{}{}{}</article>').format(
            name,
            texts.title,
            category.code,
            texts.clause[:1].upper() + texts.clause[1:] + ".",
            Markup("") if category.hard else joined(self._chart(name, stage) for stage in SHOWN_STAGES),
            self._examples("passes", sides.passes),
            self._examples("stopped", sides.stopped) or self._none_stopped(category),
        )

    def _none_stopped(self, category: Category) -> Markup:
        key = "policy.no_example" if category.hard else "policy.never_stopped"
        return Markup('<p class="state">{}</p>').format(self.texts[key])

    def _examples(self, side: str, prompts: Iterable[str]) -> Markup:
        items = joined(Markup('<li lang="en">{}</li>').format(prompt) for prompt in prompts)
        title = self.texts[f"policy.{side}"]
        return Markup('<h4>{}</h4><ul class="{}">{}</ul>').format(title, side, items) if items else Markup("")

    def _chart(self, name: str, stage: Stage) -> Markup:
        limits = {mode: self._limits(name, stage, mode) for mode in self._mode_names()}
        named = {self.messages.mode(mode).title: each for mode, each in limits.items() if each is not None}
        if len({tuple(each.steps()) for each in named.values()}) == 1:
            named = {self.texts["policy.every_mode"]: next(iter(named.values()))}
        rows = joined(
            Markup('<tr><th scope="row">{}</th><td>{}</td></tr>').format(title, _bar(each, self.texts))
            for title, each in named.items()
        )
        caption = self.texts[f"policy.chart_{stage.value}"]
        return (
            Markup('<table class="limits"><caption>{}</caption>{}</table>').format(caption, rows)
            if rows
            else Markup("")
        )

    def _limits(self, name: str, stage: Stage, mode: str) -> Thresholds | None:
        return self.policy.thresholds(stage, name, READ if stage is Stage.PROMPT else "", mode)

    def _recorded(self) -> Iterator[str]:
        said, days = self.messages.locale.statement, self.retention.days
        minutes = f"{self.retention.appeal.withheld_minutes:g}"
        yield said.stored_record
        yield (
            said.stored_text_yes.format(lasting=said.lasting(days.words)) if self.keeps_prompts else said.stored_text_no
        )
        yield said.stored_client.format(lasting=said.lasting(days.clients))
        yield said.stored_appeal.format(lasting=said.lasting(days.appeal))
        yield said.stored_picture_held.format(minutes=minutes, lasting=said.lasting(days.picture))
        yield self.texts.say("policy.kept_pictures", lasting=said.lasting(days.finished))
        yield self.texts.say("policy.kept_manifests", lasting=said.lasting(days.manifests))
        yield self.texts.say("policy.kept_answers", lasting=said.lasting(days.review))
        if self.takes_feedback:
            yield self.texts.say("policy.kept_feedback", lasting=said.lasting(days.feedback))

    def _appeal(self) -> Iterator[str]:
        terms = self.retention.appeal
        if self.has_reviewers:
            yield self.texts.say("policy.appeal_ask", days=terms.ask_days)
            yield self.texts.say("policy.appeal_yes", days=f"{terms.override_days:g}")
        else:
            yield self.texts["policy.appeal_nobody"]
        yield self.texts["policy.appeal_warn"]
        yield self.texts["policy.appeal_hard"]


def _bar(limits: Thresholds, texts: Texts) -> Markup:
    """Returns the scale of scores, 0 to 100, in its zones."""
    starts = [(Verdict.ALLOW, 0.0), *limits.steps()]
    names = dict(ZONES)
    zones, said = [], []
    for number, (verdict, start) in enumerate(starts):
        end = starts[number + 1][1] if number + 1 < len(starts) else 1.0
        name = names.get(verdict, "block")
        zones.append(Markup('<span class="zone {}" style="width:{:.1f}%"></span>').format(name, 100 * (end - start)))
        said.append(texts.say("policy.from", zone=texts[f"policy.zone_{name}"], at=round(100 * start)))
    return Markup('<div class="bar" role="img" aria-label="{}">{}</div><small>{}</small>').format(
        ", ".join(said), joined(zones), ", ".join(said[1:])
    )


def _list(sentences: Iterable[str]) -> Markup:
    return Markup("<ul>{}</ul>").format(joined(Markup("<li>{}</li>").format(one) for one in sentences))


def _styles() -> Markup:
    return Markup("\n".join(path.read_text("utf-8") for path in STYLES))
