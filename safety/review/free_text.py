"""What people write in their own words: refused where no page could show it, before anything is kept of it."""

from __future__ import annotations

import re

from safety.errors import RequestError

# Half a pair of UTF-16, on which every page that shows it fails, and control characters that nobody types.
UNREADABLE = re.compile(r"[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f]")


def require_readable(**texts: str) -> None:
    """Raises RequestError that names the field of the first text with characters that cannot be read."""
    for field, text in texts.items():
        if UNREADABLE.search(text):
            raise RequestError(f"The field {field} has characters that cannot be read.", "Type it anew.", field)
