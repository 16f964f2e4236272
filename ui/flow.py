"""What the page does with a person's input, without any component: each handler is one call of the studio."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.interface import Progress
from safety.errors import StudioError
from safety.policy import Policy
from safety.records import Decision
from safety.works import Outcome, Refused
from ui import form
from ui.worker import Job, Step

if TYPE_CHECKING:
    from studio import Studio

log = logging.getLogger(__name__)
Ask = Callable[[str, str], Decision]


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision and the titles of the modes that would let the same prompt pass, perhaps after a confirmation."""

    decision: Decision
    passing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, as one sentence for the person."""

    sentence: str


def judged(ask: Ask, policy: Policy, prompt: str, decision: Decision) -> Judged:
    """Asks the same question for the other modes when a prompt is refused. A hard line has no way round."""
    return Judged(decision, tuple(policy.mode[name].title for name in decision.passing))


def preview(studio: Studio, prompt: str, mode: str) -> Judged | Problem | None:
    """The live judgement; None for an empty prompt, which is nobody's fault yet."""
    if not prompt.strip():
        return None
    try:
        studio.policy.mode_of(mode)
        return judged(studio.preview, studio.policy, prompt, studio.preview(prompt, mode))
    except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
        return Problem(sentence(error))


def create(
    studio: Studio, values: Mapping[str, Any], stop: threading.Event | None = None
) -> Generator[Step | Problem | Outcome]:
    """Steps while it works, then one outcome or one problem. Closing it, or setting `stop`, cancels the work."""
    try:
        request = form.read(values)

        def work(progress: Progress) -> Outcome:
            return studio.create(request, progress)

        job = Job(work, stop or threading.Event())
        with closing(job.watch()) as steps:
            yield from steps
        yield job.result()
    except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
        yield Problem(sentence(error))


def verify(studio: Studio, path: Path) -> dict[str, Any] | Problem:
    """What the marks of an uploaded file say, in the words of the command line's JSON."""
    try:
        return studio.verify(path.read_bytes()).as_json()
    except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
        return Problem(sentence(error))


def refusal(studio: Studio, prompt: str, refused: Refused) -> Judged:
    """The refused decision, with what would pass by all checks."""
    return judged(studio.check, studio.policy, prompt, refused.decision)


def sentence(error: Exception) -> str:
    """One plain sentence. What is not ours to explain goes to the log under an id."""
    if isinstance(error, StudioError):
        return error.sentence
    name = secrets.token_hex(4)
    log.error("page problem %s", name, exc_info=error)
    return f"Something failed that should not, and no picture was handed out. The log has the details under {name}."
