"""What the marks of a file say, layer by layer, and what the file discloses about its maker.

Imports no gradio. Every string that comes from outside passes through `Markup.format`, which escapes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from safety.marks.signals import UNKNOWN_ORIGIN
from safety.marks.summary import plain_times
from ui.html.markup import facts, joined, problem
from ui.results import Problem
from ui.sentences import in_language
from ui.texts import ENGLISH, Texts, page_texts

LAYERS = ("credentials", "invisible", "metadata", "registry")
# Name in the JSON -> its key on the page. What is not listed here stands in the JSON alone.
FACTS = {
    "generator": "generator",
    "issuer": "issuer",
    "provider": "provider",
    "time": "time",
    "time_authority": "attested",
    "created": "time",
    "tool": "tool",
    "model": "model",
    "source": "source",
    "sources": "kind",
    "earlier": "earlier",
    "digital_source_type": "kind",
    "ai_system": "ai_system",
    "credit": "credit",
    "score": "score",
    "case": "case",
    "likeness": "likeness",
}
DISCLOSURE_GROUPS = ("who", "where", "when", "tool", "words", "other")
PERSONAL = ("who", "where", "words")
# The fingerprint of a part says nothing: what a part fits is the outline.
UNCOMPARED = ("excerpt", "unclear")

Row = Mapping[str, Any]


def intro(texts: Texts) -> Markup:
    """Returns what the tab is for."""
    return Markup('<div class="sl-intro"><h2>{}</h2><p>{}</p></div>').format(
        texts["verify.question"], texts["verify.intro"]
    )


def depicted(texts: Texts) -> Markup:
    """Returns where somebody who is in a picture can ask for its removal."""
    link = Markup('<a href="report" target="_blank" rel="noopener">{}</a>').format(texts["page.report"])
    return Markup("<p>{}<br>{}</p>").format(texts["verify.depicted"], link)


def empty(texts: Texts) -> Markup:
    """Returns what stands there before a file has been given."""
    return Markup('<div class="sl-empty"><span class="sl-glow"></span><p>{}</p></div>').format(texts["verify.empty"])


def report(result: Row | Problem | None, language: str = ENGLISH) -> Markup:
    """Returns what all marks of a file say; `result` is Verification.as_json()."""
    texts = page_texts(language)
    if result is None:
        return empty(texts)
    if isinstance(result, Problem):
        return problem(result, language)
    articles = joined(
        _article(
            layer.state,
            layer.title,
            layer.finding,
            layer.meaning,
            facts(layer.details) if layer.details else Markup(""),
        )
        for layer in layers(result, texts)
    )
    return Markup(
        '<section class="sl-report" aria-label="{}"><h3>{}</h3>{}<div class="sl-layers">{}{}</div>'
        '{}<p class="sl-honest">{}</p></section>'
    ).format(
        texts["verify.title"],
        plain_times(in_language(result["summary"], language)),
        _contradictions(result["contradictions"], texts),
        articles + given_back(result.get("given_back"), texts),
        _third_party(result["foreign"], result["unread"], texts),
        disclosures(result["reveals"], texts),
        texts["verify.honest"],
    )


def _contradictions(sentences: Sequence[str], texts: Texts) -> Markup:
    if not sentences:
        return Markup("")
    said = (plain_times(in_language(sentence, texts.tag)) for sentence in sentences)
    items = joined(Markup("<li>{}</li>").format(sentence) for sentence in said)
    box = Markup('<div class="sl-contradictions" role="alert"><b>{}</b><ul>{}</ul></div>')
    return box.format(texts["verify.contradict"], items)


@dataclass(frozen=True, slots=True)
class Layer:
    """Says what one layer of marks holds, in words. `state` is "found", "none" or "broken".

    `finding` is it in few words, `meaning` what that proves, `details` are pairs of a name and what stands there.
    """

    name: str
    state: str
    title: str
    finding: str
    meaning: str
    details: tuple[tuple[str, str], ...]


def layers(result: Row, texts: Texts) -> list[Layer]:
    """Returns the layers in the order of LAYERS; `result` is Verification.as_json()."""
    return [_layer(name, result["layers"][name], texts) for name in LAYERS]


def _layer(name: str, row: Row, texts: Texts) -> Layer:
    damaged = bool(row.get("damaged"))
    revoked = bool((row.get("signer") or {}).get("revoked"))
    broken = damaged or (row["found"] and (revoked or row.get("valid") is False or row.get("match") == "another"))
    unsure = row["found"] and row.get("match") == "unclear"
    state = "broken" if broken else "found" if row["found"] and not unsure else "none"
    said = "verify.damaged" if damaged else f"verify.{name}_{'proves' if row['found'] else 'absent'}"
    return Layer(name, state, texts[f"verify.{name}"], _finding(row, texts), texts[said], _details(row, texts))


def _article(state: str, title: str, finding: str, text: str, details: Markup) -> Markup:
    return Markup(
        '<article class="sl-layer sl-{}"><header><h4>{}</h4><strong>{}</strong></header><p>{}</p>{}</article>'
    ).format(state, title, finding, text, details)


def given_back(row: Row | None, texts: Texts) -> Markup:
    """Returns the credentials that a file lost and that were kept here, with a way to save them; none for none."""
    if row is None:
        return Markup("")
    pairs = _details({"found": True, "valid": row["signed"], **row}, texts)
    save = Markup('<p><a download="{}.c2pa" href="data:application/c2pa;base64,{}">{}</a></p>').format(
        row["stamp"], row["store"], texts["verify.given_back_save"]
    )
    finding = texts["verify.given_back_found" if row["signed"] else "verify.changed"]
    state = "found" if row["signed"] else "broken"
    return _article(state, texts["verify.given_back"], finding, texts["verify.given_back_proves"], facts(pairs) + save)


def _third_party(marks: Sequence[Row], unread: Sequence[str], texts: Texts) -> Markup:
    """Returns the marks of other makers, never in green: they are the weakest evidence of all."""
    details = joined(
        facts(
            [
                (texts["verify.fact_tool"], mark["tool"]),
                (texts["verify.fact_method"], mark["method"]),
                (texts["verify.fact_score"], _certainty(mark, texts)),
            ]
        )
        for mark in marks
    )
    notes = joined(Markup("<p>{}</p>").format(why) for why in unread)
    finding = texts["verify.hint" if marks else "verify.not_all_read" if unread else "verify.not_found"]
    text = texts["verify.others_proves" if marks else "verify.others_absent"]
    return _article("none", texts["verify.others"], finding, text, details + notes)


def _certainty(mark: Row, texts: Texts) -> str:
    if mark["payload"]:
        return texts.say("verify.payload", payload=mark["payload"])
    return texts.say("verify.deviations", score=f"{mark['score']:.1f}")


def _finding(row: Row, texts: Texts) -> str:
    if row.get("damaged"):
        return texts["verify.there_damaged"]
    if not row["found"]:
        return texts["verify.not_found"]
    if "match" in row:
        return texts[f"verify.match_{row['match']}"]
    if "valid" not in row:
        return texts["verify.found"]
    signer = row.get("signer") or {}
    if signer.get("revoked"):
        return texts["verify.revoked"]
    if not row["valid"]:
        return texts["verify.expired" if signer.get("outside") and not _is_changed(row) else "verify.changed"]
    return texts["verify.valid" if row["trusted"] or signer.get("holds") else "verify.valid_unknown"]


def _is_changed(row: Row) -> bool:
    """Tells whether credentials fail by more than the time at which they were signed."""
    return any(code.startswith("assertion.") for code in row["claims"].get("problems", ()))


def _signer(row: Row, texts: Texts) -> str:
    """Returns who signed: this studio, a name on a public list with its date, or somebody that no list has."""
    if row["trusted"]:
        return texts["verify.signer_here"]
    signer, name = row.get("signer") or {}, row["claims"].get("signer", "")
    if not signer.get("list"):
        return texts["verify.signer_unknown"]
    key = "verify.signer_interim" if signer["list"] == "interim" else "verify.signer_listed"
    said = texts.say(key, signer=name, list=signer["title"], date=signer["as_of"])
    if signer["expired"]:
        said += " " + texts.say("verify.signer_expired", date=signer["not_after"][:10])
    return f"{said} {texts['verify.revocation_unknown']}" if signer.get("revocation_unknown") else said


def _details(row: Row, texts: Texts) -> tuple[tuple[str, str], ...]:
    if not row["found"]:
        return ()
    pairs = {texts["verify.fact_stamp"]: str(row["stamp"] or texts["verify.no_stamp"])}
    if row.get("valid"):
        pairs[texts["verify.fact_signer"]] = _signer(row, texts)
        pairs |= _statements(row, texts)
    for name, value in row.items():
        if name == "distance":
            if row.get("match") not in UNCOMPARED and value is not None:
                pairs[texts["verify.fact_distance"]] = texts.say("verify.bits", bits=value)
            continue
        inner = value if isinstance(value, Mapping) else {name: value}
        pairs |= {
            texts[f"verify.fact_{FACTS[key]}"]: said
            for key, fact in inner.items()
            if key in FACTS and (said := _text(fact, texts))
        }
    return tuple(pairs.items())


def _statements(row: Row, texts: Texts) -> dict[str, str]:
    """Returns what valid credentials state: on AI, on use in training, and who attests the time."""
    signals = row["signals"]
    said = texts[f"verify.ai_{row['says_of_ai']}"]
    if row["says_of_ai"] == "fully" and UNKNOWN_ORIGIN in signals["inceptions"]:
        said = texts.say("verify.ai_declared", said=said)
    if row["says_of_ai"] != "none" and not signals["complete"]:
        said = texts.say("verify.ai_incomplete", said=said)
    pairs = {texts["verify.fact_ai"]: said}
    uses = row["training"]
    if uses:
        entries = {use: [one for one in uses if uses[one] == use] for use in uses.values()}
        pairs[texts["verify.fact_training"]] = "; ".join(
            f"{texts[f'verify.use_{use}']}: {', '.join(texts[f'verify.entry_{one}'] for one in those)}"
            for use, those in entries.items()
        )
    if row["claims"].get("time") and not row["claims"].get("time_authority"):
        pairs[texts["verify.fact_attested"]] = texts["verify.attested_by_nobody"]
    elif as_of := (row.get("signer") or {}).get("time_as_of"):
        pairs[texts["verify.fact_time_list"]] = texts.say("verify.time_listed", date=as_of)
    return pairs


def _text(value: Any, texts: Texts) -> str:
    """Returns a fact in few words; "" for one that says nothing. Of a vocabulary's address, the last part."""
    if isinstance(value, bool):
        return texts["verify.yes" if value else "verify.no"]
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, list | tuple):
        return ", ".join(_text(item, texts) for item in value)
    text = "" if value is None else str(value)
    return text.rstrip("/").rpartition("/")[2] if "/digitalsourcetype/" in text else plain_times(text)


