"""The statement of reasons as a part of the page, and as a page of its own to print. Imports no gradio."""

from __future__ import annotations

from markupsafe import Markup

from safety.resources import ASSETS
from safety.statement import Ground, Statement, signal_said
from safety.statement.render import models_said, pairs, remarks
from ui.html.helplines import help_of
from ui.html.markup import facts, joined
from ui.html.reasons import quoted
from ui.html.regions import where

# Prints the statement alone. It stands in the statement itself, since Gradio puts its own class before every rule of
# the page's style sheet.
PRINT_STYLE = Markup(
    '<style media="print">#sl-header, #sl-light, #sl-request, #sl-footer, .tab-wrapper, .sl-print, .sl-help details '
    "{ display: none !important } #sl-create { display: block !important } #sl-result { border: 0; box-shadow: none; "
    "max-width: none } body, .gradio-container, #sl-result { background: #fff !important; color: #000 !important }"
    "</style>"
)
STYLE = ASSETS / "statement.css"


def section(statement: Statement) -> Markup:
    """Returns the whole statement, help first."""
    labels = statement.messages.locale.statement
    return Markup(
        '<section class="sl-statement sl-{}" role="status" lang="{}">{}<p class="sl-kicker">{}</p><h3>{}</h3><p>{}</p>'
        '<ul class="sl-reasons" aria-label="{}">{}</ul>{}{}{}{}{}{}</section>'
    ).format(
        statement.verdict.name.lower(),
        statement.messages.tag,
        joined(help_of(group.category, statement.messages) for group in statement.help),
        labels.heading,
        statement.title,
        statement.possible,
        labels.why,
        joined(_ground(ground, statement) for ground in statement.grounds),
        joined(Markup('<p class="sl-passing">{}</p>').format(text) for text in remarks(statement)),
        _suggestions(statement),
        Markup('<p class="sl-appeal"><b>{}:</b> {}</p>').format(labels.appeal, statement.appeal),
        _facts(statement),
        Markup('<button type="button" class="sl-print" onclick="window.print()">{}</button>').format(labels.print),
        PRINT_STYLE,
    )


def document(statement: Statement) -> str:
    """Returns a page of its own, ready to print or to send: nothing is fetched."""
    heading = statement.messages.locale.statement.heading
    return Markup(
        '<!doctype html>\n<html lang="{}"><head><meta charset="utf-8"><title>{} {}</title>'
        '<meta name="viewport" content="width=device-width"><style>{}</style></head>'
        '<body><header>Safelight</header><main class="prose">{}</main></body></html>\n'
    ).format(statement.messages.tag, heading, statement.case, Markup(STYLE.read_text("utf-8")), section(statement))


def _ground(ground: Ground, statement: Statement) -> Markup:
    return Markup(
        '<li class="sl-reason sl-{}"><div class="sl-reason-title"><b>{}</b><code>{}</code></div><p>{}</p>{}{}'
        '<p class="sl-clause">{} {}</p></li>'
    ).format(
        ground.verdict.name.lower(),
        ground.title,
        ground.code,
        ground.text,
        _evidence(ground, statement),
        joined(
            Markup('<p class="sl-signal">{} <span class="sl-model">{}</span></p>').format(
                signal_said(signal, statement), models_said(signal, statement)
            )
            for signal in ground.signals
        ),
        statement.messages.locale.statement.policy,
        ground.clause,
    )


def _evidence(ground: Ground, statement: Statement) -> Markup:
    words = quoted(ground.quotes, ground.whole, statement.messages)
    if not ground.regions:
        return words
    label = statement.messages.locale.statement.evidence
    place = Markup('<span class="sl-where">{}</span>').format(where(ground.regions))
    return words + Markup('<p class="sl-evidence">{}: {}</p>').format(label, place)


def _suggestions(statement: Statement) -> Markup:
    said = statement.messages.locale.statement
    if statement.advice:
        return Markup('<p class="sl-advice"><b>{}:</b> {}</p>').format(said.advice, statement.advice)
    if not statement.suggestions:
        return Markup("")
    items = joined(Markup("<li>{}</li>").format(text) for text in statement.suggestions)
    return Markup('<div class="sl-suggestions"><b>{}</b><ul>{}</ul></div>').format(said.suggestions, items)


def _facts(statement: Statement) -> Markup:
    stored = (statement.messages.locale.statement.stored, " ".join(statement.stored))
    return facts([*pairs(statement), stored])
