"""The log as JSON, one object a line, for machines that collect it: no words, no file names, no keys, no addresses.

ui/http/call_log.py says what is logged of a call; ui/web/log_privacy.py keeps the libraries' words out.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

CALLS = "safelight.calls"  # the logger of calls


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object: time, level, logger, what it says, and the facts of a call."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line."""
        row = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            row["trace"] = self.formatException(record.exc_info)
        return json.dumps(row, ensure_ascii=True)


def write_json_lines() -> None:
    """Makes the whole program log as JSON to standard error, each call of the API among it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger(CALLS).setLevel(logging.INFO)
