"""The statement of reasons as a part of the page, and as a page of its own to print. Imports no gradio."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from safety.resources import ASSETS
from safety.statement import Ground, Statement, signal_said
from safety.statement.render import models_said, pairs, remarks
from ui.html.helplines import help_of
from ui.html.regions import where

# In the statement itself, since Gradio puts its own class before every rule of the page's style sheet.
ALONE = Markup(
    '<style media="print">#sl-header, #sl-light, #sl-desk, #sl-footer, .tab-wrapper, .sl-print, .sl-help details '
    "{ display: none !important } #sl-create { display: block !important } #sl-tray { border: 0; box-shadow: none; "
    "max-width: none } body, .gradio-container, #sl-tray { background: #fff !important; color: #000 !important }"
    "</style>"
)
STYLE = ASSETS / "statement.css"


def section(one: Statement) -> Markup:
    """The whole statement, help first."""
    said = one.messages.locale.statement
    return Markup(
        '<section class="sl-statement sl-{}" role="status" lang="{}">{}<p class="sl-kicker">{}</p><h3>{}</h3><p>{}</p>'
        '<ul class="sl-reasons" aria-label="{}">{}</ul>{}{}{}{}{}{}</section>'
    ).format(
        one.verdict.name.lower(),
        one.messages.tag,
        _joined(help_of(found.category, one.messages) for found in one.help),
        said.heading,
        one.title,
        one.possible,
        said.why,
        _joined(_ground(ground, one) for ground in one.grounds),
        _joined(Markup('<p class="sl-passing">{}</p>').format(text) for text in remarks(one)),
        _suggestions(one),
        Markup('<p class="sl-appeal"><b>{}:</b> {}</p>').format(said.appeal, one.appeal),
        _facts(one),
        Markup('<button type="button" class="sl-print" onclick="window.print()">{}</button>').format(said.print),
        ALONE,
    )


def document(one: Statement) -> str:
    """A page of its own, ready to print or to send: nothing is fetched."""
    said = one.messages.locale.statement
    return Markup(
        '<!doctype html>\n<html lang="{}"><head><meta charset="utf-8"><title>{} {}</title>'
        '<meta name="viewport" content="width=device-width"><style>{}</style></head>'
        '<body><header>Safelight</header><main class="prose">{}</main></body></html>\n'
    ).format(one.messages.tag, said.heading, one.case, Markup(STYLE.read_text("utf-8")), section(one))


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def _ground(ground: Ground, one: Statement) -> Markup:
    said = one.messages.locale.statement
    return Markup(
        '<li class="sl-reason sl-{}"><div class="sl-reason-title"><b>{}</b><code>{}</code></div><p>{}</p>{}{}'
        '<p class="sl-clause">{} {}</p></li>'
    ).format(
        ground.verdict.name.lower(),
        ground.title,
        ground.code,
        ground.text,
        _evidence(ground, one),
        _joined(
            Markup('<p class="sl-signal">{} <span class="sl-model">{}</span></p>').format(
                signal_said(signal, ground, one), models_said(signal, one)
            )
            for signal in ground.signals
        ),
        said.policy,
        ground.clause,
    )


def _evidence(ground: Ground, one: Statement) -> Markup:
    places = [Markup("<q>{}</q>").format(quote) for quote in ground.quotes]
    places += [Markup('<span class="sl-where">{}</span>').format(where(ground.regions))] if ground.regions else []
    if not places:
        return Markup("")
    label = one.messages.locale.statement.evidence
    return Markup('<p class="sl-evidence">{}: {}</p>').format(label, Markup(", ").join(places))


def _suggestions(one: Statement) -> Markup:
    if not one.suggestions:
        return Markup("")
    items = _joined(Markup("<li>{}</li>").format(text) for text in one.suggestions)
    label = one.messages.locale.statement.suggestions
    return Markup('<div class="sl-suggestions"><b>{}</b><ul>{}</ul></div>').format(label, items)


def _facts(one: Statement) -> Markup:
    rows = [*pairs(one), (one.messages.locale.statement.stored, " ".join(one.stored))]
    told = _joined(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(label, value) for label, value in rows)
    return Markup('<dl class="sl-facts">{}</dl>').format(told)
