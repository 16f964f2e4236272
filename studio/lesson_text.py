"""The words of a lesson, in one language: Markdown under headings that stay the same in every language.

# Title                     then what it is about
## Aims                     a list
## Take home                a question to take home
## {step_id} Heading        then the step's text, and under it, as far as the step has them:
### Predict                 a question, then its options as a list
### Check                   a question, then its options as a list
### Explain                 what is shown once the check is answered
### Teacher                 a note for teachers
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from safety.config import ADVICE
from safety.errors import PresetError

AIMS, HOME = "Aims", "Take home"
PARTS = ("Predict", "Check", "Explain", "Teacher")
_HEADING = re.compile(r"(#{1,3}) +(.+?) *")
_STEP = re.compile(r"\{([a-z][a-z0-9_]*)\} +(.+)")


@dataclass(frozen=True, slots=True)
class QuestionText:
    """A question, as Markdown, and its options."""

    ask: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepText:
    """The words of one step; all but `heading` are Markdown, and "" or None where the step has none."""

    heading: str
    body: str = ""
    predict: QuestionText | None = None
    check: QuestionText | None = None
    explain: str = ""
    teacher: str = ""


@dataclass(frozen=True, slots=True)
class LessonText:
    """The words of a lesson. `steps` are by their ids, in the order of the file."""

    title: str
    about: str
    aims: tuple[str, ...]
    home: str
    steps: Mapping[str, StepText]


def read_text(file: Path) -> LessonText:
    """Reads one language of a lesson. Raises PresetError that names the file and the heading or line."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PresetError(f"{file}: {error}", ADVICE) from None
    title, about, home = "", "", ""
    aims: tuple[str, ...] = ()
    steps: dict[str, StepText] = {}
    current = ""
    parts: dict[str, str] = {}
    for level, heading, body in _sections(file, lines):
        if level == 1 and not title:
            title, about = heading, body
        elif level == 2 and heading == AIMS:
            aims = _options(body)[1]
        elif level == 2 and heading == HOME:
            home = body
        elif level == 2 and (found := _STEP.fullmatch(heading)) and found[1] not in steps:
            current, parts = found[1], {}
            steps[current] = StepText(found[2], body)
        elif level == 3 and current and heading in PARTS and heading not in parts:
            parts[heading] = body
            steps[current] = _step(steps[current], parts)
        else:
            raise PresetError(f"{file}: {'#' * level} {heading}: no such heading here, or it stands twice", ADVICE)
    for name, there in (("a title (# ...)", title), (f"## {AIMS}", aims), (f"## {HOME}", home), ("steps", steps)):
        if not there:
            raise PresetError(f"{file}: has not {name}", ADVICE)
    return LessonText(title, about, aims, home, steps)


def _sections(file: Path, lines: list[str]) -> Iterator[tuple[int, str, str]]:
    """Yields level, heading and body of each section."""
    level, heading = 0, ""
    body: list[str] = []
    for number, line in enumerate(lines, 1):
        found = _HEADING.fullmatch(line)
        if found:
            if level:
                yield level, heading, "\n".join(body).strip()
            level, heading, body = len(found[1]), found[2], []
        elif level:
            body.append(line)
        elif line.strip():
            raise PresetError(f"{file}, line {number}: text before the title (# ...)", ADVICE)
    if level:
        yield level, heading, "\n".join(body).strip()


def _step(step: StepText, parts: Mapping[str, str]) -> StepText:
    def question(name: str) -> QuestionText | None:
        return QuestionText(*_options(parts[name])) if name in parts else None

    return StepText(
        step.heading,
        step.body,
        question("Predict"),
        question("Check"),
        parts.get("Explain", ""),
        parts.get("Teacher", ""),
    )


def _options(body: str) -> tuple[str, tuple[str, ...]]:
    """Returns the text, and the lines of its list; a line that is indented goes on with the one before it."""
    text, options = [], []
    for line in body.splitlines():
        if line.startswith("- "):
            options.append(line[2:].strip())
        elif options and line.startswith("  "):
            options[-1] += " " + line.strip()
        else:
            text.append(line)
    return "\n".join(text).strip(), tuple(options)
