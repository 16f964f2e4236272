"""Withheld pictures as text that can be kept and deleted: PNG in base64 within JSON."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from safety.audit import serialize
from safety.audit.hash_chain import canonical
from safety.generation import GeneratedPicture, Generation, GenerationRequest
from safety.messages.catalogue import Messages
from safety.review.quarantine import QuarantinedPicture

if TYPE_CHECKING:
    from PIL.Image import Image

VEIL_SIDE = 24  # pixels of the longer side of what a reviewer sees before the picture is revealed


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A kept picture: PNG bytes, its seed, and what was decided on it (as in `facts.evidence`)."""

    png: bytes
    seed: int
    reasons: list[dict[str, Any]]

    def image(self) -> Image:
        from PIL import Image

        return Image.open(io.BytesIO(self.png)).convert("RGB")


@dataclass(frozen=True, slots=True)
class StoredPictures:
    """The kept pictures of one case, the model that made them, and the settings of its opening row."""

    ones: tuple[StoredPicture, ...]
    model: str
    opening: Mapping[str, Any]

    def generation(self) -> Generation:
        """The same pictures as an engine hands them over; of the request, what the chain knows of it."""
        request = GenerationRequest("", **{name: self.opening[name] for name in ("mode", "engine", "format")})
        pictures = tuple(GeneratedPicture(stored.image(), stored.seed, request.prompt) for stored in self.ones)
        return Generation(request, pictures, self.model, 0.0)


def pack(withheld: Sequence[QuarantinedPicture], messages: Messages | None) -> str:
    """Returns withheld pictures as text to be stored, with their reasons in words; "" where there are none."""
    if not withheld:
        return ""
    ones = [
        {
            "png": base64.b64encode(_png(one.picture.image)).decode("ascii"),
            "seed": one.picture.seed,
            "reasons": serialize.evidence(one.decision, messages),
        }
        for one in withheld
    ]
    return canonical({"model": withheld[0].model, "pictures": ones})


def unpack(content: str, opening: Mapping[str, Any]) -> StoredPictures:
    table = json.loads(content)
    ones = (StoredPicture(base64.b64decode(one["png"]), int(one["seed"]), one["reasons"]) for one in table["pictures"])
    return StoredPictures(tuple(ones), str(table["model"]), opening)


def veiled(one: StoredPicture) -> bytes:
    """A few blurred blocks of colour as PNG: what is left of the picture cannot be made out."""
    from PIL import Image

    small = one.image()
    small.thumbnail((VEIL_SIDE, VEIL_SIDE), Image.Resampling.BOX)
    return _png(small)


def _png(image: Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
