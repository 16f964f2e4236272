"""What the tests of HTML share: a decision, messages that say every reason alike, and a browser's view of a page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html.parser import HTMLParser

from PIL import Image

from safety.generation import GeneratedPicture
from safety.messages.catalogue import Messages, RenderedReason
from safety.records import Decision, Reason, Span, Stage, Verdict
from tests.fakes_page import policy

NASTY = "<img src=x onerror=alert(1)>'\"&${1+1}{{x}}</div><script>alert(1)</script>"
REASON = Reason(
    verdict=Verdict.BLOCK,
    category="violence",
    code="P301",
    clause="3.1",
    check="lexicon",
    evidence="gore",
    spans=(Span(2, 6),),
    score=0.9,
    threshold=0.7,
)
HARD = replace(
    REASON,
    category="child_safety",
    verdict=Verdict.HARD_BLOCK,
    check="",
    evidence="",
    spans=(),
    score=None,
    threshold=None,
)
PICTURE = GeneratedPicture(Image.new("RGB", (8, 8)), 7, "a red apple")
MESSAGES = policy().messages("en-GB")


@dataclass(frozen=True)
class FixedMessages(Messages):
    """Says every reason in the same words, whatever its category; `changed` replaces some of them."""

    changed: tuple[tuple[str, str], ...] = ()

    def render(self, decision: Decision) -> tuple[RenderedReason, ...]:
        texts = {"title": "Graphic violence", "text": "This looks like graphic violence.", "clause": "3.1: none of it"}
        return tuple(RenderedReason(reason, **(texts | dict(self.changed))) for reason in decision.reasons)


def fixed_messages(**changed: str) -> Messages:
    return FixedMessages(**vars(MESSAGES), changed=tuple(changed.items()))


def decision_of(*reasons: Reason, stage: Stage = Stage.PROMPT, risk: float = 0.8) -> Decision:
    verdict = max((reason.verdict for reason in reasons), default=Verdict.ALLOW)
    return Decision(verdict, reasons, stage, "general", "2026.11", "ab" * 32, risk)


class Html(HTMLParser):
    """What a browser would see of a page: tags, names of attributes, targets of links, and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.links: list[str] = []
        self.text = ""
        # As a plain string: of a Markup, every part would be a Markup again.
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data
