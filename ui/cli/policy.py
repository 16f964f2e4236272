"""`policy`: what a mode changes, which prompts a changed policy would judge otherwise, what rules ask of the label."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from safety.errors import PresetError, RequestError
from safety.marks.label_rules import load_label_rules
from safety.marks.settings import MarkSettings
from safety.policy.diff import Change, curves, described
from safety.policy.model import BASE_MODE, Policy, load_policy
from safety.resources import PRESETS
from ui import serialize
from ui.cli.exit_codes import exit_status, file_name_in_errors, read

if TYPE_CHECKING:
    from studio import Studio

BASE_FILE = "policy.toml"
MAX_SHOWN = 100  # characters of a prompt
PolicyModes = tuple[Policy, tuple[str, ...]]  # a policy, and the modes of it that are meant
Side = Annotated[Path, typer.Option(help="A presets folder, or the file of one mode.")]


def build(make_studio: Callable[[], Studio], marks: MarkSettings | None = None) -> typer.Typer:
    """Returns the group of commands. They write nothing: a person changes the files. `marks` are those in force."""
    cli = typer.Typer(no_args_is_help=True, help="The policy: check a mode's file, replay prompts under a changed one.")

    _add_check(cli, make_studio)
    _add_replay(cli, make_studio)
    _add_labels(cli, marks or MarkSettings())
    return cli


def _add_check(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command()
    def check(
        file: Annotated[Path, typer.Argument(metavar="FILE", help="A mode's file, policy.toml, or a presets folder.")],
    ) -> None:
        """Validate a policy file and say in plain words what it changes against general mode."""
        with exit_status():
            policy, modes = _side(file, make_studio().presets)
            for mode in modes:
                typer.echo("\n".join(described(policy, mode)))
            typer.echo(f"Valid. Policy {policy.version} ({policy.digest[:8]}).")


def _add_replay(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command("replay")
    def replay_(
        file: Annotated[Path, typer.Argument(metavar="SET.csv", help="Columns: text and, if known, label (0 or 1).")],
        old: Side,
        new: Side,
        json: Annotated[bool, typer.Option("--json", help="A JSON object a line.")] = False,
        curve: Annotated[bool, typer.Option("--curves", help="The curve behind each limit of NEW, too.")] = False,
    ) -> None:
        """Show which prompts change verdict between two policies. No threshold changes without this table."""
        with exit_status():
            rows = list(_rows(file))
            studio = make_studio()
            before, after, modes = _paired(*(_side(path, studio.presets) for path in (old, new)))
            result = studio.replay(rows, before, after, modes)
            for change in result.changes:
                typer.echo(serialize.line(_row(change)) if json else _line(change))
            for line in (*result.summary(), *(curves(result.scores, after) if curve else ())):
                typer.echo(line, err=json)


def _add_labels(cli: typer.Typer, marks: MarkSettings) -> None:
    @cli.command()
    def labels() -> None:
        """What rules of each country ask of the label on a picture, one JSON object a line, and which hold here."""
        with exit_status():
            # No studio is made: one that lacks what a chosen country needs does not start, and this says what it is.
            for country, rule in load_label_rules(PRESETS).items():
                chosen = country in marks.countries
                row = {"country": country, "holds_here": chosen, "lacks": _lacks(marks, country) if chosen else ""}
                typer.echo(serialize.line(row | rule.model_dump(mode="json")))


def _lacks(marks: MarkSettings, country: str) -> str:
    """Returns in a sentence what the settings lack for the rules of a country; "" for nothing."""
    try:
        replace(marks, countries=(country,)).require_label(PRESETS)
    except PresetError as error:
        return error.sentence
    return ""


def _side(path: Path, presets: Path) -> PolicyModes:
    """Returns a policy and the modes that are meant: all of a folder, the one of a file."""
    if path.is_dir():
        policy = load_policy(path)
    elif path.name == BASE_FILE:
        policy = load_policy(path.parent)
    else:
        with file_name_in_errors(path):
            read(path)
        return load_policy(presets, extra=path), (path.stem,)
    return policy, (BASE_MODE, *sorted(set(policy.mode) - {BASE_MODE}))


def _paired(old: PolicyModes, new: PolicyModes) -> tuple[Policy, Policy, tuple[str, ...]]:
    """Returns both policies and the modes to compare: of two folders those that both have, of two files the one.

    Two files stand for one mode, whatever they are called. Raises RequestError where no mode is in both.
    """
    if len(old[1]) == len(new[1]) == 1 and old[1] != new[1]:
        name = new[1][0]
        renamed = old[0].model_copy(update={"mode": {**old[0].mode, name: old[0].mode[old[1][0]]}})
        return renamed, new[0], (name,)
    modes = tuple(name for name in new[1] if name in old[0].mode and (len(old[1]) > 1 or name in old[1]))
    if not modes:
        raise RequestError("The two have no mode in common.", "Give two folders, or the files of two modes.")
    return old[0], new[0], modes


def _rows(file: Path) -> Iterator[tuple[str, str]]:
    with file_name_in_errors(file):
        data = read(file)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequestError(f"{file} is no UTF-8 text.", "Save it as UTF-8.") from error
    reader = csv.DictReader(StringIO(text, newline=""))
    if "text" not in (reader.fieldnames or ()):
        raise RequestError(f"{file} has no column text.", "Its first line names the columns: text,label")
    for row in reader:
        yield row["text"] or "", (row.get("label") or "").strip()


def _row(change: Change) -> dict[str, str]:
    return {
        "text": change.text,
        "label": change.label,
        "mode": change.mode,
        "old": change.old.name,
        "new": change.new.name,
    }


def _line(change: Change) -> str:
    text = " ".join(change.text.split())
    shown = text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
    return f"{change.mode:9} {change.old.name:>10} -> {change.new.name:10} {change.label or '-'}  {shown}"
