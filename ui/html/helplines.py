"""Where help is to be found, shown before anything else. Imports no gradio."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from safety.messages.catalogue import Messages
from safety.messages.helplines import Helpline
from safety.records import Decision, Stage
from ui.html.markup import joined


def help_box(decision: Decision, messages: Messages) -> Markup:
    """Returns a box for each category of the reasons that has help."""
    categories = dict.fromkeys(reason.category for reason in decision.reasons)
    return joined(help_of(category, messages, decision.stage) for category in categories)


def help_of(category: str, messages: Messages, stage: Stage) -> Markup:
    """Returns the box of one category: the reader's country first, then the world, the others folded away.

    Above them stands that what a prompt asks for may be an offence, where it may.

    It is empty for a category that needs no help.
    """
    nearest = messages.help.near(category, messages.country)
    if not nearest:
        return Markup("")
    offence = messages.offence(category, stage)
    return Markup('<aside class="sl-help" aria-label="{}">{}<p>{}</p>{}{}</aside>').format(
        messages.locale.help.heading,
        Markup("<p>{}</p>").format(offence) if offence else Markup(""),
        messages.locale.category[category].help,
        _helplines(nearest, messages),
        _other_countries(category, messages),
    )


def _other_countries(category: str, messages: Messages) -> Markup:
    countries = [country for country in messages.help.places(category) if country != messages.country]
    if not countries:
        return Markup("")
    lists = joined(
        Markup("<dt>{}</dt><dd>{}</dd>").format(country, _helplines(messages.help.of(category, country), messages))
        for country in countries
    )
    return Markup("<details><summary>{}</summary><dl>{}</dl></details>").format(messages.locale.help.others, lists)


def _helplines(helplines: Iterable[Helpline], messages: Messages) -> Markup:
    return Markup("<ul>{}</ul>").format(joined(_helpline(helpline, messages) for helpline in helplines))


def _helpline(helpline: Helpline, messages: Messages) -> Markup:
    labels = messages.locale.help
    audience = getattr(labels, helpline.whom) if helpline.whom else ""
    whom = Markup(' <span class="sl-whom">{}</span>').format(audience) if audience else Markup("")
    links = []
    if helpline.phone:
        links.append(_link(f"tel:{_digits(helpline.phone)}", labels.call.format(phone=helpline.phone)))
    if helpline.text:
        links.append(_link(f"sms:{_digits(helpline.text)}", labels.text.format(text=helpline.text)))
    if helpline.url:
        links.append(_link(helpline.url, helpline.url.removeprefix("https://").removeprefix("www.")))
    return Markup("<li><b>{}</b>{} {}</li>").format(helpline.name, whom, Markup(" · ").join(links))


def _link(address: str, text: str) -> Markup:
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(address, text)


def _digits(number: str) -> str:
    return "".join(char for char in number if char.isdigit() or char in "+*")
