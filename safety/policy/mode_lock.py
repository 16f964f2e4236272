"""A mode that holds for everybody for some time, such as while a class runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class ModeLock:
    """Holds the name of the mode that everybody works in just now; "" where each person chooses."""

    mode: str = ""
