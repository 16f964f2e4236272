"""What people edit under presets/ is TOML, strictly validated: unknown keys are errors that name file and key."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from safety.errors import PresetError

ADVICE = "Mend the file, then start again."
MISSING = "Copy it from the presets folder that ships, then start again."


class ConfigModel(BaseModel):
    """Base of all that is read from presets/: unknown keys are errors, values are frozen."""

    # `validate_by_name`: where a key of the file is not the name of the field in code, both are understood.
    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True)

    @classmethod
    def load(cls, path: Path, table: str = "") -> Self:
        """Reads a TOML file, or one table of it. Raises PresetError that names the file and the key."""
        content = read_toml(path)
        return parse(cls, content.get(table) if table else content, path)


P = TypeVar("P", bound=ConfigModel)


def read_toml(path: Path) -> dict[str, object]:
    """One TOML file. Raises PresetError that names the file and, for bad syntax, the line."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise PresetError(f"There is no file {path}.", MISSING) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PresetError(f"{path}: {error}", ADVICE) from None


def read_rows(path: Path, columns: str) -> Iterator[tuple[int, list[str]]]:
    """Yields number and cells of each line of a table with tabs between; lines that start with "#" are remarks.

    Raises PresetError that names the file, and the line that has not the `columns` ("name, born, died").
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PresetError(f"{path}: {error}", ADVICE) from None
    for number, line in enumerate(lines, 1):
        if not line.startswith("#"):
            cells = line.split("\t")
            if len(cells) != len(columns.split(", ")):
                raise row_error(path, number, columns)
            yield number, cells


def row_error(path: Path, number: int, columns: str) -> PresetError:
    """Returns the error for a line of a table that holds something else."""
    return PresetError(f"{path}, line {number}: not {columns}", ADVICE)


def parse(kind: type[P], table: object, path: Path) -> P:
    """A TOML table as a preset. Raises PresetError that names the file and the key."""
    try:
        return kind.model_validate(table)
    except ValidationError as error:
        raise PresetError(f"{path}: {first_problem(error).rstrip('.')}.", ADVICE) from None


def first_problem(error: ValidationError) -> str:
    """The first thing pydantic complains of, as "key: what is wrong"."""
    detail = error.errors()[0]
    where = ".".join(str(part) for part in detail["loc"])
    said = "there is no such key" if detail["type"] == "extra_forbidden" else str(detail["msg"])
    return f"{where}: {said}" if where else said
