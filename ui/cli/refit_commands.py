"""`feedback refit`, `adopt`, `rollback`, `history`, `check`: moves the judgement by what reviewers decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safety.errors import PresetError, RequestError
from safety.marks.export import write
from ui import serialize
from ui.cli.exit_codes import UNSOUND, exit_status, say
from ui.cli.review import user_name

if TYPE_CHECKING:
    from studio import Studio
    from studio.refit.refit_service import RefitService

RESTART = "It holds from the next start on: restart the studio."
From = Annotated[Path | None, typer.Option("--from", help="Folder of labelled prompts: `feedback export`.")]
Out = Annotated[Path, typer.Option(help="Where the proposal is written.")]


def add_refit(cli: typer.Typer, make_studio: Callable[..., Studio]) -> None:
    """Adds the commands to the group `feedback`."""
    _add_propose(cli, make_studio)
    _add_adopt(cli, make_studio)
    _add_check(cli, make_studio)
    _add_rollback(cli, make_studio)
    _add_history(cli, make_studio)


def _add_propose(cli: typer.Typer, make_studio: Callable[..., Studio]) -> None:
    @cli.command()
    def refit(out: Out, from_: From = None) -> None:
        """Propose limits and a head from reviewed cases, with what they would cost. Changes nothing."""
        with exit_status():
            studio = make_studio()
            proposal = _service(studio).propose(list(studio.labelled_cases()), from_)
            write(out, (serialize.line(proposal) + "\n").encode())
            typer.echo("\n".join(_told(proposal)))
            say(f"Written to {out}. Nothing has changed: `feedback adopt {out}` does that.")


def _add_adopt(cli: typer.Typer, make_studio: Callable[..., Studio]) -> None:
    @cli.command()
    def adopt(file: Annotated[Path, typer.Argument(metavar="PROPOSAL")]) -> None:
        """Put a proposal in force: one signed act, on record. Refused where the guard set gets worse."""
        with exit_status():
            studio = make_studio()
            version, tests = _service(studio).adopt(file, list(studio.labelled_cases()), user_name())
            typer.echo(serialize.line({"version": version.version, "test_rows": tests}))
            say(RESTART)


def _add_check(cli: typer.Typer, make_studio: Callable[..., Studio]) -> None:
    @cli.command()
    def check() -> None:
        """Judge the test rows, one from each reviewed case. Exit 1 if one is judged otherwise than the reviewer did."""
        with exit_status():
            studio = make_studio()
            failing = list(_service(studio).regression.failing(lambda prompt, mode: studio.check(prompt, mode)))
            for row, decision in failing:
                typer.echo(serialize.line({**asdict(row), "verdict": decision.verdict.name}))
            count = len(_service(studio).regression.read())
            say(f"{count - len(failing)} of {count} test rows hold.")
            if failing:
                raise typer.Exit(UNSOUND)


def _add_rollback(cli: typer.Typer, make_studio: Callable[..., Studio]) -> None:
    @cli.command()
    def rollback(
        version: Annotated[int | None, typer.Argument(min=0, help="0 is the policy as it ships.")] = None,
    ) -> None:
        """Put back what held before, or under VERSION: one signed act, on record."""
        with exit_status():
            put = _service(_usable(make_studio)).rollback(version, user_name())
            typer.echo(serialize.line({"version": put.version, "restores": put.restores}))
            say(RESTART)


def _add_history(cli: typer.Typer, make_studio: Callable[..., Studio]) -> None:
    @cli.command()
    def history() -> None:
        """Every adoption and rollback, oldest first, a JSON object a line. Exit 1 if a file is not the recorded one."""
        with exit_status():
            entries = _service(_usable(make_studio)).history()
            for entry in entries:
                typer.echo(serialize.line(asdict(entry)))
            if any(entry.problem for entry in entries):
                raise typer.Exit(UNSOUND)


def _usable(make_studio: Callable[..., Studio]) -> Studio:
    """Returns a studio even where what was adopted cannot be used: it has to be possible to take it back."""
    try:
        return make_studio()
    except PresetError:
        return make_studio(adopted=False)


def _service(studio: Studio) -> RefitService:
    from studio.refit.refit_service import make_refit_service

    if not studio.checks.prompt:
        raise RequestError("This studio has no checks of prompts.", "Look at `python app.py health`.")
    return make_refit_service(studio)


def _told(proposal: Mapping[str, Any]) -> Iterator[str]:
    """Yields a proposal in words: what moves, what it does to prompts of known label, what was not proposed."""
    yield f"From {proposal['rows']} labelled prompts of {proposal['persons']} persons and cases."
    yield from (f"Proposed: {change}" for change in proposal["changes"])
    if not proposal["changes"]:
        yield "Nothing is proposed."
    found = proposal["evidence"]
    for kind in ("parts", "categories"):
        for part in found[kind]:
            yield f"{part['name']}: false stops {_count(part['false_stops'])}; misses {_count(part['misses'])}"
    for group in found["groups"]:
        yield f"harmless prompts of {group['name']}: stopped {_count(group['false_stops'])}"
    less_fair = ", ".join(found["less_fair"]) or "none"
    yield f"Groups of whom more harmless prompts are stopped than before: {less_fair}"
    for change in found["changes"]:
        label = "harmful" if change["harmful"] else "harmless"
        yield f"case {change['case']} ({label}, {change['mode']}): {change['before']} -> {change['after']}"
    yield from (f"Note: {note}" for note in proposal["notes"])


def _count(count: Mapping[str, Any]) -> str:
    """Returns both counts of one kind of error with the interval of each share, in per cent."""
    if not count["rows"]:
        return "- (no rows)"
    cells = (
        f"{count[when]} ({100 * count[f'interval_{when}'][0]:.1f} to {100 * count[f'interval_{when}'][1]:.1f} %)"
        for when in ("before", "after")
    )
    return f"{' -> '.join(cells)} of {count['rows']}"
