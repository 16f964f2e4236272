"""The light of the page that says whether every check looks. Asking loads models, so the answer is kept a minute."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import gradio as gr
from markupsafe import Markup

from safety.health import Health
from ui.html.health_status import light
from ui.web.reader import page_language

if TYPE_CHECKING:
    from studio import Studio

KEPT = 60.0  # seconds


class HealthBadge:
    """Asks one studio for its health, for all sessions and threads."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._lock = threading.Lock()
        self._answer: tuple[float, Health] | None = None

    def health(self) -> Health:
        """Returns the health of the checks as it was within the last minute."""
        with self._lock:
            if self._answer is None or time.monotonic() - self._answer[0] > KEPT:
                self._answer = time.monotonic(), self._studio.health()
            return self._answer[1]

    def show(self, request: gr.Request) -> Markup:
        """Returns the light as HTML."""
        return light(self.health(), page_language(request))
