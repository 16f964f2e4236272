"""`feedback`: what people said of pictures and refusals, for the operator: listed, counted, exported, erased."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from safety.errors import RequestError
from safety.review.annotation import Annotation
from safety.review.feedback import read_feedback
from studio.feedback_files import about, read_export, write_export
from ui import serialize
from ui.cli import refit_commands
from ui.cli.exit_codes import exit_status, say

if TYPE_CHECKING:
    from studio import Studio

WORDS = ("prompt",)
Out = Annotated[Path, typer.Option(help="A new folder: pairs.jsonl, prompts.jsonl and export.json go there.")]


def build(make_studio: Callable[..., Studio]) -> typer.Typer:
    """Returns the group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="What people and reviewers said, and what is learned from it.")

    @cli.command("list")
    def list_(words: Annotated[bool, typer.Option("--words", help="With the prompts.")] = False) -> None:
        """All feedback, one JSON object a line, oldest first. A person is a keyed hash."""
        with exit_status():
            audit = make_studio().audit
            if not audit.has_begun:
                return
            with audit.read_transaction() as reader:
                for one in read_feedback(reader):
                    said = {name: value for name, value in one.said.items() if words or name not in WORDS}
                    typer.echo(serialize.line({"case": one.entry.case_id, "at": one.entry.time, **said}))

    @cli.command()
    def report() -> None:
        """How much there is, how far people agree, and whose voices would be left out: one JSON object."""
        with exit_status():
            studio = make_studio()
            export = read_export(studio)
            with studio.audit.read_transaction() as reader:
                kinds = Counter(one.kind for one in reader.feedback.list())
                gold = len(reader.feedback.gold())
            typer.echo(serialize.line({"kinds": dict(sorted(kinds.items())), "gold": gold, **about(export)}))

    @cli.command()
    def export(out: Out) -> None:
        """Write preference pairs and labelled prompts, and print what export.json says of them."""
        with exit_status():
            typer.echo(serialize.line(write_export(make_studio(), out)))

    _add_changes(cli, make_studio)
    refit_commands.add_refit(cli, make_studio)
    return cli


def _add_changes(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command()
    def erase(
        person: Annotated[str, typer.Option(help="The keyed hash that `list` shows: all that this person gave.")],
    ) -> None:
        """Delete what one person gave, and their consent. One piece: `audit erase` with its case."""
        with exit_status():
            studio = make_studio()
            with studio.audit.read_transaction() as reader:
                cases = [one.case_id for one in reader.feedback.list(person=person)]
            if not cases:
                raise RequestError("Nobody with this keyed hash has given feedback.", "`feedback list` shows them.")
            studio.review.feedback.erase_person(person)
            for case in cases:
                typer.echo(case)
            say("Rows of earlier exports that name one of these cases under `feedback` have to be deleted there.")

    @cli.command()
    def gold(
        first: Annotated[str, typer.Argument(metavar="STAMP", help="Of a picture.")],
        second: Annotated[str, typer.Argument(metavar="STAMP", help="Of the other one.")],
        better: Annotated[str, typer.Option(help='The better one\'s stamp, or "none"; unset: no gold question.')] = "",
    ) -> None:
        """Give a pair a known answer, by which annotators are measured."""
        with exit_status():
            Annotation(make_studio().review.feedback).set_gold([first, second], better)
