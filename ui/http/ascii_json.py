"""JSON in ASCII, as the command line writes it: every prompt comes back as it was given."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse


class AsciiJson(JSONResponse):
    """Is an answer in ASCII: half a character, which UTF-8 cannot hold, is written too."""

    def render(self, content: Any) -> bytes:
        """Returns the body."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")
