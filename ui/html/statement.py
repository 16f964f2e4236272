"""The statement of reasons as a part of the page, and as a page of its own to print. Imports no gradio."""

from __future__ import annotations

from markupsafe import Markup

from safety.records import UNCHECKED, Stage, Verdict
from safety.resources import ASSETS
from safety.statement import Ground, Statement, signal_said
from safety.statement.render import models_said, pairs, remarks, would_pass
from ui.html.decision import passing
from ui.html.helplines import help_of
from ui.html.markup import facts, joined
from ui.html.reasons import quoted
from ui.html.regions import where
from ui.results import for_visitors
from ui.texts import page_texts

# Prints the statement alone. It stands in the statement itself, since Gradio puts its own class before every rule of
# the page's style sheet.
PRINT_STYLE = Markup(
    '<style media="print">#sl-header, #sl-light, #sl-request, #sl-footer, .tab-wrapper, .sl-print, .sl-help details '
    "{ display: none !important } #sl-create { display: block !important } #sl-result { border: 0; box-shadow: none; "
    "max-width: none } body, .gradio-container, #sl-result { background: #fff !important; color: #000 !important }"
    "</style>"
)
STYLE = ASSETS / "statement.css"
NOTHING = Markup("")


def section(statement: Statement) -> Markup:
    """Returns what a person needs first: help, what was decided, why, what would pass. The rest unfolds."""
    labels = statement.messages.locale.statement
    return Markup(
        '<section class="sl-statement sl-{}" role="status" lang="{}">{}<h2>{}</h2><p>{}</p>'
        '<ul class="sl-reasons" aria-label="{}">{}</ul>{}{}{}{}{}</section>'
    ).format(
        statement.verdict.name.lower(),
        statement.messages.tag,
        _help(statement),
        statement.title,
        statement.possible,
        labels.why,
        joined(_ground(ground, statement) for ground in statement.grounds if ground.verdict is statement.verdict),
        _would_pass(statement),
        _suggestions(statement),
        # Where a person can be asked, that stands below the statement.
        Markup("") if _asks_below(statement) else _appeal(statement),
        _details(statement),
        PRINT_STYLE,
    )


def document(statement: Statement) -> str:
    """Returns a page of its own, ready to print or to send: nothing is fetched, nothing is folded away."""
    labels = statement.messages.locale.statement
    whole = Markup(
        '<section class="sl-statement sl-{}">{}<p class="sl-kicker">{}</p><h2>{}</h2><p>{}</p>'
        '<ul class="sl-reasons" aria-label="{}">{}</ul>{}{}{}</section>'
    ).format(
        statement.verdict.name.lower(),
        _help(statement),
        labels.heading,
        statement.title,
        statement.possible,
        labels.why,
        joined(_ground(ground, statement, _measured(ground, statement)) for ground in statement.grounds),
        passing(remarks(statement)),
        _suggestions(statement, on_page=False) + _appeal(statement),
        _facts(statement),
    )
    return Markup(
        '<!doctype html>\n<html lang="{}"><head><meta charset="utf-8"><title>{} {}</title>'
        '<meta name="viewport" content="width=device-width"><style>{}</style></head>'
        '<body><header>Safelight</header><main class="prose">{}</main></body></html>\n'
    ).format(statement.messages.tag, labels.heading, statement.case, Markup(STYLE.read_text("utf-8")), whole)


def _help(statement: Statement) -> Markup:
    return joined(help_of(group.category, statement.messages, statement.stage) for group in statement.help)


def _asks_below(statement: Statement) -> bool:
    """Tells whether the page offers a review below, and nothing about it is urgent."""
    return statement.verdict is Verdict.BLOCK and statement.stage is Stage.PROMPT


def _appeal(statement: Statement) -> Markup:
    label = statement.messages.locale.statement.appeal
    return Markup('<p class="sl-appeal"><b>{}:</b> {}</p>').format(label, statement.appeal)


