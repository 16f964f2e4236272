"""How a review went, for the person who asked for it. Imports no gradio."""

from __future__ import annotations

from markupsafe import Markup

from safety.review.appeals import AppealStatus
from safety.review.retention import RetentionRules
from ui.html import own_browser
from ui.texts import Texts


def intro(texts: Texts) -> Markup:
    """Returns what the tab is for."""
    return Markup("<p>{}</p>").format(texts["cases.intro"])


def removed(count: int, texts: Texts) -> Markup:
    """Returns how many pictures of a person were removed after a notice, and where that is explained and answered."""
    if not count:
        return Markup("")
    return Markup(
        '<p class="sl-notice" role="status">{} <a href="report/removed" target="_blank" rel="noopener">{}</a></p>'
    ).format(texts.say("cases.removed", count=count), texts["cases.removed_link"])


def status(appeal: AppealStatus, texts: Texts) -> Markup:
    """Returns where an appeal or a report stands, what comes next, and the reviewer's reason."""
    outcome = appeal.outcome or "none"
    if appeal.kind == "report" and appeal.outcome == "overturned":
        outcome = "right"
    title, text = texts[f"cases.{outcome}"], texts[f"cases.{outcome}_text"]
    if outcome == "overturned":
        text = f"{text} {texts.say(f'cases.next_{appeal.stage}', until=appeal.until[:10])}"
    lets_create = appeal.kind == "appeal" and appeal.outcome == "overturned" and appeal.stage == "prompt"
    again = own_browser.create_again(appeal.case, texts) if lets_create else Markup("")
    reason = Markup('<p class="sl-kicker">{}</p><blockquote>{}</blockquote>').format(
        texts["cases.reason"], appeal.reason
    )
    return Markup('<section class="sl-statement sl-case-{}" role="status"><h2>{}</h2><p>{}</p>{}</section>').format(
        appeal.outcome or "none", title, text, again + (reason if appeal.reason else "")
    )


def terms(rules: RetentionRules, texts: Texts) -> Markup:
    """Returns what happens with what a person sends, with the days of retention.toml."""
    days = rules.days.appeal
    kept = texts.say("appeal.kept_days", days=f"{days:g}") if days else texts["appeal.kept"]
    used = texts.say("appeal.used", days=f"{rules.appeal.override_days:g}")
    return Markup('<p class="sl-note">{} {} {}</p>').format(texts["appeal.seen"], kept, used)
