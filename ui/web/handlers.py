"""What the page does with a person's input, without any component: each handler is one call of the studio."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.interface import Progress
from safety.errors import StudioError
from safety.generation import Outcome
from safety.messages.catalogue import Messages
from safety.records import Decision, Suggestion
from safety.review.client import LOCAL
from ui import forms
from ui.web.jobs import Job, Step

if TYPE_CHECKING:
    from engines.diffusion.previews import Preview
    from studio import Studio

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision, and the language to say it in."""

    decision: Decision
    words: Messages


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, as one sentence for the person."""

    sentence: str


def preview(studio: Studio, prompt: str, mode: str, language: str = "") -> Judged | Problem | None:
    """The live judgement; None for an empty prompt, which is nobody's fault yet."""
    if not prompt.strip():
        return None
    try:
        return Judged(studio.preview(prompt, mode), studio.policy.messages(language))
    except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
        return Problem(sentence(error))


def suggest(studio: Studio, prompt: str, mode: str) -> tuple[Suggestion, ...]:
    """Other wordings for a blocked prompt; none where something went wrong, which is logged."""
    try:
        return studio.suggest(prompt, mode)
    except Exception as error:
        log.error("no suggestions", exc_info=error)
        return ()


def create(
    studio: Studio, values: Mapping[str, Any], stop: threading.Event | None = None, client: str = LOCAL
) -> Generator[Step | Problem | Outcome]:
    """Steps while it works, then one outcome or one problem. Closing it, or setting `stop`, cancels the work."""
    try:
        request = forms.read(values)

        def work(progress: Progress, preview: Preview) -> Outcome:
            return studio.create(request, progress, preview, client)

        job = Job(work, stop or threading.Event())
        with closing(job.watch()) as steps:
            yield from steps
        yield job.result()
    except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
        yield Problem(sentence(error))


def verify(studio: Studio, path: Path, client: str = LOCAL) -> dict[str, Any] | Problem:
    """What the marks of an uploaded file say, in the words of the command line's JSON."""
    try:
        return studio.verify(path.read_bytes(), client).as_json()
    except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
        return Problem(sentence(error))


def sentence(error: Exception) -> str:
    """One plain sentence. What is not ours to explain goes to the log under an id."""
    if isinstance(error, StudioError):
        return error.sentence
    name = secrets.token_hex(4)
    log.error("page problem %s", name, exc_info=error)
    return f"Something failed that should not, and no picture was handed out. The log has the details under {name}."
