"""Puts the parts together: settings from the environment -> Studio -> the page, or the command line.

The only file that knows every part, and the only one that reads the environment.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

from safety.errors import StudioError
from studio.factory import make_studio
from studio.settings import Settings
from ui.cli.main import build
from ui.log_lines import write_json_lines
from ui.reach import Reach

# Libraries that would otherwise report to their makers read these when they are imported, which is later.
NO_TELEMETRY = {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}


def main() -> None:
    """Serves the page; with arguments it is the command line. Exits with 2 where a setting is not valid."""
    settings = read_settings()
    cli = build(partial(make_studio, settings), settings.host, settings.port, _reach(settings), settings.marks)
    cli(sys.argv[1:] or ["serve"], prog_name=_program_name(sys.argv[0]))


def api() -> Any:
    """Returns the API as an ASGI application, for several workers: `uvicorn app:api --factory --workers 4`."""
    from ui.web.api_server import guarded

    settings = read_settings()
    return guarded(make_studio(settings), settings.host, _reach(settings), of_several=True)


def _reach(settings: Settings) -> Reach:
    return Reach(settings.names, settings.frames, settings.mcp, settings.cors)


def read_settings() -> Settings:
    """Returns the settings of the environment. Exits with 2 and one sentence where one is not valid."""
    os.environ.update(NO_TELEMETRY)
    try:
        settings = Settings.read(os.environ)
    except StudioError as error:
        print(error.sentence, file=sys.stderr)
        sys.exit(2)
    # Copies of what a person may see go to the studio's own folder, not to one that all users of the machine share.
    os.environ.setdefault("GRADIO_TEMP_DIR", str(settings.home / "page"))
    if settings.log == "json":
        write_json_lines()
    return settings


def _program_name(started_as: str) -> str:
    """Returns how a person calls this program: by the installed command, or this file by Python."""
    name = Path(started_as).stem
    return name if name == "safelight" else "python app.py"


if __name__ == "__main__":
    main()
