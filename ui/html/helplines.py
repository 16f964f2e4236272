"""Where help is to be found, shown before anything else. Imports no gradio."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from safety.messages.catalogue import Messages
from safety.messages.helplines import Helpline
from safety.records import Decision


def help_box(decision: Decision, words: Messages) -> Markup:
    """A box for each category with help: the reader's country first, then the world, the others folded away."""
    categories = dict.fromkeys(reason.category for reason in decision.reasons)
    return Markup("").join(help_of(category, words) for category in categories)


def help_of(category: str, words: Messages) -> Markup:
    """The box of one category; nothing for one that needs no help."""
    if not words.help.near(category, words.country):
        return Markup("")
    said = words.locale.help
    return Markup('<aside class="sl-help" aria-label="{}"><p>{}</p>{}{}</aside>').format(
        said.heading,
        words.locale.category[category].help,
        _services(words.help.near(category, words.country), words),
        _others(category, words),
    )


def _others(category: str, words: Messages) -> Markup:
    places = [place for place in words.help.places(category) if place != words.country]
    if not places:
        return Markup("")
    lists = (Markup("<dt>{}</dt><dd>{}</dd>").format(p, _services(words.help.of(category, p), words)) for p in places)
    return Markup("<details><summary>{}</summary><dl>{}</dl></details>").format(
        words.locale.help.others, Markup("").join(lists)
    )


def _services(resources: Iterable[Helpline], words: Messages) -> Markup:
    return Markup("<ul>{}</ul>").format(Markup("").join(_service(each, words) for each in resources))


def _service(one: Helpline, words: Messages) -> Markup:
    said = words.locale.help
    whom = Markup(' <span class="sl-whom">{}</span>').format(getattr(said, one.whom)) if one.whom else Markup("")
    ways = []
    if one.phone:
        ways.append(_link(f"tel:{_digits(one.phone)}", said.call.format(phone=one.phone)))
    if one.text:
        ways.append(_link(f"sms:{_digits(one.text)}", said.text.format(text=one.text)))
    if one.url:
        ways.append(_link(one.url, one.url.removeprefix("https://").removeprefix("www.")))
    return Markup("<li><b>{}</b>{} {}</li>").format(one.name, whom, Markup(" · ").join(ways))


def _link(address: str, text: str) -> Markup:
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(address, text)


def _digits(number: str) -> str:
    return "".join(char for char in number if char.isdigit() or char == "+")
