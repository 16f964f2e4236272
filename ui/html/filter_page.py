"""The report of a filter of training data as one page, to be read and kept: no script, nothing from elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ui.html.markup import joined

if TYPE_CHECKING:
    from studio.curation.row_thumbnails import Thumbnail

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 64rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
th.n, td.n { text-align: right; white-space: nowrap; padding-right: 1.25rem; }
td:first-child { min-width: 8rem; }
.big { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; margin: 1.5rem 0; padding: 0; }
.big div { margin: 0; } .big b { display: block; font-size: 1.75rem; line-height: 1.2; }
.bar { position: relative; display: block; min-width: 10rem; height: 1rem; background: #8882; }
.bar i { position: absolute; top: 0; bottom: 0; background: #888a; }
.bar u { position: absolute; top: -2px; bottom: -2px; width: 3px; margin-left: -1px; background: #2563eb; }
.bar s { position: absolute; top: -4px; bottom: -4px; width: 0; border-left: 2px dashed CanvasText; }
tr.warns td:first-child { border-left: 4px solid #c2410c; padding-left: .5rem; }
.shown { display: flex; flex-wrap: wrap; gap: .75rem; margin: .5rem 0; } figure { margin: 0; max-width: 112px; }
figure img { display: block; max-width: 112px; height: auto; } figcaption { font-size: .8rem; line-height: 1.3; }
td > .shown { min-width: 9rem; margin: 0; }
.note { color: GrayText; } code { overflow-wrap: anywhere; } details { margin: .25rem 0; }
"""
HEAD = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{}</title>'
BAR = (
    '<span class="bar" role="img" aria-label="{}"><i style="left:{};width:{}"></i><u style="left:{}"></u>'
    '<s style="left:{}"></s></span>'
)
ROWS_FOR_SCALE = 30  # of smaller groups, an interval would leave no room for the others
NUMBER = '<td class="n">{}</td>'
ABOUT_BALANCE = (
    "<p>Captions that the judgement of words and pictures takes out, by whom they speak of: {} of {} rows with a "
    "caption, {}. The dashed line is that share; a bar is the 95 % interval. A mark at the left: surely more than "
    "average, and more than twice as much. Filters are known to take out queer, disabled and female bodies first: look "
    "at the rows.</p>"
)
LISTS = (
    ("failures", "Rows that could not be judged", "They stay in the source; nothing of them is in the output."),
    ("reservations", "Training reserved", "Honoured: none of these rows is kept."),
    (
        "generated",
        "Said to be made by a model",
        "A remark: it takes nothing out.",
    ),
    ("watermarks", "May carry an agency's watermark", "A hint by words alone; it takes nothing out."),
    ("kept_by_context", "Kept by their context", "The mode takes these out; the named one lets them pass."),
    ("odd", "Odd", "Kept or not for other reasons."),
    ("unread", "Files that hold no row", "By their endings: not read, not copied."),
)
EXAMPLES = 5  # of a list
BLURRED = "blurred: a check of pictures stopped it"
EXPLAIN = "python app.py filter explain ID --out DIR says why a row was taken out."


def filter_page(report: dict[str, Any], thumbnails: Mapping[str, Thumbnail] | None = None) -> Markup:
    """Returns the whole page for the report of `FilterRun.run`; `thumbnails` are those of `FilterRun.thumbnails`."""
    shown = thumbnails or {}
    title = "Audit of training data" if report["dry_run"] else "Training data, filtered"
    policy = f"{report['policy_version']} ({report['policy_digest'][:8]})"
    parts = [
        Markup("<h1>{}</h1><p>{} · {} · mode {} · policy {}</p>").format(
            title,
            report["source"],
            report["kind"],
            report["mode"],
            policy,
        ),
        _totals(report),
        _section("What decided", _counts("Stage", report["by_stage"], report["rows"])),
        _without(report["without"]),
        _section("For what", _counts("Category", report["by_category"], report["rows"])),
        _section("Who is removed?", _balance(report["balance"], shown)),
        *(_list(report, shown, *each) for each in LISTS if report[each[0]]),
        _section("Faces", _counts("Faces in a picture", report["faces"], sum(report["faces"].values())))
        if report["faces"]
        else Markup(""),
        _not_looked(report["not_looked"]),
        _section("Time", _times(report)),
        Markup('<p class="note">{} Manifest <code>{}</code></p>').format(EXPLAIN, report["manifest_digest"]),
    ]
    head = Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{}</title>').format(
        title
    )
    style = Markup("<style>{}</style>").format(Markup(STYLE))
    return Markup('<!doctype html><html lang="en"><head>{}{}</head><body>{}</body></html>').format(
        head, style, joined(parts)
    )


def _section(title: str, content: Markup) -> Markup:
    return Markup("<section><h2>{}</h2>{}</section>").format(title, content)


def _without(stages: Sequence[str]) -> Markup:
    return Markup("<p>Took nothing out, as asked: {}.</p>").format(", ".join(stages)) if stages else Markup("")


def _totals(report: dict[str, Any]) -> Markup:
    rows = report["rows"]
    boxes = [(rows, "rows")] + [(report[name], name) for name in ("kept", "removed", "failed")]
    return Markup('<div class="big">{}</div>').format(
        joined(
            Markup("<div><b>{}</b>{}{}</div>").format(
                f"{number:,}", name, "" if name == "rows" else f", {number / max(rows, 1):.1%}"
            )
            for number, name in boxes
        )
    )


