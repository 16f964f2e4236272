r"""Makes many prompts of a list: one prompt a line, and of `{red|green} apple` one for each choice.

Pure. Braces may stand inside of braces; `\{`, `\}`, `\|` and `\\` are the signs themselves. All is counted before
anything is expanded, so that a short text cannot grow into a large one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod

from safety.errors import RequestError

MAX_PROMPTS = 200  # of one list
MAX_PROMPT_CHARS = 2_000  # of one prompt of a list
MAX_LIST_CHARS = 400_000  # of a list as typed: as many as its prompts may have
MAX_DEPTH = 8  # braces inside of braces

# A sign that is escaped, a sign that means something, or text up to the next of them.
_TOKEN = re.compile(r"\\(?P<escaped>[\\{}|])|(?P<sign>[{}|])|(?P<text>[^\\{}|]+|\\)")


@dataclass(frozen=True, slots=True)
class _Choice:
    """Stands for exactly one of its options."""

    options: tuple[_Row, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """Stands for its parts, one after the other."""

    parts: tuple[str | _Choice, ...]

    def count(self) -> int:
        """Returns how many texts it stands for."""
        choices = (part for part in self.parts if isinstance(part, _Choice))
        return prod(sum(option.count() for option in choice.options) for choice in choices)

    def longest(self) -> int:
        """Returns the length of the longest of these texts."""
        return sum(
            len(part) if isinstance(part, str) else max(o.longest() for o in part.options) for part in self.parts
        )

    def texts(self) -> Iterator[str]:
        """Yields these texts; the last choice changes fastest."""
        every = (
            [part] if isinstance(part, str) else [text for o in part.options for text in o.texts()]
            for part in self.parts
        )
        return ("".join(chosen) for chosen in product(*every))


def expand(text: str) -> tuple[str, ...]:
    """Returns every prompt of a list, in order; empty lines are left out.

    Raises RequestError that names the line: for braces that do not match, too many prompts, one that is too long.
    """
    if len(text) > MAX_LIST_CHARS:
        raise RequestError(f"The list has {len(text):,} characters.", f"Give at most {MAX_LIST_CHARS:,} at once.")
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise RequestError("The list is empty.", "Write one prompt on each line.")
    if len(lines) > MAX_PROMPTS:
        raise RequestError(f"The list has {len(lines):,} prompts.", f"Give at most {MAX_PROMPTS} at once.")
    rows = [(number, _parse(line, number)) for number, line in lines]
    if (total := sum(row.count() for _, row in rows)) > MAX_PROMPTS:
        shown = f"{total:,}" if total < 10**9 else "more than a billion"
        raise RequestError(
            f"With every choice in braces, the list has {shown} prompts.", f"Make it {MAX_PROMPTS} at most."
        )
    for number, row in rows:
        if row.longest() > MAX_PROMPT_CHARS:
            what = f"Line {number} makes a prompt of {row.longest():,} characters."
            raise RequestError(what, f"Shorten it to at most {MAX_PROMPT_CHARS:,}.")
    return tuple(prompt.strip() for _, row in rows for prompt in row.texts())


def escape(text: str) -> str:
    """Returns a line that stands for exactly this text."""
    return re.sub(r"[\\{}|]", r"\\\g<0>", text)


class _Open:
    """A brace that is open while a line is read: the options before this one, and the parts of this one."""

    def __init__(self) -> None:
        self.options: list[_Row] = []
        self.parts: list[str | _Choice] = []

    def end_option(self) -> None:
        """Begins the next option."""
        self.options.append(_Row(tuple(self.parts)))
        self.parts = []


def _parse(line: str, number: int) -> _Row:
    """Returns what a line stands for. Raises RequestError for braces that do not match."""
    stack = [_Open()]
    for token in _TOKEN.finditer(line):
        sign = token["sign"]
        if sign == "{":
            stack.append(_Open())
            if len(stack) > MAX_DEPTH + 1:
                raise RequestError(
                    f"Line {number} has more than {MAX_DEPTH} braces inside of each other.", "Use fewer."
                )
        elif sign == "}":
            if len(stack) == 1:
                raise RequestError(f"Line {number} has a }} without its {{.", r"Write \} where you mean the sign.")
            closed = stack.pop()
            closed.end_option()
            stack[-1].parts.append(_Choice(tuple(closed.options)))
        elif sign == "|" and len(stack) > 1:
            stack[-1].end_option()
        else:
            stack[-1].parts.append(token["escaped"] or token["text"] or "|")
    if len(stack) > 1:
        raise RequestError(f"Line {number} has a {{ without its }}.", r"Write \{ where you mean the sign.")
    return _Row(tuple(stack[0].parts))
