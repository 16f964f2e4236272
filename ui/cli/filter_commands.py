"""`filter`: takes out of training data what should not be learned from, says why, and says who was removed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safety.errors import RequestError
from safety.policy.model import BASE_MODE
from safety.resources import PRESETS
from ui.cli.exit_codes import exit_status, say
from ui.html.filter_page import filter_page

if TYPE_CHECKING:
    from studio.curation.filter_run import FilterProgress, FilterRun
    from studio.curation.looking import FilterRules
    from studio.curation.row_thumbnails import Thumbnail
    from studio.curation.workers import LookingEngine

RUN = "run"
SECONDS_BETWEEN_LINES, SECONDS_IN_A_LOG = 2.0, 30.0
PAGE = "report.html"

Out = Annotated[str, typer.Option("--out", help="A new folder, or the address of one.")]


class _RunByDefault(typer.core.TyperGroup):
    """Takes `filter SOURCE` for `filter run SOURCE`, and shows the options of that."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Puts the name of the command before its arguments, where it is left out."""
        if not args or args[0] not in self.commands:
            args = [RUN, *args]
        return super().parse_args(ctx, args)


def build() -> typer.Typer:
    """Returns the group of commands."""
    cli = typer.Typer(
        cls=_RunByDefault,
        help="Filter training data: filter SOURCE --out DIR, and filter explain ID --out DIR. docs/filter.md.",
    )
    _add_run(cli)
    _add_explain(cli)
    return cli


def _add_run(cli: typer.Typer) -> None:
    @cli.command(RUN)
    def run(
        source: Annotated[str, typer.Argument(help="A folder or file, here or at an address that fsspec knows.")],
        out: Out,
        mode: Annotated[str, typer.Option(help="The context that the model is trained for.")] = BASE_MODE,
        policy: Annotated[Path, typer.Option(help="A presets folder of your own.")] = PRESETS,
        workers: Annotated[int, typer.Option(min=1, help="Processes, each with models of its own.")] = 2,
        resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was ended.")] = False,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Report only: copy nothing.")] = False,
        replay: Annotated[str, typer.Option(help="An earlier --out: decide again on what it saw.")] = "",
        ray: Annotated[str, typer.Option(help="A Ray cluster's address, or local.")] = "",
        gpus: Annotated[float, typer.Option(min=0.0, help="For each actor that looks at pictures.")] = 0.0,
        hashes: Annotated[list[Path] | None, typer.Option(help="A list of hashes; may be given again.")] = None,
        keep_context: Annotated[list[str] | None, typer.Option(help="A mode whose benign rows stay.")] = None,
        licence: Annotated[list[str] | None, typer.Option(help="A licence that is taken; without any, all.")] = None,
        without: Annotated[list[str] | None, typer.Option(help="quality or duplicate: takes nothing out.")] = None,
        caption_column: Annotated[str, typer.Option(help="Of a table.")] = "",
        picture_column: Annotated[str, typer.Option(help="Of a table: bytes, or base64.")] = "",
        path_column: Annotated[str, typer.Option(help="Of a table: files beside it.")] = "",
        id_column: Annotated[str, typer.Option(help="Of a table.")] = "",
        json_: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    ) -> None:
        """Look at every row once, decide, write what is kept, what is set aside, and the report: docs/filter.md.

        `filter explain ID --out DIR` says afterwards what became of a row, and why.
        """
        with exit_status():
            from studio.curation.filter_run import FilterRun
            from studio.curation.looking import FilterRules

            lists: dict[str, Any] = {"lists": hashes, "contexts": keep_context, "licences": licence, "without": without}
            lists = {name: tuple(given or ()) for name, given in lists.items()}
            rules = FilterRules(mode, policy, **lists)
            columns = {"caption": caption_column, "picture": picture_column, "path": path_column, "id": id_column}
            asked = FilterRun(source, out, rules, columns, resume, dry_run)
            engine = _engine(workers, ray, gpus, rules)
            report = asked.replay(replay) if replay else _looked(asked, engine)
            _write_page(out, report, asked.thumbnails(report))
            typer.echo(json.dumps(report) if json_ else "\n".join(summary(report, out)))


