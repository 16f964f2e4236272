"""From where the page may be reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reach:
    """Says under which names the page answers and who may show it.

    `names` are host names, beside those of this machine; `frames` are the origins that may show it in a frame; `mcp`:
    language models find the studio's tools at /mcp. `cors`: origins whose pages may call the API.
    """

    names: Sequence[str] = ()
    frames: Sequence[str] = ()
    mcp: bool = False
    cors: Sequence[str] = ()
