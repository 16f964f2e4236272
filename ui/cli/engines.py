"""`engines`: what runs on this machine, how, and why the others do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engines.interface import Engine
from engines.registry import offer_of
from ui import serialize
from ui.cli.exit_codes import answering

if TYPE_CHECKING:
    from studio import Studio

LEFT_OUT = {
    "filtered": "Trained on filtered pictures.",
    "partial": "Risky pictures were partly left out of its training.",
    "minimal": "Hardly any risky pictures were left out of its training.",
    "none": "Nothing is known to have been left out of its training.",
    "unknown": "What was left out of its training is not known.",
}
USE = {"yes": "commercial use allowed", "conditions": "commercial use under conditions", "no": "no commercial use"}


def add(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command()
    def engines(
        json: Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")] = False,
    ) -> None:
        """List the models: which run on this machine and how, and why the others do not. Nothing is loaded."""
        with answering():
            for name, engine in make_studio().engines.items():
                row = row_of(name, engine)
                typer.echo(serialize.line(row) if json else told(row))


def row_of(name: str, engine: Engine) -> dict[str, Any]:
    card, offer = engine.card, offer_of(engine)
    return {
        "engine": name,
        "title": card.title,
        "runs": offer.runs,
        "here": offer.here,
        "why": offer.why,
        "kind": card.kind,
        "model": card.model,
        "revision": card.revision,
        "download_gb": 0.0 if offer.here else card.download_gb,
        "licence": card.licence,
        "licence_url": card.licence_url,
        "commercial": card.commercial,
        "gated": card.gated,
        "content": card.content,
        "guided": card.guided,
        "note": card.note,
    }


def told(row: dict[str, Any]) -> str:
    """A few lines for people."""
    mark = "runs" if row["runs"] else "does not run"
    download = f" Downloads {row['download_gb']:g} GB at first use." if row["runs"] and row["download_gb"] else ""
    gate = " Its makers ask for a consent on the hub first." if row["gated"] else ""
    guided = "Guidance: steered, negative prompts." if row["guided"] else "No guidance: not steered."
    lines = [
        f"{row['engine']}: {mark}. {row['why']}{download}",
        f"    {row['title']}. {row['licence']}; {USE[row['commercial']]}.{gate}",
        f"    {guided} {LEFT_OUT[row['content']]} {row['note']}".rstrip(),
    ]
    return "\n".join(lines)
