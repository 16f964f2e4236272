"""A list of prompts as a table, judged line by line, and its pictures as a grid. Imports no gradio."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby

from markupsafe import Markup

from safety.messages.catalogue import Messages
from safety.messages.grounds import group_reasons
from safety.records import Decision, Stage
from studio.lists import ListLine
from ui.html.helplines import help_box
from ui.html.markup import joined
from ui.texts import Texts

# Of each line, by its number: what became of it, and the stamp of its finished picture.
States = Mapping[int, str]
Stamps = Mapping[int, str]


def table(lines: Sequence[ListLine], states: States, messages: Messages, texts: Texts) -> Markup:
    """Returns every line with its verdict, its main reason and what became of it; help first, for whom it is."""
    decisions = {line.decision.reasons: line.decision for line in lines}.values()
    boxes = (help_box(decision, messages) for decision in decisions)
    heads = ("number", "words", "verdict", "reason", "state")
    return Markup(
        '{}<div class="sl-list-table" tabindex="0" role="region" aria-label="{}"><table><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>"
    ).format(
        next((box for box in boxes if box), ""),
        texts["lists.table"],
        joined(Markup('<th scope="col">{}</th>').format(texts[f"lists.head_{head}"]) for head in heads),
        joined(_row(line, states[line.number], messages, texts) for line in lines),
    )


def _row(line: ListLine, state: str, messages: Messages, texts: Texts) -> Markup:
    verdict = line.decision.verdict
    place = ", ".join(filter(None, (line.row, line.column)))
    return Markup(
        '<tr class="sl-{}"><td>{}</td><td dir="auto">{}{}</td><td><strong class="sl-verdict">{}</strong></td>'
        '<td>{}</td><td class="sl-state-{}">{}</td></tr>'
    ).format(
        verdict.name.lower(),
        line.number,
        line.request.prompt,
        Markup(" <small>{}</small>").format(place) if place else "",
        messages.verdict(Stage.PROMPT, verdict).title,
        main_reason(line.decision, line.request.prompt, messages),
        state,
        texts[f"lists.state_{state}"],
    )


def main_reason(decision: Decision, prompt: str, messages: Messages) -> str:
    """Returns the title of the worst reason with the words that it names; "" where there is none."""
    for group in group_reasons(messages.render(decision)):
        quotes = ", ".join(f"“{quote}”" for quote in group.quotes(prompt)[:3])
        return ": ".join(filter(None, (group.first.title, quotes)))
    return ""


def question(line: ListLine, messages: Messages) -> str:
    """Returns what somebody who confirms a line has to read: its words and why it asks, in sentences."""
    told = (one for one in messages.render(line.decision) if one.reason.verdict is line.decision.verdict)
    reasons = " ".join(dict.fromkeys(one.text for one in told))
    place = ", ".join(filter(None, (line.row, line.column)))
    return f"{line.number}. {line.request.prompt}{f' ({place})' if place else ''}: {reasons}"


def summary(lines: Sequence[ListLine], texts: Texts) -> Markup:
    """Returns how many pictures a list makes, and how many of its lines are left out or ask first."""
    drawn, asks = sum(line.may_be_drawn for line in lines), sum(line.asks for line in lines)
    refused = len(lines) - drawn - asks
    said = [texts.say("lists.judged", count=len(lines), drawn=drawn)]
    said += [texts.say("lists.refused", count=refused)] if refused else []
    said += [texts.say("lists.asking", count=asks)] if asks else []
    return Markup('<p class="sl-notice" role="status">{}</p>').format(" ".join(said))


def place(number: int, of: int, words: str, left: float | None, texts: Texts) -> Markup:
    """Returns which picture of how many is drawn, and how long the rest will take."""
    said = texts.say("lists.place", number=number, of=of)
    if left is not None:
        said += " " + texts.say("lists.left", time=_span(left, texts))
    return Markup('<p class="sl-list-place"><b>{}</b> <span dir="auto">{}</span></p>').format(said, words)


def _span(seconds: float, texts: Texts) -> str:
    if seconds < 100:
        return texts.say("lists.seconds", count=max(round(seconds), 1))
    return texts.say("lists.minutes", count=round(seconds / 60))


def pictures(lines: Sequence[ListLine], states: States, stamps: Stamps, texts: Texts) -> Markup:
    """Returns the finished pictures, side by side, or in rows and columns with their headings.

    The pictures themselves come from the person's library (ui/web/library_site.py). The browser keeps `stamps`, to find
    them again after a reload.
    """
    if any(line.row for line in lines):
        inside = _grid(lines, states, stamps, texts)
    else:
        shown = (line for line in lines if states[line.number] in ("drawn", "veiled", "withheld", "failed"))
        tiles = [Markup("<li>{}</li>").format(_tile(one, states, stamps, texts)) for one in shown]
        inside = Markup('<ul class="sl-tiles">{}</ul>').format(joined(tiles)) if tiles else Markup("")
    zipped = (
        Markup('<button type="button" class="sl-act sl-list-zip">{}</button>').format(texts["lists.zip"])
        if stamps
        else ""
    )
    kept = json.dumps({str(number): stamp for number, stamp in stamps.items()})
    return Markup('<div class="sl-list-pictures" data-stamps="{}">{}{}</div>').format(kept, inside, zipped)


def _grid(lines: Sequence[ListLine], states: States, stamps: Stamps, texts: Texts) -> Markup:
    columns = list(dict.fromkeys(line.column for line in lines))
    heads = joined(Markup('<th scope="col">{}</th>').format(column) for column in columns)
    rows = []
    for row, cells in groupby(lines, key=lambda line: line.row):
        tiles = joined(Markup("<td>{}</td>").format(_tile(one, states, stamps, texts)) for one in cells)
        rows.append(Markup('<tr><th scope="row">{}</th>{}</tr>').format(row, tiles))
    return Markup(
        '<div class="sl-grid"><table><thead><tr><td></td>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(heads, joined(rows))


def _tile(line: ListLine, states: States, stamps: Stamps, texts: Texts) -> Markup:
    caption = f"{line.number}. {line.request.prompt}"
    if not (stamp := stamps.get(line.number)):
        state = states[line.number]
        return Markup('<div class="sl-tile sl-tile-{}"><span>{}</span><small dir="auto">{}</small></div>').format(
            state, texts[f"lists.state_{state}"], caption
        )
    return Markup(
        '<button type="button" class="sl-tile" data-stamp="{}" title="{}">'
        '<img loading="lazy" src="library/thumb/{}" alt="{}"><small dir="auto">{}</small></button>'
    ).format(stamp, texts["lists.large"], stamp, texts.say("lists.alt", words=line.request.prompt), caption)


def kept(name: str, wish: Mapping[str, object], texts: Texts) -> Markup:
    """Returns what the browser keeps of a list, so that a reload or a new start of the server loses nothing."""
    what = json.dumps({"name": name, "wish": wish})
    strings = json.dumps(
        {
            "close": texts["lists.close"],
            "download": texts["lists.download"],
            "gone": texts["lists.gone"],
            "veiled": texts["lists.in_library"],
        }
    )
    return Markup('<div class="sl-list-kept" data-kept="{}" data-strings="{}" hidden></div>').format(what, strings)
