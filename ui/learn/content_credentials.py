"""The panel that lays a file's credentials open, then changes the file: after each act, what Verify says of it.

Every row is what `Studio.verify` makes of real bytes: a picture that the studio has drawn, marked and signed, and what
the plain acts of safety/marks/tampering.py leave of it.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from PIL import Image, ImageDraw

from safety.config import ConfigModel
from safety.errors import RequestError
from safety.image_io import open_picture
from safety.marks import Marks
from safety.marks.provenance import Provenance
from safety.marks.summary import plain_times
from safety.marks.tampering import painted, resaved, stripped, with_pixels
from ui.html.verification import layers
from ui.learn.drawn import drawn_once
from ui.learn.panel import Desk, Json, choice_of
from ui.sentences import in_language

Act = Literal["original", "painted", "stripped", "resaved", "swapped", "forged"]
# How much of an act there may be: pixels painted over, and the quality of a JPEG.
AMOUNTS: Mapping[str, tuple[int, ...]] = {
    "painted": (1, 100, 10_000, 60_000, 90_000, 150_000),
    "resaved": (90, 70, 50, 30, 10),
}
MESSENGER = 0.75  # of its width and height is what a picture is sent with
VIEW = 256  # pixels, the longer side of the view beside a report
RIDDLE_SEED = 3

# Shapes of another picture: places are shares of width and height in turn.
LANDSCAPE: tuple[tuple[str, tuple[float, ...], tuple[int, int, int]], ...] = (
    ("ellipse", (0.62, 0.1, 0.82, 0.3), (250, 214, 90)),
    ("polygon", (-0.1, 0.75, 0.25, 0.4, 0.6, 0.75), (92, 138, 92)),
    ("polygon", (0.35, 0.8, 0.75, 0.45, 1.1, 0.8), (70, 115, 80)),
    ("rectangle", (0, 0.74, 1, 1), (120, 165, 85)),
    ("rectangle", (0.2, 0.64, 0.38, 0.82), (225, 205, 170)),
    ("polygon", (0.16, 0.64, 0.29, 0.5, 0.42, 0.64), (150, 60, 45)),
)


class CredentialsSettings(ConfigModel):
    """`prompt` and `seed` are what the picture is drawn from, `acts` what may be done to its file in this step.

    `open` lays the credentials open, claim by claim. `riddle`: the learner is given the files of all acts without
    their names, and tells from the reports what was done to each.
    """

    prompt: str = "a red apple"
    seed: int = 8
    acts: tuple[Act, ...] = ()
    open: bool = False
    riddle: bool = False


class CredentialsPanel:
    """Verifies the file as it is, and what each act makes of it. No file of a learner comes in."""

    settings = CredentialsSettings
    most_bytes = 1024

    def open(self, desk: Desk[CredentialsSettings]) -> Json:
        """Returns the report on the file as it is, and which acts there are."""
        chosen = desk.settings
        return {
            "words": desk.words("learn_content_credentials."),
            "acts": list(chosen.acts),
            "amounts": {name: list(AMOUNTS[name]) for name in chosen.acts if name in AMOUNTS},
            "files": list(_letters(chosen)) if chosen.riddle else [],
            "open": chosen.open,
            "original": {} if chosen.riddle else self.answer(desk, {"act": "original"}),
        }

    def answer(self, desk: Desk[CredentialsSettings], call: Mapping[str, Any]) -> Json:
        """Returns the report on what an act makes of the file (`act`, `amount`), on a file of the riddle (`letter`), or
        the original itself (`save`). Raises RequestError, LimitError.
        """
        chosen = desk.settings
        if call.get("save"):
            return {"name": "lesson.png", "file": base64.b64encode(_original(desk)).decode()}
        if chosen.riddle:
            letters = _letters(chosen)
            if isinstance(guessed := call.get("guessed"), dict):
                return {
                    "right": {letter: act == guessed.get(letter) for letter, act in letters.items()},
                    "did": letters,
                }
            act = letters[choice_of(call, "letter", tuple(letters))]
            report = self._report(desk, act, AMOUNTS.get(act, (0,))[0])
            return {name: value for name, value in report.items() if name != "act"}
        act = choice_of(call, "act", ("original", *chosen.acts))
        return self._report(desk, act, _amount(call, act))

    def _report(self, desk: Desk[CredentialsSettings], act: str, amount: int) -> Json:
        """Returns what Verify says of a file, in the learner's language."""
        chosen = desk.settings
        key = ("credentials", drawn_once(desk, chosen.prompt, chosen.seed).stamp, act, amount)
        row, view = desk.memory.once(key, lambda: _verified(desk, act, amount))
        tag, said = desk.texts.tag, layers(row, desk.texts)
        claims = row["layers"]["credentials"]["claims"]
        return {
            "act": act,
            "amount": amount,
            "view": view,
            "summary": plain_times(in_language(row["summary"], tag)),
            "contradictions": [plain_times(in_language(sentence, tag)) for sentence in row["contradictions"]],
            "layers": [asdict(layer) for layer in said],
            "claims": {name: value for name, value in claims.items() if value},
            "stamps": {name: layer["stamp"] for name, layer in row["layers"].items()},
            "sha256": row["sha256"],
            "recorded": row["layers"]["registry"]["sha256"],
        }


