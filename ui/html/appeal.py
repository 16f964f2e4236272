"""How a review went, for the person who asked for it. Imports no gradio."""

from __future__ import annotations

from markupsafe import Markup

from safety.review.appeals import AppealStatus
from safety.review.retention import RetentionRules
from ui.html import own_browser

INTRO = Markup(
    "<p>When something is refused, you can ask a person to look at it again. Here you see how that went.</p>"
)
OUTCOMES = {
    "": ("Nobody has asked for a review of this case", "Ask for one under the refusal."),
    "waiting": ("Waiting for a person", "Somebody will look at it. Come back and look here."),
    "upheld": ("The refusal stands", "A person has looked and agrees with it."),
    "overturned": ("The refusal was wrong", "A person has looked and lets this request through, once."),
    "used": ("The refusal was wrong", "You have used the reviewer's yes: it held for one time."),
    "expired": ("Over", "The time for it is over, and what was kept of it may have been deleted."),
}
NEXT_STEP = {
    "prompt": "Create it again with the same words and the same settings, until {}.",
    "picture": "Collect your picture below, until {}.",
}
OVERTURNED_REPORT = (
    "You were right",
    "Thank you. A report lets nothing through by itself; a review would.",
)


def status(appeal: AppealStatus) -> Markup:
    """Returns where an appeal or a report stands, what comes next, and the reviewer's reason."""
    title, text = OUTCOMES[appeal.outcome]
    if appeal.kind == "report" and appeal.outcome == "overturned":
        title, text = OVERTURNED_REPORT
    elif appeal.outcome == "overturned":
        text = f"{text} {NEXT_STEP[appeal.stage].format(appeal.until[:10])}"
    lets_create = appeal.kind == "appeal" and appeal.outcome == "overturned" and appeal.stage == "prompt"
    again = own_browser.create_again(appeal.case) if lets_create else Markup("")
    reason = Markup('<p class="sl-kicker">The reviewer&rsquo;s reason</p><blockquote>{}</blockquote>').format(
        appeal.reason
    )
    return Markup('<section class="sl-statement sl-case-{}" role="status"><h3>{}</h3><p>{}</p>{}</section>').format(
        appeal.outcome or "none", title, text, again + (reason if appeal.reason else "")
    )


def terms(rules: RetentionRules) -> Markup:
    """Returns what happens with what a person sends, with the days of retention.toml."""
    days = rules.days.appeal
    until = f"for {days:g} days" if days else "until the operator deletes them"
    return Markup(
        '<p class="sl-note">A reviewer sees your prompt and your remark; they are kept {}. '
        "A yes lets this one request through, once, within {:g} days.</p>"
    ).format(until, rules.appeal.override_days)
