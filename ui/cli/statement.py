"""The statement of reasons as a file: a page to print, plain text, or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from safety.errors import RequestError
from safety.marks.export import write
from safety.statement import Statement, as_json, as_text
from ui.html.statement import document

Form = Callable[[Statement], str]
FORMS: dict[str, Form] = {
    ".html": document,
    ".txt": lambda one: as_text(one) + "\n",
    ".json": lambda one: json.dumps(as_json(one), indent=1) + "\n",
}


def form_of(path: Path) -> Form:
    """By the file's name. Raises RequestError for one that says none."""
    try:
        return FORMS[path.suffix.lower()]
    except KeyError:
        raise RequestError(
            f"A statement of reasons cannot be written as {path.name!r}.", f"Name it {', '.join(FORMS)}."
        ) from None


def must_have_a_form(path: Path | None) -> None:
    """Before anything is made. Raises RequestError."""
    if path is not None:
        form_of(path)


def write_to(path: Path, statement: Statement) -> None:
    """Whole or not at all. Raises ExportError."""
    write(path, form_of(path)(statement).encode("utf-8"))