def disclosures(rows: Sequence[Row], texts: Texts) -> Markup:
    """Returns everything that a file discloses about its maker, as a table by kind.

    `rows` are those of Verification.as_json()["reveals"].
    """
    if not rows:
        return Markup('<p class="sl-honest">{}</p>').format(texts["verify.reveals_nothing"])
    tables = joined(
        _disclosure_table(texts[f"verify.group_{group}"], [row for row in rows if row["group"] == group])
        for group in DISCLOSURE_GROUPS
    )
    return Markup('<details class="sl-reveals"><summary>{}</summary>{}</details>').format(
        _disclosure_title(rows, texts), tables
    )


def _disclosure_title(rows: Sequence[Row], texts: Texts) -> str:
    personal = sum(row["group"] in PERSONAL for row in rows)
    key = "verify.reveals_personal" if personal else "verify.reveals"
    return texts.say(key, count=len(rows), **({"personal": personal} if personal else {}))


def _disclosure_table(title: str, rows: Sequence[Row]) -> Markup:
    cells = joined(
        Markup("<tr><td>{}</td><th>{}</th><td>{}</td></tr>").format(row["place"], row["name"], row["value"])
        for row in rows
    )
    return Markup("<table><caption>{}</caption><tbody>{}</tbody></table>").format(title, cells) if rows else Markup("")