def _table(heads: Sequence[tuple[str, bool]], rows: Iterable[Markup]) -> Markup:
    """Returns a table; a head is its text, and whether its column holds numbers."""
    names = joined(
        Markup("<th{}>{}</th>").format(Markup(' class="n"') if number else "", head) for head, number in heads
    )
    return Markup('<div class="scroll"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>').format(
        names, joined(rows)
    )


def _counts(name: str, counts: dict[str, int], of: int) -> Markup:
    if not counts:
        return Markup("<p>Nothing.</p>")
    return _table(
        ((name, False), ("Rows", True), ("Share", True)),
        (
            Markup('<tr><td>{}</td><td class="n">{}</td><td class="n">{}</td></tr>').format(
                each, f"{count:,}", f"{count / max(of, 1):.2%}"
            )
            for each, count in counts.items()
        ),
    )


def _balance(balance: dict[str, Any], thumbnails: Mapping[str, Thumbnail]) -> Markup:
    if not balance["groups"]:
        return Markup("<p>No caption speaks of any group of filter_groups.toml.</p>")
    base = balance["share"]
    highest = [group["high"] for group in balance["groups"] if group["rows"] >= ROWS_FOR_SCALE]
    highest = highest or [group["high"] for group in balance["groups"]]
    scale = min(1.0, max([base, *highest])) or 1.0
    told = Markup(ABOUT_BALANCE).format(f"{balance['removed']:,}", f"{balance['rows']:,}", f"{base:.2%}")
    numbers = tuple((name, True) for name in ("Rows", "Removed", "Share", "Times"))
    heads = (("Group", False), *numbers, (f"0 to {scale:.0%}", False), ("Look at", False))
    return told + _table(heads, (_group(group, base, scale, thumbnails) for group in balance["groups"]))


def _group(group: dict[str, Any], base: float, scale: float, thumbnails: Mapping[str, Thumbnail]) -> Markup:
    def at(share: float) -> str:
        return f"{min(share / scale, 1.0):.2%}"

    width = f"{min(group['high'] / scale, 1.0) - min(group['low'] / scale, 1.0):.2%}"
    told = f"{group['low']:.2%} to {group['high']:.2%}"
    bar = Markup(BAR).format(told, at(group["low"]), width, at(group["share"]), at(base))
    examples = _examples(group["examples"], thumbnails)
    shown = Markup("<details><summary>{}</summary>{}</details>").format(len(group["examples"]), examples)
    times = "" if group["times"] is None else f"{group['times']:.1f}"
    numbers = (f"{group['rows']:,}", f"{group['removed']:,}", f"{group['share']:.2%}", times)
    return Markup("<tr{}><td>{}: {}</td>{}<td>{}</td><td>{}</td></tr>").format(
        Markup(' class="warns"') if group["warns"] else "",
        group["dimension"],
        group["group"],
        joined(Markup(NUMBER).format(number) for number in numbers),
        bar,
        shown if group["examples"] else "",
    )


def _examples(ids: Sequence[str], thumbnails: Mapping[str, Thumbnail]) -> Markup:
    """Returns ids, with a picture where there is one."""
    return Markup('<div class="shown">{}</div>').format(
        joined(
            _figure(each, thumbnails[each]) if each in thumbnails else Markup("<code>{}</code>").format(each)
            for each in ids[:EXAMPLES]
        )
    )


def _figure(id_: str, thumbnail: Thumbnail) -> Markup:
    said = Markup('<br><span class="note">{}</span>').format(BLURRED) if thumbnail.blurred else Markup("")
    return Markup(
        '<figure><img src="data:image/webp;base64,{}" alt="{}"><figcaption><code>{}</code>{}</figcaption></figure>'
    ).format(
        base64.b64encode(thumbnail.data).decode(),
        f"{id_}, {BLURRED}" if thumbnail.blurred else id_,
        id_,
        said,
    )


def _list(report: dict[str, Any], thumbnails: Mapping[str, Thumbnail], name: str, title: str, about: str) -> Markup:
    rows = (
        Markup('<tr><td>{}</td><td class="n">{}</td><td>{}</td></tr>').format(
            each["what"], f"{each['rows']:,}", _examples(each["examples"], thumbnails)
        )
        for each in report[name]
    )
    table = _table((("What", False), ("Files" if name == "unread" else "Rows", True), ("For example", False)), rows)
    return _section(title, Markup('<p class="note">{}</p>').format(about) + table)


def _not_looked(sentences: Sequence[str]) -> Markup:
    if not sentences:
        return Markup("")
    items = joined(Markup("<li>{}</li>").format(each) for each in sentences)
    return _section(
        "What was not looked for", Markup("<p>Checks that are not installed here:</p><ul>{}</ul>").format(items)
    )


def _times(report: dict[str, Any]) -> Markup:
    rows = (
        Markup('<tr><td>{}</td><td class="n">{}</td></tr>').format(stage, f"{ms:.2f}")
        for stage, ms in report["ms_a_row"].items()
    )
    told = Markup("<p>{} s in all.</p>").format(f"{report['seconds']:,}")
    return told + _table((("Stage", False), ("ms a row", True)), rows)