def _would_pass(statement: Statement) -> Markup:
    """Returns which modes would let it pass, with a button that switches to each."""
    said, modes = statement.messages.locale.page.use_mode, statement.modes_to_offer
    buttons = joined(
        Markup('<button type="button" class="sl-act" data-mode="{}">{}</button>').format(
            mode, said.format(mode=statement.messages.mode(mode).title)
        )
        for mode in modes
    )
    return passing(would_pass(statement)) + (Markup('<p class="sl-acts">{}</p>').format(buttons) if modes else "")


def _details(statement: Statement) -> Markup:
    """Returns how it was measured, milder remarks, what was stored and how a review goes, folded away."""
    labels = statement.messages.locale.statement
    milder = [ground for ground in statement.grounds if ground.verdict is not statement.verdict]
    deciding = [ground for ground in statement.grounds if ground.verdict is statement.verdict]
    remarks = joined(_ground(ground, statement, _measured(ground, statement)) for ground in milder)
    return Markup(
        '<details class="sl-more"><summary>{}</summary>{}{}{}{}{}'
        '<button type="button" class="sl-act sl-print">{}</button></details>'
    ).format(
        labels.heading,
        joined(_measured(ground, statement) for ground in deciding),
        Markup('<ul class="sl-reasons">{}</ul>').format(remarks) if milder else "",
        passing([labels.automatic]),
        _appeal(statement) if _asks_below(statement) else "",
        _facts(statement),
        labels.print,
    )


def _measured(ground: Ground, statement: Statement) -> Markup:
    """Returns the rule of a ground, and each check's score beside the limit that it reached."""
    signals = joined(
        Markup('<p class="sl-signal">{} <span class="sl-model">{}</span></p>').format(
            signal_said(signal, statement), models_said(signal, statement)
        )
        for signal in ground.signals
    )
    rule = statement.messages.locale.statement.policy
    return Markup('<p class="sl-clause">{} {}</p>{}').format(rule, ground.clause, signals)


def _ground(ground: Ground, statement: Statement, measured: Markup = NOTHING) -> Markup:
    text = for_visitors(ground.text) if ground.category == UNCHECKED else ground.text
    return Markup(
        '<li class="sl-reason sl-{}"><div class="sl-reason-title"><b>{}</b><code>{}</code></div><p>{}</p>{}{}</li>'
    ).format(ground.verdict.name.lower(), ground.title, ground.code, text, _evidence(ground, statement), measured)


def _evidence(ground: Ground, statement: Statement) -> Markup:
    words = quoted(ground.quotes, ground.whole, statement.messages)
    if not ground.regions:
        return words
    label = statement.messages.locale.statement.evidence
    place = Markup('<span class="sl-where">{}</span>').format(where(ground.regions, statement.messages.tag))
    colon = page_texts(statement.messages.tag)["page.colon"]
    return words + Markup('<p class="sl-evidence">{}{}{}</p>').format(label, colon, place)


def _suggestions(statement: Statement, on_page: bool = True) -> Markup:
    """Returns other wordings, on the page each with a button that takes it; else how to ask instead."""
    said, use = statement.messages.locale.statement, page_texts(statement.messages.tag)["outcome.use"]
    if statement.advice:
        return Markup('<p class="sl-advice"><b>{}:</b> {}</p>').format(said.advice, statement.advice)
    if not statement.suggestions:
        return Markup("")
    button = Markup(' <button type="button" class="sl-act" data-prompt="{}">{}</button>')
    items = joined(
        Markup("<li>{}{}</li>").format(text, button.format(text, use) if on_page else "")
        for text in statement.suggestions
    )
    return Markup('<div class="sl-suggestions"><b>{}</b><ul>{}</ul></div>').format(said.suggestions, items)


def _facts(statement: Statement) -> Markup:
    stored = (statement.messages.locale.statement.stored, " ".join(statement.stored))
    return facts([*pairs(statement), stored])
