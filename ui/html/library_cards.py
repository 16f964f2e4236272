"""The library as HTML: its tools, the cards of pictures, and one picture large. Imports no gradio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from safety.messages.catalogue import Messages
from safety.records import Stage, Verdict
from ui.html.markup import facts, joined
from ui.html.picture import mark_name
from ui.texts import Texts

if TYPE_CHECKING:
    from safety.audit.library_table import LibraryEntry

# What stands in the tab until the script has asked for more.
FRAME = Markup('<div id="sl-library-root"><p class="sl-lib-empty">&hellip;</p></div>')
FILTERS = ("mode", "verdict", "engine", "style", "day", "folder")
ACTIONS = ("favourite", "move", "compare", "zip", "delete")


def frame(
    texts: Texts, facets: Mapping[str, Sequence[str]], names: Mapping[str, str], keeps: str, total: int
) -> Markup:
    """Returns the tools, and the place of the grid.

    `names` are the titles of modes, verdicts and engines; `keeps` is "operator", "person", "no" or "nobody".
    """
    say = texts.say
    filters = joined(_filter(texts, name, facets.get(name, ()), names) for name in FILTERS if facets.get(name))
    tools = Markup(
        '<div class="sl-lib-tools" role="search"><input type="search" data-filter="words" placeholder="{}" '
        'aria-label="{}"{}>{}<label class="sl-lib-check"><input type="checkbox" data-filter="favourite"> {}</label>'
        "</div>"
    ).format(
        say("library.search"),
        say("library.search"),
        Markup("") if keeps in ("operator", "person") else Markup(' title="{}"').format(say("library.search_off")),
        filters,
        say("library.favourites"),
    )
    return Markup('{}{}{}<p class="sl-lib-count" role="status" aria-live="polite"></p>{}<dialog id="sl-lib-view">'
                  "</dialog>").format(
        _keeping(texts, keeps),
        tools if total else "",
        _actions(texts) if total else "",
        Markup('<div class="sl-lib-grid" data-total="{}" data-chosen="{}" data-lost="{}" '
            'data-found="{}" data-none="{}"></div>').format(
            total, texts["library.chosen"], texts["library.lost"], texts["library.found"], texts["library.none_found"]
        ) if total else Markup('<p class="sl-lib-empty">{}</p>').format(
            say("library.nobody") if keeps == "nobody" else say("library.empty")),
    )  # fmt: skip


def _keeping(texts: Texts, keeps: str) -> Markup:
    """Says whether words are kept, and lets the person choose where it is theirs to choose."""
    if keeps == "nobody":
        return Markup("")
    if keeps == "operator":
        return Markup('<p class="sl-lib-keep">{}</p>').format(texts["library.kept_by_operator"])
    box = Markup('<label class="sl-lib-check"><input type="checkbox" data-do="keep"{}> {}</label>').format(
        Markup(" checked") if keeps == "person" else "", texts["library.keep"]
    )
    return Markup('<p class="sl-lib-keep">{} <span>{}</span></p>').format(box, texts[f"library.keeps_{keeps}"])


def _filter(texts: Texts, name: str, values: Sequence[str], names: Mapping[str, str]) -> Markup:
    options = joined(
        Markup('<option value="{}">{}</option>').format(value, names.get(f"{name}.{value}", value)) for value in values
    )
    return Markup('<select data-filter="{}" aria-label="{}"><option value="">{}</option>{}</select>').format(
        name, texts[f"library.by_{name}"], texts[f"library.by_{name}"], options
    )


def _actions(texts: Texts) -> Markup:
    buttons = joined(
        Markup('<button type="button" data-do="{}" data-ask="{}">{}</button>').format(
            name, texts.strings.get(f"library.ask_{name}", ""), texts[f"library.do_{name}"]
        )
        for name in ACTIONS
    )
    return Markup('<div class="sl-lib-actions" hidden><b></b>{}<button type="button" data-do="none">{}</button></div>'
                  ).format(buttons, texts["library.do_none"])  # fmt: skip


def hint(texts: Texts) -> Markup:
    """Says what can be dropped in."""
    return Markup('<p class="sl-lib-hint">{}</p>').format(texts["library.drop_hint"])


def cards(entries: Sequence[LibraryEntry], gone: Sequence[str], texts: Texts) -> Markup:
    """Returns one card a picture. `gone` are the stamps whose file is no more."""
    return joined(_card(entry, entry.stamp in gone, texts) for entry in entries)


def _card(entry: LibraryEntry, gone: bool, texts: Texts) -> Markup:
    title = entry.prompt or texts.say("library.made", time=when(entry.time))
    inside = Markup('<span class="sl-lib-gone">{}</span>').format(texts["library.gone"]) if gone else Markup(
        '<img src="library/thumb/{}{}" loading="lazy" decoding="async" alt="">').format(
        entry.stamp, "?veil" if entry.veiled else "")  # fmt: skip
    veil = Markup('<span class="sl-lib-veil">{}</span>').format(texts["library.veiled"]) if entry.veiled else ""
    return Markup(
        '<article class="sl-lib-card" data-stamp="{}"{}><button type="button" class="sl-lib-open" data-do="open" '
        'aria-label="{}">{}{}</button><input type="checkbox" class="sl-lib-pick" aria-label="{}">'
        '<button type="button" class="sl-lib-star" data-do="star" aria-label="{}" aria-pressed="{}">&#9733;</button>'
        '<p title="{}" dir="auto">{}</p></article>'
    ).format(
        entry.stamp,
        Markup(" data-shut") if gone or entry.veiled else "",
        texts.say("library.open", title=title),
        inside,
        veil,
        texts.say("library.pick", title=title),
        texts["library.do_favourite"],
        "true" if entry.favourite else "false",
        title,
        entry.prompt or entry.time[:19].replace("T", " "),
    )


def view(
    entry: LibraryEntry,
    rows: Sequence[Mapping[str, Any]],
    gone: str,
    names: Mapping[str, str],
    messages: Messages,
    texts: Texts,
) -> Markup:
    """Returns one picture large, with what each layer said of it.

    `gone` says why there is no file; `rows` are its case's, `names` the titles of modes and engines.
    """
    name = PurePosixPath(entry.path).name
    if gone:
        picture = Markup('<p class="sl-lib-gone">{}</p>').format(gone)
    elif entry.veiled:
        picture = Markup('<div class="sl-lib-large"><img src="library/thumb/{}?veil" alt="{}"><button type="button" '
                         'data-do="reveal">{}</button></div>').format(
            entry.stamp, texts["library.veiled"], texts["library.do_reveal"])  # fmt: skip
    else:
        picture = Markup('<div class="sl-lib-large"><img src="library/picture/{}" alt="{}"></div>').format(
            entry.stamp, entry.prompt or texts["library.made_by_ai"]
        )
    words = Markup('<p class="sl-lib-words" dir="auto">{}</p>').format(
        entry.prompt or texts["library.words_not_kept"]
    )  # fmt: skip
    fetch = Markup('<a href="library/picture/{}" download="{}">{}</a>').format(
        entry.stamp, name, texts["library.do_download"]
    )
    return Markup(
        '<div class="sl-lib-one" data-stamp="{}">{}<div>{}{}{}<p class="sl-lib-buttons"><button type="button" '
        'data-do="use" class="sl-lib-first">{}</button>{}<button type="button" data-do="delete" data-ask="{}">{}'
        '</button><button type="button" data-do="close">{}</button></p></div></div>'
    ).format(
        entry.stamp,
        picture,
        words,
        _layers(entry, rows, messages, texts),
        _facts(entry, names, texts),
        texts["library.do_use"],
        "" if gone or entry.veiled else fetch,
        texts["library.ask_delete"],
        texts["library.do_delete"],
        texts["library.do_close"],
    )


def _facts(entry: LibraryEntry, names: Mapping[str, str], texts: Texts) -> Markup:
    pairs = [
        ("when", when(entry.time)),
        ("mode", names.get(f"mode.{entry.mode}", entry.mode)),
        ("engine", names.get(f"engine.{entry.engine}", entry.engine)),
        ("style", entry.style),
        ("seed", entry.seed),
        ("size", f"{entry.width} × {entry.height} px"),
        ("folder", entry.folder),
        ("stamp", entry.stamp),
        ("case", entry.case_id),
    ]
    return facts((texts[f"library.fact_{name}"], value) for name, value in pairs if value)


def _layers(entry: LibraryEntry, rows: Sequence[Mapping[str, Any]], messages: Messages, texts: Texts) -> Markup:
    """Lists prompt, picture and marks, each with what was found, as the case has it on record."""
    items, judged, exported = [], [], {}
    for row in rows:
        if row["event"] == "judged":
            judged.append(row["facts"])
        if row["event"] == "exported" and row["facts"].get("stamp") == entry.stamp:
            exported = row["facts"]
            break
    last = {str(verdict["stage"]): str(verdict["verdict"]) for verdict in judged}
    for stage in (Stage.PROMPT, Stage.PICTURE):
        if stage in last:
            verdict = Verdict[last[stage]]
            items.append((texts[f"library.layer_{stage.value}"], messages.verdict(stage, verdict).title))
    marks = ", ".join(mark_name(name, texts) for name in exported.get("marks", ()))
    items.append((texts["library.layer_marks"], marks or texts["library.not_on_record"]))
    rows_ = (Markup("<li><b>{}</b> {}</li>").format(name, what) for name, what in items)
    return Markup('<ul class="sl-lib-layers">{}</ul>').format(joined(rows_))


def compared(entries: Sequence[LibraryEntry], texts: Texts) -> Markup:
    """Returns two pictures, one over the other, and what moves the border between them."""
    first, second = entries
    return Markup(
        '<div class="sl-lib-two"><div class="sl-lib-over"><img src="library/picture/{}" alt="{}"><img '
        'src="library/picture/{}" alt="{}"></div><input type="range" min="0" max="100" value="50" aria-label="{}">'
        '<p class="sl-lib-buttons"><button type="button" data-do="close">{}</button></p></div>'
    ).format(
        first.stamp,
        texts["library.left"],
        second.stamp,
        texts["library.right"],
        texts["library.border"],
        texts["library.do_close"],
    )


def when(time: str) -> str:
    """Returns a timestamp as people read it: UTC, to the minute."""
    return time[:16].replace("T", " ") + " UTC"