def _add_explain(cli: typer.Typer) -> None:
    @cli.command()
    def explain(
        id_: Annotated[str, typer.Argument(metavar="ID", help="As it stands in the manifest.")], out: Out
    ) -> None:
        """Say what became of a row, and why."""
        with exit_status():
            from studio.curation.opening import require_arrow
            from studio.curation.place import DataPlace
            from studio.curation.row_manifest import explained

            require_arrow()
            lines = list(explained(DataPlace(out.rstrip("/")), id_))
            if not lines:
                raise RequestError(f"The manifest in {out} has no row {id_}.", "Ids stand in its column id.")
            typer.echo("\n".join(lines))


def _looked(asked: FilterRun, engine: LookingEngine) -> dict[str, Any]:
    try:
        return asked.run(engine, _ProgressLines())
    except KeyboardInterrupt:
        say("What was looked at stays: the same command goes on with --resume.")
        raise


def _engine(workers: int, ray: str, gpus: float, rules: FilterRules) -> LookingEngine:
    from studio.curation.ray_cluster import RayCluster
    from studio.curation.workers import WorkerProcesses

    if not ray:
        return WorkerProcesses(workers)
    *others, last = rules.config().pool
    # The last pool has the checks of pictures.
    return RayCluster(ray, (*others, last.model_copy(update={"gpus": gpus}) if gpus else last))


def _write_page(out: str, report: dict[str, Any], thumbnails: Mapping[str, Thumbnail]) -> None:
    from studio.curation.place import DataPlace

    DataPlace(out.rstrip("/")).write(PAGE, str(filter_page(report, thumbnails)).encode())


class _ProgressLines:
    """Writes how far a run is to stderr: at a terminal in one line, elsewhere now and then a new one."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, progress: FilterProgress) -> None:
        """Takes note of progress."""
        now, is_last = time.monotonic(), progress.looked >= progress.rows
        pause = SECONDS_BETWEEN_LINES if sys.stderr.isatty() else SECONDS_IN_A_LOG
        if self._last and now - self._last < pause and not is_last:
            return
        self._last = now
        line = progress_line(progress)
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{line}" + ("\n" if is_last else ""))
            sys.stderr.flush()
        else:
            say(line)


def progress_line(progress: FilterProgress) -> str:
    """Returns how far a run is: rows, rate, time left, and what is taken out so far, by stage."""
    share = progress.looked / max(progress.rows, 1)
    told = f"{progress.looked:,} of {progress.rows:,} rows ({share:.0%}), {progress.rate:.1f} rows/s"
    if progress.looked < progress.rows and progress.rate:
        told += f", {_minutes(progress.seconds_left)} left"
    counts = ", ".join(f"{stage} {number:,}" for stage, number in sorted(progress.by_stage.items()))
    return f"{told}; out so far: {counts or 'none'}"


def _minutes(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def summary(report: dict[str, Any], out: str) -> list[str]:
    """Returns the report in a few lines."""
    counts = ", ".join(f"{report[name]:,} {name}" for name in ("kept", "removed", "failed"))
    lines = [f"{report['rows']:,} rows: {counts}."]
    lines += [f"  {stage}: {number:,}" for stage, number in report["by_stage"].items()]
    for group in report["balance"]["groups"]:
        if group["warns"]:
            named = f"{group['dimension']}, {group['group']}"
            told = f"{group['removed']:,} of {group['rows']:,} captions are removed"
            lines.append(f"Look at this: {named}: {told}, {group['times']} times the average.")
    if unread := {each["what"]: each["rows"] for each in report["unread"]}:
        lines.append(
            "Files that hold no row: " + ", ".join(f"{kind} {number:,}" for kind, number in unread.items()) + "."
        )
    lines += [f"Not looked for: {each}" for each in report["not_looked"]]
    return [*lines, f"The report: {out.rstrip('/')}/{PAGE}"]
