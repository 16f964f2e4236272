"""`notices`: the operator's own way to look at notices by people who are depicted, to decide, and to export them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safety.audit.notice_state import CONTESTED, STATES, WAITING, QueuedNotice
from safety.errors import RequestError
from safety.marks.export import write
from safety.review.notice_decisions import NoticeCase, NoticeDecisions, Removed
from safety.review.notice_record import FINGERPRINTS, notice_records
from safety.review.transparency import read_day
from ui import serialize
from ui.cli.exit_codes import exit_status
from ui.cli.review import user_name

if TYPE_CHECKING:
    from studio import Studio

Case = Annotated[str, typer.Argument(help="The id of a notice.")]
Reason = Annotated[str, typer.Option(help="Why, in words that the person will read.")]
MakerReason = Annotated[str, typer.Option("--to-maker", help="What the maker of the picture reads: name nobody.")]
NEAR, NONE = "near", "none"
Copies = Annotated[
    str,
    typer.Option(help="Which near-copies go, too: near (those that `show` calls certain), none, or stamps."),
]
Since = Annotated[str, typer.Option("--from", help="The first day, such as 2026-11-01 (UTC).")]
Until = Annotated[str, typer.Option("--to", help="The last day.")]


def build(make_studio: Callable[[], Studio]) -> typer.Typer:
    """Returns the group of commands. Each decision is on record under the name of this machine's user."""
    cli = typer.Typer(no_args_is_help=True, help="Notices by people who are depicted: list, show, decide, export.")

    @cli.command("list")
    def list_(all_: Annotated[bool, typer.Option("--all", help="Decided ones, too.")] = False) -> None:
        """What waits for a decision, one JSON object a line: what is due first at the top."""
        with exit_status():
            decisions = make_studio().review.notice_decisions
            for notice in decisions.queue(*(STATES if all_ else (WAITING, CONTESTED))):
                typer.echo(serialize.line(_queued(decisions, notice)))

    @cli.command()
    def show(
        case: Case,
        picture: Annotated[
            Path | None, typer.Option(help="Write the picture here, as PNG. That goes on record.")
        ] = None,
    ) -> None:
        """One notice as a reviewer sees it, as JSON; its picture only as a number."""
        with exit_status():
            decisions = make_studio().review.notice_decisions
            notice = decisions.reveal(case, user_name()) if picture else decisions.case(case)
            if picture and not notice.pictures:
                raise RequestError("There is no picture kept of this notice.", "It was deleted, or none was sent.")
            if picture:
                write(picture, notice.pictures[0].png)
            typer.echo(serialize.line(_shown(notice)))

    _add_export(cli, make_studio)
    _add_decisions(cli, make_studio)
    return cli


def _add_export(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command()
    def export(
        since: Since = "",
        until: Until = "",
        words: Annotated[bool, typer.Option("--words", help="With what people wrote, as far as it is kept.")] = False,
    ) -> None:
        """Every notice for your own records: one JSON object a line."""
        with exit_status():
            first, last = read_day(since, "--from"), read_day(until, "--to")
            if first and last and first > last:
                raise RequestError(f"--to {last} is before --from {first}.", "Give the earlier day as --from.")
            days = str(first or ""), str(last or "")
            for row in notice_records(make_studio().audit, *days, words):
                typer.echo(serialize.line(row))


def _add_decisions(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command()
    def remove(case: Case, reason: Reason = "", maker_reason: MakerReason = "", copies: Copies = NEAR) -> None:
        """Delete the picture and near-copies here, and withhold further ones. Look at them first: `show`."""
        with exit_status():
            decisions = make_studio().review.notice_decisions
            wanted = None if copies == NEAR else [] if copies == NONE else copies.replace(",", " ").split()
            _tell(decisions, case, decisions.decide(case, "removed", reason, user_name(), maker_reason, wanted))

    @cli.command()
    def reject(case: Case, reason: Reason = "") -> None:
        """The picture stays."""
        with exit_status():
            decisions = make_studio().review.notice_decisions
            decisions.decide(case, "rejected", reason, user_name())
            _tell(decisions, case)

    @cli.command()
    def uphold(case: Case, reason: Reason = "") -> None:
        """The removal stands, whatever its makers answered."""
        with exit_status():
            decisions = make_studio().review.notice_decisions
            decisions.decide_answer(case, "upheld", reason, user_name())
            _tell(decisions, case)

    @cli.command()
    def lift(case: Case, reason: Reason = "") -> None:
        """Near-copies are withheld no longer, unless another notice holds them. The deleted file does not come back."""
        with exit_status():
            decisions = make_studio().review.notice_decisions
            decisions.decide_answer(case, "lifted", reason, user_name())
            _tell(decisions, case)


def _tell(decisions: NoticeDecisions, case: str, removed: Removed | None = None) -> None:
    """Prints what holds after a decision. `blocked`: near-copies are withheld, for this notice or for another one."""
    notice = decisions.case(case)
    row = {"case": notice.case, "state": notice.state.state, "blocked": notice.blocked}
    typer.echo(serialize.line(row if removed is None else row | asdict(removed)))


def _queued(decisions: NoticeDecisions, notice: QueuedNotice) -> dict[str, Any]:
    """Returns a notice of the queue as a row, under the names that all commands have for it."""
    row = asdict(notice)
    row.pop("receipt")
    return {"case": row.pop("case_id"), **row, "reason": decisions.state(notice.case_id).reason}


def _shown(notice: NoticeCase) -> dict[str, Any]:
    """Returns a notice as a reviewer sees it; its picture as a number alone, its near-copies with their distances."""
    state = asdict(notice.state)
    state.pop("receipt")
    words = {name: value for name, value in notice.words.items() if name not in FINGERPRINTS}
    copies = [
        {"stamp": one.stamp, "case": one.entry.case_id, "own": one.own, "certain": one.certain, "source": one.source}
        | {name: getattr(one.nearness, name) for name in ("bits", "light", "colour", "plain", "same")}
        for one in notice.copies
    ]
    earlier = {"case": notice.earlier.notice, "time": notice.earlier.time} if notice.earlier else None
    return {
        "case": notice.case,
        "state": state,
        "words": words,
        "pictures": len(notice.pictures),
        "copies": copies,
        "earlier": earlier,
        "answers": list(notice.answers),
        "review": dict(notice.review),
        "answer_reviews": list(notice.answer_reviews),
        "blocked": notice.blocked,
        "undeleted": notice.undeleted,
    }
