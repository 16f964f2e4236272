"""Stand-ins for your own tests: a check that flags words, and a guard around it that loads no weights.

from safety.testing import FakeCheck, fake_guard

guard = fake_guard(FakeCheck({"dragon": 0.9}, category="violence"))
assert not guard.check_prompt("a dragon").allowed
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from safety.checks import Check
from safety.guard import Guard
from safety.marks import Marks
from safety.policy.model import BASE_MODE, load_policy
from safety.records import Finding, Picture, Prompt, Span
from safety.resources import PRESETS


class FakeCheck:
    """Finds given words, whole and in any case, each with its score 0..1. Works for prompts and for pictures.

    Of a picture it looks at the prompt that came with it. `error` is what it raises instead of looking, to see how a
    program behaves when a check fails.
    """

    def __init__(
        self,
        scores: Mapping[str, float] | None = None,
        category: str = "violence",
        name: str = "fake",
        live: bool = True,
        error: Exception | None = None,
    ) -> None:
        self.name, self.live, self.category, self.error = name, live, category, error
        self.scores = {word.lower(): score for word, score in (scores or {}).items()}

    def detect(self, subject: Prompt | Picture) -> Iterator[Finding]:
        """Yields a finding for each of the words."""
        if self.error is not None:
            raise self.error
        is_prompt = isinstance(subject, Prompt)
        text = subject.text if isinstance(subject, Prompt) else subject.prompt
        for match in re.finditer(r"\w+", text):
            if (score := self.scores.get(match[0].lower())) is not None:
                spans = (Span(*match.span()),) if is_prompt else ()
                yield Finding(self.name, self.category, score, match[0], spans=spans)


def fake_guard(*checks: Check[Prompt | Picture], mode: str = BASE_MODE, keys: Path | None = None) -> Guard:
    """Returns a guard with the policy that ships and these checks, for prompts and pictures alike.

    Without any, one FakeCheck that finds nothing. `keys`: a folder for the signing keys, for guards that mark.
    """
    chosen = checks or (FakeCheck(),)
    return Guard(load_policy(PRESETS), chosen, chosen, marks=Marks(keys=keys) if keys else None, mode=mode)
