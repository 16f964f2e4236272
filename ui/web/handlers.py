"""What the page does with a person's input, without any component: each handler is one call of the studio."""

from __future__ import annotations

import hashlib
import json
import threading
import zlib
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safety.generation import Enlarged, EnlargeRequest, GenerationRequest, Outcome
from safety.records import Suggestion
from safety.review.client import LOCAL
from ui import forms
from ui.results import Judged, Problem, Step, attempt
from ui.web.jobs import Job

if TYPE_CHECKING:
    from engines.interface import Preview, Progress
    from studio import Studio


def preview(
    studio: Studio, prompt: str, mode: str, language: str = "", negative_prompt: str = ""
) -> Judged | Problem | None:
    """Judges a prompt with the quick checks while it is typed; returns None for an empty one."""
    if not prompt.strip():
        return None
    return attempt(_judged, studio, prompt, mode, language, negative_prompt)


def _judged(studio: Studio, prompt: str, mode: str, language: str, negative_prompt: str) -> Judged:
    messages = studio.messages(language)
    return Judged(studio.preview(prompt, mode, negative_prompt), messages, prompt)


def suggest(
    studio: Studio, prompt: str, mode: str, language: str = "", negative_prompt: str = ""
) -> tuple[tuple[Suggestion, ...], str]:
    """Returns what `find_suggestions` finds; nothing where something went wrong."""
    found = attempt(find_suggestions, studio, prompt, mode, language, negative_prompt)
    return ((), "") if isinstance(found, Problem) else found


def find_suggestions(
    studio: Studio, prompt: str, mode: str, language: str = "", negative_prompt: str = ""
) -> tuple[tuple[Suggestion, ...], str]:
    """Returns other wordings for a blocked prompt, or else how to ask instead. Raises RequestError."""
    decision = studio.check(prompt, mode, negative_prompt)
    suggestions = studio.suggest(prompt, mode, decision, negative_prompt)
    return suggestions, "" if suggestions else studio.messages(language).advice(decision)


def words_of(prompt: str, mode: str, negative_prompt: str = "") -> str:
    """Returns what stands for the words of a request: that somebody was shown a warning about them is kept under it."""
    return hashlib.sha256(json.dumps([prompt, mode, negative_prompt]).encode()).hexdigest()


def checksum_of(prompt: str, mode: str, negative_prompt: str = "", style: str = "") -> str:
    """Returns a checksum that the page's own script computes as well, to tell what a judgement is about. No secret."""
    text = (
        "\0".join((prompt, mode, negative_prompt, style)).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )
    return str(zlib.adler32(text.encode()))


def create(
    studio: Studio,
    values: Mapping[str, Any],
    stop: threading.Event | None = None,
    client: str = LOCAL,
    shown: list[str] | None = None,
    person: str = "",
) -> Generator[Step | Problem | Outcome]:
    """Yields steps while it works, then one outcome or one problem. Closing it, or setting `stop`, stops the work.

    `shown`: the `words_of` that the session was last shown a warning about, in a list from which it is taken here.
    """
    request = attempt(_read, studio, values)
    if isinstance(request, Problem):
        yield request
        return
    words = words_of(request.prompt, request.mode, request.negative_prompt)
    has_read = request.acknowledged and _take(shown or []) == words
    job = Job(partial(_create, studio, request, client, has_read, person), stop or threading.Event())
    with closing(job.watch()) as steps:
        yield from steps
    yield attempt(_result, job, request)


def _read(studio: Studio, values: Mapping[str, Any]) -> GenerationRequest:
    """Returns the request as it is judged, the words of its style in it. Raises RequestError."""
    return studio.with_style(forms.read(values))


def enlarge(
    studio: Studio, request: EnlargeRequest, stop: threading.Event, client: str = LOCAL, person: str = ""
) -> Generator[Step | Problem | Enlarged]:
    """Yields steps while a picture is enlarged, then what came of it. Closing it, or setting `stop`, stops the work."""
    job = Job(lambda progress, _: studio.enlarge(request, progress, client, person), stop)
    with closing(job.watch()) as steps:
        yield from steps
    yield attempt(_enlarged, job, request.prompt)


def _enlarged(job: Job[Enlarged], _words: str) -> Enlarged:
    return job.result()


def _take(shown: list[str]) -> str:
    """Takes out what was shown, in one step: of two calls at once, one gets it."""
    try:
        return shown.pop()
    except IndexError:
        return ""


def _result(job: Job[Outcome], _request: GenerationRequest) -> Outcome:
    """Returns what the job came to; the request is there for `attempt`, which keeps its words out of the log."""
    return job.result()


def _create(
    studio: Studio,
    request: GenerationRequest,
    client: str,
    has_read: bool,
    person: str,
    progress: Progress,
    preview: Preview,
) -> Outcome:
    """Creates; where the person has ticked what is shown, that goes on record as a warning first, and is confirmed."""
    if has_read:
        request = replace(request, warning=studio.warn(request, client))
    return studio.create(request, progress, preview, client, person)


def verify(studio: Studio, path: Path, client: str = LOCAL) -> dict[str, Any] | Problem:
    """Returns what the marks of an uploaded file say, in the words of the command line's JSON."""
    return attempt(_verified, studio, path, client)


def _verified(studio: Studio, path: Path, client: str) -> dict[str, Any]:
    return studio.verify(path, client).as_json()
