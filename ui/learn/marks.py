"""The panel that attacks a marked picture and has it verified: which marks are left, and how a copied one is caught.

The pictures are the studio's own, the same for everybody; what a learner has drawn travels in each call and is nowhere
kept. An attacked file is verified in memory and not handed out: the learner sees a small view that says what it is.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo
from pydantic import Field

from safety.config import ConfigModel
from safety.errors import RequestError
from safety.generation import EMBEDDED, Stamp
from safety.image_io import open_picture
from safety.marks.attacks import Attack, blur, crop, laid_onto, lifted_mark, overlay, resize, rotate, screenshot
from safety.marks.metadata import packet
from safety.marks.provenance import Provenance
from safety.marks.summary import plain_times
from safety.marks.tampering import with_pixels
from ui.html.verification import layers
from ui.learn.drawn import Drawn, draw, drawn_once
from ui.learn.panel import Desk, Json, Memory, choice_of, file_of, number_of, text_of
from ui.sentences import in_language

if TYPE_CHECKING:
    from PIL.Image import Image

# What may be done, in this order, and its amounts: nothing, the most, and the step between them.
AMOUNTS: Mapping[str, tuple[int, int, int]] = {
    "crop": (100, 30, 10),  # percent of each side that are kept
    "resize": (100, 20, 10),  # percent of each side
    "rotate": (0, 45, 5),  # degrees
    "blur": (0, 40, 5),  # tenths of a pixel
    "overlay": (0, 60, 10),  # percent of the area
    "screenshot": (0, 1, 1),
    "jpeg": (100, 5, 5),  # quality
}
GRAIN = 3.0  # grey levels of a screen's noise
# What each does; as JPEG a picture is saved last.
ATTACKS: Mapping[str, Callable[[int], Attack]] = {
    "crop": lambda percent: crop(percent / 100),
    "resize": lambda percent: resize(percent / 100),
    "rotate": rotate,
    "blur": lambda tenths: blur(tenths / 10),
    "overlay": lambda percent: overlay(percent / 100),
    "screenshot": lambda on: screenshot(grain=GRAIN),
}
XMP_CHUNK = "XML:com.adobe.xmp"
VIEW = 384  # pixels, the longer side of what is shown
MOST_FILE = 1_500_000  # bytes of a picture of this studio
MOST_WORDS = 200  # characters
NOT_OURS = "Only pictures of this studio are attacked here, and this file is none."
Name = Literal["crop", "resize", "rotate", "blur", "overlay", "screenshot", "jpeg"]


class MarksSettings(ConfigModel):
    """`prompts` are what pictures are drawn from, by `seed` and the numbers after it. `attacks` may be done to them.

    With `own`, a learner has one drawn; with `forge`, the mark of one picture is copied onto another.
    """

    prompts: tuple[str, ...] = Field(min_length=1)
    seed: int = 7
    attacks: tuple[Name, ...] = ()
    own: bool = False
    forge: bool = False


class MarksPanel:
    """Draws, attacks and forges, and shows what `Studio.verify` says of the file that comes of it."""

    settings = MarksSettings
    most_bytes = MOST_FILE * 4 // 3 + 4096  # as base64

    def __init__(self) -> None:
        # Of the studio's own pictures alone, by their stamps: a class tries the same attacks on them.
        self._results = Memory()

    def open(self, desk: Desk[MarksSettings]) -> Json:
        """Returns what may be done in this step, and what the marks of the first picture say as it is."""
        chosen = desk.settings
        return {
            "words": desk.words("learn_marks."),
            "prompts": list(chosen.prompts),
            "attacks": {name: AMOUNTS[name] for name in AMOUNTS if name in chosen.attacks},
            "own": chosen.own,
            "forge": chosen.forge,
            "begin": None if chosen.forge else self.answer(desk, {"picture": chosen.prompts[0]}),
        }

    def answer(self, desk: Desk[MarksSettings], call: Mapping[str, Any]) -> Json:
        """Returns what is left of the marks after an attack (`picture` or `file`, `amounts`, `keep`), after a forgery
        (`lift`, `onto`, `credentials`), or a picture of the learner's own (`draw`). Raises RequestError, LimitError.
        """
        if "draw" in call:
            return self._draw(desk, call)
        if "lift" in call:
            return self._forge(desk, call)
        attack = _attack(desk, call)
        if "file" in call:
            file = file_of(call)
            return _report(desk, attack(file), _stamp_of(desk, file))
        drawn = _drawn(desk, call, "picture")
        key = (drawn.stamp, attack, desk.texts.tag)
        return self._results.once(key, lambda: _report(desk, attack(drawn.file), drawn.stamp))

    def _draw(self, desk: Desk[MarksSettings], call: Mapping[str, Any]) -> Json:
        if not desk.settings.own:
            raise RequestError("This step draws no picture of your own.", "Choose one of the pictures.")
        drawn = draw(desk, text_of(call, "draw", MOST_WORDS))
        report = _report(desk, drawn.file, drawn.stamp)
        return report | {"file": base64.b64encode(drawn.file).decode(), "prompt": drawn.prompt}

    def _forge(self, desk: Desk[MarksSettings], call: Mapping[str, Any]) -> Json:
        if not desk.settings.forge:
            raise RequestError("This step copies no marks.", "Choose an attack.")
        marked, other = _drawn(desk, call, "lift"), _drawn(desk, call, "onto")
        if marked is other:
            raise RequestError("A mark is copied from one picture onto another.", "Choose two pictures.")
        whole = call.get("credentials") is True
        key = ("forged", marked.stamp, other.stamp, whole, desk.texts.tag)
        return self._results.once(key, lambda: _report(desk, forged(marked, other, whole), other.stamp))


@dataclass(frozen=True, slots=True)
class FileAttack:
    """Does to a file of this studio what its amounts say: pairs of a name and how much of it, in the order of AMOUNTS.

    `keeps`: the program that saves it anew keeps the metadata. Called with the file, it returns the new one.
    """

    amounts: tuple[tuple[str, int], ...] = ()
    keeps: bool = False

    def __call__(self, file: bytes) -> bytes:
        if not self.amounts:
            return file
        picture, quality = open_picture(file), dict(self.amounts).get("jpeg")
        for name, amount in self.amounts:
            if name != "jpeg":
                picture = ATTACKS[name](amount)(picture)
        return _saved(picture, quality, _xmp(file) if self.keeps else b"")


def forged(marked: Drawn, other: Drawn, whole: bool = False) -> bytes:
    """Returns a PNG file of another picture, which has no marks, with the mark lifted off a marked file.

    With `whole`, that file's metadata and credentials are put round it, too.
    """
    picture = laid_onto(other.image, lifted_mark(open_picture(marked.file)))
    return with_pixels(marked.file, picture) if whole else _saved(picture)


def _attack(desk: Desk[MarksSettings], call: Mapping[str, Any]) -> FileAttack:
    """Returns the attack that a call asks for. Raises RequestError for others than the step has."""
    given = call.get("amounts", {})
    if not isinstance(given, dict) or not set(given) <= set(desk.settings.attacks):
        raise RequestError(f"amounts may name: {', '.join(desk.settings.attacks) or 'nothing'}.")
    amounts = []
    for name, (nothing, most, step) in AMOUNTS.items():
        asked = number_of(given, name, min(nothing, most), max(nothing, most)) if name in given else nothing
        # In steps, so that a class asks for the same ones.
        amount = nothing + round((asked - nothing) / step) * step
        if amount != nothing:
            amounts.append((name, amount))
    return FileAttack(tuple(amounts), call.get("keep") is True)


def _drawn(desk: Desk[MarksSettings], call: Mapping[str, Any], name: str) -> Drawn:
    prompt = choice_of(call, name, desk.settings.prompts)
    return drawn_once(desk, prompt, desk.settings.seed + desk.settings.prompts.index(prompt))


def _stamp_of(desk: Desk[MarksSettings], file: bytes) -> str:
    """Returns the stamp of a file that this studio has exported, byte for byte. Raises RequestError for any other."""
    record = desk.studio.audit.find((), hashlib.sha256(file).hexdigest())
    if record is None:
        raise RequestError(NOT_OURS, "Have one drawn here.")
    return record.stamp


def _saved(picture: Image, quality: int | None = None, xmp: bytes = b"") -> bytes:
    """Returns a picture as a PNG file, or as JPEG of a quality, with no metadata but these."""
    memory = BytesIO()
    if quality is not None:
        picture.save(memory, "JPEG", quality=quality, xmp=xmp)
    else:
        chunks = PngInfo()
        if xmp:
            chunks.add_itxt(XMP_CHUNK, xmp.decode())
        picture.save(memory, "PNG", pnginfo=chunks)
    return memory.getvalue()


def _xmp(file: bytes) -> bytes:
    with Pillow.open(BytesIO(file)) as opened:
        found = opened.info.get("xmp", b"")
    return found if isinstance(found, bytes) else str(found).encode()


def _report(desk: Desk[MarksSettings], file: bytes, stamp: str) -> Json:
    """Returns what Verify says of a file, in the learner's language, and a view of its picture."""
    row, picture = desk.studio.verify(file, desk.client).as_json(), open_picture(file)
    tag, found = desk.texts.tag, row["layers"]
    return {
        "view": _view(picture, stamp),
        "width": picture.width,
        "height": picture.height,
        "bytes": len(file),
        "summary": plain_times(in_language(row["summary"], tag)),
        "contradictions": [plain_times(in_language(sentence, tag)) for sentence in row["contradictions"]],
        "layers": [asdict(layer) for layer in layers(row, desk.texts)],
        "score": found["invisible"]["score"],
        "match": found["registry"]["match"],
        "distance": found["registry"]["distance"],
    }


def _view(picture: Image, stamp: str) -> str:
    """Returns a small copy as an address; its metadata say what it is, whatever the attack has left."""
    small = picture.copy()
    small.thumbnail((VIEW, VIEW))
    memory = BytesIO()
    facts = Provenance(stamp=Stamp(int(stamp, 16)), engine=EMBEDDED)
    small.save(memory, "WEBP", quality=80, xmp=packet(facts, datetime.now(UTC)))
    return f"data:image/webp;base64,{base64.b64encode(memory.getvalue()).decode()}"
