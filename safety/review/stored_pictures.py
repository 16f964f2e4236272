"""Pictures under appeal or notice, as text that can be kept and deleted: PNG in base64 within JSON."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from safety.audit.hash_chain import canonical
from safety.audit.serialize import decision_evidence
from safety.generation import GeneratedPicture, Generation, GenerationRequest
from safety.messages.catalogue import Messages
from safety.review.quarantine import QuarantinedPicture

if TYPE_CHECKING:
    from PIL.Image import Image

# Pixels of the longer side of what a reviewer sees before the picture is revealed.
THUMBNAIL_SIDE = 24


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """Holds a kept picture: PNG bytes, its seed, and what was decided on it (as in `serialize.decision_evidence`)."""

    png: bytes
    seed: int
    reasons: list[dict[str, Any]]

    def image(self) -> Image:
        """Returns the picture in RGB."""
        from PIL import Image

        return Image.open(io.BytesIO(self.png)).convert("RGB")


@dataclass(frozen=True, slots=True)
class StoredPictures:
    """Holds the kept pictures of one case, the model that made them, and the facts of the case's opening row."""

    pictures: tuple[StoredPicture, ...]
    model: str
    opening: Mapping[str, Any]

    def to_generation(self) -> Generation:
        """Returns the pictures as an engine hands them over; of the request, what the chain knows of it."""
        request = GenerationRequest("", **{name: self.opening[name] for name in ("mode", "engine", "format")})
        pictures = tuple(GeneratedPicture(stored.image(), stored.seed, request.prompt) for stored in self.pictures)
        return Generation(request, pictures, self.model, 0.0)


def pack(pictures: Sequence[QuarantinedPicture], messages: Messages | None) -> str:
    """Returns withheld pictures as text to be stored, with their reasons in words; "" where there are none."""
    if not pictures:
        return ""
    packed = [
        {
            "png": base64.b64encode(_png(quarantined.picture.image)).decode("ascii"),
            "seed": quarantined.picture.seed,
            "reasons": decision_evidence(quarantined.decision, messages),
        }
        for quarantined in pictures
    ]
    return canonical({"model": pictures[0].model, "pictures": packed})


def pack_image(image: Image) -> str:
    """Returns one picture that nobody judged, RGB, as text to be stored; `unpack` reads it."""
    png = base64.b64encode(_png(image)).decode("ascii")
    return canonical({"model": "", "pictures": [{"png": png, "seed": 0, "reasons": []}]})


def unpack(text: str, opening: Mapping[str, Any]) -> StoredPictures:
    """Returns the pictures that `pack` has made a text of. `opening`: the facts of the case's opening row."""
    content = json.loads(text)
    pictures = tuple(
        StoredPicture(base64.b64decode(picture["png"]), int(picture["seed"]), picture["reasons"])
        for picture in content["pictures"]
    )
    return StoredPictures(pictures, str(content["model"]), opening)


def blurred_thumbnail(picture: StoredPicture) -> bytes:
    """Returns the blurred thumbnail of a stored picture as PNG: a few blocks of colour that show nothing of it."""
    from PIL import Image

    small = picture.image()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BOX)
    return _png(small)


def as_stored(image: Image) -> StoredPicture:
    """Returns an RGB picture in the form of stored ones, to be shown like them."""
    return StoredPicture(_png(image), 0, [])


def _png(image: Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
