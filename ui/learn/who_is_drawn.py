"""The panel of fifty pictures of a profession: as asked, and as a balanced set; who was told, and what can be measured.

The pictures are drawn once for everybody, in the background, by `Studio.create`: judged, marked and on record as any
others. What a panel shows of each is a small view of its finished file, what was filled into its prompt, and how light
its face is (ui/learn/face_shade.py). No program here says who is a woman or a man: learners look for themselves.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from io import BytesIO
from typing import Any, Literal

from PIL import Image
from pydantic import Field

from safety.config import ConfigModel
from safety.errors import RequestError
from safety.generation import Delivered, PictureResult
from studio.curation.balance import wilson_interval
from ui.learn.background import Work, shared_work
from ui.learn.drawn import ANOTHER, STOPPED, lesson_request
from ui.learn.face_shade import SHADES, face_shade
from ui.learn.panel import Desk, Json, number_of

VIEW = 96  # pixels, the side of a small view
SAMPLE = 10  # pictures that somebody looks at who has little time


class WhoIsDrawnSettings(ConfigModel):
    """`count` pictures are drawn of `prompt`, from `seed` on, twice: as asked and as a balanced set.

    In so many `steps`; without a number in the engine's quick ones. `show` is what a step of the lesson is about:
    the set as asked, samples of the balanced one, or the balanced one itself.
    """

    prompt: str
    show: Literal["asked", "sample", "balanced"]
    count: int = Field(default=50, ge=2, le=100)
    seed: int = 1000
    steps: int | None = Field(default=None, ge=1)


@dataclass(frozen=True, slots=True)
class Person:
    """Holds one picture: what was filled into its prompt, by attribute, and what was measured. `view` is an address."""

    seed: int
    balanced: bool
    told: Mapping[str, str]
    shade: str
    lightness: float
    view: str
    stamp: str = ""

    def as_json(self, removed: Collection[str]) -> Json:
        """Returns plain values, without the view of a picture that was removed since."""
        row = asdict(self) | {"lightness": round(self.lightness, 1)}
        return row | {"view": ""} if row.pop("stamp") in removed else row


class WhoIsDrawnPanel:
    """Shows the pictures as they come, and counts them."""

    settings = WhoIsDrawnSettings
    most_bytes = 1024

    def open(self, desk: Desk[WhoIsDrawnSettings]) -> Json:
        """Begins the drawing, unless somebody has; returns what there is already."""
        chosen = desk.settings
        drawing(desk, again=True)
        return {
            "words": desk.words("learn_who_is_drawn."),
            "show": chosen.show,
            "prompt": chosen.prompt,
            "shades": SHADES,
            "sample": SAMPLE,
            "chances": [wilson_interval(hits, SAMPLE) for hits in range(SAMPLE + 1)],
            **self.answer(desk, {"since": 0}),
        }

    def answer(self, desk: Desk[WhoIsDrawnSettings], call: Mapping[str, Any]) -> Json:
        """Returns the pictures of this step's set from number `since` on, and the counts of all there are so far.

        Raises RequestError where the drawing has failed.
        """
        chosen = desk.settings
        since = int(number_of(call, "since", 0, chosen.count))
        work = drawing(desk)
        if work.failure:
            raise RequestError(work.failure)
        people = [one for one in work.done() if one.balanced == (chosen.show != "asked")]
        removed = desk.studio.review.removals.removed([one.stamp for one in people[since:]])
        return {
            "people": [one.as_json(removed) for one in people[since:]],
            "total": chosen.count,
            "before": sum(not one.balanced for one in work.done()) if chosen.show != "asked" else 0,
            "counts": counts(people),
        }


def drawing(desk: Desk[WhoIsDrawnSettings], again: bool = False) -> Work[Person]:
    """Returns the one drawing of these settings that everybody watches; with `again`, one that failed is tried anew."""
    chosen = desk.settings
    key = ("who is drawn", chosen.prompt, chosen.count, chosen.seed, chosen.steps, desk.studio.policy_digest)
    return shared_work(desk.memory, key, 2 * chosen.count, lambda: _people(desk), again)


def counts(people: Sequence[Person]) -> Json:
    """Returns what was told and what was measured of pictures.

    `lightness` is the mean L* of the faces of each shade that was told. `upto` has, for the first 1, 2, ... pictures,
    how many have each shade, and Wilson's 95 % interval of that share.
    """
    shades = Counter(one.shade for one in people)
    told: dict[str, Counter[str]] = {}
    drawn: dict[str, list[float]] = {}
    for one in people:
        for attribute, value in one.told.items():
            told.setdefault(attribute, Counter())[value] += 1
        drawn.setdefault(told_shade(one), []).append(one.lightness)
    pairs = [(told_shade(one), one.shade) for one in people if told_shade(one)]
    return {
        "shades": {name: shades[name] for name in SHADES},
        "told": {attribute: dict(values) for attribute, values in told.items()},
        "as_told": sum(wanted == seen for wanted, seen in pairs),
        "told_shades": len(pairs),
        "lightness": {name: round(sum(drawn[name]) / len(drawn[name]), 1) for name in SHADES if name in drawn},
        "upto": [_shares([one.shade for one in people[:many]]) for many in range(1, len(people) + 1)],
    }


def told_shade(person: Person) -> str:
    """Returns the shade that was filled into the prompt of a picture, as SHADES names it; "" for none."""
    told = (value.removesuffix(" skin") for value in person.told.values())
    return next((value for value in told if value in SHADES), "")


def _shares(shades: Sequence[str]) -> Json:
    found = Counter(shades)
    return {name: (found[name], *wilson_interval(found[name], len(shades))) for name in SHADES}


def _people(desk: Desk[WhoIsDrawnSettings]) -> Iterator[Person]:
    """Yields first the pictures as asked, then those of the balanced set. Raises StudioErrors."""
    chosen = desk.settings
    for balanced in (False, True):
        request = replace(lesson_request(desk, chosen.prompt, chosen.seed), balanced=balanced)
        request = replace(request, steps=chosen.steps or request.steps)
        most = int(desk.studio.engines[request.engine].card.count.most)
        # A few at a time: whoever asks for a picture meanwhile waits for no more than these.
        for start in range(0, chosen.count, most):
            part = replace(request, seed=chosen.seed + start, count=min(most, chosen.count - start))
            outcome = desk.studio.create(part)
            if not isinstance(outcome, Delivered):
                raise RequestError(STOPPED, ANOTHER)
            # One that is withheld, or that would be veiled, is not shown in a lesson.
            shown = (result for result in outcome.pictures if result.export is not None and result.decision.allowed)
            yield from (_person(desk, result, balanced) for result in shown)


def _person(desk: Desk[WhoIsDrawnSettings], result: PictureResult, balanced: bool) -> Person:
    picture, measured = result.picture, face_shade(result.picture.image)
    demographics = desk.studio.demographics
    found = demographics.unspecified_person(desk.settings.prompt) if demographics and picture.filled else None
    names = [attribute.name for attribute in found.open] if found else []
    told = dict(zip(names, picture.filled.split(", "), strict=True)) if names else {}
    stamp = str(result.export.stamp) if result.export else ""
    return Person(picture.seed, balanced, told, measured.nearest, measured.lightness, _view(result), stamp)


def _view(result: PictureResult) -> str:
    """Returns a small view of the finished file, with its visible label."""
    if result.export is None:
        return ""
    with Image.open(result.export.path) as opened:
        small = opened.convert("RGB").resize((VIEW, VIEW), Image.Resampling.LANCZOS)
    memory = BytesIO()
    small.save(memory, "WEBP", quality=74)
    return "data:image/webp;base64," + base64.b64encode(memory.getvalue()).decode()