def _letters(chosen: CredentialsSettings) -> dict[str, str]:
    """Returns which act made the file behind each letter, the same for everybody."""
    acts = random.Random(RIDDLE_SEED).sample(chosen.acts, len(chosen.acts))
    return dict(zip("ABCDEFGH", acts, strict=False))


def _amount(call: Mapping[str, Any], act: str) -> int:
    """Returns how much of an act is asked for, of those amounts that there are; 0 where there is nothing to choose."""
    amounts = AMOUNTS.get(act, (0,))
    amount = call.get("amount", amounts[0])
    if amount not in amounts:
        raise RequestError(f"amount has to be one of: {', '.join(map(str, amounts))}.")
    return int(amount)


def _original(desk: Desk[CredentialsSettings]) -> bytes:
    return drawn_once(desk, desk.settings.prompt, desk.settings.seed).file


def _verified(desk: Desk[CredentialsSettings], act: str, amount: int) -> tuple[Json, str]:
    """Returns what Verify says of a file as plain values, and a small view of its picture as an address."""
    file = ACTED[act](_original(desk), amount)
    return desk.studio.verify(file, desk.client).as_json(), _view(file)


def _view(file: bytes) -> str:
    picture = open_picture(file)
    picture.thumbnail((VIEW, VIEW))
    memory = BytesIO()
    picture.save(memory, "WEBP", quality=80)
    return "data:image/webp;base64," + base64.b64encode(memory.getvalue()).decode()


def landscape(size: tuple[int, int]) -> Image.Image:
    """Returns another picture, painted by a program: sun, hills and a house, RGB."""
    picture = Image.new("RGB", size)
    draw, (width, height) = ImageDraw.Draw(picture), size
    for y in range(height):
        share = y / height
        draw.line((0, y, width, y), fill=(round(110 + 110 * share), round(170 + 50 * share), 235))
    for shape, places, colour in LANDSCAPE:
        corners = [at * size[number % 2] for number, at in enumerate(places)]
        getattr(draw, shape)(corners, fill=colour)
    return picture


def _swapped(file: bytes, amount: int) -> bytes:
    """Puts another picture under the credentials of the file."""
    return with_pixels(file, landscape(open_picture(file).size))


def _forged(file: bytes, amount: int) -> bytes:
    """Signs another picture with a key that somebody made at home, under the name that this studio writes as well."""
    with TemporaryDirectory() as folder:
        home = Marks(keys=Path(folder))
        facts = Provenance(engine="pocket", model="pocket")
        return home.apply(landscape(open_picture(file).size), "PNG", facts, datetime.now(UTC))


ACTED: Mapping[str, Callable[[bytes, int], bytes]] = {
    "original": lambda file, amount: file,
    "painted": painted,
    "stripped": lambda file, amount: stripped(file),
    "resaved": lambda file, amount: resaved(file, amount, MESSENGER),
    "swapped": _swapped,
    "forged": _forged,
}
