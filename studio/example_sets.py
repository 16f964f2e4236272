"""Reads the examples of a category from a file, and says what is wrong with a set of them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from safety.errors import FileError, RequestError
from safety.image.example_pictures import example_picture
from safety.image_io import MAX_BYTES, open_untrusted
from safety.prompt.example_categories import MAX_EXAMPLES, MAX_PICTURES, MIN_EXAMPLES, ExamplePicture

# A file in another encoding would be read as other words.
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
COLUMN = "text"
PICTURES = (".png", ".jpg", ".jpeg", ".webp")


def read_prompts(data: bytes, name: str) -> tuple[str, ...]:
    """Returns the prompts of a file: one a line, or the column `text` of a CSV file; doubles once, in their order.

    UTF-8 or, where it says so, UTF-16. Raises RequestError, which calls the file `name`.
    """
    try:
        text = data.decode("utf-16" if data.startswith(UTF_16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequestError(f"{name} is no UTF-8 text.", "Save it as UTF-8.") from error
    if Path(name).suffix.lower() == ".csv":
        reader = csv.DictReader(StringIO(text, newline=""))
        if COLUMN not in (reader.fieldnames or ()):
            raise RequestError(f"{name} has no column {COLUMN}.", "Its first line names the columns: text")
        lines = [row[COLUMN] or "" for row in reader]
    else:
        lines = text.splitlines()
    return without_doubles(lines)


def without_doubles(prompts: Sequence[str]) -> tuple[str, ...]:
    """Returns prompts without empty ones and without those that differ in capitals and spaces alone."""
    kept: dict[str, str] = {}
    for prompt in prompts:
        words = " ".join(prompt.split())
        if words:
            kept.setdefault(words.casefold(), words)
    return tuple(kept.values())


def require_examples(examples: Sequence[str], against: Sequence[str]) -> None:
    """Raises RequestError for too few or too many examples, and for one that is also named as not meant."""
    count = len(examples)
    if not MIN_EXAMPLES <= count <= MAX_EXAMPLES:
        what = f"There are {count} different examples." if count != 1 else "There is one example."
        raise RequestError(what, f"Give {MIN_EXAMPLES} to {MAX_EXAMPLES} different ones.", "examples")
    if len(against) > MAX_EXAMPLES:
        what = f"There are {len(against)} examples of what is not meant."
        raise RequestError(what, f"Give at most {MAX_EXAMPLES}.", "against")
    both = {one.casefold() for one in examples} & {one.casefold() for one in against}
    for one in examples:
        if one.casefold() in both:
            raise RequestError(f"{one[:60]!r} is meant and not meant.", "Take it out of one of the two files.")


def read_pictures(folder: Path) -> tuple[ExamplePicture, ...]:
    """Returns what is kept of each picture in a folder. Raises RequestError, and FileError that names the file."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)
    except OSError as error:
        raise RequestError(f"{folder}: {error.strerror}.", "Name a folder of pictures.", "pictures") from error
    if not 1 <= len(paths) <= MAX_PICTURES:
        what = f"{folder} has {len(paths)} pictures."
        raise RequestError(what, f"Give 1 to {MAX_PICTURES}: {', '.join(PICTURES)}.", "pictures")
    return tuple(_picture(path) for path in paths)


def _picture(path: Path) -> ExamplePicture:
    try:
        with path.open("rb") as file:
            # One byte more than a picture may have tells that it has too many.
            image = open_untrusted(file.read(MAX_BYTES + 1))
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}.", "Check that you may read it.") from error
    except FileError as error:
        raise FileError(f"{path}: {error}", error.advice) from error
    return example_picture(image, path.name)
